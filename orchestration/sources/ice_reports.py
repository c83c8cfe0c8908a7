"""US Immigration and Customs Enforcement: a report and a program of earlier years.

What belongs here: the Declined Detainer Outcome Report of 2017 and the activation of Secure Communities by county. What
does not: agreements under section 287(g) (ice).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, EarlierCaptures, Record, Slice
from orchestration.sources.dated_lists import DatedList
from orchestration.sources.fields import TEXT, matching, typed
from orchestration.sources.tables import csv_records
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload

ICE = "US Immigration and Customs Enforcement"


class DeclinedDetainers(DatedList):
    """Section III of one week's report, as far as a copy shows it: four rows."""

    source = "ice"
    name = "declined_detainers"
    title = "Jurisdictions that limit cooperation, of the Declined Detainer Outcome Report of 2017-02-03 (four rows)"
    publisher = ICE
    terms = FEDERAL
    homepage = "https://www.ice.gov/declined-detainer-outcome-report"
    required = ("report", "jurisdiction_as_printed", "area_of_responsibility", "date_enacted", "policy")
    optional = ("criteria",)
    types = typed({
        "report": TEXT, "jurisdiction_as_printed": TEXT, "area_of_responsibility": TEXT,
        "date_enacted": matching(r"\d{4}-\d{2}", "a month"), "policy": TEXT,
    })  # fmt: skip


class SecureCommunities(Dataset):
    """The month in which the program began in each county: no policy of the county's."""

    source = "ice"
    name = "secure_communities"
    domain = "ordinances"
    title = "Secure Communities: month of activation by county"
    publisher = ICE
    terms = FEDERAL
    homepage = "https://www.ice.gov/secure-communities"
    policy = "replace"
    required = ("county_fips", "county_name", "state", "activated")
    types = typed({
        "county_fips": matching(r"\d{5}", "a county's code"), "county_name": TEXT,
        "state": matching("[A-Z]{2}", "a postal code"), "activated": matching(r"\d{4}-\d{2}", "a month").or_empty,
    })  # fmt: skip
    key = ("county_fips",)
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice: every county."""
        return [Slice("all")]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Never asked: the program ended in 2014, and nobody serves the table."""
        raise AssertionError("the table is nowhere served: recorded.build gives it in every edition")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a county. Raises SourceError where a column is missing."""
        yield from csv_records(self, payload)


DATASETS = (DeclinedDetainers(), SecureCommunities())
