"""What each source last delivered, and which findings of the gate were accepted in the release.

What belongs here: combining the two for `clawback status`. What does not: a source's state (landing.standing), accepted
findings (release.accepted), whether that is good or bad (health).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.standing import SourceStatus
from orchestration.release import accepted
from orchestration.release.accepted import Standing
from orchestration.settings import Settings


@dataclass(frozen=True)
class Status:
    """sources: one entry a dataset; accepted: findings of the gate that somebody accepted, with the reason."""

    sources: list[SourceStatus]
    accepted: list[Standing]

    def to_json(self) -> dict[str, Any]:
        """For `clawback status --json`."""
        return {"sources": [vars(one) for one in self.sources], "accepted": [one.to_json() for one in self.accepted]}


def status(settings: Settings) -> Status:
    """The status of this installation, as of now."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    return Status([catalog.status(each) for each in sources.DATASETS.values()], accepted.standing(settings))
