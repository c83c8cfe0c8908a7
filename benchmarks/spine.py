"""`make bench`: ingestion and build over generated captures of two sizes, with peak memory and how the cost grows.

What belongs here: generating clearly synthetic captures, and timing the real code on them. What does not: any assertion
about time.

Each stage runs in a fresh process, so that its peak memory is measured separately (``ru_maxrss`` of the finished child,
as the kernel reports it).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import processes
from orchestration import sources
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload

SIZES = (20_000, 200_000)
AWARDS_PER_PAGE = 100
MONTHS_PER_AGENCY = 12
RETRIEVED = datetime(2026, 1, 1, tzinfo=UTC)


def award_pages(n: int) -> Iterator[Payload]:
    """n synthetic awards, as pages of the award search."""
    for first in range(0, n, AWARDS_PER_PAGE):
        results = [_award(i) for i in range(first, min(first + AWARDS_PER_PAGE, n))]
        body = json.dumps({"results": results, "page_metadata": {"hasNext": True}, "messages": []}).encode()
        yield Payload(body, f"https://synthetic.invalid/awards?from={first}", RETRIEVED, method="POST")


def _award(i: int) -> dict[str, object]:
    fain = f"SYNTH{i:09d}UHPX"
    return {
        "internal_id": i,
        "generated_internal_id": f"ASST_NON_{fain}_015",
        "Award ID": fain,
        "Recipient Name": f"CITY OF SYNTHETIC {i % 5000:04d}",
        "Recipient UEI": f"SYNTHETIC{i % 5000:04d}",
        "Start Date": f"20{10 + i % 15}-10-01",
        "End Date": f"20{13 + i % 15}-09-30",
        "Award Amount": 1000.0 + i % 900_000,
        "Total Outlays": (i % 7) * 100.0,
        "Award Type": "PROJECT GRANT (B)",
        "Description": f"Synthetic award {i} of the benchmark",
        "Last Modified Date": "2025-12-01",
        "CFDA Number": "16.710",
        "Awarding Agency": "Department of Justice",
        "Recipient Location": {"state_code": "CA", "city_name": f"SYNTHETIC {i % 5000:04d}"},
    }


def victimization_pages(n: int) -> Iterator[Payload]:
    """n synthetic survey rows of one year, as pages of the survey's API."""
    size = 1000
    for first in range(0, n, size):
        rows = [
            {
                "idper": f"SYNTH{i:012d}",
                "year": "2016",
                "hispanic": str(1 + i % 2),
                "newoff": str(1 + i % 5),
                "direl": str(1 + i % 4),
                "notify": str(1 + i % 3),
                "newwgt": str(1000 + i % 97),
            }
            for i in range(first, min(first + size, n))
        ]
        yield Payload(json.dumps(rows).encode(), f"https://synthetic.invalid/ncvs?$offset={first}", RETRIEVED)


def ingest(home: Path, n: int) -> dict[str, int]:
    """Captures of n awards and n victimizations in `home`: WARC, Parquet, acceptance."""
    from orchestration.landing import land

    settings = Settings(home=home)
    given = (
        ("usaspending/awards", Slice("synthetic"), award_pages(n)),
        ("bjs/victimizations", Slice("2016"), victimization_pages(n)),
    )
    records = 0
    for dataset_id, slice_, payloads in given:
        outcome = land.write(
            sources.get(dataset_id),
            slice_,
            payloads,
            landing_dir=settings.landing_dir,
            kind="fetched",
            edition="live",
            retrieved_at=RETRIEVED,
        )
        if outcome.capture is None or outcome.status != "landed":
            raise SystemExit(f"{dataset_id}: {outcome.message}")
        records += outcome.capture.records
    size = sum(path.stat().st_size for path in settings.landing_dir.rglob("*") if path.is_file())
    return {"records": records, "landed_bytes": size}


def build(home: Path) -> dict[str, int]:
    """The raw views and every dbt model and test over what `ingest` left in `home`."""
    import duckdb

    from orchestration.assets.warehouse import dbt_environment
    from orchestration.landing import raw_views
    from orchestration.landing.catalog import Catalog

    settings = Settings(home=home, edition="live")
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    settings.build_file.unlink(missing_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "run", "--project-dir", str(DBT_PROJECT_DIR)]
    dbt += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir)]
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run([*dbt[:2], "seed", *dbt[3:]], env=environment, cwd=settings.build_dir, check=True)
    subprocess.run(dbt, env=environment, cwd=settings.build_dir, check=True)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        (awards,) = connection.execute("select count(*) from core.fct_award").fetchone() or (0,)
    return {"fct_award": awards, "file_bytes": settings.build_file.stat().st_size}


def measured(stage: str, home: Path, n: int) -> processes.Measured:
    """One stage over `home` in a process of its own."""
    return processes.run("benchmarks.spine", stage, "--home", str(home), "--rows", str(n))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", choices=("ingest", "build"))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=list(SIZES))
    given = parser.parse_args()
    if given.stage:
        stage = ingest if given.stage == "ingest" else build
        processes.report(stage(given.home, given.rows[0]))
        return
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("stage", "records", "seconds", "records/s", "peak MiB", "cost per record vs smaller"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    smaller: dict[str, float] = {}
    for n in given.rows:
        with tempfile.TemporaryDirectory(prefix="clawback-bench-") as folder:
            for stage in ("ingest", "build"):
                taken = measured(stage, Path(folder), n)
                cost = taken.seconds / n
                ratio = f"{cost / smaller[stage]:.2f}" if stage in smaller else ""
                smaller.setdefault(stage, cost)
                row = (
                    stage,
                    f"{2 * n:,}",
                    f"{taken.seconds:.1f}",
                    f"{2 * n / taken.seconds:,.0f}",
                    f"{taken.peak_mib:,.0f}",
                )
                table.add_row(*row, ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
