"""The survey's percentages in the published release, against the Bureau's microdata computed here by pandas.

What belongs here: every year, group and family, with n, caution, the survey's breaks and the design effect. What
does not: pages and captures (tests/sources/test_bjs.py), the interval's formula (dbt).
"""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.reading import questions
from orchestration.settings import DBT_PROJECT_DIR

VIOLENT = (1, 2, 3, 4)
# Offence codes and greatest relation code (1 intimate, 2 other relative) of each family.
FAMILIES = {
    "all_violent": (VIOLENT, None),
    "rape_sexual_assault": ((1,), None),
    "robbery": ((2,), None),
    "aggravated_assault": ((3,), None),
    "simple_assault": ((4,), None),
    "personal_theft": ((5,), None),
    "intimate_partner_violence": (VIOLENT, 1),
    "domestic_violence": (VIOLENT, 2),
}
GROUPS = {"all": None, "hispanic": 1, "non_hispanic": 2}
# Of 1993 to 2023 365 interviews say neither.
UNKNOWN = 98
PARTS_AND_TOTALS = (
    "select * from core.fct_victimization_reporting"
    " union all by name select * from core.fct_victimization_reporting_total"
)


@pytest.fixture(scope="module")
def microdata(real: Path) -> pd.DataFrame:
    """Every year of the set; of those whose own answers are at hand, these."""
    files = sorted((real / "bjs_ncvs").glob("*.json.gz"))
    answered = pd.concat([pd.DataFrame(json.loads(gzip.decompress(path.read_bytes()))) for path in files])
    whole = pd.read_parquet(real / "bjs_ncvs" / "ncvs_select_personal_victimization_1993_2023.parquet")
    rows = pd.concat([answered, whole[~whole["year"].isin(answered["year"])]])
    codes = ["year", "hispanic", "newoff", "direl", "notify"]
    return rows.assign(**{name: rows[name].astype(int) for name in codes}, weight=rows["newwgt"].astype(float))


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def part(rows: pd.DataFrame, group: str, family: str) -> pd.DataFrame:
    codes, relation = FAMILIES[family]
    found = rows[rows["newoff"].isin(codes)]
    if relation is not None:
        found = found[found["direl"].between(1, relation)]
    code = GROUPS.get(group, UNKNOWN)
    return found if code is None else found[found["hispanic"] == code]


@pytest.mark.parametrize(
    ("dimension", "code"),
    [("calendar_year", "year"), ("victim_group", "hispanic"), ("offense_family", "newoff"), ("offense_key", "newoff")],
)
def test_a_plain_sum_over_any_dimension_counts_each_captured_victimization_once(published, connection, dimension, code):
    """The captures' own records, by the same code: interviews and weights, those reported to the police apart."""
    settings, _ = published
    captured = duckdb.sql(
        "select sum(n::bigint), sum(weight::decimal(38, 12)), sum(weight::decimal(38, 12)) filter (where notify = '1')"
        f" from read_parquet('{settings.landing_dir}/bjs/victimizations/*/records.parquet', union_by_name = true)"
        f" where newoff::int between 1 and 5 group by {code}"
    ).fetchall()
    plainly = connection.execute(
        "select sum(victimizations_interviewed), sum(victimizations_weighted), sum(reported_weighted)"
        f" from core.fct_victimization_reporting group by {dimension}"
    ).fetchall()
    assert len(plainly) == len(captured) > 1
    for mine, theirs in zip(sorted(plainly), sorted(captured), strict=True):
        assert mine[0] == theirs[0]
        assert mine[1:] == (pytest.approx(float(theirs[1])), pytest.approx(float(theirs[2])))


def percent_reported(rows: pd.DataFrame) -> float:
    return float(100 * rows.loc[rows["notify"] == 1, "weight"].sum() / rows["weight"].sum())


@pytest.mark.real
def test_every_year_group_and_family_has_the_microdatas_n_and_percent(connection, microdata):
    published = {
        (year, group, family): (n, percent)
        for year, group, family, n, percent in connection.execute(
            "select calendar_year, victim_group, offense_family, victimizations_interviewed, percent_reported"
            f" from ({PARTS_AND_TOTALS})"
        ).fetchall()
    }
    expected = {}
    for year, of_year in microdata.groupby("year"):
        for group in (*GROUPS, "ethnicity_unknown"):
            for family in FAMILIES:
                rows = part(of_year, group, family)
                if len(rows):
                    expected[year, group, family] = (len(rows), pytest.approx(percent_reported(rows), abs=0.01))
    assert published == expected


@pytest.mark.real
@pytest.mark.parametrize("family", ["intimate_partner_violence", "all_violent", "domestic_violence"])
def test_three_years_together_are_the_microdatas(connection, microdata, family):
    rows = connection.execute(
        "select first_year, hispanic_interviewed, hispanic_percent_reported, others_interviewed,"
        " others_percent_reported from analysis.mart_survey_reporting_gap"
        " where window_kind = 'three years' and offense_family = ?",
        [family],
    ).fetchall()
    # 1994 is missing, and no window goes over a hole
    assert sorted(row[0] for row in rows) == list(range(1995, 2022))
    for first, *figures in rows:
        window = microdata[microdata["year"].between(first, first + 2)]
        expected = []
        for group in ("hispanic", "non_hispanic"):
            cases = part(window, group, family)
            expected += [len(cases), pytest.approx(percent_reported(cases), abs=0.01)]
        assert figures == expected


def design_effect(rows: pd.DataFrame) -> float:
    """Of the percentage reported, linearized, households as clusters: its variance by that of a simple sample."""
    share = percent_reported(rows) / 100
    residual = rows["weight"] * ((rows["notify"] == 1) - share) / rows["weight"].sum()
    # A person's id begins with the household's.
    by_household = residual.groupby(rows["idper"].str[:25]).sum()
    variance = len(by_household) / (len(by_household) - 1) * (by_household**2).sum()
    return float(variance / (share * (1 - share) / len(rows)))


@pytest.fixture(scope="module")
def ten_years(real: Path) -> pd.DataFrame:
    rows = pd.read_parquet(real / "bjs_ncvs" / "ncvs_select_personal_victimization_1993_2023.parquet")
    codes = ["year", "hispanic", "newoff", "direl", "notify"]
    rows = rows.assign(**{name: rows[name].astype(int) for name in codes}, weight=rows["newwgt"].astype(float))
    return rows[rows["year"] >= 2014]


@pytest.mark.real
@pytest.mark.parametrize(("kind", "years"), [("year", 1), ("three years", 3)])
@pytest.mark.parametrize("group", list(GROUPS))
def test_the_design_effect_is_the_largest_that_the_microdata_give(connection, ten_years, kind, years, group):
    windows = [
        design_effect(part(ten_years[ten_years["year"].between(first, first + years - 1)], group, "all_violent"))
        for first in range(2014, 2025 - years)
    ]
    with (DBT_PROJECT_DIR / "seeds" / "survey_design_effects.csv").open(encoding="utf-8", newline="") as stream:
        [seed] = [r for r in csv.DictReader(stream) if (r["window_kind"], r["victim_group"]) == (kind, group)]
    assert float(seed["design_effect"]) == pytest.approx(max(windows), abs=0.006)
    assert float(seed["least_measured"]) == pytest.approx(min(windows), abs=0.006)
    assert int(seed["windows_measured"]) == len(windows)
    if kind == "year":
        assert connection.execute(
            f"select distinct design_effect from ({PARTS_AND_TOTALS}) where victim_group = ?", [group]
        ).fetchall() == [(float(seed["design_effect"]),)]


@pytest.mark.real
@pytest.mark.parametrize("years", [1, 3])
def test_the_two_groups_are_as_good_as_independent_samples(ten_years, years):
    """The gap's interval adds two variances: by households the covariance is within a hundredth of what it could be."""
    for first in range(2014, 2025 - years):
        window = ten_years[ten_years["year"].between(first, first + years - 1)]
        sums = []
        for group in ("hispanic", "non_hispanic"):
            rows = part(window, group, "all_violent")
            residual = rows["weight"] * ((rows["notify"] == 1) - percent_reported(rows) / 100) / rows["weight"].sum()
            sums.append(residual.groupby(rows["idper"].str[:25]).sum())
        mine, theirs = pd.concat(sums, axis="columns").fillna(0).to_numpy().T
        assert abs((mine * theirs).sum() / ((mine**2).sum() * (theirs**2).sum()) ** 0.5) < 0.01, first


def test_the_published_ranges_by_other_hands_lie_within(connection):
    """Measured apart from this project, three years, persons and households: 2.39 to 3.41 and 3.31 to 4.62."""
    assert connection.execute(
        "select distinct hispanic_design_effect, others_design_effect from analysis.mart_survey_reporting_gap"
        " where window_kind = 'three years'"
    ).fetchall() == [(3.41, 4.62)]


def test_a_window_of_years_before_and_after_2016_says_so_with_who_says_it(connection):
    rows = connection.execute(
        "select first_year, is_break, break_reason, break_citation from analysis.mart_survey_reporting_gap"
        " where window_kind = 'three years' and offense_family = 'all_violent' order by first_year"
    ).fetchall()
    # 2006 is comparable with no year, so that a window breaks that holds it; 2016 with later years
    assert {row[0] for row in rows if row[1] and "2006" in row[2]} == {2004, 2005, 2006}
    assert {row[0] for row in rows if row[1] and "2016" in row[2]} == {2014, 2015}
    assert all(row[1] == ("BJS" in (row[3] or "")) for row in rows)
    assert all(row[2:] == (None, None) for row in rows if not row[1])
    breaks = f"select distinct calendar_year from ({PARTS_AND_TOTALS}) where is_break order by 1"
    assert connection.execute(breaks).fetchall() == [(1993,), (2006,), (2016,)]
    # whoever reads the column is told of each change that it can mean
    caveats = questions.question("reporting_gap").caveats
    assert [("2006" in each, "2016" in each) for each in caveats if "mixes_samples" in each] == [(True, True)]


def test_cells_of_ten_cases_or_fewer_are_flagged_and_so_is_a_variation_above_half(connection):
    """BJS's footnote "interpret with caution", by its own two conditions, computed again from what is published."""
    rows = connection.execute(
        f"select victimizations_interviewed, percent_reported, design_effect, sample_size from ({PARTS_AND_TOTALS})"
    ).fetchall()
    flagged = {"interpret with caution": 0, "others": 0}
    for n, percent, effect, size in rows:
        share = percent / 100
        if effect is None:  # those of unknown ethnicity, whose design effect nobody has measured
            variation = float("inf")
        else:
            variation = (effect * share * (1 - share) / n) ** 0.5 / share if share else float("inf")
        weak = n <= 10 or variation > 0.5
        assert (size == "interpret with caution") == weak, (n, percent)
        flagged["interpret with caution" if weak else "others"] += 1
    assert min(flagged.values()) > 0, "the release holds both, or this test says nothing"


def test_a_city_is_never_told_apart_by_the_survey(connection):
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns"
            " where table_name in ('fct_victimization_reporting', 'fct_victimization_reporting_total',"
            " 'mart_survey_reporting_gap')"
        ).fetchall()
    }
    assert not columns & {"jurisdiction_key", "city_code", "geoid"}
