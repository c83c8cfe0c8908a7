"""Giving disk space back deletes old releases and runs, and never what serves, a capture or what it did not say.

What belongs here: what `clawback prune` shows and deletes. What does not: what a kill leaves (tests/torture).
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.warehouse import WAREHOUSE_POOL
from orchestration.release import history, publish, seal
from orchestration.release.history import Release
from orchestration.running import prune
from orchestration.running.instance import records
from orchestration.running.lock import AnotherRefreshRuns, alone
from orchestration.settings import PROJECT_ROOT, Settings
from tests.conftest import clawback

DAY = 24 * 3600


def _release(settings: Settings, number: int) -> None:
    """A synthetic release as `publish` leaves one, read-only and entered."""
    folder = settings.releases_dir / f"2026.01.{number:02}"
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_bytes(b"synthetic" * 1000)
    release = Release.model_validate(
        {
            "id": folder.name, "sequence": number, "built_at": f"2026-01-{number:02}T00:00:00Z", "run_id": "synthetic",
            "edition": "recorded", "as_of": None, "fingerprint": "f", "code_digest": "c", "software": "0",
            "previous": None, "captures": [], "rows": {}, "differences": {}, "checks": {}, "accepted": {},
        }
    )  # fmt: skip
    (folder / history.RELEASE_FILE).write_text(history.dump(release), encoding="utf-8")
    sums = seal.make_sums(folder)
    seal.protect(folder)
    seal.enter(settings, folder.name, sums)


def _run_for_eight_days(settings: Settings) -> None:
    with records(settings) as instance:
        job = dg.job(name="refresh")(lambda: None)
        for age in range(8, 0, -1):
            run = instance.create_run_for_job(job)
            for kind, at in ((dg.DagsterEventType.RUN_START, 0), (dg.DagsterEventType.RUN_SUCCESS, 60)):
                event = dg.DagsterEvent(event_type_value=kind.value, job_name="refresh")
                instance.report_dagster_event(event, run.run_id, timestamp=time.time() - age * DAY + at)


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Five releases of which an early one serves, a capture, and eight runs that ended one day after the other."""
    for number in range(1, 6):
        _release(settings, number)
    publish.rollback(settings, "2026.01.02")
    capture = settings.landing_dir / "bjs" / "arrests" / "one" / "records.parquet"
    capture.parent.mkdir(parents=True)
    capture.write_bytes(b"a capture")
    settings.build_dir.mkdir()
    settings.build_file.write_bytes(b"a build")
    monkeypatch.setenv("DAGSTER_HOME", "")
    _run_for_eight_days(settings)
    return settings


def _kept(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.releases_dir.glob("[!.]*"))


def _runs(settings: Settings) -> int:
    with dg.DagsterInstance.get() as instance:
        assert len(list((settings.dagster_home / "history" / "runs").glob("*-*.db"))) == instance.get_runs_count()
        return instance.get_runs_count()


def test_only_looking_deletes_nothing_and_says_what_would_go(home: Settings) -> None:
    found = prune.plan(home, releases=2, days=2)
    assert [one.name for one in found.removals if one.what == "release"] == ["2026.01.03", "2026.01.01"]
    # of eight runs six ended more than two days ago, and the newest five stay
    assert len([one for one in found.removals if one.what == "run"]) == 3
    assert found.releases_kept == ["2026.01.05", "2026.01.04", "2026.01.02"]
    assert found.size_bytes > 2 * 9000
    assert len(_kept(home)) == 5
    assert _runs(home) == 8


def test_what_was_named_is_deleted_and_nothing_else(home: Settings) -> None:
    prune.carry_out(home, releases=2, days=2)
    # the serving release stays, old as it is
    assert _kept(home) == ["2026.01.02", "2026.01.04", "2026.01.05"]
    assert home.published_dir.resolve().name == "2026.01.02"
    assert _runs(home) == 5
    assert (home.landing_dir / "bjs" / "arrests" / "one" / "records.parquet").read_bytes() == b"a capture"
    assert home.build_file.exists()
    assert list(home.releases_dir.glob(".tmp-*")) == []
    assert prune.plan(home, releases=2, days=2).lines(done=False) == ["nothing to delete"]
    for release in _kept(home):
        assert seal.damage_of(home, home.releases_dir / release) == []
    publish.rollback(home, "2026.01.05")


def test_the_id_of_a_deleted_release_is_not_given_again(home: Settings) -> None:
    prune.carry_out(home, releases=1, days=90)
    assert seal.deleted(home) == {"2026.01.01", "2026.01.03", "2026.01.04"}
    # its entry stays: what a copy elsewhere must look like is still known
    assert seal.entered(home).keys() == {f"2026.01.0{number}" for number in range(1, 6)}


def test_the_build_file_goes_only_when_asked(home: Settings) -> None:
    captured = home.root / "landing.parquet"
    captured.write_bytes(b"captured")
    (home.spark_dir / "raw").mkdir(parents=True)
    (home.spark_dir / "raw" / "link.parquet").symlink_to(captured)
    prune.carry_out(home, releases=9, days=90, build=True)
    assert not home.build_file.exists()
    assert not home.spark_dir.exists()
    assert captured.read_bytes() == b"captured"
    assert len(_kept(home)) == 5


def test_nothing_is_deleted_while_a_refresh_runs(home: Settings) -> None:
    with alone(home, "synthetic"), pytest.raises(AnotherRefreshRuns):
        prune.carry_out(home, releases=1, days=1)
    assert len(_kept(home)) == 5


def test_the_build_file_stays_while_dagster_builds(home: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(dg.job(name="refresh")(lambda: None))
        instance.event_log_storage.initialize_concurrency_limit_to_default(WAREHOUSE_POOL)
        instance.event_log_storage.claim_concurrency_slot(WAREHOUSE_POOL, run.run_id, "dbt_models")
        with pytest.raises(AnotherRefreshRuns, match=run.run_id):
            prune.carry_out(home, releases=1, days=1, build=True)
        assert home.build_file.exists()
        assert len(_kept(home)) == 5
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    prune.carry_out(home, releases=1, days=1, build=True)
    assert not home.build_file.exists()


@pytest.fixture
def home_of_another_store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Dagster's records are where somebody's own dagster.yaml says, as with PostgreSQL; eight runs ended."""
    settings.dagster_home.mkdir(parents=True)
    store = {
        "storage": {"sqlite": {"base_dir": str(settings.root / "store")}},
        "telemetry": {"enabled": False},
        "concurrency": {"pools": {"default_limit": 1}},
    }
    (settings.dagster_home / "dagster.yaml").write_text(json.dumps(store), encoding="utf-8")
    settings.build_dir.mkdir()
    settings.build_file.write_bytes(b"a build")
    monkeypatch.setenv("DAGSTER_HOME", "")
    _run_for_eight_days(settings)
    assert not (settings.dagster_home / "history").exists()
    return settings


def test_runs_of_another_store_are_deleted_too(home_of_another_store: Settings) -> None:
    found = prune.carry_out(home_of_another_store, releases=1, days=2)
    assert [one.what for one in found.removals] == ["run"] * 3
    with records(home_of_another_store) as instance:
        assert instance.get_runs_count() == 5


def test_the_build_file_stays_while_a_run_of_another_store_builds(home_of_another_store: Settings) -> None:
    with records(home_of_another_store) as instance:
        run = instance.create_run_for_job(dg.job(name="refresh")(lambda: None))
        instance.event_log_storage.initialize_concurrency_limit_to_default(WAREHOUSE_POOL)
        instance.event_log_storage.claim_concurrency_slot(WAREHOUSE_POOL, run.run_id, "dbt_models")
        with pytest.raises(AnotherRefreshRuns, match=run.run_id):
            prune.carry_out(home_of_another_store, releases=1, days=1, build=True)
    assert home_of_another_store.build_file.exists()


def test_a_database_without_its_password_is_named_in_one_line(settings: Settings) -> None:
    settings.dagster_home.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "deploy" / "dagster-postgresql.yaml", settings.dagster_home / "dagster.yaml")
    shown = clawback(settings.root, "prune")
    assert (shown.returncode, shown.stdout) == (1, "")
    [line] = shown.stderr.splitlines()
    assert "CLAWBACK_DATABASE_HOST and CLAWBACK_DATABASE_PASSWORD" in line
    assert "docs/operating.md" in line


@pytest.mark.parametrize("answers", ["refuses", "takes the connection and never answers"])
def test_a_database_that_does_not_answer_is_said_in_a_line(settings: Settings, answers: str) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    if answers == "refuses":
        silent.close()
    example = (PROJECT_ROOT / "deploy" / "dagster-postgresql.yaml").read_text(encoding="utf-8")
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "dagster.yaml").write_text(
        example.replace("port: 5432", f"port: {port}"), encoding="utf-8"
    )
    environment = {
        "CLAWBACK_DATABASE_HOST": "127.0.0.1",
        "CLAWBACK_DATABASE_PASSWORD": "a-secret-of-the-test",  # pragma: allowlist secret
        "PGCONNECT_TIMEOUT": "2",
    }
    with silent:
        shown = clawback(settings.root, "prune", **environment)
    assert (shown.returncode, shown.stdout) == (1, "")
    *_, line = shown.stderr.splitlines()
    assert line.startswith("Dagster's records cannot be opened: connection to server at"), shown.stderr
    assert str(port) in line
    assert "CLAWBACK_DATABASE_HOST and CLAWBACK_DATABASE_PASSWORD" in line
    assert "Traceback" not in shown.stderr
    assert "a-secret-of-the-test" not in shown.stderr


def test_the_command_looks_first_and_deletes_when_told(home: Settings) -> None:
    shown = clawback(home.root, "prune", "--releases", "1", "--days", "2")
    assert shown.returncode == 0, shown.stderr
    assert "release 2026.01.01: " in shown.stdout
    assert "captures are never deleted" in shown.stdout
    assert "nothing is deleted yet: clawback prune --yes" in shown.stdout
    assert len(_kept(home)) == 5
    done = json.loads(clawback(home.root, "prune", "--releases", "1", "--days", "2", "--yes", "--json").stdout)
    assert (done["deleted"], done["releases_kept"]) == (True, ["2026.01.05", "2026.01.02"])
    assert _kept(home) == ["2026.01.02", "2026.01.05"]


def test_a_home_without_anything_has_nothing_to_delete(tmp_path: Path) -> None:
    shown = clawback(tmp_path / "home", "prune")
    assert (shown.returncode, shown.stdout.strip()) == (0, "nothing to delete")
