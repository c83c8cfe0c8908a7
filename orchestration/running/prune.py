"""Giving disk space back: old releases, the records of old runs, and the build file.

What belongs here: choosing what is no longer needed, and deleting it. What does not: captures, which are never deleted;
what a killed process left half written (runs.sweep, publish.sweep).

Two steps, so that nobody deletes by accident: `plan` only looks, `carry_out` deletes what a plan names. The serving
release, the newest releases and the newest runs always stay.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration import files
from orchestration.release import history, publish, seal
from orchestration.running import runs
from orchestration.running.instance import has_records, records
from orchestration.running.lock import AnotherRefreshRuns, alone
from orchestration.settings import Settings

# Dagster's page shows the last run of each job; what failed in it must stay readable.
_NEWEST_RUNS = 5
_SECONDS_FOR_DAGSTER = 5.0


@dataclass(frozen=True)
class Removal:
    """One thing to delete. size_bytes: what its files take on the disk today."""

    what: str
    name: str
    why: str
    size_bytes: int
    path: Path | None = None

    def line(self) -> str:
        return f"{self.what} {self.name}: {_size(self.size_bytes)}, {self.why}"


@dataclass(frozen=True)
class Plan:
    """What would be deleted, and what stays."""

    removals: list[Removal] = field(default_factory=list)
    releases_kept: list[str] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        return sum(one.size_bytes for one in self.removals)

    def to_json(self, *, done: bool) -> dict[str, object]:
        removals = [
            {"what": one.what, "name": one.name, "why": one.why, "bytes": one.size_bytes} for one in self.removals
        ]
        return {"deleted": done, "removals": removals, "bytes": self.size_bytes, "releases_kept": self.releases_kept}

    def lines(self, *, done: bool) -> list[str]:
        if not self.removals:
            return ["nothing to delete"]
        verb = "deleted" if done else "would be deleted"
        return [one.line() for one in self.removals] + [
            f"{len(self.removals)} {verb}, {_size(self.size_bytes)} in all;"
            f" releases that stay: {', '.join(self.releases_kept) or 'none'}; captures are never deleted"
        ]


def plan(settings: Settings, *, releases: int, days: int, build: bool = False) -> Plan:
    """What may be deleted.

    releases: how many releases stay, the newest ones; the serving one stays in any case.
    days: the records of runs that ended longer ago are deleted, but for the last few.
    build: the build file too; the next refresh then builds every table again.
    """
    kept = history.releases(settings)
    stay = [one.id for number, one in enumerate(kept) if one.serves or number < releases]
    removals = [
        Removal("release", one.id, f"older than the newest {releases}", _bytes_of(one.path.parent), one.path.parent)
        for one in kept
        if one.id not in stay
    ]
    removals += _old_runs(settings, datetime.now(UTC) - timedelta(days=days), days)
    if build and settings.build_file.exists():
        removals.append(
            Removal("build file", settings.build_file.name, "the next refresh makes it again",
                    settings.build_file.stat().st_size, settings.build_file)
        )  # fmt: skip
    if build and settings.spark_dir.exists():
        why = "what Spark made of it, which the build file's views read"
        removals.append(
            Removal("folder", settings.spark_dir.name, why, _bytes_of(settings.spark_dir), settings.spark_dir)
        )
    return Plan(removals, stay)


def carry_out(settings: Settings, *, releases: int, days: int, build: bool = False) -> Plan:
    """Delete what `plan` names with the same arguments; what was deleted.

    Each deletion is whole by itself: after a kill the rest is still there, and the next call goes on.
    Raises running.lock.AnotherRefreshRuns, publish.AnotherPublicationRuns, files.CannotWrite,
    running.instance.CannotOpenRecords.
    """
    with alone(settings, str(uuid.uuid4())), publish.alone(settings):
        if build and (building := _building(settings)):
            raise AnotherRefreshRuns(
                f"run {building} of Dagster builds now, and nothing was deleted. Wait for it (see: clawback ui);"
                " if it has died, the next refresh frees the build."
            )
        found = plan(settings, releases=releases, days=days, build=build)
        for one in found.removals:
            if one.what == "release":
                _delete_release(settings, one)
            elif one.path is not None and one.path.is_dir():
                files.remove_tree(one.path)
            elif one.path is not None:
                one.path.unlink(missing_ok=True)
        _delete_runs(settings, [one.name for one in found.removals if one.what == "run"])
    return found


def _building(settings: Settings) -> str | None:
    """A run of Dagster's daemon that is at the build file or about to be; None if there is none. It holds no lock."""
    if not has_records(settings):
        return None
    with records(settings) as instance:
        return min(runs.slot_holders(instance), default=None)


def _delete_release(settings: Settings, removal: Removal) -> None:
    assert removal.path is not None
    seal.leave(settings, removal.name)
    # under this name it is a leftover: if this process is killed, the next publication deletes the rest
    gone = settings.releases_dir / files.unfinished_name()
    with files.writing(removal.path):
        os.chmod(removal.path, 0o755)
        removal.path.rename(gone)
    files.remove_tree(gone)


def _old_runs(settings: Settings, before: datetime, days: int) -> list[Removal]:
    if not has_records(settings):
        return []
    # Dagster takes seconds to import: only what opens its records pays
    import dagster as dg

    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    with records(settings) as instance:
        of_runs = instance.get_run_records(dg.RunsFilter(statuses=ended))
    found = []
    for record in of_runs[_NEWEST_RUNS:]:
        at = datetime.fromtimestamp(record.end_time or record.create_timestamp.timestamp(), UTC)
        if at < before:
            why = f"ended {at:%Y-%m-%d}, more than {days} days ago"
            found.append(
                Removal("run", record.dagster_run.run_id, why, _run_bytes(settings, record.dagster_run.run_id))
            )
    return found


def _run_files(settings: Settings, run_id: str) -> list[Path]:
    home = settings.dagster_home
    return [*(home / "history" / "runs").glob(f"{run_id}.db*"), home / "storage" / run_id]


def _run_bytes(settings: Settings, run_id: str) -> int:
    return sum(_bytes_of(path) for path in _run_files(settings, run_id))


def _delete_runs(settings: Settings, run_ids: list[str]) -> None:
    if not run_ids:
        return
    with records(settings) as instance:
        for run_id in run_ids:
            instance.delete_run(run_id)
    for run_id in run_ids:
        for path in _run_files(settings, run_id):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    # SQLite keeps the pages of deleted rows until it is told to give them back; a daemon that reads may be in the way
    for database in ("history/runs.db", "history/runs/index.db"):
        if not (settings.dagster_home / database).is_file():
            continue
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(settings.dagster_home / database, timeout=_SECONDS_FOR_DAGSTER)) as connection,
        ):
            connection.execute("vacuum")


def _bytes_of(path: Path) -> int:
    """Bytes on the disk of a file, or of every file of a folder; 0 where there is none."""
    if path.is_dir():
        return sum(_bytes_of(Path(inside) / name) for inside, _, names in os.walk(path) for name in names)
    with suppress(FileNotFoundError):
        return path.lstat().st_blocks * 512
    return 0


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
