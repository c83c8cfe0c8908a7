"""The states, the District and the territories: FIPS code, postal code, name (FIPS 5-2, Census Bureau)."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from orchestration.settings import DBT_PROJECT_DIR
from orchestration.sources.fields import FieldType, matching


@dataclass(frozen=True)
class State:
    fips: str
    postal: str
    name: str


_TEXT = """\
01 AL Alabama|02 AK Alaska|04 AZ Arizona|05 AR Arkansas|06 CA California|08 CO Colorado|09 CT Connecticut
10 DE Delaware|11 DC District of Columbia|12 FL Florida|13 GA Georgia|15 HI Hawaii|16 ID Idaho|17 IL Illinois
18 IN Indiana|19 IA Iowa|20 KS Kansas|21 KY Kentucky|22 LA Louisiana|23 ME Maine|24 MD Maryland
25 MA Massachusetts|26 MI Michigan|27 MN Minnesota|28 MS Mississippi|29 MO Missouri|30 MT Montana|31 NE Nebraska
32 NV Nevada|33 NH New Hampshire|34 NJ New Jersey|35 NM New Mexico|36 NY New York|37 NC North Carolina
38 ND North Dakota|39 OH Ohio|40 OK Oklahoma|41 OR Oregon|42 PA Pennsylvania|44 RI Rhode Island
45 SC South Carolina|46 SD South Dakota|47 TN Tennessee|48 TX Texas|49 UT Utah|50 VT Vermont|51 VA Virginia
53 WA Washington|54 WV West Virginia|55 WI Wisconsin|56 WY Wyoming|72 PR Puerto Rico"""

STATES: tuple[State, ...] = tuple(
    State(*entry.split(" ", 2)) for line in _TEXT.splitlines() for entry in line.split("|")
)
BY_POSTAL = {state.postal: state for state in STATES}
BY_NAME = {state.name.upper(): state for state in STATES}
BY_FIPS = {state.fips: state for state in STATES}


def _names() -> list[str]:
    """Every name and known spelling of a state or territory, as the models know them."""
    names = []
    for seed, column in (("states", "name"), ("state_spellings", "spelling")):
        with (DBT_PROJECT_DIR / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as stream:
            names += [row[column] for row in csv.DictReader(stream)]
    return names


_LETTERS = "|".join(r"[^a-z0-9]+".join(re.findall("[a-z0-9]+", name.lower())) for name in _names())
STATE_NAME: FieldType = matching(rf"(?i:({_LETTERS})[^a-z0-9]*)", "the name of a state or territory")
