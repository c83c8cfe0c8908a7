"""Legistar's payload formats: the API's lists, a file of New York's public archive, saved events with their matters.

What belongs here: the format of a payload, and the matters or actions in it under the API's names. What does not:
requests to the API (legistar), the files that contain payloads (legistar_files).
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


def is_mirror(content: object) -> bool:
    """Whether a value is one file of the mirror: a matter with its history."""
    return isinstance(content, dict) and {"ID", "File", "History"} <= content.keys()


def _must_be_mirror(dataset: str, payload: Payload, content: object) -> bool:
    """Whether it is a file of the mirror. Raises SourceError where it lies in the mirror's archive and is none."""
    if not is_mirror(content) and payload.context.get("form") == MIRROR_FORM:
        what = f"in the mirror's archive lies what is no matter of it: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, "?", what, url=payload.url)
    return is_mirror(content)


def _events(content: object) -> list[dict[str, Any]]:
    """The items of saved events (of a public scraper) that carry their matters and histories."""
    if not isinstance(content, list):
        return []
    events = [event for event in content if isinstance(event, dict)]
    lists = [event.get("items") or event.get("EventItems") for event in events]
    items = [item for listed in lists if isinstance(listed, list) for item in listed]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("Matter"), dict)]


def is_matters_alone(payload: Payload) -> bool:
    """Whether a payload is a saved answer of the API that lists matters, without histories."""
    content = json_of("legistar/histories", payload)
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(row, dict) and "MatterId" in row for row in content)
    )


def matters_in(dataset: str, payload: Payload) -> Iterator[Mapping[str, Any]]:
    """The matters in a payload. Raises SourceError if it has none of the forms above."""
    content = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, content):
        yield renamed(content, _MIRROR_MATTER)
    elif items := _events(content):
        yield from (item["Matter"] for item in items)
    elif isinstance(content, list) and all(isinstance(row, dict) and "MatterId" in row for row in content):
        yield from content
    else:
        raise SourceError(dataset, "?", f"no list of matters: {jsons.excerpt(payload.body)}", url=payload.url)


def histories_in(dataset: str, payload: Payload) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """Each action in a payload, with its matter's id. Raises SourceError if it has none of the forms above."""
    content = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, content):
        for action in objects_in(dataset, content["History"] or [], "History", url=payload.url):
            yield as_text(content["ID"]), renamed(action, _MIRROR_HISTORY)
    elif items := _events(content):
        for item in items:
            for action in objects_in(dataset, item.get("Histories") or [], "Histories", url=payload.url):
                yield as_text(item["Matter"].get("MatterId")), action
    elif isinstance(content, list) and all(isinstance(row, dict) and "MatterHistoryId" in row for row in content):
        for action in content:
            yield payload.context.get("matter_id"), action
    else:
        raise SourceError(dataset, "?", f"no list of actions: {jsons.excerpt(payload.body)}", url=payload.url)
