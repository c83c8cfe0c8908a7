"""dbt's seeds (dbt_project/seeds, tables that people typed), as Python reads them.

What belongs here: a seed's rows. What does not: what a column means (the .yml beside the seed).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "dbt_project" / "seeds"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one seed in its order, every value as text. Raises FileNotFoundError if there is no such seed."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))
