"""Cutting tables and pages: CSV bytes with a header, the words of a page's elements, letters that are broken.

What belongs here: what several sources share. What does not: any publisher's own columns or headings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from lxml import html

from orchestration.sources.base import Dataset, Payload, Record, SourceError

# What UTF-8 becomes when it is read as Windows-1252 and written again, and the mark of a byte that is no letter.
_MOJIBAKE = ("\ufffd", "â€", "Ã©", "Ã±", "Ã¡", "Ã³", "Ã\xad", "Â\xa0")


def csv_records(dataset: Dataset, payload: Payload) -> Iterator[Record]:
    """One record a row, an empty cell as None.

    Raises SourceError where a required column is missing or a row has another width, naming the line.
    """
    try:
        reader = csv.reader(io.StringIO(payload.body.decode("utf-8"), newline=""))
        header = next(reader)
    except (UnicodeDecodeError, StopIteration) as error:
        raise SourceError(dataset.id, "all", f"not a table in UTF-8: {error}", url=payload.url) from error
    if missing := [name for name in dataset.required if name not in header]:
        raise SourceError(dataset.id, "all", f"column {missing[0]!r} missing from {header}", url=payload.url)
    for row in reader:
        if len(row) != len(header):
            what = f"line {reader.line_num} has {len(row)} cells, the header {len(header)}"
            raise SourceError(dataset.id, "all", what, url=payload.url)
        yield {name: cell or None for name, cell in zip(header, row, strict=True)}


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
    """The page's title and headings in their order, for saying what it holds instead."""
    return [said for element in page.iter("title", "h1", "h2", "h3", "h4") if (said := words(element))]
