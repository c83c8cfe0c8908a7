"""The COPS Office's award lists: tables by declared headings, and every way in which a file is not one.

What belongs here: real PDFs, made here, over real HTTP and from disk. What does not: which award a line became (dbt).
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Table, TableStyle

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings
from orchestration.sources import cops
from orchestration.wire import Payload, SourceError

LISTS = cops.Announcements()
TODAY = datetime(2026, 11, 24, 6, tzinfo=UTC)
HEADER = ["State", "Agency Name", "Officers Funded", "Award Amount"]
ROWS = [
    ["Ohio", "Synthville Police Department", "5", "$625,000"],
    ["Ohio", "Synth County Sheriff's Office", "2", "$250,000.50"],
    ["Oregon", "Synth Valley Regional Police Department of the Synthetic Hills", "1", "$125,000"],
]
GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")])


def pdf(
    rows: list[list[str]], header: list[str] = HEADER, *, title: str = "Synthetic award list", again: bool = True
) -> bytes:
    """A list with ruled cells, its header on every page, long names wrapped in their cells."""
    body = io.BytesIO()
    style = getSampleStyleSheet()["BodyText"]
    cells = [header, *([Paragraph(cell, style) if len(cell) > 40 else cell for cell in row] for row in rows)]
    table = LongTable(cells, colWidths=[70, 200, 90, 100], repeatRows=1 if again else 0, style=GRID)
    SimpleDocTemplate(body, pagesize=letter).build([Paragraph("Synthetic award list", style), table])
    return body.getvalue()


def cut(body: bytes) -> list[dict[str, str | None]]:
    context = {"fiscal_year": "2020", "program": "chp"}
    return list(LISTS.cut(Payload(body, "file:x.pdf", TODAY, context=context)))


def test_lines_come_by_their_headings_with_year_programme_and_page():
    rows = cut(pdf(ROWS))
    assert [(r["state"], r["agency"], r["officers"], r["amount"], r["page"]) for r in rows] == [
        (*row, "1") for row in ROWS
    ]
    assert {(r["fiscal_year"], r["program"]) for r in rows} == {("2020", "chp")}


@pytest.mark.parametrize("again", [True, False], ids=["a header on each page", "one header"])
def test_a_list_of_many_pages_loses_and_invents_no_line(again):
    many = [["Ohio", f"Synthville {number:03}", "1", f"${number + 1},000"] for number in range(90)]
    rows = cut(pdf(many, again=again))
    assert [r["agency"] for r in rows] == [row[1] for row in many]
    assert {r["page"] for r in rows} >= {"1", "2", "3"}


def test_the_total_line_is_a_control_and_no_award():
    total = ["Total", "", "8", "$1,000,000.50"]
    assert len(cut(pdf([*ROWS, total]))) == 3
    with pytest.raises(SourceError, match=r"3 lines add up to 8 in officers, the total line says 9"):
        cut(pdf([*ROWS, ["Total", "", "9", "$1,000,000.50"]]))
    with pytest.raises(SourceError, match=r"add up to 1,000,000\.50 in amount, the total line says 1,125,000\.50"):
        cut(pdf([*ROWS, ["Total", "", "8", "$1,125,000.50"]]))


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (["State", "Agency", "Synthetic Score", "Award Amount"], "page 1: heading 'Synthetic Score' is not known"),
        (["State", "Agency", "Amount", "Award Amount"], "two headings mean amount"),
        (["State", "Officers", "Positions", "Award Amount"], "no heading for agency"),
    ],
    ids=["unknown", "ambiguous", "missing"],
)
def test_a_heading_that_is_not_declared_stops_the_file_and_says_which_are(header, says):
    with pytest.raises(SourceError, match=says):
        cut(pdf(ROWS, header))


def test_headings_in_other_spellings_mean_the_same():
    rows = cut(pdf(ROWS, ["STATE/\nTERRITORY", "Legal Name", "# of Officers", "Total Award\nAmount"]))
    assert [r["officers"] for r in rows] == ["5", "2", "1"]


def scanned() -> bytes:
    body = io.BytesIO()
    canvas = Canvas(body)
    canvas.rect(100, 100, 200, 200)
    canvas.save()
    return body.getvalue()


def prose() -> bytes:
    body = io.BytesIO()
    canvas = Canvas(body)
    canvas.drawString(100, 700, "The synthetic office is pleased to announce $1,000 for Synthville.")
    canvas.save()
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><title>Synthetic</title>", r"not a PDF but an HTML page \('Synthetic'\)"),
        (pdf(ROWS)[:-200], "a PDF cut short"),
        (scanned(), "a PDF of pictures"),
        (prose(), "no table with the headings of an award list"),
        (b"%PDF-1.4\nsynthetic rubbish\n%%EOF", "not readable as a PDF|a PDF of pictures"),
    ],
    ids=["a page with 200", "truncated", "no text", "no table", "rubbish"],
)
def test_what_is_no_list_is_refused_by_name(body, says):
    with pytest.raises(SourceError, match=says):
        cut(body)


def test_amounts_outside_a_table_on_a_later_page_stop_the_file():
    body = io.BytesIO()
    canvas = Canvas(body, pagesize=letter)
    table = Table([HEADER, *ROWS], style=GRID)
    table.wrapOn(canvas, 500, 500)
    table.drawOn(canvas, 50, 500)
    canvas.showPage()
    canvas.drawString(50, 700, "Ohio  Lostsynth Police Department  3  $375,000")
    canvas.save()
    with pytest.raises(SourceError, match="page 2 holds amounts outside any table"):
        cut(body.getvalue())


def ruled(
    pages: list[list[list[str]]],
    *,
    without_line_under_last: int | None = None,
    without_line_over_first: int | None = None,
) -> bytes:
    """A list drawn line by line, a page each: cells at fixed places, and lines that may be missing at an edge."""
    body = io.BytesIO()
    canvas = Canvas(body, pagesize=letter)
    edges, height = [50, 120, 320, 420, 540], 20
    for number, rows in enumerate(pages, 1):
        lines = [700 - height * n for n in range(len(rows) + 1)]
        for place, row in enumerate(rows):
            for left, cell in zip(edges, row, strict=False):
                canvas.drawString(left + 4, lines[place] - 14, cell)
        if without_line_under_last == number:
            lines.pop()
        if without_line_over_first == number:
            lines.pop(0)
        for y in lines:
            canvas.line(edges[0], y, edges[-1], y)
        for x in edges:
            canvas.line(x, lines[0], x, lines[-1])
        canvas.showPage()
    canvas.save()
    return body.getvalue()


SHORT = [*ROWS[:2], ["Oregon", "Synth Valley Regional Police", "1", "$125,000"]]
OTHERS = [["Ohio", f"Synthburg {n} Police Department", str(n), f"${n * 125},000"] for n in range(4, 7)]


def test_a_row_at_a_pages_edge_without_a_line_stops_the_file_and_names_its_amount():
    assert len(cut(ruled([[HEADER, *SHORT], [HEADER, *OTHERS]]))) == 6
    with pytest.raises(SourceError, match=r"page 1 prints 3 amounts and its rows hold 2: 125000 stands in no row"):
        cut(ruled([[HEADER, *SHORT], [HEADER, *OTHERS]], without_line_under_last=1))
    with pytest.raises(SourceError, match=r"page 2 prints 3 amounts and its rows hold 2: 500000 stands in no row"):
        cut(ruled([[HEADER, *SHORT], OTHERS], without_line_over_first=2))


def test_a_row_split_over_two_pages_is_one_row():
    split = ["", "of the Synthetic Hills", "", ""]
    rows = cut(ruled([[HEADER, *SHORT], [split, *OTHERS]]))
    assert [row["agency"] for row in rows] == [
        ROWS[0][1], ROWS[1][1], f"{SHORT[2][1]} of the Synthetic Hills", *(row[1] for row in OTHERS),
    ]  # fmt: skip
    assert [row["amount"] for row in rows] == [row[3] for row in [*SHORT, *OTHERS]]


def test_a_row_without_an_amount_or_with_two_stops_the_file():
    with pytest.raises(SourceError, match="page 1: a row without an amount"):
        cut(ruled([[HEADER, ROWS[0], ["Ohio", "Synthville", "1", ""], ROWS[1]]]))
    with pytest.raises(SourceError, match="page 1: a row of two amounts"):
        cut(ruled([[HEADER, ROWS[0], ["Ohio", "Synthville", "1", "$1,000 $2,000"]]]))


class TestNight:
    @pytest.fixture
    def settings(self, httpserver, tmp_path) -> Settings:
        return Settings(
            edition="live", home=tmp_path, contact="a@example.org", cops_url=httpserver.url_for("").rstrip("/")
        )

    @pytest.fixture
    def night(self, settings, web_for):
        def run(*keys: str) -> DatasetRun:
            with time_machine.travel(TODAY, tick=True):
                return capture_dataset(LISTS, settings, slice_keys=keys, web=web_for(settings))

        return run

    def serve(self, httpserver, path: str, body: bytes) -> None:
        for spelling in cops.PATHS:
            other = "/pdf/" + spelling.format(year="2020", program="chp", PROGRAM="CHP")
            if other != path:
                httpserver.expect_request(other).respond_with_data("", status=404)
        httpserver.expect_request(path).respond_with_data(body, content_type="application/pdf")

    @pytest.mark.parametrize("path", ["2020AwardDocs/chp/Award_List.pdf", "2020AwardDocs/CHP/Award_List.pdf"])
    def test_the_case_of_the_path_varies(self, night, httpserver, path):
        self.serve(httpserver, f"/pdf/{path}", pdf(ROWS))
        assert [(s.status, s.records) for s in night("chp:FY2020").slices] == [("landed", 3)]

    def test_a_list_that_is_nowhere_was_not_announced_and_is_no_failure(self, night, httpserver):
        self.serve(httpserver, "/pdf/none", b"")
        assert [s.status for s in night("chp:FY2020").slices] == ["empty"]

    def test_a_file_with_an_unknown_heading_is_kept_and_does_not_serve(self, night, httpserver, settings):
        self.serve(
            httpserver, "/pdf/2020AwardDocs/chp/Award_List.pdf", pdf(ROWS, ["State", "Agency", "Score", "Amount"])
        )
        (done,) = night("chp:FY2020").slices
        assert done.status == "rejected"
        assert "heading 'Score' is not known" in done.message
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        assert catalog.serving(LISTS) == []
        assert len(list(settings.landing_dir.rglob("*.warc.gz"))) == 1

    def test_early_years_are_asked_for_once_a_year_and_late_ones_once_a_month(self, settings, night):
        known = Catalog(settings.landing_dir, as_of=None, edition="live").known(LISTS)
        with time_machine.travel(TODAY):
            keys = [slice_.key for slice_ in LISTS.slices(settings, known)]
        assert len(keys) == len(set(keys)) == len(cops.PROGRAMS) * len(range(2017, 2028))
        assert set(keys[:14]) == {f"{p}:FY{y}" for p in cops.PROGRAMS for y in (2026, 2027)}


@pytest.mark.parametrize("name", ["2020_chp_Award_List.pdf", "2020AwardDocs/CHP/Award_List.pdf"])
def test_an_import_knows_year_and_programme_by_its_name_or_its_folders(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pdf(ROWS))
    (batch,) = LISTS.read_file(path, None)
    assert batch.slice.key == "chp:FY2020"
    assert len(list(LISTS.cut(batch.payloads[0]))) == 3


def test_an_import_without_a_year_is_refused_with_the_way_out(tmp_path):
    path = Path(tmp_path) / "Award_List.pdf"
    path.write_bytes(pdf(ROWS))
    with pytest.raises(SourceError, match=r"2020_chp_Award_List\.pdf"):
        list(LISTS.read_file(path, None))
