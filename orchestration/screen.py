"""What a terminal shows: text that cannot steer it, and rows as a table for people.

What belongs here: control characters as escapes, how a value and a table look. What does not: files (writing), which
command shows what (cli).

A publisher's text, a file's name or an answer's body may hold escape sequences: they would move the cursor, hide a
figure, set the window's title or put a link behind other words. Everything that is printed goes through `harmless`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import IO, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Characters of a value that a screen shows; files have all of it.
LONGEST_CELL = 2_000

# C0 and C1 controls but line feed and tab, delete, the marks that turn the direction of text or do not show at all
# (a figure that reads backwards, a name that looks like another), line separators, and lone surrogates.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def harmless(text: str) -> str:
    r"""The text with control characters as escapes: `\x1b`, `\u202e`."""
    return STEERING.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Shown:
    """A stream to a terminal: what is written to it is made harmless."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(harmless(text))


class Screen(Console):
    """A console that prints a value's text as harmless text; nothing in it is read as markup."""

    def print(self, *objects: Any, **options: Any) -> None:
        options["markup"] = False
        options.setdefault("emoji", False)
        super().print(*(harmless(each) if isinstance(each, str) else each for each in objects), **options)


def cell(value: Any) -> str:
    """A value as a table shows it: in one line, whatever it holds."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    text = str(value)
    if len(text) > LONGEST_CELL:
        text = f"{text[:LONGEST_CELL]}... ({len(text):,} characters; --format csv gives them all)"
    return harmless(text)


_NUMBERS = ("TINYINT", "SMALLINT", "BIGINT", "INT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
            "DOUBLE", "FLOAT", "DECIMAL", "HUGEINT")  # fmt: skip


def table(screen: Console, relation: Any, title: str | None = None, limit: int = 60) -> None:
    """Show a relation as a table: numbers right, nulls as an empty cell."""
    shown = Table(
        title=Text(harmless(title)) if title else None,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        pad_edge=False,
    )
    numeric = [str(kind).upper().startswith(_NUMBERS) for kind in relation.types]
    names = relation.columns
    rows = relation.limit(limit + 1).fetchall()
    cells = [[cell(value) for value in row] for row in rows[:limit]]
    for place, (name, right) in enumerate(zip(names, numeric, strict=True)):
        # An address that is broken over lines can be neither clicked nor copied.
        whole = any(row[place].startswith("https://") for row in cells)
        longest = max((len(row[place]) for row in cells), default=0)
        shown.add_column(
            Text(cell(name)),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=whole,
            # A name or a date in pieces of four letters is none: short cells stay whole, longer ones break at words.
            min_width=longest if whole else max(len(name), min(longest, 18)),
            max_width=None if whole else 72,
        )
    for row in cells:
        shown.add_row(*(Text(value) for value in row))
    screen.print()
    screen.print(shown)
    if len(rows) > limit:
        screen.print(f"... more rows: --format csv gives them all (first {limit} shown)")
