"""A refresh that is killed or stopped leaves nothing half, and the next one goes on by itself.

A small set; `make torture` runs hundreds of seeded kills.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.conftest import copy_home
from tests.torture import kills


@pytest.fixture(scope="module")
def home(published, tmp_path_factory) -> Path:
    """A home with a release, to be killed over and over."""
    settings, _ = published
    home = tmp_path_factory.mktemp("torture") / "home"
    copy_home(settings, home)
    return home


def _building(started: kills.Started) -> bool:
    return "  dbt: " in started.said()


def _capturing(started: kills.Started) -> bool:
    return "census/places" in started.said()


def killed(home: Path, started: kills.Started, whom: kills.Whom, before: str | None) -> None:
    """Kill it: what was published before is there as it was."""
    started.kill(whom)
    after = kills.look(home, before)
    assert after.faults == []
    assert after.served == before


def test_a_refresh_whose_every_process_is_killed_leaves_what_was_published(home: Path) -> None:
    """Its parent alone is killed while it captures and while it builds in the tests of what the next one does."""
    before = kills.look(home, None).served
    started = kills.start(home, "refresh", "--force")
    assert started.wait_for(_building), started.said()
    killed(home, started, "group", before)


@pytest.mark.parametrize(
    ("number", "moment", "word"),
    [
        (signal.SIGINT, _building, "Ctrl-C"),
        (signal.SIGTERM, _capturing, "SIGTERM"),
        (signal.SIGHUP, _building, "SIGHUP"),
    ],
)
def test_one_signal_ends_all_of_it_within_ten_seconds(home: Path, number: signal.Signals, moment, word: str) -> None:
    before = kills.look(home, None).served
    started = kills.start(home, "refresh", "--force")
    assert started.wait_for(moment), started.said()
    sent = time.monotonic()
    os.kill(started.process.pid, number)
    assert started.process.wait(timeout=10) == 128 + number
    assert time.monotonic() - sent < 10
    said = started.said()
    assert f"The refresh was stopped by {word}. Serving: " in said
    assert "Traceback" not in said
    assert kills.living(home) == []
    assert kills.leftovers(home) == []
    assert kills.slots_held(home) == 0
    assert list(kills.runs(home).values())[-1] == "CANCELED"
    after = kills.look(home, before)
    assert (after.faults, after.served) == ([], before)


def test_where_logs_are_json_stopping_is_said_as_json(home: Path) -> None:
    log = home.parent / "stopped.jsonl"
    environment = {**os.environ, "CLAWBACK_HOME": str(home), "CLAWBACK_LOG": "json"}
    with log.open("wb") as out, subprocess.Popen(
        [kills.CLAWBACK, "refresh", "--force"], env=environment, stdout=subprocess.DEVNULL, stderr=out,
        start_new_session=True,
    ) as started:  # fmt: skip
        end = time.monotonic() + 120
        while '"event": "dataset"' not in log.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=10) == 128 + signal.SIGTERM
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in lines[-2:]] == ["stopped", "stopped"]
    assert lines[-1]["message"].startswith("The refresh was stopped by SIGTERM. Serving: ")


@pytest.mark.parametrize(
    ("number", "word"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
)
def test_one_signal_ends_an_import_and_leaves_nothing(tmp_path: Path, number: signal.Signals, word: str) -> None:
    one = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "newoff": "1"}
    given = tmp_path / "synthetic.json"
    given.write_text(json.dumps([{**one, "newwgt": str(n)} for n in range(1, 200_001)]), encoding="utf-8")
    home = tmp_path / "home"
    started = kills.start(home, "import", "bjs/victimizations", str(given))
    assert started.wait_for(kills.once_there_is(home, "landing/bjs/victimizations/.tmp-*")), started.said()
    sent = time.monotonic()
    os.kill(started.process.pid, number)
    assert started.process.wait(timeout=10) == 128 + number
    assert time.monotonic() - sent < 10
    assert started.said().strip() == f"Stopped by {word}."
    assert (kills.living(home), kills.leftovers(home), kills.look(home, None).faults) == ([], [], [])


_SWALLOWS_THE_FIRST = """
import time
from pathlib import Path
from orchestration.running import stopping

stopping.unwind_on_signals()
with stopping.in_time():
    try:
        try:
            Path("ready").touch()
            time.sleep(60)
        except BaseException:
            time.sleep(60)
    finally:
        Path("ready").unlink()
"""


def test_a_signal_whose_exception_a_library_swallowed_is_raised_again(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SWALLOWS_THE_FIRST], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
    ) as started:  # fmt: skip
        while not (tmp_path / "ready").exists():
            assert started.poll() is None
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=20) == 128 + signal.SIGTERM
        assert started.stderr
        assert started.stderr.read().count("Stopped by SIGTERM.") == 1
    assert not (tmp_path / "ready").exists()


def test_a_second_refresh_names_the_first_and_the_first_killed_leaves_what_was_published(home: Path) -> None:
    before = kills.look(home, None).served
    started = kills.start(home, "refresh", "--force")
    assert started.wait_for(_capturing), started.said()
    second = home.parent / "second.log"
    with second.open("wb") as out:
        environment = {**os.environ, "CLAWBACK_HOME": str(home)}
        code = subprocess.call([kills.CLAWBACK, "refresh"], env=environment, stdout=out, stderr=out)
    killed(home, started, "parent", before)
    assert code == 5
    told = second.read_text()
    assert f"another refresh runs: run {list(kills.runs(home))[-1]} (process {started.process.pid}) since 20" in told


def test_the_next_one_reports_the_dead_and_converges(home: Path, published) -> None:
    settings, _ = published
    before = kills.look(home, None).served
    started = kills.start(home, "refresh", "--force")
    assert started.wait_for(_building), started.said()
    killed(home, started, "parent", before)
    dead = list(kills.runs(home))[-1]
    done = kills.start(home, "refresh", "--force")
    assert done.process.wait(timeout=kills.LONGEST_SECONDS) == 0, done.said()
    assert f"run {dead} was killed before it ended: reported as failed" in done.said()
    assert "processes ended" in done.said()
    statuses = list(kills.runs(home).values())
    assert statuses[-2:] == ["FAILURE", "SUCCESS"]
    assert set(statuses) <= {"FAILURE", "CANCELED", "SUCCESS"}
    assert (kills.slots_held(home), kills.leftovers(home), kills.living(home)) == (0, [], [])
    assert kills.hashes(home) == kills.hashes(settings.root)
