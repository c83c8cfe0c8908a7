"""Writing an answer's rows to a file: CSV, JSON, Parquet, XLSX.

What belongs here: writing values so that a program reads the same values back, preventing text from running as a
formula in a spreadsheet, and which files may be overwritten. What does not: which rows (reader, questions), the screen
(cli.screen).

Text that begins with = + - @, a tab or a carriage return would run as a formula in a spreadsheet, and publishers print
what others typed. In CSV and XLSX such text, also in its full-width form and after spaces, gets a single quote before
it, as OWASP recommends (CSV Injection). Numbers stay numbers: -5 gets no quote, the text "-5" does. JSON and Parquet
contain every value unchanged.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell

from orchestration import files
from orchestration.reading.harmless import STEERING
from orchestration.settings import Settings

FORMATS = ("csv", "json", "parquet", "xlsx")
_TEXT_FORMATS = ("csv", "json")

# Blanks and invisible characters may stand before; full-width forms are folded to the plain ones by some programs.
_RUNS = re.compile(
    r"[\s\u200b\u2060\ufeff\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]|[\t\r]"
)

# A field that needs no quotes: no sign or line end of CSV in it (nor the semicolon and the tab, which part fields where
# the comma is the decimal sign), no blank at its ends.
_BARE = re.compile(r"(?!\s)[^\",;\t\r\n]*[^\",;\s]")

# Characters that XML 1.0 has not (section 2.2).
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_BATCH = 20_000
# A sheet's own limits: rows, characters of a cell, and the digits of a number that it stores exactly.
_SHEET_ROWS, _SHEET_CHARACTERS, _EXACT = 1_048_576, 32_767, 2**53
_FIRST_SHEET_DAY = date(1900, 3, 1)


class CannotWriteAnswer(Exception):
    """The answer cannot be written there or in that format; says why, and what to do instead."""


def guarded(text: str) -> str:
    """The text, with a single quote before it if a spreadsheet would run it."""
    return f"'{text}" if _RUNS.match(text) else text


def check(format_: str, output: Path | None, settings: Settings, *, overwrite: bool = False) -> None:
    """Refuse, before anything is asked, what could not be written. Raises CannotWriteAnswer."""
    if format_ not in FORMATS:
        raise CannotWriteAnswer(f"--format {format_!r}: there are table, {', '.join(FORMATS)}")
    if output is None:
        if format_ not in _TEXT_FORMATS:
            raise CannotWriteAnswer(f"--format {format_} needs --output FILE: it is not text")
        return
    kept = [settings.root, settings.landing_dir]
    # a folder of the home may be mounted elsewhere too
    inside = [each for folder in kept if folder.is_dir() for each in folder.iterdir() if each.is_dir()]
    releases = settings.releases_dir.iterdir() if settings.releases_dir.is_dir() else ()
    for folder in (*kept, *inside, *releases):
        if _is_under(output, folder):
            raise CannotWriteAnswer(
                f"{output} is inside {folder}, which holds captures and releases: nothing else is written there."
                " Name a file elsewhere"
            )
    if output.is_dir():
        raise CannotWriteAnswer(f"{output} is a folder: name a file")
    if output.is_symlink() or output.exists():
        if not output.is_file():
            raise CannotWriteAnswer(f"{output} is no ordinary file: name another")
        if not overwrite:
            raise CannotWriteAnswer(f"{output} exists: --overwrite replaces it, or name another file")


def format_of(format_: str, output: Path | None, settings: Settings, *, overwrite: bool = False) -> str:
    """The format of an answer: the one given, or for a file without one what its ending says; "table" is for a screen.

    Raises CannotWriteAnswer, before anything is asked, if the answer could not be written.
    """
    if format_ == "table":
        if output is None:
            return format_
        format_ = output.suffix.removeprefix(".").lower()
        if format_ not in FORMATS:
            raise CannotWriteAnswer(
                f"--output needs --format {', '.join(FORMATS)}, or a file name that ends in one of them"
            )
    check(format_, output, settings, overwrite=overwrite)
    return format_


def _is_under(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder: as it is written, through symlinks, or as the same folder by another name."""
    ours = folder.resolve()
    for way in (Path(os.path.abspath(path)), path.resolve()):
        if any(parent == ours or _same(parent, ours) for parent in (way, *way.parents)):
            return True
    return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def write(rows: Any, format_: str, output: Path) -> int:
    """Write rows (a relation) to a file, whole or not at all; how many rows.

    What stands at the path is replaced, never written into: another name of the same file keeps the old content.
    Raises CannotWriteAnswer, files.CannotWrite.
    """
    target = output.resolve() if output.is_symlink() else output
    files.sweep_unfinished(target.parent)
    if format_ in _TEXT_FORMATS:
        # written to the disk as it comes: an answer may be larger than the memory
        with files.whole(target) as binary:
            stream = io.TextIOWrapper(
                binary, encoding="utf-8", newline="", errors="backslashreplace", write_through=True
            )
            count = write_text(rows, format_, stream)
            stream.flush()
            stream.detach()
        return count
    if format_ == "parquet":
        table = rows.to_arrow_table()
        buffer = pa.BufferOutputStream()
        try:
            pq.write_table(table, buffer)
        except pa.ArrowNotImplementedError as cannot:
            kinds = ", ".join(f"{field.name} ({field.type})" for field in table.schema if _is_odd(field.type))
            raise CannotWriteAnswer(f"Parquet has no form for {kinds or cannot}: cast it, or --format csv") from cannot
        files.write_whole(target, buffer.getvalue().to_pybytes())
        return int(table.num_rows)
    data, count = _workbook(rows)
    files.write_whole(target, data)
    return count


def _is_odd(kind: pa.DataType) -> bool:
    return bool(pa.types.is_interval(kind) or pa.types.is_duration(kind) or pa.types.is_union(kind))


def write_text(rows: Any, format_: str, stream: Any) -> int:
    """Write rows as CSV or JSON to a stream of text; how many."""
    names = list(rows.columns)
    count = 0
    if format_ == "csv":
        stream.write(",".join(_quoted(guarded(name)) for name in names) + "\n")
        for row in _each(rows):
            stream.write(",".join(map(_csv_value, row)) + "\n")
            count += 1
        return count
    keys = _distinct(names)
    stream.write("[")
    for row in _each(rows):
        stream.write(",\n" if count else "\n")
        stream.write(f"  {_json(dict(zip(keys, row, strict=True)))}")
        count += 1
    stream.write("\n]\n" if count else "]\n")
    return count


def _each(rows: Any) -> Iterator[Sequence[Any]]:
    """The rows one by one, a batch in memory at a time."""
    while batch := rows.fetchmany(_BATCH):
        yield from batch


def _distinct(names: Iterable[str]) -> list[str]:
    """Column names as keys: of two alike the second gets a number, so that no value is lost."""
    keys: list[str] = []
    for name in names:
        key, number = name, 1
        while key in keys:
            key, number = f"{name}_{number}", number + 1
        keys.append(key)
    return keys


def _plain(value: Any) -> Any:
    """A value as text where CSV and JSON have no form of its own: days in ISO 8601, bytes in hexadecimal."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return value if isinstance(value, (str, int, float, bool, Decimal)) or value is None else str(value)


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple, dict)):
        return _quoted(guarded(_json(value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite():
        return _decimal(value)
    if isinstance(value, (Decimal, float)):
        return repr(value) if math.isfinite(value) else _not_finite(float(value))
    plain = _plain(value)
    return _quoted(guarded(plain)) if isinstance(plain, str) else str(plain)


def _quoted(text: str) -> str:
    """A field of RFC 4180. Python's own writer leaves a carriage return bare, which begins a new row elsewhere.

    An empty text is quoted, so that it is not taken for a null.
    """
    return text if _BARE.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _json(value: Any) -> str:
    """A value as JSON, decimals with the digits that they have."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(str(key))}: {_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return _decimal(value)
    # JSON has no NaN and no infinity: as text they are not lost.
    if isinstance(value, Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        value = _not_finite(float(value))
    text = json.dumps(_plain(value), ensure_ascii=False)
    # the same value, without a character that steers a terminal
    return STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _not_finite(value: float) -> str:
    return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _workbook(rows: Any) -> tuple[bytes, int]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("answer")
    sheet.append([_sheet_cell(sheet, name) for name in rows.columns])
    count = 0
    for row in _each(rows):
        count += 1
        if count >= _SHEET_ROWS:
            raise CannotWriteAnswer(f"a sheet holds {_SHEET_ROWS - 1:,} rows and the answer has more: --format csv")
        sheet.append([_sheet_cell(sheet, value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue(), count


def _sheet_cell(sheet: Any, value: Any) -> Any:
    """A cell with the value; text stays text whatever it begins with."""
    value = _sheet_value(value)
    made = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # openpyxl would make a formula of "=..." and an error of "#N/A"
        made.data_type = "s"
    return made


def _sheet_value(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value if len(value.as_tuple().digits) <= 15 else _decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, datetime):
        return value if value.tzinfo is None and value.date() >= _FIRST_SHEET_DAY else value.isoformat()
    if isinstance(value, date):
        return value if value >= _FIRST_SHEET_DAY else value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        value = _json(value)
    text = guarded(str(_plain(value)))
    if len(text) > _SHEET_CHARACTERS:
        raise CannotWriteAnswer(
            f"a sheet's cell holds {_SHEET_CHARACTERS:,} characters and a value has {len(text):,}: --format csv"
        )
    # XML has no control characters: they stand as escapes.
    return _NOT_IN_XML.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
