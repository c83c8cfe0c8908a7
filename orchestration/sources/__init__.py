"""The publishers, each in a module of its own, and the register of every dataset.

What belongs here: the register. It is built from the package: a module in this folder with `DATASETS` is a publisher; a
module without it is shared by several.

The register is built when it is first asked for. Most commands need one module of the package, and not the readers of
every publisher's files, which take a second to load.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Any

from orchestration.sources import terms
from orchestration.sources.base import Dataset, NoSuch

if TYPE_CHECKING:
    # the publishers' modules
    MODULES: tuple[ModuleType, ...]
    # every dataset by its name, ``source/dataset``
    DATASETS: dict[str, Dataset]


def __getattr__(name: str) -> Any:
    """MODULES and DATASETS: Python asks here for a name that the module does not have."""
    if name == "MODULES":
        return _modules()
    if name == "DATASETS":
        return _datasets()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _modules() -> tuple[ModuleType, ...]:
    every = (import_module(f"{__name__}.{name}") for _, name, _ in iter_modules(__path__))
    return tuple(module for module in every if hasattr(module, "DATASETS"))


@cache
def _datasets() -> dict[str, Dataset]:
    found = {dataset.id: dataset for module in _modules() for dataset in module.DATASETS}
    for dataset in found.values():
        if getattr(dataset, "terms", None) not in terms.EVERY:
            raise TypeError(
                f"{dataset.id}: its class must say `terms = ...`, one of those in orchestration/sources/terms.py"
            )
    return found


def get(dataset_id: str) -> Dataset:
    """The dataset named ``source/dataset``; raises NoSuch."""
    try:
        return _datasets()[dataset_id]
    except KeyError:
        known = ", ".join(sorted(_datasets()))
        raise NoSuch(f"no dataset {dataset_id!r}; there are: {known}") from None


def terms_of(dataset: str) -> terms.License:
    """The terms of a dataset, named source/name or source__name; our own tables (seeds/...) are ours."""
    source = dataset.replace("__", "/", 1).partition("/")[0]
    return next((one.terms for one in _datasets().values() if one.source == source), terms.OWN)
