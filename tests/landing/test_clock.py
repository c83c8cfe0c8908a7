"""A clock that is set back: later captures stay later, and a clock that cannot be right fetches nothing."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.land import Outcome
from orchestration.settings import Settings
from orchestration.sources import usaspending
from orchestration.sources.base import Slice, due
from orchestration.wire import Payload

NCVS = sources.get("bjs/victimizations")


def fetch(settings: Settings, weight: str) -> Outcome:
    """What the publisher shows now, by this machine's clock."""
    row = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "newoff": "1", "weight": weight}
    payload = Payload(
        json.dumps([row]).encode(), "https://synthetic.invalid/rows", datetime.now(UTC).replace(microsecond=0)
    )
    return land.write(NCVS, Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-11-27T12:00:00Z", "2026-11-26T12:00:00Z"),
        # the hour that New York has twice is two hours of UTC
        ("2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z"),
        ("2026-10-01T00:00:00Z", "2026-09-30T23:59:59Z"),
    ],
)
def test_the_capture_that_was_fetched_later_serves(settings, first, second):
    with time_machine.travel(first, tick=False):
        before = fetch(settings, "1").capture
    with time_machine.travel(second, tick=False):
        after = fetch(settings, "2").capture
        (serving,) = Catalog(settings.landing_dir, as_of=None, edition="live").serving(NCVS)
    assert after.capture_id != before.capture_id
    assert serving.capture_id == after.capture_id > before.capture_id
    assert (after.retrieved_at - before.retrieved_at).total_seconds() == 1
    assert after.note == f"this machine's clock said {second}: dated after the capture before it"
    # what was sent keeps the time that the clock told
    assert after.payloads[0].retrieved_at == datetime.fromisoformat(second)


def test_what_is_asked_every_night_is_asked_after_a_night_whose_clock_was_ahead(settings):
    slices = [Slice("2016")]
    with time_machine.travel("2026-11-27T12:00:00Z", tick=False):
        fetch(settings, "1")
    with time_machine.travel("2026-11-26T12:00:00Z", tick=False):
        known = Catalog(settings.landing_dir, as_of=None, edition="live").known(NCVS)
        assert due(slices, known) == slices
        # what is asked once a month was asked within the month, by either clock
        assert due(slices, known, timedelta(days=30)) == []


def test_a_clock_in_order_leaves_no_note(settings):
    with time_machine.travel("2026-11-01T05:30:00Z", tick=False):
        fetch(settings, "1")
    with time_machine.travel("2026-11-01T06:30:00Z", tick=False):
        after = fetch(settings, "2").capture
    assert after.note is None
    assert after.retrieved_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_nothing_is_fetched_by_a_clock_that_contradicts_what_is_there(settings, web_for):
    with time_machine.travel("2031-01-01T00:00:00Z", tick=False):
        ahead = fetch(settings, "1").capture
    live = Settings(home=settings.home, edition="live", bjs_ncvs_url="http://127.0.0.1:9/none")
    with time_machine.travel("2026-11-28T00:00:00Z", tick=True):
        night = capture_dataset(NCVS, live, web=web_for(live))
        (one,) = night.slices
        told = Catalog(live.landing_dir, as_of=None, edition="live").status(NCVS)
    assert (one.slice, one.status) == ("*", "failed")
    assert one.message.startswith("this machine's clock says 2026-11-28 00:00 UTC, but")
    assert ahead.capture_id in one.message
    assert "set the clock" in told.why
    # a day's correction is borne
    with time_machine.travel("2030-12-31T12:00:00Z", tick=False):
        assert fetch(settings, "2").capture.retrieved_at > ahead.retrieved_at


def test_the_fiscal_year_begins_in_october_by_utc_wherever_the_machine_is(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        with time_machine.travel("2026-09-30T23:59:59Z", tick=False):
            assert max(usaspending.fiscal_years()) == 2026
        with time_machine.travel("2026-10-01T00:00:00Z", tick=False):
            assert max(usaspending.fiscal_years()) == 2027
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_as_of_day_ends_at_midnight_utc(settings):
    with time_machine.travel("2026-09-30T23:59:59Z", tick=False):
        last = fetch(settings, "1").capture
    with time_machine.travel("2026-10-01T00:00:00Z", tick=False):
        fetch(settings, "2")
    (serving,) = Catalog(settings.landing_dir, as_of=date(2026, 9, 30), edition="live").serving(NCVS)
    assert serving.capture_id == last.capture_id
