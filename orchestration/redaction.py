"""Removing keys from everything that leaves this process: archives, logs, the screen and Dagster's records.

What belongs here: the encodings in which a secret may reappear, and replacing it with REDACTED. What does not: which
secrets there are (settings), where text is written (fetching, logs, progress, running.event_log).

A publisher may repeat the key that it was sent: in a body, a header, a redirect's address. It may be plain,
percent-encoded, escaped for JSON or HTML, in hexadecimal, or in base64, alone or within a longer text (Basic
authentication).
"""

from __future__ import annotations

import base64
import html
import io
import logging
import os
import re
import zipfile
from collections.abc import Collection, Iterator
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any

import isal.isal_zlib

from orchestration.settings import LEGISTAR_TOKEN_PREFIX, Settings

MARK = "REDACTED"
# A shorter value is no key, and would be found in every text.
SHORTEST = 4
_SHORTEST_BASE64 = 8
_KEYS = ("DATA_GOV_API_KEY", "SOCRATA_APP_TOKEN", "CENSUS_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Redactor:
    """Puts REDACTED in the place of every secret, in every spelling."""

    def __init__(self, secrets: Collection[str]) -> None:
        # the longest first: one may be a part of another
        wanted = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=lambda one: (-len(one), one))
        literal = sorted({text for secret in wanted for text in _packed(secret)}, key=lambda text: (-len(text), text))
        written = [_written(secret) for secret in wanted]
        source = "|".join([*written, *map(re.escape, literal)])
        self._text = re.compile(source) if source else None
        self._bytes = re.compile(source.encode()) if source else None
        # Without one of these there is no secret: looking for them is as fast as memory, the pattern is not.
        self._signs = [*map(_sign, wanted), *literal] if all(map(_sign, wanted)) else []
        self._signs_in_bytes = [sign.encode() for sign in self._signs]
        # How many bytes of one piece may belong to a spelling that ends in the next.
        longest = [_WIDEST * len(secret.encode()) for secret in wanted] + [len(text) for text in literal]
        self.overlap = max(longest, default=1) - 1

    def text(self, text: str) -> str:
        if self._text is None or (self._signs and not any(sign in text for sign in self._signs)):
            return text
        return self._text.sub(MARK, text)

    def body(self, body: bytes) -> tuple[bytes, int]:
        """The bytes without secrets, and how many were taken out."""
        if self._bytes is None or not self._may_be_in(body):
            return body, 0
        return self._bytes.subn(MARK.encode(), body)

    def is_in(self, data: bytes) -> bool:
        return self._bytes is not None and self._may_be_in(data) and self._bytes.search(data) is not None

    def _may_be_in(self, data: bytes) -> bool:
        return not self._signs or any(sign in data for sign in self._signs_in_bytes)

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
    """The redactor of the secrets that are in the environment now."""
    names = sorted(filter(_may_be_secret, os.environ))
    return _of(tuple((name, os.environ.get(name, "")) for name in names))


def redacting_logs() -> None:
    """Every log line of this process, of any library, loses its secrets before a handler sees it."""
    before = logging.getLogRecordFactory()
    if getattr(before, "redacts", False):
        return

    def made(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        redactor = of_environment()
        message = record.getMessage()
        if (clean := redactor.text(message)) != message:
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
def _of(variables: tuple[tuple[str, str], ...]) -> Redactor:
    try:
        return Redactor(Settings().secrets())
    except ValueError:
        # A wrong setting is reported by whoever reads the settings; here the keys are still kept out.
        return Redactor([value for name, value in variables if "LIMIT" not in name and len(value) > _SHORTEST_BASE64])


# The longest spelling of one byte: percent-encoded three times, or escaped by JSON within JSON within JSON.
_WIDEST = 24


def _sign(secret: str) -> str:
    """The longest part of a secret that no escaping changes; empty where it is too short to look for."""
    longest = max(re.findall(r"[A-Za-z0-9]+", secret), key=len, default="")
    return longest if len(longest) >= SHORTEST else ""


def _written(secret: str) -> str:
    """A pattern of a secret as texts write it: each character plain or escaped, whatever the others are.

    Publishers mix: an address may come back with its `/` plain, its `"` plain and its `+` percent-encoded.
    """
    return "".join(letter if letter.isascii() and letter.isalnum() else _letter(letter) for letter in secret)


def _letter(letter: str) -> str:
    in_percent = "".join(f"%(?:25){{0,3}}{_any_case(f'{byte:02x}')}" for byte in letter.encode())
    units = letter.encode("utf-16-be")
    in_json = "".join(rf"\\{{1,7}}u{_any_case(units[at : at + 2].hex())}" for at in range(0, len(units), 2))
    names = {html.escape(letter), f"&{codepoint2name[ord(letter)]};" if ord(letter) in codepoint2name else letter}
    entities = [re.escape(name[1:]) for name in names if name != letter] + [rf"\#0{{0,4}}{ord(letter)};"]
    entities.append(rf"\#[xX]0{{0,4}}{_any_case(f'{ord(letter):x}')};")
    plain = rf"\\{{0,8}}{re.escape(letter)}" if letter in "\"/\\'" else re.escape(letter)
    ways = [plain, in_percent, in_json, f"&(?:amp;){{0,2}}(?:{'|'.join(entities)})"]
    return f"(?:{'|'.join([*ways, re.escape('+')] if letter == ' ' else ways)})"


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _packed(secret: str) -> Iterator[str]:
    """A secret in hexadecimal and in base64, alone or within a longer text."""
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


def unpacked(body: bytes, most: int) -> Iterator[bytes]:
    """The contents of a body that is itself packed (a zip, a workbook, a gzip file), up to so many bytes in all.

    What cannot be unpacked gives nothing: whoever reads the form says what is wrong with it.
    """
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
