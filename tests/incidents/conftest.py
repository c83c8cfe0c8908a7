"""What the tests of incident reports share: captures turned into the domain's tables by the real dbt project.

What belongs here: fixtures. The cities' server is the one of tests/sources.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.settings import DBT_PROJECT_DIR, Settings

sys.path.append(str(Path(__file__).parent.parent / "sources"))

TABLES = (
    "fct_incident_month",
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
        bench.build_dir.mkdir(parents=True, exist_ok=True)
        bench.build_file.unlink(missing_ok=True)
        with duckdb.connect(str(bench.build_file)) as connection:
            catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
            raw_views.create(connection, catalog, list(sources.DATASETS.values()))
        command = [
            str(Path(sys.executable).with_name("dbt")), "build", "--project-dir", str(DBT_PROJECT_DIR),
            "--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(bench.dbt_target_dir),
            "--exclude-resource-type", "unit_test", "--indirect-selection", "empty",
            "--select", *(f"+{table}" for table in TABLES), *tests.split(),
        ]  # fmt: skip
        done = subprocess.run(
            command, env={**os.environ, **dbt_environment(bench)}, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        kept = tmp_path_factory.mktemp("built")
        shutil.copy(bench.build_file, kept / "warehouse.duckdb")
        shutil.copytree(bench.dbt_target_dir / "compiled", kept / "compiled", dirs_exist_ok=True)
        return kept / "warehouse.duckdb", done, kept

    return run
