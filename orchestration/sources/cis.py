"""Center for Immigration Studies: its map "Sanctuary Cities, Counties, and States", as of September 2014.

What belongs here: the columns of the rows beneath the map. What does not: which unit a name is (identity), what a
listing puts in force (nothing: the ledger has events of its own).

The rows are a list of Immigration and Customs Enforcement: jurisdictions that declined detainers or set conditions. The
map stood on the web in 2017, with later additions that are not at hand.
"""

from __future__ import annotations

from orchestration.sources.dated_lists import DatedList
from orchestration.sources.fields import TEXT, matching, one_of, typed
from orchestration.sources.terms import PRINTED


class SanctuaryMap(DatedList):
    """The rows beneath the map: a name as printed, the month of its policy, the unit that the row is of."""

    source = "cis"
    name = "sanctuary_map"
    title = "Map of sanctuary cities, counties and states, as of September 2014"
    publisher = "Center for Immigration Studies"
    terms = PRINTED
    homepage = "https://cis.org/Map-Sanctuary-Cities-Counties-and-States"
    # jurisdiction, state and level: the unit that the row is of, where the print has it wrong by `correction`.
    required = ("location_as_printed", "date_as_printed", "jurisdiction", "state", "level", "date_enacted", "policy")
    optional = ("row", "designation", "condition", "correction")
    types = typed({
        "location_as_printed": TEXT, "date_as_printed": TEXT, "jurisdiction": TEXT,
        "state": matching("[A-Z]{2}", "a postal code"), "level": one_of("state", "county", "place", "consolidated"),
        "date_enacted": matching(r"\d{4}-\d{2}", "a month"), "policy": TEXT,
    })  # fmt: skip


DATASETS = (SanctuaryMap(),)
