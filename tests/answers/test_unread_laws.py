"""A council's law that nobody has read stands in the answer of `status`, and decides none of it.

What belongs here: the named question over the published tables, with one law made unread. What does not: which law is
unread (tests/ordinances).
"""

from __future__ import annotations

import pytest

from orchestration.reading import questions
from tests.altered import altered

LAW = "Int 0989-2012"


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    unread = f"is_unread_law or file_number = '{LAW}' as is_unread_law"
    with altered(settings.published_file, {"core.dim_council_matter": unread}) as made:
        yield made


def unread(connection, day: str, known: str = "public") -> list[tuple[str, str]]:
    given = {"jurisdiction": "New York, NY", "as_of": day, "known": known}
    rows = questions.ask(connection, questions.question("status"), given)
    at = rows.columns.index
    return [
        (row[at("status")], str(row[at("held_since")])) for row in rows.fetchall() if row[at("what")] == "unread law"
    ]


def test_a_law_that_nobody_read_is_shown_from_the_day_it_became_law(connection):
    assert unread(connection, "2013-03-17") == []
    assert unread(connection, "2013-03-18") == [("became law, not read", "2013-03-18")]


def test_a_resolution_is_adopted_and_becomes_no_law(connection):
    given = {"jurisdiction": "New York, NY", "as_of": "2018-02-15", "known": "public"}
    rows = questions.ask(connection, questions.question("status"), given)
    at = rows.columns.index
    found = [
        (row[at("what")], row[at("status")]) for row in rows.fetchall() if str(row[at("name")]).startswith("Resolution")
    ]
    assert ("unread resolution", "adopted, not read") in found


def test_what_we_did_not_know_then_is_not_said_of_then(connection):
    assert unread(connection, "2013-03-18", known="ours") == []
