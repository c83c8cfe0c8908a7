"""`clawback refresh` on Spark: the release equals DuckDB's, on one machine and on a cluster that loses a worker.

What belongs here: whole refreshes of the same captures by each engine, their releases compared table by table, and
what the gate refuses on both. What does not: any SQL of its own; what needs no Java (tests/orchestration/test_engines).
Run by ``make spark`` (extra ``spark``, Java 17).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.dataset_run import capture_dataset
from orchestration.release import history, row_hashes
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.spark import cluster, synthetic_captures

pytestmark = pytest.mark.spark
pytest.importorskip("pyspark", reason="the extra `spark` is not installed: make spark")

# A refresh on Spark of a machine that others use too.
LONGEST = 3600
# For tables this small, compiling a query costs more than running it as it is.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SMALL_PROCESSES = {"spark.driver.extraJavaOptions": _JAVA, "spark.executor.extraJavaOptions": _JAVA}
SMALL_QUERIES = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
}
SMALL = {**SMALL_PROCESSES, **SMALL_QUERIES}
ON_THIS_MACHINE = {
    "CLAWBACK_ENGINE": "spark",
    "CLAWBACK_SPARK_MASTER": "local[2]",
    "CLAWBACK_SPARK_CONF": json.dumps(SMALL),
}
# What no capture here can fill.
EMPTY = {"analysis.mart_policy_conflict"}


def refresh(home: Path, landing: Path, **environment: str) -> tuple[int, dict[str, Any]]:
    """`clawback refresh` over a landing folder: its exit code and its account."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("clawback")), "refresh", "--json", "--force"],
        env={**clean, "CLAWBACK_HOME": str(home), "CLAWBACK_LANDING": str(landing), **environment},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded edition, and synthetic captures of what it holds none of."""
    made = Settings(home=tmp_path_factory.mktemp("landing"), edition="recorded")
    for dataset in sources.DATASETS.values():
        night = capture_dataset(dataset, made)
        assert not night.failures, night.line()
    files = tmp_path_factory.mktemp("files")
    synthetic_captures.land(made, files)
    synthetic_captures.land_county_map(made, files)
    return made.landing_dir


@pytest.fixture(scope="module")
def on_duckdb(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _published(tmp_path_factory.mktemp("on-duckdb"), landing)


@pytest.fixture(scope="module")
def on_spark(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _published(tmp_path_factory.mktemp("on-spark"), landing, **ON_THIS_MACHINE)


def _published(home: Path, landing: Path, **environment: str) -> Settings:
    code, account = refresh(home, landing, **environment)
    assert code == 0, json.dumps(account["findings"], indent=1)
    settings = Settings(home=home, edition="recorded")
    release = history.last_release(settings)
    assert release is not None
    assert release.engine == environment.get("CLAWBACK_ENGINE", "duckdb")
    return settings


def test_the_release_equals_duckdbs(on_duckdb, on_spark):
    assert differing(on_duckdb, on_spark) == {}
    ours, theirs = (history.last_release(settings) for settings in (on_duckdb, on_spark))
    assert ours.checks == theirs.checks
    assert ours.sums.keys() == theirs.sums.keys()
    for measure, groups in ours.sums.items():
        assert theirs.sums[measure] == {group: pytest.approx(values) for group, values in groups.items()}
    empty = {table for table, rows in ours.rows.items() if not rows and table.startswith(("core.fct_", "analysis."))}
    # a fact without a row would prove nothing
    assert empty <= EMPTY


def test_its_columns_have_duckdbs_types(on_duckdb, on_spark):
    assert _types(on_duckdb) == _types(on_spark)


def test_every_table_and_view_before_the_release_equals_duckdbs(on_duckdb, on_spark):
    ours, theirs = (_build_hashes(settings) for settings in (on_duckdb, on_spark))
    assert len(ours) >= 300
    assert {table for table in ours.keys() | theirs.keys() if ours.get(table) != theirs.get(table)} == set()


def test_a_cluster_that_loses_a_worker_publishes_the_same_release(on_duckdb, landing, tmp_path):
    home = tmp_path / "home"
    with cluster.running(tmp_path) as spark:
        used: list[list[int]] = []
        killer = threading.Thread(target=_kill_in_the_middle, args=(spark, home, used), daemon=True)
        killer.start()
        conf = {**SMALL, "spark.executor.memory": "1g", "spark.executor.cores": "1"}
        settings = _published(
            home,
            landing,
            CLAWBACK_ENGINE="spark",
            CLAWBACK_SPARK_MASTER=spark.url,
            CLAWBACK_SPARK_CONF=json.dumps(conf),
        )
        assert not killer.is_alive()
        assert used == [[1, 1]], "both workers worked when one was killed"
        # the master forgets a dead worker after a quarter of an hour
        assert len(spark.workers("ALIVE")) == 1
    assert differing(on_duckdb, settings) == {}


def _kill_in_the_middle(spark: cluster.Cluster, home: Path, used: list[list[int]]) -> None:
    """Once the first fact is made. used: gets the cores that each worker used then."""
    core = home / "build" / "spark" / "warehouse" / "core.db"
    while not any(core.glob("fct_*/*.parquet")):
        time.sleep(0.2)
    used.append([worker["coresused"] for worker in spark.workers("ALIVE")])
    spark.kill_a_worker()


def test_the_gate_refuses_on_spark_what_it_refuses_on_duckdb(on_duckdb, on_spark, landing, tmp_path):
    """A year of the survey replaced by 40 rows: figures that the Bureau of Justice Statistics printed are missed."""
    spoilt = tmp_path / "landing"
    shutil.copytree(landing, spoilt)
    bound = {"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
    when = datetime(2026, 11, 24, tzinfo=UTC)
    landed = land.write(
        sources.get("bjs/victimizations"), Slice("2016"),
        [Payload(json.dumps([bound] * 40).encode(), "https://synthetic.invalid/rows", when)],
        landing_dir=spoilt, kind="fetched", edition="live", retrieved_at=when,
    )  # fmt: skip
    assert landed.status == "landed", landed.message
    refused = []
    for settings, environment in ((on_duckdb, {}), (on_spark, ON_THIS_MACHINE)):
        before = os.readlink(settings.published_dir)
        code, account = refresh(settings.root, spoilt, **environment)
        assert code == 3, account
        assert os.readlink(settings.published_dir) == before
        refused.append(sorted(finding["check"] for finding in account["findings"]))
    assert refused[0] == refused[1]
    assert "assert_ncvs_percentages_as_published" in refused[0]


def test_a_connect_server_publishes_the_same_release(on_duckdb, landing, tmp_path):
    with cluster.connect_server(tmp_path, SMALL_PROCESSES) as server:
        settings = _published(
            tmp_path / "home",
            landing,
            CLAWBACK_ENGINE="spark",
            CLAWBACK_SPARK_MASTER=server,
            CLAWBACK_SPARK_CONF=json.dumps(SMALL_QUERIES),
        )
    assert differing(on_duckdb, settings) == {}


def differing(ours: Settings, theirs: Settings) -> dict[str, tuple[str | None, str | None]]:
    """The tables of two releases whose rows are not equal: doubles to nine digits, all else to the last bit."""
    digits = row_hashes.DIGITS_BETWEEN_ENGINES
    one, other = (row_hashes.of_file(settings.published_file, digits) for settings in (ours, theirs))
    assert len(one) >= 100
    return {t: (one.get(t), other.get(t)) for t in sorted(one.keys() | other.keys()) if one.get(t) != other.get(t)}


def _types(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        return connection.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns order by all"
        ).fetchall()


def _build_hashes(settings: Settings) -> dict[str, tuple[int, str]]:
    """Of all that dbt made. The types before the contracts are each engine's own, so values are compared as written.

    Schema `made` notes what a table of DuckDB's was made of; on Spark every table is made in every build.
    """
    found = {}
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_schema not in ('raw', 'made')"
        ).fetchall()
        for schema, table in names:
            relation = connection.table(f"{schema}.{table}")
            columns = ", ".join(f'"{name}"' for name in sorted(relation.columns))
            found[f"{schema}.{table}"] = row_hash(relation.project(columns).fetchall())
    return found


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


def test_the_row_hash_ignores_order_and_notices_a_change_or_a_copy():
    rows = [(1, "a", None), (2, "b", 0.1)]
    assert row_hash(rows) == row_hash(reversed(rows))
    assert row_hash(rows) != row_hash([(1, "a", None), (2, "b", 0.2)])
    assert row_hash(rows) != row_hash([*rows, rows[0]])
