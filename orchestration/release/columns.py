"""From which fields of which datasets each published column is computed.

What belongs here: reading the columns of the finished build once, tracing each column of a model's compiled SQL to its
parents' columns (sqlglot, one scope for each model), and following those to raw datasets and to the project's own
tables. What does not: what Dagster shows of it (assets), the other columns of the dictionary (publish).

A column is computed from the columns in its expression, CASE conditions included; columns that only a join or a filter
compares are left out.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

from orchestration.files import write_whole

log = logging.getLogger(__name__)

Relation = tuple[str, str]
# (relation, column) pairs that a column is computed from
Parents = Mapping[str, set[tuple[Relation, str]]]
PARENTS_FILE = "column_parents.json"
# What was traced, by a digest of all that it was traced from.
TRACED_FILE = "traced_columns.json"
# The value for a column whose model's SQL could not be traced: never guessed from its table.
NOT_KNOWN = "not told"


@dataclass(frozen=True)
class Built:
    """The finished build: columns and types by relation, and rows of its tables (views are not counted)."""

    columns: Mapping[Relation, Mapping[str, str]]
    rows: Mapping[Relation, int] = field(default_factory=dict)


def read_build(file: Path) -> Built:
    """Open the build once, read-only, and read every relation's columns and every table's rows."""
    with duckdb.connect(str(file), read_only=True) as connection:
        columns: dict[Relation, dict[str, str]] = {}
        for schema, table, name, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where database_name = current_database() and not internal order by all"
        ).fetchall():
            columns.setdefault((schema, table), {})[name] = kind
        rows = {}
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        for schema, table in tables:
            (rows[schema, table],) = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone() or (0,)
    return Built(columns, rows)


def column_parents(
    sql: str, columns: Mapping[Relation, Mapping[str, str]], dialect: str = "duckdb"
) -> dict[str, set[tuple[Relation, str]]]:
    """For each column of a compiled model: the (relation, column) pairs that it is computed from.

    columns: of DuckDB's types, whatever the dialect of the SQL is.

    A model that sqlglot cannot read has no lineage, and the log says so: it is an aid, not a gate.
    """
    schema = MappingSchema(dialect="duckdb")
    for (db, table), kinds in columns.items():
        schema.add_table(exp.table_(table, db=db, quoted=True), dict(kinds), dialect="duckdb")
    try:
        tree = parse_one(sql, dialect=dialect)
        # relations are known by schema and name: the catalog is the build file's stem and says nothing
        for table_ in tree.find_all(exp.Table):
            table_.set("catalog", None)
        qualified = qualify(tree, schema=schema, dialect=dialect, validate_qualify_columns=False)
        scope = build_scope(qualified)
        # sqlglot writes DuckDB's names in lower case: they are given back as the build has them
        written = {relation: {name.lower(): name for name in kinds} for relation, kinds in columns.items()}
        found: dict[str, set[tuple[Relation, str]]] = {}
        for name in qualified.named_selects:  # type: ignore[attr-defined]
            parents = found.setdefault(name, set())
            # trim_selects would copy the whole statement for each column: nine tenths of the time, for unused drawings
            traced = lineage(name, qualified, schema, scope=scope, dialect=dialect, copy=False, trim_selects=False)
            for node in traced.walk():
                if isinstance(node.source, exp.Table) and not node.downstream:
                    relation = (node.source.db, node.source.name)
                    column = node.name.rpartition(".")[2].strip('"')
                    parents.add((relation, written.get(relation, {}).get(column.lower(), column)))
        return found
    except SqlglotError as error:
        log.warning("no column lineage: %s", error)
        return {}


def relation_of(node: Mapping[str, Any]) -> Relation:
    return node["schema"], node.get("identifier") or node.get("alias") or node["name"]


def parents_of(
    node: Mapping[str, Any],
    nodes: Mapping[str, Any],
    sql: str,
    columns: Mapping[Relation, Mapping[str, str]],
    dialect: str = "duckdb",
) -> dict[str, set[tuple[Relation, str]]]:
    """The parents of each column of one model, by its compiled SQL.

    nodes: the manifest's nodes and sources. columns: those of every relation of the build.
    """
    read = [relation_of(nodes[parent]) for parent in node["depends_on"]["nodes"] if parent in nodes]
    # An incremental model reads itself too.
    read.append(relation_of(node))
    found = column_parents(sql, {relation: columns.get(relation, {}) for relation in read}, dialect)
    written = {name.lower(): name for name in columns.get(relation_of(node), {})}
    return {written.get(name.lower(), name): parents for name, parents in found.items()}


def keep(target: Path, invocation_id: str | None, parents: Mapping[Relation, Parents]) -> None:
    """Write the parents that one dbt invocation's models have, for whoever publishes that build."""
    _write(target / PARENTS_FILE, invocation_id, parents)


def kept(target: Path, invocation_id: str) -> dict[Relation, Parents] | None:
    """What `keep` wrote for this invocation; None if it wrote nothing."""
    return _read(target / PARENTS_FILE, invocation_id)


def _write(path: Path, of: str | None, parents: Mapping[Relation, Parents]) -> None:
    entries = {
        f"{schema}.{table}": {column: sorted((*of, name) for of, name in found) for column, found in columns.items()}
        for (schema, table), columns in parents.items()
    }
    write_whole(path, json.dumps({"of": of, "parents": entries}))


def _read(path: Path, of: str) -> dict[Relation, Parents] | None:
    try:
        entries = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if entries.get("of") != of:
        return None
    out: dict[Relation, Parents] = {}
    for name, columns in entries["parents"].items():
        schema, _, table = name.partition(".")
        out[schema, table] = {c: {((s, t), n) for s, t, n in found} for c, found in columns.items()}
    return out


def all_parents(
    manifest: Mapping[str, Any],
    compiled: Mapping[str, str | None],
    columns: Mapping[Relation, Mapping[str, str]],
    kept_in: Path | None = None,
    code: str = "",
) -> dict[Relation, Parents]:
    """The parents of every built model's columns.

    kept_in: a folder that keeps what was traced. Tracing takes seconds, and on most nights neither the code (its
    digest) nor a model's SQL nor any column differs from the last.
    """
    read = [
        code,
        sorted(compiled.items()),
        sorted((relation, list(kinds.items())) for relation, kinds in columns.items()),
    ]
    digest = hashlib.sha256(json.dumps(read).encode()).hexdigest()
    if kept_in and (known := _read(kept_in / TRACED_FILE, digest)) is not None:
        return known
    nodes = {**manifest["nodes"], **manifest["sources"]}
    # dbt's adapters are named as sqlglot's dialects
    dialect = manifest.get("metadata", {}).get("adapter_type") or "duckdb"
    found: dict[Relation, Parents] = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "model" and (sql := compiled.get(unique_id)):
            found[relation_of(node)] = parents_of(node, nodes, sql, columns, dialect)
    if kept_in:
        _write(kept_in / TRACED_FILE, digest, found)
    return found


class Sources:
    """From a column to the fields of the datasets and of our own tables that it is computed from."""

    def __init__(self, manifest: Mapping[str, Any], parents: Mapping[Relation, Parents]) -> None:
        self._parents = parents
        self._seeds = {relation_of(n) for n in manifest["nodes"].values() if n["resource_type"] == "seed"}
        self._raw = {relation_of(n) for n in manifest["sources"].values()}
        self._known: dict[tuple[Relation, str], frozenset[tuple[str, str]] | None] = {}

    def edges(self, published: Mapping[Relation, Collection[str]]) -> Iterator[tuple[Relation, str, Relation, str]]:
        """Each column with each of its own parents: of the published ones, and of every model before them.

        Yields (relation, column, parent relation, parent column), in order, each once. A column that no column goes
        into (a count of rows, a constant) and one whose SQL could not be traced yield nothing.
        """
        waiting = sorted((relation, column) for relation, columns in published.items() for column in columns)
        seen = set(waiting)
        while waiting:
            before: set[tuple[Relation, str]] = set()
            for relation, column in waiting:
                for parent, parent_column in sorted(self._parents.get(relation, {}).get(column, ())):
                    if (parent, parent_column) != (relation, column):
                        yield relation, column, parent, parent_column
                        before.add((parent, parent_column))
            waiting = sorted(before - seen)
            seen |= before

    def fields(self, relation: Relation, column: str) -> frozenset[tuple[str, str]] | None:
        """(dataset or own table, field) pairs; empty where none goes in, None if the SQL could not be traced.

        A dataset is named source/name; one of our own tables seeds/name; a table about the landing folder landing/name.
        """
        asked = (relation, column)
        if asked not in self._known:
            # a model that reads itself adds nothing to itself
            self._known[asked] = frozenset()
            self._known[asked] = self._found(relation, column)
        return self._known[asked]

    def _found(self, relation: Relation, column: str) -> frozenset[tuple[str, str]] | None:
        schema, name = relation
        if relation in self._raw:
            return frozenset({(name.replace("__", "/", 1) if "__" in name else f"landing/{name}", column)})
        if relation in self._seeds:
            return frozenset({(f"seeds/{name}", column)})
        traced = self._parents.get(relation, {})
        if column not in traced:
            log.warning("%s.%s.%s: its sources could not be traced", schema, name, column)
            return None
        found: set[tuple[str, str]] = set()
        for parent, parent_column in traced[column]:
            fields = self.fields(parent, parent_column)
            if fields is None:
                return None
            found |= fields
        return frozenset(found)

    def text(self, relation: Relation, column: str) -> str | None:
        """The dictionary's words: ``usaspending/awards (Award Amount); seeds/states (fips)``; null where none."""
        fields = self.fields(relation, column)
        if fields is None:
            return NOT_KNOWN
        by_dataset: dict[str, list[str]] = {}
        for dataset, name in sorted(fields):
            by_dataset.setdefault(dataset, []).append(name)
        return "; ".join(f"{dataset} ({', '.join(names)})" for dataset, names in by_dataset.items()) or None
