"""A disk of a chosen size, for as long as a test runs.

What belongs here: mounting, filling and growing it. What does not: what is written to it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


class Disk:
    """A file system in memory with so many KiB of room."""

    def __init__(self, path: Path, kib: int) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._mount("-t", "tmpfs", "-o", f"size={kib}k", "tmpfs")

    def _mount(self, *options: str) -> None:
        done = subprocess.run(["mount", *options, self.path], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    def remount(self, options: str) -> None:
        """size=..k for more or less room, ro, rw, nr_inodes=.. for the number of files."""
        self._mount("-o", f"remount,{options}")

    def used_kib(self) -> int:
        told = subprocess.run(["df", "-k", "--output=used", self.path], check=True, capture_output=True, text=True)
        return int(told.stdout.split()[1])

    def leave(self, kib: int) -> None:
        """Let there be so much room beside what is on it."""
        self.remount(f"size={self.used_kib() + kib}k")

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Disk]]:
    """Makes a disk of so many KiB."""
    mounted: list[Disk] = []

    def make(kib: int) -> Disk:
        mounted.append(Disk(tmp_path / f"disk-{len(mounted)}", kib))
        return mounted[-1]

    yield make
    for each in mounted:
        each.unmount()
