"""The recorded edition: true figures only, each with its source, the same bytes each time.

What belongs here: the tables and what they become. The counts are the publishers' and the transcription's own.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.recorded import build
from orchestration.recorded.crime import OFFENSES
from orchestration.recorded.figures import wide
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.fbi import study_agencies

sys.path.append(str(PROJECT_ROOT / "tools"))
import transcribe  # a program beside the package

# Wide tables, a list's own columns: tests/recorded/test_policies.py.
POLICY_LISTS = ("cis_", "doj_compliance_", "ice_declined_", "ice_secure_", "meyer_")
FIGURES = sorted(
    p
    for p in build.TABLES.glob("*.csv")
    if p.name
    not in (
        "sources.csv",
        "policy_events.csv",
        "published_statistics.csv",
        "published_crime_figures.csv",
        "printed_awards.csv",
    )
    and not p.name.startswith(POLICY_LISTS)
    and not p.name.startswith("census_gazetteer_")
)


WIDE = sorted(p.stem for p in build.TABLES.glob("*.parquet"))


def records(dataset_id: str) -> list[dict[str, str | None]]:
    dataset = sources.get(dataset_id)
    return [r for batch in build.batches(dataset_id) for payload in batch.payloads for r in dataset.cut(payload)]


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_every_figure_names_its_publisher_and_a_source_that_is_explained(path: Path):
    rows = build.table(path.stem)
    assert rows
    for row in rows:
        assert row["publisher"]
        assert row["entity"]
        assert row["measure"]
        told = build.source(row["source"])
        assert told["publisher"]
        assert told["where"]
        assert told["transcribed_on"]


@pytest.mark.parametrize("name", WIDE)
def test_every_row_of_a_wide_table_names_a_source_that_is_explained(name: str):
    # the agreements are of one source, and a row names its workbook
    codes = {row["source"] for row in wide(name)} if name != "ice_agreements_287g" else {"ice-287g"}
    assert codes
    for code in codes:
        about = build.source(str(code))
        assert about["publisher"]
        assert about["where"]
        assert about["transcribed_on"]


def test_the_gazetteer_holds_every_state_and_its_source_is_explained():
    """A list of codes and names: 50 states, the District and Puerto Rico; codes once each, parts in order."""
    places, counties, towns = build.batches("census/gazetteer")
    for batch, code, length in (
        (places, "census-codes", 7),
        (counties, "census-codes", 5),
        (towns, "census-cousubs", 10),
    ):
        assert batch.publisher == build.source(code)["publisher"] == "US Census Bureau"
        rows = [row for payload in batch.payloads for row in sources.get("census/gazetteer").cut(payload)]
        codes = [str(row["GEOID"]) for row in rows]
        assert codes == sorted(set(codes))
        assert {len(code) for code in codes} == {length}
        # twenty states have county subdivisions that govern
        assert len({code[:2] for code in codes}) >= 51 or (batch is towns and len({code[:2] for code in codes}) == 20)
    known = {str(row["GEOID"]): row["NAME"] for row in sources.get("census/gazetteer").cut(places.payloads[0])}
    assert known["1714000"] == "Chicago city"
    assert known["0644000"] == "Los Angeles city"
    assert known["3651000"] == "New York city"
    assert known["4835000"] == "Houston city"
    # the Bureau's names of the counties that the boroughs are
    names = {str(row["GEOID"]): row["NAME"] for row in sources.get("census/gazetteer").cut(counties.payloads[0])}
    assert (names["36047"], names["36061"]) == ("Kings County", "New York County")
    # no two governments of a state have one name and one legal word unless a county in parentheses parts them
    printed = [(geoid[:2], name) for geoid, name in known.items() if not str(name).endswith(" CDP")]
    assert len(printed) == len(set(printed))


@pytest.mark.parametrize("dataset_id", list(sources.DATASETS))
def test_two_builds_give_the_same_bytes(dataset_id):
    def digests() -> list[str]:
        return [payload.sha256 for batch in build.batches(dataset_id) for payload in batch.payloads]

    assert digests() == digests()
    for batch in build.batches(dataset_id):
        assert batch.publisher
        assert batch.retrieved_at.tzinfo is not None


def test_the_tables_weigh_less_than_twenty_mebibytes():
    assert sum(path.stat().st_size for path in build.TABLES.iterdir()) < 20 * 1024**2


def test_there_are_83_awards_and_none_has_an_outlay_where_nothing_was_drawn():
    awards = records("usaspending/awards")
    assert len({award["Award ID"] for award in awards}) == len(awards) == 83
    assert all(award["Total Outlays"] == "0" or Decimal(award["Total Outlays"]) > 0 for award in awards)


def test_the_awards_are_as_of_the_day_of_their_download():
    """Eight of them are also among the printed statements, to the cent and with the day: of the same download."""
    printed = [row for row in records("published/awards") if row["publisher"] == "USAspending.gov (via stoddardg)"]
    assert len(printed) == 8
    awards = {str(award["Award ID"]): award for award in records("usaspending/awards")}
    for row in printed:
        award = awards[str(row["document"]).removeprefix("award ")]
        obligated, remaining = map(Decimal, re.findall(r"[0-9]+[.][0-9]+", str(row["as_printed"])))
        assert Decimal(str(award["Award Amount"])) == obligated
        assert abs(Decimal(str(award["Total Outlays"])) - (obligated - remaining)) < 1
    (batch,) = build.batches("usaspending/awards")
    days = {batch.retrieved_at.date().isoformat(), *(p.retrieved_at.date().isoformat() for p in batch.payloads)}
    assert days == {row["document_date"] for row in printed} == {"2024-05-28"}


def test_the_doj_list_has_35_names_then_34_without_nevada():
    lists = {batch.retrieved_at.date().isoformat(): batch for batch in build.batches("doj/sanctuary_list")}
    names = {
        day: [r for p in batch.payloads for r in sources.get("doj/sanctuary_list").cut(p)]
        for day, batch in lists.items()
    }
    assert {day: len(found) for day, found in names.items()} == {"2025-08-05": 35, "2025-09-26": 34}
    assert Counter(r["heading"] for r in names["2025-08-05"]) == {"STATES": 13, "COUNTIES": 4, "CITIES": 18}
    gone = {r["jurisdiction_as_printed"] for r in names["2025-08-05"]} - {
        r["jurisdiction_as_printed"] for r in names["2025-09-26"]
    }
    assert gone == {"Nevada"}


def test_the_ledger_has_at_least_its_first_66_events_and_carries_their_standing():
    events = records("ledger/policy_events")
    assert len(events) >= 66
    assert {event["source_status"] for event in events} == {"sourced", "partial", "unsourced"}


def test_a_printed_figure_cites_its_source_in_full():
    figures = [f for f in records("published/statistics") if not f.get("how_read")]
    # 31 of the first table, and 68 amounts and officers of more than one award; two stand in both, of one document
    assert len([f for f in figures if f["subject"] == "awards"]) == 31 + 68 - 2
    assert not [f["source"] for f in figures if "same" in f["source"] or f["source"] == "Circa"]
    assert {
        (f["publisher"], f["offense_group"], f["value"])
        for f in figures
        if f["victim_group"] == "Non-Hispanic" and "2017" in f["period_as_printed"]
    } == {
        ("LAPD", "sexual_assault", "-3"), ("LAPD", "domestic_violence", "-4"),
        ("Houston PD", "rape", "8.2"), ("Houston PD", "violent_crime", "11.7"),
    }  # fmt: skip
    (difference,) = [f for f in figures if f["value"] == "-118"]
    assert difference["source"].startswith("https://www.circa.com/")


def scrapes() -> tuple[list[dict[str, str | None]], list[dict[str, str | None]]]:
    """The records of the scrape of May 2026, and of the later one of 28 cities."""
    dataset = sources.get("fbi/agency_months")
    found: dict[bool, list[dict[str, str | None]]] = {True: [], False: []}
    for batch in build.batches(dataset.id):
        found["ori" in batch.slice.params] += [r for payload in batch.payloads for r in dataset.cut(payload)]
    return found[False], found[True]


def test_1059_agencies_have_sixteen_months_each_and_28_cities_have_117_of_a_later_scrape():
    may, autumn = scrapes()
    for months, agencies, each in ((may, 1059, 16), (autumn, 28, 117)):
        assert len({m["ori"] for m in months}) == agencies
        assert set(Counter((m["ori"], m["offense_code"]) for m in months).values()) == {each}
        assert any(m["actual"] is None for m in months), "a month that was not reported stays null"
    assert {m["ori"] for m in may} >= {m["ori"] for m in autumn} | {a["ori"] for a in study_agencies()}
    # the later one repeats the people of 2017: it tells nothing of them
    assert {m["population"] for m in autumn} == {None}


def test_the_later_scrape_is_the_later_capture_and_only_the_first_knows_its_newest_month():
    when = {"ori" in batch.slice.params: batch.retrieved_at for batch in build.batches("fbi/agency_months")}
    assert when[False] < when[True]
    may, autumn = scrapes()
    assert ({m["max_data_date"] for m in may}, {m.get("max_data_date") for m in autumn}) == ({"04/2026"}, {None})


def test_every_agency_that_sends_months_is_in_the_register():
    agencies = {agency["ori"] for agency in records("fbi/agencies")}
    assert len(agencies) == 18_463
    assert agencies >= {month["ori"] for month in records("fbi/agency_months")}
    assert all(len(ori) == 9 for ori in agencies)


def test_a_share_is_a_part_of_one_and_a_population_a_count():
    units = records("census/places")
    codes = {(unit["year"], unit["level"], unit["state"], unit.get("place"), unit.get("county")) for unit in units}
    assert len(codes) == len(units)
    assert {unit["year"] for unit in units} == {str(year) for year in range(2014, 2024)}
    assert {unit["year"] for unit in units if unit["HISPANIC_SHARE"]} == {"2014", "2016", "2018", "2021", "2023"}
    assert all(int(unit["B01003_001E"]) > 0 for unit in units)
    # the bureau's API answers with its survey; these are of its other programs, and each record says which
    assert {(unit["POPULATION_SOURCE"], unit["VINTAGE"]) for unit in units if unit["level"] == "county"} == {
        ("census of 2020" if year == "2020" else "Population Estimates Program", None if year == "2020" else year)
        for year in map(str, range(2014, 2024))
    }
    assert all(0 <= Decimal(unit["HISPANIC_SHARE"]) <= 1 for unit in units if unit["HISPANIC_SHARE"])


@pytest.mark.real
class TestAgainstTheFiles:
    def test_every_award_is_the_files(self, real):
        with (real / "usaspending" / "cops_awards_83.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        awards = {award["Award ID"]: award for award in records("usaspending/awards")}
        for row in rows:
            total, remaining = (
                Decimal(row[c].replace("$", "").replace(",", "")) for c in ("total_usd", "remaining_usd")
            )
            award = awards[row["award_id_fain"]]
            assert Decimal(award["Award Amount"]) == total
            assert award["Recipient Name"] == row["recipient"]
            assert Decimal(award["Total Outlays"]) == (total - remaining if remaining < total else 0)

    def test_every_month_is_the_files(self, real):
        with gzip.open(real / "fbi" / "cde_api_agency_monthly_2025-01_2026-04.csv.gz", "rt") as stream:
            months = {(r["ori"], f"{int(r['month']):02d}-{r['year']}"): r for r in csv.DictReader(stream)}
        may, _ = scrapes()
        assert len(may) == len(months) * len(OFFENSES) == 118_608
        for record in may:
            row = months[record["ori"], record["month"]]
            offense = OFFENSES[str(record["offense_code"])]
            assert (record["actual"] or "") == row[f"{offense}_actual"]
            assert (record["cleared"] or "") == row[f"{offense}_cleared"]
            assert Decimal(record["population"] or 0) == Decimal(row["population"] or 0)

    def test_every_month_of_28_cities_is_the_facts(self, real):
        folder = real.parent / "facts" / "crime" / "months"
        months = {}
        for path in folder.glob("*00.csv"):
            with path.open(encoding="utf-8", newline="") as stream:
                months.update({(r["ori"], f"{r['month']}-{r['year']}"): r for r in csv.DictReader(stream)})
        _, autumn = scrapes()
        assert len(autumn) == len(months) * len(OFFENSES) == 28 * 117 * 7
        for record in autumn:
            row = months[record["ori"], record["month"]]
            offense = OFFENSES[str(record["offense_code"])]
            assert (record["actual"] or "") == row[offense]
            assert (record["cleared"] or "") == row.get(f"{offense}_cleared", "")

    def test_every_agency_of_the_register_is_the_files(self, real):
        with duckdb.connect() as connection:
            file = connection.read_csv(str(real / "fbi" / "fbi_agencies_2020.csv.gz"), all_varchar=True)
            listed = file.project("ori, state_abbr, county_name, nibrs, latitude").fetchall()
        held = {agency["ori"]: agency for agency in records("fbi/agencies")}
        assert len(listed) == 18_459
        assert len(held.keys() - {ori for ori, *_ in listed}) == 4
        for ori, state, county, nibrs, latitude in listed:
            agency = held[ori]
            assert agency["state_abbr"] == {"NB": "NE"}.get(state, state)
            assert (agency.get("counties") or "NULL") == (county if county not in (None, "NA") else "NULL")
            assert (agency.get("is_nibrs") or "") == {"TRUE": "true", "FALSE": "false"}.get(nibrs, "")
            assert float(agency.get("latitude") or 0) == (
                float(latitude) if latitude not in (None, "NULL", "NA") else 0
            )

    def test_every_row_of_the_annual_tables_is_the_files(self, real):
        with duckdb.connect() as connection:
            file = connection.read_csv(str(real / "fbi" / "fbi_table8_city_2012_2023.csv.gz"), all_varchar=True)
            names, rows = file.columns, Counter(file.fetchall())
        renamed = {"footnote": "footnotes", "state_footnote": "state_footnotes"}
        held = Counter(tuple(r[renamed.get(n, n)] for n in names) for r in records("fbi/table8"))
        assert held.total() == 103_826
        assert held == Counter({tuple(c.strip() if c else None for c in row): n for row, n in rows.items()})

    def test_every_group_of_victimizations_is_the_sum_of_the_files(self, real):
        """The years that the API's own answers are at hand of, from those; the others from the whole set."""
        weights: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
        names = ("year", "hispanic", "newoff", "direl", "notify")
        for path in sorted((real / "bjs_ncvs").glob("*.json.gz")):
            for row in json.loads(gzip.decompress(path.read_bytes())):
                weights[tuple(row[n] for n in names)].append(Decimal(row["newwgt"]))
        answered = {key[0] for key in weights}
        with duckdb.connect() as connection:
            whole = connection.read_parquet(
                str(real / "bjs_ncvs" / "ncvs_select_personal_victimization_1993_2023.parquet")
            )
            for *key, weight in whole.select(*(duckdb.ColumnExpression(n) for n in (*names, "newwgt"))).fetchall():
                if key[0] not in answered:
                    weights[tuple(key)].append(Decimal(weight))
        groups = records("bjs/victimizations")
        assert {group["year"] for group in groups} == {str(year) for year in range(1993, 2024)} - {"1994"}
        assert len(groups) == len(weights)
        for group in groups:
            found = weights[tuple(group[n] for n in ("year", "hispanic", "newoff", "direl", "notify"))]
            assert (int(group["n"]), Decimal(group["weight"])) == (len(found), sum(found))

    def test_a_recipients_state_is_given_only_where_its_own_record_shows_it(self, real):
        with (real / "usaspending" / "cops_awards_83.csv").open(encoding="utf-8") as stream:
            rows = {row["award_id_fain"]: row for row in csv.DictReader(stream)}
        given = {a["Award ID"]: a.get("Recipient Location__state_code") for a in records("usaspending/awards")}
        assert any(given.values())
        for fain, state in given.items():
            assert state is None or f", {state.lower()} " in rows[fain]["description"]

    def test_both_doj_lists_are_the_files(self, real):
        with (real / "trackers" / "doj_sanctuary_list_2025-08-05.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        first, second = build.batches("doj/sanctuary_list")
        for batch, wanted in ((first, rows), (second, [r for r in rows if not r["removed_note"]])):
            cut = [r for p in batch.payloads for r in sources.get("doj/sanctuary_list").cut(p)]
            names = {(r["heading"], r["jurisdiction_as_printed"], r["state_as_printed"]) for r in cut}
            assert names == {(r["heading"], r["jurisdiction_as_printed"], r["state_abbr"] or None) for r in wanted}

    def test_every_matter_and_action_of_a_council_is_the_files(self, real):
        files = [json.loads(p.read_text(encoding="utf-8")) for p in (real / "legistar").glob("nyc*/*.json")]
        matters = {str(matter["ID"]): matter for matter in files}
        recorded, actions = records("legistar/matters"), records("legistar/histories")
        for record in recorded:
            matter = matters[str(record["MatterId"])]
            told = ("File", "Name", "Title", "TypeName", "StatusName", "BodyName")
            assert [record[f"Matter{name}"] for name in told] == [matter[name] or None for name in told]
            for name in ("IntroDate", "PassedDate", "EnactmentDate"):
                # the mirror writes the first day of the year 1 for none
                day = matter[name] if matter[name] > "0002" else None
                assert str(record.get(f"Matter{name}"))[:10] == str(day)[:10]
            assert record.get("MatterEnactmentNumber") == (matter.get("LocalLaw") or None)
            own = [a for a in actions if a["matter_id"] == record["MatterId"]]
            assert [(a["MatterHistoryId"], str(a["MatterHistoryActionDate"])[:10], a["MatterHistoryActionName"],
                     a["MatterHistoryActionBodyName"], a.get("MatterHistoryPassedFlagName")) for a in own] == [
                (str(a["ID"]), a["Date"][:10], a["Action"], a["BodyName"], a.get("PassedFlagName"))
                for a in matter["History"] or ()
            ]  # fmt: skip
        assert len(recorded) == len(files) == 145

    def test_every_population_and_share_is_the_files(self, real):
        population: dict[tuple[str, ...], str] = {}
        share: dict[tuple[str, ...], str] = {}
        for level, suffix in (("place", ".csv"), ("county", ".csv.gz")):
            for name, column, found in (
                (f"{level}_populations_2014_2023_urban", "population", population),
                (f"urban_acs5_race_ethnicity_share_{level}", "share_desc_rep_hispanic", share),
            ):
                body = (real / "census" / (name + suffix)).read_bytes()
                text = (gzip.decompress(body) if suffix.endswith("gz") else body).decode("utf-8", "replace")
                rows = csv.DictReader(text.splitlines())
                found.update({(r["year"], level, r["state"], r[level]): r[column] for r in rows})
        units = records("census/places")
        held = {(str(u["year"]), str(u["level"]), str(u["state"]), str(u[str(u["level"])])): u for u in units}
        assert held.keys() == population.keys()
        assert {code for code, unit in held.items() if unit["HISPANIC_SHARE"]} == share.keys()
        for code, unit in held.items():
            assert unit["B01003_001E"] == population[code]
            if unit["HISPANIC_SHARE"]:
                assert abs(Decimal(unit["HISPANIC_SHARE"]) - Decimal(share[code])) <= Decimal("0.0000005")
        assert not [unit["NAME"] for unit in units if "\ufffd" in str(unit["NAME"]) or "Ã" in str(unit["NAME"])]

    def test_every_obligation_of_a_listing_is_the_files(self, real):
        """The pages that are whole files are those of the newest day."""
        paths = sorted((real / "usaspending" / "assistance_listings").glob("*.json"))
        listings = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
        *_, newest = build.batches("usaspending/assistance_listings")
        assert newest.retrieved_at.date().isoformat() == "2025-12-05"
        dataset = sources.get("usaspending/assistance_listings")
        rows = [row for payload in newest.payloads for row in dataset.cut(payload)]
        of_pages = [row for row in rows if row["id"] in listings]
        assert len(listings) == len({row["id"] for row in of_pages}) == 18
        assert len(of_pages) == sum(len(listing["obligations"]) for listing in listings.values())
        for row in of_pages:
            page = listings[row["id"]]
            (year,) = [y for y in page["obligations"] if y["x"] == row["fiscal_year"]]
            assert Decimal(row["obligation"]) == Decimal(str(year["usa_spending_actual"]))
            paid = [y["outlay"] for y in page["outlays"] or [] if y["x"] == row["fiscal_year"]]
            assert [Decimal(str(outlay)) for outlay in paid] == [Decimal(row["outlay"])]

    def test_every_sighting_of_a_listings_year_is_the_extracts(self, real):
        extract = _facts(real, "fpi_obligations_by_listing")
        names = {"obligations": "obligation", "fpi_outlays_block.outlay": "outlay"}
        printed = {
            (row["as_of_commit_date"], row["assistance_listing"], row["fiscal_year"], names[row["measure"]]): Decimal(
                row["amount_usd"]
            )
            for row in extract
            if row["measure"] in names
        }
        dataset = sources.get("usaspending/assistance_listings")
        held = {
            (batch.retrieved_at.date().isoformat(), row["id"], row["fiscal_year"], name): Decimal(row[name])
            for batch in build.batches(dataset.id)
            for payload in batch.payloads
            for row in dataset.cut(payload)
            for name in names.values()
            if row.get(name) is not None
        }
        assert held == printed
        assert len({day for day, *_ in held}) == 6
        assert held["2025-12-05", "16.710", "2024", "obligation"] == Decimal("1029213389.60")
        assert held["2023-11-07", "16.710", "2021", "obligation"] == Decimal("-45258088.61")

    def test_an_office_of_justice_programs_is_named_where_the_inventory_names_it(self, real):
        """The inventory's pages name the Office of Justice Programs; not for violence against women."""
        with (PROJECT_ROOT / "dbt_project" / "seeds" / "assistance_listings.csv").open(encoding="utf-8") as stream:
            office = {row["assistance_listing"]: row["office"] for row in csv.DictReader(stream)}
        pages = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in (real / "usaspending" / "assistance_listings").glob("*.json")
        ]
        # VALOR's page leaves its agency out, and its rules are those at the Office's web site
        named = {
            page["id"]
            for page in pages
            if "Office of Justice Programs" in (page["sub_agency_name"] or page["rules_regulations"])
        }
        assert {listing for listing, by in office.items() if by == "OJP"} <= named
        boards = {page["id"] for page in pages if page["sub_agency_name"] == "Boards and Divisions Offices"}
        assert {listing for listing, by in office.items() if by in ("COPS", "OVW")} == boards
        assert {
            page["id"] for page in pages if "Violence Against Women" in f"{page['name']} {page['popular_name']}"
        } == {"16.588"}
        assert {listing for listing, by in office.items() if by == "OVW"} == {"16.588", "16.590"}

    def test_every_figure_of_the_budgets_is_the_extracts(self, real):
        printed = {
            (row["account_code"], row["grant_split"], row["measure"], row["fiscal_year"], row["budget"][2:6]): int(
                row["amount_usd"]
            )
            for row in _facts(real, "omb_cops_account")
        }
        held = {
            (r["account_code"], r["grant_split"] or "", r["measure"], r["fiscal_year"], r["budget_year"]): 1000
            * int(r["thousands"])
            for r in records("omb/budget")
        }
        assert held == printed
        assert held["0406", "", "budget_authority", "2016", "2027"] == 191_000_000

    def test_every_statement_about_an_award_is_the_extracts(self, real):
        extract = _facts(real, "printed_awards")
        statements = records("published/awards")
        assert [{n: v for n, v in row.items() if v} for row in statements] == [
            {n: v for n, v in row.items() if v} for row in extract if row["scope"] in ("agency", "event", "statement")
        ]
        assert sum(row["scope"] == "agency" for row in statements) == 187
        assert len(statements) == 190
        # what is of more than one award stands among the printed figures, once, with its source and date
        totals = [row for row in extract if row["scope"] not in ("agency", "event", "statement", "statistic")]
        cited = {(f["publisher"], f["programme"] or "", f["measure"], f["value"], f["source"]) for f in
                 records("published/statistics")}  # fmt: skip
        for row in totals:
            where = f"{row['source']} ({row['document_date']})"
            for measure, value in (("amount", row["amount_usd"]), ("officers", row["officers"])):
                assert not value or (row["publisher"], row["program"], measure, value, where) in cited


def test_one_document_is_one_witness_of_a_figure():
    """The article of Route Fifty and the archived page of the COPS Office stood twice, under two names each."""
    figures = defaultdict(list)
    for row in build.table("published_statistics"):
        of = ("entity", "period_as_printed", "programme", "measure", "victim_group", "offense_group", "unit", "value")
        figures[tuple(row[name] for name in of)].append(row["source"])
    for figure, sources_ in figures.items():
        hosts = [host for cited in sources_
                 for host in set(re.findall(r"[a-z0-9-]+[.](?:com|org|gov|edu|net)\b", cited.lower()))]  # fmt: skip
        assert len(sources_) == 1 or len(hosts) == len(set(hosts)), (figure, sources_)


def _facts(real: Path, name: str) -> list[dict[str, str]]:
    with (real.parent / "facts" / "money" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_figure_that_was_typed_by_hand_stays_when_the_printed_figures_are_transcribed_again(tmp_path, monkeypatch):
    facts, tables = tmp_path / "facts", tmp_path / "tables"
    facts.mkdir()
    tables.mkdir()
    monkeypatch.setattr(transcribe, "TABLES", tables)
    (facts / "money").mkdir()
    (facts / "money" / "printed_awards.csv").write_text("scope\n")
    (facts / "published_awards.csv").write_text(
        "fiscal_year,source,scope,program,figure,value,unit,as_printed\n"
        "2015,https://synthetic.invalid/a,national,CHP,awards,7,count,7 grants\n"
    )
    statistics = (
        "agency,source,period,period_end_note,unit,victim_group,offense_group,value\n"
        "Synth PD,https://synthetic.invalid/b,full year 2017 vs 2016,,pct,Hispanic,robbery,{}\n"
    )
    (facts / "published_statistics.csv").write_text(statistics.format("-3"))
    transcribe._published(facts)
    path = tables / "published_statistics.csv"
    award, printed = table_of(path)
    by_hand = {**printed, "victim_group": "Non-Hispanic", "value": "-4"}
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(printed), lineterminator="\n").writerow(by_hand)
    # the file's own figure is replaced by what it says now, the other stands as it was
    (facts / "published_statistics.csv").write_text(statistics.format("-5"))
    transcribe._published(facts)
    assert table_of(path) == [award, {**printed, "value": "-5", "as_printed": "-5"}, by_hand]


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
