"""What people call a place beside its name: nicknames.toml.

What belongs here: reading the file. What does not: finding a place by what was typed (reading.places; on the site
static/search.js).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("nicknames.toml")


@cache
def of_places() -> dict[str, list[str]]:
    """GEOID -> names by which people call the place."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
