"""The layout of a Return A master file: the position of each field in a fixed-width line.

What belongs here: the layout (return_a_layout.csv), and splitting a file into lines. What does not: what a field means
(dbt), the records that are made from a line (fbi_files).

The FBI's record description is a scanned image. The layout is therefore the one on which J. Kaplan's setup file
(github.com/jacobkap/crime_data, setup_files/ucr_return_a.sps) and D. Braman's schema
(github.com/donaldbraman/fbi-reta-data) agree. Its column `known_from` says how well each field is known: "counts
compared" if a public client read the FBI's own printed counts with it, "two readers" if the two give the same position.
We have not checked the layout against an original file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.forms import Unreadable, archives
from orchestration.wire import Payload, SourceError

LAYOUT = Path(__file__).with_name("return_a_layout.csv")
RECORD_LENGTH, MONTHS_START, MONTH_LENGTH, CARD_LENGTH = 7385, 305, 590, 140
_PIECE, _LONGEST_LINE = 1 << 20, 1 << 16


@dataclass(frozen=True)
class Field:
    """One field of the layout: its part of the record (header, month, card), first column from 1, width."""

    section: str
    name: str
    start: int
    length: int
    known_from: str

    def of(self, text: str, offset: int = 0) -> str | None:
        """The field's text, trimmed; None where it is blank."""
        return text[offset + self.start - 1 : offset + self.start - 1 + self.length].strip() or None


@cache
def layout() -> dict[tuple[str, str], Field]:
    """The declared layout by section and name."""
    with LAYOUT.open(encoding="utf-8", newline="") as stream:
        fields = [
            Field(row["section"], row["name"], int(row["start"]), int(row["length"]), row["known_from"])
            for row in csv.DictReader(stream)
        ]
    return {(field.section, field.name): field for field in fields}


def lines(dataset: str, payload: Payload) -> Iterator[str]:
    """The lines of a text, or of the one text in a zip; an end-of-file character of old systems is no line."""
    year = payload.context["year"]
    if not archives.is_zip(payload.body):
        yield from _split(_pieces_of(payload.body))
        return
    try:
        members = archives.members(payload.body)
        texts = [info for info in members if info.filename.lower().endswith((".txt", ".dat"))]
        if len(texts) != 1:
            names = [info.filename for info in members][:40]
            raise SourceError(dataset, year, f"expected one text in the archive, found {names}", url=payload.url)
        yield from _split(archives.inflate(payload.body, texts[0]))
    except Unreadable as error:
        raise SourceError(dataset, year, str(error), url=payload.url) from error


def _pieces_of(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def _split(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines, whatever pieces they come in. Raises Unreadable where none ends within a bound."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise Unreadable(f"no line ends within {len(rest):,} bytes")
        yield from filter(None, map(_line, whole))
    if last := _line(rest):
        yield last


def _line(line: bytes) -> str | None:
    text = line.rstrip(b"\r").decode("latin-1")
    return text if text.strip("\x1a \x00") else None
