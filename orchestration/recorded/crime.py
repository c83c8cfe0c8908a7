"""From the tables to the publishers' wire shapes: the FBI's agencies, months and annual tables, and the survey.

What belongs here: one function a dataset of crime, as build says. What does not: other datasets (build, reference).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from orchestration import sources
from orchestration.declared import fbi
from orchestration.recorded.figures import TABLES, as_json, batch, number, payload, source, when_of, wide
from orchestration.sources.base import Batch, Slice
from orchestration.wire import Payload

# The offenses of the summary series by month: arson has returns of its own.
OFFENSES = {offense.code: offense.name for offense in fbi.OFFENSES if offense.return_a}
Row = Mapping[str, str | None]
# "TRAFFIC COLLISION", the crime code in every row of the set (jojolosangeles/city_data, test/data/sample_20_*.csv).
COLLISION = "997"
# The scrapes of the months in the order in which they were made, and whether a capture is a state's or an agency's.
_SCRAPES = (("cde-months-2026-04", "state_abbr"), ("cde-months-2026-autumn", "ori"))


def agencies() -> Iterator[Batch]:
    """The register, an answer a state, keyed by county as the API keys it."""
    code = "cde-agencies-2020"
    states: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in wide("fbi_agencies"):
        agency: dict[str, Any] = {name: value for name, value in row.items() if name != "source" and value}
        for name in ("latitude", "longitude"):
            if name in agency:
                agency[name] = number(agency[name])
        if "is_nibrs" in agency:
            agency["is_nibrs"] = agency["is_nibrs"] == "true"
        states[agency["state_abbr"]][agency.get("counties", "NOT SPECIFIED")].append(agency)
    for state, counties in sorted(states.items()):
        url = source(code)["where"].format(state=state)
        answer = payload(as_json(counties), code, url=url, context={"state_abbr": state})
        yield batch(Slice(state, {"state": state}), code, [answer])


def agency_months() -> Iterator[Batch]:
    """Two scrapes of one API, oldest first: of a month that both have the later serves, and the earlier is kept.

    The first is a capture a state; the second a capture an agency, which stands in for what the live edition fetches.
    """
    scrapes: dict[str, list[Row]] = defaultdict(list)
    for row in wide("fbi_agency_months"):
        scrapes[str(row["source"])].append(row)
    for code, level in _SCRAPES:
        for key, of_slice in groupby(sorted(scrapes[code], key=itemgetter(level, "ori", "period")), itemgetter(level)):
            payloads: list[Payload] = []
            state = ""
            for ori, rows in groupby(of_slice, itemgetter("ori")):
                months = list(rows)
                state = str(months[0]["state_abbr"])
                payloads += _answers(code, str(ori), months)
            params = {"state": state} if level == "state_abbr" else {"state": state, "ori": key}
            yield batch(Slice(key, params), code, payloads, when=_seen(code))


def _seen(code: str) -> Any:
    """The day of which a scrape is, where it is known; else the day on which it was transcribed."""
    about = source(code)
    return when_of(about["as_of"] or about["transcribed_on"])


def _answers(code: str, ori: str, months: list[Row]) -> Iterator[Payload]:
    """The API's seven answers on an agency, an offence each."""
    name, state = months[0]["agency_name"], str(months[0]["state_abbr"])
    keys = [f"{str(row['period'])[5:]}-{str(row['period'])[:4]}" for row in months]
    people = {key: number(row["population"]) for key, row in zip(keys, months, strict=True) if row["population"]}
    newest = {"cde_properties": {"max_data_date": {"UCR": "04/2026"}}} if code == "cde-months-2026-04" else {}
    for offense, column in OFFENSES.items():
        series = {
            f"{name} {kind}": {key: number(row[f"{column}_{measure}"]) for key, row in zip(keys, months, strict=True)}
            for kind, measure in (("Offenses", "actual"), ("Clearances", "cleared"))
        }
        body = {"offenses": {"actuals": series}, "populations": {"population": {name: people}}, **newest}
        url = source(code)["where"].format(ori=ori, offense=offense)
        context = {"ori": ori, "offense_code": offense, "state_abbr": state}
        yield payload(as_json(body), code, url=url, context=context, when=_seen(code))


def table8() -> Iterator[Batch]:
    """A CSV a year with the columns of the CSV of all years: titles and notes of the workbooks were not carried."""
    code = "table8-2012-2023"
    for year, rows in groupby(wide("fbi_table8"), itemgetter("year")):
        text = io.StringIO(newline="")
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            cells = {name: value or "" for name, value in row.items() if name != "source"}
            if writer is None:
                writer = csv.DictWriter(text, list(cells), lineterminator="\n")
                writer.writeheader()
            writer.writerow(cells)
        answer = payload(text.getvalue().encode(), code, media_type="text/csv", context={"year": year})
        yield batch(Slice(year, {"year": year}), code, [answer])


def nibrs() -> Iterator[Batch]:
    """Counts made of whole archives, a CSV a state-year: cells, totals and what is known of each agency's month."""
    code, columns = "nibrs-state-years", sources.get("fbi/nibrs").fields
    for (state, year), rows in groupby(wide("fbi_nibrs"), itemgetter("state_code", "data_year")):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        params = {"state": str(state), "year": str(year)}
        answer = payload(text.getvalue().encode(), code, media_type="text/csv", context=params)
        yield batch(Slice(f"{state}-{year}", params), code, [answer])


def victimizations() -> Iterator[Batch]:
    """The survey's groups, an answer a year, as the API sums them."""
    code = "ncvs-gcuy-rt5g"
    for year, rows in groupby(wide("bjs_victimizations"), itemgetter("year")):
        groups = [{name: value for name, value in row.items() if name != "source"} for row in rows]
        yield batch(Slice(year, {"year": year}), code, [payload(as_json(groups), code)])


def incident_months() -> Iterator[Batch]:
    """One city's set as its server counts it: by month, code and victim's descent.

    Every row of the set has one code. The newest day was not carried over: the first of its month is all that is known.
    """
    code = "lapd-collisions"
    rows = []
    for row in wide("socrata_collisions"):
        month = f"{row['month']}-01T00:00:00.000"
        rows.append(
            {"month": month, "crm_cd": COLLISION, "vict_descent": row["vict_descent"], "n": row["n"], "newest": month}
        )
    answer = payload(as_json(rows), code, context={"set": "d5tf-ez2w"})
    yield batch(Slice("d5tf-ez2w", {"set": "d5tf-ez2w", "city": "los_angeles"}), code, [answer])


def printed_statistics() -> Iterator[Batch]:
    """Printed figures as they stand in our own tables: the first ones, and those on crime that came later."""
    for key, name, code in (("all", "published_statistics", "published"),
                            ("crime", "published_crime_figures", "published-crime")):  # fmt: skip
        body = (TABLES / f"{name}.csv").read_bytes()
        yield batch(Slice(key), code, [payload(body, code, media_type="text/csv")])


BUILDERS: dict[str, Callable[[], Iterator[Batch]]] = {
    "fbi/agencies": agencies,
    "fbi/agency_months": agency_months,
    "fbi/table8": table8,
    "fbi/nibrs": nibrs,
    "bjs/victimizations": victimizations,
    "socrata/incident_months": incident_months,
    "published/statistics": printed_statistics,
}
