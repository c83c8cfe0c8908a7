"""USAspending's files: every transaction under the listings, by download, by bulk download, by monthly archive.

What belongs here: starting a download and waiting for it, choosing archives, the columns of PrimeTransactions. What
does not: the search (usaspending), the page of one award (usaspending_pages), unpacking (forms.archives), which version
of a transaction is valid (dbt).

The 112 columns are those of the publisher's own PrimeTransactions files. An archive covers one agency and fiscal year:
a Full one has everything, a Delta what changed since the last month. A Delta's first column is `correction_delete_ind`:
blank is new, C contains replacement values, D names a deleted record and fills only the parts of its key.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from orchestration.fetching.session import Web
from orchestration.fetching.waiting import Wait
from orchestration.settings import Settings
from orchestration.sources.answers import objects_in
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Slice, due, whole_count
from orchestration.sources.fields import DATE, NUMBER, TEXT, YEAR, each, typed
from orchestration.sources.terms import FEDERAL
from orchestration.sources.usaspending import LISTINGS, TYPE_GROUPS, fiscal_years, json_object
from orchestration.wire import FilePayload, Payload, SourceError, file_digest, json_body, utc_now

# A download has at most so many rows: one that is full may have lost some.
MOST_ROWS_A_DOWNLOAD = 500_000
# A bulk download takes at most so many days (else 400).
MOST_DAYS_A_BULK_DOWNLOAD = 366
OVERLAP = timedelta(days=7)
WHOLE_AGAIN = timedelta(days=30)
AGENCY_CODE, AGENCY_NAME = "015", "Department of Justice"
_ARCHIVE = re.compile(r"FY(?P<year>\d{4}|\(All\))_(?P<agency>\w+)_Assistance_(?P<kind>Full|Delta)_(?P<made>\d{8})")
DELETE_INDICATOR = "correction_delete_ind"

# Columns of which the models make meaning; without one of them a file is rejected.
REQUIRED = (
    "assistance_transaction_unique_key", "assistance_award_unique_key", "award_id_fain", "modification_number",
    "award_id_uri", "federal_action_obligation", "total_obligated_amount", "total_outlayed_amount_for_overall_award",
    "action_date", "action_date_fiscal_year", "period_of_performance_start_date",
    "period_of_performance_current_end_date", "awarding_agency_code", "awarding_agency_name",
    "awarding_sub_agency_code", "awarding_sub_agency_name", "recipient_uei", "recipient_duns", "recipient_name",
    "recipient_city_name", "recipient_county_name", "recipient_state_code", "primary_place_of_performance_city_name",
    "primary_place_of_performance_county_name", "primary_place_of_performance_state_name", "cfda_number", "cfda_title",
    "assistance_type_code", "transaction_description", "business_types_description", "action_type_code",
    "action_type_description", "record_type_code", "usaspending_permalink", "last_modified_date",
)  # fmt: skip
OPTIONAL = (
    "sai_number", "indirect_cost_federal_share_amount", "non_federal_funding_amount",
    "total_non_federal_funding_amount", "face_value_of_loan", "original_loan_subsidy_cost",
    "total_face_value_of_loan", "total_loan_subsidy_cost", "generated_pragmatic_obligations",
    "disaster_emergency_fund_codes_for_overall_award",
    "outlayed_amount_from_COVID-19_supplementals_for_overall_award",
    "obligated_amount_from_COVID-19_supplementals_for_overall_award",
    "outlayed_amount_from_IIJA_supplemental_for_overall_award",
    "obligated_amount_from_IIJA_supplemental_for_overall_award", "awarding_office_code", "awarding_office_name",
    "funding_agency_code", "funding_agency_name", "funding_sub_agency_code", "funding_sub_agency_name",
    "funding_office_code", "funding_office_name", "treasury_accounts_funding_this_award",
    "federal_accounts_funding_this_award", "object_classes_funding_this_award",
    "program_activities_funding_this_award", "recipient_name_raw", "recipient_parent_uei", "recipient_parent_duns",
    "recipient_parent_name", "recipient_parent_name_raw", "recipient_country_code", "recipient_country_name",
    "recipient_address_line_1", "recipient_address_line_2", "recipient_city_code",
    "prime_award_transaction_recipient_county_fips_code", "prime_award_transaction_recipient_state_fips_code",
    "recipient_state_name", "recipient_zip_code", "recipient_zip_last_4_code",
    "prime_award_transaction_recipient_cd_original", "prime_award_transaction_recipient_cd_current",
    "recipient_foreign_city_name", "recipient_foreign_province_name", "recipient_foreign_postal_code",
    "primary_place_of_performance_scope", "primary_place_of_performance_country_code",
    "primary_place_of_performance_country_name", "primary_place_of_performance_code",
    "prime_award_transaction_place_of_performance_county_fips_code",
    "prime_award_transaction_place_of_performance_state_fips_code", "primary_place_of_performance_zip_4",
    "prime_award_transaction_place_of_performance_cd_original",
    "prime_award_transaction_place_of_performance_cd_current", "primary_place_of_performance_foreign_location",
    "funding_opportunity_number", "funding_opportunity_goals_text", "assistance_type_description",
    "prime_award_base_transaction_description", "business_funds_indicator_code",
    "business_funds_indicator_description", "business_types_code", "correction_delete_indicator_code",
    "correction_delete_indicator_description", "record_type_description",
    *(f"highly_compensated_officer_{n}_{part}" for n in range(1, 6) for part in ("name", "amount")),
    "initial_report_date", DELETE_INDICATOR,
)  # fmt: skip


class Transactions(Dataset):
    """Every transaction under the listings: whole fiscal years, and what changed since.

    A slice `FY2017` contains all of a year by action date, whichever way it came: what an older capture of it had and
    it lacks was deleted upstream. `changed` and `delta` add to them.
    """

    source = "usaspending"
    name = "transactions"
    domain = "awards"
    title = "Federal award transactions under the COPS Office's and the related assistance listings"
    publisher = "USAspending.gov (US Treasury)"
    terms = FEDERAL
    homepage = "https://www.usaspending.gov"
    policy = "merge"
    tabular = True
    required = REQUIRED
    optional = OPTIONAL
    types = typed(
        {
            **each(REQUIRED, TEXT.or_all_empty),
            **each(("assistance_transaction_unique_key", "assistance_award_unique_key"), TEXT),
            **each(("federal_action_obligation", "total_obligated_amount"), NUMBER.or_empty),
            "total_outlayed_amount_for_overall_award": NUMBER.or_all_empty,
            "action_date": DATE,
            "last_modified_date": DATE.past,
            "action_date_fiscal_year": YEAR,
            **each(("period_of_performance_start_date", "period_of_performance_current_end_date"), DATE.or_empty),
            **each(("awarding_agency_code", "awarding_agency_name", "recipient_name", "cfda_number"), TEXT.or_empty),
        }
    )
    # Archives and bulk downloads contain all of the department's assistance, downloads only the listings.
    volume_within = ("cfda_number", frozenset(LISTINGS))
    partial_records = (DELETE_INDICATOR, "D")
    key = ("assistance_transaction_unique_key",)
    # Most awards of a fiscal year are made in its last month, and nothing is paid out of them yet.
    grows_by = key
    high_water_field = "last_modified_date"
    partitioned_by = "fiscal_year"
    base_url_setting = "usaspending_url"
    max_age = WHOLE_AGAIN + timedelta(days=7)

    def holds_all(self, slice_key: str) -> bool:
        """A fiscal year is whole; what changed is not."""
        return slice_key.startswith("FY")

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Each fiscal year never captured or due again, what changed since, and the month's Delta once a week."""
        years = [_year(year, "download") for year in fiscal_years()]
        slices = due(years, known, WHOLE_AGAIN)
        if since := self._complete_until(years, known):
            window = {"from": (since - OVERLAP).isoformat(), "to": utc_now().date().isoformat()}
            slices.append(Slice("changed", {"way": "changed", **window}))
            slices += due([Slice("delta", {"way": "delta"})], known, timedelta(days=7))
        return slices

    def _complete_until(self, years: list[Slice], known: EarlierCaptures) -> date | None:
        if high_water := known.high_water("changed"):
            return date.fromisoformat(high_water[:10])
        days = [when.date() for year in years if (when := known.content_as_of(year.key))]
        return min(days) if days else None

    def all_slices(self) -> list[Slice]:
        """Every fiscal year by the monthly archive, for a backfill."""
        return [_year(year, "archive") for year in fiscal_years()]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Files of transactions, each after the control payload that counts its rows where there is one.

        Raises SourceError where a download fails, never ends or is full for a single day.
        """
        way, params = slice_.params["way"], slice_.params
        if way == "delta":
            yield from self._deltas(web, settings, slice_, known.content_as_of(slice_.key))
            return
        if way == "archive":
            archive = [a for a in self._archives(web, settings, params["fiscal_year"][2:]) if a["kind"] == "Full"]
            if archive:
                yield self._archive(web, settings, max(archive, key=lambda a: a["made"]))
                return
            # Not made for this year yet: the same agency and dates by bulk download.
            way = "bulk"
        first, last = date.fromisoformat(params["from"]), date.fromisoformat(params["to"])
        if way == "bulk":
            yield from self._bulk(web, settings, slice_, first, last)
            return
        date_type = "last_modified_date" if way == "changed" else "action_date"
        for group in TYPE_GROUPS:
            yield from self._window(web, settings, slice_, group, date_type, first, last)

    def _window(
        self, web: Web, settings: Settings, slice_: Slice, group: str, date_type: str, first: date, last: date
    ) -> Iterator[Payload]:
        filters = {
            "award_type_codes": list(TYPE_GROUPS[group]),
            "program_numbers": list(LISTINGS),
            "time_period": [
                {"start_date": first.isoformat(), "end_date": last.isoformat(), "date_type": date_type},
            ],
        }
        body = {"filters": filters, "columns": [], "file_format": "csv"}
        status = self._finished(web, settings, slice_, "download/transactions/", body)
        if _rows(status) >= MOST_ROWS_A_DOWNLOAD:
            if first >= last:
                what = f"{_rows(status):,} rows of {first} are as many as a download holds: some may be missing"
                raise SourceError(self.id, slice_.key, what, url=status.url)
            middle = first + (last - first) / 2
            yield from self._window(web, settings, slice_, group, date_type, first, middle)
            yield from self._window(web, settings, slice_, group, date_type, middle + timedelta(days=1), last)
            return
        yield status
        yield self._file(web, settings, json_object(self.id, status)["file_url"])

    def _bulk(self, web: Web, settings: Settings, slice_: Slice, first: date, last: date) -> Iterator[Payload]:
        """All of the department's assistance: a bulk download takes no listings, and staging keeps ours."""
        while first <= last:
            end = min(last, first + timedelta(days=MOST_DAYS_A_BULK_DOWNLOAD - 1))
            filters = {
                "prime_award_types": [code for codes in TYPE_GROUPS.values() for code in codes],
                "date_type": "action_date",
                "date_range": {"start_date": first.isoformat(), "end_date": end.isoformat()},
                "agencies": [{"type": "awarding", "tier": "toptier", "name": AGENCY_NAME}],
            }
            body = {"filters": filters, "file_format": "csv"}
            status = self._finished(web, settings, slice_, "bulk_download/awards/", body)
            yield status
            yield self._file(web, settings, json_object(self.id, status)["file_url"])
            first = end + timedelta(days=1)

    def _finished(self, web: Web, settings: Settings, slice_: Slice, path: str, body: dict[str, Any]) -> Payload:
        """Start a download and look until it is made; the last status, a control payload."""
        started = web.post(f"{settings.usaspending_url}/{path}", json=json_body(body), role="control")
        name = json_object(self.id, started).get("file_name")
        if not name:
            raise SourceError(self.id, slice_.key, "the download was not started: no file_name", url=started.url)
        until = time.monotonic() + settings.download_deadline
        host = urlsplit(settings.usaspending_url).netloc
        with Wait(f"{host} to make the download {name}", settings.download_deadline):
            while True:
                address = f"{settings.usaspending_url}/download/status?{urlencode({'file_name': name})}"
                status = web.get(address, role="control", media_type="json")
                answer = json_object(self.id, status)
                state = answer.get("status")
                if state == "finished":
                    return status
                if state == "failed":
                    what = f"the publisher could not make {name}: {answer.get('message') or 'it does not say why'}"
                    raise SourceError(self.id, slice_.key, what, url=status.url)
                if state not in ("ready", "running"):
                    raise SourceError(self.id, slice_.key, f"the download {name} is {state!r}", url=status.url)
                if time.monotonic() > until:
                    what = f"{name} was not made within {settings.download_deadline:.0f} s (CLAWBACK_DOWNLOAD_DEADLINE)"
                    raise SourceError(self.id, slice_.key, what, url=status.url)
                time.sleep(settings.download_poll)

    def _archives(self, web: Web, settings: Settings, year: str) -> list[dict[str, str]]:
        """The monthly archives of the department's assistance for a fiscal year, and the Deltas of all years."""
        # The list needs the publisher's own number of the agency, which only its other list gives.
        agencies = web.post(
            f"{settings.usaspending_url}/bulk_download/list_agencies/",
            json=json_body({"type": "award_agencies"}),
            role="control",
        )
        groups = json_object(self.id, agencies).get("agencies") or {}
        every = [agency for group in groups.values() for agency in group] if isinstance(groups, dict) else groups
        numbers = [a.get("toptier_agency_id") for a in every if a.get("toptier_code") == AGENCY_CODE]
        if not numbers:
            raise SourceError(
                self.id, f"FY{year}", f"no agency {AGENCY_CODE} in the publisher's list", url=agencies.url
            )
        listed = web.post(
            f"{settings.usaspending_url}/bulk_download/list_monthly_files/",
            json=json_body({"agency": numbers[0], "fiscal_year": int(year), "type": "assistance"}),
            role="control",
        )
        found = []
        # An answer without the list is a fault: read as an empty one, it would say for ever that nothing is new.
        files = json_object(self.id, listed).get("monthly_files")
        for file in objects_in(self.id, files, "monthly_files", url=listed.url):
            parts = _ARCHIVE.match(file.get("file_name") or "")
            if parts and parts["agency"] == AGENCY_CODE and parts["year"] in (year, "(All)"):
                found.append({"kind": parts["kind"], "made": parts["made"], "url": file["url"]})
        return found

    def _archive(self, web: Web, settings: Settings, archive: dict[str, str]) -> Payload:
        return self._file(web, settings, archive["url"], made=archive["made"])

    def _deltas(self, web: Web, settings: Settings, slice_: Slice, seen: datetime | None) -> Iterator[Payload]:
        year = str(fiscal_years()[-1])
        deltas = [a for a in self._archives(web, settings, year) if a["kind"] == "Delta"]
        for delta in sorted(deltas, key=lambda a: a["made"]):
            if seen is None or _made(delta["made"]) > seen:
                yield self._archive(web, settings, delta)

    def _file(self, web: Web, settings: Settings, url: str, *, made: str | None = None) -> FilePayload:
        """A file of the publisher's, requested from the host that its base URL names."""
        base = settings.usaspending_files_url.rstrip("/")
        context = {"content_as_of": _made(made).isoformat()} if made else {}
        return web.download(f"{base}{urlsplit(url).path}", settings.downloads_dir, context=context)

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        """The rows that the publisher says it wrote into the files, those of other files in the same zips too."""
        totals = [_rows(payload) for payload in payloads]
        return {"rows": sum(totals)} if totals else {}

    def holds_records(self, member: str) -> bool:
        """A download of transactions also contains a CSV of subawards, with other rows and columns."""
        return "subaward" not in member.lower()

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A monthly archive (its name says year, kind and day), or any other file of PrimeTransactions.

        Only an archive named Full contains a whole year; everything else is treated as changes.
        """
        parts = _ARCHIVE.match(path.name)
        when = retrieved_at or (_made(parts["made"]) if parts else utc_now())
        context = {"content_as_of": _made(parts["made"]).isoformat()} if parts else {}
        if parts and parts["kind"] == "Full" and parts["year"].isdigit():
            slice_ = _year(int(parts["year"]), "archive")
        else:
            slice_ = Slice("delta" if parts else f"import:{path.stem}", {"way": "import"})
        payload = FilePayload(
            body=b"",
            url=f"file:{path.name}",
            retrieved_at=when,
            media_type="application/zip" if path.suffix == ".zip" else "text/csv",
            method="FILE",
            context=context,
            path=path,
            digest=file_digest(path),
            size=path.stat().st_size,
            is_ours=False,
        )
        yield Batch(slice_, [payload], when)


def _year(year: int, way: str) -> Slice:
    window = {"from": f"{year - 1}-10-01", "to": f"{year}-09-30"}
    return Slice(f"FY{year}", {"way": way, "fiscal_year": f"FY{year}", **window})


def _rows(status: Payload) -> int:
    """The number of rows of a finished download, over all its files. Raises SourceError if it is not given."""
    total = json_object("usaspending/transactions", status).get("total_rows")
    return whole_count("usaspending/transactions", total, url=status.url)


def _made(day: str) -> datetime:
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)


DATASETS = (Transactions(),)
