"""US Census Bureau: population and Hispanic origin of states, counties and places (ACS 5-year).

What belongs here: the question and the form of the answer. What does not:
which unit is meant by a printed name (dbt, identity).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from orchestration.sources.base import Dataset, Known, Payload, Record, Slice, SourceError, as_text, due, utc_now
from orchestration.sources.states import STATES

if TYPE_CHECKING:
    from orchestration.fetching.session import Web
    from orchestration.settings import Settings

# Total population; of Hispanic or Latino origin.
VARIABLES = ("NAME", "B01003_001E", "B03003_003E")
LEVELS = ("place", "county", "state")
# The five-year estimates of a year come out in December of the year after, or some months later.
_PUBLICATION_LAG_YEARS = (1, 2, 3)


class Places(Dataset):
    """Every place, county and state with its population and its Hispanic population."""

    source = "census"
    name = "places"
    domain = "reference"
    title = "Government units: population and Hispanic origin, American Community Survey 5-year estimates"
    publisher = "US Census Bureau"
    homepage = "https://www.census.gov/data/developers/data-sets/acs-5year.html"
    policy = "replace"
    required = ("level", "NAME", "B01003_001E", "state", "year")
    optional = ("B03003_003E", "county", "place", "HISPANIC_SHARE")
    partitioned_by = "state"
    needs_key = "census_api_key"
    base_url_setting = "census_url"
    max_age = timedelta(days=400)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """One slice a level and state, asked for once a month: the estimates come out once a year."""
        return due(self.all_slices(), known, timedelta(days=30))

    def all_slices(self) -> list[Slice]:
        """One slice a level and state: the API asks for a state with every place or county."""
        return [
            Slice(f"{level}:{state.fips}", {"level": level, "fips": state.fips, "state": state.postal})
            for state in STATES
            for level in LEVELS
        ]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """One request: an answer is never paged. The newest year that is out, which a 404 tells."""
        level, fips = slice_.params["level"], slice_.params["fips"]
        params = {"get": ",".join(VARIABLES), "for": f"{level}:{fips}" if level == "state" else f"{level}:*"}
        if level != "state":
            params["in"] = f"state:{fips}"
        assert settings.census_api_key is not None
        for lag in _PUBLICATION_LAG_YEARS:
            year = str(utc_now().year - lag)
            answer = web.get(
                f"{settings.census_url}/{year}/acs/acs5",
                params=params,
                secret_params={"key": settings.census_api_key.get_secret_value()},
                accept_status=frozenset({404}),
                context={"level": level, "year": year},
            )
            if answer.status == 404:
                continue
            if answer.body.lstrip()[:1] == b"<":
                # A missing or refused key is answered with 200 and a page for people.
                what = "a page came instead of data: is CENSUS_API_KEY valid?"
                raise SourceError(self.id, slice_.key, what, url=answer.url)
            yield answer
            return
        raise SourceError(self.id, slice_.key, f"no estimates of the last {len(_PUBLICATION_LAG_YEARS)} years")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a unit, from a header row and rows of text; negative sentinels stay the text they are.

        Raises SourceError where the answer is not that, or a row has another width than the header.
        """
        try:
            rows = json.loads(payload.body)
        except ValueError as error:
            raise SourceError(self.id, "?", f"not a header row and rows: {error}", url=payload.url) from error
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
            raise SourceError(self.id, "?", f"not a header row and rows: {str(rows)[:200]}", url=payload.url)
        header, *units = rows
        level, year = payload.context["level"], payload.context["year"]
        for row in units:
            if len(row) != len(header):
                raise SourceError(self.id, "?", f"a row of {len(row)} under {len(header)} headers", url=payload.url)
            yield {
                "level": level,
                "year": year,
                **{name: as_text(value) for name, value in zip(header, row, strict=True)},
            }


DATASETS = (Places(),)
