"""Columns of the models in Dagster: rows on each materialization, types and column lineage on the definitions.

What belongs here: converting these to Dagster's types, and keeping what the last build found for whoever loads the
definitions next. What does not: tracing columns (release.columns), running dbt (warehouse).

Types and lineage change with the code, not with the night. On each materialization they would be most of Dagster's
records: 6 of 13 MB of a whole build's events.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation

from orchestration.files import write_whole
from orchestration.release.columns import Built, Parents, Relation, relation_of

COLUMNS_FILE = "columns.json"
# What dagster-dbt writes at each table and test, and the definition or the asset's name says already.
_NOT_OF_A_NIGHT = ("dagster/column_schema", "unique_id", "invocation_id")
# What dbt says of a table that was made (dbt_project/macros/table_in_one_statement.sql) and of a seed that was loaded.
_ROWS = re.compile(r"(?:INSERT )?(\d+)(?: rows)?")
# By node of dbt's manifest: each column's type, and for each traced column the columns of assets that it is computed
# from.
Kept = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Event:
    """What dbt says of one node that has ended, as Dagster's event, and the rows of the table that it made.

    rows: null for a view and a check, and where dbt did not count.
    """

    event: Any
    node: Mapping[str, Any]
    rows: int | None = None

    @property
    def is_check(self) -> bool:
        return isinstance(self.event, dg.AssetCheckResult)

    @property
    def is_counted(self) -> bool:
        """Whether nothing more is to be known of it: views and tests have no rows."""
        has_none = self.node["resource_type"] == "test" or self.node["config"]["materialized"] == "view"
        return has_none or self.rows is not None

    def told(self, rows_of: Mapping[Relation, int] = MappingProxyType({})) -> Any:
        """The event with its rows and without dbt's ids. rows_of: where dbt did not count."""
        metadata = {name: value for name, value in (self.event.metadata or {}).items() if name not in _NOT_OF_A_NIGHT}
        if self.is_check:
            return self.event._replace(metadata=metadata)
        rows = self.rows if self.rows is not None else rows_of.get(relation_of(self.node))
        if rows is not None:
            metadata["dagster/row_count"] = rows
        return self.event.with_metadata(metadata)


def counted(invocation: DbtCliInvocation) -> Iterator[Event]:
    """The events of a running build as they come, as `invocation.stream` gives them, each with its node and rows."""
    nodes = invocation.manifest["nodes"]
    rows: dict[str, int] = {}
    for said in invocation.stream_raw_events():
        data = said.raw_event["data"]
        unique_id = data.get("node_info", {}).get("unique_id", "")
        words = (str(data.get(name, "")) for name in ("status", "result_message", "msg"))
        if found := next(filter(None, map(_ROWS.fullmatch, words)), None):
            rows[unique_id] = int(found[1])
        for event in said.to_default_asset_events(
            manifest=invocation.manifest,
            dagster_dbt_translator=invocation.dagster_dbt_translator,
            context=invocation.context,
            target_path=invocation.target_path,
            project=invocation.project,
        ):
            yield Event(event, nodes[unique_id], rows.get(unique_id))


def keep(
    target: Path, manifest: Mapping[str, Any], built: Built, parents: Mapping[Relation, Parents],
    translator: DagsterDbtTranslator,
) -> None:  # fmt: skip
    """Write what is known of every model's columns; a model that was not built keeps what it had."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
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
