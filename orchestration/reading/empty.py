"""Why an answer has no rows: nothing was captured, nothing for this place or that day, or there really is none.

What belongs here: the explanation, derived from what the release records about its own content (queries/subjects.toml
lists the subjects). What does not: places that do not exist and wrong parameters, which are refused before the query
runs (questions).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
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
    if held:
        known = f", from {first} to {last}" if first else ""
        if isinstance(first, date) and (asked := _day(values)) and asked < first:
            return (
                f"Nothing is known of {asked}{of_what}: the {subject.name} that this release holds begin on {first}."
                " An earlier day has no answer, which is not a none."
            )
        rest = _rest(values, labels)
        of_those = f"of the {held:,} {subject.name} that this release holds{of_what}{known}, none meets {rest}."
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
