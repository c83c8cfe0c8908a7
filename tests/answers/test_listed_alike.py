"""The named questions that say who is listed agree with each other: for every tracker, over days of every kind.

What belongs here: one question held against another, parameter by parameter. What does not: what a tracker lists
(tests/ordinances), or how an empty answer speaks (test_empty_answers).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest

from orchestration.reading import questions

# The Justice Department's list of 2025-08-05 names the District of Columbia among the states.
DC = "1150000"


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def ask(connection, name, **given):
    relation = questions.answer(connection, questions.question(name), {k: str(v) for k, v in given.items()}).relation
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def trackers(connection, *, sanctuary: bool) -> list[str]:
    # a question of today is asked of the trackers that say something of it: a list of one day does not
    today = "join core.dim_tracker using (tracker_code, verdict) where verdict = 'sanctuary' and lasts <> 'its day'"
    where = today if sanctuary else ""
    rows = connection.execute(f"select distinct tracker_code from core.fct_listed_unit {where} order by 1").fetchall()
    return [code for (code,) in rows]


def days(connection, tracker: str = "%") -> list[date]:
    """The first and last day of each time on a tracker's list, the days before and after, today, and one before all."""
    bounds = connection.execute(
        "select distinct unnest([listed_from, listed_to]) as day from core.fct_tracker_listing "
        "join core.dim_tracker using (tracker_key) where tracker_code like ?",
        [tracker],
    ).fetchall()
    known = connection.execute("select cast(max(last_retrieved_at) as date) from meta.source_status").fetchone()[0]
    around = {day + timedelta(days=step) for (day,) in bounds if day for step in (-1, 0, 1)}
    return sorted({d for d in around if d <= known} | {known, date(2000, 1, 1)})


def listed_then(connection, tracker: str, day: date) -> set[str]:
    """GEOIDs that the question `listed` names."""
    return {
        row["geoid"] for row in ask(connection, "listed", tracker=tracker, as_of=day) if isinstance(row["geoid"], str)
    }


def keys(connection) -> dict[str, str]:
    return dict(
        connection.execute("select geoid, jurisdiction_key from core.dim_jurisdiction where is_resolved").fetchall()
    )


def test_who_is_listed_is_one_answer_on_every_day_for_every_tracker(connection):
    geoid_of = {key: geoid for geoid, key in keys(connection).items()}
    compared = 0
    for tracker in trackers(connection, sanctuary=False):
        for day in days(connection, tracker):
            by_unit = connection.execute(
                "select distinct jurisdiction_key from core.fct_listed_unit where tracker_code = ? and is_resolved "
                "and listed_from <= ? and (listed_to is null or listed_to > ?)",
                [tracker, day, day],
            ).fetchall()
            units = {geoid_of[key] for (key,) in by_unit}
            assert units == listed_then(connection, tracker, day), (tracker, day)
            compared += len(units)
    assert compared > 1000


def test_at_risk_names_those_listed_today_that_hold_awards_and_adds_up_exposure(connection):
    known = days(connection)[-1]
    key_of = keys(connection)
    for tracker in trackers(connection, sanctuary=True):
        at_risk = ask(connection, "at_risk", tracker=tracker)
        expected, begun = {}, {}
        for geoid in listed_then(connection, tracker, known):
            awards = ask(connection, "exposure", jurisdiction=geoid, as_of=known)
            if not awards:
                continue
            (since, seen) = connection.execute(
                "select l.listed_since, l.listed_from from core.fct_tracker_listing as l "
                "join core.dim_tracker using (tracker_key) join core.dim_jurisdiction using (jurisdiction_key) "
                "where tracker_code = ? and geoid = ? and listed_to is null order by l.listed_from limit 1",
                [tracker, geoid],
            ).fetchone()
            words = f"{tracker}: sanctuary since {since}" if since else f"{tracker}: sanctuary, first seen {seen}"
            assert all(words in row["trackers"] for row in awards), (tracker, geoid)
            begun[geoid] = (since, seen)
            expected[geoid] = (len(awards), round(sum(float(row["obligated_amount"]) for row in awards), 2))
        named = dict(connection.execute("select name, geoid from core.dim_jurisdiction where is_resolved").fetchall())
        found = {
            named[row["jurisdiction_name"]]: (int(row["awards"]), round(float(row["obligated_usd"]), 2))
            for row in at_risk
        }
        assert found == expected, tracker
        for row in at_risk:
            told = (row["listed_since"], row["first_seen_on"])
            assert told == begun[named[row["jurisdiction_name"]]], (tracker, row["jurisdiction_name"])
        assert set(expected) <= set(key_of)


def test_the_district_of_columbia_is_listed_whatever_heading_it_stands_under(connection):
    rows = {row["jurisdiction_name"]: row for row in ask(connection, "at_risk", tracker="doj")}
    assert float(rows["Washington city, District of Columbia"]["obligated_usd"]) == 3_197_970
    assert sum(float(row["obligated_usd"]) for row in rows.values()) == 40_783_359
    assert DC in listed_then(connection, "doj", date(2025, 8, 5))
    assert "doj: sanctuary" in ask(connection, "exposure", jurisdiction="DC")[0]["trackers"]


def test_exposure_names_the_trackers_of_its_day(connection):
    """Every unit with awards, on each tracker's first day and today: the trackers beside its awards are `listed`'s."""
    with_awards = connection.execute(
        "select distinct geoid from core.fct_award join core.dim_jurisdiction using (jurisdiction_key) "
        "where is_resolved"
    ).fetchall()
    firsts = connection.execute("select min(listed_from) from core.fct_listed_unit group by tracker_code").fetchall()
    said = 0
    for day in {first for (first,) in firsts} | {days(connection)[-1]}:
        lists = {code: listed_then(connection, code, day) for code in trackers(connection, sanctuary=False)}
        for (geoid,) in with_awards:
            for row in ask(connection, "exposure", jurisdiction=geoid, as_of=day)[:1]:
                text = row["trackers"] if isinstance(row["trackers"], str) else ""
                codes = {part.partition(":")[0] for part in text.split("; ") if part}
                assert codes == {code for code, units in lists.items() if geoid in units}, (geoid, day)
                said += len(codes)
    assert said > 0


def test_the_panel_counts_the_trackers_of_its_months_last_days(connection):
    rows = connection.execute(
        "select geoid, month_start, cast(last_day(month_start) as date), sanctuary_trackers "
        "from analysis.mart_policy_crime_panel where sanctuary_trackers is not null"
    ).fetchall()
    lists: dict[date, dict[str, int]] = {}
    for geoid, _, day, counted in rows:
        if day not in lists:
            lists[day] = defaultdict(int)
            for code in trackers(connection, sanctuary=True):
                for unit in listed_then(connection, code, day):
                    lists[day][unit] += 1
        assert counted == lists[day][geoid], (geoid, day)
    assert any(counted for *_, counted in rows)


def test_the_agreement_of_trackers_counts_the_units_that_they_list(connection):
    codes = trackers(connection, sanctuary=False)
    for row in ask(connection, "tracker_agreement"):
        counts = {}
        for side in ("a", "b"):
            counts[side] = connection.execute(
                "select count(distinct jurisdiction_key) from core.fct_listed_unit "
                "where tracker_code = ? and level = ?",
                [row[f"tracker_{side}"], row["level"]],
            ).fetchone()[0]
        rows = connection.execute(
            "select listed_by, count(*) from analysis.mart_tracker_agreement "
            "where tracker_a = ? and tracker_b = ? and level = ? group by 1",
            [row["tracker_a"], row["tracker_b"], row["level"]],
        ).fetchall()
        by = defaultdict(int, rows)
        assert (by["both"] + by["only a"], by["both"] + by["only b"]) == (counts["a"], counts["b"]), row
        assert {row["tracker_a"], row["tracker_b"]} <= set(codes)
