"""US Immigration and Customs Enforcement: agencies with a 287(g) agreement.

What belongs here: the format of the workbook in its five known header variants, and the time in a file's name. What
does not: from when to when an agency was listed (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, workbook
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import TEXT, matching, typed
from orchestration.sources.states import STATE_NAME
from orchestration.sources.tables import broken_letters
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, utc_now

# ParticipatingEntities-20210113002027.xlsx (an archive's time), participatingAgencies05182026am.xlsx (ICE's own).
_ARCHIVE_TIME = re.compile(r"(20\d{12})")
_OWN_DATE = re.compile(r"(\d{2})(\d{2})(20\d{2})(am|pm)?", re.IGNORECASE)
# What people type for a day, and what a spreadsheet makes of one: days since 1899-12-30.
_SHOWN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SERIAL = re.compile(r"[2-7]\d{4}(\.0+)?")
_DAY_ZERO = date(1899, 12, 30)
_SIGNED = matching(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}/\d{1,2}/\d{4}|[2-7]\d{4}(\.0+)?", "a date, or a serial number of one")
# ICE replaces the file up to twice a day; its names tell only the half.
_HALF_OF_DAY = {"am": 6, "pm": 18, None: 12}
_NEXT_CENTURY = 2100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Agreements287g(Dataset):
    """Every participating agency and support type on the day of the capture."""

    source = "ice"
    name = "agreements_287g"
    domain = "ordinances"
    title = "Agencies with a 287(g) agreement, as listed by ICE"
    publisher = "US Immigration and Customs Enforcement"
    terms = FEDERAL
    homepage = "https://www.ice.gov/identify-and-arrest/287g"
    policy = "snapshot"
    required = ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED")
    optional = ("TYPE", "COUNTY", "MOA", "ADDENDUM")
    types = typed(
        {
            "STATE": STATE_NAME,
            "LAW ENFORCEMENT AGENCY": TEXT,
            "SUPPORT TYPE": TEXT,
            "SIGNED": _SIGNED.or_empty.or_unread,
        }
    )
    # A row that is missing ends an agreement.
    max_unreadable = 0.0
    refuses_new_fields = True
    base_url_setting = "ice_287g_url"
    max_age = timedelta(days=7)
    # Less than this is a broken file. Between this and the bound below a fall may be true, and waits for the next file.
    min_volume_ratio = 0.6
    # A file can be misdated or truncated: if it differs from both neighbors by more than 10%, it is put on hold.
    max_volume_change = 0.10
    content_precedes_capture = True

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("participating")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        yield web.get(settings.ice_287g_url)

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a row, every cell as text under the publisher's own header.

        The header row is found by name in the first ten rows, regardless of case and spaces. Cells that the workbook
        merges down a column all hold the value of the first. Raises SourceError where the file is no workbook, where
        it is one of pending agreements (same headers, another list), where a required header is missing, naming the
        headers that were found, and where letters are broken.
        """
        try:
            sheet = workbook.first_sheet(payload.body)
            rows = [[_cell(value) for value in row] for row in sheet.rows]
            _fill_down(rows, sheet.merged)
            sheet.must_hold_all("lists agreements", self._has_headers)
        except Unreadable as error:
            raise SourceError(self.id, "participating", str(error), url=payload.url) from error
        spelled = _spelled(rows)
        first = next((n for n, headers in enumerate(spelled) if set(self.required) <= set(headers)), None)
        if first is None:
            found = [cell for cell in (rows[0] if rows else []) if cell]
            missing = [name for name in self.required if name not in {str(f).strip().upper() for f in found}]
            what = f"column {', '.join(map(repr, missing))} missing; the first row holds {found}"
            raise SourceError(self.id, "participating", what, url=payload.url)
        titles = [payload.url.rsplit("/", 1)[-1], *sheet.names, *(cell for row in rows[:first] for cell in row)]
        if pending := [title for title in titles if title and "pending" in title.lower()]:
            what = f"a list of pending agreements, as {pending[0]!r} says: pending is not participating"
            raise SourceError(self.id, "participating", what, url=payload.url)
        for row in rows[first + 1 :]:
            for cell in row:
                if cell and (broken := broken_letters(cell)):
                    what = f"a cell's letters are broken (mojibake): {broken!r}"
                    raise SourceError(self.id, "participating", what, url=payload.url)
            if any(row):
                yield {header: cell for header, cell in zip(spelled[first], row, strict=True) if header}

    def _has_headers(self, rows: Sequence[Sequence[Any]]) -> bool:
        spelled = _spelled([[_cell(value) for value in row] for row in rows])
        return any(set(self.required) <= set(row) for row in spelled)

    def content_newest(self, record: Record) -> date | None:
        """The day on which the agreement was signed; None where it is none, or one of another age.

        ICE's files of July 2025 say 5025-07-07 of one agreement: a typing error, and no sign of a misdated file.
        """
        signed = _printed_day(record.get("SIGNED") or "")
        return signed if signed and signed.year < _NEXT_CENTURY else None

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A workbook as downloaded: its moment is what the user says, else what its name says, else now."""
        named = moment_of(path.name)
        when = retrieved_at or named or utc_now()
        if retrieved_at:
            note = "moment given with the import"
        elif named:
            note = f"moment taken from the file's name {path.name}"
        else:
            note = f"moment of the import: neither the user nor the file's name {path.name} gives another"
        payload = Payload(body_of(self.id, path), f"file:{path.name}", when, media_type=XLSX, method="FILE")
        is_undated = not (retrieved_at or named)
        yield Batch(Slice("participating"), [payload], when, note=note, is_undated=is_undated)


def moment_of(file_name: str) -> datetime | None:
    """The UTC time in a file's name; None if it has none, or one that no calendar has."""
    try:
        if match := _ARCHIVE_TIME.search(file_name):
            return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if match := _OWN_DATE.search(file_name):
            month, day, year, half = match.groups()
            hour = _HALF_OF_DAY[half.lower() if half else None]
            return datetime(int(year), int(month), int(day), hour, tzinfo=UTC)
    except ValueError:
        return None
    return None


def _spelled(rows: Sequence[Sequence[str | None]]) -> list[list[str]]:
    """The first rows, in which the headers are, regardless of case and spaces."""
    return [[" ".join((cell or "").split()).upper() for cell in row] for row in rows[:10]]


def _printed_day(text: str) -> date | None:
    """The day in a cell: 2025-03-03, 3/3/2025 or a serial number; None where it is none of these."""
    try:
        if _SERIAL.fullmatch(text):
            return _DAY_ZERO + timedelta(days=int(float(text)))
        if match := _SHOWN_DAY.fullmatch(text):
            return date(int(match[3]), int(match[1]), int(match[2]))
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _fill_down(rows: list[list[str | None]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Give each cell of a range that is merged down one column the value that the workbook shows for all of it."""
    for (top, left), (bottom, right) in merged:
        if left == right and top < len(rows) and left < len(rows[top]):
            for number, row in enumerate(rows[top + 1 : bottom + 1], start=top + 2):
                if row[left] and row[left] != rows[top][left]:
                    raise Unreadable(f"row {number} holds {row[left]!r} under cells merged into {rows[top][left]!r}")
                row[left] = rows[top][left]


def _cell(value: object) -> str | None:
    """A cell as text: a whole number without a fraction, an empty cell as None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


DATASETS = (Agreements287g(),)
