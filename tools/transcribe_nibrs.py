"""Count the NIBRS archives at hand for the recorded edition: `python -m tools.transcribe_nibrs FOLDER`.

What belongs here: importing whole archives into a home of its own, building the two models that count them, and
writing their rows to orchestration/recorded/tables/fbi_nibrs.parquet. What does not: how a victim is counted and which
cells are merged (dbt: int_crime__victim_counts, int_crime__victim_agency_months), so that the recorded counts are those
of a live build. tests/crime/test_victims.py compares them with a reading by pandas.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.imports import import_files
from orchestration.recorded.figures import TABLES
from orchestration.settings import DBT_PROJECT_DIR, Settings

TARGET = TABLES / "fbi_nibrs.parquet"
_MODELS = ("+int_crime__victim_counts", "+int_crime__victim_agency_months")
_ROWS = """
    select
        'nibrs-state-years' as source, state_code, cast(extract(year from month_start) as varchar) as data_year, record,
        ori, strftime(month_start, '%m') as month, offense_family, victim_group, sex, relation,
        cast(victims as varchar) as victims, cast(incidents as varchar) as incidents,
        cast(report_date_incidents as varchar) as report_date_incidents,
        cast(several_offense_incidents as varchar) as several_offense_incidents, null as sent_status,
        null as known_share, null as agency_name, null as population
    from intermediate.int_crime__victim_counts
    union all
    select
        'nibrs-state-years', state_code, cast(extract(year from month_start) as varchar), 'agency_month', ori,
        strftime(month_start, '%m'), null, null, null, null, null, cast(incidents as varchar), null, null, sent_status,
        cast(round(known_share, 4) as varchar), agency_name, cast(population as varchar)
    from intermediate.int_crime__victim_agency_months
    order by state_code, data_year, record, ori nulls last, month, offense_family, victim_group, sex, relation
"""


def transcribe(folder: Path, target: Path = TARGET) -> int:
    """Write the counts of every archive in a folder; the number of rows. Raises SystemExit where one is refused."""
    with tempfile.TemporaryDirectory(prefix="clawback-transcribe-") as name:
        home = Settings(home=Path(name), edition="live")
        taken = import_files(sources.get("fbi/nibrs"), sorted(folder.glob("*.zip")), home)
        if not taken or not all(file.ok for file in taken):
            raise SystemExit("\n".join(file.line() for file in taken) or f"{folder} has no archive")
        home.build_dir.mkdir(parents=True)
        with duckdb.connect(str(home.build_file)) as connection:
            catalog = Catalog(home.landing_dir, as_of=None, edition="live")
            raw_views.create(connection, catalog, list(sources.DATASETS.values()))
        dbt = str(Path(sys.executable).with_name("dbt"))
        project = ("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR))
        command = [dbt, "build", *project, "--target-path", str(home.dbt_target_dir), "--exclude-resource-type", "test",
                   "--exclude-resource-type", "unit_test", "--select", *_MODELS]  # fmt: skip
        subprocess.run(command, env={**os.environ, **dbt_environment(home)}, cwd=home.build_dir, check=True)
        with duckdb.connect(str(home.build_file), read_only=True) as connection:
            connection.execute(f"copy ({_ROWS}) to '{target}' (format parquet, compression zstd, compression_level 19)")
            return int(connection.execute(f"select count(*) from '{target}'").fetchall()[0][0])


if __name__ == "__main__":
    print(f"{transcribe(Path(sys.argv[1])):,} rows in {TARGET}")
