"""`make bench`: awards at the size of all federal assistance: ingestion, models, and a run with few changes.

What belongs here: synthetic transactions with the publisher's 112 columns, the real code on them, and other tools on
the same task. What does not: any assertion about time.

Three tables, each of ratios within one benchmark run:

1. A monthly archive from zip to ``records.parquet`` (with its WARC, its checks and its acceptance), beside bare engines
   on the unzipped file, pandas into DuckDB, and dlt's Arrow path.
2. The awards models from those records, beside one hand-written statement that scans and groups the same data.
3. A run in which 1% changed, by number of transactions: rebuilding all transactions; rebuilding only the fiscal years
   with changes; and an incremental build (orchestration.release.incremental). It also shows the hash of all rows, which
   must be the same, and the share of new records from which a full build is cheaper.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks import processes
from orchestration import sources
from orchestration.release.incremental import pays
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.usaspending_files import DELETE_INDICATOR, OPTIONAL, REQUIRED

DATASET = "usaspending/transactions"
ARCHIVE = "FY(All)_015_Assistance_Delta_20260101.zip"
ROWS_A_PART = 1_000_000
RETRIEVED = datetime(2026, 1, 2, tzinfo=UTC)
COLUMNS = (*REQUIRED, *(name for name in OPTIONAL if name != DELETE_INDICATOR))


def _column(name: str, i: int) -> str:
    """The SQL of a synthetic column over the number of the row; every award has three transactions."""
    exact = {
        "assistance_transaction_unique_key": (
            "'1501_SYN' || lpad((i // 3)::varchar, 9, '0') || '_-NONE-_16.710_' || (i % 3)"
        ),
        "assistance_award_unique_key": "'ASST_NON_SYN' || lpad((i // 3)::varchar, 9, '0') || '_015'",
        "award_id_fain": "'SYN' || lpad((i // 3)::varchar, 9, '0')",
        "award_id_uri": "''",
        "modification_number": "(i % 3)::varchar",
        "action_date_fiscal_year": "(2008 + (i // 3) % 18)::varchar",
        "action_date": "(make_date((2008 + (i // 3) % 18)::int, 1, 1) + (i % 270)::int)::date::varchar",
        "last_modified_date": "'2025-12-01'",
        "period_of_performance_start_date": "'2020-10-01'",
        "period_of_performance_current_end_date": "'2027-09-30'",
        "cfda_number": "'16.710'",
        "awarding_agency_name": "'Department of Justice'",
        "awarding_sub_agency_code": "'1501'",
        "awarding_sub_agency_name": "'Synthetic sub-agency'",
        "assistance_type_code": "'04'",
        "record_type_code": "'2'",
        "action_type_code": "case when i % 3 = 0 then 'A' else 'C' end",
        "recipient_uei": "'SYNTH' || lpad(((i // 3) % 20000)::varchar, 7, '0')",
        "recipient_name": "'CITY OF SYNTHETIC ' || ((i // 3) % 20000)",
        "recipient_state_code": "'OH'",
        "correction_delete_ind": "''",
    }
    if name in exact:
        return exact[name]
    if "obligat" in name or "amount" in name or "value" in name:
        return f"case when hash(i + {i}) % 3 = 0 then '' else printf('%.2f', (hash(i + {i}) % 100000000) / 100.0) end"
    if "description" in name and ("transaction" in name or "goals" in name):
        return (
            "'Synthetic text of award ' || (i // 3) || ', with \"quotes\" and' || chr(10) || 'a second line, so that "
            "readers must be right about both; it goes on for a while as such texts do'"
        )
    if name.endswith(("_name", "_description", "_title")):
        return f"'Synthetic {name[:12]} ' || (hash(i + {i}) % 5000)"
    return f"case when hash(i + {i}) % 4 = 0 then '' else (hash(i + {i}) % 100000)::varchar end"


def generate(folder: Path, rows: int) -> dict[str, int]:
    """The CSV parts of `rows` transactions, and the zip of them."""
    selected = ", ".join(f'{_column(name, i)} as "{name}"' for i, name in enumerate(COLUMNS))
    parts = []
    for number, first in enumerate(range(0, rows, ROWS_A_PART), start=1):
        part = folder / f"FY(All)_015_Assistance_Delta_20260101_{number}.csv"
        last = min(first + ROWS_A_PART, rows)
        with duckdb.connect() as connection:
            connection.execute("set preserve_insertion_order = false")
            connection.execute(
                f"copy (select {selected} from range({first}, {last}) as t(i)) to '{part}' (header, force_quote *)"
            )
        parts.append(part)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in parts:
            archive.write(part, part.name)
    return {"csv_bytes": sum(part.stat().st_size for part in parts), "zip_bytes": (folder / ARCHIVE).stat().st_size}


def _csv(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.glob("*.csv"))


def ours(folder: Path) -> int:
    """From the zip to a capture in use: inflated, checked, typed as text, its WARC beside it."""
    from orchestration.landing.imports import import_files

    (result,) = import_files(sources.get(DATASET), [folder / ARCHIVE], Settings(home=folder / "home"))
    if not result.ok:
        raise SystemExit(result.line())
    return result.records


def bare_duckdb(folder: Path) -> int:
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"copy (from read_csv({_csv(folder)!r}, all_varchar = true, header = true)) "
            f"to '{folder / 'duckdb.parquet'}' (format parquet, compression zstd)"
        )
        return _rows(connection, folder / "duckdb.parquet")


def bare_polars(folder: Path) -> int:
    import polars as pl

    scanned = pl.scan_csv(_csv(folder), infer_schema=False)
    scanned.sink_parquet(folder / "polars.parquet", compression="zstd")
    with duckdb.connect() as connection:
        return _rows(connection, folder / "polars.parquet")


def pandas_into_duckdb(folder: Path) -> int:
    """In pieces of 200,000 rows: the whole file as objects would need more memory than this machine may have."""
    import pandas as pd

    with duckdb.connect(str(folder / "pandas.duckdb")) as connection:
        made = False
        for path in _csv(folder):
            for piece in pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=200_000):
                connection.register("piece", piece)
                connection.execute("insert into t from piece" if made else "create table t as from piece")
                made = True
        return int(connection.execute("select count(*) from t").fetchall()[0][0])


def dlt_to_parquet(folder: Path) -> int:
    """dlt's Arrow path to Parquet files: little more than Arrow's own reader and writer."""
    import dlt

    return _dlt(folder, dlt.destinations.filesystem(bucket_url=str(folder / "dlt")), "parquet")


def dlt_into_duckdb(folder: Path) -> int:
    """dlt's Arrow path into DuckDB, its default for that destination."""
    import dlt

    return _dlt(folder, dlt.destinations.duckdb(str(folder / "dlt.duckdb")), None)


def _dlt(folder: Path, destination: Any, file_format: Any) -> int:
    import dlt
    import pyarrow as pa
    import pyarrow.csv as pc

    text = {name: pa.string() for name in COLUMNS}

    def tables() -> Any:
        for path in _csv(folder):
            reader = pc.open_csv(
                path,
                read_options=pc.ReadOptions(block_size=16 * 1024 * 1024),
                parse_options=pc.ParseOptions(newlines_in_values=True),
                convert_options=pc.ConvertOptions(column_types=text),
            )
            for batch in reader:
                yield pa.Table.from_batches([batch])

    work = str(folder / f"dlt_work_{file_format}")
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="d", pipelines_dir=work)
    pipeline.run(dlt.resource(tables(), name="transactions"), loader_file_format=file_format)
    if file_format is None:
        with duckdb.connect(str(folder / "dlt.duckdb"), read_only=True) as connection:
            return int(connection.execute("select count(*) from d.transactions").fetchall()[0][0])
    with duckdb.connect() as connection:
        return _rows(connection, folder / "dlt" / "d" / "transactions" / "*.parquet")


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    return int(connection.execute(f"select count(*) from read_parquet('{path}')").fetchall()[0][0])


INGEST = {
    "ours": ("Clawback, zip to a capture", ours),
    "duckdb": ("DuckDB COPY, unzipped", bare_duckdb),
    "polars": ("polars scan to sink, unzipped", bare_polars),
    "pandas": ("pandas.read_csv into DuckDB, unzipped", pandas_into_duckdb),
    "dlt_parquet": ("dlt, Arrow tables to Parquet, unzipped", dlt_to_parquet),
    "dlt_duckdb": ("dlt, Arrow tables into DuckDB, unzipped", dlt_into_duckdb),
}
# So much slower than the rest that one round is enough.
ONCE = ("pandas", "dlt_parquet", "dlt_duckdb")


# --- models -----------------------------------------------------------------------------------------------------------


def _dbt(settings: Settings, *words: str) -> None:
    from orchestration.assets.warehouse import dbt_environment

    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", *words, "--project-dir", str(DBT_PROJECT_DIR)]
    dbt += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir)]
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run(dbt, env=environment, cwd=settings.build_dir, check=True, stdout=subprocess.DEVNULL)


def _raw(settings: Settings) -> None:
    from orchestration.landing import raw_views
    from orchestration.landing.catalog import Catalog

    settings.build_dir.mkdir(parents=True, exist_ok=True)
    settings.build_file.unlink(missing_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))


def prepare_models(folder: Path) -> dict[str, Any]:
    """Everything the timed models stand on: raw views, seeds, and one run before the one that is timed."""
    settings = Settings(home=folder / "home", edition="live")
    _raw(settings)
    _dbt(settings, "seed")
    _dbt(settings, "run", "--select", "+fct_award_transaction", "+int_awards__from_transactions")
    return {}


def models(folder: Path) -> dict[str, Any]:
    """The models of transactions and the awards that they add up to, by dbt, its start included."""
    settings = Settings(home=folder / "home", edition="live")
    started = time.monotonic()
    _dbt(settings, "run", "--select", "base_usaspending__transactions", "int_awards__transactions",
         "stg_usaspending__transactions", "int_awards__from_transactions", "fct_award_transaction")  # fmt: skip
    seconds = time.monotonic() - started
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
    inside = sum(result["execution_time"] for result in results["results"])
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        rows = connection.execute("select count(*) from core.fct_award_transaction").fetchall()[0][0]
        total = connection.execute("select sum(obligated_amount) from core.fct_award_transaction").fetchall()[0][0]
        awards = connection.execute("select count(*) from intermediate.int_awards__from_transactions").fetchall()[0][0]
    return {"seconds": seconds, "inside": inside, "transactions": rows, "awards": awards, "total": str(total)}


# What a hand would write: each transaction typed and once, the awards grouped from them, both kept as tables.
_BY_HAND = """
create or replace table transaction_by_hand as
select
    {columns},
    try_cast(federal_action_obligation as decimal(18, 2)) as obligated_amount,
    try_cast(action_date as date) as action_on,
    try_cast(action_date_fiscal_year as int) as fiscal_year,
    try_cast(period_of_performance_start_date as date) as start_on,
    try_cast(period_of_performance_current_end_date as date) as end_on,
    try_cast(substr(last_modified_date, 1, 10) as date) as last_modified_on
from raw.usaspending__transactions
qualify row_number() over (
    partition by assistance_transaction_unique_key order by _capture_id desc, _record_no desc
) = 1;

create or replace table award_by_hand as
select
    award_id_fain,
    awarding_agency_name,
    count(*) as transactions,
    sum(obligated_amount) as obligated_amount,
    min(action_on) as first_action_on,
    max(action_on) as last_action_on,
    {newest}
from transaction_by_hand
group by award_id_fain, awarding_agency_name;
"""
_TEXT = (
    "assistance_transaction_unique_key", "assistance_award_unique_key", "award_id_fain", "award_id_uri",
    "modification_number", "cfda_number", "recipient_uei", "recipient_duns", "awarding_agency_name",
    "awarding_sub_agency_name", "recipient_name", "recipient_state_code", "recipient_city_name",
    "recipient_county_name", "primary_place_of_performance_city_name", "business_types_description",
    "assistance_type_code", "action_type_code", "record_type_code", "transaction_description",
    "_capture_id", "_payload_id", "_record_no",
)  # fmt: skip


def by_hand(folder: Path) -> dict[str, Any]:
    """One hand-written scan and group of the same records by the same engine, without dbt."""
    settings = Settings(home=folder / "home", edition="live")
    newest = ", ".join(
        f"arg_max({name}, action_on) as {name}"
        for name in _TEXT
        if name not in ("award_id_fain", "awarding_agency_name")
    )
    copy = folder / "by_hand.duckdb"
    shutil.copy(settings.build_file, copy)
    with duckdb.connect(str(copy)) as connection:
        started = time.monotonic()
        connection.execute(_BY_HAND.format(columns=", ".join(_TEXT), newest=newest))
        seconds = time.monotonic() - started
        rows = connection.execute("select count(*), sum(obligated_amount) from transaction_by_hand").fetchall()[0]
        awards = connection.execute("select count(*) from award_by_hand").fetchall()[0][0]
    return {"seconds": seconds, "transactions": rows[0], "awards": awards, "total": str(rows[1])}


# --- a run with few changes -------------------------------------------------------------------------------------------

# The rows that the run's capture contains as changed: 1% of all, in recent years or in every year.
_CHANGES = {
    "in two fiscal years": "fiscal_year >= 2024 and hash(i) % 100 < 9",
    "in every fiscal year": "hash(i) % 100 < 1",
}
# Shares of new records at which an incremental build begins to cost more than a full one.
_SHARES = {"5%": "hash(i) % 100 < 5", "20%": "hash(i) % 100 < 20", "50%": "hash(i) % 100 < 50"}
_CHAIN = (
    ("staging", "base_usaspending__transactions", "table"),
    ("staging", "stg_usaspending__transactions", "view"),
    ("intermediate", "int_awards__whole_years", "table"),
    ("intermediate", "int_awards__transactions", "view"),
    ("core", "fct_award_transaction", "table"),
)
YEARS = range(2008, 2026)


def compiled(folder: Path) -> dict[str, Any]:
    """The project's own SQL of the models from records to the fact, as dbt compiles it."""
    for way in ("compiled", "compiled_going_on"):
        settings = Settings(home=folder / way, edition="live")
        _raw(settings)
        if way == "compiled_going_on":
            # dbt compiles the incremental SQL of a model only if its table already exists
            with duckdb.connect(str(settings.build_file)) as connection:
                connection.execute("create schema staging")
                connection.execute(f"create table staging.{_CHAIN[0][1]} (_capture_id varchar)")
        _dbt(settings, "compile", "--select", *(name for _, name, _ in _CHAIN))
    return {}


def _sql(folder: Path, model: str, way: str = "compiled") -> str:
    target = Settings(home=folder / way).dbt_target_dir
    (path,) = target.rglob(f"compiled/**/{model}.sql")
    return path.read_text(encoding="utf-8")


def _records(folder: Path, rows: int, where: str) -> None:
    """Records as captures contain them: one file for each fiscal year, and one for what changed in the run."""
    used = sorted({name for name in COLUMNS if name in _sql(folder, "base_usaspending__transactions")})
    told = {
        "action_date_fiscal_year": "fiscal_year::varchar",
        "action_date": "(make_date(fiscal_year, 1, 1) + (i % 270)::int)::date::varchar",
        "federal_action_obligation": "printf('%.2f', (hash(i) % 100000000) / 100.0)",
    }
    for year in (*YEARS, None):
        columns = {name: told.get(name) or _column(name, place) for place, name in enumerate(used)}
        capture = f"FY{year}" if year else "changed"
        if year is None:
            columns |= {"federal_action_obligation": "'1.00'", "last_modified_date": "'2026-01-01'"}
        selected = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
        which = f"fiscal_year = {year}" if year else where
        first, last = (0, rows) if year is None else ((year - 2008) * rows // 18 - 1, (year - 2007) * rows // 18 + 1)
        with duckdb.connect() as connection:
            connection.execute("set preserve_insertion_order = false")
            connection.execute(
                f"""
                copy (
                    select {selected}, '{capture}' as _capture_id, '{capture}' as _payload_id, i as _record_no,
                        null::varchar as {DELETE_INDICATOR}
                    from (
                        select i, (2008 + i * 18 // {rows})::int as fiscal_year
                        from range({max(first, 0)}, {min(last, rows)}) as t(i)
                    )
                    where {which}
                ) to '{folder / "records" / capture}.parquet' (format parquet, compression zstd)
                """
            )


def _build(
    folder: Path,
    name: str,
    files: list[Path],
    *,
    before: Path | None = None,
    years: list[int] | None = None,
    incremental: Path | None = None,
) -> float:
    """A fresh build file from `files`; with `before`, the other fiscal years are taken over from that build.

    incremental: instead of a fresh file, that build's own, as orchestration.release.incremental decides.
    """
    home = folder / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    if incremental:
        shutil.copy(incremental, home / "warehouse.duckdb")
    # what the fact looks up beside the records, made before the clock starts
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for schema in ("raw", "staging", "intermediate", "core", "reference"):
            connection.execute(f"create schema if not exists {schema}")
        captures = ", ".join(
            f"('{path.stem}', 'usaspending__transactions', true, 'fetched', "
            f"timestamp '2026-01-0{2 if path.stem == 'changed' else 1}', "
            f"timestamp '2026-01-0{2 if path.stem == 'changed' else 1}', '{path.stem}')"
            for path in sorted((folder / "records").glob("*.parquet"))
            if path in files or path.stem != "changed"
        )
        connection.execute(
            f"create or replace table raw.capture as select * from (values {captures}) as t"
            "(capture_id, dataset, is_serving, kind, retrieved_at, content_as_of, slice)"
        )
        connection.execute(
            "create or replace table reference.assistance_listings as select '16.710' as assistance_listing"
        )
        connection.execute(
            "create or replace table core.dim_recipient as select md5(i::varchar) as recipient_key, "
            "'SYNTH' || lpad(i::varchar, 7, '0') as recipient_id from range(20000) as t(i)"
        )
        listed = [str(path) for path in files]
        connection.execute(
            f"create or replace view raw.usaspending__transactions as select * from read_parquet({listed!r})"
        )
        connection.execute("set preserve_insertion_order = false")
        started = time.monotonic()
        if before:
            connection.execute(f"attach '{before}' as before (read_only)")
        if incremental:
            base = f"{_CHAIN[0][0]}.{_CHAIN[0][1]}"
            connection.execute(f"create temp table taken_in as {_sql(folder, _CHAIN[0][1], 'compiled_going_on')}")
            keys = "select transaction_unique_key from taken_in"
            connection.execute(f"delete from {base} where transaction_unique_key in ({keys})")
            connection.execute(f"insert into {base} select * from taken_in")
        for schema, model, kind in _CHAIN[1:] if incremental else _CHAIN:
            connection.execute(f"create or replace {kind} {schema}.{model} as {_sql(folder, model)}")
        if before:
            touched = ", ".join(str(year) for year in years or [])
            for table in ("staging.base_usaspending__transactions", "core.fct_award_transaction"):
                connection.execute(
                    f"insert into {table} select * from before.{table} where fiscal_year not in ({touched})"
                )
        connection.execute("checkpoint")
        return time.monotonic() - started


def night(folder: Path, rows: int, where: str) -> dict[str, Any]:
    """1% changed: a fresh build of all, and one that takes the untouched fiscal years over from the build before."""
    (folder / "records").mkdir(exist_ok=True)
    _records(folder, rows, where)
    by_year = {year: folder / "records" / f"FY{year}.parquet" for year in YEARS}
    changed = folder / "records" / "changed.parquet"
    _build(folder, "before", list(by_year.values()))
    told: dict[str, Any] = {"whole": _build(folder, "whole", [*by_year.values(), changed])}

    started = time.monotonic()
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select distinct action_date_fiscal_year::int from '{changed}' order by 1"
        ).fetchall()
        told["changed"] = _rows(connection, changed)
    years = [year for (year,) in found]
    looking = time.monotonic() - started
    files = [*(by_year[year] for year in years), changed]
    told["by fiscal year"] = looking + _build(
        folder, "by_year", files, before=folder / "before" / "warehouse.duckdb", years=years
    )
    told["fiscal_years"] = len(years)
    every = [*by_year.values(), changed]
    told["going on"] = _build(folder, "incremental", every, incremental=folder / "before" / "warehouse.duckdb")
    hashes = []
    for name in ("whole", "by_year", "incremental"):
        with duckdb.connect(str(folder / name / "warehouse.duckdb"), read_only=True) as connection:
            hashes.append(
                connection.execute("select bit_xor(hash(t)), count(*) from core.fct_award_transaction as t").fetchall()
            )
    told["equal"] = hashes[0] == hashes[1] == hashes[2]
    told["rows"] = hashes[0][0][1]
    for name in ("before", "whole", "by_year", "incremental", "records"):
        shutil.rmtree(folder / name)
    return told


def nothing_changed(folder: Path) -> dict[str, Any]:
    """`clawback refresh` of the recorded edition, and again: the second finds nothing new and starts no dbt."""
    command = [str(Path(sys.executable).with_name("clawback")), "refresh"]
    environment = {**os.environ, "CLAWBACK_HOME": str(folder / "quiet")}
    told: dict[str, Any] = {}
    for name in ("first", "again"):
        started = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told[name] = time.monotonic() - started
        told[f"{name}_said"] = next(line for line in done.stdout.splitlines() if line.startswith("Release"))
    runs = list((folder / "quiet").rglob("run_results.json"))
    first = max((path.stat().st_mtime for path in runs), default=0.0)
    told["dbt_ran_again"] = first > time.time() - told["again"]
    return told


# --- the tables -------------------------------------------------------------------------------------------------------


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--where", default="")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--night-rows", type=int, nargs="*", default=[2_000_000, 20_000_000])
    given = parser.parse_args()
    if given.stage:
        _stage(given)
        return
    console = Console(width=140)
    with tempfile.TemporaryDirectory(prefix="clawback-bench-") as name:
        folder = Path(name)
        made = generate(folder, given.rows)
        size = f"{made['csv_bytes'] / 1e6:,.0f} MB of CSV, {made['zip_bytes'] / 1e6:,.0f} MB zipped"
        console.print(f"{given.rows:,} transactions of {len(COLUMNS)} columns: {size}")
        _ingest_table(console, folder, given.rows, given.rounds)
        for path in (
            *folder.glob("*.csv"),
            *folder.glob("*.zip"),
            folder / "duckdb.parquet",
            folder / "polars.parquet",
        ):
            path.unlink(missing_ok=True)
        _models_table(console, folder)
        shutil.rmtree(folder / "home", ignore_errors=True)
        _night_table(console, folder, given.night_rows)
        quiet = processes.run("benchmarks.awards", "quiet", "--folder", name)
        console.print(
            f"\na run in which nothing changed: {quiet.told['again']:.1f} s after {quiet.told['first']:.1f} s, "
            f"dbt {'RAN' if quiet.told['dbt_ran_again'] else 'not started'}: {quiet.told['again_said']}"
        )


def _ingest_table(console: Console, folder: Path, rows: int, rounds: int) -> None:
    """The engines in turn, round by round, and the median of each: this machine's speed drifts within minutes."""
    runs: dict[str, list[processes.Measured]] = {stage: [] for stage in INGEST}
    for number in range(rounds):
        for stage in INGEST:
            if number and stage in ONCE:
                continue
            if stage == "ours":
                # the same archive again would be no news
                shutil.rmtree(folder / "home", ignore_errors=True)
            measured = processes.run("benchmarks.awards", stage, "--folder", str(folder))
            if measured.told["records"] != rows:
                raise SystemExit(f"{stage} read {measured.told['records']:,} of {rows:,} rows")
            runs[stage].append(measured)
    taken = {stage: statistics.median(run.seconds for run in found) for stage, found in runs.items()}
    peaks = {stage: max(run.peak_mib for run in found) for stage, found in runs.items()}
    table = _table(f"archive to Parquet, median of {rounds}", "seconds", "rows/s", "peak MiB", "times ours")
    for stage, seconds in taken.items():
        table.add_row(INGEST[stage][0], f"{seconds:.1f}", f"{rows / seconds:,.0f}",
                      f"{peaks[stage]:,.0f}", f"{seconds / taken['ours']:.2f}")  # fmt: skip
    console.print(table)
    pairs = [
        ours.seconds / min(duck.seconds, polars.seconds)
        for ours, duck, polars in zip(runs["ours"], runs["duckdb"], runs["polars"], strict=True)
    ]
    said = ", ".join(f"{ratio:.2f}" for ratio in pairs)
    console.print(
        f"ours against the faster bare engine, round by round: {said}; median {statistics.median(pairs):.2f}\n"
    )


def _models_table(console: Console, folder: Path) -> None:
    processes.run("benchmarks.awards", "prepare_models", "--folder", str(folder))
    hand = processes.run("benchmarks.awards", "by_hand", "--folder", str(folder))
    dbt = processes.run("benchmarks.awards", "models", "--folder", str(folder))
    same = (dbt.told["transactions"], dbt.told["awards"]) == (hand.told["transactions"], hand.told["awards"])
    table = _table("awards models", "seconds", "peak MiB", "times by hand")
    lines = (
        ("one statement by hand", hand.seconds, hand),
        ("the models' SQL", dbt.told["inside"], dbt),
        ("the models with dbt's start", dbt.seconds, dbt),
    )
    for name, seconds, measured in lines:
        table.add_row(name, f"{seconds:.1f}", f"{measured.peak_mib:,.0f}", f"{seconds / hand.seconds:.2f}")
    console.print(table)
    same = same and dbt.told["total"] == hand.told["total"]
    console.print(f"{hand.told['transactions']:,} transactions, {hand.told['awards']:,} awards, equal sums: {same}\n")


def _night_table(console: Console, folder: Path, sizes: list[int]) -> None:
    processes.run("benchmarks.awards", "compiled", "--folder", str(folder))
    table = _table(
        "1% changed", "rows", "changed", "whole, s", "by year, s", "incremental, s", "cheapest", "taken", "equal"
    )
    cases = [(rows, name, where) for rows in sizes for name, where in _CHANGES.items()]
    cases += [(min(sizes), f"{share} in every year", where) for share, where in _SHARES.items()]
    for rows, name, where in cases:
        told = processes.run(
            "benchmarks.awards", "night", "--folder", str(folder), "--rows", str(rows), "--where", where
        ).told
        cheapest = min(("whole", "by fiscal year", "going on"), key=lambda way: told[way])
        taken = "going on" if pays(told["changed"], rows + told["changed"]) else "whole"
        table.add_row(name, f"{rows:,}", f"{told['changed']:,}", f"{told['whole']:.1f}",
                      f"{told['by fiscal year']:.1f}", f"{told['going on']:.1f}", cheapest, taken,
                      "yes" if told["equal"] else "NO")  # fmt: skip
    console.print(table)


def _stage(given: argparse.Namespace) -> None:
    if given.stage in INGEST:
        started = time.monotonic()
        records = INGEST[given.stage][1](given.folder)
        processes.report({"records": records, "seconds": time.monotonic() - started})
    elif given.stage == "night":
        processes.report(night(given.folder, given.rows, given.where))
    elif given.stage == "quiet":
        processes.report(nothing_changed(given.folder))
    else:
        stages = {"prepare_models": prepare_models, "models": models, "by_hand": by_hand, "compiled": compiled}
        processes.report(stages[given.stage](given.folder))


if __name__ == "__main__":
    main()
