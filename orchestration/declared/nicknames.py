"""What people call a place or a state beside its name: nicknames.toml.

What belongs here: reading the file. What does not: finding a place by what was typed (reading.places; on the site
static/search.js).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("nicknames.toml")


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def of_places() -> dict[str, list[str]]:
    """GEOID -> names by which people call the place."""
    return {geoid: names for geoid, names in _read().items() if geoid != "states"}


@cache
def of_states() -> dict[str, str]:
    """Postal code -> the short form of the state's name in newspapers, with its periods."""
    return dict(_read()["states"])
