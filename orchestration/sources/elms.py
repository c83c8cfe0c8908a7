"""Chicago's eLMS: the City Clerk's register of legislation, which replaced Legistar.

What belongs here: the requests, paging and the total count. What does not: which of two records with the same old
Legistar number is used (dbt), which words make a matter relevant (finder).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.councils.register import Council, councils
from orchestration.fetching.paging import NewRows
from orchestration.fetching.session import Web
from orchestration.forms import jsons
from orchestration.settings import Settings
from orchestration.sources.answers import body_of, json_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due, told_by_request, whole_count
from orchestration.sources.fields import DATE, TEXT, each, typed
from orchestration.sources.terms import COUNCILS
from orchestration.wire import Payload, SourceError, as_text, utc_now

# The most that the API gives in one answer (its public clients say so).
PAGE = 500
OVERLAP = timedelta(days=2)
SWEEP_EVERY = timedelta(days=28)
SWEEP = ":all"
# Before the first record, so that "all" uses the same filter.
BEGINNING = "1900-01-01T00:00:00Z"
# 400,000 records: Chicago adds some 15,000 a year.
MOST_PAGES = 800
# So many pages may come beyond the count: for what is published meanwhile, and for the last page, which is not full.
GROWS_BY_PAGES = 3


class Matters(Dataset):
    """Every matter of Chicago's council: changed ones in every run, all once a month, as for Legistar's clients."""

    source = "elms"
    name = "matters"
    domain = "ordinances"
    title = "Chicago's council matters: titles, standing and dates"
    publisher = "Office of the City Clerk of Chicago (eLMS)"
    terms = COUNCILS
    homepage = "https://chicityclerkelms.chicago.gov"
    policy = "merge"
    # No document names the field of the title. Without it no matter would be found, so a record without it is a fault.
    required = ("client", "matterId", "recordNumber", "title", "status", "introductionDate", "lastPublicationDate")
    optional = ("legacyRecordNumber", "type", "matterCategory", "subStatus", "finalActionDate",
                "controllingBody", "filingSponsor", "recordCreateDate")  # fmt: skip
    types = typed(
        {
            **each(("client", "matterId"), TEXT),
            **each(("recordNumber", "title", "status"), TEXT.or_empty),
            **each(("introductionDate", "finalActionDate"), DATE.or_empty),
            "lastPublicationDate": DATE.past.or_empty,
        }
    )
    key = ("client", "matterId")
    high_water_field = "lastPublicationDate"
    base_url_setting = "chicago_elms_url"
    max_age = timedelta(days=14)
    min_volume_ratio = 0.9
    stale_after = timedelta(days=120)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """What was published since the last time, where there was one; then a sweep where the last is a month old."""
        (council,) = councils(self.source)
        captured = known.high_water(council.client) or known.high_water(council.client + SWEEP)
        return [*([_slice(council)] if captured else []), *due([_slice(council, sweep=True)], known, SWEEP_EVERY)]

    def all_slices(self) -> list[Slice]:
        """All, and what was published since."""
        (council,) = councils(self.source)
        return [_slice(council, sweep=True), _slice(council)]

    def holds_all(self, slice_key: str) -> bool:
        return slice_key.endswith(SWEEP)

    def group(self, slice_key: str) -> str:
        return slice_key.removesuffix(SWEEP)

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The count of the question, then its pages; the order is by a day that many matters share.

        Raises SourceError where a matter came twice: then as many were left out.
        """
        url, since = f"{settings.chicago_elms_url}/matter", self._since(slice_, known)
        asked = {"filter": f"lastPublicationDate gt {since}", "search": "", "sort": "introductionDate"}
        context = {"client": str(slice_.params["client"])}
        count = web.get(url, params={**asked, "skip": "0", "top": "1"}, role="control", media_type="json")
        counted = _count(self.id, count)
        if counted == 0:
            # An empty list is a change only if there were some before.
            if self.holds_all(slice_.key) and known.newest(slice_.key) is not None:
                yield count
            return
        yield count
        seen: set[str | None] = set()
        received, new = 0, NewRows()
        # The count may grow while we ask, but not by pages without end.
        for number in range(min(MOST_PAGES, counted // PAGE + GROWS_BY_PAGES)):
            paged = {**asked, "skip": str(number * PAGE), "top": str(PAGE)}
            page = web.get(url, params=paged, context=context, media_type="json")
            rows = _rows(self.id, page)
            received += len(rows)
            keys = [as_text(row.get("matterId")) for row in rows]
            new.see(keys, url=page.url)
            seen.update(keys)
            if rows:
                yield page
            if len(rows) < PAGE:
                break
        else:
            what = f"{number + 1} full pages and no end, where {counted:,} records were counted"
            raise SourceError(self.id, slice_.key, what, url=url)
        if len(seen) < received:
            again = received - len(seen)
            what = f"{again} of {received:,} records came twice over {number + 1} pages, so that others may be left out"
            raise SourceError(self.id, slice_.key, what, url=url)

    def _since(self, slice_: Slice, known: EarlierCaptures) -> str:
        client = str(slice_.params["client"])
        high_water_text = max(filter(None, map(known.high_water, (client, client + SWEEP))), default=None)
        if high_water_text is None or self.holds_all(slice_.key):
            return BEGINNING
        return f"{datetime.fromisoformat(high_water_text[:19]) - OVERLAP:%Y-%m-%dT%H:%M:%S}Z"

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a matter. Raises SourceError where the answer is not `{data: [...]}`."""
        for row in _rows(self.id, payload):
            record = {name: as_text(value) for name, value in row.items()}
            yield {**record, **told_by_request(payload, "client")}

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        counts = [_count(self.id, payload) for payload in payloads]
        return {"matters": sum(counts)} if counts else {}

    def counted(self, record: Record) -> dict[str, int]:
        return {"matters": 1}

    def high_water(self, record: Record) -> str | None:
        high_water_text = record.get("lastPublicationDate")
        return high_water_text if high_water_text and high_water_text[:10] <= _tomorrow() else None

    def content_newest(self, record: Record) -> date | None:
        """The day of introduction, as for every council."""
        text = (record.get("introductionDate") or "")[:10]
        if not "1800" < text <= _tomorrow():
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A saved answer of the API."""
        when = retrieved_at or utc_now()
        body, context = body_of(self.id, path), {"client": "chicago"}
        payload = Payload(body, f"file:{path.name}", when, method="FILE", context=context)
        next(self.cut(payload), None)
        yield Batch(Slice("chicago", {"client": "chicago"}), [payload], when)


def _slice(council: Council, *, sweep: bool = False) -> Slice:
    return Slice(council.client + (SWEEP if sweep else ""), {"client": council.client})


def _answer(dataset: str, payload: Payload) -> dict[str, Any]:
    answer = json_of(dataset, payload)
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise SourceError(dataset, "?", f"no list under 'data': {jsons.excerpt(payload.body)}", url=payload.url)
    return answer


def _rows(dataset: str, payload: Payload) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _answer(dataset, payload)["data"]
    if not all(isinstance(row, dict) for row in rows):
        raise SourceError(dataset, "?", "'data' holds something that is no matter", url=payload.url)
    return rows


def _count(dataset: str, payload: Payload) -> int:
    meta = _answer(dataset, payload).get("meta")
    count = meta.get("count") if isinstance(meta, dict) else None
    return whole_count(dataset, count, url=payload.url)


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()


DATASETS = (Matters(),)
