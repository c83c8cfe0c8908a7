"""A release some columns of which say something else, as views in memory over the published file.

What belongs here: making such views. What does not: what a question then answers (tests/answers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb


@contextmanager
def altered(published: Path, columns: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Schemas `core` and `meta` of a published file. columns: table (``meta.capture``) -> ``expression as column``."""
    with duckdb.connect() as made:
        made.execute(f"attach '{published}' as released (read_only)")
        tables = made.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'released'"
            " and schema_name in ('core', 'meta')"
        ).fetchall()
        made.execute("create schema core; create schema meta")
        assert columns.keys() <= {f"{schema}.{table}" for schema, table in tables}
        for schema, table in tables:
            other = columns.get(f"{schema}.{table}")
            chosen = f"* replace ({other})" if other else "*"
            made.execute(f"create view {schema}.{table} as select {chosen} from released.{schema}.{table}")
        yield made
