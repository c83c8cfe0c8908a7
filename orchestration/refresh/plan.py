"""Which datasets and slices (parts of a dataset) a refresh would request, before it sends any request.

What belongs here: choosing datasets by name, and the plan that `clawback refresh --dry-run` shows. What does not: which
slices a dataset has (sources), capturing them (landing), the run (run).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.recorded import build as recorded
from orchestration.settings import Settings

_SHOWN = 6


@dataclass(frozen=True)
class Planned:
    """What would be requested of one dataset."""

    dataset: str
    slices: list[str]
    captures_serving: int

    def line(self) -> str:
        """One line for people."""
        more = f" and {len(self.slices) - _SHOWN} more" if len(self.slices) > _SHOWN else ""
        some = ", ".join(self.slices[:_SHOWN]) + more
        return f"{self.dataset}: {len(self.slices)} slices ({some}); {self.captures_serving} captures serve now"


def selected(names: Sequence[str]) -> list[sources.Dataset]:
    """The datasets of these publishers (``usaspending``) or of these names (``fbi/agencies``); all if none is named.

    Raises KeyError for a name that is neither.
    """
    every = list(sources.DATASETS.values())
    if unknown := set(names) - {name for dataset in every for name in (dataset.source, dataset.id)}:
        there_are = ", ".join(sorted({dataset.source for dataset in every}))
        raise KeyError(f"no source {min(unknown)!r}; there are: {there_are}")
    return [dataset for dataset in every if not names or {dataset.source, dataset.id} & set(names)]


def plan(settings: Settings, names: Sequence[str], as_of: date | None) -> list[Planned]:
    """What a refresh would request, dataset by dataset; no request is sent and nothing is written."""
    catalog = Catalog(settings.landing_dir, as_of=as_of, edition=settings.edition)
    planned = []
    for dataset in selected(names):
        if settings.edition == "recorded" or dataset.base_url_setting is None:
            slices = [batch.slice.key for batch in recorded.batches(dataset.id)]
        else:
            known = catalog.known(dataset, published=settings.published_file)
            slices = [slice_.key for slice_ in dataset.slices(settings, known)]
        planned.append(Planned(dataset.id, slices, len(catalog.serving(dataset))))
    return planned
