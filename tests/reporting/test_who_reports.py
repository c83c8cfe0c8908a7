"""The notebook on Hispanic and other victims: a known effect, its placebos, and what it refuses.

What belongs here: notebooks/who_reports.py over made-up panels and, headless, over the recorded release. What does not:
the panel itself (dbt).
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from orchestration.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "notebooks" / "who_reports.py"
FIRST, BEGAN = 24_205, 24_229


@pytest.fixture(scope="module")
def notebook():
    spec = importlib.util.spec_from_file_location("who_reports", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def synthetic_panel(agencies: int = 24, months: int = 40) -> pd.DataFrame:
    """Half of the agencies with an event in BEGAN: from then on a fifth fewer Hispanic victims than otherwise.

    What moves every victim of an agency in a month, and what moves a group everywhere, is in both halves.
    """
    rows = []
    for agency in range(agencies):
        has_event = agency < agencies // 2
        for month in range(FIRST, FIRST + months):
            moves_all = 100 + 10 * agency + 7 * ((month * (agency + 1)) % 5)
            falls = 0.8 if has_event and month >= BEGAN else 1.0
            rows.append(
                {
                    "ori": f"SY{agency:07d}", "month_no": month, "year_known_share": 0.95,
                    "began": float(BEGAN) if has_event else None, "is_unknown": False,
                    "all_offenses_hispanic": moves_all * (1 + 0.02 * (month % 12)) * 0.5 * falls,
                    "all_offenses_non_hispanic": float(moves_all),
                    "motor_vehicle_theft_hispanic": moves_all * 0.1,
                    "motor_vehicle_theft_non_hispanic": moves_all * 0.2,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_a_known_fall_of_hispanic_beside_other_victims_is_found(notebook):
    stacked, left_out = notebook.stack(synthetic_panel())
    assert notebook.why_not(stacked) == []
    assert set(left_out.values()) == {0}
    found = notebook.estimate(stacked)
    assert found["percent"] == pytest.approx(-20.0, abs=1e-4)
    assert found["low"] <= found["percent"] <= found["high"]


def test_the_placebo_offense_and_the_placebo_dates_find_nothing_of_it(notebook):
    panel = synthetic_panel()
    thefts, _ = notebook.stack(panel, notebook.PLACEBO_OFFENSE)
    assert notebook.estimate(thefts)["percent"] == pytest.approx(0.0, abs=1e-4)
    dates, _ = notebook.stack(notebook.earlier(panel))
    assert dates["month_no"].max() < BEGAN
    assert notebook.why_not(dates) == []
    assert notebook.estimate(dates)["percent"] == pytest.approx(0.0, abs=1e-4)


def test_a_placebo_finds_what_moved_before_the_event(notebook):
    panel = synthetic_panel()
    already = panel["began"].notna() & (panel["month_no"] >= BEGAN - notebook.BEFORE)
    panel["all_offenses_hispanic"] = panel["all_offenses_hispanic"].where(
        ~already, panel["all_offenses_hispanic"] * 0.9
    )
    dates, _ = notebook.stack(notebook.earlier(panel))
    assert notebook.estimate(dates)["percent"] == pytest.approx(-10.0, abs=1e-4)


@pytest.mark.parametrize(
    ("column", "value"),
    [("all_offenses_hispanic", None), ("year_known_share", 0.7), ("year_known_share", 1.01)],
    ids=["a count below the floor", "too few known", "the known share moved"],
)
def test_an_agency_with_one_bad_month_in_the_window_is_in_no_study(notebook, column, value):
    panel = synthetic_panel()
    panel.loc[(panel["ori"] == "SY0000000") & (panel["month_no"] == BEGAN - 3), column] = value
    stacked, left_out = notebook.stack(panel)
    assert "SY0000000" not in set(stacked["ori"])
    assert left_out["not whole"] == 1


def test_an_agency_whose_beginning_is_not_known_is_none_without_it(notebook):
    panel = synthetic_panel()
    panel.loc[panel["ori"] == "SY0000023", "is_unknown"] = True
    stacked, left_out = notebook.stack(panel)
    assert "SY0000023" not in set(stacked["ori"])
    assert left_out["beginning not known"] == 1


@pytest.fixture
def panel_of_three_months():
    """A made-up panel, an agency a case: `agreement` and `policy` of each of its months, 1 to 3."""
    cases = {
        "never": ((False, False, False), None, "not known"),
        "second": ((False, True, True), None, "not known"),
        "always": ((True, True, True), None, "not known"),
        "known late": ((None, True, True), None, "not known"),
        "ended": ((None, True, False), None, "not known"),
        "lapsed": ((False, False, False), "1979-01-01", "not known"),
        "listed": ((False, False, False), None, "not known"),
    }
    connection = duckdb.connect()
    connection.execute("create schema analysis; create schema core")
    connection.execute(
        "create table core.fct_listed_unit as select 'listed' as jurisdiction_key, 'sanctuary' as verdict"
    )
    connection.execute("""
        create table analysis.mart_reporting_panel (
            ori text, jurisdiction_key text, month_no int, has_287g_agreement boolean, first_policy_on date,
            policy_status text
        )
    """)
    for case, (agreements, policy, status) in cases.items():
        for month, agreement in enumerate(agreements, 1):
            connection.execute(
                "insert into analysis.mart_reporting_panel values (?, ?, ?, ?, ?, ?)",
                [case, case, month, agreement, policy, status],
            )
    connection.execute("""
        create or replace table analysis.mart_reporting_panel as
        select *, null::int as event_time_policy, null::text as first_policy_precision,
            null::text as state_policy_status, null::date as secure_communities_from,
            null::int as event_time_secure_communities, 0.9 as year_known_share, 1 as all_offenses_hispanic_victims,
            1 as all_offenses_non_hispanic_victims, 1 as motor_vehicle_theft_hispanic_victims,
            1 as motor_vehicle_theft_non_hispanic_victims
        from analysis.mart_reporting_panel
    """)
    return connection


@pytest.mark.parametrize(
    ("event", "began", "without"),
    [
        ("a 287(g) agreement", {"second": 2}, {"never", "lapsed", "listed"}),
        ("a policy of the unit", {}, {"never", "second", "always", "known late", "ended"}),
    ],
)
def test_an_agency_that_may_have_it_already_is_none_without_it(notebook, panel_of_three_months, event, began, without):
    """With an agreement in its first known month, with a policy of old, or ever listed: the beginning is not known."""
    panel = notebook.read(panel_of_three_months, event)
    agencies = panel.groupby("ori").agg(began=("began", "first"), is_unknown=("is_unknown", "any"))
    assert agencies["began"].dropna().to_dict() == began
    assert set(agencies.index[agencies["began"].isna() & ~agencies["is_unknown"]]) == without


def test_a_month_in_which_nobody_is_without_the_event_is_no_study(notebook):
    """Ten agencies of their own month, in which nobody else is whole, have nobody beside them."""
    panel = synthetic_panel()
    alone = panel[panel["began"].notna()].assign(ori=lambda rows: "AL" + rows["ori"], began=BEGAN + 100.0)
    alone["month_no"] += 100
    stacked, left_out = notebook.stack(pd.concat([panel, alone]))
    assert set(stacked["study"]) == {BEGAN}
    assert left_out["nobody without it beside them"] == 12
    assert left_out["not whole"] == 0


def test_too_few_agencies_on_either_side_are_refused(notebook):
    stacked, _ = notebook.stack(synthetic_panel(agencies=18))
    assert [reason[:2].strip() for reason in notebook.why_not(stacked)] == ["9", "9"]


def test_over_the_recorded_release_the_notebook_says_that_the_data_cannot_bear_it(published):
    settings, _ = published
    done = subprocess.run(
        [sys.executable, str(FILE)], env={**os.environ, "CLAWBACK_HOME": str(settings.home)}, capture_output=True,
        text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("these data cannot bear the study") == 3, done.stdout
    assert "agencies with the event have 12 months before" in done.stdout
