"""`clawback health` and health.json: what a monitor reads, when all is well and when it is not.

What belongs here: the answer, its keys and its exit code. What does not: what follows from bad nights (test_nights.py).
"""

from __future__ import annotations

import json
import os
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from orchestration.release import history
from orchestration.running import health
from orchestration.settings import Settings
from tests.conftest import clawback

KEYS = [
    "format", "status", "exit_code", "checked_at", "edition", "release", "last_run", "last_good_run", "troubles",
    "sources", "accepted", "disk", "checks",
]  # fmt: skip


def check(found: health.Health, name: str) -> tuple[str, str]:
    (one,) = [check for check in found.checks if check.name == name]
    return one.state, one.says


def test_before_anything_is_published_it_says_so_and_exits_2_and_writes_nothing(tmp_path):
    done = clawback(tmp_path / "home", "health", "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert list(told) == KEYS
    assert (told["release"], told["last_run"]) == (None, None)
    assert {one["name"]: one["state"] for one in told["checks"]} == {
        "release": "critical", "runs": "warning", "sources": "ok", "accepted": "ok", "disk": "ok",
    }  # fmt: skip
    assert not (tmp_path / "home").exists()


def test_after_a_refresh_all_is_well_and_the_file_beside_the_release_says_the_same(published):
    settings, account = published
    done = clawback(settings.root, "health")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("CLAWBACK OK - release ")
    kept = json.loads((settings.root / health.HEALTH_FILE).read_text(encoding="utf-8"))
    assert list(kept) == KEYS
    assert kept["status"] == "ok"
    assert kept["release"]["id"] == account["release"]
    # other tests of the session may have refreshed this copy of the home
    assert kept["last_run"]["outcome"] in ("published", "nothing new")
    assert kept["last_good_run"]["run_id"] == kept["last_run"]["run_id"]
    assert str(settings.root) not in json.dumps(kept)


def test_a_rollback_writes_it_anew(sealed):
    settings, _ = sealed
    before = json.loads((settings.root / health.HEALTH_FILE).read_text(encoding="utf-8"))
    serving = history.last_release(settings).id
    (settings.root / health.HEALTH_FILE).write_text(json.dumps({**before, "release": None, "status": "critical"}))
    assert clawback(settings.root, "rollback", serving).returncode == 0
    after = json.loads((settings.root / health.HEALTH_FILE).read_text(encoding="utf-8"))
    assert (after["release"]["id"], after["last_run"]) == (serving, before["last_run"])


def test_a_finding_that_was_accepted_is_a_warning_until_the_next_green_release(sealed):
    settings, _ = sealed
    file = settings.published_dir.resolve() / history.RELEASE_FILE
    told = json.loads(file.read_text(encoding="utf-8"))
    os.chmod(file.parent, 0o755)
    os.chmod(file, 0o644)
    file.write_text(json.dumps({**told, "accepted": {"rows of core.fct_award": "synthetic reason"}}))
    found = health.look(settings)
    # written by hand, release.json is seen to be another
    assert {one.name: one.state for one in found.checks if one.state != "ok"} == {
        "accepted": "warning",
        "release": "critical",
    }
    assert check(found, "accepted") == ("warning", "rows of core.fct_award: accepted, synthetic reason")
    assert found.facts["accepted"] == [{"check": "rows of core.fct_award", "because": "synthetic reason"}]


@pytest.mark.parametrize(
    ("outcome", "process", "state"),
    [("running", "this", "ok"), ("running", "gone", "critical"), ("running", "another", "critical"),
     ("published", "gone", "ok"), ("running", None, "critical")],
)  # fmt: skip
def test_a_run_that_says_it_is_running_is_believed_while_its_process_lives(tmp_path, outcome, process, state):
    gone = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(gone, 0)
    number, began = health.this_process()
    processes = {"this": [number, began], "gone": [gone, 1], "another": [number, began - 60], None: None}
    settings = Settings(home=tmp_path)
    health.keep(settings, last_run={
        "run_id": "synthetic", "job": "refresh", "started_at": "2026-11-28T00:00:00+00:00",
        "ended_at": "2026-11-28T00:01:00+00:00", "outcome": outcome, "process": processes[process],
    })  # fmt: skip
    assert check(health.look(settings), "runs")[0] == state


def test_a_trouble_is_critical_and_names_its_job(tmp_path):
    settings = Settings(home=tmp_path)
    trouble = {"trouble": "x", "since": "2026-11-27", "run_id": "synthetic", "says": "the gate refused it"}
    health.keep(settings, troubles={"release": trouble})
    assert check(health.look(settings), "runs") == ("critical", "release since 2026-11-27: the gate refused it")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"troubles": 3}', "\x00"])
def test_a_file_that_is_not_ours_is_no_obstacle(tmp_path, text):
    (tmp_path / health.HEALTH_FILE).write_text(text)
    found = health.look(Settings(home=tmp_path))
    assert found.facts["last_run"] is None
    health.write(Settings(home=tmp_path))
    assert list(json.loads((tmp_path / health.HEALTH_FILE).read_text())) == KEYS


def test_a_landing_folder_that_cannot_be_read_is_critical_and_no_traceback(tmp_path):
    (tmp_path / "landing" / "doj").mkdir(parents=True)
    (tmp_path / "landing" / "doj" / "sanctuary_list").write_text("synthetic")
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "2026.01.01").mkdir()
    (tmp_path / "releases" / "2026.01.01" / "release.json").write_text("{")
    found = health.look(Settings(home=tmp_path))
    assert found.exit_code == 2
    assert check(found, "release")[0] == "critical"
    assert str(tmp_path) not in json.dumps(found.to_json())


def test_in_the_live_edition_a_release_that_nobody_refreshed_is_a_warning(published):
    settings, _ = published
    live = Settings(home=settings.root, edition="live")
    assert check(health.look(live), "release")[0] == "ok"
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49), tick=False):
        state, says = check(health.look(live), "release")
    assert (state, "no refresh ended well for " in says) == ("warning", True)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49), tick=False):
        assert check(health.look(settings), "release")[0] == "ok"


def test_a_good_run_dated_by_a_clock_that_was_ahead_does_not_stand_for_the_years_until_then(published):
    """The clock said 2126 for one run: nothing would have been late before 2126."""
    settings, _ = published
    live = Settings(home=settings.root, edition="live")
    facts = {"last_good_run": {"run_id": "synthetic", "ended_at": "2126-01-01T00:00:00+00:00"}, "accepted": []}
    found = health._release(live, facts, datetime.now(UTC))
    assert (found.state, "2126-01-01, which is yet to come" in found.says) == ("warning", True)


@pytest.mark.parametrize(("free", "state"), [(10, "ok"), (4, "warning"), (0.5, "critical")])
def test_a_disk_that_fills_up_is_told_in_time(tmp_path, monkeypatch, free, state):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(100 * 1024**3, 0, int(free * 1024**3)))
    assert check(health.look(Settings(home=tmp_path)), "disk") == (state, f"{free:.1f} GiB free")


def test_health_json_is_readable_by_any_user_of_the_machine(tmp_path):
    health.write(Settings(home=tmp_path))
    assert (Path(tmp_path) / health.HEALTH_FILE).stat().st_mode & 0o044 == 0o044
