"""Captures: whole or not at all, accepted or kept aside, unchanged without a new one.

What belongs here: the landing folder with the real writer, catalog and raw views. What does not: publishers' forms.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import time_machine
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from orchestration import sources
from orchestration.landing import accept, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.land import Outcome, write
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.sources.base import Selection, Slice
from orchestration.wire import Payload

NCVS = sources.get("bjs/victimizations")
ICE = sources.get("ice/agreements_287g")
AWARDS = sources.get("usaspending/awards")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows_payload(rows: list[dict[str, str]], when: datetime, url: str = "https://synthetic.invalid/rows") -> Payload:
    return Payload(json.dumps(rows).encode(), url, when)


def ncvs(n: int, weight: str = "1") -> list[dict[str, str]]:
    group = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "weight": weight}
    return [{**group, "newoff": str(i % 5 + 1)} for i in range(n)]


def land(
    settings: Settings, rows: list[dict[str, str]], when: str, *, kind: str = "fetched", edition: str = "live"
) -> Outcome:
    payloads = [rows_payload(rows, moment(when))]
    return write(
        NCVS, Slice("2016"), payloads, landing_dir=settings.landing_dir, kind=kind, edition=edition,
        retrieved_at=moment(when),
    )  # fmt: skip


def catalog(settings: Settings, as_of: date | None = None, edition: str = "live") -> Catalog:
    return Catalog(settings.landing_dir, as_of=as_of, edition=edition)


def raw(settings: Settings, **options: object) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    raw_views.create(connection, catalog(settings, **options), list(sources.DATASETS.values()))
    return connection


def test_a_capture_holds_what_was_sent_and_what_was_cut(settings):
    outcome = land(settings, ncvs(3), "2026-01-01T02:00:00")
    assert outcome.status == "landed"
    folder = catalog(settings).folder(outcome.capture)
    assert sorted(p.name for p in folder.iterdir()) == ["capture.json", "records.parquet", "responses.warc.gz"]
    with (folder / "responses.warc.gz").open("rb") as stream:
        found = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(stream)]
    assert found == [
        ("warcinfo", None),
        ("response", "https://synthetic.invalid/rows"),
        ("request", "https://synthetic.invalid/rows"),
    ]
    entry = outcome.capture.payloads[0]
    with (folder / "responses.warc.gz").open("rb") as stream:
        stream.seek(entry.warc_offset)
        assert next(iter(ArchiveIterator(stream))).content_stream().read() == json.dumps(ncvs(3)).encode()
    table = duckdb.sql(f"from read_parquet('{folder / 'records.parquet'}')")
    assert dict(zip(table.columns, map(str, table.types), strict=True)) == {
        "_capture_id": "VARCHAR", "_payload_id": "VARCHAR", "_record_no": "BIGINT", "year": "VARCHAR",
        "hispanic": "VARCHAR", "direl": "VARCHAR", "notify": "VARCHAR", "n": "VARCHAR", "weight": "VARCHAR",
        "newoff": "VARCHAR",
    }  # fmt: skip
    assert outcome.capture.capture_id.startswith("20260101T020000Z-")


def test_an_unchanged_slice_makes_no_new_capture_and_says_so(settings):
    first = land(settings, ncvs(3), "2026-01-01T02:00:00")
    again = land(settings, list(reversed(ncvs(3))), "2026-01-02T02:00:00")
    assert (again.status, again.capture.capture_id) == ("unchanged", first.capture.capture_id)
    assert len(catalog(settings).captures()) == 1
    lines = (settings.landing_dir / "bjs" / "victimizations" / "unchanged.jsonl").read_text().splitlines()
    assert [json.loads(line)["capture_id"] for line in lines] == [first.capture.capture_id]
    assert catalog(settings).last_checked(NCVS) >= first.capture.landed_at


def test_the_same_rows_beside_a_greater_count_are_not_unchanged(settings):
    """The list comes from a cache and the count does not: the row that is missing is not known to be the same."""

    def counted(n: int, when: str) -> Outcome:
        count = Payload(
            json.dumps([{"n": str(n)}]).encode(), "https://synthetic.invalid/count", moment(when), role="control"
        )
        return write(
            NCVS, Slice("2016"), [count, rows_payload(ncvs(3), moment(when))], landing_dir=settings.landing_dir,
            kind="fetched", edition="live", retrieved_at=moment(when),
        )  # fmt: skip

    first = counted(3, "2026-01-01T02:00:00")
    assert first.status == "landed"
    again = counted(4, "2026-01-02T02:00:00")
    assert again.status == "rejected"
    assert "control_total: 3 victimizations, the publisher counts 4" in again.message
    assert catalog(settings).is_stale(first.capture)
    assert counted(3, "2026-01-03T02:00:00").status == "unchanged"


def test_a_newer_capture_supersedes_the_older_one_whole(settings):
    land(settings, ncvs(4), "2026-01-01T02:00:00")
    newer = land(settings, ncvs(5), "2026-01-02T02:00:00")
    assert [c.capture_id for c in catalog(settings).serving(NCVS)] == [newer.capture.capture_id]
    connection = raw(settings)
    assert connection.execute("select count(*) from raw.bjs__victimizations").fetchone() == (5,)
    assert connection.execute("select sum(records) from raw.capture where status = 'accepted'").fetchone() == (9,)


def test_a_rejected_capture_is_kept_and_never_reaches_raw_views(settings):
    good = land(settings, ncvs(10), "2026-01-01T02:00:00")
    bad = land(settings, ncvs(2), "2026-01-02T02:00:00")
    assert bad.status == "rejected"
    assert "2 victimizations against 10 last time" in bad.message
    assert f"{good.capture.capture_id} goes on serving" in bad.message
    assert catalog(settings).records_paths(bad.capture)[0].exists()
    connection = raw(settings)
    assert connection.sql("select distinct _capture_id from raw.bjs__victimizations").fetchall() == [
        (good.capture.capture_id,)
    ]
    told = connection.sql("select status, is_serving, is_stale from raw.capture order by retrieved_at").fetchall()
    assert told == [("accepted", True, True), ("rejected", False, False)]


def test_a_capture_that_became_stale_is_another_state_of_the_folder(settings):
    good = land(settings, ncvs(10), "2026-01-01T02:00:00")
    before = catalog(settings).fingerprint([NCVS])
    assert land(settings, ncvs(2), "2026-01-02T02:00:00").status == "rejected"
    assert [c.capture_id for c in catalog(settings).serving(NCVS)] == [good.capture.capture_id]
    assert catalog(settings).fingerprint([NCVS]) != before


def test_an_answer_equal_to_a_recorded_capture_says_nothing_of_the_live_publisher(settings):
    land(settings, ncvs(3), "2026-01-01T02:00:00", kind="transcribed", edition="recorded")
    assert land(settings, ncvs(3), "2026-01-02T02:00:00", kind="transcribed", edition="recorded").status == "unchanged"
    assert catalog(settings).known(NCVS).checked("2016") is None
    assert catalog(settings, edition="recorded").known(NCVS).checked("2016") is not None


def test_a_missing_field_rejects_the_capture_and_names_it(settings):
    rows = [{k: v for k, v in row.items() if k != "notify"} for row in ncvs(3)]
    outcome = land(settings, rows, "2026-01-01T02:00:00")
    assert outcome.status == "rejected"
    assert "missing: 'notify'" in outcome.message
    assert "nothing serves this slice yet" in outcome.message


def test_a_page_that_has_changed_is_kept_and_rejected(settings):
    doj = sources.get("doj/sanctuary_list")
    page = Payload(b"<html><h1>Access denied</h1></html>", "https://synthetic.invalid", moment("2026-01-01T00:00:00"))
    outcome = write(doj, Slice("list"), [page], landing_dir=settings.landing_dir, kind="fetched", edition="live")
    assert outcome.status == "rejected"
    assert "no names under STATES, COUNTIES, CITIES" in outcome.message
    assert catalog(settings).warc_path(outcome.capture).stat().st_size > 0


def test_a_publishers_own_count_that_is_not_met_rejects(settings):
    when = moment("2026-01-01T02:00:00")
    control = Payload(b'[{"n": "4"}]', "https://synthetic.invalid/count", when, role="control")
    outcome = write(
        NCVS, Slice("2016"), [control, rows_payload(ncvs(3), when)], landing_dir=settings.landing_dir,
        kind="fetched", edition="live",
    )  # fmt: skip
    assert outcome.status == "rejected"
    assert "3 victimizations, the publisher counts 4" in outcome.message


def test_a_transcribed_capture_yields_to_bytes_of_its_slice(settings):
    land(settings, ncvs(4), "2026-06-01T00:00:00", kind="transcribed", edition="recorded")
    brought = land(settings, ncvs(5), "2026-01-01T00:00:00", kind="imported", edition="import")
    assert [c.capture_id for c in catalog(settings, edition="recorded").serving(NCVS)] == [brought.capture.capture_id]


def test_a_file_of_a_day_before_the_last_answer_does_not_replace_what_the_answer_showed(settings):
    """That of 10 January is the 1st's: a file of the 5th, brought later, is older, one of the 12th newer."""
    first = land(settings, ncvs(4), "2026-01-01T02:00:00")
    with time_machine.travel(moment("2026-01-10T02:00:00"), tick=False):
        assert land(settings, ncvs(4), "2026-01-10T02:00:00").status == "unchanged"
    land(settings, ncvs(5), "2026-01-05T00:00:00", kind="imported", edition="import")
    assert [c.capture_id for c in catalog(settings).serving(NCVS)] == [first.capture.capture_id]
    newer = land(settings, ncvs(5, weight="2"), "2026-01-12T00:00:00", kind="imported", edition="import")
    assert [c.capture_id for c in catalog(settings).serving(NCVS)] == [newer.capture.capture_id]
    last = land(settings, ncvs(4), "2026-01-13T02:00:00")
    assert [c.capture_id for c in catalog(settings).serving(NCVS)] == [last.capture.capture_id]


def test_a_corrected_typed_table_replaces_what_was_typed_before_and_so_does_one_that_is_taken_back(settings):
    """A typed table is whole, in a dataset of policy merge, too: a row that was taken out of it is gone.

    Both are dated by the publisher's day, so that their ids' order is that of their digests.
    """

    def typed(when: str, **amounts: str) -> Outcome:
        results = [
            {"Award ID": fain, "Recipient Name": "SYNTHETIC", "Award Amount": float(amount),
             "generated_internal_id": f"ASST_NON_{fain}_015", "Start Date": "2020-10-01"}
            for fain, amount in amounts.items()
        ]  # fmt: skip
        body = json.dumps({"results": results}).encode()
        with time_machine.travel(moment(when), tick=False):
            return write(
                AWARDS, Slice("typed"), [Payload(body, "https://synthetic.invalid/awards", moment("2024-05-28"))],
                landing_dir=settings.landing_dir, kind="transcribed", edition="recorded",
                retrieved_at=moment("2024-05-28"),
            )  # fmt: skip

    def held() -> set[tuple[str, str]]:
        found = raw(settings, edition="recorded").execute(
            'select "Award ID", "Award Amount" from raw.usaspending__awards'
        )
        return {(fain, amount) for fain, amount in found.fetchall()}

    first = {"SYNTH1": "100", "SYNTH2": "200"}
    typed("2026-01-01", **first)
    assert held() == {("SYNTH1", "100.0"), ("SYNTH2", "200.0")}
    # whatever the digests are, one of these would sort before the first
    for day, amount in enumerate(("101", "102", "103", "104"), start=2):
        assert typed(f"2026-01-0{day}", SYNTH1=amount).status == "landed"
        assert held() == {("SYNTH1", f"{amount}.0")}
    assert typed("2026-01-06", **first).status == "unchanged"
    assert held() == {("SYNTH1", "100.0"), ("SYNTH2", "200.0")}


def test_the_recorded_edition_does_not_serve_a_live_build(settings):
    land(settings, ncvs(4), "2026-06-01T00:00:00", kind="transcribed", edition="recorded")
    assert catalog(settings, edition="live").serving(NCVS) == []
    assert len(catalog(settings, edition="recorded").serving(NCVS)) == 1


def test_as_of_a_past_date_the_catalog_knows_what_that_date_knew(settings):
    old = land(settings, ncvs(4), "2026-01-01T23:59:59")
    land(settings, ncvs(5), "2026-01-02T00:00:00")
    assert [c.capture_id for c in catalog(settings, as_of=date(2026, 1, 1)).serving(NCVS)] == [old.capture.capture_id]
    assert catalog(settings, as_of=date(2025, 12, 31)).serving(NCVS) == []


def test_every_snapshot_serves_and_a_list_that_returns_is_a_new_one(settings):
    from orchestration.recorded.workbooks import workbook

    def snapshot(day: str, *agencies: str) -> Outcome:
        rows = [["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]]
        rows += [["OHIO", agency, "Task Force Model", "2020-01-01"] for agency in agencies]
        payload = Payload(workbook(rows), "https://synthetic.invalid/x.xlsx", moment(day))
        return write(
            ICE, Slice("participating"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live"
        )

    everyone = [f"Synthetic {n} Police Department" for n in range(20)]
    outcomes = [
        snapshot("2026-01-01T00:00:00", *everyone),
        snapshot("2026-01-02T00:00:00", *everyone[1:]),
        snapshot("2026-01-03T00:00:00", *everyone),
    ]
    assert [o.status for o in outcomes] == ["landed", "landed", "landed"]
    assert len(catalog(settings).serving(ICE)) == 3
    cut_off = snapshot("2026-01-04T00:00:00", *everyone[:10])
    assert cut_off.status == "rejected"


def test_a_list_that_was_shown_again_after_a_file_that_is_brought_later_stands_again(settings):
    """An answer that is equal to the last one is no capture, and a file of a day in between would be the last word."""
    from orchestration.recorded.workbooks import workbook

    everyone = [f"Synthetic {n} Police Department" for n in range(20)]

    def snapshot(now: str, kind: str, day: str, *agencies: str) -> Outcome:
        rows = [["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]]
        rows += [["OHIO", agency, "Task Force Model", "2020-01-01"] for agency in agencies]
        payload = Payload(workbook(rows), "https://synthetic.invalid/x.xlsx", moment(day))
        with time_machine.travel(moment(now), tick=False):
            return write(
                ICE, Slice("participating"), [payload], landing_dir=settings.landing_dir, kind=kind,
                edition="live" if kind == "fetched" else "import", retrieved_at=moment(day),
            )  # fmt: skip

    def again(**options: object) -> list[tuple[str, str]]:
        found = raw(settings, **options).execute("select capture_id, shown_at from raw.shown_again order by 2")
        return [(capture_id, f"{when:%Y-%m-%d %H}") for capture_id, when in found.fetchall()]

    first = snapshot("2026-01-01T06:00", "fetched", "2026-01-01T06:00", *everyone)
    for day in ("2026-01-02T06:00", "2026-01-05T06:00", "2026-01-06T06:00", "2026-01-09T06:00"):
        assert snapshot(day, "fetched", day, *everyone).status == "unchanged"
    assert again() == []
    for day in ("2026-01-03", "2026-01-07"):
        assert snapshot("2026-01-10T12:00", "imported", day, *everyone[1:]).status == "landed"
    it = first.capture.capture_id
    assert again() == [(it, "2026-01-05 06"), (it, "2026-01-09 06")]
    assert again(as_of=date(2026, 1, 4)) == []
    # what comes then is a capture, and the answers before it were given all the same
    assert snapshot("2026-01-11T06:00", "fetched", "2026-01-11T06:00", *everyone).status == "landed"
    assert again() == [(it, "2026-01-05 06"), (it, "2026-01-09 06")]


def test_a_field_that_no_capture_has_is_null_and_an_empty_dataset_is_an_empty_view(settings):
    land(settings, ncvs(3), "2026-01-01T02:00:00")
    connection = raw(settings)
    assert connection.execute("select count(newwgt), count(weight) from raw.bjs__victimizations").fetchone() == (0, 3)
    assert connection.execute('select count(*), count("Award ID") from raw.usaspending__awards').fetchone() == (0, 0)


def test_a_selection_says_which_part_of_the_list_it_is(settings):
    payload = rows_payload(ncvs(3), moment("2026-01-01T00:00:00"))
    write(
        NCVS, Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="transcribed", edition="recorded",
        selection=Selection("hispanic", ("1", "2")), note="synthetic selection",
    )  # fmt: skip
    told = raw(settings, edition="recorded").sql("select selection_field, selection_values, note from raw.capture")
    assert told.fetchall() == [("hispanic", "1|2", "synthetic selection")]


def test_a_folder_that_is_not_a_whole_capture_is_named(settings):
    outcome = land(settings, ncvs(3), "2026-01-01T02:00:00")
    catalog(settings).records_paths(outcome.capture)[0].unlink()
    assert catalog(settings).captures() == []
    (damaged,) = catalog(settings).damaged()
    assert "records.parquet is missing; it is not read: restore the folder" in damaged.line()


def test_what_a_pull_raises_leaves_nothing_behind(settings):
    def broken() -> Iterator[Payload]:
        yield rows_payload(ncvs(3), moment("2026-01-01T02:00:00"))
        raise ConnectionResetError("synthetic")

    with pytest.raises(ConnectionResetError):
        write(NCVS, Slice("2016"), broken(), landing_dir=settings.landing_dir, kind="fetched", edition="live")
    assert list((settings.landing_dir / "bjs" / "victimizations").iterdir()) == []


def test_a_killed_pull_leaves_no_half_capture_and_the_next_one_converges(settings):
    program = textwrap.dedent(
        """
        import sys, time, json
        from datetime import UTC, datetime
        from pathlib import Path
        from orchestration import sources
        from orchestration.landing.land import write
        from orchestration.sources.base import Payload, Slice
        row = {"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
        def pages():
            for n in range(1000):
                yield Payload(json.dumps([row]).encode(), f"https://synthetic.invalid/{n}", datetime.now(UTC))
                print("page", n, flush=True)
                time.sleep(0.01)
        write(sources.get("bjs/victimizations"), Slice("2016"), pages(), landing_dir=Path(sys.argv[1]),
              kind="fetched", edition="live")
        """
    )
    pull = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.landing_dir)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT, text=True
    )
    for _ in range(5):
        pull.stdout.readline()
    pull.send_signal(signal.SIGKILL)
    pull.wait()
    folder = settings.landing_dir / "bjs" / "victimizations"
    leftovers = list(folder.iterdir())
    assert [p.name[:5] for p in leftovers] == [".tmp-"]
    assert catalog(settings).captures() == []

    # the next write in the folder finds that the writer is dead
    assert land(settings, ncvs(3), "2026-01-01T02:00:00").status == "landed"
    assert [p.name[:5] for p in sorted(folder.iterdir())] == ["20260", "captu"]


@hypothesis_settings(deadline=None)
@given(st.permutations(range(6)), st.integers(1, 6))
def test_the_content_digest_knows_neither_the_order_of_records_nor_the_cut_of_pages(tmp_path_factory, order, pages):
    folder: Path = tmp_path_factory.mktemp("digest")
    rows = ncvs(6)
    when = moment("2026-01-01T00:00:00")

    def digest(records: list[dict[str, str]], size: int, where: Path) -> str:
        parts = [records[i : i + size] for i in range(0, len(records), size)]
        payloads = [rows_payload(part, when, f"https://synthetic.invalid/{n}") for n, part in enumerate(parts)]
        outcome = write(NCVS, Slice("2016"), payloads, landing_dir=where, kind="fetched", edition="live")
        return outcome.capture.content_digest

    assert digest(rows, 6, folder / "a") == digest([rows[i] for i in order], pages, folder / "b")
    assert digest([*rows, rows[0]], 7, folder / "c") != digest(rows, 6, folder / "d")


class TestChecks:
    def test_a_snapshot_off_from_both_neighbours_is_held_back(self):
        assert accept.neighbours(ICE, 50, 100, 102).passed is False
        assert accept.neighbours(ICE, 50, 100, None).passed is True
        assert accept.neighbours(ICE, 95, 100, 200).passed is True

    def test_volume_is_not_asked_of_an_incremental_pull(self):
        assert accept.volume(AWARDS, "grants:changed", 1, 1000).passed is True
        assert accept.volume(NCVS, "2016", 1, 1000).passed is False
