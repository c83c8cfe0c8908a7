"""The tables that a release writes about itself, beside those that dbt made: schema meta.

What belongs here: their columns, types and descriptions, and the rows of the release and of its checks. What does not:
writing them (publish).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestration import __version__
from orchestration.release import accepted
from orchestration.release.audit import Audit
from orchestration.release.history import Release
from orchestration.settings import Settings

# The tables that only a publication can fill, described as dbt describes the others.
RELEASE_TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "release": (
        "Grain: one row. Which release this file is.",
        {
            "release_id": ("varchar", "YYYY.MM.DD of the publication, .n for the next ones of a day. Never null."),
            "built_at": ("timestamp", "When it was published, UTC. Never null."),
            "run_id": ("varchar", "Dagster run that made it. Never null."),
            "edition": ("varchar", "recorded or live. Never null."),
            "as_of": ("date", "Only captures retrieved by this day were read; null where all were."),
            "software": ("varchar", "Version of Clawback. Never null."),
            "code_digest": ("varchar", "sha256 of the code that turned captures into tables, hex. Never null."),
            "captures": ("bigint", "Captures that were read, count. Never null."),
            "previous_release": ("varchar", "The release that served before; null for the first."),
        },
    ),
    "check_result": (
        "Grain: one row per check of the gate. Every check that this release passed, or was accepted with a reason.",
        {
            "check_name": ("varchar", "The check. Never null."),
            "check_kind": ("varchar", "dbt test, dbt unit test or release check. Never null."),
            "severity": ("varchar", "error or warn. Never null."),
            "status": ("varchar", "pass, warn or fail (accepted). Never null."),
            "failures": ("bigint", "Rows that fail it, count. Never null."),
            "detail": ("varchar", "What was found; null for dbt's tests."),
            "accepted_because": ("varchar", "Why a failure was accepted; null where nothing had to be."),
            "accepted_since": ("varchar", "First release in a row that carries it accepted; null as its reason is."),
        },
    ),
    "column_dictionary": (
        "Grain: one row per published column. What each column means, its unit, and where it comes from.",
        {
            "table_schema": ("varchar", "Schema. Never null."),
            "table_name": ("varchar", "Table. Never null."),
            "column_name": ("varchar", "Column. Never null."),
            "data_type": ("varchar", "Type. Never null."),
            "description": ("varchar", "What it means, its unit, what null means. Never null."),
            "comes_from": (
                "varchar",
                "Fields that the column's values are computed from, by dataset (source/dataset), by table of ours"
                " (seeds/...) and by what the landing folder says (landing/...); 'not told' where the SQL could not be"
                " traced; null where no field goes in: a count of rows, a constant, a table of the publication. What a"
                " join or a filter compares is not among them: made_by names every table on the way.",
            ),
            "made_by": (
                "varchar",
                "Models and seeds between the datasets and the table, nearest first; null for tables of the"
                " publication.",
            ),
        },
    ),
    "column_lineage": (
        "Grain: one row per column and parent column. The columns that each column's value is computed from, in the"
        " table before it: of every published table, and of every model between them and the captured fields.",
        {
            "table_schema": (
                "varchar",
                "Schema of the column; staging and intermediate are not published. Never null.",
            ),
            "table_name": ("varchar", "Table of the column. Never null."),
            "column_name": ("varchar", "Column. Never null."),
            "parent_schema": (
                "varchar",
                "Schema of the parent: raw is a captured dataset, seeds a table of ours. Never null.",
            ),
            "parent_table": ("varchar", "Table of the parent; in raw the dataset, source__dataset. Never null."),
            "parent_column": ("varchar", "Column or captured field that goes into the value. Never null."),
        },
    ),
}


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
