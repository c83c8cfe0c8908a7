"""What changed between two releases: row by row in sentences, then rows by table and sums of money and counts.

What belongs here: what `clawback diff` answers. What does not: comparing rows (release.changes), why they changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from orchestration.reading.places import Place
from orchestration.release import changes as by_row
from orchestration.release import history, keys, layout
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
    # What changed row by row, notable ones first; None if neither release states its keys.
    rows: list[by_row.Change] | None = None
    # The one place whose changes these are; None for all.
    place: str | None = None

    def to_json(self) -> dict[str, Any]:
        rows = None if self.rows is None else by_row.rows(self.rows, self.older)
        return {**{name: value for name, value in asdict(self).items() if name != "rows"}, "rows": rows}

    def to_text(self) -> str:
        new = len(self.captures_new)
        captures = f"{new} {'capture' if new == 1 else 'captures'} new, {len(self.captures_gone)} gone"
        lines = [f"{self.older} -> {self.newer}: {captures}"]
        if self.rows is None:
            lines.append("  rows are not compared: these releases do not state their keys")
        # what moved from one unit to another is told of both
        told = {(change.sentence, change.row_key): None for change in self.rows or ()}
        lines += [f"  {sentence}" for sentence, _ in told]
        for change in self.changes:
            older, newer = (f"{n:,.0f}" if n is not None else "none" for n in (change.older, change.newer))
            lines.append(f"  {change.what}: {older} -> {newer}")
        if self.place is not None and not self.rows and self.rows is not None:
            lines.append(f"  nothing that is told row by row changed of {self.place}")
        elif self.place is None and not self.changes and not self.rows:
            lines.append("  no table changed its rows or sums")
        return "\n".join(lines)


def between(settings: Settings, older_id: str, newer_id: str, *, place: Place | None = None) -> Differences:
    """What changed row by row; rows of every table and the sums people quote, where they differ.

    place: only the changes of this one. Raises history.NoSuchRelease.
    """
    older, newer = history.find(settings, older_id), history.find(settings, newer_id)
    found = [
        Change(f"rows of {table}", older.rows.get(table), newer.rows.get(table))
        for table in sorted(set(older.rows) | set(newer.rows))
        if older.rows.get(table) != newer.rows.get(table)
    ]
    with duckdb.connect() as connection:
        layout.attach(connection, older.path, "older")
        layout.attach(connection, newer.path, "newer")
        known = keys.of_release(connection, "newer") or keys.of_release(connection, "older")
        rows = by_row.between(connection, "older", "newer", known) if known else None
        for table, columns in SUMS.items():
            if table not in older.rows or table not in newer.rows:
                continue
            for column in columns:
                before, after = (
                    (connection.execute(f"select sum({column}) from {side}.{table}").fetchone() or (None,))[0]
                    for side in ("older", "newer")
                )
                if before != after:
                    found.append(Change(f"sum of {table}.{column}", _number(before), _number(after)))
    if place is not None:
        # by its key: a printed name that is matched to no unit has no GEOID
        found = []
        rows = None if rows is None else [change for change in rows if change.jurisdiction_key == place.key]
    gone, new = set(older.captures) - set(newer.captures), set(newer.captures) - set(older.captures)
    of = None if place is None else str(place)
    return Differences(older.id, newer.id, sorted(gone), sorted(new), found, rows, of)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
