"""Who is told, through a real receiver: by the sender, by the command line, by Dagster's sensors; once an event.

What belongs here: messages and what stands in them. What does not: sequences of nights (test_nights.py), health
(test_health.py).
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr
from werkzeug import Request, Response

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "faults")]

from driver import TOKEN, Told

from orchestration import logs
from orchestration.files import remove_tree
from orchestration.landing import attempts
from orchestration.progress import listening
from orchestration.running import events, health, notify
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home


@pytest.fixture
def told(httpserver) -> Told:
    return Told(httpserver)


class TestSending:
    def test_every_service_is_told_and_the_older_address_takes_a_text(self, httpserver, told, tmp_path):
        texts: list[tuple[str, dict[str, str]]] = []

        def take(request: Request) -> Response:
            texts.append((request.full_path, request.get_json()))
            return Response(status=204)

        httpserver.expect_request("/hook", query_string="key=SYNTHETIC").respond_with_handler(take)
        settings = Settings(
            home=tmp_path,
            notify_urls=SecretStr(f"{told.url}, {told.url}?:extra=second"),
            notify_url=SecretStr(httpserver.url_for("/hook?key=SYNTHETIC").replace("localhost", "127.0.0.1")),
        )
        assert notify.send(settings, "Clawback: failing", "a synthetic source", "warning") == []
        assert [(m["title"], m["message"], m["type"]) for m in told.messages] == [
            ("Clawback: failing", "a synthetic source", "warning")
        ] * 2
        assert texts == [("/hook?key=SYNTHETIC", {"text": "Clawback: failing\na synthetic source"})]

    def test_a_service_that_is_down_is_named_without_its_address_and_costs_seconds_at_most(self, httpserver, tmp_path):
        httpserver.expect_request(f"/{TOKEN}").respond_with_data("no", status=500)
        with socket.create_server(("127.0.0.1", 0)) as hanging:
            urls = [
                f"json://127.0.0.1:9/{TOKEN}",
                f"json://127.0.0.1:{httpserver.port}/{TOKEN}",
                f"json://user:{TOKEN}@127.0.0.1:{hanging.getsockname()[1]}/{TOKEN}",
                f"nonsense://{TOKEN}",
                TOKEN,
            ]
            settings = Settings(home=tmp_path, notify_urls=SecretStr(" ".join(urls[:4])), notify_seconds=2)
            said: list[str] = []
            began = time.monotonic()
            with listening(said.append):
                untold = notify.send(settings, "Clawback: failing", "synthetic")
            assert time.monotonic() - began < 4
            assert untold == [
                "CLAWBACK_NOTIFY_URLS[1] (json)",
                "CLAWBACK_NOTIFY_URLS[2] (json)",
                "CLAWBACK_NOTIFY_URLS[3] (json)",
                "CLAWBACK_NOTIFY_URLS[4] (nonsense)",
            ]
            assert len(said) == 4
            assert "did not answer within 2 s" in said[2]
            assert TOKEN not in "".join(said)
            (lone,) = notify.services(Settings(home=tmp_path, notify_urls=SecretStr(urls[4])))
            assert lone.name == "CLAWBACK_NOTIFY_URLS[1] (no address)"

    def test_no_secret_stands_in_a_message_and_a_long_one_is_cut(self, told, tmp_path):
        settings = Settings(
            home=tmp_path,
            notify_urls=SecretStr(f"json://127.0.0.1:9/another-{TOKEN} {told.url}"),
            notify_seconds=5,
            data_gov_api_key=SecretStr("SYNTHETIC-KEY"),
            legistar_tokens={"NYC": SecretStr("SYNTHETIC-KEY-OF-NYC")},
        )
        body = f"asked with SYNTHETIC-KEY-OF-NYC and SYNTHETIC-KEY, told {told.url}\n" + "x" * 5000
        assert notify.send(settings, "Clawback: SYNTHETIC-KEY", body) == ["CLAWBACK_NOTIFY_URLS[1] (json)"]
        (message,) = told.messages
        assert message["title"] == "Clawback: REDACTED"
        assert message["message"].startswith("asked with REDACTED and REDACTED, told REDACTED\n")
        assert "SYNTHETIC" not in str(message)
        assert len(message["message"]) < 3100


class TestEvents:
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "home" / "landing" / "legistar" / "matters"

    def attempt(self, tmp_path: Path, run: str, day: int, bad: dict[str, str], good: set[str], **more) -> None:
        with time_machine.travel(datetime(2026, 11, day, 6, tzinfo=UTC), tick=False), logs.of_run(run):
            attempts.record(
                self.folder(tmp_path), way="nightly", edition="live", asked=2,
                bad=[(key, "failed", reason) for key, reason in bad.items()], good=good, **more,
            )  # fmt: skip

    def kinds(self, tmp_path: Path, run: str) -> list[str]:
        return [one.kind for one in events.of_run(Settings(home=tmp_path / "home", edition="live"), run).events]

    def test_each_slice_is_told_once_and_a_second_attempt_of_one_run_is_not_another_night(self, tmp_path):
        self.attempt(tmp_path, "one", 1, {"boston:all": "HTTP 503"}, {"oakland:all"})
        self.attempt(tmp_path, "one", 1, {"boston:all": "HTTP 503"}, {"oakland:all"})
        self.attempt(tmp_path, "two", 2, {"boston:all": "HTTP 500"}, {"oakland:all"})
        self.attempt(tmp_path, "three", 3, {"boston:all": "HTTP 503", "oakland:all": "HTTP 401"}, set())
        self.attempt(tmp_path, "four", 4, {"oakland:all": "HTTP 401"}, {"boston:all"}, too_old={"oakland:all"})
        assert self.kinds(tmp_path, "one") == ["source_failed"]
        assert self.kinds(tmp_path, "two") == []
        assert self.kinds(tmp_path, "three") == ["source_failed"]
        assert self.kinds(tmp_path, "four") == ["source_too_old", "source_recovered"]
        # a run that asked for nothing of it changed nothing
        assert self.kinds(tmp_path, "five") == []

    def test_a_slice_that_left_the_list_has_not_recovered(self, tmp_path):
        self.attempt(tmp_path, "one", 1, {"boston:all": "HTTP 503", "oakland:all": "HTTP 503"}, set())
        self.attempt(tmp_path, "two", 2, {"oakland:all": "HTTP 503"}, set(), whole=True, gone={"boston:all"})
        assert self.kinds(tmp_path, "two") == []
        (one,) = attempts.opened(attempts.attempted(self.folder(tmp_path)))
        assert one.slice == "oakland:all"

    def test_what_failed_before_a_file_was_folded_is_not_told_anew(self, tmp_path, monkeypatch):
        self.attempt(tmp_path, "one", 1, {"boston:all": "HTTP 503"}, set())
        monkeypatch.setattr(attempts, "LARGEST_FILE", 10)
        self.attempt(tmp_path, "two", 2, {"boston:all": "HTTP 503", "oakland:all": "HTTP 503"}, set())
        assert len(attempts.lines(self.folder(tmp_path) / attempts.ATTEMPTS_FILE)) == 1
        (event,) = events.of_run(Settings(home=tmp_path / "home", edition="live"), "two").events
        assert event.kind == "source_failed"
        assert "oakland:all: HTTP 503" in event.text


def test_the_command_line_tells_of_a_run_that_died_and_then_that_all_is_well_with_its_run_in_every_log_line(
    published, told, tmp_path
):
    original, _ = published
    home = tmp_path / "home"
    copy_home(original, home)
    process = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(process, 0)
    settings = Settings(home=home)
    health.keep(settings, last_run={
        "run_id": "synthetic-dead-run", "job": "refresh", "started_at": "2026-11-28T00:00:00+00:00",
        "ended_at": None, "outcome": health.RUNNING, "process": [process, 1],
    })  # fmt: skip
    done = clawback(home, "refresh", "--json", CLAWBACK_NOTIFY_URLS=told.url, CLAWBACK_LOG="json")
    assert done.returncode == 0, done.stderr
    assert told.titles == ["run failed", "all is well again"]
    assert "run synthetic-dead-run of 2026-11-28T00:00:00+00:00 died" in told.messages[0]["message"]
    run_id = json.loads(done.stdout)["run_id"]
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["run_id"] for line in lines} == {run_id}
    for line in lines:
        assert list(line)[:4] == ["time", "level", "event", "message"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["time"])
    of_dataset = [line for line in lines if line["event"] == "dataset"]
    assert {(line["source"], line["dataset"]) for line in of_dataset} >= {("doj", "doj/sanctuary_list")}
    assert lines[-1]["event"] == "refresh_ended"
    assert lines[-1]["exit_code"] == 0
    kept = json.loads((home / health.HEALTH_FILE).read_text())
    assert (kept["status"], kept["troubles"], kept["last_run"]["outcome"]) == ("ok", {}, "nothing new")
    assert TOKEN not in done.stdout + done.stderr + json.dumps(kept)


def test_the_daemons_sensors_tell_of_its_runs_and_pass_over_those_of_the_command_line(told, tmp_path, monkeypatch):
    """The sensors over real runs of the job `captures`, of one source that nobody answers for."""
    import dagster as dg

    from orchestration.assets.capture import asset_key
    from orchestration.assets.sensors import SENSORS
    from orchestration.definitions import defs
    from orchestration.running.instance import dagster_home
    from orchestration.sources import get

    home = tmp_path / "home"
    settings = Settings(home=home)
    for name, value in {
        "CLAWBACK_HOME": str(home), "CLAWBACK_EDITION": "live", "CLAWBACK_NOTIFY_URLS": told.url,
        "CLAWBACK_DOJ_LIST_URL": "http://127.0.0.1:9/list", "CLAWBACK_REQUEST_DEADLINE": "0.0001",
        "CLAWBACK_CONTACT": "synthetic@example.org", "DAGSTER_HOME": "",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    dagster_home(settings)
    job = defs().resolve_job_def("captures")

    def night(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
        selection = [asset_key(get("doj/sanctuary_list"))]
        result = job.execute_in_process(instance=instance, asset_selection=selection, tags=tags, raise_on_error=False)
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        (event,) = [e for e in result.all_events if e.event_type_value in ("PIPELINE_SUCCESS", "PIPELINE_FAILURE")]
        for sensor in SENSORS:
            if sensor.name == ("tell_of_success" if result.success else "tell_of_failure"):
                context = dg.build_run_status_sensor_context(sensor.name, event, instance, run)
                sensor(context)
        return run

    with dg.DagsterInstance.get() as instance:
        by_hand = night(instance, **{"clawback/started_by": "command line"})
        assert told.messages == []
        # told by the command line itself, so that the daemon's next run knows it for old
        assert events.of_run(Settings(home=home, edition="live"), by_hand.run_id).events
        remove_tree(home / "landing")
        run = night(instance)
        assert told.titles == ["failing, too old"]
        assert "doj/sanctuary_list, list: " in told.messages[0]["message"]
        assert f"Run {run.run_id} (captures, live edition)" in told.messages[0]["message"]
        night(instance)
        assert len(told.messages) == 1
        kept = json.loads((home / health.HEALTH_FILE).read_text())
        assert kept["last_run"]["started_by"] == "daemon"
        assert kept["last_run"]["outcome"] == "source too old"
        # a run that breaks: the landing folder is a file
        remove_tree(home / "landing")
        (home / "landing").write_text("synthetic")
        broken = night(instance)
        night(instance)
    assert told.titles[1:] == ["run failed"]
    assert f"Run {broken.run_id} (captures, live edition): failed." in told.messages[1]["message"]
