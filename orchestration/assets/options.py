"""The options of a run, which supplement the settings from the environment.

What belongs here: the options that the command line and Dagster's launchpad share, and the settings and catalog that
follow from them. No secret is an option, because Dagster stores and shows run configuration. What does not: the
settings themselves (settings).
"""

from __future__ import annotations

from datetime import date

import dagster as dg
from pydantic import Field

from orchestration.landing.accept import by_slice, of_slice
from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings


class RefreshOptions(dg.ConfigurableResource):
    """Options of one run; what is not given comes from the environment."""

    edition: str = Field(default="", description="recorded or live; empty: what CLAWBACK_EDITION says")
    as_of: str = Field(default="", description="YYYY-MM-DD: read only captures retrieved by then")
    landing: str = Field(default="", description="landing folder or s3:// URL; empty: what CLAWBACK_LANDING says")
    slices: list[str] = Field(default=[], description="source/dataset=KEY: ask only for these slices of that dataset")
    accept: dict[str, str] = Field(
        default={},
        description="release check, or check:source/dataset=SLICE of a capture -> why it is accepted this once",
    )
    force: bool = Field(default=False, description="rebuild although nothing changed")

    def settings(self) -> Settings:
        given: dict[str, object] = {}
        if self.edition:
            given["edition"] = self.edition
        if self.landing:
            given["landing"] = self.landing
        return Settings(**given)  # type: ignore[arg-type]

    def as_of_date(self) -> date | None:
        return date.fromisoformat(self.as_of) if self.as_of else None

    def catalog(self, settings: Settings) -> Catalog:
        return Catalog(settings.landing_dir, as_of=self.as_of_date(), edition=settings.edition)

    def accepted_checks(self) -> dict[str, str]:
        """The gate's checks that are accepted this once, each with the reason."""
        return {name: reason for name, reason in self.accept.items() if of_slice(name) is None}

    def accepted_slices(self, dataset_id: str) -> dict[str, dict[str, str]]:
        """The checks of this dataset's captures that are accepted this once: by slice, each with the reason."""
        return by_slice(self.accept, dataset_id)

    def slice_keys(self, dataset_id: str) -> list[str]:
        """The slices requested of this dataset; none means all."""
        wanted = (text.partition("=") for text in self.slices)
        return [key for name, _, key in wanted if name == dataset_id]
