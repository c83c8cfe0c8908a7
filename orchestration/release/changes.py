"""What changed between two releases, row by row, in sentences.

What belongs here: comparing two files by the keys of their tables, and the rows of meta.change. What does not: how a
row is told (telling, changes.toml), the feed (feed), sums a table (reading.differences).

Two rows of one key are compared column by column. Left out are columns that say how a row was read (they begin with an
underscore), and floats that differ by less than their last digits: those are computed again on every build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.release import keys as table_keys
from orchestration.release import layout, own_tables, telling
from orchestration.release.keys import Key, Relation

Row = dict[str, Any]

# Of one table at most so many rows of one kind are told; the others are counted.
MOST = 100
# A float that differs by less, of itself, was computed again.
_NOISE = "1e-9"
_FLOATS = ("DOUBLE", "FLOAT")
# Tables about the builds themselves differ in every release.
_NOT_COMPARED = ("meta",)
_VERBS = {"new": "new", "gone": "gone", "changed": "changed"}


@dataclass(frozen=True)
class Change:
    """A row of meta.change; own_tables and columns.toml say what each field is."""

    kind: str
    sentence: str
    table: Relation
    is_notable: bool = False
    row_key: str | None = None
    column: str | None = None
    before: Any = None
    after: Any = None
    difference: float | None = None
    rows: int = 1
    jurisdiction_key: str | None = None
    geoid: str | None = None
    capture_id: str | None = None
    number: int = 0

    def row(self, since: str) -> dict[str, Any]:
        return {
            "change_no": self.number, "since_release": since, "kind": self.kind, "is_notable": self.is_notable,
            "sentence": self.sentence, "table_schema": self.table[0], "table_name": self.table[1],
            "row_key": self.row_key, "changed_column": self.column,
            "value_before": telling.as_text(self.before), "value_after": telling.as_text(self.after),
            "difference": self.difference, "changed_rows": self.rows, "jurisdiction_key": self.jurisdiction_key,
            "geoid": self.geoid, "capture_id": self.capture_id,
        }  # fmt: skip


def between(connection: duckdb.DuckDBPyConnection, older: str, newer: str, keys: Sequence[Key]) -> list[Change]:
    """Every change from one attached release (layout.attach) to another, notable ones first.

    keys: of the newer one (keys.of_manifest, keys.of_release).
    """
    before, after = _tables(connection, older), _tables(connection, newer)
    identifying = table_keys.identifying(keys)
    stated = {(key.table, frozenset(key.columns)) for key in table_keys.of_release(connection, older)}
    teller = telling.Teller(connection, older, newer, keys)
    found: list[tuple[Any, Change]] = []
    for table in sorted(before.keys() | after.keys()):
        if table not in before or table not in after:
            one = before.get(table) or after[table]
            found.append(((1, table), _whole_table(connection, one, table, is_new=table in after)))
            continue
        for column in sorted(before[table].columns.keys() ^ after[table].columns.keys()):
            is_new = column in after[table].columns
            sentence = f"{'.'.join(table)} {'has a new column' if is_new else 'no longer has the column'} {column}"
            found.append(((2, table, column), Change("column", sentence, table, column=column)))
        pair = _Pair(connection, table, identifying.get(table, ()), before[table], after[table])
        if (table, frozenset(pair.key)) not in stated and not pair.is_keyed_before():
            # of another grain: several rows of one release would be one of the other
            pair.key = ()
        if not pair.is_equal():
            found += [(_order(change, teller), change) for change in _of_table(pair, teller)]
    ordered = [change for _, change in sorted(found, key=lambda one: one[0])]
    return [replace(change, number=number) for number, change in enumerate(ordered, 1)]


def _order(change: Change, teller: telling.Teller) -> tuple[Any, ...]:
    """Notable ones first, in the order of changes.toml; within a table the largest difference."""
    place = teller.place_of(change.table)
    if not change.is_notable:
        return (3, place, change.table, change.kind)
    kind = ("new", "gone", "changed").index(change.kind)
    return (0, place, kind, -abs(change.difference or 0), change.row_key or "", change.column or "")


@dataclass(frozen=True)
class _Table:
    """A table of one of the releases. named: in SQL; columns: with their types."""

    named: str
    columns: dict[str, str] = field(default_factory=dict)


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[Relation, _Table]:
    """The compared tables; views and the publication's own tables are not compared."""
    rows = connection.execute(
        f"select schema_name, table_name, c.place, c.column_name, c.data_type"
        f" from {layout.catalog('duckdb_columns', database)} as c"
        f" join {layout.tables(database)} as t using (database_name, schema_name, table_name)"
        " where not list_contains(?, schema_name) order by c.column_index",
        [list(_NOT_COMPARED)],
    ).fetchall()
    found: dict[Relation, _Table] = {}
    for schema, table, place, column, kind in rows:
        if schema != "meta" or table not in own_tables.RELEASE_TABLES:
            found.setdefault((schema, table), _Table(f'{place}."{table}"')).columns[column] = kind
    return found


def _whole_table(connection: duckdb.DuckDBPyConnection, one: _Table, table: Relation, *, is_new: bool) -> Change:
    (rows,) = connection.execute(f"select count(*) from {one.named}").fetchone() or (0,)
    what = "is a new table" if is_new else "is no longer published"
    return Change("table", f"{'.'.join(table)} {what} ({rows:,} rows)", table, rows=rows)


class _Pair:
    """One table in both releases."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Relation,
        key: tuple[str, ...],
        before: _Table,
        after: _Table,
    ) -> None:
        self.connection, self.table, self.before = connection, table, before.columns
        self.older, self.newer = before.named, after.named
        self.common = [name for name in after.columns if name in before.columns]
        self.key = key if set(key) <= set(self.common) else ()
        self.compared = [name for name in self.common if not name.startswith("_") and name not in self.key]
        self.types = {name: (before.columns[name], after.columns[name]) for name in self.common}

    def is_equal(self) -> bool:
        """Whether both hold the same rows, to the last bit, in the columns that both have."""
        names = ", ".join(f'"{name}"' for name in [*self.key, *self.compared]) or "1"
        hashed = f"select count(*), coalesce(sum(cast(hash({names}) as hugeint)), 0) from"
        one, other = (self.connection.execute(f"{hashed} {file}").fetchone() for file in (self.older, self.newer))
        return one == other

    def is_keyed_before(self) -> bool:
        """Whether the key singles out the rows of the older release, too."""
        names = ", ".join(f'"{name}"' for name in self.key)
        twice = f"select 1 from {self.older} group by {names} having count(*) > 1 limit 1"
        return not self.key or not self.connection.execute(twice).fetchall()

    @property
    def on(self) -> str:
        return " and ".join(f'o."{name}" is not distinct from n."{name}"' for name in self.key)

    def differs(self, name: str) -> str:
        """Whether a column differs in a row of both."""
        before, after = self.types[name]
        if before.startswith(_FLOATS) and after.startswith(_FLOATS):
            larger = f'greatest(abs(o."{name}"), abs(n."{name}"))'
            return (
                f'(o."{name}" is distinct from n."{name}"'
                f' and coalesce(abs(o."{name}" - n."{name}") > {_NOISE} * {larger}, true))'
            )
        if before != after:
            return f'(cast(o."{name}" as varchar) is distinct from cast(n."{name}" as varchar))'
        return f'(o."{name}" is distinct from n."{name}")'

    def counts(self) -> dict[str, int]:
        """How many rows are new, gone and changed."""
        changed = " or ".join(self.differs(name) for name in self.compared) or "false"
        row = self.connection.execute(
            f"select (select count(*) from {self.newer}), (select count(*) from {self.older}), count(*),"
            f" count(*) filter ({changed}) from {self.newer} as n join {self.older} as o on {self.on}"
        ).fetchone()
        newer, older, both, differing = row or (0, 0, 0, 0)
        return {"new": newer - both, "gone": older - both, "changed": differing}

    def rows(self, kind: str, sql: telling.Sql) -> list[tuple[Row, Row]]:
        """The first rows of a kind that are to be told: each before and after; {} where it is not."""
        side, other = ("o", "n") if kind == "gone" else ("n", "o")
        file = {"o": self.older, "n": self.newer}
        only = f"(from {file[side]} where {sql.table.only})" if sql.table.only else file[side]
        largest = sql.largest(kind, self.types)
        order = [*([largest] if largest else []), *(f'{side}."{name}"' for name in self.key)]
        ending = f"order by {', '.join(order)} limit {MOST}"
        if kind == "changed":
            select = f"select o.*, n.* from {only} as n join {file['o']} as o on {self.on}"
            names, values = self._ask(f"{select} where {sql.any_differs(self.differs)} {ending}")
            split = len(self.before)
            return [(dict(zip(names[:split], one[:split], strict=True)),
                     dict(zip(names[split:], one[split:], strict=True))) for one in values]  # fmt: skip
        names, values = self._ask(
            f"select {side}.* from {only} as {side}"
            f" where not exists (select 1 from {file[other]} as {other} where {self.on}) {ending}"
        )
        found = [dict(zip(names, one, strict=True)) for one in values]
        return [({}, row) if kind == "new" else (row, {}) for row in found]

    def _ask(self, query: str) -> tuple[list[str], list[Any]]:
        found = self.connection.execute(query)
        return [column[0] for column in found.description or ()], found.fetchall()


def _of_table(pair: _Pair, teller: telling.Teller) -> Iterator[Change]:
    if not pair.key:
        yield Change("rows", f"{'.'.join(pair.table)} changed; the two releases key it differently", pair.table)
        return
    counts = pair.counts()
    for kind, rows in counts.items():
        if rows:
            told = list(_told(pair, teller, kind))
            yield from told
            rest = rows - len({change.row_key for change in told})
            if rest:
                more = "more " if told else ""
                sentence = f"{'.'.join(pair.table)}: {rest:,} {more}{'row' if rest == 1 else 'rows'} {_VERBS[kind]}"
                yield Change("rows", sentence, pair.table, rows=rest)


def _told(pair: _Pair, teller: telling.Teller, kind: str) -> Iterator[Change]:
    sql = teller.sql(pair.table, kind, pair.compared)
    if sql is None:
        return
    rows = pair.rows(kind, sql)
    labels = teller.labels(pair.table, rows)
    for before, after in rows:
        row = after or before
        about: dict[str, Any] = {
            "row_key": " | ".join(telling.as_text(row[name]) or "" for name in pair.key),
            "capture_id": after.get("_capture_id") if after else None,
            **teller.where(pair.table, row),
        }
        if kind != "changed":
            yield Change(kind, teller.sentence(pair.table, kind, row, labels), pair.table, True, **about)
            continue
        for column in sql.columns:
            if _differ(before.get(column), after.get(column)):
                told = teller.change(pair.table, column, before, after, labels)
                change = Change(
                    kind, told, pair.table, True, column=column, before=before.get(column), after=after.get(column),
                    difference=telling.difference(before.get(column), after.get(column)), **about,
                )  # fmt: skip
                yield change
                left = teller.where(pair.table, before) if teller.is_place(pair.table, column) else {}
                if left:
                    # what moved to another unit changed the one that it left, too
                    yield replace(change, jurisdiction_key=left["jurisdiction_key"], geoid=left["geoid"])


def _differ(before: Any, after: Any) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) > float(_NOISE) * max(abs(before), abs(after))
    if isinstance(before, Decimal) and isinstance(after, float | Decimal | int):
        return float(before) != float(after) if isinstance(after, float) else before != after
    return bool(before != after)


def rows(changes: Iterable[Change], since: str) -> list[dict[str, Any]]:
    """The rows of meta.change."""
    return [change.row(since) for change in changes]
