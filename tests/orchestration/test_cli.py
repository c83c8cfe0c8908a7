"""The command line's start: which commands there are, and what starting it does not load.

What belongs here: `clawback` as a process. What does not: what each command does (its own folder's tests).
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from orchestration import __version__
from orchestration.cli import app

COMMANDS = ["refresh", "import", "query", "sql", "trace", "status", "releases", "diff", "rollback", "health", "doctor",
            "prune", "adopt", "new", "ui", "site"]  # fmt: skip


def test_help_names_every_command():
    shown = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in COMMANDS if name not in shown] == []


def test_the_version_is_told():
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"clawback {__version__}\n")


@pytest.mark.parametrize("module", ["dagster", "dbt", "pandas", "openpyxl"])
def test_starting_loads_nothing_that_takes_seconds(module: str):
    program = f"import sys, orchestration.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str):
    answer = CliRunner().invoke(app, [name, "--help"])
    assert answer.exit_code == 0
    assert f"{name} [OPTIONS]" in answer.output
