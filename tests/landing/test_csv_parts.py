"""CSV in bulk: cut only where a record ends, whatever the fields hold.

What belongs here: blocks, headers, encodings. What does not: zips and captures (tests/sources).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.forms import csv_blocks
from orchestration.landing.csv_parts import BadCsv, CsvParts, as_csv

# What breaks naive readers: quotes, separators, line ends, text beyond ASCII. The publishers write no lone \r.
FIELD = st.text(st.sampled_from('ab",\n é€'), max_size=12)
ROWS = st.lists(st.tuples(FIELD, FIELD, FIELD), min_size=1, max_size=40)


def written(rows: list[tuple[str, ...]], header: tuple[str, ...] = ("one", "two", "three")) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def read(parts: CsvParts, fields: tuple[str, ...] = ("one", "two", "three")) -> list[tuple[str, ...]]:
    parts.close()
    frame = pl.concat([pl.read_parquet(path) for path in parts.paths()], how="diagonal")
    return frame.sort("_record_no").select(fields).rows()


@given(rows=ROWS, block=st.integers(1, 60), chunk=st.integers(1, 50) | st.just(100_000))
@settings(max_examples=150, deadline=None)
def test_any_cut_of_the_stream_gives_the_records_that_were_written(tmp_path_factory, rows, block, chunk):
    body = written(rows)
    folder = tmp_path_factory.mktemp("cut") / "records"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", block)
        patch.setattr(csv_blocks, "_MOST_BYTES_WITHOUT_AN_END", 10_000)
        parts = CsvParts(folder, "synthetic")
        count = parts.add((body[at : at + chunk] for at in range(0, len(body), chunk)), "p", "synthetic.csv")
        assert count == len(rows)
        assert read(parts) == rows


def test_frames_have_the_digest_of_the_csv_that_duckdb_writes_of_them(tmp_path: Path):
    """Captures were landed by way of that CSV, and are proved by its digest."""
    cells = ["plain", None, "a,b", 'a "b"', "#1", "No #1", '"#', "two\nlines", "\r", " é "]
    frame = pl.DataFrame({"one": cells, "two": list(reversed(cells))})
    path = tmp_path / "written.csv"
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"copy (select * from frame) to '{path}' (format csv, header true)")
    text = b"".join(as_csv(part, with_header=n == 0) for n, part in enumerate((frame[:4], frame[4:])))
    assert text == path.read_bytes()
    frames = CsvParts(tmp_path / "frames", "capture")
    assert frames.add_frames([frame[:0], frame.cast({"two": pl.Categorical})], "payload") == len(cells)
    assert read(frames, ("one", "two")) == frame.rows()


def test_several_files_are_numbered_through_and_keep_their_payload(tmp_path: Path):
    parts = CsvParts(tmp_path / "records", "synthetic")
    parts.add([written([("a", "b", "c"), ("d", "e", "f")])], "first", "1.csv")
    parts.add([written([("x", "y")], ("three", "four"))], "second", "2.csv")
    parts.close()
    frame = pl.concat([pl.read_parquet(path) for path in parts.paths()], how="diagonal")
    assert frame.select("_capture_id", "_payload_id", "_record_no", "one", "three", "four").rows() == [
        ("synthetic", "first", 1, "a", "c", None),
        ("synthetic", "first", 2, "d", "f", None),
        ("synthetic", "second", 3, None, "x", "y"),
    ]


def test_an_empty_field_is_null_and_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path):
    parts = CsvParts(tmp_path / "records", "synthetic")
    parts.add([b"\xef\xbb\xbfone,two,three\r\n1,,3\r\n"], "p", "synthetic.csv")
    assert read(parts) == [("1", None, "3")]


def test_the_greatest_text_of_a_field_is_over_all_parts(tmp_path: Path):
    parts = CsvParts(tmp_path / "records", "synthetic")
    parts.add([written([("2020-01-01", "", ""), ("2021-01-01", "", "")])], "p", "1.csv")
    parts.close()
    assert parts.greatest("one") == "2021-01-01"
    assert parts.greatest("four") is None


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "empty"),
        (b"one,one\n1,2\n", "'one' twice"),
        (b"one,two\n1,2,3\n", "synthetic.csv"),
        (b"one,two\n1,2\n3\n4,5\n", "synthetic.csv: .*a row has fewer cells than the header's 2"),
        (b'one,two\n1,"2\n', "inside a quoted field"),
        (b"one,two\n\xff\xfe,2\n", "synthetic.csv"),
        (b"\xff\xfe\n", "not UTF-8"),
    ],
)
def test_what_cannot_be_cut_is_named_with_its_place(tmp_path: Path, body, what):
    parts = CsvParts(tmp_path / "records", "synthetic")
    with pytest.raises(BadCsv, match=what):
        parts.add([body], "p", "synthetic.csv")


def test_a_part_that_cannot_be_written_is_an_error_and_not_a_loss(tmp_path: Path):
    parts = CsvParts(tmp_path / "records", "synthetic")
    parts.add([written([("a", "b", "c")])], "p", "1.csv")
    # a folder stands where the first part would go
    (tmp_path / "records" / "000001.parquet").mkdir()
    with pytest.raises(OSError, match="000001"):
        parts.close()


def test_only_columns_whose_values_recur_are_written_as_dictionaries(tmp_path: Path):
    parts = CsvParts(tmp_path / "records", "synthetic")
    parts.add([written([(f"text {n}", "same", str(n % 1000)) for n in range(3000)])], "p", "1.csv")
    parts.close()
    group = pq.ParquetFile(parts.paths()[0]).metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    dictionaries = {column.path_in_schema for column in columns if "RLE_DICTIONARY" in column.encodings}
    assert dictionaries == {"_capture_id", "_payload_id", "two", "three"}
