"""USAspending's page about one award: requested for each open award, to learn how much was paid out.

What belongs here: choosing the awards whose page is due for a request, and parsing a page into a record. What does not:
the search (usaspending), files of transactions (usaspending_files).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from orchestration.fetching.session import FetchError, Web
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import DATE, NUMBER, TEXT, typed
from orchestration.sources.terms import FEDERAL
from orchestration.sources.turns import by_day, in_turn
from orchestration.sources.usaspending import json_object
from orchestration.sources.usaspending_files import AGENCY_CODE, WHOLE_AGAIN
from orchestration.wire import Payload, SourceError, as_text, utc_now

log = logging.getLogger(__name__)

# What a page about one award must say, whatever its value.
_MUST_BE_ON_A_PAGE = ("generated_unique_award_id", "total_outlay", "total_obligation", "fain")
# A page that fails is tried no more often than this. After so many in a row, or awards that the publisher does not know
# before any that it does, a page that came before is requested: if that fails too, or there is none, the run ends here.
PAGE_ATTEMPTS = 3
FAILED_IN_A_ROW = 5


class AwardOutlays(Dataset):
    """The page of each open award, for what was paid out: an outlay may move without any transaction.

    One capture a run with as many awards as the budget allows, the longest unrefreshed first, each at most once a
    month. `total_outlay` null means that no account data are known; it is not zero.
    """

    source = "usaspending"
    name = "award_outlays"
    # which pages are requested depends on the awards that are open
    after = ("usaspending/awards", "usaspending/transactions")
    domain = "awards"
    title = "Open awards' own pages: obligations and outlays to date"
    publisher = "USAspending.gov (US Treasury)"
    terms = FEDERAL
    homepage = "https://www.usaspending.gov"
    policy = "merge"
    required = ("generated_unique_award_id",)
    optional = (
        "detail", "fain", "uri", "category", "type", "description", "total_obligation", "total_outlay",
        "total_account_outlay", "total_account_obligation", "record_type", "date_signed", "awarding_agency__name",
        "awarding_agency__code", "awarding_sub_agency__name", "period_of_performance__start_date",
        "period_of_performance__end_date", "period_of_performance__last_modified_date", "recipient__recipient_name",
        "recipient__recipient_uei", "recipient__recipient_unique_id", "asked_for",
    )  # fmt: skip
    types = typed({
        "generated_unique_award_id": TEXT, "asked_for": TEXT, "total_obligation": NUMBER, "total_outlay": NUMBER,
        "period_of_performance__end_date": DATE,
    })  # fmt: skip
    base_url_setting = "usaspending_url"
    max_age = timedelta(days=45)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice: the open awards whose outlay is a month old or was never requested."""
        return [Slice("open")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Request one award after the other, mostly the longest unrefreshed first, within the run's budget.

        A page that fails, or cannot be read, is passed over, and requested again in the next run; one that came and
        cannot be read is archived. Raises SourceError where the publisher knows none of the first awards (one may be
        gone, not all of them), and FetchError where every page fails. If no page can be read, the capture is rejected.
        """
        today = utc_now()
        asked: dict[str, str] = {}
        shown: set[str] = set()
        for award, total, when in known.rows(self.id, ["asked_for", "total_obligation"]):
            if award and when:
                asked[award] = max(asked.get(award, ""), when)
                shown |= {award} if total else set()
        stale = (today - WHOLE_AGAIN).isoformat()
        wanted = {award for award in _open_awards(known, today.date()) if asked.get(award, "") <= stale}
        turn = in_turn(sorted(wanted, key=lambda a: (asked.get(a, ""), a)))[: settings.award_pages_a_night]
        shown_before = iter(by_day(shown - wanted))
        gone: list[Payload] = []
        unreadable: list[Payload] = []
        answers, in_a_row = False, 0
        failed: SourceError | None = None
        for position, award in enumerate(turn, start=1):
            page, error = self._ask(web, settings, award)
            if error is not None:
                failed, in_a_row = error, in_a_row + 1
                if page is not None:
                    unreadable.append(page)
            elif page is not None and page.status == 404 and not answers:
                gone.append(page)
                in_a_row += 1
            elif page is not None:
                answers, in_a_row = True, 0
                yield page
            is_down = isinstance(error, FetchError) and error.status is None
            if is_down or in_a_row == FAILED_IN_A_ROW or (position == len(turn) and failed and not answers):
                # Is the publisher down, or are just these pages broken? One that came before tells.
                witness = None if is_down else next(shown_before, None)
                page, error = self._ask(web, settings, witness) if witness else (None, None)
                if page is None or error is not None or page.status == 404:
                    break
                # it is known and not due: a run that brings nothing else brings nothing new
                yield replace(page, role="control")
                answers, in_a_row = True, 0
        if not answers and len(gone) >= FAILED_IN_A_ROW:
            what = f"the first {len(gone)} awards are all unknown (404): their address or keys have changed"
            raise SourceError(self.id, slice_.key, what, url=gone[-1].url)
        if failed is not None and not answers and not unreadable:
            raise failed
        yield from gone
        # among others that can be read, a page that cannot is no fault of the others
        yield from (replace(page, role="control") if answers else page for page in unreadable)

    def _ask(self, web: Web, settings: Settings, award: str) -> tuple[Payload | None, SourceError | None]:
        """An award's page, and what is wrong with it; no page where none came."""
        page = None
        try:
            page = web.get(
                f"{settings.usaspending_url}/awards/{award}/",
                context={"award": award},
                accept_status=frozenset({404}),
                media_type="json",
                attempts=PAGE_ATTEMPTS,
            )
            for record in self.cut(page):
                self._must_be_readable(record, page)
        except SourceError as error:
            log.warning("%s: the page of award %s is passed over: %s", self.id, award, error.what)
            return page, error
        return page, None

    def _must_be_readable(self, record: Record, page: Payload) -> None:
        for name, type_ in self.types.items():
            value = (record.get(name) or "").strip()
            if value and type_.pattern and not re.fullmatch(type_.pattern, value, re.DOTALL):
                what = f"{name} is {value[:80]!r}, not {type_.words}"
                raise SourceError(self.id, str(record["asked_for"]), what, url=page.url)

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a page; an award that the publisher no longer knows (404) is one with its `detail`."""
        answer = json_object(self.id, payload)
        award = payload.context.get("award") or as_text(answer.get("generated_unique_award_id"))
        if payload.status == 404:
            yield {"generated_unique_award_id": award, "asked_for": award, "detail": as_text(answer.get("detail"))}
            return
        if missing := [name for name in _MUST_BE_ON_A_PAGE if name not in answer]:
            raise SourceError(self.id, str(award), f"the page has no {', '.join(missing)}", url=payload.url)
        agency = self._part(answer, "awarding_agency", payload)
        sub, top = self._part(agency, "subtier_agency", payload), self._part(agency, "toptier_agency", payload)
        record: Record = {"asked_for": award, "generated_unique_award_id": as_text(answer["generated_unique_award_id"])}
        for name in ("fain", "uri", "category", "type", "description", "total_obligation", "total_outlay",
                     "total_account_outlay", "total_account_obligation", "record_type", "date_signed"):  # fmt: skip
            record[name] = as_text(answer.get(name))
        record["awarding_agency__name"], record["awarding_agency__code"] = (
            as_text(top.get("name")),
            as_text(top.get("code")),
        )
        record["awarding_sub_agency__name"] = as_text(sub.get("name"))
        period = self._part(answer, "period_of_performance", payload)
        recipient = self._part(answer, "recipient", payload)
        for part in ("start_date", "end_date", "last_modified_date"):
            record[f"period_of_performance__{part}"] = as_text(period.get(part))
        for part in ("recipient_name", "recipient_uei", "recipient_unique_id"):
            record[f"recipient__{part}"] = as_text(recipient.get(part))
        yield record

    def _part(self, answer: dict[str, Any], name: str, payload: Payload) -> dict[str, Any]:
        """An object inside an answer; {} where there is none."""
        found = answer.get(name) or {}
        if not isinstance(found, dict):
            raise SourceError(self.id, "?", f"{name} is {type(found).__name__}, not an object", url=payload.url)
        return found


def _open_awards(known: EarlierCaptures, today: date) -> set[str]:
    """Awards whose last known end is not past, one id each: the newest form of the key where both occur."""
    ends: dict[str, tuple[str, str, str]] = {}
    sources = (
        ("usaspending/awards", ("Award ID", "generated_internal_id", "End Date", "Last Modified Date")),
        ("usaspending/transactions", ("award_id_fain", "assistance_award_unique_key",
                                      "period_of_performance_current_end_date", "last_modified_date")),
    )  # fmt: skip
    for dataset, fields in sources:
        for fain, award, end, modified, _ in known.rows(dataset, fields):
            if fain and award:
                # The newest record says the end; of two keys the one by the department's code is current.
                newest = (modified or "", "1" if award.endswith(f"_{AGENCY_CODE}") else "0", end or "")
                # keys are in capitals; what others copied may not be
                known_end = ends.get(fain.upper())
                if known_end is None or newest[:2] >= known_end[:2]:
                    ends[fain.upper()] = (*newest[:2], f"{newest[2]}|{award}")
    found = (text.partition("|") for *_, text in ends.values())
    return {award for end, _, award in found if end[:10] >= today.isoformat()}


DATASETS = (AwardOutlays(),)
