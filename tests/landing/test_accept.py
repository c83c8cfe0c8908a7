"""Acceptance over time: marks, the year's volume, answers that repeat themselves, what a person may accept.

What belongs here: what a capture is compared with, by the real writer and catalog. What does not: what a record must
look like (test_readable), which snapshots are put on hold (test_on_hold).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from orchestration import sources
from orchestration.landing import accept, imports
from orchestration.landing.catalog import Catalog
from orchestration.landing.land import Outcome, write
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload

NCVS, MATTERS = sources.get("bjs/victimizations"), sources.get("elms/matters")
FIRST = datetime(2026, 1, 1, 6, tzinfo=UTC)


def land(settings: Settings, rows: int, day: int, weight: str = "1") -> Outcome:
    """So many grouped rows of a survey year, fetched on a day counted from the first."""
    when = FIRST + timedelta(days=day)
    group = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "weight": weight}
    body = json.dumps([{**group, "newoff": str(n % 5 + 1)} for n in range(rows)]).encode()
    with time_machine.travel(when, tick=False):
        return write(
            NCVS, Slice("2016"), [Payload(body, "https://synthetic.invalid/rows", when)],
            landing_dir=settings.landing_dir, kind="fetched", edition="live",
        )  # fmt: skip


def catalog(settings: Settings) -> Catalog:
    return Catalog(settings.landing_dir, as_of=None, edition="live")


def test_small_falls_add_up_against_the_year(settings):
    """Never far below the last capture; below four fifths of the year's second largest it is refused."""
    volumes = [1000, 990, 940, 890, 850, 810, 790]
    outcomes = [land(settings, rows, day * 30) for day, rows in enumerate(volumes)]
    assert [outcome.status for outcome in outcomes] == ["landed"] * 6 + ["rejected"]
    assert "790 victimizations against 990 within a year (80%; at least 80%)" in outcomes[-1].message


def test_a_publisher_that_truly_holds_less_is_believed_a_year_later(settings):
    for day, rows in ((0, 1000), (1, 990), (60, 830), (120, 820)):
        assert land(settings, rows, day).status == "landed"
    assert land(settings, 700, 360).status == "rejected"
    assert land(settings, 700, 367).status == "landed"


def test_a_publisher_that_gives_the_same_again_makes_its_capture_fresh(settings):
    assert land(settings, 100, 0).status == "landed"
    assert land(settings, 3, 1).status == "rejected"
    (serving,) = catalog(settings).serving(NCVS)
    assert catalog(settings).is_stale(serving)
    assert land(settings, 100, 2).status == "unchanged"
    assert not catalog(settings).is_stale(serving)


def test_a_mark_after_tomorrow_is_not_the_high_water_mark(settings):
    """One typing error in a date would hide every change until then."""
    marks = ("2025-12-30T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2062-01-01T00:00:00Z")
    data = [
        {"matterId": str(n), "recordNumber": f"R{n}", "title": "Synthetic", "status": "Introduced",
         "introductionDate": "2025-12-01T00:00:00Z", "lastPublicationDate": mark} for n, mark in enumerate(marks)
    ]  # fmt: skip

    class Literal(type(MATTERS)):
        """The mark as it is printed: the landing's own bound is what is tried."""

        def high_water(self, record):
            return record["lastPublicationDate"]

    payload = Payload(
        json.dumps({"data": data}).encode(), "https://synthetic.invalid/matter", FIRST, context={"client": "chicago"}
    )
    landed = write(
        Literal(), Slice("chicago"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live"
    )
    assert landed.capture is not None
    assert landed.capture.high_water == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize("name", accept.AGAINST_THE_PAST)
def test_a_check_against_the_past_can_be_named_for_acceptance(name):
    assert accept.of_slice(f"{name}:bjs/victimizations=2016") == (name, "bjs/victimizations", "2016")


def test_a_person_can_accept_what_compares_with_the_past_and_nothing_else():
    for name in ("form", "fields", "readable", "control_total", "told_apart", "misdated", "neighbours"):
        with pytest.raises(KeyError, match=f"not '{name}'"):
            accept.of_slice(f"{name}:bjs/victimizations=2016")
    assert accept.of_slice("rows of core.fct_award") is None
    failed = accept.Check(name="volume", passed=False, detail="3 against 100")
    believed = failed.accepted({"volume": "synthetic: the publisher withdrew them"})
    assert (believed.passed, believed.accepted_because) == (True, "synthetic: the publisher withdrew them")
    assert failed.accepted({"units": "synthetic"}) == failed


def survey_file(folder: Path, rows: int) -> Path:
    """A saved answer of the survey's API with so many groups of 2016."""
    group = {"year": "2016", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
    groups = [{**group, "newoff": str(n % 5 + 1), "hispanic": str(n // 5 + 1)} for n in range(rows)]
    path = folder / f"ncvs_{rows}.json"
    path.write_text(json.dumps(groups), encoding="utf-8")
    return path


def test_a_file_that_is_refused_names_the_command_that_accepts_it_and_the_command_does(settings, tmp_path):
    long, short = survey_file(tmp_path, 10), survey_file(tmp_path, 3)
    assert imports.import_files(NCVS, [long], settings, retrieved_at=FIRST)[0].ok
    later = FIRST + timedelta(days=1)
    (refused,) = imports.import_files(NCVS, [short], settings, retrieved_at=later)
    assert not refused.ok
    wanted = "volume:bjs/victimizations=2016"
    assert f"clawback import bjs/victimizations FILE --accept '{wanted}' --because ..." in refused.line()

    (took,) = imports.import_files(NCVS, [short], settings, retrieved_at=later, accepted={wanted: "synthetic"})
    assert took.ok, took.line()
    (capture,) = [c for c in catalog(settings).captures(NCVS.id) if c.capture_id in took.captures]
    (volume,) = [check for check in capture.checks if check.name == "volume"]
    assert (capture.status, volume.accepted_because) == ("accepted", "synthetic")


@pytest.mark.parametrize("name", ["volume:doj/sanctuary_list=list", "rows of core.fct_award"])
def test_an_import_accepts_only_checks_of_its_own_dataset(settings, tmp_path, name):
    with pytest.raises(KeyError, match=r"volume:bjs/victimizations=SLICE"):
        imports.import_files(NCVS, [survey_file(tmp_path, 5)], settings, accepted={name: "synthetic"})
