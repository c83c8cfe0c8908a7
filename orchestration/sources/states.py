"""The states, the District and the territories: FIPS code, postal code, name (seeds/states).

What belongs here: finding one by its code or name, and the type of a field that must name one. What does not: the codes
and names themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.declared import seeds
from orchestration.sources.fields import FieldType, matching


@dataclass(frozen=True)
class State:
    fips: str
    postal: str
    name: str


# Those that the Census's estimates and the FBI's Explorer publish by: all but the Island Areas.
STATES: tuple[State, ...] = tuple(
    State(row["fips"], row["postal"], row["name"]) for row in seeds.rows("states") if row["has_estimates"] == "true"
)
BY_POSTAL = {state.postal: state for state in STATES}
BY_NAME = {state.name.upper(): state for state in STATES}
BY_FIPS = {state.fips: state for state in STATES}
# Every name and known spelling of a state or territory, as the models know them.
NAMES = tuple(
    row[column] for seed, column in (("states", "name"), ("state_spellings", "spelling")) for row in seeds.rows(seed)
)

_LETTERS = "|".join(r"[^a-z0-9]+".join(re.findall("[a-z0-9]+", name.lower())) for name in NAMES)
STATE_NAME: FieldType = matching(rf"(?i:({_LETTERS})[^a-z0-9]*)", "the name of a state or territory")
