"""The FBI's offenses: their codes, and what each publication of the FBI calls them.

What belongs here: the codes of seeds/offenses in that order, the columns of Table 8 (table8_columns.csv), and which
lines of the Return A file are kept. What does not: requests to the FBI (sources.fbi, sources.fbi_files), the position
of a line in the file (sources/return_a_layout.csv).

    table8_columns.csv
        heading       as printed, in lower case, without footnote numbers and line breaks
        column        its name in our records; two headings may mean one column
        offense_code  the FBI's code, if the column counts one offense
        definition    for rape only: legacy, revised, or heading if it depends on the year (plain "Rape" was printed
                      for both)
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.declared import seeds

# Columns of Table 8 that count no offenses.
NOT_COUNTS = frozenset({"state", "city", "population"})
TABLE8_COLUMNS = Path(__file__).with_name("table8_columns.csv")


@dataclass(frozen=True)
class Offense:
    """One offense of the Summary Reporting System.

    name: what our columns are named after. return_a: its line in the Return A file; empty for arson, which has
    returns of its own.
    """

    code: str
    name: str
    return_a: str


@dataclass(frozen=True)
class Column:
    """One heading of Table 8 and the column that it means. definition: none but for rape; empty if no offense."""

    heading: str
    column: str
    offense_code: str
    definition: str


OFFENSES: tuple[Offense, ...] = tuple(
    Offense(row["fbi_code"], row["fbi_name"], row["return_a_line"]) for row in seeds.rows("offenses") if row["fbi_code"]
)


# The lines of a month's card in the Return A file that are kept, of actual offenses and of clearances alike.
RETURN_A_LINES = (
    "murder", "rape", "robbery", "assault", "assault_gun", "assault_knife", "assault_other_weapon", "assault_unarmed",
    "assault_simple", "burglary", "larceny", "motor_vehicle_theft",
)  # fmt: skip


@cache
def table8_columns() -> tuple[Column, ...]:
    """The headings of Table 8, in the order of table8_columns.csv."""
    with TABLE8_COLUMNS.open(encoding="utf-8", newline="") as stream:
        return tuple(Column(**row) for row in csv.DictReader(stream))
