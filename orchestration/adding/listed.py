"""The seeds that list every tracker, and what every data set is a part of, from what the .yml files of the sources say.

What belongs here: the columns of the two seeds, and reading them from `config.meta`. What does not: finding the
declarations and writing files (rendered).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TRACKER_COLUMNS = (
    "tracker_code", "tracker_name", "publisher", "stance", "verdict", "definition", "homepage", "names",
    "ledger_instrument", "lasts", "holds", "listed_means", "not_listed_means",
)  # fmt: skip
HOLDING_COLUMNS = ("unit", "of_how_many", "of_from", "of_to", "of_what", "missing", "how_to_get")
_MAY_BE_LEFT_OUT = {"of_how_many", "of_from", "of_to"}


class CannotRender(ValueError):
    """A declaration from which no file follows: names the file and what is missing."""


def trackers(declared: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> str:
    """The seed of trackers, as CSV: one row a `config.meta.tracker`, by the name of its table. Raises CannotRender."""
    for name, (path, tracker) in declared.items():
        _only_known(path, f"config.meta.tracker of {name}", set(tracker) ^ set(TRACKER_COLUMNS))
    return as_csv(TRACKER_COLUMNS, ([one[column] or "" for column in TRACKER_COLUMNS] for _, one in declared.values()))


def holdings(declared: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> str:
    """The seed of holdings, as CSV: one row a `config.meta.holdings`, by the name of its table. Raises CannotRender."""
    for name, (path, held) in declared.items():
        missing = set(HOLDING_COLUMNS) - set(held) - _MAY_BE_LEFT_OUT
        _only_known(path, f"config.meta.holdings of {name}", missing | set(held) - set(HOLDING_COLUMNS))
    rows = ([name, *(held.get(column, "") for column in HOLDING_COLUMNS)] for name, (_, held) in declared.items())
    return as_csv(("dataset", *HOLDING_COLUMNS), rows)


def as_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A seed's text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _only_known(path: Path, what: str, wrong: set[str]) -> None:
    if wrong:
        raise CannotRender(f"{path}: {what}: missing or unknown: {', '.join(sorted(wrong))}")
