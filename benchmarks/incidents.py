"""`make bench`: incident reports at the size of three cities' histories: ingestion, models, a run with one new month.

What belongs here: synthetic reports under the cities' own column names, the real code on them, and bare engines on the
same task. What does not: any assertion about time.

Three tables, each of ratios within one benchmark run, at each number of rows:

1. From the CSV pages of every city and month to captures (checked against the city's count, each row's id checked,
   WARC, checks, ``records.parquet``), beside bare engines on the same files without a WARC.
2. The incident models from those captures, beside one hand-written statement that scans and groups the same rows.
3. A run in which three cities have one new month each: what is requested and captured over HTTP; and a full build,
   beside one that keeps every month of the last build except those of new slices, by the number of new slices, with the
   hash of all rows, which must be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks import processes
from orchestration import sources
from orchestration.declared import cities
from orchestration.landing import land
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources import socrata, soda
from orchestration.wire import Payload

RETRIEVED = datetime(2026, 11, 20, 6, tzinfo=UTC)
SETS = ("2nrs-mtv8", "ijzp-q8t2", "qgea-i56i")
MONTHS = cities.months("2011-01", "2020-12")
NEW_MONTH = "2021-01"
ROWS = socrata.Incidents()


def _column(city_set: cities.CitySet, name: str, month: str) -> str:
    """The SQL of a synthetic column over the number of the row, which is its set's own; one in 10,000 comes twice."""
    day = f"'{month}-' || lpad((1 + i % 28)::varchar, 2, '0') || 'T00:00:00.000'"
    exact = {
        cities.ROW_ID: "'row-' || printf('%04x', hash(row) % 65536) || '-' || row",
        city_set.key: "'SYN' || lpad(i::varchar, 9, '0')",
        city_set.month_date: day,
        city_set.occurrence_date: day,
        "crm_cd": "(['121', '626', '236', '815', '510', '330', '440', '624'])[(1 + hash(i) % 8)::int]",
        "primary_type": "(['CRIMINAL SEXUAL ASSAULT', 'BATTERY', 'THEFT', 'ASSAULT'])[(1 + hash(i) % 4)::int]",
        "domestic": "(hash(i + 1) % 5 = 0)::varchar",
        "ofns_desc": "(['RAPE', 'PETIT LARCENY', 'BURGLARY', 'HARRASSMENT 2'])[(1 + hash(i) % 4)::int]",
        "vict_descent": "(['H', 'W', 'B', 'X', 'A', null])[(1 + hash(i + 2) % 6)::int]",
        "vic_race": "(['WHITE HISPANIC', 'BLACK HISPANIC', 'BLACK', 'WHITE', 'UNKNOWN'])[(1 + hash(i + 2) % 5)::int]",
    }
    if name in exact:
        return exact[name]
    if name.endswith(("_desc", "description", "_name", "location", "street")):
        return f"'Synthetic {name[:10]} ' || (hash(i + {len(name)}) % 3000)"
    return f"case when hash(i + {len(name)}) % 4 = 0 then null else (hash(i + {len(name)}) % 1000)::varchar end"


def generate(folder: Path, rows: int) -> int:
    """The pages that the cities' servers would send: a folder a set and month. Returns their bytes."""
    a_month = max(rows // (len(SETS) * len(MONTHS)), 1)
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        for set_id in SETS:
            city_set = cities.BY_ID[set_id]
            for number, month in enumerate((*MONTHS, NEW_MONTH)):
                pages = folder / set_id / month
                pages.mkdir(parents=True)
                # what the server counts, so that nobody counts while the clock runs
                (pages / "rows.txt").write_text(str(a_month), encoding="utf-8")
                selected = ", ".join(f'{_column(city_set, name, month)} as "{name}"' for name in city_set.columns)
                for page, first in enumerate(range(0, a_month, soda.PAGE)):
                    start, size = number * a_month + first, min(soda.PAGE, a_month - first)
                    source = (
                        f"select row, row - (row % 10000 = 1)::int as i from range({start}, {start + size}) as t(row)"
                    )
                    connection.execute(
                        f"copy (select {selected} from ({source})) "
                        f"to '{pages / f'{page:03}.csv'}' (header, force_quote *)"
                    )
    return sum(path.stat().st_size for path in folder.rglob("*.csv"))


class Pages:
    """The generated pages as the session would give them: what is measured is our work, not a loopback's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, url: str, *, params: Mapping[str, str], context: Mapping[str, str], **more: Any) -> Payload:
        """The count of a month, or the page at an offset."""
        month = params["$where"].split("'")[1][:7]
        pages = sorted((self.folder / context["set"] / month).glob("*.csv"))
        if params["$select"].startswith("count"):
            rows = int((self.folder / context["set"] / month / "rows.txt").read_text(encoding="utf-8"))
            body, media_type = json.dumps([{"n": str(rows)}]).encode(), "application/json"
        else:
            body, media_type = pages[int(params["$offset"]) // soda.PAGE].read_bytes(), "text/csv"
        shown = f"{url}?{json.dumps(dict(params))}"
        return Payload(body, shown, RETRIEVED, media_type, role=more.get("role", "records"), context=context)


def _land(folder: Path, months: tuple[str, ...]) -> int:
    settings = Settings(home=folder / "home", edition="live")
    landed = 0
    for set_id in SETS:
        for month in months:
            slice_ = socrata._month_slice(cities.BY_ID[set_id], month)
            known: Any = _Nothing()
            payloads = ROWS.pull(Pages(folder / "pages"), settings, slice_, known)  # type: ignore[arg-type]
            done = land.write(ROWS, slice_, payloads, landing_dir=settings.landing_dir, kind="fetched", edition="live")
            if done.status != "landed" or done.capture is None:
                raise SystemExit(done.message)
            landed += done.capture.records
    return landed


class _Nothing:
    """An empty landing folder."""

    def newest(self, slice_key: str) -> None:
        return None


def ours(folder: Path) -> int:
    """From pages to captures in use: counted, checked, archived, as text in Parquet."""
    return _land(folder, tuple(MONTHS))


def _csv(folder: Path) -> dict[str, list[str]]:
    return {
        set_id: sorted(str(path) for month in MONTHS for path in (folder / "pages" / set_id / month).glob("*.csv"))
        for set_id in SETS
    }


def bare_duckdb(folder: Path) -> int:
    """One COPY a set, of all its files."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        for set_id, files in _csv(folder).items():
            connection.execute(
                f"copy (from read_csv({files!r}, all_varchar = true, header = true)) "
                f"to '{folder / f'duckdb-{set_id}.parquet'}' (format parquet, compression zstd)"
            )
        return _rows(connection, folder / "duckdb-*.parquet")


def bare_polars(folder: Path) -> int:
    """One scan to sink a set, of all its files."""
    import polars as pl

    for set_id, files in _csv(folder).items():
        pl.scan_csv(files, infer_schema=False).sink_parquet(folder / f"polars-{set_id}.parquet", compression="zstd")
    with duckdb.connect() as connection:
        return _rows(connection, folder / "polars-*.parquet")


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    return int(connection.execute(f"select count(*) from read_parquet('{path}')").fetchall()[0][0])


INGEST = {
    "ours": ("Clawback, pages to captures", ours),
    "duckdb": ("DuckDB COPY", bare_duckdb),
    "polars": ("polars scan to sink", bare_polars),
}


# --- models -----------------------------------------------------------------------------------------------------------

MODELS = (
    "base_socrata__repeated_incidents", "base_socrata__incidents", "stg_socrata__incidents",
    "base_socrata__incident_months", "stg_socrata__incident_months", "quarantine_socrata__incidents",
    "quarantine_socrata__incident_months", "int_crime__incident_counts", "int_crime__incident_months",
    "fct_incident_month", "fct_incident_month_total", "mart_series_break",
)  # fmt: skip


def _dbt(settings: Settings, *words: str) -> None:
    from orchestration.assets.warehouse import dbt_environment

    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", *words, "--project-dir", str(DBT_PROJECT_DIR)]
    dbt += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir)]
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run(dbt, env=environment, cwd=settings.build_dir, check=True, stdout=subprocess.DEVNULL)


def prepare_models(folder: Path) -> dict[str, Any]:
    """Everything the timed models stand on: raw views, seeds, and one run before the one that is timed."""
    from orchestration.landing import raw_views
    from orchestration.landing.catalog import Catalog

    settings = Settings(home=folder / "home", edition="live")
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    settings.build_file.unlink(missing_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    _dbt(settings, "seed")
    _dbt(settings, "run", "--select", "+mart_series_break", "+quarantine_socrata__incidents",
         "+quarantine_socrata__incident_months")  # fmt: skip
    return {}


def models(folder: Path) -> dict[str, Any]:
    """The incident models by dbt, its start included, and their own seconds by dbt's account."""
    settings = Settings(home=folder / "home", edition="live")
    started = time.monotonic()
    _dbt(settings, "run", "--select", *MODELS)
    seconds = time.monotonic() - started
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
    each = {result["unique_id"].split(".")[-1]: round(result["execution_time"], 2) for result in results["results"]}
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        (found,) = connection.execute(
            "select count(*), sum(reports) from core.fct_incident_month"
            " where victim_group = 'citywide' and offense_family = 'all_reports'"
        ).fetchall()
    told = {"months": found[0], "reports": int(found[1])}
    return {"seconds": seconds, "inside": sum(each.values()), "each": each, **told}


# What a hand would write who wants no more than the counts: one scan that types what it reads, and one group.
_BY_HAND = """
create or replace table by_hand as
select
    substr(captures.slice, 1, 9) as set_id,
    date_trunc('month', coalesce(
        try_cast(substr(coalesce(date_rptd, rpt_dt), 1, 10) as date), try_cast(substr("date", 1, 10) as date)
    )) as month_start,
    coalesce(crm_cd, primary_type, ofns_desc) as code,
    domestic = 'true' as is_domestic,
    coalesce(vict_descent, vic_race) as victim_group,
    {count} as reports
from raw.socrata__incidents as records
inner join raw.capture as captures on records._capture_id = captures.capture_id
group by all
"""
_COUNTS = {"as they come": "count(*)", "each number once": "count(distinct coalesce(dr_no, id, cmplnt_num))"}


def by_hand(folder: Path, how: str) -> dict[str, Any]:
    """One hand-written scan and group of the same records by the same engine, without dbt."""
    settings = Settings(home=folder / "home", edition="live")
    copy = folder / "by_hand.duckdb"
    shutil.copy(settings.build_file, copy)
    with duckdb.connect(str(copy)) as connection:
        started = time.monotonic()
        connection.execute(_BY_HAND.format(count=_COUNTS[how]))
        connection.execute("checkpoint")
        seconds = time.monotonic() - started
        (found,) = connection.execute(
            "select count(distinct (set_id, month_start)), sum(reports) from by_hand"
        ).fetchall()
    copy.unlink()
    return {"seconds": seconds, "months": found[0], "reports": int(found[1])}


# --- a run ------------------------------------------------------------------------------------------------------------


class _Cities(BaseHTTPRequestHandler):
    """The cities' servers on loopback, over the generated pages: counts, groups and pages of CSV."""

    folder: Path
    asked: list[str]
    groups: dict[str, list[dict[str, str]]]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        ask = {name: values[0] for name, values in parse_qs(parts.query).items()}
        set_id, form = parts.path.rpartition("/")[2].split(".")
        self.asked.append(f"{set_id} {ask.get('$where', 'all')} {ask['$select'][:8]}")
        if "$group" in ask:
            body = json.dumps(self.groups[set_id] if ask["$offset"] == "0" else []).encode()
        elif "$where" not in ask:
            body = json.dumps([{"n": str(sum(int(group["n"]) for group in self.groups[set_id]))}]).encode()
        else:
            answer = Pages(self.folder).get("", params=ask, context={"set": set_id})
            body = answer.body
        self.send_response(200)
        self.send_header("Content-Type", "text/csv" if form == "csv" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Nothing: a line a request would be what is measured."""


def _groups(folder: Path, set_id: str) -> list[dict[str, str]]:
    city_set = cities.BY_ID[set_id]
    names = ", ".join(f'"{name}"' for name in city_set.groups)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""select substr("{city_set.month_date}", 1, 7) || '-01T00:00:00.000' as month, {names},
                count(*)::varchar as n, max("{city_set.month_date}") as newest
            from read_csv('{folder}/{set_id}/*/*.csv', all_varchar = true, header = true) group by all"""
        )
        columns = [column[0] for column in rows.description or ()]
        return [{k: v for k, v in zip(columns, row, strict=True) if v is not None} for row in rows.fetchall()]


def night(folder: Path) -> dict[str, Any]:
    """Three cities have one month more than was captured: what a run requests and captures, over HTTP."""
    from orchestration.landing.dataset_run import capture_dataset

    _Cities.folder, _Cities.asked = folder / "pages", []
    _Cities.groups = {set_id: _groups(folder / "pages", set_id) for set_id in SETS}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cities)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        settings = Settings(home=folder / "home", edition="live", socrata_url=url)
        started = time.monotonic()
        counted = capture_dataset(sources.get("socrata/incident_months"), settings, slice_keys=SETS)
        landed = capture_dataset(ROWS, settings)
        seconds = time.monotonic() - started
    finally:
        server.shutdown()
    return {
        "seconds": seconds,
        "counts": counted.line(),
        "landed": [(s.slice, s.status, s.records) for s in landed.slices],
        "questions": len(_Cities.asked),
    }


def _sql(folder: Path, model: str) -> str:
    (path,) = Settings(home=folder / "home").dbt_target_dir.rglob(f"compiled/**/models/**/{model}.sql")
    return path.read_text(encoding="utf-8")


_CHAIN = (("staging", "base_socrata__repeated_incidents"), ("intermediate", "int_crime__incident_counts"))
_NUMBERS = ", ".join(f'"{cities.BY_ID[set_id].key}"' for set_id in SETS)


def builds(folder: Path, months: int) -> dict[str, Any]:
    """The repeated numbers and the counts, whole and by slice, after the run: seconds, and whether they are equal.

    By slice: only new slices are counted again, and those with a report of which a new slice has a newer version;
    every other month is taken from the previous build.
    months: how many of the last ones are new, in each city.
    """
    from orchestration.landing import raw_views
    from orchestration.landing.catalog import Catalog

    settings = Settings(home=folder / "home", edition="live")
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    since = (*MONTHS, NEW_MONTH)[-months]
    new = {c.capture_id for c in catalog.serving(ROWS) if c.slice[10:] >= since}
    told: dict[str, Any] = {}
    for name in ("before", "whole", "by_slice"):
        (folder / name).mkdir(exist_ok=True)
        file = folder / name / "warehouse.duckdb"
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            raw_views.create(connection, catalog, list(sources.DATASETS.values()))
            for schema in ("staging", "intermediate"):
                connection.execute(f"create schema {schema}")
            # the cities' own counts are no part of what is compared
            connection.execute(
                "create table staging.stg_socrata__incident_months as select '' as set_id, date '2020-01-01' as "
                "report_month, '' as code, true as is_domestic, false as is_supplement, '' as victim_group_code, "
                "0::bigint as reports, date '2020-01-01' as newest_on, '' as _capture_id, '' as _payload_id, "
                "'' as _kind, timestamp '2020-01-01' as _retrieved_at limit 0"
            )
            files = {c.capture_id: [str(path) for path in catalog.records_paths(c)] for c in catalog.serving(ROWS)}
            if name == "before":
                _view(connection, [path for c, paths in files.items() if c not in new for path in paths])
            started = time.monotonic()
            connection.execute("set preserve_insertion_order = false")
            if name == "by_slice":
                told["touched"] = _by_slice(folder, connection, files, new)
            else:
                for schema, model in _CHAIN:
                    connection.execute(f"create table {schema}.{model} as {_sql(folder, model)}")
            connection.execute("checkpoint")
            told[name] = time.monotonic() - started
    hashes = []
    for name in ("whole", "by_slice"):
        with duckdb.connect(str(folder / name / "warehouse.duckdb"), read_only=True) as connection:
            hashes.append(
                connection.execute(
                    "select bit_xor(hash(t)), count(*), sum(reports) from intermediate.int_crime__incident_counts as t"
                ).fetchall()
            )
    told["equal"], told["cells"] = hashes[0] == hashes[1], hashes[0][0][1]
    for name in ("before", "whole", "by_slice"):
        shutil.rmtree(folder / name)
    return told


def _view(connection: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """The raw view over these files alone, with the columns that it has."""
    columns = connection.execute("describe raw.socrata__incidents").fetchall()
    seen = {c for (c, *_) in connection.execute(
        f"describe select * from read_parquet({files!r}, union_by_name = true)"
    ).fetchall()}  # fmt: skip
    listed = ", ".join(f'"{c}"' if c in seen else f'cast(null as varchar) as "{c}"' for (c, *_) in columns)
    connection.execute(
        f"create or replace view raw.socrata__incidents as select {listed} "
        f"from read_parquet({files!r}, union_by_name = true)"
    )


def _by_slice(folder: Path, connection: duckdb.DuckDBPyConnection, files: dict[str, list[str]], new: set[str]) -> int:
    """Fill the two tables from the build before and the slices that are touched; how many those are."""
    connection.execute(f"attach '{folder / 'before' / 'warehouse.duckdb'}' as before (read_only)")
    fresh = [path for capture_id in new for path in files[capture_id]]
    connection.execute(
        f"create temp table fresh as select distinct coalesce({_NUMBERS}) as number from "
        f"read_parquet({fresh!r}, union_by_name = true)"
    )
    # the model's own SQL, its candidates narrowed to the numbers that the new slices hold
    narrowed, found = re.subn(
        r"(from \"?\w*\"?\.?\"raw\"\.\"socrata__incidents\"\s+)(group by)",
        rf"\1where coalesce({_NUMBERS}) in (select number from fresh) \2",
        _sql(folder, "base_socrata__repeated_incidents"),
    )
    assert found == 1, "the model's SQL has another form: narrow it anew"
    connection.execute(f"create table staging.base_socrata__repeated_incidents as {narrowed} ")
    connection.execute(
        "insert into staging.base_socrata__repeated_incidents"
        " select * from before.staging.base_socrata__repeated_incidents"
        " anti join staging.base_socrata__repeated_incidents using (_capture_id, _record_no)"
    )
    again = connection.execute(
        "select distinct _capture_id from staging.base_socrata__repeated_incidents"
        " anti join before.staging.base_socrata__repeated_incidents using (_capture_id, _record_no)"
    ).fetchall()
    touched = sorted(new | {capture_id for (capture_id,) in again})
    _view(connection, [path for capture_id in touched for path in files[capture_id]])
    connection.execute(
        f"create table intermediate.int_crime__incident_counts as {_sql(folder, 'int_crime__incident_counts')}"
    )
    slices = connection.execute(
        "select substr(slice, 1, 9), cast(substr(slice, 11) || '-01' as date) from raw.capture where capture_id in "
        f"({', '.join(repr(capture_id) for capture_id in touched)})"
    ).fetchall()
    kept = " and ".join(f"not (set_id = '{set_id}' and month_start = date '{month}')" for set_id, month in slices)
    connection.execute(
        "insert into intermediate.int_crime__incident_counts"
        f" select * from before.intermediate.int_crime__incident_counts where {kept}"
    )
    return len(touched)


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
    parser.add_argument("--how", default="each number once")
    parser.add_argument("--months", type=int, nargs="*", default=[1, 12, 48, 96])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 5_000_000, 25_000_000])
    given = parser.parse_args()
    if given.stage:
        _stage(given)
        return
    console = Console(width=140)
    ingest = _table("pages to Parquet", "rows", "seconds", "CPU s", "rows/s", "peak MiB", "times the faster bare")
    built = _table("incident models", "rows", "seconds", "peak MiB", "times by hand")
    nights = _table("new months a city", "rows", "captured", "requests", "run, s", "whole, s", "by slice, s",
                    "slices counted", "equal rows")  # fmt: skip
    for rows in given.rows:
        with tempfile.TemporaryDirectory(prefix="clawback-bench-") as name:
            _run(console, Path(name), rows, given.months, ingest, built, nights)
    for table in (ingest, built, nights):
        console.print(table)
        console.print()


def _run(
    console: Console, folder: Path, rows: int, months: list[int], ingest: Table, built: Table, nights: Table
) -> None:
    size = generate(folder / "pages", rows)
    console.print(f"{rows:,} reports of {len(SETS)} cities and {len(MONTHS)} months: {size / 1e6:,.0f} MB of CSV")
    at = ("--folder", str(folder))
    taken = {stage: processes.run("benchmarks.incidents", stage, *at) for stage in INGEST}
    if len({measured.told["records"] for measured in taken.values()}) != 1:
        raise SystemExit(f"not the same rows: {taken}")
    faster = min(taken["duckdb"].seconds, taken["polars"].seconds)
    records = taken["ours"].told["records"]
    for stage, measured in taken.items():
        ingest.add_row(INGEST[stage][0], f"{records:,}", f"{measured.seconds:.1f}", f"{measured.told['cpu']:.1f}",
                       f"{records / measured.seconds:,.0f}", f"{measured.peak_mib:,.0f}",
                       f"{measured.seconds / faster:.2f}")  # fmt: skip
    for path in folder.glob("*.parquet"):
        path.unlink()
    processes.run("benchmarks.incidents", "prepare_models", *at)
    plain = processes.run("benchmarks.incidents", "by_hand", *at, "--how", "as they come")
    hand = processes.run("benchmarks.incidents", "by_hand", *at)
    dbt = processes.run("benchmarks.incidents", "models", *at)
    if dbt.told["reports"] != hand.told["reports"]:
        raise SystemExit(f"not the same reports: {dbt.told} and {hand.told}")
    for name, seconds, measured in (
        ("by hand, copies counted twice", plain.seconds, plain),
        ("by hand, each number once", hand.seconds, hand),
        ("the models' SQL", dbt.told["inside"], dbt),
        ("the models with dbt's start", dbt.seconds, dbt),
    ):
        built.add_row(
            name, f"{records:,}", f"{seconds:.1f}", f"{measured.peak_mib:,.0f}", f"{seconds / hand.seconds:.2f}"
        )
    console.print(f"  each model, s: {dbt.told['each']}")
    seen = processes.run("benchmarks.incidents", "night", *at)
    console.print(f"  the run captured {seen.told['landed']}; counts: {seen.told['counts']}")
    landed = sum(1 for _, status, _ in seen.told["landed"] if status == "landed")
    for new in months:
        both = processes.run("benchmarks.incidents", "builds", *at, "--months", str(new)).told
        night_told = (
            (f"{landed} slices", str(seen.told["questions"]), f"{seen.seconds:.1f}") if new == 1 else ("", "", "")
        )
        nights.add_row(str(new), f"{records:,}", *night_told, f"{both['whole']:.1f}", f"{both['by_slice']:.1f}",
                       str(both["touched"]), "yes" if both["equal"] else "NO")  # fmt: skip


def _stage(given: argparse.Namespace) -> None:
    if given.stage in INGEST:
        started, used = time.monotonic(), time.process_time()
        records = INGEST[given.stage][1](given.folder)
        cpu = time.process_time() - used
        processes.report({"records": records, "seconds": time.monotonic() - started, "cpu": cpu})
    elif given.stage == "by_hand":
        processes.report(by_hand(given.folder, given.how))
    elif given.stage == "builds":
        processes.report(builds(given.folder, given.months[0]))
    else:
        stages = {"prepare_models": prepare_models, "models": models, "night": night}
        processes.report(stages[given.stage](given.folder))


if __name__ == "__main__":
    main()
