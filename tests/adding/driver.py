"""Run in a copy of the project: capture the datasets that the copy added, and build what stands on them.

What belongs here: what a refresh does of them, without asking any other publisher. Arguments: slices, as
`source/dataset=KEY`. Prints one line a slice; exit 1 if one did not land or a model failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import DBT_PROJECT_DIR, Settings


def main(asked: list[str], models: list[str]) -> int:
    """Capture, build; the exit code."""
    settings = Settings()
    for text in asked:
        dataset, _, key = text.partition("=")
        done = capture_dataset(sources.get(dataset), settings, slice_keys=[key])
        for one in done.slices:
            print(dataset, one.slice, one.status, one.records, one.message or "")
            if one.status != "landed":
                return 1
    settings.build_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    dbt = Path(sys.executable).with_name("dbt")
    command = [
        str(dbt), "build", "--quiet", "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        "--target-path", str(settings.dbt_target_dir), "--exclude-resource-type", "unit_test", "--indirect-selection",
        "cautious", "--select", *models,
    ]  # fmt: skip
    environment = {**os.environ, **dbt_environment(settings)}
    return subprocess.run(command, env=environment, cwd=settings.build_dir, check=False).returncode


if __name__ == "__main__":
    at = sys.argv.index("--")
    sys.exit(main(sys.argv[1:at], sys.argv[at + 1 :]))
