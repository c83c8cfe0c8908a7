"""Why an answer has no rows: nothing was captured, nothing for this place or that day, or there really is none.

What belongs here: the explanation, derived from what the release records about its own content (queries/subjects.toml
lists the subjects). What does not: places that do not exist and wrong parameters, which are refused before the query
runs (questions).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.reading.reader import Connection
from orchestration.settings import QUERIES_DIR


@dataclass(frozen=True)
class Subject:
    """What a question is about; the fields are described at the head of queries/subjects.toml."""

    name: str
    datasets: tuple[str, ...]
    held: str
    places: str
    partial: str
    bring: str


@cache
def subjects(folder: Path = QUERIES_DIR) -> dict[str, Subject]:
    """Every subject by its name in queries/subjects.toml."""
    tables = tomllib.loads((folder / "subjects.toml").read_text(encoding="utf-8"))
    return {name: Subject(**{**table, "datasets": tuple(table["datasets"])}) for name, table in tables.items()}


def why(
    connection: Connection,
    subject: Subject,
    values: Mapping[str, Any],
    labels: Mapping[str, str],
) -> str:
    """One or two sentences that say why a question without rows has none.

    values: the parameters as the SQL got them; labels: the same in words (a place's name, a tracker's).
    """
    of_what = _of(values, labels)
    in_all = _first(connection, _IN_ALL, {"datasets": list(subject.datasets)})
    if subject.datasets and not in_all[0]:
        return (
            f"Nothing is captured of {subject.name} (datasets: {', '.join(subject.datasets)}), so this is not a none."
            f" To bring it: {subject.bring}"
        )
    held, first, last = _first(connection, subject.held, values)
    partial = _first(connection, subject.partial, values)[0]
    if held and (ended := _ended(connection, values, labels)):
        return ended
    if held:
        known = f", from {first} to {last}" if first else ""
        if isinstance(first, date) and (asked := _day(values)) and asked < first:
            return (
                f"Nothing is known of {asked}{of_what}: the {subject.name} that this release holds begin on {first}."
                " An earlier day has no answer, which is not a none."
            )
        rest = _rest(values, labels)
        of_those = f"of the {subject.name} that this release holds{of_what} ({held:,}{known}), none meets {rest}."
        if partial:
            return f"No row: {of_those} That is not a none: {partial}. To bring more: {subject.bring}"
        return f"None: {of_those}"
    places = _first(connection, subject.places, {})[0]
    if partial:
        where = f"; it holds them for {places:,} {'place' if places == 1 else 'places'}" if places else ""
        return (
            f"This release holds no {subject.name}{of_what}{where}. That is not a none: {partial}."
            f" To bring more: {subject.bring}"
        )
    if "tracker" in values:
        return f"No list{of_what} is captured, so this is not a none. To bring it: {subject.bring}"
    return f"None: the captures of {subject.name} are whole, and hold none{of_what}."


def _ended(connection: Connection, values: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Why a tracker's list has nobody on it on the day asked for (else today); empty if it stands or had not begun."""
    if not values.get("tracker"):
        return ""
    asked = _day(values)
    standing, last_on, because = _first(connection, _STANDING, {**values, "asked": asked or date.max})
    if standing or last_on is None:
        return ""
    if because == "list withdrawn":
        return f"None: {labels['tracker']} was withdrawn by {last_on}, and nobody is on it since."
    if because != "nothing known after":
        return ""
    which = "each list captured by then" if values["tracker"] == "all" else labels["tracker"]
    unknown = f"of {asked} from it" if asked else f"of it from {last_on} on"
    return f"No row: {which} speaks of its own day, and nothing is known {unknown}, which is not a none."


# The listings that stand on a day, and when and why the last ones before it ended.
_STANDING = """
select
    count(*) filter (listings.listed_from <= $asked and (listings.listed_to is null or listings.listed_to > $asked)),
    max(listings.listed_to) filter (listings.listed_to <= $asked),
    arg_max(listings.listed_to_because, listings.listed_to) filter (listings.listed_to <= $asked)
from core.fct_tracker_listing as listings
join core.dim_tracker as trackers using (tracker_key)
where $tracker in ('all', trackers.tracker_code)
"""
_IN_ALL = "select coalesce(sum(records), 0) from meta.source_status where list_contains($datasets, dataset)"
_DAYS = ("as_of", "day", "to")


def _first(connection: Connection, sql: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    wanted = {name: values.get(name) for name in set(re.findall(r"\$(\w+)", sql))}
    return connection.execute(sql, wanted or None).fetchall()[0]


def _day(values: Mapping[str, Any]) -> date | None:
    for name in _DAYS:
        if values.get(name):
            return date.fromisoformat(values[name])
    return None


def _of(values: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    if "jurisdiction" in values:
        return f" of {labels['jurisdiction']}"
    return f" of {labels['tracker']}" if "tracker" in values else ""


def _rest(values: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    rest = [f"{name} = {labels[name]}" for name in values if name not in ("jurisdiction", "tracker") and values[name]]
    return " and ".join(rest) or "what the question asks"


def of_tables(connection: Connection, tables: Sequence[tuple[str, str]]) -> str:
    """Why a statement that names these tables has no row: which of them are empty, what is not captured, what to do."""
    counts = {f"{s}.{t}": _first(connection, f'select count(*) from "{s}"."{t}"', {})[0] for s, t in tables}
    if not counts:
        which = "select schema_name, table_name from duckdb_tables()"
        return f"The statement has no row; it reads no table of the release. Which there are: {which}"
    bare = [name for name, rows in counts.items() if not rows]
    if not bare:
        rows = "; ".join(f"{name} holds {rows:,} {'row' if rows == 1 else 'rows'}" for name, rows in counts.items())
        return f"None meets the conditions: {rows}."
    return " ".join(_why_bare(connection, name) for name in bare)


# A release's list of changes is empty if it was compared with none, or if nothing differed.
_CHANGES = "meta.change"


def _why_no_change(connection: Connection) -> str:
    (previous,) = connection.execute("select previous_release from meta.release").fetchall()[0]
    if previous is None:
        return f"{_CHANGES} is empty: this is the first release here, and there is none before it to compare with."
    return (
        f"{_CHANGES} is empty: nothing changed since the release before it of the same edition, or there is none"
        f" that it could be compared with. `clawback diff {previous} RELEASE` compares any two."
    )


def _why_bare(connection: Connection, table: str) -> str:
    if table == _CHANGES:
        return _why_no_change(connection)
    missing = connection.execute(
        "select distinct s.dataset, s.state, s.reason from meta.column_dictionary as d, meta.source_status as s"
        " where d.table_schema || '.' || d.table_name = ? and s.records = 0"
        " and list_contains("
        "regexp_extract_all(d.comes_from, '(?:^|; )([a-z0-9_/]+) [(]', 1), replace(s.dataset, '__', '/'))"
        " order by 1",
        [table],
    ).fetchall()
    if not missing:
        return f"{table} is empty, though all that it is made from is captured: this release has none."
    listed = "; ".join(f"{name} ({reason or state})" for name, state, reason in missing)
    bring = [subject.bring for subject in subjects().values() if {name for name, *_ in missing} & set(subject.datasets)]
    way = f" To bring it: {bring[0]}" if bring else " To bring it: clawback status says what each source lacks"
    return f"{table} is empty, which is not a none: nothing is captured of {listed}.{way}"
