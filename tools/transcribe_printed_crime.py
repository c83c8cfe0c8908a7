"""Transcribe figures on crime that others printed or summed: police departments in the press, authors of repositories.

What belongs here: how each was read into the one form of a printed figure. What does not: figures of the publishers'
own data sets (transcribe_crime), awards and the first printed figures (transcribe.py).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

TABLES = Path(__file__).parent.parent / "orchestration" / "recorded" / "tables"
Row = dict[str, str]
COLUMNS = ("publisher", "table", "entity", "period_as_printed", "period_from", "period_to", "period_precision",
           "subject", "programme", "measure", "victim_group", "offense_group", "value", "unit", "as_printed",
           "compared_with", "comparison_given", "how_read", "source")  # fmt: skip

# Period as the file has it: from, to, precision, what it is compared with.
PERIODS = {
    "Jan-Jun 2017 vs Jan-Jun 2016": ("2017-01-01", "2017-06-30", "day", "January to June 2016"),
    "period not printed in excerpt": ("", "", "", ""),
    "Jan-Mar 2017 vs Jan-Mar 2016": ("2017-01-01", "2017-03-31", "day", "January to March 2016"),
    "full year 2017 vs 2016": ("2017-01-01", "2017-12-31", "day", "2016"),
    "Jan-May 2017 vs Jan-May 2016 (printed order: 2016 compared with 2017)":
        ("2017-01-01", "2017-05-31", "day", "January to May 2016"),
    "Jan-Apr 2017 vs Jan-Apr 2016": ("2017-01-01", "2017-04-30", "day", "January to April 2016"),
    "two weeks after 2025-06-06 vs same days 2024": ("2025-06-06", "2025-06-20", "about", "same days of 2024"),
    "after ICE activity increased, 2025 vs 2024": ("", "", "", "2024"),
    "after PEP (2015)": ("", "", "", "before the Priority Enforcement Program"),
}  # fmt: skip
_FAMILIES = ("domestic_violence", "sexual_assault", "violent_crime", "rape", "robbery", "aggravated_assault")
OFFENSES = {family.replace("_", " "): family for family in _FAMILIES}
OFFENSES |= {"spousal abuse / domestic violence": "domestic_violence"}
GROUPS = {"Latino victims": "Hispanic", "Latino": "Hispanic", "Hispanic victims": "Hispanic",
          "Latino community": "Hispanic", "Hispanic complainants": "Hispanic", "non-Hispanic victims": "Non-Hispanic",
          "non-Latino": "Non-Hispanic", "citywide": "Citywide"}  # fmt: skip
# Whose reports or calls they are, where the publisher's name does not begin with it.
ENTITIES = {
    "Los Angeles Times analysis of LAPD dispatch data": "LAPD",
    "Jacome (2021/22), Dallas PD complainant ethnicity": "Dallas PD",
}
# The file has these a second time: they stand among the first printed figures.
STANDING = {("non-Latino", "-3"), ("non-Latino", "-4"), ("non-Hispanic victims", "11.7")}
VICTIMS_AUTHOR = "mngoh (US Large Cities Assault Victim Rates), sums of FBI NIBRS incident files"
VICTIMS_READ = (
    "typed from the author's results; by year of incident, individual victims of 13A and 13B; nobody has recomputed it"
)


def transcribe(facts: Path) -> None:
    """Write the table. Raises KeyError for a period that no rule reads."""
    rows = [*printed(facts), *victims(facts), *rates_of_women(facts), *reports_by_descent(facts)]
    path = TABLES / "published_crime_figures.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{path.name}: {len(rows):,} figures, {path.stat().st_size:,} bytes")


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _whole(row: Mapping[str, str], before: Mapping[str, str]) -> Row:
    """A row with its "same" read as the row before has it."""
    return {name: before[name] if value == "same" and before else value for name, value in row.items()}


def printed(facts: Path) -> Iterator[Row]:
    """Figures in the press, each with the comparison that its publisher gave; a direction is no figure."""
    before: Row = {}
    for listed in _read(facts / "crime" / "published_figures_new.csv"):
        row = before = _whole(listed, before)
        if row["statistic"] == "direction" or (row["group"], row["value"]) in STANDING:
            continue
        start, end, precision, compared = PERIODS[row["period"]]
        calls = row["statistic"] == "change in calls"
        yield {
            "publisher": row["publisher"],
            "table": "calls for service" if calls else "reporting by victim group",
            "entity": ENTITIES.get(row["publisher"]) or row["publisher"].split(",")[0].split(" (")[0],
            "period_as_printed": row["period"],
            "period_from": start, "period_to": end, "period_precision": precision,
            "subject": "crime_reporting",
            "measure": row["statistic"] if calls else "change",
            "victim_group": GROUPS.get(row["group"], row["group"]),
            "offense_group": OFFENSES.get(row["offence"], row["offence"]),
            "value": row["value"], "unit": "percent",
            "as_printed": f"about {row['value']}" if "about" in row["unit"] else row["value"],
            "compared_with": compared, "comparison_given": row["comparison"], "how_read": row["how_read"],
            "source": f"{row['document']}, {row['document_date']}: {row['url']}",
        }  # fmt: skip


def _of_year(year: str) -> Row:
    return {"period_as_printed": year, "period_from": f"{year}-01-01", "period_to": f"{year}-12-31",
            "period_precision": "day", "subject": "crime_reporting"}  # fmt: skip


def victims(facts: Path) -> Iterator[Row]:
    """Victims of assault by city, year and sex, where race and sex are known: the author's sums."""
    for row in _read(facts / "crime" / "nibrs_assault_victims_city_year_sex_2022_2025.csv"):
        yield {
            **_of_year(row["year"]),
            "publisher": VICTIMS_AUTHOR, "table": "assault victims of known race and sex", "entity": _city(row),
            "measure": "assault victims of known race and sex",
            "victim_group": {"F": "Women", "M": "Men"}[row["sex"]], "offense_group": "assault (NIBRS 13A and 13B)",
            "value": row["assault_victims_known_race_and_sex"], "unit": "count",
            "as_printed": row["assault_victims_known_race_and_sex"], "how_read": VICTIMS_READ, "source": row["source"],
        }  # fmt: skip


def rates_of_women(facts: Path) -> Iterator[Row]:
    """Women who were victims of assault for 100,000 women of a group: the author's rates over one fixed denominator."""
    for row in _read(facts / "crime" / "nibrs_women_assault_rate_city_year_group_2022_2025.csv"):
        yield {
            **_of_year(row["year"]),
            "publisher": VICTIMS_AUTHOR, "table": "women victims of assault by group", "entity": _city(row),
            "measure": "women victims of assault for 100,000 women of the group (ACS 2020-2024 for every year)",
            "victim_group": f"{row['group']} women", "offense_group": "assault (NIBRS 13A and 13B)",
            "value": row["women_victims_per_100k_women_of_group"], "unit": "for 100,000 people",
            "as_printed": row["women_victims_per_100k_women_of_group"], "how_read": VICTIMS_READ,
            "source": row["source"],
        }  # fmt: skip


def _city(row: Mapping[str, str]) -> str:
    return f"{row['city'].replace('_', ' ').replace('-', ' ').title()}, {row['state']}"


def reports_by_descent(facts: Path) -> Iterator[Row]:
    """The LAPD's reports of all crimes by year and victim's descent, out of the shares that a notebook prints."""
    part = {"period_to": "2021-05-31", "period_as_printed": "2021, January to May"}
    for row in _read(facts / "crime" / "lapd_all_crime_year_descent_2010_2021.csv"):
        yield {
            **_of_year(row["year"]),
            **(part if row["year"] == "2021" else {}),
            "publisher": "thomashtwu (USC_MSBA_Project), counts of the LAPD's sets 63jg-8b9z and 2nrs-mtv8",
            "table": "all reports by year and victim's descent", "entity": "LAPD",
            "measure": "reports by year (of occurrence, it is presumed)",
            "victim_group": f"descent: {row['descent']}", "offense_group": "all crimes",
            "value": row["reports"], "unit": "count", "as_printed": "a share of the year",
            "how_read": "the smallest integers of which the printed shares are quotients; together they are the"
                        " 2,394,173 rows that the notebook prints",
            "source": "thomashtwu/USC_MSBA_Project@67e7dcb2af16fe7acb7369fb2e2fb6954d4681db:EDA visualizations.ipynb,"
                      " cell 21",
        }  # fmt: skip
