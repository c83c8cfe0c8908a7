"""USAspending: federal awards under the assistance listings that fund policing, and the obligations of each listing.

What belongs here: the requests to the search API, its cursor, its date windows and its own counts. What does not:
program areas, which government unit a recipient is, what is paid out (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.declared import seeds
from orchestration.fetching.paging import CursorPages, NewRows
from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.answers import body_of, object_of, objects_in
from orchestration.sources.base import (
    Batch,
    Dataset,
    EarlierCaptures,
    Record,
    Slice,
    due,
    renamed,
    told_by_request,
    whole_count,
)
from orchestration.sources.fields import DATE, NUMBER, TEXT, YEAR, matching, typed
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, as_text, json_body, utc_now

# Those of the COPS Office, whose one listing became nine in FY2025, and those of the Office of Justice Programs that
# pay for policing. Every request names all of them: an award's listing may change.
LISTINGS = tuple(row["assistance_listing"] for row in seeds.rows("assistance_listings"))
# One request may contain the codes of one group only (else 422). Since 2026-02 F001 and F002 are grants, F006 and F007
# direct payments (SCAAP's new awards among them).
TYPE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "grants": ("02", "03", "04", "05", "F001", "F002"),
    "direct_payments": ("06", "10", "F006", "F007"),
}
# Dates before this are refused, or answered with nothing but a message.
FIRST_FISCAL_YEAR = 2008
PAGE = 100
# A window with more awards than this is halved: page numbers see 10,000 hits only, and a small window is
# cheap to request again.
MOST_AWARDS_A_WINDOW = 10_000
# If pages repeat or leave out awards, their window is requested again in halves, at most this many times.
MOST_REFETCHES = 4
# last_modified_date is a day, and days are published late: request a week again.
OVERLAP = timedelta(days=7)
# An outlay may change without last_modified_date: every year is requested again once a month.
WHOLE_AGAIN = timedelta(days=30)
# How the API says that a filter was ignored (usaspending_api/common/helpers/generic_helper.py). Its other
# message, that dates before 2007-10-01 are not searched, comes with every answer and says nothing new.
_IGNORED = re.compile(r"were not used: (\{[^}]*\})")

FIELDS = (
    "Award ID", "Recipient Name", "Recipient UEI", "Recipient DUNS Number", "recipient_id", "Start Date", "End Date",
    "Award Amount", "Total Outlays", "Award Type", "Description", "Last Modified Date", "Base Obligation Date",
    "Assistance Listings", "CFDA Number", "Awarding Agency", "Awarding Agency Code", "Awarding Sub Agency",
    "Awarding Sub Agency Code", "def_codes", "Recipient Location",
    "Primary Place of Performance",
)  # fmt: skip
_LOCATION = ("country_name", "location_country_code", "state_code", "state_name", "city_name", "county_code",
             "county_name", "congressional_code", "zip4", "zip5", "address_line1", "address_line2",
             "address_line3", "foreign_postal_code", "foreign_province")  # fmt: skip


class Awards(Dataset):
    """Every award under the listings, by fiscal year of its base obligation and by what changed since."""

    source = "usaspending"
    name = "awards"
    domain = "awards"
    title = "Federal awards under the COPS Office's and the related assistance listings"
    publisher = "USAspending.gov (US Treasury)"
    terms = FEDERAL
    homepage = "https://www.usaspending.gov"
    policy = "merge"
    required = ("Award ID", "Recipient Name", "Award Amount", "generated_internal_id", "Start Date")
    optional = (
        "internal_id", "Recipient UEI", "Recipient DUNS Number", "recipient_id", "End Date", "Total Outlays",
        "Award Type", "Description", "Last Modified Date", "Base Obligation Date", "Assistance Listings",
        "CFDA Number", "Awarding Agency", "Awarding Sub Agency", "Awarding Agency Code", "Awarding Sub Agency Code",
        "awarding_agency_id", "agency_slug", "def_codes", *(f"Recipient Location__{part}" for part in _LOCATION),
        *(f"Primary Place of Performance__{part}" for part in _LOCATION),
    )  # fmt: skip
    types = typed({
        "Award ID": TEXT, "Recipient Name": TEXT, "Award Amount": NUMBER, "generated_internal_id": TEXT,
        "Start Date": DATE.or_empty, "End Date": DATE, "Base Obligation Date": DATE, "Last Modified Date": DATE.past,
        "Total Outlays": NUMBER,
    })  # fmt: skip
    key = ("generated_internal_id",)
    # Most awards of a fiscal year are made in its last month, under other programs than those before.
    grows_by = key
    high_water_field = "Last Modified Date"
    partitioned_by = "fiscal_year"
    base_url_setting = "usaspending_url"
    # A year is requested again once a month: its last good answer is that old when the next one fails.
    max_age = WHOLE_AGAIN + timedelta(days=7)

    def holds_all(self, slice_key: str) -> bool:
        """A fiscal year is whole; what changed is not."""
        return ":FY" in slice_key

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Each fiscal year that was never captured or is due again, and what changed in those that were."""
        slices = []
        for group in TYPE_GROUPS:
            years = [_fiscal_year(group, year) for year in fiscal_years()]
            slices += due(years, known, WHOLE_AGAIN)
            if since := self._complete_until(group, years, known):
                window = {"from": (since - OVERLAP).isoformat(), "to": utc_now().date().isoformat()}
                params = {"group": group, **window, "date_type": "last_modified_date"}
                slices.append(Slice(f"{group}:changed", params))
        return slices

    def _complete_until(self, group: str, years: list[Slice], known: EarlierCaptures) -> date | None:
        """The day up to which changes of the captured years are surely known; None where none is captured.

        Each capture of changes covers every year, so the last one's high-water mark applies. Before there is one, it is
        the day of the oldest year's capture, or the newest change seen in any year where the publisher lagged.
        """
        if high_water := known.high_water(f"{group}:changed"):
            return date.fromisoformat(high_water[:10])
        days = [when.date() for year in years if (when := known.newest(year.key))]
        high_waters = [
            date.fromisoformat(high_water[:10]) for year in years if (high_water := known.high_water(year.key))
        ]
        return min([min(days), *([max(high_waters)] if high_waters else [])]) if days else None

    def all_slices(self) -> list[Slice]:
        """Every fiscal year, for a backfill."""
        return [_fiscal_year(group, year) for group in TYPE_GROUPS for year in fiscal_years()]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Halve the window until the publisher's count is small, then follow the cursor to its end."""
        params = slice_.params
        first, last = date.fromisoformat(params["from"]), date.fromisoformat(params["to"])
        answers = self._window(web, settings, slice_, params["group"], params["date_type"], first, last)
        count, page = next(answers), next(answers, None)
        # An empty list is a change only if there were some before.
        if page is None and _count(count) == 0 and known.newest(slice_.key) is None:
            return
        yield count
        if page is not None:
            yield page
            yield from answers

    # Eight: it calls itself for half a window, and carries the request along.
    def _window(
        self,
        web: Web,
        settings: Settings,
        slice_: Slice,
        group: str,
        date_type: str,
        first: date,
        last: date,
        refetches: int = 0,
    ) -> Iterator[Payload]:
        """The count of a window and its pages; smaller windows where it has many or where its pages disagree."""
        filters = {
            "award_type_codes": list(TYPE_GROUPS[group]),
            "program_numbers": list(LISTINGS),
            "time_period": [
                {"start_date": first.isoformat(), "end_date": last.isoformat(), "date_type": date_type},
            ],
        }
        count = web.post(
            f"{settings.usaspending_url}/search/spending_by_award_count/",
            json=json_body({"filters": filters}),
            role="control",
        )
        _must_use_every_filter(self.id, slice_, count)
        pages: list[Payload] = []
        keys: list[str] = []
        if _count(count) <= MOST_AWARDS_A_WINDOW or first == last:
            pages, keys = self._pages(web, settings, slice_, filters) if _count(count) else ([], [])
            whole = len(keys) == len(set(keys)) == _count(count)
            if not whole and (first == last or refetches >= MOST_REFETCHES) and len(keys) == _count(count):
                # As many as the publisher counts, and yet not those: the count alone would let it pass.
                what = f"{len(keys) - len(set(keys))} of {len(keys)} awards came twice and as many did not come"
                raise SourceError(self.id, slice_.key, f"{what}, {first} to {last}", url=pages[0].url)
            if whole or first == last or refetches >= MOST_REFETCHES:
                yield count
                yield from pages
                return
            refetches += 1
        middle = first + (last - first) / 2
        for start, end in ((first, middle), (middle + timedelta(days=1), last)):
            yield from self._window(web, settings, slice_, group, date_type, start, end, refetches)

    def _pages(
        self, web: Web, settings: Settings, slice_: Slice, filters: dict[str, object]
    ) -> tuple[list[Payload], list[str]]:
        """The pages of a window and the keys of their awards, in the order they came."""
        pages: list[Payload] = []
        keys: list[str] = []
        new = NewRows()
        cursor = CursorPages(fields=("last_record_unique_id", "last_record_sort_value"), has_next="hasNext")
        while True:
            # The cursor works on single-column sorts only; both halves go together (one alone is a 500).
            body = {"filters": filters, "fields": list(FIELDS), "sort": "Award ID", "order": "asc", "limit": PAGE,
                    "subawards": False, **cursor.params()}  # fmt: skip
            page = web.post(f"{settings.usaspending_url}/search/spending_by_award/", json=json_body(body))
            _must_use_every_filter(self.id, slice_, page)
            answer = json_object(self.id, page)
            results = answer.get("results") or []
            if results:
                pages.append(page)
                here = [str(result.get("generated_internal_id")) for result in results]
                new.see(here, url=page.url)
                keys += here
            if not cursor.advance(len(results), answer.get("page_metadata") or {}):
                return pages, keys

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record an award; locations flattened by a double underscore, lists as JSON text.

        Raises SourceError where the answer has no `results`.
        """
        answer = json_object(self.id, payload)
        results = answer.get("results")
        if not isinstance(results, list):
            raise SourceError(self.id, "?", f"no results in the answer: {sorted(answer)[:40]}", url=payload.url)
        for result in objects_in(self.id, results, "results", url=payload.url):
            yield dict(_flat(result))

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        counts = [_count(payload) for payload in payloads]
        return {"records": sum(counts)} if counts else {}


class AssistanceListings(Dataset):
    """What each listing obligated and paid out in a fiscal year, as a control total for awards."""

    source = "usaspending"
    name = "assistance_listings"
    domain = "awards"
    title = "Assistance listings: obligations and outlays by fiscal year"
    publisher = "USAspending.gov (US Treasury)"
    terms = FEDERAL
    homepage = "https://www.usaspending.gov"
    policy = "replace"
    required = ("id", "name", "fiscal_year", "obligation")
    optional = ("popular_name", "sub_agency_name", "outlay", "sam_actual", "sam_estimate", "type_group")
    types = typed({
        "id": matching(r"\d{2}\.\d{3}", "a listing's number"), "name": TEXT, "fiscal_year": YEAR, "obligation": NUMBER,
        "outlay": NUMBER, "sam_actual": NUMBER,
    })  # fmt: skip
    key = ("id", "fiscal_year", "type_group")
    gives_each_key_once = True
    base_url_setting = "usaspending_url"
    max_age = timedelta(days=45)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice a fiscal year, once a week."""
        return due(self.all_slices(), known, timedelta(days=7))

    def all_slices(self) -> list[Slice]:
        """Every fiscal year."""
        return [Slice(f"FY{year}", {"fiscal_year": str(year)}) for year in fiscal_years()]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Spending by listing, one request a type group.

        No `references/` endpoint gives money by listing (references/cfda/totals counts Grants.gov notices,
        references/assistance_listing gives names): by the API's contracts this search does.
        """
        year = int(slice_.params["fiscal_year"])
        period = {"start_date": f"{year - 1}-10-01", "end_date": f"{year}-09-30", "date_type": "action_date"}
        for group, codes in TYPE_GROUPS.items():
            filters = {"award_type_codes": list(codes), "program_numbers": list(LISTINGS), "time_period": [period]}
            answer = web.post(
                f"{settings.usaspending_url}/search/spending_by_category/cfda/",
                json=json_body({"filters": filters, "category": "cfda", "limit": PAGE, "page": 1}),
                context={"fiscal_year": str(year), "type_group": group},
            )
            _must_use_every_filter(self.id, slice_, answer)
            found = json_object(self.id, answer)
            if (found.get("page_metadata") or {}).get("hasNext"):
                what = f"more than {PAGE} listings came for the {len(LISTINGS)} asked for"
                raise SourceError(self.id, slice_.key, what, url=answer.url)
            if not isinstance(found.get("results"), list):
                raise SourceError(self.id, slice_.key, f"no results in the answer: {sorted(found)}", url=answer.url)
            # An empty list is a change if there were some before, and is not kept if there never were.
            if found["results"] or known.newest(slice_.key) is not None:
                yield answer

    def cut(self, payload: Payload) -> Iterator[Record]:
        """Rows of spending by category, or a listing's own record of the Federal Program Inventory.

        Only the requested listings: the category answers with every listing that an award ever had.
        """
        answer = json_object(self.id, payload)
        if "obligations" in answer:
            yield from _inventory_record(self.id, payload, answer)
            return
        if not isinstance(answer.get("results"), list):
            raise SourceError(self.id, "?", f"no results in the answer: {sorted(answer)[:40]}", url=payload.url)
        asked = told_by_request(payload, "fiscal_year", "type_group")
        for row in objects_in(self.id, answer["results"], "results", url=payload.url):
            # A row without its number stays; the missing number is then reported.
            if "code" not in row or as_text(row["code"]) in LISTINGS:
                yield {**{name: as_text(value) for name, value in renamed(row, _CATEGORY).items()}, **asked}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A listing's record of the Federal Program Inventory (JSON)."""
        when = retrieved_at or utc_now()
        payload = Payload(body_of(self.id, path), f"file:{path.name}", when, method="FILE")
        listing = as_text(json_object(self.id, payload).get("id"))
        if listing not in LISTINGS:
            raise SourceError(self.id, path.name, f"not one of the listings asked for: {listing!r}")
        yield Batch(Slice(f"inventory:{listing}"), [payload], when, publisher="Federal Program Inventory (OMB)")


def _must_use_every_filter(dataset: str, slice_: Slice, payload: Payload) -> None:
    """A filter that the API does not know is ignored, and only `messages` says so."""
    # As text: the search wraps its list of messages into another list (search/v2/views/spending_by_award.py).
    if ignored := _IGNORED.search(str(json_object(dataset, payload).get("messages"))):
        raise SourceError(dataset, slice_.key, f"the API ignored the filters {ignored[1]}", url=payload.url)


def fiscal_years() -> range:
    """Every federal fiscal year that can be requested, including the current one."""
    today = utc_now().date()
    return range(FIRST_FISCAL_YEAR, today.year + (today.month >= 10) + 1)


def _fiscal_year(group: str, year: int) -> Slice:
    """The awards first signed in a year: `new_awards_only` tests date_signed alone, so windows never overlap."""
    params = {"group": group, "fiscal_year": f"FY{year}", "from": f"{year - 1}-10-01", "to": f"{year}-09-30"}
    return Slice(f"{group}:FY{year}", {**params, "date_type": "new_awards_only"})


# The publisher's names, of spending by category and of the Federal Program Inventory, and ours for the same.
_CATEGORY = {"code": "id", "name": "name", "amount": "obligation", "total_outlays": "outlay"}
_INVENTORY = {name: name for name in ("id", "name", "popular_name", "sub_agency_name")}
_INVENTORY_YEAR = {"x": "fiscal_year", "usa_spending_actual": "obligation", "sam_actual": "sam_actual",
                   "sam_estimate": "sam_estimate"}  # fmt: skip


def _inventory_record(dataset: str, payload: Payload, answer: dict[str, Any]) -> Iterator[Record]:
    listing = renamed(answer, _INVENTORY)
    paid = objects_in(dataset, answer.get("outlays") or [], "outlays", url=payload.url)
    outlays = {as_text(row["x"]): row["outlay"] for row in paid if {"x", "outlay"} <= row.keys()}
    for row in objects_in(dataset, answer["obligations"], "obligations", url=payload.url):
        record = {**listing, **renamed(row, _INVENTORY_YEAR)}
        if (year := as_text(row.get("x"))) in outlays:
            record["outlay"] = outlays[year]
        yield {name: as_text(value) for name, value in record.items()}


def _flat(result: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    for name, value in result.items():
        if name in ("Recipient Location", "Primary Place of Performance") and value is None:
            continue
        if isinstance(value, dict):
            for part, inner in value.items():
                yield f"{name}__{part}", as_text(inner)
        else:
            yield name, as_text(value)


def _count(payload: Payload) -> int:
    """Awards in the window. The request names the codes of one group, so the counts of all groups are its own:
    which of them contains F001 and F002 is not documented anywhere.
    """
    results = json_object("usaspending/awards", payload).get("results")
    if not isinstance(results, dict):
        raise SourceError("usaspending/awards", "?", "the count has no results", url=payload.url)
    return sum(whole_count("usaspending/awards", count, url=payload.url) for count in results.values())


def json_object(dataset: str, payload: Payload) -> dict[str, Any]:
    return object_of(dataset, payload)


DATASETS = (Awards(), AssistanceListings())
