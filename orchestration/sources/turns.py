"""The order in which a run requests many items, of which some may fail in every run.

What belongs here: that order. What does not: which items are due (each source), how many a run requests (settings).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain

from orchestration.wire import utc_now


def in_turn(items: Sequence[str]) -> list[str]:
    """The items, alternately by the order they have and by one that the day alone decides.

    The first ones come early. And however many there are that come first in every run, because nothing comes of them
    (the publisher hides them, fails, or has nothing), each of the others has its turn on some day.
    """
    return list(dict.fromkeys(chain.from_iterable(zip(items, by_day(items), strict=True))))


def by_day(items: Iterable[str]) -> list[str]:
    """The items in an order that the day (UTC) alone decides: another one on every day."""
    day = utc_now().date().isoformat()
    return sorted(items, key=lambda item: hashlib.sha256(f"{day} {item}".encode()).digest())
