"""Creating the views of former names in a release's file.

What belongs here: creating each view, with comments and its rows of the column dictionary. What does not: which there
are (former), tables (publish, own_tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from orchestration.release import described, dictionary, former
from orchestration.release.findings import Finding, GateRefused


@dataclass
class Created:
    """The rows that the views add to meta.column_dictionary and to meta.column_lineage."""

    columns: list[described.Column] = field(default_factory=list)
    lineage: list[dict[str, str]] = field(default_factory=list)


def create(connection: duckdb.DuckDBPyConnection, rows: Sequence[described.Column]) -> Created:
    """Make every view in the database that is in use, with comments.

    rows: the dictionary rows of the published tables. Raises GateRefused for a view that cannot be made or that has
    other columns than declared.
    """
    known = {(f"{row['table_schema']}.{row['table_name']}", row["column_name"]): row for row in rows}
    if any(name.startswith(f"{former.SCHEMA}.") for name in former.names()):
        connection.execute(f"create schema {former.SCHEMA}")
    created = Created()
    for one in former.declared():
        _view(connection, one, known, created)
    return created


def _view(
    connection: duckdb.DuckDBPyConnection,
    one: former.FormerName,
    known: dict[tuple[str, str], described.Column],
    created: Created,
) -> None:
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
    for name, kind in kinds.items():
        row = _row(one, name, known)
        text = f"{former.MARK}, gone in {one.gone_in}. {row['description']}"
        described.comment(connection, f'column {one.name}."{name}"', text)
        own = {"table_schema": schema, "table_name": table, "column_name": name, "data_type": kind}
        created.columns.append({**row, **own, "description": text})
        if row["table_name"]:
            created.lineage.append({
                "table_schema": schema, "table_name": table, "column_name": name, "parent_schema": row["table_schema"],
                "parent_table": row["table_name"], "parent_column": row["column_name"],
            })  # fmt: skip


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
