"""From counts of reports to changes beside the survey, the prints and the claims; and the panel's balance.

What belongs here: known answers over made-up months of a city's real series, through the real dbt project; mutants of
the two gates. What does not: single rules of SQL (the models' unit tests), where counts come from (tests/incidents).
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.recorded.build import batches
from orchestration.settings import Settings
from orchestration.sources import socrata
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import build_part

WHEN = datetime(2025, 12, 1, 6, tzinfo=UTC)
MARTS = ("mart_reporting_gap", "mart_published_agreement", "mart_claim_check")
GATE = "assert_no_change_through_a_break"
RAPE, PARTNER = "121", "626"

# Made-up counts of a month: code, descent (H Hispanic, W other, X not told), reports.
YEAR_BEFORE = [(RAPE, "H", 50), (RAPE, "W", 20), (RAPE, "X", 5), (PARTNER, "H", 100), (PARTNER, "W", 50)]


def lapd_srs(month: str, *counts: tuple[str, str, int]) -> list[dict[str, str]]:
    return [{"month": f"{month}-01T00:00:00.000", "newest": f"{month}-27T00:00:00.000", "crm_cd": code,
             "vict_descent": descent, "n": str(n)} for code, descent, n in counts]  # fmt: skip


def lapd_nibrs(month: str, reports: int) -> list[dict[str, str]]:
    return [{"month": f"{month}-01T00:00:00.000", "newest": f"{month}-27T00:00:00.000", "nibr_code": "11A",
             "domestic_violence_crime": "No", "n": str(reports)}]  # fmt: skip


def lapd_victims(month: str, *counts: tuple[str, int]) -> list[dict[str, str]]:
    offenses = "Battery - 13B, Criminal Threats - IPV - 13C"
    return [{"month": f"{month}-01T00:00:00.000", "newest": f"{month}-27T00:00:00.000", "victimofslist": offenses,
             "vict_descent": descent, "n": str(n)} for descent, n in counts]  # fmt: skip


def victims_of_the_new_system() -> list[dict[str, str]]:
    """Both spellings of Hispanic; from 2025-06 on a quarter fewer of them, and as many others."""
    rows: list[dict[str, str]] = []
    for n, month in enumerate(("03", "05", "06", "07", "08", "09", "10", "11", "12")):
        scatter = 4 * (n % 3)
        rows += lapd_victims(f"2024-{month}", ("Hispanic", 60 + scatter), ("H - Hispanic", 40), ("White", 100))
        rows += lapd_victims(f"2025-{month}", ("Hispanic", 75 - scatter), ("White", 100), ("nobody's word", 5))
    return rows


def spring_of_2017() -> list[dict[str, str]]:
    """January to April: Hispanic victims 200 to 153 (-23.5 percent), the city 300 to 259 (-13.7), as was printed."""
    rows = [row for m in range(1, 5) for row in lapd_srs(f"2016-0{m}", *YEAR_BEFORE)]
    for m, hispanic, other in ((1, 38, 21), (2, 38, 22), (3, 38, 21), (4, 39, 22)):
        counts = [(RAPE, "H", hispanic), (RAPE, "W", other), (RAPE, "X", 5), (PARTNER, "H", 90), (PARTNER, "W", 50)]
        rows += lapd_srs(f"2017-0{m}", *counts)
    return rows


def around_the_switch() -> list[dict[str, str]]:
    months = {"2023-02": 40, "2023-03": 40, "2024-02": 30, "2024-03": 10, "2024-05": 1}
    return [row for month, n in months.items() for row in lapd_srs(month, (RAPE, "H", n))]


def after_the_switch() -> list[dict[str, str]]:
    months = {"2024-03": 5, "2024-07": 40, "2025-03": 44, "2025-07": 30, "2025-09": 30}
    return [row for month, n in months.items() for row in lapd_nibrs(month, n)]


def build(home: Path) -> Path:
    """The marts and the break's gate over the prints and three sets of made-up counts: the built home."""
    settings = Settings(home=home, edition="recorded")
    counts = {"63jg-8b9z": spring_of_2017(), "2nrs-mtv8": around_the_switch(), "k7nn-b2ep": after_the_switch(),
              "gqf2-vm2j": victims_of_the_new_system()}  # fmt: skip
    for set_id, rows in counts.items():
        url = f"https://example.invalid/{set_id}"
        when = WHEN if set_id != "gqf2-vm2j" else datetime(2026, 1, 20, 6, tzinfo=UTC)
        payload = Payload(json.dumps(rows).encode(), url, when, context={"set": set_id})
        done = land.write(
            socrata.IncidentMonths(), Slice(set_id, {"set": set_id}), [payload], landing_dir=settings.landing_dir,
            kind="fetched", edition="live",
        )  # fmt: skip
        assert done.status == "landed", done.message
    for batch in batches("published/statistics"):
        land.write(
            sources.get("published/statistics"), batch.slice, batch.payloads, landing_dir=settings.landing_dir,
            kind="transcribed", edition="recorded",
        )  # fmt: skip
    done = build_part(
        settings, "--quiet", "--indirect-selection", "empty", "--select", *(f"+{mart}" for mart in MARTS), GATE,
        edition="recorded",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=build(tmp_path_factory.mktemp("gap") / "home"), edition="recorded")


@pytest.fixture(scope="module")
def warehouse(built: Settings):
    with duckdb.connect(str(built.build_file), read_only=True) as opened:
        yield opened


def gap(warehouse: duckdb.DuckDBPyConnection, series: str, month: str, window: str, family: str = "sexual_assault"):
    """One row of the mart as a dictionary; None where there is none."""
    found = warehouse.execute(
        "select * from analysis.mart_reporting_gap where city_code = 'los_angeles' and series = ? and month_start = ?"
        " and window_kind = ? and offense_family = ?",
        [series, f"{month}-01", window, family],
    )
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    assert len(rows) <= 1
    return dict(zip(names, rows[0], strict=True)) if rows else None


def test_the_year_to_date_gives_hispanic_victims_others_and_the_city_beside_the_year_before(warehouse):
    april = gap(warehouse, "LAPD SRS", "2017-04", "year to date")
    counts = [april[f"{who}_reports{side}"] for side in ("_before", "") for who in ("hispanic", "others", "citywide")]
    assert counts == [200, 80, 300, 153, 86, 259]
    assert (april["unknown_reports_before"], april["unknown_reports"]) == (20, 20)
    changes = [april[f"{who}_change_percent"] for who in ("hispanic", "others", "citywide")]
    assert changes == pytest.approx([-23.5, 7.5, -13.6667], abs=1e-3)
    assert april["gap_points"] == pytest.approx(-31.0)
    assert (april["comparability"], april["is_break"]) == ("comparable", False)


def test_three_months_are_three_months_and_a_month_is_one(warehouse):
    assert gap(warehouse, "LAPD SRS", "2017-04", "three months")["hispanic_reports"] == 38 + 38 + 39
    assert gap(warehouse, "LAPD SRS", "2017-04", "month")["hispanic_change_percent"] == pytest.approx(-22.0)
    early = gap(warehouse, "LAPD SRS", "2017-02", "three months")
    assert early["comparability"] == "a month of the window is not captured"
    assert early["hispanic_reports"] is None


def test_what_was_printed_stands_beside_with_agreement_or_not(warehouse):
    april = gap(warehouse, "LAPD SRS", "2017-04", "year to date")
    assert (april["printed_hispanic_change_percent"], april["printed_beside_change_percent"]) == (-23.5, -13.7)
    assert (april["printed_beside_group"], april["printed_agreement"]) == ("Citywide", "agrees")
    partner = gap(warehouse, "LAPD SRS", "2017-04", "year to date", "domestic_violence")
    assert partner["hispanic_change_percent"] == pytest.approx(-10.0)
    assert (partner["printed_hispanic_change_percent"], partner["printed_agreement"]) == (-8.1, "differs")
    march = gap(warehouse, "LAPD SRS", "2017-03", "year to date")
    assert march["printed_agreement"] == "not comparable", "printed to the 21st, and incidents are counted by month"
    alone = warehouse.execute(
        "select distinct series, comparability, printed_agreement, citywide_reports from analysis.mart_reporting_gap"
        " where city_code = 'houston'"
    ).fetchall()
    assert alone == [("none captured", "published figures only", "published figures only", None)]


def test_each_printed_figure_says_whether_it_was_checked_and_why_not(warehouse):
    told = {
        (family, group, unit, str(to)): (agreement, computed)
        for family, group, unit, to, agreement, computed in warehouse.execute(
            "select offense_family, victim_group, unit, period_to, agreement, computed"
            " from analysis.mart_published_agreement where publisher = 'LAPD'"
        ).fetchall()
    }
    assert told["sexual_assault", "Hispanic", "percent", "2017-04-30"] == ("agrees", pytest.approx(-23.5))
    assert told["sexual_assault", "Citywide", "percent", "2017-04-30"] == ("agrees", pytest.approx(-13.6667, abs=1e-3))
    assert told["domestic_violence", "Citywide", "percent", "2017-04-30"] == ("differs", pytest.approx(-20 / 3))
    assert told["sexual_assault", "Hispanic", "count", "2016-02-29"] == ("not comparable", None), "estimated days"
    assert told["sexual_assault", "Hispanic", "percent", "2017-12-31"] == ("not comparable", None)
    assert told["sexual_assault", "Hispanic", "percent", "2017-03-21"] == ("not comparable", None)


def test_the_claims_on_the_lapd_are_judged_from_incidents(warehouse):
    rows = {
        claim: (value, verdict, why)
        for claim, value, verdict, why in warehouse.execute(
            "select claim_id, computed_value, verdict, why from analysis.mart_claim_check where claim_id like 'latino%'"
        ).fetchall()
    }
    value, verdict, why = rows["latino_sexual_assault_reports_2017"]
    assert (value, verdict) == (pytest.approx(-24.0), "supported"), "150 to 114, January to March"
    assert "The whole city: -14.2 percent" in why, "225 to 193"
    assert "does not show that there was less crime, and does not prove fear" in why
    assert rows["latino_domestic_violence_reports_2017"][:2] == (pytest.approx(-10.0), "supported")


def test_the_switch_of_2024_is_a_break_and_no_fall(warehouse):
    """The fall of three quarters in March 2024 has no change, and its reason; February, before it, has one."""
    february, march = (gap(warehouse, "LAPD SRS", month, "month") for month in ("2024-02", "2024-03"))
    assert (february["hispanic_change_percent"], february["is_break"]) == (pytest.approx(-25.0), False)
    assert (march["hispanic_reports_before"], march["hispanic_reports"]) == (40, 10)
    assert (march["hispanic_change_percent"], march["citywide_change_percent"]) == (None, None)
    assert march["comparability"] == "a break of the series lies between"
    assert "NIBRS" in march["break_reason"]


def test_the_new_series_begins_by_itself_and_tells_no_victims_group(warehouse):
    first, over, clean = (gap(warehouse, "LAPD NIBRS", month, "month") for month in ("2024-03", "2025-03", "2025-07"))
    assert first["comparability"] == "the same months a year before are not captured in this series"
    assert over["comparability"] == "a break of the series lies between", "March 2024 was not yet the whole city"
    assert clean["citywide_change_percent"] == pytest.approx(-25.0)
    assert (clean["hispanic_reports"], clean["hispanic_change_percent"]) == (None, None)


def test_the_victims_of_los_angeles_are_a_series_of_their_own_from_june_2024_on(warehouse):
    def of(month: str, window: str = "month"):
        return gap(warehouse, "LAPD NIBRS victims", month, window, "domestic_violence")

    may, november, autumn = of("2025-05"), of("2025-11"), of("2025-11", "three months")
    assert may["comparability"] == "a break of the series lies between", "May 2024 was not yet the whole city"
    assert of("2025-06")["group_comparability"] == "too few months to say how far counts scatter"
    assert (of("2025-06")["counted_what"], of("2025-06")["hispanic_change_percent"]) == ("victims", None)
    assert (november["hispanic_reports_before"], november["hispanic_reports"]) == (104, 71)
    assert (autumn["unknown_reports_before"], autumn["unknown_reports"]) == (0, 15), "a word of no known meaning"
    assert (autumn["group_comparability"], autumn["known_share_before"]) == ("comparable", 1.0)
    assert autumn["hispanic_change_percent"] == pytest.approx(100 * ((75 + 71 + 67) / (100 + 104 + 108) - 1))
    assert autumn["beside_others_percent"] == pytest.approx(autumn["hispanic_change_percent"])
    assert autumn["beside_others_low"] < autumn["beside_others_percent"] < autumn["beside_others_high"] < 0
    assert gap(warehouse, "LAPD SRS", "2025-11", "month", "domestic_violence") is None


def test_no_survey_stands_beside_months_that_it_does_not_cover(warehouse):
    assert gap(warehouse, "LAPD SRS", "2017-04", "year to date")["survey_hispanic_percent_reported"] is None


def test_the_survey_stands_beside_the_months_of_its_last_year_in_the_recorded_release(published):
    settings, _ = published
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        rows = connection.execute(
            "select distinct survey_family, survey_first_year, survey_last_year,"
            " round(survey_hispanic_percent_reported, 1), survey_hispanic_interviewed"
            " from analysis.mart_reporting_gap where offense_family = 'violent_crime'"
        ).fetchall()
        survey = connection.execute(
            "select round(hispanic_percent_reported, 1), hispanic_interviewed from analysis.mart_survey_reporting_gap"
            " where offense_family = 'all_violent' and first_year = 2015 and window_kind = 'three years'"
        ).fetchone()
    assert rows == [("all_violent", 2015, 2017, *survey)]


def test_in_the_recorded_release_every_printed_figure_is_published_only_and_no_claim_hangs_on_one(published):
    settings, _ = published
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        agreement = connection.execute("select distinct agreement from analysis.mart_published_agreement").fetchall()
        claims = connection.execute(
            "select distinct computed_value, verdict from analysis.mart_claim_check where claim_id like 'latino%'"
        ).fetchall()
    assert agreement == [("published figures only",)]
    assert claims == [(None, "published figures only")]


def compiled(settings: Settings, gate: str) -> str:
    """A gate's own SQL, as dbt compiled it for the build."""
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
    (found,) = [r["compiled_code"] for r in results["results"] if r["unique_id"].split(".")[2] == gate]
    return str(found)


def caught(settings: Settings, folder: Path, gate: str, mutant: str) -> bool:
    """Whether the gate passes the build and fails the mutant of it."""
    file = folder / "warehouse.duckdb"
    shutil.copy(settings.build_file, file)
    sql = compiled(settings, gate)
    with duckdb.connect(str(file)) as connection:
        assert not connection.execute(sql).fetchall()
        connection.execute(mutant)
        return bool(connection.execute(sql).fetchall())


@pytest.mark.parametrize("who", ["hispanic", "others", "citywide"])
def test_a_change_through_a_break_fails_the_gate_whatever_the_marts_flag_says(built, tmp_path, who):
    mutant = (
        f"update analysis.mart_reporting_gap set {who}_change_percent = -75, is_break = false,"
        " comparability = 'comparable' where series = 'LAPD SRS' and month_start = date '2024-03-01'"
        " and window_kind = 'month'"
    )
    assert caught(built, tmp_path, GATE, mutant)


@pytest.mark.parametrize(
    "mutant",
    [
        "delete from analysis.mart_policy_crime_panel where ori = 'CA0194200' and month_start = date '2025-05-01'",
        "delete from analysis.mart_policy_crime_panel where month_start = date '2025-05-01'",
        "delete from analysis.mart_policy_crime_panel where month_start = date '2026-04-01'",
        "insert into analysis.mart_policy_crime_panel from analysis.mart_policy_crime_panel"
        " where ori = 'CA0194200' and month_start = date '2025-05-01'",
        "update analysis.mart_policy_crime_panel set panel_from = date '2024-12-01' where ori = 'CA0194200'",
    ],
    ids=["a row gone", "a month gone", "the last month gone", "a row twice", "another range"],
)
def test_an_unbalanced_panel_fails_its_gate(published, tmp_path, mutant):
    settings, _ = published
    assert caught(settings, tmp_path, "assert_policy_crime_panel_is_balanced", mutant)


def test_the_panel_holds_every_unit_with_months_in_every_month_of_its_own_range_once(published):
    """28 cities from 2017-01 to 2026-09, the other units from 2025-01 to 2026-04; months without counts say why."""
    settings, _ = published
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        ranges = connection.execute(
            "select panel_from, panel_to, count(distinct jurisdiction_key), count(*)"
            " from analysis.mart_policy_crime_panel group by all order by 1"
        ).fetchall()
        silent = connection.execute(
            "select count(*) from analysis.mart_policy_crime_panel"
            " where crime_coverage <> 'reported' and crime_coverage <> 'part of the offences'"
            " and coalesce(homicide_offenses, robbery_offenses, larceny_offenses) is not null"
        ).fetchone()
    (long_from, long_to, cities, long_rows), (short_from, short_to, others, short_rows) = ranges
    assert (long_from.isoformat(), long_to.isoformat(), cities, long_rows) == ("2017-01-01", "2026-09-01", 28, 28 * 117)
    assert (short_from.isoformat(), short_to.isoformat(), short_rows) == ("2025-01-01", "2026-04-01", others * 16)
    # 1,059 agencies; some are of one unit, and some names find none
    assert 900 < others + cities < 1_059
    assert silent == (0,)
