"""The keys of published tables, as the project's own tests prove them on every build.

What belongs here: primary, unique and foreign keys out of dbt's manifest, as the rows of meta.relationship. What does
not: which joins keep sums right (joins), keys of tables that only a publication fills (own_tables).

A test `unique_combination` or `unique` makes a key. The shortest one whose columns are all tested as never null is the
primary key. A test `relationships` makes a foreign key, if what it points at is a key: a join on a column whose values
come again would multiply rows. Nothing is declared a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.release.checks import PUBLISHED_KINDS
from orchestration.release.layout import PUBLISHED_SCHEMAS
from orchestration.release.own_tables import KEYS

Relation = tuple[str, str]
PRIMARY, UNIQUE, FOREIGN = "primary key", "unique", "foreign key"


@dataclass(frozen=True, order=True)
class Key:
    """A key of a published table. to and to_columns: what a foreign key points at; null otherwise."""

    table: Relation
    kind: str
    columns: tuple[str, ...]
    to: Relation | None = None
    to_columns: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """The row of meta.relationship."""
        return {
            "from_schema": self.table[0], "from_table": self.table[1], "from_columns": ", ".join(self.columns),
            "kind": self.kind,
            "to_schema": self.to[0] if self.to else None, "to_table": self.to[1] if self.to else None,
            "to_columns": ", ".join(self.to_columns) or None,
        }  # fmt: skip


def of_manifest(manifest: Mapping[str, Any]) -> list[Key]:
    """The keys of every published table, in order of table: those that dbt's tests prove, and the publication's own."""
    tables = {
        unique_id: (node["schema"], node.get("alias") or node["name"])
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in PUBLISHED_KINDS and node["schema"] in PUBLISHED_SCHEMAS
    }
    unique: dict[str, set[tuple[str, ...]]] = {}
    filled: dict[str, set[str]] = {}
    found = [Key(("meta", table), PRIMARY, columns) for table, columns in KEYS.items()]
    for test in manifest["nodes"].values():
        on = test.get("attached_node")
        if test["resource_type"] != "test" or on not in tables or test["config"].get("where"):
            continue
        name, given = (test.get("test_metadata") or {}).get("name"), (test.get("test_metadata") or {}).get("kwargs", {})
        if name in ("unique_combination", "unique"):
            unique.setdefault(on, set()).add(_columns(given))
        elif name in ("never_null", "not_null"):
            filled.setdefault(on, set()).update(_columns(given))
        elif name == "relationships":
            # the table that is pointed at; of a table that points at itself the test names only one
            to = next((tables.get(node) for node in test["depends_on"]["nodes"] if node != on), tables[on])
            if to is not None:
                found.append(Key(tables[on], FOREIGN, _columns(given), to, (given["field"],)))
    for unique_id, keys in unique.items():
        never_null = filled.get(unique_id, set())
        primary = min((key for key in keys if never_null.issuperset(key)), key=_preference, default=None)
        found += [Key(tables[unique_id], PRIMARY if key == primary else UNIQUE, key) for key in keys]
    single_out = {(key.table, key.columns) for key in found if key.kind != FOREIGN}
    found = [key for key in found if key.kind != FOREIGN or (key.to, key.to_columns) in single_out]
    return sorted(found, key=lambda key: (key.table, -len(key.kind), key.columns, key.to or ()))


def _columns(given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(given["columns"]) if "columns" in given else (given["column_name"],)


def _preference(key: tuple[str, ...]) -> tuple[Any, ...]:
    return len(key), not key[0].endswith("_key"), key


def of_release(connection: duckdb.DuckDBPyConnection, database: str) -> list[Key]:
    """The keys that a release states of itself; [] for one that was built before they were published."""
    there = connection.execute(
        "select count(*) from duckdb_tables() where database_name = ? and schema_name = 'meta'"
        " and table_name = 'relationship'",
        [database],
    ).fetchone()
    if not there or not there[0]:
        return []
    rows = connection.execute(
        "select from_schema, from_table, kind, from_columns, to_schema, to_table, to_columns"
        f" from {database}.meta.relationship"
    ).fetchall()
    return [
        Key((row[0], row[1]), row[2], tuple(row[3].split(", ")), (row[4], row[5]) if row[4] else None,
            tuple(row[6].split(", ")) if row[6] else ())
        for row in rows
    ]  # fmt: skip


def identifying(keys: Iterable[Key]) -> dict[Relation, tuple[str, ...]]:
    """By table, the columns that single out a row: its primary key, else a unique one."""
    chosen: dict[Relation, Key] = {}
    for key in keys:
        if key.kind != FOREIGN and (key.table not in chosen or key.kind == PRIMARY):
            chosen[key.table] = key
    return {table: key.columns for table, key in chosen.items()}


def foreign(keys: Iterable[Key], tables: Collection[Relation] = ()) -> dict[Relation, list[Key]]:
    """By table, its foreign keys. tables: only those that point at one of these; empty means all."""
    found: dict[Relation, list[Key]] = {}
    for key in keys:
        if key.kind == FOREIGN and key.to and (not tables or key.to in tables):
            found.setdefault(key.table, []).append(key)
    return found
