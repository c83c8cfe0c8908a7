"""The order in which a run requests the slices that are due, if some of them failed in the last one.

What belongs here: keeping such slices apart. What does not: which slices are due (each source), after how many failures
a publisher counts as down (dataset_run).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from orchestration.landing import attempts
from orchestration.sources.base import Dataset, Slice
from orchestration.sources.turns import in_turn


def apart(dataset: Dataset, slices: Sequence[Slice], folder: Path) -> list[Slice]:
    """The slices of each server, one that failed the last time after each one that did not; the others in their order.

    A slice that always fails stays the stalest. Two of them that come first would make the publisher look down in every
    run, and no other slice would be requested any more.
    folder: the dataset's, in the landing folder.
    """
    failed = _failed(folder)
    of_server: dict[str, list[Slice]] = defaultdict(list)
    for slice_ in slices:
        of_server[dataset.answers_for(slice_)].append(slice_)
    ordered: dict[str, Iterator[Slice]] = {}
    for server, asked in of_server.items():
        by_key = {slice_.key: slice_ for slice_ in asked}
        well = [slice_ for slice_ in asked if slice_.key not in failed]
        ill = [by_key[key] for key in in_turn([key for key in by_key if key in failed])]
        pairs = chain.from_iterable(zip_longest(well, ill))
        ordered[server] = iter([slice_ for slice_ in pairs if slice_ is not None])
    return [next(ordered[dataset.answers_for(slice_)]) for slice_ in slices]


def _failed(folder: Path) -> set[str]:
    """The slices whose last request failed, or was not sent because others' had."""
    entries = attempts.opened(attempts.attempted(folder))
    return {one.slice for one in entries if one.edition == "live" and one.status == "failed"}
