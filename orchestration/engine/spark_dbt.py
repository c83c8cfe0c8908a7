"""dbt on Spark: `python -m orchestration.engine.spark_dbt ARGUMENTS`, in place of `dbt ARGUMENTS`.

What belongs here: the Spark session, the raw tables in its catalogue, and dbt's command on that session (dbt-spark's
session method takes the session that is there). What does not: which files the raw tables read, and what becomes of the
tables that dbt makes (on_spark).

A build starts with an empty catalogue, so nothing that another build left can be taken for this one's. What stays is
the Parquet under `warehouse`. With local and spark:// the catalogue is in this process and ends with it. A Connect
server (sc://) has its own: a build refuses to start if that has anything but schema `default`, and drops what it made
there. Tables have a location (dbt_project/macros/spark_location.sql), so dropping them deletes no file.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from orchestration.engine.on_spark import RAW_FILE, WAREHOUSE_FOLDER
from orchestration.release.dbt_manifest import BUILD_DIR_VARIABLE
from orchestration.settings import LOOPBACK, Settings

SPARK_FOLDER, CATALOGUE_FOLDER = "spark", "catalogue"
# Where dbt's tables are to be, for macros/spark_location.sql: a folder, and one for the schemas themselves.
WAREHOUSE_VARIABLE, CATALOGUE_VARIABLE = "CLAWBACK_SPARK_WAREHOUSE", "CLAWBACK_SPARK_CATALOGUE"
# What pyspark reads the address of a Connect server from: dbt-spark asks pyspark for a session without naming one.
CONNECT_VARIABLE = "SPARK_REMOTE"


def of_queries(settings: Settings) -> dict[str, str]:
    """The configuration that every session takes; CLAWBACK_SPARK_CONF has the last word."""
    made = {
        "spark.sql.session.timeZone": "UTC",
        # the contracts say timestamp; DuckDB's Parquet has no zone
        "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # one task for what is small, instead of one for each core
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    }
    return {**made, **settings.spark_conf}


def configuration(settings: Settings, folder: Path) -> dict[str, str]:
    """The configuration of a session whose driver is this process."""
    made = {
        "spark.sql.warehouse.dir": _location(folder / WAREHOUSE_FOLDER),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if is_on_this_machine(settings.spark_master):
        made |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    if settings.spark_master.startswith("local"):
        made["spark.sql.shuffle.partitions"] = str(os.cpu_count() or 2)
    return {**made, **of_queries(settings)}


def is_on_this_machine(master: str) -> bool:
    """Whether no other machine takes part: then nothing listens but on loopback."""
    host = master.removeprefix("spark://").rpartition(":")[0]
    return master.startswith("local") or host in LOOPBACK


def is_connect(master: str) -> bool:
    """Whether the master is a Spark Connect server, which has its own driver and catalogue."""
    return master.startswith("sc://")


def statements(tables: Sequence[Mapping[str, Any]], catalogue: Path) -> Iterator[str]:
    """The SQL that makes schema raw of the folders in raw.json."""
    yield f"create database raw location {_literal(_location(catalogue / 'raw.db'))}"
    for table in tables:
        columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in table["columns"])
        location = _literal(_location(Path(table["folder"])))
        yield f"create table raw.{_quoted(table['name'])} ({columns}) using parquet location {location}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _location(path: Path) -> str:
    """A path as Spark takes it. Spark does not decode an address: %20 would be part of a folder's name."""
    return f"file:{path}"


def main(arguments: Sequence[str]) -> None:
    """Run dbt's command on a session. Ends the process as dbt does."""
    # dbt takes seconds to import
    from dbt.cli.main import cli

    from orchestration.engine.terse_dbt import be_terse

    be_terse()
    folder = Path(os.environ[BUILD_DIR_VARIABLE]).absolute() / SPARK_FOLDER
    catalogue = folder / CATALOGUE_FOLDER
    os.environ[WAREHOUSE_VARIABLE] = _location(folder / WAREHOUSE_FOLDER)
    os.environ[CATALOGUE_VARIABLE] = _location(catalogue)
    settings = Settings()
    session = _session(settings, folder)
    try:
        others = clear(session, catalogue)
        if others:
            raise SystemExit(
                f"{settings.spark_master}: its catalogue has {', '.join(others)}, which this build did not make."
                " Give clawback a Connect server of its own, or restart this one."
            )
        for statement in statements(json.loads((folder / RAW_FILE).read_text(encoding="utf-8")), catalogue):
            session.sql(statement)
        try:
            cli(list(arguments), standalone_mode=True)
        finally:
            clear(session, catalogue)
    finally:
        session.stop()


def _session(settings: Settings, folder: Path) -> Any:
    # Spark takes seconds to import
    from pyspark.sql import SparkSession

    if is_connect(settings.spark_master):
        os.environ[CONNECT_VARIABLE] = settings.spark_master
        # dbt-spark asks for Hive's catalogue at each query, which is the server's to choose
        warnings.filterwarnings("ignore", "Failed to set spark.sql.catalogImplementation")
        session = SparkSession.builder.getOrCreate()
        for name, value in of_queries(settings).items():
            # the builder would pass over what the server does not let a session set
            session.conf.set(name, value)
        return session
    builder = SparkSession.builder.master(settings.spark_master).appName("clawback")
    for name, value in configuration(settings, folder).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def clear(session: Any, catalogue: Path) -> list[str]:
    """Drop the schemas that a build of this home made: they lie in its catalogue folder. Returns all others' names."""
    others = []
    for (name,) in session.sql("show databases").collect():
        described = dict(session.sql(f"describe database {_quoted(name)}").collect())
        if unquote(described["Location"]).startswith(f"{_location(catalogue)}/"):
            session.sql(f"drop database {_quoted(name)} cascade")
        elif name != "default":
            others.append(name)
    return others


if __name__ == "__main__":
    main(sys.argv[1:])
