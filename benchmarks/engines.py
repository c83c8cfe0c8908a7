"""`make bench ENGINES=1`: DuckDB against Spark on the model that reads each incident report.

What belongs here: the same captures and the same dbt models on both engines of the project, and what a row costs
each. What does not: how the captures come about (benchmarks.incidents); whether the engines agree on all tables
(`make spark`).

At each number of rows dbt makes `int_crime__incident_counts` and all that it stands on: the reports are typed, those
that come again are found, and the rest is counted by month. Seconds are those of the models that read reports, by
dbt's own account. Processor seconds are those of dbt with all its processes, its start included: they hardly depend on
what else the machine does. Two sizes give what a row costs without the start, so the last line says from how many
cores on Spark could need less time than DuckDB on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import psutil
from rich.console import Console

from benchmarks import incidents, processes
from orchestration import engine
from orchestration.landing.catalog import Catalog
from orchestration.release.dbt_manifest import dbt_environment
from orchestration.settings import DBT_PROJECT_DIR, Settings

MODEL = "int_crime__incident_counts"
READS_REPORTS = {"base_socrata__repeated_incidents", "base_socrata__incidents", "stg_socrata__incidents", MODEL}
ENGINES = ("duckdb", "spark")
# Seconds between two looks at the processes.
LOOK = 0.25


class Watched:
    """What a process and all its descendants have used: processor seconds, and the peak of their memory together."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.peak_mib = 0.0
        self._used: dict[int, float] = {}
        self._process = process
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def ended(self) -> float:
        """The processor seconds, after the process has ended."""
        self._thread.join()
        return sum(self._used.values())

    def _look(self) -> None:
        root = psutil.Process(self._process.pid)
        while self._process.poll() is None:
            held = 0
            with suppress(psutil.NoSuchProcess):
                for one in (root, *root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        times = one.cpu_times()
                        self._used[one.pid] = times.user + times.system
                        held += one.memory_info().rss
            self.peak_mib = max(self.peak_mib, held / 2**20)
            time.sleep(LOOK)


def built(folder: Path, name: str, conf: Mapping[str, str]) -> dict[str, Any]:
    """The model on an engine over the captures in folder/home/landing: seconds, peak memory, and what it counted."""
    settings = Settings(
        home=folder / name, landing=folder / "home" / "landing", edition="live", engine=name, spark_conf=dict(conf)
    )  # fmt: skip
    settings.build_dir.mkdir(parents=True)
    runs = engine.chosen(settings)
    runs.require()
    runs.make_raw(settings, Catalog(settings.landing_dir, as_of=None, edition="live"))
    words = ["build", "--exclude-resource-types", "test", "unit_test", "--select", f"+{MODEL}", "--quiet",
             "--target", name, "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
             "--target-path", str(settings.dbt_target_dir)]  # fmt: skip
    environment = {**os.environ, **dbt_environment(settings), "CLAWBACK_SPARK_CONF": json.dumps(dict(conf))}
    started = time.monotonic()
    process = subprocess.Popen([*runs.program(), *words], env=environment, cwd=settings.build_dir, stdout=sys.stderr)
    watched = Watched(process)
    code, used = process.wait(), watched.ended()
    if code:
        raise SystemExit(f"dbt on {name} failed with exit {code}")
    wall = time.monotonic() - started
    runs.collect(settings)
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))["results"]
    reads = sum(r["execution_time"] for r in results if r["unique_id"].rpartition(".")[2] in READS_REPORTS)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        counted = connection.execute(f"select count(*), sum(reports)::bigint from intermediate.{MODEL}").fetchall()
    return {"seconds": reads, "wall": wall, "cpu": used, "peak_mib": watched.peak_mib, "counted": counted[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", choices=ENGINES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=int, nargs=2, default=[2_000_000, 20_000_000])
    parser.add_argument("--spark-conf", type=json.loads, default={"spark.driver.memory": "4g"})
    given = parser.parse_args()
    if given.stage:
        processes.report(built(given.folder, given.stage, given.spark_conf))
        return
    console = Console(width=140)
    told = {rows: _both(rows, given.spark_conf) for rows in given.rows}
    table = incidents._table("engine", "reports", "models, s", "dbt, s", "processor s", "peak MiB")
    for rows, each in told.items():
        for name, one in each.items():
            table.add_row(name, f"{rows:,}", f"{one['seconds']:.1f}", f"{one['wall']:.1f}", f"{one['cpu']:.1f}",
                          f"{one['peak_mib']:,.0f}")  # fmt: skip
    console.print(table)
    for line in _costs(told):
        console.print(line)


def _costs(told: Mapping[int, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """What a report costs on each engine, from the difference of the two sizes, and what follows on paper."""
    small, large = sorted(told)
    used = {name: (told[small][name]["cpu"], told[large][name]["cpu"]) for name in ENGINES}
    cost = {name: (much - little) / (large - small) for name, (little, much) in used.items()}
    start = {name: used[name][0] - cost[name] * small for name in ENGINES}
    for name in ENGINES:
        yield (
            f"{name}: {cost[name] * 1e6:.2f} processor seconds a million reports and {start[name]:.0f} whatever their"
            f" number; 100 million on paper: {cost[name] * 1e8 + start[name]:,.0f}"
        )
    if cost["spark"] > cost["duckdb"] > 0:
        ratio, cores = cost["spark"] / cost["duckdb"], os.cpu_count() or 1
        yield (
            f"a report costs Spark {ratio:.1f} times what it costs DuckDB: with fewer than {ratio * cores:.0f} cores"
            f" like these it cannot be faster than DuckDB on {cores}, however many reports there are"
        )
    elif cost["duckdb"] > cost["spark"]:
        reports = (start["spark"] - start["duckdb"]) / (cost["duckdb"] - cost["spark"])
        yield f"Spark needs less processor time than DuckDB from {max(reports, 0):,.0f} reports on"


def _both(rows: int, conf: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="clawback-bench-") as name:
        folder = Path(name)
        incidents.generate(folder / "pages", rows)
        processes.run("benchmarks.incidents", "ours", "--folder", name)
        found = {}
        for one in ENGINES:
            more = ("--folder", name, "--spark-conf", json.dumps(dict(conf)))
            measured = processes.run("benchmarks.engines", one, *more)
            found[one] = {**measured.told, "seconds": measured.seconds}
    if found["duckdb"]["counted"] != found["spark"]["counted"]:
        raise SystemExit(f"the engines do not agree: {found}")
    return found


if __name__ == "__main__":
    main()
