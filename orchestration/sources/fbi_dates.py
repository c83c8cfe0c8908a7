"""Dates in the Crime Data Explorer: in several formats, and sometimes inside an object.

What belongs here: parsing such a date or month. What does not: what the date means for the data (fbi).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache

from orchestration.forms import Unreadable, jsons
from orchestration.wire import as_text

# However it is written: a few characters, a year or more digits among them.
_MAY_BE_A_DAY = re.compile(r"(?!<)(?=.*\d{4}).{4,40}")


@lru_cache(maxsize=10_000)
def month_of(text: str | None) -> date | None:
    """The first day of a month written mm/yyyy, as max_data_date is."""
    found = re.fullmatch(r"(\d{1,2})/(\d{4})", (text or "").strip())
    return date(int(found[2]), int(found[1]), 1) if found and 1 <= int(found[1]) <= 12 else None


def innermost(value: object) -> str | None:
    """cde_properties is a text, or an object with one for each product (`{"UCR": "04/2026"}`)."""
    while isinstance(value, dict):
        value = value["UCR"] if "UCR" in value else next(iter(value.values()), None)
    return as_text(value)


def is_iso(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=10_000)
def shown_month(text: str) -> date:
    """The first day of a month written mm-yyyy. Raises ValueError."""
    return datetime.strptime(text, "%m-%Y").replace(tzinfo=UTC).date()


# Few days stand in very many records.
@lru_cache(maxsize=10_000)
def sortable(day: str | None) -> str | None:
    """A US date as an ISO one, so that later days are greater; any other text as it is, to be compared only."""
    for form in ("%m/%d/%Y", "%B %d, %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime((day or "").strip(), form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return day


def date_in(body: bytes) -> str:
    """The refresh date as the publisher writes it: the answer's form is not documented, its text is compared.

    "" for a page or a message in its place: as a date it would be later than any, and every run would request all.
    """
    try:
        text = innermost(jsons.load(body)) or ""
    except Unreadable:
        text = body.decode("utf-8", "replace").strip()
    return text if _MAY_BE_A_DAY.fullmatch(text) else ""
