"""The star of crime in the published release: its days, its series, its people by year, its way to the unit.

What belongs here: what every recorded release holds of these dimensions. What does not: counts over captures that the
recorded edition lacks (test_fbi_marts, tests/incidents).
"""

from __future__ import annotations

import calendar
import csv
from datetime import date

import duckdb
import pytest

from orchestration.reading import questions
from orchestration.settings import DBT_PROJECT_DIR

OF_A_SERIES = (
    "fct_crime_month", "fct_crime_year", "fct_crime_year_printed", "fct_crime_area_month", "fct_crime_area_month_total",
    "fct_incident_month", "fct_incident_month_total", "fct_victim_month", "fct_victim_month_total",
    "fct_victimization_reporting",
    "fct_victimization_reporting_total",
)  # fmt: skip
RECORDED_PLACES = DBT_PROJECT_DIR.parent / "orchestration" / "recorded" / "tables" / "census_places.parquet"


@pytest.fixture
def ask(published):
    settings, _ = published
    with questions.connect(settings) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_every_day_has_its_weekday_and_its_months_first_and_last_day(ask):
    days = ask("select calendar_date, weekday, month_start, month_end, calendar_quarter from core.dim_date"
               " where date_key <> -1")  # fmt: skip
    assert len(days) == (date(2036, 1, 1) - date(1975, 1, 1)).days
    for day, weekday, first, last, quarter in days:
        assert weekday == day.isoweekday()
        assert (first, last) == (day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))
        assert quarter == (day.month - 1) // 3 + 1


@pytest.mark.parametrize("fact", OF_A_SERIES)
def test_each_row_of_a_fact_is_of_one_known_series(ask, fact):
    assert ask(f"select count(*) from core.{fact} left join core.dim_series as s using (series_key)"
               " where s.series is null or s.series = 'unknown'") == [(0,)]  # fmt: skip


def test_no_series_ends_before_it_begins_and_the_old_summary_ended_with_2020(ask):
    assert ask("select series from core.dim_series where valid_to < valid_from") == []
    assert ask("select valid_to from core.dim_series where series = 'SRS'") == [(date(2020, 12, 31),)]


def test_a_citys_series_says_what_its_declared_sets_say(ask):
    with (DBT_PROJECT_DIR / "seeds" / "incident_sets.csv").open(encoding="utf-8", newline="") as stream:
        declared = {
            (r["series"], r["counts_what"], r["combination"], int(r["settle_days"]), r["date_basis"])
            for r in csv.DictReader(stream)
        }
    held = ask("select series, counts_what, combination, settle_days, date_basis from core.dim_series"
               " where subject = 'city months'")  # fmt: skip
    assert set(held) == declared
    assert len(held) == len(declared), "a series has one way of counting, whatever its sets"


def test_every_recorded_estimate_of_people_is_a_row_of_its_year(ask):
    with duckdb.connect() as own:
        typed = own.sql(f"select state || unit, year::int, population::bigint from '{RECORDED_PLACES}'").fetchall()
    people = {(geoid, year): population for geoid, year, population in typed}
    held = ask(
        "select case when population_of = 'the county that the city also is' then also_geoid else geoid end,"
        " calendar_year, f.population"
        " from core.fct_population_year as f join core.dim_jurisdiction using (jurisdiction_key) where level <> 'state'"
    )
    assert len(held) > 1_000
    assert len({row[:2] for row in held}) == len(held)
    assert {(geoid, year): n for geoid, year, n in held}.items() <= people.items()
    # the estimates without a row of their own are of counties whose city has one
    of_cities = set(
        ask(
            "select b.geoid, calendar_year from core.fct_population_year as f join core.bridge_geoid_jurisdiction as b"
            " using (jurisdiction_key) where population_of in ('the unit', 'less than the unit')"
        )
    )
    assert people.keys() - {row[:2] for row in held} <= of_cities
    newest = ask("select count(*) from core.fct_population_year as f join core.dim_jurisdiction as j"
                 " on f.jurisdiction_key = j.jurisdiction_key and f.calendar_year = j.population_year"
                 " where f.population is distinct from j.population")  # fmt: skip
    assert newest == [(0,)]
    # the census of 2020 counts Louisville without most of its county
    assert ask("select geoid, calendar_year, f.population from core.fct_population_year as f"
               " join core.dim_jurisdiction using (jurisdiction_key) where population_of = 'less than the unit'"
               ) == [("2148006", 2020, 386_884)]  # fmt: skip


@pytest.mark.real
def test_every_hispanic_share_is_the_surveys_of_the_unit_or_of_the_county_that_the_city_also_is(ask, real):
    """The survey's shares of counties and places in 2014, 2016, 2018, 2021 and 2023, read here from the two files."""
    shares = {}
    for name, unit in (("county.csv.gz", "county"), ("place.csv", "place")):
        with duckdb.connect() as own:
            rows = own.execute(
                f"select state || {unit}, year::int, share_desc_rep_hispanic::double"
                " from read_csv(?, all_varchar = true)",
                [str(real / "census" / f"urban_acs5_race_ethnicity_share_{name}")],
            ).fetchall()
        shares |= {(geoid, year): share for geoid, year, share in rows}
    published = ask(
        "select case when population_of = 'the county that the city also is' then also_geoid else geoid end,"
        " calendar_year, f.hispanic_share"
        " from core.fct_population_year as f join core.dim_jurisdiction using (jurisdiction_key)"
        " where f.hispanic_share is not null"
    )
    also = ask("select b.geoid from core.bridge_geoid_jurisdiction as b join core.dim_jurisdiction as j"
               " using (jurisdiction_key) where b.geoid <> j.geoid")  # fmt: skip
    # a county that is also a city has the city's own share, if the survey gives one
    assert {geoid for geoid, _ in shares.keys() - {row[:2] for row in published}} <= {geoid for (geoid,) in also}
    # typed to six places
    assert [row for row in published if abs(shares[row[:2]] - row[2]) > 5.01e-7] == []


# The nation's residents as the Census Bureau published them: each year's estimate in the vintage of that year (tables
# NST-EST2014 to NST-EST2023), and the census of 2020.
RESIDENTS = {
    2014: 318_857_056, 2015: 321_418_820, 2016: 323_127_513, 2017: 325_719_178, 2018: 327_167_434, 2019: 328_239_523,
    2020: 331_449_281, 2021: 331_893_745, 2022: 333_287_557, 2023: 334_914_895,
}  # fmt: skip


def test_states_are_the_sum_of_their_counties_and_with_the_capital_the_published_nation(ask):
    states = dict(
        ask(
            "select calendar_year, sum(f.population) from core.fct_population_year as f"
            " join core.dim_jurisdiction as j using (jurisdiction_key)"
            " where j.level = 'state' or j.geoid = '1150000' group by calendar_year"
        )
    )
    # the capital of 2021 to 2023 is a place, whose estimates are of the vintage of 2023
    assert {year: n for year, n in states.items() if year <= 2020} == {y: n for y, n in RESIDENTS.items() if y <= 2020}
    assert states[2023] == RESIDENTS[2023]
    counted = dict(
        ask(
            "select j.state_code, f.population from core.fct_population_year as f"
            " join core.dim_jurisdiction as j using (jurisdiction_key) where j.level = 'state' and calendar_year = 2020"
        )
    )
    assert len(counted) == 50
    # census of 2020, apportionment's resident population
    assert (counted["CA"], counted["TX"], counted["AK"]) == (39_538_223, 29_145_505, 733_391)


def test_each_count_of_people_names_its_program(ask):
    """Los Angeles: 3,898,747 by the census of 2020; New York: 8,336,817 by the vintage of 2019, 8,258,035 of 2023."""
    held = ask(
        "select j.name, f.calendar_year, f.population, f.population_source, f.vintage, f.population_of"
        " from core.fct_population_year as f join core.dim_jurisdiction as j using (jurisdiction_key)"
        " where (j.geoid = '0644000' and calendar_year = 2020)"
        " or (j.geoid = '3651000' and calendar_year in (2019, 2023)) order by all"
    )
    estimated = "Population Estimates Program"
    assert [row[1:] for row in held] == [
        (2020, 3_898_747, "census of 2020", None, "the unit"),
        (2019, 8_336_817, estimated, 2019, "the unit"),
        (2023, 8_258_035, estimated, 2023, "the unit"),
    ]
    assert ask("select count(*) from core.fct_population_year where population_source like 'ACS%'") == [(0,)]


def test_the_facts_of_agencies_and_their_dimension_name_one_unit(ask):
    for fact in ("fct_crime_month", "fct_crime_year"):
        assert ask(f"select count(*) from core.{fact} as f join core.dim_agency as a using (agency_key)"
                   " where f.jurisdiction_key <> a.jurisdiction_key") == [(0,)]  # fmt: skip
    divided = ask("select a.ori, a.is_resolved, count(*), sum(weight), bool_or(b.jurisdiction_key = a.jurisdiction_key)"
                  " from core.bridge_agency_jurisdiction as b join core.dim_agency as a using (agency_key)"
                  " where weight < 1 group by all order by all")  # fmt: skip
    assert [row[0] for row in divided if row[4]] == ["NC0600100", "NV0020100"]
    # The name of any other joins two places, and no place is of that name: it has no unit of its own.
    assert {row[1:] for row in divided if not row[4]} == {(False, 2, 1.0, False)}
    assert ("MN0370100", False, 2, 1.0, False) in divided


@pytest.mark.parametrize(
    ("dimension", "key", "name", "unknown"),
    [
        ("dim_agency", "agency_key", "ori", "-1"),
        ("dim_offense", "offense_key", "offense_code", "-1"),
        ("dim_victim_group", "victim_group_key", "victim_group_code", "-1"),
        ("dim_series", "series_key", "series", "-1"),
        ("dim_jurisdiction", "jurisdiction_key", "level", "-1"),
    ],
)
def test_a_dimension_has_one_unknown_member(ask, dimension, key, name, unknown):
    assert ask(f"select {key} from core.{dimension} where {name} = 'unknown'") == [(unknown,)]


def test_the_unknown_day_is_one_too_and_what_is_not_known_of_a_victim_has_a_member_for_each_reason(ask):
    assert ask("select date_key from core.dim_date where calendar_date is null") == [(-1,)]
    reasons = {"unknown", "ethnicity_unknown", "not_published", "meaning_unknown", "not_applicable"}
    held = {code for (code,) in ask("select victim_group_code from core.dim_victim_group")}
    assert held == reasons | {"all", "citywide", "hispanic", "merged", "non_hispanic"}
    assert ask("select distinct victim_group_code from core.fct_published_statistic join core.dim_victim_group"
               " using (victim_group_key) where victim_group is null") == [("not_applicable",)]  # fmt: skip
