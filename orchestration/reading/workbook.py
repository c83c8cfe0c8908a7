"""An answer as an Excel workbook: a sheet that says what it is, and a sheet with its rows.

What belongs here: sheets, cells and what a sheet cannot hold. What does not: what an answer means (meaning), other
formats (writing).
"""

from __future__ import annotations

import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from orchestration.reading.values import CannotWriteAnswer, as_json, decimal_text, each, guarded, plain

README, ANSWER = "Read me", "answer"

# Characters that XML 1.0 has not (section 2.2).
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# A sheet's own limits: rows, characters of a cell, and the digits of a number that it stores exactly.
_SHEET_ROWS, _SHEET_CHARACTERS, _EXACT = 1_048_576, 32_767, 2**53
_FIRST_SHEET_DAY = date(1900, 3, 1)
# A column is as wide as the longest of its first values, within these characters.
_MEASURED_ROWS, _NARROWEST, _WIDEST = 500, 8, 60
_BOLD, _WRAPPED = Font(bold=True), Alignment(wrap_text=True, vertical="top")


def workbook(rows: Any, descriptor: Mapping[str, Any] | None) -> tuple[bytes, int]:
    """The workbook's bytes and how many rows it has. descriptor: what the answer means (meaning.descriptor).

    Raises CannotWriteAnswer for what no sheet can hold.
    """
    book = Workbook(write_only=True)
    readme = book.create_sheet(README) if descriptor is not None else None
    answer = book.create_sheet(ANSWER)
    try:
        count = _answer(answer, rows)
    except BaseException:
        answer.close()
        raise
    if readme is not None and descriptor is not None:
        _readme(readme, descriptor, count)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue(), count


def _answer(sheet: Any, rows: Any) -> int:
    stream = each(rows)
    first = list(itertools.islice(stream, _MEASURED_ROWS))
    for place, name in enumerate(rows.columns):
        sheet.column_dimensions[_letters(place)].width = _width([name, *(row[place] for row in first)])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name, font=_BOLD) for name in rows.columns])
    count = 0
    for row in itertools.chain(first, stream):
        count += 1
        if count >= _SHEET_ROWS:
            raise CannotWriteAnswer(f"a sheet holds {_SHEET_ROWS - 1:,} rows and the answer has more: --format csv")
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{_letters(len(rows.columns) - 1)}{count + 1}"
    return count


def _readme(sheet: Any, descriptor: Mapping[str, Any], count: int) -> None:
    for letter, width in zip("ABCD", (24, 90, 24, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    for number, (label, *values) in enumerate(_lines(descriptor, count)):
        is_head = number == 0 or (label and not any(values))
        sheet.append(
            [
                _cell(sheet, label, font=_BOLD, alignment=_WRAPPED),
                *(_cell(sheet, value, font=_BOLD if is_head else None, alignment=_WRAPPED) for value in values),
            ]
        )


def _lines(descriptor: Mapping[str, Any], count: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the sheet "Read me": a label and what it says."""
    yield "What this is", descriptor["title"]
    yield "Rows", count
    for label, name in (("Question", "question"), ("SQL", "sql"), ("Why it has no rows", "why_empty")):
        if descriptor.get(name):
            yield label, descriptor[name]
    for name, value in descriptor.get("parameters", {}).items():
        yield f"Parameter {name}", value
    for label, name in (("Note", "notes"), ("Caveat", "caveats")):
        for said in descriptor.get(name, ()):
            yield label, said
    release = descriptor["release"]
    yield "Release", f"{release['id']}, {release['edition']} edition, built {release['built_at']}"
    yield "Cite as", descriptor["cite"]
    yield "Text", "Text that a spreadsheet would run as a formula has a single quote before it."
    yield ("",)
    yield ("Columns",)
    yield "Name", "Meaning", "Unit", "Computed from"
    for field in descriptor["schema"]["fields"]:
        yield field["name"], field.get("description"), field.get("unit"), ", ".join(field.get("computed_from", ()))
    yield ("",)
    yield ("Sources",)
    yield "Publisher", "What", "Retrieved", "Address"
    for source in descriptor["sources"]:
        yield source["publisher"], source["title"], source.get("retrieved_at"), source.get("path")
    yield ("",)
    yield ("Licenses",)
    for one in descriptor["licenses"]:
        yield one["name"], one["title"], "", one.get("path")


def _letters(place: int) -> str:
    """A column's name in a sheet: A, B, ..., Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _width(values: Iterable[Any]) -> int:
    longest = max(len(str(plain(value))) for value in values if value is not None)
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def _cell(sheet: Any, value: Any, *, font: Font | None = None, alignment: Alignment | None = None) -> Any:
    """A cell with the value; text stays text whatever it begins with."""
    value = _sheet_value(value)
    made = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # openpyxl would make a formula of "=..." and an error of "#N/A"
        made.data_type = "s"
    if font is not None:
        made.font = font
    if alignment is not None:
        made.alignment = alignment
    return made


def _sheet_value(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value if len(value.as_tuple().digits) <= 15 else decimal_text(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, datetime):
        return value if value.tzinfo is None and value.date() >= _FIRST_SHEET_DAY else value.isoformat()
    if isinstance(value, date):
        return value if value >= _FIRST_SHEET_DAY else value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        value = as_json(value)
    text = guarded(str(plain(value)))
    if len(text) > _SHEET_CHARACTERS:
        raise CannotWriteAnswer(
            f"a sheet's cell holds {_SHEET_CHARACTERS:,} characters and a value has {len(text):,}: --format csv"
        )
    # XML has no control characters: they stand as escapes.
    return _NOT_IN_XML.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
