"""Socrata's protocol (SODA 2): counting and paging one resource, and how the server refuses a query.

What belongs here: what every publisher on the platform shares. What does not: which columns are requested (each
source), CSV exports from the portal (socrata_files).

Facts about the platform (its own documentation, https://dev.socrata.com/docs/queries.html and .../response-codes.html):
without `$limit` only 1,000 rows are returned, without notice; 2.0 endpoints return at most 50,000; a request for a
missing column gets a 400 that names the column; without `$order` pages overlap.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

import polars as pl
from pydantic import SecretStr

from orchestration.fetching.paging import NewRows
from orchestration.fetching.session import Web
from orchestration.fetching.waiting import Wait
from orchestration.forms import Unreadable, jsons
from orchestration.sources.answers import rows_of
from orchestration.sources.base import whole_count
from orchestration.wire import Payload, SourceError

Form = Literal["json", "csv"]

# Most rows that a 2.0 endpoint returns at once.
PAGE = 50_000
# How often a question is asked if its pages and its count do not agree, or while the server prepares its answer.
ATTEMPTS = 3
# The first bytes of a body show what it is: a page of 10 MB is not copied for that.
HEAD = 4096


@dataclass(frozen=True)
class Count:
    """The server's own count. rows: 0 if the answer is a fault."""

    payload: Payload
    rows: int
    faulty: bool


@dataclass(frozen=True)
class Resource:
    """One resource of one portal, requested for one slice.

    url: its address without the ending that names the form (.json, .csv).
    poll: seconds to wait while the server prepares an answer.
    keeps_refusals: an answer 400, which names the column that is not there, is kept as its response, and the
    capture is rejected; else it is the source's failure.
    """

    dataset: str
    web: Web
    url: str
    slice_key: str
    poll: float
    token: SecretStr | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    keeps_refusals: bool = True

    def count(self, where: Mapping[str, str]) -> Count:
        """How many rows there are. Raises SourceError if the answer is no count."""
        payload = self.get({"$select": "count(*) as n", **where}, "json", role="control")
        if "fault" in payload.context:
            return Count(payload, 0, faulty=True)
        return Count(payload, count_in(self.dataset, payload, self.slice_key), faulty=False)

    def pages(self, question: Mapping[str, str], until: int, form: Form) -> Iterator[Payload]:
        """Page by page until as many reports have come as the server counts, or a page is empty.

        A server that sends fewer rows than `$limit` is asked on from where it stopped. Each page's context says how
        many reports it `counted`: its rows, or the sum of its groups' `n`.
        """
        offset = counted = 0
        # Rows have no key in common here: a page that is equal to the byte to an earlier one is a repetition.
        new = NewRows()
        while True:
            page = self.get({**question, "$limit": str(PAGE), "$offset": str(offset)}, form)
            if "fault" in page.context:
                yield page
                return
            if form == "csv":
                rows = here = _csv_rows(page.body, min(PAGE, until - counted))
            else:
                groups = rows_of(self.dataset, page)
                rows = len(groups)
                here = sum(whole_count(self.dataset, group.get("n"), url=page.url) for group in groups)
            if rows:
                new.see([page.sha256], url=page.url)
            if rows or offset == 0:
                yield replace(page, context={**page.context, "counted": str(here)})
            offset, counted = offset + rows, counted + here
            if rows == 0 or counted >= until:
                return

    def get(self, params: Mapping[str, str], form: Form, role: Literal["records", "control"] = "records") -> Payload:
        """One answer; what is wrong with it as a whole stands in its context as `fault`.

        Raises SourceError if the server has no answer yet after ATTEMPTS (202).
        """
        for attempt in range(ATTEMPTS):
            payload = self.web.get(
                f"{self.url}.{form}",
                params=dict(params),
                secret_headers={"X-App-Token": self.token.get_secret_value()} if self.token else {},
                context=self.context,
                role=role,
                accept_status=frozenset({400}) if self.keeps_refusals else frozenset(),
                media_type="json" if form == "json" else None,
            )
            # 202: the server still works on the answer and expects the request again.
            if payload.status != 202:
                break
            if attempt < ATTEMPTS - 1:
                with Wait(f"{urlsplit(self.url).hostname}, which prepares its answer (202)", self.poll):
                    time.sleep(self.poll)
        if payload.status == 202:
            raise SourceError(self.dataset, self.slice_key, "the server has no answer yet (202)", url=payload.url)
        if payload.status == 400:
            return with_fault(payload, _refusal(payload))
        if form == "csv" and payload.body[:HEAD].lstrip()[:1] in (b"<", b"{"):
            return with_fault(payload, f"no CSV but {payload.body[:120]!r}")
        return payload


def counted(pages: Iterable[Payload]) -> int:
    """How many reports the pages contain, by their contexts."""
    return sum(int(page.context.get("counted", 0)) for page in pages)


def is_faulty(pages: Iterable[Payload]) -> bool:
    """Whether a page carries a fault."""
    return any("fault" in page.context for page in pages)


def with_fault(payload: Payload, fault: str) -> Payload:
    """The payload with what is wrong with it: its capture is kept and rejected."""
    return replace(payload, context={**payload.context, "fault": fault})


def faulty_as_a_whole(pages: list[Payload], fault: str) -> Iterator[Payload]:
    """The pages of an answer that is wrong as a whole: the last one carries the fault. fault: "" for none."""
    *before, last = pages
    yield from before
    yield with_fault(last, fault) if fault else last


def control_totals(dataset: str, name: str, payloads: Iterable[Payload]) -> dict[str, int]:
    """The server's last count, under the name of what it counts; {} if it gave none."""
    counts = [count_in(dataset, payload) for payload in payloads if "fault" not in payload.context]
    return {name: counts[-1]} if counts else {}


def count_in(dataset: str, payload: Payload, slice_key: str = "?") -> int:
    """The count that an answer is. Raises SourceError for any other answer."""
    rows = rows_of(dataset, payload)
    if len(rows) != 1 or "n" not in rows[0]:
        raise SourceError(dataset, slice_key, f"not a count: {jsons.excerpt(payload.body)}", url=payload.url)
    return whole_count(dataset, rows[0]["n"], url=payload.url)


def _refusal(payload: Payload) -> str:
    """What the server says of a question that it does not answer: the column first, if it names one."""
    try:
        answer = jsons.load(payload.body)
        message = str(answer.get("message") or jsons.excerpt(payload.body))
        code = str(answer.get("code") or answer.get("errorCode") or "")
    except (Unreadable, AttributeError):
        message, code = payload.body[:300].decode("utf-8", "replace"), ""
    if found := re.search(r"[Nn]o such column:? *[\"'`]?([A-Za-z0-9_:@]+)", message):
        return f"the publisher has no column {found[1]!r} any more ({code or 'HTTP 400'})"
    return f"the publisher refuses the question (HTTP {payload.status}): {code} {message[:300]}".strip()


def _csv_rows(body: bytes, expected: int) -> int:
    """The rows of a page of CSV, its header not counted; 0 if it cannot be read (the landing says why)."""
    # Lines are rows but for newlines inside quotes, and such a page is parsed.
    lines = body.count(b"\n") + (not body.endswith(b"\n")) - 1
    if lines == expected:
        return lines
    try:
        return pl.read_csv(body, infer_schema=False, columns=[0]).height
    except pl.exceptions.PolarsError:
        return 0
