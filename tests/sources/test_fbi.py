"""The Crime Data Explorer over HTTP: one agency's series only, null is not zero, no key where it can be read.

What belongs here: what the two datasets ask and what they make of the answers. What does not: what a zero or a
negative count means (dbt).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime

import duckdb
import pytest
import servers
import time_machine
from pydantic import SecretStr
from werkzeug import Response

from orchestration.fetching.session import HostLimits, Web
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.progress import listening
from orchestration.refresh import plan
from orchestration.settings import Settings
from orchestration.sources import fbi, fbi_dates
from orchestration.sources.states import BY_POSTAL
from orchestration.wire import Payload, SourceError

AGENCIES, MONTHS, AREAS = fbi.Agencies(), fbi.AgencyMonths(), fbi.AreaMonths()
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

    def run(*slices: str, at: datetime = TODAY, dataset=MONTHS) -> DatasetRun:
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


@pytest.mark.parametrize(("body", "day"), [
    (b'{"UCR": "05/12/2026"}', "05/12/2026"),
    (b'"2026-05-12T00:00:00Z"', "2026-05-12T00:00:00Z"),
    (b"May 12, 2026", "May 12, 2026"),
    (b'{"message": "Internal server error"}', ""),
    (b"<html><body>Maintenance until 2026-05-13</body></html>", ""),
    (b"<p>2026</p>", ""),
    (b"null", ""),
])  # fmt: skip
def test_a_page_or_a_message_in_place_of_the_refresh_date_is_none(body, day):
    assert fbi_dates.date_in(body) == day


SECOND = fbi.study_agencies()[1]["ori"]


def test_over_the_rate_limit_ends_the_night_at_once_is_said_once_and_the_next_night_goes_on(night, publisher, settings):
    publisher.left = 12
    lines: list[str] = []
    with listening(lines.append):
        done = night(FIRST, SECOND)
    assert [(s.slice, s.status) for s in done.slices] == [(FIRST, "landed"), ("*", "skipped")]
    assert "403 OVER_RATE_LIMIT" in done.slices[1].message
    assert "1 left for the next run" in done.slices[1].message
    assert sum("OVER_RATE_LIMIT" in line for line in lines) == 1
    # One refused request is the last; nothing of the agency that was cut off is kept.
    assert len(publisher.asked) == 13
    assert {r["ori"] for r in serving(settings)} == {FIRST}
    assert done.too_old == []
    publisher.left = None
    publisher.asked.clear()
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MONTHS)
    assert MONTHS.slices(settings, known)[-1].key == FIRST
    done = night(SECOND, at=datetime(2026, 5, 19, 6, tzinfo=UTC))
    assert [(s.slice, s.status) for s in done.slices] == [(SECOND, "landed")]


def test_an_agency_that_has_waited_too_long_is_told_though_the_night_ended_without_a_fault(night, publisher):
    night(FIRST)
    publisher.left = 0
    done = night(FIRST, SECOND, at=datetime(2026, 8, 1, 6, tzinfo=UTC))
    assert [s.status for s in done.slices] == ["skipped"]
    # The second was never captured: it waits for its first turn, and has not grown old.
    assert done.too_old == [FIRST]


@pytest.mark.parametrize("header", [{}, {"Retry-After": "0"}, {"Retry-After": "Mon, 18 May 2026 06:00:01 GMT"}])
def test_429_is_waited_out_with_and_without_a_retry_after(night, publisher, header):
    publisher.faults.extend(Response(b"{}", 429, header, content_type="application/json") for _ in range(2))
    assert night(FIRST).slices[0].records == 6


def test_429_that_does_not_end_or_asks_for_more_than_a_quarter_of_an_hour_ends_the_night(night, publisher):
    publisher.faults.append(Response(b"{}", 429, {"Retry-After": "3600"}, content_type="application/json"))
    done = night(FIRST, SECOND)
    assert [(s.slice, s.status) for s in done.slices] == [("*", "skipped")]
    assert "the rate limit is reached (429): 2 left for the next run" in done.slices[0].message


def test_a_refused_key_is_a_fault_that_names_the_key_and_no_end_of_the_night(night, publisher, settings):
    publisher.faults.extend(servers.as_json({"error": {"code": "API_KEY_INVALID"}}, 403) for _ in range(9))
    done = night(FIRST, SECOND)
    assert [s.status for s in done.slices] == ["failed", "failed"]
    assert "is DATA_GOV_API_KEY valid?" in done.slices[0].message


def test_what_the_publisher_says_is_left_of_the_hour_is_believed_before_an_agency_is_begun(night, publisher):
    # One request for the refresh date and eight for the first agency leave six, two too few for the second.
    publisher.left, publisher.tells_what_is_left = 15, True
    done = night(FIRST, SECOND)
    assert [(s.slice, s.status) for s in done.slices] == [(FIRST, "landed"), ("*", "skipped")]
    assert "6 requests are left of the hour" in done.slices[1].message
    assert publisher.left == 6


def test_the_budget_of_an_hour_is_shared_by_all_that_ask_with_the_key(settings, publisher, tmp_path):
    limits = HostLimits(clock=lambda: 0.0)
    tight = settings.model_copy(update={"fbi_requests_an_hour": 24})

    def ask(dataset, *slices):
        with time_machine.travel(TODAY, tick=True):
            return capture_dataset(dataset, tight, slice_keys=slices, web=Web(tight, limits=limits))

    assert [s.status for s in ask(AGENCIES, STATE).slices] == ["landed"]
    third = fbi.study_agencies()[2]["ori"]
    done = ask(MONTHS, FIRST, SECOND, third)
    assert [s.status for s in done.slices] == ["landed", "landed", "skipped"]
    said = done.slices[2].message
    assert "the run's 24 requests are spent (CLAWBACK_FBI_REQUESTS_AN_HOUR), but 4 kept for the control series" in said
    assert len(publisher.asked) == 18
    # The six that are left are too few for an area's eight: nothing is begun that cannot be ended.
    assert [s.status for s in ask(AREAS, "US").slices] == ["skipped"]
    assert len(publisher.asked_for("/national/")) == 0


def test_agencies_leave_the_control_series_their_share_until_it_is_spent(settings, publisher):
    limits = HostLimits(clock=lambda: 0.0)
    tight = settings.model_copy(update={"fbi_requests_an_hour": 48})
    publisher.areas["US", "HOM"] = {"01-2026": 1}
    oris = [a["ori"] for a in fbi.study_agencies()[:6]]

    def ask(dataset, *slices):
        with time_machine.travel(TODAY, tick=True):
            return capture_dataset(dataset, tight, slice_keys=slices, web=Web(tight, limits=limits)).slices

    assert [s.status for s in ask(MONTHS, *oris)] == ["landed"] * 4 + ["skipped"]
    assert [s.status for s in ask(AREAS, "US")] == ["landed"]
    # 1 + 32 + 1 + 8 are spent: what was kept for the areas is not kept twice, and six are too few for an agency.
    [over] = ask(MONTHS, oris[4])
    assert "kept for" not in over.message


def test_a_night_without_a_refresh_asks_one_question_and_says_it_once(night, publisher, monkeypatch):
    some = fbi.study_agencies()[:5]
    monkeypatch.setattr(fbi, "study_agencies", lambda: some)
    three = [a["ori"] for a in some[:3]]
    everyone = [a["ori"] for a in fbi.study_agencies()]
    night(*everyone)
    publisher.asked.clear()
    done = night(*everyone, at=datetime(2026, 5, 19, 6, tzinfo=UTC))
    assert [r.path.rpartition("/")[2] for r in publisher.asked] == ["refresh-date"]
    assert [s.status for s in done.slices] == ["empty", "empty"]
    assert done.slices[1].slice == "*"
    assert f"no refresh since 2026-05-06: {len(everyone) - 1} slices not asked for" in done.slices[1].message
    publisher.refreshed = "05/19/2026"
    publisher.asked.clear()
    night(*three, at=datetime(2026, 5, 20, 6, tzinfo=UTC))
    assert len(publisher.asked_for("/summarized/")) == 3 * len(fbi.OFFENSES)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"offenses": {"actuals": [1]}}, "actuals is list, not an object"),
        ({"offenses": {"actuals": {"A Police Offenses": {"2026-01": 1}}}}, "a month is '2026-01', not mm-yyyy"),
        ({"offenses": {"actuals": {"A Police Counts": {"01-2026": 1}}}}, "expected one agency's series"),
    ],
)
def test_a_changed_shape_rejects_the_capture_keeps_the_bytes_and_the_last_good_one_serves(
    night, publisher, settings, monkeypatch, body, said
):
    night(FIRST)
    publisher.refreshed = "06/06/2026"
    monkeypatch.setattr(publisher, "_months", lambda *_: servers.as_json(body))
    done = night(FIRST, at=datetime(2026, 6, 10, 6, tzinfo=UTC))
    assert done.slices[0].status == "rejected"
    assert said in done.slices[0].message
    assert len(serving(settings)) == 6


def test_a_fall_of_nine_tenths_is_rejected_and_the_months_of_before_go_on_serving(night, publisher, settings):
    publisher.counts[FIRST, "HOM"] = {f"{m:02}-{y}": 1 for y in (2024, 2025) for m in range(1, 13)}
    night(FIRST)
    publisher.refreshed = "06/06/2026"
    publisher.counts[FIRST, "HOM"] = {"01-2026": 1}
    publisher.counts[FIRST, "ROB"] = {"01-2026": 1}
    done = night(FIRST, at=datetime(2026, 6, 10, 6, tzinfo=UTC))
    assert done.slices[0].status == "rejected"
    assert "2 records against 27 last time" in done.slices[0].message
    assert len(serving(settings)) == 27


def all_offenses(months: int, silent: Callable[[int], bool]) -> dict[str, dict[str, int | None]]:
    """Counts of every offense in so many months from January 2016 on; none in the months that are silent."""
    named = [f"{n % 12 + 1:02}-{2016 + n // 12}" for n in range(months)]
    return {o: {m: None if silent(n) else 5 + n % 3 for n, m in enumerate(named)} for o in fbi.OFFENSES}


def test_an_agency_that_sends_nothing_for_months_is_known_to_have_sent_nothing(night, publisher, settings):
    """New Haven's four newest months were empty in autumn 2026, and every month before them was as in May."""
    publisher.add(
        FIRST, "Testville Police Department", STATE, BY_POSTAL[STATE].name, all_offenses(124, lambda n: False)
    )
    night(FIRST)
    publisher.add(
        FIRST, "Testville Police Department", STATE, BY_POSTAL[STATE].name, all_offenses(128, lambda n: n >= 124)
    )
    publisher.refreshed = "09/06/2026"
    done = night(FIRST, at=datetime(2026, 9, 10, 6, tzinfo=UTC))
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 128 * len(fbi.OFFENSES))
    silent = {r["month"] for r in serving(settings) if r["actual"] is None}
    assert silent == {"05-2026", "06-2026", "07-2026", "08-2026"}


def test_months_that_had_counts_and_lost_them_are_rejected_whatever_came_after(night, publisher, settings):
    publisher.add(
        FIRST, "Testville Police Department", STATE, BY_POSTAL[STATE].name, all_offenses(124, lambda n: False)
    )
    night(FIRST)
    publisher.add(
        FIRST, "Testville Police Department", STATE, BY_POSTAL[STATE].name, all_offenses(128, lambda n: n in (3, 4))
    )
    publisher.refreshed = "09/06/2026"
    done = night(FIRST, at=datetime(2026, 9, 10, 6, tzinfo=UTC))
    lost, before = 2 * len(fbi.OFFENSES), 124 * len(fbi.OFFENSES)
    assert done.slices[0].status == "rejected"
    assert f"'actual' is empty in {lost} of {before} records that came before" in done.slices[0].message
    assert not [r for r in serving(settings) if r["actual"] is None]


@pytest.mark.parametrize(
    ("newest", "status"), [("6/2026", "landed"), ("2026-06", "rejected"), ("June 2026", "rejected")]
)
def test_a_newest_month_that_cannot_be_read_is_no_missing_one(night, publisher, newest, status):
    """What stands in the months after it is no count, so an answer that does not tell them is not read."""
    publisher.newest = newest
    for dataset, slice_key in ((MONTHS, FIRST), (AREAS, "CA")):
        publisher.areas = {("CA", offense): {"03-2026": 1, "04-2026": 0} for offense in fbi.OFFENSES}
        (done,) = night(slice_key, dataset=dataset).slices
        assert done.status == status
        assert ("'max_data_date' is not a month (mm/yyyy)" in done.message) == (status == "rejected")


def test_an_areas_months_are_its_own_with_their_level_and_never_an_agencys(night, publisher, settings):
    publisher.areas["CA", "HOM"] = {"01-2026": 150, "02-2026": None}
    publisher.areas["US", "HOM"] = {"01-2026": 1500}
    done = night("US", "CA", dataset=AREAS)
    assert [(s.slice, s.status, s.records) for s in done.slices] == [("US", "landed", 1), ("CA", "landed", 2)]
    found = {(r["level"], r["area"], r["month"]): r["actual"] for r in serving(settings, AREAS)}
    assert found == {("nation", "US", "01-2026"): "1500", ("state", "CA", "01-2026"): "150",
                     ("state", "CA", "02-2026"): None}  # fmt: skip
    assert "ori" not in serving(settings, AREAS)[0]


def test_a_state_whose_own_series_is_missing_is_refused_and_not_taken_from_the_nation():
    body = {"offenses": {"actuals": {"United States Offenses": {"01-2026": 1}}}}
    payload = Payload(json.dumps(body).encode(), "https://example.invalid/", TODAY,
                      context={"level": "state", "area": "CA", "offense_code": "HOM"})  # fmt: skip
    with pytest.raises(SourceError, match="CA HOM: no series of California"):
        list(AREAS.cut(payload))


def test_areas_leave_most_of_the_nights_budget_to_the_agencies(settings):
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(AREAS)
    tonight = AREAS.slices(settings, known)
    assert len(tonight) * len(fbi.OFFENSES) <= settings.fbi_requests_an_hour / 6
    assert len(AREAS.all_slices()) == 53


class TestWhoseMonthsAreAskedFor:
    """The study's agencies, and those that the last release chose by awards, lists and people."""

    @pytest.fixture
    def release(self, settings) -> Settings:
        settings.published_dir.mkdir(parents=True)
        with duckdb.connect(str(settings.published_file)) as connection:
            connection.execute("create schema meta")
            connection.execute("create table meta.agency_choice as select 'SY0000001' as ori, 'CA' as state_code")
        return settings

    def known(self, settings):
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        return catalog.known(MONTHS, published=settings.published_file)

    def test_before_the_first_release_the_studys_alone(self, settings):
        assert set(fbi.wanted_agencies(self.known(settings))) == {a["ori"] for a in fbi.study_agencies()}

    def test_then_the_releases_choice_beside_them(self, release):
        wanted = fbi.wanted_agencies(self.known(release))
        assert wanted["SY0000001"] == "CA"
        assert len(wanted) == len(fbi.study_agencies()) + 1
        assert "SY0000001" in {s.key for s in MONTHS.slices(release, self.known(release))}

    def test_a_plan_shows_them(self, release):
        (planned,) = plan.plan(release, ["fbi/agency_months"], [], None)
        assert "SY0000001" in planned.slices

    def test_a_night_asks_for_them(self, release, publisher, night):
        publisher.add("SY0000001", "Chosen Police", "CA", "California", {"HOM": {"01-2026": 1}})
        assert [(s.slice, s.records) for s in night("SY0000001").slices] == [("SY0000001", 1)]

    def test_a_release_of_an_older_version_has_no_choice_to_tell(self, release):
        with duckdb.connect(str(release.published_file)) as connection:
            connection.execute("drop table meta.agency_choice")
        assert set(fbi.wanted_agencies(self.known(release))) == {a["ori"] for a in fbi.study_agencies()}


def test_the_stalest_agencies_come_first(night, settings):
    every = [a["ori"] for a in fbi.study_agencies()]
    night(FIRST)
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MONTHS)
    tonight = [slice_.key for slice_ in MONTHS.slices(settings, known)]
    assert tonight[-1] == FIRST
    assert sorted(tonight) == sorted(every)
    assert settings.fbi_requests_an_hour < 1000


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
