"""US Department of Homeland Security: the list of sanctuary jurisdictions of 2025-05-29, withdrawn within days.

What belongs here: the format of the archived copies that a user may import, a table or the page. What does not: that
the list was withdrawn (an event in the ledger ends its listings), which government unit a printed name means
(identity).

There is nothing left to fetch: by 2025-06-01 the page answered "Page not found" (Reuters, 2025-06-01). So every edition
starts with the transcribed names, and archived copies can be imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import html

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, pages
from orchestration.forms import tables as forms
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import TEXT, one_of, typed
from orchestration.sources.states import BY_NAME
from orchestration.sources.tables import broken_letters, csv_records, headings, words
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError

PUBLISHED = datetime(2025, 5, 29, tzinfo=UTC)
LEVELS = {
    "STATE": "state", "STATES": "state", "COUNTY": "county", "COUNTIES": "county", "CITY": "city", "CITIES": "city",
}  # fmt: skip


class DhsSanctuaryList(Dataset):
    """The whole list as printed, wrong headings and its one repeated name included: each capture is a snapshot."""

    source = "dhs"
    name = "sanctuary_list"
    domain = "ordinances"
    title = "Sanctuary jurisdictions listed by Homeland Security on 2025-05-29 (withdrawn within days)"
    publisher = "US Department of Homeland Security"
    terms = FEDERAL
    homepage = "https://www.dhs.gov/sanctuary-jurisdictions"
    policy = "snapshot"
    required = ("state", "level_heading", "jurisdiction_as_printed")
    types = typed({"state": TEXT, "level_heading": one_of("state", "county", "city"), "jurisdiction_as_printed": TEXT})
    # A name that is missing ends a listing.
    max_unreadable = 0.0
    may_be_withdrawn = True
    refuses_new_fields = True
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("list")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        raise AssertionError("the list was withdrawn: recorded.build gives its names in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a printed name, with its state and level as printed.

        Raises SourceError where a table lacks a column, or where a page lacks its states or its levels.
        """
        if payload.media_type == "text/html":
            yield from self._of_page(payload)
        else:
            yield from csv_records(self, payload)

    def _of_page(self, payload: Payload) -> Iterator[Record]:
        # [unverified] No archived page was at hand: states, under each the levels, under those the names, in
        # whatever elements they come. A page of another form is kept and rejected.
        text = payload.body.decode("utf-8", "replace")
        if broken := broken_letters(text):
            raise SourceError(self.id, "list", f"the page's letters are broken (mojibake): {broken!r}", url=payload.url)
        try:
            page = pages.parse(payload.body)
        except Unreadable as error:
            raise SourceError(self.id, "list", str(error), url=payload.url) from error
        found = list(_named(page))
        if not found:
            what = f"no names under states and the levels state, county, city; its headings are {headings(page)[:8]}"
            raise SourceError(self.id, "list", what, url=payload.url)
        yield from found

    def counted(self, record: Record) -> dict[str, int]:
        return {"records": 1, f"under {record['level_heading']}": 1}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A table (.csv: state, level_heading, jurisdiction_as_printed) or an archived copy of the page (.html).

        Its moment is what the user says, else the day of the list's publication: there was one list.
        A table with a header and no row is the list after its withdrawal: it ends what is still listed.
        Raises SourceError where the file is neither.
        """
        kinds = {".csv": "text/csv", ".html": "text/html", ".htm": "text/html"}
        media_type = kinds.get(path.suffix.lower())
        if media_type is None:
            raise SourceError(self.id, path.name, "neither a table (.csv) nor a page (.html)")
        body = body_of(self.id, path)
        if media_type == "text/csv":
            try:
                table = forms.read(body)
                header, is_empty = table.header, next(table.rows, None) is None
            except Unreadable as error:
                raise SourceError(self.id, path.name, str(error)) from error
            if missing := [name for name in self.required if name not in header]:
                raise SourceError(self.id, path.name, f"column {missing[0]!r} missing from {header[:40]}")
            if is_empty and retrieved_at is None:
                what = (
                    "a header without rows: if that is the list after its withdrawal, say of which day: --retrieved DAY"
                )
                raise SourceError(self.id, path.name, what)
            body = body.removeprefix(b"\xef\xbb\xbf")
        when = retrieved_at or PUBLISHED
        told = "moment given with the import" if retrieved_at else "moment of the list's publication"
        yield Batch(Slice("list"), [Payload(body, f"file:{path.name}", when, media_type=media_type, method="FILE")],
                    when, note=told)  # fmt: skip


def _named(page: html.HtmlElement) -> Iterator[Record]:
    state: str | None = None
    level: str | None = None
    for element in page.iter("h1", "h2", "h3", "h4", "h5", "strong", "b", "th", "td", "p", "li"):
        # The names are in the innermost elements: an element with others inside is a frame.
        if any(child.tag in ("p", "li", "td", "strong", "b", "ul", "table") for child in element.iterdescendants()):
            continue
        text = words(element)
        bare = text.rstrip(":").upper()
        # A city may be named like a state (New York): inside a level only a heading begins another state.
        if bare in BY_NAME and (level is None or element.tag not in ("li", "td", "p")):
            state, level = text.rstrip(":"), None
        elif bare in LEVELS:
            level = LEVELS[bare]
        elif text and state and level:
            yield {"state": state, "level_heading": level, "jurisdiction_as_printed": text}


DATASETS = (DhsSanctuaryList(),)
