"""The publishers: one module each, and the register of every dataset.

What belongs here: the register. A new publisher is one module beside this
file and one line below.
"""

from __future__ import annotations

from orchestration.sources import (
    bjs,
    census,
    cops,
    dhs,
    doj,
    elms,
    fbi,
    fbi_files,
    ice,
    ledger,
    legistar,
    published,
    socrata,
    usaspending,
    usaspending_files,
)
from orchestration.sources.base import Dataset

MODULES = (
    usaspending,
    usaspending_files,
    cops,
    dhs,
    doj,
    ice,
    ledger,
    legistar,
    elms,
    fbi,
    fbi_files,
    socrata,
    bjs,
    census,
    published,
)

DATASETS: dict[str, Dataset] = {dataset.id: dataset for module in MODULES for dataset in module.DATASETS}


def get(dataset_id: str) -> Dataset:
    """The dataset named ``source/dataset``; raises KeyError with the names there are."""
    try:
        return DATASETS[dataset_id]
    except KeyError:
        known = ", ".join(sorted(DATASETS))
        raise KeyError(f"no dataset {dataset_id!r}; there are: {known}") from None
