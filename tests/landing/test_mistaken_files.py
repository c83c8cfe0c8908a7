"""Files that people bring by mistake: none is lost in silence, none is dated by guess without a word.

What belongs here: `clawback import` over a publisher's list as people save, rename and cut it. What does not: files
made to do harm (tests/hostile), what each publisher's own form is (tests/sources).
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.imports import FileResult, import_files
from orchestration.settings import Settings
from orchestration.sources.base import Dataset

ICE = sources.get("ice/agreements_287g")
DHS = sources.get("dhs/sanctuary_list")
HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]
DHS_HEADER = "state,level_heading,jurisdiction_as_printed"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", edition="live")


def workbook(**sheets: list[list[object]]) -> bytes:
    """A workbook of these sheets, in their order."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def agreements(n: int) -> list[list[object]]:
    return [HEADERS, *(["OHIO", f"Synthetic {i} Police", "X", date(2025, 3, 3)] for i in range(n))]


def brought(
    settings: Settings, dataset, name: str, body: bytes | str, retrieved_at: datetime | None = None
) -> FileResult:
    file = settings.root.parent / name
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    (result,) = import_files(dataset, [file], settings, retrieved_at=retrieved_at)
    return result


def accepted(settings: Settings, dataset: Dataset) -> list[tuple[date, int]]:
    """The day and the records of each accepted capture."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", only=dataset.id)
    captures = [one for one in catalog.captures(dataset.id) if one.status == "accepted"]
    return sorted((one.retrieved_at.date(), one.records) for one in captures)


def test_a_renamed_copy_of_a_list_is_no_list_of_today(settings):
    body = workbook(Sheet1=agreements(30))
    assert brought(settings, ICE, "participatingAgencies05182026am.xlsx", body).ok
    copy = brought(settings, ICE, "agencies (1).xlsx", body)
    assert copy.ok
    assert "the same file as 20260518T" in copy.line()
    assert "--retrieved DAY" in copy.line()
    assert accepted(settings, ICE) == [(date(2026, 5, 18), 30)]
    # a day that the user gives is believed: the list may have been the same on it
    assert brought(settings, ICE, "agencies (1).xlsx", body, datetime(2026, 5, 20, tzinfo=UTC)).ok
    assert accepted(settings, ICE) == [(date(2026, 5, 18), 30), (date(2026, 5, 20), 30)]


def test_a_list_without_a_day_says_that_it_is_dated_by_its_import(settings):
    said = brought(settings, ICE, "agencies.xlsx", workbook(Sheet1=agreements(30)))
    assert said.ok
    assert "that day is the day of the import" in said.line()
    assert (
        "day of the import"
        not in brought(settings, ICE, "agencies20260101120000.xlsx", workbook(Sheet1=agreements(31))).line()
    )


def test_a_day_that_is_yet_to_come_is_refused(settings):
    body = workbook(Sheet1=agreements(30))
    later = datetime.now(UTC) + timedelta(days=400)
    given = brought(settings, ICE, "agencies.xlsx", body, later)
    named = brought(settings, ICE, f"agencies{later:%Y%m%d}120000.xlsx", body)
    for result in (given, named):
        assert not result.ok
        assert f"{later:%Y-%m-%d}, which is yet to come" in result.line()
    assert accepted(settings, ICE) == []


def test_rows_on_a_second_sheet_are_not_lost_in_silence(settings):
    more = workbook(Sheet1=agreements(30), More=agreements(3))
    result = brought(settings, ICE, "agencies20260101120000.xlsx", more)
    assert not result.ok
    assert "the sheet 'More' lists agreements, and only the first sheet, 'Sheet1', is read" in result.line()
    # notes on another sheet are no list
    noted = workbook(Sheet1=agreements(30), Notes=[["Read me"], ["STATE", "of things"]])
    assert brought(settings, ICE, "agencies20260102120000.xlsx", noted).records == 30


def test_a_list_that_is_not_on_the_first_sheet_is_named(settings):
    result = brought(settings, ICE, "agencies20260101120000.xlsx", workbook(Notes=[["Read me"]], List=agreements(30)))
    assert not result.ok
    assert "the sheet 'List' lists agreements" in result.line()


@pytest.mark.parametrize(
    ("separator", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")], ids=["semicolon", "tab", "bar"]
)
def test_a_table_with_other_separators_says_which(settings, separator, word):
    body = f"{DHS_HEADER}\nOhio,city,Synthetic\n".replace(",", separator)
    result = brought(settings, DHS, "list.csv", body)
    assert not result.ok
    assert f"separated by {word}: save it with ','" in result.line()


def test_a_table_in_an_old_encoding_says_the_way_out(settings):
    result = brought(settings, DHS, "list.csv", f"{DHS_HEADER}\nOhio,city,Cañada\n".encode("latin-1"))
    assert not result.ok
    assert "save it as UTF-8" in result.line()


def test_a_header_without_rows_withdraws_a_list_only_on_a_day_that_is_given(settings):
    names = "".join(f"Ohio,city,Synthetic {n}\n" for n in range(30))
    assert brought(settings, DHS, "list.csv", f"{DHS_HEADER}\n{names}").ok
    emptied = brought(settings, DHS, "empty.csv", f"{DHS_HEADER}\n")
    assert not emptied.ok
    assert "--retrieved DAY" in emptied.line()
    assert accepted(settings, DHS) == [(date(2025, 5, 29), 30)]
    assert brought(settings, DHS, "empty.csv", f"{DHS_HEADER}\n", datetime(2025, 6, 1, tzinfo=UTC)).ok
    assert accepted(settings, DHS)[-1] == (date(2025, 6, 1), 0)


def test_a_dataset_that_takes_no_files_says_where_to_look(settings):
    result = brought(settings, sources.get("usaspending/awards"), "awards.csv", "a,b\n1,2\n")
    assert not result.ok
    assert "usaspending/awards takes no files: `clawback query holdings`" in result.line()


def test_a_fault_of_a_file_of_two_datasets_is_told_once(settings):
    result = brought(settings, sources.get("legistar/matters"), "list.csv", "a,b\n1,2\n")
    assert not result.ok
    assert result.line().count("not JSON") == 1
