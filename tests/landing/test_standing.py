"""What failed is said the next morning, by everything that speaks of sources, and by all of them alike.

What belongs here: nights, backfills and imports that fail, against publishers on loopback and files of our own, and
what the landing folder then tells. What does not: how a night goes on (test_dataset_run), what a whole refresh prints
(tests/orchestration).
"""

from __future__ import annotations

import itertools
import json
import os
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import duckdb
import pytest
import time_machine
from pytest_httpserver import HTTPServer

from orchestration import sources
from orchestration.assets import capture as assets
from orchestration.assets.options import RefreshOptions
from orchestration.doctor.examination import examine
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing import attempts, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.imports import import_files
from orchestration.landing.standing import SourceStatus
from orchestration.recorded.workbooks import workbook
from orchestration.settings import Settings
from orchestration.sources import bjs
from tests.conftest import clawback
from tests.sources.servers import Ncvs, empty_503

NCVS, ICE = sources.get("bjs/victimizations"), sources.get("ice/agreements_287g")
ROWS = [
    {"year": year, "hispanic": "1", "newoff": str(n % 5 + 1), "direl": "1", "notify": "1", "newwgt": "2.5"}
    for year in ("2019", "2020", "2021")
    for n in range(10)
]
FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def publisher(httpserver: HTTPServer) -> Ncvs:
    return Ncvs(httpserver, ROWS)


@pytest.fixture
def live(publisher: Ncvs, tmp_path) -> Settings:
    return Settings(home=tmp_path / "home", edition="live", bjs_ncvs_url=publisher.url, contact="synthetic@example.org")


def night(live: Settings, days: int, *years: str, **more: str):
    """The night so many days after the first."""
    patience = Patience(deadline=5, attempts=3, first_wait=0.01, longest_wait=0.02, timeout=5)
    with time_machine.travel(FIRST + timedelta(days=days)):
        web = Web(live, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))
        return capture_dataset(NCVS, live, slice_keys=years, web=web, **more)


def catalog(live: Settings, as_of: date | None = None) -> Catalog:
    return Catalog(live.landing_dir, as_of=as_of, edition=live.edition)


def told(live: Settings, as_of: date | None = None) -> SourceStatus:
    return catalog(live, as_of).status(NCVS)


def fails(publisher: Ncvs, slices: int) -> None:
    publisher.faults.extend(empty_503() for _ in range(3 * slices))


def day(status: SourceStatus) -> str | None:
    return f"{status.failed_since:%Y-%m-%d}" if status.failed_since else None


def test_a_slice_that_failed_says_since_when_and_why_until_it_comes(live, publisher):
    night(live, 0, "2019", "2020")
    assert (told(live).state, told(live).is_fine) == ("serving", True)
    fails(publisher, 1)
    night(live, 40, "2019", "2020")
    fails(publisher, 1)
    night(live, 41, "2019")
    morning = told(live)
    assert (morning.state, morning.failed, day(morning)) == ("failing", 1, "2026-04-10")
    assert "failed 2019: " in morning.why
    assert "HTTP 503" in morning.why
    assert f"{morning.newest:%Y-%m-%d}" == "2026-03-01", "what serves is named beside it"
    assert "since 2026-04-10" in morning.line()
    # a night that asks for other slices says nothing of this one
    night(live, 42, "2020")
    assert told(live).failed == 1
    night(live, 43, "2019")
    assert (told(live).state, told(live).failed, told(live).why) == ("serving", 0, None)


def test_a_fault_of_the_whole_ends_with_the_next_run_though_nothing_is_due(live, publisher):
    """A slice that does not exist, or a clock that was wrong: neither is known of any slice."""
    night(live, 0)
    night(live, 1, "1492")
    assert (told(live).state, told(live).failed) == ("failing", 1)
    assert night(live, 2).slices == []
    assert (told(live).state, told(live).failed, told(live).why) == ("serving", 0, None)
    folder = live.landing_dir / "bjs" / "victimizations"
    lines = len(attempts.attempted(folder))
    night(live, 3)
    assert len(attempts.attempted(folder)) == lines, "a run that requests nothing leaves no line"


def test_a_slice_that_left_the_list_is_open_no_longer(live, publisher, monkeypatch):
    night(live, 0)
    fails(publisher, 2)
    night(live, 40, "2018", "2019")
    assert told(live).failed == 2
    # the list begins later now, and 2018 is requested no more
    monkeypatch.setattr(bjs, "FIRST_YEAR", 2019)
    # a run of one slice knows nothing of the list
    night(live, 41, "2020")
    assert told(live).failed == 2
    fails(publisher, 1)
    night(live, 42)
    assert (told(live).failed, "2018" in (told(live).why or "")) == (1, False)
    assert told(live, date(2026, 4, 11)).failed == 2, "what a past day knew stays"
    folder = live.landing_dir / "bjs" / "victimizations"
    lines = len(attempts.attempted(folder))
    night(live, 43)
    assert told(live).failed == 0
    # and the fault of a slice that left ends also where nothing else is due
    fails(publisher, 1)
    night(live, 44, "2019")
    monkeypatch.setattr(bjs, "FIRST_YEAR", 2020)
    night(live, 45)
    assert told(live).failed == 1, "it answered two days ago: it may be only not due"
    monkeypatch.setattr(attempts, "NOT_DUE_AT_MOST", timedelta(days=1))
    assert night(live, 46).slices == []
    assert (told(live).failed, len(attempts.attempted(folder))) == (0, lines + 3)


def test_what_failed_or_was_answered_by_a_clock_far_ahead_is_not_the_last_word(live, publisher):
    """A year ahead no certificate is valid: every slice fails; or the publisher answers, and nothing is new."""
    night(live, 0, "2019", "2020")
    fails(publisher, 1)
    night(live, 365, "2019", "2020")
    assert told(live, date(2027, 6, 1)).failed == 1
    # the clock is right again: 2020, which was answered "next year", is due in its turn
    before = (live.landing_dir / "bjs" / "victimizations" / attempts.ATTEMPTS_FILE).read_text()
    asked = {one.slice: one.status for one in night(live, 32).slices}
    now = (live.landing_dir / "bjs" / "victimizations" / attempts.ATTEMPTS_FILE).read_text()
    assert now.startswith(before), "a clock that is behind now would else alter what is true"
    assert (asked["2019"], asked["2020"]) == ("unchanged", "unchanged")
    # and when the day that the clock named has come
    for days in (32, 366):
        with time_machine.travel(FIRST + timedelta(days=days)):
            assert (told(live).state, told(live).failed) == ("serving", 0)


def test_a_past_day_knows_its_own_failures_only(live, publisher):
    night(live, 0, "2019")
    fails(publisher, 1)
    night(live, 40, "2019")
    night(live, 41, "2019")
    states = [told(live, date(2026, 4, d)).state for d in (9, 10, 11)]
    assert states == ["serving", "failing", "serving"]


def test_slices_that_were_not_asked_for_because_the_publisher_is_down_have_failed_too(live, publisher):
    fails(publisher, 2)
    assert night(live, 0, "2019", "2020", "2021").too_old == ["2019", "2020", "2021"]
    morning = told(live)
    assert (morning.state, morning.failed, morning.too_old) == ("nothing captured", 3, ["2019", "2020", "2021"])
    assert "older than allowed: 2019, 2020, 2021" in morning.line()


def test_a_backfill_that_fails_is_kept_like_a_night(live, publisher):
    fails(publisher, 1)
    night(live, 0, partition="2019")
    folder = live.landing_dir / "bjs" / "victimizations"
    (line,) = attempts.attempted(folder)
    assert (line["way"], line["asked"], told(live).failed) == ("backfill", 1, 1)


def test_a_source_without_its_key_is_skipped_and_the_recorded_edition_does_not_say_otherwise(tmp_path):
    settings = Settings(home=tmp_path, edition="live", contact="synthetic@example.org")
    agencies = sources.get("fbi/agencies")
    capture_dataset(agencies, settings)
    status = catalog(settings).status(agencies)
    assert (status.state, status.skipped, status.failed) == ("nothing captured", 1, 0)
    assert "needs DATA_GOV_API_KEY" in status.why
    recorded = Settings(home=tmp_path, edition="recorded")
    capture_dataset(agencies, recorded)
    status = catalog(recorded).status(agencies)
    assert status.state == "skipped"
    assert "needs DATA_GOV_API_KEY" in status.why


def test_every_face_tells_the_same(live, publisher):
    night(live, 0, "2019", "2020")
    fails(publisher, 1)
    night(live, 40, "2019")
    status = told(live)
    with duckdb.connect() as connection:
        raw_views.create(connection, catalog(live), [NCVS])
        published = connection.execute(
            "select state, slices_failed, slices_skipped, slices_too_old, failed_since, reason from raw.standing"
        ).fetchall()
    since = status.failed_since.replace(tzinfo=None)
    assert published == [(status.state, 1, 0, 0, since, status.why)]
    assert [f.says for f in examine(live) if f.what == "source"] == [status.line()]
    said = clawback(live.root, "status", "--json", CLAWBACK_EDITION="live")
    (row,) = [row for row in json.loads(said.stdout)["sources"] if row["dataset"] == NCVS.id]
    assert (row["state"], row["failed"], row["why"]) == (status.state, 1, status.why)
    # the one who asks without --live the next morning is told too
    (row,) = [
        r for r in json.loads(clawback(live.root, "status", "--json").stdout)["sources"] if r["dataset"] == NCVS.id
    ]
    assert row["state"] == "failing"


def test_dagster_says_that_an_earlier_night_failed(live, publisher, monkeypatch):
    for name, value in (("HOME", live.root), ("BJS_NCVS_URL", publisher.url), ("CONTACT", "synthetic@example.org")):
        monkeypatch.setenv(f"CLAWBACK_{name}", str(value))
    fails(publisher, 1)
    night(live, 0, "2019")
    options = RefreshOptions(edition="live", landing=str(live.landing_dir), slices=[f"{NCVS.id}=2020"])
    nightly = assets.capture_assets(NCVS)[-1]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([nightly], resources={"options": options}, instance=instance)
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    (event,) = result.asset_materializations_for_node(nightly.node_def.name)
    assert event.metadata["state"].value == "failing"
    assert event.metadata["standing"].value == told(live).line()
    assert "failed 2019: " in told(live).why


def test_a_partition_of_a_backfill_that_nobody_was_asked_for_is_not_filled(tmp_path, monkeypatch):
    """Dagster would show it as done, and nothing would ask for it again."""
    monkeypatch.setenv("CLAWBACK_HOME", str(tmp_path))
    monkeypatch.delenv("DATA_GOV_API_KEY", raising=False)
    backfill = assets.capture_assets(sources.get("fbi/agencies"))[0]
    options = RefreshOptions(edition="live", landing=str(tmp_path / "landing"))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [backfill], partition_key="VT", resources={"options": options}, instance=instance, raise_on_error=False
        )
    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert "needs DATA_GOV_API_KEY" in failed.step_failure_data.user_failure_data.description
    assert list(result.asset_materializations_for_node(backfill.node_def.name)) == []


def test_the_first_night_that_only_fails_changes_what_is_published_and_the_next_alike_does_not(live, publisher):
    night(live, 0, "2019")
    prints = [catalog(live).fingerprint([NCVS])]
    for later in (40, 41):
        fails(publisher, 1)
        night(live, later, "2019")
        prints.append(catalog(live).fingerprint([NCVS]))
    night(live, 42, "2019")
    prints.append(catalog(live).fingerprint([NCVS]))
    quiet, failed, failed_alike, good = prints
    assert failed != quiet
    assert failed_alike == failed
    assert good == quiet


def book(agencies: int, *headers: str) -> bytes:
    rows = [["OHIO", f"Synthetic {n} Police Department", "Task Force Model", "2020-01-01"] for n in range(agencies)]
    return workbook([list(headers), *rows])


def test_an_older_file_that_is_refused_does_not_make_the_newest_stale(tmp_path):
    settings = Settings(home=tmp_path / "home", edition="live")
    headers = ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED")
    good, bad, worse = (tmp_path / f"{name}.xlsx" for name in ("good", "bad", "worse"))
    good.write_bytes(book(50, *headers))
    bad.write_bytes(book(50, "STATE", "SOMEBODY", "SUPPORT TYPE", "SIGNED"))
    worse.write_bytes(b"synthetic: no workbook")
    (taken,) = import_files(ICE, [good], settings, retrieved_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert taken.ok, taken.messages
    (refused,) = import_files(ICE, [bad], settings, retrieved_at=datetime(2024, 6, 1, tzinfo=UTC))
    assert not refused.ok
    status = catalog(settings).status(ICE)
    assert (status.state, status.rejected) == ("serving", 1)
    assert "file bad.xlsx" in status.why, "that it was not taken is said"
    assert str(tmp_path) not in status.why
    import_files(ICE, [worse], settings, retrieved_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert catalog(settings).status(ICE).state == "stale", "a later one was refused"
    worse.write_bytes(book(52, *headers))
    import_files(ICE, [worse], settings, retrieved_at=datetime(2025, 7, 1, tzinfo=UTC))
    status = catalog(settings).status(ICE)
    assert status.state == "serving"
    assert "worse.xlsx" not in status.why


class TestRecord:
    """The file itself."""

    def add(self, folder, bad=(), good=(), **more):
        attempts.record(folder, way="nightly", edition="live", asked=1, bad=bad, good=good, **more)

    def open(self, folder):
        return attempts.opened(attempts.attempted(folder))

    def test_a_line_that_a_kill_cut_short_costs_itself_alone(self, tmp_path):
        self.add(tmp_path, [("2019", "failed", "one")])
        path = tmp_path / attempts.ATTEMPTS_FILE
        whole = path.read_bytes()
        for cut in (1, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole + whole[:cut])
            assert [one.slice for one in self.open(tmp_path)] == ["2019"]
            self.add(tmp_path, [("2020", "failed", "two")])
            assert [one.slice for one in self.open(tmp_path)] == ["2019", "2020"]

    def test_thousands_of_slices_a_night_stay_within_bounds_and_since_is_kept(self, tmp_path):
        slices = [f"synthetic slice {n}" for n in range(3000)]
        with time_machine.travel(FIRST, tick=False):
            self.add(tmp_path, [(s, "failed", f"{s} does not answer: {'x' * 500}") for s in slices], too_old=slices[:1])
        for later in range(1, 12):
            with time_machine.travel(FIRST + timedelta(days=later), tick=False):
                self.add(tmp_path, [(s, "failed", f"{s} does not answer: {'x' * 500}") for s in slices[:2999]])
        assert (tmp_path / attempts.ATTEMPTS_FILE).stat().st_size <= attempts.LARGEST_FILE
        found = self.open(tmp_path)
        assert [one.slice for one in found] == sorted(slices)
        assert {one.since for one in found} == {FIRST}
        assert max(len(one.reason) for one in found) <= attempts.LONGEST_REASON

    def test_the_whole_dataset_is_open_until_a_usual_night_comes_through(self, tmp_path):
        self.add(tmp_path, [("*", "failed", "the list of slices did not come")])
        self.add(tmp_path, good=["2019"])
        assert [one.slice for one in self.open(tmp_path)] == ["*"]
        self.add(tmp_path, good=["2019"], whole=True)
        assert self.open(tmp_path) == []

    def test_no_reason_names_the_home(self, tmp_path):
        self.add(tmp_path / "home", [("2019", "failed", f"{tmp_path}/home/landing/x is full")], home=tmp_path / "home")
        text = (tmp_path / "home" / attempts.ATTEMPTS_FILE).read_text()
        assert str(tmp_path) not in text
        assert os.sep + "landing" in text
