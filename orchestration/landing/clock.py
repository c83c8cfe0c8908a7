"""A machine's clock that was set back, or that was ahead.

What belongs here: the date of a new capture when the clock contradicts the landing folder, and which notes of a clock
that was ahead cannot be true. What does not: the order of releases (release.history: their sequence numbers), as-of
dates.

The order of a slice's captures decides which is used, so a later capture must never be dated before an earlier one. If
the clock is behind by hours (it was corrected, or a virtual machine was resumed), the capture is dated one second after
the newest one, and its note keeps the clock's time. If it is behind by more than ``MOST_BEHIND``, nobody can know
whether it is wrong now or was wrong then, so nothing is fetched until a person has checked. All times are UTC, in which
no hour occurs twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from orchestration.landing.form import Capture

MOST_BEHIND = timedelta(days=2)


def may_be_so(moment: datetime) -> bool:
    """Whether something that was noted may have happened then: a clock that was far ahead dates it after today."""
    return moment - datetime.now(UTC) <= MOST_BEHIND


def newest_fetched(captures: Iterable[Capture]) -> Capture | None:
    """The newest capture that was dated by the machine's own clock."""
    return max((c for c in captures if c.kind == "fetched"), key=lambda c: c.retrieved_at, default=None)


def earliest_moment(captures: Iterable[Capture]) -> datetime | None:
    """The earliest date that the next fetched capture of a slice may have. captures: those of the slice."""
    newest = newest_fetched(captures)
    return newest.retrieved_at + timedelta(seconds=1) if newest else None


def wrong(captures: Iterable[Capture], now: datetime | None = None) -> str | None:
    """Why nothing may be fetched by this machine's clock; None if it may."""
    newest, clock = newest_fetched(captures), now or datetime.now(UTC)
    if newest is None or newest.retrieved_at - clock <= MOST_BEHIND:
        return None
    return (
        f"this machine's clock says {clock:%Y-%m-%d %H:%M} UTC, but {newest.capture_id} was fetched on"
        f" {newest.retrieved_at:%Y-%m-%d}: set the clock; if it is right, move what was fetched under the wrong date"
        " out of the landing folder"
    )
