"""Event studies of policies of many years: what they find of a known effect, whom they leave out, and what they refuse.

What belongs here: notebooks/staggered.py over made-up panels. What does not: the panels themselves (dbt), the notebook
as a whole (test_event_study).
"""

from __future__ import annotations

import sys

import duckdb
import pandas as pd
import pytest

from orchestration.reading.reader import connect
from orchestration.settings import PROJECT_ROOT

sys.path.append(str(PROJECT_ROOT / "notebooks"))
import staggered  # a module beside the notebook

YEARS = [year for year in range(2012, 2024) if year != 2021]


def made_up(units: int = 60, **changes: object) -> pd.DataFrame:
    """A third with a policy of 2016, a third of 2019; the rate is 2 more from it on, and half of one more each year."""
    rows = []
    for unit in range(units):
        cohort = {0: 2016, 1: 2019}.get(unit % 3)
        for year in YEARS:
            effect = 2 + 0.5 * (year - cohort) if cohort and year >= cohort else 0
            rows.append(
                {
                    "unit": f"u{unit:02d}", "period": year, "people": 1000 + unit,
                    "rate": 50 + unit + year % 5 + effect,
                    "cohort": cohort, "is_broken": False, "has_policy": bool(cohort and year >= cohort),
                    "is_standing": bool(cohort and year >= cohort),
                    "is_listed": False, "has_state_policy": False,
                }
            )  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def test_a_known_effect_that_grows_is_found_by_the_two_that_allow_for_it_and_missed_by_the_third():
    """The effect is 2 + half a year's: each estimate by identity; two-way fixed effects are off where cohorts mix."""
    sample, left_out = staggered.choose(made_up(), staggered.YEARS)
    assert set(left_out.values()) == {0}
    assert staggered.why_not(sample, staggered.YEARS) == []
    found = staggered.estimate(sample, staggered.YEARS)
    by_method = {m: part.set_index("event")["estimate"] for m, part in found.groupby("method")}
    assert len(by_method) == 3
    for method in ("Sun and Abraham", "two stages (did2s)"):
        for event in (-4, -3, -2):
            assert by_method[method][event] == pytest.approx(0, abs=1e-6), method
        for event in (0, 1, 2, 3, 4):
            assert by_method[method][event] == pytest.approx(2 + event / 2, abs=1e-6), method
    assert abs(by_method["two-way fixed effects"][3] - 3.5) > 0.01


def test_a_placebo_finds_nothing_where_nothing_was_and_holds_no_period_of_the_policy():
    sample, _ = staggered.choose(made_up(), staggered.YEARS)
    pretended = staggered.placebo(sample, staggered.YEARS)
    assert set(pretended["cohort"]) == {0, 2014, 2017}
    real = dict(zip(sample["unit"], sample["cohort"], strict=True))
    treated = pretended[pretended["cohort"] > 0]
    assert all(period < real[unit] for unit, period in zip(treated["unit"], treated["period"], strict=True))
    found = staggered.estimate(pretended, staggered.YEARS)
    assert found["estimate"].tolist() == pytest.approx([0.0] * len(found), abs=1e-6)


def test_who_is_left_out_is_counted_with_the_reason():
    rows = made_up()
    rows.loc[(rows["unit"] == "u00") & (rows["period"] == 2015), "rate"] = None
    rows.loc[(rows["unit"] == "u02") & (rows["period"] == 2015), "is_broken"] = True
    rows.loc[rows["unit"] == "u03", "cohort"] = 2009
    rows.loc[rows["unit"] == "u05", "is_listed"] = True
    rows.loc[rows["unit"] == "u08", "has_state_policy"] = True
    rows.loc[rows["unit"] == "u11", "people"] = 10
    sample, left_out = staggered.choose(rows, staggered.YEARS)
    assert not {"u00", "u02", "u03", "u05", "u08", "u11"} & set(sample["unit"])
    assert list(left_out.values()) == [1, 2, 2, 1, 0, 0]


def test_past_the_day_to_which_a_policy_is_known_nothing_is_assumed():
    """u00 began in 2016 and is known to the end of 2018; u01, of 2019, is not known to stand at any year's end."""
    rows = made_up()
    rows.loc[(rows["unit"] == "u00") & (rows["period"] > 2018), "is_standing"] = False
    rows.loc[rows["unit"] == "u01", "is_standing"] = False
    sample, left_out = staggered.choose(rows, staggered.YEARS)
    assert sample.loc[sample["unit"] == "u00", "period"].max() == 2018
    assert "u01" not in set(sample["unit"])
    assert list(left_out.values()) == [0, 0, 0, 0, 1, 4 + 4]
    found = staggered.estimate(sample, staggered.YEARS)
    of_both_stages = found[found["method"] == "two stages (did2s)"].set_index("event")["estimate"]
    assert of_both_stages[2] == pytest.approx(3, abs=1e-6)


def test_a_policy_of_the_year_after_the_one_left_out_is_in_no_study():
    """2021 is left out: a policy of 2022 has no year before, which everything is compared with. The effect is 10."""
    years = [*YEARS, 2024, 2025]
    begins = {0: 2017, 1: 2022, 2: 2024}
    rows = pd.DataFrame(
        {
            "unit": f"u{unit:02d}", "period": year, "people": 1000, "rate": 100 + unit + year % 5 + 10 * in_force,
            "cohort": begins.get(unit % 4), "is_broken": False, "has_policy": in_force, "is_standing": in_force,
            "is_listed": False, "has_state_policy": False,
        }
        for unit in range(40) for year in years for in_force in [year >= begins.get(unit % 4, 9999)]
    )  # fmt: skip
    sample, left_out = staggered.choose(rows, staggered.YEARS)
    assert set(sample["cohort"]) == {0, 2017, 2024}
    assert list(left_out.values()) == [10, 0, 0, 0, 0, 0]
    found = staggered.estimate(sample, staggered.YEARS)
    assert found.loc[found["event"].between(0, 1), "estimate"].tolist() == pytest.approx([10] * 6, abs=1e-6)
    # pretended two years earlier, the policies of 2024 would be of 2022
    assert set(staggered.placebo(sample, staggered.YEARS)["cohort"]) == {0, 2015}


def test_a_method_without_an_answer_is_named():
    sample, _ = staggered.choose(made_up(), staggered.YEARS)
    assert staggered.without_answer(staggered.estimate(sample, staggered.YEARS)) == []
    assert staggered.without_answer(pd.DataFrame({"method": ["two-way fixed effects"]})) == [
        "Sun and Abraham", "two stages (did2s)",
    ]  # fmt: skip


def test_what_it_reads_of_the_recorded_edition_knows_the_limits_of_policies_and_every_list(published):
    """A unit that any sanctuary tracker ever listed is no control, and no unit counts as treated past known_until."""
    settings, _ = published
    with connect(settings) as connection:
        rows = staggered.read(connection, staggered.YEARS)
        ever_listed = {
            key for (key,) in connection.execute(
                "select distinct jurisdiction_key from core.fct_listed_unit where verdict = 'sanctuary'"
            ).fetchall()
        }  # fmt: skip
        unknown = connection.execute(
            "select count(*) from analysis.mart_policy_crime_panel_year"
            " where event_time_policy >= 0 and policy_status = 'not known'"
        ).fetchone()
    sample, _ = staggered.choose(rows, staggered.YEARS)
    assert unknown == (0,)
    assert not set(sample.loc[sample["cohort"] == 0, "unit"]) & ever_listed
    treated = sample[sample["cohort"] > 0]
    assert treated.loc[treated["period"] >= treated["cohort"], "is_standing"].all()


def test_a_policy_of_an_unknown_month_that_nobody_knows_to_stand_is_a_policy():
    """In force from some day of 2016, its status not known in 2019: without a month, and no unit without a policy."""
    connection = duckdb.connect()
    connection.execute("create schema analysis; create schema core")
    connection.execute("create table core.fct_listed_unit (jurisdiction_key text, verdict text)")
    connection.execute("""
        create table analysis.mart_policy_crime_panel as
        select 'u' as jurisdiction_key, 24229 as month_no, date '2019-01-01' as month_start, 1000 as population,
            1 as homicide_offenses, 1 as robbery_offenses, 1 as aggravated_assault_offenses,
            'its jurisdiction' as agency_covers, date '2016-01-01' as first_policy_on,
            'year' as first_policy_precision, null as level_changes, 'not known' as policy_status,
            'not known' as state_policy_status
    """)
    [row] = staggered.read(connection, staggered.MONTHS).to_dict("records")
    assert pd.isna(row["cohort"])
    assert row["has_policy"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (made_up(units=12), "8 units with a policy"),
        (made_up(cohort=2013, is_standing=True), "0 units have 3 years before"),
        (made_up(cohort=2023, is_standing=True), "0 units have 2 years from it on"),
    ],
    ids=["few", "short before", "short after"],
)
def test_what_the_data_cannot_bear_is_said(rows, reason):
    sample, _ = staggered.choose(rows, staggered.YEARS)
    assert any(reason in said for said in staggered.why_not(sample, staggered.YEARS))


def test_nothing_is_estimated_where_there_is_nobody_to_compare_with():
    sample, _ = staggered.choose(made_up(), staggered.YEARS)
    with pytest.raises(ValueError, match="units with a policy and others"):
        staggered.estimate(sample[sample["cohort"] > 0], staggered.YEARS)
