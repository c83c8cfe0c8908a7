"""`status` with known=ours: what we had captured by a day says who was listed, whatever was brought later.

What belongs here: the named question over the published tables, with captures that were landed on other days. What does
not: known=public (test_listed_alike, test_on_which_lists).

The Justice Department's list of 5 August 2025 names Nevada, and that of 26 September does not. Broward County's sheriff
is on ICE's list from the first workbook at hand, of 2021, to the last.
"""

from __future__ import annotations

import pytest

from orchestration.reading import questions
from tests.altered import altered

# ICE's workbooks of 2026 came as they appeared. The older ones and Justice's second list were brought in November 2026.
LANDED = """
case
    when dataset = 'ice__agreements_287g' and retrieved_at >= '2026-01-01' then retrieved_at
    when dataset = 'doj__sanctuary_list' and retrieved_at < '2025-09-01' then retrieved_at
    else timestamp '2026-11-30 06:00:00'
end
"""


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with altered(settings.published_file, {"meta.capture": f"{LANDED} as landed_at"}) as made:
        yield made


def listed(connection, place: str, day: str, tracker: str, known: str = "ours") -> set[tuple[str, str | None]]:
    """Status and day of learning of a place's rows of one tracker."""
    given = {"jurisdiction": place, "as_of": day, "known": known}
    rows = questions.ask(connection, questions.question("status"), given)
    at = rows.columns.index
    return {(row[at("status")], str(row[at("learned_on")])) for row in rows.fetchall() if row[at("name")] == tracker}


def test_older_lists_that_came_later_unlist_nobody(connection):
    assert listed(connection, "12011", "2026-03-10", "ice_287g") == {("listed: cooperates", "2026-03-02")}
    assert listed(connection, "12011", "2025-12-31", "ice_287g") == {("no list of its state by then", "None")}


def test_who_left_a_list_that_came_later_was_on_the_list_that_we_had(connection):
    assert listed(connection, "32", "2025-10-10", "doj") == {("listed: sanctuary", "2025-08-05")}
    assert {status for status, _ in listed(connection, "32", "2025-10-10", "doj", "public")} == {"not listed"}
    assert {status for status, _ in listed(connection, "32", "2026-11-30", "doj")} == {"not listed"}


def test_a_list_of_one_day_that_came_later_is_not_known_on_its_day(connection):
    assert listed(connection, "17031", "2014-09-30", "cis") == {("no list of its state by then", "None")}
    assert {status for status, _ in listed(connection, "17031", "2014-09-30", "cis", "public")} == {"listed: sanctuary"}


def test_a_list_that_was_shown_again_is_learned_when_it_was(published):
    """Had Justice shown its list of August again on 26 September, after a file without Nevada, that day is the one."""
    settings, _ = published
    again = "listed_name = 'Nevada' and listed_from = date '2025-08-05'"
    shown = f"if({again}, date '2025-09-26', listed_from) as listed_from, if({again}, null, listed_to) as listed_to"
    landed = {"core.fct_tracker_listing": shown, "meta.capture": "retrieved_at as landed_at"}
    with altered(settings.published_file, landed) as made:
        assert listed(made, "32", "2026-12-31", "doj", "public") == {("listed: sanctuary", "2025-09-26")}
        assert listed(made, "32", "2026-12-31", "doj") == {("listed: sanctuary", "2025-09-26")}
