"""Cities' incident reports on Socrata: counts by report month for every night, full rows by month for a backfill.

What belongs here: which cities publish what under which names, how it is asked for, how pages and counts are checked
against each other, and which file of a browser is which city's. What does not: which code is which offence family and
which code of a victim is which group (seeds of dbt), which of two captures of a month serves (dbt).

Facts of the platform (its own documentation, https://dev.socrata.com/docs/queries.html and .../response-codes.html):
without `$limit` 1,000 rows come and nothing says so; 2.0 endpoints give at most 50,000; a question that names a column
that is not there is answered 400 with the column in the message; without `$order` pages overlap.
"""

from __future__ import annotations

import csv
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from orchestration import files
from orchestration.fetching.paging import NewRows
from orchestration.fetching.session import Web
from orchestration.fetching.waiting import Wait
from orchestration.forms import Unreadable, csv_blocks, jsons, kinds, tables
from orchestration.settings import Settings
from orchestration.sources.answers import rows_of
from orchestration.sources.base import Batch, Dataset, Known, Record, Slice, due, whole_count
from orchestration.sources.fields import MONTH_NUMBERS, NAMED_DAY, SHOWN_DATE, TEXT, WHOLE, each, matching, typed
from orchestration.wire import FilePayload, Payload, SourceError, as_text, file_digest, utc_now

# Most rows that one answer of a 2.0 endpoint holds.
PAGE = 50_000
# Whole questions that are asked again where pages and count do not agree: a row may have come in between.
ATTEMPTS = 3
# What a body is, its first bytes tell: a page of 10 MB is not copied for that.
_HEAD = 4096
# Sets that no longer grow are looked at again after this long.
CLOSED_EVERY = timedelta(days=30)
# The last month that a backfill may name: partitions are declared, not asked of a clock.
LAST_MONTH = "2027-12"
# Socrata's own id of a row, as it is asked for and headed; and the field that holds it here, for no name of a column in
# SQL may begin with a colon.
ROW_ID, ROW_ID_FIELD = ":id", "socrata_id"


@dataclass(frozen=True)
class CitySet:
    """One data set of one city: the publisher's names for the things that the models read."""

    id: str
    domain: str
    city: str
    series: str
    title: str
    # The column whose value tells one row from another, and the dates (report_date None: the city publishes none).
    key: str
    report_date: str | None
    occurrence_date: str
    # Columns by which months are counted; the first is the offence's code or its text.
    codes: tuple[str, ...]
    # None: the city publishes no victim's ethnicity here.
    victim_group: str | None
    # Everything else that is asked for in full rows.
    details: tuple[str, ...]
    # Months of report, YYYY-MM; last None: the set still grows.
    first_month: str
    last_month: str | None
    # Who says what the columns are called, and what nobody confirmed.
    says_so: str
    unverified: str = ""
    # A set that begins anew every January is captured by year, so that a young year replaces no old one.
    by_year: bool = False
    # A set that its publisher closed to the public is asked for only by name.
    asked_nightly: bool = True
    # Headers of the browser's export that are not the API's names in other letters.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def month_date(self) -> str:
        """The column whose month a row is counted under."""
        return self.report_date or self.occurrence_date

    @cached_property
    def groups(self) -> tuple[str, ...]:
        return (*self.codes, *((self.victim_group,) if self.victim_group else ()))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What full rows are asked for, the row's own id last."""
        wanted = (self.key, self.month_date, self.occurrence_date, *self.groups, *self.details)
        return (*dict.fromkeys(wanted), ROW_ID)

    def months(self) -> list[str]:
        """The months of a backfill, YYYY-MM."""
        return _months(self.first_month, self.last_month or LAST_MONTH)


_LAPD_SRS_DETAILS = (
    "time_occ", "area", "area_name", "rpt_dist_no", "part_1_2", "crm_cd_desc", "mocodes", "vict_age", "vict_sex",
    "premis_cd", "premis_desc", "weapon_used_cd", "weapon_desc", "status", "status_desc", "crm_cd_1", "crm_cd_2",
    "crm_cd_3", "crm_cd_4", "location", "cross_street", "lat", "lon",
)  # fmt: skip
_LAPD_SRS = CitySet(
    id="2nrs-mtv8",
    domain="data.lacity.org",
    city="los_angeles",
    series="LAPD SRS",
    title="Crime Data from 2020 to 2024",
    key="dr_no",
    report_date="date_rptd",
    occurrence_date="date_occ",
    codes=("crm_cd",),
    victim_group="vict_descent",
    details=_LAPD_SRS_DETAILS,
    first_month="2020-01",
    last_month="2025-12",
    says_so="https://data.lacity.org/d/2nrs-mtv8 (columns; the set ends with the records system it was drawn from)",
)
_LAPD_NIBRS = CitySet(
    id="k7nn-b2ep",
    domain="data.lacity.org",
    city="los_angeles",
    series="LAPD NIBRS",
    title="LAPD NIBRS Offenses Dataset",
    key="uniquenibrno",
    report_date="date_rptd",
    occurrence_date="date_occ",
    codes=("nibr_code", "domestic_violence_crime"),
    victim_group=None,
    details=("caseno", "time_occ", "area_name", "nibr_description", "crime_against", "status_desc", "premis_desc"),
    first_month="2024-03",
    last_month=None,
    says_so="https://data.lacity.org/d/k7nn-b2ep, as public clients of it name its columns",
    unverified="the values of domestic_violence_crime; that no column holds the victim's descent",
)
_NYPD = CitySet(
    id="qgea-i56i",
    domain="data.cityofnewyork.us",
    city="new_york",
    series="NYPD complaints",
    title="NYPD Complaint Data Historic",
    key="cmplnt_num",
    report_date="rpt_dt",
    occurrence_date="cmplnt_fr_dt",
    codes=("ofns_desc",),
    victim_group="vic_race",
    details=("ky_cd", "pd_cd", "pd_desc", "law_cat_cd", "crm_atpt_cptd_cd", "boro_nm", "addr_pct_cd", "vic_age_group",
             "vic_sex", "cmplnt_to_dt"),
    first_month="2006-01",
    last_month=None,
    says_so="https://data.cityofnewyork.us/d/qgea-i56i and its data dictionary (24 variables in 2016, vic_* since)",
)  # fmt: skip

SETS: tuple[CitySet, ...] = (
    replace(
        _LAPD_SRS,
        id="63jg-8b9z",
        title="Crime Data from 2010 to 2019",
        first_month="2010-01",
        last_month="2021-12",
        says_so="https://data.lacity.org/d/63jg-8b9z (columns)",
        unverified="that the two sets part by the date of occurrence, so that a month of report may lie in both",
    ),
    _LAPD_SRS,
    _LAPD_NIBRS,
    replace(
        _LAPD_NIBRS,
        id="y8y3-fqfu",
        title="LAPD NIBRS Offenses Dataset 2024 to 2025",
        last_month="2025-12",
        asked_nightly=False,
        says_so="https://data.lacity.org/d/y8y3-fqfu; since 2026-08 it answers 403, its rows are in k7nn-b2ep",
        unverified="that it stays closed: `--slice socrata/incident_months=y8y3-fqfu` asks for it",
    ),
    CitySet(
        id="ijzp-q8t2",
        domain="data.cityofchicago.org",
        city="chicago",
        series="Chicago IUCR",
        title="Crimes - 2001 to Present",
        key="id",
        # The set has the date of the incident alone (`date`: "this is sometimes a best estimate").
        report_date=None,
        occurrence_date="date",
        codes=("primary_type", "domestic"),
        victim_group=None,
        details=("case_number", "iucr", "description", "fbi_code", "arrest", "district", "updated_on"),
        first_month="2001-01",
        last_month=None,
        says_so="https://data.cityofchicago.org/d/ijzp-q8t2 (API names; the last seven days are left out)",
        headers=(("ID", "id"),),
    ),
    _NYPD,
    replace(
        _NYPD,
        id="5uac-w243",
        title="NYPD Complaint Data Current (Year To Date)",
        first_month="2026-01",
        by_year=True,
        says_so="https://data.cityofnewyork.us/d/5uac-w243, the columns of the historic set",
    ),
    CitySet(
        id="fdj4-gpfu",
        domain="data.austintexas.gov",
        city="austin",
        series="Austin crime reports",
        title="Crime Reports",
        key="incident_report_number",
        report_date="rep_date",
        occurrence_date="occ_date",
        codes=("category_description", "family_violence"),
        victim_group=None,
        details=("crime_type", "ucr_code", "ucr_category", "occ_date_time", "rep_date_time", "location_type",
                 "council_district", "clearance_status"),
        first_month="2003-01",
        last_month=None,
        says_so="https://data.austintexas.gov/d/fdj4-gpfu: one row an incident, its highest offence",
        unverified="that family_violence is Y or N in every year",
        headers=(("Highest Offense Description", "crime_type"), ("Highest Offense Code", "ucr_code"),
                 ("Incident Number", "incident_report_number"), ("Occurred Date", "occ_date"),
                 ("Occurred Date Time", "occ_date_time"), ("Report Date", "rep_date"),
                 ("Report Date Time", "rep_date_time")),
    ),
    CitySet(
        id="tazs-3rd5",
        domain="data.seattle.gov",
        city="seattle",
        series="Seattle NIBRS",
        title="SPD Crime Data: 2008-Present",
        key="offense_id",
        report_date="report_date_time",
        occurrence_date="offense_date",
        codes=("nibrs_offense_code",),
        victim_group=None,
        details=("report_number", "nibrs_group_a_b", "nibrs_crime_against_category", "offense_category",
                 "offense_sub_category", "nibrs_offense_code_description", "precinct", "neighborhood"),
        first_month="2008-01",
        last_month=None,
        says_so="https://data.seattle.gov/d/tazs-3rd5 after it was republished; one row an offence of a report",
        unverified="that the column names of 2026 stay: the set had others until then (offense_start_datetime)",
    ),
    CitySet(
        id="wg3w-h783",
        domain="data.sf.gov",
        city="san_francisco",
        series="San Francisco incidents",
        title="Police Department Incident Reports: 2018 to Present",
        key="row_id",
        report_date="report_datetime",
        occurrence_date="incident_date",
        codes=("incident_category", "report_type_description"),
        victim_group=None,
        details=("incident_number", "incident_id", "incident_code", "incident_subcategory", "incident_description",
                 "report_type_code", "resolution", "police_district"),
        first_month="2018-01",
        last_month=None,
        says_so="https://data.sf.gov/d/wg3w-h783 and DataSF's explainer: a report has a row for each of its codes",
        unverified="that data.sf.gov is the portal's lasting host; data.sfgov.org redirects to it",
    ),
)  # fmt: skip
BY_ID = {city_set.id: city_set for city_set in SETS}

_GROUPED = tuple(dict.fromkeys(name for s in SETS for name in s.groups))
_IN_ROWS = tuple(dict.fromkeys(ROW_ID_FIELD if name == ROW_ID else name for s in SETS for name in s.columns))
# What a spreadsheet makes of them, 121.0 and 2.40E+08, is another code and no report's number.
_LAPD_NUMBER = matching(r"[A-Za-z0-9-]+", "a report's number")
_LAPD_CODE = matching(r"\d{3}", "a code of three digits").or_empty


class IncidentMonths(Dataset):
    """How many reports a city counts in each month, by offence code and, where it says, by victim's group.

    The server counts; a slice is a whole set (of a year, where the set begins anew every January).
    """

    source = "socrata"
    name = "incident_months"
    domain = "crime"
    title = "Cities' incident reports counted by month, code and victim's group, by the cities' own servers"
    publisher = "City police departments, on their Socrata portals"
    homepage = "https://dev.socrata.com"
    policy = "replace"
    required = ("dataset", "n")
    optional = ("month", "newest", *_GROUPED)
    types = typed({
        **each(_GROUPED, TEXT.or_empty), "crm_cd": _LAPD_CODE, "dataset": TEXT, "n": WHOLE,
        **each(("month", "newest"), SHOWN_DATE.or_empty),
    })  # fmt: skip
    base_url_setting = "socrata_url"
    max_age = timedelta(days=45)
    volume_counts = "reports"

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """Every set that grows, and the closed ones once a month."""
        today = utc_now().date()
        growing = [self._slice(s, today.year) for s in SETS if s.asked_nightly and s.last_month is None]
        closed = [self._slice(s, today.year) for s in SETS if s.asked_nightly and s.last_month is not None]
        return [*due(growing, known), *due(closed, known, CLOSED_EVERY)]

    def all_slices(self) -> list[Slice]:
        """Every set, those too that no night asks for."""
        return [self._slice(s, utc_now().year) for s in SETS]

    def _slice(self, city_set: CitySet, year: int) -> Slice:
        params = {"set": city_set.id, "city": city_set.city}
        return (
            Slice(f"{city_set.id} {year}", {**params, "year": year}) if city_set.by_year else Slice(city_set.id, params)
        )

    def required_of(self, slice_: Slice) -> tuple[str, ...]:
        """The columns by which this set is counted: one of them gone is a broken contract, not fewer reports."""
        return (*self.required, "month", *BY_ID[slice_.params["set"]].groups)

    def answers_for(self, slice_: Slice) -> str:
        return BY_ID[slice_.params["set"]].domain

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """The set's own count, then the grouped counts page by page; asked again where the two do not agree."""
        city_set = BY_ID[slice_.params["set"]]
        where = _year(city_set.month_date, slice_.params["year"]) if city_set.by_year else {}
        groups = ",".join(("month", *city_set.groups))
        select = {
            "$select": (
                f"date_trunc_ym({city_set.month_date}) as month,{','.join(city_set.groups)},count(*) as n,"
                f"max({city_set.month_date}) as newest"
            ),
            "$group": groups,
            "$order": groups,
        }
        pages = _Pages(self, web, settings, city_set, slice_, "json")
        for attempt in range(ATTEMPTS):
            count = pages.count(where)
            if count.faulty:
                yield count.payload
                return
            if count.rows == 0 and known.newest(slice_.key) is None:
                return
            taken = list(pages.all({**select, **where}, count.rows))
            reports = sum(int(p.context.get("counted", 0)) for p in taken)
            twice = self._twice(taken, ("month", *city_set.groups))
            agreed = reports == count.rows and twice == 0
            if agreed or any("fault" in p.context for p in taken):
                yield count.payload
                yield from taken
                return
            if attempt == ATTEMPTS - 1:
                yield count.payload
                yield from _with_fault(taken, f"{twice:,} groups came more than once" if twice else "")
                return

    def _twice(self, taken: list[Payload], names: tuple[str, ...]) -> int:
        """How many groups came more than once; 0 where a column did not come at all, which is another fault."""
        rows = [row for payload in taken if "fault" not in payload.context for row in rows_of(self.id, payload)]
        if not all(any(name in row for row in rows) for name in names):
            return 0
        seen = Counter(tuple(row.get(name) for name in names) for row in rows)
        return sum(times > 1 for times in seen.values())

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a group, with the set that it is of. Raises SourceError where the answer is no list of rows."""
        for row in rows_of(self.id, payload):
            if "n" not in row:
                raise SourceError(self.id, "?", f"a group without its count: {str(row)[:200]}", url=payload.url)
            yield {"dataset": payload.context["set"], **{name: as_text(value) for name, value in row.items()}}

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        """The set's own count(*)."""
        return _control("reports", payloads)

    def counted(self, record: Record) -> dict[str, int]:
        """A record stands for as many reports as it counts."""
        return {"reports": whole_count(self.id, record["n"])}


class Incidents(Dataset):
    """Full rows of the cities' reports: a slice is one set's month, replaced whole.

    For a backfill. A night asks only for months of sets that somebody began to backfill, where the city's own count
    (socrata/incident_months) is no longer the number of rows that we hold.
    """

    source = "socrata"
    name = "incidents"
    # months are asked for by what the city's own counts say
    after = ("socrata/incident_months",)
    domain = "crime"
    title = "Cities' incident reports, row by row"
    publisher = "City police departments, on their Socrata portals"
    homepage = "https://dev.socrata.com"
    policy = "replace"
    tabular = True
    required = ()
    optional = _IN_ROWS
    key = (ROW_ID_FIELD,)
    types = typed(
        {
            **each(_GROUPED, TEXT.or_empty),
            **each((s.key for s in SETS), TEXT),
            **each((s.occurrence_date for s in SETS), SHOWN_DATE.or_empty),
            **each((s.month_date for s in SETS), SHOWN_DATE),
            "dr_no": _LAPD_NUMBER,
            "crm_cd": _LAPD_CODE,
        }
    )
    partitioned_by = "city_month"
    base_url_setting = "socrata_url"
    max_age = timedelta(days=45)

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """The months whose count by the city differs from ours, newest first, as many as a night may ask for."""
        held = known.slices()
        begun = {key.split()[0] for key in held}
        if not begun:
            return []
        counts: Counter[str] = Counter()
        for dataset, month, n, *_ in known.rows("socrata/incident_months", ["dataset", "month", "n", *_GROUPED]):
            if dataset in begun and month:
                counts[f"{dataset} {month[:7]}"] += whole_count(self.id, n)
        # A month before the set's first, or after this one, holds wrong dates: no slice of its own.
        this_month = f"{utc_now():%Y-%m}"
        news = [
            key for key, n in counts.items()
            if known.records(key) != n and BY_ID[key[:9]].first_month <= key[10:] <= this_month
        ]  # fmt: skip
        newest_first = sorted(news, key=lambda key: key[10:], reverse=True)
        return [_month_slice(BY_ID[key[:9]], key[10:]) for key in newest_first[: settings.incident_months_a_night]]

    def all_slices(self) -> list[Slice]:
        """Every month of every set, to the last month that a backfill may name."""
        return [_month_slice(city_set, month) for city_set in SETS for month in city_set.months()]

    def required_of(self, slice_: Slice) -> tuple[str, ...]:
        """The columns that were asked for: all of them must have come."""
        return tuple(name for name in BY_ID[slice_.params["set"]].columns if name != ROW_ID)

    def unreadable_bound(self, slice_key: str) -> float:
        """Rows without a date stand in a slice of their own, to be quarantined and counted; read_file bounds them."""
        return 1.0 if slice_key.endswith(_UNDATED) else self.max_unreadable

    def answers_for(self, slice_: Slice) -> str:
        return BY_ID[slice_.params["set"]].domain

    def field_name(self, header: str) -> str:
        """The API's name of a column of the browser's export, whose headers are written for people."""
        if header == ROW_ID:
            return ROW_ID_FIELD
        return _HEADERS.get(header) or _HEADERS.get(header.strip()) or _api_name(header)

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """The month's count, then its rows in pages of CSV; asked again where rows came twice or not at all."""
        city_set = BY_ID[slice_.params["set"]]
        where = _between(city_set.month_date, slice_.params["month"])
        select = {"$select": ",".join(city_set.columns), "$order": ROW_ID}
        pages = _Pages(self, web, settings, city_set, slice_, "csv")
        for attempt in range(ATTEMPTS):
            count = pages.count(where)
            if count.faulty:
                yield count.payload
                return
            if count.rows == 0:
                if known.newest(slice_.key) is not None:
                    yield count.payload
                return
            taken = list(pages.all({**select, **where}, count.rows))
            twice = _twice(taken)
            agreed = sum(int(p.context.get("counted", 0)) for p in taken) == count.rows and twice == 0
            if agreed or any("fault" in p.context for p in taken):
                yield count.payload
                yield from taken
                return
            if attempt == ATTEMPTS - 1:
                yield count.payload
                yield from _with_fault(taken, f"{twice:,} rows came on more than one page" if twice else "")

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        """The month's own count(*)."""
        return _control("records", payloads)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A CSV that the portal's Export gave in a browser: one batch a month of report found in it.

        Its name must be the one that the portal gives (the set's title) or begin with the set's id. Each month's rows
        are archived as a CSV of their own, under the file's header; rows without a date that can be read go under the
        month `undated`, so that none is lost. Raises SourceError where the set cannot be told, where a column is
        missing, and where more rows than the dataset's bound have no date that can be read: their months would be
        counted without them.
        """
        city_set = self._set_of(path)
        when = retrieved_at or utc_now()
        with path.open("rb") as stream:
            header = stream.readline(_LONGEST_HEADER)
        names = [self.field_name(name) for name in _csv_header(self.id, path, header)]
        if missing := [name for name in city_set.columns if name not in names and name != ROW_ID]:
            some = ", ".join(map(repr, missing[:5]))
            raise SourceError(self.id, path.name, f"no column {some}; there are {', '.join(names)}")
        _must_end_whole(self.id, path, len(names))
        shown = _csv_header(self.id, path, header)[names.index(city_set.month_date)]
        with tempfile.TemporaryDirectory(prefix="clawback-import-") as name:
            try:
                self._part(path, shown, Path(name))
            except pl.exceptions.PolarsError as error:
                if refusal := files.refusal_in(str(error), Path(name)):
                    raise refusal from error
                said = (str(error).splitlines() or [type(error).__name__])[0][:300]
                raise SourceError(self.id, path.name, f"not a CSV: {said}") from error
            except Unreadable as error:
                raise SourceError(self.id, path.name, f"not a CSV: {error}") from error
            for folder in sorted(Path(name).iterdir()):
                month = folder.name.removeprefix(f"{_MONTH}=")
                payloads = [self._piece(piece, path, when) for piece in sorted(folder.glob("*.csv"))]
                yield Batch(_month_slice(city_set, month), payloads, when, note=f"of the file {path.name}")

    def _part(self, path: Path, column: str, folder: Path) -> None:
        """Write each month's rows to a CSV of its own, some rows at a time, so that memory does not grow with the file.

        Raises SourceError where too many rows show no date that can be read.
        """
        rows, undated = 0, 0
        some: list[str | None] = []
        for batch in self._batches(path):
            batch = batch.with_columns(_month_of(column).alias(_MONTH))
            rows += batch.height
            for (month,), frame in batch.partition_by(_MONTH, as_dict=True, include_key=False).items():
                if month == _UNDATED:
                    undated += frame.height
                    some += frame.get_column(column).head(3).to_list()
                target = folder / f"{_MONTH}={month}" / "rows.csv"
                target.parent.mkdir(exist_ok=True)
                with target.open("ab") as stream:
                    frame.write_csv(stream, include_header=stream.tell() == 0)
        if undated > max(self.max_unreadable * rows, 1):
            shown = ", ".join(map(repr, some[:3]))
            what = f"column {column!r} holds no date that can be read in {undated:,} of {rows:,} rows ({shown})"
            raise SourceError(self.id, path.name, what)

    def _batches(self, path: Path) -> Iterator[pl.DataFrame]:
        """The rows of a file under its own header, as many at a time as one block holds."""
        with path.open("rb") as stream:
            names = _csv_header(self.id, path, stream.readline(_LONGEST_HEADER))
            pieces = iter(lambda: stream.read(1 << 20), b"")
            done = 0
            for block in csv_blocks.blocks(pieces, path.name):
                for piece in csv_blocks.within(block, len(names)):
                    frame = csv_blocks.parse(piece, names, path.name, done)
                    done += frame.height
                    yield frame

    def _piece(self, piece: Path, path: Path, when: datetime) -> FilePayload:
        return FilePayload(
            body=b"",
            url=f"file:{path.name}",
            retrieved_at=when,
            media_type="text/csv",
            method="FILE",
            path=piece,
            digest=file_digest(piece),
            size=piece.stat().st_size,
        )

    def _set_of(self, path: Path) -> CitySet:
        name = _api_name(path.stem)
        named = [s for s in SETS if path.name.startswith(s.id) or name.startswith(_api_name(s.title))]
        if not named:
            known = "; ".join(f"{s.id} ({s.title})" for s in SETS)
            what = f"which city's set is it? Rename the file so that its name begins with the set's id: {known}"
            raise SourceError(self.id, path.name, what)
        # Of two titles of which one begins with the other, the longer is meant.
        return max(named, key=lambda s: len(s.title))


@dataclass(frozen=True)
class _Count:
    payload: Payload
    rows: int
    faulty: bool


@dataclass(frozen=True)
class _Pages:
    """The pages of one question to one set."""

    dataset: Dataset
    web: Web
    settings: Settings
    city_set: CitySet
    slice: Slice
    form: str

    def count(self, where: dict[str, str]) -> _Count:
        payload = self._get({"$select": "count(*) as n", **where}, "json", role="control")
        if "fault" in payload.context:
            return _Count(payload, 0, faulty=True)
        rows = rows_of(self.dataset.id, payload)
        if len(rows) != 1 or "n" not in rows[0]:
            raise SourceError(
                self.dataset.id, self.slice.key, f"not a count: {jsons.excerpt(payload.body)}", url=payload.url
            )
        return _Count(payload, whole_count(self.dataset.id, rows[0]["n"], url=payload.url), faulty=False)

    def all(self, question: dict[str, str], until: int) -> Iterator[Payload]:
        """Page by page until as many reports have come as the set counts, or a page is empty.

        A server that sends fewer rows than it was asked for (its silent default) is asked on from where it stopped.
        """
        offset = counted = 0
        # Rows have no key in common here: a page that is equal to the byte to an earlier one is a repetition.
        new = NewRows()
        while True:
            page = self._get({**question, "$limit": str(PAGE), "$offset": str(offset)}, self.form)
            if "fault" in page.context:
                yield page
                return
            if self.form == "csv":
                rows = here = _csv_rows(page.body, min(PAGE, until - counted))
            else:
                groups = rows_of(self.dataset.id, page)
                rows = len(groups)
                here = sum(whole_count(self.dataset.id, group.get("n"), url=page.url) for group in groups)
            if rows:
                new.see([page.sha256], url=page.url)
            if rows or offset == 0:
                yield replace(page, context={**page.context, "counted": str(here)})
            offset, counted = offset + rows, counted + here
            if rows == 0 or counted >= until:
                return

    def _get(self, params: dict[str, str], form: str, role: Any = "records") -> Payload:
        base = self.settings.socrata_url.replace("{domain}", self.city_set.domain)
        token = self.settings.socrata_app_token
        for attempt in range(ATTEMPTS):
            payload = self.web.get(
                f"{base}/resource/{self.city_set.id}.{form}",
                params=params,
                secret_headers={"X-App-Token": token.get_secret_value()} if token else {},
                context={"set": self.city_set.id},
                role=role,
                # 400 names the column that is not there: kept as what the publisher said, and the capture is rejected.
                accept_status=frozenset({400}),
                media_type="json" if form == "json" else None,
            )
            # 202: the server is still at it, and asks to be asked again.
            if payload.status != 202:
                break
            if attempt < ATTEMPTS - 1:
                with Wait(f"{self.city_set.domain}, which prepares its answer (202)", self.settings.download_poll):
                    time.sleep(self.settings.download_poll)
        if payload.status == 202:
            raise SourceError(self.dataset.id, self.slice.key, "the server has no answer yet (202)", url=payload.url)
        if payload.status == 400:
            fault = {"fault": _refusal(payload)}
            return replace(payload, context={**payload.context, **fault})
        if form == "csv" and payload.body[:_HEAD].lstrip()[:1] in (b"<", b"{"):
            fault = {"fault": f"no CSV but {payload.body[:120]!r}"}
            return replace(payload, context={**payload.context, **fault})
        return payload


def _with_fault(pages: list[Payload], what: str) -> Iterator[Payload]:
    """The pages of an answer that is wrong as a whole: the last one carries the fault, and the capture is rejected."""
    *before, last = pages
    yield from before
    yield replace(last, context={**last.context, "fault": what}) if what else last


def _refusal(payload: Payload) -> str:
    """What the publisher says of a question that it does not answer: the column first, where it names one."""
    try:
        answer = jsons.load(payload.body)
        message = str(answer.get("message") or jsons.excerpt(payload.body))
        code = str(answer.get("code") or answer.get("errorCode") or "")
    except (Unreadable, AttributeError):
        message, code = payload.body[:300].decode("utf-8", "replace"), ""
    if found := re.search(r"[Nn]o such column:? *[\"'`]?([A-Za-z0-9_:@]+)", message):
        return f"the publisher has no column {found[1]!r} any more ({code or 'HTTP 400'})"
    return f"the publisher refuses the question (HTTP {payload.status}): {code} {message[:300]}".strip()


def _control(name: str, payloads: Iterable[Payload]) -> dict[str, int]:
    counts = []
    for payload in payloads:
        if "fault" not in payload.context:
            counts.append(whole_count("socrata", rows_of("socrata", payload)[0]["n"], url=payload.url))
    return {name: counts[-1]} if counts else {}


def _csv_rows(body: bytes, expected: int) -> int:
    """The rows of a page of CSV, its header not counted; 0 where it cannot be read (the landing says why)."""
    # Lines are rows but for newlines inside quotes, and such a page is parsed.
    lines = body.count(b"\n") + (not body.endswith(b"\n")) - 1
    if lines == expected:
        return lines
    try:
        return pl.read_csv(body, infer_schema=False, columns=[0]).height
    except pl.exceptions.PolarsError:
        return 0


def _csv_header(dataset: str, path: Path, line: bytes) -> list[str]:
    if kinds.kind(line):
        raise SourceError(dataset, path.name, kinds.instead(line, "a CSV"))
    try:
        names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")], strict=True))
        tables.must_be_a_header(names)
    except (UnicodeDecodeError, StopIteration, csv.Error, Unreadable) as error:
        raise SourceError(dataset, path.name, f"its first line is no header of a CSV: {error}") from error
    return names


def _must_end_whole(dataset: str, path: Path, width: int) -> None:
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - tables.LAST_BYTES, 0))
        end = stream.read()
    try:
        tables.must_end_whole(end, width)
    except Unreadable as error:
        raise SourceError(dataset, path.name, str(error)) from error


# A header that is longer is none.
_LONGEST_HEADER = 1 << 20
# No publisher's column is called so.
_MONTH = "_month_of_report"
_UNDATED = "undated"


def _month_of(column: str) -> pl.Expr:
    """YYYY-MM of a date as the API writes it (2020-01-08T...) or as exports do (01/08/2020 ..., 2020 Jan 08 ...)."""
    text = pl.col(column)
    shown = pl.concat_str(text.str.slice(6, 4), pl.lit("-"), text.str.slice(0, 2))
    number = text.str.slice(5, 3).replace_strict(MONTH_NUMBERS, default="00")
    named = pl.concat_str(text.str.slice(0, 4), pl.lit("-"), number)
    return (
        pl.when(text.str.contains(r"^(19|20)\d{2}-(0[1-9]|1[0-2])-"))
        .then(text.str.slice(0, 7))
        .when(text.str.contains(r"^(0[1-9]|1[0-2])/\d{2}/(19|20)\d{2}"))
        .then(shown)
        .when(text.str.contains(rf"^(19|20)\d\d {NAMED_DAY.partition(' ')[2]}"))
        .then(named)
        .otherwise(pl.lit(_UNDATED))
    )


def _twice(pages: list[Payload]) -> int:
    """How many rows came more than once, by the row's own id, over all pages; one page repeats none."""
    if len(pages) < 2:
        return 0
    ids = []
    for page in pages:
        if "fault" in page.context or not page.body[:_HEAD].strip():
            continue
        names = page.body[: page.body.find(b"\n")].decode("utf-8", "replace")
        if ROW_ID not in names:
            continue
        ids.append(pl.read_csv(page.body, infer_schema=False, columns=[ROW_ID]).to_series(0))
    return int(sum(len(s) for s in ids) - pl.concat(ids).n_unique()) if ids else 0


def _months(first: str, last: str) -> list[str]:
    months, year, month = [], int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        months.append(f"{year:04}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return months


def _month_slice(city_set: CitySet, month: str) -> Slice:
    params = {"set": city_set.id, "city": city_set.city, "month": month, "city_month": f"{city_set.city} {month}"}
    return Slice(f"{city_set.id} {month}", params)


def _between(column: str, month: str) -> dict[str, str]:
    first = date(int(month[:4]), int(month[5:]), 1)
    after = (first + timedelta(days=32)).replace(day=1)
    return {"$where": f"{column} >= '{first}T00:00:00' AND {column} < '{after}T00:00:00'"}


def _year(column: str, year: int) -> dict[str, str]:
    return {"$where": f"{column} >= '{year}-01-01T00:00:00' AND {column} < '{year + 1}-01-01T00:00:00'"}


def _api_name(header: str) -> str:
    """Socrata's own way from a column's title to its API name: lower case, all else an underscore."""
    return re.sub(r"[^a-z0-9:@]+", "_", header.lower()).strip("_")


_HEADERS = {shown: name for city_set in SETS for shown, name in city_set.headers}

DATASETS = (IncidentMonths(), Incidents())
