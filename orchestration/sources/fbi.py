"""FBI Crime Data Explorer: agencies, what each reported by month and offense, and the states' and the nation's series.

What belongs here: what is requested, and finding the requested series in the response. What does not: the key and its
budget of requests (fbi_api), the formats of dates (fbi_dates), files (fbi_files), which agencies matter (dbt decides;
the choice is read from the last release), what a zero or a negative count means (dbt).
"""

from __future__ import annotations

import csv
import re
import weakref
from abc import abstractmethod
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.declared import fbi as declared_fbi
from orchestration.declared import seeds
from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.answers import object_of, objects_in
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice, due
from orchestration.sources.fbi_api import CDE, CONTROL, HOUR, control_budget
from orchestration.sources.fbi_dates import date_in, innermost, is_iso, month_of, shown_month, sortable
from orchestration.sources.fields import NUMBER, SHOWN_DATE, STATE_CODE, TEXT, WHOLE, each, matching, one_of, typed
from orchestration.sources.states import BY_POSTAL, STATES
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, RunOver, SourceError, as_text, utc_now

OFFENSES = tuple(offense.code for offense in declared_fbi.OFFENSES)
FIRST_MONTH = date(2016, 1, 1)
NATION = "US"
_NATION_NAME = "United States"
_MONTH = re.compile(r"(0[1-9]|1[0-2])-\d{4}")
_ORI = matching("[A-Z0-9]{9}", "an ORI of nine characters")
# null is no zero: an agency that sends nothing has months without a count.
_COUNTS = {
    "offense_code": one_of(*OFFENSES), "month": matching(_MONTH.pattern, "a month (mm-yyyy)"),
    "actual": WHOLE.or_all_empty, **each(("cleared", "population", "participated_population"), WHOLE),
    # Written otherwise it would date nothing, and what stands in months to come would be counts.
    "max_data_date": matching(r"(0?[1-9]|1[0-2])/\d{4}", "a month (mm/yyyy)"),
}  # fmt: skip
_AREA_NAMES = {row["name"] for row in seeds.rows("states")} | {_NATION_NAME, "U.S. Virgin Islands"}
# The agencies of the study's cities: committed, because the choice of agencies is ours.
STUDY_AGENCIES = Path(__file__).with_name("study_agencies.csv")
# The last release's answer to "whose agencies matter": the names of awards, lists and agencies meet there.
CHOICE = "meta.agency_choice"


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
    terms = FEDERAL
    homepage = "https://cde.ucr.cjis.gov"
    policy = "replace"
    required = ("ori", "agency_name", "agency_type_name", "state_abbr")
    optional = ("state_name", "counties", "is_nibrs", "nibrs_start_date", "latitude", "longitude")
    types = typed({
        "ori": _ORI, "agency_name": TEXT, "agency_type_name": TEXT.or_empty, "state_abbr": STATE_CODE,
        "is_nibrs": one_of("true", "false"), "nibrs_start_date": SHOWN_DATE.or_unread,
        **each(("latitude", "longitude"), NUMBER),
    })  # fmt: skip
    key = ("ori",)
    partitioned_by = "state"
    needs_key = "data_gov_api_key"
    base_url_setting = "fbi_cde_url"
    max_age = timedelta(days=90)
    min_volume_ratio = 0.9

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """Every state, once a week: agencies come and go, and their names decide which of them matter."""
        return due(self.all_slices(), known, timedelta(days=7))

    def all_slices(self) -> list[Slice]:
        """Every state there is."""
        return [Slice(state.postal, {"state": state.postal}) for state in STATES]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """One request; a state that the publisher does not know (400, 404) has no agencies to list."""
        path, context = f"/agency/byStateAbbr/{slice_.key}", {"state_abbr": slice_.key}
        answer = CDE.get(self.id, slice_.key, web, settings, path, media_type="json", context=context)
        if answer.status != 200:
            raise SourceError(self.id, slice_.key, f"HTTP {answer.status} for a state's agencies", url=answer.url)
        yield answer

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record an agency; an agency of several counties stands under each and is given once.

        Raises SourceError where the answer is not lists of agencies keyed by county.
        """
        by_county = object_of(self.id, payload)
        if not by_county or not all(isinstance(agencies, list) for agencies in by_county.values()):
            raise SourceError(self.id, "?", "not lists of agencies keyed by county", url=payload.url)
        seen: set[str] = set()
        for name, county in by_county.items():
            for agency in objects_in(self.id, county, f"the county {name[:80]!r}", url=payload.url):
                ori = as_text(agency.get("ori"))
                # Agencies without an ORI are not one agency.
                if ori is None or ori not in seen:
                    seen.add(ori or "")
                    yield {name: as_text(value) for name, value in agency.items()}


class _Months(Dataset):
    """Offenses by month: what an agency's months and an area's have in common."""

    source = "fbi"
    domain = "crime"
    publisher = "FBI Crime Data Explorer"
    terms = FEDERAL
    homepage = "https://cde.ucr.cjis.gov"
    policy = "replace"
    high_water_field = "last_refresh_date"
    partitioned_by = "state"
    needs_key = "data_gov_api_key"
    base_url_setting = "fbi_cde_url"
    max_age = timedelta(days=60)
    # Each answer begins with the same month. A month that was in an answer may become null but does not disappear.
    min_volume_ratio = 1.0

    def __init__(self) -> None:
        # Of one run's session: the publisher's day of refresh, and the slices without changes.
        self._refreshed: weakref.WeakKeyDictionary[Web, str] = weakref.WeakKeyDictionary()
        self._quiet: weakref.WeakKeyDictionary[Web, set[str]] = weakref.WeakKeyDictionary()
        self._asked: weakref.WeakKeyDictionary[Web, set[str]] = weakref.WeakKeyDictionary()

    @abstractmethod
    def path(self, slice_: Slice) -> str:
        """The address of the slice's series, up to the offense."""

    @abstractmethod
    def about(self, slice_: Slice) -> dict[str, str]:
        """Facts of the slice that each record repeats."""

    @abstractmethod
    def begin(self, web: Web, settings: Settings) -> None:
        """Raise RunOver where a slice's requests are not within the budget any more."""

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Nothing if the publisher has not refreshed since the last request; else one request for each offense.

        400 is the publisher's way of saying that it has no data for the pair of agency and offense.
        Raises RunOver if the hour's budget is spent, or no slice has changed.
        """
        refreshed = self._refresh_date(web, settings)
        if not self._has_news(refreshed, slice_.key, known):
            self._nothing_new(web, settings, slice_, known, refreshed)
            return
        self.begin(web, settings)
        self._asked.setdefault(web, set()).add(slice_.key)
        today = utc_now()
        window = {"from": f"{FIRST_MONTH:%m-%Y}", "to": f"{today:%m-%Y}"}
        for offense in OFFENSES:
            answer = CDE.get(
                self.id,
                slice_.key,
                web,
                settings,
                f"{self.path(slice_)}/{offense}",
                params=window,
                media_type="json",
                context={"offense_code": offense, "refresh_date": refreshed, **self.about(slice_)},
            )
            if answer.status == 404:
                raise SourceError(self.id, slice_.key, f"HTTP 404 for {offense}", url=answer.url)
            yield answer

    def _has_news(self, refreshed: str, slice_key: str, known: EarlierCaptures) -> bool:
        """Whether the publisher has refreshed since; without data there is no date: days are compared."""
        if not refreshed:
            return True
        if high_water := known.high_water(slice_key):
            return high_water != refreshed
        checked = known.checked(slice_key)
        return checked is None or not is_iso(refreshed) or checked.date().isoformat() <= refreshed

    def _nothing_new(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures, refreshed: str) -> None:
        """Note one slice as checked; if no other has changed either, the run is over."""
        quiet = self._quiet.setdefault(web, set())
        quiet.add(slice_.key)
        asked = self._asked.get(web, set())
        rest = [s.key for s in self.slices(settings, known) if s.key not in asked | quiet] if len(quiet) == 2 else []
        if len(quiet) == 2 and not any(self._has_news(refreshed, key, known) for key in rest):
            raise RunOver(self.id, f"no refresh since {refreshed}", nothing_new=True)

    def _refresh_date(self, web: Web, settings: Settings) -> str:
        """The publisher's day of refresh, or "" if it gives none: then everything is requested."""
        if web not in self._refreshed:
            answer = CDE.get(self.id, "*", web, settings, "/refresh-date", role="control")
            self._refreshed[web] = sortable(date_in(answer.body)) or "" if answer.status == 200 else ""
        return self._refreshed[web]

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a month of one series, chosen by its name; null stays null.

        A response contains the agency's, its state's and the nation's series side by side. Raises SourceError where
        not exactly one of them is the requested one, or the answer has another shape.
        """
        if payload.status == 400:
            return
        offense = payload.context["offense_code"]
        where = f"{payload.context.get('ori') or payload.context.get('area')} {offense}"
        answer = object_of(self.id, payload)
        actuals = self._object(answer, where, payload, "offenses", "actuals")
        if not actuals:
            return
        name = self.series_name(actuals, where, payload)
        cleared = self._object(actuals, where, payload, f"{name} Clearances")
        population = self._object(answer, where, payload, "populations", "population", name)
        participated = self._object(answer, where, payload, "populations", "participated_population", name)
        properties = self._object(answer, where, payload, "cde_properties")
        facts = {key: value or None for key, value in payload.context.items()}
        for month, actual in self._object(actuals, where, payload, f"{name} Offenses").items():
            if not _MONTH.fullmatch(month):
                raise SourceError(self.id, where, f"a month is {month!r}, not mm-yyyy", url=payload.url)
            yield {
                **facts,
                "series_name": name,
                "month": month,
                "actual": as_text(actual),
                "cleared": as_text(cleared.get(month)),
                "population": as_text(population.get(month)),
                "participated_population": as_text(participated.get(month)),
                "max_data_date": innermost(properties.get("max_data_date")),
                "last_refresh_date": innermost(properties.get("last_refresh_date")),
            }

    @abstractmethod
    def series_name(self, actuals: dict[str, Any], where: str, payload: Payload) -> str:
        """The name of the one requested series."""

    def _object(self, answer: dict[str, Any], where: str, payload: Payload, *path: str) -> dict[str, Any]:
        """What lies on a path of objects; {} where a part is absent or null."""
        found: Any = answer
        for name in path:
            found = found.get(name)
            if found is None:
                return {}
            if not isinstance(found, dict):
                what = f"{'.'.join(path)} is {type(found).__name__}, not an object"
                raise SourceError(self.id, where, what, url=payload.url)
        return found

    def high_water(self, record: Record) -> str | None:
        # The probe's own date where it gave one: the answers may write another.
        return record.get("refresh_date") or sortable(record.get("last_refresh_date"))

    def content_newest(self, record: Record) -> date | None:
        month = record.get("month")
        if month is None or record.get("actual") is None:
            return None
        shown = shown_month(month)
        # What stands after the publisher's own last month is not reported yet, whatever number it is.
        last = month_of(record.get("max_data_date"))
        return None if last and shown > last else shown


class AgencyMonths(_Months):
    """What an agency reported by month: offenses known and cleared, summary series."""

    name = "agency_months"
    title = "Offenses known and cleared by agency and month"
    required = ("ori", "offense_code", "month", "actual")
    optional = ("series_name", "cleared", "population", "participated_population", "state_abbr", "max_data_date",
                "last_refresh_date", "refresh_date")  # fmt: skip
    types = typed({**_COUNTS, "ori": _ORI})
    key = ("ori", "offense_code", "month")
    # Months are added at the end, and an agency that sends nothing has no count in them.
    grows_by = key

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice per agency, oldest capture first: the study's and the last release's (see `wanted_agencies`)."""
        return due([Slice(o, {"state": s, "ori": o}) for o, s in sorted(wanted_agencies(known).items())], known)

    def begin(self, web: Web, settings: Settings) -> None:
        kept = web.limits.left(CONTROL, control_budget(settings), HOUR)
        CDE.room(self.id, web, settings, len(OFFENSES), kept)

    def path(self, slice_: Slice) -> str:
        return f"/summarized/agency/{slice_.key}"

    def about(self, slice_: Slice) -> dict[str, str]:
        return {"ori": slice_.key, "state_abbr": slice_.params["state"]}

    def series_name(self, actuals: dict[str, Any], where: str, payload: Payload) -> str:
        names = [key.removesuffix(" Offenses") for key in actuals if key.endswith(" Offenses")]
        own = [name for name in names if name not in _AREA_NAMES]
        if len(own) != 1:
            raise SourceError(self.id, where, f"expected one agency's series, found {own} in {names}", url=payload.url)
        return own[0]


class AreaMonths(_Months):
    """The same for each state and the nation: control series, never to be added to an agency's."""

    name = "area_months"
    title = "Offenses known and cleared by state and month, and of the nation: control series"
    required = ("level", "area", "offense_code", "month", "actual")
    optional = ("series_name", "cleared", "population", "participated_population", "max_data_date",
                "last_refresh_date", "refresh_date")  # fmt: skip
    types = typed({**_COUNTS, "level": one_of("state", "nation"), "area": STATE_CODE})
    key = ("level", "area", "offense_code", "month")
    grows_by = key

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The stalest areas, as many as their share of the run's budget allows."""
        return due(self.all_slices(), known)[: max(control_budget(settings) // len(OFFENSES), 1)]

    def all_slices(self) -> list[Slice]:
        """The nation and every state."""
        return [Slice(NATION), *(Slice(state.postal, {"state": state.postal}) for state in STATES)]

    def begin(self, web: Web, settings: Settings) -> None:
        CDE.room(self.id, web, settings, len(OFFENSES))
        for _ in OFFENSES:
            web.limits.take(CONTROL, control_budget(settings), HOUR)

    def path(self, slice_: Slice) -> str:
        return "/summarized/national" if slice_.key == NATION else f"/summarized/state/{slice_.key}"

    def about(self, slice_: Slice) -> dict[str, str]:
        return {"level": "nation" if slice_.key == NATION else "state", "area": slice_.key}

    def series_name(self, actuals: dict[str, Any], where: str, payload: Payload) -> str:
        area = payload.context["area"]
        name = _NATION_NAME if area == NATION else BY_POSTAL[area].name
        if f"{name} Offenses" not in actuals:
            raise SourceError(self.id, where, f"no series of {name} among {sorted(actuals)}", url=payload.url)
        return name


def wanted_agencies(known: EarlierCaptures) -> dict[str, str]:
    """ORI to postal code of every agency whose months are requested.

    The agencies of the study always; beside them those that the last published release chose in `meta.agency_choice`:
    its jurisdiction has an award, is listed by a tracker, or is a city over 100,000. Names are matched to units in one
    place, by dbt's resolver, so the choice is made there and read here; the same release gives the same choice.
    """
    chosen = {str(ori): str(state) for ori, state in known.released(CHOICE, ("ori", "state_code"))}
    return {**chosen, **{agency["ori"]: agency["state_abbr"] for agency in study_agencies()}}


DATASETS = (Agencies(), AgencyMonths(), AreaMonths())
