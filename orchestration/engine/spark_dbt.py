"""dbt on Spark: `python -m orchestration.engine.spark_dbt ARGUMENTS`, in place of `dbt ARGUMENTS`.

What belongs here: the Spark session, the raw tables in its catalogue, and dbt's command on that session (dbt-spark's
session method takes the session that is there). What does not: which files the raw tables read, and what becomes of the
tables that dbt makes (on_spark).

The catalogue is in memory: it ends with this process, and what stays is the Parquet under `warehouse`. So nothing that
another build left can be taken for this one's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.engine.on_spark import RAW_FILE, WAREHOUSE_FOLDER
from orchestration.release.dbt_manifest import BUILD_DIR_VARIABLE
from orchestration.settings import LOOPBACK, Settings

SPARK_FOLDER = "spark"


def configuration(settings: Settings, folder: Path) -> dict[str, str]:
    """The session's configuration; CLAWBACK_SPARK_CONF has the last word."""
    made = {
        "spark.sql.warehouse.dir": (folder / WAREHOUSE_FOLDER).as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        # the contracts say timestamp; DuckDB's Parquet has no zone
        "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # one task for what is small, instead of one for each core
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if is_on_this_machine(settings.spark_master):
        made |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    if settings.spark_master.startswith("local"):
        made["spark.sql.shuffle.partitions"] = str(os.cpu_count() or 2)
    return {**made, **settings.spark_conf}


def is_on_this_machine(master: str) -> bool:
    """Whether no other machine takes part: then nothing listens but on loopback."""
    host = master.removeprefix("spark://").rpartition(":")[0]
    return master.startswith("local") or host in LOOPBACK


def statements(tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The SQL that makes schema raw of the folders in raw.json."""
    yield "create database if not exists raw"
    for table in tables:
        columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in table["columns"])
        location = Path(table["folder"]).as_uri().replace("'", "\\'")
        yield f"create table raw.{_quoted(table['name'])} ({columns}) using parquet location '{location}'"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def main(arguments: Sequence[str]) -> None:
    """Run dbt's command on a session. Ends the process as dbt does."""
    # dbt and Spark take seconds to import
    from dbt.cli.main import cli
    from pyspark.sql import SparkSession

    folder = Path(os.environ[BUILD_DIR_VARIABLE]) / SPARK_FOLDER
    settings = Settings()
    builder = SparkSession.builder.master(settings.spark_master).appName("clawback")
    for name, value in configuration(settings, folder).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        session.sparkContext.setLogLevel("ERROR")
        for statement in statements(json.loads((folder / RAW_FILE).read_text(encoding="utf-8"))):
            session.sql(statement)
        cli(list(arguments), standalone_mode=True)
    finally:
        session.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
