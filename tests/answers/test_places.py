"""Which unit a person means: known answers over a small dimension of real names and codes.

What belongs here: what orchestration.reading.places finds and refuses. What does not: named questions
(test_empty_answers).
"""

from __future__ import annotations

import duckdb
import pytest

from orchestration.reading import places

# geoid, also_geoid, level, name, spelled, legal word, is a government, state, population
UNITS = [
    ("4159000", None, "place", "Portland city, Oregon", "PORTLAND", "city", True, "OR", 630498),
    ("2360545", None, "place", "Portland city, Maine", "PORTLAND", "city", True, "ME", 68424),
    ("0961870", None, "place", "Portland CDP, Connecticut", "PORTLAND", "CDP", False, "CT", None),
    ("0667000", "06075", "consolidated", "San Francisco city, California", "SAN FRANCISCO", "city", True, "CA", 808988),
    (
        "1150000",
        "11001",
        "consolidated",
        "Washington city, District of Columbia",
        "WASHINGTON",
        "city",
        True,
        "DC",
        678972,
    ),
    ("53", None, "state", "Washington", "WASHINGTON", None, True, "WA", 7812880),
    ("41067", None, "county", "Washington County, Oregon", "WASHINGTON", "County", True, "OR", 598865),
    ("24043", None, "county", "Washington County, Maryland", "WASHINGTON", "County", True, "MD", 155813),
    ("36", None, "state", "New York", "NEW YORK", None, True, "NY", None),
    ("3651000", None, "consolidated", "New York city, New York", "NEW YORK", "city", True, "NY", 8258035),
    ("36061", None, "county", "New York County, New York", "NEW YORK", "County", True, "NY", 1597451),
    ("0644000", None, "place", "Los Angeles city, California", "LOS ANGELES", "city", True, "CA", 3820914),
    ("06037", None, "county", "Los Angeles County, California", "LOS ANGELES", "County", True, "CA", 9663345),
    ("4805000", None, "place", "Austin city, Texas", "AUSTIN", "city", True, "TX", 979882),
    ("48015", None, "county", "Austin County, Texas", "AUSTIN", "County", True, "TX", None),
    ("2938000", None, "place", "Kansas City city, Missouri", "KANSAS CITY", "city", True, "MO", 510704),
    ("2036000", "20209", "consolidated", "Kansas City city, Kansas", "KANSAS CITY", "city", True, "KS", 152933),
    (
        "4752006",
        "47037",
        "consolidated",
        "Nashville-Davidson metropolitan government (balance), Tennessee",
        "NASHVILLE DAVIDSON",
        "metropolitan government",
        True,
        "TN",
        687788,
    ),
    ("2965000", "29510", "consolidated", "St. Louis city, Missouri", "SAINT LOUIS", "city", True, "MO", 281754),
    ("1235000", "12031", "consolidated", "Jacksonville city, Florida", "JACKSONVILLE", "city", True, "FL", 985843),
    ("48131", None, "county", "Duval County, Texas", "DUVAL", "County", True, "TX", 9731),
    ("2255000", "22071", "consolidated", "New Orleans city, Louisiana", "NEW ORLEANS", "city", True, "LA", 364136),
    ("37057", None, "county", "Davidson County, North Carolina", "DAVIDSON", "County", True, "NC", 172586),
    ("06031", None, "county", "Kings County, California", "KINGS", "County", True, "CA", 152682),
    ("2044250", None, "place", "Manhattan city, Kansas", "MANHATTAN", "city", True, "KS", 53829),
    ("36073", None, "county", "Orleans County, New York", "ORLEANS", "County", True, "NY", 39124),
    ("2205000", "22033", "consolidated", "Baton Rouge city, Louisiana", "BATON ROUGE", "city", True, "LA", 219573),
    ("22121", None, "county", "West Baton Rouge Parish, Louisiana", "WEST BATON ROUGE", "Parish", True, "LA", 28034),
    (None, None, "tribe", "Navajo Nation", "NAVAJO", None, True, "AZ", None),
    ("04017", None, "county", "Navajo County, Arizona", "NAVAJO", "County", True, "AZ", 109175),
    ("17043", None, "county", "DuPage County, Illinois", "DU PAGE", "County", True, "IL", 921213),
    ("3617343", None, "place", "Colonie village, New York", "COLONIE", "village", True, "NY", 7781),
    ("3600117354", None, "town", "Colonie town, New York", "COLONIE", "town", True, "NY", 85590),
    ("1608830", None, "place", "Boise City city, Idaho", "BOISE CITY", "city", True, "ID", 234192),
    ("16015", None, "county", "Boise County, Idaho", "BOISE", "County", True, "ID", 8002),
    (
        None,
        None,
        "unresolved",
        "Example Valley Transit Police, Ohio",
        "EXAMPLE VALLEY TRANSIT POLICE",
        None,
        None,
        "OH",
        None,
    ),
]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as made:
        made.execute("create schema core")
        made.execute(
            "create table core.dim_jurisdiction (jurisdiction_key varchar, geoid varchar, also_geoid varchar,"
            " level varchar, name varchar, name_normalized varchar, legal_word varchar,"
            " is_general_government boolean, state_code varchar, population bigint)"
        )
        made.executemany(
            "insert into core.dim_jurisdiction values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [[f"key of {unit[3]}", *unit] for unit in UNITS],
        )
        made.execute(
            "insert into core.dim_jurisdiction (jurisdiction_key, level, name, name_normalized)"
            " values ('-1', 'unknown', 'unknown', 'UNKNOWN')"
        )
        made.execute("create table core.bridge_geoid_jurisdiction (geoid varchar, jurisdiction_key varchar)")
        made.execute(
            "insert into core.bridge_geoid_jurisdiction select geoid, jurisdiction_key from core.dim_jurisdiction"
            " where geoid is not null union select also_geoid, jurisdiction_key from core.dim_jurisdiction"
            " where also_geoid is not null"
        )
        # A city in several counties answers to the code of each, which also_geoid has no room for.
        made.execute("insert into core.bridge_geoid_jurisdiction values ('41051', 'key of Portland city, Oregon')")
        yield made


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Portland, OR", "Portland city, Oregon"),
        ("portland, oregon", "Portland city, Oregon"),
        ("Portland ME", "Portland city, Maine"),
        ("City of Portland, Maine", "Portland city, Maine"),
        # as newspapers shorten states
        ("Portland, Ore.", "Portland city, Oregon"),
        ("Jacksonville, Fla.", "Jacksonville city, Florida"),
        ("Los Angeles Calif", "Los Angeles city, California"),
        ("City and County of San Francisco", "San Francisco city, California"),
        ("City and County of San Francisco, Calif.", "San Francisco city, California"),
        ("Portland, CT", "Portland CDP, Connecticut"),
        ("4159000", "Portland city, Oregon"),
        ("Portland city, Oregon", "Portland city, Oregon"),
        # a consolidated city answers to its county's code and name
        ("06075", "San Francisco city, California"),
        ("San Francisco County", "San Francisco city, California"),
        ("11001", "Washington city, District of Columbia"),
        ("47037", "Nashville-Davidson metropolitan government (balance), Tennessee"),
        ("Nashville", "Nashville-Davidson metropolitan government (balance), Tennessee"),
        ("Davidson County, TN", "Nashville-Davidson metropolitan government (balance), Tennessee"),
        ("NYC", "New York city, New York"),
        # a county that a city also is, under another name than the city's
        ("Bronx County", "New York city, New York"),
        ("Kings County, NY", "New York city, New York"),
        ("Duval County, FL", "Jacksonville city, Florida"),
        ("Duval County, TX", "Duval County, Texas"),
        ("Richmond County, NY", "New York city, New York"),
        ("East Baton Rouge Parish", "Baton Rouge city, Louisiana"),
        # New York has a county of that name, and no parish
        ("Orleans Parish", "New Orleans city, Louisiana"),
        ("Orleans Parish, LA", "New Orleans city, Louisiana"),
        ("Orleans County", "Orleans County, New York"),
        ("West Baton Rouge Parish", "West Baton Rouge Parish, Louisiana"),
        # a tribe by the name that every table shows
        ("Navajo Nation", "Navajo Nation"),
        ("Navajo Nation, AZ", "Navajo Nation"),
        ("Navajo County", "Navajo County, Arizona"),
        ("DC", "Washington city, District of Columbia"),
        ("D.C.", "Washington city, District of Columbia"),
        ("Washington, DC", "Washington city, District of Columbia"),
        ("District of Columbia", "Washington city, District of Columbia"),
        ("WA", "Washington"),
        ("53", "Washington"),
        ("State of Washington", "Washington"),
        ("Washington County, OR", "Washington County, Oregon"),
        # a city is not its county, nor its state
        ("Los Angeles", "Los Angeles city, California"),
        ("Los Angeles County", "Los Angeles County, California"),
        ("Austin, TX", "Austin city, Texas"),
        ("New York, NY", "New York city, New York"),
        ("New York City", "New York city, New York"),
        ("New York County", "New York County, New York"),
        ("Kansas City, MO", "Kansas City city, Missouri"),
        ("Kansas City KS", "Kansas City city, Kansas"),
        ("Saint Louis", "St. Louis city, Missouri"),
        ("st louis", "St. Louis city, Missouri"),
        ("Dupage County", "DuPage County, Illinois"),
        ("Town of Colonie", "Colonie town, New York"),
        ("Colonie village, NY", "Colonie village, New York"),
        ("Boise City", "Boise City city, Idaho"),
        ("Boise County", "Boise County, Idaho"),
        ("Example Valley Transit Police, OH", "Example Valley Transit Police, Ohio"),
    ],
)
def test_a_place_is_found_as_people_write_it(connection, typed, name):
    assert places.find(connection, typed).place.name == name


def test_a_city_answers_to_every_code_of_the_bridge(connection):
    assert places.find(connection, "41051").place.name == "Portland city, Oregon"


def test_a_name_that_one_place_dominates_means_it_and_names_the_others(connection):
    found = places.find(connection, "Los Angeles")
    assert [other.name for other in found.others] == ["Los Angeles County, California"]


def test_a_county_that_a_city_also_is_stands_beside_the_counties_of_its_name(connection):
    """Jacksonville is Duval County in Florida, which has a hundred times the people of that in Texas."""
    found = places.find(connection, "Duval County")
    assert found.place.name == "Jacksonville city, Florida"
    assert [other.name for other in found.others] == ["Duval County, Texas"]


def test_a_nickname_that_another_place_has_as_its_name_is_named_beside_it(connection):
    found = places.find(connection, "Manhattan")
    assert found.place.name == "Manhattan city, Kansas"
    assert [other.name for other in found.others] == ["New York city, New York"]


@pytest.mark.parametrize(("typed", "code"), [("667000", "0667000"), ("6075", "06075")])
def test_a_code_without_its_leading_zero_is_read_with_it_and_said_so(connection, typed, code):
    found = places.find(connection, typed)
    assert (found.place.name, found.read_as) == ("San Francisco city, California", code)
    assert places.find(connection, code).read_as is None


@pytest.mark.parametrize("typed", ["99999", "9", "12345678", "123456789012"])
def test_a_number_that_is_no_code_is_refused_with_the_lengths_of_codes(connection, typed):
    with pytest.raises(places.NoSuchPlace, match="7 for a city"):
        places.find(connection, typed)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        # 630,498 people are not ten times 68,424
        ("Portland", ("4159000", "2360545")),
        # a city and a state
        ("New York", ("(36)", "3651000")),
        ("Washington", ("(53)", "1150000")),
        ("Washington County", ("41067", "24043")),
        ("Kansas City", ("2938000", "2036000")),
        # the county that a city also is, and one that another state has; that of New York is a fifth of the city
        ("Davidson County", ("4752006", "37057")),
        ("Kings County", ("3651000", "06031")),
        # people say Boise for the city, whose name is Boise City
        ("Boise, ID", ("1608830", "16015")),
        # a village and the town around it are two governments, though one has ten times the people
        ("Colonie, NY", ("3617343", "3600117354")),
    ],
)
def test_a_name_that_several_bear_is_refused_with_their_codes(connection, typed, named):
    with pytest.raises(places.SeveralPlaces) as told:
        places.find(connection, typed)
    for code in named:
        assert code in str(told.value)


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("Sanfrancisko", "San Francisco city"),
        ("Portlnd, Maine", "Portland city, Maine"),
        ("Los Angelos", "Los Angeles"),
    ],
)
def test_a_misspelt_place_is_refused_with_the_nearest_names(connection, typed, nearest):
    with pytest.raises(places.NoSuchPlace, match=nearest):
        places.find(connection, typed)


@pytest.mark.parametrize("typed", ["99999", "", "   ", "'; drop table x", "Portland, TX", "-1", "unknown"])
def test_what_is_no_place_is_refused(connection, typed):
    with pytest.raises(places.NoSuchPlace):
        places.find(connection, typed)
