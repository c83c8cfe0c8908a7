"""The FBI's files: links that live for minutes, a fixed-width record, a table whose headings are spread over rows.

What belongs here: what is asked and what is cut. What does not: what a code or an overpunched digit means (dbt).
The fixed-width lines are written by absolute columns of the public setup file, not by the layout that is tested.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import Counter
from datetime import UTC, datetime

import duckdb
import openpyxl
import pytest
import servers
import time_machine
import xls

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources import fbi_files, fbi_layout
from orchestration.wire import Payload, SourceError

RETURN_A, TABLE8 = fbi_files.ReturnA(), fbi_files.Table8()
TODAY = datetime(2026, 5, 18, 6, tzinfo=UTC)


def line(columns: dict[int, str], *, ori: str = "SY00001", year: str = "19") -> str:
    """A record of 7,385 characters: a Return A header, zeros where counts stand, and texts at 1-based columns."""
    text = list("0" * 7385)
    header = {1: "1", 2: "99", 4: ori, 11: "1A", 13: "5", 14: year, 45: "000012345", 121: "TESTVILLE POLICE".ljust(24),
              145: "SY    ", 151: " " * 120, 277: " " * 29}  # fmt: skip
    for start, value in {**header, **columns}.items():
        text[start - 1 : start - 1 + len(value)] = value
    return "".join(text)


# January's cards begin at 314 (types) and 319 (detail), its actual murders at 463, its clearances at 603; December's
# actual murders at 6953.
JANUARY = {
    306: "01", 308: "020119", 314: "55555", 319: "PPPP", 463: "00003", 473: "00002", 488: "0000J", 513: "00020",
    518: "00001", 523: "00002", 528: "00003", 533: "00004", 538: "00010", 543: "00007", 563: "00008", 568: "00009",
    603: "00001", 613: "0000}", 628: "00005",
}  # fmt: skip
DECEMBER = {6953: "00042"}


def reta(*lines: str, name: str = "2019_RETA.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "".join(text + "\r\n" for text in lines))
    return buffer.getvalue()


KEY = "master_files/reta/reta-2019.zip"


@pytest.fixture
def publisher(httpserver) -> servers.FbiFiles:
    made = servers.FbiFiles(httpserver)
    made.files[KEY] = reta(line({**JANUARY, **DECEMBER}))
    return made


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    return Settings(edition="live", home=tmp_path, fbi_files_url=publisher.url)


@pytest.fixture
def night(settings, web_for):
    def run(*slices: str, at: datetime = TODAY, dataset=RETURN_A) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, web=web_for(settings))

    return run


def serving(settings: Settings, dataset=RETURN_A) -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(dataset) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true) order by _record_no")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


class TestTheLayout:
    @pytest.mark.parametrize(("section", "length"), [("header", 305), ("month", 590), ("card", 140)])
    def test_the_declared_fields_cover_each_part_without_gap_or_overlap(self, section, length):
        at = 1
        for field in fbi_layout.layout().values():
            if field.section == section:
                assert field.start == at, field.name
                at += field.length
        assert at - 1 == length

    def test_a_header_and_twelve_months_are_the_records_7385_characters(self):
        assert 305 + 12 * 590 == fbi_layout.RECORD_LENGTH == 7385

    def test_every_field_says_from_where_it_is_known(self):
        known = Counter(field.known_from for field in fbi_layout.layout().values())
        assert set(known) == {"counts compared", "two readers"}

    def test_what_the_models_read_is_declared(self):
        names = {name for _, name in fbi_layout.layout()}
        assert set(fbi_files.RETURN_A_LINES) <= names


class TestReturnA:
    def test_an_agencys_year_is_twelve_records_each_field_as_it_stands(self, night, settings):
        done = night("2019")
        assert (done.slices[0].status, done.slices[0].records) == ("landed", 12)
        january, *_, december = serving(settings)
        assert {k: january[k] for k in ("ori", "year", "month", "population_group", "population_1", "agency_name")} == {
            "ori": "SY00001", "year": "2019", "month": "01", "population_group": "1A", "population_1": "000012345",
            "agency_name": "TESTVILLE POLICE",
        }  # fmt: skip
        assert (january["month_included_in"], january["actual_card_type"], january["actual_card_detail"]) == (
            "01", "5", "P",
        )  # fmt: skip
        told = {k: v for k, v in january.items() if k.startswith(("actual_", "cleared_")) and "card" not in k}
        assert {k: v for k, v in told.items() if v != "00000"} == {
            "actual_murder": "00003", "actual_rape": "00002", "actual_robbery": "0000J", "actual_assault": "00020",
            "actual_assault_gun": "00001", "actual_assault_knife": "00002", "actual_assault_other_weapon": "00003",
            "actual_assault_unarmed": "00004", "actual_assault_simple": "00010", "actual_burglary": "00007",
            "actual_larceny": "00008", "actual_motor_vehicle_theft": "00009", "cleared_murder": "00001",
            "cleared_rape": "0000}", "cleared_robbery": "00005",
        }  # fmt: skip
        assert (december["month"], december["actual_murder"], december["actual_card_type"]) == ("12", "00042", "0")

    def test_a_line_of_another_length_rejects_the_file_names_the_line_and_keeps_it(self, night, settings, publisher):
        night("2019")
        publisher.files[KEY] = reta(line(JANUARY), line(JANUARY)[:-1])
        done = night("2019", at=datetime(2026, 7, 1, 6, tzinfo=UTC))
        assert done.slices[0].status == "rejected"
        assert "line 2 has 7,384 characters, the layout has 7,385" in done.slices[0].message
        assert len(serving(settings)) == 12
        kept = Catalog(settings.landing_dir, as_of=None, edition="live").captures("fbi/return_a")
        assert [c.status for c in kept] == ["accepted", "rejected"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (line(JANUARY, year="20"), "line 1 is of kind 1 and year 20, not a Return A of 2019"),
            (line({1: "3"}), "line 1 is of kind 3"),
            ("", "not one line in it"),
        ],
    )
    def test_another_years_or_another_kinds_record_is_not_taken_for_this_one(self, text, said):
        payload = Payload(text.encode(), "https://example.invalid/", TODAY, context={"year": "2019"})
        with pytest.raises(SourceError, match=said):
            list(RETURN_A.cut(payload))

    def test_a_file_that_lost_nine_tenths_of_its_agencies_is_rejected(self, night, publisher):
        publisher.files[KEY] = reta(*(line(JANUARY, ori=f"SY{n:05}") for n in range(1, 11)))
        night("2019")
        publisher.files[KEY] = reta(line(JANUARY))
        done = night("2019", at=datetime(2026, 7, 1, 6, tzinfo=UTC))
        assert done.slices[0].status == "rejected"
        assert "12 records against 120 last time" in done.slices[0].message

    def test_an_archive_of_an_old_method_says_what_to_do(self):
        body = bytearray(reta(line(JANUARY)))
        # Method 6, PKWARE's Implode, in the local and the central header.
        for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            start = body.index(signature) + at
            body[start : start + 2] = (6).to_bytes(2, "little")
        with pytest.raises(SourceError, match="unpack it and import what it holds"):
            list(RETURN_A.cut(Payload(bytes(body), "file:reta-1992.zip", TODAY, context={"year": "2019"})))

    @pytest.mark.parametrize("packed", [True, False])
    def test_a_file_that_a_user_has_is_imported_as_archive_or_as_text(self, settings, tmp_path, packed):
        path = tmp_path / ("reta-2019.zip" if packed else "2019_RETA.txt")
        path.write_bytes(reta(line(JANUARY)) if packed else (line(JANUARY) + "\n").encode())
        [result] = import_files(RETURN_A, [path], settings)
        assert (result.ok, result.records) == (True, 12)

    def test_a_file_whose_name_tells_no_year_is_not_guessed(self, settings, tmp_path):
        path = tmp_path / "reta.zip"
        path.write_bytes(reta(line(JANUARY)))
        [result] = import_files(RETURN_A, [path], settings)
        assert not result.ok
        assert "must say its year" in result.messages[0]


class TestSignedLinks:
    def test_the_signature_is_sent_letter_by_letter_and_kept_nowhere(self, night, settings, publisher):
        assert night("2019").slices[0].status == "landed"
        [asked] = publisher.asked_for("/bucket/")
        assert asked.query_string == b"X-Amz-Expires=900&X-Amz-Signature=SYNTHETIC%2F1&x-id=GetObject"
        for path in settings.landing_dir.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                content += gzip.decompress(content) if path.suffix == ".gz" else b""
                assert b"SYNTHETIC%2F" not in content, path.name
        [capture] = Catalog(settings.landing_dir, as_of=None, edition="live").serving(RETURN_A)
        assert capture.payloads[0].url == f"{publisher.url}/bucket/{KEY}"

    def test_a_link_that_has_expired_is_asked_for_anew(self, night, publisher):
        publisher.expired = {1}
        assert night("2019").slices[0].status == "landed"
        assert publisher.links == 2

    def test_a_link_that_expires_midway_through_the_file_is_asked_for_anew_and_the_file_is_whole(
        self, night, settings, publisher
    ):
        publisher.breaks_off = {1}
        assert (night("2019").slices[0].status, publisher.links) == ("landed", 2)
        assert len(serving(settings)) == 12

    def test_fresh_links_that_are_refused_again_and_again_are_a_fault(self, night, publisher):
        publisher.expired = {1, 2, 3, 4}
        done = night("2019")
        assert done.slices[0].status == "failed"
        assert f"3 fresh links to {KEY} were refused (403)" in done.slices[0].message
        assert "SYNTHETIC" not in done.slices[0].message

    def test_a_year_that_the_publisher_does_not_have_yet_is_no_fault(self, night, publisher):
        assert night("2020").slices[0].status == "empty"
        assert publisher.links == 0

    def test_a_link_to_a_host_that_no_setting_names_is_not_followed(self, night, publisher, monkeypatch):
        away = servers.as_json({KEY: "https://elsewhere.invalid/reta-2019.zip?X-Amz-Signature=SYNTHETIC"})
        answer = publisher.answer
        monkeypatch.setattr(publisher, "answer", lambda r, p: away if p == "/s3/signedurl" else answer(r, p))
        done = night("2019")
        assert done.slices[0].status == "failed"
        assert "elsewhere.invalid is not a publisher's host" in done.slices[0].message
        assert "SYNTHETIC" not in done.slices[0].message

    def test_the_newest_two_years_are_asked_for_once_a_month(self, night, settings):
        with time_machine.travel(TODAY):
            known = Catalog(settings.landing_dir, as_of=None, edition="live").known(RETURN_A)
            assert [s.key for s in RETURN_A.slices(settings, known)] == ["2024", "2025"]
            assert [s.key for s in RETURN_A.all_slices()][:1] == ["1985"]
        night("2025")
        with time_machine.travel(datetime(2026, 5, 25, tzinfo=UTC)):
            known = Catalog(settings.landing_dir, as_of=None, edition="live").known(RETURN_A)
            assert [s.key for s in RETURN_A.slices(settings, known)] == ["2024"]


HEADINGS = ["State", "City", "Population", "Violent\ncrime", "Murder and\nnonnegligent\nmanslaughter", "Rape1",
            "Robbery", "Aggravated\nassault", "Property\ncrime", "Burglary", "Larceny-\ntheft", "Motor\nvehicle\ntheft",
            "Arson2"]  # fmt: skip
NOTES = ["1 The figures shown in this column are of the revised definition.", "2 Synthetic note on arson.",
         "3 Synthetic note on a city.", "4 Synthetic note on a state."]  # fmt: skip


def workbook(*rows: list[object], title: str = "by State by City, 2019", headings=(HEADINGS,), notes=NOTES) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Table 8"], ["Offenses Known to Law Enforcement"], [title], *headings, *rows):
        sheet.append(row)
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
        # A text that begins with "=" is a text here, as a publisher's export writes it.
        cell.data_type = "s"
    for note in notes:
        sheet.append([note])
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cut(body: bytes, year: str = "2019") -> list[dict[str, str | None]]:
    return list(TABLE8.cut(Payload(body, "https://example.invalid/", TODAY, context={"year": year})))


ROWS = [
    ["ALABAMA4", "Synthetic City3, 2", 1234, 12, 1, 2, 3, 6, 30, 10, 15, 5, 0],
    [None, "Other City", 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, None],
    ["ALASKA", "Synthetic City", 99, 1, 0, 0, 1, 0, 4, 1, 2, 1, 1],
]


class TestTable8:
    def test_rows_on_a_second_sheet_are_not_lost_in_silence(self):
        book = openpyxl.load_workbook(io.BytesIO(workbook(*ROWS)))
        notes = book.create_sheet("Notes")
        notes.append(["State", "of the table"])
        assert len(cut(_saved(book))) == len(ROWS)
        more = book.create_sheet("Continued")
        for row in (["Table 8"], HEADINGS, ["OHIO", "Synthetic City", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]):
            more.append(row)
        with pytest.raises(SourceError, match="the sheet 'Continued' has the headings of Table 8 too"):
            cut(_saved(book))

    def test_a_row_a_city_footnotes_parted_states_carried_down_numbers_as_printed(self):
        first, second, third = cut(workbook(*ROWS))
        assert {k: v for k, v in first.items() if v is not None} == {
            "year": "2019", "state": "Alabama", "city": "Synthetic City", "city_as_printed": "Synthetic City3, 2",
            "footnotes": "3,2", "state_footnotes": "4", "population": "1234", "violent_crime": "12", "murder": "1",
            "footnote_texts": "Synthetic note on a city.; Synthetic note on arson.; Synthetic note on a state.",
            "rape": "2", "robbery": "3", "aggravated_assault": "6", "property_crime": "30", "burglary": "10",
            "larceny_theft": "15", "motor_vehicle_theft": "5", "arson": "0",
        }  # fmt: skip
        assert (second["state"], second["city"], second["arson"], second["footnotes"], second["footnote_texts"]) == (
            "Alabama", "Other City", None, None, "Synthetic note on a state.",
        )  # fmt: skip
        assert third["footnote_texts"] is None
        assert (third["state"], third["state_footnotes"], third["population"]) == ("Alaska", None, "99")

    def test_a_row_of_figures_without_its_city_is_no_row_that_goes_unnoticed(self):
        nameless = [None, None, 70, 1, 0, 0, 1, 0, 2, 1, 1, 0, 0]
        found = cut(workbook(*ROWS, nameless))
        assert [(r["city"], r["population"]) for r in found][2:] == [("Synthetic City", "99"), (None, "70")]

    def test_an_old_workbook_says_the_same_as_a_new_one(self):
        titles = [["Table 8"], ["Offenses Known to Law Enforcement"], ["by State by City, 2019"]]
        assert cut(xls.workbook([*titles, HEADINGS, *ROWS, *([note] for note in NOTES)])) == cut(workbook(*ROWS))

    def test_legacy_and_revised_rape_stand_apart(self):
        both = [*HEADINGS[:5], "Rape\n(revised\ndefinition)1", "Rape\n(legacy\ndefinition)2", *HEADINGS[6:]]
        [row] = cut(workbook([*ROWS[0][:5], 6, 4, *ROWS[0][6:]], headings=(both,)))
        assert (row["rape_revised"], row["rape_legacy"], "rape" in row) == ("6", "4", False)

    def test_forcible_rape_is_the_legacy_definition(self):
        before = [*HEADINGS[:5], "Forcible\nrape", *HEADINGS[6:]]
        [row] = cut(workbook(ROWS[0], headings=(before,), title="by State by City, 2012"), year="2012")
        assert row["rape_legacy"] == "2"

    def test_headings_may_be_spread_over_rows(self):
        upper = [None, None, None, "Violent", "Murder and", None, None, "Aggravated", "Property", None, "Larceny-",
                 "Motor", None]  # fmt: skip
        lower = ["State", "City", "Population", "crime", "nonnegligent manslaughter", "Rape1", "Robbery", "assault",
                 "crime", "Burglary", "theft", "vehicle theft", "Arson2"]  # fmt: skip
        assert cut(workbook(*ROWS, headings=(upper, lower))) == cut(workbook(*ROWS))

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (workbook(*ROWS, title="by State by City, 2018"), "the title says 2018, the file is of 2019"),
            (workbook(*ROWS, headings=([*HEADINGS, "Kidnapping"],)), "a heading that is not known: 'kidnapping'"),
            (workbook(*ROWS, headings=(HEADINGS[:6],)), "no headings of Table 8 found"),
            (workbook(*ROWS, headings=([*HEADINGS, "Arson3"],)), "a heading stands twice"),
            (b"\xd0\xcf\x11\xe0 no such thing", "is no workbook"),
            (b"<html></html>", "neither a workbook nor such a CSV"),
        ],
    )
    def test_what_is_no_such_table_is_named(self, body, said):
        with pytest.raises(SourceError, match=said):
            cut(body)

    def test_the_table_is_found_in_the_archive_of_its_family_behind_a_signed_link(self, night, settings, publisher):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(
                "CIUS_Table_8_Offenses_Known_to_Law_Enforcement_by_State_by_City_2019.xlsx", workbook(*ROWS)
            )
            archive.writestr("CIUS_Table_80_Synthetic_2019.xlsx", workbook(*ROWS[:1]))
        publisher.files["cius/2019/offenses-known-to-le-2019.zip"] = buffer.getvalue()
        done = night("2019", dataset=TABLE8)
        assert (done.slices[0].status, done.slices[0].records) == ("landed", 3)

    def test_a_workbook_that_a_user_has_is_imported_under_the_year_of_its_name(self, settings, tmp_path):
        path = tmp_path / "Table_8_Offenses_Known_by_State_by_City_2019.xlsx"
        path.write_bytes(workbook(*ROWS))
        [result] = import_files(TABLE8, [path], settings)
        assert (result.ok, result.records) == (True, 3)

    def test_a_csv_of_many_years_becomes_a_capture_a_year(self, settings, tmp_path):
        path = tmp_path / "table8.csv"
        path.write_text(
            "year,state,city,population,murder,robbery,burglary,rape_legacy\n"
            "2012,Alabama,Synthetic City,10,1,2,3,4\n2013,Alabama,Synthetic City,10,1,2,3,\n"
        )
        [result] = import_files(TABLE8, [path], settings)
        assert (result.ok, len(result.captures), result.records) == (True, 2, 2)
        assert {(r["year"], r["rape_legacy"]) for r in serving(settings, TABLE8)} == {("2012", "4"), ("2013", None)}

    def test_a_csv_with_a_column_that_is_not_known_is_not_taken(self, settings, tmp_path):
        path = tmp_path / "table8.csv"
        path.write_text("year,state,city,population,murder,robbery,burglary,guess\n2012,Alabama,X,1,1,2,3,4\n")
        [result] = import_files(TABLE8, [path], settings)
        assert not result.ok
        assert "a column that is not known: 'guess'" in result.messages[0]
