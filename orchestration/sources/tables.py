"""Parsing tables and pages: CSV bytes with a header, the words of a page's elements, letters garbled by wrong decoding.

What belongs here: what several sources share. What does not: any publisher's own columns or headings.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html

from orchestration.forms import Unreadable
from orchestration.forms import tables as forms
from orchestration.sources.base import Dataset, Record
from orchestration.wire import Payload, SourceError

# What UTF-8 becomes when it is read as Windows-1252 and written again, and the replacement character.
_MOJIBAKE = ("\ufffd", "â€", "Ã©", "Ã±", "Ã¡", "Ã³", "Ã\xad", "Â\xa0")


def csv_records(dataset: Dataset, payload: Payload) -> Iterator[Record]:
    """One record a row, an empty cell as None.

    Raises SourceError where a required column is missing or named twice, or a row has another width, naming the line.
    """
    try:
        table = forms.read(payload.body)
        if missing := [name for name in dataset.required if name not in table.header]:
            what = f"column {missing[0]!r} missing from {table.header[:40]}"
            raise SourceError(dataset.id, "all", what, url=payload.url)
        for _, row in table.rows:
            yield {name: cell or None for name, cell in zip(table.header, row, strict=True)}
    except Unreadable as error:
        raise SourceError(dataset.id, "all", str(error), url=payload.url) from error


def words(element: html.HtmlElement) -> str:
    """The element's text with single blanks."""
    return " ".join("".join(map(str, element.itertext())).split())


def broken_letters(text: str) -> str | None:
    """The first broken letters with what stands around them; None where there are none."""
    places = [place for mark in _MOJIBAKE if (place := text.find(mark)) >= 0]
    if not places:
        return None
    return " ".join(text[max(min(places) - 12, 0) : min(places) + 12].split())


def headings(page: html.HtmlElement) -> list[str]:
    """The page's title and headings in their order, for a message about what it contains instead."""
    return [said for element in page.iter("title", "h1", "h2", "h3", "h4") if (said := words(element))]
