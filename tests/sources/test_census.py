"""ACS over HTTP: GEOIDs as text, sentinels as they came, a slice a year, the key nowhere to be read.

What belongs here: the question and the form of the answer. What does not: which unit a printed name means (dbt).
"""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import duckdb
import pytest
import servers
import time_machine
from pydantic import SecretStr

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings
from orchestration.sources import census
from orchestration.wire import Payload, SourceError

PLACES = census.Places()
TODAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def publisher(httpserver) -> servers.Census:
    acs = servers.Census(httpserver, newest_year=2024)
    acs.units = {
        ("place", "01"): [("Testville city, Testland", "1000", "250", "00100"),
                          ("Nulltown CDP, Testland", "-666666666", None, "00200")],
        ("county", "01"): [("Test County, Testland", "5000", "700", "001")],
        ("state", "01"): [("Testland", "90000", "8000", "")],
        ("county subdivision", "36"): [("Test town, Test County, Testland", "3000", "30", "001/00003"),
                                       ("Next town, Test County, Testland", "2000", "20", "001/00004")],
    }  # fmt: skip
    return acs


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    key = SecretStr(servers.CENSUS_KEY)
    return Settings(edition="live", home=tmp_path, census_url=publisher.url, census_api_key=key)


@pytest.fixture
def night(settings, web_for):
    """One live night of some slices."""

    def run(*slices: str, settings: Settings = settings) -> DatasetRun:
        with time_machine.travel(TODAY, tick=True):
            return capture_dataset(PLACES, settings, slice_keys=slices, web=web_for(settings))

    return run


def serving(settings: Settings) -> dict[str | None, dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(PLACES) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true)")
    return {row["NAME"]: row for row in (dict(zip(found.columns, r, strict=True)) for r in found.fetchall())}


def test_places_counties_and_the_state_come_with_geoid_parts_as_text(night, settings):
    done = night("place:01:2024", "county:01:2024", "state:01:2024")
    assert [(s.status, s.records) for s in done.slices] == [("landed", 2), ("landed", 1), ("landed", 1)]
    units = serving(settings)
    place, county, state = units["Testville city, Testland"], units["Test County, Testland"], units["Testland"]
    assert (place["level"], place["state"], place["place"]) == ("place", "01", "00100")
    assert (county["level"], county["state"], county["county"]) == ("county", "01", "001")
    assert (state["level"], state["state"], state["B01003_001E"], state["B03003_003E"]) == (
        "state",
        "01",
        "90000",
        "8000",
    )


def test_towns_come_with_the_county_they_lie_in_and_only_where_towns_govern(night, settings):
    done = night("town:36:2024")
    # a county has many towns
    assert [(s.status, s.records) for s in done.slices] == [("landed", 2)]
    town = serving(settings)["Test town, Test County, Testland"]
    assert (town["level"], town["state"], town["county"], town["subdivision"]) == ("town", "36", "001", "00003")
    asked = {slice_.params["fips"] for slice_ in PLACES.all_slices() if slice_.params["level"] == "town"}
    # New York and Pennsylvania have towns and townships that govern, California and Texas have none
    assert {"36", "42"} <= asked
    assert not {"06", "48"} & asked
    assert len(asked) == 20


def test_a_negative_sentinel_and_a_null_stay_what_they_are(night, settings):
    night("place:01:2024")
    unit = serving(settings)["Nulltown CDP, Testland"]
    assert (unit["B01003_001E"], unit["B03003_003E"]) == ("-666666666", None)


def test_each_year_is_a_slice_of_its_own_and_its_year_is_in_each_record(night, settings, publisher):
    night("state:01:2023")
    publisher.units["state", "01"] = [("Testland", "90001", "8001", "")]
    night("state:01:2024")
    assert [r.path.split("/")[2] for r in publisher.asked] == ["2023", "2024"]
    # a later year takes no earlier one's place
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(PLACES) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"select year, B01003_001E from read_parquet({files!r}) order by year").fetchall()
    assert found == [("2023", "90000"), ("2024", "90001")]


def test_a_year_that_is_not_out_yet_is_no_fault(night, settings, publisher):
    (outcome,) = night("state:01:2025").slices
    assert (outcome.status, outcome.records) == ("empty", 0)


@pytest.mark.parametrize(("slice_", "newest", "why"), [
    ("state:01:2024", 2023, "the estimates of 2024, which were captured, are no longer there"),
    # three years after its last month a year was always out
    ("state:01:2023", 2022, "there are no estimates of 2023"),
])  # fmt: skip
def test_a_year_that_must_be_there_and_is_not_is_a_fault(night, settings, publisher, slice_, newest, why):
    night("state:01:2024")
    publisher.newest_year = newest
    (outcome,) = night(slice_).slices
    assert outcome.status == "failed"
    assert why in outcome.message
    assert serving(settings)["Testland"]["year"] == "2024"


@pytest.mark.parametrize(("slice_", "status"), [
    ("town:36:2013", "empty"),
    # later years have towns of a whole state, and every year has places
    ("town:36:2024", "failed"), ("place:01:2013", "failed"),
])  # fmt: skip
def test_towns_of_an_early_year_that_come_by_county_alone_are_left_out(night, publisher, slice_, status):
    publisher.refuses_geography = True
    (outcome,) = night(slice_).slices
    assert outcome.status == status
    assert status == "empty" or "unknown/unsupported geography" in outcome.message


def test_the_key_goes_on_the_wire_and_into_no_file(night, settings, publisher):
    night("place:01:2024")
    assert all(r.args["key"] == servers.CENSUS_KEY for r in publisher.asked)
    for path in settings.landing_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content += gzip.decompress(content) if path.suffix == ".gz" else b""
            assert servers.CENSUS_KEY.encode() not in content, path.name


def test_a_refused_key_is_told_as_such_at_once_and_not_shown(night, settings, publisher):
    wrong = settings.model_copy(update={"census_api_key": SecretStr("synthetic-wrong-key")})
    done = night("place:01:2024", settings=wrong)
    assert done.slices[0].status == "failed"
    assert "census/places slice place:01:2024" in done.slices[0].message
    assert "CENSUS_API_KEY" in done.slices[0].message
    assert "synthetic-wrong-key" not in done.slices[0].message
    assert len(publisher.asked) == 1


def test_the_years_that_may_come_out_rest_for_a_month_and_earlier_ones_for_a_year(night, settings):
    # three levels of 50 states, the District and Puerto Rico, and the towns of twenty states; 2012 to 2025
    units = 52 * 3 + 20
    with time_machine.travel(TODAY):
        every = PLACES.all_slices()
    assert len({s.key for s in every}) == units * 14
    assert {s.params["year"] for s in every} == {str(year) for year in range(2012, 2026)}

    def due(moment: datetime) -> list[str]:
        known = Catalog(settings.landing_dir, as_of=None, edition="live").known(PLACES)
        with time_machine.travel(moment):
            return [slice_.key for slice_ in PLACES.slices(settings, known)]

    # 2024 and 2025 of everything, and as many earlier ones as a run brings
    assert len(due(TODAY)) == units * 2 + 200
    night("place:01:2024", "county:01:2012")
    days = ((2026, 12, 1), (2026, 12, 24), (2027, 11, 24))
    soon, in_a_month, in_a_year = (due(datetime(*day, tzinfo=UTC)) for day in days)
    assert not {"place:01:2024", "county:01:2012"} & set(soon)
    assert {"place:01:2024", "county:01:2012"} & set(in_a_month) == {"place:01:2024"}
    # the earlier ones that were never asked for come before it
    assert "county:01:2012" not in in_a_year
    assert len(in_a_year) == units * 2 + 200


@pytest.mark.parametrize(("body", "why"), [
    (b"[]", "not a header row"),
    (b"error: unknown variable", "not JSON"),
    (b'{"error": "synthetic"}', "not a header row"),
    (b'[["NAME", "state"], ["Testland"]]', "a row of 1 under 2 headers"),
    (b'[["NAME", "state"], ["Testland", "01"], ["Testland", "01"]]', "a unit came twice"),
    (b'[["NAME", "state", "county", "county subdivision"], ["A town", "36", "001", "00003"],'
     b' ["A town", "36", "001", "00003"]]', "a unit came twice"),
])  # fmt: skip
def test_an_answer_of_another_form_is_refused_with_its_address(body, why):
    payload = Payload(body, "https://example.invalid/acs5", TODAY, context={"level": "state", "year": "2024"})
    with pytest.raises(SourceError, match=rf"{why}.*example\.invalid"):
        list(PLACES.cut(payload))
