"""Dagster's records after a run died: which runs are reported failed, which slots are freed, and what is left alone.

What belongs here: the records themselves, with real processes. What does not: whole refreshes (test_kills).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.events import EngineEventData
from dagster._daemon.types import DaemonHeartbeat
from sqlalchemy import event
from sqlalchemy.engine import Engine

from orchestration.progress import listening
from orchestration.running import instance as dagster_instance
from orchestration.running import runs, waiting
from orchestration.settings import Settings

POOL = "warehouse"
DEAD, LIVING = "dead", "living"


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")
    dagster_instance.dagster_home(settings)
    with dg.DagsterInstance.get() as opened:
        yield opened


@pytest.fixture
def processes() -> Iterator[dict[str, int]]:
    """The number of a process that lives and of one that does not."""
    lives = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    yield {LIVING: lives.pid, DEAD: gone.pid}
    lives.kill()
    lives.wait()


def _begin(instance: dg.DagsterInstance, *, pid: int | None = None, by_command_line: bool = False) -> str:
    """A run that is on record as started and holds the pool's slot where it is free."""
    job = dg.job(name="release")(lambda: None)
    run = instance.create_run_for_job(job, tags=runs.STARTED_BY if by_command_line else {})
    if pid is not None:
        told = EngineEventData(metadata={"pid": dg.MetadataValue.text(str(pid))})
        instance.report_engine_event("Started process for run", run, told)
    instance.report_dagster_event(
        dg.DagsterEvent(event_type_value=dg.DagsterEventType.RUN_START.value, job_name=run.job_name), run.run_id
    )
    instance.event_log_storage.initialize_concurrency_limit_to_default(POOL)
    instance.event_log_storage.claim_concurrency_slot(POOL, run.run_id, "a_step")
    return run.run_id


def _status(instance: dg.DagsterInstance, run_id: str) -> str:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status.value


def _holders(instance: dg.DagsterInstance) -> set[str]:
    return {slot.run_id for slot in instance.event_log_storage.get_concurrency_info(POOL).claimed_slots}


def _said_of(instance: dg.DagsterInstance, run_id: str) -> str:
    return " ".join(entry.message for entry in instance.all_logs(run_id))


def test_a_run_of_the_command_line_is_dead_for_whoever_holds_its_lock(instance) -> None:
    run_id = _begin(instance, by_command_line=True)
    assert _holders(instance) == {run_id}
    assert runs.report_dead_runs(instance, "this one") == [run_id]
    assert _status(instance, run_id) == "FAILURE"
    assert "The process of this run is gone: it was killed, or the machine stopped." in _said_of(instance, run_id)
    assert _holders(instance) == set()


def test_the_own_run_is_not_reported(instance) -> None:
    run_id = _begin(instance, by_command_line=True)
    assert runs.report_dead_runs(instance, run_id) == []
    assert (_status(instance, run_id), _holders(instance)) == ("STARTED", {run_id})


def test_a_repetition_that_the_pages_started_is_not_the_command_lines(instance) -> None:
    """It has the tags of the run that it repeats, and runs while somebody else holds the lock."""
    first = _begin(instance, by_command_line=True)
    job = dg.job(name="release")(lambda: None)
    again = instance.create_run_for_job(job, tags=runs.STARTED_BY, parent_run_id=first, root_run_id=first)
    instance.report_dagster_event(
        dg.DagsterEvent(event_type_value=dg.DagsterEventType.RUN_START.value, job_name=again.job_name), again.run_id
    )
    assert runs.report_dead_runs(instance, "this one") == [first]
    assert _status(instance, again.run_id) == "STARTED"
    assert not runs.is_of_command_line(again)


@pytest.mark.parametrize(
    ("process", "daemon_lives", "status"),
    [(DEAD, False, "FAILURE"), (LIVING, False, "STARTED"), (DEAD, True, "STARTED"), (None, False, "STARTED")],
)
def test_a_run_of_the_daemon_is_dead_where_its_process_is_and_no_daemon_sees_to_it(
    instance, processes, process, daemon_lives, status
) -> None:
    if daemon_lives:
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "MONITORING", "synthetic", []))
    run_id = _begin(instance, pid=processes.get(process))
    runs.report_dead_runs(instance, "this one")
    assert _status(instance, run_id) == status
    assert _holders(instance) == (set() if status == "FAILURE" else {run_id})


def test_a_slot_whose_run_has_ended_is_freed(instance) -> None:
    run_id = _begin(instance)
    run = instance.get_run_by_id(run_id)
    instance.report_run_failed(run)
    assert _holders(instance) == {run_id}, "Dagster leaves it to its daemon"
    assert runs.report_dead_runs(instance, "this one") == []
    assert _holders(instance) == set()


def test_what_a_dead_run_started_is_ended_and_nothing_else() -> None:
    sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
    orphan = subprocess.Popen(sleeps, env={**os.environ, runs.RUN_VARIABLE: "synthetic-dead"})
    other = subprocess.Popen(sleeps, env={**os.environ, runs.RUN_VARIABLE: "synthetic-other"})
    try:
        # the environment is the child's own once it runs its program
        while runs.RUN_VARIABLE not in psutil.Process(orphan.pid).environ():
            time.sleep(0.01)
        assert runs.end_processes_of("synthetic-dead") == 1
        assert not psutil.pid_exists(orphan.pid)
        assert other.poll() is None
    finally:
        for process in (orphan, other):
            process.kill()
            process.wait()


def test_what_living_builds_spill_is_left_alone(instance, settings, processes) -> None:
    spill = settings.build_dir / "tmp"
    spill.mkdir(parents=True)
    _begin(instance, pid=processes[LIVING])
    assert runs.sweep_spill(instance, settings) is False
    assert spill.exists()
    instance.event_log_storage.free_concurrency_slots_for_run(next(iter(_holders(instance))))
    assert runs.sweep_spill(instance, settings) is True
    assert not spill.exists()


def test_looking_for_a_wait_costs_the_same_however_many_pools_there_are(instance) -> None:
    """It looks every two seconds of a run: a question for each pool was a tenth of a refresh's work."""

    def statements() -> int:
        asked: list[str] = []

        def hear(connection, cursor, statement, *others) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", hear)
        try:
            assert runs.waiting_for(instance, "synthetic") is None
        finally:
            event.remove(Engine, "before_cursor_execute", hear)
        return len(asked)

    counts = []
    for pools in (2, 20):
        for number in range(pools):
            instance.event_log_storage.set_concurrency_slots(f"synthetic {number}", 1)
        counts.append(statements())
    assert counts[0] == counts[1] > 0


def test_a_wait_for_a_slot_is_said_with_who_holds_it_and_ends_with_the_holder(instance, processes) -> None:
    holder = _begin(instance, pid=processes[LIVING])
    waits = _begin(instance, by_command_line=True)
    lines: list[str] = []
    came = threading.Event()

    def hear(line: str) -> None:
        lines.append(line)
        came.set()

    with listening(hear), waiting.reporting_waits(instance, waits):
        assert came.wait(60)
        said = (
            f"waiting for the pool {POOL!r}, which run {holder} holds, process {processes[LIVING]} (see: clawback ui)"
        )
        assert lines == [said]
        came.clear()
        psutil.Process(processes[LIVING]).kill()
        assert came.wait(60)
    assert lines[1:] == [f"run {holder} was killed before it ended: reported as failed in Dagster's records"]
    assert _holders(instance) <= {waits}


def test_a_claim_that_has_to_wait_waits_in_the_storage(instance) -> None:
    """Dagster's executor asks again without a pause until the time that the answer names has come."""
    _begin(instance)
    began = time.monotonic()
    status = instance.event_log_storage.claim_concurrency_slot(POOL, "another run", "a_step")
    assert not status.is_claimed
    assert time.monotonic() - began >= 1
    assert status.sleep_interval < 0.1


def test_nothing_is_written_outside_a_home_that_was_moved(settings, monkeypatch) -> None:
    """Dagster's own settings name no folder."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    old, new = settings.root, settings.root.with_name("moved")
    written = dagster_instance.dagster_home(settings) / "dagster.yaml"
    assert str(old) not in written.read_text(encoding="utf-8")
    with dg.DagsterInstance.get() as instance:
        before = _begin(instance)
    old.rename(new)
    dagster_instance.dagster_home(Settings(home=new, edition="recorded"))
    with dg.DagsterInstance.get() as instance:
        assert _status(instance, before) == "STARTED"
        after = _begin(instance)
        assert (new / "dagster" / "history" / "runs" / f"{after}.db").exists()
    assert not old.exists()


def test_settings_of_an_earlier_version_are_replaced_and_somebodys_own_are_kept(settings, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    path: Path = dagster_instance.dagster_home(settings) / "dagster.yaml"
    ours = path.read_text(encoding="utf-8")
    path.write_text("telemetry:\n  enabled: false\nevent_log_storage:\n  config:\n    base_dir: /old/home\n")
    dagster_instance.dagster_home(settings)
    assert path.read_text(encoding="utf-8") == ours
    own = "telemetry:\n  enabled: true\n"
    path.write_text(own)
    dagster_instance.dagster_home(settings)
    assert path.read_text(encoding="utf-8") == own


# A process whose main thread lands file upon file when another thread ends it, as a signal's does.
_ENDED_WHILE_IT_WRITES = """
import os, pathlib, sys, threading, time
from orchestration import files
from orchestration.running import runs
from orchestration.settings import Settings

settings = Settings(home=pathlib.Path(sys.argv[1]))
folder = settings.landing_dir / "bjs" / "arrests"
folder.mkdir(parents=True)
began = threading.Event()

def end():
    began.wait()
    files.end_writing()
    time.sleep(0.2)
    runs.sweep(settings)
    files.write_whole(settings.root / "said.txt", "the thread that ends it writes still")
    os._exit(7)

threading.Thread(target=end).start()
while True:
    unfinished = folder / files.unfinished_name()
    unfinished.mkdir()
    for part in range(20):
        (unfinished / str(part)).write_text("a part")
        if part == 10:
            began.set()
    try:
        unfinished.rename(folder / unfinished.name.removeprefix(files.UNFINISHED))
    except OSError:
        pass
"""


def test_a_process_that_is_ended_while_its_main_thread_lands_leaves_nothing_unfinished(settings: Settings) -> None:
    ended = subprocess.run([sys.executable, "-c", _ENDED_WHILE_IT_WRITES, str(settings.root)], timeout=60, check=False)
    assert ended.returncode == 7
    assert (settings.root / "said.txt").is_file()
    assert list(settings.root.rglob(".tmp-*")) == []
