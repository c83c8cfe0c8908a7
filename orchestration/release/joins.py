"""Which joins of published facts keep sums right: on which keys one row matches at most one other.

What belongs here: what the models declare about joins (`meta.joins` in their .yml), and checking it on a built
warehouse. What does not: keys without a match (dbt's relationships tests), a fact's own grain (dbt's unique_combination
tests).

A model declares `unique_by`: sets of key columns, each of which identifies one row. It also declares `fans_out`: key
columns whose values many rows share, each with the sentence that the descriptions of the table and the column must
contain. A fact that splits another (the transactions of an award) declares `part_of`: that fact, and the keys that each
of its rows repeats from it. Such keys must be the same in both: unknown in both, or in neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

UNKNOWN = "-1"


class Undeclared(Exception):
    """A fact or bridge whose .yml does not say how it joins; the message names it."""


@dataclass(frozen=True)
class Table:
    """A published fact or bridge and its keys.

    unique_by: sets of keys that single out one row; fans_out: key -> why many rows share one of its values.
    part_of: fact -> the keys repeated from it.
    """

    schema: str
    name: str
    keys: tuple[str, ...]
    unique_by: tuple[frozenset[str], ...]
    fans_out: Mapping[str, str]
    part_of: Mapping[str, list[str]]

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}"

    def singles_out(self, keys: frozenset[str]) -> bool:
        """Whether the declaration says that these keys leave one row at most."""
        return any(unique <= keys for unique in self.unique_by)


@dataclass(frozen=True)
class Join:
    """A fact whose rows are kept, joined to another on some of the keys that both have."""

    kept: Table
    joined: Table
    keys: frozenset[str]

    def __str__(self) -> str:
        return f"{self.kept.name} with {self.joined.name} on {', '.join(sorted(self.keys))}"

    @property
    def repeats(self) -> bool:
        """Whether one of the two repeats the key from the other, or both from one fact: the same information twice."""
        return all(
            any(
                key in one.part_of.get(fact, ()) and (other.name == fact or key in other.part_of.get(fact, ()))
                for one, other in ((self.kept, self.joined), (self.joined, self.kept))
                for fact in one.part_of
            )
            for key in self.keys
        )

    @property
    def may_grow(self) -> bool:
        """Whether a sum over the kept fact may grow by this join, as the joined one declares."""
        return not self.joined.singles_out(self.keys)


def key_columns(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of a manifest's node that are our keys; a publisher's own `..._unique_key` is none."""
    return tuple(c for c in node["columns"] if c.endswith("_key") and not c.endswith("_unique_key"))


def declared(manifest: Mapping[str, Any]) -> list[Table]:
    """Every fact and bridge of core, by name. Raises Undeclared."""
    nodes = (n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["schema"] == "core")
    tables = []
    for node in sorted(nodes, key=lambda n: n["name"]):
        if not node["name"].startswith(("fct_", "bridge_")):
            continue
        joins = node["config"].get("meta", {}).get("joins")
        if joins is None:
            raise Undeclared(f"{node['name']}: its .yml declares no joins (config: meta: joins: unique_by, fans_out)")
        tables.append(
            Table(
                schema=node["schema"],
                name=node["name"],
                keys=key_columns(node),
                unique_by=tuple(frozenset(keys) for keys in joins["unique_by"]),
                fans_out=joins["fans_out"],
                part_of=joins.get("part_of", {}),
            )
        )
    return tables


def every_join(tables: list[Table]) -> Iterator[Join]:
    """Every ordered pair of tables on each key that both have, and on all of them at once."""
    for kept, joined in itertools.permutations(tables, 2):
        shared = [key for key in kept.keys if key in joined.keys]
        sets = {frozenset([key]) for key in shared} | ({frozenset(shared)} if shared else set())
        for keys in sorted(sets, key=sorted):
            yield Join(kept, joined, keys)


def lies(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> list[str]:
    """Every join by which a sum would grow though its declaration says that it may not, one sentence each.

    Sums grow where two rows of the joined table have the same value of the keys, and where the unknown member of both
    facts meets: two rows of which nothing is known have nothing in common, unless one repeats the key from the other.
    """
    found = []
    repeated = _Repeated(connection)
    unknown = _Unknown(connection)
    for join in every_join(tables):
        if not join.may_grow and (value := repeated.of(join.joined, join.keys)):
            found.append(f"{join}: {join.joined.name} has several rows of {value}")
        if len(join.keys) == 1 and join.kept.name < join.joined.name and not join.repeats:
            (key,) = join.keys
            kept, joined = unknown.rows(join.kept, key), unknown.rows(join.joined, key)
            if kept and joined:
                found.append(f"{join}: {kept} and {joined} rows meet on {UNKNOWN}, of which nothing is known")
    return found + _differing_parts(connection, tables)


def _differing_parts(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> list[str]:
    """Keys that a fact should repeat from the one that it is a part of, and does not."""
    by_name = {table.name: table for table in tables}
    found = []
    for part in tables:
        for name, keys in part.part_of.items():
            whole = by_name[name]
            link = next(key for unique in whole.unique_by for key in unique if len(unique) == 1 and key in part.keys)
            for key in keys:
                row = connection.execute(
                    f"select count(*) from {part.table} as part left join {whole.table} as whole using ({link})"
                    f" where part.{key} is distinct from whole.{key}"
                ).fetchone()
                if row and row[0]:
                    found.append(f"{part.name}.{key}: {row[0]} rows have another than their {name}")
    return found


class _Repeated:
    """A value of some keys that several rows of a table share; each query runs once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.answers: dict[tuple[str, frozenset[str]], str | None] = {}

    def of(self, table: Table, keys: frozenset[str]) -> str | None:
        asked = (table.table, keys)
        if asked not in self.answers:
            columns = ", ".join(sorted(keys))
            known = " and ".join(f"{key} is not null" for key in sorted(keys))
            row = self.connection.execute(
                f"select {columns} from {table.table} where {known} group by {columns} having count(*) > 1 limit 1"
            ).fetchone()
            values = zip(sorted(keys), row, strict=True) if row else ()
            self.answers[asked] = " and ".join(f"{key} {value}" for key, value in values) or None
        return self.answers[asked]


class _Unknown:
    """How many rows of a table have the unknown member of a dimension; each query runs once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.answers: dict[tuple[str, str], int] = {}

    def rows(self, table: Table, key: str) -> int:
        asked = (table.table, key)
        if asked not in self.answers:
            counted = self.connection.execute(
                f"select count(*) from {table.table} where cast({key} as varchar) = '{UNKNOWN}'"
            ).fetchone()
            self.answers[asked] = counted[0] if counted else 0
        return self.answers[asked]
