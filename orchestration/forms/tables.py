"""Text tables with a header (CSV and the like), parsed row by row in Python and decoded as a stream.

What belongs here: the rules that every such table must meet. What does not: CSV in bulk (landing.csv_parts), any
publisher's own columns (sources).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from orchestration import limits
from orchestration.forms import Beyond, Unreadable, kinds

_BOMS = ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
         (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))  # fmt: skip
# What stands between the columns where it is no comma, in words.
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_PIECE = 1 << 20
_LONGEST_NAME = 300
# The number of bytes at a file's end that are checked to see whether it is complete.
LAST_BYTES = 1 << 18


@dataclass(frozen=True)
class Table:
    """The names of a table's columns, and its rows as they are read: (number of the line, cells)."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def encoding_of(body: bytes) -> str:
    """The encoding that the text's first bytes declare; UTF-8 if they declare none."""
    return next((name for bom, name in _BOMS if body.startswith(bom)), "utf-8")


def is_utf8(body: bytes) -> bool:
    """Whether all of it is UTF-8, checked without a second copy in memory."""
    try:
        with io.TextIOWrapper(io.BytesIO(body), "utf-8-sig") as stream:
            while stream.read(_PIECE):
                pass
    except UnicodeDecodeError:
        return False
    return True


def must_be_a_header(names: Sequence[str]) -> None:
    """Raise Unreadable for a header that names a column twice, has too many, or holds what no name is.

    A name in capitals and the same in small letters are one to SQL.
    """
    most = limits.current().columns
    if len(names) > most:
        raise Beyond("columns", f"the header has {len(names):,} columns")
    seen: dict[str, str] = {}
    for name in names:
        if not name.strip():
            raise Unreadable("the header has a column without a name")
        if len(name) > _LONGEST_NAME:
            raise Unreadable(f"a column's name has {len(name):,} characters: {name[:80]!r} ...")
        if odd := next((c for c in name if not c.isprintable() and c not in "\t\r\n"), None):
            raise Unreadable(f"a column's name holds a character that is no text: {odd!r} in {name[:80]!r}")
        if (folded := name.casefold()) in seen:
            raise Unreadable(f"the header names {name[:80]!r} twice: which column is meant?")
        seen[folded] = name


def must_end_whole(end: bytes, width: int) -> None:
    """Raise Unreadable if a CSV's last line has fewer cells than its header: the file is cut short.

    end: its last bytes. A line that ends a record of several lines is not judged.
    """
    whole = end.rstrip(b"\r\n")
    start = whole.rfind(b"\n") + 1
    line = whole[start:].decode("utf-8", "replace")
    if not line or (start == 0 and len(end) >= LAST_BYTES) or line.count('"') % 2:
        return
    try:
        cells = next(csv.reader([line.rstrip("\r")], strict=True), [])
    except csv.Error:
        return
    if len(cells) < width:
        raise Unreadable(f"the last line has {len(cells):,} cells, the header {width:,}: the file is cut short")


def read(
    body: bytes,
    *,
    delimiter: str | Callable[[str], str] = ",",
    quoting: int = csv.QUOTE_MINIMAL,
    encoding: str | None = None,
    ragged: bool = False,
) -> Table:
    """The table in a text. Its rows raise Unreadable too, with the line.

    delimiter: a character, or a function of the first line. ragged: rows may be of another width than the header.
    """
    csv.field_size_limit(limits.current().cell_characters)
    if b"\x00" in body and encoding_of(body) in ("utf-8", "utf-8-sig"):
        raise Unreadable(
            kinds.instead(body, "a table") if kinds.kind(body) else "it holds NUL bytes: no text in UTF-8 or Latin-1"
        )
    stream = io.TextIOWrapper(io.BytesIO(body), encoding or encoding_of(body), newline="")
    if callable(delimiter):
        delimiter = delimiter(_first_line(stream, body))
        stream.seek(0)
    # counted before it is parsed: ten million names are a gigabyte as Python has them
    most = limits.current().columns
    if (delimiters := _first_line(stream, body).count(delimiter)) > 2 * most:
        raise Beyond("columns", f"the header has {delimiters + 1:,} columns or more")
    stream.seek(0)
    lines = _lines(stream, body, delimiter, quoting)
    _, header = next(lines, (0, []))
    if not header:
        raise Unreadable(kinds.instead(body, "a table with a header"))
    if len(header) == 1 and (other := max(_OTHER_DELIMITERS, key=header[0].count)) in header[0]:
        raise Unreadable(
            f"its columns are separated by {_OTHER_DELIMITERS[other]}: save it with {delimiter!r} between them"
        )
    must_be_a_header(header)
    return Table(header, lines if ragged else _even(lines, len(header)))


def _first_line(stream: io.TextIOWrapper, body: bytes) -> str:
    try:
        return stream.readline(limits.current().cell_characters)  # the rest of a longer line is not needed
    except UnicodeDecodeError as error:
        raise Unreadable(_not_text(body, error)) from error


def _lines(stream: io.TextIOWrapper, body: bytes, delimiter: str, quoting: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(stream, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
    try:
        for row in reader:
            yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise Unreadable(_not_text(body, error)) from error
    except csv.Error as error:
        if "field larger" in str(error):
            most = limits.current().cell_characters
            raise Beyond(
                "cell_characters", f"a cell at line {reader.line_num:,} of more than {most:,} characters"
            ) from error
        what = "a quote is not closed" if "unexpected end" in str(error) else str(error)
        raise Unreadable(f"line {reader.line_num:,}: {what}") from error


def _even(lines: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    for number, row in lines:
        if not row:
            continue
        if len(row) != width:
            raise Unreadable(f"line {number:,} has {len(row):,} cells, the header {width:,}")
        yield number, row


def _not_text(body: bytes, error: UnicodeDecodeError) -> str:
    if kinds.kind(body):
        return kinds.instead(body, "a table")
    return f"not a table in UTF-8: {error}; save it as UTF-8 (in Excel: CSV UTF-8)"
