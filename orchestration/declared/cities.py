"""Cities' incident data sets on Socrata: one TOML file for each in cities/, named <city>-<id>.toml.

What belongs here: the format of such a file, validated when it is read. What does not: how a set is requested
(sources.socrata), which code belongs to which offense family (seed incident_offense_codes).

A file's keys:

    id, title, first_month, last_month   as on the portal; without last_month the set still grows
    domain                               the portal's host
    says_so, unverified                  where the column names are documented, and what nobody has confirmed
    like                                 the id of another set: its city, counts, columns and headers are reused
    by_year                              true: a new set starts every January, and it is captured by year
    asked_nightly                        false: the set is requested only by name, not in every run
    [city]                               code, name and GEOID (census)
    [counts]                             publisher and series, what one row counts, how the sets of a series combine,
                                         and the days until a month's count is final
    [columns]                            every column requested: its role (`is`, at most one of those below), its
                                         meaning (`means`), and which part of a `version` it belongs to: a row in
                                         which that part has changed is a newer version
    [headers]                            headers of the portal's CSV export that are not the API's names with other case
                                         and punctuation
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).with_name("cities")
# The last month that a backfill may name: partitions are declared, not taken from the clock.
LAST_MONTH = "2027-12"
# Socrata's own id of a row, as the API and the export call it; and our field for it, because a column's name in SQL may
# not begin with a colon.
ROW_ID, ROW_ID_FIELD = ":id", "socrata_id"

# key: identifies a row. report_date, occurrence_date: its days (a city may publish no report date).
# code: the offense. domestic: the flag of domestic or family violence. supplement: the column that marks rows that add
# to a report counted before. victim_group: the victim's descent or race.
Role = Literal["key", "report_date", "occurrence_date", "code", "domestic", "supplement", "victim_group"]
ROLES: tuple[Role, ...] = get_args(Role)
Part = Literal["status", "words", "place", "area", "number"]
PARTS: tuple[Part, ...] = get_args(Part)
_MONTH = r"(19|20)\d\d-(0[1-9]|1[0-2])"


class BadDeclaration(ValueError):
    """A file that declares a set wrongly: names the file, the key and what is wrong."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Column(_Form):
    """One column of a set."""

    means: str = Field(min_length=1)
    role: Role | None = Field(None, alias="is")
    version: Part | None = None


class City(_Form):
    """Whose reports they are. geoid: seven digits, of the census's place."""

    code: str = Field(pattern=r"[a-z_]+")
    name: str = Field(min_length=1)
    geoid: str = Field(pattern=r"^\d{7}$")


class Counts(_Form):
    """What a count of rows means. combination: `adds` (sets have different rows) or `fuller` (the same ones)."""

    publisher: str = Field(min_length=1)
    series: str = Field(min_length=1)
    what: str = Field(min_length=1)
    combination: Literal["adds", "fuller"]
    settle_days: int = Field(ge=0)


class CitySet(_Form):
    """One data set of one city: the publisher's names for the things that the models read."""

    id: str = Field(pattern=r"^[a-z0-9]{4}-[a-z0-9]{4}$")
    domain: str = Field(pattern=r"^[a-z0-9.-]+\.[a-z]+$")
    title: str = Field(min_length=1)
    first_month: str = Field(pattern=f"^{_MONTH}$")
    last_month: str | None = Field(None, pattern=f"^{_MONTH}$")
    says_so: str = Field(min_length=1)
    unverified: str = ""
    like: str | None = None
    by_year: bool = False
    asked_nightly: bool = True
    place: City = Field(alias="city")
    counts: Counts
    declared: dict[str, Column] = Field(alias="columns")
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> CitySet:
        roles = [column.role for column in self.declared.values() if column.role]
        if twice := sorted({role for role in roles if roles.count(role) > 1}):
            raise ValueError(f"two columns are {', '.join(twice)}")
        if missing := [role for role in ("key", "occurrence_date", "code") if role not in roles]:
            raise ValueError(f"no column is {', '.join(missing)}")
        if unknown := sorted(set(self.headers.values()) - set(self.declared)):
            raise ValueError(f"headers name columns that are not declared: {', '.join(unknown)}")
        return self

    @property
    def city(self) -> str:
        return self.place.code

    @property
    def series(self) -> str:
        return self.counts.series

    def column(self, role: Role) -> str | None:
        """The column that is this; None if the city publishes none."""
        return next((name for name, column in self.declared.items() if column.role == role), None)

    @cached_property
    def key(self) -> str:
        return str(self.column("key"))

    @cached_property
    def report_date(self) -> str | None:
        return self.column("report_date")

    @cached_property
    def occurrence_date(self) -> str:
        return str(self.column("occurrence_date"))

    @property
    def month_date(self) -> str:
        """The column whose month a row is counted under."""
        return self.report_date or self.occurrence_date

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The columns by which months are counted; the first is the offense's code or its text."""
        wanted: tuple[Role, ...] = ("code", "domestic", "supplement", "victim_group")
        return tuple(name for role in wanted if (name := self.column(role)))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns requested for full rows, the row's own id last."""
        wanted = (self.key, self.month_date, self.occurrence_date, *self.groups, *self.declared)
        return (*dict.fromkeys(wanted), ROW_ID)

    def months(self) -> list[str]:
        """The months of a backfill, YYYY-MM."""
        return months(self.first_month, self.last_month or LAST_MONTH)


def months(first: str, last: str) -> list[str]:
    """Every month from one to another, both YYYY-MM and both included."""
    found, year, month = [], int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        found.append(f"{year:04}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def load(folder: Path = FOLDER) -> tuple[CitySet, ...]:
    """Every declared set, by the names of the files. Raises BadDeclaration."""
    texts: dict[Path, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            texts[path] = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise BadDeclaration(f"{path.name}: not TOML: {error}") from error
    by_id = {str(text.get("id")): text for text in texts.values()}
    found = tuple(_read(path, text, by_id) for path, text in texts.items())
    _must_agree(found)
    return found


def _read(path: Path, text: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> CitySet:
    if (like := text.get("like")) and (like not in by_id or "like" in by_id[like]):
        raise BadDeclaration(f"{path.name}: like = {like!r} names no set that stands alone")
    inherited = by_id[like] if like else {}
    shared = {name: inherited[name] for name in ("domain", "city", "counts", "columns", "headers") if name in inherited}
    try:
        city_set = CitySet.model_validate({**shared, **text})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'columns'}: {e['msg']}" for e in error.errors())
        raise BadDeclaration(f"{path.name}: {faults}") from error
    if path.stem != f"{city_set.city}-{city_set.id}":
        raise BadDeclaration(f"{path.name}: the file must be called {city_set.city}-{city_set.id}.toml")
    return city_set


def _must_agree(sets: tuple[CitySet, ...]) -> None:
    """The models read a column by its name, in whichever city: it must be the same thing in all of them."""
    roles: dict[str, tuple[Role | None, str]] = {}
    for city_set in sets:
        for name, column in city_set.declared.items():
            role, before = roles.setdefault(name, (column.role, city_set.id))
            if role != column.role:
                raise BadDeclaration(
                    f"column {name!r} is {column.role or 'a detail'} in {city_set.id} and {role or 'a detail'} in"
                    f" {before}: leave it out of one of them, or teach macros/incident_fields.sql to tell them apart"
                )


SETS = load()
BY_ID = {city_set.id: city_set for city_set in SETS}
# The portals that requests may go to.
DOMAINS = tuple(dict.fromkeys(city_set.domain for city_set in SETS))
