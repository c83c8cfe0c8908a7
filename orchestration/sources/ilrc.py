"""Immigrant Legal Resource Center: its county map of local policies, by file.

What belongs here: the form of the county file that a user brings, by its 27 columns. What does not: which county a code
is (identity), what a mark puts in force (nothing).

The file joins what ICE noted of each county's jail (freed by request) with seven provisions that the Center read. Only
its columns and five rows, with texts cut off, could be seen; nothing of it is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable
from orchestration.forms import tables as forms
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import TEXT, each, matching, typed
from orchestration.sources.tables import csv_records
from orchestration.sources.terms import PRINTED
from orchestration.wire import Payload, SourceError

# The seven provisions, each marked 1 or 0.
PROVISIONS = (
    "No 287(g)", "No ICE Detention Contract", "No ICE holds", "No ICE alerts", "Limits on ICE interrogations in jail",
    "Prohibition on asking about immigration status", "General prohibition on assistance to ICE",
)  # fmt: skip
# A code without its leading zero: 1001 is Autauga County (01001), 44 is Rhode Island.
_CODE = matching(r"\d{1,2}|\d{4,5}", "a county's or state's code")


class CountyMap(Dataset):
    """Every county of the file, with its provisions: each file is a snapshot."""

    source = "ilrc"
    name = "county_map"
    domain = "ordinances"
    title = "County map of policies on immigration enforcement, by county and provision"
    publisher = "Immigrant Legal Resource Center"
    terms = PRINTED
    homepage = "https://www.ilrc.org/local-enforcement-map"
    policy = "snapshot"
    required = ("County", "State", "Jurisdiction", *PROVISIONS, "ILRC Total", "GEOID - FIPS")
    optional = (
        "Field Office", "Priority", "Month and Year Jurisdiction Began Not Accepting Detainers",
        "Date of First Engagement between ERO and Local Government",
        "Date of Last Engagement between ERO and Local Government", "Who Met with the Local Government?",
        "Current Detainer/Notification Acceptance Status", "ICE Comments", "Follow Up Meeting Scheduled",
        "Next Meeting Date", "HQ Priority Jurisdictions (187)", "ILRC Analysis", "ILRC Comments", "Title of Policy",
        "LINK",
    )  # fmt: skip
    types = typed({
        "County": TEXT, "State": matching("[A-Z]{2}", "a postal code"), "Jurisdiction": TEXT.or_empty,
        **each(PROVISIONS, matching(r"[01](\.0)?", "1 or 0").or_empty),
        "ILRC Total": matching(r"[0-7](\.0)?", "0 to 7").or_empty, "GEOID - FIPS": _CODE,
    })  # fmt: skip
    max_unreadable = 0.0
    refuses_new_fields = True
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice: the whole file."""
        return [Slice("counties")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Never asked: the map is a page for people, and its table comes as a file."""
        raise AssertionError("the county file is brought by import")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a row. Raises SourceError where a required column is missing."""
        yield from csv_records(self, payload)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """The county file (.csv), of the day that the user says: the file names none.

        Raises SourceError where no day is given, a column is missing, there is no row, or a row's marks are not as
        many as it says.
        """
        if retrieved_at is None:
            raise SourceError(self.id, path.name, "the file names no day: give it with --retrieved")
        body = body_of(self.id, path).removeprefix(b"\xef\xbb\xbf")
        payload = Payload(body, f"file:{path.name}", retrieved_at, media_type="text/csv", method="FILE")
        try:
            forms.read(body)
        except Unreadable as error:
            raise SourceError(self.id, path.name, str(error)) from error
        records = list(self.cut(payload))
        if not records:
            raise SourceError(self.id, path.name, "a header and no row: a missing county would lose its marks")
        for number, record in enumerate(records, start=2):
            total = record["ILRC Total"]
            marks = sum((record[name] or "0").startswith("1") for name in PROVISIONS)
            if total is not None and total.removesuffix(".0").isdigit() and int(float(total)) != marks:
                what = f"row {number} ({record['County']}) says {total} provisions and marks {marks}"
                raise SourceError(self.id, path.name, what)
        yield Batch(Slice("counties"), [payload], retrieved_at, note="day given with the import")


DATASETS = (CountyMap(),)
