"""The types that datasets declare for their fields.

What belongs here: a type as a pattern, and its name in messages. What does not: measuring a capture's records against
it (landing.measure), what a value means (dbt).

A type says what staging can parse, not what is plausible: `0217-01-01` is a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class FieldType:
    """What each value of a field is.

    words: the type as messages name it, with its article: "a whole number".
    pattern: a regular expression that the whole text must match, blanks around it removed (syntax that RE2 and
        Python's re share); None: any text but a JSON list or object, which is what a nested value becomes.
    is_date: the text begins with a day, and the calendar has that day.
    may_be_empty: in which records a required field may be empty. "never": a record without it cannot be read.
        "some": it is not empty in all of a capture. "all": whole captures have none (UEIs before 2022). The share of
        empty values is compared with the last capture's in both.
    keeps_record: a value that cannot be read costs the value alone, and the record is still read.
    is_past: a day that cannot lie after the capture: when something was changed, published or reported.
    """

    words: str
    pattern: str | None = None
    is_date: bool = False
    may_be_empty: Literal["never", "some", "all"] = "never"
    keeps_record: bool = False
    is_past: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers whose size means something."""
        return self.pattern in (_WHOLE, _NUMBER, PRINTED_WHOLE.pattern, PRINTED_AMOUNT.pattern)

    @property
    def past(self) -> FieldType:
        """The same type for a day that cannot lie after the capture."""
        return replace(self, is_past=True, words=f"{self.words} by the day of the capture")

    @property
    def or_empty(self) -> FieldType:
        """The same type for a field that the publisher leaves empty in some records."""
        return replace(self, may_be_empty="some")

    @property
    def or_all_empty(self) -> FieldType:
        """The same type for a field that may be empty in every record of a capture."""
        return replace(self, may_be_empty="all")

    @property
    def or_unread(self) -> FieldType:
        """The same type for a field that staging reads as null where it cannot be read."""
        return replace(self, keeps_record=True)


def one_of(*values: str) -> FieldType:
    """One of a few values, spelled exactly so."""
    return FieldType(f"one of {', '.join(values)}", "|".join(re.escape(value) for value in values))


def matching(pattern: str, words: str) -> FieldType:
    """Text that a regular expression matches as a whole."""
    return FieldType(words, pattern)


def each(names: Iterable[str], type_: FieldType) -> dict[str, FieldType]:
    """The same type for several fields."""
    return dict.fromkeys(names, type_)


def typed(types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
    """A dataset's declaration: the type of each field, not to be changed."""
    return MappingProxyType(dict(types))


_WHOLE = r"[-+]?\d{1,18}(\.0*)?"
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?"

TEXT = FieldType("text")
WHOLE = FieldType("a whole number", _WHOLE)
NUMBER = FieldType("a number", _NUMBER)
YEAR = FieldType("a year", r"(19|20)\d\d")
# 2026-03-02, alone or with a time behind it.
DATE = FieldType("a date (yyyy-mm-dd)", r"\d{4}-\d{2}-\d{2}([T ].*)?", is_date=True)
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_NUMBERS = {name: f"{n:02}" for n, name in enumerate(_MONTH_NAMES, start=1)}
# A day as the cities' portals export it: "2020 Mar 02 12:00:00 AM".
NAMED_DAY = rf"\d{{4}} ({'|'.join(_MONTH_NAMES)}) \d{{2}}"
# As people read it: in portals' exports and printed tables.
SHOWN_DATE = FieldType(
    "a date (yyyy-mm-dd, mm/dd/yyyy or yyyy Mon dd)",
    rf"\d{{4}}-\d{{2}}-\d{{2}}([T ].*)?|\d{{2}}/\d{{2}}/\d{{4}}( .*)?|{NAMED_DAY}( .*)?",
    is_date=True,
)
PRINTED_WHOLE = FieldType("a whole number", r"[-+]?[\d,]{1,24}(\.0*)?")
PRINTED_AMOUNT = FieldType("an amount", r"-?\$? ?\d[\d, ]*(\.\d*)?")
STATE_CODE = FieldType("a postal code of two letters", r"[A-Z]{2}")
