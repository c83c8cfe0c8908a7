"""Columns of the models in Dagster: rows on each materialization, types and column lineage on the definitions.

What belongs here: converting these to Dagster's types, and keeping what the last build found for whoever loads the
definitions next. What does not: tracing columns (release.columns), running dbt (warehouse).

Types and lineage change with the code, not with the night. On each materialization they would be most of Dagster's
records: 6 of 13 MB of a whole build's events.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from orchestration.files import write_whole
from orchestration.release.columns import Built, Parents, Relation, relation_of

COLUMNS_FILE = "columns.json"
# What dagster-dbt writes at each table and test, and the definition or the asset's name says already.
_NOT_OF_A_NIGHT = ("dagster/column_schema", "unique_id", "invocation_id")
# By node of dbt's manifest: each column's type, and for each traced column the columns of assets that it is computed
# from.
Kept = dict[str, dict[str, Any]]


def describe(
    events: Iterator[Any], built: Built, manifest: Mapping[str, Any], parents: Mapping[Relation, Parents],
    translator: DagsterDbtTranslator, target: Path,
) -> Iterator[Any]:  # fmt: skip
    """The dbt events with the rows of each model and without dbt's ids; its columns are kept in dbt's target folder."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    _keep(target, nodes, built, parents, translator)
    for event in events:
        unique_id = (getattr(event, "metadata", None) or {}).get("unique_id")
        node = nodes.get(getattr(unique_id, "value", unique_id) or "")
        metadata = {name: value for name, value in (event.metadata or {}).items() if name not in _NOT_OF_A_NIGHT}
        if isinstance(event, dg.AssetCheckResult):
            yield event._replace(metadata=metadata)
            continue
        if node is not None and (rows := built.rows.get(relation_of(node))) is not None:
            metadata["dagster/row_count"] = rows
        yield event.with_metadata(metadata)


def _keep(
    target: Path, nodes: Mapping[str, Any], built: Built, parents: Mapping[Relation, Parents],
    translator: DagsterDbtTranslator,
) -> None:  # fmt: skip
    """Write what is known of every model's columns; a model that was not built keeps what it had."""
    of_kind = {key: node for key, node in nodes.items() if node["resource_type"] in ("model", "seed", "source")}
    assets = {relation_of(node): translator.get_asset_key(node).path for node in of_kind.values()}
    before = kept(target)
    found: Kept = {}
    for unique_id, node in of_kind.items():
        relation = relation_of(node)
        types = built.columns.get(relation)
        if node["resource_type"] == "source" or types is None:
            continue
        lineage = before.get(unique_id, {}).get("lineage", {})
        if relation in parents:
            lineage = {
                column: [[assets[parent], name] for parent, name in sorted(of) if parent in assets]
                for column, of in parents[relation].items()
            }
        found[unique_id] = {"types": dict(types), "lineage": lineage}
    write_whole(target / COLUMNS_FILE, json.dumps(found, separators=(",", ":")))


def kept(target: Path) -> Kept:
    """What the last build of this home found; empty before the first."""
    try:
        found: Kept = json.loads((target / COLUMNS_FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def of_definition(node: Mapping[str, Any], known: Kept) -> dict[str, Any]:
    """Metadata for the definition of a model or seed: its columns' types and texts, and what they are computed from."""
    found = known.get(node["unique_id"])
    if found is None:
        return {}
    texts = {column["name"]: column.get("description") for column in node.get("columns", {}).values()}
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, kind, description=texts.get(name)) for name, kind in found["types"].items()]
        )
    }
    if found["lineage"]:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(dg.AssetKey(key), name) for key, name in of]
                for column, of in found["lineage"].items()
            }
        )
    return metadata
