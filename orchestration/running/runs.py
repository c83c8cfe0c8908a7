"""The refresh that is running in this home (data folder), and cleaning up after one that died.

What belongs here: the note that a running refresh writes about itself, and what the next start does after a crash: it
ends leftover processes, reports the run as failed, frees its pool slots and removes its temporary files. What does not:
signals (stopping), the refresh itself (refresh).

All of this happens under ``refresh.lock``. The kernel frees the lock when its process ends, so whoever gets the lock
knows that everything an earlier command-line refresh left behind is dead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from pydantic import BaseModel, ValidationError

from orchestration import files
from orchestration.release.history import Release
from orchestration.running.ending import STARTED_BY_TAG
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

RUNNING_FILE = "refresh.json"
# A run's id, in the environment of its process and of every process that it starts: they are found by it when the run
# has died. A process's number could have been given to another since.
RUN_VARIABLE = "CLAWBACK_RUN_ID"
STARTED_BY = {STARTED_BY_TAG: "command line"}
_SECONDS_TO_DIE = 5
# A daemon that has given a sign of life since then cleans up after its own runs (run_monitoring in dagster.yaml).
_SECONDS_OF_A_DAEMON = 120


class Running(BaseModel):
    """refresh.json: the refresh that holds the lock. Gone when it ends; left by one that was killed."""

    run_id: str
    pid: int
    since: datetime

    def line(self) -> str:
        """One line for people."""
        return f"run {self.run_id} (process {self.pid}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


def begin(settings: Settings, run_id: str) -> Running:
    """Record that a refresh runs. The caller holds the lock."""
    running = Running(run_id=run_id, pid=os.getpid(), since=datetime.now(UTC).replace(microsecond=0))
    os.environ[RUN_VARIABLE] = run_id
    files.write_whole(settings.root / RUNNING_FILE, running.model_dump_json(indent=2) + "\n")
    return running


def end(settings: Settings) -> None:
    """Say that it ended, however it ended."""
    (settings.root / RUNNING_FILE).unlink(missing_ok=True)
    os.environ.pop(RUN_VARIABLE, None)


def last(settings: Settings) -> Running | None:
    """The refresh that runs, or the one that died; None if the last one ended in order."""
    try:
        return Running.model_validate_json((settings.root / RUNNING_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def end_orphans(settings: Settings) -> int:
    """End the processes that a dead refresh started (dbt keeps writing the build without it); how many there were."""
    dead = last(settings)
    return end_processes_of(dead.run_id) if dead else 0


def end_processes_of(run_id: str) -> int:
    """Kill whatever a run started, this process excepted; how many processes there were."""
    orphans = [process for process in psutil.process_iter() if _run_of(process) == run_id]
    for process in orphans:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(orphans, timeout=_SECONDS_TO_DIE)
    return len(orphans)


def _run_of(process: psutil.Process) -> str | None:
    try:
        return None if process.pid == os.getpid() else process.environ().get(RUN_VARIABLE)
    except (psutil.Error, OSError):
        return None


def sweep(settings: Settings) -> int:
    """Remove what dead writers left half written in landing, build and releases; how many files and folders."""
    count = 0
    for leftover in _leftovers(settings):
        if leftover.is_dir() and not leftover.is_symlink():
            # a thread of this process that has not noticed the end writes nothing into it under its new name
            files.remove_tree(leftover.rename(leftover.with_name(f"{leftover.name}-swept")))
        else:
            leftover.unlink(missing_ok=True)
        count += 1
    return count


def _leftovers(settings: Settings) -> Iterator[Path]:
    landing = settings.landing_dir
    for folder in (landing, *landing.glob("*"), *landing.glob("*/*")):
        if folder.is_dir() and not folder.name.startswith("."):
            yield from files.abandoned(folder)
    # in the home itself a proof (doctor --deep) builds, and may run beside a refresh
    for folder in (settings.root, settings.downloads_dir, settings.build_dir, settings.dbt_target_dir):
        yield from files.abandoned(folder)


def sweep_spill(instance: DagsterInstance, settings: Settings) -> bool:
    """Remove what dead builds spilled to the disk, unless a run of the daemon builds now; whether there was any."""
    spill = settings.build_dir / "tmp"
    if not spill.is_dir() or slot_holders(instance):
        return False
    files.remove_tree(spill)
    return True


def report_dead_runs(instance: DagsterInstance, own_run_id: str, release: Release | None = None) -> list[str]:
    """Report every run failed whose process is gone, and free the pool slots that it holds; the runs' ids.

    A run of the command line is dead, because this process holds its lock. A run of Dagster's daemon is dead where
    the process that its events name no longer lives; while the daemon lives, it sees to its runs itself.
    release: the current release; a run that died after it had published says so.
    """
    # Dagster takes seconds to import: only what opens its records pays
    import dagster as dg

    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING,
                  dg.DagsterRunStatus.NOT_STARTED]  # fmt: skip
    daemon_lives = _daemon_lives(instance)
    dead = []
    for run in instance.get_runs(dg.RunsFilter(statuses=unfinished)):
        is_ours = is_of_command_line(run)
        if run.run_id == own_run_id or not (is_ours or (not daemon_lives and _has_lost_its_process(instance, run))):
            continue
        end_processes_of(run.run_id)
        why = "The process of this run is gone: it was killed, or the machine stopped."
        if release is not None and release.run_id == run.run_id:
            why += f" Before that it had published release {release.id}, which is whole."
        instance.report_run_failed(run, why)
        dead.append(run.run_id)
    for run_id in slot_holders(instance) - {own_run_id}:
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return dead


def is_of_command_line(run: DagsterRun) -> bool:
    """Whether the command line runs it itself. A repetition that the pages started has its tags, and a parent."""
    return STARTED_BY.items() <= run.tags.items() and run.parent_run_id is None


def _daemon_lives(instance: DagsterInstance) -> bool:
    beats = instance.get_daemon_heartbeats().values()
    return any(time.time() - beat.timestamp < _SECONDS_OF_A_DAEMON for beat in beats)


def _has_lost_its_process(instance: DagsterInstance, run: DagsterRun) -> bool:
    named_process = process_of(instance, run.run_id)
    return named_process is not None and not files.is_alive(*named_process)


def process_of(instance: DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process that a run's events name last, and when (seconds since 1970); None if they name none."""
    for entry in reversed(instance.all_logs(run_id)):
        event = entry.dagster_event
        metadata = event.engine_event_data.metadata if event and event.is_engine_event else {}
        if "pid" in metadata:
            return int(str(metadata["pid"].value)), entry.timestamp
    return None


def slot_holders(instance: DagsterInstance) -> set[str]:
    """The runs that hold a slot of a pool, as the one that builds does, or wait for one."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return set()
    infos = [storage.get_concurrency_info(key) for key in storage.get_concurrency_keys()]
    return {slot.run_id for info in infos for slot in info.claimed_slots} | {
        step.run_id for info in infos for step in info.pending_steps
    }


def waiting_for(instance: DagsterInstance, run_id: str) -> str | None:
    """In words, what a run waits for and who holds it; None if it does not wait."""
    storage = instance.event_log_storage
    # all pools at once: a question for each of them, every second of a run, is a tenth of its work
    for key, info in storage.get_concurrency_infos(sorted(storage.get_concurrency_keys())).items():
        others = sorted({slot.run_id for slot in info.claimed_slots} - {run_id})
        if others and any(step.run_id == run_id and step.assigned_timestamp is None for step in info.pending_steps):
            named_process = process_of(instance, others[0])
            process = f", process {named_process[0]}" if named_process else ""
            return f"waiting for the pool {key!r}, which run {others[0]} holds{process} (see: clawback ui)"
    return None
