"""A live night: one source's bad night never stops the others, and each outcome is said.

What belongs here: the loop over slices against publishers on loopback. What does not: the publishers' own faults
(tests/sources), captures' form (test_captures).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_httpserver import HTTPServer

from orchestration import sources
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import FAILURES_BEFORE_GIVING_UP, capture_dataset
from orchestration.progress import listening
from orchestration.settings import Settings
from tests.sources.servers import Ncvs, empty_503

NCVS = sources.get("bjs/victimizations")
ROWS = [
    {"year": year, "hispanic": "1", "newoff": str(n % 5 + 1), "direl": "1", "notify": "1", "newwgt": "2.5"}
    for year in ("2019", "2020", "2021")
    for n in range(10)
]


@pytest.fixture
def publisher(httpserver: HTTPServer) -> Ncvs:
    return Ncvs(httpserver, ROWS)


@pytest.fixture
def live(publisher: Ncvs, tmp_path) -> Settings:
    return Settings(home=tmp_path / "home", edition="live", bjs_ncvs_url=publisher.url, contact="synthetic@example.org")


@pytest.fixture
def web() -> Callable[[Settings], Web]:
    def make(settings: Settings) -> Web:
        patience = Patience(deadline=5, attempts=3, first_wait=0.01, longest_wait=0.02, timeout=5)
        return Web(settings, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))

    return make


def night(live: Settings, web, *years: str):
    return capture_dataset(NCVS, live, slice_keys=years, web=web(live))


def test_a_night_captures_what_is_new_and_the_next_one_says_that_nothing_changed(live, web):
    first = night(live, web, "2019", "2020")
    assert [(s.slice, s.status) for s in first.slices] == [("2019", "landed"), ("2020", "landed")]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40)):
        second = night(live, web, "2019", "2020")
    assert [s.status for s in second.slices] == ["unchanged", "unchanged"]
    assert len(Catalog(live.landing_dir, as_of=None, edition="live").captures()) == 2
    assert "2 unchanged" in second.line()


def test_a_slice_that_fails_is_said_with_what_goes_on_serving_and_the_rest_is_asked_for(live, web, publisher):
    good = night(live, web, "2019").slices[0].capture_id
    publisher.faults.extend(empty_503() for _ in range(3))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=40)):
        later = night(live, web, "2019", "2020")
    failed, landed = later.slices
    assert (failed.status, failed.serving) == ("failed", good)
    assert "HTTP 503" in failed.message
    assert live.bjs_ncvs_url in failed.message
    assert landed.status == "landed"
    assert later.too_old == [], "its last good capture is young enough"


def test_a_failure_without_a_good_capture_young_enough_is_too_old(live, web, publisher):
    publisher.faults.extend(empty_503() for _ in range(3))
    assert night(live, web, "2019").too_old == ["2019"]


def test_a_publisher_that_is_down_is_not_asked_for_every_slice(live, web, publisher):
    publisher.faults.extend(empty_503() for _ in range(3 * FAILURES_BEFORE_GIVING_UP))
    down = night(live, web, "2019", "2020", "2021")
    assert [s.status for s in down.slices] == ["failed"] * 3
    assert "not asked for" in down.slices[-1].message
    assert len(publisher.asked) == 3 * FAILURES_BEFORE_GIVING_UP


def test_failures_with_an_answer_between_them_are_no_row(live, web, httpserver):
    class Moody(Ncvs):
        def answer(self, request, path):
            moody = any(year in request.args.get("$where", "") for year in ("2019", "2021"))
            return empty_503() if moody else super().answer(request, path)

    httpserver.clear_all_handlers()
    Moody(httpserver, [*ROWS, *({**row, "year": "2022"} for row in ROWS[:10])])
    mixed = night(live, web, "2019", "2020", "2021", "2022")
    assert [s.status for s in mixed.slices] == ["failed", "landed", "failed", "landed"]


def test_two_slices_that_always_fail_do_not_keep_the_others_from_being_requested(live, web, httpserver):
    class Broken(Ncvs):
        sick = ("1993", "1994")

        def answer(self, request, path):
            year = request.args["$where"].split("'")[1]
            return empty_503() if year in self.sick else super().answer(request, path)

    def years() -> list[str]:
        found = list(dict.fromkeys(request.args["$where"].split("'")[1] for request in broken.asked))
        broken.asked.clear()
        return found

    httpserver.clear_all_handlers()
    broken = Broken(httpserver, ROWS)
    # the day decides in which order slices come that were not asked for: on some days both come first again
    start = datetime(2026, 11, 21, 6, tzinfo=UTC)
    with time_machine.travel(start):
        capture_dataset(NCVS, live, web=web(live))
    assert years() == ["1993", "1994"], "the stalest come first, and the publisher looks down"
    for later in (1, 40, 80):
        with time_machine.travel(start + timedelta(days=later)):
            again = capture_dataset(NCVS, live, web=web(live))
        asked = years()
        assert {one.slice for one in again.slices if one.status == "failed"} == set(broken.sick)
        assert {*broken.sick, "2019", "2020", "2021"} <= set(asked), "each of them has its turn"
    broken.sick = tuple(asked)
    with time_machine.travel(start + timedelta(days=120)):
        capture_dataset(NCVS, live, web=web(live))
    assert len(years()) == FAILURES_BEFORE_GIVING_UP, "a publisher that is down is not asked more often"


def test_a_source_without_its_key_is_skipped_with_one_clear_line(tmp_path):
    settings = Settings(home=tmp_path, edition="live", contact="synthetic@example.org")
    lines: list[str] = []
    with listening(lines.append):
        skipped = capture_dataset(sources.get("fbi/agencies"), settings)
    assert [s.status for s in skipped.slices] == ["skipped"]
    assert "needs DATA_GOV_API_KEY" in skipped.slices[0].message
    assert len(lines) == 1


def test_a_slice_that_does_not_exist_is_refused_with_those_that_do(live, web):
    unknown = night(live, web, "1492")
    assert unknown.slices[0].status == "failed"
    assert "there are:" in unknown.slices[0].message


def test_our_own_tables_are_the_same_in_every_edition(tmp_path):
    settings = Settings(home=tmp_path, edition="live", contact="synthetic@example.org")
    (outcome,) = capture_dataset(sources.get("ledger/policy_events"), settings).slices
    assert outcome.status == "landed"
    assert outcome.records >= 66
    serving = Catalog(settings.landing_dir, as_of=None, edition="live").serving(sources.get("ledger/policy_events"))
    assert [c.kind for c in serving] == ["transcribed"]
