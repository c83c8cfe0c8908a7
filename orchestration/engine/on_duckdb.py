"""DuckDB: dbt writes the build file itself.

What belongs here: what DuckDB does for a build. What does not: the raw views' SQL (landing.raw_views).
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from orchestration import sources
from orchestration.landing import raw_views
from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings

# Not imported here: that would import dbt.
_DBT = Path(__file__).with_name("terse_dbt.py")


class OnDuckDB:
    """The default: one process on this machine."""

    name = "duckdb"

    def require(self) -> None:
        """Nothing: DuckDB is always installed."""

    def program(self) -> list[str]:
        # -P: Python would otherwise look for modules in the file's folder
        return [sys.executable, "-P", str(_DBT)]

    def make_raw(self, settings: Settings, catalog: Catalog) -> None:
        with duckdb.connect(str(settings.build_file)) as connection:
            raw_views.create(connection, catalog, list(sources.DATASETS.values()))

    def collect(self, settings: Settings) -> None:
        """Nothing: the tables are in the build file."""
