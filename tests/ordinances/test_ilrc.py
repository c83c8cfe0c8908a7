"""The Immigrant Legal Resource Center's county file: its 27 columns, its codes without zeros, its marks as listings.

What belongs here: synthetic files, and the five rows of the true one that could be seen. What does not: other trackers.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.sources.ilrc import PROVISIONS
from orchestration.wire import Payload, SourceError
from tests.building import tables_of

ILRC = sources.get("ilrc/county_map")
DAY = datetime(2016, 12, 1, tzinfo=UTC)
# Code as the file has it, county, state, marks in the order of the seven provisions.
ROWS = (
    ("1001", "Autauga", "AL", "1100000"),
    ("44", "State of Rhode Island", "RI", "1111000"),
    ("6001", "Alameda", "CA", "0011111"),
    ("48301", "Loving", "TX", "0000000"),
)


def table(*rows: tuple[str, str, str, str], without: str = "", total: str | None = None) -> bytes:
    text = io.StringIO(newline="")
    columns = [name for name in ILRC.fields if name != without]
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for code, county, state, marks in rows:
        writer.writerow({
            "County": county, "State": state, "Jurisdiction": f"{county} Sheriffs Office", "GEOID - FIPS": code,
            **dict(zip(PROVISIONS, marks, strict=True)), "ILRC Total": total or str(marks.count("1")),
        })  # fmt: skip
    return text.getvalue().encode()


def as_file(folder: Path, body: bytes) -> Path:
    path = folder / "County_Imm_Map_ILRC.csv"
    path.write_bytes(body)
    return path


def test_the_file_has_27_columns_of_which_seven_are_provisions():
    assert len(ILRC.fields) == 27
    provisions = {row["provision_code"] for row in _seed("provisions")}
    assert len(PROVISIONS) == 7
    assert provisions - {"preemption"} == {
        "no_287g", "no_detention_contract", "detainer_limits", "notification_limits", "jail_interviews",
        "no_status_inquiry", "general",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (table(*ROWS, without="GEOID - FIPS"), "column 'GEOID - FIPS' missing"),
        (table(*ROWS, total="6"), "row 2 (Autauga) says 6 provisions and marks 2"),
    ],
)
def test_a_file_of_another_form_or_whose_marks_do_not_add_up_is_refused(tmp_path, body, said):
    with pytest.raises(SourceError, match=said.replace("(", r"\(").replace(")", r"\)")):
        list(ILRC.read_file(as_file(tmp_path, body), DAY))


def test_a_file_without_a_day_is_refused_because_it_names_none(tmp_path):
    with pytest.raises(SourceError, match="--retrieved"):
        list(ILRC.read_file(as_file(tmp_path, table(*ROWS)), None))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ilrc")
    settings = Settings(home=folder / "home", edition="live")
    (taken,) = import_files(ILRC, [as_file(folder, table(*ROWS))], settings, retrieved_at=DAY)
    assert taken.ok, taken.line()
    counties = "USPS|GEOID|NAME\nAL|01001|Autauga County\nCA|06001|Alameda County\nTX|48301|Loving County\n"
    gazetteer = Payload(counties.encode(), "file:Gaz_counties_national.txt", DAY, context={"level": "counties"})
    land.write(
        sources.get("census/gazetteer"), Slice("counties"), [gazetteer], landing_dir=settings.landing_dir,
        kind="imported", edition="import",
    )  # fmt: skip
    connection = tables_of(settings, "fct_tracker_listing", "dim_jurisdiction", "stg_ilrc__county_map")
    yield connection
    connection.close()


def test_each_mark_is_a_listing_of_its_provision_and_a_county_without_one_is_not_listed(built):
    found = built.sql(
        "select geoid, string_agg(support_type, ' ' order by support_type) from staging.stg_ilrc__county_map group by 1"
    ).fetchall()
    assert dict(found) == {
        "01001": "no_287g no_detention_contract",
        "44": "detainer_limits no_287g no_detention_contract notification_limits",
        "06001": "detainer_limits general jail_interviews no_status_inquiry notification_limits",
    }


def test_a_code_gets_its_zero_back_and_the_name_is_that_codes_county(built):
    found = built.sql(
        "select distinct l.listed_name, u.geoid, l.level, l.verdict, l.listed_to_because"
        " from core.fct_tracker_listing as l join core.dim_jurisdiction as u using (jurisdiction_key) order by 1"
    ).fetchall()
    assert found == [
        ("Alameda", "06001", "county", "provision found", "nothing known after"),
        ("Autauga", "01001", "county", "provision found", "nothing known after"),
        ("Rhode Island", "44", "state", "provision found", "nothing known after"),
    ]


def test_a_county_of_the_map_is_no_agency(built):
    assert built.sql("select count(*), count(agency_key) from core.fct_tracker_listing").fetchall() == [(11, 0)]


@pytest.mark.real
def test_the_five_rows_that_could_be_seen_are_of_this_form(real: Path):
    path = real.parent / "facts" / "ordinances" / "ilrc_county_map_first5_rows.csv"
    (batch,) = ILRC.read_file(path, DAY)
    rows = [record for payload in batch.payloads for record in ILRC.cut(payload)]
    assert [(row["GEOID - FIPS"], row["ILRC Total"]) for row in rows] == [
        ("44", "4"), ("1001", "2"), ("1003", "1"), ("1005", "2"), ("1007", "2"),
    ]  # fmt: skip
    assert set(rows[0]) == set(ILRC.fields)


def _seed(name: str) -> list[dict[str, str]]:
    path = Path(__file__).parents[2] / "dbt_project" / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
