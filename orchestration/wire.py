"""What passes between fetching and sources: a response as it came, and the errors that say what is wrong with it.

What belongs here: types and small functions that both need. This module imports nothing of the project, so that neither
has to import the other. What does not: what a dataset is (sources.base), how bytes are fetched (fetching.session).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal


class SourceError(Exception):
    """A publisher's answer that cannot be used, named so that a person can act on it.

    dataset: "" if the fault was found where no dataset is known (fetching).
    slice_key: "?" if the code that found the fault does not know the slice (of_slice adds it), "*" for all slices.
    excerpt: the first characters of what the publisher sent instead.
    """

    def __init__(self, dataset: str, slice_key: str, what: str, *, url: str | None = None, excerpt: str = "") -> None:
        self.dataset, self.slice_key, self.what, self.url, self.excerpt = dataset, slice_key, what, url, excerpt
        place = f"{dataset}{'' if slice_key in ('?', '*') else f' slice {slice_key}'}: " if dataset else ""
        address = f" ({url})" if url else ""
        sent = f"; the publisher said: {excerpt!r}" if excerpt else ""
        super().__init__(f"{place}{what}{address}{sent}")

    def of_slice(self, slice_key: str) -> SourceError:
        """The same error with its slice named, if it named none."""
        if self.slice_key != "?":
            return self
        return SourceError(self.dataset, slice_key, self.what, url=self.url)


class SliceFault(SourceError):
    """A fault of this slice alone. The publisher's other slices are still requested."""


class SliceSkipped(SourceError):
    """A slice that cannot be requested now (its API key is missing). Its last accepted capture keeps serving."""


class RunOver(SourceError):
    """The publisher gives no more in this run, and that is no fault: its quota is spent, or nothing is new.

    The run's remaining slices are not requested; the next run begins with the stalest of them.
    nothing_new: the publisher says that the remaining slices have not changed.
    """

    def __init__(self, dataset: str, what: str, *, nothing_new: bool = False) -> None:
        self.nothing_new = nothing_new
        super().__init__(dataset, "*", what)


@dataclass(frozen=True)
class Payload:
    """One response as the publisher sent it. `url` never carries a secret."""

    body: bytes
    url: str
    retrieved_at: datetime
    media_type: str = "application/json"
    method: str = "GET"
    status: int = 200
    request_body: bytes = b""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    # records: parsed into records. control: only the publisher's own totals. Both are archived.
    role: Literal["records", "control"] = "records"
    # Facts of the request that cut() needs and the body does not repeat (ORI, offense code, state). `fault` is what
    # the source itself found wrong with the answer: it is kept, not parsed, and its capture is rejected for it.
    context: Mapping[str, str] = field(default_factory=dict)
    # How many times the response contained one of our keys: `body` has REDACTED there, and every digest is of that.
    redacted: int = 0

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def payload_id(self) -> str:
        """16 hex digits over request and response: the same answer to the same question has one id."""
        parts = (self.method.encode(), self.url.encode(), self.request_body, self.body)
        return hashlib.sha256(b"\x1f".join(parts)).hexdigest()[:16]


@dataclass(frozen=True)
class FilePayload(Payload):
    """A response too large for memory: a file on disk, its digest taken while it was written.

    is_ours: the file is our own download, to be moved into the capture; otherwise it is a user's, and copied.
    """

    path: Path = Path()
    digest: str = ""
    size: int = 0
    is_ours: bool = True

    @cached_property
    def sha256(self) -> str:
        return self.digest

    @cached_property
    def payload_id(self) -> str:
        parts = (self.method.encode(), self.url.encode(), self.request_body, self.digest.encode())
        return hashlib.sha256(b"\x1f".join(parts)).hexdigest()[:16]


def as_text(value: object) -> str | None:
    """A JSON value as the text it was: numbers as written by JSON, lists and objects as JSON."""
    if value is None or isinstance(value, str):
        return value
    if value.__class__ is int:
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def file_digest(path: Path) -> str:
    """The sha256 of a file, hex, read by pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def json_body(value: object) -> bytes:
    """A request body with one spelling: the same question is the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
