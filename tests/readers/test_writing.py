"""Answers as files: values come back as they are, nothing runs in a spreadsheet, nothing is written over."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from orchestration.reading import writing
from orchestration.reading.writing import CannotWriteAnswer, guarded
from orchestration.settings import Settings
from tests.conftest import clawback

FORMULAS = [
    '=HYPERLINK("https://example.org")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\n=1",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1", "\ufeff=1", "\u200b=1", "-5 ", "-5,0", "-.5", "+5",
    "=", "\x0b=1", "\u2212 1",
]  # fmt: skip
HARMLESS = ["", "a=1", "1-2", "'=1", "a\n=1", "https://example.org/?a=b", "#N/A", "Ünïcode", "1", "-1", "-5.25"]


def rows(sql: str, *values):
    """Rows as the writers take them: of a connection that streams."""
    return Streamed(sql, list(values))


class Streamed:
    def __init__(self, sql, values):
        self._connection = duckdb.connect()
        self._result = self._connection.execute(sql, values or None)
        self.columns = [column[0] for column in self._result.description]

    def fetchmany(self, size):
        return self._result.fetchmany(size)

    def to_arrow_table(self):
        return self._result.to_arrow_table()


def as_text(found, format_: str) -> str:
    stream = io.StringIO(newline="")
    writing.write_text(found, format_, stream)
    return stream.getvalue()


def as_csv(found) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_text(found, "csv"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_run_is_guarded_in_csv_and_xlsx_and_intact_in_json_and_parquet(text, tmp_path):
    assert as_csv(rows("select ? as t", text))[1] == [f"'{text}"]
    assert json.loads(as_text(rows("select ? as t", text), "json")) == [{"t": text}]
    writing.write(rows("select ? as t", text), "parquet", tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [{"t": text}]
    writing.write(rows("select ? as t", text), "xlsx", tmp_path / "a.xlsx")
    made = openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"]
    assert made.data_type == "s"
    assert made.value.startswith("'")


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_has_no_quote(text):
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["-1", "-20.5", "007"])
def test_a_key_that_is_a_plain_number_is_the_same_text_in_every_format(text, tmp_path):
    assert as_csv(rows("select ? as t", text))[1] == [text]
    writing.write(rows("select ? as t", text), "xlsx", tmp_path / "a.xlsx")
    made = openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"]
    assert (made.data_type, made.value) == ("s", text)


def test_what_openpyxl_takes_for_an_error_or_a_formula_is_text(tmp_path):
    writing.write(rows("select '#N/A' as a, '=1' as \"=b\""), "xlsx", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [(made.value, made.data_type) for made in sheet[2]] == [("#N/A", "s"), ("'=1", "s")]
    assert sheet["B1"].value == "'=b"


def test_numbers_are_numbers_and_whole_ones_stay_whole(tmp_path):
    sql = "select sum(i) as total, -5 as less, 1.50::decimal(9, 2) as exact, 2.5::double as half from range(10) as t(i)"
    assert as_csv(rows(sql)) == [["total", "less", "exact", "half"], ["45", "-5", "1.50", "2.5"]]
    assert '"total": 45, "less": -5, "exact": 1.50, "half": 2.5' in as_text(rows(sql), "json")
    writing.write(rows(sql), "xlsx", tmp_path / "a.xlsx")
    found = [made.value for made in openpyxl.load_workbook(tmp_path / "a.xlsx").active[2]]
    assert found == [45, -5, 1.5, 2.5]
    assert isinstance(found[0], int)


def test_days_are_iso_nulls_are_empty_and_what_is_no_number_is_valid_json(tmp_path):
    sql = "select date '2017-03-27' as day, timestamp '2017-03-27 01:02:03' as at, null as none, 'nan'::double as nan,"
    sql += " '-inf'::double as low, true as yes, [1, null] as list, {'a': 1.10} as struct, 'x'::blob as raw"
    assert as_csv(rows(sql))[1] == [
        *("2017-03-27", "2017-03-27T01:02:03", "", "NaN", "'-Infinity"[1:], "true", "[1, null]", '{"a": 1.10}', "78")
    ]
    assert json.loads(as_text(rows(sql), "json")) == [
        {"day": "2017-03-27", "at": "2017-03-27T01:02:03", "none": None, "nan": "NaN", "low": "-Infinity", "yes": True,
         "list": [1, None], "struct": {"a": 1.1}, "raw": "78"}
    ]  # fmt: skip
    writing.write(rows(sql), "xlsx", tmp_path / "a.xlsx")
    made = openpyxl.load_workbook(tmp_path / "a.xlsx").active[2]
    assert made[0].value == datetime(2017, 3, 27)  # noqa: DTZ001
    assert made[2].value is None


def test_two_columns_of_one_name_lose_no_value():
    assert json.loads(as_text(rows("select 1 as a, 2 as a, 3 as a_1"), "json")) == [{"a": 1, "a_1": 2, "a_1_1": 3}]


def test_no_rows_are_valid_in_every_format(tmp_path):
    assert json.loads(as_text(rows("select 1 as a where false"), "json")) == []
    assert as_csv(rows("select 1 as a where false")) == [["a"]]
    for format_ in ("parquet", "xlsx"):
        assert writing.write(rows("select 1 as a where false"), format_, tmp_path / f"a.{format_}") == 0


def test_a_value_that_a_sheet_cannot_hold_is_told(tmp_path):
    with pytest.raises(CannotWriteAnswer, match=r"32,767 characters and a value has 40,000: --format csv"):
        writing.write(rows("select repeat('x', 40000) as t"), "xlsx", tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_control_character_is_an_escape_in_xlsx_and_in_json(tmp_path):
    sql = "select chr(27) || '[31mred' || chr(155) || chr(8238) as t"
    writing.write(rows(sql), "xlsx", tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].value.startswith("\\x1b[31mred")
    text = as_text(rows(sql), "json")
    assert not set(text) & {"\x1b", "\x9b", "\u202e"}
    assert json.loads(text)[0]["t"] == "\x1b[31mred\x9b\u202e"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
quick = profile(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.lists(st.tuples(TEXT, st.integers(-(10**37), 10**37), st.decimals(-(10**9), 10**9, places=2)), min_size=1))
def test_any_value_comes_back(values):
    """CSV gives the text but for the guard, exactly one quote; JSON gives all of it; numbers have every digit."""
    with duckdb.connect() as connection:
        connection.execute("create table t (text varchar, whole hugeint, exact decimal(18, 2))")
        connection.executemany("insert into t values (?, ?, ?)", [(t, w, d) for t, w, d in values])
        found = as_csv(connection.execute("from t") and _Rows(connection))[1:]
        assert [(guarded(t), str(w), d) for t, w, d in values] == [(t, w, Decimal(d)) for t, w, d in found]
        read = pd.read_csv(
            io.StringIO(as_text(connection.execute("from t") and _Rows(connection), "csv"), newline=""),
            dtype=str, keep_default_na=False, lineterminator=None,
        )  # fmt: skip
        assert read["whole"].tolist() == [str(w) for _, w, _ in values]
        loaded = json.loads(as_text(connection.execute("from t") and _Rows(connection), "json"), parse_float=Decimal)
        assert [(row["text"], row["whole"], Decimal(row["exact"])) for row in loaded] == values


class _Rows:
    columns = ("text", "whole", "exact")

    def __init__(self, connection):
        self.fetchmany = connection.fetchmany


@quick
@given(TEXT)
def test_no_text_is_a_formula_in_a_workbook(tmp_path, text):
    writing.write(rows("select ? as t", text), "xlsx", tmp_path / "any.xlsx")
    made = openpyxl.load_workbook(tmp_path / "any.xlsx").active["A2"]
    assert made.data_type != "f"
    assert not (made.value or "").lstrip().startswith(("=", "+", "-", "@"))


@quick
@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_any_day_comes_back_from_a_workbook(tmp_path, day):
    writing.write(rows("select ?::date as d", day), "xlsx", tmp_path / "day.xlsx")
    found = openpyxl.load_workbook(tmp_path / "day.xlsx").active["A2"].value
    assert (found.date().isoformat() if isinstance(found, datetime) else found) == day.isoformat()


class TestWhatIsWrittenOver:
    @pytest.fixture
    def home(self, tmp_path) -> Settings:
        made = Settings(home=tmp_path / "home")
        (made.root / "releases" / "2026.01.01").mkdir(parents=True)
        (made.root / "releases" / "2026.01.01" / "warehouse.duckdb").write_text("kept")
        made.published_dir.symlink_to("releases/2026.01.01")
        return made

    @pytest.mark.parametrize(
        "way", ["direct", "published", "new", "dots", "folder link", "file link", "dangling link", "relative"]
    )
    def test_nothing_under_the_home_is_even_with_overwrite(self, home, tmp_path, monkeypatch, way):
        file = home.root / "releases" / "2026.01.01" / "warehouse.duckdb"
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "folder").symlink_to(home.root)
        (outside / "file").symlink_to(file)
        (outside / "dangling").symlink_to(home.root / "not_yet.csv")
        monkeypatch.chdir(home.root)
        target = {
            "direct": file,
            "published": home.published_file,
            "new": home.root / "new.csv",
            "dots": outside / ".." / "home" / "x.csv",
            "folder link": outside / "folder" / "x.csv",
            "file link": outside / "file",
            "dangling link": outside / "dangling",
            "relative": Path("x.csv"),
        }[way]
        with pytest.raises(CannotWriteAnswer, match="holds captures and releases"):
            writing.check("csv", target, home, overwrite=True)

    def test_a_hard_link_to_a_file_of_the_home_gets_a_new_file_and_the_home_keeps_its_own(self, home, tmp_path):
        file = home.root / "releases" / "2026.01.01" / "warehouse.duckdb"
        link = tmp_path / "link.csv"
        os.link(file, link)
        writing.check("csv", link, home, overwrite=True)
        writing.write(rows("select 1 as a"), "csv", link)
        assert (file.read_text(), link.read_text()) == ("kept", "a\n1\n")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a folder elsewhere")
    def test_a_folder_of_the_home_that_is_mounted_elsewhere_is_the_home(self, home, tmp_path):
        (tmp_path / "mounted").mkdir()
        script = (
            "import sys; from pathlib import Path; from orchestration.reading import writing;"
            "from orchestration.settings import Settings;"
            "writing.check('csv', Path(sys.argv[1]), Settings(home=sys.argv[2]))"
        )
        mounting = 'mount --bind "$1/releases" "$2" && exec "$3" -c "$4" "$2/2026.01.01/x.csv" "$1"'
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", mounting, "sh", home.root, tmp_path / "mounted", sys.executable, script],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "holds captures and releases" in done.stderr

    def test_a_file_of_another_program_with_such_a_name_stays(self, tmp_path):
        (tmp_path / ".tmp-99999999-mine").write_text("kept")
        (tmp_path / f".tmp-{2**22 + 1}-{'0' * 32}").write_text("of a process that is no more")
        writing.write(rows("select 1 as a"), "csv", tmp_path / "a.csv")
        assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-99999999-mine", "a.csv"]

    def test_an_existing_file_only_with_the_flag(self, home, tmp_path):
        target = tmp_path / "a.csv"
        target.write_text("notes of mine")
        with pytest.raises(CannotWriteAnswer, match="--overwrite replaces it"):
            writing.check("csv", target, home)
        writing.check("csv", target, home, overwrite=True)
        assert target.read_text() == "notes of mine"

    @pytest.mark.parametrize("format_", ["csv", "json", "xlsx"])
    def test_an_answer_that_breaks_off_leaves_the_old_file_and_nothing_beside(self, tmp_path, format_):
        target = tmp_path / "a"
        target.write_text("the old one")
        with pytest.raises(duckdb.Error, match="half way"):
            writing.write(
                rows("select case when i < 30000 then i else error('half way') end as i from range(40000) as t(i)"),
                format_, target,
            )  # fmt: skip
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
        assert target.read_text() == "the old one"

    def test_the_command_line_keeps_the_published_file(self, published, tmp_path):
        settings, _ = published
        before = settings.published_file.read_bytes()
        target = str(settings.published_file)
        done = clawback(settings.root, "query", "claims", "--format", "csv", "-o", target, "--overwrite")
        assert (done.returncode, "holds captures and releases" in done.stderr) == (2, True)
        assert settings.published_file.read_bytes() == before


def test_a_character_that_xml_has_not_is_an_escape(tmp_path):
    writing.write(rows("select 'a' || chr(65535) || chr(65534) as a"), "xlsx", tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].value == "a\\xffff\\xfffe"


def test_a_kind_that_parquet_has_no_form_for_is_named(tmp_path):
    with pytest.raises(CannotWriteAnswer, match=r"Parquet has no form for length \(month_day_nano_interval\): cast it"):
        writing.write(rows("select 1 as a, interval 3 day as length"), "parquet", tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["x;=1+1", "x\t=1+1", "a;b"])
def test_no_cell_begins_inside_a_field_where_the_semicolon_or_the_tab_parts_fields(text, tmp_path):
    writing.write(rows(f"select '{text}' as a"), "csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == f'a\n"{text}"\n'


def test_a_file_s_ending_is_its_format(published, tmp_path):
    settings, _ = published
    for ending in ("csv", "JSON", "parquet", "xlsx"):
        done = clawback(settings.root, "sql", "select 1 as a", "-o", str(tmp_path / f"a.{ending}"))
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.csv").read_text() == "a\n1\n"
    assert json.loads((tmp_path / "a.JSON").read_text())["data"] == [{"a": 1}]
    unknown = clawback(settings.root, "sql", "select 1 as a", "-o", str(tmp_path / "a.txt"))
    assert unknown.returncode == 2
    assert "csv, json, parquet, xlsx" in unknown.stderr
    assert not (tmp_path / "a.txt").exists()


def test_the_screen_shows_escapes_and_no_markup(published):
    settings, _ = published
    sql = "select chr(27) || ']0;title' || chr(7) || chr(155) || '[red]x[/red]' || chr(13) || chr(8238) as \"a\x1b[2J\""
    done = clawback(settings.root, "sql", sql)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout) & {"\x1b", "\x07", "\x9b", "\r", "\u202e"}
    assert "\\x1b]0;title\\x07\\x9b[red]x[/red]\\x0d\\u202e" in done.stdout
    refused = clawback(settings.root, "sql", 'select "\x1b[31mno"')
    assert refused.returncode == 1
    assert "\x1b" not in refused.stderr
    assert "\\x1b[31mno" in refused.stderr
