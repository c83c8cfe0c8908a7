"""The README's lines for other people's tools: each runs, and reads what is published.

What belongs here: running the lines as they stand in the README. What does not: the table of holdings
(tests/release/test_holdings.py).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from orchestration.reading import reader
from orchestration.settings import PROJECT_ROOT, Settings

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## From your own tools\n")[2].partition("\n## ")[0]
LINES = [line.strip() for line in SECTION.splitlines() if line.startswith("    ") and not line.startswith("    #")]

# A process of its own opens the file as another program does: without the settings of this one's connections.
_ASKS = """
import sys, duckdb
for row in duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall(): print(row)
"""


def line(program: str) -> list[str]:
    (found,) = [shlex.split(one) for one in LINES if one.startswith(program + " ")]
    return found


@pytest.fixture
def checkout(published: tuple[Settings, dict[str, object]], tmp_path: Path) -> Path:
    """A folder in which `data` is the published home, as in a checkout."""
    (tmp_path / "data").symlink_to(published[0].root)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def ran(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "CLAWBACK_HOME": str(folder / "data"), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_every_line_of_the_section_is_run_here():
    assert [one.split()[0] for one in LINES] == [".venv/bin/python", "Rscript", "duckdb", ".venv/bin/clawback"]


def test_pandas_reads_the_awards(checkout: Path, published: tuple[Settings, dict[str, object]]):
    with reader.connect(published[0]) as warehouse:
        ((awards, columns),) = warehouse.execute("""
            select (select count(*) from core.fct_award), count(*)
            from duckdb_columns() where schema_name = 'core' and table_name = 'fct_award'
        """).fetchall()
    shown = ran(line(".venv/bin/python"), checkout)
    assert f"[{awards} rows x {columns} columns]" in shown


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="Rscript is not installed (apt install r-base)")
def test_r_reads_the_awards(checkout: Path):
    has = subprocess.run(["Rscript", "-e", "library(arrow)"], capture_output=True, timeout=120)
    if has.returncode:
        pytest.skip("R has no package arrow (install.packages('arrow'))")
    assert "fain" in ran(line("Rscript"), checkout)


def test_duckdb_reads_the_verdicts(checkout: Path):
    command = line("duckdb")
    assert command[1] == "-readonly"
    file, sql = command[2:]
    assert ran([sys.executable, "-c", _ASKS, file, sql], checkout).count("\n") == 10
    if shutil.which("duckdb"):
        assert "supported" in ran(command, checkout)


def test_the_workbook_is_written_and_opens(checkout: Path):
    ran(line(".venv/bin/clawback"), checkout)
    book = openpyxl.load_workbook(checkout / "at_risk.xlsx")
    texts = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "Chicago city, Illinois" in texts


def test_what_dbeaver_is_told_to_open_has_descriptions_and_is_not_written_to(checkout: Path):
    (path,) = set(re.findall(r"path `([^`]+)`", SECTION))
    undescribed = "select count(*) from duckdb_columns() where not internal and coalesce(comment, '') = ''"
    assert ran([sys.executable, "-c", _ASKS, path, undescribed], checkout) == "(0,)\n"
    writes = [sys.executable, "-c", _ASKS, path, "create table core.t (a int)"]
    done = subprocess.run(writes, cwd=checkout, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "read-only" in done.stderr


def test_every_page_and_picture_that_the_readme_names_is_there():
    named = [one for one in re.findall(r"\]\(([^)#]+)[^)]*\)", README) if "://" not in one]
    assert len(named) > 5
    assert [one for one in named if not (PROJECT_ROOT / one).exists()] == []
    anchors = set(re.findall(r"\]\(#([^)]+)\)", README))
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^## (.+)$", README, re.M)
    }
    assert anchors <= heads
