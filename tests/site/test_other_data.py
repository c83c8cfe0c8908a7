"""The pictures' findings and lines on data that the recorded edition does not have: one place, no amount, a gap.

What belongs here: constructed tables whose finding is known beforehand. What does not: the recorded edition's figures
(test_site, test_words).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import lxml.html
import pytest

from orchestration.reading import questions
from orchestration.release.history import Release
from orchestration.site import front, pages, subjects
from orchestration.site.pages import Pages

RELEASE: dict[str, Any] = {
    "id": "2027.01.02", "built_at": datetime(2027, 1, 2, 8, 0, tzinfo=UTC), "run_id": "r", "edition": "live",
    "as_of": None, "fingerprint": "f", "code_digest": "c", "software": "0", "previous": None, "captures": ["one"],
    "rows": {}, "differences": {}, "checks": {"passed": 1, "warned": 0}, "accepted": {},
}  # fmt: skip


def made(folder: Path, *statements: str, as_of: date | None = None) -> Pages:
    """The pages of a release that holds what the statements make."""
    connection = duckdb.connect()
    for schema in ("core", "analysis", "meta"):
        connection.execute(f"create schema {schema}")
    for statement in statements:
        connection.execute(statement)
    return Pages(folder, Release(**{**RELEASE, "as_of": as_of}), connection)


def at_risk(*rows: tuple[Any, ...]) -> tuple[str, str, str]:
    """What the listed places hold. rows: key, name, state, dollars."""
    values = ", ".join(f"('{key}', '{name}', '{state}', {usd})" for key, name, state, usd in rows)
    return (
        "create table analysis.mart_grants_at_risk as select *, 'doj' as tracker_code, 'sanctuary' as tracker_verdict,"
        " 1 as awards, cast(usd as decimal(18, 2)) as obligated_amount, cast(0 as decimal(18, 2)) as"
        f" obligated_amount_open from (values {values}) as v (jurisdiction_key, jurisdiction_name, state_code, usd)",
        "create table meta.capture as select timestamp '2026-12-24 23:30:00' as retrieved_at",
        "create table core.nothing (x int)",
    )


class TestWhatTheListedPlacesHold:
    def test_one_place_is_told_as_one(self, tmp_path: Path):
        picture = front.at_risk(made(tmp_path, *at_risk(("a", "Chicago city, Illinois", "IL", 2_500_000))))
        assert picture.finding == "One place on Justice's list, Chicago, holds $2.5 million in captured awards."

    def test_two_names_that_are_alike_in_two_states_are_two_places(self, tmp_path: Path):
        rows = (("a", "City Of Brookhaven", "GA", 1_000_000), ("b", "City Of Brookhaven", "MS", 3_000_000))
        picture = front.at_risk(made(tmp_path, *at_risk(*rows)))
        assert [(row["place"], row["obligated_usd"]) for row in picture.rows] == [
            ("City Of Brookhaven, MS", 3_000_000), ("City Of Brookhaven, GA", 1_000_000),
        ]  # fmt: skip
        assert picture.finding.startswith("2 places on Justice's list hold $4.0 million")

    def test_a_place_whose_amount_is_not_known_is_no_zero_and_stops_nothing(self, tmp_path: Path):
        rows = (("a", "A city, Ohio", "OH", "null"), ("b", "B city, Ohio", "OH", 1), ("c", "C city, Ohio", "OH", 2e6))
        picture = front.at_risk(made(tmp_path, *at_risk(*rows)))
        assert picture.finding.startswith("2 places on Justice's list hold $2.0 million")
        assert picture.rows[-1]["obligated_usd"] is None

    @pytest.mark.parametrize(
        ("as_of", "says"),
        [(None, "2026-12-24, the day of the newest capture, or later"),
         (date(2026, 12, 31), "2026-12-31, as of which the release is, or later")],
    )  # fmt: skip
    def test_the_day_is_named_for_what_it_is(self, tmp_path: Path, as_of: date | None, says: str):
        picture = front.at_risk(made(tmp_path, *at_risk(("a", "A city, Ohio", "OH", 1)), as_of=as_of))
        assert says in picture.caveats[0]


def test_the_question_does_not_add_up_two_places_of_one_name():
    """Four names occur twice in a state in the Census Bureau's list: Spring Hill in Florida is two places."""
    columns = (
        "jurisdiction_key jurisdiction_name state_code listed_since first_seen_on awards obligated_amount"
        " obligated_amount_open undisbursed_amount awards_with_outlay injunctions tracker_code tracker_verdict"
    ).replace(" ", ", ")
    with duckdb.connect() as connection:
        connection.execute("create schema analysis")
        rows = ", ".join(
            f"('{key}', 'Spring Hill CDP, Florida', 'FL', null, null, 1, {usd}, 0, 0, 0, null, 'doj', 'sanctuary')"
            for key, usd in (("a", 5), ("b", 7))
        )
        connection.execute(f"create table analysis.mart_grants_at_risk as from (values {rows}) as v ({columns})")
        connection.execute("create table analysis.mart_award_share (share_scope varchar, jurisdiction_key varchar,"
                           " share_of_nation_percent double, share_note varchar)")  # fmt: skip
        found = connection.execute(questions.question("at_risk").sql, {"tracker": "doj"}).fetchall()
    assert [row[5] for row in found] == [7, 5]


def test_the_nations_figure_is_the_sum_of_the_search_where_the_inventory_has_none():
    """A live edition has no inventory: 7 of grants and 2 of direct payments are 9. A whole year is added to nothing."""
    columns = "assistance_listing, fiscal_year, type_group, is_total, obligated_amount, seen_on, figure_note"
    with duckdb.connect() as connection:
        connection.execute("create schema core; create schema analysis")
        connection.execute(
            "create table core.fct_listing_year as select 'k' as assistance_listing_key, * from (values"
            " ('99.001', 2023, 'all', true, null, date '2025-12-05', 'not covered'),"
            " ('99.001', 2024, 'all', true, 5, date '2025-12-05', null),"
            " ('99.001', 2024, 'grants', false, 4, date '2026-12-05', 'of a part'),"
            " ('99.001', 2025, 'grants', false, 7, date '2026-12-05', 'new'),"
            f" ('99.001', 2025, 'direct_payments', false, 2, date '2026-12-06', null)) as v ({columns})"
        )
        connection.execute("create table core.dim_assistance_listing as select 'k' as assistance_listing_key,"
                           " 'Synth' as listing_name")  # fmt: skip
        connection.execute("create table analysis.mart_award_share (share_scope varchar, assistance_listing varchar,"
                           " fiscal_year int, awards bigint, obligated_amount decimal(18, 2),"
                           " share_of_nation_percent double)")  # fmt: skip
        found = connection.execute(questions.question("nation").sql).fetchall()
    assert [(row[2], row[3], row[4].isoformat(), row[8]) for row in found] == [
        (2023, None, "2025-12-05", "not covered"),
        (2024, 5, "2025-12-05", None),
        (2025, 9, "2026-12-06", "grants: new"),
    ]


class TestTheCapturedAwards:
    def money(self, folder: Path, *rows: tuple[Any, ...]) -> pages.Picture:
        values = ", ".join(f"({year}, {awards}, {share})" for year, awards, share in rows)
        return front.money(made(
            folder,
            "create table analysis.mart_award_share as select 'fiscal year' as share_scope, year as fiscal_year,"
            " cast(n as bigint) as awards, 1 as obligated_amount, share as share_of_nation_percent, '' as share_note"
            f" from (values {values}) as v (year, n, share)",
        ))  # fmt: skip

    def test_one_year_whose_share_is_known_has_one_percentage(self, tmp_path: Path):
        picture = self.money(tmp_path, (2017, 1, "null"), (2020, 2, 9.66))
        assert picture.finding == ("This release holds 3 awards: 9.7% of what the nation obligated in a year.")
        assert not any("Not drawn" in caveat for caveat in picture.caveats)

    def test_an_edition_that_asked_for_all_awards_does_not_call_them_a_part(self, tmp_path: Path):
        picture = self.money(tmp_path, (2019, 500, 99.2), (2020, 600, 103.4))
        assert picture.finding == (
            "This release holds 1,100 awards: 99.2% to 103.4% of what the nation obligated in a year."
        )
        assert not any("seen_on" in caveat for caveat in picture.caveats), "no column of the picture"

    def test_without_a_share_nobody_knows_of_how_many(self, tmp_path: Path):
        picture = self.money(tmp_path, (2017, 1, "null"))
        assert picture.finding == "This release holds 1 award; of how many is not known."

    def test_awards_without_a_year_are_counted_and_said_not_to_be_drawn(self, tmp_path: Path):
        picture = self.money(tmp_path, ("null", 1, "null"), (2020, 2, 9.66))
        assert "holds 3 awards" in picture.finding
        assert "Not drawn: 1 award whose number does not show the fiscal year." in picture.caveats


def test_the_events_with_a_full_source_are_counted_of_all_dated_events(tmp_path: Path):
    """Two are sourced, of three that have a date; one of these puts a policy in force, and is of two provisions."""
    picture = subjects.events(made(
        tmp_path,
        "create schema reference",
        "create table reference.policy_event_effects as select * from (values ('issued', 1), ('listed', null))"
        " as v (event, sets)",
        "create table core.fct_policy_event as select 'u' as jurisdiction_key, 'U city, Ohio' as jurisdiction_name,"
        " 'act' as instrument, '1' as instrument_number, event_from as event_to, 'day' as date_precision,"
        " 'an address' as source_citation, * from (values (date '2017-01-01', 'sourced', 'listed', 'general'),"
        " (date '2017-01-01', 'council record', 'issued', 'general'),"
        " (date '2017-01-01', 'council record', 'issued', 'no_287g'),"
        " (date '2018-01-01', 'partial', 'listed', 'general'), (null, 'sourced', 'issued', 'general'))"
        " as v (event_from, source_status, event, provision_code)",
    ))  # fmt: skip
    assert picture.finding == (
        "3 dated events are known: 1 put a policy in force, reaffirm, change or end it."
        " 2 of the 3 rest on a full source."
    )
    assert picture.caveats[0].startswith("In all 4 events are known: 3 of the ledger and 1 of councils' own records.")
    assert [(row["year"], row["source"], row["events"]) for row in picture.rows] == [
        (2017, "council record", 1), (2017, "sourced", 1), (2018, "partial", 1),
    ]  # fmt: skip


def test_justices_names_are_those_since_its_first_list_that_is_held(tmp_path: Path):
    """A live edition's first list of Justice's is that of the day on which it was first asked for."""
    picture = front.agreement(made(
        tmp_path,
        "create table analysis.mart_tracker_agreement as select 'dhs' as tracker_a, 'doj' as tracker_b, 'state' as"
        " level, 'both' as listed_by, 'Ohio' as listed_name, null as other_lists_it_as",
        "create table core.dim_tracker as select * from (values ('d', 'doj'), ('h', 'dhs'))"
        " as v (tracker_key, tracker_code)",
        "create table core.fct_tracker_snapshot as select * from (values ('d', date '2026-12-24'),"
        " ('d', date '2026-12-25'), ('h', date '2025-05-29')) as v (tracker_key, snapshot_on)",
    ))  # fmt: skip
    assert picture.caveats[0].endswith("Justice's names are those of every list held since 2026-12-24.")
    assert not any("only_a" in caveat for caveat in picture.caveats), "no column of the picture"


def test_only_pairs_that_have_a_figure_of_hispanic_victims_are_counted_as_comparisons(tmp_path: Path):
    picture = subjects.printed(made(
        tmp_path,
        "create table core.fct_published_statistic as select *, 'crime_reporting' as subject, 'percent' as unit,"
        " 'change' as measure, 'p' as period_as_printed, 'c' as source_citation from (values"
        " ('A', 'rape', 'Hispanic', -5.0), ('A', 'rape', 'Non-Hispanic', 2.0), ('B', 'rape', 'Citywide', 1.0),"
        " ('B', 'rape', 'Non-Hispanic', 2.0)) as v (entity, offense_group, victim_group, figure)",
    ))  # fmt: skip
    assert picture.finding.startswith("In 1 of 1 printed comparison, ")


def test_the_line_of_the_placebo_stops_where_a_window_is_not_compared(tmp_path: Path):
    """January to May are compared, June is not, July is: the line has a piece before June, and one after."""
    picture = subjects.placebo(made(
        tmp_path,
        "create table analysis.mart_reporting_gap as select 'traffic_collision' as offense_family, 'three months' as"
        " window_kind, make_date(2017, m, 1) as month_start, case when m <> 6 then 1.0 end as hispanic_change_percent,"
        " case when m <> 6 then 2.0 end as others_change_percent from range(1, 8) as r (m)",
    ))  # fmt: skip
    parts = {group: [row["part"] for row in picture.rows if row["group"] == group] for group in ("Hispanic", "others")}
    assert parts == {"Hispanic": [1, 1, 1, 1, 1, 2], "others": [3, 3, 3, 3, 3, 4]}
    assert "part" in picture.columns


class TestCells:
    def test_what_is_not_known_has_nothing_to_be_sorted_by(self):
        """The tables' script puts an empty value last, whichever way a column is sorted (static/site.js, ordered)."""
        assert str(pages.sorts_by(None)) == ' data-value=""'
        assert str(pages.sorts_by(1234)) == ' class="n" data-value="1234"'

    @pytest.mark.parametrize(("n", "says"), [(0, "0 places"), (1, "1 place"), (1234, "1,234 places")])
    def test_a_count_agrees_with_its_noun(self, n: int, says: str):
        assert pages.counted(n, "place", "places") == says

    def test_counts_of_the_list_of_places_sort_as_numbers_and_an_unknown_sum_is_said_to_be(self, tmp_path: Path):
        of_one = {"id": "1", "name": "<b>A</b> 'city', Ohio", "state_code": "OH"}
        made(tmp_path).write(
            "places.html", "places.html", places=1, names=1, unmatched=[],
            awarded=[{**of_one, "awards": 1234, "obligated_amount": None}],
        )  # fmt: skip
        page = lxml.html.document_fromstring((tmp_path / "places.html").read_bytes())
        _, awards, amount = page.find_class("list")[0].iter("td")
        assert (awards.get("data-value"), awards.text) == ("1234", "1,234")
        assert (amount.get("data-value"), amount.text) == ("", "unknown")
        text = page.text_content()
        assert "<b>A</b> 'city', Ohio" in text
        assert "1 place with an award" in text
        assert "1 printed name, too, matched to no place" in text
