"""Dagster's event log with its files kept open, and what is left of that if Dagster changes.

What belongs here: the storage alone, by its own class. What does not: a refresh that writes into it (test_refresh).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.events import DagsterEvent
from dagster._core.utils import make_new_run_id

from orchestration.recorded.build import NOT_RECORDED
from orchestration.running import packing
from orchestration.running.event_log import OpenSqliteEventLogStorage

KEY = "SYNTHETIC-KEY-0123456789"
DICTIONARY = "39648a6720c27f0b56ad63f0816d079f78c1b4c15dc3afdb43d11833c7d2f727"  # pragma: allowlist secret
PACKED = b"\x01C\xb1\xbf\xb82\xaf$#\xb5$3\x19\xae\x02\x00"


class OfAnotherDagster(OpenSqliteEventLogStorage):
    """The same over a Dagster that lacks a name which the storage uses."""

    USES = (*OpenSqliteEventLogStorage.USES, "_a_name_that_is_gone")


@pytest.fixture(params=[OpenSqliteEventLogStorage, OfAnotherDagster])
def storage(request, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_GOV_API_KEY", KEY)
    opened = request.param(str(tmp_path / "runs"))
    yield opened
    opened.dispose()


def write(storage: OpenSqliteEventLogStorage, run_id: str, *messages: str) -> None:
    for message in messages:
        storage.store_event(
            dg.EventLogEntry(
                error_info=None, level=20, user_message=message, run_id=run_id, timestamp=time.time(), step_key=None,
                job_name="synthetic", dagster_event=None,
            )
        )  # fmt: skip


def test_the_storage_fits_the_dagster_that_is_installed(tmp_path):
    """If this fails, look at what `USES` names in the new Dagster; until then the log is written the slow way."""
    opened = OpenSqliteEventLogStorage(str(tmp_path))
    assert opened.lacks() == []
    opened.dispose()


def test_a_name_that_is_gone_is_told_once(tmp_path, caplog):
    opened = OfAnotherDagster(str(tmp_path))
    assert opened.lacks() == ["_a_name_that_is_gone"]
    assert [record.getMessage() for record in caplog.records] == [
        "Dagster's event log has no _a_name_that_is_gone any more: its files are opened anew for each event"
    ]
    opened.dispose()


def test_a_home_whose_dagster_yaml_names_the_storages_former_place_still_opens(tmp_path, monkeypatch):
    """`clawback` writes that file anew, but not one that somebody keeps as his own."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text(
        "event_log_storage:\n  module: orchestration.event_log\n  class: OpenSqliteEventLogStorage\n  config: {}\n"
    )
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, OpenSqliteEventLogStorage)


def test_what_is_written_is_read_back_in_its_order(storage):
    one, other = make_new_run_id(), make_new_run_id()
    write(storage, one, "first", "second")
    write(storage, other, "another run's")
    write(storage, one, "third")
    assert [entry.user_message for entry in storage.get_logs_for_run(one)] == ["first", "second", "third"]
    assert [entry.user_message for entry in storage.get_logs_for_run(other)] == ["another run's"]


def test_a_key_is_written_into_no_file(storage, tmp_path):
    run_id = make_new_run_id()
    write(storage, run_id, f"https://synthetic.invalid/?api_key={KEY}")
    storage.dispose()
    files = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert any(path.name == f"{run_id}.db" for path in files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    (packed,) = sqlite3.connect(tmp_path / "runs" / f"{run_id}.db").execute("select event from event_logs").fetchone()
    assert "api_key=REDACTED" in packing.unpack(packed)


def test_an_event_that_an_earlier_version_wrote_as_text_is_read(storage, tmp_path):
    run_id = make_new_run_id()
    write(storage, run_id, "packed", "as text")
    with sqlite3.connect(tmp_path / "runs" / f"{run_id}.db") as opened:
        (last,) = opened.execute("select event from event_logs where id = 2").fetchone()
        opened.execute("update event_logs set event = ? where id = 2", (packing.unpack(last),))
    assert [entry.user_message for entry in storage.get_logs_for_run(run_id)] == ["packed", "as text"]


def test_the_dictionary_is_the_one_that_homes_were_written_with():
    """If it changes, no home can read its events any more: a new one gets a new version byte (running.packing)."""
    assert hashlib.sha256(packing._dictionary()).hexdigest() == DICTIONARY
    assert packing.unpack(PACKED) == "Asset check 'synthetic' passed."
    with pytest.raises(ValueError, match="later version"):
        packing.unpack(b"\x02" + PACKED[1:])


def events_of(home: Path, run_id: str) -> dict[str, list[dict[str, object]]]:
    """The events of a run's own file, by kind."""
    found: dict[str, list[dict[str, object]]] = {}
    with sqlite3.connect(f"file:{home}/history/runs/{run_id}.db?mode=ro", uri=True) as opened:
        for kind, packed in opened.execute("select dagster_event_type, event from event_logs"):
            found.setdefault(kind, []).append(json.loads(packing.unpack(packed)))
    return found


# One row for each asset and for each state of the definitions, not for each night; and what an empty file has.
KEPT_ONCE, PAGE = ("asset_keys", "sqlite_autoindex_asset_keys_1", "snapshots", "sqlite_schema"), 4096


def test_a_build_of_every_table_takes_under_2_mb_of_log(refreshed):
    """The first refresh of a home: it builds every table and runs every check. All pages of Dagster's three files."""
    settings, account = refreshed
    history = settings.dagster_home / "history"
    sizes: dict[str, int] = {}
    for path in (history / "runs" / f"{account['run_id']}.db", history / "runs" / "index.db", history / "runs.db"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as opened:
            for name, size in opened.execute("select name, sum(pgsize) from dbstat group by 1").fetchall():
                sizes[f"{path.stem} {name}"] = size
    once = sum(size for name, size in sizes.items() if name.partition(" ")[2] in KEPT_ONCE or size == PAGE)
    assert sum(sizes.values()) - once < 2_000_000, sizes
    assert once < 1_000_000, sizes


def test_each_check_has_its_result_in_the_table_of_checks(refreshed):
    settings, account = refreshed
    with sqlite3.connect(f"file:{settings.dagster_home}/history/runs/index.db?mode=ro", uri=True) as opened:
        found = opened.execute(
            "select execution_status, evaluation_event from asset_check_executions where run_id = ?",
            (account["run_id"],),
        ).fetchall()
    assert len(found) > 800
    # the sources that the recorded edition has nothing of
    assert [status for status, _ in found if status != "SUCCEEDED"] == ["FAILED"] * len(NOT_RECORDED)
    events = [json.loads(packing.unpack(packed))["dagster_event"] for _, packed in found]
    assert {event["event_type_value"] for event in events} == {"ASSET_CHECK_EVALUATION"}
    # in the run's own file only those that are no tests of dbt's: whether each source was captured
    kinds = events_of(settings.dagster_home, str(account["run_id"]))
    told = {event["dagster_event"]["event_specific_data"]["check_name"] for event in kinds["ASSET_CHECK_EVALUATION"]}
    assert told == {"captured"}
    assert len(kinds["ASSET_MATERIALIZATION"]) > 300


def evaluated(run_id: str, name: str, *, passed: bool) -> dg.EventLogEntry:
    evaluation = AssetCheckEvaluation(
        asset_key=dg.AssetKey("synthetic"), check_name=name, passed=passed, metadata={},
    )  # fmt: skip
    event = DagsterEvent(
        event_type_value="ASSET_CHECK_EVALUATION", job_name="synthetic", step_key="dbt_models",
        event_specific_data=evaluation,
    )  # fmt: skip
    return dg.EventLogEntry(
        error_info=None, level=20, user_message="", run_id=run_id, timestamp=time.time(), step_key="dbt_models",
        job_name="synthetic", dagster_event=event,
    )  # fmt: skip


def test_a_test_that_fails_is_in_the_file_of_its_run_too(storage):
    run_id = make_new_run_id()
    storage.store_event(evaluated(run_id, "passes", passed=True))
    storage.store_event(evaluated(run_id, "fails", passed=False))
    logged = [entry.asset_check_evaluation.check_name for entry in storage.get_logs_for_run(run_id)]
    assert logged == ["fails"]
    for name, status in (("passes", "SUCCEEDED"), ("fails", "FAILED")):
        (record,) = storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("synthetic"), name), limit=5)
        assert (record.status.value, record.event.asset_check_evaluation.check_name) == (status, name)


def test_rows_are_on_each_materialization_and_columns_are_not(refreshed):
    settings, account = refreshed
    labels = {}
    for event in events_of(settings.dagster_home, str(account["run_id"]))["ASSET_MATERIALIZATION"]:
        made = event["dagster_event"]["event_specific_data"]["materialization"]
        labels["/".join(made["asset_key"]["path"])] = {entry["label"] for entry in made["metadata_entries"]}
    assert {"dagster/row_count", "Execution Duration"} <= labels["core/fct_award"]
    assert not [key for key, found in labels.items() if found & {"dagster/column_schema", "dagster/column_lineage"}]


def test_the_rows_of_every_table_are_told_while_dbt_still_builds(refreshed):
    """Seeds, tables and the incremental one: the rows that dbt counted are those of the build file."""
    settings, account = refreshed
    told, at = {}, []
    for event in events_of(settings.dagster_home, str(account["run_id"]))["ASSET_MATERIALIZATION"]:
        made = event["dagster_event"]["event_specific_data"]["materialization"]
        entries = {entry["label"]: entry["entry_data"] for entry in made["metadata_entries"]}
        if event["step_key"] == "dbt_models":
            at.append(event["timestamp"])
            if "dagster/row_count" in entries:
                told[made["asset_key"]["path"][-1].removeprefix("quarantine_")] = entries["dagster/row_count"]["value"]
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        there = {t: connection.execute(f'select count(*) from "{s}"."{t}"').fetchone()[0] for s, t in tables}
    assert {"base_usaspending__transactions", "trackers", "fct_award"} <= told.keys()
    assert told == {table: rows for table, rows in there.items() if table in told}
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))["results"]
    tables_of_dbt = [one for one in results if one["unique_id"].startswith(("model.", "seed."))]
    views = sum(one["adapter_response"].get("_message") == "OK" for one in tables_of_dbt)
    assert len(told) == len(tables_of_dbt) - views + 1  # the incremental one says OK, and its rows before
    ended = max(one["timing"][-1]["completed_at"] for one in results if one["timing"])
    assert min(at) < datetime.fromisoformat(ended.replace("Z", "+00:00")).timestamp()


def test_more_runs_than_files_are_kept_open_lose_nothing(storage):
    runs = [make_new_run_id() for _ in range(12)]
    for _ in range(2):
        for run_id in runs:
            write(storage, run_id, "synthetic")
    assert [len(storage.get_logs_for_run(run_id)) for run_id in runs] == [2] * 12
