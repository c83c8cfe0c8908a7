"""From CSV in bulk to Parquet parts: every field as text, without a Python object for each record.

What belongs here: splitting a stream of CSV bytes between records, and writing the blocks with their provenance. What
does not: zips (forms.archives), the capture that they belong to and whether it is accepted (writing, accept).

polars parses, because DuckDB alone took 2.5 times as long on the same 112 columns (`make bench` shows both); it parses
one block at a time, so that memory does not grow with the file. Arrow writes, two parts at a time, because its writer
uses dictionaries only for columns that gain by them: polars' writer took two fifths longer and made larger files.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import xxhash

from orchestration import limits
from orchestration.forms import Beyond, Unreadable, csv_blocks
from orchestration.forms.csv_blocks import BLOCK_BYTES, BadCsv
from orchestration.forms.tables import LAST_BYTES, must_be_a_header, must_end_whole
from orchestration.landing.bounds import PROVENANCE

# Bytes of CSV in one Parquet part, and at least in one of its row groups.
PART_BYTES = 4 * BLOCK_BYTES
# Cells of the blocks that wait for a part: a usual part has fewer.
_MOST_CELLS_WAITING = 11_000_000
_BOM = b"\xef\xbb\xbf"
# A column whose values recur among its first records is written as a dictionary of them: with every second value at
# most a new one it is smaller and sooner written and read than as plain text, with more it is the other way round.
_SAMPLE_RECORDS = 2048
_NEW_VALUES = 0.5
# One thread writes a part; with two, both cores have work when the parser waits.
_WRITERS = 2
# Fewer are not worth a part of their own.
_FEWEST_RECORDS = 10_000


class CsvParts:
    """A folder of Parquet parts, filled CSV by CSV; records are numbered from 1 over all of them."""

    def __init__(self, folder: Path, capture_id: str, field_name: Callable[[str], str] = str) -> None:
        self.folder, self.capture_id, self._field_name = folder, capture_id, field_name
        folder.mkdir()
        self.fields: dict[str, None] = {}
        self.records = 0
        # Of the CSV bytes, in their order: equal content that came in other bytes is not recognized as equal. It only
        # shows whether a slice has changed (the archive's own sha256 is its identity), so it may be the faster hash.
        self._digest = xxhash.xxh3_128()
        self._waiting: list[pl.DataFrame] = []
        self._waiting_bytes = self._waiting_cells = 0
        self._parts = 0
        self._limits = limits.current()
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="parquet-writer")
        self._writing: deque[Future[None]] = deque()

    def add(self, chunks: Iterable[bytes], payload_id: str, name: str, *, digest: str | None = None) -> int:
        """Take one CSV with its header; the number of its records. Raises BadCsv with the name and the place.

        digest: of all the chunks' bytes, where it is known already.
        """
        before = self.records
        if digest is not None:
            self._digest.update(digest.encode())
        blocks = csv_blocks.blocks(self._hashed(chunks) if digest is None else chunks, name)
        first = next(blocks, b"")
        if not first or first.isspace():
            raise BadCsv(f"{name}: empty, without even a header")
        names, body = _header(first, name, self._field_name)
        for field in names:
            self.fields[field] = None
        # The next block is inflated and split while this one is parsed and written.
        end = b""
        for block in csv_blocks.ahead(chain([body], blocks)):
            for piece in csv_blocks.within(block, len(names)):
                frame = csv_blocks.parse(piece, names, name, self.records)
                csv_blocks.must_have_every_cell(piece, frame, len(names), name, self.records)
                self._write(frame, payload_id, len(piece))
            end = block[-LAST_BYTES:] or end
            if self.records > self._limits.rows:
                raise Beyond("rows", f"{name}: more than {self._limits.rows:,} records")
        try:
            must_end_whole(end, len(names))
        except Unreadable as error:
            raise BadCsv(f"{name}: {error}") from error
        return self.records - before

    def add_frames(self, frames: Iterable[pl.DataFrame], payload_id: str) -> int:
        """Take a table that comes in frames of text or categories, the first of which names its columns.

        The number of its records. Its digest is that of the CSV with the same content.
        """
        self._flush()
        before = self.records
        for number, frame in enumerate(frames):
            self.fields.update(dict.fromkeys(frame.columns))
            text = as_csv(frame, with_header=number == 0)
            self._digest.update(text)
            if frame.height:
                self._write(frame, payload_id, len(text))
            if self.records > self._limits.rows:
                raise Beyond("rows", f"more than {self._limits.rows:,} records")
        return self.records - before

    def close(self) -> None:
        """Write what waits for a full part, and wait for all parts. Raises OSError if one cannot be written."""
        # of a small CSV, which is one part, every writer takes a share
        self._flush(shares=1 if self._writing else _WRITERS)
        while self._writing:
            self._writing.popleft().result()
        self.discard()

    def discard(self) -> None:
        """Stop writing, however far it came."""
        self._writers.shutdown(cancel_futures=True)

    @property
    def digest(self) -> int:
        return int.from_bytes(self._digest.digest(), "big")

    def paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def greatest(self, field: str, *, until: str = "") -> str | None:
        """The greatest text of a field; None if it is absent or empty throughout.

        until: an ISO day; texts whose first ten characters come after it do not count.
        """
        if field not in self.fields or not self._parts:
            return None
        found = pl.scan_parquet(self.paths(), missing_columns="insert", extra_columns="ignore") if self._parts else None
        assert found is not None
        values = pl.col(field)
        if until:
            values = values.filter(values.str.slice(0, 10) <= until)
        value = found.select(values.max()).collect(engine="streaming").item()
        return None if value is None else str(value)

    def _hashed(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._digest.update(chunk)
            yield chunk

    def _write(self, frame: pl.DataFrame, payload_id: str, size: int) -> None:
        numbers = pl.int_range(self.records + 1, self.records + frame.height + 1, dtype=pl.Int64, eager=True)
        self.records += frame.height
        provenance = [
            pl.Series("_capture_id", [self.capture_id], pl.String).new_from_index(0, frame.height),
            pl.Series("_payload_id", [payload_id], pl.String).new_from_index(0, frame.height),
            numbers.alias("_record_no"),
        ]
        self._waiting.append(frame.select(*provenance, pl.all()))
        self._waiting_bytes += size
        self._waiting_cells += frame.height * frame.width
        if self._waiting_bytes >= PART_BYTES or self._waiting_cells >= _MOST_CELLS_WAITING:
            self._flush()

    def _flush(self, shares: int = 1) -> None:
        """Write what waits, as one part or as so many."""
        if not self._waiting:
            return
        whole = self._waiting[0] if len(self._waiting) == 1 else pl.concat(self._waiting, how="diagonal")
        self._waiting, self._waiting_bytes, self._waiting_cells = [], 0, 0
        for part in whole.iter_slices(max(-(-whole.height // shares), _FEWEST_RECORDS)):
            self._parts += 1
            while len(self._writing) >= _WRITERS:
                self._writing.popleft().result()
            path = self.folder / f"{self._parts:06}.parquet"
            self._writing.append(self._writers.submit(_write_part, part, path))


def frames(chunks: Iterable[bytes], name: str, field_name: Callable[[str], str] = str) -> Iterator[pl.DataFrame]:
    """The records of one CSV in blocks, as CsvParts reads them, written nowhere. Raises BadCsv."""
    blocks = csv_blocks.blocks(chunks, name)
    first = next(blocks, b"")
    if not first or first.isspace():
        raise BadCsv(f"{name}: empty, without even a header")
    names, body = _header(first, name, field_name)
    done = 0
    for block in chain([body], blocks):
        for piece in csv_blocks.within(block, len(names)):
            frame = csv_blocks.parse(piece, names, name, done)
            done += frame.height
            yield frame


def as_csv(frame: pl.DataFrame, *, with_header: bool) -> bytes:
    """A frame of text as CSV, as DuckDB writes it: it quotes cells with a # too."""
    out = io.BytesIO()
    frame.write_csv(out, include_header=with_header)
    if b"#" in out.getvalue():
        out = io.BytesIO()
        frame.cast(pl.String).with_columns(
            pl.when(column.str.contains(r'[",\r\n#]')).then(
                pl.concat_str(pl.lit('"'), column.str.replace_all('"', '""', literal=True), pl.lit('"'))
            ).otherwise(column).alias(name)
            for name, column in ((name, pl.col(name)) for name in frame.columns)
        ).write_csv(out, include_header=with_header, quote_style="never")  # fmt: skip
    return out.getvalue()


def _write_part(frame: pl.DataFrame, path: Path) -> None:
    sample = frame.head(_SAMPLE_RECORDS)
    # Arrow writes the texts as they are in memory, but of categories not those.
    has_categories = any(isinstance(type_, (pl.Categorical, pl.Enum)) for type_ in frame.dtypes)
    level = pl.CompatLevel.oldest() if has_categories else pl.CompatLevel.newest()
    pq.write_table(
        frame.to_arrow(compat_level=level),
        path,
        compression="zstd",
        compression_level=1,
        use_dictionary=[column.name for column in sample if column.n_unique() <= _NEW_VALUES * len(sample)],
        # Every reader of a raw view reads all of it: they would cost a sixth of the writing.
        write_statistics=False,
        # Plain text for every reader, not the views that it is in memory.
        store_schema=False,
    )


def _header(block: bytes, name: str, field_name: Callable[[str], str]) -> tuple[list[str], bytes]:
    line, _, body = block.removeprefix(_BOM).partition(b"\n")
    try:
        found = next(csv.reader([line.decode("utf-8").rstrip("\r")], strict=True), [])
    except UnicodeDecodeError as error:
        raise BadCsv(f"{name}: the header is not UTF-8 text") from error
    except csv.Error as error:
        raise BadCsv(f"{name}: the header cannot be read: {error}") from error
    names = [field_name(field) for field in found]
    try:
        must_be_a_header(names)
    except Beyond:
        raise
    except Unreadable as error:
        raise BadCsv(f"{name}: {error}") from error
    if own := [field for field in names if field.casefold() in PROVENANCE]:
        raise BadCsv(f"{name}: a column is called {own[0]!r}, which is the name of a column of the landing's own")
    return names, body
