"""Writing descriptions into a release: comments on tables and columns, and the rows of its column dictionary.

What belongs here: writing one of the release's own tables, a comment, and one row of the dictionary. What does not:
which tables there are (own_tables, dbt), the texts (dictionary).
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from orchestration.release import dictionary
from orchestration.release.own_tables import RELEASE_TABLES

Column = dict[str, Any]


def column_row(schema: str, table: str, name: str, kind: str, text: str, entry: dictionary.Entry) -> Column:
    """A row of the dictionary, its origin left empty."""
    return {
        "table_schema": schema, "table_name": table, "column_name": name, "data_type": kind.upper(),
        "description": text, "unit": entry.get("unit"), "additivity": entry.get("additive"),
        "comes_from": None, "made_by": None,
    }  # fmt: skip


def columns_of(table: str) -> list[Column]:
    """The rows of the dictionary about a table of the publication."""
    entries = dictionary.read()
    return [
        column_row("meta", table, name, kind, dictionary.text(f"{table}__{name}", entries),
                   dictionary.entry(f"{table}__{name}", entries))
        for name, kind in RELEASE_TABLES[table][1].items()
    ]  # fmt: skip


def write(connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> list[Column]:
    text, columns = RELEASE_TABLES[name]
    declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    connection.execute(f"create table release.meta.{name} ({declared})")
    arrow = pa.Table.from_pylist(rows) if rows else None
    if arrow is not None:
        connection.register("own_rows", arrow)
        listed = ", ".join(f'"{column}"' for column in columns)
        connection.execute(f"insert into release.meta.{name} select {listed} from own_rows")
        connection.unregister("own_rows")
    comment(connection, f"table release.meta.{name}", text)
    rows_of_it = columns_of(name)
    for column in rows_of_it:
        comment(connection, f'column release.meta.{name}."{column["column_name"]}"', column["description"])
    return rows_of_it


def comment(connection: duckdb.DuckDBPyConnection, what: str, text: str) -> None:
    quoted = " ".join(text.split()).replace("'", "''")
    connection.execute(f"comment on {what} is '{quoted}'")
