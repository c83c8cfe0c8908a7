"""The event study's notebook: its arithmetic, what it refuses to say, and the lines that it does not draw.

What belongs here: notebooks/event_study.py over made-up panels and, headless, over the recorded release. What does not:
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

FILE = PROJECT_ROOT / "notebooks" / "event_study.py"
sys.path.append(str(FILE.parent))


@pytest.fixture(scope="module")
def notebook():
    spec = importlib.util.spec_from_file_location("event_study", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def synthetic_panel(cities: int = 24, months: int = 26, event: int = 13, **changes: object) -> pd.DataFrame:
    """Half of the cities listed in month `event`; rates that differ by city and month, and by 2 once listed."""
    rows = []
    for city in range(cities):
        listed = city < cities // 2
        for month in range(months):
            rows.append(
                {
                    "jurisdiction_key": f"c{city:02d}",
                    "jurisdiction_name": f"Synthetic City {city}",
                    "month_start": pd.Timestamp("2030-01-01") + pd.DateOffset(months=month),
                    "month_no": 2030 * 12 + 1 + month,
                    "crime_coverage": "reported",
                    "crime_series": "SRS",
                    "series_segment": 0,
                    "event_time_listing": month - event if listed else None,
                    "first_listed_on": pd.Timestamp("2031-02-01") if listed else pd.NaT,
                    "is_ever_listed": listed,
                    "is_first_listing_censored": False if listed else None,
                    "is_state_listed": False,
                    "agency_covers": "its jurisdiction",
                    "rate": 50.0 + city + month % 12 + (2 if listed and month >= event else 0),
                }
            )
    return pd.DataFrame(rows).assign(**changes)


def test_a_known_effect_is_found_and_none_before_it(notebook):
    """Rates are city + month + 2 from the listing on: each estimate is 0 before it and 2 after, by identity."""
    sample, left_out = notebook.choose_sample(synthetic_panel())
    assert set(left_out.values()) == {0}
    found = notebook.event_study(sample)
    assert list(found["event_time"]) == list(range(-12, 13))
    assert found["estimate"].tolist() == pytest.approx([0.0] * 12 + [2.0] * 13, abs=1e-9)
    assert notebook.why_it_cannot_bear(sample) == []


def test_estimates_and_clustered_errors_are_those_of_an_econometrics_package(notebook):
    """statsmodels 0.15.0, OLS with dummies and cov_type='cluster', over the same made-up rates."""
    rows = [
        {"jurisdiction_key": f"c{i}", "month_no": 100 + m, "treated": i < 3, "event_time": m - 2,
         "rate": float((i * 7 + m * 3 + i * m * 5) % 11)}
        for i in range(6) for m in range(5)
    ]  # fmt: skip
    found = notebook.event_study(pd.DataFrame(rows)).set_index("event_time")
    assert found["estimate"].to_dict() == pytest.approx({-2: 1 / 3, -1: 0, 0: 10 / 3, 1: 3, 2: -1}, abs=1e-6)
    errors = {-2: 4.132527, -1: 0, 0: 3.160520, 1: 0.983192, 2: 3.452857}
    assert found["error"].to_dict() == pytest.approx(errors, abs=1e-6)
    # Student's t with 5 degrees of freedom (six cities): 2.570582 in every table of quantiles
    half = {event: 2.570582 * error for event, error in errors.items()}
    assert ((found["high"] - found["low"]) / 2).to_dict() == pytest.approx(half, abs=1e-5)


def test_cities_with_a_hole_or_a_break_or_a_listed_state_are_left_out_and_counted(notebook):
    panel = synthetic_panel()
    hole = (panel["jurisdiction_key"] == "c00") & (panel["month_no"] == 2030 * 12 + 10)
    panel.loc[hole, "rate"] = None
    panel.loc[(panel["jurisdiction_key"] == "c20") & (panel["month_no"] > 2030 * 12 + 20), "series_segment"] = 1
    panel.loc[panel["jurisdiction_key"] == "c21", "is_state_listed"] = True
    panel.loc[panel["jurisdiction_key"] == "c01", "event_time_listing"] -= 3
    panel.loc[panel["jurisdiction_key"] == "c02", "agency_covers"] = "more than its jurisdiction"
    panel.loc[panel["jurisdiction_key"] == "c22", "agency_covers"] = "unknown"
    sample, left_out = notebook.choose_sample(panel)
    assert not {"c00", "c01", "c02", "c20", "c21", "c22"} & set(sample["jurisdiction_key"])
    assert list(left_out.values()) == [2, 1, 1, 2]


def test_a_city_on_a_list_of_one_day_is_none_that_nobody_lists(notebook):
    """The map of 2014 names a city and gives it no first listing: it is no city to compare with."""
    panel = synthetic_panel()
    panel.loc[panel["jurisdiction_key"] == "c23", "is_ever_listed"] = True
    sample, left_out = notebook.choose_sample(panel)
    assert "c23" not in set(sample["jurisdiction_key"])
    assert left_out["listed in another month, or on a list of one day"] == 1


def test_las_vegas_whose_police_serve_most_of_its_county_is_no_city_of_the_study(notebook, published):
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        panel = notebook.read_panel(connection)
    assert "Las Vegas city, Nevada" in set(panel["jurisdiction_name"])
    assert "Cook County, Illinois" not in set(panel["jurisdiction_name"])
    sample, _ = notebook.choose_sample(panel)
    assert "Las Vegas city, Nevada" not in set(sample["jurisdiction_name"])


@pytest.mark.parametrize(
    ("panel", "reason"),
    [
        (synthetic_panel(cities=18), "9 listed cities"),
        (synthetic_panel(event=7), "7 months before the listing"),
        (synthetic_panel(months=15), "2 months from the listing on"),
        (synthetic_panel(is_first_listing_censored=True), "on the first list that is captured"),
        (synthetic_panel(first_listed_on=pd.NaT, event_time_listing=None), "0 listed cities"),
    ],
    ids=["few cities", "short before", "short after", "censored", "nobody listed"],
)
def test_what_the_data_cannot_bear_is_said(notebook, panel, reason):
    sample, _ = notebook.choose_sample(panel)
    assert any(reason in said for said in notebook.why_it_cannot_bear(sample))


def test_nothing_is_estimated_where_there_is_nobody_to_compare_with(notebook):
    sample, _ = notebook.choose_sample(synthetic_panel())
    with pytest.raises(ValueError, match="listed cities and others"):
        notebook.event_study(sample[sample["treated"]])


def reports() -> pd.DataFrame:
    """Two series of one line, a break inside the first, a hole in the second."""
    rows = [("SRS", f"2030-{m:02d}-01", 10 + m, m >= 4) for m in range(1, 7)]
    rows += [("NIBRS", f"2030-{m:02d}-01", 20 + m, False) for m in (7, 8, 10)]
    rows += [("NIBRS", "2030-11-01", None, False), ("NIBRS", "2030-12-01", 5, False)]
    frame = pd.DataFrame(rows, columns=["series", "month", "value", "broken"])
    return frame.assign(line="hispanic", month=pd.to_datetime(frame["month"]))


def test_no_line_of_a_chart_goes_through_a_break_a_hole_or_a_change_of_series(notebook):
    spec = notebook.line_chart(reports(), "reports").to_dict()
    (rows,) = spec["datasets"].values()
    segments: dict[int, list[str]] = {}
    for row in rows:
        segments.setdefault(row["segment"], []).append(row["month"][:7])
    months = [[f"2030-{m:02d}" for m in numbers] for numbers in ((1, 2, 3), (4, 5, 6), (7, 8), (10,), (12,))]
    assert sorted(segments.values()) == months
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert len(lines) == 1
    assert lines[0]["encoding"]["detail"]["field"] == "segment", "a line is drawn for each segment and no further"


def test_headless_over_the_recorded_release_it_says_what_the_data_cannot_bear(published):
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
    assert "These data cannot bear an event study" in done.stdout
    # the 28 cities of whole months since 2017 are listed, of a state that is, or these
    assert "6 cities to compare with, and intervals by city need 10" in done.stdout
    # Homeland Security's list came out on the day of its first capture
    assert "on the first list that is captured" not in done.stdout
    # the one series of a city that it has is of traffic collisions
    assert "No city's reports of sexual assault are captured" in done.stdout
