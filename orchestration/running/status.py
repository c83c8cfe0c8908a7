"""What each source last delivered, and which findings of the gate were accepted in the release.

What belongs here: combining the two for `clawback status`. What does not: a source's state (landing.standing), accepted
findings (release.accepted), whether that is good or bad (health).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration import sources
from orchestration.landing import object_storage
from orchestration.landing.catalog import Catalog
from orchestration.landing.standing import SourceStatus
from orchestration.release import accepted
from orchestration.release.accepted import Standing
from orchestration.settings import Settings


@dataclass(frozen=True)
class Status:
    """sources: one entry a dataset; accepted: findings of the gate that somebody accepted, with the reason.

    landing: the folder or bucket of the captures; unput: how many of them are not known to be in the bucket.
    """

    sources: list[SourceStatus]
    accepted: list[Standing]
    landing: str
    unput: int = 0

    def to_json(self) -> dict[str, Any]:
        """For `clawback status --json`."""
        return {
            "landing": self.landing,
            "unput": self.unput,
            "sources": [vars(one) for one in self.sources],
            "accepted": [one.to_json() for one in self.accepted],
        }

    def landing_line(self) -> str:
        """One line for people."""
        waits = f"; {self.unput:,} captures are not there yet: the next refresh puts them" if self.unput else ""
        return f"captures are kept in {self.landing}{waits}"


def status(settings: Settings) -> Status:
    """The status of this installation, as of now."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    return Status(
        [catalog.status(each) for each in sources.DATASETS.values()],
        accepted.standing(settings),
        settings.landing_place,
        object_storage.unput(settings) if settings.landing_url else 0,
    )
