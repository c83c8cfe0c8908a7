"""Agencies' victims beside the year before: intervals against a regression, and what is refused.

What belongs here: the recorded release's windows, computed again by other means. What does not: single rules of SQL
(the models' unit tests), cities' own reports (test_reporting_gap).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, sqrt

import duckdb
import numpy as np
import pytest

# Student's t of 97.5 percent by degrees of freedom, from the table in any textbook.
T = {5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201}
CALCASIEU = "LA0100000"


@pytest.fixture(scope="module")
def release(published) -> Iterator[duckdb.DuckDBPyConnection]:
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        yield connection


def quasi_poisson(now: list[int], before: list[int]) -> tuple[float, float]:
    """The change's logarithm and the dispersion, by iterated least squares: effects of each month, and of the year."""
    months = len(now)
    counts = np.array(now + before, dtype=float)
    design = np.zeros((2 * months, months + 1))
    for n in range(months):
        design[n, n] = design[months + n, n] = 1
    design[:months, months] = 1
    fitted = counts + 0.5
    for _ in range(50):
        working = np.log(fitted) + (counts - fitted) / fitted
        weighted = design * fitted[:, None]
        effects = np.linalg.solve(design.T @ weighted, weighted.T @ working)
        fitted = np.exp(design @ effects)
    pearson = float((((counts - fitted) ** 2) / fitted).sum())
    return float(effects[months]), max(1.0, pearson / (months - 1))


def of_year(release: duckdb.DuckDBPyConnection, ori: str, group: str, year: int) -> dict[int, int | None]:
    rows = release.execute(
        "select month(month_start), victims from core.fct_victim_month_total where ori = ? and victim_group = ?"
        " and offense_family = 'all_offenses' and year(month_start) = ?", [ori, group, year],
    ).fetchall()  # fmt: skip
    return dict(rows)


def row(release: duckdb.DuckDBPyConnection, unit: str, value: str, month: str, family: str, window: str):
    found = release.execute(
        f"select * from analysis.mart_reporting_gap where {unit} = ? and month_start = ? and offense_family = ?"
        " and window_kind = ?", [value, month, family, window],
    )  # fmt: skip
    (values,) = found.fetchall()
    return dict(zip([column[0] for column in found.description], values, strict=True))


def test_the_intervals_of_an_agency_are_those_of_a_quasi_poisson_regression(release):
    """Calcasieu Parish, October to December 2017: dispersions over the twelve months that end with December."""
    shown = row(release, "ori", CALCASIEU, "2017-12-01", "all_offenses", "three months")
    dispersion, months = {}, {}
    for group in ("hispanic", "non_hispanic"):
        now, before = (of_year(release, CALCASIEU, group, year) for year in (2017, 2016))
        known = [m for m in range(1, 13) if now.get(m) is not None and before.get(m) is not None]
        months[group] = len(known)
        _, dispersion[group] = quasi_poisson([now[m] for m in known], [before[m] for m in known])
    assert shown["hispanic_dispersion"] == pytest.approx(dispersion["hispanic"])
    assert shown["others_dispersion"] == pytest.approx(dispersion["non_hispanic"])
    assert dispersion["non_hispanic"] > 1.5, "the others scatter more than a Poisson's: the example shows it"
    h, hb, o, ob = (shown[name] for name in ("hispanic_reports", "hispanic_reports_before", "others_reports",
                                             "others_reports_before"))  # fmt: skip
    half = T[min(months.values()) - 1] * sqrt(
        dispersion["hispanic"] * (1 / h + 1 / hb) + dispersion["non_hispanic"] * (1 / o + 1 / ob)
    )
    ratio = (h / hb) / (o / ob)
    assert shown["beside_others_percent"] == pytest.approx(100 * (ratio - 1))
    assert shown["beside_others_low"] == pytest.approx(100 * (ratio * exp(-half) - 1))
    assert shown["beside_others_high"] == pytest.approx(100 * (ratio * exp(half) - 1))


def test_over_twelve_months_the_change_is_the_regressions_own(release):
    """The placebo's collisions of 2017 beside 2016: the year to date of December is the model's effect of the year."""
    shown = row(release, "series", "LAPD collisions", "2017-12-01", "traffic_collision", "year to date")
    counts = {
        (year, month): reports
        for year, month, reports in release.execute(
            "select year(month_start), month(month_start), reports from core.fct_incident_month_total"
            " where series = 'LAPD collisions' and offense_family = 'traffic_collision' and victim_group = 'hispanic'"
        ).fetchall()
    }
    effect, dispersion = quasi_poisson(*([counts[year, m] for m in range(1, 13)] for year in (2017, 2016)))
    half = T[11] * sqrt(dispersion * (1 / shown["hispanic_reports"] + 1 / shown["hispanic_reports_before"]))
    assert shown["hispanic_change_percent"] == pytest.approx(100 * (exp(effect) - 1))
    assert shown["hispanic_dispersion"] == pytest.approx(dispersion)
    assert shown["hispanic_change_low"] == pytest.approx(100 * (exp(effect - half) - 1))
    assert shown["hispanic_change_high"] == pytest.approx(100 * (exp(effect + half) - 1))


def test_a_count_below_the_floor_is_in_no_window_and_behind_no_change(release):
    least = release.execute(
        "select min(least(hispanic_reports, others_reports, unknown_reports, citywide_reports)) filter (where"
        " least(hispanic_reports, others_reports, unknown_reports, citywide_reports) > 0),"
        " min(least(hispanic_reports, hispanic_reports_before)) filter (where hispanic_change_percent is not null)"
        " from analysis.mart_reporting_gap where ori is not null"
    ).fetchone()
    assert least[0] >= 5
    assert least[1] >= 5


def test_what_the_recorded_edition_compares_decides_nothing(release):
    """docs/reporting.md says so: some dozens of Louisiana's windows, every interval on both sides of 0."""
    windows, decided, states = release.execute(
        "select count(*), count(*) filter (where beside_others_low > 0 or beside_others_high < 0),"
        " count(distinct ori[:2]) from analysis.mart_reporting_gap where ori is not null and group_comparability ="
        " 'comparable'"
    ).fetchone()
    assert 24 < windows < 100
    assert (decided, states) == (0, 1)


def test_intervals_of_the_placebo_leave_0_out_as_often_as_the_documentation_says(release):
    found = release.execute(
        "select window_kind, count(*), count(*) filter (where beside_others_low > 0 or beside_others_high < 0)"
        " from analysis.mart_reporting_gap where series = 'LAPD collisions' and offense_family = 'traffic_collision'"
        " and group_comparability = 'comparable' group by 1 order by 1"
    ).fetchall()
    assert found == [("month", 86, 0), ("three months", 86, 3), ("year to date", 86, 11)]


def test_every_state_year_without_a_year_before_says_so_and_monroe_is_not_compared(release):
    alone = release.execute(
        "select distinct comparability from analysis.mart_reporting_gap where ori[:2] in ('AZ', 'IL', 'MN', 'VT')"
        " and window_kind = 'month'"
    ).fetchall()
    assert alone == [("the same months a year before are not captured in this series",)]
    monroe = release.execute(
        "select distinct comparability from analysis.mart_reporting_gap where ori = 'LA0370100'"
        " and month_start between date '2017-01-01' and date '2017-12-01' and window_kind = 'month'"
    ).fetchall()
    assert monroe == [("a month was not sent, or only in part",)]


def test_no_group_is_compared_whose_ethnicity_is_not_known_of_four_fifths_on_both_sides_alike(release):
    shares = release.execute(
        "select min(least(known_share, known_share_before)), max(abs(known_share - known_share_before))"
        " filter (where least(citywide_reports, citywide_reports_before) >= 100 or ori is null)"
        " from analysis.mart_reporting_gap where group_comparability = 'comparable'"
    ).fetchone()
    assert shares[0] >= 0.8
    assert shares[1] <= 0.05


def test_secure_communities_began_in_every_agencys_county_as_ices_list_has_it(release):
    """ICE's list: 22033 (E. Baton Rouge) 2010-06, 22095 (St. John Baptist) 2011-07, 22059 (La Salle) 2012-05."""
    began = dict(
        release.execute(
            "select distinct agencies.counties, panel.secure_communities_from::varchar"
            " from analysis.mart_reporting_panel as panel join core.dim_agency as agencies using (ori)"
            " where agencies.state_code = 'LA' and not regexp_matches(agencies.counties, '[;,]')"
        ).fetchall()
    )
    assert {name: began[name] for name in ("EAST BATON ROUGE", "ST JOHN THE BAPTIST", "LA SALLE")} == {
        "EAST BATON ROUGE": "2010-06-01", "ST JOHN THE BAPTIST": "2011-07-01", "LA SALLE": "2012-05-01",
    }  # fmt: skip
    assert [name for name, day in began.items() if day is None] == []
