"""Legistar's payloads: the API's lists, one file of New York's public mirror, saved events with their matters in them.

What belongs here: which form a payload has, and the matters or actions in it under the API's names. What does not: how
the API is asked (legistar), the files that hold payloads (legistar_files).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.forms import jsons
from orchestration.sources.answers import json_of, objects_in
from orchestration.sources.base import renamed
from orchestration.wire import Payload, SourceError, as_text

# New York's public mirror writes the API's fields without their prefix, and some under names of its own.
_MIRROR_MATTER = {
    "ID": "MatterId", "GUID": "MatterGuid", "LastModified": "MatterLastModifiedUtc", "File": "MatterFile",
    "Name": "MatterName", "Title": "MatterTitle", "TypeID": "MatterTypeId", "TypeName": "MatterTypeName",
    "StatusID": "MatterStatusId", "StatusName": "MatterStatusName", "BodyID": "MatterBodyId",
    "BodyName": "MatterBodyName", "IntroDate": "MatterIntroDate", "AgendaDate": "MatterAgendaDate",
    "PassedDate": "MatterPassedDate", "EnactmentDate": "MatterEnactmentDate", "LocalLaw": "MatterEnactmentNumber",
    "Version": "MatterVersion", "Summary": "MatterSummary", "Text": "MatterFullText",
}  # fmt: skip
_MIRROR_HISTORY = {
    "ID": "MatterHistoryId", "GUID": "MatterHistoryGuid", "LastModified": "MatterHistoryLastModifiedUtc",
    "EventID": "MatterHistoryEventId", "AgendaSequence": "MatterHistoryAgendaSequence",
    "MinutesSequence": "MatterHistoryMinutesSequence", "Version": "MatterHistoryVersion",
    "AgendaNote": "MatterHistoryAgendaNote", "MinutesNote": "MatterHistoryMinutesNote",
    "Date": "MatterHistoryActionDate", "ActionID": "MatterHistoryActionId", "Action": "MatterHistoryActionName",
    "Description": "MatterHistoryActionText", "BodyID": "MatterHistoryActionBodyId",
    "BodyName": "MatterHistoryActionBodyName", "PassedFlag": "MatterHistoryPassedFlag",
    "PassedFlagName": "MatterHistoryPassedFlagName", "MatterStatusID": "MatterHistoryMatterStatusId",
}  # fmt: skip
MIRROR_CLIENT = "nyc"
MIRROR_FORM = "mirror"


def is_mirror(held: object) -> bool:
    """Whether a value is one file of the mirror: a matter with its history."""
    return isinstance(held, dict) and {"ID", "File", "History"} <= held.keys()


def _must_be_mirror(dataset: str, payload: Payload, held: object) -> bool:
    """Whether it is a file of the mirror. Raises SourceError where it lies in the mirror's archive and is none."""
    if not is_mirror(held) and payload.context.get("form") == MIRROR_FORM:
        what = f"in the mirror's archive lies what is no matter of it: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, "?", what, url=payload.url)
    return is_mirror(held)


def _events(held: object) -> list[dict[str, Any]]:
    """The items of saved events (of a public scraper) that carry their matters and histories."""
    if not isinstance(held, list):
        return []
    events = [event for event in held if isinstance(event, dict)]
    lists = [event.get("items") or event.get("EventItems") for event in events]
    items = [item for listed in lists if isinstance(listed, list) for item in listed]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("Matter"), dict)]


def is_matters_alone(payload: Payload) -> bool:
    """Whether a payload is a saved answer of the API that lists matters, which hold no histories."""
    held = json_of("legistar/histories", payload)
    return isinstance(held, list) and bool(held) and all(isinstance(row, dict) and "MatterId" in row for row in held)


def matters_in(dataset: str, payload: Payload) -> Iterator[Mapping[str, Any]]:
    """The matters that a payload holds. Raises SourceError if it has none of the forms above."""
    held = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, held):
        yield renamed(held, _MIRROR_MATTER)
    elif items := _events(held):
        yield from (item["Matter"] for item in items)
    elif isinstance(held, list) and all(isinstance(row, dict) and "MatterId" in row for row in held):
        yield from held
    else:
        raise SourceError(dataset, "?", f"no list of matters: {jsons.excerpt(payload.body)}", url=payload.url)


def histories_in(dataset: str, payload: Payload) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """Each action that a payload holds, with its matter's id. Raises SourceError if it has none of the forms above."""
    held = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, held):
        for action in objects_in(dataset, held["History"] or [], "History", url=payload.url):
            yield as_text(held["ID"]), renamed(action, _MIRROR_HISTORY)
    elif items := _events(held):
        for item in items:
            for action in objects_in(dataset, item.get("Histories") or [], "Histories", url=payload.url):
                yield as_text(item["Matter"].get("MatterId")), action
    elif isinstance(held, list) and all(isinstance(row, dict) and "MatterHistoryId" in row for row in held):
        for action in held:
            yield payload.context.get("matter_id"), action
    else:
        raise SourceError(dataset, "?", f"no list of actions: {jsons.excerpt(payload.body)}", url=payload.url)
