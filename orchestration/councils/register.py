"""The councils whose records are requested: one register, read by Python and by dbt.

What belongs here: the register's rows as Python needs them. What does not: the protocol of a council's system
(sources), the key of a council's jurisdiction (dbt joins the same seed by the council's client name).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from orchestration.settings import DBT_PROJECT_DIR

REGISTER = DBT_PROJECT_DIR / "seeds" / "council_clients.csv"


@dataclass(frozen=True)
class Council:
    """One client of one publisher. access: keyless, or token where the council gives one to whoever asks."""

    client: str
    source: str
    jurisdiction_name: str
    geoid: str
    access: str


@cache
def councils(source: str) -> tuple[Council, ...]:
    """The councils of one source, in the register's order."""
    with REGISTER.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Council(r["client"], r["source"], r["jurisdiction_name"], r["geoid"], r["access"])
            for r in csv.DictReader(stream)
            if r["source"] == source
        )
