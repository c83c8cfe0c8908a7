"""`make bench`: 200,000 council matters and 2 million actions, from records to published tables.

What belongs here: synthetic councils with the API's fields, the project's own models on them, and one hand-written scan
of the same records by the same engine. What does not: any assertion about time, the councils' responses (tests).

The models are timed as dbt runs them, its start included, in elapsed and in CPU time. Each stage runs in its own
process, so that its peak memory is measured separately. One matter in a hundred is relevant; one action in fifty occurs
twice, as in some registers.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks import processes
from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.councils.register import councils
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import DBT_PROJECT_DIR, Settings

MODELS = (
    "base_legistar__matters", "stg_legistar__matters", "base_legistar__histories", "stg_legistar__histories",
    "base_elms__matters", "stg_elms__matters", "int_ordinances__council_matters", "int_ordinances__council_term_hits",
    "int_ordinances__council_found", "int_ordinances__council_actions", "int_ordinances__council_events",
    "int_ordinances__events", "dim_council_matter", "fct_council_action", "bridge_council_matter_term",
    "fct_policy_event", "mart_policy_conflict", "council_client",
)  # fmt: skip
# What the models stand on beside the councils' records, from the recorded edition.
BESIDE = ("census/gazetteer", "census/places", "ledger/policy_events")
_ACTIONS = (
    "Introduced by Council", "Referred to Comm by Council", "Hearing Held by Committee", "Laid Over by Committee",
    "Amended by Committee", "Approved by Committee", "Approved by Council", "Sent to Mayor by Council",
    "Signed Into Law by Mayor", "Recved from Mayor by Council",
)  # fmt: skip
_RELEVANT = ("the sanctuary city ordinance", "immigration detainers", "cooperation with ICE", "agreements under 287(g)")


def _matters(rows: int) -> dict[str, str]:
    """The SQL of a matter's fields over its number i; every client has as many."""
    clients = "[" + ", ".join(f"'{council.client}'" for council in councils("legistar")) + "]"
    relevant = "[" + ", ".join(f"'{phrase}'" for phrase in _RELEVANT) + "]"
    day = "(date '2010-01-01' + (i % 5800)::int)"
    return {
        "client": f"({clients})[1 + i % {len(councils('legistar'))}]",
        "MatterId": "i::varchar",
        "MatterGuid": "md5(i::varchar)",
        "MatterLastModifiedUtc": f"strftime({day}, '%Y-%m-%d') || 'T10:11:12.' || (i % 1000)",
        "MatterFile": "'SYN ' || lpad(i::varchar, 7, '0')",
        "MatterName": "case when i % 3 = 0 then 'Synthetic matter ' || i end",
        "MatterTitle": (
            "'An ordinance of the Synthetic Council number ' || i || ' to amend chapter ' || (i % 97) || ' on '"
            f" || case when i % 100 = 0 then ({relevant})[1 + (i // 100) % {len(_RELEVANT)}]"
            " else 'parking, sewers, rezoning and the lease of property at ' || (hash(i) % 9000)"
            " || ' Synthetic Street' end"
        ),
        "MatterTypeName": "case i % 4 when 0 then 'Resolution' when 1 then 'Hearing' else 'Ordinance' end",
        "MatterStatusName": "case i % 3 when 0 then 'Adopted' when 1 then 'Filed' else 'In Committee' end",
        "MatterBodyName": "'Synthetic Committee ' || (i % 40)",
        "MatterIntroDate": f"strftime({day}, '%Y-%m-%d') || 'T00:00:00'",
        "MatterPassedDate": f"case when i % 2 = 0 then strftime({day} + 60, '%Y-%m-%d') || 'T00:00:00' end",
        "MatterEXText1": "'Synthetic note of the clerk on item ' || (hash(i + 1) % 100000)",
        "MatterRestrictViewViaWeb": "'false'",
    }


def _histories(each: int) -> dict[str, str]:
    """The SQL of an action's fields over its number i."""
    names = "[" + ", ".join(f"'{name}'" for name in _ACTIONS) + "]"
    clients = "[" + ", ".join(f"'{council.client}'" for council in councils("legistar")) + "]"
    return {
        "client": f"({clients})[1 + (i // {each}) % {len(councils('legistar'))}]",
        "matter_id": f"(i // {each})::varchar",
        "MatterHistoryId": "i::varchar",
        "MatterHistoryLastModifiedUtc": "'2026-01-01T00:00:00.5'",
        "MatterHistoryActionDate": (
            f"strftime(date '2010-01-01' + ((i // {each}) % 5800)::int + (i % {each})::int * 9, '%Y-%m-%d')"
            " || 'T00:00:00'"
        ),
        "MatterHistoryActionName": f"({names})[1 + i % {len(_ACTIONS)}]",
        "MatterHistoryActionText": "'The synthetic clerk entered this action as number ' || i",
        "MatterHistoryActionBodyName": "case when i % 10 in (2, 3, 4, 5) then 'Committee on Tests' else 'Council' end",
        "MatterHistoryPassedFlagName": "case when i % 10 in (5, 6) then 'Pass' end",
    }


def _write(path: Path, columns: dict[str, str], rows: int, twice: int = 0) -> None:
    selected = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    again = f" union all select i from range(0, {rows}, {twice}) as t(i)" if twice else ""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"copy (select 'synthetic' as _capture_id, 'synthetic' as _payload_id, row_number() over () as _record_no,"
            f" {selected} from (select i from range({rows}) as t(i){again}))"
            f" to '{path}' (format parquet, compression zstd)"
        )


def _dbt(settings: Settings, *words: str) -> None:
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", *words, "--project-dir", str(DBT_PROJECT_DIR)]
    dbt += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir)]
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run(dbt, env=environment, cwd=settings.build_dir, check=True, stdout=subprocess.DEVNULL)


def prepare(folder: Path, matters: int, actions: int) -> dict[str, Any]:
    """The records, the raw views over them, the seeds and the units, before any clock starts."""
    _write(folder / "matters.parquet", _matters(matters), matters)
    _write(folder / "histories.parquet", _histories(actions // matters), actions, twice=50)
    settings = Settings(home=folder / "home")
    for dataset_id in BESIDE:
        capture_dataset(sources.get(dataset_id), settings)
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
        for name in ("matters", "histories"):
            dataset, path = sources.get(f"legistar/{name}"), folder / f"{name}.parquet"
            held = connection.execute(f"describe select * from '{path}'").fetchall()
            present = {column[0] for column in held}
            columns = ", ".join(f'"{f}"' if f in present else f'null::varchar as "{f}"' for f in dataset.fields)
            connection.execute(
                f"create or replace view raw.{dataset.raw_name} as "
                f"select _capture_id, _payload_id, _record_no, {columns} from '{path}'"
            )
        connection.execute(
            "insert into raw.capture by name select 'synthetic' as capture_id, 'legistar' as source, "
            "'legistar__matters' as dataset, 'synthetic' as slice, 'fetched' as kind, 'live' as edition, "
            "'accepted' as status, true as is_serving, false as is_stale, timestamp '2026-01-02' as retrieved_at, "
            "timestamp '2026-01-02' as landed_at, 1 as records"
        )
    _dbt(settings, "seed")
    beside = ("+int_identity__geoids", "+stg_ledger__policy_events")
    _dbt(settings, "run", "--select", *beside)
    return {"bytes": sum((folder / f"{name}.parquet").stat().st_size for name in ("matters", "histories"))}


def _cpu() -> float:
    """Seconds that the finished children of this process have had on a core."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def models(folder: Path) -> dict[str, Any]:
    """From the records to the published tables, by dbt, its start included."""
    settings = Settings(home=folder / "home")
    started, cpu = time.monotonic(), _cpu()
    _dbt(settings, "run", "--select", *MODELS)
    seconds, cpu = time.monotonic() - started, _cpu() - cpu
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
    by_model = {result["unique_id"].rpartition(".")[2]: result["execution_time"] for result in results["results"]}
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        counted = {
            name: connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            for name, table in (("matters", "core.dim_council_matter"), ("actions", "core.fct_council_action"))
        }
        relevant = "select count(*) from core.dim_council_matter where is_relevant"
        counted["relevant"] = connection.execute(relevant).fetchall()[0][0]
        counted["events"] = connection.execute("select count(*) from core.fct_policy_event").fetchall()[0][0]
    slowest = sorted(by_model.items(), key=lambda item: -item[1])[:3]
    return {"seconds": seconds, "cpu": cpu, "load": os.getloadavg()[0], "slowest": slowest, **counted}


_BY_HAND = """
create or replace table matter_by_hand as
select
    client, MatterId, MatterFile, MatterName, MatterTitle, MatterTypeName, MatterStatusName, MatterBodyName,
    try_cast(substr(MatterIntroDate, 1, 10) as date) as introduced_on,
    try_cast(substr(MatterPassedDate, 1, 10) as date) as passed_on,
    regexp_matches(MatterTitle, '(?i)sanctuary city|immigration|detainers?|287\\(g\\)')
    or regexp_matches(MatterTitle, 'ICE') as is_relevant
from '{matters}'
qualify row_number() over (partition by client, MatterId order by _record_no desc) = 1;

create or replace table action_by_hand as
select
    client, matter_id, MatterHistoryId, MatterHistoryActionName, MatterHistoryActionText, MatterHistoryActionBodyName,
    MatterHistoryPassedFlagName,
    try_cast(substr(MatterHistoryActionDate, 1, 10) as date) as action_on,
    row_number() over (partition by client, matter_id order by MatterHistoryActionDate, MatterHistoryId) as action_no,
    case
        when lower(MatterHistoryActionName) like '%signed into law%' then 'signed'
        when lower(MatterHistoryActionName) like '%approved by council%' then 'council_passed'
        when lower(MatterHistoryActionName) like '%referred%' then 'referred'
        when lower(MatterHistoryActionName) like '%introduced%' then 'introduced'
    end as event
from '{histories}'
qualify row_number() over (partition by client, matter_id, MatterHistoryId order by _record_no desc) = 1;
"""


def by_hand(folder: Path) -> dict[str, Any]:
    """One hand-written statement a table: typed, once, found by one expression; no provenance, no keys, no events."""
    statement = _BY_HAND.format(matters=folder / "matters.parquet", histories=folder / "histories.parquet")
    with duckdb.connect(str(folder / "by_hand.duckdb")) as connection:
        started, cpu = time.monotonic(), time.process_time()
        connection.execute(statement)
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        relevant = "select count(*), count(*) filter (where is_relevant) from matter_by_hand"
        matters, found = connection.execute(relevant).fetchall()[0]
        actions = connection.execute("select count(*) from action_by_hand").fetchall()[0][0]
    return {"seconds": seconds, "cpu": cpu, "matters": matters, "relevant": found, "actions": actions}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--matters", type=int, default=200_000)
    parser.add_argument("--actions", type=int, default=2_000_000)
    given = parser.parse_args()
    if given.stage:
        stages = {"models": models, "by_hand": by_hand}
        told = (
            prepare(given.folder, given.matters, given.actions)
            if given.stage == "prepare"
            else stages[given.stage](given.folder)
        )
        processes.report(told)
        return
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="clawback-bench-") as name:
        sizes = ("--matters", str(given.matters), "--actions", str(given.actions))
        made = processes.run("benchmarks.ordinances", "prepare", "--folder", name, *sizes)
        hand = processes.run("benchmarks.ordinances", "by_hand", "--folder", name)
        dbt = processes.run("benchmarks.ordinances", "models", "--folder", name)
    told = dbt.told
    console.print(
        f"{told['matters']:,} matters and {told['actions']:,} actions of {len(councils('legistar'))} councils "
        f"({made.told['bytes'] / 1e6:,.0f} MB of Parquet): {told['relevant']:,} relevant matters, "
        f"{told['events']:,} legal events"
    )
    table = Table(box=None, header_style="dim", pad_edge=False)
    for place, heading in enumerate(("council models", "seconds", "CPU s", "peak MiB", "CPU by hand")):
        table.add_column(heading, justify="right" if place else "left", no_wrap=True)
    for line, measured in (("one statement a table, by hand", hand), ("the models, dbt's start included", dbt)):
        table.add_row(
            line,
            f"{measured.seconds:.1f}",
            f"{measured.told['cpu']:.1f}",
            f"{measured.peak_mib:,.0f}",
            f"{measured.told['cpu'] / hand.told['cpu']:.2f}",
        )
    console.print(table)
    equal = all(told[name] == hand.told[name] for name in ("matters", "actions", "relevant"))
    console.print(f"equal counts of matters, actions and relevant matters: {equal}")
    console.print(f"{os.cpu_count()} cores, load {told['load']:.1f} when the models ended: seconds include other work")
    console.print("slowest models: " + ", ".join(f"{model} {seconds:.1f} s" for model, seconds in told["slowest"]))


if __name__ == "__main__":
    main()
