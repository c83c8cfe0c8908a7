"""Parsing the headers of a response: numbers, waiting times, types, the target of a redirect.

What belongs here: headers that a server may get wrong. What does not: how the session reacts to them (session).
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from orchestration.redaction import Redactor

KEPT = frozenset(
    {"content-type", "content-length", "content-encoding", "date", "etag", "last-modified", "retry-after",
     "server", "x-ratelimit-limit", "x-ratelimit-remaining"}
)  # fmt: skip
# The requested encodings, and those that servers send without a request and every client reads.
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_LONGEST_KEPT = 1_000
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


class BadHeader(Exception):
    """A header that must be readable and is not."""


def kept(headers: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    """Those that are archived: one line of printable characters each, without keys."""
    return {name: plain(redactor.text(value)) for name, value in headers.items() if name.lower() in KEPT}


def plain(value: str) -> str:
    """One line of printable ASCII, not too long."""
    return _UNPRINTABLE.sub(" ", value)[:_LONGEST_KEPT].strip()


def media_type(headers: Mapping[str, str], redactor: Redactor) -> str:
    named = plain(redactor.text(headers.get("Content-Type", ""))).split(";")[0].strip()
    return named or "application/octet-stream"


def length(headers: Mapping[str, str]) -> int | None:
    """The number of bytes of the body as sent; None if no header says it.

    Raises BadHeader if Content-Length is no number, or several that differ.
    """
    value = headers.get("Content-Length")
    if value is None:
        return None
    numbers = {part.strip() for part in value.split(",")}
    if len(numbers) != 1 or not _NUMBER.fullmatch(number := numbers.pop()):
        raise BadHeader(f"Content-Length is {plain(value)[:60]!r}, which is no number of bytes")
    return int(number)


def encoding(headers: Mapping[str, str]) -> str:
    """How the body is packed. Raises BadHeader if it is in a way that was not requested, or packed twice."""
    value = headers.get("Content-Encoding", "").strip().lower()
    if value not in ENCODINGS:
        raise BadHeader(f"Content-Encoding is {plain(value)[:60]!r}, and gzip was asked for")
    return value


def redirect(sent: str, headers: Mapping[str, str], redactor: Redactor) -> str:
    """Where a redirect leads. Raises BadHeader if that is no address."""
    value = headers.get("Location", "")
    try:
        if not value.strip() or _UNPRINTABLE.search(value):
            raise ValueError("empty, or with characters that no address has")
        target = urljoin(sent, value)
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("no http address")
        parts.hostname.encode("idna")
    except ValueError as error:
        raise BadHeader(f"it redirects to {plain(redactor.text(value))[:100]!r}: {error}") from None
    return target


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the Retry-After header, as seconds or as a date; None if it says nothing readable."""
    text = headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
