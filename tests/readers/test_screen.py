"""How an answer looks on a terminal: the numbers of a column alike.

What belongs here: cli.screen over a relation. What does not: harmful text (test_reading), files (test_writing).
"""

from __future__ import annotations

import io

import duckdb
import pytest

from orchestration.cli.screen import Screen, table


def shown(sql: str) -> list[list[str]]:
    """The cells of each row as they stand on a wide screen."""
    screen = Screen(file=io.StringIO(), width=200)
    with duckdb.connect() as connection:
        table(screen, connection.sql(sql))
    lines = screen.file.getvalue().splitlines()
    return [line.split() for line in lines if line.strip()][1:]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # amounts of any size in a column that has a large one; years in a column that has none
        ("(3363), (51949), (-12)", ["3,363", "51,949", "-12"]),
        ("(1994), (2027)", ["1994", "2027"]),
        ("(null), (12000)", ["", "12,000"]),
    ],
)
def test_the_whole_numbers_of_a_column_look_alike(values: str, expected: list[str]):
    rows = shown(f"select 'row' as place, number from (values {values}) as given(number)")
    assert [row[1] if len(row) > 1 else "" for row in rows] == expected


def test_a_key_is_no_amount():
    assert shown("select 20170301 as date_key, 20170301 as amount") == [["20170301", "20,170,301"]]


def test_long_citations_leave_room_for_the_other_columns():
    """Citations of the ledger: several addresses in one cell, longer together than a screen is wide."""
    letters = (
        "http://bostonstrong.com/?p=4442",
        "http://www.msnewsnow.com/story/36854317/us-justice-dept-accuses-jackson-of-possible-immigration-rules-violations",
        "https://wjtv.com/2017/11/15/justice-department-sends-letters-to-29-jurisdictions-regarding-immigration-enforcement/",
    )
    said = f"select 'Santa Clara County' as name, 'listed' as event, '{' ; '.join(letters)}' as source_citation"
    words = [word for row in shown(said) for word in row if word != ";"]
    # the other columns stand there, and no address is broken
    assert words == ["Santa", "Clara", "County", "listed", *letters]
