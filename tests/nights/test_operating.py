"""What docs/operating.md tells people to install does what it says: units, a database for Dagster's records, commands.

What belongs here: the files of deploy/ for systemd and PostgreSQL, and the page's commands. What does not: the proxy
(tests/sharing), what a refresh does (tests/orchestration).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import typer

from orchestration.cli.app import app
from orchestration.settings import PROJECT_ROOT, Settings
from tests.nights.conftest import PASSWORD, ask, free_port

DEPLOY = PROJECT_ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))
PAGES = [*sorted((PROJECT_ROOT / "docs").glob("*.md")), PROJECT_ROOT / "README.md"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed (apt install systemd)")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        # the commands are not installed at that place here, nor is there such a user
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE)
        text = re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text.replace("file:///srv/clawback", f"file://{PROJECT_ROOT}"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    # what it says of the machine's own units is not ours
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("clawback")]
    assert (done.returncode, said) == (0, []), done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed (apt install systemd)")
@pytest.mark.parametrize(("before", "days"), [
    ("2027-03-12 12:00:00 UTC", ["2027-03-13", "2027-03-14", "2027-03-15", "2027-03-16"]),
    ("2026-10-30 12:00:00 UTC", ["2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"]),
])  # fmt: skip
def test_no_night_is_left_out_or_doubled_when_new_york_changes_its_clocks(before: str, days: list[str]) -> None:
    timer = (DEPLOY / "clawback.timer").read_text(encoding="utf-8")
    (when,) = re.findall(r"^OnCalendar=(.+)$", timer, re.MULTILINE)
    done = subprocess.run(
        ["systemd-analyze", "calendar", f"--base-time={before}", "--iterations=4", when],
        env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert re.findall(r"(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d UTC", done.stdout) == days


def _unknown(words: str) -> list[str]:
    """What of a command line after `clawback` is no command or option of it."""
    name, *rest = words.partition("#")[0].split()
    command = typer.main.get_command(app).commands.get(name)  # type: ignore[attr-defined]
    if command is None:
        return [name]
    options = {one for option in command.params for one in (*option.opts, *option.secondary_opts)} | {"--help"}
    return [word for word in rest if word.startswith("--") and word.partition("=")[0] not in options]


def test_each_unit_starts_a_command_that_is_there() -> None:
    started = 0
    for name in UNITS:
        for line in re.findall(r"^ExecStart=/srv/clawback/\.venv/bin/(.+)$", (DEPLOY / name).read_text(), re.MULTILINE):
            program, _, words = line.partition(" ")
            assert shutil.which(program, path=str(Path(sys.executable).parent)), f"{name}: {program}"
            assert program != "clawback" or _unknown(words) == [], name
            started += 1
    assert started == 4


def test_each_service_has_the_password_of_the_database() -> None:
    """Each opens Dagster's records; the page puts the password into both files, for services with and without keys."""
    said = (PROJECT_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for name in (name for name in UNITS if name.endswith(".service")):
        (file,) = re.findall(r"^EnvironmentFile=-(/etc/clawback/\S+)$", (DEPLOY / name).read_text(), re.MULTILINE)
        assert f"install -D -m 600 /dev/null {file} " in said, name


def test_every_command_that_the_pages_show_is_one() -> None:
    """A line of a code block that begins with `clawback`: the command is there, and so is each of its options."""
    shown = [
        (page.name, line.strip())
        for page in PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.match(r"^(?:    |\$ |    CLAWBACK_\S+ )clawback [a-z]", line)
    ]
    assert len({line.split("clawback ", 1)[1].split()[0] for _, line in shown}) >= 9
    assert [(page, line) for page, line in shown if _unknown(line.split("clawback ", 1)[1])] == []


def test_dagsters_records_are_in_postgresql_where_the_page_says_so(
    database: int, settings: Settings, published
) -> None:
    """The file of deploy/ as it is: a run that the pages start is on record in the database, and in no file."""
    home = settings.dagster_home
    text = (DEPLOY / "dagster-postgresql.yaml").read_text(encoding="utf-8").replace("5432", str(database))
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    port, log = free_port(), settings.root / "ui.log"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    command = str(Path(sys.executable).with_name("clawback"))
    pages = subprocess.Popen(
        # as a script's shell starts it in the background: with Ctrl-C ignored
        ["sh", "-c", "trap '' INT; exec \"$0\" ui --port \"$1\"", command, str(port)],
        env={**clean, "CLAWBACK_HOME": str(settings.root), "CLAWBACK_DATABASE_HOST": "127.0.0.1",
             "CLAWBACK_DATABASE_PASSWORD": PASSWORD},
        stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        launched = _when_up(port, _LAUNCH, pages, log)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        end = time.monotonic() + 240
        while (state := ask(database, "select status from runs").stdout.strip()) not in ("SUCCESS", "FAILURE"):
            assert time.monotonic() < end, state
            time.sleep(1)
        assert state == "SUCCESS"
        kinds = ask(database, "select distinct dagster_event_type from event_logs").stdout.split()
        assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_SUCCESS"} <= set(kinds)
        assert list(home.rglob("*.db")) == []
        # our file is left alone, and the password is in none
        assert (home / "dagster.yaml").read_text(encoding="utf-8") == text
        assert list((settings.landing_dir / "meyer").glob("*/*/capture.json"))
        # and SIGTERM ends it
        os.killpg(pages.pid, signal.SIGTERM)
        pages.wait(timeout=120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pages.pid, signal.SIGKILL)


_LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryName: "__repository__",
    repositoryLocationName: "clawback", jobName: "captures", assetSelection: [{path: ["meyer", "no_ice_holds"]}]},
    runConfigData: "{}", mode: "default"})
    { __typename ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } }
      ... on PipelineNotFoundError { message } } }"""


def _when_up(port: int, query: str, pages: subprocess.Popen[bytes], log: Path) -> dict[str, dict[str, str]]:
    end = time.monotonic() + 240
    while True:
        assert pages.poll() is None, log.read_text()[-3000:]
        try:
            answer = requests.post(f"http://127.0.0.1:{port}/graphql", json={"query": query}, timeout=120).json()
            found = answer.get("data")
            if found and found["launchRun"]["__typename"] != "PipelineNotFoundError":
                return dict(found)
        except requests.RequestException:
            pass
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(1)
