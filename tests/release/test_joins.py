"""No join lies: every pair of facts on every key that both have, over the recorded edition and over synthetic rows.

What belongs here: the literal joins and their sums, what the models declare of them, and mutants that must be found.
What does not: which unit a name means (tests/identity).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.recorded.workbooks import workbook
from orchestration.release import joins, row_hashes
from orchestration.settings import Settings
from tests.building import build_part
from tests.conftest import copy_home
from tests.spark import synthetic_captures
from tests.spark.synthetic_captures import WHEN, transactions

# Names that no unit has, printed by the awards and by the list of agreements alike.
IN_BOTH = "Synthetic Airport Police Department"
ONLY_AWARDED = ("Synthetic Harbor Hospital", "Synthetic Youth Foundation")


def _awards_of_nobodys_unit(settings: Settings, folder: Path) -> None:
    """Two awards to one name that a list prints too, and two to names that it does not; one award names nobody."""
    made = transactions.transaction
    names = (IN_BOTH.upper(), IN_BOTH, *ONLY_AWARDED)
    rows = [
        made(n, 0, on="2023-02-01", amount=f"{10 ** (n - 20)}.00", recipient_name=name, recipient_state_code="FL",
             recipient_city_name="", business_types_description="")
        for n, name in enumerate(names, start=21)
    ]  # fmt: skip
    rows.append(
        made(29, 0, on="2023-02-01", amount="7.00", recipient_name="", recipient_uei="", recipient_state_code="")
    )
    name = "FY2023_015_Assistance_Full_20261006"
    path = folder / f"{name}.zip"
    path.write_bytes(transactions.as_zip((f"{name}_1.csv", transactions.as_csv(rows))))
    (taken,) = import_files(sources.get("usaspending/transactions"), [path], settings, retrieved_at=WHEN)
    assert taken.ok, taken.line()


def _listed_beside_them(settings: Settings, folder: Path) -> None:
    """A list of agreements older than the recorded ones: one name of the awards, and one of its own."""
    head = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED"]
    rows = [
        ["FLORIDA", name, "Municipality", "Sample County", "Task Force Model", "2019-01-02"]
        for name in (IN_BOTH, "Synthetic Tollway Police Department")
    ]
    path = folder / "participatingAgencies-20200102000000.xlsx"
    path.write_bytes(workbook([head, *rows]))
    (taken,) = import_files(sources.get("ice/agreements_287g"), [path], settings)
    assert taken.ok, taken.line()


@pytest.fixture(scope="module")
def manifest(published: tuple[Settings, dict[str, object]]) -> dict[str, Any]:
    settings, _ = published
    said: dict[str, Any] = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    return said


@pytest.fixture(scope="module")
def tables(manifest: dict[str, Any]) -> list[joins.Table]:
    return joins.declared(manifest)


@pytest.fixture(scope="module")
def recorded(published: tuple[Settings, dict[str, object]]) -> Iterator[duckdb.DuckDBPyConnection]:
    settings, _ = published
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def gone_on(published: tuple[Settings, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The recorded edition with synthetic captures of what it holds none of, and names without a unit on both sides.

    It is built on the recorded edition's own build file, as the next night would be.
    """
    original, _ = published
    settings = Settings(home=tmp_path_factory.mktemp("joins") / "home", edition="recorded")
    copy_home(original, settings.root, "releases", "published")
    folder = tmp_path_factory.mktemp("files")
    _listed_beside_them(settings, folder)
    synthetic_captures.land(settings, folder)
    _awards_of_nobodys_unit(settings, folder)
    done = build_part(settings, "--quiet", "--exclude-resource-type", "test", edition="recorded")
    assert done.returncode == 0, done.stdout + done.stderr
    return settings


@pytest.fixture(scope="module")
def synthetic(gone_on: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(gone_on.build_file)) as connection:
        yield connection


@pytest.fixture(params=["recorded", "synthetic"])
def warehouse(request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    connection: duckdb.DuckDBPyConnection = request.getfixturevalue(request.param)
    return connection


def _measures(connection: duckdb.DuckDBPyConnection, table: joins.Table) -> list[str]:
    """The numbers of a fact that are no keys; a fact without one is counted."""
    columns = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"
        " and (data_type in ('BIGINT', 'INTEGER', 'DOUBLE') or data_type like 'DECIMAL%')"
        " and not ends_with(column_name, '_key') and not starts_with(column_name, '_')",
        [table.schema, table.name],
    ).fetchall()
    return [name for (name,) in columns]


def _sums(connection: duckdb.DuckDBPyConnection, join: joins.Join, how: str) -> tuple[Any, ...]:
    """Rows and every sum over the kept fact, beside the joined one (`join`) or where it has a match (`semi join`)."""
    sums = "".join(f", round(sum(kept.{m}), 2)" for m in _measures(connection, join.kept))
    row = connection.execute(
        f"select count(*){sums} from {join.kept.table} as kept {how} {join.joined.table} as joined"
        f" using ({', '.join(sorted(join.keys))})"
    ).fetchone()
    assert row is not None
    return row


class TestEveryPair:
    def test_no_sum_grows_where_it_must_not(self, warehouse, tables):
        firm = [join for join in joins.every_join(tables) if not join.may_grow]
        assert len(firm) >= 10
        grown = [str(join) for join in firm if _sums(warehouse, join, "join") != _sums(warehouse, join, "semi join")]
        assert not grown

    def test_nothing_meets_on_not_knowing(self, warehouse, tables):
        for join in joins.every_join(tables):
            (key, *others) = sorted(join.keys)
            if others or join.repeats:
                continue
            (met,) = warehouse.execute(
                f"select count(*) from {join.kept.table} as kept join {join.joined.table} as joined using ({key})"
                f" where cast({key} as varchar) = '-1'"
            ).fetchone()
            assert met == 0, str(join)

    def test_what_the_gate_asks_finds_nothing(self, warehouse, tables):
        assert joins.lies(warehouse, tables) == []

    def test_a_key_leads_to_one_member_and_no_row_is_lost(self, warehouse, manifest):
        """Every relationship of a core fact: joined to its dimension it has as many rows as before."""
        followed = 0
        for (table, key), (parent, field) in _relationships(manifest).items():
            if not table.startswith("core.fct_") or not key.endswith("_key"):
                continue
            (rows,) = warehouse.execute(f"select count({key}) from {table}").fetchone()
            (found,) = warehouse.execute(
                f"select count(*) from {table} as kept join core.{parent} as parent on kept.{key} = parent.{field}"
            ).fetchone()
            assert found == rows, f"{table}.{key}"
            followed += 1
        assert followed > 30


def test_each_dimension_has_one_unknown_member(warehouse):
    """Its key is -1, whatever the type; no fact has a second way to say that it does not know."""
    dimensions = warehouse.execute(
        "select table_name, min_by(column_name, column_index) from duckdb_columns()"
        " where schema_name = 'core' and starts_with(table_name, 'dim_') group by 1 order by 1"
    ).fetchall()
    assert len(dimensions) >= 12
    for table, key in dimensions:
        (unknown,) = warehouse.execute(
            f"select count(*) from core.{table} where cast({key} as varchar) = '-1'"
        ).fetchone()
        assert unknown == 1, f"{table}.{key}"


class TestNamesWithoutAUnit:
    @pytest.fixture
    def ask(self, synthetic):
        return lambda sql: synthetic.execute(sql).fetchall()

    def test_the_same_name_is_one_member_that_says_that_it_is_no_unit(self, ask):
        assert ask(
            "select level, state_code, is_resolved from core.dim_jurisdiction"
            f" where name_normalized = upper('{IN_BOTH}')"
        ) == [("unresolved", "FL", False)]

    def test_awards_meet_the_listing_of_their_own_name_and_no_other(self, ask):
        """10 and 100 USD went to the name that is listed, 1,000 and 10,000 to names that are not."""
        assert ask(
            "select sum(awards.obligated_amount), count(*), count(distinct listings.listed_name)"
            " from core.fct_award as awards join core.fct_tracker_listing as listings using (jurisdiction_key)"
            " join core.dim_jurisdiction as names using (jurisdiction_key)"
            " where not names.is_resolved and awards.fain like 'SYNTH%'"
        ) == [(110, 2, 1)]

    def test_the_recorded_awards_of_listed_units_are_what_a_count_by_hand_gives(self, recorded):
        """24 awards of units that Homeland Security lists (78,692,971 USD), two more of units under a 287(g) agreement
        (911,000), and Milwaukee County's, which had a letter of the Department of Justice (197,666). Joined to the
        listings on the unknown member, they once gave 1,260,274,826."""
        once, unresolved = recorded.execute(
            "select sum(obligated_amount), count(*) filter (where not is_resolved) from core.fct_award"
            " join (select distinct jurisdiction_key, is_resolved from core.fct_tracker_listing)"
            " using (jurisdiction_key)"
        ).fetchone()
        assert (once, unresolved) == (79_801_637, 0)

    def test_only_what_names_nobody_is_of_the_unknown_member(self, ask):
        # one names nobody, one is redacted, one is an aggregate of several
        nobodys = ask("select fain from core.fct_award where jurisdiction_key = '-1' order by 1")
        assert nobodys == [("SYNTH0004",), ("SYNTH0029",), ("SYNURI",)]
        for fact in ("tracker_listing", "crime_month", "crime_year", "crime_year_printed", "crime_area_month",
                     "policy_event", "council_action", "announced_award",
                     "incident_month"):  # fmt: skip
            assert ask(f"select count(*) from core.fct_{fact} where jurisdiction_key = '-1'") == [(0,)], fact
        # a matter is a member of a dimension, whose unknown member has no unit
        unknown = ask("select council_matter_key from core.dim_council_matter where jurisdiction_key = '-1'")
        assert unknown == [("-1",)]


# What must be found, each by a join that the sentence names.
MUTANTS = {
    "names without a unit are thrown together again": (
        ("core.fct_award", "core.fct_tracker_listing"),
        "update {table} set jurisdiction_key = '-1' where jurisdiction_key in"
        " (select jurisdiction_key from core.dim_jurisdiction where not is_resolved)",
        "fct_award with fct_tracker_listing on jurisdiction_key",
    ),
    "an award stands twice": (
        ("core.fct_award",),
        "insert into {table} select * from {table} where award_key in"
        " (select award_key from core.fct_award_transaction)",
        "fct_award_transaction with fct_award on award_key",
    ),
    "an announcement became an award twice": (
        ("core.fct_announced_award",),
        "update {table} set award_key = (select min(award_key) from core.fct_award)",
        "fct_award with fct_announced_award on award_key",
    ),
    "a transaction is of another unit than its award": (
        ("core.fct_award_transaction",),
        "update {table} set jurisdiction_key = (select min(jurisdiction_key) from core.dim_jurisdiction)",
        "fct_award_transaction.jurisdiction_key",
    ),
    "a month of an award is of an unknown programme": (
        ("core.fct_award_month",),
        "update {table} set program_key = '-1'",
        "fct_award_month.program_key",
    ),
    "two facts have rows of no offence": (
        ("core.fct_crime_month", "core.fct_crime_year"),
        "update {table} set offense_key = '-1' where fbi_offense_code = 'HOM'",
        "fct_crime_month with fct_crime_year on offense_key",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_join_that_lies_is_found(synthetic, tables, name):
    spoilt, statement, said = MUTANTS[name]
    synthetic.execute("begin")
    try:
        for table in spoilt:
            synthetic.execute(statement.format(table=table))
        assert any(line.startswith(f"{said}:") for line in joins.lies(synthetic, tables))
    finally:
        synthetic.execute("rollback")


def _relationships(manifest: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """(table, key) -> (parent, its column), of every relationships test."""
    found = {}
    for node in manifest["nodes"].values():
        about = node.get("test_metadata") or {}
        if about.get("name") == "relationships":
            of = manifest["nodes"][node["attached_node"]]
            parent = about["kwargs"]["to"].removeprefix("ref('").removesuffix("')")
            found[f"{of['schema']}.{of['name']}", node["column_name"]] = (parent, about["kwargs"]["field"])
    return found


class TestWhatIsDeclared:
    def test_every_key_singles_out_a_row_or_says_why_not_where_it_is_read(self, manifest, tables):
        """The sentence of a fan-out stands in the table's description and in the key's."""
        described = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
        assert len(tables) >= 18
        for table in tables:
            node = described[table.name]
            alone = {key for unique in table.unique_by if len(unique) == 1 for key in unique}
            assert set(table.keys) == alone | set(table.fans_out), table.name
            assert all(unique <= set(table.keys) for unique in table.unique_by), table.name
            for key, why in table.fans_out.items():
                assert why in node["description"], f"{table.name} does not say of {key}: {why}"
                assert why in node["columns"][key]["description"], f"{table.name}.{key} does not say: {why}"

    def test_every_key_is_its_tables_own_or_points_at_a_member_that_is_there(self, manifest):
        tested = _relationships(manifest)
        own = {
            (node["attached_node"], column)
            for node in manifest["nodes"].values()
            if (node.get("test_metadata") or {}).get("name") == "unique_combination"
            for column in node["test_metadata"]["kwargs"]["columns"]
            if len(node["test_metadata"]["kwargs"]["columns"]) == 1
        }
        loose = [
            f"{node['schema']}.{node['name']}.{key}"
            for uid, node in manifest["nodes"].items()
            if node["resource_type"] == "model" and node["schema"] in ("core", "analysis", "meta")
            for key in joins.key_columns(node)
            if (uid, key) not in own and (f"{node['schema']}.{node['name']}", key) not in tested
        ]
        assert loose == []


def test_a_build_that_keeps_what_did_not_change_has_the_rows_of_a_whole_one(gone_on, synthetic, tmp_path):
    """Eight datasets have new captures; most tables are kept, and each table equals that of a build of everything."""
    whole = Settings(home=tmp_path / "whole", edition="recorded")
    done = build_part(gone_on, "--quiet", "--exclude-resource-type", "test", into=whole, edition="recorded")
    assert done.returncode == 0, done.stdout + done.stderr
    kept = {
        name.rpartition(".")[2] for (name,) in synthetic.execute("from made.now select name where is_kept").fetchall()
    }
    found = row_hashes.of_connection(synthetic, digits=row_hashes.DIGITS_BETWEEN_ENGINES)
    with duckdb.connect(str(whole.build_file), read_only=True) as connection:
        expected = row_hashes.of_connection(connection, digits=row_hashes.DIGITS_BETWEEN_ENGINES)
    assert found.keys() == expected.keys()
    differ = {name for name in found if found[name] != expected[name] and not name.startswith("made.")}
    assert differ == set()
    # what nothing new goes into is kept, and what something goes into is not
    assert {"base_census__gazetteer", "base_ledger__policy_events", "fct_victim_month"} <= kept
    assert not kept & {"base_usaspending__transactions", "base_socrata__incidents", "fct_award", "fct_tracker_listing"}
