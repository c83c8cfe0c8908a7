"""What an edition holds, of what: every data set has its line, and the README says what the release says.

What belongs here: `meta.holdings` and the README's table of it. What does not: the rows that are held (tests/recorded).
"""

from __future__ import annotations

import csv
import re

import duckdb

from orchestration import sources
from orchestration.cli import app
from orchestration.reading import questions
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT
from orchestration.sources.base import Dataset
from tools import readme_holdings


def test_every_data_set_is_declared_with_what_it_is_a_part_of():
    with (DBT_PROJECT_DIR / "seeds" / "declared_holdings.csv").open(encoding="utf-8", newline="") as file:
        declared = {row["dataset"] for row in csv.DictReader(file)}
    assert declared == {name.replace("/", "__") for name in sources.DATASETS}


# What is missing in every edition, whatever is requested or imported.
MISSING_EVERYWHERE = {
    "census__gazetteer": "tribal areas",
    "dhs__sanctuary_list": "nothing: this is the whole list. It was withdrawn within days",
    "doj__sanctuary_list": "the list on any other day",
    "legistar__histories": "actions on matters that are missing",
}


def test_what_only_the_recorded_edition_lacks_is_said_of_it():
    """A live edition shows the same texts: it has the awards that nobody typed in."""
    with (DBT_PROJECT_DIR / "seeds" / "declared_holdings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    brought = [row for row in rows if "--live" in row["how_to_get"] or "import" in row["how_to_get"]]
    assert len(brought) > 20
    for row in brought:
        said = MISSING_EVERYWHERE.get(row["dataset"])
        assert row["missing"] == said if said else "recorded edition" in row["missing"] + row["of_what"], row["dataset"]


def test_a_declared_number_is_not_how_many_there_are_if_more_is_held():
    """A live edition has the listings' years since FY2008, of which 168 are declared: FY2019 to FY2025."""
    model = (DBT_PROJECT_DIR / "models" / "marts" / "meta" / "holdings.sql").read_text(encoding="utf-8")
    sql = model[model.index("\nselect\n    status.dataset") :]
    sql = re.sub(r"{{ ref\('(\w+)'\) }}", r"\1", sql)
    with duckdb.connect() as connection:
        connection.execute("create table source_status as select dataset, 'p' as publisher, 'fetched' as kind,"
                           " '' as note from (values ('a'), ('b'), ('c'), ('d'), ('e')) as v (dataset)")  # fmt: skip
        connection.execute("create table declared_holdings as select dataset, 'u' as unit, n as of_how_many, 2019 as"
                           " of_from, 2025 as of_to, 'w' as of_what, 'm' as missing, 'h' as how_to_get from (values"
                           " ('a', 168), ('b', 168), ('c', null), ('d', 168), ('e', 168))"
                           " as v (dataset, n)")  # fmt: skip
        connection.execute("create table kept as from (values ('a', 136), ('b', 300), ('c', 5), ('d', 120))"
                           " as v (dataset, records)")  # fmt: skip
        # d: as many as fit, of years before those that are declared; e: nothing is held
        connection.execute("create table times as from (values ('a', '2019', '2025'), ('b', '2008', '2025'),"
                           " ('c', '2019', '2025'), ('d', '2008', '2012'))"
                           " as v (dataset, held_from, held_to)")  # fmt: skip
        connection.execute("create table shares (dataset varchar, share_text varchar)")
        found = connection.execute(f"select dataset, records_held, of_how_many from ({sql}) order by 1").fetchall()
    assert found == [("a", 136, 168), ("b", 300, None), ("c", 5, None), ("d", 120, None), ("e", 0, 168)]


def test_how_to_get_the_rest_names_commands_files_and_datasets_that_exist():
    """A dataset that takes no files is nowhere said to be brought by an import."""
    commands = {command.name for command in app.registered_commands}
    with (DBT_PROJECT_DIR / "seeds" / "declared_holdings.csv").open(encoding="utf-8", newline="") as file:
        said = {row["dataset"].replace("__", "/"): row["how_to_get"] for row in csv.DictReader(file)}
    assert len(said) == len(sources.DATASETS)
    for dataset, how in said.items():
        assert set(re.findall(r"clawback (\w+)", how)) <= commands, how
        for imported in re.findall(r"clawback import (\S+)", how):
            assert imported == dataset
            assert type(sources.get(imported)).read_file is not Dataset.read_file, f"{imported} takes no files"
        for source in re.findall(r"--source (\w+)", how):
            assert dataset.startswith(f"{source}/"), how
        for path in re.findall(r"orchestration/\S+\.csv", how):
            assert (PROJECT_ROOT / path).is_file(), path


def test_what_is_held_is_said_of_every_data_set(published):
    settings, _ = published
    with questions.connect(settings) as connection:
        missing = connection.execute("select dataset from meta.source_status anti join meta.holdings using (dataset)")
        assert missing.fetchall() == []
        rows = connection.execute("select dataset, held_from, held_to, records_held, of_how_many from meta.holdings")
        held = {row[0]: row[1:] for row in rows.fetchall()}
    assert held["usaspending__assistance_listings"] == ("2019", "2025", 136, 168)
    assert held["omb__budget"][:3] == ("1994", "2027", 354)
    assert held["usaspending__transactions"][2] == 0


def test_a_note_of_one_capture_is_not_told_of_all(published):
    settings, _ = published
    with questions.connect(settings) as connection:
        notes = dict(connection.execute("select dataset, selection_note from meta.holdings").fetchall())
        told = "select distinct note from meta.capture where is_serving and dataset = ?"
        for dataset, of in (("omb__budget", 3), ("usaspending__assistance_listings", 6), ("fbi__agency_months", 2)):
            each = [note for (note,) in connection.execute(told, [dataset]).fetchall()]
            assert len(each) == of
            assert all(note in notes[dataset] for note in each), dataset
        ((data_note,),) = connection.execute(
            "select data_note from analysis.mart_claim_check where claim_id = 'sanctuary_cities_over_100'"
        ).fetchall()
    assert "24 of 354 records (FY2027:budget_authority): " in notes["omb__budget"]
    # the map decides the claim on cities, and is cited with the other two
    assert [data_note.count(f"{name}: ") for name in ("cis__sanctuary_map", "dhs__sanctuary_list",
                                                      "doj__sanctuary_list")] == [1, 1, 1]  # fmt: skip


def test_the_readmes_table_of_what_is_held_is_that_of_the_release(published):
    settings, _ = published
    with questions.connect(settings) as connection:
        block = readme_holdings.table(connection)
    assert block.count("\n| `") > 20
    assert block in readme_holdings.README.read_text(encoding="utf-8"), "run tools/readme_holdings.py on a release"
