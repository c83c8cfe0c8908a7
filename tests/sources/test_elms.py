"""Chicago's eLMS: pages of 500, its own count as control total, and an order that many matters share.

What belongs here: the publisher on loopback. What does not: which of two records of one number stands (dbt).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from council_servers import Elms, record

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings
from orchestration.wire import Payload, SourceError

MATTERS = sources.get("elms/matters")
TODAY = datetime(2026, 11, 24, 6, tzinfo=UTC)


@pytest.fixture
def publisher(httpserver) -> Elms:
    return Elms(httpserver, [record(n) for n in range(1, 1002)])


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    return Settings(edition="live", home=tmp_path, chicago_elms_url=publisher.url)


@pytest.fixture
def night(settings, web_for) -> Callable[..., DatasetRun]:
    def run(*slices: str, at: datetime = TODAY) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(MATTERS, settings, slice_keys=slices, web=web_for(settings))

    return run


def test_pages_of_five_hundred_add_up_to_the_publishers_count(night, settings, publisher):
    (done,) = night().slices
    assert (done.slice, done.status, done.records) == ("chicago:all", "landed", 1001)
    assert [(r.args["skip"], r.args["top"]) for r in publisher.asked] == [
        ("0", "1"), ("0", "500"), ("500", "500"), ("1000", "500")]  # fmt: skip
    (capture,) = Catalog(settings.landing_dir, as_of=None, edition="live").serving(MATTERS)
    assert capture.control_totals == capture.counted == {"matters": 1001}


def test_a_count_that_the_pages_do_not_reach_rejects_the_capture(night, publisher):
    publisher.count_off_by = 3
    (done,) = night().slices
    assert done.status == "rejected"
    assert "1,001 matters, the publisher counts 1,004" in done.message


def test_a_matter_that_comes_twice_tells_that_another_was_left_out(night, publisher):
    publisher.is_unsteady = True
    (done,) = night().slices
    assert done.status == "failed"
    assert "1 of 1,002 records came twice over 3 pages" in done.message


def test_the_next_night_asks_for_what_was_published_since_less_an_overlap(night, settings, publisher):
    night()
    publisher.records.append(record(5000, published="2026-11-23"))
    publisher.asked.clear()
    at = TODAY + timedelta(days=1)
    (done,) = night(at=at).slices
    assert done.slice == "chicago"
    assert publisher.asked[0].args["filter"] == "lastPublicationDate gt 2026-10-30T01:02:03Z"
    assert done.status == "landed"
    with time_machine.travel(TODAY + timedelta(days=29)):
        known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MATTERS)
        assert [s.key for s in MATTERS.slices(settings, known)] == ["chicago", "chicago:all"]


def test_nothing_published_since_is_no_fault(night, publisher):
    night()
    publisher.records.clear()
    (done,) = night("chicago", at=TODAY + timedelta(days=1)).slices
    assert done.status == "empty"


def test_records_without_a_title_are_rejected_because_nothing_could_be_found_in_them(night, publisher):
    for number, held in enumerate(publisher.records):
        held["matterTitle"] = held.pop("title") + str(number)
    (done,) = night().slices
    assert done.status == "rejected"
    assert "missing: 'title'; not declared: 'matterTitle'" in done.message


@pytest.mark.parametrize(("body", "why"), [
    (b"<html>", "not JSON"),
    (b'{"message": "synthetic"}', "no list under 'data'"),
    (b'{"data": [1]}', "no matter"),
])  # fmt: skip
def test_an_answer_of_another_form_is_refused_with_its_address(body, why):
    with pytest.raises(SourceError, match=rf"{why}.*example\.invalid"):
        list(MATTERS.cut(Payload(body, "https://example.invalid/matter", TODAY)))
