"""How answers look on a terminal: values, and rows as a table or, where a table is no help, row by row.

What belongs here: how a value, a table and a row look. What does not: files (reading.writing), making text harmless
(reading.harmless), which command shows what (the commands of this package).
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
# A pipe, a file and a pager take long lines; a terminal has the width that it has.
_WIDTH_OF_A_PIPE = 240
# What a table gives up to fit a screen, one after the other: its names whole; cells of up to 18 letters whole; words of
# up to 40 (half a key is none); words of up to 18 (a date in pieces is none) stay whole always.
_BREAKS = ((False, 18, 40), (True, 18, 40), (True, 0, 40), (True, 0, 18))
# Of rows shown row by row, one in this many: each takes as many lines as it has columns.
_ONE_IN = 2
# Digits after the point that a column of decimal numbers has at most.
_DIGITS = 3
# Whole numbers of a column have separators from here on; a column of years has none.
_SEPARATED = 10_000


def standard_output() -> Screen:
    """Standard output: as wide as the terminal, and wide where it is none. Long lines of text are never broken."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return Screen(width=None if is_terminal else _WIDTH_OF_A_PIPE, soft_wrap=True, highlight=False)


class Screen(Console):
    """A console that prints a value's text as harmless text; nothing in it is read as markup."""

    def print(self, *objects: Any, **options: Any) -> None:
        options["markup"] = False
        options.setdefault("emoji", False)
        super().print(*(harmless(each) if isinstance(each, str) else each for each in objects), **options)

    def say(self, text: str, style: str | None = None) -> None:
        """A paragraph, broken at blanks on a terminal; a pipe gets it as one line. Further lines stand further in."""
        if self.is_terminal:
            inner = " " * (len(text) - len(text.lstrip()) + 2)
            text = textwrap.fill(
                text, self.width, subsequent_indent=inner, break_long_words=False, break_on_hyphens=False
            )
        self.print(text, style=style)


def cell(value: Any, *, is_separated: bool = False, digits: int = 1, cents: int | None = None) -> str:
    """A value as a table shows it: in one line, whatever it holds.

    is_separated: whole numbers as 1,234; digits: how many a decimal number has after the point; cents: how many an
    amount has, by default what it needs.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if is_separated else str(value)
    if isinstance(value, float):
        # what is not zero is never shown as zero, and a negative zero is a zero
        return f"{value:.2g}" if 0 < abs(value) < 0.5 / 10**digits else f"{value or 0:,.{digits}f}"
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        if cents is None:
            cents = _cents([value])
        return f"{float(value):.2g}" if 0 < abs(value) < Decimal("0.005") else f"{value or 0:,.{cents}f}"
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


def _digits(values: Iterable[Any]) -> int:
    """How many digits after the point a column's decimal numbers have: as many as one of them needs."""
    finite = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    needed = (len(f"{value:.{_DIGITS}f}".rstrip("0").partition(".")[2]) for value in finite)
    return max([1, *needed])


def _cents(values: Iterable[Any]) -> int:
    """How many digits after the point a column's amounts have: none if all of them are whole."""
    finite = (value for value in values if isinstance(value, Decimal) and value.is_finite())
    return 0 if all(value == value.to_integral_value() for value in finite) else 2


def _parts(name: str) -> list[str]:
    """A column's name in the parts between which it may be broken."""
    return re.split(r"(?<=_)(?!_|$)", name)


@dataclass(frozen=True)
class Column:
    """A column of an answer: its name, its cells as they are shown, whether it stands right."""

    name: str
    cells: list[str]
    is_right: bool

    def addresses(self) -> int:
        """The width of its longest address; 0 if it has none. A broken one can be neither clicked nor copied."""
        words = (word for text in self.cells for word in text.split() if word.startswith(("https://", "http://")))
        return min(max(map(len, words), default=0), _WIDEST_ADDRESS)

    def least(self, *, breaks_name: bool, text: int, word: int) -> int:
        """The width below which it cannot be read.

        breaks_name: its name may be broken; text, word: cells and their words are broken from this width on.
        """
        name = max(map(len, _parts(self.name))) if breaks_name else len(self.name)
        longest_word = max((len(word) for text in self.cells for word in text.split()), default=0)
        longest = max(map(len, self.cells), default=0)
        return max(name, self.addresses() or max(min(longest, text), min(longest_word, word)))

    def heading(self, width: int) -> str:
        """Its name, broken after underscores where it is wider than the column."""
        lines = [""]
        for part in _parts(self.name):
            if lines[-1] and len(lines[-1]) + len(part) > width:
                lines.append("")
            lines[-1] += part
        return "\n".join(lines)

    def most(self, *, breaks_name: bool) -> int:
        """The width beyond which it has no use."""
        name = max(map(len, _parts(self.name))) if breaks_name else len(self.name)
        return max(name, self.addresses() or max(map(len, self.cells), default=0))


def columns_of(names: Sequence[str], kinds: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Column]:
    """The columns of rows. kinds: the type of each as the engine names it."""
    columns = []
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        values = [row[place] for row in rows]
        separated, digits, cents = _has_large_numbers(name, values), _digits(values), _cents(values)
        cells = [cell(value, is_separated=separated, digits=digits, cents=cents) for value in values]
        columns.append(Column(cell(name), cells, str(kind).upper().startswith(_NUMBERS)))
    return columns


def table(screen: Screen, relation: Any, title: str | None = None, limit: int = 60) -> int:
    """Show a relation's first rows: numbers right, nulls as an empty cell. How many rows are shown.

    A table that does not fit the screen, or whose folded cells would take more lines than the same rows one by one, is
    shown row by row, each column on a line.
    """
    rows = relation.limit(limit + 1).fetchall()
    columns = columns_of(relation.columns, relation.types, rows[:limit])
    shown = show_columns(screen, columns, title, most_rows=max(1, limit // _ONE_IN))
    if len(rows) > shown:
        screen.print(f"... more rows: --format csv gives them all (first {shown} shown)")
    return shown


def show_columns(screen: Screen, columns: Sequence[Column], title: str | None = None, most_rows: int = 20) -> int:
    """Show columns as a table or row by row, as `table` says; most_rows: of rows one by one. How many are shown."""
    count = len(columns[0].cells) if columns else 0
    screen.print()
    widths = _widths(columns, screen.width)
    by_row = _row_by_row(columns, screen.width)
    if widths is not None:
        laid_out = _laid_out(columns, widths, title)
        lines = len(screen.render_lines(laid_out, screen.options.update(width=screen.width), pad=False))
        if lines <= max(sum(map(len, by_row)), count + 2):
            screen.print(laid_out)
            return count
    if title:
        screen.print(title, style="bold")
    for number, lines_of_row in enumerate(by_row[:most_rows]):
        if number:
            screen.print()
        for line in lines_of_row:
            screen.print(line)
    return min(count, most_rows)


def _widths(columns: Sequence[Column], available: int) -> list[int] | None:
    """The width of each column of a table, fair to those that want more; None if they do not fit.

    Names and cells stay whole if there is room; else names break, then cells at their blanks, then words.
    """
    room = available - 2 * (len(columns) - 1)
    for breaks_name, text, word in _BREAKS:
        least = [column.least(breaks_name=breaks_name, text=text, word=word) for column in columns]
        if sum(least) <= room:
            break
    else:
        return None
    most = [column.most(breaks_name=breaks_name) for column in columns]
    level = max(most, default=0)
    while sum(widths := [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]) > room:
        level -= 1
    return widths


def _laid_out(columns: Sequence[Column], widths: Sequence[int], title: str | None) -> Table:
    shown = Table(
        title=Text(harmless(title)) if title else None,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        pad_edge=False,
    )
    for column, width in zip(columns, widths, strict=True):
        justify = "right" if column.is_right else "left"
        shown.add_column(Text(column.heading(width)), justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in zip(*(column.cells for column in columns), strict=True):
        shown.add_row(*(Text(value) for value in row))
    return shown


def _row_by_row(columns: Sequence[Column], width: int) -> list[list[str]]:
    """The lines of each row: each column's name and value on lines of their own, those without a value on the last."""
    names = max((len(column.name) for column in columns), default=0)
    wrapped = textwrap.TextWrapper(width=max(width - names - 2, 24), break_long_words=False, break_on_hyphens=False)
    rows = []
    for place in range(len(columns[0].cells) if columns else 0):
        lines: list[str] = []
        for column in columns:
            first, *others = wrapped.wrap(column.cells[place]) or [""]
            if first:
                lines += [f"{column.name:<{names}}  {first}", *(" " * (names + 2) + line for line in others)]
        empty = ", ".join(column.name for column in columns if not column.cells[place].strip())
        rows.append(lines + (textwrap.wrap(f"(no value: {empty})", width) if empty else []))
    return rows
