"""Publication and rollback on a disk that has room for so much and no more, or that may not be written at all.

What belongs here: what readers see, before, during and after. What does not: landing, and whole refreshes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine

from orchestration import files
from orchestration.release import audit, history, publish
from orchestration.settings import Settings
from tests.conftest import clawback
from tests.disk.test_files import AS_ANYBODY


def what_is_served(settings: Settings) -> dict[str, str]:
    """Where `published` leads, and the sha256 of every file there."""
    found = {"published": os.readlink(settings.published_dir)}
    for path in sorted(settings.published_dir.resolve().rglob("*")):
        if path.is_file():
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture
def sealed_on_disk(sealed, disk):
    """The published home with its sealed candidate on a disk of its own."""
    original, run_id = sealed
    small = disk(1024 * 1024)
    shutil.copytree(original.root, small.path / "home", symlinks=True)
    return Settings(home=small.path / "home", edition="recorded"), run_id, small


def test_a_publication_fails_at_every_size_and_readers_see_nothing_of_it(sealed_on_disk):
    settings, run_id, small = sealed_on_disk
    before, kept = what_is_served(settings), [r.id for r in history.releases(settings)]
    report = audit.audit(settings, run_id=run_id)
    size = sum(path.stat().st_size for path in settings.published_dir.resolve().rglob("*")) // 1024
    rooms = [0, 8, size // 8, size // 2, size - 300, size - 16]
    for room in rooms:
        small.leave(room)
        with pytest.raises(files.CannotWrite, match=r"the disk is full\. Free some space") as refused:
            publish.publish(settings, report)
        assert str(small.path) in str(refused.value)
        assert what_is_served(settings) == before
        assert [r.id for r in history.releases(settings)] == kept
        assert not list(settings.root.rglob(f"{files.UNFINISHED}*")) + list(settings.root.glob(".published-*"))
    small.leave(size * 4)
    release = publish.publish(settings, report)
    assert history.last_release(settings).id == release.id
    assert what_is_served(settings) != before


def test_a_rollback_without_room_for_one_more_file_changes_nothing(sealed_on_disk):
    settings, run_id, small = sealed_on_disk
    (first,) = history.releases(settings)
    publish.publish(settings, audit.audit(settings, run_id=run_id))
    before = what_is_served(settings)
    used = subprocess.run(["df", "--output=iused", small.path], check=True, capture_output=True, text=True)
    small.remount(f"nr_inodes={used.stdout.split()[1]}")
    with pytest.raises(files.CannotWrite, match="the disk is full"):
        publish.rollback(settings, first.id)
    assert what_is_served(settings) == before
    small.remount("nr_inodes=0")
    publish.rollback(settings, first.id)
    assert history.last_release(settings).id == first.id


@pytest.mark.parametrize(
    "command", [("refresh",), ("rollback", "no-such"), ("import", "bjs/victimizations", "{file}")], ids=lambda c: c[0]
)
def test_a_read_only_disk_is_one_clear_line_and_is_still_read(published, disk, tmp_path, command):
    original, _ = published
    small = disk(1024 * 1024)
    home = small.path / "home"
    shutil.copytree(original.root, home, symlinks=True)
    small.remount("ro")
    brought = tmp_path / "file.json"
    brought.write_text('[{"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}]')
    done = clawback(home, *(part.replace("{file}", str(brought)) for part in command))
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "the file system is read-only. Mount it writable, or set CLAWBACK_HOME to another folder." in told
    assert "Traceback" not in told
    if command[0] == "refresh":
        asked = clawback(home, "query", "at_risk", "--format", "csv")
        assert asked.returncode == 0, asked.stderr
        assert len(asked.stdout.splitlines()) > 1


def test_a_home_without_permission_is_one_clear_line(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    done = subprocess.run(
        [*AS_ANYBODY, str(Path(sys.executable).with_name("clawback")), "refresh"],
        env={**os.environ, "CLAWBACK_HOME": str(home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"{home}" in done.stderr
    assert "no permission. Change the folder's owner, or set CLAWBACK_HOME to another folder." in done.stderr
    assert "Traceback" not in done.stderr
    assert list(home.iterdir()) == []


def test_releases_keep_their_order_when_the_clock_is_set_back(sealed):
    settings, run_id = sealed
    (first,) = history.releases(settings)
    report = audit.audit(settings, run_id=run_id)
    # a day back, the hour that local time has twice, the end of the fiscal year, and a clock far ahead
    moments = ["2026-11-02T12:00:00+00:00", "2026-11-01T05:30:00+00:00", "2026-11-01T06:30:00+00:00",
               "2031-01-01T00:00:00+00:00", "2026-09-30T23:59:59+00:00"]  # fmt: skip
    made = []
    for moment in moments:
        with time_machine.travel(moment, tick=True):
            made.append(publish.publish(settings, report).id)
    assert made == ["2026.11.02", "2026.11.01", "2026.11.01.1", "2031.01.01", "2026.09.30"]
    assert [r.id for r in history.releases(settings)] == [*reversed(made), first.id]
    assert [r.previous for r in history.releases(settings)] == [*reversed(made[:-1]), first.id, None]
    assert history.last_release(settings).id == made[-1]


def test_an_id_that_a_release_names_is_not_given_again(sealed):
    settings, run_id = sealed
    report = audit.audit(settings, run_id=run_id)
    with time_machine.travel("2026-11-02T12:00:00+00:00", tick=True):
        gone = publish.publish(settings, report)
        publish.publish(settings, report)
        files.remove_tree(gone.folder)
        assert publish.publish(settings, report).id == "2026.11.02.2"
