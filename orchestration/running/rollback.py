"""Switching back to an earlier release, with everything that must follow.

What belongs here: the steps after the switch. What does not: the switch itself (release.publish).
"""

from __future__ import annotations

from orchestration.release import publish
from orchestration.running import health
from orchestration.settings import Settings


def roll_back(settings: Settings, release_id: str) -> None:
    """Switch back to an earlier release and write health.json. Raises what publish.rollback raises."""
    publish.rollback(settings, release_id)
    health.write(settings)
