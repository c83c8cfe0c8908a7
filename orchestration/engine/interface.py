"""What an engine does for a build.

What belongs here: the interface. What does not: any engine.
"""

from __future__ import annotations

from typing import Protocol

from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings


class Engine(Protocol):
    """The two things that differ between engines, and the tables that each leaves for the gate."""

    # The dbt target, and the word for it in Dagster's picture.
    name: str

    def require(self) -> None:
        """Raises EngineMissing if the engine is not installed: before an hour's work, not after."""
        ...

    def program(self) -> list[str]:
        """The command that takes dbt's arguments. It runs in the build folder."""
        ...

    def make_raw(self, settings: Settings, catalog: Catalog) -> None:
        """Make schema `raw` over the captures in use, in the build file and where dbt will read it.

        What an earlier build of this engine left outside the build file is cleared.
        """
        ...

    def collect(self, settings: Settings) -> None:
        """After dbt ended, however it ended: the build file has every table and view that dbt made."""
        ...


class EngineMissing(Exception):
    """The engine that CLAWBACK_ENGINE names cannot run here; the message says what to install."""
