"""From captures of incident reports to months: each report once, series apart, falls seen.

What belongs here: identities and known answers over whole builds. What does not: single rules of SQL (the models' own
unit tests), HTTP (tests/sources).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.declared import cities
from orchestration.landing import land
from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings
from orchestration.sources import socrata
from orchestration.sources.base import Slice
from orchestration.wire import Payload

WHEN = datetime(2021, 6, 15, 6, tzinfo=UTC)
MONTHS, ROWS = socrata.IncidentMonths(), socrata.Incidents()
Row = dict[str, str | None]
GOOD = 900


def land_rows(settings: Settings, set_id: str, month: str, rows: list[Row], when: datetime = WHEN) -> None:
    """One month of rows as the server's CSV, through the landing."""
    columns = cities.BY_ID[set_id].columns
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({":id": f"row-{n}", **row} for n, row in enumerate(rows))
    slice_ = Slice(f"{set_id} {month}", {"set": set_id, "month": month})
    _land(ROWS, slice_, text.getvalue().encode(), "text/csv", settings, when)


def land_counts(settings: Settings, set_id: str, groups: list[Row], when: datetime = WHEN) -> None:
    """The server's own counts, through the landing."""
    slice_ = Slice(set_id, {"set": set_id})
    _land(MONTHS, slice_, json.dumps(groups).encode(), "application/json", settings, when)


def _land(dataset: Any, slice_: Slice, body: bytes, media_type: str, settings: Settings, when: datetime) -> None:
    payload = Payload(
        body, f"https://example.invalid/{slice_.key}", when, media_type, context={"set": slice_.params["set"]}
    )
    done = land.write(
        dataset, slice_, [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live"
    )  # fmt: skip
    assert done.status == "landed", done.message


def lapd(number: int, day: str, code: str = "121", descent: str | None = "H", **more: str) -> Row:
    stamp = f"{day}T00:00:00.000"
    return {
        "dr_no": f"SYN{number}",
        "date_rptd": stamp,
        "date_occ": stamp,
        "crm_cd": code,
        "vict_descent": descent,
        **more,
    }


def group(month: str, n: int, newest: str | None = None, **more: str | None) -> Row:
    return {
        "month": f"{month}-01T00:00:00.000",
        "n": str(n),
        "newest": f"{newest or month + '-28'}T00:00:00.000",
        **more,
    }


@pytest.fixture(scope="module")
def built(build, tmp_path_factory) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, Path]]:
    """Every rule in one build: what each capture holds is told where it is landed."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), edition="live")
    # LAPD: January 2021 as rows, seen after the counts of the same month, which say one more report than the rows.
    january = [
        *(lapd(n, "2021-01-05", code, descent) for n, (code, descent) in enumerate(
            [("121", "H"), ("820", "W"), ("626", "H"), ("236", None), ("626", "X"), ("860", "H"), ("901", "H"),
             ("510", "B")]
        )),
        lapd(2, "2021-01-05", "626", "H"),                      # an exact copy
        lapd(3, "2021-01-06", "121", "H", status_desc="Synthetic"),  # a later version of number 3: another code
        lapd(90, "2031-01-05"),                                 # a date after the capture
        {**lapd(91, "2021-01-05"), "date_rptd": None, "date_occ": None},
        {**lapd(98, "2021-01-05"), "date_rptd": None},          # no report date: its occurrence is no report of January
        {**lapd(92, "2021-01-05"), "dr_no": None},
        {**lapd(93, "2021-01-05"), "date_rptd": "1800-01-01T00:00:00.000"},
        {**lapd(94, "2021-01-05"), "date_rptd": "01/31/2021 12:00:00 AM"},
        # as other exports and other people's programs write them: a month by name, a code as a number, a rounded number
        {**lapd(95, "2021-01-05"), "date_rptd": "2021 Jan 30 12:00:00 AM", "crm_cd": "821.0"},
        {**lapd(96, "2021-01-05"), "dr_no": "2.10E+08"},
        {**lapd(97, "2021-01-06"), "dr_no": "2.10E+08"},
        # so many good ones of another month that acceptance takes what staging must judge
        *(lapd(n, "2020-12-15", "510", "B") for n in range(1000, 1000 + GOOD)),
    ]  # fmt: skip
    land_counts(settings, "2nrs-mtv8", [
        group("2021-01", 11, crm_cd="121", vict_descent="H"),
        group("2021-02", 40, "2021-02-20", crm_cd="121", vict_descent="H"),
        # two groups of the server's that are one to us: both count
        group("2021-02", 35, "2021-03-05", crm_cd="510"),
        group("2021-02", 25, "2021-03-05", crm_cd="510", vict_descent=" "),
        {"n": "3", "crm_cd": "121"},
        group("2031-01", 1, crm_cd="121"),
    ], datetime(2021, 6, 1, 6, tzinfo=UTC))  # fmt: skip
    land_rows(settings, "2nrs-mtv8", "2021-01", january)
    # The older set holds reports of the same month of report: the two add up.
    land_counts(settings, "63jg-8b9z", [group("2021-01", 5, crm_cd="121", vict_descent="H")])
    # Two sets of one series overlap: the fuller one serves, a straggler does not stand for a month.
    nibrs = {"nibr_code": "11A", "domestic_violence_crime": "Y"}
    land_counts(settings, "y8y3-fqfu", [group("2021-01", 100, **nibrs)])
    land_counts(settings, "k7nn-b2ep", [group("2021-01", 2, **nibrs), group("2021-02", 90, **nibrs)])
    # Chicago: by the date of occurrence; a sexual assault that is domestic counts in both families, once in each.
    land_rows(settings, "ijzp-q8t2", "2021-01", [
        {"id": f"{n}", "date": "2021-01-03T10:00:00.000", "primary_type": kind, "domestic": flag}
        for n, (kind, flag) in enumerate(
            [("CRIM SEXUAL ASSAULT", "true"), ("CRIMINAL SEXUAL ASSAULT", "false"), ("BATTERY", "true"),
             ("THEFT", "false")]
        )
    ])  # fmt: skip
    # New York by victim's race.
    land_counts(settings, "qgea-i56i", [
        group("2021-01", n, ofns_desc="RAPE", vic_race=race) for race, n in
        {"WHITE HISPANIC": 5, "BLACK HISPANIC": 3, "BLACK": 7, "UNKNOWN": 2, "SOMETHING NEW": 1}.items()
    ])  # fmt: skip
    # San Francisco: a supplement is no report.
    land_rows(settings, "wg3w-h783", "2021-01", [
        {"row_id": f"{n}", "report_datetime": "2021-01-03T10:00:00.000", "incident_category": "Rape",
         "report_type_description": kind}
        for n, kind in enumerate(["Initial", "Coplogic Initial", "Initial Supplement"])
    ])  # fmt: skip
    # Austin falls by more than half in 2020-07, and nothing says why.
    land_counts(settings, "fdj4-gpfu", [
        group(f"2020-{month:02}", 100 if month < 7 else 40, category_description="Theft", family_violence="N")
        for month in range(1, 13)
    ])  # fmt: skip
    file, done, folder = build(
        settings,
        "assert_falls_of_incident_series_are_explained assert_incident_rows_agree_with_counts "
        "assert_victim_groups_add_up_to_the_city assert_reports_add_up_to_their_totals assert_records_conserved",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection, done.stdout, folder


def months(connection: duckdb.DuckDBPyConnection, series: str, month: str) -> dict[tuple[str, str], int]:
    """(family, group) to reports."""
    rows = connection.execute(
        "select offense_family, victim_group, reports from core.fct_incident_month_total"
        " where series = ? and month_start = ?",
        [series, date.fromisoformat(f"{month}-01")],
    ).fetchall()
    return {(family, group): reports for family, group, reports in rows}


def test_every_captured_row_is_staged_quarantined_a_copy_or_superseded(built):
    connection, *_ = built
    fates = dict(connection.execute(
        "select concat(fate, ': ', reason), sum(records) from meta.record_fate"
        " where dataset = 'socrata__incidents' group by 1"
    ).fetchall())  # fmt: skip
    assert fates == {
        "staged: ": 10 + 4 + 3 + GOOD,
        "duplicate: ": 1,
        "superseded: ": 1,
        "quarantined: date after the capture": 1,
        "quarantined: no date that can be read": 2,
        "quarantined: no number of the report that can be read": 3,
        "quarantined: date before 1980": 1,
    }
    reasons = connection.execute("select _reject_reason from quarantine.socrata__incidents order by 1").fetchall()
    assert len(reasons) == 7


def test_a_report_counts_once_under_each_family_and_group(built):
    """Of January's rows ten stand, number 3 by its last version; the older set's five, all 121 and H, add to them."""
    assert months(built[0], "LAPD SRS", "2021-01") == {
        ("all_reports", "citywide"): 10 + 5,
        ("all_reports", "hispanic"): 7 + 5,
        ("all_reports", "non_hispanic"): 2,
        ("all_reports", "ethnicity_unknown"): 1,
        ("sexual_assault", "citywide"): 5 + 5,
        ("sexual_assault", "hispanic"): 4 + 5,
        ("sexual_assault", "non_hispanic"): 1,
        ("sexual_assault", "ethnicity_unknown"): 0,
        ("domestic_violence", "citywide"): 2,
        ("domestic_violence", "hispanic"): 1,
        ("domestic_violence", "non_hispanic"): 0,
        ("domestic_violence", "ethnicity_unknown"): 1,
    }


def test_what_is_not_known_of_a_group_has_a_name_for_each_reason(built):
    """The record says unknown, its code means nothing to us, or the city publishes no group."""
    new_york = months(built[0], "NYPD complaints", "2021-01")
    assert {g: n for (family, g), n in new_york.items() if family == "sexual_assault"} == {
        "hispanic": 8, "non_hispanic": 7, "ethnicity_unknown": 2, "meaning_unknown": 1, "citywide": 18,
    }  # fmt: skip
    nibrs = months(built[0], "LAPD NIBRS", "2021-02")
    assert {g: n for (family, g), n in nibrs.items() if family == "sexual_assault"} == {
        "not_published": 90,
        "citywide": 90,
    }


def test_of_sets_that_overlap_the_fuller_one_serves(built):
    assert months(built[0], "LAPD NIBRS", "2021-01")[("all_reports", "citywide")] == 100


def test_a_report_with_the_code_and_the_flag_is_one_report_of_each_family(built):
    chicago = months(built[0], "Chicago IUCR", "2021-01")
    citywide = {family: n for (family, g), n in chicago.items() if g == "citywide"}
    assert citywide == {"all_reports": 4, "sexual_assault": 2, "domestic_violence": 2}
    basis = built[0].execute("select distinct date_basis from core.fct_incident_month where city_code = 'chicago'")
    assert basis.fetchall() == [("occurrence date",)]


# What was landed and stands, by hand: LAPD's January is ten rows and the older set's five; of New York all 18.
EACH_REPORT_ONCE = {
    ("LAPD SRS", "2020-12"): GOOD, ("LAPD SRS", "2021-01"): 10 + 5, ("LAPD SRS", "2021-02"): 40 + 60,
    ("LAPD NIBRS", "2021-01"): 100, ("LAPD NIBRS", "2021-02"): 90, ("Chicago IUCR", "2021-01"): 4,
    ("NYPD complaints", "2021-01"): 18, ("San Francisco incidents", "2021-01"): 2,
    **{("Austin crime reports", f"2020-{month:02}"): 100 if month < 7 else 40 for month in range(1, 13)},
}  # fmt: skip


def test_a_plain_sum_over_any_dimension_is_the_number_of_captured_reports(built):
    rows = built[0].execute("select series, month_start, sum(reports) from core.fct_incident_month group by all")
    plainly = {(series, f"{month:%Y-%m}"): n for series, month, n in rows.fetchall()}
    assert plainly == EACH_REPORT_ONCE
    for dimension in ("victim_group_key", "jurisdiction_key", "month_date_key", "series", "is_sexual_assault"):
        parts = built[0].execute(f"select sum(reports) from core.fct_incident_month group by {dimension}").fetchall()
        assert sum(n for (n,) in parts) == sum(EACH_REPORT_ONCE.values()), dimension


def test_a_report_of_two_families_is_flagged_as_both_and_counted_once(built):
    rows = built[0].execute(
        "select is_sexual_assault, is_domestic_violence, reports from core.fct_incident_month"
        " where series = 'Chicago IUCR' order by all"
    )
    assert rows.fetchall() == [(False, False, 1), (False, True, 1), (True, False, 1), (True, True, 1)]
    untold = built[0].execute(
        "select distinct is_domestic_violence from core.fct_incident_month where series = 'NYPD complaints'"
    )
    assert untold.fetchall() == [(None,)]


def test_a_supplement_is_no_report(built):
    assert months(built[0], "San Francisco incidents", "2021-01")[("sexual_assault", "citywide")] == 2


def test_rows_and_counts_are_never_added_and_the_last_shown_serves(built):
    ways = built[0].execute(
        "select distinct month_start, counted_from, is_month_complete from core.fct_incident_month"
        " where series = 'LAPD SRS' order by 1"
    )
    assert ways.fetchall() == [
        (date(2020, 12, 1), "rows", True),
        (date(2021, 1, 1), "rows and aggregates", True),
        # the newest report is of 5 March: seven days after February are not over
        (date(2021, 2, 1), "aggregates", False),
    ]


def test_a_code_that_a_frame_made_a_number_of_and_a_month_by_name_are_read(built):
    kept = built[0].execute("select reported_on, code from staging.stg_socrata__incidents where incident_id = 'SYN95'")
    assert kept.fetchall() == [(date(2021, 1, 30), "821")]


def test_rows_that_disagree_with_the_citys_count_are_told(built):
    """Ten rows against eleven counted: more than the two percent that are tolerated."""
    assert "1 WARN" in built[1].split("assert_incident_rows_agree_with_counts")[-1] or "Got 1 result" in built[1]


def test_a_fall_that_nobody_explained_is_found_and_told(built):
    falls = built[0].execute("select series, falls_from, change_percent, is_explained from analysis.mart_series_break")
    # From June on the three months hold two of 40 after one of 100: 60 against 100.
    assert falls.fetchall() == [("Austin crime reports", date(2020, 6, 1), pytest.approx(-40.0), False)]
    assert "assert_falls_of_incident_series_are_explained" in built[1]


def test_a_month_far_below_its_series_is_partial_until_six_later_months_bear_it_out(built):
    partial = built[0].execute(
        "select series, month_start, count(*) = count(case when is_partial then 1 end) from core.fct_incident_month"
        " where is_partial group by 1, 2 order by 1, 2"
    )
    assert partial.fetchall() == [
        *(("Austin crime reports", date(2020, month, 1), True) for month in range(7, 13)),
        # fifteen reports after a month of nine hundred
        ("LAPD SRS", date(2021, 1, 1), True),
    ]


def test_both_dates_of_a_report_are_kept(built):
    kept = built[0].execute(
        "select reported_on, occurred_on from staging.stg_socrata__incidents where incident_id = 'SYN94'"
    )
    assert kept.fetchall() == [(date(2021, 1, 31), date(2021, 1, 5))]


@pytest.mark.real
def test_the_switch_of_2024_is_found_in_lapds_own_totals_and_explained(build, tmp_path, real):
    """Monthly totals of data.lacity.org's 2nrs-mtv8, as others counted them: 1,004,894 reports."""
    totals: Counter[str] = Counter()
    violence: dict[str, int] = defaultdict(int)
    with gzip.open(Path(real) / "lapd" / "lapd_month_area_category_2020_2024.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            totals[row["period"]] += int(row["crimes"])
            violence[row["period"]] += int(row["crimes"]) if row["category"] == "Violent – Sexual Assault" else 0
    assert sum(totals.values()) == 1_004_894
    settings = Settings(home=tmp_path, edition="live")
    land_counts(settings, "2nrs-mtv8", [
        group(month, n, "2025-01-20" if month == "2024-12" else None, crm_cd=code, vict_descent="X")
        for month in sorted(totals)
        for code, n in (("121", violence[month]), ("510", totals[month] - violence[month]))
    ], datetime(2025, 2, 1, tzinfo=UTC))  # fmt: skip
    file, done, _ = build(settings, "")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(file), read_only=True) as connection:
        falls = connection.execute(
            "select falls_from, round(change_percent), is_explained from analysis.mart_series_break"
        ).fetchall()
        assert falls == [(date(2024, 3, 1), -31, True)]
        flagged = connection.execute(
            "select min(month_start), count(distinct month_start) from core.fct_incident_month where is_break"
        ).fetchone()
        assert flagged == (date(2024, 3, 1), 10)
        plainly = "select sum(reports), sum(reports) filter (where is_sexual_assault) from core.fct_incident_month"
        assert connection.execute(plainly).fetchone() == (1_004_894, sum(violence.values()))
        counted = connection.execute(
            "select sum(reports) from core.fct_incident_month_total"
            " where victim_group = 'citywide' and offense_family = 'all_reports'"
        ).fetchone()
        assert counted == (1_004_894,)


def test_rows_counted_by_their_texts_are_the_staged_rows(built):
    """The counts type each month's texts once; the staged rows, one by one: they must never part."""
    by_text = (
        built[0]
        .execute(
            "select set_id, month_start, code, is_domestic, victim_group_code, reports"
            " from intermediate.int_crime__incident_counts where counted_from = 'rows'"
        )
        .fetchall()
    )
    by_row = (
        built[0]
        .execute(
            "select set_id, cast(date_trunc('month', counted_on) as date), code, is_domestic, victim_group_code,"
            " count(*) from staging.stg_socrata__incidents where not is_supplement group by all"
        )
        .fetchall()
    )
    assert len(by_row) >= 10
    assert Counter(by_text) == Counter(by_row)


MUTANTS = {
    "assert_victim_groups_add_up_to_the_city": (
        0, "delete from core.fct_incident_month_total where victim_group = 'hispanic' and reports > 0", 7,
    ),
    "assert_reports_add_up_to_their_totals": (
        0, "delete from core.fct_incident_month where is_domestic_violence and series = 'Chicago IUCR'", 6,
    ),
    "assert_incident_rows_agree_with_counts": (
        1, "update intermediate.int_crime__incident_counts set reports = reports * 2 where counted_from = 'rows'", 1,
    ),
    "assert_falls_of_incident_series_are_explained": (
        1, "update analysis.mart_series_break set is_explained = true", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_each_check_sees_what_was_done_to_the_tables(built, tmp_path, name):
    """How many rows the check finds in the build as it is, what is done to it, and how many it finds then."""
    before, statement, after = MUTANTS[name]
    copy = shutil.copy(built[2] / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    (sql,) = [p.read_text() for p in built[2].rglob(f"compiled/**/{name}.sql")]
    with duckdb.connect(str(copy)) as connection:
        assert len(connection.execute(sql).fetchall()) == before
        connection.execute(statement)
        assert len(connection.execute(sql).fetchall()) == after


def test_a_row_of_two_captures_names_a_payload_of_the_capture_that_it_names(build, tmp_path_factory):
    """Two sets of one month add up in one row; of their hashes the greater capture has the lesser payload."""
    for n in range(1, 30):
        settings = Settings(home=tmp_path_factory.mktemp("two-captures"), edition="live")
        for set_id, reports in (("2nrs-mtv8", n), ("63jg-8b9z", 100 + n)):
            land_counts(settings, set_id, [group("2021-01", reports, crm_cd="121", vict_descent="H")])
        landed = Catalog(settings.landing_dir, as_of=None, edition="live").captures()
        pairs = {(c.capture_id, p.payload_id) for c in landed for p in c.payloads}
        if (max(c for c, _ in pairs), max(p for _, p in pairs)) not in pairs:
            break
    else:
        pytest.fail("no two captures of thirty whose greatest ids are apart")
    build_file, done, _ = build(settings, "provenance_pair_exists_fct_incident_month_")
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(build_file), read_only=True) as connection:
        named = set(
            connection.execute("select distinct _capture_id, _payload_id from core.fct_incident_month").fetchall()
        )
    assert named
    assert named <= pairs
