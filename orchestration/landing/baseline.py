"""An additional baseline for the volume check, so that slow losses are noticed.

What belongs here: choosing the figure that a new capture is compared with, besides the last capture. What does not: how
far below it a capture may fall (accept).

A publisher that sends three percent less in each run never falls far below the previous run, but has lost half after
three weeks. So a slice's volume is also compared with the past year: with the second largest capture, because the
largest alone may be a fault (a file with every row twice).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from heapq import nlargest

from orchestration.landing.form import Capture

# If a publisher really has less, a capture is accepted a year after the last one that had more.
MEMORY = timedelta(days=365)


def of_year(
    captures: Sequence[Capture], when: datetime, volume: Callable[[Capture], int], *, is_within_records: bool
) -> int | None:
    """The second largest volume of the captures of the year before a moment; None if there are not two.

    captures: those of the slice that can be compared. volume: of one of them; it may have to read the records.
    is_within_records: a volume is never more than the capture's records, so that only the largest captures are read.
    """
    recent = [c for c in captures if when - MEMORY <= c.retrieved_at <= when]
    # Once a person has accepted a fall, earlier captures are no longer a baseline.
    since = max((c.retrieved_at for c in recent if _is_accepted_fall(c)), default=None)
    if since is not None:
        recent = [c for c in recent if c.retrieved_at >= since]
    if len(recent) < 2:
        return None
    if not is_within_records:
        return nlargest(2, map(volume, recent))[-1]
    best: list[int] = []
    for capture in sorted(recent, key=lambda c: c.records, reverse=True):
        if len(best) == 2 and capture.records <= best[-1]:
            break
        best = nlargest(2, [*best, volume(capture)])
    return best[-1]


def _is_accepted_fall(capture: Capture) -> bool:
    return any(check.name == "volume" and check.accepted_because for check in capture.checks)
