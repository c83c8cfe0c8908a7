"""Nights on which a part of a dataset is new: what a build that keeps the rest costs, beside a build of everything.

What belongs here: the recorded edition, from which the newest captures of one dataset are withheld and then brought.
What does not: generated datasets of millions of rows, whose own models are measured in the benchmarks of their names.

    python -m benchmarks.nights                          every dataset below
    python -m benchmarks.nights --datasets fbi/nibrs     only these

Every build is one `dbt build` with all its checks, in a process of its own. The rows of every table must equal those of
the build of everything.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from orchestration import sources
from orchestration.landing import raw_versions, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.release import row_hashes
from orchestration.release.dbt_manifest import dbt_environment
from orchestration.settings import DBT_PROJECT_DIR, Settings

# The datasets of the largest facts of the recorded edition.
DATASETS = ("fbi/agency_months", "fbi/table8", "fbi/nibrs", "ice/agreements_287g")
# Of the dataset's captures; 0 is "one".
SHARES = (0.0, 0.1, 0.5)


def build(settings: Settings, among: Collection[str], *words: str) -> tuple[float, float]:
    """One build of these captures on the build file that is there: seconds in all, and of dbt's models alone."""
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", among=among)
    started = time.monotonic()
    with duckdb.connect(str(settings.build_file)) as connection:
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--project-dir", str(DBT_PROJECT_DIR)]
    dbt += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir), *words]
    environment = {**os.environ, **dbt_environment(settings)}
    done = subprocess.run(dbt, env=environment, cwd=settings.build_dir, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    seconds = time.monotonic() - started
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))["results"]
    models = sum(one["execution_time"] for one in results if one["unique_id"].startswith("model."))
    return seconds, models


def hashes(settings: Settings) -> dict[str, str]:
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        found = row_hashes.of_connection(connection, digits=row_hashes.DIGITS_BETWEEN_ENGINES)
    return {name: value for name, value in found.items() if not name.startswith("made.")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="*", default=list(DATASETS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clawback-bench-") as folder:
        Console(width=140).print(_table(Settings(home=Path(folder) / "home", edition="recorded"), given.datasets))


def _table(settings: Settings, datasets: Collection[str]) -> Table:
    table = Table("new in the night", box=None, header_style="dim", pad_edge=False)
    for name in ("captures", "seconds", "of everything", "models, s", "of everything", "tables kept", "equal rows"):
        table.add_column(name, justify="right", no_wrap=True)
    for dataset in sources.DATASETS.values():
        capture_dataset(dataset, settings)
    everything = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    known = [one.capture_id for one in everything.captures()]
    without = ("--exclude-resource-type", "unit_test")
    # once, so that no build has to parse the project; checks of tables that are not made yet are left out
    build(settings, known, *without, "--select", "states", "--indirect-selection", "cautious")
    whole_seconds, whole_models = build(settings, known, *without)
    expected = hashes(settings)

    def row(name: str, captures: int) -> None:
        seconds, models = build(settings, known, *without)
        kept = raw_versions.tables_kept(settings.build_file)
        table.add_row(
            name, f"{captures}", f"{seconds:.0f}", f"{seconds / whole_seconds:.2f}", f"{models:.0f}",
            f"{models / whole_models:.2f}", f"{kept}", "yes" if hashes(settings) == expected else "NO",
        )  # fmt: skip

    table.add_row("everything", f"{len(known)}", f"{whole_seconds:.0f}", "1.00", f"{whole_models:.0f}", "1.00", "0", "")
    row("nothing", 0)
    for dataset in datasets:
        captures = [one.capture_id for one in everything.captures(dataset)]
        for share in SHARES:
            new = max(1, math.ceil(share * len(captures)))
            build(settings, set(known) - set(captures[-new:]), *without, "--exclude-resource-type", "test")
            row(f"{dataset}, {f'{share:.0%}' if share else 'one'}", new)
    return table


if __name__ == "__main__":
    main()
