"""Going back to an earlier release, for the whole installation.

What belongs here: what else must follow when another release serves. What does not: the swap itself (release.publish).
"""

from __future__ import annotations

from orchestration.release import publish
from orchestration.running import health
from orchestration.settings import Settings


def roll_back(settings: Settings, release_id: str) -> None:
    """Serve an earlier release again and write health.json. Raises what publish.rollback raises."""
    publish.rollback(settings, release_id)
    health.write(settings)
