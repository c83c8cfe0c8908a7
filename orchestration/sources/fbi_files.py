"""The FBI's yearly files: Return A master files, and the printed tables of offenses by city (Table 8).

What belongs here: the two datasets; finding Table 8's headings, and separating footnote numbers from names. What does
not: the links to the files (fbi_links), the fixed-width layout (fbi_layout), what a code, an overpunched digit or a
month without a return means (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration import limits
from orchestration.declared.fbi import RETURN_A_LINES, table8_columns
from orchestration.forms import Beyond, Unreadable, archives, packed, tables, workbook
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Record
from orchestration.sources.fbi_layout import MONTH_LENGTH, MONTHS_START, RECORD_LENGTH, layout, lines
from orchestration.sources.fbi_links import A_YEAR, SignedFile
from orchestration.sources.fields import PRINTED_WHOLE, TEXT, YEAR, each, matching, typed
from orchestration.sources.states import BY_NAME, STATE_NAME
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError

# The FBI's own code of a Return A record.
_RECORD_KIND = "1"
# The last character may carry the sign, as IBM's zoned decimals are written in text.
_ZONED = matching(r"-?\d+|\d*[}J-R{A-I]", "a whole number")
_HEADER = ("ori", "state_number", "population_group", "covered_by", "months_reported", "population_1", "population_2",
           "population_3", "agency_name")  # fmt: skip
_MONTH = ("month_included_in", "month_last_update", "actual_card_type", "cleared_card_type", "actual_card_detail")
_FOOTNOTES = re.compile(r"^(?P<name>.*?\D)\s*(?P<notes>\d{1,2}(?:\s*,\s*\d{1,2})*)\s*$", re.DOTALL)
_NOTE = re.compile(r"^(?P<number>\d{1,2})\s*(?P<text>\D.*)$", re.DOTALL)


class ReturnA(SignedFile):
    """Every agency's year on the Return A: offenses, clearances and card types of twelve months."""

    name = "return_a"
    title = "Return A master file: offenses known and cleared by agency and month, with the card types of each month"
    publisher = "FBI Uniform Crime Reporting Program"
    terms = FEDERAL
    required = ("ori", "year", "month", "actual_card_type", *(f"actual_{line}" for line in RETURN_A_LINES))
    optional = (*_HEADER[1:], "month_included_in", "month_last_update", "cleared_card_type", "actual_card_detail",
                *(f"cleared_{line}" for line in RETURN_A_LINES))  # fmt: skip
    types = typed({
        "ori": matching("[A-Z0-9]{7}", "an ORI of seven characters"), "year": YEAR,
        "month": matching("0[1-9]|1[0-2]", "a month"), "actual_card_type": TEXT.or_all_empty,
        **each((f"{card}_{line}" for card in ("actual", "cleared") for line in RETURN_A_LINES), _ZONED.or_all_empty),
    })  # fmt: skip
    key = ("ori", "year", "month")
    first_year = 1985

    def file_key(self, year: str) -> str:
        return f"master_files/reta/reta-{year}.zip"

    def cut(self, payload: Payload) -> Iterator[Record]:
        """Twelve records an agency, each field as it stands in its columns.

        Raises SourceError where a line has another length, kind or year than the layout and the file say, or the
        archive is packed by a method that cannot be read here.
        """
        year = payload.context["year"]
        fields = layout()
        header = [fields["header", name] for name in _HEADER]
        months = [fields["month", name] for name in _MONTH]
        cards = [
            (f"{card}_{line}", fields["card", line], fields["month", card].start - 1)
            for card in ("actual", "cleared")
            for line in RETURN_A_LINES
        ]
        kind, two_digits = fields["header", "record_kind"], fields["header", "year"]
        number = 0
        for number, line in enumerate(lines(self.id, payload), start=1):
            if len(line) != RECORD_LENGTH:
                what = f"line {number:,} has {len(line):,} characters, the layout has {RECORD_LENGTH:,}"
                raise SourceError(self.id, year, what, url=payload.url)
            if kind.of(line) != _RECORD_KIND or two_digits.of(line) != year[2:]:
                what = f"line {number:,} is of kind {kind.of(line)} and year {two_digits.of(line)}, not a Return A"
                raise SourceError(self.id, year, f"{what} of {year}", url=payload.url)
            agency = {field.name: field.of(line) for field in header}
            for month in range(12):
                at = MONTHS_START + month * MONTH_LENGTH
                yield {
                    **agency,
                    "year": year,
                    "month": f"{month + 1:02}",
                    **{field.name: field.of(line, at) for field in months},
                    **{name: field.of(line, at + card) for name, field, card in cards},
                }
        if number == 0:
            raise SourceError(self.id, year, "not one line in it", url=payload.url)


# Headings of the table by city, and what a record calls each. "Forcible rape" is the legacy definition. "Rape" alone
# was printed under both definitions, and the year decides (dbt).
HEADINGS = {column.heading: column.column for column in table8_columns()}
# The counts, in the order in which they are printed; those that every table has come first.
_COUNTS = tuple(dict.fromkeys(column for column in HEADINGS.values() if column not in ("state", "city")))
_ALWAYS = ("population", "murder", "robbery", "burglary")
_SOMETIMES = tuple(column for column in _COUNTS if column not in _ALWAYS)
_NEEDED = frozenset({"state", "city", *_ALWAYS})
# Title lines above the headings, and rows over which one heading may be spread.
_MOST_TITLE_ROWS, _MOST_HEADING_ROWS = 15, 3


class Table8(SignedFile):
    """The annual table of offenses by city, as printed: agencies with twelve months of data only."""

    name = "table8"
    title = "Offenses Known to Law Enforcement by State by City (Table 8): one row a city and year"
    publisher = "FBI, Crime in the United States"
    terms = FEDERAL
    required = ("year", "state", "city", *_ALWAYS)
    optional = ("city_as_printed", *_SOMETIMES, "footnotes", "footnote_texts", "state_footnotes")
    types = typed({
        "year": YEAR, "state": STATE_NAME, "city": TEXT,
        **each(_ALWAYS, PRINTED_WHOLE.or_empty), **each(_SOMETIMES, PRINTED_WHOLE),
    })  # fmt: skip
    key = ("year", "state", "city")
    # Archives of the whole table family were seen from 2018 on; the tables before are at ucr.fbi.gov, by hand.
    first_year = 2018

    def file_key(self, year: str) -> str:
        """The archive of the table family, as public clients name it."""
        return f"cius/{year}/offenses-known-to-le-{year}.zip"

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a city, numbers as printed, footnote numbers separated from names.

        Raises SourceError where no headings of the table are found, a heading is not known, or a title says another
        year than the file.
        """
        year = payload.context["year"]
        try:
            body = _unzipped(payload.body)
            name, body = self._workbook_in(body, payload)
            if workbook.is_workbook(body):
                yield from self._rows(self._sheet(body, name), payload)
                return
        except Unreadable as error:
            raise SourceError(self.id, year, str(error), url=payload.url) from error
        try:
            rows = _csv_by_year(body)
        except Unreadable as error:
            raise SourceError(self.id, year, f"neither a workbook nor such a CSV: {error}", url=payload.url) from error
        yield from (dict(zip(rows.names, cells, strict=True)) for cells in rows.by_year.get(year, ()))

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A workbook or archive of one year, or a CSV of many (columns year, state, city, population, ...)."""
        body = body_of(self.id, path)
        try:
            plain = _unzipped(body)
            if workbook.is_workbook(plain):
                yield from super().read_file(path, retrieved_at)
                return
            years = sorted(_csv_by_year(plain).by_year)
        except Beyond as error:
            raise SourceError(self.id, path.name, str(error)) from error
        except Unreadable as error:
            raise SourceError(self.id, path.name, f"neither a workbook nor such a CSV: {error}") from error
        del plain
        for year in years:
            yield self.batch_of(path, year, retrieved_at, body)

    def _workbook_in(self, body: bytes, payload: Payload) -> tuple[str, bytes]:
        """Table 8's workbook out of an archive of the table family; anything else as it is."""
        if not archives.is_zip(body):
            return "the workbook", body
        year = payload.context["year"]
        members = archives.members(body)
        names = [info.filename for info in members]
        if "[Content_Types].xml" in names:
            return "the workbook", body
        wanted = [
            info for info in members
            if re.search(r"table_?8(?!\d)", info.filename, re.I) and info.filename.lower().endswith((".xls", ".xlsx"))
        ]  # fmt: skip
        if len(wanted) != 1:
            what = f"expected one workbook of Table 8, found {names[:40]}"
            raise SourceError(self.id, year, what, url=payload.url)
        return wanted[0].filename, archives.content(body, wanted[0])

    def _sheet(self, body: bytes, name: str) -> list[list[Any]]:
        """The rows of the first sheet. Raises Unreadable if another one has the headings: its rows would be lost."""
        try:
            sheet = workbook.first_sheet(body)
        except Beyond:
            raise
        except Unreadable as error:
            raise Unreadable(f"{name} is no workbook: {error}") from error
        sheet.must_hold_all("has the headings of Table 8 too", lambda top: any(_readings(top)))
        return sheet.rows

    def _rows(self, sheet: Sequence[Sequence[Any]], payload: Payload) -> Iterator[Record]:
        year = payload.context["year"]
        names, first = self._headings(sheet, payload)
        titled = {y for row in sheet[: first - 1] for cell in row for y in A_YEAR.findall(_cell(cell) or "")}
        if titled and year not in titled:
            what = f"the title says {', '.join(sorted(titled))}, the file is of {year}"
            raise SourceError(self.id, year, what, url=payload.url)
        notes = self._notes(sheet[first:], names)
        state, state_notes = None, None
        for row in sheet[first:]:
            cells = {name: _cell(row[column]) for column, name in names.items() if column < len(row)}
            printed = cells.get("state")
            if printed:
                bare, numbers = _parted(printed)
                if bare.upper() in BY_NAME or cells.get("city"):
                    # The state stands in the first of its rows only.
                    state, state_notes = BY_NAME[bare.upper()].name if bare.upper() in BY_NAME else bare, numbers
            is_of_a_city = cells.get("city") or re.fullmatch(r"[\d,.]+", cells.get("population") or "")
            if not is_of_a_city or state is None:
                continue
            # A row of figures without its city is kept, to be counted among those that cannot be read.
            city_as_printed = cells.get("city")
            city, numbers = _parted(city_as_printed) if city_as_printed else (None, None)
            # a note on a state (limited data, other practices) is one on each of its cities
            of_both = dict.fromkeys([*(numbers or "").split(","), *(state_notes or "").split(",")])
            texts = "; ".join(notes[n] for n in of_both if n in notes)
            yield {
                **{name: value for name, value in cells.items() if name not in ("state", "city")},
                "year": year,
                "state": state,
                "city": city,
                "city_as_printed": city_as_printed,
                "footnotes": numbers,
                "footnote_texts": texts or None,
                "state_footnotes": state_notes,
            }

    def _headings(self, sheet: Sequence[Sequence[Any]], payload: Payload) -> tuple[dict[int, str], int]:
        """What each column is, and the first row below the headings, which may be spread over several rows."""
        year = payload.context["year"]
        for found, names, below in _readings(sheet):
            if unknown := [heading for heading in found if heading and heading not in HEADINGS]:
                raise SourceError(self.id, year, f"a heading that is not known: {unknown[0]!r}", url=payload.url)
            if len(set(names.values())) < len(names):
                raise SourceError(self.id, year, f"a heading stands twice: {found}", url=payload.url)
            return names, below
        seen = [cell for row in sheet[:_MOST_TITLE_ROWS] for value in row if (cell := _cell(value))][:12]
        raise SourceError(self.id, year, f"no headings of Table 8 found; the first cells are {seen}", url=payload.url)

    def _notes(self, rows: Iterable[Sequence[Any]], names: dict[int, str]) -> dict[str, str]:
        """The footnotes under the table by their number."""
        column = next(column for column, name in names.items() if name == "state")
        found: dict[str, str] = {}
        for row in rows:
            rest = [cell for c, cell in enumerate(row) if c != column and _cell(cell)]
            note = _NOTE.match(_cell(row[column]) or "") if column < len(row) and not rest else None
            if note:
                found[note["number"]] = " ".join(note["text"].split())
        return found


def _readings(sheet: Sequence[Sequence[Any]]) -> Iterator[tuple[list[str], dict[int, str], int]]:
    """Rows near the top that together hold the headings: each column's text, the known names, the first row below."""
    for start in range(min(_MOST_TITLE_ROWS, len(sheet))):
        for depth in range(1, _MOST_HEADING_ROWS + 1):
            found = [
                _heading(*(_cell(row[c]) for row in sheet[start : start + depth])) for c in range(len(sheet[start]))
            ]
            names = {column: HEADINGS[heading] for column, heading in enumerate(found) if heading in HEADINGS}
            if set(names.values()) >= _NEEDED:
                yield found, names, start + depth


def _cell(value: object) -> str | None:
    """A cell as text: a whole number without a fraction, an empty cell as None."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value).strip()
    return text or None


def _heading(*cells: str | None) -> str:
    """A heading out of the cells over which it is spread, in lower case, without footnote numbers and breaks."""
    text = " ".join(" ".join(cell for cell in cells if cell).split()).lower()
    text = re.sub(r"-\s+", "-", text)
    return re.sub(r"\s*\d{1,2}(?:\s*,\s*\d{1,2})*$", "", text).strip()


def _parted(name: str) -> tuple[str, str | None]:
    """A printed name, and the footnote numbers that are glued to it ("Tucson4, 5" is Tucson and 4,5)."""
    match = _FOOTNOTES.match(name)
    if not match:
        return " ".join(name.split()), None
    return " ".join(match["name"].split()).rstrip(","), re.sub(r"\s", "", match["notes"])


@dataclass(frozen=True)
class _Years:
    """A CSV of many years: its columns' names, and the rows of each year."""

    names: tuple[str, ...]
    by_year: dict[str, list[tuple[str | None, ...]]]


@lru_cache(maxsize=1)
def _csv_by_year(body: bytes) -> _Years:
    """The rows of a CSV of many years by year; parsed once though each year's capture asks. Raises Unreadable."""
    table = tables.read(body)
    known = {"year", *HEADINGS.values()} | {"footnote", "state_footnote"}
    if missing := {"year", *_NEEDED} - set(table.header):
        raise Unreadable(f"no column {sorted(missing)[0]!r} among {table.header[:20]}")
    if unknown := [name for name in table.header if name not in known]:
        raise Unreadable(f"a column that is not known: {unknown[0]!r}")
    renamed = {"footnote": "footnotes", "state_footnote": "state_footnotes"}
    most, at = limits.current().cells, table.header.index("year")
    found = _Years(tuple(renamed.get(name, name) for name in table.header), {})
    for number, (line, row) in enumerate(table.rows, start=1):
        if number * len(row) > most:
            raise Beyond("cells", f"a table of more than {most:,} cells")
        cells = tuple(cell.strip() or None for cell in row)
        if not re.fullmatch(A_YEAR, cells[at] or ""):
            raise Unreadable(f"line {line:,} is of the year {(cells[at] or '')[:40]!r}, which is none")
        found.by_year.setdefault(str(cells[at]), []).append(cells)
    return found


def _unzipped(body: bytes) -> bytes:
    return packed.gunzip(body) if packed.is_gzip(body) else body


DATASETS = (ReturnA(), Table8())
