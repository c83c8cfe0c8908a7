"""Finding the place that a person means: "Portland, OR", "DC", a GEOID, the FIPS code of a county.

What belongs here: parsing what was typed, and choosing among the units of core.dim_jurisdiction with that name. What
does not: matching printed names to units in the build (dbt's int_identity models), or any fact about a place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import duckdb

from orchestration.declared import nicknames
from orchestration.reading.reader import Connection, Reader
from orchestration.sources.states import BY_NAME, BY_POSTAL

# A bare name means the unit with this many times the people of the next one of the name. Below that the
# person must say which one is meant.
DOMINATES = 10
LARGE = 100_000
SHOWN = 12
_DIGITS_OF_CODES = (2, 5, 7, 10)
NEAREST = 5

_KINDS = {
    "COUNTY": "county",
    "PARISH": "county",
    "STATE": "state",
    "COMMONWEALTH": "state",
    "CITY": "place",
    "TOWN": "place",
    "TOWNSHIP": "place",
    "VILLAGE": "place",
    "BOROUGH": "place",
    "CDP": "place",
}
_DISTRICT = {"DC", "WASHINGTON DC", "WASHINGTON D C", "D C", "DISTRICT OF COLUMBIA", "WASHINGTON DISTRICT OF COLUMBIA"}
_SPELLED_OUT = {"ST": "SAINT", "STE": "SAINTE", "FT": "FORT", "MT": "MOUNT"}


@dataclass(frozen=True)
class Place:
    """One member of core.dim_jurisdiction. geoid and also_geoid are null where the Census gives the unit no code."""

    key: str
    geoid: str | None
    also_geoid: str | None
    level: str
    name: str
    spelled: str
    legal_word: str | None
    is_government: bool
    state_code: str | None
    population: int | None

    def __str__(self) -> str:
        return f"{self.name} ({self.geoid})" if self.geoid else self.name


@dataclass(frozen=True)
class Found:
    """The place that was meant, and the others of that name. read_as: the code, if another one was typed."""

    place: Place
    others: tuple[Place, ...] = ()
    read_as: str | None = None


class NoSuchPlace(LookupError):
    """No unit has the name or the code; the message names the nearest."""


class SeveralPlaces(LookupError):
    """Several units have the name and none of them dominates; the message lists them with their codes."""


def find(connection: Connection, text: str) -> Found:
    """The unit of core.dim_jurisdiction that `text` names.

    text: a GEOID (2, 5, 7 or 10 digits, or without its leading zero; a city answers to those of the counties that it
    has replaced, too), a postal code of a state, "DC", or a name, with or without its kind and state: "Portland, OR",
    "Cook County".
    What no table has as a name may be a nickname (declared/nicknames.toml). The county that a city also is bears its
    own name: Duval County is Jacksonville, too, beside the one in Texas.
    A bare name means a city or town before a county, and a county before a name without a government.
    Raises NoSuchPlace and SeveralPlaces.
    """
    text = " ".join(text.split())
    units = _units(connection)
    if text.isascii() and text.isdigit():
        return _coded(connection, text, units)
    wanted = _spelled(text)
    if not wanted:
        raise NoSuchPlace("no place was named: give a name with its state (Portland, OR) or a GEOID")
    whole = [u for u in units if "," in u.name and _spelled(u.name) == wanted]
    if len(whole) == 1:
        return Found(whole[0])
    if wanted in _DISTRICT:
        district = [u for u in units if u.state_code == "DC" and u.level in ("consolidated", "state")]
        if district:
            return Found(min(district, key=lambda u: u.level))
    if len(text) == 2 and text.upper() in BY_POSTAL:
        states = [u for u in units if u.level == "state" and u.state_code == text.upper()]
        if states:
            return Found(states[0])
    for name, state in _readings(text):
        if named := _named(units, name, state):
            called = [u for u in _called(units, name, state) if u not in named]
            if _kind(_spelled(name))[1] == "county":
                named += called
            keys = {u.key for u in (*named, *called)}
            bearers = [u for u in units if u.key in keys or _has_name(u, _spelled(name), state)]
            return _chosen(text, named, bearers)
    for name, state in _readings(text):
        if called := _called(units, name, state):
            return Found(called[0])
    raise NoSuchPlace(_nothing(text, units))


def _coded(connection: Connection, text: str, units: list[Place]) -> Found:
    """The unit of a code; of one that lacks a digit, the unit of the code with the zero that spreadsheets drop."""
    code = f"0{text}" if len(text) + 1 in _DIGITS_OF_CODES else text
    # The bridge has every code of a unit: New York is in five counties, the District is a state too.
    keys = {key for (key,) in connection.execute(_OF_CODE, [code]).fetchall()}
    coded = [u for u in units if u.geoid == code] or [u for u in units if u.key in keys]
    if not coded:
        raise NoSuchPlace(f"no place has the code {text}: {_codes_help()}")
    return Found(coded[0], read_as=None if code == text else code)


_OF_CODE = "select jurisdiction_key from core.bridge_geoid_jurisdiction where geoid = ?"


# An open reader keeps the release that it opened, and that never changes.
_units_of: WeakKeyDictionary[Reader, list[Place]] = WeakKeyDictionary()


def _units(connection: Connection) -> list[Place]:
    if not isinstance(connection, Reader):
        return _read_units(connection)
    if connection not in _units_of:
        _units_of[connection] = _read_units(connection)
    return _units_of[connection]


def _read_units(connection: Connection) -> list[Place]:
    rows = connection.execute(
        "select jurisdiction_key, geoid, also_geoid, level, name, name_normalized, legal_word,"
        " coalesce(is_general_government, false), state_code, population"
        " from core.dim_jurisdiction where jurisdiction_key <> '-1' order by geoid, name"
    ).fetchall()
    return [Place(*row) for row in rows]


def _called(units: list[Place], text: str, state: str | None) -> list[Place]:
    """The unit whose nickname it is."""
    name = _spelled(text)
    codes = {geoid for geoid, names in nicknames.of_places().items() if name in map(_spelled, names)}
    return [u for u in units if u.geoid in codes and state in (None, u.state_code)]


@cache
def _spelled(name: str) -> str:
    """The name as the macro spelled_name spells it: upper case, no accents and marks, SAINT for ST."""
    plain = unicodedata.normalize("NFKD", name.upper()).encode("ascii", "ignore").decode()
    plain = plain.replace("'", "").replace("`", "").replace(".", "").replace("&", " AND ")
    return " ".join(_SPELLED_OUT.get(word, word) for word in re.sub(r"[^A-Z0-9/]+", " ", plain).split())


def _readings(text: str) -> list[tuple[str, str | None]]:
    """Name and state as the text may be read, the likeliest first: "Kansas City" is a name, "Portland OR" is two."""
    head, comma, tail = text.rpartition(",")
    if comma and (state := _state(tail)):
        return [(head, state)]
    readings: list[tuple[str, str | None]] = [(text.replace(",", " "), None)]
    words = text.replace(",", " ").split()
    for n in (1, 2, 3):
        if len(words) > n and (state := _state(" ".join(words[-n:]))):
            readings.append((" ".join(words[:-n]), state))
    return readings


def _state(text: str) -> str | None:
    word = _without_periods(text.strip())
    if word in BY_POSTAL:
        return word
    if word in BY_NAME:
        return BY_NAME[word].postal
    # "W.Va." and "W. Va."
    short = {_without_periods(name): postal for postal, name in nicknames.of_states().items()}
    return short.get(word.replace(" ", ""))


def _without_periods(text: str) -> str:
    return text.upper().replace(".", "")


def _kind(name: str) -> tuple[str, str | None, str | None]:
    """A spelled name without its word of kind, the kind (county, place, state), and the word."""
    words = name.removeprefix("CITY AND COUNTY OF ").split()
    if len(words) < len(name.split()):
        return " ".join(words), _KINDS["CITY"], "CITY"
    if len(words) > 2 and words[1] == "OF" and words[0] in _KINDS:
        return " ".join(words[2:]), _KINDS[words[0]], words[0]
    if len(words) > 1 and words[-1] in _KINDS:
        return " ".join(words[:-1]), _KINDS[words[-1]], words[-1]
    return name, None, None


def _has_name(unit: Place, name: str, state: str | None) -> bool:
    """Whether the unit has the name; a merged government has the names of all its parts."""
    if state and unit.state_code != state:
        return False
    if unit.spelled == name or unit.spelled.replace(" ", "") == name.replace(" ", ""):
        return True
    if unit.level == "tribe":
        # its spelled name is without "Nation" or "Tribal"
        return _spelled(unit.name) == name
    if unit.level != "consolidated":
        return False
    parts = unit.spelled.removesuffix(" COUNTY")
    return re.match(rf"{re.escape(name)}[ /]", parts) is not None or parts.endswith((f" {name}", f"/{name}"))


def _is_county_part(unit: Place, name: str) -> bool:
    """Whether a merged government has the name of its county behind its city's: Nashville-Davidson."""
    _, mark, county = unit.name.replace("/", "-").partition("-")
    return bool(mark) and unit.level == "consolidated" and f"{_spelled(county)} ".startswith(f"{name} ")


def _named(units: list[Place], text: str, state: str | None) -> list[Place]:
    """The units of the name in the first rank that has any."""
    name = _spelled(text)
    base, kind, word = _kind(name)
    # no other state has parishes
    units = [u for u in units if u.state_code == "LA"] if word == "PARISH" else units
    ranks: list[Callable[[Place], bool]] = [
        lambda u: u.level not in ("county", "unresolved") and u.is_government and not (state and u.level == "state"),
        lambda u: u.level == "county",
        lambda u: u.level != "unresolved",
        lambda u: True,
    ]
    bare = [u for u in units if _has_name(u, name, state)]
    if kind is None or (bare and kind == "place"):
        named = next(([u for u in bare if rank(u)] for rank in ranks if any(map(rank, bare))), [])
        if any(u.level not in ("county", "unresolved") and u.is_government for u in named):
            return named
        # "Boise" is a county, and how people call Boise City: only the person knows which is meant
        cities = [u for u in units if ranks[0](u) and u.level != "state" and _has_name(u, f"{name} CITY", state)]
        return [*cities, *named]
    kinds = {"county": ("county",), "state": ("state",), "place": ("place", "town", "consolidated")}[kind]
    named = [u for u in units if _has_name(u, base, state)]
    found = [u for u in named if u.level in kinds]
    if kind == "county" and not found:
        found = [u for u in named if u.level == "consolidated"]
    worded = [u for u in found if (u.legal_word or "").upper() == word]
    merged = [u for u in named if kind == "county" and u not in found and _is_county_part(u, base)]
    return [*(worded or found), *merged] or bare


def _chosen(text: str, named: list[Place], all_of_name: list[Place]) -> Found:
    ordered = sorted(named, key=lambda u: -(u.population or 0))
    first = ordered[0]
    # A state and a city, a village and the town around it: only the person knows which is meant. Next to a state,
    # which has more people than any city, a large city is a rival, however much larger the state is.
    has_rival = any(
        u.level == "state"
        or u.state_code == first.state_code
        or (first.level == "state" and (u.population or 0) >= LARGE)
        # a city of several counties has more people than the one that bears the name
        or (first.level == "consolidated" and first.also_geoid is None)
        for u in ordered
        if u.key != first.key
    )
    next_people = (ordered[1].population or 0) if len(ordered) > 1 else 0
    dominates = first.population is not None and first.population >= DOMINATES * next_people
    if len(ordered) == 1 or (dominates and not has_rival):
        others = sorted((u for u in all_of_name if u.key != first.key), key=lambda u: -(u.population or 0))
        return Found(first, tuple(others))
    also = [u for u in all_of_name if u not in ordered and u.level == "consolidated"]
    shown = _some([*also, *sorted(ordered, key=lambda u: u.level != "state")])
    raise SeveralPlaces(f"several places are called {text!r}: {shown}. Ask with the state (Portland, OR) or by code")


def _nothing(text: str, units: list[Place]) -> str:
    name, state = _readings(text)[-1]
    near = _nearest(_kind(_spelled(name))[0], [u for u in units if state in (None, u.state_code)])
    there = f"the nearest names: {_some(near)}" if near else _codes_help()
    where = f" in {state}" if state else ""
    return f"no place is called {name!r}{where}: {there}"


def _nearest(name: str, units: list[Place]) -> list[Place]:
    if not name or not units:
        return []
    spelled = sorted({u.spelled for u in units})
    ranked = duckdb.execute(
        "select name from (select unnest(?) as name) order by jaro_winkler_similarity(name, ?) desc, name limit ?",
        [spelled, name, NEAREST],
    ).fetchall()
    first: dict[str, Place] = {}
    for unit in sorted(units, key=lambda u: -(u.population or 0)):
        first.setdefault(unit.spelled, unit)
    return [first[found] for (found,) in ranked]


def _some(places: list[Place]) -> str:
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return "; ".join(str(place) for place in places[:SHOWN]) + more


def _codes_help() -> str:
    return "a GEOID has 2 digits for a state, 5 for a county, 7 for a city, 10 for a town"
