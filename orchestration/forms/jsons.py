"""JSON within the limits, with errors for what the standard library's parser would accept silently.

What belongs here: from bytes to values. What does not: the names in a publisher's records (sources).

Numbers stay as they were sent. NaN, which is not valid JSON, and a number too large for a float (1e400) are kept as
text. Half of a surrogate pair, which is no character, becomes U+FFFD, as in every browser.
"""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any

from orchestration import limits
from orchestration.forms import Beyond, Unreadable, kinds

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_HALVES = re.compile("[\ud800-\udfff]")
# An exponent of three digits: only then may a number be too large for a float.
_HUGE = re.compile(rb"[0-9.][eE]\+?[0-9]{3}|[0-9]{300}")
# Bytes of memory that Python takes for an object, a list, and one more value, at the least convenient.
_OBJECT, _LIST, _VALUE = 240, 80, 90


def load(body: bytes) -> Any:
    """The value of a JSON text. Raises Unreadable with what is wrong and where."""
    bounds = limits.current()
    if len(body) > bounds.body_bytes:
        raise Beyond("body_bytes", f"{len(body):,} bytes of JSON")
    text = _text(body)
    takes = (
        len(body) * (1 if text.isascii() else 4)
        + body.count(b"{") * _OBJECT
        + body.count(b"[") * _LIST
        + body.count(b",") * _VALUE
    )
    if takes > bounds.memory_bytes:
        raise Beyond("memory_bytes", f"JSON of {len(body):,} bytes that needs about {takes:,} bytes of memory")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=str,
            parse_float=_number if _HUGE.search(body) else None,
        )
    except Unreadable:
        raise
    except RecursionError:
        raise Beyond("depth", "more lists and objects inside each other than can be read") from None
    except ValueError as error:
        if kinds.kind(body):
            raise Unreadable(kinds.instead(body, "JSON")) from error
        if "integer string conversion" in str(error):
            # Python's own message advises a programmer what to call
            raise Unreadable(f"a whole number of more than {sys.get_int_max_str_digits():,} digits") from error
        raise Unreadable(f"not JSON: {error}") from error
    _must_be_shallow(value, bounds.depth)
    return _whole(value) if _HALF.search(body) else value


def excerpt(body: bytes) -> str:
    """The beginning of an answer, for a message."""
    return " ".join(body[:200].decode("utf-8", "replace").split())


def _text(body: bytes) -> str:
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError as error:
        if kinds.kind(body):
            raise Unreadable(kinds.instead(body, "JSON")) from error
        raise Unreadable(f"not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the name {twice[:80]!r} stands twice in one object of the JSON: which value is meant?")
    return made


def _number(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _must_be_shallow(value: Any, most: int) -> None:
    level: list[Any] = [value] if isinstance(value, (dict, list)) else []
    depth = 0
    while level:
        depth += 1
        if depth > most:
            raise Beyond("depth", f"more than {most} lists and objects inside each other")
        level = [
            inner
            for outer in level
            for inner in (outer.values() if outer.__class__ is dict else outer)
            if inner.__class__ is dict or inner.__class__ is list
        ]


def _whole(value: Any) -> Any:
    """The same value without halves of surrogate pairs."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value
