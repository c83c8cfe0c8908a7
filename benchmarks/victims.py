"""`make bench`: a state's year of the FBI's incident files, from the archive to the months of victims.

What belongs here: synthetic archives in the layout of 2021 on, the real code on them, and bare engines on the unzipped
tables. What does not: any assertion about time.

Two tables, each of ratios within one run: an archive to a capture in use (inflated, checked, joined, its WARC beside
it) beside bare DuckDB and polars, which read the unzipped tables and join them to the same rows; and the models of
months beside one hand-written statement that scans and groups the same records. A third arm of each does more of the
same work in one hand-written statement: rows sorted and numbered from the zip; cells and totals of offense families.
Tables are as wide as the publisher's. `--victims` sets the size. `--states` adds a nation: the same incidents once more
for each of so many states, whose agencies have ORIs of their own.
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
# Ids have as many digits as the publisher's of these years.
_FIRST_ID = 150_000_000
MODELS = ("base_fbi__nibrs", "stg_fbi__nibrs", "int_crime__victim_sums", "int_crime__victim_counts",
          "int_crime__victim_agency_months", "fct_victim_month", "fct_victim_month_total")  # fmt: skip
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
        select {YEAR} as data_year, 1 + hash(i) % {AGENCIES} as agency_id, {_FIRST_ID} + i as incident_id,
            {_FIRST_ID} + i as nibrs_month_id, 'f' as cargo_theft_flag,
            (timestamp '{YEAR}-03-01' + to_seconds((hash(i + 9) % 30000000)::int))::varchar as submission_date,
            (date '{YEAR}-01-01' + (hash(i + 7) % 365)::int)::varchar as incident_date, 'f' as report_date_flag,
            hash(i + 5) % 24 as incident_hour, 6 as cleared_except_id, null as cleared_except_date,
            'WARNINGS' as incident_status, null as data_home, null as orig_format, {_FIRST_ID} + i as did
        from range({{incidents}}) as t(i)
    """,
    "NIBRS_month": f"""
        select {YEAR} as data_year, {_FIRST_ID} + i as nibrs_month_id, 1 + hash(i) % {AGENCIES} as agency_id,
            month(date '{YEAR}-01-01' + (hash(i + 7) % 365)::int) as month_num, {YEAR} as inc_data_year,
            'I' as reported_status, null as report_date, 'Y' as update_flag, null as orig_format, null as data_home,
            '{YEAR}_SY_' || {_FIRST_ID} + i || '_INC' as ddocname, {_FIRST_ID} + i as did, null as month_pub_status
        from range({{incidents}}) as t(i)
    """,
    "NIBRS_OFFENSE": f"""
        select {YEAR} as data_year, {_FIRST_ID} + 2 * i + n as offense_id, {_FIRST_ID} + i as incident_id,
            case n when 0 then {_OFFENSE.format("i")} else '220' end as offense_code, 'C' as attempt_complete_flag,
            hash(i + 2) % 58 as location_id, null as num_premises_entered, null as method_entry_code
        from range({{incidents}}) as t(i), range(2) as second(n) where n = 0 or i % 20 = 0
    """,
    "NIBRS_VICTIM": f"""
        select {YEAR} as data_year, {_FIRST_ID} + v as victim_id, {_FIRST_ID} + v * 4 // 5 as incident_id,
            1 + v % 5 as victim_seq_num, case hash(v + 1) % 4 when 0 then 1 else 4 end as victim_type_id,
            null as assignment_type_id, null as activity_type_id, null as outside_agency_id,
            hash(v + 6) % 104 as age_id, hash(v + 6) % 99 as age_num,
            case v % 2 when 0 then 'F' else 'M' end as sex_code,
            10 as race_id, [10, 20, 20, 20, 50][1 + (hash(v + 3) % 5)::int] as ethnicity_id,
            'R' as resident_status_code, null as age_range_low_num, null as age_code_range_high
        from range({{victims}}) as t(v)
    """,
    "NIBRS_VICTIM_OFFENSE": f"""
        select {YEAR} as data_year, {_FIRST_ID} + v as victim_id, {_FIRST_ID} + 2 * (v * 4 // 5) + n as offense_id
        from range({{victims}}) as t(v), range(2) as second(n) where n = 0 or (v * 4 // 5) % 20 = 0
    """,
    "NIBRS_VICTIM_OFFENDER_REL": f"""
        select {YEAR} as data_year, {_FIRST_ID} + v as victim_id, {_FIRST_ID} + v as offender_id,
            [4, 20, 24][1 + v % 3] as relationship_id, null as nibrs_victim_offender_id
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


def _victims(tables: Path) -> str:
    """SQL of the rows from unzipped tables: victims with offenses and codes."""
    scan = {path.stem.lower(): f"read_csv('{path}', all_varchar = true)" for path in tables.iterdir()}
    return f"""
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
    """


def _written(query: str, target: Path) -> int:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)")
        return int(connection.execute(f"select count(*) from '{target}'").fetchall()[0][0])


def nation(folder: Path) -> int:
    """An archive for each of some states, one after the other, each into a capture; the last seconds are told."""
    from orchestration.landing.imports import import_files
    from orchestration.sources.states import STATES

    settings = Settings(home=folder / "nation" / "home", edition="live")
    shutil.rmtree(settings.root, ignore_errors=True)
    settings.root.mkdir(parents=True)
    agencies = (folder / "tables" / "agencies.csv").read_text(encoding="utf-8")
    records = 0
    for state in STATES[: int((folder / "states").read_text(encoding="utf-8"))]:
        path = folder / f"{state.postal}-{YEAR}.zip"
        made = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        with zipfile.ZipFile(folder / ARCHIVE) as whole, made as own:
            for info in whole.infolist():
                text = agencies.replace("SY", state.postal).encode() if "agenc" in info.filename else whole.read(info)
                own.writestr(info.filename, text)
        started = time.monotonic()
        (result,) = import_files(sources.get(DATASET), [path], settings)
        path.unlink()
        if not result.ok:
            raise SystemExit(result.line())
        records += result.records
        print(f"  {result.file}: {result.records:,} records in {time.monotonic() - started:.1f} s", file=sys.stderr)
    return records


def bare_duckdb(folder: Path) -> int:
    """The same rows as Parquet."""
    return _written(_victims(folder / "tables"), folder / "duckdb.parquet")


def sorted_duckdb(folder: Path) -> int:
    """The same rows from the zip, in a fixed order and numbered, as records of an archive must be; nothing checked."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        with zipfile.ZipFile(folder / ARCHIVE) as archive:
            archive.extractall(name)
        rows = f"select * from ({_victims(Path(name))}) order by ori, victim_id, offense_code"
        return _written(f"select row_number() over () as record_no, * from ({rows})", folder / "sorted.parquet")


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


def _asked(folder: Path, query: str) -> int:
    """The number of rows of a query over the build file, written to a table of its own."""
    settings = Settings(home=folder / "home", edition="live")
    own = folder / "by_hand.duckdb"
    own.unlink(missing_ok=True)
    with duckdb.connect(str(own)) as connection:
        connection.execute(f"attach '{settings.build_file}' as build (read_only)")
        connection.execute(f"create table by_hand as {query}")
        return int(connection.execute("select count(*) from by_hand").fetchall()[0][0])


_TYPED = "date_trunc('month', try_cast(left(incident_date, 10) as date)) as month_start"


def by_hand(folder: Path) -> int:
    """One statement over the same records: typed once, and victims of each cell counted."""
    return _asked(
        folder,
        f"""
            select ori, {_TYPED}, offense_code,
                ethnicity_code, sex_code, relationship_codes in ('BG', 'SE') as is_intimate,
                count(distinct victim_id) as victims, count(distinct incident_id) as incidents
            from build.raw.fbi__nibrs where record = 'victim' and victim_type_code in ('I', 'L') group by all
        """,
    )


def whole_by_hand(folder: Path) -> int:
    """One statement for what the question needs: offense families, their totals, and incidents of several offenses."""
    return _asked(
        folder,
        f"""
            with rows as (
                select *, {_TYPED}, min(offense_code) over incident <> max(offense_code) over incident as is_several
                from build.raw.fbi__nibrs where record = 'victim' window incident as (partition by incident_id)
            ),
            people as (
                select * from rows where victim_type_code in ('I', 'L')
            )
            select ori, month_start, family, ethnicity_code, sex_code, is_intimate,
                count(distinct victim_id) as victims, count(distinct incident_id) as incidents,
                count(distinct case when report_date_flag in ('R', 't') then incident_id end) as report_dates,
                count(distinct case when is_several then incident_id end) as several
            from (
                select people.*, codes.offense_code as family, relationship_codes in ('BG', 'SE') as is_intimate
                from people inner join build.reference.nibrs_offense_codes as codes on people.offense_code = nibrs_code
                union all
                select people.*, 'all_offenses', relationship_codes in ('BG', 'SE') from people
            ) as families
            group by grouping sets ((ori, month_start, family, ethnicity_code, sex_code, is_intimate),
                (ori, month_start, family, ethnicity_code), (ori, month_start, family))
        """,
    )


STAGES: dict[str, tuple[str, Any]] = {
    "ours": ("Clawback, zip to a capture", ours),
    "duckdb": ("DuckDB, unzipped tables joined to Parquet", bare_duckdb),
    "sorted": ("DuckDB, from the zip, sorted and numbered", sorted_duckdb),
    "polars": ("polars, unzipped tables joined to Parquet", bare_polars),
    "nation": ("Clawback, a nation's archives to captures", nation),
    "nation_prepare": ("", lambda folder: prepare_models(folder / "nation")),
    "nation_models": ("Clawback's models of these months (inside dbt)", lambda folder: models(folder / "nation")),
    "nation_by_hand": ("one hand-written scan and group", lambda folder: by_hand(folder / "nation")),
    "prepare": ("", prepare_models),
    "models": ("Clawback's models of months (inside dbt)", models),
    "by_hand": ("one hand-written scan and group", by_hand),
    "whole_by_hand": ("one hand-written statement with families and totals", whole_by_hand),
}


def stage(name: str, folder: Path) -> None:
    started = time.monotonic()
    rows = STAGES[name][1](folder)
    of_models = {"models": folder, "nation_models": folder / "nation"}
    seconds = inside(of_models[name]) if name in of_models else time.monotonic() - started
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
    parser.add_argument("--states", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--stage", choices=STAGES)
    words = parser.parse_args()
    if words.stage:
        return stage(words.stage, words.folder)
    with tempfile.TemporaryDirectory(prefix="clawback-bench-", dir=words.folder) as name:
        folder = Path(name)
        sizes = generate(folder, words.victims)
        captures, months = ("ours", "duckdb", "sorted", "polars"), ("models", "by_hand", "whole_by_hand")
        of_nation = ("nation", "nation_prepare", "nation_models", "nation_by_hand") if words.states else ()
        (folder / "states").write_text(str(words.states), encoding="utf-8")
        order = [*(captures * words.rounds), "prepare", *(months * words.rounds), *of_nation]
        measured: dict[str, list[processes.Measured]] = {}
        for each in order:
            measured.setdefault(each, []).append(processes.run("benchmarks.victims", each, "--folder", str(folder)))
            (folder / "by_hand.duckdb").unlink(missing_ok=True)
        tables, zipped = (f"{sizes[what] / 1e6:,.0f} MB" for what in ("csv_bytes", "zip_bytes"))
        size = f"{words.victims:,} victims, {tables} of tables, {zipped} zipped"
        console = Console()
        console.print(_table(f"An archive to a capture: {size}", captures, measured, ("duckdb", "polars")))
        console.print(_table("Records to months of victims", months, measured, ("by_hand",)))
        if words.states:
            shown = ("nation", "nation_models", "nation_by_hand")
            console.print(_table(f"{words.states} such states", shown, measured, ("nation_by_hand",)))


if __name__ == "__main__":
    main()
