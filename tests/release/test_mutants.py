"""Every quality gate can fail: each dbt test of the release finds nothing in the candidate and something in a mutant.

What belongs here: mutants of tables, and the tests' own SQL as dbt compiled it for the release. What does not: what
the publisher does with a failed test (test_gate).

A test declared in a .yml is held against mutants that are made for its kind; a test written as a file has a mutant
of its own, named below, and a file without one fails here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT_DIR, Settings

# What makes each test file fail, one statement or several.
BY_HAND: dict[str, tuple[str, ...]] = {
    "assert_agencies_within_their_state": (
        "insert into core.fct_crime_area_month (area, month_start, fbi_offense_code, offenses)"
        " values ('CA', date '2025-01-01', 'HOM', 0)",
    ),
    "assert_announced_hiring_as_published": (
        "insert into core.fct_announced_award by name select 'synthetic' as announced_award_key, "
        "'hiring' as program_area, 2020 as fiscal_year, 'award list' as document, 1 as announced_amount, "
        "1 as officers_announced",
    ),
    "assert_every_agreement_of_the_last_snapshot_is_listed": (
        "delete from intermediate.int_ordinances__spells where rowid = "
        "(select min(rowid) from intermediate.int_ordinances__spells where listed_to is null)",
    ),
    "assert_every_code_typed_by_hand_is_a_units": (
        "update reference.grant_injunctions set geoid = '1714001' where geoid = '1714000'",
    ),
    "assert_every_event_is_in_the_vocabulary": (
        "update core.fct_policy_event set event = 'adpoted' where event = 'adopted'",
    ),
    "assert_every_instrument_with_provisions_is_in_the_ledger": (
        "update reference.instrument_provisions set instrument_number = 'SB 45' where instrument_number = 'SB 54'",
    ),
    "assert_every_printed_name_has_a_spell": (
        "update intermediate.int_ordinances__spells set snapshots_seen = snapshots_seen + 1",
    ),
    "assert_falls_of_incident_series_are_explained": (
        "insert into analysis.mart_series_break (series, is_explained) values ('Synthetic', false)",
    ),
    "assert_grants_at_risk_adds_up": (
        "update analysis.mart_grants_at_risk set obligated_amount = obligated_amount + 0.01 where rowid = 0",
    ),
    "assert_incident_rows_agree_with_counts": (
        "insert into intermediate.int_crime__incident_counts (set_id, counted_from, month_start, reports)"
        " values ('synthetic', 'rows', date '2020-01-01', 100), ('synthetic', 'aggregates', date '2020-01-01', 50)",
    ),
    "assert_no_status_outlives_its_sources": (
        "update core.fct_policy_status set valid_to = null where status = 'in force' and valid_to = date '2014-10-01'",
    ),
    "assert_ncvs_percentages_as_published": (
        "update intermediate.int_crime__victimization_reporting set reported_weighted = reported_weighted * 1.01",
    ),
    "assert_no_change_through_a_break": (
        "insert into core.fct_incident_month_total (city_code, series, month_start, is_break)"
        " values ('los_angeles', 'none captured', date '2017-02-01', true)",
        "update analysis.mart_reporting_gap set window_from = date '2017-01-01', hispanic_change_percent = -25"
        " where city_code = 'los_angeles'",
    ),
    "assert_no_event_of_the_ledger_is_lost": (
        "update staging.base_ledger__policy_events set _fate = 'superseded' where rowid = 0",
    ),
    "assert_no_year_is_whole_with_a_month_that_is_not": (
        "update core.fct_crime_month set coverage = 'partial: far below its own months' where month_start = "
        "(select min(month_start) from core.fct_crime_month) and ori in (select ori from core.fct_crime_year"
        " where coverage = 'complete' and calendar_year = 2025)",
    ),
    "assert_one_way_from_an_agency_to_its_unit": (
        "update core.fct_crime_month set jurisdiction_key = '-1' where rowid = 0",
    ),
    "assert_policy_crime_panel_is_balanced": ("delete from analysis.mart_policy_crime_panel where rowid = 0",),
    "assert_policy_crime_panel_year_is_balanced": (
        "delete from analysis.mart_policy_crime_panel_year where rowid = 0",
    ),
    "assert_policy_provisions_have_event_times": ("update core.fct_policy_status set provision_code = 'synthetic'",),
    "assert_records_conserved": ("update meta.record_fate set records = records + 1 where rowid = 0",),
    "assert_the_last_month_of_an_award_holds_its_money": (
        "update core.fct_award_month set obligated_amount_to_date = obligated_amount_to_date + 1",
    ),
    "assert_reporting_panel_is_balanced": (
        "delete from analysis.mart_reporting_panel where ori = 'LA0100000' and month_start = date '2015-06-01'",
    ),
    "assert_reports_add_up_to_their_totals": (
        "insert into core.fct_incident_month_total"
        " (city_code, series, month_start, offense_family, victim_group, reports)"
        " values ('testville', 'Synthetic', date '2020-01-01', 'robbery', 'citywide', 2)",
    ),
    "assert_undisbursed_only_where_known": (
        "update core.fct_award set undisbursed_amount = obligated_amount where outlayed_amount is null",
    ),
    "assert_victim_groups_add_up_to_the_city": (
        "insert into core.fct_incident_month_total (series, month_start, offense_family, victim_group, reports) values"
        " ('Synthetic', date '2020-01-01', 'robbery', 'citywide', 2),"
        " ('Synthetic', date '2020-01-01', 'robbery', 'hispanic', 1)",
    ),
    "assert_victimizations_add_up_to_their_totals": (
        "update core.fct_victimization_reporting_total set victimizations_weighted = victimizations_weighted * 1.01"
        " where offense_family = 'all_violent'",
    ),
    "assert_weights_of_an_agency_add_up_to_one": ("update core.bridge_agency_jurisdiction set weight = weight / 2",),
}
# Tests of a macro over figures that stand in the test itself: no table can be spoilt, so their figures are.
OF_A_MACRO: dict[str, tuple[str, str]] = {
    "assert_reporting_intervals_known_answers": ("25.53", "25.60"),
}
# Gates that are worth more than one mutant: the beginning of the test's name, and what makes it fail.
IN_WORDS: dict[str, tuple[str, str]] = {
    "precision": (
        "expression_is_true_identity_quality",
        "update meta.identity_quality set precision_share = 0.994 where kind = 'all' and split = 'held out'",
    ),
    "recall": (
        "expression_is_true_identity_quality",
        "update meta.identity_quality set recall_share = 0.94 where kind = 'all' and split = 'held out'",
    ),
    "an organization taken for a government": (
        "expression_is_true_identity_quality",
        "update meta.identity_quality set taken_for_a_government = 1 where kind = 'all' and split = 'held out'",
    ),
    "too few labelled names": (
        "expression_is_true_identity_quality",
        "update meta.identity_quality set names = 429 where kind = 'all' and split = 'held out'",
    ),
    "a status without an end before the next": (
        "mutually_exclusive_ranges_fct_policy_status",
        "update core.fct_policy_status set valid_to = null where valid_to is not null",
    ),
    "a status a day too long": (
        "mutually_exclusive_ranges_fct_policy_status",
        "update core.fct_policy_status set valid_to = valid_to + 1 where valid_to is not null",
    ),
    "a listing within another": (
        "mutually_exclusive_ranges_fct_tracker_listing",
        "insert into core.fct_tracker_listing select * replace (listed_from + 1 as listed_from)"
        " from core.fct_tracker_listing where state_code is not null limit 1",
    ),
    "a status of no rule": (
        "accepted_values_fct_policy_status_status",
        "update core.fct_policy_status set status = 'mostly in force'",
    ),
    "a name lost between list and spell": (
        "assert_every_printed_name_has_a_spell",
        "delete from intermediate.int_ordinances__spells where tracker_code = 'dhs'",
    ),
    "a name still listed after its list was withdrawn": (
        "assert_every_agreement_of_the_last_snapshot_is_listed",
        "update intermediate.int_ordinances__spells set listed_to = null where tracker_code = 'dhs'",
    ),
    "a year of an agency at another unit": (
        "assert_one_way_from_an_agency_to_its_unit",
        "update core.fct_crime_year set jurisdiction_key = '-1' where rowid = 0",
    ),
    "an agency divided among units without its own": (
        "assert_one_way_from_an_agency_to_its_unit",
        "delete from core.bridge_agency_jurisdiction where weight_basis = 'equal shares'"
        " and (agency_key, jurisdiction_key) in (select agency_key, jurisdiction_key from core.dim_agency)",
    ),
    "a part of the survey lost": (
        "assert_victimizations_add_up_to_their_totals",
        "delete from core.fct_victimization_reporting where rowid = 0",
    ),
    "a pair of trackers listed by nobody": (
        "accepted_values_mart_tracker_agreement",
        "update analysis.mart_tracker_agreement set listed_by = 'neither'",
    ),
}


class Candidate:
    """A copy of the released candidate, every model a table, with the tests that its build ran."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
        results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
        self.nodes: dict[str, dict[str, Any]] = manifest["nodes"]
        self.sql = {result["unique_id"]: result.get("compiled_code") for result in results["results"]}
        self.tests = {key: node for key, node in self.nodes.items() if node["resource_type"] == "test"}
        file = folder / "warehouse.duckdb"
        shutil.copy(settings.build_file, file)
        self.connection = duckdb.connect(str(file))
        views = self.connection.execute(
            "select schema_name, view_name from duckdb_views() where not internal and schema_name <> 'raw'"
        ).fetchall()
        tested = {self.table(node) for node in self.tests.values() if node.get("attached_node")}
        for schema, name in views:
            if f"{schema}.{name}" in tested:
                self.connection.execute(f"create table {schema}.as_table as select * from {schema}.{name}")
                self.connection.execute(f"drop view {schema}.{name}")
                self.connection.execute(f"alter table {schema}.as_table rename to {name}")

    def table(self, test: dict[str, Any]) -> str:
        model = self.nodes[test["attached_node"]]
        return f"{model['schema']}.{model['alias']}"

    def columns(self, table: str) -> list[tuple[str, str]]:
        schema, _, name = table.partition(".")
        return self.connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()

    def finds(self, sql: str) -> int:
        return len(self.connection.execute(f"select * from ({sql}) as found limit 5").fetchall())

    def finds_in(self, sql: str, *mutant: str) -> bool:
        """Whether a test finds rows in a mutant, or the engine refuses the mutant; nothing of it stays."""
        self.connection.execute("begin")
        try:
            for statement in mutant:
                self.connection.execute(statement)
            return self.finds(sql) > 0
        except duckdb.ConstraintException:
            return True
        finally:
            self.connection.execute("rollback")


@pytest.fixture(scope="module")
def candidate(published: tuple[Settings, dict[str, object]], tmp_path_factory) -> Iterator[Candidate]:
    settings, _ = published
    opened = Candidate(settings, tmp_path_factory.mktemp("mutants"))
    yield opened
    opened.connection.close()


def mutants(candidate: Candidate, test: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What should make a test of this kind find something, the likeliest first."""
    table, about = candidate.table(test), test["test_metadata"]
    columns = candidate.columns(table)
    a_row = f"insert into {table} ({columns[0][0]}) select null"
    column = test["column_name"] or about["kwargs"].get("column_name")
    if about["name"] == "unique_combination":
        keys = ", ".join(about["kwargs"]["columns"])
        yield (f"insert into {table} select * from {table} limit 1",)
        yield (f"insert into {table} ({keys}) select {keys} from (select null) as t({columns[0][0]})",) * 2
        yield (a_row, a_row)
    if about["name"] == "unique":
        yield (f"insert into {table} select * from {table} where {column} is not null limit 1",)
    if about["name"] == "never_null":
        yield (a_row,)
    if about["name"] in ("accepted_values", "relationships"):
        yield (f"insert into {table} ({column}) select 'mutant'",)
        yield (f"insert into {table} ({column}) select -7654321",)
    if about["name"] == "accepted_range":
        yield (f"insert into {table} ({column}) select -1000000",)
        yield (f"insert into {table} ({column}) select 1000000",)
    if about["name"] == "mutually_exclusive_ranges":
        yield (f"insert into {table} select * from {table} limit 1",)
    if about["name"] == "provenance_pair_exists":
        # a capture that is there, and a payload that is there, of another capture
        yield (
            f"insert into {table} (_capture_id, _payload_id) select min(capture_id), arg_max(payload_id, capture_id)"
            " from meta.payload",
        )
    if about["name"] == "expression_is_true":
        yield (a_row,)
        # a thousand rows at first: to change every row of a large table for each of its columns takes minutes
        for where in (" where rowid < 1000", ""):
            for name, kind in columns:
                values = ("'mutant'", "null") if kind == "VARCHAR" else ("-1000000", "1000000", "null")
                values = values if not kind.startswith(("DATE", "TIME", "BOOL")) else ("null",)
                values = ("date '1900-01-01'", "date '2100-01-01'", "null") if kind == "DATE" else values
                for value in (*values, *(("not " + name,) if kind == "BOOLEAN" else ())):
                    yield (f"update {table} set {name} = {value}{where}",)
                    # a table without rows in the recorded edition has none to update
                    yield (f"insert into {table} ({name}) select {value}",)


def _as_a_table_says(candidate: Candidate, test: dict[str, Any], mutant: tuple[str, ...], sql: str) -> bool:
    try:
        return candidate.finds_in(sql, *mutant)
    except (duckdb.ConversionException, duckdb.BinderException):
        return False


def test_every_declared_test_finds_nothing_in_the_candidate_and_something_in_a_mutant(candidate):
    declared = {key: node for key, node in candidate.tests.items() if node.get("attached_node")}
    assert len(declared) > 300
    blind = []
    for key, test in declared.items():
        sql = candidate.sql.get(key)
        assert sql, f"{key} was not run"
        assert test["config"]["severity"].lower() == "warn" or candidate.finds(sql) == 0, key
        if not any(_as_a_table_says(candidate, test, mutant, sql) for mutant in mutants(candidate, test)):
            blind.append(f"{candidate.table(test)}: {test['name']}")
    assert not blind, "no mutant makes these fail:\n" + "\n".join(blind)


def _filled(kind: str) -> str:
    """A value of this DuckDB type."""
    if "TIME" in kind:
        return "now()"
    value = {"DATE": "'2000-01-01'", "BOOLEAN": "true"}.get(kind, "0")
    return f"cast({value} as {kind})"


def test_each_column_that_is_said_never_to_be_null_is_held(candidate):
    """In a copy of the table without rows: one row in which every column of the list is filled but one."""
    lists = {key: test for key, test in candidate.tests.items()
             if test.get("attached_node") and test["test_metadata"]["name"] == "never_null"}  # fmt: skip
    assert len(lists) > 100
    with duckdb.connect() as empty:
        empty.execute("attach ':memory:' as warehouse")
        empty.execute("use warehouse")
        for key, test in lists.items():
            table, held = candidate.table(test), test["test_metadata"]["kwargs"]["columns"]
            kinds = dict(candidate.columns(table))
            empty.execute(f"create schema if not exists {table.partition('.')[0]}")
            empty.execute(f"create table {table} ({', '.join(f'{one} {kind}' for one, kind in kinds.items())})")
            for column in (None, *held):
                values = ", ".join("null" if each == column else _filled(kinds[each]) for each in held)
                empty.execute(f"insert into {table} ({', '.join(held)}) values ({values})")
                found = empty.execute(candidate.sql[key]).fetchall()
                assert len(found) == (column is not None), (key, column)
                empty.execute(f"delete from {table}")


def test_every_table_of_core_that_names_capture_and_payload_is_held_to_the_pair(candidate):
    held = {candidate.table(t) for t in candidate.tests.values()
            if t.get("attached_node") and t["test_metadata"]["name"] == "provenance_pair_exists"}  # fmt: skip
    for node in candidate.nodes.values():
        if node["resource_type"] == "model" and node["schema"] == "core":
            table = f"core.{node['alias']}"
            names = {name for name, _ in candidate.columns(table)}
            assert table in held or not {"_capture_id", "_payload_id"} <= names, table


def test_every_test_that_is_a_file_has_a_mutant():
    files = {path.stem for path in (DBT_PROJECT_DIR / "tests").glob("*.sql")}
    assert files == set(BY_HAND) | set(OF_A_MACRO)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_mutant_fails_the_test_that_is_a_file(candidate, name):
    sql = candidate.sql[f"test.clawback.{name}"]
    assert candidate.finds(sql) == 0
    assert candidate.finds_in(sql, *BY_HAND[name])


@pytest.mark.parametrize("name", sorted(OF_A_MACRO))
def test_another_figure_fails_the_test_of_a_macro(candidate, name):
    sql = candidate.sql[f"test.clawback.{name}"]
    right, wrong = OF_A_MACRO[name]
    assert candidate.finds(sql) == 0
    assert candidate.finds(sql.replace(right, wrong)) > 0


@pytest.mark.parametrize("case", sorted(IN_WORDS))
def test_each_way_to_break_a_gate_is_found(candidate, case):
    gate, mutant = IN_WORDS[case]
    gates = [candidate.sql[key] for key, test in candidate.tests.items() if test["name"].startswith(gate)]
    assert gates
    assert not any(candidate.finds(sql) for sql in gates)
    assert any(candidate.finds_in(sql, mutant) for sql in gates)
