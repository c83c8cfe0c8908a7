"""The notebook on the money: its bounds, what it refuses to rank, and its run over the recorded release.

What belongs here: notebooks/money.py. What does not: the shares themselves (tests/awards).
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pandas as pd
import pytest

from orchestration.reading import questions, reader
from orchestration.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "notebooks" / "money.py"


@pytest.fixture(scope="module")
def notebook():
    spec = importlib.util.spec_from_file_location("money", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_truth_lies_between_the_bounds_whoever_has_the_rest(notebook):
    """Of 100, 40 are captured, 10 of them of listed ones: these have 10 to 70 percent, or 10 if all is known."""
    years = pd.DataFrame({"nation": [100.0, 100.0], "captured": [40.0, 100.0], "listed": [10.0, 10.0]})
    found = notebook.bounds(years)
    assert found["least_percent"].tolist() == [10, 10]
    assert found["most_percent"].tolist() == [70, 10]
    assert found["captured_percent"].tolist() == [40, 100]


def test_where_more_is_captured_than_the_nation_obligated_there_are_no_bounds(notebook):
    """Awards of 2019 signed in 2020: 120 of 100 would give "at the most 0" of what has 20 for sure."""
    years = pd.DataFrame({"nation": [100.0], "captured": [120.0], "listed": [20.0]})
    found = notebook.bounds(years)
    assert found[["least_percent", "most_percent"]].isna().all(axis=None)
    assert found["listed"].tolist() == [20]
    assert any("more is captured" in said for said in notebook.why_it_cannot_rank(found, places()))


def test_a_tracker_that_lists_nobody_now_has_nothing_to_rank(notebook):
    years = pd.DataFrame({"captured_percent": [3.0]})
    assert notebook.why_it_cannot_rank(years, places().iloc[0:0]) == [
        "the tracker lists no jurisdiction now: its list was withdrawn, or is of one day"
    ]


def places(**changes: object) -> pd.DataFrame:
    return pd.DataFrame({"awards": [2, 1], "awards_with_outlay": [2, 1]}).assign(**changes)


@pytest.mark.parametrize(
    ("years", "listed", "reason"),
    [
        (
            pd.DataFrame({"captured_percent": [95.0]}),
            places(awards=[3, 0]),
            "1 of 2 listed jurisdictions have no captured award",
        ),
        (pd.DataFrame({"captured_percent": [50.0, 95.0]}), places(), "50.0% to 95.0%"),
        (pd.DataFrame({"captured_percent": []}), places(), "no year's national total"),
        (pd.DataFrame({"captured_percent": [95.0]}), places(awards_with_outlay=[1, 1]), "known of 2 of their 3 awards"),
    ],
    ids=["places without", "a part", "no total", "outlays unknown"],
)
def test_what_stands_against_a_ranking_is_said(notebook, years, listed, reason):
    assert any(reason in said for said in notebook.why_it_cannot_rank(years, listed))


def test_nothing_stands_against_it_where_all_is_known(notebook):
    assert notebook.why_it_cannot_rank(pd.DataFrame({"captured_percent": [100.0]}), places()) == []


def test_the_jurisdictions_are_those_of_the_named_query(notebook, published):
    with reader.connect(published[0]) as warehouse:
        asked = questions.ask(warehouse, questions.question("at_risk"), {}).df()
        found = notebook.read_places(warehouse, "doj")
    held = found[found["awards"] > 0]
    assert held["awards"].sum() == asked["awards"].sum()
    assert held["obligated_usd"].sum() == pytest.approx(float(asked["obligated_usd"].sum()))
    # the list of 2025-09-26 has 34 names, of which San Francisco's city and county are one
    assert len(found) == 33


def test_headless_over_the_recorded_release_it_ranks_nobody(published):
    settings, _ = published
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CLAWBACK_")}
    done = subprocess.run(
        [sys.executable, str(FILE)],
        env={**clean, "CLAWBACK_HOME": str(settings.root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "These data cannot rank the listed jurisdictions" in done.stdout
    assert "29 of 33 listed jurisdictions have no captured award" in done.stdout
    # of FY2020's 516.5 million USD that the nation obligated 49.9 million are captured
    assert "the captured awards are 2.1% to 9.7% of a year's obligations" in done.stdout
    # 1,430,000 thousand USD of FY1998 and of FY1999 in the budget's own table (recorded/tables/omb_budget.csv)
    assert "budget authority was highest in FY1998 and FY1999: 1,430,000,000 USD" in done.stdout
