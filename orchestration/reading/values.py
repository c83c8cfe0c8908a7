"""Values as text: CSV, JSON, and text that a spreadsheet would run.

What belongs here: one value, and the rows of an answer one by one. What does not: whole files (writing, workbook), the
screen (cli.screen).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from orchestration.reading.harmless import STEERING

# Blanks and invisible characters may stand before; full-width forms are folded to the plain ones by some programs.
_RUNS = re.compile(
    r"[\s\u200b\u2060\ufeff\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]|[\t\r]"
)

# A field that needs no quotes: no sign or line end of CSV in it (nor the semicolon and the tab, which part fields where
# the comma is the decimal sign), no blank at its ends.
_BARE = re.compile(r"(?!\s)[^\",;\t\r\n]*[^\",;\s]")

# Text that is a plain number computes nothing, and a key of that form (-1, the unknown member) must join elsewhere.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_BATCH = 20_000


class CannotWriteAnswer(Exception):
    """The answer cannot be written there or in that format; says why, and what to do instead."""


def guarded(text: str) -> str:
    """The text, with a single quote before it if a spreadsheet would run it."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def each(rows: Any) -> Iterator[Sequence[Any]]:
    """The rows one by one, a batch in memory at a time."""
    while batch := rows.fetchmany(_BATCH):
        yield from batch


def distinct(names: Iterable[str]) -> list[str]:
    """Column names as keys: of two alike the second gets a number, so that no value is lost."""
    keys: list[str] = []
    for name in names:
        key, number = name, 1
        while key in keys:
            key, number = f"{name}_{number}", number + 1
        keys.append(key)
    return keys


def plain(value: Any) -> Any:
    """A value as text where CSV and JSON have no form of its own: days in ISO 8601, bytes in hexadecimal."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return value if isinstance(value, (str, int, float, bool, Decimal)) or value is None else str(value)


def csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple, dict)):
        return quoted(guarded(as_json(value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite():
        return decimal_text(value)
    if isinstance(value, (Decimal, float)):
        return repr(value) if math.isfinite(value) else _not_finite(float(value))
    text = plain(value)
    return quoted(guarded(text)) if isinstance(text, str) else str(text)


def quoted(text: str) -> str:
    """A field of RFC 4180. Python's own writer leaves a carriage return bare, which begins a new row elsewhere.

    An empty text is quoted, so that it is not taken for a null.
    """
    return text if _BARE.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def as_json(value: Any) -> str:
    """A value as JSON, decimals with the digits that they have."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_json(str(key))}: {as_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(as_json, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return decimal_text(value)
    # JSON has no NaN and no infinity: as text they are not lost.
    if isinstance(value, Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        value = _not_finite(float(value))
    text = json.dumps(plain(value), ensure_ascii=False)
    # the same value, without a character that steers a terminal
    return STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _not_finite(value: float) -> str:
    return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")


def decimal_text(value: Decimal) -> str:
    return format(value, "f")
