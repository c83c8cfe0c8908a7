"""What was found of policies and trackers: what it may decide, and what it never may, over the published release.

What belongs here: the rows of many publishers as answers. What does not: the rules case by case (dbt unit tests), that
the tables are the files' (tests/recorded/test_policies.py).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.reading import questions
from orchestration.recorded import build

# Counties that bear the name of another state's: each code with what its own row says.
NAMESAKES = ("Jefferson County", "Lincoln County", "Marion County", "Washington County")


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return connection.execute(sql, list(values)).fetchall()


def status(connection, geoid: str, day: str, provision: str) -> tuple[str, str | None]:
    relation = questions.ask(connection, questions.question("status"), {"jurisdiction": geoid, "as_of": day})
    found = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    (row,) = [row for row in found if row["name"] == provision]
    return row["status"], row["said_by"]


class TestAsOfALists:
    @pytest.mark.parametrize(
        ("geoid", "day", "said"),
        [
            # Suffolk County's row of the map is of September 2014: it is the day's, and unknown before and after
            ("36103", "2014-09-29", "unknown"),
            ("36103", "2014-09-30", "in force"),
            ("36103", "2014-10-01", "unknown"),
            ("36103", "2017-03-27", "unknown"),
            # Adams County, Colorado stands on the sheriffs' list alone: "by then at the latest"
            ("08001", "2014-06-23", "unknown"),
            ("08001", "2014-06-24", "in force"),
            ("08001", "2014-06-25", "unknown"),
            # Washington County, Oregon: a newspaper and the map, so that nothing ends with the map's date
            ("41067", "2017-03-27", "in force"),
        ],
    )
    def test_no_status_is_drawn_past_the_date_of_the_only_list(self, connection, geoid, day, said):
        assert status(connection, geoid, day, "detainer_limits")[0] == said

    def test_it_ends_as_unknown_and_says_until_when_it_is_known(self, connection):
        assert status(connection, "36103", "2026-01-01", "detainer_limits") == (
            "unknown",
            "known until 2014-09-30 only: sheriff policy County Sheriff's Office Decision",
        )
        ended = rows(
            connection,
            "select count(*), count(status_since), count(*) filter (status <> 'unknown') from core.fct_policy_status"
            " where decided_by like 'known until %' and decided_by not like '%;%'",
        )
        ((spells, since, others),) = ended
        assert spells > 100
        assert (since, others) == (0, 0)

    def test_every_event_of_a_list_says_until_when_it_is_known_and_none_is_in_force_today(self, connection):
        bound = rows(
            connection,
            "select count(known_until), min(known_until), max(known_until) from core.fct_policy_event",
        )
        assert [(count, str(first), str(last)) for count, first, last in bound] == [(150, "2014-06-24", "2017-02-03")]
        # a unit and provision of which nothing but lists of one date tells
        alone = rows(
            connection,
            "select count(*) from core.fct_policy_status as s where s.status = 'in force' and s.valid_to is null"
            " and not exists (select 1 from core.fct_policy_event as e where e.jurisdiction_key = s.jurisdiction_key"
            " and e.known_until is null and e.effect_track = 'force' and e.is_decisive)",
        )
        assert alone == [(0,)]


class TestWhatIsNoPolicy:
    @pytest.mark.parametrize("event", ["opposed", "position_taken", "announced", "tabled", "court_ruling", "filed"])
    def test_such_an_act_never_puts_a_policy_in_force(self, connection, event):
        ((acts,),) = rows(connection, "select count(*) from core.fct_policy_event where event = ?", event)
        assert acts
        assert not rows(connection, "select 1 from core.fct_policy_status where decided_by like ?", f"%{event} %")

    def test_a_county_that_asked_for_a_report_has_no_policy_by_that(self, connection):
        """Miami-Dade's R-381-17 directs the mayor to report within 45 days; its limits ended on 2017-01-26."""
        titles = Path(__file__).with_name("finder_titles.csv").read_text(encoding="utf-8").splitlines()
        (title,) = [row["title"] for row in csv.DictReader(titles) if row["file_number"] == "170727"]
        assert title.startswith("RESOLUTION DIRECTING THE COUNTY MAYOR OR COUNTY MAYOR'S DESIGNEE TO PROVIDE A REPORT")
        assert status(connection, "12086", "2019-06-15", "general") == ("unknown", None)
        assert status(connection, "12086", "2019-06-15", "detainer_limits")[0] == "not in force"

    def test_a_jail_of_seven_cities_says_nothing_of_the_county_that_it_lies_in(self, connection):
        """King County ended holds for its own jails by Ordinance 17706 of 2013-12-10 and 17886 of 2014-09-05."""
        assert status(connection, "53033", "2013-12-09", "detainer_limits")[0] == "unknown"
        assert status(connection, "53033", "2026-01-01", "detainer_limits") == (
            "in force",
            "enacted ordinance 17706 (file 2013-0285)",
        )

    @pytest.mark.parametrize("geoid", ["37063", "41005", "41017", "41051", "55079"])
    def test_a_sheriff_who_ends_detainers_limits_detainers_and_no_more_is_said(self, connection, geoid):
        assert status(connection, geoid, "2019-12-31", "detainer_limits")[0] == "in force"
        assert status(connection, geoid, "2019-12-31", "general")[0] == "unknown"

    def test_a_unit_that_only_opposed_sanctuary_laws_has_no_status_of_its_own(self, connection):
        against = rows(
            connection,
            "select jurisdiction_key from core.fct_policy_event group by 1"
            " having bool_and(event in ('opposed', 'filed', 'introduced', 'position_taken'))"
            " and bool_or(event = 'opposed')",
        )
        assert len(against) >= 10
        for (unit,) in against:
            found = rows(
                connection, "select distinct status from core.fct_policy_status where jurisdiction_key = ?", unit
            )
            assert found in ([], [("unknown",)]), unit

    @pytest.mark.parametrize("geoid", ["01", "04", "18", "19", "20", "28", "33", "37"])
    def test_a_law_against_local_policies_is_a_preemption_and_nothing_else(self, connection, geoid):
        found = rows(
            connection,
            "select distinct provision_code, status from core.fct_policy_status join core.dim_jurisdiction"
            " using (jurisdiction_key) where geoid = ? and status = 'in force'",
            geoid,
        )
        assert found == [("preemption", "in force")]

    def test_a_state_has_a_status_only_of_what_somebody_cites(self, connection):
        cited = {
            (row["geoid"], row["provision_code"]) for row in _seed("instrument_provisions") if len(row["geoid"]) == 2
        }
        found = rows(
            connection,
            "select geoid, provision_code from core.fct_policy_status"
            " join core.dim_jurisdiction using (jurisdiction_key) where level = 'state' and status <> 'unknown'",
        )
        assert set(found) <= cited

    def test_secure_communities_is_an_event_of_its_own_and_of_no_status(self, connection):
        counts = rows(
            connection,
            "select count(*), count(event_from), min(event_from), max(event_from), count(*) filter (is_resolved)"
            " from core.fct_enforcement_event where program = 'secure communities'",
        )
        ((counties, dated, first, last, resolved),) = counts
        assert (counties, dated, str(first), str(last)) == (3242, 3102, "2008-10-01", "2013-01-01")
        # what has a month is a county that there is; 21 codes of places that the Census no longer has are without
        assert resolved == 3242 - 21
        assert not rows(
            connection, "select 1 from core.fct_enforcement_event where event_from is not null and not is_resolved"
        )
        assert not rows(connection, "select 1 from core.fct_policy_event where instrument ilike '%secure communities%'")
        harris = rows(connection, "select event_from from core.fct_enforcement_event where county_fips = '48201'")
        assert [str(day) for (day,) in harris] == ["2008-10-01"]


@pytest.mark.parametrize("name", NAMESAKES)
def test_counties_of_one_name_stay_apart(connection, name):
    """Each code has the events of its own rows, and no provision of a namesake's instrument."""
    ledger = {row["geoid"].partition("/")[0] for row in build.table("policy_events") if row["jurisdiction"] == name}
    assert len(ledger) > 1, name
    for geoid in ledger:
        wanted = sum(row["geoid"].partition("/")[0] == geoid for row in build.table("policy_events"))
        ((found,),) = rows(
            connection,
            "select count(*) from core.fct_policy_event join core.dim_jurisdiction using (jurisdiction_key)"
            " where geoid = ? and origin = 'ledger'",
            geoid,
        )
        assert found == wanted, geoid


class TestTrackers:
    def test_each_has_its_own_definition_and_says_what_it_means_to_be_listed(self, connection):
        found = rows(
            connection,
            "select tracker_code, verdict, lasts, holds, definition, listed_means, not_listed_means"
            " from core.dim_tracker where tracker_code <> 'unknown' order by 1",
        )
        assert [(code, verdict, lasts, holds) for code, verdict, lasts, holds, *_ in found] == [
            ("cis", "sanctuary", "its day", "the whole list"),
            ("dhs", "sanctuary", "until the next list", "the whole list"),
            ("doj", "sanctuary", "until the next list", "the whole list"),
            ("doj_letters", "asked for proof", "its day", "the whole list"),
            ("ice_287g", "cooperates", "until the next list", "the whole list"),
            ("ice_ddor", "limits cooperation", "its day", "a part of the list"),
            ("ilrc", "provision found", "its day", "nothing"),  # its importer waits for a list
            ("meyer_co", "declines holds", "its day", "the whole list"),
        ]
        for texts in zip(*(row[4:] for row in found), strict=True):
            assert all(len(text) > 40 for text in texts)
        assert len({row[4] for row in found}) == len(found)

    @pytest.mark.parametrize(
        ("code", "day", "listed"),
        [
            ("cis", "2014-09-29", 0),
            ("cis", "2014-09-30", 163),  # 166 rows: three units have two policies each
            ("cis", "2014-10-01", 0),
            ("meyer_co", "2014-06-24", 32),
            ("ice_ddor", "2017-02-03", 4),
            ("doj_letters", "2017-04-21", 9),
            ("doj_letters", "2017-08-03", 4),
            ("doj_letters", "2017-11-15", 29),
            ("doj_letters", "2018-01-24", 23),
            ("doj_letters", "2018-01-25", 0),
        ],
    )
    def test_a_list_of_one_date_names_whom_it_named_on_that_day_and_nobody_on_another(
        self, connection, code, day, listed
    ):
        relation = questions.ask(connection, questions.question("listed"), {"tracker": code, "as_of": day})
        assert len(relation.fetchall()) == listed

    def test_such_a_listing_ends_because_nothing_is_known_after(self, connection):
        assert rows(
            connection,
            "select distinct t.lasts, l.listed_to_because from core.fct_tracker_listing as l"
            " join core.dim_tracker as t using (tracker_key) where l.listed_to is not null order by all",
        ) == [
            ("its day", "nothing known after"),
            ("until the next list", "list withdrawn"),
            ("until the next list", "listed under another name"),
            ("until the next list", "no longer on the list"),
        ]

    @pytest.mark.parametrize(
        ("code", "table"),
        [("cis", "cis_sanctuary_map"), ("doj_letters", "doj_compliance_letters"), ("meyer_co", "meyer_no_ice_holds")],
    )
    def test_each_name_is_the_unit_that_the_transcription_says(self, connection, code, table):
        wanted = {tuple(sorted(row["geoid"].split("/"))) for row in build.table(table)}
        found = {
            geoid
            for (geoid,) in rows(
                connection,
                "select distinct geoid from core.fct_tracker_listing join core.dim_tracker using (tracker_key)"
                " join core.dim_jurisdiction using (jurisdiction_key) where tracker_code = ? and geoid is not null",
                code,
            )
        }
        assert len(found) == len(wanted)
        # the District and two towns have two codes each; every other unit is the one of the transcription
        others = {geoid for geoid in found if not any(geoid in codes for codes in wanted)}
        assert others <= {"1150000", "2501501325", "0900922910"}

    @pytest.mark.parametrize(
        "name",
        [
            # elected officers of a precinct; the State Police took no part (House co-sponsorship memo PAB00039078)
            "Pennsylvania State Constable Office Honey Brook Precinct 1",
            "Pennsylvania State Constables Office Cambria County",
            # "without specifying town or village" (Newsday, 2025-06-02)
            "East Hampton",
        ],
    )
    def test_a_name_that_no_source_ties_to_a_government_is_no_units(self, connection, name):
        found = rows(
            connection,
            "select bool_or(is_resolved), count(*) from core.fct_tracker_listing where listed_name = ?",
            name,
        )
        ((resolved, listings),) = found
        assert listings
        assert not resolved

    @pytest.mark.parametrize("name", ["East Haven", "Amherst"])
    def test_a_town_on_the_map_and_its_policy_in_the_ledger_are_one_unit(self, connection, name):
        found = rows(
            connection,
            "select jurisdiction_key from core.fct_tracker_listing join core.dim_tracker using (tracker_key)"
            " where tracker_code = 'cis' and listed_name = ?"
            " union select jurisdiction_key from core.fct_policy_event where jurisdiction_name like ?",
            name, f"{name} town, %",
        )  # fmt: skip
        assert len(found) == 1

    @pytest.mark.parametrize(
        ("geoid", "day", "code", "said"),
        [
            ("36103", "2014-09-30", "cis", "listed: sanctuary"),
            ("36103", "2017-03-27", "cis", "no list of that day"),
            ("36119", "2014-09-30", "cis", "not listed"),
            ("1714000", "2017-04-21", "doj_letters", "listed: asked for proof"),
            ("1714000", "2017-04-22", "doj_letters", "no list of that day"),
            ("3638077", "2017-02-03", "ice_ddor", "listed: limits cooperation"),
            ("3651000", "2017-02-03", "ice_ddor", "not known: a part of the list is captured"),
        ],
    )
    def test_what_a_list_of_one_date_answers_of_other_days(self, connection, geoid, day, code, said):
        assert status(connection, geoid, day, code)[0] == said

    @pytest.mark.parametrize(
        ("geoid", "day", "code", "said"),
        [
            ("36103", "2014-09-30", "cis", "listed: sanctuary"),
            ("36103", "2014-10-01", "cis", "no list of that day"),
            ("36119", "2014-09-30", "cis", "not listed"),
            ("36061", "2014-06-24", "meyer_co", "no list of its state by then"),
            ("08001", "2014-06-24", "meyer_co", "listed: declines holds"),
            ("3651000", "2017-02-03", "ice_ddor", "not known: a part of the list is captured"),
        ],
    )
    def test_on_which_lists_tells_not_listed_from_no_list_of_that_day(self, connection, geoid, day, code, said):
        relation = questions.ask(
            connection, questions.question("on_which_lists"), {"jurisdiction": geoid, "as_of": day}
        )
        at = relation.columns.index
        assert {row[at("tracker_code")]: row[at("answer")] for row in relation.fetchall()}[code] == said

    def test_who_is_at_risk_today_is_asked_of_lists_that_say_something_of_today(self, connection):
        assert rows(
            connection,
            "select distinct tracker_code from analysis.mart_grants_at_risk order by 1",
        ) == [("dhs",), ("doj",), ("ice_287g",)]


@pytest.mark.real
class TestAgreementsByMonth:
    """The known answer is derived by others from 969 captures; ours are 69 of them."""

    def test_on_every_day_of_ours_the_agreements_are_those_of_their_spells(self, connection, real: Path):
        with (real / "trackers" / "ice_287g_agreement_spells_2021-2026.csv").open(
            encoding="utf-8", newline=""
        ) as stream:
            theirs = list(csv.DictReader(stream))
        with (real / "trackers" / "ice_287g_snapshot_index.csv").open(encoding="utf-8", newline="") as stream:
            index = {row["snapshot"] for row in csv.DictReader(stream)}
        alike = different = 0
        for batch in build.batches("ice/agreements_287g"):
            moment = f"{batch.retrieved_at:%Y-%m-%dT%H:%M:%S}"
            assert moment in index, moment
            day = batch.retrieved_at.date()
            ours = {
                _key(*row)
                for row in rows(
                    connection,
                    "select s.name, l.listed_name, l.support_type from core.fct_tracker_listing as l"
                    " join core.dim_tracker as t using (tracker_key)"
                    " join reference.states as s on l.state_code = s.postal"
                    " where t.tracker_code = 'ice_287g' and l.listed_from <= ?"
                    " and (l.listed_to is null or l.listed_to > ?)",
                    day,
                    day,
                )
            }
            known = {
                _key(row["state"], row["agency"], row["support_type"])
                for row in theirs
                if row["first_snapshot"] <= moment <= row["last_snapshot"]
            }
            alike += len(ours & known)
            different += len(ours ^ known)
        assert alike > 22_000
        # theirs bridge captures that do not hold an agreement, and spell some names otherwise
        assert different / alike < 0.02

    @pytest.mark.parametrize(
        ("state", "name", "because"),
        [
            # the agreement of 2020-02-12 goes on as "Flathead County Sheriff's Office"
            ("MT", "Flathead County Sheriff's Department", {"listed under another name"}),
            ("WI", "Mantiowoc County Sheriff's Office", {"listed under another name"}),
            # Homeland Security ended Bristol's agreement in May 2021, a new sheriff ended Barnstable's in January 2023
            ("MA", "Bristol County Sheriff's Office", {"no longer on the list"}),
            ("MA", "Barnstable County Sheriff's Office", {"no longer on the list"}),
        ],
    )
    def test_an_agreement_under_a_new_spelling_has_not_ended(self, connection, state, name, because):
        sql = (
            "select distinct listed_to_because from core.fct_tracker_listing"
            " where verdict = 'cooperates' and state_code = ? and listed_name = ?"
        )
        assert {row[0] for row in rows(connection, sql, state, name)} == because

    def test_an_agreement_has_one_of_the_three_models(self, connection):
        """Section 287(g) has three models; one row of 2026-01 says "Warrant Service Office"."""
        found = rows(
            connection, "select distinct support_type from core.fct_tracker_listing where verdict = 'cooperates'"
        )
        assert {row[0] for row in found} == {"Jail Enforcement Model", "Task Force Model", "Warrant Service Officer"}

    def test_the_ends_are_150_and_1843(self, connection):
        def on(day: str) -> int:
            relation = questions.ask(connection, questions.question("listed"), {"tracker": "ice_287g", "as_of": day})
            return len(relation.fetchall())

        assert (on("2021-01-13"), on("2026-05-18")) == (150, 1843)


def _key(state: str, agency: str, support: str) -> tuple[str, str, str]:
    return tuple("".join(c for c in text.upper() if c.isalnum()) for text in (state, agency, support))  # type: ignore[return-value]


def _seed(name: str) -> list[dict[str, str]]:
    path = Path(__file__).parents[2] / "dbt_project" / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
