"""Legistar: the matters of city and county councils, and the histories of those that the finder finds.

What belongs here: the questions to a client of the Web API, what is odd about its answers, and the two forms of files
that a user may bring. What does not: which words make a matter relevant (finder, one vocabulary for this and for dbt),
what an action means in law (dbt).

Said of the wire by the publisher's help pages, by public clients of the API and by recorded answers: OData v3, at most
1,000 rows an answer; naive ISO times with fractions of varying length; an unknown client is a 500 that names InSite's
setting; a client that wants a token, or is closed, is a 403 without a body.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, overload
from zipfile import ZipInfo

from orchestration.councils import finder
from orchestration.councils.register import Council, councils
from orchestration.fetching.paging import NewRows, OffsetPages, PagesExhausted
from orchestration.fetching.session import FetchError, Web
from orchestration.forms import Unreadable, archives, jsons
from orchestration.settings import Settings, legistar_token_name
from orchestration.sources.answers import body_of, json_of, objects_in
from orchestration.sources.base import Batch, Dataset, Known, Record, Slice, due, renamed, told_by_request
from orchestration.sources.fields import DATE, TEXT, WHOLE, each, typed
from orchestration.wire import Payload, SliceFault, SliceSkipped, SourceError, as_text, utc_now

log = logging.getLogger(__name__)

PAGE = 1000
# The publisher's words for a client that it does not know; asking again changes nothing.
NO_SUCH_CLIENT = b"LegistarConnectionString"
# A matter saved while the last night ran may bear a time before that night's greatest: look back by this much.
OVERLAP = timedelta(days=2)
# Some changes do not move LastModified (public clients of the API say so): everything is asked for once in this time.
SWEEP_EVERY = timedelta(days=28)
SWEEP = ":all"
# Histories asked for in one client's night: at five requests a second a minute and a half.
HISTORIES_A_NIGHT = 400
# An item that fails is tried no more often than this, and after so many in a row the client is left for tonight.
ITEM_ATTEMPTS = 3
ITEMS_BEFORE_GIVING_UP = 5
# Of fewer matters each may have a fault of its own.
FEWEST_THAT_TELL = 3

_OWN_TEXTS = tuple(f"Matter{kind}{n}" for kind, last in (("Text", 5), ("EXText", 11)) for n in range(1, last + 1))
_OWN_DATES = tuple(f"Matter{kind}{n}" for kind, last in (("Date", 2), ("EXDate", 10)) for n in range(1, last + 1))
# The fields that the finder searches, in the order in which they are read.
SEARCHED = ("MatterName", "MatterTitle", "MatterNotes", "MatterSummary", "MatterFullText", *_OWN_TEXTS)

# New York's public mirror writes the API's fields without their prefix, and some under names of its own.
_MIRROR_MATTER = {
    "ID": "MatterId", "GUID": "MatterGuid", "LastModified": "MatterLastModifiedUtc", "File": "MatterFile",
    "Name": "MatterName", "Title": "MatterTitle", "TypeID": "MatterTypeId", "TypeName": "MatterTypeName",
    "StatusID": "MatterStatusId", "StatusName": "MatterStatusName", "BodyID": "MatterBodyId",
    "BodyName": "MatterBodyName", "IntroDate": "MatterIntroDate", "AgendaDate": "MatterAgendaDate",
    "PassedDate": "MatterPassedDate", "EnactmentDate": "MatterEnactmentDate", "LocalLaw": "MatterEnactmentNumber",
    "Version": "MatterVersion", "Summary": "MatterSummary", "Text": "MatterFullText",
}  # fmt: skip
_MIRROR_HISTORY = {
    "ID": "MatterHistoryId", "GUID": "MatterHistoryGuid", "LastModified": "MatterHistoryLastModifiedUtc",
    "EventID": "MatterHistoryEventId", "AgendaSequence": "MatterHistoryAgendaSequence",
    "MinutesSequence": "MatterHistoryMinutesSequence", "Version": "MatterHistoryVersion",
    "AgendaNote": "MatterHistoryAgendaNote", "MinutesNote": "MatterHistoryMinutesNote",
    "Date": "MatterHistoryActionDate", "ActionID": "MatterHistoryActionId", "Action": "MatterHistoryActionName",
    "Description": "MatterHistoryActionText", "BodyID": "MatterHistoryActionBodyId",
    "BodyName": "MatterHistoryActionBodyName", "PassedFlag": "MatterHistoryPassedFlag",
    "PassedFlagName": "MatterHistoryPassedFlagName", "MatterStatusID": "MatterHistoryMatterStatusId",
}  # fmt: skip
MIRROR_CLIENT = "nyc"
MIRROR_FORM = "mirror"


class _Legistar(Dataset):
    """What both datasets share: the clients, and what is said where one cannot be asked."""

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
            what = f"needs {legistar_token_name(client)} in the environment: skipped; what was captured goes on serving"
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
    """Every matter of a client: changed ones nightly, all of them once a month.

    Two slices a client: `seattle` is what changed since the greatest LastModified that was captured, with an overlap;
    `seattle:all` holds all, so that a fall in its volume is suspect. Staging keeps the newest version of each matter.
    """

    name = "matters"
    title = "Council matters: titles, kinds, standing and dates"
    publisher = "City and county councils (Legistar Web API, Granicus)"
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

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
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

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """Pages while exactly 1,000 rows come, by MatterId: a matter that changes meanwhile may come twice at most.

        Raises SliceSkipped where the token is missing, SliceFault where the client is unknown, closed or empty.
        """

        url, secret = self._client(slice_, settings)
        changed = {} if self.holds_all(slice_.key) else self._since(slice_, known)
        pages = OffsetPages(
            limit=PAGE, order="MatterId", limit_name="$top", offset_name="$skip", order_name="$orderby", max_pages=2000
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

    def _since(self, slice_: Slice, known: Known) -> dict[str, str]:
        """The filter by LastModified; none where the client was never captured: then all is asked for."""
        client = str(slice_.params["client"])
        mark = max(filter(None, map(known.high_water, (client, client + SWEEP))), default=None)
        if mark is None:
            return {}
        since = datetime.fromisoformat(mark[:19]) - OVERLAP
        return {"$filter": f"MatterLastModifiedUtc gt datetime'{since:%Y-%m-%dT%H:%M:%S}'"}

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a matter: the API's page, one file of New York's mirror, or events with their matters in them.

        Raises SourceError where the payload holds no form of matters.
        """
        for matter in _matters_in(self.id, payload):
            yield {**{name: as_text(value) for name, value in matter.items()}, **told_by_request(payload, "client")}

    def high_water(self, record: Record) -> str | None:
        """LastModified, unless it lies ahead of us: a mark in the future would hide every change until then."""
        return _not_ahead(record.get("MatterLastModifiedUtc"))

    def content_newest(self, record: Record) -> date | None:
        """The day of introduction: LastModified moves although nothing new comes (sfgov since 2018-12)."""
        day = _not_ahead(record.get("MatterIntroDate"))
        return None if day is None or day < "1800" else _day(day)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A file or a zip of New York's mirror, or saved answers of the API, named `<client>_matters.json`."""
        yield from _batches(self, path, retrieved_at)


class Histories(_Legistar):
    """What happened to each matter that the finder finds: one request a matter, the ones that changed first.

    One slice a client. An answer is the whole history of its matter: the newest answer of a matter serves (dbt).
    """

    name = "histories"
    # a history is asked for by the matters that changed
    after = ("legistar/matters",)
    title = "Histories of the council matters that the finder finds: actions, bodies, votes"
    publisher = "City and county councils (Legistar Web API, Granicus)"
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
    # Whether a matter's month is over is judged by its last answer, also where that said nothing new.
    keeps_equal_captures = True

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """Every client, the one that was asked longest ago first."""
        return due(self.all_slices(), known)

    def all_slices(self) -> list[Slice]:
        """Every client."""
        return [_history_slice(council) for council in councils(self.source)]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """One answer a matter. What the publisher cannot show of one matter is archived as its answer, and passed over.

        Raises SliceFault where every one of the first matters fails, SliceSkipped where the token is missing.
        """

        client, came, in_a_row = str(slice_.params["client"]), 0, 0
        refused: SourceError | None = None
        wanted = _wanted(known, client)
        if not wanted:
            return
        url, secret = self._client(slice_, settings)
        for matter_id in wanted[:HISTORIES_A_NIGHT]:
            try:
                answer = web.get(
                    f"{url}/matters/{matter_id}/histories",
                    secret_params=secret,
                    context={"client": client, "matter_id": matter_id},
                    media_type="json",
                    attempts=ITEM_ATTEMPTS,
                    final=NO_SUCH_CLIENT,
                )
            except FetchError as error:
                refused = self._refused(slice_, error, had_token=bool(secret))
                # 403 and 404 of one matter are the publisher's way of not showing it; 500s of one item last for years.
                if error.status is None or (refused is not error and error.status != 403):
                    raise refused from None
                in_a_row += 1
                log.warning("%s slice %s: matter %s passed over: %s", self.id, slice_.key, matter_id, error.what)
                if in_a_row >= ITEMS_BEFORE_GIVING_UP:
                    if came:
                        return
                    raise refused from None
                yield _passed_over(error, client, matter_id)
                continue
            came, in_a_row = came + 1, 0
            yield answer
        if refused is not None and not came and in_a_row >= FEWEST_THAT_TELL:
            raise refused from None

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record an action, with its matter's id, which the API's own records do not repeat.

        Raises SourceError where the payload holds no form of histories.
        """
        for matter_id, action in _histories_in(self.id, payload):
            record = {name: as_text(value) for name, value in action.items()}
            yield {**record, **told_by_request(payload, "client"), "matter_id": matter_id}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """The same files as legistar/matters: the mirror's hold the history inside, and so do saved events.

        A saved answer with a history alone is named `<client>_<matter id>_histories.json`. Matters without histories
        give nothing.
        """
        for batch in _batches(self, path, retrieved_at):
            if not all(_is_matters_alone(payload) for payload in batch.payloads[:1]):
                yield batch


def _wanted(known: Known, client: str) -> list[str]:
    """The relevant matters of a client to ask for: never asked first, then those changed since or asked a month ago.

    Of equal ones the matter that changed last comes first, so that matters without any history, which leave nothing
    that tells that they were asked for, do not stand before the others for ever.
    """
    asked: dict[str | None, str] = {}
    for matter_id, retrieved in known.rows("legistar/histories", ("matter_id",), (client,)):
        asked[matter_id] = max(str(retrieved), asked.get(matter_id, ""))
    # Full texts come with files that bring their histories too; they would fill the memory here.
    searched = [name for name in SEARCHED if name != "MatterFullText"]
    fields = ("MatterId", "MatterLastModifiedUtc", "MatterRestrictViewViaWeb", *searched)
    newest: dict[str, tuple[str | None, ...]] = {}
    for row in known.rows("legistar/matters", fields, (client, client + SWEEP)):
        before = newest.get(str(row[0]))
        newest[str(row[0])] = row if before is None else max(before, row, key=lambda r: str(r[-1]))
    month_ago = (utc_now() - SWEEP_EVERY).isoformat()
    wanted: list[tuple[str, str, str]] = []
    for matter_id, (_, saved, restricted, *texts, _) in newest.items():
        last = asked.get(matter_id, "")
        is_due = last < month_ago or (saved or "")[:19] > last[:19]
        if restricted == "true" or not is_due:
            continue
        if finder.find(dict(zip(searched, texts, strict=True))).is_relevant:
            wanted.append((last, saved or "", matter_id))
    newest_first = sorted(wanted, key=lambda w: w[1], reverse=True)
    return [matter_id for _, _, matter_id in sorted(newest_first, key=lambda w: w[0])]


# --- what a payload holds ---------------------------------------------------------------------------------------------


def _rows(dataset: str, slice_key: str, payload: Payload) -> list[dict[str, Any]]:
    rows = json_of(dataset, payload, slice_key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        what = f"not a list of records: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, slice_key, what, url=payload.url)
    return rows


def _is_mirror(held: object) -> bool:
    return isinstance(held, dict) and {"ID", "File", "History"} <= held.keys()


def _must_be_mirror(dataset: str, payload: Payload, held: object) -> bool:
    """Whether it is a file of the mirror. Raises SourceError where it lies in the mirror's archive and is none."""
    if not _is_mirror(held) and payload.context.get("form") == MIRROR_FORM:
        what = f"in the mirror's archive lies what is no matter of it: {jsons.excerpt(payload.body)}"
        raise SourceError(dataset, "?", what, url=payload.url)
    return _is_mirror(held)


def _events(held: object) -> list[dict[str, Any]]:
    """The items of saved events (of a public scraper) that carry their matters and histories."""
    if not isinstance(held, list):
        return []
    events = [event for event in held if isinstance(event, dict)]
    lists = [event.get("items") or event.get("EventItems") for event in events]
    items = [item for listed in lists if isinstance(listed, list) for item in listed]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("Matter"), dict)]


def _is_matters_alone(payload: Payload) -> bool:
    """A saved answer of the API that lists matters, which hold no histories."""
    held = json_of("legistar/histories", payload)
    return isinstance(held, list) and bool(held) and all(isinstance(row, dict) and "MatterId" in row for row in held)


def _matters_in(dataset: str, payload: Payload) -> Iterator[Mapping[str, Any]]:
    held = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, held):
        yield renamed(held, _MIRROR_MATTER)
    elif items := _events(held):
        yield from (item["Matter"] for item in items)
    elif isinstance(held, list) and all(isinstance(row, dict) and "MatterId" in row for row in held):
        yield from held
    else:
        raise SourceError(dataset, "?", f"no list of matters: {jsons.excerpt(payload.body)}", url=payload.url)


def _histories_in(dataset: str, payload: Payload) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    held = json_of(dataset, payload)
    if _must_be_mirror(dataset, payload, held):
        for action in objects_in(dataset, held["History"] or [], "History", url=payload.url):
            yield as_text(held["ID"]), renamed(action, _MIRROR_HISTORY)
    elif items := _events(held):
        for item in items:
            for action in objects_in(dataset, item.get("Histories") or [], "Histories", url=payload.url):
                yield as_text(item["Matter"].get("MatterId")), action
    elif isinstance(held, list) and all(isinstance(row, dict) and "MatterHistoryId" in row for row in held):
        for action in held:
            yield payload.context.get("matter_id"), action
    else:
        raise SourceError(dataset, "?", f"no list of actions: {jsons.excerpt(payload.body)}", url=payload.url)


def _passed_over(error: FetchError, client: str, matter_id: str) -> Payload:
    """What the publisher said instead of a matter's history: kept, and not cut into records."""
    return Payload(
        error.excerpt.encode(),
        error.url or "",
        utc_now(),
        media_type="text/plain",
        status=error.status or 0,
        role="control",
        context={"client": client, "matter_id": matter_id},
    )


# --- files ------------------------------------------------------------------------------------------------------------


class _Members(Sequence[Payload]):
    """The JSON files of a zip as payloads, each read when it is its turn."""

    def __init__(self, path: Path, members: Sequence[ZipInfo], when: datetime) -> None:
        self._path, self._members, self._when = path, members, when

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, index: int) -> Payload: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Payload]: ...

    def __getitem__(self, index: int | slice) -> Payload | Sequence[Payload]:
        if isinstance(index, slice):
            return _Members(self._path, self._members[index], self._when)
        info = self._members[index]
        body = archives.content(self._path, info)
        payload = _file_payload(body, f"{self._path.name}/{info.filename}", self._when, MIRROR_CLIENT)
        return replace(payload, context={**payload.context, "form": MIRROR_FORM})


# No introduction of New York's is near this large; a member that claims more is no file of the mirror.
_MOST_MEMBER_BYTES = 32 * 1024 * 1024


def _batches(dataset: Dataset, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
    """One batch a file. A file of the mirror is New York's; any other must name its client."""
    when = retrieved_at or utc_now()
    with path.open("rb") as stream:
        head = stream.read(4)
    if archives.is_zip(head):
        yield _mirror_zip(dataset, path, when)
        return
    body = body_of(dataset.id, path)
    try:
        is_mirror = _is_mirror(jsons.load(body))
    except Unreadable as error:
        raise SourceError(dataset.id, path.name, str(error)) from error
    if is_mirror:
        yield _file_batch(dataset, path, body, when, MIRROR_CLIENT)
        return
    known = {council.client for council in councils(dataset.source)}
    client = path.name.partition("_")[0]
    if client not in known:
        what = "its name tells no client: <client>_matters.json, with a client of council_clients.csv"
        raise SourceError(dataset.id, path.name, what)
    yield _file_batch(dataset, path, body, when, client)


def _mirror_zip(dataset: Dataset, path: Path, when: datetime) -> Batch:
    """The mirror as GitHub packs it: introduction/2014/0486.json and so on, beside files that are no matters."""
    try:
        infos = [info for info in archives.members(path) if "/introduction/" in f"/{info.filename}"]
    except Unreadable as error:
        raise SourceError(dataset.id, path.name, str(error)) from error
    if large := [info.filename for info in infos if info.file_size > _MOST_MEMBER_BYTES]:
        raise SourceError(dataset.id, path.name, f"{large[0]} claims to be too large for an introduction")
    texts = sorted((info for info in infos if info.filename.endswith(".json")), key=lambda info: info.filename)
    if not texts:
        raise SourceError(dataset.id, path.name, "no introduction/*.json in it: not the mirror of New York's matters")
    return Batch(Slice(MIRROR_CLIENT, {"client": MIRROR_CLIENT}), _Members(path, texts, when), when)


def _file_batch(dataset: Dataset, path: Path, body: bytes, when: datetime, client: str) -> Batch:
    payload = _file_payload(
        body, path.name, when, client, matter_id=path.name.split("_")[1] if "_" in path.name else ""
    )
    if not _is_matters_alone(payload):
        # A file that is not one of this dataset is refused before anything is kept.
        next(dataset.cut(payload), None)
    return Batch(Slice(client, {"client": client}), [payload], when)


def _file_payload(body: bytes, name: str, when: datetime, client: str, *, matter_id: str = "") -> Payload:
    context = {"client": client, **({"matter_id": matter_id} if matter_id.isdigit() else {})}
    return Payload(body, f"file:{name}", when, method="FILE", context=context)


# --- small ------------------------------------------------------------------------------------------------------------


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
