"""The decision at the start of a release: there is nothing new to build, or the build is incremental, or it is full.

What belongs here: this decision, and clearing the build folder accordingly. What does not: whether the same captures
were released before (history), whether a build may be incremental (incremental), the markers of a build (markers).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.landing.catalog import Catalog
from orchestration.release import history, incremental, markers
from orchestration.settings import Settings


@dataclass(frozen=True)
class NothingNew:
    """The same captures and the same code were released already: nothing is built."""

    # The id of the release that keeps serving.
    release: str


@dataclass(frozen=True)
class Incremental:
    """The build keeps the last candidate's file and makes again what changed."""

    # Tables of the file that are dropped, because the build makes them whole: ``schema.table``.
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Full:
    """The build makes every table from the captures."""


def begin(settings: Settings, catalog: Catalog, *, run_id: str, force: bool = False) -> NothingNew | Incremental | Full:
    """Decide how the next release is built, and unless there is nothing new, clear the build folder for it.

    catalog: the one that the raw views will be made of. force: build again, whatever was released before.
    Raises history.DamagedRelease if the serving release cannot be read, and OSError if the disk refuses.
    """
    if not force and (current := history.unchanged_since(settings, catalog)):
        return NothingNew(current)
    keep_file = not force and incremental.is_possible(settings, catalog)
    dropped = tuple(incremental.made_anew(settings, catalog)) if keep_file else ()
    markers.begin(settings, run_id=run_id, catalog=catalog, keep_file=keep_file)
    if not keep_file:
        return Full()
    with duckdb.connect(str(settings.build_file)) as connection:
        for table in dropped:
            connection.execute(f"drop table if exists {table}")
    return Incremental(dropped)
