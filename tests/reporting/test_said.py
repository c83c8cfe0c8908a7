"""What answers, pictures and pages say of crime and reporting is what the sources say.

What belongs here: labels, column meanings, headlines and sentences with figures, over the published release. What does
not: the figures of one table (tests/crime, test_survey, test_victims), how a page looks (tests/site).
"""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path

import lxml.html
import pytest

from orchestration.reading import meaning, questions, reader
from orchestration.settings import PROJECT_ROOT

# The changes of reports in 2017 as publications print them, of Hispanic victims and of who stands beside them
# (../shared/facts/published_statistics.csv and crime/published_figures_new.csv).
PRINTED = {
    ("Houston PD", "aggravated_assault", -12.0, None),
    ("Houston PD", "rape", -42.8, 8.2),
    ("Houston PD", "robbery", -12.0, None),
    ("Houston PD", "violent_crime", -13.0, 11.7),
    ("LAPD", "domestic_violence", -10.0, -4.0),
    ("LAPD", "domestic_violence", -3.5, None),
    ("LAPD", "domestic_violence", -8.1, -4.3),
    ("LAPD", "domestic_violence", 1.3, 1.7),
    ("LAPD", "sexual_assault", -25.0, -3.0),
    ("LAPD", "sexual_assault", -24.0, None),
    ("LAPD", "sexual_assault", -23.5, -13.7),
    ("LAPD", "sexual_assault", -14.0, -10.0),
    ("Salt Lake City PD", "all crime", -12.9, -1.4),
    ("San Diego PD", "domestic_violence", -13.0, None),
    ("San Francisco PD", "domestic_violence", -18.0, None),
}
SHOWN = {
    "money.html": [("at_risk", {}), ("programs", {}), ("nation", {})],
    "reporting.html": [
        ("reporting_gap", {}),
        ("printed_figures", {}),
        ("city_reporting", {}),
        ("city_reporting", {"offense": "traffic_collision", "window": "three months"}),
        ("agency_reporting", {}),
    ],
    "completeness.html": [("holdings", {}), ("coverage", {})],
}


@pytest.fixture(scope="module")
def warehouse(published):
    with reader.connect(published[0]) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(published) -> Path:
    return published[0].published_dir.resolve() / "site"


@pytest.fixture(scope="module")
def connection(published):
    with questions.connect(published[0]) as opened:
        yield opened


def ask(connection, name: str, **given: str):
    return questions.answer(connection, questions.question(name), given)


def data(site: Path, name: str):
    return json.loads((site / "data" / f"{name}.json").read_text(encoding="utf-8"))


def test_printed_figures_are_changes_of_reports_of_2017_each_beside_what_was_printed_with_it(connection):
    found = ask(connection, "printed_figures").relation
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    told = {(r["entity"], r["offense_group"], r["hispanic_change_percent"], r["beside_it_percent"]) for r in rows}
    assert told == PRINTED
    assert len(rows) == len(PRINTED)
    in_words = {r["beside_it_in_words"] for r in rows if r["hispanic_change_percent"] in (-3.5, -24.0)}
    assert in_words == {"non-Latino victims: virtually unchanged", "citywide about -14"}


def test_the_picture_of_printed_changes_counts_the_pairs_and_names_both_groups_beside(site):
    pairs = {row for row in PRINTED if row[3] is not None}
    assert all(hispanic < beside for _, _, hispanic, beside in pairs)
    told = data(site, "printed_changes")
    assert told["title"].startswith(f"In {len(pairs)} of {len(pairs)} printed comparisons, ")
    assert "by other victims, or in the whole city" in told["title"]
    assert {row["group"] for row in told["rows"]} == {"Hispanic", "Non-Hispanic", "Citywide"}


@pytest.mark.parametrize(("name", "given"), [one for shown in SHOWN.values() for one in shown])
def test_a_column_on_a_page_means_what_the_question_says(site, warehouse, name, given):
    """Not what a field of that name means elsewhere: `hispanic` counts victims, and is no code of the survey's."""
    asked = questions.question(name)
    declared = meaning.of_question(warehouse, asked, given, questions.answer(warehouse, asked, given))
    expected = {field["name"]: field["description"] for field in declared.fields}
    told = data(site, "_".join([name, *given.values()]).replace(" ", "_"))["columns"]
    assert {column: text if isinstance(text, str) else text["description"] for column, text in told.items()} == expected


def test_the_fbis_rape_is_not_called_sexual_assault(connection, site):
    for name in ("crime_months", "crime_years"):
        title = ask(connection, name, jurisdiction="1714000", offense="RPE").title
        assert " rape " in title
        assert "sexual assault" not in title
    assert "rape and sexual assault" in ask(connection, "reporting_gap", offense_family="rape_sexual_assault").title
    common = (site / "data" / "common.js").read_text(encoding="utf-8")
    assert '"RPE":"Rape"' in common.replace('": "', '":"')


def test_collisions_are_a_placebo_and_no_reports_of_any_kind(connection, warehouse, site):
    found = ask(connection, "city_reporting", offense="traffic_collision", window="three months")
    assert "traffic collisions (a placebo: no crime)" in found.title
    assert "(three months)" in found.title
    assert {"counted_what", "date_basis"} <= set(found.relation.columns)
    assert any("collisions" in caveat for caveat in questions.question("city_reporting").caveats)
    # the LAPD's collisions of 2010 to January 2019 are 453,817 (facts/crime/PROVENANCE.md); no other record of a
    # city's police is in the recorded edition, so that nothing is a report of any kind
    counted = warehouse.execute(
        "select offense_family, sum(citywide_reports) from analysis.mart_reporting_gap"
        " where series = 'LAPD collisions' and window_kind = 'month' group by all"
    ).fetchall()
    assert counted == [("traffic_collision", 453_817)]
    assert ask(connection, "city_reporting", offense="all_reports").relation.fetchall() == []
    assert "reports of any kind" not in (site / "reporting.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["agency_reporting", "city_reporting"])
def test_a_count_of_a_window_says_of_which_window(connection, name):
    for window in ("three months", "year to date"):
        assert f"({window})" in ask(connection, name, window=window).title
    asked = questions.question(name)
    assert any("of the whole window" in caveat for caveat in asked.caveats)
    assert "last month of the window" in asked.columns["month_start"].meaning


@pytest.mark.parametrize("name", ["agency_reporting", "city_reporting"])
def test_what_a_leap_year_does_to_a_change_is_what_the_calendar_does(name):
    days = [(date(year, 3, 1) - date(year, 2, 1)).days for year in (2016, 2017)]
    quarters = [(date(year, 4, 1) - date(year, 1, 1)).days for year in (2016, 2017)]
    month, quarter = (f"{100 * (1 - now / before):.1f}" for before, now in (days, quarters))
    [said] = [caveat for caveat in questions.question(name).caveats if "29 days" in caveat]
    assert f"{month} percent in February" in said
    assert f"{quarter} in January to March" in said


def test_windows_of_the_survey_that_share_years_are_said_to_overlap():
    assert any("overlap" in caveat for caveat in questions.question("reporting_gap").caveats)


def test_officers_are_said_to_be_of_the_awards_for_which_a_number_was_announced(connection):
    """Two: 50 of Chicago's FY2021 (Senator Durbin, 2021-11-23), 50 of its FY2022 (newsbreak.com, 2022-10-14)."""
    found = ask(connection, "programs").relation
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    told = {r["program_rule"]: (r["awards"], r["officers_reported"], r["awards_with_officers"]) for r in rows}
    assert told["code UHPX in the FAIN"] == (8, 100, 2)
    assert sum(with_officers for _, _, with_officers in told.values()) == 2


def test_a_listing_of_the_nation_has_its_name(connection):
    """Titles as the Federal Program Inventory prints them (facts/money/fpi_obligations_by_listing.csv)."""
    found = ask(connection, "nation").relation
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    names = {row["assistance_listing"]: row["listing_name"] for row in rows}
    assert len(names) == 24
    assert names["16.710"] == "Public Safety Partnership and Community Policing Grants"
    assert names["16.575"] == "Crime Victim Assistance"
    # nothing of listings other than 16.710 is captured: 0 awards, and no amount
    assert {(r["captured_awards"], r["captured_usd"]) for r in rows if r["assistance_listing"] != "16.710"} == {
        (0, None)
    }


def test_what_the_front_holds_is_said_to_be_a_part_of_something(site):
    front = lxml.html.document_fromstring((site / "index.html").read_bytes())
    table = next(one for one in front.iter("table") if "What is missing" in one.text_content())
    told = {
        row[0].text_content().strip(): row[2].text_content().strip() for row in table.iter("tr") if row[0].tag == "td"
    }
    assert "not known" not in told.values()
    (lists,) = (text for title, text in told.items() if "Homeland Security" in title)
    assert lists == "the whole list of 2025-05-29"
    (people,) = (text for title, text in told.items() if title.startswith("Government units"))
    assert people.startswith("354,090: ")


def test_open_awards_are_said_to_be_open_on_the_day_of_the_newest_capture(site):
    """Of Chicago's awards that of FY2022 alone ends later: on 2027-09-30 (real/usaspending/cops_awards_83.csv)."""
    told = data(site, "listed_places_money")
    assert any("end on 2026-11-28, the day of the newest capture, or later" in text for text in told["caveats"])
    assert {row["place"]: row["of_it_open_usd"] for row in told["rows"]}["Chicago city, Illinois"] == 6_250_000


def test_the_months_of_an_agency_count_alike_on_its_places_page_and_on_the_page_of_completeness(site, warehouse):
    expected = dict(
        warehouse.execute(
            "select ori, cast(count(*) filter (where whole) as varchar) || ' of ' || count(*) from ("
            " select ori, month_start, count(*) = count(case when coverage = 'reported' then 1 end) as whole"
            " from core.fct_crime_month group by all) group by ori"
        ).fetchall()
    )
    found = {}
    for path in sorted((site / "data" / "places").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        shard = json.loads(text[text.index("{") : text.rindex("}") + 1])
        for place in shard["places"].values():
            found |= {one[1]: f"{one[6]} of {one[5]}" for one in place.get("agencies", []) if one and one[5]}
    assert found == expected
    assert len(found) == 1_059
    # Boston's vehicle thefts are missing in 13 months, of which two more were not sent
    assert found["MA0130100"] == "102 of 117"


@pytest.mark.real
def test_one_offense_that_is_named_takes_no_other_out_of_the_panel(warehouse, real):
    with (real.parent / "facts" / "crime" / "months" / "MA0130100.csv").open(encoding="utf-8", newline="") as stream:
        [printed] = [row for row in csv.DictReader(stream) if (row["year"], row["month"]) == ("2025", "11")]
    kept = ["homicide", "rape", "robbery", "aggravated_assault", "burglary", "larceny"]
    [row] = warehouse.execute(
        f"select {', '.join(f'{name}_offenses' for name in [*kept, 'motor_vehicle_theft'])}, crime_coverage"
        " from analysis.mart_policy_crime_panel where ori = 'MA0130100' and month_start = date '2025-11-01'"
    ).fetchall()
    assert row == (*(int(printed[name]) for name in kept), None, "part of the offences")


def test_no_police_is_that_of_a_census_designated_place(warehouse):
    """Which has no government, and so no police (int_identity__names)."""
    for table in ("dim_agency", "fct_crime_year_printed"):
        assert warehouse.execute(
            f"select distinct units.name from core.{table} join core.dim_jurisdiction as units using (jurisdiction_key)"
            " where units.is_resolved and not units.is_general_government"
        ).fetchall() == []  # fmt: skip


def test_honolulus_police_serves_its_county(warehouse):
    [(geoid, served, covers)] = warehouse.execute(
        "select geoid, round(served_share, 2), coverage from core.dim_agency join core.dim_jurisdiction"
        " using (jurisdiction_key) where ori = 'HI0020000'"
    ).fetchall()
    # 987,000 people by the FBI (its months of 2025), 989,408 by the Census (2023)
    assert (geoid, served, covers) == ("15003", round(987_000 / 989_408, 2), "its jurisdiction")


def test_the_page_says_what_one_design_effect_for_everyone_would_change(warehouse):
    """Wilson's interval and Newcombe's difference once more, with a design effect of 4 for both groups."""
    rows = warehouse.execute(
        "select hispanic_interviewed, hispanic_percent_reported, others_interviewed, others_percent_reported, reading"
        " from analysis.mart_survey_reporting_gap"
    ).fetchall()

    def bounds(n: int, percent: float) -> tuple[float, float, bool]:
        size, share = n / 4.0, percent / 100
        middle = (share + 1.9208 / size) / (1 + 3.8416 / size)
        half = 1.96 * (share * (1 - share) / size + 0.9604 / size**2) ** 0.5 / (1 + 3.8416 / size)
        weak = n <= 10 or share == 0 or (4.0 * (1 - share) / (share * n)) > 0.25
        return 100 * (middle - half), 100 * (middle + half), weak

    same = 0
    for n, percent, n_others, others, reading in rows:
        low, high, weak = bounds(n, percent)
        others_low, others_high, others_weak = bounds(n_others, others)
        gap_low = percent - others - ((percent - low) ** 2 + (others_high - others) ** 2) ** 0.5
        gap_high = percent - others + ((high - percent) ** 2 + (others - others_low) ** 2) ** 0.5
        told_apart = "differs" if gap_low > 0 or gap_high < 0 else "cannot be told apart"
        same += reading == ("interpret with caution" if weak or others_weak else told_apart)
    text = " ".join((PROJECT_ROOT / "docs" / "reporting.md").read_text(encoding="utf-8").split())
    [said] = re.findall(r"for everyone, (\d+) of the recorded edition's (\d+) windows have the same reading", text)
    assert (int(said[0]), int(said[1])) == (same, len(rows))


def test_what_mixes_years_of_the_survey_is_never_said_to_be_2016_alone(connection, site):
    broken = {first for first, *_, mixes in ask(connection, "reporting_gap").relation.fetchall() if mixes}
    assert broken == {2004, 2005, 2006, 2014, 2015}  # BJS: 2006 with no other year, 2016 with earlier years
    text = " ".join((PROJECT_ROOT / "docs" / "reporting.md").read_text(encoding="utf-8").split())
    assert "those that begin in 2004, 2005 and 2006, and in 2014 and 2015" in text
    for told in (data(site, "reporting")["caveats"], data(site, "reporting_gap")["caveats"]):
        about = [caveat for caveat in told if "2016" in caveat]
        assert about
        assert all("2006" in caveat for caveat in about)


# What the department printed of groups that the article's claims are not of (the same two files), and when: its
# release NR18122ra bears the day April 27, 2018.
OF_OTHERS = {
    ("sexual_assault", -3.0): ("Non-Hispanic victims", "2017-03"),
    ("sexual_assault", -13.7): ("whole city", "2018-04-27"),
    ("sexual_assault", -10.0): ("whole city", "2018-04-24"),
    ("domestic_violence", -4.0): ("Non-Hispanic victims", "2017-03"),
    ("domestic_violence", -4.3): ("whole city", "2018-04-27"),
    ("domestic_violence", 1.7): ("whole city", "2018-04-24"),
}


def test_a_figure_beside_a_claim_about_a_group_says_whose_it_is_and_of_when(warehouse):
    found = warehouse.execute(
        "select claim_id, evidence_figure, evidence_text, printed_on from analysis.mart_claim_evidence"
        " where claim_id like 'latino%'"
    ).fetchall()
    assert len(found) == 18
    others = {}
    for claim, figure, text, printed_on in found:
        family = claim.removeprefix("latino_").removesuffix("_reports_2017")
        said, of = re.fullmatch(r".*?: (Hispanic victims|Non-Hispanic victims|whole city), (.+: \S+.*)", text).groups()
        assert "2016" in of or "2017" in of
        if said != "Hispanic victims":
            others[family, figure] = (said, printed_on)
    assert others == OF_OTHERS


def test_the_share_of_a_month_is_that_of_the_awards_that_are_open_in_it(connection):
    """Chicago's of April 2020: 99,500 USD of FY2019, of the 107,826,661.26 that the nation obligated under 16.710
    (facts/money/fpi_obligations_by_listing.csv). Its other open award, of FY2017, has no national figure."""
    found = ask(connection, "panel", jurisdiction="1714000").relation
    (row,) = (
        one
        for one in (dict(zip(found.columns, row, strict=True)) for row in found.fetchall())
        if str(one["month_start"]) == "2020-04-01"
    )
    assert (row["awards_open"], float(row["obligated_amount_open"])) == (2, 3_224_500)
    assert float(row["share_of_nation_percent"]) == pytest.approx(100 * 99_500 / 107_826_661.26, abs=0.0006)
    caveats = " ".join(questions.question("panel").caveats)
    assert "the awards that are running in the month" in caveats
    assert "all captured awards of the jurisdiction" not in caveats


def test_a_year_of_a_force_that_serves_more_than_its_city_says_so(connection):
    """Las Vegas's row of Table 8 of 2019 is its metropolitan police's: 2,118 robberies among 1,666,803 people."""
    found = ask(connection, "crime_years", jurisdiction="3240000").relation
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    of_2019 = {row["source_kind"]: row for row in rows if row["calendar_year"] == 2019}
    printed = of_2019["annual table"]
    assert (printed["place_name"], printed["offenses"], printed["population"]) == (
        "Las Vegas Metropolitan Police Department", 2_118, 1_666_803,
    )  # fmt: skip
    assert of_2019["months"]["agency_covers"] == "more than its jurisdiction"
    assert any("serve more than their city" in caveat for caveat in questions.question("crime_years").caveats)
