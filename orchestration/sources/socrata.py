"""Cities' incident reports on Socrata: counts by report month in every run, full rows by month for a backfill.

What belongs here: how a city's declared data set is requested, and how pages and counts are checked against each other.
What does not: which columns it has (declared.cities), Socrata's protocol (soda), CSV exports from the portal
(socrata_files), which code belongs to which offense family (seeds), which of two captures of a month is used (dbt).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from orchestration.declared.cities import BY_ID, ROW_ID, ROW_ID_FIELD, SETS, CitySet
from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources import socrata_files, soda
from orchestration.sources.answers import rows_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due, whole_count
from orchestration.sources.fields import SHOWN_DATE, TEXT, WHOLE, each, matching, typed
from orchestration.sources.terms import CITIES
from orchestration.sources.turns import in_turn
from orchestration.wire import Payload, SourceError, as_text, utc_now

# Sets that no longer grow are requested again after this long.
CLOSED_EVERY = timedelta(days=30)

_GROUPED = tuple(dict.fromkeys(name for s in SETS for name in s.groups))
_IN_ROWS = tuple(dict.fromkeys(ROW_ID_FIELD if name == ROW_ID else name for s in SETS for name in s.columns))
# What a spreadsheet makes of them, 121.0 and 2.40E+08, is another code and no report's number.
_LAPD_NUMBER = matching(r"[A-Za-z0-9-]+", "a report's number")
_LAPD_CODE = matching(r"\d{3}", "a code of three digits").or_empty


class IncidentMonths(Dataset):
    """How many reports a city counts in each month, by offense code and, if published, by victim's group.

    The server counts; a slice is a whole set (of a year, if a new set begins every January).
    """

    source = "socrata"
    name = "incident_months"
    domain = "crime"
    title = "Cities' incident reports counted by month, code and victim's group, by the cities' own servers"
    publisher = "City police departments, on their Socrata portals"
    terms = CITIES
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
    # A set that begins every January has few months at first, and another one's share of unknown groups says little.
    grows_by = ("month",)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Every set that grows, and the closed ones once a month.

        The last days of a year come after it: of a set that begins every January the year before is requested too.
        """
        today = utc_now().date()
        growing = [self._slice(s, today.year) for s in SETS if s.asked_nightly and s.last_month is None]
        ended = [self._slice(s, today.year - 1) for s in SETS if s.asked_nightly and s.by_year]
        growing += [slice_ for slice_ in ended if known.newest(slice_.key)]
        closed = [self._slice(s, today.year) for s in SETS if s.asked_nightly and s.last_month is not None]
        return [*due(growing, known), *due(closed, known, CLOSED_EVERY)]

    def all_slices(self) -> list[Slice]:
        """Every set, including those that are requested only by name."""
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

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The set's own count, then the grouped counts page by page; requested again if the two do not agree."""
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
        resource = _resource(self, web, settings, slice_)
        for attempt in range(soda.ATTEMPTS):
            count = resource.count(where)
            if count.faulty:
                yield count.payload
                return
            if count.rows == 0 and known.newest(slice_.key) is None:
                return
            if self._has_begun_anew(slice_, known, count.rows):
                return
            taken = list(resource.pages({**select, **where}, count.rows, "json"))
            twice = self._twice(taken, ("month", *city_set.groups))
            agreed = soda.counted(taken) == count.rows and twice == 0
            if agreed or soda.is_faulty(taken):
                yield count.payload
                yield from taken
                return
            if attempt == soda.ATTEMPTS - 1:
                yield count.payload
                yield from soda.faulty_as_a_whole(taken, f"{twice:,} groups came more than once" if twice else "")
                return

    def _has_begun_anew(self, slice_: Slice, known: EarlierCaptures, rows: int) -> bool:
        """Whether a set no longer holds all that was captured of a year that is over: then that stays in use."""
        city_set = BY_ID[slice_.params["set"]]
        if not city_set.by_year or slice_.params["year"] >= utc_now().year:
            return False
        captured = known.rows(self.id, ["n", "month", *city_set.groups], {slice_.key})
        return rows < sum(whole_count(self.id, n) for n, *_ in captured)

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
        return soda.control_totals(self.id, "reports", payloads)

    def counted(self, record: Record) -> dict[str, int]:
        """A record stands for as many reports as it counts."""
        return {"reports": whole_count(self.id, record["n"])}


class Incidents(Dataset):
    """Full rows of the cities' reports: a slice is one set's month, replaced whole.

    For a backfill. A run requests only months of sets that somebody began to backfill, where the city's own count
    (socrata/incident_months) differs from the number of captured rows.
    """

    source = "socrata"
    name = "incidents"
    # the city's own counts decide which months are requested
    after = ("socrata/incident_months",)
    domain = "crime"
    title = "Cities' incident reports, row by row"
    publisher = "City police departments, on their Socrata portals"
    terms = CITIES
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

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The months whose count by the city differs from ours, mostly newest first, as many as a run may request."""
        held = known.slices()
        begun = {key.split()[0] for key in held}
        if not begun:
            return []
        counts: Counter[tuple[str, str]] = Counter()
        for dataset, month, n, *_ in known.rows("socrata/incident_months", ["dataset", "month", "n", *_GROUPED]):
            if dataset in begun and month:
                counts[dataset, month[:7]] += whole_count(self.id, n)
        # A month before the set's first, or after this one, comes from wrong dates: no slice of its own.
        this_month = f"{utc_now():%Y-%m}"
        news = [
            (month, set_id) for (set_id, month), n in counts.items()
            if known.records(_key(set_id, month)) != n and BY_ID[set_id].first_month <= month <= this_month
        ]  # fmt: skip
        newest_first = sorted(news, key=lambda one: one[0], reverse=True)
        by_key = {_key(set_id, month): _month_slice(BY_ID[set_id], month) for month, set_id in newest_first}
        # The newest change in every run, and what is rejected differs again: the older ones have their turn too.
        return [by_key[key] for key in in_turn(list(by_key))[: settings.incident_months_a_night]]

    def all_slices(self) -> list[Slice]:
        """Every month of every set, to the last month that a backfill may name."""
        return [_month_slice(city_set, month) for city_set in SETS for month in city_set.months()]

    def required_of(self, slice_: Slice) -> tuple[str, ...]:
        """The requested columns: all of them must have come."""
        return tuple(name for name in BY_ID[slice_.params["set"]].columns if name != ROW_ID)

    def unreadable_bound(self, slice_key: str) -> float:
        """Rows without a date stand in a slice of their own, to be quarantined and counted; read_file bounds them."""
        return 1.0 if slice_key.endswith(socrata_files.UNDATED) else self.max_unreadable

    def answers_for(self, slice_: Slice) -> str:
        return BY_ID[slice_.params["set"]].domain

    def field_name(self, header: str) -> str:
        """The API's name of a column of the browser's export, whose headers are written for people."""
        if header == ROW_ID:
            return ROW_ID_FIELD
        return _HEADERS.get(header) or _HEADERS.get(header.strip()) or socrata_files.api_name(header)

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The month's count, then its rows in pages of CSV; requested again if rows came twice or not at all."""
        city_set = BY_ID[slice_.params["set"]]
        where = _between(city_set.month_date, slice_.params["month"])
        select = {"$select": ",".join(city_set.columns), "$order": ROW_ID}
        resource = _resource(self, web, settings, slice_)
        for attempt in range(soda.ATTEMPTS):
            count = resource.count(where)
            if count.faulty:
                yield count.payload
                return
            if count.rows == 0:
                if known.newest(slice_.key) is not None:
                    yield count.payload
                return
            taken = list(resource.pages({**select, **where}, count.rows, "csv"))
            repeated = _twice(taken)
            agreed = soda.counted(taken) == count.rows and repeated == 0
            if agreed or soda.is_faulty(taken):
                yield count.payload
                yield from taken
                return
            if attempt == soda.ATTEMPTS - 1:
                yield count.payload
                yield from soda.faulty_as_a_whole(
                    taken, f"{repeated:,} rows came on more than one page" if repeated else ""
                )

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        """The month's own count(*)."""
        return soda.control_totals(self.id, "records", payloads)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A CSV that the portal's Export gave in a browser: one batch a month of report found in it.

        Its name must be the one that the portal gives (the set's title) or begin with the set's id. Each month's rows
        are archived as a CSV of their own, under the file's header; rows without a date that can be read go under the
        month `undated`, so that none is lost. Raises SourceError if the set is not known, if a column is missing, or
        if more rows than the dataset's bound have no date that can be read: their months would be counted without them.
        """
        when = retrieved_at or utc_now()
        export = socrata_files.Export(self.id, path, self.field_name, self.max_unreadable)
        for month, payloads in export.by_month(when):
            yield Batch(_month_slice(export.city_set, month), payloads, when, note=f"of the file {path.name}")


def _resource(dataset: Dataset, web: Web, settings: Settings, slice_: Slice) -> soda.Resource:
    city_set = BY_ID[slice_.params["set"]]
    return soda.Resource(
        dataset.id,
        web,
        f"{settings.socrata_url.replace('{domain}', city_set.domain)}/resource/{city_set.id}",
        slice_.key,
        settings.download_poll,
        settings.socrata_app_token,
        {"set": city_set.id},
    )


def _twice(pages: list[Payload]) -> int:
    """How many rows came more than once, by the row's own id, over all pages; one page repeats none."""
    if len(pages) < 2:
        return 0
    ids = []
    for page in pages:
        if "fault" in page.context or not page.body[: soda.HEAD].strip():
            continue
        names = page.body[: page.body.find(b"\n")].decode("utf-8", "replace")
        if ROW_ID not in names:
            continue
        ids.append(pl.read_csv(page.body, infer_schema=False, columns=[ROW_ID]).to_series(0))
    return int(sum(len(s) for s in ids) - pl.concat(ids).n_unique()) if ids else 0


def _month_slice(city_set: CitySet, month: str) -> Slice:
    params = {"set": city_set.id, "city": city_set.city, "month": month, "city_month": f"{city_set.city} {month}"}
    return Slice(_key(city_set.id, month), params)


def _key(set_id: str, month: str) -> str:
    return f"{set_id} {month}"


def _between(column: str, month: str) -> dict[str, str]:
    first = date(int(month[:4]), int(month[5:]), 1)
    after = (first + timedelta(days=32)).replace(day=1)
    return {"$where": f"{column} >= '{first}T00:00:00' AND {column} < '{after}T00:00:00'"}


def _year(column: str, year: int) -> dict[str, str]:
    return {"$where": f"{column} >= '{year}-01-01T00:00:00' AND {column} < '{year + 1}-01-01T00:00:00'"}


_HEADERS = {shown: name for city_set in SETS for shown, name in city_set.headers.items()}

DATASETS = (IncidentMonths(), Incidents())
