"""Transcribe the crime, survey and census tables of the recorded edition: what was selected and how each was read.

What belongs here: figures of the FBI, the Bureau of Justice Statistics, the Census Bureau and city police departments.
What does not: awards, trackers, ledger and councils (transcribe.py, which calls this).

These tables are wide and in compressed Parquet, each value as the source prints it; `source` is explained in
tables/sources.csv. A person reads them with `duckdb -c "from '<file>'"`.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.declared import fbi
from orchestration.recorded.crime import OFFENSES
from orchestration.sources.states import BY_NAME, BY_POSTAL

TABLES = Path(__file__).parent.parent / "orchestration" / "recorded" / "tables"
Row = Mapping[str, str]

MONTHS_FILE = "cde_api_agency_monthly_2025-01_2026-04.csv.gz"
REGISTER_FILE, EDITS_FILE = "fbi_agencies_2020.csv.gz", "fbi_cde_agency_name_edits.csv.gz"
COUNTS = tuple(f"{offense}_{measure}" for offense in OFFENSES.values() for measure in ("actual", "cleared"))
MONTHS = ("ori", "agency_name", "state_abbr", "period", *COUNTS, "population", "source")
REGISTER = ("ori", "agency_name", "agency_type_name", "state_abbr", "state_name", "counties", "is_nibrs",
            "nibrs_start_date", "latitude", "longitude", "source")  # fmt: skip
# The file that is read tells the two definitions of rape apart, so that it has no plain column `rape`.
_COLUMNS = dict.fromkeys(c.column for c in fbi.table8_columns() if c.column != "rape")
TABLE8 = ("year", *_COLUMNS, "footnote", "state_footnote", "source")
GROUPS = ("year", "hispanic", "newoff", "direl", "notify")
COLLISIONS = ("month", "vict_descent", "n", "source")
CENSUS, ESTIMATES = "census of 2020", "Population Estimates Program"
UNITS = ("level", "state", "unit", "name", "year", "population", "population_source", "vintage", "hispanic_share",
         "source")  # fmt: skip


def transcribe(real: Path, facts: Path) -> None:
    """Write every table of this module. Raises FileNotFoundError where a file is not in the folders."""
    write("fbi_agencies", REGISTER, agencies(real))
    write("fbi_agency_months", MONTHS, [*scrape_of_may(real), *scrape_of_autumn(real, facts)])
    write("fbi_table8", TABLE8, table8(real))
    write("bjs_victimizations", (*GROUPS, "n", "weight", "source"), survey(real))
    write("socrata_collisions", COLLISIONS, collisions(facts))
    write("census_places", UNITS, census(real))


def write(name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Text columns, empty cells as nulls, the same bytes each time with one version of the library."""
    held = list(rows)
    arrays = [pa.array([row.get(column) or None for row in held], pa.string()) for column in columns]
    path = TABLES / f"{name}.parquet"
    pq.write_table(pa.table(dict(zip(columns, arrays, strict=True))), path, compression="zstd", compression_level=19)
    print(f"{path.name}: {len(held):,} rows, {path.stat().st_size:,} bytes")


def read(path: Path) -> list[dict[str, str]]:
    """A CSV's rows. The mirror of the county populations mixes two encodings: each line is read by its own."""
    body = path.read_bytes()
    if path.suffix == ".gz":
        body = gzip.decompress(body)
    return list(csv.DictReader(io.StringIO("".join(map(_text, body.splitlines(keepends=True))), newline="")))


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def known(value: str | None) -> str:
    """The value, or nothing where the mirror wrote that there is none."""
    return "" if value in (None, "", "NULL", "NA") else str(value)


def postal(state: str) -> str:
    """The FBI's own code of Nebraska is NB."""
    return "NE" if state == "NB" else state


def agencies(real: Path) -> Iterator[Row]:
    """The register of 2020 whole, and four agencies that send months and do not stand in it.

    An agency that sends months has the name that it sends them under. A register's kind that is a kind of county
    (Parish, Borough, Census Area) yields to the kind that the list of names gives.
    """
    edits = {row["ori"]: row for row in read(real / "fbi" / EDITS_FILE)}
    sending = {row["ori"]: row for row in read(real / "fbi" / MONTHS_FILE)}
    registered = {row["ori"]: row for row in read(real / "fbi" / REGISTER_FILE)}
    for ori in sorted(registered.keys() | sending.keys()):
        row, months = registered.get(ori, {}), sending.get(ori, {})
        state = postal(row.get("state_abbr") or months["state"])
        yield {
            "ori": ori,
            "agency_name": months.get("agency_name") or row["agency_name"],
            "agency_type_name": edits.get(ori, {}).get("agency_type_name") or row.get("agency_type_name", ""),
            "state_abbr": state,
            "state_name": BY_POSTAL[state].name if state in BY_POSTAL else row.get("state_name", ""),
            "counties": known(row.get("county_name")),
            "is_nibrs": {"TRUE": "true", "FALSE": "false"}.get(row.get("nibrs", ""), ""),
            "nibrs_start_date": known(row.get("nibrs_start_date")),
            "latitude": known(row.get("latitude")),
            "longitude": known(row.get("longitude")),
            "source": "cde-agencies-2020",
        }


def scrape_of_may(real: Path) -> Iterator[Row]:
    """Every agency of the scrape of May 2026; a month without a count stands with empty cells: null is not zero."""
    for row in read(real / "fbi" / MONTHS_FILE):
        yield {
            "ori": row["ori"],
            "agency_name": row["agency_name"],
            "state_abbr": postal(row["state"]),
            "period": f"{row['year']}-{int(row['month']):02d}",
            **{name: _whole(row[name]) for name in COUNTS},
            "population": _whole(row["population"]),
            "source": "cde-months-2026-04",
        }


def scrape_of_autumn(real: Path, facts: Path) -> Iterator[Row]:
    """28 cities as the scrape of autumn 2026 has them. Its population is that of 2017 on every row and stays out."""
    named = {row["ori"]: row["agency_name"] for row in read(real / "fbi" / REGISTER_FILE)}
    named |= {row["ori"]: row["agency_name"] for row in read(real / "fbi" / MONTHS_FILE)}
    for path in sorted((facts / "crime" / "months").glob("*00.csv")):
        for row in read(path):
            figures = {}
            for offense in OFFENSES.values():
                figures[f"{offense}_actual"] = row[offense]
                figures[f"{offense}_cleared"] = row.get(f"{offense}_cleared", "")
            yield {
                "ori": row["ori"],
                "agency_name": named[row["ori"]],
                "state_abbr": path.stem[:2],
                "period": f"{row['year']}-{row['month']}",
                **figures,
                "source": "cde-months-2026-autumn",
            }


def _whole(text: str) -> str:
    """A count as a whole number; the mirror writes some as 12.0."""
    return str(int(Decimal(text))) if known(text) else ""


def table8(real: Path) -> Iterator[Row]:
    """The annual tables by city of 2012 to 2023, every row and column."""
    for row in read(real / "fbi" / "fbi_table8_city_2012_2023.csv.gz"):
        yield {**row, "source": "table8-2012-2023"}


def collisions(facts: Path) -> Iterator[Row]:
    """Traffic collisions in Los Angeles by month of occurrence and victim's descent; January 2019 is not whole."""
    for row in read(facts / "crime" / "lapd_traffic_collisions_month_descent_2010_2019.csv"):
        yield {
            "month": row["month_occurred"],
            "vict_descent": row["victim_descent"],
            "n": row["collisions"],
            "source": "lapd-collisions",
        }


def survey(real: Path) -> Iterator[Row]:
    """Count and weight of every group of every year, as the API sums them when asked with $select and $group."""
    path = real / "bjs_ncvs" / "ncvs_select_personal_victimization_1993_2023.parquet"
    groups: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for row in pq.read_table(path, columns=[*GROUPS, "newwgt"]).to_pylist():
        groups[tuple(row[name] for name in GROUPS)].append(Decimal(row["newwgt"]))
    for group, weights in sorted(groups.items()):
        yield {
            **dict(zip(GROUPS, group, strict=True)),
            "n": str(len(weights)),
            "weight": str(sum(weights)),
            "source": "ncvs-gcuy-rt5g",
        }


def census(real: Path) -> Iterator[Row]:
    """Places and counties with their population of 2014 to 2023, and the Hispanic share of five of those years.

    The shares are of the American Community Survey, the populations are not: the mirror took them from the Population
    Estimates Program, each county's year from the vintage of that year, and those of 2020 from the census. Summed over
    all counties they are the nation's totals that the bureau published with each vintage (tests/recorded). The places
    of 2021 to 2023 are of the vintage of 2023 alone.
    """
    folder = real / "census"
    for level, population_file, share_file in (
        ("place", "place_populations_2014_2023_urban.csv", "urban_acs5_race_ethnicity_share_place.csv"),
        ("county", "county_populations_2014_2023_urban.csv.gz", "urban_acs5_race_ethnicity_share_county.csv.gz"),
    ):
        shares = {
            (row["year"], row["state"], row[level]): row["share_desc_rep_hispanic"] for row in read(folder / share_file)
        }
        for row in read(folder / population_file):
            # one row of the mirror has both names in the state's cell
            state, _, both = row["state_name"].partition(", ")
            state, unit = state.strip(), both or row[f"{level}_name"].strip()
            if state.upper() not in BY_NAME:
                continue
            share = known(shares.get((row["year"], row["state"], row[level])))
            is_census = row["year"] == "2020"
            vintage = "2023" if level == "place" and row["year"] > "2020" else row["year"]
            yield {
                "level": level,
                "state": row["state"],
                "unit": row[level],
                "name": f"{unit}, {state}",
                "year": row["year"],
                "population": row["population"],
                "population_source": CENSUS if is_census else ESTIMATES,
                "vintage": "" if is_census else vintage,
                "hispanic_share": f"{Decimal(share):.6f}" if share else "",
                "source": "census-people-urban",
            }
