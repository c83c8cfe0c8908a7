"""What was in force where, who listed it, who lists whom: known answers over the published release.

What belongs here: the named questions as people ask them, and each gate of the domain failing on what is wrong. What
does not: the rules, case by case (dbt unit tests beside the models).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.reading import questions
from orchestration.recorded import build
from orchestration.sources.states import BY_NAME
from tests.conftest import clawback


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def ask(connection: duckdb.DuckDBPyConnection, name: str, **given: str) -> list[dict[str, Any]]:
    relation = questions.ask(connection, questions.question(name), given)
    columns = relation.columns
    return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


def status(connection, unit: str, day: str, provision: str, **given: str) -> dict[str, Any]:
    rows = ask(connection, "status", jurisdiction=unit, as_of=day, **given)
    (row,) = [row for row in rows if row["name"] == provision]
    return row


class TestAsOf:
    @pytest.mark.parametrize(
        ("unit", "day", "provision", "said"),
        [
            # Special Order 40 of 1979 has its source since 2026-11-28; the directive of 2017 says more.
            ("0644000", "1979-11-26", "general", "unknown"),
            ("0644000", "1979-11-27", "general", "in force"),
            ("0644000", "2017-03-20", "no_status_inquiry", "unknown"),
            ("0644000", "2017-03-27", "no_status_inquiry", "in force"),
            # The county's jail is not the city's police.
            ("06037", "2017-03-27", "general", "unknown"),
            ("3651000", "2013-01-01", "detainer_limits", "in force"),
            # Executive Order 41 of 2003 is in the ledger without a source.
            ("3651000", "2010-01-01", "general", "unknown"),
            ("4260000", "2015-06-01", "detainer_limits", "in force"),
            ("4260000", "2016-01-01", "detainer_limits", "weakened"),
            ("4260000", "2016-01-04", "detainer_limits", "in force"),
            # An event of a month or a year counts from its last day.
            ("2743000", "2003-12-30", "general", "unknown"),
            ("2743000", "2003-12-31", "general", "in force"),
            ("48453", "2017-09-24", "detainer_limits", "in force"),
            ("48453", "2017-09-25", "detainer_limits", "not in force"),
        ],
    )
    def test_what_was_in_force_on_a_day(self, connection, unit, day, provision, said):
        assert status(connection, unit, day, provision)["status"] == said

    @pytest.mark.parametrize(
        ("day", "said"),
        [
            ("2017-08-29", ""),
            ("2017-09-10", "preemption: enjoined (effective statute SB 4)"),
            ("2017-09-24", "preemption: enjoined (effective statute SB 4)"),
            ("2017-09-25", "preemption: in force (injunction_stayed statute SB 4)"),
        ],
    )
    def test_texas_stands_beside_travis_county_by_its_own_dates(self, connection, day, said):
        """Signed 2017-05-07, enjoined 2017-08-30, effective 2017-09-01, stayed 2017-09-25 (885 F.3d 332)."""
        assert status(connection, "48453", day, "detainer_limits")["beside_it"] == said
        # A city of which no event is known has the state's law beside it too.
        assert status(connection, "4835000", day, "general")["beside_it"] == said
        assert status(connection, "4835000", day, "general")["status"] == "unknown"

    def test_california_stands_beside_los_angeles_and_not_over_it(self, connection):
        before, after = (
            status(connection, "0644000", day, "no_status_inquiry") for day in ("2017-12-31", "2018-01-01")
        )
        assert before["beside_it"] == ""
        assert after["beside_it"] == "state: in force (effective statute SB 54)"
        assert before["status"] == after["status"] == "in force"
        assert str(after["held_since"]) == "2017-03-21"

    def test_both_times_are_kept(self, connection):
        row = status(connection, "0644000", "2017-03-27", "general")
        assert (str(row["held_since"]), row["learned_on"].year) == ("1979-11-27", 2026)
        # Our own captures of the ledger begin in 2026: in 2017 we knew nothing, and say so.
        ours = status(connection, "0644000", "2017-03-27", "general", known="ours")
        assert (ours["status"], ours["held_since"], ours["said_by"]) == ("unknown", None, None)
        assert status(connection, "0644000", "2026-12-31", "general", known="ours")["status"] == "in force"
        with pytest.raises(questions.WrongParameter, match="there are: public, ours"):
            ask(connection, "status", known="everything")

    def test_the_command_answers_as_of_a_day_with_its_caveats(self, published):
        settings, _ = published
        general = {}
        # A city is not its county: each is asked for by its own name.
        for place in ("Los Angeles, CA", "Los Angeles County, CA"):
            asked = ("query", "status", "--jurisdiction", place, "--as-of", "2017-03-27", "--format", "csv")
            done = clawback(settings.root, *asked)
            assert done.returncode == 0, done.stderr
            (row,) = [row for row in csv.DictReader(done.stdout.splitlines()) if row["name"] == "general"]
            general[row["jurisdiction"]] = row
        assert general["Los Angeles city, California"]["status"] == "in force"
        assert general["Los Angeles city, California"]["said_by"] == "issued police order LAPD Special Order 40"
        assert general["Los Angeles County, California"]["status"] == "unknown"
        assert "unknown means that no cited source says anything. It does not mean no." in done.stderr

    def test_a_tracker_without_a_list_by_then_says_so(self, connection):
        assert status(connection, "1714000", "2017-03-27", "dhs")["status"] == "no list of its state by then"
        listed = status(connection, "1714000", "2025-05-30", "dhs")
        assert (listed["status"], str(listed["held_since"])) == ("listed: sanctuary", "2025-05-29")
        assert status(connection, "1714000", "2025-06-01", "dhs")["status"] == "not listed: the list was withdrawn"
        assert status(connection, "1714000", "2025-08-05", "doj")["status"] == "listed: sanctuary"

    def test_a_list_of_one_state_says_nothing_of_another(self, connection):
        """The sheriffs' list of 2014-06-24 is of Colorado; Denver's jail is on it."""
        of_illinois = status(connection, "1714000", "2014-06-24", "meyer_co")
        assert of_illinois["status"] == "no list of its state by then"
        assert status(connection, "0820000", "2014-06-24", "meyer_co")["status"] == "listed: declines holds"

    @pytest.mark.parametrize(
        "day", ["2014-06-24", "2014-09-30", "2017-02-03", "2025-05-31", "2025-06-01", "2025-09-25"]
    )
    @pytest.mark.parametrize(
        "place", ["Chicago, IL", "Denver, CO", "Nevada (state)", "Las Vegas, NV", "Travis County, TX"]
    )
    def test_two_questions_on_one_day_have_one_answer(self, connection, place, day):
        def answers(name, code, said):
            found = ask(connection, name, jurisdiction=place, as_of=day)
            return {(row[code], row[said]) for row in found if row.get("what", "tracker") == "tracker"}

        assert answers("status", "name", "status") == answers("on_which_lists", "tracker_code", "answer")


def test_a_reaffirmed_ordinance_began_when_it_was_enacted(connection):
    """Chicago's chapter 2-173: announced in July 2012, law after August; a resolution of 2016-12-14 reaffirms it."""
    known = {}
    for day in ("2012-06-30", "2012-08-31", "2014-06-01", "2015-06-01", "2017-03-27"):
        row = status(connection, "1714000", day, "detainer_limits")
        known[day] = (row["status"], str(row["held_since"]), str(row["held_since_earliest"]))
    assert known == {
        "2012-06-30": ("unknown", "None", "None"),
        "2012-08-31": ("unknown", "None", "None"),
        "2014-06-01": ("in force", "2012-09-30", "2012-09-01"),
        "2015-06-01": ("in force", "2012-09-30", "2012-09-01"),
        "2017-03-27": ("in force", "2012-09-30", "2012-09-01"),
    }
    assert status(connection, "1714000", "2017-03-27", "general")["status"] == "unknown"


def test_new_yorks_order_of_2003_limits_questions(connection):
    """nyc.gov, "Executive Orders 34 & 41": signed September 17, 2003; police officers will not inquire."""
    row = status(connection, "3651000", "2012-01-31", "no_status_inquiry")
    assert (row["status"], str(row["held_since"]), row["source_status"]) == ("in force", "2003-09-17", "sourced")


def test_an_act_of_several_provisions_is_one_event_of_the_answer(connection):
    """Local Law 228 of 2017 is read for two provisions (council_readings): its vote is one vote."""
    rows = ask(connection, "policies", jurisdiction="3651000")
    votes = [row for row in rows if (row["instrument_number"], row["event"]) == ("LL 2017/228", "council_passed")]
    assert len(votes) == 1
    assert len({tuple(row.values()) for row in rows}) == len(rows)


class TestTheArticle:
    def test_the_claim_counts_what_the_named_query_shows(self, connection):
        rows = ask(connection, "four_cities")
        affirming = {row["name"] for row in rows if row["affirms"]}
        (computed,) = connection.execute(
            "select computed_value from analysis.mart_claim_check where claim_id = 'affirmed_after_election'"
        ).fetchall()
        assert computed == (len(affirming),)
        assert {name.split()[0] for name in affirming} >= {"Chicago", "Los", "New"}
        assert all("2016-11-08" <= str(row["event_from"]) <= "2017-03-27" for row in rows if row["affirms"])

    def test_what_stands_beside_the_acts_is_counted_as_events_and_not_as_acts(self, connection):
        """Letters that the Justice Department sent to the four cities, and bills that died, are no acts of theirs."""
        ((said, counted),) = connection.execute(
            "select evidence, evidence_rows from analysis.mart_claim_check where claim_id = 'affirmed_after_election'"
        ).fetchall()
        assert said.endswith(f"; {counted} events of the four cities are known, acts and others, of any date")
        ever = {row["event"] for row in ask(connection, "four_cities", **{"from": "1900-01-01", "to": "2100-01-01"})}
        assert {"listed", "filed", "filed_at_end_of_term", "challenge_dismissed"} <= ever

    def test_no_list_of_that_day_is_captured_and_the_newest_by_then_names_few_cities(self, connection):
        """The map of 2014-09 is the one list at hand: 163 units on 166 rows, and few of them are cities."""
        assert ask(connection, "listed", tracker="all", as_of="2017-03-27") == []
        ((verdict, cities, evidence),) = connection.execute(
            "select verdict, computed_value, evidence from analysis.mart_claim_check"
            " where claim_id = 'sanctuary_cities_over_100'"
        ).fetchall()
        assert (verdict, cities) == ("bracketed", 20)
        assert "cis named 163 jurisdictions, 20 of them cities, as of 2014-09-30" in evidence

    def test_every_tracker_is_asked_as_of_a_day(self, connection):
        counts: dict[str, int] = {}
        for row in ask(connection, "listed", tracker="all", as_of="2025-05-31"):
            counts[row["tracker_code"]] = counts.get(row["tracker_code"], 0) + 1
        assert counts["dhs"] == 605
        assert "doj" not in counts
        assert {row["tracker_code"] for row in ask(connection, "listed", tracker="all", as_of="2025-09-26")} == {
            "doj", "ice_287g",
        }  # fmt: skip
        assert len(ask(connection, "listed", tracker="doj", as_of="2025-09-26")) == 34


def test_the_withdrawn_list_is_listed_and_delisted_by_the_ledgers_event(connection):
    spells = connection.execute(
        "select l.level, count(*), cast(min(l.listed_from) as varchar), cast(max(l.listed_from) as varchar),"
        " cast(min(l.listed_to) as varchar), cast(max(l.listed_to) as varchar), count(l.listed_to)"
        " from core.fct_tracker_listing as l join core.dim_tracker as t using (tracker_key)"
        " where t.tracker_code = 'dhs' group by 1 order by 1"
    ).fetchall()
    first, last = ["2025-05-29"] * 2, ["2025-06-01"] * 2
    assert spells == [
        ("county", 391, *first, *last, 391),
        ("place", 200, *first, *last, 200),
        ("state", 14, *first, *last, 14),
    ]
    ((citation, standing),) = connection.execute(
        "select source_citation, source_status from core.fct_policy_event"
        " where instrument = 'DHS list' and event = 'withdrawn'"
    ).fetchall()
    assert (citation.startswith("https://"), standing) == (True, "sourced")
    (duplicates,) = connection.execute(
        "select records from meta.record_fate where dataset = 'dhs__sanctuary_list' and fate = 'duplicate'"
    ).fetchall()
    assert duplicates == (1,)


def test_the_ledger_begins_with_the_facts_and_each_row_keeps_its_standing(connection):
    with (build.TABLES / "policy_events.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    counted = dict(
        connection.execute(
            "select source_status, count(*) from core.fct_policy_event where _capture_id in"
            " (select capture_id from meta.capture where dataset = 'ledger__policy_events') group by 1"
        ).fetchall()
    )
    assert counted == {s: sum(row["source_status"] == s for row in rows) for s in ("sourced", "partial", "unsourced")}
    # an act that one source dates and another dates otherwise is two rows of one number: the sourced one may decide
    cited = {row["number"] for row in rows if row["source_status"] != "unsourced"}
    unsourced = {row["number"] for row in rows if row["source_status"] == "unsourced"} - cited
    deciding = connection.execute("select distinct decided_by from core.fct_policy_status").fetchall()
    assert not [d for (d,) in deciding for number in unsourced if d and number and number in d]
    begun = connection.execute(
        "select count(*) from core.fct_policy_status join core.dim_jurisdiction using (jurisdiction_key)"
        " where geoid = '1714000' and valid_from = date '2012-09-12'"
    ).fetchone()
    assert begun == (0,), "the unsourced day of Chicago's ordinance decides nothing"


@pytest.mark.real
def test_homeland_security_against_justice_by_level_as_the_files_say(connection, real: Path):
    """Counted from the two files alone: names by state and level, with the spellings that differ said here."""

    def read(name: str) -> list[dict[str, str]]:
        with (real / "trackers" / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    justice = {
        (
            level,
            row["state_abbr"] or BY_NAME[row["jurisdiction_as_printed"].upper()].postal,
            row["jurisdiction_as_printed"],
        )
        for row in read("doj_sanctuary_list_2025-08-05.csv")
        for level in ({"STATES": "state", "COUNTIES": "county", "CITIES": "place"}[row["heading"]],)
    }
    security = set()
    for row in read("dhs_sanctuary_list_captured_2025-05-31.csv"):
        level, name = row["level_heading"].replace("city", "place"), row["jurisdiction_as_printed"]
        if level == "state" or name.startswith("Self-Identification"):
            name = row["state"]
        name = {"San Francisco": "San Francisco City", "New Orleans/Orleans (Parish)": "New Orleans"}.get(name, name)
        security.add((level, BY_NAME[row["state"].upper()].postal, name))
    expected = {}
    for level in ("county", "place", "state"):
        a, b = ({entry for entry in names if entry[0] == level} for names in (security, justice))
        expected[level] = (len(a & b), len(a - b), len(b - a))
    assert expected == {"county": (4, 387, 0), "place": (18, 182, 0), "state": (11, 3, 2)}
    found = {
        row["level"]: (row["both_list"], row["only_a"], row["only_b"])
        for row in ask(connection, "tracker_agreement", a="dhs", b="doj")
    }
    assert found == expected
    only_justice = connection.execute(
        "select listed_name, other_lists_it_as from analysis.mart_tracker_agreement"
        " where tracker_a = 'dhs' and tracker_b = 'doj' and listed_by = 'only b' order by 1"
    ).fetchall()
    assert only_justice == [("District of Columbia", "place"), ("Nevada", None)]
