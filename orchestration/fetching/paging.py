"""Paging through a list: one small state machine for each style of paging that publishers use.

What belongs here: which request comes next, and when there is none. A paginator refuses a configuration that might
never stop, or that would page without a fixed order. What does not: HTTP, the meaning of records.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.wire import SourceError


class CannotStop(ValueError):
    """A paginator that would never end, refused when it is made."""


class PagesExhausted(SourceError):
    """A publisher whose pages do not end: past every bound, or the same ones again."""

    def __init__(self, what: str, *, url: str | None = None) -> None:
        super().__init__("", "*", what, url=url)


class NewRows:
    """Every page must bring a row that no page before it brought, or the publisher does not page at all.

    A server that takes no notice of the offset, a next page that leads back to an earlier one, and a list that is
    served over and over all show in this. Rows that come twice beside new ones are for the source to judge.
    """

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()
        self._pages = 0

    def see(self, keys: Iterable[Hashable], *, url: str | None = None) -> None:
        """Take note of a page's keys. Raises PagesExhausted if it has rows and none is new."""
        here = set(keys)
        if here and here <= self._seen:
            what = f"page {self._pages + 1} repeats rows that came before and brings no other: the pages do not move"
            raise PagesExhausted(what, url=url)
        self._seen |= here
        self._pages += 1


@dataclass
class OffsetPages:
    """``limit`` and ``offset`` over a fixed order; a page shorter than the limit is the last.

    Without an order pages overlap (about 10% duplicates were seen on Socrata),
    so `order` is not optional.
    lower_limits: a server whose own limit is lower, or became so, cuts every page at it. A shorter page whose rows are
    a multiple of this number may be such a page: what comes after it is requested too. None: no page is.
    """

    limit: int
    order: str
    max_pages: int = 100_000
    limit_name: str = "$limit"
    offset_name: str = "$offset"
    order_name: str = "$order"
    lower_limits: int | None = None
    offset: int = 0
    pages: int = 0

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise CannotStop(f"limit {self.limit}: a page of no rows is never shorter than its limit")
        if self.max_pages < 1:
            raise CannotStop(f"max_pages {self.max_pages}: no page could be asked for")
        if not self.order.strip():
            raise CannotStop("no order: pages without a fixed order overlap and omit rows")

    def params(self) -> dict[str, str]:
        return {
            self.order_name: self.order,
            self.limit_name: str(self.limit),
            self.offset_name: str(self.offset),
        }

    def advance(self, received: int) -> bool:
        """Move on after a page of `received` rows; False if it was the last."""
        self.offset += received
        self.pages += 1
        if received < self.limit and not self._may_be_full(received):
            return False
        if self.pages >= self.max_pages:
            raise PagesExhausted(f"{self.max_pages} full pages of {self.limit} rows at most and no end")
        return True

    def _may_be_full(self, received: int) -> bool:
        return bool(received and self.lower_limits and received % self.lower_limits == 0)


@dataclass
class CursorPages:
    """The publisher names the next page: cursor fields that must all come, or none of them.

    ends_when_equal: text that means "no more" although it looks like a value
    (USAspending's sort value on the last page is the text "None").
    """

    fields: tuple[str, ...]
    has_next: str | None = None
    ends_when_equal: frozenset[str] = frozenset({"None"})
    max_pages: int = 100_000
    cursor: dict[str, Any] = field(default_factory=dict)
    pages: int = 0

    def __post_init__(self) -> None:
        if not self.fields:
            raise CannotStop("no cursor field: every request would be the first one")
        if self.max_pages < 1:
            raise CannotStop(f"max_pages {self.max_pages}: no page could be asked for")

    def params(self) -> dict[str, Any]:
        return dict(self.cursor)

    def advance(self, received: int, metadata: Mapping[str, Any]) -> bool:
        """Move on by what the answer's metadata says; False if it was the last page.

        Raises PagesExhausted if the cursor does not move or pages never end.
        """
        self.pages += 1
        if received == 0 or (self.has_next is not None and not metadata.get(self.has_next)):
            return False
        values = {name: metadata.get(name) for name in self.fields}
        if any(value is None or str(value) in self.ends_when_equal for value in values.values()):
            return False
        if values == self.cursor:
            raise PagesExhausted(f"the cursor {values} did not move: the same page would come forever")
        if self.pages >= self.max_pages:
            raise PagesExhausted(f"{self.max_pages} pages and no end")
        self.cursor = values
        return True
