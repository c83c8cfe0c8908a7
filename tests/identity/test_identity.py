"""Whose name it is: known answers over the published release.

What belongs here: units and names that anybody can check at the Census. What does not: the rules, form by form
(dbt unit tests), and that the gates of identity can fail (tests/release/test_mutants).
"""

from __future__ import annotations

import csv
import hashlib

import duckdb
import pytest

from orchestration.reading import questions
from orchestration.settings import DBT_PROJECT_DIR, Settings
from tests.building import build_part


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def resolved(published, tmp_path_factory):
    """The resolver's own tables over the captures of the published home: they are not part of a release."""
    captured, _ = published
    into = Settings(home=tmp_path_factory.mktemp("identity") / "home", edition="recorded")
    words = ("--quiet", "--exclude-resource-type", "test", "--select", "+int_identity__resolved")
    done = build_part(captured, *words, into=into, edition="recorded")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(into.build_file), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize(
    ("geoid", "also", "level", "merger"),
    [
        ("1714000", None, "place", None),
        ("17031", None, "county", None),
        ("0667000", "06075", "consolidated", "consolidated"),
        ("2404000", "24510", "consolidated", "independent"),
        ("24005", None, "county", None),
        ("5151000", None, None, None),
        ("5167000", "51760", "consolidated", "independent"),
        ("51159", None, "county", None),
        ("3651000", None, "consolidated", "consolidated"),
        ("1150000", "11001", "consolidated", "consolidated"),
    ],
    ids=["Chicago", "Cook", "San Francisco", "Baltimore", "Baltimore County", "no such code", "Richmond",
         "Richmond County", "New York", "the District"],
)  # fmt: skip
def test_units_have_the_censuss_codes_and_their_own_level(connection, geoid, also, level, merger):
    rows = connection.execute(
        "select also_geoid, level, merger from core.dim_jurisdiction where geoid = ?", [geoid]
    ).fetchall()
    assert rows == ([(also, level, merger)] if level else [])


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("06075", "0667000"),
        ("08031", "0820000"),
        ("42101", "4260000"),
        ("22071", "2255000"),
        ("11001", "1150000"),
        ("11", "1150000"),
        ("36047", "3651000"),
        ("36061", "3651000"),
        ("17031", "17031"),
        ("1714000", "1714000"),
        ("06", "06"),
    ],
    ids=["San Francisco", "Denver", "Philadelphia", "New Orleans", "the District", "the District as a state", "Kings",
         "New York County", "Cook County", "Chicago", "California"],
)  # fmt: skip
def test_data_keyed_by_any_code_of_a_unit_find_it_once(connection, code, unit):
    """The FIPS code of a county whose government is its city's finds the city."""
    found = connection.execute(
        "select units.geoid, codes.is_own_geoid from core.bridge_geoid_jurisdiction as codes"
        " join core.dim_jurisdiction as units using (jurisdiction_key) where codes.geoid = ?",
        [code],
    ).fetchall()
    assert found == [(unit, code == unit)]


def test_facts_call_a_unit_by_its_name_in_the_dimension(connection):
    for table in ("core.fct_policy_event", "core.dim_council_matter", "analysis.mart_grants_at_risk",
                  "analysis.mart_policy_crime_panel", "meta.council_client"):  # fmt: skip
        assert connection.execute(
            f"select facts.jurisdiction_name, units.name from {table} as facts"
            " join core.dim_jurisdiction as units using (jurisdiction_key)"
            " where facts.jurisdiction_name <> units.name"
        ).fetchall() == [], table  # fmt: skip


def test_connecticuts_counties_end_where_its_planning_regions_begin(connection):
    (ended, began) = connection.execute(
        """
        select max(exists_to), min(exists_from) from core.dim_jurisdiction
        where state_code = 'CT' and level = 'county'
        """
    ).fetchone()
    assert str(ended) == str(began) == "2022-06-06"


def test_every_state_county_and_place_of_the_country_is_there(connection):
    counted = dict(
        connection.execute(
            "select level, count(*) from core.dim_jurisdiction where level <> 'tribe' group by 1"
        ).fetchall()
    )
    # 50 states and the territories with a code; the District is one government and stands among the cities
    assert counted["state"] == 55
    assert counted["county"] > 3100
    assert counted["place"] > 31_000
    # 16,360 town and township governments by the Census of Governments of 2012, and some that do not govern any more
    assert 16_360 <= counted["town"] < 16_700


@pytest.mark.parametrize(
    ("name", "kind", "geoid"),
    [
        ("City Of Chicago", "place", "1714000"),
        ("Detroit, City Of", "place", "2622000"),
        ("Board Of Police Commissioners Of Kansas City, Missouri", "place", "2938000"),
        ("Steelton Borough Of", "place", "4273888"),
        ("St. Louis County, Missouri", "county", "29189"),
        ("Saint Louis Metropolitan Police Department", "place", "2965000"),
        ("County Of Guilford", "county", "37081"),
        ("Guilford County Board Of Education", "school district", None),
        ("School District Of Philadelphia", "school district", None),
        ("Wayne State University", "university or college", None),
        ("National Policing Institute", "organization", None),
        ("City Of Breckenridge", "place", None),
    ],
)
def test_recipients_are_the_units_that_anybody_would_say(connection, name, kind, geoid):
    found = connection.execute(
        """
        select distinct recipients.recipient_kind, units.geoid
        from core.dim_recipient as recipients join core.dim_jurisdiction as units using (jurisdiction_key)
        where recipients.recipient_name = ?
        """,
        [name],
    ).fetchall()
    assert found == [(kind, geoid)]


def test_the_labelled_names_are_as_many_as_promised_and_their_split_is_fixed():
    with (DBT_PROJECT_DIR / "seeds" / "identity_labels.csv").open(encoding="utf-8") as lines:
        labels = list(csv.DictReader(lines))
    assert len(labels) >= 659
    assert {row["source"] for row in labels} == {"usaspending", "cops", "dhs", "doj", "ice", "fbi"}
    added = [row for row in labels if row["printed_in"] and row["note"] != "a name that the rules were written from"]
    assert len(added) >= 300
    # a name's half is told by the name alone, so that none can be moved
    for row in added:
        digest = hashlib.sha256(f"{row['source']}|{row['name']}|{row['state_code']}".encode()).hexdigest()
        assert row["split"] == ("written" if int(digest[:8], 16) % 2 == 0 else "held out"), row["name"]
    held_out = [row for row in labels if row["split"] == "held out"]
    assert len(held_out) >= 437
    # organizations and special districts above all: what may be taken for a government and is none
    assert sum(row["expected_kind"] in ("organization", "special authority") for row in held_out) >= 80


def test_the_share_that_is_resolved_is_said_by_count_and_by_money(connection):
    names, resolved, amount, amount_resolved = connection.execute(
        """
        select names, names_resolved, amount, amount_resolved from meta.identity_coverage
        where what = 'award recipients' and kind = 'all'
        """
    ).fetchone()
    total, unknown = connection.execute(
        """
        select sum(obligated_amount), sum(obligated_amount) filter (where not is_resolved)
        from core.fct_award join core.dim_jurisdiction using (jurisdiction_key)
        """
    ).fetchone()
    assert amount == total
    assert amount - amount_resolved == unknown
    assert 0 < resolved < names


def test_the_agencies_of_the_register_are_the_registers_records(connection):
    """18,463 in the recorded edition; three more send incidents, stand in no register and have no name."""
    (names, records) = connection.execute(
        """
        select
            (select names from meta.identity_coverage where what = 'agencies of the register' and kind = 'all'),
            (select sum(records) from meta.record_fate where dataset = 'fbi__agencies' and fate = 'staged')
        """
    ).fetchone()
    assert names == records == 18463
    unnamed = "select count(*) from meta.unresolved_name where match_evidence = 'in no captured register'"
    assert connection.execute(unnamed).fetchone() == (0,)


def test_what_nobody_can_resolve_stands_in_a_list_largest_money_first(connection):
    rows = connection.execute(
        "select amount from meta.unresolved_name where amount is not null order by place_in_list"
    ).fetchall()
    amounts = [amount for (amount,) in rows]
    assert amounts == sorted(amounts, reverse=True)
    (left_out,) = connection.execute(
        "select sum(obligated_amount) from core.fct_award"
        " join core.dim_jurisdiction using (jurisdiction_key) where not is_resolved"
    ).fetchone()
    assert sum(amounts) == left_out


@pytest.mark.parametrize(
    ("name", "state", "kind", "geoid"),
    [
        ("KING COUNTY SEXUAL ASSAULT RESOURCE CENTER", "WA", "organization", None),
        ("BUCKS COUNTY OPPORTUNITY COUNCIL INC", "PA", "organization", None),
        ("FAIRFAX COUNTY PARK AUTHORITY", "VA", "special authority", None),
        ("HARRIS COUNTY HOSPITAL DISTRICT", "TX", "special authority", None),
        ("Union Pacific Railroad: Alameda County", "CA", "special authority", None),
        ("District Of Columbia Government", "DC", "place", "1150000"),
        ("Metropolitan Police Department", "DC", "place", "1150000"),
        ("City Of Saint Louis Missouri", "MO", "place", "2965000"),
        ("County Of Wayne Charter", "MI", "county", "26163"),
        ("Criminal Justice Information Authority", "IL", "state", "17"),
        ("San Francisco, City & County Of", "CA", "place", "0667000"),
        ("Metropolitan Government Of Nashville & Davidson County", "TN", "place", "4752006"),
        ("Louisville-Jefferson County Metro Government", "KY", "place", "2148006"),
        ("Consolidated City Of Indianapolis, Marion County", "IN", "place", "1836003"),
        ("City Of The Colony", "TX", "place", "4872530"),
        ("Kings County District Attorney", "NY", "county", "3651000"),
        ("Camden County Police Department", "NJ", "place", "3410000"),
        ("Franklin Police Department", "PA", "place", "4227456"),
        ("Stonington Police Department", "CT", "town", "0901173770"),
        ("Ludlow Police Department", "VT", "town", "5002741275"),
        ("Ellicottville Police Department", "NY", "town", "3600924031"),
        ("Fruitport Police Department", "MI", "town", "2612131020"),
        ("Northeast Police Department Police Department", "PA", "place", None),
        ("Santa Clara/Ivins Police Department", "UT", "several governments", None),
        # words of harbors, districts and seminaries in the names of cities, and Alaska's boroughs (Census Gazetteer)
        ("Harbor Springs", "MI", "place", "2636560"),
        ("Bay Harbor Islands", "FL", "place", "1203975"),
        ("Egg Harbor Township", "NJ", "town", "3400120290"),
        ("District Heights", "MD", "place", "2423025"),
        ("Seminary", "MS", "place", "2866400"),
        ("North Slope Borough", "AK", "county", "02185"),
        # the City and County of Honolulu is its county: 987,000 people by the FBI, of whom Urban Honolulu has 342,000
        ("Honolulu Police Department", "HI", "county", "15003"),
    ],
)
def test_names_that_were_taken_for_the_wrong_unit_or_for_none(resolved, name, state, kind, geoid):
    found = resolved.execute(
        """
        select distinct kind, geoid from intermediate.int_identity__resolved
        where name = ? and state_code = ? and source in ('usaspending', 'cops', 'fbi')
        """,
        [name, state],
    ).fetchall()
    assert found == [(kind, geoid)]


def test_a_police_of_two_cities_by_its_name_serves_both(resolved):
    rows = resolved.execute(
        """
        select units.geoid
        from intermediate.int_identity__joint as joint
        join intermediate.int_identity__printed as printed using (printed_id)
        join intermediate.int_identity__units as units using (jurisdiction_key)
        where printed.name = 'Santa Clara/Ivins Police Department'
        """
    ).fetchall()
    assert sorted(geoid for (geoid,) in rows) == ["4938710", "4967660"]


def test_a_township_is_told_from_its_namesakes_by_its_county(connection):
    (names,) = connection.execute(
        """
        select count(distinct name) from core.dim_jurisdiction
        where level = 'town' and state_code = 'NJ' and name like 'Washington township, %'
        """
    ).fetchone()
    # Bergen, Burlington, Gloucester, Morris and Warren; Mercer's is Robbinsville since 2008
    assert names == 5


@pytest.mark.parametrize(
    ("geoid", "printed"),
    [
        ("3401369274", {"South Orange": (2012, 2016), "South Orange Village": (2017, 2023)}),
        ("3401313045", {"Orange": (2012, 2016), "Orange City": (2017, 2023)}),
        ("0659587", {"Rancho Santa Margarit": (2012, 2012), "Rancho Santa Margarita": (2013, 2023)}),
        ("0606434", {"Big Bear Lake": (2012, 2015), "Big Bear": (2016, 2022)}),
        ("0602112", {"City of Angels": (2012, 2015), "Angels Camp": (2016, 2023)}),
        ("0556480", {"Plummerville": (2012, 2015), "Plumerville": (2016, 2023)}),
        ("4764668", {"Lake City": (2012, 2013), "Rocky Top": (2014, 2023)}),
        ("4873493", {"Pecos": (2012, 2023)}),
        ("4275568", {"Susquehanna": (2012, 2018)}),
    ],
)
def test_a_city_whose_printed_name_changed_is_one_unit(connection, geoid, printed):
    """First and last year of each name in the FBI's Table 8 of 2012 to 2023; the people printed run on."""
    rows = connection.execute(
        """
        select place_name, min(calendar_year), max(calendar_year)
        from core.fct_crime_year_printed join core.dim_jurisdiction using (jurisdiction_key)
        where geoid = ?
        group by place_name
        """,
        [geoid],
    ).fetchall()
    assert {name: (first, last) for name, first, last in rows} == printed
