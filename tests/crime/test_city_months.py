"""Ten years of months of large cities, as the Crime Data Explorer held them in autumn 2026, through the real project.

What belongs here: months that are known to be no months (../shared/facts/crime/months has the list), and changes of a
series that are known. What does not: the sample of 2025 and 2026 (test_fbi_marts), rules of single models (unit tests).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import tables_of

pytestmark = pytest.mark.real
CAPTURED = datetime(2026, 11, 20, 6, tzinfo=UTC)
COLUMNS = {"HOM": "homicide", "RPE": "rape", "ROB": "robbery", "ASS": "aggravated_assault", "BUR": "burglary",
           "LAR": "larceny", "MVT": "motor_vehicle_theft"}  # fmt: skip
LOW = "partial: far below its own months"
LUMP, NEWEST = "suspect: several months in one", "partial: one of the newest months, a quarter below the year before"
NOTHING = "suspect: nothing of any kind"


def answers(folder: Path) -> Iterator[Payload]:
    """Each city's table in the shape in which the API answers."""
    for path in sorted(folder.glob("*00.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for code, column in COLUMNS.items():
            series = {
                f"{path.stem} {kind}": {
                    f"{row['month']}-{row['year']}": int(row[name]) if row.get(name) else None for row in rows
                }
                for kind, name in (("Offenses", column), ("Clearances", f"{column}_cleared"))
            }
            context = {"ori": path.stem, "offense_code": code, "state_abbr": path.stem[:2]}
            body = json.dumps({"offenses": {"actuals": series}}).encode()
            yield Payload(body, f"file:{path.name}", CAPTURED, method="FILE", context=context)


@pytest.fixture(scope="module")
def ask(tmp_path_factory, real: Path):
    folder = real.parent / "facts" / "crime" / "months"
    if not folder.is_dir():
        pytest.skip(f"the cities' months are not at {folder}")
    settings = Settings(home=tmp_path_factory.mktemp("cities") / "home", edition="recorded")
    for dataset_id in ("census/gazetteer", "census/places", "fbi/agencies"):
        assert not capture_dataset(sources.get(dataset_id), settings).failures
    done = land.write(
        sources.get("fbi/agency_months"), Slice("cities"), answers(folder), landing_dir=settings.landing_dir,
        kind="imported", edition="import", retrieved_at=CAPTURED,
    )  # fmt: skip
    assert done.status == "landed"
    with tables_of(settings, "mart_crime_series_break") as connection:
        yield lambda sql, *values: connection.execute(sql, list(values)).fetchall()


def coverage(ask, ori: str, first: str, last: str) -> set[tuple[str, int | None]]:
    """Each coverage and count of the agency's months from first to last, all offences."""
    return set(
        ask(
            "select distinct coverage, offenses from core.fct_crime_month where ori = ? and"
            " month_start between cast(? || '-01' as date) and cast(? || '-01' as date)",
            ori, first, last,
        )
    )  # fmt: skip


@pytest.mark.parametrize("year", [2017, 2018, 2019, 2020])
def test_a_year_of_miami_that_stands_in_december_is_neither_month_nor_year(ask, year):
    zeros = {word for word, count in coverage(ask, "FL0130600", f"{year}-01", f"{year}-11") if count is None}
    assert zeros == {NOTHING}
    assert coverage(ask, "FL0130600", f"{year}-12", f"{year}-12") == {(LUMP, None)}
    assert set(ask("select coverage, months_covered, offenses from core.fct_crime_year where ori = 'FL0130600'"
                   " and calendar_year = ?", year)) == {("no whole month", 0, None)}  # fmt: skip


@pytest.mark.parametrize(
    ("ori", "first", "last"),
    [
        ("NY0303000", "2021-01", "2021-12"),  # fifty offences a month, of fifteen thousand
        ("ILCPD0000", "2021-06", "2021-06"),
        ("MDBPD0000", "2021-06", "2021-06"),
        ("CA0431300", "2021-12", "2021-12"),
        ("AZ0072300", "2026-08", "2026-09"),
        ("MDBPD0000", "2026-08", "2026-09"),
        ("CA0431300", "2026-08", "2026-08"),
        ("PAPEP0000", "2026-08", "2026-08"),
        ("CA0371100", "2026-09", "2026-09"),
        ("CA0100500", "2026-09", "2026-09"),
        ("MN0271100", "2026-09", "2026-09"),
        ("TXHPD0000", "2026-04", "2026-04"),
        ("TXHPD0000", "2026-07", "2026-07"),
    ],
)
def test_a_half_sent_month_of_a_city_is_partial(ask, ori, first, last):
    assert coverage(ask, ori, first, last) == {(LOW, None)}


@pytest.mark.parametrize(("ori", "month"), [("GAAPD0000", "2026-08"), ("FL0130600", "2026-08")])
def test_of_the_newest_months_a_quarter_less_than_the_year_before_is_enough(ask, ori, month):
    assert coverage(ask, ori, month, month) == {(NEWEST, None)}


@pytest.mark.parametrize(
    ("ori", "code", "first", "last", "judged"),
    [
        ("CA0010900", "ASS", "2023-01", "2023-01", "suspect"),  # 2,949 of 300 to 600
        ("CA0010900", "ASS", "2023-10", "2023-10", "suspect"),  # 3,265
        ("TX0710200", "RPE", "2023-08", "2023-12", "partial"),
        ("MA0130100", "MVT", "2019-11", "2019-12", "partial"),
        ("MA0130100", "MVT", "2025-09", "2026-07", "partial"),
        ("TXHPD0000", "", "2026-03", "2026-03", "partial"),
        ("NV0020100", "", "2026-06", "2026-06", "partial"),
        ("AZ0072300", "", "2026-07", "2026-07", "partial"),
        ("MDBPD0000", "", "2026-07", "2026-07", "partial"),
        ("FL0370300", "MVT", "2025-01", "2026-03", "partial"),
    ],
)
def test_a_month_that_the_list_of_known_faults_names_counts_nothing(ask, ori, code, first, last, judged):
    rows = ask(
        "select coverage, offenses, offenses_as_printed, break_reason from core.fct_crime_month where ori = ?"
        " and (fbi_offense_code = ? or ? = '') and month_start between cast(? || '-01' as date)"
        " and cast(? || '-01' as date)", ori, code, code, first, last,
    )  # fmt: skip
    assert rows
    for coverage_, offenses, printed, reason in rows:
        assert coverage_ in (f"{judged}: named in reference.crime_series_breaks", NEWEST), coverage_
        assert (offenses, printed is None) == (None, False)
        assert reason


@pytest.mark.parametrize(
    ("ori", "month", "code", "printed"),
    [
        ("FL0521400", "2025-12", "LAR", 4_503),
        ("FL0500000", "2025-12", "LAR", 3_929),
        ("FL0130600", "2019-12", "LAR", 14_219),
    ],
)
def test_a_december_that_holds_the_year_is_no_month(ask, ori, month, code, printed):
    """St. Petersburg and the sheriff of Palm Beach County sent nothing else in 2025, and nothing since."""
    assert ask(
        "select offenses, offenses_as_printed, coverage from core.fct_crime_month"
        " where ori = ? and month_start = cast(? || '-01' as date) and fbi_offense_code = ?", ori, month, code,
    ) == [(None, printed, "suspect: several months in one")]  # fmt: skip


@pytest.mark.parametrize(("ori", "year"), [("NY0303000", 2022), ("ILCPD0000", 2017), ("ILCPD0000", 2020)])
def test_an_agency_that_sends_no_clearances_has_none_and_not_0(ask, ori, year):
    [(months, cleared, printed)] = ask(
        "select count(*), count(cleared), sum(offenses_as_printed) from core.fct_crime_month"
        " where ori = ? and extract(year from month_start) = ?", ori, year,
    )  # fmt: skip
    assert (months, cleared) == (84, 0)
    assert printed > 80_000
    assert ask("select distinct cleared from core.fct_crime_year where ori = ? and calendar_year = ?", ori, year) == [
        (None,)
    ]


def test_the_two_odd_months_of_oakland_are_no_change_of_its_level(ask):
    assert ask("select month_start from core.fct_crime_month where ori = 'CA0010900' and fbi_offense_code = 'ASS'"
               " and level_change_percent is not null and month_start between date '2022-07-01' and date '2024-06-01'"
               ) == []  # fmt: skip


def test_every_break_has_its_reason(ask):
    for table in ("fct_crime_month", "fct_crime_year"):
        ((breaks, without),) = ask(
            f"select count(*), count(*) filter (break_reason is null) from core.{table} where is_break"
        )
        assert (breaks > 20, without) == (True, 0), table


@pytest.mark.parametrize(
    ("ori", "month"),
    [
        ("ILCPD0000", "2020-04"),  # -42% on the months before, and a real month
        ("CA0380100", "2020-04"),
        ("NY0303000", "2020-04"),
        ("WASPD0000", "2019-02"),
        ("MDBPD0000", "2018-02"),
    ],
)
def test_a_spring_without_people_on_the_street_and_a_short_february_are_whole(ask, ori, month):
    assert {word for word, _ in coverage(ask, ori, month, month)} == {"reported"}


def test_of_the_months_that_large_cities_sent_one_in_a_hundred_at_most_is_judged(ask):
    """Outside the years and months that are known to be faulty."""
    [(judged, months)] = ask(
        "select count(distinct case when coverage like 'partial%' or coverage like 'suspect: s%'"
        " then (ori, month_start) end),"
        " count(distinct (ori, month_start)) from core.fct_crime_month where ori <> 'FL0130600' and"
        " coverage not like 'not reported%' and not (ori = 'NY0303000' and year(month_start) = 2021)"
        " and not (ori = 'CA0194200' and year(month_start) = 2024) and month_start < date '2026-03-01'"
    )
    assert months > 2_500
    assert judged < months / 100


@pytest.mark.parametrize(
    ("ori", "code", "earliest", "latest", "least", "most", "explained"),
    [
        ("ILCPD0000", "ASS", "2020-10", "2021-12", -85, -70, False),
        ("NY0303000", "RPE", "2025-01", "2025-02", 90, 130, False),
        ("NY0303000", "RPE", "2025-07", "2025-09", -70, -50, False),
        ("CA0194200", "LAR", "2024-03", "2024-06", -85, -60, True),
    ],
)
def test_a_series_that_changes_its_level_says_so_in_one_month(ask, ori, code, earliest, latest, least, most, explained):
    found = ask(
        "select level_change_percent, is_level_change_explained, is_break from core.fct_crime_month where ori = ?"
        " and fbi_offense_code = ? and level_change_percent is not null and month_start between"
        " cast(? || '-01' as date) and cast(? || '-01' as date)", ori, code, earliest, latest,
    )  # fmt: skip
    assert len(found) == 1
    percent, is_explained, flagged = found[0]
    assert least < percent < most
    assert (is_explained, flagged) == (explained, True)
    assert ask("select count(*) from analysis.mart_crime_series_break where ori = ? and fbi_offense_code = ?"
               " and seen_in = 'months' and change_percent = ?", ori, code, percent) == [(1,)]  # fmt: skip
