"""What surrounds an engine and needs no Java: the choice, Spark's session and raw tables, and taking its Parquet in.

What belongs here: each of these on a folder of its own. What does not: refreshes on Spark (tests/spark).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from orchestration import engine, sources
from orchestration.engine import spark_dbt
from orchestration.engine.on_spark import RAW_FILE, OnSpark
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.release import dbt_manifest, markers
from orchestration.settings import DBT_PROJECT_DIR, Settings
from tests.conftest import clawback

LETTERS = sources.get("doj/compliance_letters")


@pytest.fixture
def on_spark(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", engine="spark")


def test_both_engines_trim_the_same_blanks():
    """DuckDB's trim takes the blanks of category Zs; the literal that Spark gets lists them, as Spark writes them."""
    macro = (DBT_PROJECT_DIR / "macros" / "field.sql").read_text(encoding="utf-8")
    literal = re.search(r"trim\(both '(.+)' from", macro)
    assert literal
    listed = literal[1].encode("ascii").decode("unicode_escape")
    assert sorted(listed) == [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) == "Zs"]
    left = duckdb.execute("select trim(?)", [listed + "a" + listed + "b" + listed]).fetchall()
    assert left == [("a" + listed + "b",)]


def test_the_default_is_duckdb(settings):
    assert engine.chosen(settings).name == "duckdb"
    assert engine.chosen(settings.model_copy(update={"engine": "spark"})).name == "spark"


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="the extra `spark` is installed")
def test_without_the_extra_a_refresh_says_what_to_install_before_it_asks_anybody(tmp_path):
    done = clawback(tmp_path / "home", "refresh", CLAWBACK_ENGINE="spark")
    assert done.returncode == 2
    assert "needs the extra `spark` and Java 17" in done.stderr
    assert not (tmp_path / "home" / "landing").exists()


@pytest.mark.parametrize("master", ["yarn", "sc://host", "sc://host:15002/;token=secret", "spark://host", "local[]"])
def test_a_master_that_was_never_tried_is_refused(master):
    with pytest.raises(ValidationError):
        Settings(spark_master=master)


@pytest.mark.parametrize("master", ["sc://localhost:15002", "sc://spark.example:443/;use_ssl=true"])
def test_a_connect_server_is_a_master_and_gets_what_queries_need_alone(master):
    settings = Settings(spark_master=master)
    assert spark_dbt.is_connect(settings.spark_master)
    # a server refuses to have anything else set by a session
    assert all(name.startswith("spark.sql.") for name in spark_dbt.of_queries(settings))


@pytest.mark.parametrize(
    ("master", "listens_on_loopback"),
    [("local[*]", True), ("local", True), ("spark://127.0.0.1:7077", True), ("spark://head.example:7077", False)],
)
def test_the_driver_listens_on_loopback_unless_other_machines_take_part(master, listens_on_loopback, tmp_path):
    made = spark_dbt.configuration(Settings(spark_master=master), tmp_path)
    assert ("spark.driver.bindAddress" in made) == listens_on_loopback


def test_what_the_user_configures_has_the_last_word(tmp_path):
    settings = Settings(spark_conf={"spark.driver.memory": "8g"})
    assert spark_dbt.configuration(settings, tmp_path)["spark.driver.memory"] == "8g"


def test_raw_tables_are_folders_of_links_to_the_captures_in_use(on_spark):
    assert not capture_dataset(LETTERS, on_spark).failures
    on_spark.build_dir.mkdir(parents=True)
    left = on_spark.spark_dir / "warehouse" / "core.db" / "of_an_earlier_build"
    left.mkdir(parents=True)
    catalog = Catalog(on_spark.landing_dir, as_of=None, edition="recorded")
    OnSpark().make_raw(on_spark, catalog)

    assert not left.exists()
    tables = {table["name"]: table for table in json.loads((on_spark.spark_dir / RAW_FILE).read_text())}
    assert tables.keys() == {d.raw_name for d in sources.DATASETS.values()} | {
        "build",
        "capture",
        "payload",
        "shown_again",
        "standing",
    }
    letters = tables[LETTERS.raw_name]
    linked = [path.resolve() for path in sorted(Path(letters["folder"]).iterdir())]
    assert linked == sorted(path for c in catalog.serving(LETTERS) for path in catalog.records_paths(c))
    assert letters["columns"][:3] == [["_capture_id", "string"], ["_payload_id", "string"], ["_record_no", "bigint"]]
    with duckdb.connect(str(on_spark.build_file), read_only=True) as connection:
        read = f"select count(*) from read_parquet('{letters['folder']}/*.parquet')"
        assert (
            connection.execute(read).fetchone()
            == connection.execute(f"select count(*) from raw.{LETTERS.raw_name}").fetchone()
        )
    assert dict(tables["capture"]["columns"])["retrieved_at"] == "timestamp"


def test_the_sql_of_a_raw_table_quotes_what_publishers_call_their_fields(tmp_path):
    table = {
        "name": "a__b",
        "folder": str(tmp_path),
        "columns": [["Award `Amount`", "string"], ["_record_no", "bigint"]],
    }
    made = list(spark_dbt.statements([table], Path("/the builder's home")))
    assert made[0] == r"create database raw location 'file:/the builder\'s home/raw.db'"
    assert made[1].startswith("create table raw.`a__b` (`Award ``Amount``` string, `_record_no` bigint) using parquet")


def node(schema: str, name: str, **types: str) -> dict[str, object]:
    columns = {column: {"name": column, "data_type": kind} for column, kind in types.items()}
    return {"resource_type": "model", "schema": schema, "name": name, "columns": columns}


def test_sparks_parquet_is_taken_in_as_tables_where_it_is_published_and_as_views_elsewhere(on_spark):
    rows = "select 7::int as n, timestamptz '2026-11-20 06:00:00+00' as at, 1.5::decimal(9,1) as amount"
    with duckdb.connect() as connection:
        for relation in ("core.db/fct", "staging.db/stg"):
            folder = on_spark.spark_dir / "warehouse" / relation
            folder.mkdir(parents=True)
            connection.execute(f"copy ({rows}) to '{folder}/part-0.parquet' (format parquet)")
    fact = node("core", "fct", n="bigint", at="timestamp", amount="decimal(18,2)")
    nodes = {"a": fact, "b": node("staging", "stg"), "c": node("core", "that_failed")}
    on_spark.dbt_target_dir.mkdir(parents=True)
    (on_spark.dbt_target_dir / markers.MANIFEST_FILE).write_text(json.dumps({"nodes": nodes}))

    OnSpark().collect(on_spark)
    with duckdb.connect(str(on_spark.build_file), read_only=True) as connection:
        kinds = "select table_schema, table_name, table_type from information_schema.tables order by all"
        assert connection.execute(kinds).fetchall() == [("core", "fct", "BASE TABLE"), ("staging", "stg", "VIEW")]
        assert [kind for _, kind, *_ in connection.execute("describe core.fct").fetchall()] == [
            "BIGINT", "TIMESTAMP", "DECIMAL(18,2)",
        ]  # fmt: skip
        both = 'select "at" from core.fct union select "at" from staging.stg'
        assert [str(at) for (at,) in connection.execute(both).fetchall()] == ["2026-11-20 06:00:00"]


def test_a_build_that_left_nothing_leaves_no_table(on_spark):
    OnSpark().collect(on_spark)
    assert not on_spark.build_file.exists()


def _told(program: Sequence[str], home: Settings, **environment: str) -> tuple[int, list[tuple[str, str]]]:
    """What a dbt program tells of a build in which a seed is loaded and a model fails: exit code, events and levels."""
    home.dbt_target_dir.mkdir(parents=True)
    parsed = dbt_manifest.parsed(home).parent / dbt_manifest.PARTIAL_PARSE
    shutil.copy2(parsed, home.dbt_target_dir)  # to parse takes longer than all the rest
    done = subprocess.run(
        [*program, "build", "--select", "states", "base_bjs__victimizations", "--threads", "1",
         "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
         "--target-path", str(home.dbt_target_dir)],
        env={**os.environ, **dbt_manifest.dbt_environment(home), "DBT_LOG_FORMAT": "json", **environment},
        cwd=home.build_dir, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    events = [json.loads(line)["info"] for line in done.stdout.splitlines()]
    return done.returncode, [(event["name"], event["level"]) for event in events]


def test_dbt_tells_what_it_tells_without_us_and_its_details_only_to_a_log_that_takes_them(tmp_path):
    homes = {name: Settings(home=tmp_path / name) for name in ("dbts", "ours", "detailed")}
    ours = engine.chosen(homes["ours"]).program()
    told = _told(ours, homes["ours"])
    # dbt's own command is the known answer
    assert told == _told([str(Path(sys.executable).with_name("dbt"))], homes["dbts"])
    code, events = told
    assert code == 1
    assert ("LogSeedResult", "info") in events
    assert any(level == "error" for _, level in events)
    _told(ours, homes["detailed"], DBT_LOG_LEVEL_FILE="debug")
    logs = {name: (home.build_dir / "logs" / "dbt.log").read_text("utf-8") for name, home in homes.items()}
    assert "states" in logs["ours"]
    statement = "/* {"  # dbt's comment above each statement
    assert statement not in logs["ours"]
    assert statement in logs["detailed"]
