"""The policy ledger: the project's own table of legal events, each with its citation.

What belongs here: the format of the ledger. What does not: which event puts a policy in force (dbt), the rows
themselves (recorded/tables).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.fields import DATE, TEXT, matching, one_of, typed
from orchestration.sources.tables import csv_records
from orchestration.sources.terms import OWN
from orchestration.wire import Payload


class PolicyEvents(Dataset):
    """Every legal event that we know of, replaced whole when the committed table changes."""

    source = "ledger"
    name = "policy_events"
    domain = "ordinances"
    title = "Legal events of sanctuary policies, with a citation a row"
    publisher = "Clawback's ledger, from the sources that each row cites"
    terms = OWN
    homepage = "orchestration/recorded/tables/policy_events.csv"
    policy = "replace"
    required = ("jurisdiction", "level", "geoid", "instrument", "event", "event_date", "date_precision",
                "source", "source_status")  # fmt: skip
    # learned_on: the day on which the row came into the ledger, which is later than the event.
    # known_until: the date of the only source that tells of the event, where it is a list of one date.
    optional = ("number", "note", "learned_on", "known_until")
    types = typed({
        "jurisdiction": TEXT, "level": TEXT, "geoid": TEXT.or_empty, "instrument": TEXT, "event": TEXT,
        "event_date": matching(r"\d{4}(-\d{2}){0,2}", "a day, a month or a year").or_empty,
        "date_precision": one_of("day", "month", "year", "unknown"), "source": TEXT.or_empty,
        "source_status": one_of("sourced", "partial", "unsourced"), "learned_on": DATE,
        "known_until": DATE.or_empty,
    })  # fmt: skip
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return [Slice("all")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        raise AssertionError("the ledger is a table of our own: recorded.build gives it in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        yield from csv_records(self, payload)


DATASETS = (PolicyEvents(),)
