"""The FBI's incident files: every victim that an agency sent through NIBRS, an archive for each state and year.

What belongs here: which archives are requested and when, and what an imported file is. What does not: the signed links
(fbi_links), what is in an archive (fbi_nibrs_archive), what a code, a month or a group means (dbt).

A slice is a state and a year (`LA-2013`). The newest three years are replaced once a year; older ones are a backfill's
(`clawback refresh --live --slice fbi/nibrs=LA-2013`) or a user's (`clawback import fbi/nibrs LA-2013.zip ...`).
"""

from __future__ import annotations

import re
import weakref
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, archives
from orchestration.settings import Settings
from orchestration.sources import fbi_nibrs_archive
from orchestration.sources.answers import json_of
from orchestration.sources.base import Batch, EarlierCaptures, Slice, due
from orchestration.sources.fbi_dates import is_iso, sortable
from orchestration.sources.fbi_links import SignedFile
from orchestration.sources.fields import NUMBER, STATE_CODE, TEXT, WHOLE, YEAR, each, matching, one_of, typed
from orchestration.sources.states import STATES
from orchestration.sources.terms import FEDERAL
from orchestration.wire import FilePayload, Payload, SourceError, file_digest, utc_now

if TYPE_CHECKING:
    import polars as pl

# Archives have some MB to 120 MB, and one connection brings less than half a MB in a second.
_MOST_ARCHIVES_A_RUN = 25
_NEWEST_YEARS = 3
# An archive that was rejected most likely comes again as it was: it does not take the place of others in each run.
_REJECTED_EVERY = timedelta(days=30)
_FILE = re.compile(r"(?P<state>[A-Z]{2})-(?P<year>(?:19|20)\d\d)(?!\d)")
# The publisher's page of downloads reads its list from here.
_DOWNLOADS = "webapp/assets/JSON/downloads/downloads.json"

# What the records of every kind have: months of agencies, and victims with one of their offenses.
_ALWAYS = ("record", "state_code", "data_year")
_OF_MONTHS = ("ori", "month", "reported_status", "month_basis", "agency_name", "agency_type", "population",
              "reporting_type", "nibrs_start_date", "county_names")  # fmt: skip
_OF_VICTIMS = ("incident_id", "incident_date", "report_date_flag", "victim_id", "victim_type_code", "offense_code",
               "ethnicity_code", "race_code", "sex_code", "relationship_codes")  # fmt: skip
# Of the recorded edition, which has no victims but the counts that were made of them (recorded.crime).
_OF_COUNTS = ("offense_family", "victim_group", "sex", "relation", "victims", "incidents", "report_date_incidents",
              "several_offense_incidents", "sent_status", "known_share")  # fmt: skip


class Nibrs(SignedFile):
    """A state's year: what is known of each agency's months, and each victim with each of its offenses."""

    name = "nibrs"
    title = "NIBRS incident files: months of agencies, and victims with their offenses, by state and year"
    publisher = "FBI Uniform Crime Reporting Program"
    terms = FEDERAL
    tabular = True
    joins_members = True
    partitioned_by = "state"
    required = _ALWAYS
    optional = (*_OF_MONTHS, *_OF_VICTIMS, *_OF_COUNTS)
    types = typed({
        "record": one_of("month", "victim", "agency_month", "cell", "total"),
        "state_code": STATE_CODE, "data_year": YEAR,
        "month": matching("0[1-9]|1[0-2]", "a month"), "month_basis": one_of("agency", "document"),
        "population": WHOLE, "known_share": NUMBER,
        **each(("victims", "incidents", "report_date_incidents", "several_offense_incidents"), WHOLE),
        "report_date_flag": one_of("R", "Y", "N", "t", "f"),
        "ethnicity_code": one_of("H", "N", "U", "M", "X"),
        **each(("ori", "incident_date"), TEXT.or_empty),
    })  # fmt: skip
    # A rebuilt year that lost more than a tenth of its victims is rejected until somebody accepts it.
    min_volume_ratio = 0.9
    volume_within = ("record", frozenset({"victim"}))
    first_year = 1991

    def __init__(self) -> None:
        # Of one run's session: the day on which the publisher says it last changed its archives.
        self._changed: weakref.WeakKeyDictionary[Web, str] = weakref.WeakKeyDictionary()

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The newest years of every state, stalest first, as many as a run can bring."""
        newest = utc_now().year - _NEWEST_YEARS
        moving = [slice_ for slice_ in self.all_slices() if int(slice_.params["year"]) >= newest]
        return due(moving, known, timedelta(days=1), rejected_every=_REJECTED_EVERY)[:_MOST_ARCHIVES_A_RUN]

    def all_slices(self) -> list[Slice]:
        """Every state and year of which an archive may be out; the publisher does not have all of them."""
        years = range(self.first_year, utc_now().year)
        return [_slice(state.postal, str(year)) for state in STATES for year in years]

    def file_key(self, year: str) -> str:
        """The publisher's key of an archive: file names carry the postal code, Nebraska's too (its ORIs say NB)."""
        return f"nibrs/incident/{year.partition('-')[2]}/{year}.zip"

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The archive; nothing if it was requested since the publisher's last change, or there is none.

        Without a readable list of downloads an archive is requested once a month.
        """
        checked = known.checked(slice_.key)
        if checked is not None:
            changed = self._last_change(web, settings)
            if changed and checked.date().isoformat() > changed:
                return
            if not changed and utc_now() - checked < timedelta(days=30):
                return
        yield from super().pull(web, settings, slice_, known)

    def _last_change(self, web: Web, settings: Settings) -> str:
        """The newest day in the publisher's list of downloads, ISO; "" if there is no list, or it cannot be read.

        Raises SourceError if the publisher does not answer.
        """
        if web not in self._changed:
            address = f"{settings.fbi_files_url}/{_DOWNLOADS}"
            try:
                answer = web.get(address, role="control", media_type="json", attempts=1)
            except SourceError as error:
                if getattr(error, "status", None) != 404:
                    raise
                self._changed[web] = ""
                return ""
            try:
                days = [sortable(day.split("T")[0]) for day in _days_in(json_of(self.id, answer))]
            except SourceError:
                days = []
            self._changed[web] = max((day for day in days if day and is_iso(day)), default="")
        return self._changed[web]

    def follow(self, web: Web, settings: Settings, slice_: Slice, url: str, signature: str) -> Payload:
        """The archive as a file: it may be too large for memory."""
        payload = web.download(url, settings.downloads_dir, secret_query=signature, context=_context(slice_))
        return replace(payload, context={**payload.context, **_vintage(payload.path)})

    def joined(self, archive: Path, context: Mapping[str, str]) -> Iterator[tuple[Iterator[pl.DataFrame], str]]:
        """The archive's records, as fbi_nibrs_archive makes them of its members."""
        yield from fbi_nibrs_archive.records(archive, context["state"], context["year"])

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """One archive, whose name says its state and year (LA-2013.zip)."""
        named = _FILE.search(path.name)
        if named is None or named["state"] not in {state.postal for state in STATES}:
            what = "the file's name must say its state and year, as the publisher's do: LA-2013.zip"
            raise SourceError(self.id, path.name, what)
        with path.open("rb") as stream:
            if not archives.is_zip(stream.read(4)):
                raise SourceError(self.id, path.name, "not a zip: bring the archive as it was downloaded")
        slice_ = _slice(named["state"], named["year"])
        when = retrieved_at or utc_now()
        payload = FilePayload(
            body=b"",
            url=f"file:{path.name}",
            retrieved_at=when,
            media_type="application/zip",
            method="FILE",
            context={**_context(slice_), **_vintage(path)},
            path=path,
            digest=file_digest(path),
            size=path.stat().st_size,
            is_ours=False,
        )
        yield Batch(slice_, [payload], when)


def _slice(state: str, year: str) -> Slice:
    return Slice(f"{state}-{year}", {"state": state, "year": year})


def _context(slice_: Slice) -> dict[str, str]:
    return {"state": str(slice_.params["state"]), "year": str(slice_.params["year"])}


def _vintage(path: Path) -> dict[str, str]:
    """When the publisher built an archive: the newest date of its members; nothing if it cannot be read."""
    try:
        newest = max((info.date_time for info in archives.members(path)), default=None)
    except (Unreadable, zipfile.BadZipFile):
        return {}
    try:
        return {"content_as_of": datetime(*newest, tzinfo=UTC).isoformat()} if newest else {}
    except ValueError:
        return {}


def _days_in(value: object) -> Iterator[str]:
    """The `last_modified` of every entry whose file is of NIBRS, wherever in the list it stands."""
    if isinstance(value, list):
        for item in value:
            yield from _days_in(item)
    elif isinstance(value, dict):
        file, day = value.get("awsFile"), value.get("last_modified")
        if isinstance(file, str) and "nibrs" in file.lower() and isinstance(day, str):
            yield day
        for item in value.values():
            yield from _days_in(item)


DATASETS = (Nibrs(),)
