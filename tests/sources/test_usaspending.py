"""USAspending over HTTP: every award once, no filter dropped, changes found again, real answers cut.

What belongs here: what the two datasets ask and what they make of the answers. What does not: retries as such
(fetching), captures as such (landing).
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
import servers
import time_machine
from werkzeug import Response

from orchestration.fetching.session import FetchError
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources import usaspending
from orchestration.sources.base import Record
from orchestration.wire import Payload, SourceError

AWARDS, LISTINGS = usaspending.Awards(), usaspending.AssistanceListings()
TODAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
# A cheap place to look: 250 awards of FY2020 (three pages), one of FY2021, one direct payment of FY2020.
MANY = [servers.award(n, signed=day) for n, day in enumerate(servers.days("2019-10-05", 250), start=1)]
OTHER_YEAR = servers.award(900, signed="2021-05-01", listing="16.068")
PAYMENT = servers.award(901, signed="2020-03-01", listing="16.606", type_code="F007")
ELSEWHERE = servers.award(902, signed="2020-03-01", listing="10.551")


@pytest.fixture
def publisher(httpserver) -> servers.Usaspending:
    return servers.Usaspending(httpserver, [*MANY, OTHER_YEAR, PAYMENT, ELSEWHERE])


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    return Settings(edition="live", home=tmp_path, usaspending_url=publisher.url)


@pytest.fixture
def night(settings, web_for):
    """One live night of some slices at a given hour."""

    def run(*slices: str, at: datetime = TODAY, dataset=AWARDS) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, web=web_for(settings))

    return run


def serving(settings: Settings, dataset=AWARDS) -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(dataset) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true)")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def slices(settings: Settings, at: datetime = TODAY):
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(AWARDS)
    with time_machine.travel(at, tick=False):
        return {slice_.key: slice_ for slice_ in AWARDS.slices(settings, known)}


def test_a_fiscal_year_comes_whole_by_cursor_with_the_publishers_count_beside_it(night, settings, publisher):
    done = night("grants:FY2020")
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 250)
    assert sorted(r["Award ID"] for r in serving(settings)) == [a["Award ID"] for a in MANY]
    capture = Catalog(settings.landing_dir, as_of=None, edition="live").serving(AWARDS)[0]
    assert capture.control_totals == {"records": 250}
    assert [entry.records for entry in capture.payloads if entry.role == "records"] == [100, 100, 50]


def test_a_year_is_the_year_in_which_an_award_was_first_signed_whenever_it_was_modified(night, publisher):
    publisher.awards[3] = {**MANY[3], "Last Modified Date": "2025-01-15"}
    assert night("grants:FY2020").slices[0].records == 250


def test_both_halves_of_the_cursor_go_together_and_the_sort_is_a_single_column(night, publisher):
    night("grants:FY2020")
    first, *later = publisher.bodies("/spending_by_award/")
    assert "last_record_unique_id" not in first
    assert "last_record_sort_value" not in first
    assert [(b["last_record_sort_value"], b["last_record_unique_id"]) for b in later] == [
        ("TEST000100", 9_000_100), ("TEST000200", 9_000_200),
    ]  # fmt: skip
    assert {b["sort"] for b in (first, *later)} == {"Award ID"}


def test_one_half_of_the_cursor_alone_is_a_server_error(publisher, settings, web_for):
    """The server's own behaviour, so that the test above means something."""
    body = {"filters": {"award_type_codes": ["04"]}, "fields": ["Award ID"], "last_record_unique_id": 1}
    with pytest.raises(FetchError, match="HTTP 500"):
        web_for(settings).post(f"{publisher.url}/search/spending_by_award/", json=json.dumps(body).encode())


def test_every_request_names_all_listings_and_the_codes_of_one_group(night, publisher):
    night("grants:FY2020", "direct_payments:FY2020")
    asked = publisher.bodies("/search/")
    assert {tuple(b["filters"]["program_numbers"]) for b in asked} == {usaspending.LISTINGS}
    assert {tuple(b["filters"]["award_type_codes"]) for b in asked} == {
        ("02", "03", "04", "05", "F001", "F002"), ("06", "10", "F006", "F007"),
    }  # fmt: skip


def test_the_listings_are_those_of_the_cops_office_before_and_after_2025_and_the_wider_money():
    assert {"16.710", "16.065", "16.066", "16.068", "16.069", "16.070", "16.071", "16.072", "16.073"} <= set(
        usaspending.LISTINGS
    )
    assert {"16.738", "16.606", "16.607", "16.588", "16.590", "16.751", "16.753", "16.034", "16.839"} <= set(
        usaspending.LISTINGS
    )
    assert len(usaspending.LISTINGS) == len(set(usaspending.LISTINGS)) == 18


def test_two_listings_since_2025_are_of_the_bureau_of_justice_assistance():
    """GSA/federal-program-inventory@631933dd, data/programs: 16.065 is of the Office of Justice Programs, 16.066 raises
    awareness of "BJA's" programs by that Office's rules; 16.068 to 16.073 are of "Boards and Divisions Offices", which
    the COPS Office is among.
    """
    with (DBT_PROJECT_DIR / "seeds" / "assistance_listings.csv").open(encoding="utf-8", newline="") as stream:
        offices = {row["assistance_listing"]: row["office"] for row in csv.DictReader(stream)}
    assert {listing for listing, office in offices.items() if office == "COPS"} == {
        "16.710", "16.068", "16.069", "16.070", "16.071", "16.072", "16.073",
    }  # fmt: skip
    assert (offices["16.065"], offices["16.066"]) == ("OJP", "OJP")


def test_codes_of_two_groups_in_one_request_are_refused_by_the_publisher(publisher, settings, web_for):
    body = {"filters": {"award_type_codes": ["04", "06"]}}
    with pytest.raises(FetchError) as refused:
        web_for(settings).post(f"{publisher.url}/search/spending_by_award_count/", json=json.dumps(body).encode())
    assert (refused.value.status, refused.value.attempts) == (422, 1)


def test_a_window_with_too_many_awards_is_halved_until_it_is_small_and_nothing_is_lost(
    night, settings, publisher, monkeypatch
):
    monkeypatch.setattr(usaspending, "MOST_AWARDS_A_WINDOW", 80)
    assert night("grants:FY2020").slices[0].records == 250
    assert sorted(r["Award ID"] for r in serving(settings)) == [a["Award ID"] for a in MANY]
    windows = [b["filters"]["time_period"][0] for b in publisher.bodies("/spending_by_award/")]
    asked = sorted({(w["start_date"], w["end_date"]) for w in windows})
    # Halves hold 178 and 72; the first half's halves 88 and 90, and they are halved once more.
    assert len(asked) == 5
    assert (asked[0][0], asked[-1][1]) == ("2019-10-01", "2020-09-30")
    for (_, end), (start, _) in pairwise(asked):
        assert (date.fromisoformat(start) - date.fromisoformat(end)).days == 1


def test_more_awards_than_page_numbers_can_see_come_whole_by_the_cursor(night, settings, publisher):
    publisher.hits_seen_by_page_numbers = 120
    assert night("grants:FY2020").slices[0].records == 250
    assert not any("page" in body for body in publisher.bodies("/spending_by_award/"))


def test_a_count_that_the_search_does_not_reach_rejects_the_capture(night, settings, publisher):
    publisher.count_off_by = 1
    done = night("grants:FY2020")
    assert done.slices[0].status == "rejected"
    # each of the smaller windows that were asked for in vain is off by one as well
    assert "250 records, the publisher counts 266" in done.slices[0].message
    assert Catalog(settings.landing_dir, as_of=None, edition="live").serving(AWARDS) == []


@pytest.mark.parametrize("count", [None, "n/a", "", 1.5, [250], True, -1])
def test_a_count_that_is_no_number_fails_and_is_no_year_without_awards(night, settings, publisher, count):
    answer = publisher.answer

    def spoilt(request, path):
        if not path.endswith("/spending_by_award_count/"):
            return answer(request, path)
        return servers.as_json({"results": {"grants": count}, "messages": []})

    publisher.answer = spoilt
    (slice_,) = night("grants:FY2020").slices
    assert slice_.status == "failed"
    assert "which is no number" in slice_.message
    publisher.answer = answer
    assert night("grants:FY2020").slices[0].records == 250, "it does not count as asked for"


@pytest.mark.parametrize("omits", [False, True], ids=["repeated and omitted", "omitted"])
def test_pages_that_repeat_or_omit_awards_are_found_and_asked_for_again_in_smaller_windows(
    night, settings, publisher, omits
):
    publisher.unsteady_above, publisher.omits = 100, omits
    assert night("grants:FY2020").slices[0].records == 250
    assert sorted(r["Award ID"] for r in serving(settings)) == [a["Award ID"] for a in MANY]
    windows = {tuple(b["filters"]["time_period"][0].values())[:2] for b in publisher.bodies("/spending_by_award/")}
    assert len(windows) > 2


def test_awards_that_come_twice_for_others_at_every_window_fail_the_slice_although_the_count_is_right(
    night, settings, publisher
):
    publisher.unsteady_above = 0
    publisher.awards = [servers.award(number, signed="2020-01-01") for number in range(150)]
    done = night("grants:FY2020").slices[0]
    assert done.status == "failed"
    assert "1 of 150 awards came twice and as many did not come" in done.message
    assert Catalog(settings.landing_dir, as_of=None, edition="live").serving(AWARDS) == []


def test_page_101_of_the_page_numbers_is_where_they_end_and_the_cursor_goes_on(publisher, settings, web_for):
    """hasNext turns false at 10,000 hits, and past 50,000 the answer is a 422: no page number is ever sent."""
    publisher.awards = [servers.award(number, signed="2020-01-01") for number in range(10_100)]
    body = {
        "filters": {"award_type_codes": ["04"], "time_period": [
            {"start_date": "2019-10-01", "end_date": "2020-09-30", "date_type": "date_signed"}]},
        "fields": ["Award ID"], "sort": "Award ID", "limit": 100, "page": 100,
    }  # fmt: skip
    web = web_for(settings)
    url = f"{publisher.url}/search/spending_by_award/"
    at_the_end = json.loads(web.post(url, json=json.dumps(body).encode()).body)
    assert len(at_the_end["results"]) == 100
    assert at_the_end["page_metadata"]["hasNext"] is False
    with pytest.raises(FetchError) as refused:
        web.post(url, json=json.dumps({**body, "page": 501}).encode())
    assert refused.value.status == 422


@pytest.mark.parametrize("dataset", [AWARDS, LISTINGS], ids=lambda d: d.name)
def test_a_filter_that_the_publisher_ignored_is_an_error_that_names_the_slice(dataset, night, publisher):
    """Ignored silently: the answer is 200 and holds every award there is; only `messages` says so."""
    publisher.unknown_filters = {"program_numbers"}
    key = "grants:FY2020" if dataset is AWARDS else "FY2020"
    done = night(key, dataset=dataset)
    assert done.slices[0].status == "failed"
    assert f"{dataset.id} slice {key}: the API ignored the filters {{'program_numbers'}}" in done.slices[0].message


def test_the_message_about_2007_comes_with_every_answer_and_is_no_error(night, publisher):
    assert night("grants:FY2008", "grants:FY2020").failures == []
    assert all(b["filters"]["time_period"][0]["start_date"] >= "2007-10-01" for b in publisher.bodies("/search/"))


def test_empty_503_answers_are_asked_again_and_the_night_converges(night, publisher):
    publisher.faults.extend([servers.empty_503(), servers.empty_503(), servers.empty_503()])
    assert night("grants:FY2020").slices[0].records == 250


@pytest.mark.parametrize(("weeks", "too_old"), [(2, []), (8, ["grants:FY2020"])])
def test_503_for_the_whole_night_leaves_the_last_good_capture_serving_and_says_when_it_is_too_old(
    night, settings, publisher, weeks, too_old
):
    """A slice too old ends the command with exit 4 (tests/orchestration); a fresh one is flagged and serves."""
    good = night("grants:FY2020").slices[0].capture_id
    publisher.faults.extend(servers.empty_503() for _ in range(100))
    done = night("grants:FY2020", at=TODAY + timedelta(weeks=weeks))
    (failed,) = done.slices
    assert (failed.status, failed.serving) == ("failed", good)
    assert "503" in failed.message
    assert done.too_old == too_old
    assert len(serving(settings)) == 250


def test_an_empty_answer_with_200_is_no_empty_year(night, settings, publisher):
    night("grants:FY2020")
    publisher.faults.extend(Response(b"", status=200, content_type="application/json") for _ in range(100))
    done = night("grants:FY2020", at=TODAY + timedelta(weeks=6))
    assert done.slices[0].status == "failed"
    assert len(serving(settings)) == 250


def test_a_year_without_awards_makes_no_capture(night, settings):
    assert night("grants:FY2010").slices[0].status == "empty"
    assert Catalog(settings.landing_dir, as_of=None, edition="live").captures() == []


def test_a_year_that_lost_its_awards_is_rejected_and_the_last_capture_goes_on_serving(night, settings, publisher):
    good = night("grants:FY2020", at=datetime(2026, 11, 10, 6, tzinfo=UTC)).slices[0]
    assert good.status == "landed"
    publisher.awards.clear()
    lost = night("grants:FY2020", at=datetime(2026, 11, 20, 6, tzinfo=UTC)).slices[0]
    assert lost.status == "rejected"
    assert "0 records against" in lost.message
    assert f"{good.capture_id} goes on serving" in lost.message


def test_a_first_night_asks_for_every_year_of_both_groups_and_for_no_changes(settings):
    keys = set(slices(settings))
    years = range(2008, 2028)
    assert keys == {f"{group}:FY{year}" for group in ("grants", "direct_payments") for year in years}


def test_the_next_night_asks_for_what_changed_since_the_oldest_capture_with_a_week_of_overlap(night, settings):
    night("grants:FY2021", at=datetime(2026, 11, 10, 6, tzinfo=UTC))
    night("grants:FY2020", at=datetime(2026, 11, 20, 6, tzinfo=UTC))
    changed = slices(settings)["grants:changed"]
    # The newest change that any year shows is of 2021-05-01: the publisher may have lagged behind its own answer.
    assert changed.params["from"] == "2021-04-24"
    assert changed.params["to"] == "2026-11-23"
    assert changed.params["date_type"] == "last_modified_date"
    assert "direct_payments:changed" not in slices(settings)


def test_what_changed_comes_by_its_own_mark_once_there_is_one(night, settings, publisher):
    night("grants:FY2020", at=datetime(2026, 11, 20, 6, tzinfo=UTC))
    publisher.awards[0] = {**MANY[0], "Last Modified Date": "2026-11-21", "Award Amount": 5.0}
    done = night("grants:changed")
    # The changed one, the eight of the week before the newest of FY2020, and the later one of a year never captured.
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 10)
    assert slices(settings)["grants:changed"].params["from"] == "2026-11-14"
    amounts = {r["Award Amount"] for r in serving(settings) if r["Award ID"] == MANY[0]["Award ID"]}
    assert amounts == {"1001.5", "5.0"}, "both versions serve: staging keeps the newest"


def test_a_change_to_an_old_year_is_not_lost_when_a_newer_year_was_captured_later(night, settings, publisher):
    """The mark is the oldest capture's: a later capture of one year says nothing about the others."""
    publisher.awards[0] = {**MANY[0], "Last Modified Date": "2026-11-09"}
    night("grants:FY2020", at=datetime(2026, 11, 10, 6, tzinfo=UTC))
    publisher.awards[0] = {**MANY[0], "Last Modified Date": "2026-11-12"}
    publisher.awards.append(servers.award(950, signed="2026-11-21"))
    night("grants:FY2027", at=datetime(2026, 11, 22, 6, tzinfo=UTC))
    assert slices(settings)["grants:changed"].params["from"] == "2026-11-03"


def test_a_captured_year_is_asked_for_again_after_a_month_because_outlays_move_alone(night, settings):
    night("grants:FY2020")
    assert "grants:FY2020" not in slices(settings, at=datetime(2026, 12, 20, 6, tzinfo=UTC))
    assert "grants:FY2020" in slices(settings, at=datetime(2026, 12, 24, 6, tzinfo=UTC))
    later = datetime(2026, 12, 24, 6, tzinfo=UTC)
    assert night("grants:FY2020", at=later).slices[0].status == "unchanged"
    assert "grants:FY2020" not in slices(settings, at=datetime(2026, 12, 25, 6, tzinfo=UTC)), "checked yesterday"


def test_locations_are_flattened_lists_are_json_and_null_locations_leave_no_field(night, settings):
    night("grants:FY2020")
    record = next(r for r in serving(settings) if r["Award ID"] == "TEST000001")
    assert record["Recipient Location__state_code"] == "ZZ"
    assert json.loads(record["Assistance Listings"] or "") == MANY[0]["Assistance Listings"]
    assert record["def_codes"] == '["Q"]'
    assert record["Award Amount"] == "1001.5"
    assert record["Total Outlays"] == "0", "what 0 means is dbt's to say"
    assert not any(name.startswith("Primary Place") for name in record)


def test_every_field_that_comes_is_declared(night, settings):
    night("grants:FY2020")
    fields = Catalog(settings.landing_dir, as_of=None, edition="live").serving(AWARDS)[0].fields
    assert set(fields) <= set(AWARDS.fields)


def test_an_answer_without_results_is_named_and_not_taken_for_an_empty_one():
    payload = Payload(b'{"detail": "synthetic"}', "https://example.invalid/search", TODAY)
    with pytest.raises(SourceError, match=r"no results in the answer.*example\.invalid"):
        list(AWARDS.cut(payload))


def test_obligations_by_listing_come_by_type_group_and_fiscal_year(night, settings, publisher):
    done = night("FY2020", dataset=LISTINGS)
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 2)
    found = {(r["id"], r["type_group"]): r for r in serving(settings, LISTINGS)}
    assert set(found) == {("16.710", "grants"), ("16.606", "direct_payments")}
    assert float(found["16.710", "grants"]["obligation"] or 0) == sum(a["Award Amount"] for a in MANY)
    assert {r["fiscal_year"] for r in found.values()} == {"2020"}


@pytest.mark.real
def test_the_search_as_recorded_is_cut_into_its_awards(real: Path):
    body = (real / "usaspending/api_samples/search_results_grants.json").read_bytes()
    records = list(AWARDS.cut(Payload(body, "https://api.usaspending.gov/", TODAY)))
    assert [r["Award ID"] for r in records][:2] == ["NNM11AA01A", "NNX12AD05A"]
    first = records[0]
    assert len(records) == 3
    assert set(AWARDS.required) <= set(first)
    assert first["Award Amount"] == "156725919.62"
    assert first["Recipient UEI"] == "HB6KNGVNJRU1"
    assert first["Recipient Location__county_code"] == "089"
    assert first["Primary Place of Performance__zip4"] == "35805-1912"
    assert first["End Date"] is None
    assert json.loads(first["def_codes"] or "") == ["Q"]


@pytest.mark.real
def test_each_listings_own_record_gives_its_obligations_of_three_years(real: Path):
    files = sorted((real / "usaspending/assistance_listings").glob("*.json"))
    batches = [batch for path in files for batch in LISTINGS.read_file(path, TODAY)]
    assert {batch.slice.key for batch in batches} == {f"inventory:{listing}" for listing in usaspending.LISTINGS}
    records = [r for batch in batches for payload in batch.payloads for r in LISTINGS.cut(payload)]
    cops = {r["fiscal_year"]: r for r in records if r["id"] == "16.710"}
    assert cops["2024"]["obligation"] == "1029213389.6"
    assert cops["2023"]["outlay"] == "288225789.87"
    assert {r["sub_agency_name"] for r in records if r["id"] == "16.710"} == {"Boards and Divisions Offices"}


@pytest.mark.parametrize(("theirs", "ours"), [("code", "id"), ("name", "name"), ("amount", "obligation")])
def test_a_field_that_spending_by_listing_does_not_give_is_not_filled_in(theirs, ours):
    row = {"code": "16.710", "name": "Synthetic", "amount": 5.0, "total_outlays": None}
    context = {"fiscal_year": "2020", "type_group": "grants"}

    def cut(row: dict[str, object]) -> list[Record]:
        body = json.dumps({"results": [row]}).encode()
        return list(LISTINGS.cut(Payload(body, "https://example.invalid/cfda", TODAY, context=context)))

    assert cut(row) == [
        {"id": "16.710", "name": "Synthetic", "obligation": "5.0", "outlay": None, "fiscal_year": "2020",
         "type_group": "grants"}
    ]  # fmt: skip
    (found,) = cut({name: value for name, value in row.items() if name != theirs})
    assert ours not in found
    assert set(LISTINGS.required) - found.keys() == {ours}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("id", "id"), ("name", "name"), ("x", "fiscal_year"), ("usa_spending_actual", "obligation")],
)
def test_a_field_that_the_inventory_does_not_give_is_not_filled_in(theirs, ours):
    listing = {"id": "16.710", "name": "Synthetic", "outlays": [{"x": "2022", "outlay": 3.0}, {"x": "2023"}]}
    years = [{"x": year, "usa_spending_actual": 5.0} for year in ("2022", "2023")]
    bare = {name: value for name, value in listing.items() if name != theirs}
    bare["obligations"] = [{name: value for name, value in year.items() if name != theirs} for year in years]

    def cut(answer: dict[str, object]) -> list[Record]:
        return list(LISTINGS.cut(Payload(json.dumps(answer).encode(), "file:synthetic.json", TODAY, method="FILE")))

    whole = cut({**listing, "obligations": years})
    assert [record.get("outlay", "absent") for record in whole] == ["3.0", "absent"]
    assert all(set(LISTINGS.required) <= record.keys() for record in whole)
    assert all(set(LISTINGS.required) - record.keys() == {ours} for record in cut(bare))


def test_a_record_of_a_listing_that_was_not_asked_for_is_refused_by_name(tmp_path):
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"id": "99.999", "obligations": []}))
    with pytest.raises(SourceError, match=r"other\.json.*99\.999"):
        list(LISTINGS.read_file(path, TODAY))
