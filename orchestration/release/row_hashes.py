"""Whether two warehouses contain the same rows, table by table.

What belongs here: a hash of a table's rows that does not depend on their order, and the columns to leave out because
they record when or by which run a warehouse was built. What does not: what changed (reading.differences).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.release import former, layout

# Columns that are new with every build, by schema.table; "*" leaves out the whole table.
NEW_WITH_EVERY_BUILD: dict[str, frozenset[str]] = {
    "meta.release": frozenset({"*"}),
    # compares with the release before
    "meta.change": frozenset({"*"}),
    # the sentence of a release check compares with the release before
    "meta.check_result": frozenset({"detail"}),
}
# Two engines add and divide doubles in another order: they agree to these significant digits.
DIGITS_BETWEEN_ENGINES = 9


def of_file(path: Path, digits: int = 0) -> dict[str, str]:
    """``schema.table`` -> ``rows:hash`` for every table and view of a release or a build but former names.

    path: its warehouse file. Numbers are hashed to the last bit. A row that stands twice counts twice. Raises
    duckdb.Error for a file that cannot be read.

    digits: hash only so many significant digits of doubles; 0 means all.
    """
    with layout.opened(path) as connection:
        return of_connection(connection, digits=digits)


def of_connection(
    connection: duckdb.DuckDBPyConnection, schemas: tuple[str, ...] = (), digits: int = 0
) -> dict[str, str]:
    """As of_file, over what a connection is open on (layout.opened). schemas: only these; empty means all."""
    tables = connection.execute(
        "select schema_name, table_name, place, list((column_name, data_type) order by column_index)"
        f" from {layout.catalog('duckdb_columns')} where (schema_name, table_name) not in"
        f" (select (schema_name, view_name) from {layout.catalog('duckdb_views')} where {former.ARE_FORMER})"
        " group by all order by all"
    ).fetchall()
    found = {}
    for schema, table, place, columns in tables:
        if schemas and schema not in schemas:
            continue
        new = NEW_WITH_EVERY_BUILD.get(f"{schema}.{table}", frozenset())
        kept = [_text(name, kind, digits) for name, kind in columns if name not in new]
        if kept and "*" not in new:
            found[f"{schema}.{table}"] = _hash(connection, f'{place}."{table}"', kept)
    return found


def of_relation(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """As of_file, of one relation: the SQL after `from`, with all its columns."""
    columns = connection.execute(f"describe from {relation}").fetchall()
    return _hash(connection, relation, [_text(name, kind) for name, kind, *_ in columns])


def _text(name: str, kind: str, digits: int = 0) -> str:
    """A column as the text that is hashed."""
    quoted = '"' + name.replace('"', '""') + '"'
    return f"format('{{:.{digits}g}}', {quoted})" if digits and kind == "DOUBLE" else f"cast({quoted} as varchar)"


def _hash(connection: duckdb.DuckDBPyConnection, relation: str, texts: list[str]) -> str:
    """A sum of the rows' own hashes: neither their order nor a repeated row is lost in it."""
    # a null is not an empty text; the length keeps "a", "b" apart from "ab", ""
    parts = ", ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    row = connection.execute(
        f"select count(*), coalesce(sum(cast(md5_number_lower(r) as hugeint)), 0),"
        " coalesce(sum(cast(md5_number_upper(r) as hugeint)), 0)"
        f" from (select concat({parts}) as r from {relation})"
    ).fetchone()
    assert row is not None
    count, lower, upper = row
    return f"{count}:{upper:x}-{lower:x}"
