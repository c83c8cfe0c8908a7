"""The Crime Data Explorer over HTTP: one agency's series only, null is not zero, no key where it can be read.

What belongs here: what the two datasets ask and what they make of the answers. What does not: what a zero or a
negative count means (dbt).
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import duckdb
import pytest
import servers
import time_machine
from pydantic import SecretStr

from orchestration.landing.catalog import Catalog
from orchestration.landing.night import Night, capture_dataset
from orchestration.settings import Settings
from orchestration.sources import fbi
from orchestration.sources.base import Payload, SourceError
from orchestration.sources.states import BY_POSTAL

AGENCIES, MONTHS = fbi.Agencies(), fbi.AgencyMonths()
TODAY = datetime(2026, 5, 18, 6, tzinfo=UTC)
# An agency of the study and its state, so that slices are real ones; names of agencies and counts are made up.
FIRST, STATE = fbi.study_agencies()[0]["ori"], fbi.study_agencies()[0]["state_abbr"]


@pytest.fixture
def publisher(httpserver) -> servers.Fbi:
    cde = servers.Fbi(httpserver)
    cde.add(FIRST, "Testville Police Department", STATE, BY_POSTAL[STATE].name, {
        "HOM": {"01-2026": 0, "02-2026": None, "03-2026": 2},
        "ROB": {"01-2026": 7, "02-2026": -1, "03-2026": 0},
    })  # fmt: skip
    return cde


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    key = SecretStr(servers.FBI_KEY)
    return Settings(edition="live", home=tmp_path, fbi_cde_url=publisher.url, data_gov_api_key=key)


@pytest.fixture
def night(settings, web_for):
    """One live night of some slices at a given hour."""

    def run(*slices: str, at: datetime = TODAY, dataset=MONTHS) -> Night:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, web=web_for(settings))

    return run


def serving(settings: Settings, dataset=MONTHS) -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(dataset) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true)")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_an_agencys_months_are_its_own_and_never_the_states_or_the_nations(night, settings):
    done = night(FIRST)
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 6)
    records = serving(settings)
    assert {r["series_name"] for r in records} == {"Testville Police Department"}
    assert not {"111111", "999999"} & {r["actual"] for r in records}
    assert {(r["offense_code"], r["month"]): r["actual"] for r in records} == {
        ("HOM", "01-2026"): "0", ("HOM", "02-2026"): None, ("HOM", "03-2026"): "2",
        ("ROB", "01-2026"): "7", ("ROB", "02-2026"): "-1", ("ROB", "03-2026"): "0",
    }  # fmt: skip
    assert {(r["population"], r["participated_population"], r["ori"]) for r in records} == {("5000", "4000", FIRST)}


def test_two_agencies_in_one_answer_are_refused_and_not_added_up():
    body = {"offenses": {"actuals": {"A Police Offenses": {"01-2026": 1}, "B Police Offenses": {"01-2026": 1}}}}
    payload = Payload(json.dumps(body).encode(), "https://example.invalid/", TODAY,
                      context={"ori": FIRST, "offense_code": "HOM"})  # fmt: skip
    with pytest.raises(SourceError, match=rf"{FIRST} HOM: expected one agency's series"):
        list(MONTHS.cut(payload))


def test_400_means_no_data_for_the_pair_and_is_kept_as_an_answer(night, settings, publisher):
    night(FIRST)
    capture = Catalog(settings.landing_dir, as_of=None, edition="live").serving(MONTHS)[0]
    assert sorted((p.status, p.records) for p in capture.payloads) == [(200, 3), (200, 3)] + [(400, 0)] * 6
    assert {r.path.rpartition("/")[2] for r in publisher.asked_for("/summarized/")} == set(fbi.OFFENSES)


def test_an_agency_that_suddenly_has_no_data_at_all_does_not_wipe_what_it_had(night, settings, publisher):
    night(FIRST)
    publisher.counts.clear()
    publisher.refreshed = "06/06/2026"
    done = night(FIRST, at=datetime(2026, 6, 10, 6, tzinfo=UTC))
    assert done.slices[0].status == "rejected"
    assert "0 records against 6 last time" in done.slices[0].message
    assert len(serving(settings)) == 6


def test_the_key_is_sent_as_a_header_and_is_in_no_url_and_no_file(night, settings, publisher):
    night(FIRST)
    assert all(r.headers["X-Api-Key"] == servers.FBI_KEY for r in publisher.asked)
    assert not any(servers.FBI_KEY in r.url for r in publisher.asked)
    for path in settings.landing_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content += gzip.decompress(content) if path.suffix == ".gz" else b""
            assert servers.FBI_KEY.encode() not in content, path.name


def test_without_a_key_the_source_is_skipped_with_one_line_and_nothing_is_asked(publisher, settings):
    keyless = settings.model_copy(update={"data_gov_api_key": None})
    done = capture_dataset(MONTHS, keyless)
    assert [(s.slice, s.status) for s in done.slices] == [("*", "skipped")]
    assert "DATA_GOV_API_KEY" in done.slices[0].message
    assert publisher.asked == []


def test_the_refresh_date_is_asked_once_a_night_and_an_unrefreshed_agency_not_again(night, publisher):
    night(FIRST)
    publisher.asked.clear()
    done = night(FIRST, FIRST, at=datetime(2026, 5, 19, 6, tzinfo=UTC))
    assert {s.status for s in done.slices} == {"empty"}
    assert [r.path.rpartition("/")[2] for r in publisher.asked] == ["refresh-date"]


def test_a_refresh_in_a_later_year_is_seen_though_its_text_sorts_lower(night, publisher):
    publisher.refreshed = "12/08/2025"
    night(FIRST)
    publisher.refreshed = "01/09/2026"
    publisher.counts[FIRST, "HOM"]["04-2026"] = 1
    done = night(FIRST, at=datetime(2026, 5, 19, 6, tzinfo=UTC))
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 7)
    publisher.asked.clear()
    assert night(FIRST, at=datetime(2026, 5, 20, 6, tzinfo=UTC)).slices[0].status == "empty"
    assert len(publisher.asked) == 1


def test_a_publisher_without_a_refresh_date_is_asked_for_every_agency(night, publisher, monkeypatch):
    answer = publisher.answer
    gone = servers.as_json({"message": "Not Found"}, 404)
    monkeypatch.setattr(publisher, "answer", lambda r, path: gone if path == "/refresh-date" else answer(r, path))
    assert night(FIRST).slices[0].records == 6
    assert night(FIRST, at=datetime(2026, 5, 19, 6, tzinfo=UTC)).slices[0].status == "unchanged"


def test_over_the_rate_limit_is_a_403_that_is_waited_out(night, publisher):
    publisher.left = 3
    assert night(FIRST).slices[0].records == 6


def test_the_stalest_agencies_come_first_and_a_night_stays_within_its_budget(night, settings, monkeypatch):
    every = [a["ori"] for a in fbi.study_agencies()]
    night(FIRST)
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MONTHS)
    tonight = [slice_.key for slice_ in MONTHS.slices(settings, known)]
    assert tonight[-1] == FIRST
    assert sorted(tonight) == sorted(every)
    assert len(tonight) * len(fbi.OFFENSES) <= fbi.REQUESTS_A_NIGHT < 1000
    monkeypatch.setattr(fbi, "REQUESTS_A_NIGHT", 3 * len(fbi.OFFENSES))
    assert [s.key for s in MONTHS.slices(settings, known)] == tonight[:3]


def test_an_agency_of_two_counties_is_one_record(night, settings):
    done = night(STATE, dataset=AGENCIES)
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 1)
    [record] = serving(settings, AGENCIES)
    assert (record["ori"], record["counties"], record["is_nibrs"]) == (FIRST, "NORTH TEST, SOUTH TEST", "true")
    assert record["nibrs_start_date"] is None
    assert record["latitude"] == "1.5"


def test_agencies_are_asked_for_once_a_week(night, settings):
    night(STATE, dataset=AGENCIES)
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(AGENCIES)
    with time_machine.travel(datetime(2026, 5, 20, 6, tzinfo=UTC)):
        assert STATE not in {s.key for s in AGENCIES.slices(settings, known)}
    with time_machine.travel(datetime(2026, 5, 26, 6, tzinfo=UTC)):
        assert STATE in {s.key for s in AGENCIES.slices(settings, known)}


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"message": "x"}', b"<html>"])
def test_an_answer_that_is_no_list_of_agencies_is_named_and_not_taken_for_an_empty_state(body):
    with pytest.raises(SourceError, match=r"fbi/agencies.*example\.invalid"):
        list(AGENCIES.cut(Payload(body, "https://example.invalid/", TODAY)))
