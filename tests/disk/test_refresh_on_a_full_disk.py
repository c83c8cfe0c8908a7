"""Whole refreshes, by the command line, on a disk that has room for so much and no more; and a home that was moved.

What belongs here: few runs, because each costs most of a minute; `CLAWBACK_TEST_DISK=1` (make disk) tries many sizes.
What does not: single writes (the other files of this folder).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import files
from orchestration.release import history, row_hashes
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home
from tests.disk.test_releases_on_a_full_disk import what_is_served

# MiB beside what is there: in the landing, early and late in the build, in the audit, in the release.
ROOMS = tuple(map(int, os.environ.get("CLAWBACK_TEST_DISK_ROOMS", "1 2 4 8 12 16 24 32 40 48 56 64 80 96").split()))


def refresh_elsewhere(home: Path, old: Path) -> subprocess.CompletedProcess[str]:
    """`clawback refresh --force` where the home's old place is empty and cannot be written."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    command = str(Path(sys.executable).with_name("clawback"))
    script = 'mount -t tmpfs -o ro,size=4k tmpfs "$1" && exec "$2" refresh --force'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", old, command],
        env={**clean, "CLAWBACK_HOME": str(home)}, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip


def names(folder: Path, *texts: str) -> list[Path]:
    """The files of a folder that hold one of these texts."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if any(text.encode() in content for text in texts):
                found.append(path)
    return found


@pytest.mark.skipif(not os.environ.get("CLAWBACK_TEST_DISK"), reason="whole refreshes on small disks: `make disk`")
def test_a_refresh_without_room_says_so_and_the_next_one_heals_in_a_home_that_was_moved(published, disk):
    original, _ = published
    before = history.last_release(original)
    small = disk(1024 * 1024)
    home = small.path / "elsewhere" / "home"
    home.parent.mkdir()
    copy_home(original, home, "build")
    settings = Settings(home=home, edition="recorded")
    served = what_is_served(settings)
    refused = []
    for room in ROOMS:
        small.leave(room * 1024)
        done = refresh_elsewhere(home, original.root)
        told = done.stdout + done.stderr
        print(f"{room} MiB: exit {done.returncode}: {told.strip().splitlines()[-1]}", flush=True)
        if done.returncode == 0:
            # room enough: it has healed already
            break
        refused.append(room)
        assert done.returncode == 1, told
        assert "the disk is full. Free some space, then run the command again." in told, told
        assert str(small.path) in told
        assert "Traceback" not in told
        assert "The published warehouse was not touched" in told
        assert what_is_served(settings) == served
        for path in settings.landing_dir.rglob("*.jsonl"):
            assert files.read_lines(path).passed_over == []
        assert not list(settings.releases_dir.glob(f"{files.UNFINISHED}*"))
        assert not list(settings.landing_dir.rglob(f"{files.UNFINISHED}*"))
    else:
        small.leave(700 * 1024)
        done = refresh_elsewhere(home, original.root)
    assert len(refused) >= len(ROOMS) // 2, refused
    assert done.returncode == 0, done.stdout + done.stderr
    after = history.last_release(settings)
    assert (after.previous, after.sequence) == (before.id, before.sequence + 1)
    assert row_hashes.of_file(after.path) == row_hashes.of_file(before.path)
    assert not list(home.rglob(f"{files.UNFINISHED}*"))
    # the old place is named nowhere; what is kept for good names no place at all
    assert names(home, str(original.root)) == []
    for kept in (settings.landing_dir, settings.releases_dir):
        assert names(kept, str(home)) == []
    assert str(home) not in (settings.dagster_home / "dagster.yaml").read_text()
    assert not os.readlink(settings.published_dir).startswith("/")


def test_a_home_reached_by_a_symlink_is_the_same_home(published, tmp_path):
    original, _ = published
    copy_home(original, tmp_path / "real", "build")
    link = tmp_path / "link"
    link.symlink_to("real")
    through, direct = (Settings(home=home, edition="recorded") for home in (link, tmp_path / "real"))
    assert history.last_release(through).id == history.last_release(direct).id
    assert [r.serves for r in history.releases(through)] == [True]
    asked = clawback(link, "releases")
    assert "<- serves" in asked.stdout
    # nothing is new by either way
    again = clawback(link, "refresh", "--source", "published")
    assert again.returncode == 0, again.stderr
    assert "nothing new since release" in again.stderr


def test_a_copied_home_is_a_home_of_its_own(sealed, tmp_path):
    settings, _ = sealed
    shutil.copytree(settings.root, tmp_path / "copy", symlinks=True)
    copied = Settings(home=tmp_path / "copy", edition="recorded")
    assert copied.published_dir.resolve().is_relative_to(copied.root.resolve())
    with pytest.raises(history.NoSuchRelease):
        history.find(copied, "none")
    assert history.last_release(copied).folder.is_relative_to(copied.root)
