"""FBI Crime Data Explorer: agencies, and what each reported by month and offence.

What belongs here: the questions, the budget of a night, and how one agency's
series is told from the state's and the nation's beside it. What does not:
what a zero or a negative count means (dbt).
"""

from __future__ import annotations

import csv
import json
import weakref
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.sources.base import Dataset, Known, Payload, Record, Slice, SourceError, as_text, due, utc_now
from orchestration.sources.states import STATES

if TYPE_CHECKING:
    from orchestration.fetching.session import Web
    from orchestration.settings import Settings

OFFENSES = ("HOM", "RPE", "ROB", "ASS", "BUR", "LAR", "MVT", "ARS")
# About 1,000 requests an hour a key; a night stays under it and leaves room for the agencies' lists.
REQUESTS_A_NIGHT = 840
FIRST_MONTH = date(2016, 1, 1)
_STATE_SERIES = {state.name for state in STATES} | {"United States"}
# The agencies of the study's cities: committed, because which agencies are asked for is our choice.
STUDY_AGENCIES = Path(__file__).with_name("study_agencies.csv")


@cache
def study_agencies() -> tuple[dict[str, str], ...]:
    """ori, state_abbr, city of each agency that the study follows."""
    with STUDY_AGENCIES.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


class Agencies(Dataset):
    """Every law-enforcement agency of a state."""

    source = "fbi"
    name = "agencies"
    domain = "crime"
    title = "Law-enforcement agencies: ORI, type, counties, NIBRS start"
    publisher = "FBI Crime Data Explorer"
    homepage = "https://cde.ucr.cjis.gov"
    policy = "replace"
    required = ("ori", "agency_name", "agency_type_name", "state_abbr")
    optional = ("state_name", "counties", "is_nibrs", "nibrs_start_date", "latitude", "longitude")
    key = ("ori",)
    partitioned_by = "state"
    needs_key = "data_gov_api_key"
    base_url_setting = "fbi_cde_url"
    max_age = timedelta(days=90)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """The states of the study, once a week: agencies come and go by the year."""
        wanted = sorted({agency["state_abbr"] for agency in study_agencies()})
        return due([Slice(state, {"state": state}) for state in wanted], known, timedelta(days=7))

    def all_slices(self) -> list[Slice]:
        """Every state there is."""
        return [Slice(state.postal, {"state": state.postal}) for state in STATES]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        yield web.get(
            f"{settings.fbi_cde_url}/agency/byStateAbbr/{slice_.key}",
            secret_headers=_key(settings),
            media_type="json",
            context={"state_abbr": slice_.key},
        )

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record an agency; an agency of several counties stands under each and is given once.

        Raises SourceError where the answer is not lists of agencies keyed by county.
        """
        by_county = _answer(self.id, payload)
        if not by_county or not all(isinstance(agencies, list) for agencies in by_county.values()):
            raise SourceError(self.id, "?", "not lists of agencies keyed by county", url=payload.url)
        seen: set[str] = set()
        for county in by_county.values():
            for agency in county:
                ori = str(agency.get("ori"))
                if ori not in seen:
                    seen.add(ori)
                    yield {name: as_text(value) for name, value in agency.items()}


class AgencyMonths(Dataset):
    """What an agency reported by month: offences known and cleared, summary series."""

    source = "fbi"
    name = "agency_months"
    domain = "crime"
    title = "Offences known and cleared by agency and month"
    publisher = "FBI Crime Data Explorer"
    homepage = "https://cde.ucr.cjis.gov"
    policy = "replace"
    required = ("ori", "offense_code", "month", "actual")
    optional = ("series_name", "cleared", "population", "participated_population", "state_abbr", "max_data_date",
                "last_refresh_date")  # fmt: skip
    key = ("ori", "offense_code", "month")
    high_water_field = "last_refresh_date"
    partitioned_by = "state"
    needs_key = "data_gov_api_key"
    base_url_setting = "fbi_cde_url"
    max_age = timedelta(days=60)
    min_volume_ratio = 0.9

    def __init__(self) -> None:
        # The refresh date is the same for every agency of a night: asked for once a session.
        self._refreshed: weakref.WeakKeyDictionary[Web, str] = weakref.WeakKeyDictionary()

    def slices(self, settings: Settings, known: Known) -> list[Slice]:
        """One slice an agency, stalest first, as many as a night's budget of requests allows."""
        return due(self.all_slices(), known)[: REQUESTS_A_NIGHT // len(OFFENSES)]

    def all_slices(self) -> list[Slice]:
        """Every agency of the study."""
        return [Slice(a["ori"], {"state": a["state_abbr"], "ori": a["ori"]}) for a in study_agencies()]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: Known) -> Iterator[Payload]:
        """Nothing where the publisher has not refreshed since the last capture; else one request an offence.

        400 is the publisher's way of saying that it has no data for the pair of agency and offence.
        """
        refreshed = self._refresh_date(web, settings)
        if refreshed and refreshed == known.high_water(slice_.key):
            return
        today = utc_now()
        window = {"from": f"{FIRST_MONTH:%m-%Y}", "to": f"{today:%m-%Y}"}
        for offense in OFFENSES:
            yield web.get(
                f"{settings.fbi_cde_url}/summarized/agency/{slice_.key}/{offense}",
                params=window,
                secret_headers=_key(settings),
                accept_status=frozenset({400}),
                media_type="json",
                context={"ori": slice_.key, "offense_code": offense, "state_abbr": slice_.params["state"]},
            )

    def _refresh_date(self, web: Web, settings: Settings) -> str:
        """The publisher's day of refresh, or "" where it does not tell: then every agency is asked for."""
        if web not in self._refreshed:
            answer = web.get(
                f"{settings.fbi_cde_url}/refresh-date",
                secret_headers=_key(settings),
                accept_status=frozenset({400, 404}),
                role="control",
            )
            self._refreshed[web] = _sortable(_date_in(answer.body)) or "" if answer.status == 200 else ""
        return self._refreshed[web]

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a month: the agency's own series, chosen by its name; null stays null.

        The answer holds the state's and the nation's series beside the agency's. Raises SourceError where not
        exactly one series is the agency's.
        """
        if payload.status == 400:
            return
        answer = _answer(self.id, payload)
        actuals = (answer.get("offenses") or {}).get("actuals") or {}
        if not actuals:
            return
        name = self._agency_name(actuals, payload)
        offenses = actuals[f"{name} Offenses"] or {}
        cleared = actuals.get(f"{name} Clearances") or {}
        populations = answer.get("populations") or {}
        population = (populations.get("population") or {}).get(name) or {}
        participated = (populations.get("participated_population") or {}).get(name) or {}
        properties = answer.get("cde_properties") or {}
        for month, actual in offenses.items():
            yield {
                "ori": payload.context["ori"],
                "state_abbr": payload.context.get("state_abbr"),
                "offense_code": payload.context["offense_code"],
                "series_name": name,
                "month": month,
                "actual": as_text(actual),
                "cleared": as_text(cleared.get(month)),
                "population": as_text(population.get(month)),
                "participated_population": as_text(participated.get(month)),
                "max_data_date": _innermost(properties.get("max_data_date")),
                "last_refresh_date": _innermost(properties.get("last_refresh_date")),
            }

    def _agency_name(self, actuals: dict[str, Any], payload: Payload) -> str:
        names = [key.removesuffix(" Offenses") for key in actuals if key.endswith(" Offenses")]
        own = [name for name in names if name not in _STATE_SERIES]
        if len(own) != 1:
            where = f"{payload.context['ori']} {payload.context['offense_code']}"
            raise SourceError(self.id, where, f"expected one agency's series, found {own} in {names}", url=payload.url)
        return own[0]

    def high_water(self, record: Record) -> str | None:
        return _sortable(record.get("last_refresh_date"))

    def content_newest(self, record: Record) -> date | None:
        month = record.get("month")
        if month is None or record.get("actual") is None:
            return None
        return datetime.strptime(month, "%m-%Y").replace(tzinfo=UTC).date()


def _key(settings: Settings) -> dict[str, str]:
    """api.data.gov takes the key as a header, so that no URL ever holds it."""
    assert settings.data_gov_api_key is not None
    return {"X-Api-Key": settings.data_gov_api_key.get_secret_value()}


def _answer(dataset: str, payload: Payload) -> dict[str, Any]:
    try:
        answer = json.loads(payload.body)
    except ValueError as error:
        raise SourceError(dataset, "?", f"not JSON: {error}", url=payload.url) from error
    if not isinstance(answer, dict):
        raise SourceError(dataset, "?", "not a JSON object", url=payload.url)
    return answer


def _innermost(value: object) -> str | None:
    """cde_properties holds a text, or an object that holds one by product (`{"UCR": "04/2026"}`)."""
    while isinstance(value, dict):
        value = value["UCR"] if "UCR" in value else next(iter(value.values()), None)
    return as_text(value)


def _sortable(day: str | None) -> str | None:
    """A US date as an ISO one, so that later days are greater; any other text as it is, to be compared only."""
    for form in ("%m/%d/%Y", "%B %d, %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime((day or "").strip(), form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return day


def _date_in(body: bytes) -> str:
    """The refresh date as the publisher writes it: the answer's form is not documented, its text is compared."""
    try:
        return _innermost(json.loads(body)) or ""
    except ValueError:
        return body.decode("utf-8", "replace").strip()


DATASETS = (Agencies(), AgencyMonths())
