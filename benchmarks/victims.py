"""`make bench`: a state's year of the FBI's incident files, from the archive to the months of victims.

What belongs here: synthetic archives in the layout of 2021 on, the real code on them, and bare engines on the unzipped
tables. What does not: any assertion about time.

Two tables, each of ratios within one run: an archive to a capture in use (inflated, checked, joined, its WARC beside
it) beside bare DuckDB and polars, which read the unzipped tables and join them to the same rows; and the models of
months beside one hand-written statement that scans and groups the same records. `--victims` sets the size.
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
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks import processes
from orchestration import sources
from orchestration.settings import DBT_PROJECT_DIR, Settings

DATASET, YEAR = "fbi/nibrs", "2024"
ARCHIVE = f"TX-{YEAR}.zip"
AGENCIES = 800
MODELS = ("base_fbi__nibrs", "stg_fbi__nibrs", "int_crime__victim_counts", "int_crime__victim_agency_months",
          "fct_victim_month", "fct_victim_month_total")  # fmt: skip
# Small tables, of the publisher's codes.
CODES = {
    "NIBRS_ETHNICITY": "ethnicity_id,ethnicity_code\n10,H\n20,N\n30,M\n40,U\n50,X\n",
    "REF_RACE": "race_id,race_code\n10,W\n20,B\n98,U\n99,NS\n",
    "NIBRS_VICTIM_TYPE": "victim_type_id,victim_type_code\n1,B\n4,I\n5,L\n8,S\n",
    "NIBRS_RELATIONSHIP": "relationship_id,relationship_code\n4,BG\n20,SE\n24,ST\n",
    "NIBRS_OFFENSE_TYPE": "offense_code,offense_name\n13A,a\n13B,b\n13C,c\n11A,d\n120,e\n220,f\n240,g\n23F,h\n",
}
_OFFENSE = "['13A', '13B', '13B', '13C', '11A', '120', '220', '240', '23F', '23F'][1 + (hash({}) % 10)::int]"
# Five victims in four incidents, and a twentieth of them with a second offense; i counts incidents, v victims.
_TABLES = {
    "NIBRS_incident": f"""
        select {YEAR} as data_year, 1 + hash(i) % {AGENCIES} as agency_id, i as incident_id,
            (date '{YEAR}-01-01' + (hash(i + 7) % 365)::int)::varchar as incident_date, 'f' as report_date_flag
        from range({{incidents}}) as t(i)
    """,
    "NIBRS_month": f"""
        select i as nibrs_month_id, 1 + hash(i) % {AGENCIES} as agency_id,
            month(date '{YEAR}-01-01' + (hash(i + 7) % 365)::int) as month_num, 'I' as reported_status
        from range({{incidents}}) as t(i)
    """,
    "NIBRS_OFFENSE": f"""
        select {YEAR} as data_year, 2 * i + n as offense_id, i as incident_id,
            case n when 0 then {_OFFENSE.format("i")} else '220' end as offense_code
        from range({{incidents}}) as t(i), range(2) as second(n) where n = 0 or i % 20 = 0
    """,
    "NIBRS_VICTIM": f"""
        select {YEAR} as data_year, v as victim_id, v * 4 // 5 as incident_id,
            case hash(v + 1) % 4 when 0 then 1 else 4 end as victim_type_id,
            case v % 2 when 0 then 'F' else 'M' end as sex_code,
            10 as race_id, [10, 20, 20, 20, 50][1 + (hash(v + 3) % 5)::int] as ethnicity_id
        from range({{victims}}) as t(v)
    """,
    "NIBRS_VICTIM_OFFENSE": f"""
        select {YEAR} as data_year, v as victim_id, 2 * (v * 4 // 5) + n as offense_id
        from range({{victims}}) as t(v), range(2) as second(n) where n = 0 or (v * 4 // 5) % 20 = 0
    """,
    "NIBRS_VICTIM_OFFENDER_REL": f"""
        select {YEAR} as data_year, v as victim_id, v as offender_id, [4, 20, 24][1 + v % 3] as relationship_id
        from range({{victims}}) as t(v) where v % 2 = 0
    """,
    "agencies": f"""
        select 1 + n as agency_id, {YEAR} as data_year, 'SY' || lpad(n::varchar, 7, '0') as ori,
            'Synthetic ' || n as pub_agency_name, 'City' as agency_type_name, 12000 as population,
            'I' as reporting_type, '2015-01-01' as nibrs_start_date, 'SYN' as county_name from range({AGENCIES}) as t(n)
    """,
}  # fmt: skip


def generate(folder: Path, victims: int) -> dict[str, int]:
    """The tables of one archive, unzipped in `tables`, and the zip of them."""
    unzipped = folder / "tables"
    unzipped.mkdir()
    with duckdb.connect() as connection:
        for name, query in _TABLES.items():
            sql = query.format(victims=victims, incidents=victims * 4 // 5 + 1)
            connection.execute(f"copy ({sql}) to '{unzipped / name}.csv' (header)")
    for name, text in CODES.items():
        (unzipped / f"{name}.csv").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(unzipped.iterdir()):
            archive.write(path, path.name)
    return {
        "csv_bytes": sum(path.stat().st_size for path in unzipped.iterdir()),
        "zip_bytes": (folder / ARCHIVE).stat().st_size,
    }


def ours(folder: Path) -> int:
    """From the zip to a capture in use."""
    from orchestration.landing.imports import import_files

    shutil.rmtree(folder / "home", ignore_errors=True)
    (result,) = import_files(sources.get(DATASET), [folder / ARCHIVE], Settings(home=folder / "home", edition="live"))
    if not result.ok:
        raise SystemExit(result.line())
    return result.records


def bare_duckdb(folder: Path) -> int:
    """The same rows from the unzipped tables: victims with offenses and codes, as Parquet."""
    scan = {path.stem.lower(): f"read_csv('{path}', all_varchar = true)" for path in (folder / "tables").iterdir()}
    target = folder / "duckdb.parquet"
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"""
            copy (
                select a.ori, i.incident_id, i.incident_date, i.report_date_flag, v.victim_id, t.victim_type_code,
                    o.offense_code, e.ethnicity_code, r.race_code, v.sex_code, relations.codes
                from {scan["nibrs_victim_offense"]} as p
                inner join {scan["nibrs_victim"]} as v using (victim_id)
                inner join {scan["nibrs_offense"]} as o using (offense_id)
                inner join {scan["nibrs_incident"]} as i on o.incident_id = i.incident_id
                inner join {scan["agencies"]} as a using (agency_id)
                inner join {scan["nibrs_victim_type"]} as t using (victim_type_id)
                left join {scan["nibrs_ethnicity"]} as e using (ethnicity_id)
                left join {scan["ref_race"]} as r using (race_id)
                left join (
                    select victim_id, string_agg(relationship_code, ' ') as codes
                    from {scan["nibrs_victim_offender_rel"]}
                    inner join {scan["nibrs_relationship"]} using (relationship_id)
                    group by victim_id
                ) as relations on v.victim_id = relations.victim_id
            ) to '{target}' (format parquet, compression zstd)
        """)
        return int(connection.execute(f"select count(*) from '{target}'").fetchall()[0][0])


def bare_polars(folder: Path) -> int:
    """The same by polars' streaming engine."""
    import polars as pl

    # the year stands in every table, and would come again with every join
    scan = {
        path.stem.lower(): pl.scan_csv(path, infer_schema=False).drop("data_year", strict=False)
        for path in (folder / "tables").iterdir()
    }
    relations = (
        scan["nibrs_victim_offender_rel"].join(scan["nibrs_relationship"], on="relationship_id")
        .group_by("victim_id").agg(pl.col("relationship_code").str.join(" "))
    )  # fmt: skip
    joined = (
        scan["nibrs_victim_offense"].join(scan["nibrs_victim"], on="victim_id")
        .join(scan["nibrs_offense"].drop("incident_id"), on="offense_id")
        .join(scan["nibrs_incident"], on="incident_id").join(scan["agencies"], on="agency_id")
        .join(scan["nibrs_victim_type"], on="victim_type_id")
        .join(scan["nibrs_ethnicity"], on="ethnicity_id", how="left")
        .join(scan["ref_race"], on="race_id", how="left").join(relations, on="victim_id", how="left")
        .select("ori", "incident_id", "incident_date", "report_date_flag", "victim_id", "victim_type_code",
                "offense_code", "ethnicity_code", "race_code", "sex_code", "relationship_code")
    )  # fmt: skip
    target = folder / "polars.parquet"
    joined.sink_parquet(target, compression="zstd")
    return int(pl.scan_parquet(target).select(pl.len()).collect().item())


def _dbt(settings: Settings, *words: str) -> None:
    from orchestration.assets.warehouse import dbt_environment

    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *words, "--project-dir", str(DBT_PROJECT_DIR),
               "--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir)]  # fmt: skip
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run(command, env=environment, cwd=settings.build_dir, check=True, stdout=subprocess.DEVNULL)


def prepare_models(folder: Path) -> int:
    """What the timed models stand on: raw views, seeds, the days."""
    from orchestration.landing import raw_views
    from orchestration.landing.catalog import Catalog

    settings = Settings(home=folder / "home", edition="live")
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    without = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    _dbt(settings, "build", *without, "--select", "+fct_victim_month", "+fct_victim_month_total")
    return 0


def models(folder: Path) -> int:
    """From records to the facts of victims, by dbt: the time inside the models, without dbt's start."""
    settings = Settings(home=folder / "home", edition="live")
    _dbt(settings, "run", "--select", *MODELS)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        return int(connection.execute("select sum(victims) from core.fct_victim_month").fetchall()[0][0])


def inside(folder: Path) -> float:
    """Seconds that the models of the last run took by themselves."""
    path = Settings(home=folder / "home").dbt_target_dir / "run_results.json"
    return float(sum(one["execution_time"] for one in json.loads(path.read_text(encoding="utf-8"))["results"]))


def by_hand(folder: Path) -> int:
    """One statement over the same records: typed once, and victims of each cell counted."""
    settings = Settings(home=folder / "home", edition="live")
    copy = folder / "by_hand.duckdb"
    shutil.copy(settings.build_file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("""
            create table by_hand as
            select ori, date_trunc('month', try_cast(left(incident_date, 10) as date)) as month_start, offense_code,
                ethnicity_code, sex_code, relationship_codes in ('BG', 'SE') as is_intimate,
                count(distinct victim_id) as victims, count(distinct incident_id) as incidents
            from raw.fbi__nibrs where record = 'victim' and victim_type_code in ('I', 'L') group by all
        """)
        return int(connection.execute("select count(*) from by_hand").fetchall()[0][0])


STAGES: dict[str, tuple[str, Any]] = {
    "ours": ("Clawback, zip to a capture", ours),
    "duckdb": ("DuckDB, unzipped tables joined to Parquet", bare_duckdb),
    "polars": ("polars, unzipped tables joined to Parquet", bare_polars),
    "prepare": ("", prepare_models),
    "models": ("Clawback's models of months (inside dbt)", models),
    "by_hand": ("one hand-written scan and group", by_hand),
}


def stage(name: str, folder: Path) -> None:
    started = time.monotonic()
    rows = STAGES[name][1](folder)
    seconds = inside(folder) if name == "models" else time.monotonic() - started
    processes.report({"rows": rows, "seconds": seconds})


def _table(
    title: str, names: tuple[str, ...], measured: dict[str, list[processes.Measured]], base: tuple[str, ...]
) -> Table:
    table = Table(title=title)
    for heading in ("", "seconds", "of the fastest beside it", "peak MiB", "rows"):
        table.add_column(heading)
    median = {name: statistics.median(one.seconds for one in measured[name]) for name in names}
    fastest = min(median[name] for name in base)
    for name in names:
        times = f"{median[name] / fastest:.2f}"
        peak, rows = max(one.peak_mib for one in measured[name]), measured[name][0].told["rows"]
        table.add_row(STAGES[name][0], f"{median[name]:.1f}", times, f"{peak:,.0f}", f"{rows:,}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--victims", type=int, default=1_500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--stage", choices=STAGES)
    words = parser.parse_args()
    if words.stage:
        return stage(words.stage, words.folder)
    with tempfile.TemporaryDirectory(prefix="clawback-bench-", dir=words.folder) as name:
        folder = Path(name)
        sizes = generate(folder, words.victims)
        order = [*(("ours", "duckdb", "polars") * words.rounds), "prepare", *(("models", "by_hand") * words.rounds)]
        measured: dict[str, list[processes.Measured]] = {}
        for each in order:
            measured.setdefault(each, []).append(processes.run("benchmarks.victims", each, "--folder", str(folder)))
            (folder / "by_hand.duckdb").unlink(missing_ok=True)
        tables, zipped = (f"{sizes[what] / 1e6:,.0f} MB" for what in ("csv_bytes", "zip_bytes"))
        size = f"{words.victims:,} victims, {tables} of tables, {zipped} zipped"
        console = Console()
        console.print(
            _table(f"An archive to a capture: {size}", ("ours", "duckdb", "polars"), measured, ("duckdb", "polars"))
        )
        console.print(_table("Records to months of victims", ("models", "by_hand"), measured, ("by_hand",)))


if __name__ == "__main__":
    main()
