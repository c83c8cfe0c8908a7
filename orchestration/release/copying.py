"""Copying a candidate's published tables into the files of a release: DuckDB and Parquet.

What belongs here: each table with its comments, or the view over its Parquet file; the dictionary rows of its columns.
What does not: which schema is in which file and which facts are views (layout), the publication's own tables
(described, own_tables), when a release is made (publish).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.release import columns as lineage
from orchestration.release import described, dictionary, layout
from orchestration.release.checks import PUBLISHED_KINDS
from orchestration.release.findings import Finding, GateRefused

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A release that is being written. connection: has it as `release` (layout.create) and the candidate as `build`.

    fact_rows: rows up to which a fact is in the DuckDB file (layout.is_view).
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    release_id: str
    fact_rows: int | None


def warehouse_file(target: Target, manifest: Manifest, sources_of: lineage.Sources) -> list[described.Column]:
    """Copy the schemas of the warehouse file, in the caller's transaction; the dictionary rows of their columns.

    Raises GateRefused for a table that the project does not have, or that Parquet cannot hold as it is.
    """
    schemas = [schema for schema in layout.PUBLISHED_SCHEMAS if schema not in layout.OWN_FILES]
    return _copy(target, manifest, sources_of, schemas)


def own_files(target: Target, manifest: Manifest, sources_of: lineage.Sources) -> list[described.Column]:
    """As warehouse_file, the schemas with files of their own, each in a transaction: one writes to one file."""
    rows: list[described.Column] = []
    for schema in layout.OWN_FILES:
        target.connection.begin()
        rows += _copy(target, manifest, sources_of, [schema])
        target.connection.commit()
    return rows


def _copy(
    target: Target, manifest: Manifest, sources_of: lineage.Sources, schemas: Iterable[str]
) -> list[described.Column]:
    rows: list[described.Column] = []
    nodes = {
        (node["schema"], node.get("alias") or node["name"]): node
        for node in manifest["nodes"].values()
        if node["resource_type"] in PUBLISHED_KINDS
    }
    for schema in schemas:
        tables = target.connection.execute(
            "select table_name from information_schema.tables where table_catalog = 'build' and table_schema = ?"
            " order by 1",
            [schema],
        ).fetchall()
        for (table,) in tables:
            node = nodes.get((schema, table))
            if node is None:
                raise _refused(f"{schema}.{table} is no model or seed of the project", "dbt_project/")
            kind, types = _put(target, schema, table)
            named = f'{layout.place("release", schema)}."{table}"'
            described.comment(target.connection, f"{kind} {named}", node["description"])
            models = _made_by(node["unique_id"], manifest)
            # in the table's own order; that each is described, and nothing else, the gate has seen
            columns = {column["name"]: column for column in node["columns"].values()}
            for name, data_type in types.items():
                column = columns[name]
                described.comment(target.connection, f'column {named}."{name}"', column["description"])
                entry = dictionary.of_blocks(column.get("doc_blocks", []))
                row = described.column_row(schema, table, name, data_type, column["description"], entry)
                rows.append({**row, "comes_from": sources_of.text((schema, table), name), "made_by": models})
    return rows


def _put(target: Target, schema: str, table: str) -> tuple[str, dict[str, str]]:
    """Make one table, or the view over its Parquet file: which of both it is, and the types of its columns."""
    connection, source = target.connection, f'build.{schema}."{table}"'
    named = f'{layout.place("release", schema)}."{table}"'
    (rows,) = connection.execute(f"select count(*) from {source}").fetchone() or (0,)
    is_view = layout.is_view(schema, table, rows, target.fact_rows)
    if is_view:
        _to_parquet(target, source, schema, table)
        connection.execute(f"create view {named} as {layout.view(target.release_id, schema, table)}")
    else:
        connection.execute(f"create table {named} as from {source}")
    types, built = (
        {name: data_type for name, data_type, *_ in connection.execute(f"describe {one}").fetchall()}
        for one in (named, source)
    )
    if types != built:
        differ = ", ".join(f"{name} {data_type}" for name, data_type in built.items() if types.get(name) != data_type)
        raise _refused(f"{schema}.{table}: Parquet does not hold {differ}", "CLAWBACK_FACT_ROWS_IN_FILE")
    return "view" if is_view else "table", types


def parquet(target: Target) -> None:
    """Write the Parquet file of every table of the release that is no view over it."""
    tables = target.connection.execute(
        f"select schema_name, table_name, place from {layout.catalog('duckdb_tables', 'release')} order by all"
    ).fetchall()
    for schema, table, place in tables:
        _to_parquet(target, f'{place}."{table}"', schema, table)


def _to_parquet(target: Target, named: str, schema: str, table: str) -> None:
    file = target.folder / layout.parquet(schema, table)
    file.parent.mkdir(parents=True, exist_ok=True)
    target.connection.execute(f"copy {named} to {layout.literal(file)} (format parquet, compression zstd)")


def edges(sources_of: lineage.Sources, rows: Iterable[described.Column]) -> list[dict[str, str]]:
    """The rows of meta.column_lineage. rows: of the dictionary."""
    published: dict[lineage.Relation, list[str]] = {}
    for column in rows:
        published.setdefault((column["table_schema"], column["table_name"]), []).append(column["column_name"])
    return [
        {"table_schema": schema, "table_name": table, "column_name": column,
         "parent_schema": parent[0], "parent_table": parent[1], "parent_column": parent_column}
        for (schema, table), column, parent, parent_column in sources_of.edges(published)
    ]  # fmt: skip


def _made_by(unique_id: str, manifest: Manifest) -> str | None:
    """The models and seeds that a model is made of, by the manifest's own graph, nearest first; null where none."""
    models: list[str] = []
    seen, ahead = {unique_id}, deque([unique_id])
    while ahead:
        for parent in sorted(manifest["parent_map"].get(ahead.popleft(), [])):
            if parent not in seen and not parent.startswith("source."):
                seen.add(parent)
                models.append(parent.rpartition(".")[2])
                ahead.append(parent)
    return ", ".join(models) or None


def _refused(what: str, where: str) -> GateRefused:
    return GateRefused([Finding("release", what, where)])
