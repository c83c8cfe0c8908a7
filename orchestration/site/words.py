"""The site's words for what the tables name by code: short names of trackers, heads of columns.

What belongs here: reading words.toml. What does not: the meanings of columns (meta.column_dictionary) and of words
(docs/glossary.md).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.toml")


@cache
def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def tracker(code: str, name: str) -> str:
    """A tracker's short name; its own name where none is given."""
    return str(_read()["trackers"].get(code, name))


def trackers() -> dict[str, str]:
    """Code of a tracker -> its short name."""
    return _read()["trackers"]


def verdicts() -> dict[str, str]:
    """Verdict on a claim -> what it means."""
    return _read()["verdicts"]


def value(code: str) -> str:
    """A value of a table by the word that the glossary has for it."""
    return str(_read()["values"].get(code, code))


def head(column: str) -> str:
    """A column's name as the head of a table: in words."""
    return str(_read()["heads"].get(column, column.replace("_", " ")))


def has_head(column: str) -> bool:
    """Whether a column's name has words of its own."""
    return column in _read()["heads"]
