"""The sums of published facts, compared with the previous release and with bounds (sums.toml).

What belongs here: adding up, comparing row by row, the checks. What does not: the bounds and their reasons (sums.toml),
rows (checks), figures that publishers printed (key_figures.toml).

Three checks for each measure: `sum of` (how much the total changed, overall and by group), `places of` (how much of it
moved from some places to others), `range of` (each row within its bounds).
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from orchestration.release import layout
from orchestration.release.findings import Checked, checked
from orchestration.release.history import Release

DECLARATION = Path(__file__).with_name("sums.toml")
# Measure -> group -> (rows, sum). "" is the whole; else ``column=value``.
Sums = dict[str, dict[str, tuple[int, float]]]


class Measure(BaseModel):
    """One measure of sums.toml; its head says what each word means."""

    model_config = ConfigDict(extra="forbid")

    name: str
    table: str
    key: list[str]
    value: str
    unit: str
    groups: list[str]
    may_change: float
    at_least: float
    at_most: float
    why: str
    place: str | None = None
    may_move: float = 0.0
    settled: str = "true"

    def columns(self) -> set[str]:
        """The columns without which it cannot be compared."""
        own = {self.value} if self.value.isidentifier() else set()
        return own | {*self.key, *self.groups} | ({self.place} if self.place else set())


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads(DECLARATION.read_text(encoding="utf-8"))


def measures() -> list[Measure]:
    """Every measure that the gate checks."""
    return [Measure.model_validate(given) for given in _declared()["measure"]]


def not_measured() -> dict[str, str]:
    """``schema.table.column`` -> why no measure covers that additive column."""
    return dict(_declared()["not_measured"])


def names() -> list[str]:
    """The names of all checks of sums."""
    return [name for m in measures() for name in _names(m)]


def _names(measure: Measure) -> list[str]:
    places = [f"places of {measure.name}"] if measure.place else []
    return [f"sum of {measure.name}", *places, f"range of {measure.name}"]


def of(connection: duckdb.DuckDBPyConnection) -> Sums:
    """Every measure's rows and sum, in whole and by group, of the warehouse that the connection is open on."""
    found: Sums = {}
    there = _columns(connection, None)
    for m in measures():
        if not m.columns() <= there[m.table]:
            continue
        found[m.name] = {}
        for column in (None, *m.groups):
            label = f"coalesce('{column}=' || cast({column} as varchar), '{column} unknown')" if column else "''"
            found[m.name] |= {
                group: (rows, float(total or 0))
                for group, rows, total in connection.execute(
                    f"select {label}, count({m.value}), sum({m.value}) from {m.table} group by 1 order by 1"
                ).fetchall()
            }
    return found


def of_candidate(connection: duckdb.DuckDBPyConnection, before: Release | None) -> Iterator[Checked]:
    """Every check of sums on the candidate that the connection is open on.

    before: the release for comparison; None for the first of its kind, which is only checked against its bounds.
    """
    if before is None:
        yield from compared(connection, None)
        return
    try:
        layout.attach(connection, before.path, "before")
    except duckdb.Error as error:
        yield from compared(connection, None, f"release {before.id} cannot be read: {str(error).splitlines()[0]}")
        return
    try:
        yield from compared(connection, before)
    finally:
        layout.detach(connection, "before")


def compared(
    connection: duckdb.DuckDBPyConnection, before: Release | None, trouble: str = "", *, tables: str = ""
) -> Iterator[Checked]:
    """As of_candidate, of a release whose file is attached as `before`.

    trouble: why there should be one and is none. tables: only measures of tables named in this text; empty means all.
    """
    there = _columns(connection, None)
    there_before = _columns(connection, "before" if before else None)
    for measure in measures():
        if tables and measure.table not in tables:
            continue
        is_held = measure.columns() <= there_before[measure.table]
        yield from _checks(connection, measure, before, trouble, there=there[measure.table], is_held=is_held)


def _checks(
    connection: duckdb.DuckDBPyConnection,
    m: Measure,
    before: Release | None,
    trouble: str,
    *,
    there: set[str],
    is_held: bool,
) -> Iterator[Checked]:
    """there: the columns of the candidate's table. is_held: the release before has all that is compared."""
    if missing := sorted(m.columns() - there):
        for name in _names(m):
            detail = f"{m.table} lacks {', '.join(missing)}" if there else f"{m.table} is not in the candidate"
            yield checked(name, detail, f"orchestration/release/{DECLARATION.name}")
        return
    if trouble:
        for name in _names(m)[:-1]:
            yield checked(name, trouble, "clawback doctor; clawback rollback to a release that can be read")
    elif before is None or not is_held:
        of_what = f"release {before.id} does not hold it" if before else "no release of the kind"
        for name in _names(m)[:-1]:
            yield checked(name, f"nothing to compare with: {of_what}", None)
    else:
        _compare(connection, m)
        yield _changed(connection, m, before)
        if m.place:
            yield _moved(connection, m, before)
    yield _in_range(connection, m)


def _compare(connection: duckdb.DuckDBPyConnection, m: Measure) -> None:
    """Make `compared`: rows of the earlier release, what each was and becomes, its groups, whether it moved."""
    same = " and ".join(f'older."{column}" is not distinct from newer."{column}"' for column in m.key)
    groups = "".join(f', older."{column}"' for column in m.groups)
    place = f'newer.k is not null and older."{m.place}" is distinct from newer."{m.place}"' if m.place else "false"
    settled = m.settled.format(table=f"before.{m.table}")
    connection.execute(
        "create or replace temp table compared as"
        f" with older as (select *, cast({m.value} as double) as was from before.{m.table}"
        f" where {m.value} is not null and {settled}),"
        f" newer as (select *, cast({m.value} as double) as becomes, 1 as k from {m.table})"
        f" select older.was, coalesce(newer.becomes, 0) as becomes, {place} as moved{groups}"
        f" from older left join newer on {same}"
    )


def _changed(connection: duckdb.DuckDBPyConnection, m: Measure, before: Release) -> Checked:
    few = int(_declared()["few_rows"])
    wrong, whole = [], ""
    for column in (None, *m.groups):
        group = f"coalesce(cast(\"{column}\" as varchar), 'unknown')" if column else "''"
        rows = connection.execute(
            f"select {group}, count(*) filter (where becomes <> was), sum(was), sum(becomes),"
            " sum(abs(becomes - was)), sum(abs(was)) from compared group by 1 order by 5 desc, 1"
        ).fetchall()
        for value, altered, was, becomes, change, size in rows:
            share = change / size if size else 0.0
            words = f"{was:,.10g} is now {becomes:,.10g}, {share:.0%} of it changed"
            if column is None:
                whole = words
            if share > m.may_change and (column is None or altered >= few):
                wrong.append(f"{column} {value}: {words}" if column else words)
    if not whole:
        return checked(f"sum of {m.name}", f"release {before.id} has no such rows to compare with", None)
    more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
    detail_of = "; ".join(wrong[:4]) + more if wrong else whole
    detail = f"{m.unit} of rows of release {before.id}: {detail_of} (bound {m.may_change:.0%})"
    return checked(f"sum of {m.name}", detail, f"{m.table} against {before.path}" if wrong else None)


def _moved(connection: duckdb.DuckDBPyConnection, m: Measure, before: Release) -> Checked:
    row = connection.execute(
        "select count(*) filter (where moved), sum(abs(was)) filter (where moved), sum(abs(was)) from compared"
    ).fetchone()
    rows, moved, size = row or (0, 0, 0)
    share = (moved or 0) / size if size else 0.0
    detail = (
        f"{rows:,} rows and {share:.0%} have another {m.place} than in release {before.id} (bound {m.may_move:.0%})"
    )
    see = f"{m.table}.{m.place} against {before.path}" if share > m.may_move else None
    return checked(f"places of {m.name}", detail, see)


def _in_range(connection: duckdb.DuckDBPyConnection, m: Measure) -> Checked:
    outside = f"not ({m.value} between {m.at_least} and {m.at_most})"
    row = connection.execute(
        f"select min({m.value}), max({m.value}), count(*) filter (where {outside}) from {m.table}"
    ).fetchone()
    least, most, wrong = row or (None, None, 0)
    if least is None:
        return checked(f"range of {m.name}", "no rows", None)
    detail = f"{m.unit}, {float(least):,.10g} to {float(most):,.10g} (bounds {m.at_least:,g} to {m.at_most:,g})"
    see = f"from {m.table} where {outside}" if wrong else None
    return checked(f"range of {m.name}", f"{wrong:,} rows outside: {detail}" if wrong else detail, see)


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str | None) -> defaultdict[str, set[str]]:
    """The columns of each table of a database: the one in use, or the attached one of that name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for table, column in connection.execute(
        "select concat(schema_name, '.', table_name), column_name from duckdb_columns()"
        " where database_name = coalesce(?, current_database())",
        [catalog],
    ).fetchall():
        found[table].add(column)
    return found
