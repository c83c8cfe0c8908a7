"""Workbooks (XLSX, XLS): the cells of the first sheet, read in a separate process.

What belongs here: the entry point in the main process (`first_sheet`) and the work of the child process (`read`). What
does not: what a column means (sources), starting and ending the child process (bounded, worker).

The parser allocates the whole rectangle from the first cell to the last: two cells at opposite corners of a sheet would
take 400 GB, and the allocator aborts the process that asks for them. So the corners are checked first, and the parser
runs in a process whose crash can be reported.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from orchestration.forms import Beyond, Unreadable, kinds

# A cell with a value; one that only has a style is no cell to the parser.
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Za-z]{1,4})([0-9]{1,9})[\"'][^>]*(?<!/)>")
_PIECE = 1 << 20
_LONGEST_TAG = 1 << 10
# Rows of a sheet that is not the first: its headings are among them.
_TOP_ROWS = 10


@dataclass(frozen=True)
class Sheet:
    """A workbook's first sheet, and the top of the others.

    merged: ((top, left), (bottom, right)) of each range of merged cells; others: the first rows of each other sheet
    that has any, by its name, so that a source can refuse a workbook of which it would lose something.
    """

    names: list[str]
    rows: list[list[Any]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    others: dict[str, list[list[Any]]] = field(default_factory=dict)

    def must_hold_all(self, what: str, is_one: Callable[[list[list[Any]]], bool]) -> None:
        """Raise Unreadable if another sheet holds a table of the kind, too: its rows would be lost.

        is_one: whether the first rows of a sheet are those of such a table; what: what is said of the sheet then.
        """
        if again := [name for name, top in self.others.items() if is_one(top)]:
            raise Unreadable(
                f"the sheet {again[0]!r} {what}, and only the first sheet, {self.names[0]!r}, is read: put all rows"
                " into the first sheet"
            )


def is_workbook(body: bytes) -> bool:
    """Whether it begins as a workbook does: a zip (XLSX), or the older container (XLS)."""
    return body[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def first_sheet(body: bytes) -> Sheet:
    """The first sheet from its upper left corner on; an empty cell is the empty text, a day a datetime.

    Raises Unreadable if it is no workbook, or too large to be read.
    """
    # the child that reads imports this module too, and must not load the settings for it
    from orchestration.forms import archives, bounded

    if not is_workbook(body):
        raise Unreadable(kinds.instead(body, "a workbook"))
    if archives.is_zip(body[:4]):
        try:
            archives.members(body)
        except Beyond:
            raise
        except Unreadable as error:
            raise Unreadable(f"not a workbook: {error}") from error
    answer = bounded.call("workbook", body)
    merged = [((a, b), (c, d)) for (a, b), (c, d) in answer["merged"]]
    others = {name: _values(rows) for name, rows in answer["others"].items()}
    return Sheet(answer["names"], _values(answer["rows"]), merged, others)


def read(body: bytes, most: dict[str, Any]) -> dict[str, Any]:
    """In the child: names, merged ranges and rows of the first sheet, as JSON can say them."""
    # only the child needs it
    from python_calamine import CalamineError, CalamineWorkbook

    if body[:2] == b"PK":
        _must_be_compact(body, most["cells"])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        if len(book.sheet_names) > most["pages"]:
            raise Beyond("pages", f"a workbook of {len(book.sheet_names):,} sheets")
        if not book.sheet_names:
            raise Unreadable("a workbook without a sheet")
        sheet = book.get_sheet_by_index(0)
        _must_be_small(sheet, most["cells"])
        merged = sheet.merged_cell_ranges or []
        rows = sheet.to_python(skip_empty_area=False)
        others = {name: _top(book, name, most["cells"]) for name in book.sheet_names[1:]}
    except (CalamineError, zipfile.BadZipFile) as error:
        raise Unreadable(f"not a workbook: {error}") from error
    return {
        "names": book.sheet_names,
        "merged": merged,
        "rows": [[_encoded(cell) for cell in row] for row in rows],
        "others": {name: [[_encoded(cell) for cell in row] for row in top] for name, top in others.items() if top},
    }


def _must_be_small(sheet: Any, most_cells: int) -> None:
    """Raise Beyond for a sheet of too many cells."""
    if (cells := sheet.total_height * sheet.total_width) > most_cells:
        raise Beyond(
            "cells", f"a sheet of {sheet.total_height:,} rows and {sheet.total_width:,} columns, {cells:,} cells"
        )


def _top(book: Any, name: str, most_cells: int) -> list[list[Any]]:
    """The first rows of a sheet; none of one that holds no cells, as a chart's."""
    # only the child needs it
    from python_calamine import CalamineError

    try:
        sheet = book.get_sheet_by_name(name)
    except CalamineError:
        return []
    _must_be_small(sheet, most_cells)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=True, nrows=_TOP_ROWS)
    return rows


def _must_be_compact(body: bytes, most_cells: int) -> None:
    """Raise Beyond if a sheet's outermost cells span more than is read: checked before the parser allocates them."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                if re.fullmatch(r"/?xl/worksheets/[^/]*\.xml", name, re.IGNORECASE):
                    with archive.open(name) as stream:
                        rows, columns, last = _corner(stream)
                    if rows * columns > most_cells:
                        raise Beyond("cells", f"{name} stretches to {last}, a rectangle of {rows * columns:,} cells")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise Unreadable(f"not a workbook: {error}") from error


def _corner(stream: Any) -> tuple[int, int, str]:
    rows = columns = 0
    last, rest = "A1", b""
    while piece := stream.read(_PIECE):
        text = rest + piece
        for found in _CELL.finditer(text):
            row, column = int(found[2]), _number(found[1])
            if row > rows or column > columns:
                rows, columns, last = max(row, rows), max(column, columns), (found[1] + found[2]).decode()
        rest = text[text.rfind(b"<", len(text) - _LONGEST_TAG) :] if b"<" in text[-_LONGEST_TAG:] else b""
    return rows, columns, last


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _encoded(cell: Any) -> Any:
    """A cell for JSON: a value that JSON does not have becomes a list of its kind and its text."""
    if isinstance(cell, datetime):
        return ["moment", cell.isoformat()]
    if isinstance(cell, date):
        return ["moment", datetime(cell.year, cell.month, cell.day).isoformat()]  # noqa: DTZ001  # as in the sheet
    if isinstance(cell, time):
        return ["time", cell.isoformat()]
    if isinstance(cell, timedelta):
        return ["span", cell.total_seconds()]
    return cell


def _values(rows: list[list[Any]]) -> list[list[Any]]:
    return [[_value(cell) for cell in row] for row in rows]


def _value(encoded: Any) -> Any:
    if not isinstance(encoded, list):
        return encoded
    kind, value = encoded
    if kind == "moment":
        return datetime.fromisoformat(value)
    return time.fromisoformat(value) if kind == "time" else timedelta(seconds=value)
