"""What the tests of the awards domain share: a landing folder turned into the domain's tables by the real dbt project.

What belongs here: fixtures. The publisher's server is the one of tests/sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import duckdb
import pytest
import time_machine

from orchestration import sources
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings
from tests.building import tables_of

TABLES = ("fct_award_transaction", "fct_award", "deleted_transaction", "mart_award_reconciliation")
Build = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One build folder for all tests: dbt parses the project once for one path of the build file."""
    return Settings(home=tmp_path_factory.mktemp("bench") / "home")


@pytest.fixture
def build(bench: Settings) -> Iterator[Build]:
    """Build the awards domain over a home's captures: a connection to the build file, until the next build.

    incremental: keep the file of the build before.
    """
    opened: list[duckdb.DuckDBPyConnection] = []

    def close() -> None:
        while opened:
            opened.pop().close()

    def run(settings: Settings, *tables: str, incremental: bool = False) -> duckdb.DuckDBPyConnection:
        close()
        if not incremental:
            bench.build_file.unlink(missing_ok=True)
        opened.append(tables_of(settings, *(tables or TABLES), into=bench))
        return opened[-1]

    run.file = bench.build_file  # type: ignore[attr-defined]
    run.close = close  # type: ignore[attr-defined]
    yield run
    close()


@pytest.fixture
def night_of(web_for: Callable[[Settings], object]) -> Callable[..., DatasetRun]:
    """One live night of a dataset's slices, or of a partition, at a given hour."""

    def run(
        settings: Settings, dataset_id: str, *slices: str, at: datetime, partition: str | None = None
    ) -> DatasetRun:
        web = web_for(settings)
        dataset = sources.get(dataset_id)
        with time_machine.travel(at, tick=True):
            done = capture_dataset(dataset, settings, slice_keys=slices, partition=partition, web=web)  # type: ignore[arg-type]
        assert not done.failures, done.failures
        return done

    return run
