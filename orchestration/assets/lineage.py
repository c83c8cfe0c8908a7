"""What a built model tells Dagster: rows, column schema, column lineage.

What belongs here: reading the finished build once, and tracing each column of
the compiled SQL to its parents' columns (sqlglot, one scope a model). What
does not: running dbt (warehouse).
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

log = logging.getLogger(__name__)

Relation = tuple[str, str]


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


def column_parents(sql: str, columns: Mapping[Relation, Mapping[str, str]]) -> dict[str, set[tuple[Relation, str]]]:
    """For each column of a compiled model: the (relation, column) pairs that it is computed from.

    A model that sqlglot cannot read has no lineage, and the log says so: it is an aid, not a gate.
    """
    schema = MappingSchema(dialect="duckdb")
    for (db, table), kinds in columns.items():
        schema.add_table(exp.table_(table, db=db, quoted=True), dict(kinds), dialect="duckdb")
    try:
        tree = parse_one(sql, dialect="duckdb")
        # relations are known by schema and name: the catalog is the build file's stem and says nothing
        for table_ in tree.find_all(exp.Table):
            table_.set("catalog", None)
        qualified = qualify(tree, schema=schema, dialect="duckdb", validate_qualify_columns=False)
        scope = build_scope(qualified)
        found: dict[str, set[tuple[Relation, str]]] = {}
        for name in qualified.named_selects:  # type: ignore[attr-defined]
            parents = found.setdefault(name, set())
            # trim_selects would copy the whole statement for each column: nine tenths of the time, for pictures of ours
            traced = lineage(name, qualified, schema, scope=scope, dialect="duckdb", copy=False, trim_selects=False)
            for node in traced.walk():
                if isinstance(node.source, exp.Table) and not node.downstream:
                    parents.add(((node.source.db, node.source.name), node.name.rpartition(".")[2].strip('"')))
        return found
    except SqlglotError as error:
        log.warning("no column lineage: %s", error)
        return {}


def describe(
    events: Iterator[Any], built: Built, manifest: Mapping[str, Any], compiled: Mapping[str, str],
    translator: DagsterDbtTranslator,
) -> Iterator[Any]:  # fmt: skip
    """The dbt events with rows, schema and lineage on each model's materialization."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    keys = {
        (node["schema"], node.get("identifier") or node.get("alias") or node["name"]): translator.get_asset_key(node)
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed", "source")
    }
    for event in events:
        unique_id = (getattr(event, "metadata", None) or {}).get("unique_id")
        node = nodes.get(getattr(unique_id, "value", unique_id) or "")
        if node is None or node["resource_type"] not in ("model", "seed") or isinstance(event, dg.AssetCheckResult):
            yield event
            continue
        relation = (node["schema"], node.get("alias") or node["name"])
        metadata: dict[str, Any] = {"dagster/column_schema": _schema(node, built.columns.get(relation, {}))}
        if relation in built.rows:
            metadata["dagster/row_count"] = built.rows[relation]
        if sql := compiled.get(node["unique_id"]):
            parents = column_parents(sql, _parents_columns(node, nodes, built))
            metadata["dagster/column_lineage"] = _lineage(parents, keys)
        yield event.with_metadata({**event.metadata, **metadata})


def _parents_columns(
    node: Mapping[str, Any], nodes: Mapping[str, Any], built: Built
) -> dict[Relation, Mapping[str, str]]:
    found = {}
    for parent in node["depends_on"]["nodes"]:
        props = nodes.get(parent)
        if props is not None:
            relation = (props["schema"], props.get("identifier") or props.get("alias") or props["name"])
            found[relation] = built.columns.get(relation, {})
    return found


def _schema(node: Mapping[str, Any], columns: Mapping[str, str]) -> dg.TableSchema:
    told = {column["name"]: column.get("description") for column in node.get("columns", {}).values()}
    return dg.TableSchema([dg.TableColumn(name, kind, description=told.get(name)) for name, kind in columns.items()])


def _lineage(
    parents: Mapping[str, set[tuple[Relation, str]]], keys: Mapping[Relation, dg.AssetKey]
) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(keys[relation], name) for relation, name in sorted(found) if relation in keys]
            for column, found in parents.items()
        }
    )
