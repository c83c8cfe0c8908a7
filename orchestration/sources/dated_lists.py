"""Lists of one date that nobody serves any more, and nobody asks for: what such datasets share.

What belongs here: a table of printed names, of the day that it was of. What does not: any publisher's own columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.tables import csv_records
from orchestration.wire import Payload


class DatedList(Dataset):
    """A list as printed on one day: every edition has the transcribed rows."""

    domain = "ordinances"
    policy = "snapshot"
    # A name that is missing ends a listing.
    max_unreadable = 0.0
    refuses_new_fields = True
    # Lists of other days may be far shorter: each says of its own day only.
    min_volume_ratio = 0.0
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice: the whole list."""
        return [Slice("list")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Never asked: nobody serves the list."""
        raise AssertionError("a list of one date is nowhere served: recorded.build gives it in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a row. Raises SourceError where a required column is missing."""
        yield from csv_records(self, payload)
