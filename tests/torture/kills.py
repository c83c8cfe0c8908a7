"""Killing Clawback and looking at what is left.

What belongs here: starting a command, killing it at a chosen moment, and the facts that must hold afterwards. What
does not: which moments are chosen (test_kills, __main__).
"""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from orchestration.landing.catalog import Catalog
from orchestration.release import row_hashes
from orchestration.settings import PROJECT_ROOT, Settings

CLAWBACK = str(Path(sys.executable).with_name("clawback"))
LONGEST_SECONDS = 900
Whom = Literal["group", "parent"]
UNFINISHED = ("STARTED", "STARTING", "CANCELING", "NOT_STARTED", "QUEUED")
# What the steps of a refresh say, and what they put on the disk, in their order.
STEPS = (
    *(("bjs/", 1), ("census/", 1), ("dhs/", 1), ("doj/", 1), ("fbi/", 1), ("ice/", 1), ("ledger/", 1)),
    *(("legistar/", 1), ("published/", 1), ("usaspending/", 1), ("usaspending/transactions", 1)),
    ("captures are as they were landed", 1),
    *(("  dbt: ", number) for number in range(1, 12, 2)),
    *(("checks run", 1), ("auditing the candidate", 1), ("published release", 1), ("Release ", 1)),
)
PLACES = (
    "refresh.json",
    "dagster/history/runs/index.db-journal",
    "build/warehouse.duckdb",
    "build/warehouse.duckdb.wal",
    "build/dbt/run_results.json",
    "releases/.tmp-*",
    "releases/.tmp-*/warehouse.duckdb",
    "releases/.tmp-*/*/*.parquet",
    "releases/.tmp-*/release.json",
    "releases/.tmp-*/SHA256SUMS",
)


@dataclass
class Started:
    """A command that runs in a process group of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, moment: Callable[[Started], bool]) -> bool:
        """Wait for a moment; whether it came before the command ended."""
        ends = time.monotonic() + LONGEST_SECONDS
        while self.process.poll() is None and time.monotonic() < ends:
            if moment(self):
                return True
            time.sleep(0.003)
        return False

    def kill(self, whom: Whom) -> None:
        if whom == "group":
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()


# When a command is to be killed.
Moment = Callable[[Started], bool]


def start(home: Path, *args: str) -> Started:
    log = home.parent / f"{home.name}.log"
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # under nohup: a signal that is ignored stays so in a child, one that is handled does not
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [CLAWBACK, *args],
            env={**clean, "CLAWBACK_HOME": str(home)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=PROJECT_ROOT,
        )
    return Started(process, log)


def has_said(text: str, times: int = 1, seconds: float = 0.0) -> Moment:
    """So long after a command has said something so many times: each step of a refresh says a line."""
    seen: list[float] = []

    def has(started: Started) -> bool:
        if not seen and started.said().count(text) >= times:
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() >= seen[0] + seconds

    return has


def after(seconds: float) -> Moment:
    ends = time.monotonic() + seconds
    return lambda started: time.monotonic() >= ends


def once_there_is(home: Path, pattern: str, seconds: float = 0.0) -> Moment:
    """So long after a file of this pattern was made or written."""
    seen: list[float] = []
    begun = time.time()

    def is_new(path: Path) -> bool:
        with suppress(FileNotFoundError):
            return path.lstat().st_mtime >= begun
        return False

    def is_there(started: Started) -> bool:
        if not seen and any(map(is_new, home.glob(pattern))):
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() >= seen[0] + seconds

    return is_there


@dataclass
class Facts:
    """What a home shows. faults: what must never be; empty where all is well."""

    served: str | None
    faults: list[str] = field(default_factory=list)


def look(home: Path, before: str | None) -> Facts:
    """The published release is whole, and landing holds no half capture. before: a digest of what was served."""
    settings = Settings(home=home, edition="recorded")
    faults = []
    served = None
    if settings.published_dir.is_symlink():
        folder = settings.published_dir.resolve()
        faults += [f"published: {fault}" for fault in _release_faults(folder)]
        served = _digest(folder)
    elif before is not None:
        faults.append("published: the link is gone")
    try:
        Catalog(settings.landing_dir, as_of=None, edition="recorded").captures()
    except Exception as error:
        faults.append(f"landing: {error}")
    halves = [
        folder
        for folder in settings.landing_dir.glob("*/*/*")
        if folder.is_dir() and not folder.name.startswith(".") and not (folder / "capture.json").exists()
    ]
    faults += [f"landing: {folder.name} is half a capture" for folder in halves]
    return Facts(served, faults)


def _release_faults(folder: Path) -> Iterator[str]:
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        yield f"{folder.name} has no SHA256SUMS"
        return
    named = set()
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        named.add(name)
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            yield f"{folder.name}/{name} is not what was released"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    if there != named:
        yield f"{folder.name}: {sorted(there ^ named)} are listed or there, not both"


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()


def runs(home: Path) -> dict[str, str]:
    """Dagster's runs and their status."""
    with sqlite3.connect(home / "dagster" / "history" / "runs.db") as connection:
        return dict(connection.execute("select run_id, status from runs order by id").fetchall())


def slots_held(home: Path) -> int:
    """Pool slots that a run holds in Dagster's records."""
    with sqlite3.connect(home / "dagster" / "history" / "runs" / "index.db") as connection:
        (held,) = connection.execute("select count(*) from concurrency_slots where run_id is not null").fetchone()
        return int(held)


def living(home: Path) -> list[str]:
    """The commands that still run for a home."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            if process.pid != os.getpid() and process.environ().get("CLAWBACK_HOME") == str(home):
                found.append(" ".join(process.info["cmdline"] or [])[:80])
        except (psutil.Error, OSError):
            continue
    return found


def leftovers(home: Path) -> list[str]:
    """What is unfinished under a home."""
    found = [*home.rglob(".tmp-*"), *home.glob(".published-*"), *home.glob("refresh.json")]
    return [str(path.relative_to(home)) for path in found]


def hashes(home: Path) -> dict[str, str]:
    return row_hashes.of_file(home / "published" / "warehouse.duckdb")
