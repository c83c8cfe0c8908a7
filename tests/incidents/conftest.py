"""What the tests of incident reports share: captures turned into the domain's tables by the real dbt project.

What belongs here: fixtures. The cities' server is the one of tests/sources.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.building import build_part

sys.path.append(str(Path(__file__).parent.parent / "sources"))

TABLES = (
    "fct_incident_month",
    "fct_incident_month_total",
    "mart_series_break",
    "stg_socrata__incidents",
    "quarantine_socrata__incidents",
    "record_fate",
)
Build = Callable[[Settings, str], tuple[Path, subprocess.CompletedProcess[str], Path]]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the incident models and run the named tests over a home's captures.

    The build file, dbt's account, and the folder of compiled SQL.
    """
    folder = tmp_path_factory.mktemp("bench")

    def run(settings: Settings, tests: str = "") -> tuple[Path, subprocess.CompletedProcess[str], Path]:
        bench = Settings(home=folder / "home")
        bench.build_file.unlink(missing_ok=True)
        words = ("--indirect-selection", "empty", "--select", *(f"+{table}" for table in TABLES), *tests.split())
        done = build_part(settings, *words, into=bench)
        kept = tmp_path_factory.mktemp("built")
        shutil.copy(bench.build_file, kept / "warehouse.duckdb")
        shutil.copytree(bench.dbt_target_dir / "compiled", kept / "compiled", dirs_exist_ok=True)
        return kept / "warehouse.duckdb", done, kept

    return run
