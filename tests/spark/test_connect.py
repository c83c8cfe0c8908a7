"""dbt on a Connect server: what it leaves in the server's catalogue, and what it refuses to touch.

What belongs here: dbt on a few seeds, by orchestration.engine.spark_dbt as a build starts it. What does not: whole
refreshes (test_spark_equals_duckdb).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT_DIR
from tests.spark import cluster

pytestmark = pytest.mark.spark
pytest.importorskip("pyspark", reason="the extra `spark` is not installed: make spark")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster.connect_server(tmp_path_factory.mktemp("server"), {}) as address:
        yield address


def dbt(build: Path, server: str, *words: str) -> subprocess.CompletedProcess[str]:
    project = ("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR))
    return subprocess.run(
        [sys.executable, "-m", "orchestration.engine.spark_dbt", *words, *project, "--target", "spark",
         "--target-path", str(build / "target")],
        cwd=build,
        env={**os.environ, "CLAWBACK_BUILD_DIR": str(build), "CLAWBACK_SPARK_MASTER": server,
             "DBT_LOG_PATH": str(build), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )  # fmt: skip


def asked(server: str, *queries: str) -> list[list[object]]:
    """The first query's rows, by a client of its own, after the others ran."""
    code = (
        "import json, sys; from pyspark.sql import SparkSession;"
        "session = SparkSession.builder.remote(sys.argv[1]).getOrCreate();"
        "print(json.dumps([[tuple(row) for row in session.sql(query).collect()] for query in sys.argv[2:]][-1]))"
    )
    words = [sys.executable, "-c", code, server, *queries]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    rows: list[list[object]] = json.loads(done.stdout)
    return rows


@pytest.fixture
def build(tmp_path: Path) -> Path:
    # a folder's name may have what a query and an address must escape
    folder = tmp_path / "the builder's 100% home" / "build"
    raw = folder / "spark" / "raw" / "build"
    raw.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.sql("select 7 as n").write_parquet(str(raw / "rows.parquet"))
    table = {"name": "build", "folder": str(raw), "columns": [["n", "int"]]}
    (folder / "spark" / "raw.json").write_text(json.dumps([table]))
    return folder


def test_a_build_leaves_its_files_and_nothing_in_the_servers_catalogue(server, build):
    done = dbt(build, server, "seed", "--select", "states")
    assert done.returncode == 0, done.stdout + done.stderr
    files = str(build / "spark" / "warehouse" / "reference.db" / "states" / "*.parquet")
    with duckdb.connect() as connection:
        counted = connection.execute("select count(*), count(distinct postal) from read_parquet(?)", [files]).fetchall()
    assert counted == [(56, 56)]
    assert asked(server, "show databases") == [["default"]]


def test_a_catalogue_that_others_use_is_refused_and_left_as_it_is(server, build):
    asked(server, "create database core", "create table core.theirs as select 1 as n")
    done = dbt(build, server, "seed", "--select", "states")
    assert done.returncode != 0
    assert f"{server}: its catalogue has core, which this build did not make" in done.stderr
    assert asked(server, "select n from core.theirs") == [[1]]
    assert not (build / "spark" / "warehouse").exists()
    asked(server, "drop database core cascade")


def test_what_the_server_does_not_let_a_session_set_is_no_setting_passed_over(server, build, monkeypatch):
    monkeypatch.setenv("CLAWBACK_SPARK_CONF", '{"spark.driver.memory": "8g"}')
    done = dbt(build, server, "seed", "--select", "states")
    assert done.returncode != 0
    assert "spark.driver.memory" in done.stderr
