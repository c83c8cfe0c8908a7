"""Meyer Law Office, Denver: sheriffs of Colorado that no longer honour immigration holds, as of 2014-06-24.

What belongs here: the list's columns. What does not: which unit a name is (identity).
"""

from __future__ import annotations

from orchestration.sources.dated_lists import DatedList
from orchestration.sources.fields import TEXT, matching, one_of, typed
from orchestration.sources.terms import PRINTED


class NoIceHolds(DatedList):
    """The list by county, and one city's jail: Colorado alone."""

    source = "meyer"
    name = "no_ice_holds"
    title = "Sheriffs of Colorado without immigration holds, as of 2014-06-24"
    publisher = "Meyer Law Office"
    terms = PRINTED
    homepage = "https://themeyerlawoffice.com/ice-detainers/"
    required = ("listed_name", "jurisdiction", "state", "level")
    types = typed({
        "listed_name": TEXT, "jurisdiction": TEXT, "state": matching("[A-Z]{2}", "a postal code"),
        "level": one_of("county", "place", "consolidated"),
    })  # fmt: skip


DATASETS = (NoIceHolds(),)
