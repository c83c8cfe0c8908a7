"""The trackers' files over HTTP: a page and a workbook that change without notice.

What belongs here: their forms, good and broken. What does not: spells over time (dbt's unit tests).
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from pytest_httpserver import HTTPServer

from orchestration import sources
from orchestration.landing.accept import fields_present
from orchestration.landing.catalog import Catalog
from orchestration.recorded.workbooks import workbook
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.sources.ice import moment_of
from orchestration.wire import Payload, SourceError, utc_now

DOJ = sources.get("doj/sanctuary_list")
ICE = sources.get("ice/agreements_287g")

PAGE = """<html><head><title>List</title></head><body><nav><li>Menu</li></nav><h2>List</h2>
<p>Last updated: October 31, 2025</p>
<p><strong>STATES:</strong></p><ul><li>Synthetica</li><li>Testonia </li></ul>
<h3>COUNTIES:</h3><ul><li>Sample   County, TE</li></ul>
<h3>CITIES</h3><ul><li>Old Sample, Testonia</li><li>St. Sample, SY</li></ul>
<h3>About</h3><ul><li>not a name</li></ul></body></html>"""


DENIED = "<html><h1>Access denied</h1></html>"
MOJIBAKE = "Cañon".encode().decode("latin-1")


def page(text: str) -> Payload:
    return Payload(text.encode(), "https://synthetic.invalid/list", utc_now(), media_type="text/html")


class TestDoj:
    def test_the_page_is_cut_by_its_headings(self, httpserver: HTTPServer, web_for):
        httpserver.expect_request("/list").respond_with_data(PAGE, content_type="text/html")
        settings = Settings(doj_list_url=httpserver.url_for("/list"))
        known = Catalog(Path("/nonexistent"), as_of=None, edition="live").known(DOJ)
        (payload,) = DOJ.pull(web_for(settings), settings, Slice("list"), known)
        found = [tuple(record.values()) for record in DOJ.cut(payload)]
        assert found == [
            ("STATES", "Synthetica", None, "2025-10-31"),
            ("STATES", "Testonia", None, "2025-10-31"),
            ("COUNTIES", "Sample County", "TE", "2025-10-31"),
            ("CITIES", "Old Sample", "Testonia", "2025-10-31"),
            ("CITIES", "St. Sample", "SY", "2025-10-31"),
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            pytest.param(PAGE.replace("CITIES", "TOWNS"), "no names under CITIES", id="a heading is gone"),
            pytest.param(DENIED, "no names under STATES, COUNTIES, CITIES", id="an error page with 200"),
            pytest.param(PAGE.replace("Synthetica", MOJIBAKE), "letters are broken", id="mojibake"),
            pytest.param("", "not HTML", id="nothing"),
        ],
    )
    def test_a_changed_page_says_what_changed(self, text, said):
        with pytest.raises(SourceError, match=said):
            list(DOJ.cut(page(text)))

    def test_lists_of_the_menu_and_the_footer_are_no_jurisdictions(self):
        told = """<p>Names may be added.</p><ul><li>not a name either</li></ul>
        <footer><p><b>CITIES</b></p><ul><li>Privacy</li></ul></footer>"""
        around = PAGE.replace("<li>Menu</li>", "<li>Cities</li><li>Menu</li>").replace("<h3>About</h3>", told)
        assert list(DOJ.cut(page(around))) == list(DOJ.cut(page(PAGE)))

    def test_names_in_paragraphs_of_their_own_are_names(self):
        wrapped = PAGE.replace("<li>", "<li><p>").replace("</li>", "</p></li>")
        assert list(DOJ.cut(page(wrapped))) == list(DOJ.cut(page(PAGE)))


HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM"]
ROW = [
    "OHIO",
    "Synthetic Police Department",
    "Municipality",
    "Sample County",
    "Task Force Model",
    "2025-01-02",
    "link",
    "",
]


def sheet(*rows: list[str]) -> Payload:
    return Payload(workbook(list(rows)), "https://synthetic.invalid/x.xlsx", utc_now())


class TestIce:
    def test_the_workbook_comes_over_http(self, httpserver: HTTPServer, web_for):
        httpserver.expect_request("/x.xlsx").respond_with_data(
            workbook([HEADERS, ROW]), content_type="application/xlsx"
        )
        settings = Settings(ice_287g_url=httpserver.url_for("/x.xlsx"))
        known = Catalog(Path("/nonexistent"), as_of=None, edition="live").known(ICE)
        (payload,) = ICE.pull(web_for(settings), settings, Slice("participating"), known)
        (record,) = ICE.cut(payload)
        assert record == dict(zip(HEADERS, [*ROW[:-1], None], strict=True))

    @pytest.mark.parametrize(
        "headers",
        [
            ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"],
            ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "SUPPORT TYPE", "SIGNED", "MOA"],
            ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA"],
            HEADERS,
            [" State ", "Law Enforcement  Agency", "Support Type", "Signed"],
        ],
    )
    def test_every_header_variant_gives_the_publishers_fields(self, headers):
        values = {" ".join(h.split()).upper(): v for h, v in zip(HEADERS, ROW, strict=True)}
        row = [values[" ".join(h.split()).upper()] for h in headers]
        (record,) = ICE.cut(sheet(["Synthetic title"], headers, row))
        assert set(ICE.required) <= set(record)
        assert record["LAW ENFORCEMENT AGENCY"] == "Synthetic Police Department"

    def test_a_column_that_is_new_is_kept_under_its_name(self):
        (record,) = ICE.cut(sheet([*HEADERS, "Synthetic Column"], [*ROW, "x"]))
        assert record["SYNTHETIC COLUMN"] == "x"
        assert "SYNTHETIC COLUMN" in fields_present(ICE, ICE.required, record, 1).detail

    def test_a_cell_is_what_was_typed_though_a_library_would_read_nothing(self):
        row = [*ROW[:3], "#NA", *ROW[4:7], "N/A"]
        (record,) = ICE.cut(sheet(HEADERS, row))
        assert (record["COUNTY"], record["ADDENDUM"]) == ("#NA", "N/A")

    def test_a_missing_column_is_named_with_what_was_found(self):
        with pytest.raises(SourceError, match="column 'SIGNED' missing") as wrong:
            list(ICE.cut(sheet(["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE"], ["OHIO", "X", "Y"])))
        assert "LAW ENFORCEMENT AGENCY" in str(wrong.value)

    def test_cells_that_are_merged_down_hold_the_value_of_the_first(self):
        book = openpyxl.Workbook()
        cells = book.active
        for state, name in [("OHIO", "One"), (None, "Two"), (None, "Three"), ("TEXAS", "Four"), (None, "Five")]:
            cells.append([state, f"Synthetic {name} Police", "X", "2020-01-01"])
        cells.insert_rows(1)
        for n, header in enumerate(ICE.required, start=1):
            cells.cell(1, n, header)
        cells.merge_cells("A2:A4")
        body = io.BytesIO()
        book.save(body)
        records = ICE.cut(Payload(body.getvalue(), "https://synthetic.invalid/x.xlsx", utc_now()))
        # the last is empty and not merged: nobody says which state it is
        assert [record["STATE"] for record in records] == ["OHIO", "OHIO", "OHIO", "TEXAS", None]

    @pytest.mark.parametrize(
        ("address", "rows"),
        [
            ("file:pendingAgencies03052026am.xlsx", [HEADERS, ROW]),
            ("https://synthetic.invalid/doclib/287g/Pending-Agencies.xlsx", [HEADERS, ROW]),
            ("https://synthetic.invalid/x.xlsx", [["Pending agreements"], HEADERS, ROW]),
        ],
    )
    def test_a_list_of_pending_agreements_is_refused(self, address, rows):
        with pytest.raises(SourceError, match="pending is not participating"):
            list(ICE.cut(Payload(workbook(rows), address, utc_now())))

    @pytest.mark.parametrize(
        ("printed", "day"),
        [
            ("2025-03-03 00:00:00", date(2025, 3, 3)),
            ("3/3/2025", date(2025, 3, 3)),
            ("45719", date(2025, 3, 3)),
            ("45719.0", date(2025, 3, 3)),
            ("5025-07-07", None),
            ("13/13/2025", None),
            ("soon", None),
            (None, None),
        ],
    )
    def test_the_day_of_signing_is_read_as_people_and_spreadsheets_write_it(self, printed, day):
        assert ICE.content_newest({"SIGNED": printed}) == day

    @pytest.mark.real
    def test_every_real_workbook_is_read(self, real: Path):
        files = sorted((real / "trackers").glob("ice_287g*/*.xlsx"))
        assert len(files) == 70
        for file in files:
            (batch,) = ICE.read_file(file, None)
            assert len(list(ICE.cut(batch.payloads[0]))) > 100, file

    def test_a_file_that_is_no_workbook_says_so(self):
        with pytest.raises(SourceError, match="not a workbook"):
            list(ICE.cut(Payload(b"<html>", "https://synthetic.invalid", utc_now())))

    @pytest.mark.parametrize(
        ("name", "moment"),
        [
            ("ParticipatingEntities-20210113002027.xlsx", datetime(2021, 1, 13, 0, 20, 27, tzinfo=UTC)),
            ("participatingAgencies05182026am.xlsx", datetime(2026, 5, 18, 6, tzinfo=UTC)),
            ("participatingAgencies05182026pm.xlsx", datetime(2026, 5, 18, 18, tzinfo=UTC)),
            ("agreements.xlsx", None),
            # A day before the month, a thirteenth month: a name that tells no moment stops no import.
            ("participatingAgencies18052026am.xlsx", None),
            ("participatingAgencies-20251350000000.xlsx", None),
        ],
    )
    def test_the_moment_is_what_the_files_name_tells(self, name, moment):
        assert moment_of(name) == moment

    def test_an_imported_workbook_says_where_its_moment_comes_from(self, tmp_path):
        given = datetime(2025, 1, 2, tzinfo=UTC)
        for name, when, note in (
            ("participatingAgencies05182026am.xlsx", None, "moment taken from the file's name"),
            ("participatingAgencies05182026am.xlsx", given, "moment given with the import"),
            ("agreements.xlsx", None, "moment of the import"),
        ):
            file = tmp_path / name
            file.write_bytes(workbook([HEADERS, ROW]))
            (batch,) = ICE.read_file(file, when)
            assert batch.note.startswith(note)
            assert batch.retrieved_at == (when or moment_of(name) or batch.retrieved_at)

    @pytest.mark.real
    @pytest.mark.parametrize(
        ("name", "rows"),
        [
            ("ParticipatingEntities-20210113002027.xlsx", 150),
            ("ParticipatingEntities-20230915220254.xlsx", 137),
            ("participatingAgencies-20250221214937.xlsx", 151),
            ("participatingAgencies-20250317231040.xlsx", 360),
            ("participatingAgencies05182026am.xlsx", 1843),
        ],
    )
    def test_the_real_workbooks_have_the_publishers_counts(self, real: Path, name, rows):
        (batch,) = ICE.read_file(real / "trackers" / "ice_287g" / name, None)
        assert len(list(ICE.cut(batch.payloads[0]))) == rows
        assert batch.note == f"moment taken from the file's name {name}"
