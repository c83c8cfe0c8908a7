"""Who was on which list on a day, and of which day nobody can say: the snapshots of the recorded edition.

What belongs here: core.fct_tracker_snapshot and the question that asks it. What does not: who is listed
(test_listed_alike).

The dates are the publishers' own: Homeland Security's list stood from 29 May to 1 June 2025, Justice's came out on 5
August 2025, and Nevada left it on 26 September.
"""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.reading import questions


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def answers(connection, place: str, day: str) -> dict[str, tuple[str, date | None]]:
    rows = questions.ask(connection, questions.question("on_which_lists"), {"jurisdiction": place, "as_of": day})
    at = rows.columns.index
    return {row[at("tracker_code")]: (row[at("answer")], row[at("by_the_list_of")]) for row in rows.fetchall()}


def test_before_a_tracker_s_first_list_nobody_can_say(connection):
    before = answers(connection, "Chicago", "2025-05-28")
    assert before["dhs"] == ("no list of its state by then", None)
    assert before["doj"] == ("no list of its state by then", None)


def test_a_withdrawn_list_lists_nobody_and_says_so(connection):
    assert answers(connection, "Chicago", "2025-05-31")["dhs"] == ("listed: sanctuary", date(2025, 5, 29))
    after = answers(connection, "Chicago", "2025-06-02")["dhs"]
    assert after == ("not listed: the list was withdrawn", date(2025, 6, 1))


def test_who_leaves_a_list_is_not_listed_from_the_next_snapshot_on(connection):
    nevada = "Nevada (state)"
    assert answers(connection, nevada, "2025-09-25")["doj"] == ("listed: sanctuary", date(2025, 8, 5))
    assert answers(connection, nevada, "2025-09-26")["doj"] == ("not listed", date(2025, 9, 26))


def test_the_names_of_a_day_add_up_to_the_publisher_s_count(connection):
    """35 names on Justice's list of 5 August 2025, 34 after Nevada left it."""
    counted = connection.sql(
        "select snapshot_on, sum(names_listed) from core.fct_tracker_snapshot join core.dim_tracker using (tracker_key)"
        " where tracker_code = 'doj' group by 1 order by 1"
    ).fetchall()
    assert counted == [(date(2025, 8, 5), 35), (date(2025, 9, 26), 34)]


def test_of_the_nation_and_of_a_unit_of_no_known_state_no_list_is_asked(connection):
    assert {said for said, _ in answers(connection, "United States", "2025-08-05").values()} == {
        "does not apply: a list names parts of the nation"
    }
    found = answers(connection, "Police Executive Research Forum", "2025-08-05")
    said = {tracker: answer for tracker, (answer, _) in found.items()}
    assert said.pop("ice_ddor") == "not known: a part of the list is captured"
    assert set(said.values()) == {"not known: its state is not known"}
