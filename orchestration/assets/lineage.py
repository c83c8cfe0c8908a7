"""Metadata of a built model in Dagster: rows, column types, column lineage.

What belongs here: converting these to Dagster's types. What does not: tracing columns (release.columns), running dbt
(warehouse).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from orchestration.release.columns import Built, Parents, Relation, relation_of


def describe(
    events: Iterator[Any], built: Built, manifest: Mapping[str, Any], parents: Mapping[Relation, Parents],
    translator: DagsterDbtTranslator,
) -> Iterator[Any]:  # fmt: skip
    """The dbt events with rows, schema and lineage on each model's materialization."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    keys = {
        relation_of(node): translator.get_asset_key(node)
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed", "source")
    }
    for event in events:
        unique_id = (getattr(event, "metadata", None) or {}).get("unique_id")
        node = nodes.get(getattr(unique_id, "value", unique_id) or "")
        if node is None or node["resource_type"] not in ("model", "seed") or isinstance(event, dg.AssetCheckResult):
            yield event
            continue
        relation = relation_of(node)
        metadata: dict[str, Any] = {"dagster/column_schema": _schema(node, built.columns.get(relation, {}))}
        if relation in built.rows:
            metadata["dagster/row_count"] = built.rows[relation]
        if relation in parents:
            metadata["dagster/column_lineage"] = _lineage(parents[relation], keys)
        yield event.with_metadata({**event.metadata, **metadata})


def _schema(node: Mapping[str, Any], columns: Mapping[str, str]) -> dg.TableSchema:
    texts = {column["name"]: column.get("description") for column in node.get("columns", {}).values()}
    return dg.TableSchema([dg.TableColumn(name, kind, description=texts.get(name)) for name, kind in columns.items()])


def _lineage(parents: Parents, keys: Mapping[Relation, dg.AssetKey]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(keys[relation], name) for relation, name in sorted(found) if relation in keys]
            for column, found in parents.items()
        }
    )
