"""A real daemon, in processes of its own: its run fails, and people and monitors are told.

What belongs here: the one thing that runs in this process cannot show, the daemon's own loop. What does not: what is
told of each outcome (test_telling).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "faults")]

from driver import Told

from orchestration.running import health
from orchestration.running.instance import dagster_home
from orchestration.settings import PROJECT_ROOT, Settings

SENSOR = "tell_of_failure"


def until(there: Callable[[], object], seconds: float, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {log.read_text()[-3000:]}"
        time.sleep(0.3)


@pytest.fixture
def told(httpserver) -> Told:
    return Told(httpserver)


@pytest.fixture
def environment(told, tmp_path, monkeypatch) -> dict[str, str]:
    """A home where the warehouse to be built is a folder: every run of `release` breaks at its first step."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "build").mkdir()
    (home / "build" / "warehouse.duckdb").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", "")
    folder = dagster_home(Settings(home=home))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    return kept | {
        "CLAWBACK_HOME": str(home), "CLAWBACK_EDITION": "recorded", "DAGSTER_HOME": str(folder),
        "CLAWBACK_NOTIFY_URLS": told.url, "DAGSTER_DISABLE_TELEMETRY": "1",
    }  # fmt: skip


@pytest.fixture
def daemon(environment, tmp_path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log = tmp_path / "daemon.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("dagster-daemon"), "run", "--workspace", "workspace.yaml"],
            cwd=PROJECT_ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    of_it = psutil.Process(process.pid)
    yield process, log
    everything = [of_it, *of_it.children(recursive=True)]
    process.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs(everything, timeout=20)
    for each in left:
        each.kill()


def test_a_run_of_a_real_daemon_that_breaks_is_told_once_and_health_says_so(told, environment, daemon, tmp_path):
    process, log = daemon
    home = Path(environment["CLAWBACK_HOME"])
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:

        def has_looked() -> bool:
            # a sensor of runs begins to look at its first tick: what ended before is not told
            return any(
                s.name == SENSOR and s.instigator_data.last_tick_timestamp for s in instance.all_instigator_state()
            )

        until(has_looked, 120, process, log)
        launched = subprocess.run(
            [Path(sys.executable).with_name("dagster"), "job", "launch", "--workspace", "workspace.yaml",
             "--job", "release"],
            cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert launched.returncode == 0, launched.stderr
        until(lambda: told.messages, 180, process, log)
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.FAILURE
    until(lambda: (home / health.HEALTH_FILE).exists(), 20, process, log)
    (message,) = told.messages
    assert message["title"].endswith("run failed")
    assert f"Run {run.run_id} (release" in message["message"]
    kept = json.loads((home / health.HEALTH_FILE).read_text())
    assert kept["status"] == "critical"
    assert (kept["last_run"]["started_by"], kept["last_run"]["outcome"]) == ("daemon", "failed")
