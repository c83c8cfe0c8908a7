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
        slices = "1 slice" if len(self.slices) == 1 else f"{len(self.slices)} slices"
        return f"{self.dataset}: {slices} ({some or 'none'}); captures that serve now: {self.captures_serving}"


def selected(names: Sequence[str]) -> list[sources.Dataset]:
    """The datasets of these publishers (``usaspending``) or of these names (``fbi/agencies``); all if none is named.

    Raises sources.NoSuch for a name that is neither.
    """
    every = list(sources.DATASETS.values())
    if unknown := set(names) - {name for dataset in every for name in (dataset.source, dataset.id)}:
        there_are = ", ".join(sorted({dataset.source for dataset in every}))
        raise sources.NoSuch(f"no source {min(unknown)!r}; there are: {there_are}")
    return [dataset for dataset in every if not names or {dataset.source, dataset.id} & set(names)]


def must_exist(settings: Settings, slices: Sequence[str]) -> None:
    """Raise sources.NoSuch where one of the slices (``source/dataset=KEY``) is of no dataset, or in no recorded table.

    A slice of a publisher is known to it alone: one that it does not have fails when it is requested.
    """
    for text in slices:
        name, _, key = text.partition("=")
        dataset = sources.get(name)
        if not _is_recorded(settings, dataset):
            continue
        there = _recorded_keys(dataset)
        if key not in there:
            some = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
            raise sources.NoSuch(f"no slice {key!r} of {name} in the recorded edition; there are: {some or 'none'}")


def _is_recorded(settings: Settings, dataset: sources.Dataset) -> bool:
    return settings.edition == "recorded" or dataset.base_url_setting is None


def _recorded_keys(dataset: sources.Dataset) -> list[str]:
    # it loads the module of every publisher, which commands that refresh nothing need not wait for
    from orchestration.recorded import build

    return [batch.slice.key for batch in build.batches(dataset.id)]


def plan(settings: Settings, names: Sequence[str], slices: Sequence[str], as_of: date | None) -> list[Planned]:
    """What a refresh would request, dataset by dataset; no request is sent and nothing is written.

    slices: ``source/dataset=KEY``: of these datasets no others.
    Raises sources.NoSuch as `selected` and `must_exist` do.
    """
    must_exist(settings, slices)
    catalog = Catalog(settings.landing_dir, as_of=as_of, edition=settings.edition)
    planned = []
    for dataset in selected(names):
        if _is_recorded(settings, dataset):
            keys = _recorded_keys(dataset)
        else:
            known = catalog.known(dataset, published=settings.published_file)
            keys = [slice_.key for slice_ in dataset.slices(settings, known)]
        if named := [key for name, _, key in (text.partition("=") for text in slices) if name == dataset.id]:
            keys = [key for key in keys if key in named]
        planned.append(Planned(dataset.id, keys, len(catalog.serving(dataset))))
    return planned
