"""Snapshots that are on hold: judged by their neighbours, whatever the order in which they come; nothing is lost.

What belongs here: the landing folder with the real writer, catalog, raw views, doctor and status. What does not: what
a held snapshot would have done to spells (tests/ordinances).
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import time_machine
from pytest_httpserver import HTTPServer

from orchestration import sources
from orchestration.doctor.examination import examine
from orchestration.landing import accept, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.imports import import_files
from orchestration.landing.land import Outcome, write
from orchestration.recorded.workbooks import workbook
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload

ICE = sources.get("ice/agreements_287g")
HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]


def book(agencies: int, signed: str = "2020-01-01", first: int = 0) -> bytes:
    rows = [["OHIO", f"Synthetic {n} Police Department", "Task Force Model", signed] for n in range(first, agencies)]
    return workbook([HEADERS, *rows])


def land(settings: Settings, day: str, agencies: int, *, kind: str = "imported") -> Outcome:
    when = datetime.fromisoformat(day).replace(tzinfo=UTC)
    payload = Payload(book(agencies), f"https://synthetic.invalid/{agencies}.xlsx", when)
    return write(
        ICE, Slice("participating"), [payload], landing_dir=settings.landing_dir, kind=kind, edition="live",
        retrieved_at=when,
    )  # fmt: skip


def catalog(settings: Settings, as_of: date | None = None) -> Catalog:
    return Catalog(settings.landing_dir, as_of=as_of, edition="live")


def served(settings: Settings, as_of: date | None = None) -> list[tuple[str, int]]:
    return [(f"{c.retrieved_at:%Y-%m-%d}", c.records) for c in catalog(settings, as_of).serving(ICE)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_in_whatever_order_they_come_the_same_snapshot_is_held_back(tmp_path, order):
    settings = Settings(home=tmp_path)
    days = [("2025-04-10", 44), ("2025-04-21", 30), ("2025-04-29", 50), ("2025-05-01", 51)]
    for place in order:
        land(settings, *days[place])
    assert served(settings) == [("2025-04-10", 44), ("2025-04-29", 50), ("2025-05-01", 51)]
    ((held, reason),) = catalog(settings).on_hold(ICE).items()
    assert held.startswith("20250421")
    assert reason == "30 records between 44 before and 50 after (bound 10%)"


def test_a_fall_waits_for_the_next_night_and_growth_does_not(settings):
    land(settings, "2025-04-10", 44, kind="fetched")
    fallen = land(settings, "2025-04-11", 30, kind="fetched")
    assert fallen.status == "held"
    assert "a fall of 32% (bound 10%) waits for the next capture" in fallen.message
    assert fallen.serving.records == 44
    assert served(settings) == [("2025-04-10", 44)]
    assert catalog(settings).is_stale(catalog(settings).serving(ICE)[0])
    # The next file is whole again: the fall was a broken file, and stays on hold.
    assert land(settings, "2025-04-12", 50, kind="fetched").status == "landed"
    assert served(settings) == [("2025-04-10", 44), ("2025-04-12", 50)]
    assert land(settings, "2025-04-13", 80, kind="fetched").status == "landed"
    assert served(settings)[-1] == ("2025-04-13", 80)


def test_a_fall_that_another_file_confirms_serves_from_its_own_day(settings):
    for day, agencies in (("2025-04-10", 44), ("2025-04-11", 30)):
        land(settings, day, agencies, kind="fetched")
    confirmed = land(settings, "2025-04-12", 31, kind="fetched")
    assert confirmed.status == "landed"
    assert "on hold no longer: 20250411" in confirmed.message
    assert served(settings) == [("2025-04-10", 44), ("2025-04-11", 30), ("2025-04-12", 31)]


def test_a_fall_that_the_publisher_shows_again_another_day_is_believed(settings, httpserver: HTTPServer, web_for):
    httpserver.expect_request("/x.xlsx").respond_with_data(book(30))
    live = Settings(
        home=settings.home, edition="live", contact="s@example.org", ice_287g_url=httpserver.url_for("/x.xlsx")
    )
    land(settings, "2025-04-10", 44, kind="fetched")
    for moment, status, serving in (
        ("2025-04-11T02:00:00+00:00", "held", 1),
        ("2025-04-11T20:00:00+00:00", "unchanged", 1),
        ("2025-04-12T02:00:00+00:00", "unchanged", 2),
    ):
        with time_machine.travel(moment, tick=False):
            night = capture_dataset(ICE, live, web=web_for(live))
        assert [s.status for s in night.slices] == [status]
        assert len(served(live)) == serving
    assert "1 on hold" not in night.line()
    assert len(served(live, as_of=date(2025, 4, 11))) == 1


def test_a_held_snapshot_is_kept_named_and_not_read(settings):
    for day, agencies in (("2025-04-10", 44), ("2025-04-21", 30), ("2025-04-29", 50)):
        land(settings, day, agencies)
    connection = duckdb.connect()
    raw_views.create(connection, catalog(settings), [ICE])
    assert connection.execute("select count(*) from raw.ice__agreements_287g").fetchone() == (94,)
    told = "select status, is_serving, reject_reason, records from raw.capture where status <> 'accepted'"
    assert connection.execute(told).fetchall() == [
        ("held", False, "on hold: 30 records between 44 before and 50 after (bound 10%)", 30)
    ]
    assert catalog(settings).status(ICE).held == 1
    notes = [f.says for f in examine(settings) if f.what == "held capture"]
    assert len(notes) == 1
    assert "ice/agreements_287g (20250421" in notes[0]
    # As of a day before the next one came, the newest had fallen and was on hold for that.
    assert served(settings, as_of=date(2025, 4, 21)) == [("2025-04-10", 44)]
    assert "waits for the next" in next(iter(catalog(settings, date(2025, 4, 21)).on_hold(ICE).values()))


@pytest.mark.parametrize("snapshots", [(98, 50, 100, 60, 101), (100, 80, 96, 72, 97)])
def test_beside_a_cut_off_file_its_good_neighbours_are_believed(settings, snapshots):
    for n, agencies in enumerate(snapshots):
        land(settings, f"2025-01-0{n + 1}", agencies)
    assert [records for _, records in served(settings)] == [snapshots[0], *snapshots[2::2]]


def test_a_number_between_its_neighbours_is_growth():
    """Five workbooks of five years: 151 and 360 are far from both their neighbours, and true."""
    assert accept.neighbours(ICE, 360, 151, 1843).passed
    assert accept.neighbours(ICE, 151, 137, 360).passed
    assert not accept.neighbours(ICE, 308, 444, 506).passed
    assert not accept.neighbours(ICE, 600, 444, 506).passed


def test_a_file_that_tells_of_days_to_come_is_misdated(settings, tmp_path):
    early = tmp_path / "participatingAgencies04212025am.xlsx"
    early.write_bytes(book(5, signed="2025-04-22"))
    (result,) = import_files(ICE, [early], settings)
    assert not result.ok
    assert "misdated: the content's newest day is 2025-04-22, the capture's is 2025-04-21" in result.messages[0]
    assert served(settings) == []
    assert any("2025-04-22" in f.says for f in examine(settings) if f.what == "rejected capture")
    same_day = tmp_path / "participatingAgencies04222025am.xlsx"
    same_day.write_bytes(book(5, signed="2025-04-22"))
    assert import_files(ICE, [same_day], settings)[0].ok
    typed = tmp_path / "participatingAgencies04232025am.xlsx"
    typed.write_bytes(book(5, signed="5025-04-22"))
    assert import_files(ICE, [typed], settings)[0].ok


@pytest.mark.real
def test_the_five_real_workbooks_serve_all_and_the_ends_are_150_and_1843(settings, real: Path):
    files = sorted((real / "trackers" / "ice_287g").glob("*.xlsx"))
    results = import_files(ICE, files, settings)
    assert all(result.ok for result in results), [result.line() for result in results]
    counts = [records for _, records in served(settings)]
    assert len(counts) == 5
    assert (counts[0], counts[-1]) == (150, 1843)
    assert catalog(settings).on_hold(ICE) == {}


@pytest.mark.real
def test_of_the_real_history_one_snapshot_is_held_back(real: Path):
    """The counts of 969 captures of 2021 to 2026: one file of 308 names stands between 444 and 506."""
    import csv

    with (real / "trackers" / "ice_287g_snapshot_index.csv").open(encoding="utf-8") as stream:
        rows = [(row["snapshot"], int(row["n_agreements"])) for row in csv.DictReader(stream)]
    off = [
        rows[n]
        for n in range(1, len(rows) - 1)
        if not accept.neighbours(ICE, rows[n][1], rows[n - 1][1], rows[n + 1][1]).passed
    ]
    assert off == [("2025-04-21T06:00:00", 308)]
    falls = [b for (_, a), (_, b) in itertools.pairwise(rows) if not accept.unconfirmed_fall(ICE, b, a).passed]
    assert falls == [308]
