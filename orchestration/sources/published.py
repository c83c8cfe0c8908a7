"""Figures that agencies printed and that no open data set contains, typed from the publications.

What belongs here: the format of such a figure. What does not: the figures (recorded/tables), what they are compared
with (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import DATE, NUMBER, TEXT, each, matching, one_of, typed
from orchestration.sources.tables import csv_records
from orchestration.sources.terms import PRINTED
from orchestration.wire import Payload


class Statistics(Dataset):
    """Announced award totals and printed reporting figures, each with its period and its source."""

    source = "published"
    name = "statistics"
    domain = "reference"
    title = "Figures printed by agencies, the press and advocates, each with its source and period"
    publisher = "Several; each row names its own"
    terms = PRINTED
    homepage = "orchestration/recorded/tables/published_statistics.csv"
    policy = "replace"
    required = ("publisher", "table", "entity", "period_as_printed", "subject", "measure", "value", "unit", "source")
    optional = ("period_from", "period_to", "period_precision", "programme", "victim_group", "offense_group",
                "as_printed", "compared_with", "comparison_given", "how_read")  # fmt: skip
    types = typed(
        {
            **each(required, TEXT),
            **each(("period_from", "period_to"), DATE),
            "value": NUMBER,
            "subject": one_of("awards", "crime_reporting", "school_discipline"),
        }
    )
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("all")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        raise AssertionError("printed figures are tables of our own: recorded.build gives them in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        yield from csv_records(self, payload)


class Awards(Dataset):
    """What was printed of single awards, one statement a row: who printed it, in what document, on which day."""

    source = "published"
    name = "awards"
    domain = "awards"
    title = "Awards as publishers announced or reported them, each with its document and its date"
    publisher = "Several; each row names its own"
    terms = PRINTED
    homepage = "orchestration/recorded/tables/printed_awards.csv"
    policy = "replace"
    required = ("publisher", "document", "agency", "program", "scope", "as_printed", "source", "source_status")
    # document_date holds what the stored text or its address shows: a day, a month, a year, or nothing
    optional = ("document_date", "state", "place", "fiscal_year", "amount_usd", "officers", "note")
    types = typed({
        **each(required, TEXT), "program": TEXT.or_empty, "scope": one_of("agency", "event", "statement"),
        "document_date": matching(r"\d{4}(-\d{2}){0,2}", "a day, a month or a year").or_empty,
        "fiscal_year": matching(r"\d{4}(-\d{4})?", "a fiscal year or a span of them").or_empty,
        "amount_usd": NUMBER, "officers": NUMBER,
    })  # fmt: skip
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("all")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        raise AssertionError("printed awards are a table of our own: recorded.build gives them in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        yield from csv_records(self, payload)


DATASETS = (Statistics(), Awards())
