"""How answers look on a terminal: values, and rows as a table.

What belongs here: how a value and a table look. What does not: files (reading.writing), making text harmless
(reading.harmless), which command shows what (the commands of this package).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.reading.harmless import harmless

# Characters of a value that a screen shows; files have all of it.
LONGEST_CELL = 2_000
# A column of addresses is as wide as its longest one, up to this: wider, it would leave nothing to the other columns.
_WIDEST_ADDRESS = 160
# Whole numbers of a column have separators from here on; a column of years has none.
_SEPARATED = 10_000


class Screen(Console):
    """A console that prints a value's text as harmless text; nothing in it is read as markup."""

    def print(self, *objects: Any, **options: Any) -> None:
        options["markup"] = False
        options.setdefault("emoji", False)
        super().print(*(harmless(each) if isinstance(each, str) else each for each in objects), **options)


def cell(value: Any, *, is_separated: bool = False) -> str:
    """A value as a table shows it: in one line, whatever it holds. is_separated: whole numbers as 1,234."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if is_separated else str(value)
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


def _has_large_numbers(column: str, values: Iterable[Any]) -> bool:
    """Whether a column's whole numbers are amounts with separators. A number that is a key is no amount."""
    if column.endswith("_key"):
        return False
    return any(isinstance(value, int) and abs(value) >= _SEPARATED for value in values)


def table(screen: Console, relation: Any, title: str | None = None, limit: int = 60) -> int:
    """Show a relation as a table: numbers right, nulls as an empty cell. How many rows are shown."""
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
    separated = [_has_large_numbers(name, [row[place] for row in rows]) for place, name in enumerate(names)]
    cells = [[cell(value, is_separated=it) for it, value in zip(separated, row, strict=True)] for row in rows[:limit]]
    for place, (name, right) in enumerate(zip(names, numeric, strict=True)):
        # An address broken over lines can be neither clicked nor copied. Those of one cell stand below each other.
        addresses = [word for row in cells for word in row[place].split() if word.startswith(("https://", "http://"))]
        whole = min(max(len(name), *map(len, addresses)), _WIDEST_ADDRESS) if addresses else None
        longest = max((len(row[place]) for row in cells), default=0)
        shown.add_column(
            Text(cell(name)),
            justify="right" if right else "left",
            overflow="fold",
            width=whole,
            # A name or a date in pieces of four letters is none: short cells stay whole, longer ones break at words.
            min_width=whole or max(len(name), min(longest, 18)),
            max_width=whole or 72,
        )
    for row in cells:
        shown.add_row(*(Text(value) for value in row))
    screen.print()
    screen.print(shown)
    if len(rows) > limit:
        screen.print(f"... more rows: --format csv gives them all (first {limit} shown)")
    return len(cells)
