"""Failed checks of the gate that somebody accepted and that still apply: in which releases, since when, and why.

What belongs here: reading that from the releases. What does not: accepting one (audit), reporting it to monitors
(running.health).

An accepted failure applies until readers get a release in which the check passed by itself. If a later release does not
list it, the check passed there: otherwise the gate would not have published that release.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from orchestration.release import history
from orchestration.settings import Settings


@dataclass(frozen=True)
class Standing:
    """One accepted finding of the current release."""

    check: str
    because: str
    release: str
    # The first release in a row that carries it
    since_release: str
    since: datetime

    def line(self) -> str:
        first = "" if self.since_release == self.release else f" (first in {self.since_release})"
        return f"accepted: {self.check} because {self.because}, in release {self.release}{first} since {self.since}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def standing(settings: Settings) -> list[Standing]:
    """The accepted findings of the current release, and since which release; empty if it is green, or there is none."""
    last = history.last_release(settings)
    if last is None:
        return []
    return [
        Standing(check, because, last.id, first.id, first.built_at)
        for check, because in sorted(last.accepted.items())
        for first in (_first(settings, check, last),)
    ]


def since(settings: Settings, check: str) -> str | None:
    """The first release in an unbroken row up to the current one that has the check accepted; None if none has."""
    last = history.last_release(settings)
    return _first(settings, check, last).id if last and check in last.accepted else None


def _first(settings: Settings, check: str, last: history.Release) -> history.Release:
    kept = {release.id: release for release in history.releases(settings)}
    first = last
    while first.previous in kept and check in kept[first.previous].accepted:
        first = kept.pop(first.previous)
    return first
