"""A part of the warehouse built over a landing folder, by the real dbt project and without the rest of a refresh.

What belongs here: the raw views and one dbt command. What does not: which captures and which models (each test).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.settings import DBT_PROJECT_DIR, Edition, Settings
from orchestration.sources.base import Dataset
from tests import forked_dbt


def build_part(
    captured: Settings,
    *words: str,
    into: Settings | None = None,
    edition: Edition = "live",
    datasets: Sequence[Dataset] | None = None,
    project: Path = DBT_PROJECT_DIR,
) -> subprocess.CompletedProcess[str]:
    """`dbt build` with these words over the captures of a home.

    Unit tests are left out: tests/release/test_unit_tests runs them.

    into: the home whose build file is made, or gone on from where it is there.
    project: another copy of the project is parsed anew, by dbt's command.
    """
    home = into or captured
    home.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.build_file)) as connection:
        catalog = Catalog(captured.landing_dir, as_of=None, edition=edition)
        raw_views.create(connection, catalog, datasets or list(sources.DATASETS.values()))
    environment = {**os.environ, **dbt_environment(home)}
    target = ("--target-path", str(home.dbt_target_dir))
    without = ("--exclude-resource-type", "unit_test")
    if project == DBT_PROJECT_DIR:
        return forked_dbt.run(["build", *target, *without, *words], environment)
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "build", "--project-dir", str(project), "--profiles-dir", str(project), *target, *without, *words]
    return subprocess.run(
        command, env=environment, cwd=home.build_dir, capture_output=True, text=True, timeout=900, check=False
    )


def tables_of(captured: Settings, *tables: str, into: Settings | None = None) -> duckdb.DuckDBPyConnection:
    """Tables and what they stand on, without tests: a read-only connection to the build file."""
    select = ("--quiet", "--exclude-resource-type", "test", "--select", *(f"+{table}" for table in tables))
    done = build_part(captured, *select, into=into)
    assert done.returncode == 0, done.stdout + done.stderr
    return duckdb.connect(str((into or captured).build_file), read_only=True)
