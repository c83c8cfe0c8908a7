"""Dagster's event log in SQLite, with its connections kept open and its events packed.

What belongs here: how the log's files are opened, and what of each event is written. What does not: which events there
are (assets, Dagster), how a text is packed (packing).

Dagster opens and closes a connection for each event, and with each last close SQLite merges its write-ahead log into
the file: a refresh of 1,700 events spent a third of its time on that. Here a file stays open between events, and only
the last merge waits for the disk (`synchronous = normal`, as SQLite recommends with a write-ahead log; a power failure
may lose the last lines of a log, never the file).

A build of every table is 3,900 events of 2 kB of text, two thirds of them written twice: into the file of the run and
into the index of all runs. What is written is packed (packing), and nothing is written where nobody looks for it:

- a check is announced, and its result told, in the table of checks, where Dagster's pages look. The file of its run has
  the result too, unless it is a test of dbt's that passed: there are 900 of those;
- the file of a run has no index: nobody asks it about another run. The file of all runs has those whose columns no
  other index begins with.

This depends on names that Dagster does not promise to keep (`USES`). If one of them is gone, the files are opened as
Dagster opens them: slower, and otherwise the same. Keys are removed from what is written in either case.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from dagster._utils.concurrency import ConcurrencyClaimStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from orchestration.redaction import Redactor, of_environment
from orchestration.running.packing import PackedText

# Files kept open: the index and the runs that are written or read.
_MOST_OPEN = 8
_BUSY_TIMEOUT_SECONDS = 60.0
_SECONDS_BETWEEN_CLAIMS = 1.0
_AT_ONCE = 0.001
_INDEX_OF_ALL_RUNS = "index"
_NEEDLESS_IN_ONE_RUN = [index.name for index in SqlEventLogStorageTable.indexes]
# Another begins with the same columns; partitions are few, and nobody asks for a step of all runs.
_NEEDLESS_IN_ALL_RUNS = ["idx_asset_check_executions", "idx_events_by_asset_partition", "idx_step_key"]
# The step whose checks are dbt's tests (assets.warehouse).
_DBT_STEP = "dbt_models"
log = logging.getLogger(__name__)

# Whoever opens a home's log, Dagster's web server too, imports this module for the class below.
SqlEventLogStorageTable.c.event.type = PackedText()
AssetCheckExecutionsTable.c.evaluation_event.type = PackedText()
AssetKeyTable.c.last_materialization.type = PackedText()


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """SqliteEventLogStorage, one connection a file instead of one an event; named in dagster.yaml."""

    # What is used of Dagster's class and is not public.
    USES: ClassVar[tuple[str, ...]] = ("_connect", "_initdb", "_db_lock", "_initialized_dbs")

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)
        if lacks := self.lacks():
            names = ", ".join(lacks)
            log.warning("Dagster's event log has no %s any more: its files are opened anew for each event", names)

    def lacks(self) -> list[str]:
        """The names of `USES` that this version of Dagster does not have; empty if the files can be kept open."""
        stock = SqliteEventLogStorage
        return [name for name in self.USES if not hasattr(stock, name) and name not in vars(self)]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> OpenSqliteEventLogStorage:
        # the folder follows from the home: written down, it would still name the old one after a move
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data=inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if self.lacks():
            with super()._connect(shard) as connection:
                _keep_secrets_out(connection.engine)
                yield connection
            return
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._open:
            while len(self._open) >= _MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                oldest.dispose()
            # one connection, used by one thread at a time: the lock of _connect sees to that
            arguments = {"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            engine = create_engine(self.conn_string_for_shard(shard), poolclass=StaticPool, connect_args=arguments)
            _keep_secrets_out(engine)
            event.listen(engine, "connect", lambda raw, _: raw.execute("pragma synchronous = normal"))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                for name in _NEEDLESS_IN_ALL_RUNS if shard == _INDEX_OF_ALL_RUNS else _NEEDLESS_IN_ONE_RUN:
                    connection.exec_driver_sql(f"drop index if exists {name}")
            self._open[shard] = engine
        self._open.move_to_end(shard)
        return self._open[shard]

    def has_table(self, table_name: str) -> bool:
        """As Dagster's, which looks for a table once an event; a table that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        if event.dagster_event_type == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            self.store_asset_check_event(event, None)
        elif event.dagster_event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            self.store_asset_check_event(event, None)
            if not _is_passed_test(event):
                with self.run_connection(event.run_id) as connection:
                    connection.execute(self.prepare_insert_event(event))
        elif not _is_output_of_test(event):
            super().store_event(event)

    def claim_concurrency_slot(
        self, concurrency_key: str, run_id: str, step_key: str, priority: int | None = None
    ) -> ConcurrencyClaimStatus:
        """As Dagster's, but a claim that has to wait waits here: its executor asks again and again without a pause."""
        status = super().claim_concurrency_slot(concurrency_key, run_id, step_key, priority)
        if status.is_claimed:
            return status
        time.sleep(_SECONDS_BETWEEN_CLAIMS)
        return status.with_sleep_interval(_AT_ONCE)

    def dispose(self) -> None:
        """Close the files; Dagster calls it when it lets go of the instance."""
        with contextlib.nullcontext() if self.lacks() else self._db_lock:
            while self._open:
                self._open.popitem()[1].dispose()
        super().dispose()


def _is_passed_test(event: EventLogEntry) -> bool:
    evaluation = event.asset_check_evaluation
    return event.step_key == _DBT_STEP and evaluation is not None and evaluation.passed


def _is_output_of_test(event: EventLogEntry) -> bool:
    """Dagster gives each check an output, which nothing reads. A model's has metadata, a test's has none."""
    if event.step_key != _DBT_STEP or event.dagster_event_type != DagsterEventType.STEP_OUTPUT:
        return False
    return not event.get_dagster_event().step_output_data.metadata


def _keep_secrets_out(engine: Engine) -> None:
    event.listen(engine, "before_cursor_execute", _without_secrets, retval=True)


def _without_secrets(_1: Any, _2: Any, statement: str, parameters: Any, _3: Any, _4: bool) -> tuple[str, Any]:
    """What is written into the log, without keys: an exception's text may repeat one."""
    return statement, _clean(parameters, of_environment())


def _clean(value: Any, redactor: Redactor) -> Any:
    # bytes are packed, after their keys were removed
    if isinstance(value, bytes):
        return value
    if type(value) in (list, tuple):
        return type(value)(_clean(one, redactor) for one in value)
    return redactor.value(value)
