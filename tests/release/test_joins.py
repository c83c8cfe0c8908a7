"""No join lies: every pair of facts on every key that both have, over the recorded edition and over synthetic rows.

What belongs here: the literal joins and their sums, what the models declare of them, and mutants that must be found.
What does not: which unit a name means (tests/identity).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.landing.night import capture_dataset
from orchestration.release import joins
from orchestration.settings import Settings
from tests.building import build_part
from tests.spark import synthetic_captures
from tests.spark.synthetic_captures import WHEN, transactions

# Names that no unit has, printed by the awards and by the list of agreements alike.
IN_BOTH = "Synthetic Airport Police Department"
ONLY_AWARDED = ("Synthetic Harbor Hospital", "Synthetic Youth Foundation")


def _awards_of_nobodys_unit(settings: Settings, folder: Path) -> None:
    """Two awards to one name that a list prints too, and two to names that it does not; one award names nobody."""
    made = transactions.transaction
    names = (IN_BOTH.upper(), IN_BOTH, *ONLY_AWARDED)
    rows = [
        made(n, 0, on="2023-02-01", amount=f"{10 ** (n - 20)}.00", recipient_name=name, recipient_state_code="FL",
             recipient_city_name="", business_types_description="")
        for n, name in enumerate(names, start=21)
    ]  # fmt: skip
    rows.append(made(29, 0, on="2023-02-01", amount="7.00", recipient_name="", recipient_uei="", recipient_state_code=""))
    name = "FY2023_015_Assistance_Full_20261006"
    path = folder / f"{name}.zip"
    path.write_bytes(transactions.as_zip((f"{name}_1.csv", transactions.as_csv(rows))))
    (taken,) = import_files(sources.get("usaspending/transactions"), [path], settings, retrieved_at=WHEN)
    assert taken.ok, taken.line()
