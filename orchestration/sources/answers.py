"""Responses in JSON: the value, the object or the rows in one, or a SourceError that says what came instead.

What belongs here: what several sources share. What does not: how JSON is parsed safely (forms.jsons), any publisher's
own names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration.forms import Unreadable, files, jsons
from orchestration.wire import Payload, SourceError


def json_of(dataset: str, payload: Payload, slice_key: str = "?") -> Any:
    """The value of an answer."""
    try:
        return jsons.load(payload.body)
    except Unreadable as error:
        raise SourceError(dataset, slice_key, str(error), url=payload.url) from error


def object_of(dataset: str, payload: Payload, slice_key: str = "?") -> dict[str, Any]:
    """The object that an answer is."""
    answer = json_of(dataset, payload, slice_key)
    if not isinstance(answer, dict):
        raise SourceError(dataset, slice_key, "not a JSON object", url=payload.url)
    return answer


def rows_of(dataset: str, payload: Payload, slice_key: str = "?") -> list[dict[str, Any]]:
    """The rows that an answer is a list of."""
    rows = json_of(dataset, payload, slice_key)
    if not isinstance(rows, list):
        what = f"not a list of rows: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, slice_key, what, url=payload.url)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            what = f"row {number:,} is no object: {jsons.excerpt(repr(row)[:200].encode())}"
            raise SourceError(dataset, slice_key, what, url=payload.url)
    return rows


def objects_in(dataset: str, values: object, what: str, *, url: str | None = None) -> list[dict[str, Any]]:
    """A list of objects inside an answer. Raises SourceError for anything else; what: its name, for the message."""
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise SourceError(dataset, "?", f"{what} is no list of objects", url=url)
    return values


def body_of(dataset: str, path: Path) -> bytes:
    """The bytes of a file that a user brought."""
    try:
        return files.read(path)
    except Unreadable as error:
        raise SourceError(dataset, path.name, str(error)) from error
