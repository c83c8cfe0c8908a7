"""The tables that a release writes about itself, beside those that dbt made: in schema meta.

What belongs here: the list of these tables, their columns and types, and the rows about the release and its checks.
What does not: what a column means (dictionary), writing them (described).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestration import __version__
from orchestration.release import accepted
from orchestration.release.audit import Audit
from orchestration.release.history import Release
from orchestration.settings import Settings

# The tables that only a publication can fill: what each is, and its columns with their types. Each column is described
# by the entry TABLE__COLUMN of dbt_project/columns.toml.
RELEASE_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "release": (
        "Grain: one row. Which release this file is.",
        {
            "release_id": "varchar",
            "built_at": "timestamp",
            "run_id": "varchar",
            "edition": "varchar",
            "as_of": "date",
            "software": "varchar",
            "code_digest": "varchar",
            "captures": "bigint",
            "previous_release": "varchar",
        },
    ),
    "check_result": (
        "Grain: one row per check of the gate. Every check that this release passed, or was accepted with a reason.",
        {
            "check_name": "varchar",
            "check_kind": "varchar",
            "severity": "varchar",
            "status": "varchar",
            "failures": "bigint",
            "detail": "varchar",
            "accepted_because": "varchar",
            "accepted_since": "varchar",
        },
    ),
    "column_dictionary": (
        "Grain: one row per published column. What each column means, its unit, and where it comes from.",
        {
            "table_schema": "varchar",
            "table_name": "varchar",
            "column_name": "varchar",
            "data_type": "varchar",
            "description": "varchar",
            "unit": "varchar",
            "additivity": "varchar",
            "comes_from": "varchar",
            "made_by": "varchar",
        },
    ),
    "column_lineage": (
        "Grain: one row per column and parent column. The columns that each column's value is computed from, in the"
        " table before it: of every published table, and of every model between them and the captured fields.",
        {
            "table_schema": "varchar",
            "table_name": "varchar",
            "column_name": "varchar",
            "parent_schema": "varchar",
            "parent_table": "varchar",
            "parent_column": "varchar",
        },
    ),
    "relationship": (
        "Grain: one row per key. The primary, unique and foreign keys of the published tables. The tests of every build"
        " prove them; the file has no constraints.",
        {
            "from_schema": "varchar",
            "from_table": "varchar",
            "from_columns": "varchar",
            "kind": "varchar",
            "to_schema": "varchar",
            "to_table": "varchar",
            "to_columns": "varchar",
        },
    ),
    "change": (
        "Grain: one row per change. What differs from the release before: rows that are new, gone or changed, in a"
        " sentence, notable ones first. Empty in the first release of an edition. Of many changes of one kind the"
        " first are listed and the rest counted.",
        {
            "change_no": "bigint",
            "since_release": "varchar",
            "kind": "varchar",
            "is_notable": "boolean",
            "sentence": "varchar",
            "table_schema": "varchar",
            "table_name": "varchar",
            "row_key": "varchar",
            "changed_column": "varchar",
            "value_before": "varchar",
            "value_after": "varchar",
            "difference": "double",
            "changed_rows": "bigint",
            "jurisdiction_key": "varchar",
            "geoid": "varchar",
            "capture_id": "varchar",
        },
    ),
}

# What singles out a row of each.
KEYS: dict[str, tuple[str, ...]] = {
    "release": ("release_id",),
    "check_result": ("check_name", "check_kind"),
    "column_dictionary": ("table_schema", "table_name", "column_name"),
    "column_lineage": (
        "table_schema", "table_name", "column_name", "parent_schema", "parent_table", "parent_column",
    ),
    "relationship": ("from_schema", "from_table", "from_columns", "kind"),
    "change": ("change_no",),
}  # fmt: skip


def own_rows(
    settings: Settings, audit: Audit, release_id: str, built_at: datetime, last: Release | None
) -> dict[str, list[dict[str, Any]]]:
    """The rows of meta.release and meta.check_result."""
    marker = audit.marker
    return {
        "release": [{
            "release_id": release_id, "built_at": built_at.replace(tzinfo=None), "run_id": marker.run_id,
            "edition": marker.edition, "as_of": marker.as_of, "software": __version__,
            "code_digest": marker.code_digest, "captures": len(marker.captures),
            "previous_release": last.id if last else None,
        }],
        "check_result": [{
            "check_name": c.name, "check_kind": c.kind, "severity": c.severity, "status": c.status,
            "failures": c.failures, "detail": c.detail, "accepted_because": c.accepted_because,
            "accepted_since": (accepted.since(settings, c.name) or release_id) if c.accepted_because else None,
        } for c in audit.checks],
    }  # fmt: skip
