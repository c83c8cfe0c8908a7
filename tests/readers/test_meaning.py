"""Files that leave: each says what was asked, its caveats, its release and sources, and how to cite it."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import jsonschema
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from orchestration import files, sources
from orchestration.reading import empty, provenance, questions, usage, writing
from orchestration.reading.meaning import Meaning, of_question, of_sql
from orchestration.reading.questions import answer, question
from orchestration.reading.reader import Reader, connect, engine
from orchestration.settings import Settings
from tests.conftest import clawback
from tests.readers.test_writing import rows

PROFILES = Path(__file__).parents[1] / "profiles"
GIVEN = {"tracker": "doj"}


@pytest.fixture(scope="module")
def home(published) -> Settings:
    return published[0]


@pytest.fixture(scope="module")
def reader(home):
    with connect(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def exported(home, tmp_path_factory) -> dict[str, Path]:
    """One question's answer in every format, as the command line writes it."""
    folder = tmp_path_factory.mktemp("exported")
    made = {}
    for format_ in writing.FORMATS:
        made[format_] = folder / f"answer.{format_}"
        done = clawback(home.root, "query", "at_risk", "--set", "tracker=doj", "-o", str(made[format_]))
        assert done.returncode == 0, done.stderr
    return made


def valid(descriptor: dict, profile: str) -> dict:
    jsonschema.Draft4Validator(json.loads((PROFILES / f"{profile}.json").read_text())).validate(descriptor)
    return descriptor


def carried(exported: dict[str, Path], format_: str) -> dict:
    """The description in or beside a file, read as a user's program reads it."""
    path = exported[format_]
    if format_ == "csv":
        return json.loads(path.with_name("answer.csv.metadata.json").read_text())
    if format_ == "json":
        return json.loads(path.read_text())
    return json.loads(pq.read_schema(path).metadata[b"clawback"])


class TestEachFileSaysWhatItIs:
    @pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
    def test_question_parameters_caveats_release_sources_and_cite_line(self, exported, reader, format_):
        said = valid(carried(exported, format_), "tabular-data-resource" if format_ == "csv" else "data-resource")
        asked = question("at_risk")
        assert said["question"] == "at_risk"
        assert said["parameters"] == GIVEN
        assert said["caveats"] == list(asked.caveats)
        assert said["title"] == answer(reader, asked, GIVEN).title
        (release,) = reader.execute("select release_id, edition from meta.release").fetchall()
        assert (said["release"]["id"], said["release"]["edition"]) == release
        assert said["cite"].startswith(said["title"])
        assert release[0] in said["cite"]
        digest = hashlib.sha256(reader.file.read_bytes()).hexdigest()
        assert digest in said["cite"]
        by_dataset = {source["dataset"]: source for source in said["sources"]}
        assert by_dataset["usaspending/awards"]["publisher"] == "USAspending.gov (US Treasury)"
        (retrieved,) = reader.execute(
            "select max(retrieved_at) from meta.capture where dataset = 'usaspending__awards' and is_serving"
        ).fetchone()
        assert by_dataset["usaspending/awards"]["retrieved_at"] == retrieved.isoformat()
        assert {source["license"] for source in said["sources"]} == {one["name"] for one in said["licenses"]}

    def test_the_columns_have_unit_and_null_where_the_answer_shows_a_published_column(self, exported, reader):
        fields = {field["name"]: field for field in carried(exported, "csv")["schema"]["fields"]}
        description, unit = reader.execute(
            "select description, unit from meta.column_dictionary where table_name = 'mart_award_share'"
            " and column_name = 'share_of_nation_percent'"
        ).fetchone()
        shown = fields["share_of_nation_percent"]
        assert (shown["description"], shown["unit"]) == (description, unit)
        assert shown["null"] in description
        assert shown["null"].startswith(("Null", "Never null"))
        # computed, so it says from what; the question itself says what it means
        assert fields["obligated_usd"]["computed_from"] == ["analysis.mart_grants_at_risk.obligated_amount"]
        assert fields["obligated_usd"]["unit"] == "USD"
        assert fields["obligated_usd"]["description"].startswith("Sum of what the captured awards")

    def test_the_sidecar_s_hash_bytes_and_rows_are_the_file_s(self, exported):
        said, path = carried(exported, "csv"), exported["csv"]
        assert said["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert said["bytes"] == path.stat().st_size
        assert said["path"] == path.name
        with path.open(newline="") as stream:
            table = list(csv.reader(stream))
        assert said["rows"] == len(table) - 1
        assert [field["name"] for field in said["schema"]["fields"]] == table[0]

    def test_every_format_holds_the_same_rows(self, exported):
        frames = {
            "csv": pd.read_csv(exported["csv"]),
            "json": pd.DataFrame(json.loads(exported["json"].read_text())["data"]),
            "parquet": pd.read_parquet(exported["parquet"]),
            "xlsx": pd.read_excel(exported["xlsx"], sheet_name="answer"),
        }
        sums = {name: (list(frame.columns), len(frame), float(frame["obligated_usd"].astype(float).sum()))
                for name, frame in frames.items()}  # fmt: skip
        assert len(set(map(str, sums.values()))) == 1, sums
        assert sums["csv"][1] > 0

    def test_duckdb_reads_the_same_description_from_parquet(self, exported):
        (value,) = (
            duckdb.cursor()
            .execute(
                "select decode(value) from parquet_kv_metadata(?) where decode(key) = 'clawback'",
                [str(exported["parquet"])],
            )
            .fetchone()
        )
        assert json.loads(value) == carried(exported, "parquet")

    def test_the_workbook_opens_with_a_sheet_that_says_what_it_is(self, exported):
        book = openpyxl.load_workbook(exported["xlsx"])
        assert book.sheetnames == ["Read me", "answer"]
        lines = [tuple(cell.value for cell in row) for row in book["Read me"].iter_rows()]
        said = {}
        for label, value, *_ in lines:
            said.setdefault(label, []).append(value)
        described = carried(exported, "parquet")
        assert said["What this is"] == [described["title"]]
        assert said["Caveat"] == described["caveats"]
        assert said["Parameter tracker"] == ["doj"]
        assert said["Cite as"] == [described["cite"]]
        assert said["Rows"] == [book["answer"].max_row - 1]
        assert ("USAspending.gov (US Treasury)", "https://www.usaspending.gov") in {(row[0], row[3]) for row in lines}

    def test_the_answer_s_sheet_has_a_bold_frozen_header_widths_and_dates(self, exported):
        sheet = openpyxl.load_workbook(exported["xlsx"])["answer"]
        header = [cell.value for cell in sheet[1]]
        assert all(cell.font.bold for cell in sheet[1])
        assert sheet.freeze_panes == "A2"
        seen = sheet.cell(2, header.index("first_seen_on") + 1)
        assert isinstance(seen.value, datetime | date)
        assert seen.is_date
        for place, cell in enumerate(sheet[1], 1):
            width = sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width
            assert width >= min(len(str(cell.value)), 60)
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row))


class TestWhatAStatementReads:
    def test_an_answer_without_rows_says_why_in_its_description(self, reader):
        for sql in ("from core.fct_award where false", "from quarantine.usaspending__awards"):
            meant = of_sql(reader, sql, reader.sql(sql))
            assert meant.why_empty == writing_why(reader, sql)
        assert of_sql(reader, "from core.fct_award", reader.sql("from core.fct_award")).why_empty is None

    @pytest.mark.parametrize(
        ("sql", "datasets"),
        [
            ("select obligated_amount from core.fct_award", {"usaspending/awards"}),
            ("select a.n from (select count(*) as n from core.fct_award where fain = 'x') as a",
             {"usaspending/awards"}),
            ("with t as (from core.fct_budget_account_year) select amount from t", {"omb/budget"}),
            ("select geoid from core.dim_jurisdiction limit 1", None),
            ("select 1 as a", set()),
            ("describe core.fct_award", set()),
            ("summarize core.fct_award", set()),
        ],
    )  # fmt: skip
    def test_sources_are_those_of_the_columns_that_it_names(self, reader, sql, datasets):
        found = {source.dataset for source in provenance.of(reader, sql).sources}
        assert found == datasets if datasets is not None else "census/gazetteer" in found

    def test_names_and_keys_beside_figures_are_not_cited(self, reader):
        sql = (
            "select j.name, sum(a.obligated_amount) as total from core.fct_award as a"
            " join core.dim_jurisdiction as j on j.jurisdiction_key = a.jurisdiction_key group by j.name"
        )
        assert {source.dataset for source in provenance.of(reader, sql).sources} == {"usaspending/awards"}

    @pytest.mark.parametrize(
        ("name", "given", "lists"),
        [
            ("agreements", {}, {"ice/agreements_287g"}),
            ("at_risk", {}, {"doj/sanctuary_list"}),
            # that it was withdrawn is an event of the ledger
            ("at_risk", {"tracker": "dhs"}, {"dhs/sanctuary_list", "ledger/policy_events"}),
        ],
    )
    def test_the_publisher_of_a_list_is_cited_where_the_list_decides(self, reader, name, given, lists):
        """The day of a list is that of its capture: no column leads from it to the list."""
        asked = questions.question(name)
        found = {one.dataset for one in provenance.of(reader, asked.sql, asked.parameters_of(given).values()).sources}
        publishers = {"cis", "dhs", "doj", "ice", "ilrc", "meyer"}
        assert {one for one in found if one.partition("/")[0] in publishers} == lists - {"ledger/policy_events"}
        assert lists <= found

    def test_a_question_of_no_tracker_in_particular_cites_all_whose_lists_are_held(self, reader):
        found = {one.publisher for one in provenance.of(reader, questions.question("panel").sql).sources}
        assert {"US Department of Justice", "US Department of Homeland Security"} <= found

    def test_every_named_question_has_columns_and_names_only_datasets_that_hold_something(self, reader):
        held = {
            row[0].replace("__", "/", 1)
            for row in reader.execute("select dataset from meta.source_status where records > 0").fetchall()
        }
        for asked in questions.questions().values():
            read = provenance.of(reader, asked.sql)
            assert {source.dataset for source in read.sources} <= held
            assert read.columns, asked.name

    def test_every_named_question_describes_every_column_of_its_answer(self, reader):
        for asked in questions.questions().values():
            found = answer(reader, asked, {})
            fields = of_question(reader, asked, {}, found).fields
            assert [field["name"] for field in fields if not field.get("description")] == [], asked.name
            unknown = asked.columns.keys() - {field["name"] for field in fields}
            assert not unknown, f"{asked.name} describes columns that it has not: {unknown}"

    def test_the_units_that_questions_name_are_those_of_the_dictionary(self, reader):
        known = {unit for (unit,) in reader.execute("select distinct unit from meta.column_dictionary").fetchall()}
        said = {column.unit for asked in questions.questions().values() for column in asked.columns.values()}
        assert said <= known

    def test_a_plain_select_carries_the_table_s_warnings_descriptions_and_what_is_held(self, reader):
        sql = "select * from core.fct_award"
        meant = of_sql(reader, sql, reader.sql(sql))
        assert [field["name"] for field in meant.fields if not field.get("description")] == []
        assert {field["name"]: field.get("unit") for field in meant.fields}["obligated_amount"] == "USD"
        assert any("83 awards are held, of every federal award" in one for one in meant.caveats)
        assert any(one.startswith("core.fct_award: The key -1 means") for one in meant.caveats)

    def test_what_is_held_of_a_data_set_that_nobody_described_is_not_of_none(self):
        with duckdb.connect() as connection:
            connection.execute("create schema meta")
            connection.execute("create table meta.holdings as select 'a__b' as dataset, 2 as records_held, null as"
                               " held_unit, null as of_what, 'not said' as what_is_missing")  # fmt: skip
            assert usage.of_datasets(connection, ["a/b"]) == ["a/b: 2 records are held. Missing: not said."]

    def test_a_release_that_is_being_written_describes_its_own_csv(self, home):
        """As a site does it: over DuckDB's own connection, with bytes that it writes itself."""
        data = b"fain\nx\n"
        with engine(home) as opened, opened.cursor() as connection:
            sql = "from core.fct_award"
            meant = of_sql(connection, sql, connection.sql(sql))
        said = valid(json.loads(writing.sidecar(meant, "core.fct_award.csv", data, 1)), "tabular-data-resource")
        assert (said["bytes"], said["rows"], said["path"]) == (len(data), 1, "core.fct_award.csv")
        assert said["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert any("83 awards are held" in one for one in said["caveats"])
        assert all(field["description"] for field in said["schema"]["fields"])

    @pytest.mark.parametrize(
        ("sql", "warned"),
        [
            ("from analysis.mart_reporting_gap", "Do not compare across a row with is_break"),
            ("from core.fct_victimization_reporting_total", "Never sum "),
            ("select offenses, coverage from core.fct_crime_month", "A missing count is not zero"),
        ],
    )
    def test_what_naive_sums_would_get_wrong_is_a_caveat(self, reader, sql, warned):
        assert any(warned in one for one in of_sql(reader, sql, reader.sql(sql)).caveats)

    def test_a_description_of_every_named_question_is_valid(self, reader):
        for asked in questions.questions().values():
            found = answer(reader, asked, {})
            meant = of_question(reader, asked, {}, found)
            said = writing.descriptor(meant, "a.csv", "csv", rows=0)
            valid(json.loads(json.dumps(said)), "tabular-data-resource")
            assert [field["name"] for field in said["schema"]["fields"]] == list(found.relation.columns)


def writing_why(reader: Reader, sql: str) -> str:
    return empty.of_tables(reader, provenance.tables(reader, sql))


class TestAnEmptyTable:
    def test_sql_on_the_screen_says_why_it_has_no_rows(self, home):
        done = clawback(home.root, "sql", "from core.fct_incident_month where false")
        assert done.returncode == 0
        assert "No rows. None meets the conditions: core.fct_incident_month holds" in done.stderr

    def test_a_table_of_which_nothing_is_captured_names_the_dataset_and_what_to_do(self, reader):
        bare = reader.execute(
            "select distinct 'quarantine.' || s.dataset from meta.source_status as s"
            " join meta.column_dictionary as d on d.table_name = s.dataset and d.table_schema = 'quarantine'"
            " where s.records = 0 order by 1"
        ).fetchall()
        assert bare
        said = writing_why(reader, f"from {bare[0][0]}")
        dataset = bare[0][0].partition(".")[2]
        assert f"is empty, which is not a none: nothing is captured of {dataset}" in said
        assert "To bring it:" in said

    def test_rows_bring_no_such_line(self, home):
        done = clawback(home.root, "sql", "select 1 as a")
        assert "No rows" not in done.stdout + done.stderr


class TestNothingIsLeftHalf:
    @pytest.fixture
    def meant(self, reader) -> Meaning:
        return of_sql(reader, "select 1 as a", reader.sql("select 1 as a"))

    def test_an_answer_that_breaks_off_leaves_neither_file(self, meant, tmp_path):
        with pytest.raises(duckdb.Error, match="half way"):
            writing.write(
                rows("select case when i < 30000 then i else error('half way') end as i from range(40000) as t(i)"),
                "csv", tmp_path / "a.csv", meant,
            )  # fmt: skip
        assert list(tmp_path.iterdir()) == []

    def test_a_description_that_cannot_be_written_leaves_the_old_answer(self, meant, tmp_path):
        (tmp_path / "a.csv").write_text("old")
        (tmp_path / "a.csv.metadata.json").mkdir()
        (tmp_path / "a.csv.metadata.json" / "in the way").touch()
        with pytest.raises(files.CannotWrite):
            writing.write(rows("select 1 as a"), "csv", tmp_path / "a.csv", meant)
        assert (tmp_path / "a.csv").read_text() == "old"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.metadata.json"]

    def test_the_sidecar_is_replaced_only_with_the_flag(self, home, tmp_path):
        side = tmp_path / "a.csv.metadata.json"
        side.write_text("mine")
        target = str(tmp_path / "a.csv")
        refused = clawback(home.root, "sql", "select 1 as a", "-o", target)
        assert refused.returncode == 2
        assert "a.csv.metadata.json exists: --overwrite" in refused.stderr
        assert [path.name for path in tmp_path.iterdir()] == [side.name]
        done = clawback(home.root, "sql", "select 1 as a", "-o", target, "--overwrite")
        assert done.returncode == 0, done.stderr
        assert json.loads(side.read_text())["rows"] == 1

    def test_a_sidecar_that_leads_into_the_home_is_refused(self, home, tmp_path):
        (tmp_path / "a.csv.metadata.json").symlink_to(home.root / "x.json")
        with pytest.raises(writing.CannotWriteAnswer, match="holds captures and releases"):
            writing.check("csv", tmp_path / "a.csv", home, overwrite=True)


class TestLicenses:
    def test_the_datasets_of_a_source_are_under_one_license(self):
        of_source: dict[str, set[str]] = {}
        for dataset in sources.DATASETS.values():
            of_source.setdefault(dataset.source, set()).add(dataset.terms.title)
        assert {source: terms for source, terms in of_source.items() if len(terms) > 1} == {}

    @pytest.mark.parametrize(
        ("dataset", "name", "words"),
        [
            ("fbi/table8", "other-pd", "United States Government"),
            ("fbi__nibrs", "other-pd", "United States Government"),
            ("ilrc/county_map", "notspecified", "Facts that others printed"),
            ("ledger/policy_events", "Apache-2.0", "Clawback's own"),
            ("seeds/trackers", "Apache-2.0", "Clawback's own"),
        ],
    )
    def test_a_dataset_has_the_terms_of_its_publisher_and_our_own_tables_have_ours(self, dataset, name, words):
        terms = sources.terms_of(dataset)
        assert terms.name == name
        assert words in terms.title
