"""The same dbt project on Spark: every table and view equals DuckDB's.

What belongs here: one build by each engine over the same captures, compared
by an order-free hash of rows. What does not: any SQL of its own. Run by
``make spark`` (extra ``spark``, Java 17).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import DBT_PROJECT_DIR, Settings
from tests.spark import synthetic_captures

pytestmark = pytest.mark.spark
pyspark = pytest.importorskip("pyspark", reason="the extra `spark` is not installed: make spark")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def settings(home, tmp_path_factory) -> Settings:
    made = Settings(home=home, edition="recorded")
    for dataset in sources.DATASETS.values():
        night = capture_dataset(dataset, made)
        assert not night.failures, night.line()
    synthetic_captures.land(made, tmp_path_factory.mktemp("files"))
    return made


@pytest.fixture(scope="module")
def manifest_tables(settings) -> list[tuple[str, str]]:
    """(schema, table) of every model, from DuckDB's build."""
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.build_file)) as connection:
        catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    _dbt_on_duckdb(settings)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        return connection.execute(
            "select table_schema, table_name from information_schema.tables where table_schema not in"
            " ('raw', 'seeds', 'reference')"
        ).fetchall()


@pytest.fixture(scope="module")
def spark(home, settings, manifest_tables):
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .appName("clawback")
        .config("spark.sql.warehouse.dir", str(home / "spark-warehouse"))
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.session.timeZone", "UTC")
        # the contracts say timestamp; DuckDB's Parquet has no zone
        .config("spark.sql.parquet.inferTimestampNTZ.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "3g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    _raw_tables(session, settings)
    _dbt_on_spark(settings)
    yield session
    session.stop()


def _where(target: str, settings: Settings) -> list[str]:
    where = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR), "--target", target]
    return [*where, "--target-path", str(settings.build_dir / target), "--log-path", str(settings.build_dir / "logs")]


def _dbt_on_duckdb(settings: Settings) -> None:
    """In a process of its own: dbt keeps the file open in the one that it runs in."""
    dbt = str(Path(sys.executable).with_name("dbt"))
    environment = {**os.environ, **dbt_environment(settings)}
    for command in ("seed", "run"):
        subprocess.run(
            [dbt, "--quiet", command, *_where("duckdb", settings)], env=environment, cwd=settings.build_dir, check=True
        )


def _dbt_on_spark(settings: Settings) -> None:
    """In this process: the session that holds the raw tables is the one that dbt takes."""
    from dbt.cli.main import dbtRunner

    os.environ.update(dbt_environment(settings))
    result = dbtRunner().invoke(["--quiet", "run", *_where("spark", settings)])
    nodes = getattr(result.result, "results", None) or []
    failed = [f"{r.node.name}: {r.message}" for r in nodes if r.status == "error"]
    assert result.success, "\n".join(failed) or result.exception


def _raw_tables(session: Any, settings: Settings) -> None:
    """The raw views as Spark sees them: the serving captures' own Parquet files, every declared field."""
    from pyspark.sql import functions as f

    session.sql("create database if not exists raw")
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    for dataset in sources.DATASETS.values():
        files = [str(p) for c in catalog.serving(dataset) if c.records for p in catalog.records_paths(c)]
        assert files, f"{dataset.id}: no capture: its models would be compared empty with empty"
        frame = session.read.option("mergeSchema", "true").parquet(*files)
        fields = [
            f.col(f"`{n}`") if n in frame.columns else f.lit(None).cast("string").alias(n) for n in dataset.fields
        ]
        provenance = [f.col(n) for n in ("_capture_id", "_payload_id", "_record_no")]
        frame.select(*provenance, *fields).write.mode("overwrite").saveAsTable(f"raw.{dataset.raw_name}")
    # The seeds come with them: dbt-spark's session method writes a seed's nulls as the text None.
    for schema in ("seeds", "reference"):
        session.sql(f"create database if not exists {schema}")
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        seeds = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('seeds', 'reference')"
        ).fetchall()
        for table in (
            "raw.build",
            "raw.capture",
            "raw.payload",
            "raw.standing",
            *(name for (name,) in seeds),
        ):
            target = settings.build_dir / f"{table}.parquet"
            connection.execute(f"copy {table} to '{target}' (format parquet)")
            session.read.parquet(str(target)).write.mode("overwrite").saveAsTable(table)


def _canonical(value: Any) -> str:
    if value is None:
        return "\x00"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.9g}"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def row_hash(rows: Iterable[Sequence[Any]]) -> tuple[int, str]:
    """(rows, order-free hash): the sum of the rows' own hashes, so neither order nor duplicates are lost."""
    total = count = 0
    for row in rows:
        digest = hashlib.sha256("\x1f".join(map(_canonical, row)).encode()).digest()
        total = (total + int.from_bytes(digest, "big")) % 2**256
        count += 1
    return count, f"{total:064x}"


def test_every_table_and_view_equals_duckdbs(spark, settings, manifest_tables):
    assert len(manifest_tables) >= 150
    different = {}
    empty = set()
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        for schema, table in manifest_tables:
            relation = connection.table(f"{schema}.{table}")
            columns = relation.columns
            ours = row_hash(relation.fetchall())
            if not ours[0]:
                empty.add(f"{schema}.{table}")
            theirs = row_hash(tuple(row) for row in spark.table(f"{schema}.{table}").select(*columns).collect())
            if ours != theirs:
                different[f"{schema}.{table}"] = (ours, theirs)
    assert different == {}
    # a fact without a row would prove nothing
    assert {name for name in empty if name.startswith(("core.fct_", "analysis."))} <= {"analysis.mart_policy_conflict"}


def test_the_row_hash_ignores_order_and_notices_a_change_or_a_copy():
    rows = [(1, "a", None), (2, "b", 0.1)]
    assert row_hash(rows) == row_hash(reversed(rows))
    assert row_hash(rows) != row_hash([(1, "a", None), (2, "b", 0.2)])
    assert row_hash(rows) != row_hash([*rows, rows[0]])
