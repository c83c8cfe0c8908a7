"""From the tables to the Census Bureau's wire shapes: units with their people, and every unit's code.

What belongs here: one function a dataset of the Census Bureau, as build says. What does not: other datasets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter

from orchestration.recorded.figures import as_json, batch, payload, table, wide
from orchestration.sources.base import Batch, Slice
from orchestration.sources.states import BY_FIPS
from orchestration.wire import Payload

# What the API's answer does not have: whose count of people it is, and a share without the people it is of.
_GIVEN = ("population_source", "vintage", "hispanic_share")


def places() -> Iterator[Batch]:
    """A capture a level and state, an answer a year, as the API answers: a header and rows of text."""
    code = "census-people-urban"
    rows = sorted(wide("census_places"), key=itemgetter("level", "state", "year", "unit"))
    for (level, state), of_state in groupby(rows, itemgetter("level", "state")):
        payloads = []
        for year, units in groupby(of_state, itemgetter("year")):
            answer = [["NAME", "B01003_001E", *(name.upper() for name in _GIVEN), "state", level]]
            answer += [[u["name"], u["population"], *(u[name] for name in _GIVEN), state, u["unit"]] for u in units]
            payloads.append(payload(as_json(answer), code, context={"level": level, "year": year}))
        yield batch(Slice(f"{level}:{state}", {"level": level, "fips": state}), code, payloads)


def gazetteer() -> Iterator[Batch]:
    """One text a level, fields parted by pipes."""
    tables = {
        "places": (("places_1", "places_2", "places_3"), "census-codes"),
        "counties": (("counties",), "census-codes"),
        "cousubs": (("cousubs_1", "cousubs_2", "cousubs_3"), "census-cousubs"),
    }
    for level, (names, code) in tables.items():
        lines = ["USPS|GEOID|NAME"]
        for name in names:
            lines += [
                f"{BY_FIPS[row['geoid'][:2]].postal}|{row['geoid']}|{row['name']}"
                for row in table(f"census_gazetteer_{name}")
            ]
        body = "\n".join([*lines, ""]).encode()
        answer: Payload = payload(body, code, media_type="text/plain", context={"level": level})
        yield batch(Slice(level, {"level": level}), code, [answer])


BUILDERS: dict[str, Callable[[], Iterator[Batch]]] = {"census/places": places, "census/gazetteer": gazetteer}
