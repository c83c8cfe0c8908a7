"""Spark: dbt runs on a session of the master that CLAWBACK_SPARK_MASTER names, and leaves Parquet.

What belongs here: what Spark does for a build, seen from the run: laying out the captures' files as Spark reads them,
and taking its tables into the build file. What does not: the session and dbt on it, which is a process of its own
(spark_dbt).

Under ``build/spark``: ``raw/<table>/`` has links to the Parquet files of the captures in use, so a dataset is a folder
and nothing is copied; ``raw.json`` names those tables and their columns; ``warehouse/<schema>.db/<table>/`` is what
dbt made. Every worker must see these folders and the landing folder under the same path.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from orchestration import files, sources
from orchestration.engine.interface import EngineMissing
from orchestration.engine.on_duckdb import OnDuckDB
from orchestration.landing.bounds import PROVENANCE
from orchestration.landing.catalog import Catalog
from orchestration.landing.raw_views import TABLES
from orchestration.release.checks import PUBLISHED_KINDS
from orchestration.release.layout import PUBLISHED_SCHEMAS
from orchestration.release.markers import MANIFEST_FILE
from orchestration.settings import Settings
from orchestration.sources.base import Dataset

RAW_FILE, RAW_FOLDER, WAREHOUSE_FOLDER = "raw.json", "raw", "warehouse"
# DuckDB's names of the types in schema raw, where Spark calls them otherwise.
_SPARK_TYPES = {"varchar": "string", "integer": "int"}


class OnSpark:
    """The same dbt project on Spark: one machine (local[*]) or a cluster (spark://...)."""

    name = "spark"

    def require(self) -> None:
        if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
            raise EngineMissing(
                "CLAWBACK_ENGINE=spark needs the extra `spark` and Java 17: pip install 'clawback[spark]'"
                " (in a checkout: make spark-setup)"
            )

    def program(self) -> list[str]:
        return [sys.executable, "-m", "orchestration.engine.spark_dbt"]

    def make_raw(self, settings: Settings, catalog: Catalog) -> None:
        """The build file's own raw views, which the gate reads, and the same as folders for Spark."""
        shutil.rmtree(settings.spark_dir, ignore_errors=True)
        OnDuckDB().make_raw(settings, catalog)
        folder = settings.spark_dir / RAW_FOLDER
        tables = [_linked(dataset, catalog, folder) for dataset in sources.DATASETS.values()]
        with duckdb.connect(str(settings.build_file), read_only=True) as connection:
            tables += [_copied(connection, name, folder) for name in TABLES]
        files.write_whole(settings.spark_dir / RAW_FILE, json.dumps(tables))

    def collect(self, settings: Settings) -> None:
        """Published schemas as tables, which the build's seal covers; all others as views over Spark's own files."""
        manifest = settings.dbt_target_dir / MANIFEST_FILE
        if not manifest.exists():
            return
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
        with duckdb.connect(str(settings.build_file)) as connection:
            connection.execute("set timezone = 'UTC'")
            for node in nodes:
                if node["resource_type"] in PUBLISHED_KINDS:
                    _collect(connection, node, settings.spark_dir / WAREHOUSE_FOLDER)


def _linked(dataset: Dataset, catalog: Catalog, folder: Path) -> dict[str, Any]:
    """A dataset as a folder of links to its captures' files; a field that a file does not have is null in Spark."""
    into = folder / dataset.raw_name
    into.mkdir(parents=True)
    for capture in catalog.serving(dataset):
        if capture.records:
            for number, path in enumerate(catalog.records_paths(capture)):
                (into / f"{capture.capture_id}-{number}.parquet").symlink_to(path)
    columns = [(name, "bigint" if name == "_record_no" else "string") for name in (*PROVENANCE, *dataset.fields)]
    return {"name": dataset.raw_name, "folder": str(into), "columns": columns}


def _copied(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> dict[str, Any]:
    """A table about the landing folder, written as Parquet."""
    into = folder / name
    into.mkdir(parents=True)
    connection.execute(f"copy raw.{name} to {_literal(into / 'rows.parquet')} (format parquet)")
    described = connection.execute(f"describe raw.{name}").fetchall()
    columns = [(column, _SPARK_TYPES.get(kind.lower(), kind.lower())) for column, kind, *_ in described]
    return {"name": name, "folder": str(into), "columns": columns}


def _collect(connection: duckdb.DuckDBPyConnection, node: dict[str, Any], warehouse: Path) -> None:
    schema, table = node["schema"], node.get("alias") or node["name"]
    folder = warehouse / f"{schema}.db" / table
    if not any(folder.glob("*.parquet")):
        # it failed, or what it stands on did: dbt's results say so, and the gate reads them
        return
    rows = f"read_parquet({_literal(folder / '*.parquet')})"
    columns = ", ".join(_columns(connection, rows, node))
    kind = "table" if schema in PUBLISHED_SCHEMAS else "view"
    connection.execute(f'create schema if not exists "{schema}"')
    connection.execute(f'create or replace {kind} "{schema}"."{table}" as select {columns} from {rows}')


def _columns(connection: duckdb.DuckDBPyConnection, rows: str, node: dict[str, Any]) -> Iterator[str]:
    """Each column in the type that DuckDB would give it: what the contract or the seed names, else Spark's own.

    Spark's timestamps have a zone, which is UTC. Whole numbers of a seed that names no type are a bigint to dbt-spark
    and an integer to dbt-duckdb.
    """
    declared = {name: column.get("data_type") for name, column in node["columns"].items()}
    declared |= node.get("config", {}).get("column_types") or {}
    is_seed = node["resource_type"] == "seed"
    for name, kind, *_ in connection.execute(f"describe select * from {rows}").fetchall():
        quoted = '"' + name.replace('"', '""') + '"'
        plain = f"timezone('UTC', {quoted})" if kind == "TIMESTAMP WITH TIME ZONE" else quoted
        named = declared.get(name) or ("integer" if is_seed and kind == "BIGINT" else None)
        yield f"cast({plain} as {named}) as {quoted}" if named else f"{plain} as {quoted}"


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
