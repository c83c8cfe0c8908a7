"""US Department of Justice: the list of sanctuary jurisdictions under Executive Order 14287.

What belongs here: the page's form. What does not: what being listed means, or
which government unit a printed name is (dbt, identity).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import html
from lxml.etree import ParserError

from orchestration.sources.base import Batch, Dataset, Known, Payload, Record, Slice, SourceError, utc_now

if TYPE_CHECKING:
    from orchestration.fetching.session import Web
    from orchestration.settings import Settings

HEADINGS = ("STATES", "COUNTIES", "CITIES")
_UPDATED = re.compile(r"(?:last\s+)?updated:?\s+([A-Z][a-z]+ \d{1,2}, \d{4})", re.IGNORECASE)
_WITH_STATE = re.compile(r"^(?P<name>.+?),\s*(?P<state>[A-Z]{2}|[A-Z][A-Za-z .]+)$")
# Menus and footers are lists too, and no jurisdictions.
_FURNITURE = {"nav", "header", "footer", "aside"}
_MOJIBAKE = ("\ufffd", "â€", "Ã©", "Ã±")


class SanctuaryList(Dataset):
    """The whole list as the page showed it: each capture is a snapshot."""

    source = "doj"
    name = "sanctuary_list"
    domain = "ordinances"
    title = "Sanctuary jurisdictions listed by the Department of Justice (EO 14287)"
    publisher = "US Department of Justice"
    homepage = "https://www.justice.gov/ag/us-sanctuary-jurisdiction-list-following-executive-order-14287-protecting-american-communities"
    policy = "snapshot"
    required = ("heading", "jurisdiction_as_printed")
    optional = ("state_as_printed", "updated_on")
    base_url_setting = "doj_list_url"
    max_age = timedelta(days=7)
    # The list had 35 names and lost one in seven weeks: half of it gone is a broken page, not news.
    min_volume_ratio = 0.7

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        return [Slice("list")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        yield web.get(settings.doj_list_url)

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a printed name, under STATES, COUNTIES or CITIES.

        Raises SourceError where a heading is missing or empty, where the page is no HTML, or where its
        letters are broken: then nothing of it is believed.
        """
        text = payload.body.decode("utf-8", "replace")
        if any(mark in text for mark in _MOJIBAKE):
            raise SourceError(self.id, "list", "the page's letters are broken (mojibake)", url=payload.url)
        try:
            page = html.document_fromstring(text)
        except (ParserError, ValueError) as error:
            raise SourceError(self.id, "list", f"the page is not HTML: {error}", url=payload.url) from error
        updated = _updated_on(_words(page))
        names: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
        current: str | None = None
        for element in page.iter("h1", "h2", "h3", "h4", "h5", "strong", "b", "p", "li"):
            around = {ancestor.tag for ancestor in element.iterancestors()}
            words = _words(element)
            heading = words.rstrip(":").upper()
            if not words or around & _FURNITURE:
                continue
            if heading in names and element.tag != "li":
                current = heading
            elif current is None:
                continue
            elif element.tag == "li":
                names[current].append(words)
            elif element.tag.startswith("h") or (names[current] and "li" not in around):
                # The names end where other text begins: what is listed after it is something else.
                current = None
        if empty := [heading for heading in HEADINGS if not names[heading]]:
            found = ", ".join(f"{heading} {len(listed)}" for heading, listed in names.items())
            what = f"no names under {', '.join(empty)} (found {found}): the page has changed"
            raise SourceError(self.id, "list", what, url=payload.url)
        for heading, listed in names.items():
            for printed in listed:
                match = None if heading == "STATES" else _WITH_STATE.match(printed)
                yield {
                    "heading": heading,
                    "jurisdiction_as_printed": match["name"] if match else printed,
                    "state_as_printed": match["state"] if match else None,
                    "updated_on": updated.isoformat() if updated else None,
                }

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """An archived copy of the page (.html)."""
        when = retrieved_at or utc_now()
        payload = Payload(path.read_bytes(), f"file:{path.name}", when, media_type="text/html", method="FILE")
        yield Batch(Slice("list"), [payload], when)


def _words(element: html.HtmlElement) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _updated_on(text: str) -> date | None:
    match = _UPDATED.search(text)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%B %d, %Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


DATASETS = (SanctuaryList(),)
