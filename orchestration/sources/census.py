"""US Census Bureau: people and Hispanic origin of states, counties and places; the code of every unit.

What belongs here: the requests and the format of the responses. What does not: which government unit a printed name
means (dbt, identity).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, archives, jsons, tables
from orchestration.settings import Settings
from orchestration.sources.answers import body_of, json_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due
from orchestration.sources.fields import NUMBER, STATE_CODE, TEXT, WHOLE, YEAR, each, matching, one_of, typed
from orchestration.sources.states import STATES
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, as_text, utc_now

# Total population; of Hispanic or Latino origin.
VARIABLES = ("NAME", "B01003_001E", "B03003_003E")
LEVELS = ("place", "county", "state")
# Towns and townships: county subdivisions that govern, in the twenty states that have them (Census of Governments).
TOWN = "town"
TOWN_STATES = (
    "CT", "IL", "IN", "KS", "MA", "ME", "MI", "MN", "MO", "ND", "NE", "NH", "NJ", "NY", "OH", "PA", "RI", "SD", "VT",
    "WI",
)  # fmt: skip
_SUBDIVISION = "county subdivision"
# The five-year estimates of a year come out in December of the year after, or some months later.
_OUT_AFTER_YEARS = 3
_TOWNS_MAY_LACK_UNTIL = 2014
# The panels begin in this year; the API has five-year estimates since 2009.
FIRST_YEAR = 2012
# Years that are out do not change: a run asks for so many of their slices.
_MOST_EARLIER_A_RUN = 200


class Places(Dataset):
    """Every place, county, town and state with its population and its Hispanic population.

    The API gives the American Community Survey's five-year estimates. A record that was transcribed may be of another
    program of the bureau: POPULATION_SOURCE names it, and VINTAGE the year in which its estimates were made.
    """

    source = "census"
    name = "places"
    domain = "reference"
    title = "Government units: population and Hispanic origin"
    publisher = "US Census Bureau"
    terms = FEDERAL
    homepage = "https://www.census.gov/data/developers/data-sets/acs-5year.html"
    policy = "replace"
    required = ("level", "NAME", "B01003_001E", "state", "year")
    optional = ("B03003_003E", "county", "place", "subdivision", "HISPANIC_SHARE", "POPULATION_SOURCE", "VINTAGE")
    # The bureau's sentinels for "not available" are whole numbers too, large and negative.
    types = typed({
        "level": one_of(*LEVELS, TOWN), "NAME": TEXT, **each(("B01003_001E", "B03003_003E"), WHOLE),
        "state": matching(r"\d{2}", "a state's two digits"), "county": matching(r"\d{3}", "a county's three digits"),
        "place": matching(r"\d{5}", "a place's five digits"),
        "subdivision": matching(r"\d{5}", "a county subdivision's five digits"), "year": YEAR, "HISPANIC_SHARE": NUMBER,
        "POPULATION_SOURCE": one_of("census of 2020", "Population Estimates Program"), "VINTAGE": YEAR,
    })  # fmt: skip
    partitioned_by = "state"
    needs_key = "census_api_key"
    base_url_setting = "census_url"
    max_age = timedelta(days=400)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The years that may have come out, once a month; earlier ones once a year, some of them a run."""
        newest = utc_now().year - _OUT_AFTER_YEARS
        moving: list[Slice] = []
        earlier: list[Slice] = []
        for slice_ in self.all_slices():
            (moving if int(slice_.params["year"]) > newest else earlier).append(slice_)
        rest = due(earlier, known, timedelta(days=365))
        return [*due(moving, known, timedelta(days=30)), *rest[:_MOST_EARLIER_A_RUN]]

    def all_slices(self) -> list[Slice]:
        """One slice a level, state and year: the API wants a state with every place, county or county subdivision."""
        return [
            Slice(
                f"{level}:{state.fips}:{year}",
                {"level": level, "fips": state.fips, "state": state.postal, "year": str(year)},
            )
            for state in STATES
            for level in (*LEVELS, *([TOWN] if state.postal in TOWN_STATES else []))
            for year in range(FIRST_YEAR, utc_now().year)
        ]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """One request: an answer is never paged. Nothing if the year's estimates are not out yet, or lack its towns.

        Raises SourceError if they are not there though they must be: three years later, or once they were captured.
        """
        level, fips, year = slice_.params["level"], slice_.params["fips"], slice_.params["year"]
        asked = _SUBDIVISION if level == TOWN else level
        params = {"get": ",".join(VARIABLES), "for": f"{asked}:{fips}" if level == "state" else f"{asked}:*"}
        if level != "state":
            params["in"] = f"state:{fips} county:*" if level == TOWN else f"state:{fips}"
        assert settings.census_api_key is not None
        answer = web.get(
            f"{settings.census_url}/{year}/acs/acs5",
            params=params,
            secret_params={"key": settings.census_api_key.get_secret_value()},
            accept_status=frozenset({400, 404}),
            context={"level": level, "year": year},
        )
        if answer.status == 400:
            # The estimates of 2010 give towns of one county alone, and those of other early years may do so too
            # (https://github.com/CT-Data-Haven/cwi/issues/7).
            if level == TOWN and int(year) <= _TOWNS_MAY_LACK_UNTIL and b"geography" in answer.body:
                return
            raise SourceError(self.id, slice_.key, f"HTTP 400: {jsons.excerpt(answer.body)}", url=answer.url)
        if answer.status == 404:
            if any(known.rows(self.id, ["year"], {slice_.key})):
                what = f"the estimates of {year}, which were captured, are no longer there"
                raise SourceError(self.id, slice_.key, what, url=answer.url)
            if utc_now().year - int(year) >= _OUT_AFTER_YEARS:
                raise SourceError(self.id, slice_.key, f"there are no estimates of {year}", url=answer.url)
            return
        if answer.body.lstrip()[:1] == b"<":
            # A missing or refused key is answered with 200 and a page for people.
            what = "a page came instead of data: is CENSUS_API_KEY valid?"
            raise SourceError(self.id, slice_.key, what, url=answer.url)
        yield answer

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a unit, from a header row and rows of text; negative sentinels stay the text they are.

        Raises SourceError where the answer is not that, or a row has another width than the header.
        """
        rows = json_of(self.id, payload)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
            what = f"not a header row and rows: {jsons.excerpt(payload.body)}"
            raise SourceError(self.id, "?", what, url=payload.url)
        header, *units = rows
        if not all(isinstance(name, str) for name in header):
            raise SourceError(self.id, "?", f"a header is no text: {jsons.excerpt(payload.body)}", url=payload.url)
        try:
            tables.must_be_a_header(header)
        except Unreadable as error:
            raise SourceError(self.id, "?", str(error), url=payload.url) from error
        header = ["subdivision" if name == _SUBDIVISION else name for name in header]
        level, year = payload.context["level"], payload.context["year"]
        parts = [position for position, name in enumerate(header) if name in (*LEVELS, "subdivision")]
        places = [tuple(as_text(row[position]) for position in parts if position < len(row)) for row in units]
        if len(set(places)) < len(places):
            raise SourceError(self.id, "?", "a unit came twice: as many others did not come", url=payload.url)
        for row in units:
            if len(row) != len(header):
                raise SourceError(self.id, "?", f"a row of {len(row)} under {len(header)} headers", url=payload.url)
            yield {
                "level": level,
                "year": year,
                **{name: as_text(value) for name, value in zip(header, row, strict=True)},
            }


# The national files, and the length of a GEOID in each. County subdivisions are the towns and townships of twenty
# states and, elsewhere, statistical divisions: FUNCSTAT or the name shows which of them govern (dbt, identity).
# The files of a year come out in its second half.
GAZETTEER_FILES = {
    "places": ("Gaz_place_national", 7),
    "counties": ("Gaz_counties_national", 5),
    "cousubs": ("Gaz_cousubs_national", 10),
}


class Gazetteer(Dataset):
    """Every place, county and county subdivision with its code: who could be meant by a printed name."""

    source = "census"
    name = "gazetteer"
    domain = "reference"
    title = "Gazetteer: codes and names of every place, county and county subdivision"
    publisher = "US Census Bureau"
    terms = FEDERAL
    homepage = "https://www.census.gov/geographies/reference-files/time-series/geo/gazetteer-files.html"
    policy = "replace"
    required = ("USPS", "GEOID", "NAME")
    optional = ("GEOIDFQ", "ANSICODE", "LSAD", "FUNCSTAT", "ALAND", "AWATER", "ALAND_SQMI", "AWATER_SQMI",
                "INTPTLAT", "INTPTLONG")  # fmt: skip
    types = typed({"USPS": STATE_CODE, "GEOID": matching(r"\d{5}|\d{7}|\d{10}", "a GEOID"), "NAME": TEXT})
    key = ("GEOID",)
    gives_each_key_once = True
    base_url_setting = "census_files_url"
    max_age = timedelta(days=400)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Places, counties and county subdivisions, requested every three months: the files change once a year."""
        return due(self.all_slices(), known, timedelta(days=90))

    def all_slices(self) -> list[Slice]:
        """Places, counties and county subdivisions."""
        return [Slice(level, {"level": level}) for level in GAZETTEER_FILES]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The newest published year; a 404 shows which is not.

        Raises SourceError where a year that was captured is not there any more: an older one must not take its place.
        """
        file, _ = GAZETTEER_FILES[slice_.key]
        held = known.told_as_of(slice_.key)
        for year in (utc_now().year, utc_now().year - 1):
            answer = web.get(
                f"{settings.census_files_url}/{year}_Gazetteer/{year}_{file}.zip",
                accept_status=frozenset({404}),
                context={"level": slice_.key, **_as_of(year)},
            )
            if answer.status == 404:
                continue
            if held is not None and year < held.year:
                what = f"the file of {held.year}, which was captured, is no longer there, only that of {year}"
                raise SourceError(self.id, slice_.key, what, url=answer.url)
            yield answer
            return
        raise SourceError(self.id, slice_.key, "neither this year's file nor last year's is out")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a unit. Fields are parted by pipes since 2025, by tabs before; the last header has blanks.

        Raises SourceError where there is not one text with that header, or a GEOID of another length.
        """
        try:
            yield from self._units(payload)
        except Unreadable as error:
            raise SourceError(self.id, "?", str(error), url=payload.url) from error

    def _units(self, payload: Payload) -> Iterator[Record]:
        body = self._body(payload)
        table = tables.read(
            body,
            delimiter=lambda line: "|" if "|" in line else "\t",
            quoting=csv.QUOTE_NONE,
            # The files before 2020 are in Latin-1 where a name has an accent.
            encoding=None if tables.is_utf8(body) else "latin-1",
        )
        header = [name.strip() for name in table.header]
        if missing := [name for name in self.required if name not in header]:
            what = f"no {', '.join(missing)} in the header {' '.join(header)[:200]!r}"
            raise SourceError(self.id, "?", what, url=payload.url)
        lengths = {length for level, (_, length) in GAZETTEER_FILES.items() if payload.context.get("level") == level}
        is_empty = True
        for _, cells in table.rows:
            is_empty = False
            row = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True) if name}
            if lengths and len(row["GEOID"] or "") not in lengths:
                what = f"a GEOID of another length: {(row['GEOID'] or '')[:80]!r}"
                raise SourceError(self.id, payload.context["level"], what, url=payload.url)
            yield row
        if is_empty:
            raise Unreadable("not one unit under its header")

    def _body(self, payload: Payload) -> bytes:
        """The text, out of the zip where it came in one."""
        body = payload.body
        if not archives.is_zip(body):
            return body
        texts = [info for info in archives.members(body) if info.filename.endswith(".txt")]
        if len(texts) != 1:
            raise Unreadable(f"not a zip of one text: it holds {len(texts)}")
        return archives.content(body, texts[0])

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A gazetteer file of places, counties or county subdivisions, as a zip or as its text."""
        level = next((level for level, (file, _) in GAZETTEER_FILES.items() if file in path.name), None)
        if level is None:
            names = " or ".join(file for file, _ in GAZETTEER_FILES.values())
            raise SourceError(self.id, path.name, f"a gazetteer file has {names} in its name")
        when = retrieved_at or utc_now()
        named = re.match(r"(20\d\d)_Gaz_", path.name)
        context = {"level": level, **(_as_of(int(named[1])) if named else {})}
        payload = Payload(body_of(self.id, path), f"file:{path.name}", when, method="FILE", context=context)
        yield Batch(Slice(level, {"level": level}), [payload], when)


def _as_of(year: int) -> dict[str, str]:
    """A gazetteer's content is the units as of the first of January of its year."""
    return {"content_as_of": datetime(year, 1, 1, tzinfo=UTC).isoformat()}


DATASETS = (Places(), Gazetteer())
