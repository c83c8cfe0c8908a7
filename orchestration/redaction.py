"""Keys taken out of whatever leaves this process: one Redactor for archives, logs, the screen and Dagster's records.

What belongs here: the spellings in which a secret may come back, and putting REDACTED in their place. What does not:
which secrets there are (settings), or where text goes (fetching, logs, progress, event_log).

A publisher may repeat the key that it was sent: in a body, a header, a redirect's address. It may write it plain,
percent-encoded, escaped for JSON or HTML, in hexadecimal, or in base64, alone or within a longer text (Basic
authentication).
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

import isal.isal_zlib

from orchestration.settings import LEGISTAR_TOKEN_PREFIX, Settings

MARK = "REDACTED"
# A shorter value is no key, and would be found in every text.
SHORTEST = 4
_SHORTEST_BASE64 = 8
_KEYS = ("DATA_GOV_API_KEY", "SOCRATA_APP_TOKEN", "CENSUS_API_KEY")


class Redactor:
    """Puts REDACTED in the place of every secret, in every spelling."""

    def __init__(self, secrets: Collection[str]) -> None:
        found = {spelling for secret in secrets if len(secret) >= SHORTEST for spelling in _spellings(secret)}
        # the longest first: one may be a part of another
        self._texts = sorted(found, key=lambda spelling: (-len(spelling), spelling))
        self._bytes = [text.encode() for text in self._texts]
        # How many bytes of one piece may belong to a spelling that ends in the next.
        self.overlap = max((len(spelling) - 1 for spelling in self._bytes), default=0)

    def text(self, text: str) -> str:
        for spelling in self._texts:
            if spelling in text:
                text = text.replace(spelling, MARK)
        return text

    def body(self, body: bytes) -> tuple[bytes, int]:
        """The bytes without secrets, and how many were taken out."""
        count = 0
        for spelling in self._bytes:
            if here := body.count(spelling):
                count += here
                body = body.replace(spelling, MARK.encode())
        return body, count

    def is_in(self, data: bytes) -> bool:
        return any(spelling in data for spelling in self._bytes)

    def value(self, value: Any) -> Any:
        """The same of every text in lists and mappings, their keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.body(value)[0]
        if isinstance(value, dict):
            return {self.value(key): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(inner) for inner in value) if type(value) in (list, tuple) else value
        return value


class Watching:
    """Looks for secrets in a stream, whose pieces may cut one in two."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._tail = redactor, b""

    def sees(self, piece: bytes) -> bool:
        """Whether a secret is in the stream as far as it came."""
        joined = self._tail + piece
        self._tail = joined[-self._redactor.overlap :] if self._redactor.overlap else b""
        return self._redactor.is_in(joined)


def of_environment() -> Redactor:
    """The redactor of the secrets that the environment holds now."""
    return _of(tuple(sorted((name, value) for name, value in os.environ.items() if _may_be_secret(name))))


def redacting_logs() -> None:
    """Every log line of this process, of any library, loses its secrets before a handler sees it."""
    before = logging.getLogRecordFactory()
    if getattr(before, "redacts", False):
        return

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        redactor = of_environment()
        said = record.getMessage()
        if (clean := redactor.text(said)) != said:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            # a formatter takes the text that is there
            record.exc_text = redactor.text(logging.Formatter().formatException(record.exc_info))
        return record

    made.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(made)


def _may_be_secret(name: str) -> bool:
    return name.upper().startswith(("CLAWBACK_", LEGISTAR_TOKEN_PREFIX)) or name.upper() in _KEYS


@lru_cache(maxsize=8)
def _of(said: tuple[tuple[str, str], ...]) -> Redactor:
    try:
        return Redactor(Settings().secrets())
    except ValueError:
        # A setting that cannot be read is told by whoever reads the settings; the keys are still kept out.
        return Redactor([value for name, value in said if "LIMIT" not in name and len(value) > _SHORTEST_BASE64])


def _spellings(secret: str) -> Iterator[str]:
    in_json = json.dumps(secret)[1:-1]
    for text in {secret, html.escape(secret), in_json, json.dumps(secret, ensure_ascii=False)[1:-1]}:
        yield text
        yield text.replace("/", "\\/")
    # by JSON within JSON
    yield json.dumps(in_json)[1:-1]
    for encoded in {quote(secret, safe=""), quote(secret), quote_plus(secret)}:
        yield encoded
        yield _lower_escapes(encoded)
        yield quote(encoded, safe="")
    data = secret.encode()
    yield data.hex()
    yield data.hex().upper()
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # the letters that hold nothing but the secret, wherever in a longer text it begins
            first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
            core = alphabet(b"\0" * before + data).decode()[first:last]
            if len(core) >= _SHORTEST_BASE64:
                yield core


def _lower_escapes(encoded: str) -> str:
    parts = encoded.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def unpacked(body: bytes, most: int) -> Iterator[bytes]:
    """The contents of a body that is itself packed (a zip, a workbook, a gzip file), up to so many bytes in all.

    What cannot be unpacked gives nothing: whoever reads the form says what is wrong with it.
    """
    import io
    import zipfile

    try:
        if body[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for info in archive.infolist():
                    with archive.open(info) as member:
                        while most > 0 and (piece := member.read(min(1 << 20, most))):
                            most -= len(piece)
                            yield piece
        elif body[:2] == b"\x1f\x8b":
            inflater = isal.isal_zlib.decompressobj(wbits=31)
            piece = inflater.decompress(body, 1 << 20)
            while piece and most > 0:
                most -= len(piece)
                yield piece
                piece = inflater.decompress(inflater.unconsumed_tail, 1 << 20)
    except Exception:  # every form of a broken archive, of which zipfile and zlib have many kinds
        return
