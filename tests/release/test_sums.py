"""The sums that the gate holds: each way to spoil one is refused by its named check, and what may grow grows.

What belongs here: mutants of a candidate against the release before it, and the declaration. What does not: what the
publisher does with a finding (test_gate).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.release import history, sums
from orchestration.settings import Settings
from tests.conftest import copy_home

# Facts that the recorded edition lacks, with rows that look like nobody's.
SYNTHETIC = (
    "insert into core.fct_incident_month (city_code, series, month_start, victim_group, reports)"
    " select 'synthetic_' || c, 'Synthetic', date '2020-01-01' + to_months(cast(m as integer)), 'not_published',"
    " 100 + m from range(3) as cities(c), range(24) as months(m)",
    "insert into core.fct_incident_month_total (city_code, series, month_start, offense_family, victim_group, reports)"
    " select 'synthetic_' || c, 'Synthetic', date '2020-01-01' + to_months(cast(m as integer)), 'robbery', 'citywide',"
    " 100 + m from range(3) as cities(c), range(24) as months(m)",
    "insert into core.fct_award_transaction (transaction_key, award_key, assistance_listing,"
    " fiscal_year, obligated_amount) select 'SYNTH_' || n, 'SYNTH', '16.000', 2020, 1000 * (n - 3)"
    " from range(40) as rows(n)",
)
LARGE = "(select fain from core.fct_award order by obligated_amount desc limit 20)"
FORTY_PERCENT = "rowid in (select rowid from {} order by rowid limit (select count(*) * 2 // 5 from {}))"


def _some(table: str) -> str:
    return FORTY_PERCENT.format(table, table)


# What happens to the candidate, and the checks that refuse it.
MUTANTS: dict[str, tuple[str, set[str]]] = {
    "money times ten": (
        "update core.fct_award set obligated_amount = obligated_amount * 10",
        {"sum of money obligated"},
    ),
    "money with its sign lost": (
        "update core.fct_award set obligated_amount = -obligated_amount",
        {"sum of money obligated"},
    ),
    "money in thousands": (
        "update core.fct_award set obligated_amount = obligated_amount / 1000",
        {"sum of money obligated"},
    ),
    "money halved": ("update core.fct_award set obligated_amount = obligated_amount / 2", {"sum of money obligated"}),
    "money times a thousand": (
        "update core.fct_award set obligated_amount = obligated_amount * 1000",
        {"sum of money obligated", "range of money obligated"},
    ),
    "money exchanged between awards": (
        f"update core.fct_award set obligated_amount = case when fain in {LARGE} then 0"
        f" else obligated_amount + (select sum(obligated_amount) / 63 from core.fct_award where fain in {LARGE}) end",
        {"sum of money obligated"},
    ),
    "money moved between jurisdictions": (
        f"update core.fct_award set jurisdiction_key = 'synthetic' where fain in {LARGE}",
        {"places of money obligated"},
    ),
    "outlays doubled": ("update core.fct_award set outlayed_amount = outlayed_amount * 2", {"sum of money outlayed"}),
    "outlays forgotten": ("update core.fct_award set outlayed_amount = null", {"sum of money outlayed"}),
    "de-obligations turned into obligations": (
        "update core.fct_award_transaction set obligated_amount = abs(obligated_amount) * 2",
        {"sum of money of transactions"},
    ),
    "victims doubled": (
        "update core.fct_victim_month set victims = victims * 2",
        {"sum of victims of months"},
    ),
    "victims of some agencies gone": (
        f"delete from core.fct_victim_month_total where {_some('core.fct_victim_month_total')}",
        {"sum of victims of agencies' months"},
    ),
    "announcements in thousands": (
        "update core.fct_announced_award set announced_amount = announced_amount / 1000",
        {"sum of money announced"},
    ),
    "announced officers doubled": (
        "update core.fct_announced_award set officers_announced = officers_announced * 2",
        {"sum of officers announced"},
    ),
    "a budget in thousands": (
        "update core.fct_budget_account_year set budget_amount = budget_amount / 1000",
        {"sum of budgets of accounts"},
    ),
    "listings in thousands": (
        "update core.fct_listing_year set obligated_amount = obligated_amount / 1000",
        {"sum of money of listings obligated"},
    ),
    "one series doubled": (
        "update core.fct_crime_month set offenses = offenses * 2"
        " where series = 'NIBRS, summarised; rape, revised definition'",
        {"sum of offenses of months"},
    ),
    "offenses of agencies exchanged": (
        "update core.fct_crime_month set offenses = (select max(offenses) from core.fct_crime_month) - offenses",
        {"sum of offenses of months"},
    ),
    "clearances gone": (
        f"update core.fct_crime_month set cleared = 0 where {_some('core.fct_crime_month')}",
        {"sum of clearances of months"},
    ),
    "printed years gone": (
        f"delete from core.fct_crime_year_printed where {_some('core.fct_crime_year_printed')}",
        {"sum of offenses of printed years"},
    ),
    "years doubled": ("update core.fct_crime_year set offenses = offenses * 2", {"sum of offenses of years"}),
    "one city's incidents gone": (
        "delete from core.fct_incident_month where city_code = 'synthetic_1'",
        {"sum of incidents of cities"},
    ),
    "one city's incidents negative": (
        "update core.fct_incident_month set reports = -reports where city_code = 'synthetic_1'",
        {"sum of incidents of cities", "range of incidents of cities"},
    ),
    "one city's families gone": (
        "delete from core.fct_incident_month_total where city_code = 'synthetic_1'",
        {"sum of incidents of families"},
    ),
    "the survey's totals zeroed": (
        "update core.fct_victimization_reporting_total set victimizations_weighted = 0",
        {"sum of survey's totals"},
    ),
    "the survey's reported totals in thousands": (
        "update core.fct_victimization_reporting_total set reported_weighted = reported_weighted / 1000",
        {"sum of survey's totals reported"},
    ),
    "interviews of totals doubled": (
        "update core.fct_victimization_reporting_total set victimizations_interviewed = victimizations_interviewed * 2",
        {"sum of survey's interviews of totals"},
    ),
    "the survey's weights zeroed": (
        "update core.fct_victimization_reporting set victimizations_weighted = 0",
        {"sum of survey's weights"},
    ),
    "one year of the survey in thousands": (
        "update core.fct_victimization_reporting set reported_weighted = reported_weighted / 1000"
        " where calendar_year = 2019",
        {"sum of survey's weights reported"},
    ),
    "interviews doubled": (
        "update core.fct_victimization_reporting set victimizations_interviewed = victimizations_interviewed * 2",
        {"sum of survey's interviews"},
    ),
    "people in thousands": (
        "update core.dim_jurisdiction set population = population // 1000 where state_code = 'CA'",
        {"sum of population"},
    ),
    "shares as percents": (
        "update core.dim_jurisdiction set hispanic_share = hispanic_share * 100",
        {"sum of Hispanic share", "range of Hispanic share"},
    ),
    "agencies' weights halved": (
        "update core.bridge_agency_jurisdiction set weight = weight / 2",
        {"sum of agencies' weights"},
    ),
    "listings ended": (
        "update core.fct_tracker_listing set listed_to = date '2030-01-01' where listed_to is null"
        f" and {_some('core.fct_tracker_listing')}",
        {"sum of listings open"},
    ),
    "listings moved": (
        f"update core.fct_tracker_listing set jurisdiction_key = '-1' where {_some('core.fct_tracker_listing')}",
        {"places of listings open"},
    ),
    "events gone": (
        f"delete from core.fct_policy_event where {_some('core.fct_policy_event')}",
        {"sum of policy events"},
    ),
    "matters gone": (
        f"delete from core.dim_council_matter where {_some('core.dim_council_matter')}",
        {"sum of council matters"},
    ),
    "actions gone": (
        f"delete from core.fct_council_action where {_some('core.fct_council_action')}",
        {"sum of council actions"},
    ),
    "printed figures times ten": (
        "update core.fct_published_statistic set figure = figure * 10",
        {"sum of published statistics"},
    ),
}
GROWTHS = {
    "as many awards again": "insert into core.fct_award by name"
    " select * replace ('SYNTH' || fain as fain) from core.fct_award",
    "a backlog of agencies": "insert into core.fct_crime_month by name"
    " select months.* replace (ori || n as ori) from core.fct_crime_month as months, range(5) as copies(n)",
    "outlays that were unknown": "update core.fct_award set outlayed_amount = 1000 where outlayed_amount is null",
    "an award modified": "update core.fct_award set obligated_amount = 0"
    " where fain = (select fain from core.fct_award order by obligated_amount limit 1)",
    "the largest award of a year corrected": "update core.fct_award set obligated_amount = 0"
    " where fiscal_year = 2019 and obligated_amount ="
    " (select max(obligated_amount) from core.fct_award where fiscal_year = 2019)",
    "the newest months filled": "update core.fct_crime_month set offenses = offenses * 3"
    " where month_start = (select max(month_start) from core.fct_crime_month)",
    "a new city": "insert into core.fct_incident_month by name"
    " select * replace ('synthetic_new' as city_code) from core.fct_incident_month",
    "a year's estimate of the Census": "update core.dim_jurisdiction set population = population * 1.03",
    "names resolved better": "update core.fct_award set jurisdiction_key = 'synthetic'"
    " where fain = (select fain from core.fct_award order by obligated_amount limit 1)",
}

Refused = Callable[[str], set[str]]


class Warehouses:
    """A candidate and the release before it, alike; each question spoils the candidate and takes it back."""

    def __init__(self, settings: Settings) -> None:
        release = history.last_release(settings)
        assert release is not None
        self.release, self.file = release, str(settings.build_file)
        for path in (release.path, settings.build_file):
            with duckdb.connect(str(path)) as connection:
                for statement in SYNTHETIC:
                    connection.execute(statement)
        self.connection = duckdb.connect(str(settings.build_file))
        self.connection.execute(f"attach '{release.path}' as before (read_only)")

    def refused(self, statement: str, *, first: bool = False) -> set[str]:
        """The checks that refuse the candidate after the statement. first: there is no release before it."""
        self.connection.execute("begin")
        try:
            self.connection.execute(statement)
            before = None if first else self.release
            found = sums.compared(self.connection, before, tables=statement if "core." in statement else "")
            return {check.name for check, finding in found if finding is not None}
        finally:
            self.connection.execute("rollback")


@pytest.fixture(scope="module")
def warehouses(published: tuple[Settings, dict[str, object]], tmp_path_factory) -> Iterator[Warehouses]:
    original, _ = published
    settings = Settings(home=tmp_path_factory.mktemp("sums") / "home", edition="recorded")
    copy_home(original, settings.root)
    for locked in settings.releases_dir.rglob("*"):
        locked.chmod(0o755 if locked.is_dir() else 0o644)
    opened = Warehouses(settings)
    yield opened
    opened.connection.close()


def test_a_candidate_like_the_last_release_passes_every_check_of_sums(warehouses):
    assert warehouses.refused("select 1") == set()
    found = list(sums.compared(warehouses.connection, warehouses.release))
    assert [check.name for check, _ in found] == sums.names()
    assert all("bound" in (check.detail or "") or "no " in (check.detail or "") for check, _ in found)


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_spoilt_sum_is_refused_by_its_own_check(warehouses, mutant):
    statement, checks = MUTANTS[mutant]
    assert checks <= warehouses.refused(statement)


def test_every_measure_has_a_mutant_or_no_rows_in_the_recorded_edition(warehouses):
    refused = {name for _, checks in MUTANTS.values() for name in checks}
    for measure in sums.measures():
        (rows,) = warehouses.connection.execute(f"select count({measure.value}) from {measure.table}").fetchone()
        similar = "money of listings outlayed"
        assert not rows or f"sum of {measure.name}" in refused or measure.name == similar, measure.name


@pytest.mark.parametrize("growth", sorted(GROWTHS))
def test_what_grows_or_is_revised_in_the_ordinary_way_passes(warehouses, growth):
    assert warehouses.refused(GROWTHS[growth]) == set()


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("update core.fct_award set obligated_amount = obligated_amount * 1000", "range of money obligated"),
        ("update core.dim_jurisdiction set population = population * 1000", "range of population"),
        ("update core.fct_crime_month set offenses = offenses * 1000", "range of offenses of months"),
        ("update core.dim_jurisdiction set hispanic_share = -hispanic_share", "range of Hispanic share"),
    ],
)
def test_the_first_release_of_an_edition_is_held_to_bounds(warehouses, statement, check):
    assert warehouses.refused("select 1", first=True) == set()
    assert check in warehouses.refused(statement, first=True)


def test_a_release_before_that_cannot_be_read_is_no_reason_to_pass(warehouses, tmp_path):
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "warehouse.duckdb").write_bytes(b"synthetic" * 1000)
    before = warehouses.release.model_copy(update={"folder": torn})
    warehouses.connection.execute("detach before")
    try:
        found = [finding for _, finding in sums.of_candidate(warehouses.connection, before) if finding is not None]
    finally:
        warehouses.connection.execute(f"attach '{warehouses.release.path}' as before (read_only)")
    assert [f.check for f in found] == [name for name in sums.names() if not name.startswith("range of ")]
    assert all("cannot be read" in finding.detail and "torn" in finding.detail for finding in found)


def test_the_sums_are_recorded_in_the_release_as_a_reader_adds_them_up(published):
    settings, _ = published
    release = history.last_release(settings)
    with duckdb.connect(str(release.path), read_only=True) as connection:
        by_hand = connection.execute(
            "select count(offenses), sum(offenses) from core.fct_crime_month where series = 'NIBRS, summarised'"
        ).fetchone()
    assert release.sums["offenses of months"]["series=NIBRS, summarised"] == by_hand
    assert release.sums["money obligated"][""] == (83, 114985583.0)


def test_every_additive_column_of_a_fact_is_held_or_says_why_not(published):
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        described = connection.execute(
            "select table_schema || '.' || table_name || '.' || column_name from meta.column_dictionary"
            " where table_name like 'fct_%' and additivity is not null and additivity <> 'not additive'"
            # a former name is a view of a table that is here itself
            " and description not like 'Former name%'"
        ).fetchall()
    additive = {column for (column,) in described}
    assert len(additive) > 20
    held = {f"{measure.table}.{measure.value}" for measure in sums.measures()}
    assert additive - held - sums.not_measured().keys() == set()
    assert held.isdisjoint(sums.not_measured())


def test_each_measure_says_why(tmp_path: Path):
    declared = tomllib.loads(sums.DECLARATION.read_text(encoding="utf-8"))
    assert len({m["name"] for m in declared["measure"]}) == len(declared["measure"]) > 20
    for measure in sums.measures():
        assert len(measure.why) > 15, measure.name
        assert measure.at_least < measure.at_most or measure.value == "1"
        assert 0 < measure.may_change < 0.5, "a half or a double must be seen"
        assert bool(measure.place) == bool(measure.may_move)
