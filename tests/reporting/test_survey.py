"""The survey's percentages in the published release, against the Bureau's microdata computed here by pandas.

What belongs here: every year, group and family, with n, caution and the design effect that the intervals assume. What
does not: pages and captures (tests/sources/test_bjs.py), the interval's formula (dbt).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from orchestration import reading

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


@pytest.fixture(scope="module")
def microdata(real: Path) -> pd.DataFrame:
    files = sorted((real / "bjs_ncvs").glob("*.json.gz"))
    rows = pd.concat([pd.DataFrame(json.loads(gzip.decompress(path.read_bytes()))) for path in files])
    codes = ["year", "hispanic", "newoff", "direl", "notify"]
    return rows.assign(**{name: rows[name].astype(int) for name in codes}, weight=rows["newwgt"].astype(float))


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with reading.connect(settings) as opened:
        yield opened


def part(rows: pd.DataFrame, group: str, family: str) -> pd.DataFrame:
    codes, relation = FAMILIES[family]
    found = rows[rows["newoff"].isin(codes)]
    if relation is not None:
        found = found[found["direl"].between(1, relation)]
    return found if GROUPS[group] is None else found[found["hispanic"] == GROUPS[group]]


def percent_reported(rows: pd.DataFrame) -> float:
    return float(100 * rows.loc[rows["notify"] == 1, "weight"].sum() / rows["weight"].sum())


@pytest.mark.real
def test_every_year_group_and_family_has_the_microdatas_n_and_percent(connection, microdata):
    published = {
        (year, group, family): (n, percent)
        for year, group, family, n, percent in connection.execute(
            "select survey_year, victim_group, offense_family, victimizations_interviewed, percent_reported"
            " from core.fct_victimization_reporting"
        ).fetchall()
    }
    expected = {}
    for year, of_year in microdata.groupby("year"):
        for group in GROUPS:
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
    assert sorted(row[0] for row in rows) == list(range(2014, 2020))
    for first, *figures in rows:
        window = microdata[microdata["year"].between(first, first + 2)]
        expected = []
        for group in ("hispanic", "non_hispanic"):
            cases = part(window, group, family)
            expected += [len(cases), pytest.approx(percent_reported(cases), abs=0.01)]
        assert figures == expected


def design_effect(rows: pd.DataFrame) -> float:
    """Of the percentage reported, linearized, persons as clusters: its variance by that of a simple sample."""
    share = percent_reported(rows) / 100
    residual = rows["weight"] * ((rows["notify"] == 1) - share) / rows["weight"].sum()
    by_person = residual.groupby(rows["idper"]).sum()
    variance = len(by_person) / (len(by_person) - 1) * (by_person**2).sum()
    return float(variance / (share * (1 - share) / len(rows)))


@pytest.mark.real
def test_the_design_effect_is_in_the_range_that_the_columns_description_gives(microdata):
    """What dbt_project/macros/reporting_interval.sql and core.fct_victimization_reporting.design_effect say of it."""
    by_year = {
        group: [design_effect(part(microdata[microdata["year"] == y], group, "all_violent")) for y in range(2014, 2022)]
        for group in ("hispanic", "non_hispanic")
    }
    assert (round(min(by_year["hispanic"]), 1), round(max(by_year["hispanic"]), 1)) == (1.8, 3.8)
    assert (round(min(by_year["non_hispanic"]), 1), round(max(by_year["non_hispanic"]), 1)) == (2.8, 5.1)
    by_window = [
        design_effect(part(microdata[microdata["year"].between(y, y + 2)], group, "all_violent"))
        for group in by_year
        for y in range(2014, 2020)
    ]
    assert (round(min(by_window), 1), round(max(by_window), 1)) == (2.4, 4.5)


def test_cells_of_ten_cases_or_fewer_are_flagged_and_so_is_a_variation_above_half(connection):
    """BJS's footnote "interpret with caution", by its own two conditions, computed again from what is published."""
    rows = connection.execute(
        "select victimizations_interviewed, percent_reported, design_effect, sample_size"
        " from core.fct_victimization_reporting"
    ).fetchall()
    flagged = {"interpret with caution": 0, "others": 0}
    for n, percent, effect, size in rows:
        share = percent / 100
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
            " where table_name in ('fct_victimization_reporting', 'mart_survey_reporting_gap')"
        ).fetchall()
    }
    assert not columns & {"jurisdiction_key", "city_code", "geoid"}
