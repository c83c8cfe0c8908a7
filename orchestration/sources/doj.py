"""US Department of Justice: the list of sanctuary jurisdictions under Executive Order 14287.

What belongs here: the format of the page. What does not: what being listed means,
which government unit a printed name means (dbt, identity).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lxml import html

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, pages
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import DATE, TEXT, one_of, typed
from orchestration.sources.states import BY_NAME, BY_POSTAL
from orchestration.sources.tables import broken_letters, headings, words
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, utc_now

HEADINGS = ("STATES", "COUNTIES", "CITIES")
_UPDATED = re.compile(r"(?:last\s+)?updated:?\s+([A-Z][a-z]+ \d{1,2}, \d{4})", re.IGNORECASE)
_WITH_STATE = re.compile(r"^(?P<name>.+?),\s*(?P<state>[A-Z]{2}|[A-Z][A-Za-z .]+)$")
# Menus and footers are lists too, and no jurisdictions.
_FURNITURE = {"nav", "header", "footer", "aside"}
# A heading of the list, with or without a count of its own; one in capitals that is not known may be a new kind.
_HEADING = re.compile(r"^(?P<name>[A-Za-z][A-Za-z ]{2,39}?)\s*(?:\((?P<count>\d+)\))?\s*:?$")
# "the following 35 jurisdictions", "35 sanctuary jurisdictions are listed".
_ANNOUNCED = re.compile(r"(?:following|list of|these)\s+(?P<count>\d+)\s+(?:sanctuary\s+)?jurisdictions", re.IGNORECASE)


class DojSanctuaryList(Dataset):
    """The whole list as the page showed it: each capture is a snapshot."""

    source = "doj"
    name = "sanctuary_list"
    domain = "ordinances"
    title = "Sanctuary jurisdictions listed by the Department of Justice (EO 14287)"
    publisher = "US Department of Justice"
    terms = FEDERAL
    homepage = "https://www.justice.gov/ag/us-sanctuary-jurisdiction-list-following-executive-order-14287-protecting-american-communities"
    policy = "snapshot"
    required = ("heading", "jurisdiction_as_printed")
    optional = ("state_as_printed", "updated_on")
    types = typed({"heading": one_of(*HEADINGS), "jurisdiction_as_printed": TEXT, "updated_on": DATE})
    # A name that is missing ends a listing.
    max_unreadable = 0.0
    base_url_setting = "doj_list_url"
    max_age = timedelta(days=7)
    # The list had 35 names and lost one in seven weeks: half of it gone is a broken page, not news.
    min_volume_ratio = 0.7

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("list")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        yield web.get(settings.doj_list_url)

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a printed name, under STATES, COUNTIES or CITIES.

        Raises SourceError where a heading is missing, empty or new, where the page announces another number of names,
        where it is no HTML, or where its letters are broken: then nothing of it is accepted.
        """
        text = payload.body.decode("utf-8", "replace")
        if broken := broken_letters(text):
            raise SourceError(self.id, "list", f"the page's letters are broken (mojibake): {broken!r}", url=payload.url)
        try:
            page = pages.parse(payload.body)
        except Unreadable as error:
            raise SourceError(self.id, "list", str(error), url=payload.url) from error
        read = _Reading()
        for element in page.iter("h1", "h2", "h3", "h4", "h5", "strong", "b", "p", "li"):
            read.take(element)
        said = words(page)
        if wrong := read.wrong(said):
            counts = ", ".join(f"{heading} {len(listed)}" for heading, listed in read.names.items())
            what = f"{wrong} (found {counts}): the page has changed; its headings are {headings(page)[:8]}"
            raise SourceError(self.id, "list", what, url=payload.url)
        updated = _updated_on(said)
        for heading, listed in read.names.items():
            for printed in listed:
                match = None if heading == "STATES" else _WITH_STATE.match(printed)
                yield {
                    "heading": heading,
                    "jurisdiction_as_printed": match["name"] if match else printed,
                    "state_as_printed": match["state"] if match else None,
                    "updated_on": updated.isoformat() if updated else None,
                }

    def counted(self, record: Record) -> dict[str, int]:
        return {"records": 1, f"under {record['heading']}": 1}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """An archived copy of the page (.html)."""
        when = retrieved_at or utc_now()
        payload = Payload(body_of(self.id, path), f"file:{path.name}", when, media_type="text/html", method="FILE")
        yield Batch(Slice("list"), [payload], when, is_undated=retrieved_at is None)


class _Reading:
    """The page's elements in their order: which names stand under which heading, and what is out of order."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
        self.announced: dict[str, int] = {}
        self.strangers: list[str] = []
        self._current: str | None = None
        self._stranger: str | None = None

    def take(self, element: html.HtmlElement) -> None:
        around = {ancestor.tag for ancestor in element.iterancestors()}
        text = words(element)
        if not text or around & _FURNITURE:
            return
        is_name = element.tag == "li"
        heading = _HEADING.match(text)
        name = heading["name"].upper() if heading else ""
        if heading and name in self.names and not is_name:
            self._current, self._stranger = name, None
            if heading["count"]:
                self.announced[name] = int(heading["count"])
        elif heading and text.isupper() and not is_name and "li" not in around:
            self._current, self._stranger = None, text
        elif is_name and self._current:
            self.names[self._current].append(text)
        elif is_name and self._stranger:
            # Menus too have headings in capitals: only what looks like a jurisdiction is missed.
            match = _WITH_STATE.match(text)
            if text.upper() in BY_NAME or (match and match["state"].upper() in {*BY_NAME, *BY_POSTAL}):
                self.strangers.append(self._stranger)
        elif element.tag.startswith("h") or ("li" not in around and not self._waits_for_names()):
            # The names end where other text begins: what is listed after it is something else.
            self._current = self._stranger = None

    def _waits_for_names(self) -> bool:
        return self._stranger is not None or (self._current is not None and not self.names[self._current])

    def wrong(self, said: str) -> str | None:
        """What is wrong with what was read, in words; None where nothing is."""
        if empty := [heading for heading, listed in self.names.items() if not listed]:
            return f"no names under {', '.join(empty)}"
        if self.strangers:
            return f"{len(self.strangers)} names under a heading that is not known: {self.strangers[0]!r}"
        for heading, count in self.announced.items():
            if count != len(self.names[heading]):
                return f"{heading} announces {count} names and has {len(self.names[heading])}"
        total = sum(map(len, self.names.values()))
        if (match := _ANNOUNCED.search(said)) and int(match["count"]) != total:
            return f"the page announces {match['count']} jurisdictions and names {total}"
        return None


def _updated_on(text: str) -> date | None:
    match = _UPDATED.search(text)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%B %d, %Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


DATASETS = (DojSanctuaryList(),)
