"""How an answer looks on a terminal: the numbers of a column alike.

What belongs here: cli.screen over a relation. What does not: harmful text (test_reading), files (test_writing).
"""

from __future__ import annotations

import io

import duckdb
import pytest

from orchestration.cli.screen import Screen, table


def lines(sql: str, width: int, limit: int = 60) -> list[str]:
    """What stands on a screen of that width."""
    screen = Screen(file=io.StringIO(), width=width)
    with duckdb.connect() as connection:
        table(screen, connection.sql(sql), limit=limit)
    return [line.rstrip() for line in screen.file.getvalue().splitlines() if line.strip()]


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


def test_what_is_not_zero_is_never_shown_as_zero():
    rows = shown("select number from (values (0.001::decimal(9, 4)), (-0.0004), (0.1), (0)) as given(number)")
    assert rows == [["0.001"], ["-0.0004"], ["0.10"], ["0.00"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [("(12.5), (1000), (0)", ["12.50", "1,000.00", "0.00"]), ("(12), (1000), (0)", ["12", "1,000", "0"])],
)
def test_the_amounts_of_a_column_have_cents_all_or_none(values: str, expected: list[str]):
    rows = shown(f"select cast(usd as decimal(18, 2)) from (values {values}) as given(usd)")
    assert rows == [[one] for one in expected]


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # as many digits as one of them needs, three at most
        ("(1.553), (0.034), (2.0)", ["1.553", "0.034", "2.000"]),
        ("(43.2), (44.0)", ["43.2", "44.0"]),
        # what is not zero is not shown as zero
        ("(0.0), (0.00004)", ["0.0", "4e-05"]),
    ],
)
def test_the_decimal_numbers_of_a_column_keep_what_they_say(values: str, expected: list[str]):
    rows = shown(f"select 'row' as place, cast(number as double) from (values {values}) as given(number)")
    assert [row[1] for row in rows] == expected


WIDE = ", ".join(f"'value {n}' as a_long_name_of_column_{n}" for n in range(12))


def test_rows_that_are_wider_than_the_screen_stand_one_by_one():
    said = lines(f"select {WIDE}, null as unknown, 'a ' || repeat('word ', 30) as long_text", 80)
    assert [line for line in said if len(line) > 80] == []
    assert said[:2] == ["a_long_name_of_column_0   value 0", "a_long_name_of_column_1   value 1"]
    assert " ".join(said).count("word") == 30
    # what is empty is named, not left out
    assert said[-1] == "(no value: unknown)"


def test_of_rows_one_by_one_a_part_is_shown_and_said_so():
    said = lines(f"select n, {WIDE} from range(50) as given(n)", 80, limit=30)
    assert sum(line.split()[0] == "n" for line in said) == 15
    assert said[-1] == "... more rows: --format csv gives them all (first 15 shown)"


def test_names_of_columns_break_before_their_cells_do():
    sql = "select 1995 as first_year, 'cannot be told apart' as reading, 44.25 as percent_reported from range(3)"
    assert lines(sql, 200)[0].split() == ["first_year", "reading", "percent_reported"]
    narrow = lines(sql, 40)
    assert narrow[-1].split() == ["1995", "cannot", "be", "told", "apart", "44.25"]
    assert [line.split() for line in narrow[:2]] == [["first_", "percent_"], ["year", "reading", "reported"]]


def test_a_table_whose_folded_cells_take_more_lines_than_its_rows_one_by_one_is_none():
    texts = ", ".join(f"repeat('word ', {40 if n == 0 else 5}) as text_{n}" for n in range(5))
    assert lines(f"select {texts}", 70)[0].startswith("text_0  word word")


def test_a_wide_screen_is_used_before_a_cell_is_broken():
    (_, row) = lines("select 'a' as name, repeat('word ', 30) as text", 200)
    assert row.count("word") == 30
