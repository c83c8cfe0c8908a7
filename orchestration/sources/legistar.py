"""Legistar: the matters of city and county councils, and the histories of relevant ones.

What belongs here: the requests to a council's Web API, and the peculiarities of its responses. What does not: what a
payload contains (legistar_forms), files that a user imports (legistar_files), which words make a matter relevant
(finder), what an action means in law (dbt).

Facts about the API, from the publisher's help pages, public clients and recorded responses: it is OData v3 and returns
at most 1,000 rows; times are ISO without a zone, with fractions of varying length; an unknown council ("client") gives
a 500 that names InSite's setting; a council that needs a token, or is closed, gives a 403 without a body.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.councils import finder
from orchestration.councils.register import Council, councils
from orchestration.fetching.paging import NewRows, OffsetPages, PagesExhausted
from orchestration.fetching.session import FetchError, Web
from orchestration.forms import jsons
from orchestration.settings import Settings, legistar_token_name
from orchestration.sources.answers import json_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due, told_by_request
from orchestration.sources.fields import DATE, TEXT, WHOLE, each, typed
from orchestration.sources.legistar_files import batches
from orchestration.sources.legistar_forms import histories_in, is_matters_alone, matters_in
from orchestration.sources.legistar_wanted import shown_histories, wanted_histories
from orchestration.sources.terms import COUNCILS
from orchestration.sources.turns import by_day, in_turn
from orchestration.wire import Payload, SliceFault, SliceSkipped, SourceError, as_text, utc_now

log = logging.getLogger(__name__)

PAGE = 1000
# A page of as many rows, or of a multiple, may be a full one of a server whose limit is no longer 1,000.
LOWER_LIMITS = 50
# The publisher's words for a client that it does not know; asking again changes nothing.
NO_SUCH_CLIENT = b"LegistarConnectionString"
# A matter saved during the last run may have a time before that run's greatest: look back by this much.
OVERLAP = timedelta(days=2)
# Some changes do not move LastModified (public clients of the API say so): everything is requested once in this time.
SWEEP_EVERY = timedelta(days=28)
SWEEP = ":all"
# Histories requested from one client in a run: at five requests a second a minute and a half.
HISTORIES_A_RUN = 400
# An item that fails is tried no more often than this. After so many in a row a matter that was shown before is
# requested: if that fails too, or there is none, the client is skipped for this run.
ITEM_ATTEMPTS = 3
ITEMS_BEFORE_GIVING_UP = 5
# Of fewer matters each may have a fault of its own.
FEWEST_THAT_TELL = 3

_OWN_TEXTS = tuple(f"Matter{kind}{n}" for kind, last in (("Text", 5), ("EXText", 11)) for n in range(1, last + 1))
_OWN_DATES = tuple(f"Matter{kind}{n}" for kind, last in (("Date", 2), ("EXDate", 10)) for n in range(1, last + 1))
# The fields that the finder searches, in the order in which they are read.
SEARCHED = ("MatterName", "MatterTitle", "MatterNotes", "MatterSummary", "MatterFullText", *_OWN_TEXTS)


class _Legistar(Dataset):
    """What both datasets share: the clients, and the message if one cannot be requested."""

    source = "legistar"
    domain = "ordinances"
    homepage = "https://webapi.legistar.com/Help"
    policy = "merge"
    base_url_setting = "legistar_url"
    max_age = timedelta(days=14)

    def _client(self, slice_: Slice, settings: Settings) -> tuple[str, dict[str, str]]:
        """The client's base URL and its secret parameters; raises SliceSkipped where its token is not set."""
        client = str(slice_.params["client"])
        token = settings.legistar_token(client)
        (council,) = [council for council in councils(self.source) if council.client == client]
        if token is None and council.access == "token":
            what = f"needs {legistar_token_name(client)} in the environment: skipped; earlier captures stay in use"
            raise SliceSkipped(self.id, slice_.key, what)
        secret = {"token": token.get_secret_value()} if token else {}
        return f"{settings.legistar_url}/{client}", secret

    def _refused(self, slice_: Slice, error: FetchError, *, had_token: bool) -> SourceError:
        """The client's own fault where the answer says so; any other fault as it came."""
        client = str(slice_.params["client"])
        if error.status == 500 and NO_SUCH_CLIENT.decode() in error.excerpt:
            what = f"no such client: {client!r} is not a client of Legistar (see dbt_project/seeds/council_clients.csv)"
            return SliceFault(self.id, slice_.key, what, url=error.url)
        if error.status in (401, 403):
            token = legistar_token_name(client)
            why = f"refuses the token of {token}" if had_token else f"is closed, or wants a token ({token})"
            return SliceFault(self.id, slice_.key, f"HTTP {error.status}: {client} {why}", url=error.url)
        return error


class Matters(_Legistar):
    """Every matter of a client: changed ones in every run, all of them once a month.

    Two slices a client: `seattle` is what changed since the greatest LastModified that was captured, with an overlap;
    `seattle:all` has all, so that a fall in its volume is suspicious. Staging keeps the newest version of each matter.
    """

    name = "matters"
    title = "Council matters: titles, kinds, standing and dates"
    publisher = "City and county councils (Legistar Web API, Granicus)"
    terms = COUNCILS
    required = ("client", "MatterId", "MatterFile", "MatterTitle", "MatterIntroDate", "MatterLastModifiedUtc")
    optional = (
        "MatterGuid", "MatterRowVersion", "MatterName", "MatterTypeId", "MatterTypeName", "MatterStatusId",
        "MatterStatusName", "MatterBodyId", "MatterBodyName", "MatterAgendaDate", "MatterPassedDate",
        "MatterEnactmentDate", "MatterEnactmentNumber", "MatterRequester", "MatterNotes", "MatterVersion", "MatterCost",
        *_OWN_TEXTS, *_OWN_DATES, "MatterRestrictViewViaWeb", "MatterReference", "MatterSummary", "MatterFullText",
    )  # fmt: skip
    types = typed({
        "client": TEXT, "MatterId": WHOLE, "MatterFile": TEXT.or_empty, "MatterTitle": TEXT.or_empty,
        "MatterIntroDate": DATE.or_empty, "MatterLastModifiedUtc": DATE.past,
        **each(("MatterAgendaDate", "MatterPassedDate", "MatterEnactmentDate"), DATE),
    })  # fmt: skip
    key = ("client", "MatterId")
    high_water_field = "MatterLastModifiedUtc"
    min_volume_ratio = 0.9
    # Councils rest for weeks in summer and in winter; none known to us rests for four months.
    stale_after = timedelta(days=120)
    also_in_files = ("legistar/histories",)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """What changed of each client that was captured before; then a sweep of each whose last is a month old.

        A sweep that fails or is refused never stands in the way of what changed.
        """
        every = councils(self.source)
        captured = [c for c in every if known.high_water(c.client) or known.high_water(c.client + SWEEP)]
        sweeps = due([_slice(council, sweep=True) for council in every], known, SWEEP_EVERY)
        return [*due([_slice(council) for council in captured], known), *sweeps]

    def all_slices(self) -> list[Slice]:
        """Both slices of every client."""
        return [_slice(council, sweep=sweep) for council in councils(self.source) for sweep in (True, False)]

    def holds_all(self, slice_key: str) -> bool:
        return slice_key.endswith(SWEEP)

    def group(self, slice_key: str) -> str:
        return slice_key.removesuffix(SWEEP)

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Pages of 1,000 rows by MatterId: a matter that changes meanwhile may come twice at most.

        A shorter page ends the list, unless it may be a full one of a server whose limit is lower (LOWER_LIMITS).

        Raises SliceSkipped where the token is missing, SliceFault where the client is unknown, closed or empty.
        """

        url, secret = self._client(slice_, settings)
        changed = {} if self.holds_all(slice_.key) else self._since(slice_, known)
        pages = OffsetPages(
            limit=PAGE,
            order="MatterId",
            limit_name="$top",
            offset_name="$skip",
            order_name="$orderby",
            max_pages=2000,
            lower_limits=LOWER_LIMITS,
        )
        new = NewRows()
        while True:
            try:
                page = web.get(
                    f"{url}/matters",
                    params={**changed, **pages.params()},
                    secret_params=secret,
                    context={"client": str(slice_.params["client"])},
                    media_type="json",
                    final=NO_SUCH_CLIENT,
                )
            except FetchError as error:
                raise self._refused(slice_, error, had_token=bool(secret)) from None
            rows = _rows(self.id, slice_.key, page)
            if not rows and pages.offset == 0 and self.holds_all(slice_.key):
                raise SliceFault(self.id, slice_.key, "the client answers and has no matter at all", url=page.url)
            if rows:
                try:
                    new.see((as_text(row.get("MatterId")) for row in rows), url=page.url)
                except PagesExhausted as same:
                    raise SliceFault(self.id, slice_.key, same.what, url=page.url) from None
                yield page
            elif pages.offset == 0:
                yield page
            if not pages.advance(len(rows)):
                return

    def _since(self, slice_: Slice, known: EarlierCaptures) -> dict[str, str]:
        """The filter by LastModified; none if the client was never captured: then everything is requested."""
        client = str(slice_.params["client"])
        high_water_text = max(filter(None, map(known.high_water, (client, client + SWEEP))), default=None)
        if high_water_text is None:
            return {}
        since = datetime.fromisoformat(high_water_text[:19]) - OVERLAP
        return {"$filter": f"MatterLastModifiedUtc gt datetime'{since:%Y-%m-%dT%H:%M:%S}'"}

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a matter: the API's page, one file of New York's mirror, or events with their matters in them.

        Raises SourceError if the payload has none of the formats of matters.
        """
        for matter in matters_in(self.id, payload):
            yield {**{name: as_text(value) for name, value in matter.items()}, **told_by_request(payload, "client")}

    def high_water(self, record: Record) -> str | None:
        """LastModified, unless it is in the future: such a high-water mark would hide every change until then."""
        return _not_ahead(record.get("MatterLastModifiedUtc"))

    def content_newest(self, record: Record) -> date | None:
        """The day of introduction: LastModified moves although nothing new comes (sfgov since 2018-12)."""
        day = _not_ahead(record.get("MatterIntroDate"))
        return None if day is None or day < "1800" else _day(day)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A file or a zip of New York's mirror, or saved answers of the API, named `<client>_matters.json`."""
        yield from batches(self, path, retrieved_at)


class Histories(_Legistar):
    """What happened to each matter that the finder finds: one request a matter, the ones that changed first.

    One slice a client. An answer is the whole history of its matter: the newest answer of a matter is used (dbt).
    """

    name = "histories"
    # a history is requested for matters that changed
    after = ("legistar/matters",)
    title = "Histories of the council matters that the finder finds: actions, bodies, votes"
    publisher = "City and county councils (Legistar Web API, Granicus)"
    terms = COUNCILS
    required = ("client", "matter_id", "MatterHistoryId", "MatterHistoryActionDate", "MatterHistoryActionName")
    optional = (
        "MatterHistoryGuid", "MatterHistoryLastModifiedUtc", "MatterHistoryRowVersion", "MatterHistoryEventId",
        "MatterHistoryAgendaSequence", "MatterHistoryMinutesSequence", "MatterHistoryVersion",
        "MatterHistoryAgendaNote", "MatterHistoryMinutesNote", "MatterHistoryActionId", "MatterHistoryActionText",
        "MatterHistoryActionBodyId", "MatterHistoryActionBodyName", "MatterHistoryPassedFlag",
        "MatterHistoryPassedFlagName", "MatterHistoryTally", "MatterHistoryMatterStatusId",
    )  # fmt: skip
    types = typed({
        "client": TEXT, "matter_id": WHOLE, "MatterHistoryId": WHOLE, "MatterHistoryActionDate": DATE.or_empty,
        "MatterHistoryActionName": TEXT.or_empty,
    })  # fmt: skip
    key = ("client", "matter_id", "MatterHistoryId")
    # Whether a matter's month is over is judged by its last response, even if that had nothing new.
    keeps_equal_captures = True

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Every client, the one that was requested longest ago first."""
        return due(self.all_slices(), known)

    def all_slices(self) -> list[Slice]:
        """Every client."""
        return [_history_slice(council) for council in councils(self.source)]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """One answer a matter. What the publisher cannot show of one matter is archived as its answer, and passed over.

        Raises SliceFault where every one of the first matters fails, and one that was shown before fails too;
        SliceSkipped where the token is missing.
        """
        client, came, in_a_row = str(slice_.params["client"]), False, 0
        wanted = in_turn(_wanted(known, client))[:HISTORIES_A_RUN]
        if not wanted:
            return
        url, secret = self._client(slice_, settings)
        shown_before: Iterator[str] | None = None
        for position, matter_id in enumerate(wanted, start=1):
            answer, refused = self._history(web, slice_, url, secret, matter_id)
            yield answer
            if refused is None:
                came, in_a_row = True, 0
                continue
            in_a_row += 1
            is_last = position == len(wanted)
            if came if is_last else in_a_row < ITEMS_BEFORE_GIVING_UP:
                continue
            # Is the client closed, or does it hide just these? A matter that it showed before tells.
            if shown_before is None:
                shown_before = iter(by_day(shown_histories(known, client).keys() - set(wanted)))
            if witness := next(shown_before, None):
                answer, refused = self._history(web, slice_, url, secret, witness)
                # its history is known and not due: a run that brings nothing else brings nothing new
                yield replace(answer, role="control")
                if refused is None:
                    came, in_a_row = True, 0
                    continue
            elif is_last and in_a_row < FEWEST_THAT_TELL:
                return
            if came:
                return
            raise refused

    def _history(
        self, web: Web, slice_: Slice, url: str, secret: dict[str, str], matter_id: str
    ) -> tuple[Payload, SourceError | None]:
        """The history of a matter; or the publisher's answer that it does not show it, with the error that this is.

        Raises SourceError for a fault that is not this matter's alone.
        """
        client = str(slice_.params["client"])
        try:
            answer = web.get(
                f"{url}/matters/{matter_id}/histories", secret_params=secret, media_type="json",
                context={"client": client, "matter_id": matter_id}, attempts=ITEM_ATTEMPTS, final=NO_SUCH_CLIENT,
            )  # fmt: skip
        except FetchError as error:
            refused = self._refused(slice_, error, had_token=bool(secret))
            # 403 and 404 of one matter are the publisher's way of not showing it; 500s of one item last for years.
            if error.status is None or (refused is not error and error.status != 403):
                raise refused from None
            log.warning("%s slice %s: matter %s passed over: %s", self.id, slice_.key, matter_id, error.what)
            return _passed_over(error, client, matter_id), refused
        return answer, None

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record an action, with its matter's id, which the API's own records do not repeat.

        Raises SourceError if the payload has none of the formats of histories.
        """
        for matter_id, action in histories_in(self.id, payload):
            record = {name: as_text(value) for name, value in action.items()}
            yield {**record, **told_by_request(payload, "client"), "matter_id": matter_id}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """The same files as legistar/matters: the mirror's files contain the history, and so do saved events.

        A saved answer with a history alone is named `<client>_<matter id>_histories.json`. Matters without histories
        give nothing.
        """
        for batch in batches(self, path, retrieved_at):
            if not all(is_matters_alone(payload) for payload in batch.payloads[:1]):
                yield batch


def _wanted(known: EarlierCaptures, client: str) -> list[str]:
    return wanted_histories(known, client, (client, client + SWEEP), SWEEP_EVERY, SEARCHED)


def _rows(dataset: str, slice_key: str, payload: Payload) -> list[dict[str, Any]]:
    rows = json_of(dataset, payload, slice_key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        what = f"not a list of records: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, slice_key, what, url=payload.url)
    return rows


def _passed_over(error: FetchError, client: str, matter_id: str) -> Payload:
    """What the publisher sent instead of a matter's history: kept, and not parsed into records."""
    return Payload(
        error.excerpt.encode(), error.url or "", utc_now(), media_type="text/plain", status=error.status or 0,
        role="control", context={"client": client, "matter_id": matter_id},
    )  # fmt: skip


def _slice(council: Council, *, sweep: bool = False) -> Slice:
    return Slice(council.client + (SWEEP if sweep else ""), {"client": council.client})


def _history_slice(council: Council) -> Slice:
    return Slice(council.client, {"client": council.client, "vocabulary": finder.version()})


def _not_ahead(moment: str | None) -> str | None:
    """A time as the API writes it, unless it is later than tomorrow."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    return moment if moment and moment[:19] <= tomorrow else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


DATASETS = (Matters(), Histories())
