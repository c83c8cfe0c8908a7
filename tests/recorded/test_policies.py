"""Recorded lists, agreements and programmes: as many as their publishers say, and each row the file's.

What belongs here: the tables and what they become, against readings of the files that do not go through our own. What
does not: what a listing means (tests/ordinances).
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from orchestration import sources
from orchestration.declared import seeds
from orchestration.recorded import build
from orchestration.settings import PROJECT_ROOT

sys.path.append(str(PROJECT_ROOT / "tools"))
import transcribe_policies  # a program beside the package

FIELDS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED")
LISTS = {
    "cis/sanctuary_map": "cis_sanctuary_map",
    "doj/compliance_letters": "doj_compliance_letters",
    "ice/declined_detainers": "ice_declined_detainers",
    "ice/secure_communities": "ice_secure_communities",
    "meyer/no_ice_holds": "meyer_no_ice_holds",
}


def records(dataset_id: str) -> list[dict[str, str | None]]:
    dataset = sources.get(dataset_id)
    return [r for batch in build.batches(dataset_id) for payload in batch.payloads for r in dataset.cut(payload)]


@pytest.mark.parametrize("name", LISTS.values())
def test_every_row_of_a_list_names_a_source_that_is_explained(name: str):
    for row in build.table(name):
        about = build.source(row["source"])
        assert about["publisher"]
        assert about["where"].startswith("http")
        assert date.fromisoformat(about["as_of"])
        assert about["note"]


def test_a_source_of_the_ledger_stands_by_itself():
    """In a release a row stands alone: what refers to the row above it ("same") leads nowhere."""
    sources_of = {row["source"] for row in build.table("policy_events") if row["source_status"] != "unsourced"}
    assert [
        one for one in sources_of if re.match(r"(the )?(same|ibid|idem|as above|ditto)\b", one, re.IGNORECASE)
    ] == []


def test_a_bill_of_new_york_that_died_is_no_local_law():
    """An introduction ("Int") has a local law's number from its enactment on; the council's own record says bill."""
    introductions = [row for row in build.table("policy_events") if re.match(r"Int \d", row["number"])]
    assert len(introductions) == 14
    assert {(row["instrument"], row["event"]) for row in introductions} == {("bill", "filed_at_end_of_term")}


def test_absence_from_a_list_of_agencies_is_said_of_the_agencies_that_are_matched():
    """A place's agencies may be another unit's: Las Vegas' police is Clark County's sheriff."""
    (said,) = (row["not_listed_means"] for row in seeds.rows("trackers") if row["names"] == "agencies")
    assert said.startswith("That no agency matched to the unit had an agreement")
    assert "an agency of another unit that serves it may have one" in said


@pytest.mark.parametrize("dataset_id", LISTS)
def test_what_a_list_becomes_is_its_rows(dataset_id: str):
    assert len(records(dataset_id)) == len(build.table(LISTS[dataset_id]))


def test_the_lists_have_as_many_names_as_their_publishers_printed():
    """166 rows beneath the map; 9, 4, 29 and 23 letters; 32 sheriffs and jails; the four rows that the copy shows."""
    assert len(records("cis/sanctuary_map")) == 166
    letters = {batch.retrieved_at.date().isoformat(): batch for batch in build.batches("doj/compliance_letters")}
    dataset = sources.get("doj/compliance_letters")
    assert {day: sum(1 for p in batch.payloads for _ in dataset.cut(p)) for day, batch in letters.items()} == {
        "2017-04-21": 9, "2017-08-03": 4, "2017-11-15": 29, "2018-01-24": 23,
    }  # fmt: skip
    assert len(records("meyer/no_ice_holds")) == 32
    assert len(records("ice/declined_detainers")) == 4


def test_a_list_is_of_its_day_and_says_which_states_it_covers():
    for dataset_id, day, states in (
        ("cis/sanctuary_map", "2014-09-30", None),
        ("meyer/no_ice_holds", "2014-06-24", ("COLORADO",)),
        ("ice/declined_detainers", "2017-02-03", ("COLORADO", "IOWA", "NEW YORK", "TEXAS")),
    ):
        (batch,) = build.batches(dataset_id)
        assert batch.retrieved_at.date().isoformat() == day
        assert (batch.selection.values if batch.selection else None) == states


def test_a_county_of_the_programme_has_a_month_or_none():
    months = [record["activated"] for record in records("ice/secure_communities")]
    assert (len(months), sum(month is not None for month in months)) == (3242, 3102)
    assert (min(filter(None, months)), max(filter(None, months))) == ("2008-10", "2013-01")


def test_what_only_lists_of_one_date_tell_is_known_until_that_date():
    """A second source that is bound to no date frees a row; two lists are known until the later one's date."""
    events = records("ledger/policy_events")
    assert len(events) == 571
    assert len({event["geoid"] for event in events if event["geoid"] != "1"}) >= 320
    for event in events:
        cited = (event["source"] or "").split(" ; ")
        of_lists = [
            one for one in cited if one.startswith(("CIS map", "https://themeyerlawoffice", "http://nationalpol"))
        ]
        if event["source"] and len(of_lists) == len(cited):
            assert event["known_until"] in ("2014-09-30", "2014-06-24", "2017-02-03"), event
        else:
            assert event["known_until"] is None, event
    assert Counter(event["known_until"] for event in events)["2014-09-30"] >= 120


def test_an_act_of_two_dates_is_two_events_and_the_lists_one_is_bound_to_its_date():
    """facts/ordinances/ledger_upgrades.csv: the map has July 2012 of Chicago and May 2013 of New York; keep both.

    In July 2012 Chicago's mayor "announced Tuesday his intention to introduce" the ordinance (Lawndale News). Its
    council "approved an ordinance Thursday", in an article that looks back on August (HuffPost).
    """
    told = {
        (event["jurisdiction"], event["event_date"]): event
        for event in records("ledger/policy_events")
        if event["number"] in ("MCC ch. 2-173 Welcoming City (2012)", "LL 2013/021 and 2013/022")
        and event["event"] in ("enacted", "announced")
    }
    assert {key: (event["source_status"], event["known_until"]) for key, event in told.items()} == {
        ("Chicago", "2012-09"): ("partial", None),
        ("Chicago", "2012-07"): ("sourced", None),
        ("New York City", "2013-03-18"): ("sourced", None),
        ("New York City", "2013-05"): ("partial", "2014-09-30"),
    }
    assert told["Chicago", "2012-07"]["event"] == "announced"
    assert (told["New York City", "2013-05"]["source"] or "").startswith("CIS map")


def test_an_act_that_reaffirms_is_no_beginning():
    told = {(event["jurisdiction"], event["number"], event["event_date"]) for event in records("ledger/policy_events")
            if event["event"] == "reaffirmed"}  # fmt: skip
    assert told == {
        ("Chicago", "MCC ch. 2-173 Welcoming City (2012)", "2016-12-14"), ("Chicago", "SR2016-978", "2017-01-25"),
        ("New York City", "Res 1321-2016", "2016-12-06"), ("Albuquerque", "immigrant-friendly", "2018"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("Will not honor ICE detainer", "detainers are not honoured"),
        ("Will not be honor ICE detainer", "detainers are not honoured"),
        ("Will not honor ICE detainer without a warrant", "with a warrant"),
        ("Will not honor ICE detainer unless ICE pays for cost of detention", "where ICE pays"),
        ("Convicted of at least one felony or two or more misdemeanors", "convictions"),
        ("Charged with first or second degree murder", "charges"),
    ],
)
def test_a_lists_own_text_is_brought_to_its_condition(printed: str, said: str):
    assert said in transcribe_policies.condition(printed)


def test_no_text_of_a_list_stands_in_the_tables():
    for row in [*build.table("cis_sanctuary_map"), *build.table("policy_events")]:
        assert "criteria_for_honoring_detainer" not in row
        assert "Will not honor" not in " ".join(row.values())


def _printed(value: object) -> str:
    """A cell as a person reads it: a day without its hour, a whole number without its point."""
    if value == "#N/A":  # what a spreadsheet shows of a look-up that found nothing
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value if value is not None else "").split())


def _rows(path: Path) -> Counter[tuple[str, ...]]:
    """A workbook's rows by openpyxl alone: the header where STATE stands, merged cells filled downwards."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    for merged in list(sheet.merged_cells.ranges):
        top = sheet.cell(merged.min_row, merged.min_col).value
        sheet.unmerge_cells(str(merged))
        for row in range(merged.min_row, merged.max_row + 1):
            sheet.cell(row, merged.min_col).value = top
    lines = [[_printed(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    at = next(n for n, line in enumerate(lines) if "STATE" in [cell.upper() for cell in line])
    header = [cell.upper() for cell in lines[at]]
    places = [header.index(name) if name in header else None for name in FIELDS]
    found: Counter[tuple[str, ...]] = Counter()
    for line in lines[at + 1 :]:
        if any(line):
            cells = [line[place] if place is not None else "" for place in places]
            found[(*cells[:-1], cells[-1].split(" ")[0])] += 1
    return found


@pytest.mark.real
class TestAgainstTheWorkbooks:
    def test_every_row_of_every_workbook_is_recorded_and_nothing_else(self, real: Path):
        dataset = sources.get("ice/agreements_287g")
        workbooks = dict(transcribe_policies.workbooks(real))
        recorded = {f"{batch.retrieved_at:%Y-%m-%dT%H:%M:%SZ}": batch for batch in build.batches(dataset.id)}
        assert set(recorded) == set(workbooks)
        assert len(recorded) == 69
        for moment, path in workbooks.items():
            cut = Counter(
                tuple(record[name] or "" for name in FIELDS)
                for p in recorded[moment].payloads
                for record in dataset.cut(p)
            )
            assert cut == _rows(path), path.name

    def test_the_counts_are_those_of_the_969_captures_index(self, real: Path):
        with (real / "trackers" / "ice_287g_snapshot_index.csv").open(encoding="utf-8", newline="") as stream:
            known = {row["snapshot"]: int(row["n_agreements"]) for row in csv.DictReader(stream)}
        dataset = sources.get("ice/agreements_287g")
        compared = 0
        for batch in build.batches(dataset.id):
            moment = f"{batch.retrieved_at:%Y-%m-%dT%H:%M:%S}"
            if moment in known:
                compared += 1
                assert sum(1 for p in batch.payloads for _ in dataset.cut(p)) == known[moment], moment
        assert compared >= 65

    def test_there_is_one_workbook_for_each_month(self):
        months = {f"{batch.retrieved_at:%Y-%m}" for batch in build.batches("ice/agreements_287g")}
        first, last = date(2021, 1, 1), date(2026, 5, 1)
        wanted = set()
        while first <= last:
            wanted.add(f"{first:%Y-%m}")
            first = (first + timedelta(days=32)).replace(day=1)
        assert months == wanted
