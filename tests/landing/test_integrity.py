"""Captures that are no longer what was landed: not read, named, mended by landing anew; and what hashing is spared.

What belongs here: the landing folder with the real writer and catalog. What does not: what doctor says of them
(tests/release/test_tampering.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import sources
from orchestration.landing import integrity, raw_views, register
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.land import Outcome, write
from orchestration.release import incremental, seal
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.disk.test_files import AS_ANYBODY
from tests.spark import synthetic_captures

NCVS = sources.get("bjs/victimizations")
AWARDS = sources.get("usaspending/awards")


def land(settings: Settings, rows: int, day: str) -> Outcome:
    group = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
    body = json.dumps([{**group, "newoff": str(n % 5 + 1)} for n in range(rows)]).encode()
    payload = Payload(body, "https://synthetic.invalid/rows", datetime.fromisoformat(day).replace(tzinfo=UTC))
    return write(NCVS, Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live")


def catalog(settings: Settings, edition: str = "live") -> Catalog:
    return Catalog(settings.landing_dir, as_of=None, edition=edition)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_every_file_of_a_capture_is_covered_and_capture_json_too(settings):
    outcome = land(settings, 3, "2026-01-01T02:00:00")
    folder = catalog(settings).folder(outcome.capture)
    covered = {entry.path: entry.sha256 for entry in outcome.capture.files}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert covered.keys() == there - {"capture.json"}
    assert all(integrity.sha256_of(folder / name) == digest for name, digest in covered.items())
    digest = integrity.sha256_of(folder / "capture.json")
    assert register.entered(folder.parent) == {folder.name: [digest]}
    assert catalog(settings).digests() == {folder.name: digest}


def test_a_capture_json_that_was_changed_is_not_read(settings):
    """Its own digests may fit: the register tells what was landed."""
    outcome = land(settings, 3, "2026-01-01T02:00:00")
    path = catalog(settings).folder(outcome.capture) / "capture.json"
    path.write_text(path.read_text().replace('"publisher": "', '"publisher": "Synthetic '))
    (damaged,) = catalog(settings).damaged()
    assert damaged.what == "capture.json changed since it was landed (sha256)"
    assert catalog(settings).serving(NCVS) == []


def test_parts_and_archives_of_a_bulk_capture_are_covered(settings, tmp_path):
    synthetic_captures.land(settings, tmp_path)
    (first, *_) = catalog(settings).captures("usaspending/transactions")
    assert [entry.path for entry in first.files] == ["archive-1.zip", "records/000001.parquet", "responses.warc.gz"]
    shutil.copy(
        catalog(settings).folder(first) / "records" / "000001.parquet",
        catalog(settings).folder(first) / "records" / "000002.parquet",
    )
    assert [one.what for one in catalog(settings).damaged()] == ["000002.parquet was added to it"]


def test_the_last_good_capture_of_a_slice_serves_in_place_of_a_damaged_one(settings):
    good, bad = land(settings, 4, "2026-01-01T02:00:00"), land(settings, 5, "2026-01-02T02:00:00")
    flip(catalog(settings).folder(bad.capture) / "records.parquet")
    now = catalog(settings)
    assert [c.capture_id for c in now.serving(NCVS)] == [good.capture.capture_id]
    assert now.is_stale(now.serving(NCVS)[0])
    with duckdb.connect() as connection:
        raw_views.create(connection, now, list(sources.DATASETS.values()))
        assert connection.execute("select count(*) from raw.bjs__victimizations").fetchone() == (4,)
        state, reason = connection.execute(
            "select state, reason from raw.standing where dataset = 'bjs__victimizations'"
        ).fetchone()
    assert state == "damaged"
    assert reason.startswith(f"damaged {bad.capture.capture_id}: records.parquet changed since it was landed")
    # what was damaged counts as never captured: the next run asks for it first
    assert now.known(NCVS).newest("2016") == good.capture.retrieved_at


def test_a_damaged_capture_is_landed_anew_and_the_damaged_one_kept(settings):
    """The same content of the same moment, as the recorded edition brings it every time."""
    capture_dataset(AWARDS, settings)
    (before,) = catalog(settings, "recorded").captures(AWARDS.id)
    folder = catalog(settings, "recorded").folder(before)
    path = folder / "records.parquet"
    whole = pq.read_table(path)
    place = whole.schema.get_field_index("Award Amount")
    pq.write_table(whole.set_column(place, "Award Amount", pa.array(["999999999"] * len(whole))), path)

    night = capture_dataset(AWARDS, settings)
    assert [one.status for one in night.slices] == ["landed"]
    now = catalog(settings, "recorded")
    assert (now.damaged(), [c.capture_id for c in now.serving(AWARDS)]) == ([], [before.capture_id])
    assert pq.read_table(path).equals(whole)
    (aside,) = folder.parent.glob(f"{integrity.SET_ASIDE}*")
    assert pq.read_table(aside / "records.parquet")["Award Amount"][0].as_py() == "999999999"
    assert [one.status for one in capture_dataset(AWARDS, settings).slices] == ["unchanged"]


def test_files_that_have_not_changed_are_not_hashed_again_and_that_is_said(settings, monkeypatch):
    monkeypatch.setattr(integrity, "_TICK_NS", 0)
    land(settings, 3, "2026-01-01T02:00:00")
    integrity.forget(settings.landing_dir / "bjs" / "victimizations")
    assert "3 files hashed, 0 not again" in catalog(settings).checked_line()
    # another process knows only what stands beside the captures
    program = (
        "import sys; from pathlib import Path; from orchestration.landing.catalog import Catalog;"
        "print(Catalog(Path(sys.argv[1]), as_of=None, edition='live').checked_line())"
    )
    command = [sys.executable, "-c", program, str(settings.landing_dir)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "0 files hashed, 3 not again: unchanged on disk since they were" in told
    deep = Catalog(settings.landing_dir, as_of=None, edition="live", trust=False)
    assert "3 files hashed, 0 not again" in deep.checked_line()


def test_a_copied_landing_folder_is_hashed_anew_and_holds(settings, tmp_path):
    land(settings, 3, "2026-01-01T02:00:00")
    assert catalog(settings).damaged() == []
    copy = Settings(home=tmp_path / "copy")
    shutil.copytree(settings.landing_dir, copy.landing_dir)
    assert "1 captures are as they were landed (3 files hashed" in catalog(copy).checked_line()


def test_a_landing_folder_that_cannot_be_written_is_read_and_hashed_each_time(settings):
    land(settings, 3, "2026-01-01T02:00:00")
    (settings.landing_dir / "bjs" / "victimizations" / integrity.VERIFIED_FILE).mkdir()
    integrity.forget(settings.landing_dir / "bjs" / "victimizations")
    assert len(catalog(settings).captures()) == 1


def test_a_capture_that_only_looks_as_if_it_came_before_digests_is_not_read(settings):
    """Those that were landed before the first one that was entered are; from then on each must be entered."""
    done = land(settings, 3, "2026-01-01T02:00:00")
    folder = catalog(settings).folder(done.capture)
    told = json.loads((folder / "capture.json").read_text())
    register_file = folder.parent / register.REGISTER_FILE
    line = json.loads(register_file.read_text())

    def as_version_one(landed_at: str) -> list[str]:
        forged = {**told, "format_version": 1, "files": [], "landed_at": landed_at}
        (folder / "capture.json").write_text(json.dumps(forged))
        return [one.what for one in catalog(settings).damaged()]

    register_file.write_text(json.dumps({**line, "capture_id": "20260101T000000Z-another000"}) + "\n")
    assert as_version_one(told["landed_at"]) == ["it carries no digests, though captures of its day do"]
    assert as_version_one("2025-01-01T00:00:00Z") == []


def test_a_line_of_the_register_whose_capture_never_came_is_no_fault(settings):
    """What a kill between the register and the capture leaves."""
    done = land(settings, 3, "2026-01-01T02:00:00")
    register.enter(catalog(settings).folder(done.capture).parent, "20260102T000000Z-0000000000", "0" * 64)
    assert (len(catalog(settings).captures()), catalog(settings).damaged()) == (1, [])


def test_no_table_is_added_to_that_has_records_of_a_damaged_capture(settings, tmp_path):
    synthetic_captures.land(settings, tmp_path)
    now = catalog(settings)
    built = {c.capture_id for c in now.captures("usaspending/transactions")}
    assert incremental._few_are_new(now, "usaspending/transactions", built)
    flip(now.folder(now.captures("usaspending/transactions")[0]) / "responses.warc.gz")
    assert not incremental._few_are_new(catalog(settings), "usaspending/transactions", built)


def test_a_protected_release_can_be_renamed_and_deleted_by_its_owner_and_written_by_nobody(tmp_path):
    tree = tmp_path / "releases" / ".tmp-synthetic"
    (tree / "parquet").mkdir(parents=True)
    (tree / "parquet" / "a.parquet").write_text("synthetic")
    seal.protect(tree)
    program = """
import sys
from pathlib import Path
from orchestration import files
tree = Path(sys.argv[1])
for attempt in (lambda: (tree / "parquet" / "a.parquet").open("ab"), lambda: (tree / "more").touch(),
                lambda: (tree / "parquet" / "a.parquet").unlink()):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit("written")
final = tree.with_name("2026.01.01")
tree.rename(final)
files.remove_tree(final)
"""
    done = subprocess.run(
        [*AS_ANYBODY, sys.executable, "-c", program, str(tree)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert os.listdir(tree.parent) == []


@pytest.mark.parametrize("times", [1, 3])
def test_a_capture_that_is_damaged_again_and_again_keeps_every_damaged_one(settings, times):
    capture_dataset(AWARDS, settings)
    (one,) = catalog(settings, "recorded").captures(AWARDS.id)
    folder = catalog(settings, "recorded").folder(one)
    for _ in range(times):
        flip(folder / "responses.warc.gz")
        capture_dataset(AWARDS, settings)
    assert len(list(folder.parent.glob(f"{integrity.SET_ASIDE}*"))) == times
