"""What changed between two releases.

What belongs here: rows by table, and sums of money and counts. What does not: why it changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from orchestration.release import history
from orchestration.settings import Settings

# Sums that people quote: table -> columns that may be added up.
SUMS = {
    "core.fct_award": ("obligated_amount", "outlayed_amount"),
    "core.fct_crime_month": ("offenses", "cleared"),
    "core.fct_victimization_reporting": ("victimizations_interviewed",),
    "core.fct_victimization_reporting_total": ("victimizations_interviewed",),
}


@dataclass(frozen=True)
class Change:
    what: str
    older: float | None
    newer: float | None


@dataclass(frozen=True)
class Differences:
    older: str
    newer: str
    captures_gone: list[str]
    captures_new: list[str]
    changes: list[Change]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        lines = [f"{self.older} -> {self.newer}: {len(self.captures_new)} captures new, {len(self.captures_gone)} gone"]
        for change in self.changes:
            older, newer = (f"{n:,.0f}" if n is not None else "none" for n in (change.older, change.newer))
            lines.append(f"  {change.what}: {older} -> {newer}")
        return "\n".join(lines if self.changes else [*lines, "  no table changed its rows or sums"])


def between(settings: Settings, older_id: str, newer_id: str) -> Differences:
    """Rows of every table and the sums people quote, where they differ. Raises history.NoSuchRelease."""
    older, newer = history.find(settings, older_id), history.find(settings, newer_id)
    changes = [
        Change(f"rows of {table}", older.rows.get(table), newer.rows.get(table))
        for table in sorted(set(older.rows) | set(newer.rows))
        if older.rows.get(table) != newer.rows.get(table)
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{older.path}' as older (read_only)")
        connection.execute(f"attach '{newer.path}' as newer (read_only)")
        for table, columns in SUMS.items():
            if table not in older.rows or table not in newer.rows:
                continue
            for column in columns:
                before, after = (
                    (connection.execute(f"select sum({column}) from {side}.{table}").fetchone() or (None,))[0]
                    for side in ("older", "newer")
                )
                if before != after:
                    changes.append(Change(f"sum of {table}.{column}", _number(before), _number(after)))
    gone, new = set(older.captures) - set(newer.captures), set(newer.captures) - set(older.captures)
    return Differences(older.id, newer.id, sorted(gone), sorted(new), changes)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
