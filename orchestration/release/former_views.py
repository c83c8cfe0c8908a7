"""Creating the views of former names in a release's file.

What belongs here: creating each view, with comments and its rows of the column dictionary. What does not: which there
are (former), tables (publish, own_tables).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.release import described, dictionary, former
from orchestration.release.findings import Finding, GateRefused


def create(connection: duckdb.DuckDBPyConnection, rows: Sequence[described.Column]) -> list[described.Column]:
    """Make every view in the database that is in use, with comments; the dictionary rows of their columns.

    rows: the dictionary rows of the published tables. Raises GateRefused for a view that cannot be made or that has
    other columns than declared.
    """
    known = {(f"{row['table_schema']}.{row['table_name']}", row["column_name"]): row for row in rows}
    if any(name.startswith(f"{former.SCHEMA}.") for name in former.names()):
        connection.execute(f"create schema {former.SCHEMA}")
    return [column for one in former.declared() for column in _view(connection, one, known)]


def _view(
    connection: duckdb.DuckDBPyConnection, one: former.FormerName, known: dict[tuple[str, str], described.Column]
) -> list[described.Column]:
    try:
        connection.execute(f"create view {one.name} as {one.select}")
        kinds = {name: kind for name, kind, *_ in connection.execute(f"describe {one.name}").fetchall()}
    except duckdb.Error as error:
        raise _refused(one, str(error).splitlines()[0]) from error
    if list(kinds) != one.columns:
        differ = sorted(set(kinds) ^ set(one.columns)) or "their order"
        raise _refused(one, f"its columns are not those declared: {differ}")
    described.comment(connection, f"view {one.name}", f"{former.MARK}, gone in {one.gone_in}: {one.instead}")
    schema, _, table = one.name.partition(".")
    found = []
    for name, kind in kinds.items():
        row = _row(one, name, known)
        text = f"{former.MARK}, gone in {one.gone_in}. {row['description']}"
        described.comment(connection, f'column {one.name}."{name}"', text)
        own = {"table_schema": schema, "table_name": table, "column_name": name, "data_type": kind}
        found.append({**row, **own, "description": text})
    return found


def _row(one: former.FormerName, name: str, known: dict[tuple[str, str], described.Column]) -> described.Column:
    """The dictionary row of a former column: its own words, the column that it is like, or that of its name."""
    if name in one.words:
        entry = one.words[name]
        return described.column_row("", "", name, "", dictionary.text(name, {name: entry}), entry)
    table, _, column = one.like.get(name, "").rpartition(".")
    for place in [(table, column)] if column else [(table, name) for table in one.reads]:
        if place in known:
            return known[place]
    raise _refused(one, f"nothing says what {name} means: give it in `like` or `words`")


def _refused(one: former.FormerName, what: str) -> GateRefused:
    return GateRefused([Finding("former names", f"{one.name}: {what}", str(former.FILE))])
