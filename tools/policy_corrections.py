"""What is corrected in the gathered rows of policies, row by row, and why.

What belongs here: codes, kinds of act, dates and sources that a person looked up. What does not: how the rows become
the recorded tables (transcribe_policies.py).
"""

from __future__ import annotations

import csv
from pathlib import Path

# Towns of which the gathered rows have no code: county subdivisions, by the Bureau's file.
with Path(__file__).with_name("town_codes.csv").open(encoding="utf-8", newline="") as _towns:
    TOWNS = {(row["town"], row["state_fips"]): row["town_geoid"] for row in csv.DictReader(_towns)}
# Places of the gathered rows that do not govern under that code: the town whose police the event is of.
with Path(__file__).with_name("towns_of_places.csv").open(encoding="utf-8", newline="") as _places:
    TOWN_OF_PLACE = {row["place_geoid"]: row["town_geoid"] for row in csv.DictReader(_places)}
TOWN_STATES = {"villagegreennj": "34", "southorange": "34", "RI-town": "44"}
# Acts that the gathered rows call adopted, issued or signed and that are no policy of the unit's own: by unit,
# instrument and number, the event that they are.
POSITION = "position_taken"
NO_POLICY = {
    ("Aliso Viejo", "vote to file amicus against SB 54", ""): "opposed",
    ("Mission Viejo", "vote to support Los Alamitos's ordinance", ""): "opposed",
    ("York", "executive order", ""): POSITION,  # "not a sanctuary city"
    ("Long Beach", "vote to support SB 31 and SB 54", ""): POSITION,
    ("San Pablo", "resolution", "18-394 (support of SB 54)"): POSITION,
    ("New York City", "resolution", "Res 1373-2017"): POSITION,
    ("New York City", "resolution", "Res 513-2018"): POSITION,
    ("New York City", "resolution", "Res 66-2022"): POSITION,
    ("New York City", "resolution", "Res 112-2022"): POSITION,
    ("New York City", "resolution", "Res 714-2025"): POSITION,
    ("New York City", "resolution", "Res 836-2025"): POSITION,
    ("New York City", "resolution", "Res 210-2026"): POSITION,
    ("Seattle", "resolution", "Res 31779"): POSITION,
    ("Ann Arbor", "resolution", "R-17-036"): POSITION,
    ("Fulton County", "resolution", "urges the sheriff to stop honoring detainers"): POSITION,
    ("Austin", "resolution", "20140626-099"): POSITION,
    ("Los Angeles County", "board motion", "ICE-free county property"): "introduced",
    # it asks the mayor for a report; the limits on detainers had been repealed ten weeks before
    ("Miami-Dade County", "resolution", "R-381-17 (file 170727)"): POSITION,
    # the jail of seven cities in the county, run by none of them alone and not by the county
    ("King County", "jail policy", "South Correctional Entity (SCORE) Jail Decision"): "listed",
}
# Acts that say that an earlier policy stands: by unit, instrument, number and day, the instrument that they reaffirm.
# Where the source names none that the ledger has, the act keeps its own and begins nothing.
REAFFIRMED = {
    ("Chicago", "resolution", "SR2016-908", "2016-12-14"): ("ordinance", "MCC ch. 2-173 Welcoming City (2012)"),
    ("Chicago", "resolution", "SR2016-978", "2017-01-25"): ("resolution", "SR2016-978"),
    ("New York City", "resolution", "Res 1321-2016", "2016-12-06"): ("resolution", "Res 1321-2016"),
    ("Albuquerque", "resolution", "immigrant-friendly", "2018"): ("resolution", "immigrant-friendly"),
}
# What the upgrades say of an act's date that the ledger has otherwise: both are kept, each an event of its own.
OTHER_DATE = ("conflict", "other date")
# Whose date turned out to be another act's: of Chicago's ordinance the map has the month in which it was announced.
ANOTHER_ACT = {
    ("Chicago", "MCC ch. 2-173 Welcoming City (2012)"): (
        "announced",
        "http://lawndalenews.com/2012/07/chicago-to-become-most-immigrant-friendly-city",
        "the mayor announced his intention to introduce it; the map has this month as that of the law",
    ),
}
# Sources that were found after the upgrades were gathered.
FOUND_SINCE = (
    {
        "jurisdiction": "Chicago", "number": "MCC ch. 2-173 Welcoming City (2012)", "event": "enacted",
        "event_date_in_ledger": "2012-09-12", "finding": "partly sourced", "date_in_source": "2012-09",
        "precision": "month", "source": "https://www.huffpost.com/entry/chicago-welcoming-city-ordinance_n_1882115",
        "remark": "approved on a Thursday; the month inferred: the article looks back on August 2012",
    },
    {
        "jurisdiction": "New York City", "number": "EO 41", "event": "issued",
        "event_date_in_ledger": "2003-09-17", "finding": "sourced", "date_in_source": "2003-09-17",
        "precision": "day", "source": "http://www.nyc.gov/html/imm/html/eoll/eo41.shtml",
        "remark": "signed by Mayor Bloomberg: what the police and other employees ask, and what they keep confidential",
    },
)  # fmt: skip
# What an event is whose source was found.
SOURCED = {"sourced": "sourced", "partly sourced": "partial"}
# Two of the 65 letters are spelled otherwise.
SPELLED = {"DOJ letter, 8 USC 1373": "DOJ letter (8 USC 1373)"}
