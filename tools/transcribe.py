"""Transcribing the recorded edition's tables from files of the publishers and their mirrors.

What belongs here: which figures were selected, and how each was read. What does not: the ledger, trackers and councils
(transcribe_policies.py), turning the tables into payloads (orchestration/recorded). Run once by hand; its output is
committed and reviewed:

    python tools/transcribe.py FOLDER_OF_REAL_FILES FOLDER_OF_FACTS

The files themselves stay out of the repository.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import transcribe_crime
import transcribe_printed_crime

from orchestration.sources.fbi import STUDY_AGENCIES
from orchestration.sources.states import BY_POSTAL

TABLES = Path(__file__).parent.parent / "orchestration" / "recorded" / "tables"
COLUMNS = ("publisher", "table", "entity", "period", "measure", "value", "source")
Row = tuple[str, str, str, str, str, str, str]

# Cities that the trackers, the ledger or the awards name, beside the largest ones.
NAMED_CITIES = {
    ("CA", "Berkeley"), ("MI", "East Lansing"), ("NJ", "Hoboken"), ("NJ", "Jersey City"), ("NJ", "Newark"),
    ("NJ", "Paterson"), ("NY", "Rochester"), ("CT", "Hartford"), ("CT", "New Haven"), ("CA", "Santa Ana"),
    ("LA", "New Orleans"), ("LA", "Baton Rouge"), ("MN", "St. Paul"), ("NC", "Greensboro"), ("AL", "Birmingham"),
    ("MO", "St. Louis"), ("GA", "Brookhaven"), ("WI", "Wauwatosa"), ("PA", "Harrisburg"), ("ID", "Boise"),
}  # fmt: skip
LARGEST_CITIES = 62


def main() -> None:
    real, facts = Path(sys.argv[1]), Path(sys.argv[2])
    _write("usaspending_awards", _awards(real))
    _write("usaspending_assistance_listings", _listings(real, facts))
    _write("omb_budget", _budget(facts))
    _printed_awards(facts)
    _write("doj_sanctuary_list", _doj(real))
    _write("dhs_sanctuary_list", _dhs(real))
    transcribe_crime.transcribe(real, facts)
    transcribe_printed_crime.transcribe(facts)
    _published(facts)


def _write(name: str, rows: Iterable[Row]) -> None:
    path = TABLES / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        count = sum(1 for row in rows if writer.writerow(row))
    print(f"{path.name}: {count} figures, {path.stat().st_size:,} bytes")


def _read(path: Path) -> list[dict[str, str]]:
    body = path.read_bytes()
    if path.suffix == ".gz":
        body = gzip.decompress(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")  # the mirror of the county populations
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _awards(real: Path) -> Iterator[Row]:
    """The 83 awards. An outlay is known only where something was drawn: `remaining` treats none as 0."""
    for row in _read(real / "usaspending" / "cops_awards_83.csv"):
        total, remaining = (Decimal(re.sub(r"[$,]", "", row[name])) for name in ("total_usd", "remaining_usd"))
        # For an ambiguous code (MUMU) the program's name in the description decides.
        spelled = re.search(r"[(](chp|cpd|svpp|lemhwa|tep)[)]", row["description"].lower())
        programme = row["programme_from_description"] or (spelled[1].upper() if spelled else "")
        place = re.match(r"^([A-Za-z .]+), ([a-z]{2}) ", row["description"])
        state = place[2].upper() if place and place[2].upper() in BY_POSTAL else ""
        figures = {
            "generated_internal_id": row["assistance_award_unique_key_legacy"],
            "recipient_name": row["recipient"],
            "recipient_state": state,
            "start_date": row["grant_start"],
            "end_date": row["grant_end"],
            "obligation": str(total),
            "outlay": str(total - remaining) if remaining < total else "",
            "description": f"{place[1]}, {state}: {programme}" if place and state else programme,
        }
        for measure, value in figures.items():
            if value:
                yield ("usaspending", "awards", row["award_id_fain"], "", measure, value, "usaspending-cops-83")


def _listings(real: Path, facts: Path) -> Iterator[Row]:
    """What the inventory showed of each listing and year on six days; names and outlays as the newest page has them.

    The pages of the listings that we ask for are whole files of the newest day; of the others, and of the earlier
    days, the extract holds title, obligations and (since 2025) the outlays of the page's second block.
    """
    pages = {}
    for path in sorted((real / "usaspending" / "assistance_listings").glob("*.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        pages[page["id"]] = page
    seen = _read(facts / "money" / "fpi_obligations_by_listing.csv")
    newest = max(row["as_of_commit_date"] for row in seen)
    named: set[tuple[str, str]] = set()
    for row in seen:
        listing, day = row["assistance_listing"], row["as_of_commit_date"]
        source, entity = f"fpi-{day}", ("fpi", "assistance_listings", listing)
        page = pages.get(listing, {}) if day == newest else {}
        if (listing, day) not in named:
            named.add((listing, day))
            for measure in ("name", "popular_name", "sub_agency_name"):
                told = page.get(measure) or (row["title"] if measure == "name" else "")
                if told:
                    yield (*entity, "", measure, " ".join(told.split()), source)
        if row["measure"] == "obligations":
            yield (*entity, row["fiscal_year"], "usa_spending_actual", row["amount_usd"], source)
            for of_year in page.get("obligations", ()):
                if of_year["x"] == row["fiscal_year"]:
                    for measure in ("sam_actual", "sam_estimate"):
                        yield (*entity, row["fiscal_year"], measure, str(of_year[measure]), source)
        elif row["measure"] == "fpi_outlays_block.outlay":
            yield (*entity, row["fiscal_year"], "outlay", row["amount_usd"], source)


# What the budget's edition is called in the extract, and its code in sources.csv.
BUDGETS = {
    "FY2016 President's Budget (2015-02)": "omb-fy2016",
    "FY2017 President's Budget (2016-02)": "omb-fy2017",
    "FY2027 President's Budget (2026)": "omb-fy2027",
}


def _budget(facts: Path) -> Iterator[Row]:
    """The accounts of the COPS Office and of state and local assistance, in thousands as the database prints them."""
    for row in _read(facts / "money" / "omb_cops_account.csv"):
        thousands, rest = divmod(int(row["amount_usd"]), 1000)
        assert rest == 0
        entity = f"{row['account_code']}|{row['account']}|{row['grant_split']}"
        yield ("omb", "budget", entity, row["fiscal_year"], row["measure"], str(thousands), BUDGETS[row["budget"]])


# Statements of single awards and agencies; the others are figures of the country, a state or a group.
OF_AWARDS = ("agency", "event", "statement")


def _printed_awards(facts: Path) -> None:
    """What was printed of single awards, as it was typed; what the extract decides of its use is read by dbt."""
    rows = [row for row in _read(facts / "money" / "printed_awards.csv") if row["scope"] in OF_AWARDS]
    path = TABLES / "printed_awards.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# What a printed figure of more than one award is, by the scope that the extract gives it.
TABLE_OF_SCOPE = {
    "national": "announced awards", "state": "announced awards", "district": "announced awards",
    "national_supplement": "announced awards, in addition to those before",
    "national_available": "money made available",
    "national_appropriation": "appropriations", "national_proposal": "budget proposals", "rule": "program rules",
    "group": "analysis", "statistic": "school discipline",
}  # fmt: skip


def _totals_printed(facts: Path) -> Iterator[dict[str, str]]:
    """Printed figures of the country, of states and of groups of places, in the form of printed figures."""
    for row in _read(facts / "money" / "printed_awards.csv"):
        if row["scope"] in OF_AWARDS:
            continue
        year = int(row["fiscal_year"])
        cited = f"{row['source']} ({row['document_date']})"
        common = {
            "publisher": row["publisher"], "table": TABLE_OF_SCOPE[row["scope"]],
            "entity": "national" if row["agency"] == "United States" else row["agency"],
            "period_as_printed": f"FY{year}", "period_from": f"{year - 1}-10-01", "period_to": f"{year}-09-30",
            "period_precision": "fiscal_year", "subject": "awards", "programme": row["program"],
            "as_printed": row["as_printed"], "source": cited,
        }  # fmt: skip
        if row["scope"] == "statistic":
            # "from an average of 19 referrals a day to just five": the year is the article's own, not a fiscal year
            common |= {"period_as_printed": str(year), "period_from": "", "period_to": "",
                       "period_precision": "year", "subject": "school_discipline"}  # fmt: skip
            yield {**common, "measure": "referrals before", "value": "19", "unit": "count_per_day"}
            yield {**common, "measure": "referrals after", "value": "5", "unit": "count_per_day"}
            continue
        if row["amount_usd"]:
            yield {**common, "measure": "amount", "value": row["amount_usd"], "unit": "usd"}
        if row["officers"]:
            yield {**common, "measure": "officers", "value": row["officers"], "unit": "count"}


def _doj(real: Path) -> Iterator[Row]:
    rows = _read(real / "trackers" / "doj_sanctuary_list_2025-08-05.csv")
    for day, source in (("2025-08-05", "doj-list-2025-08-05"), ("2025-09-26", "doj-nevada-2025-09-26")):
        for row in rows:
            if day == "2025-09-26" and row["removed_note"].startswith("removed 2025-09-26"):
                continue
            printed = row["jurisdiction_as_printed"]
            entity = f"{printed}, {row['state_abbr']}" if row["state_abbr"] else printed
            yield ("doj", "sanctuary_list", entity, day, "heading", row["heading"], source)


def _dhs(real: Path) -> Iterator[Row]:
    """Each name with the state and the level that it is printed under; one is printed twice and stands twice."""
    rows = _read(real / "trackers" / "dhs_sanctuary_list_captured_2025-05-31.csv")
    for row in rows:
        entity = f"{row['state']}|{row['jurisdiction_as_printed']}"
        yield ("dhs", "sanctuary_list", entity, "2025-05-29", "level", row["level_heading"], "dhs-list-2025-05-29")


def _study_agencies(real: Path) -> list[dict[str, str]]:
    """The police of the largest cities and of those that trackers, ledger and awards name."""
    edits = {row["ori"]: row for row in _read(real / "fbi" / "fbi_cde_agency_name_edits.csv.gz")}
    population: dict[str, float] = defaultdict(float)
    names: dict[str, tuple[str, str]] = {}
    for row in _read(real / "fbi" / "cde_api_agency_monthly_2025-01_2026-04.csv.gz"):
        population[row["ori"]] = max(population[row["ori"]], float(row["population"] or 0))
        names[row["ori"]] = (row["agency_name"], "NE" if row["state"] == "NB" else row["state"])
    cities = []
    for ori, (name, state) in names.items():
        edit = edits.get(ori, {})
        if edit.get("agency_type_name") != "City" and name != "Jacksonville Sheriff's Office":
            continue
        city = _city_of(name)
        cities.append({"ori": ori, "state_abbr": state, "city": city, "agency_name": name})
    cities.sort(key=lambda c: -population[c["ori"]])
    chosen = cities[:LARGEST_CITIES]
    chosen += [c for c in cities[LARGEST_CITIES:] if (c["state_abbr"], c["city"]) in NAMED_CITIES]
    missing = NAMED_CITIES - {(c["state_abbr"], c["city"]) for c in chosen}
    print(f"{len(chosen)} agencies; no monthly figures for {sorted(missing)}")
    chosen.sort(key=lambda c: (c["state_abbr"], c["ori"]))
    with STUDY_AGENCIES.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("ori", "state_abbr", "city"), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)
    return chosen


def _city_of(agency: str) -> str:
    known = {
        "Las Vegas Metropolitan Police Department": "Las Vegas",
        "Charlotte-Mecklenburg Police Department": "Charlotte",
        "Metropolitan Nashville Police Department": "Nashville",
        "Louisville Metro Police Department": "Louisville",
        "Jacksonville Sheriff's Office": "Jacksonville",
    }
    return known.get(agency) or agency.removesuffix(" Police Department")


# Documents that the first table of printed figures cites in few words, and that the printed awards cite in full.
DOCUMENTS = {
    "route-fifty.com": (
        "Route Fifty",
        "https://route-fifty.com/management/2016/10/federal-grants-state-local-police-officers/132064/?oref=rf-next-story"
        " (2016-10-03)",
    ),
    "archived cops.usdoj.gov page of 2016-03": (
        "COPS Office (swap.stanford.edu archive)",
        "https://swap.stanford.edu/was/20160311035101mp_/http:/www.cops.usdoj.gov/Default.asp?Item=2367 (2016-03-11)",
    ),
}


def _by_document(rows: Sequence[dict[str, str]], totals: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """One document is one witness: a figure that the printed awards have of it is not told again under another name."""
    told = {(row["source"], row["period_as_printed"], row["measure"], row["value"]) for row in totals}
    for row in rows:
        cited = row["source"].split("; ")
        others = [one for one in cited if one not in DOCUMENTS]
        known = [DOCUMENTS[one] for one in cited if one in DOCUMENTS]
        new = [(publisher, source) for publisher, source in known
               if (source, row["period_as_printed"], row["measure"], row["value"]) not in told]  # fmt: skip
        if others:
            yield {**row, "source": "; ".join(others)}
        for publisher, source in new:
            yield {**row, "publisher": publisher, "source": source}


def _published(facts: Path) -> None:
    """Two tables of printed figures, brought into one form; periods are read by the rules beside them."""
    columns = ("publisher", "table", "entity", "period_as_printed", "period_from", "period_to", "period_precision",
               "subject", "programme", "measure", "victim_group", "offense_group", "value", "unit", "as_printed",
               "compared_with", "source")  # fmt: skip
    rows: list[dict[str, str]] = []
    cited: list[str] = []
    for row in _read(facts / "published_awards.csv"):
        year = int(row["fiscal_year"])
        cited.append(_citation(row["source"], cited))
        analyst = "cis.org" in cited[-1]
        rows.append(
            {
                "publisher": "Center for Immigration Studies" if analyst else "COPS Office, as printed by others",
                "table": "analysis" if analyst else "announced awards",
                "entity": row["scope"], "period_as_printed": f"FY{year}",
                "period_from": f"{year - 1}-10-01", "period_to": f"{year}-09-30", "period_precision": "fiscal_year",
                "subject": "awards", "programme": row["program"], "measure": row["figure"],
                "value": row["value"], "unit": row["unit"], "as_printed": row["as_printed"], "source": cited[-1],
            }
        )  # fmt: skip
    cited = []
    for row in _read(facts / "published_statistics.csv"):
        cited.append(_citation(row["source"], cited))
        start, end, precision, compared = _period(row["period"])
        rows.append(
            {
                "publisher": row["agency"], "table": "reporting by victim group", "entity": row["agency"],
                "period_as_printed": row["period"] + (f" [{row['period_end_note']}]" if row["period_end_note"] else ""),
                "period_from": start, "period_to": end, "period_precision": precision,
                "subject": "crime_reporting",
                "measure": {"pct": "change", "difference": "change", "count": "reports"}[row["unit"]],
                "victim_group": row["victim_group"], "offense_group": row["offense_group"],
                "value": row["value"], "unit": {"pct": "percent"}.get(row["unit"], row["unit"]),
                "as_printed": row["value"], "compared_with": compared, "source": cited[-1],
            }
        )  # fmt: skip
    totals = list(_totals_printed(facts))
    rows = list(_by_document(rows, totals))
    # What was typed into the table by hand, from a source that is no file here, stays.
    path = TABLES / "published_statistics.csv"
    made = {_figure(row) for row in [*rows, *totals]}
    rows += [row for row in _read(path) if _figure(row) not in made] if path.exists() else []
    rows += totals
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _figure(row: Mapping[str, str]) -> tuple[str, ...]:
    """What a printed figure is of, whatever value was printed."""
    names = ("publisher", "table", "entity", "period_as_printed", "programme", "measure", "victim_group",
             "offense_group", "unit", "compared_with")  # fmt: skip
    return tuple(row.get(name, "") for name in names)


def _citation(printed: str, earlier: list[str]) -> str:
    """A citation in full: "the same", "same (KPCC)" and a bare "Circa" point to one that was given above."""
    if printed.startswith("the same"):
        return earlier[-1] + printed.removeprefix("the same")
    pointed = re.fullmatch(r"same [(](.+)[)]|(\w+)", printed)
    if pointed is None:
        return printed
    name = (pointed[1] or pointed[2]).replace(" ", "").lower()
    return next(citation for citation in reversed(earlier) if name in citation.lower())


def _period(printed: str) -> tuple[str, str, str, str]:
    """(from, to, precision, compared with) of a period as printed; empty where it is not printed."""
    known = {
        "2016-01-01": ("2016-01-01", "2016-02-29", "about", ""),
        "2017-01-01": ("2017-01-01", "2017-02-28", "about", ""),
        "2017 YTD vs 2016 (21 Mar 2017)": ("2017-01-01", "2017-03-21", "about", "same days of 2016"),
        "2016 same period": ("2016-01-01", "", "about", ""),
        "2017 vs 2016 same period": ("2017-01-01", "", "about", "same days of 2016"),
        "YTD 30 Apr 2017 vs 2016": ("2017-01-01", "2017-04-30", "day", "same days of 2016"),
        "full year 2017 vs 2016": ("2017-01-01", "2017-12-31", "day", "2016"),
        "Jan-Mar 2017 vs Jan-Mar 2016": ("2017-01-01", "2017-03-31", "day", "January to March 2016"),
    }
    return known[printed]


if __name__ == "__main__":
    main()
