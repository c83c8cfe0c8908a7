"""The publishers, each in a module of its own, and the register of every dataset.

What belongs here: the register. It is built from the package: a module in this folder with `DATASETS` is a publisher; a
module without it is shared by several.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from orchestration.sources.base import Dataset, NoSuch

_ALL = tuple(import_module(f"{__name__}.{name}") for _, name, _ in iter_modules(__path__))
MODULES = tuple(module for module in _ALL if hasattr(module, "DATASETS"))

DATASETS: dict[str, Dataset] = {dataset.id: dataset for module in MODULES for dataset in module.DATASETS}


def get(dataset_id: str) -> Dataset:
    """The dataset named ``source/dataset``; raises NoSuch."""
    try:
        return DATASETS[dataset_id]
    except KeyError:
        known = ", ".join(sorted(DATASETS))
        raise NoSuch(f"no dataset {dataset_id!r}; there are: {known}") from None
