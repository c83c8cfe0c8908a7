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


# What takes a tenth of a second or more: half of what the shortest commands took in all.
SLOW = {"dagster", "dbt", "pandas", "openpyxl", "polars", "pyarrow", "numpy", "sqlglot", "orchestration.sources.fbi"}


@pytest.mark.parametrize(
    ("modules", "may_load"),
    [
        ("orchestration.cli", set()),
        ("orchestration.reading.trace, orchestration.reading.meaning, orchestration.reading.writing", {"sqlglot"}),
    ],
    ids=["any command", "what every answer needs"],
)
def test_starting_loads_nothing_that_it_does_not_need(modules: str, may_load: set[str]):
    program = f"import sys, {modules}; print(*sorted({SLOW!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= may_load


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str):
    answer = CliRunner().invoke(app, [name, "--help"])
    assert answer.exit_code == 0
    assert f"{name} [OPTIONS]" in answer.output
