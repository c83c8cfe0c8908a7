"""Lists that change their form overnight: the capture is kept and rejected, says what changed, and the last one serves.

What belongs here: whole nights over loopback and imports, with the publishers' bytes good and spoilt. What does not:
how a good page is cut (test_doj_ice).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from pytest_httpserver import HTTPServer

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import SliceOutcome, capture_dataset
from orchestration.landing.imports import import_files
from orchestration.recorded.build import batches
from orchestration.recorded.workbooks import workbook
from orchestration.settings import Settings
from orchestration.wire import Payload, SourceError

DOJ = sources.get("doj/sanctuary_list")
DHS = sources.get("dhs/sanctuary_list")
ICE = sources.get("ice/agreements_287g")

STATES = ["Ohio", "Maine", "Utah", "Iowa"]
CITIES = ["Sample, OH", "Old Sample, Maine", "Cañon Sample, UT"]
PAGE = f"""<html><head><title>Synthetic list</title></head><body><main><h1>Synthetic list</h1>
<p>The Department names the following 8 jurisdictions.</p>
<h3>STATES (4):</h3><ul>{"".join(f"<li>{name}</li>" for name in STATES)}</ul>
<h3>COUNTIES:</h3><ul><li>Sample County, OH</li></ul>
<h3>CITIES:</h3><ul>{"".join(f"<li>{name}</li>" for name in CITIES)}</ul></main></body></html>"""
ERROR_PAGE = (
    "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1><p>Reference #18</p></body></html>"
)

HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM"]
ROWS = [["OHIO", f"Synthetic {n} Police Department", "Municipality", "Sample County", "Task Force Model", "2025-01-02",
         "link", ""] for n in range(10)]  # fmt: skip
WITHOUT = [name for name in HEADERS if name != "SUPPORT TYPE"]


def night(
    dataset, httpserver: HTTPServer, web_for, settings: Settings, body: bytes, media_type: str, day: int = 1
) -> SliceOutcome:
    """One live night at which the publisher answers 200 with these bytes."""
    httpserver.clear()
    httpserver.expect_request("/list").respond_with_data(body, content_type=media_type)
    url = httpserver.url_for("/list")
    live = Settings(home=settings.home, edition="live", contact="s@example.org", doj_list_url=url, ice_287g_url=url)
    with time_machine.travel(datetime(2026, 1, day, 2, tzinfo=UTC), tick=True):
        (outcome,) = capture_dataset(dataset, live, web=web_for(live)).slices
    return outcome


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        pytest.param(PAGE.replace("CITIES:", "Places of note"), "no names under CITIES", id="a heading is gone"),
        pytest.param(PAGE.replace("following 8", "following 9"), "announces 9 jurisdictions and names 8",
                     id="a number announced"),
        pytest.param(PAGE.replace("STATES (4)", "STATES (5)"), "STATES announces 5 names and has 4",
                     id="a heading's count"),
        pytest.param(ERROR_PAGE, r"its headings are \['Access Denied'", id="an error page with 200"),
        pytest.param(PAGE.encode().decode("latin-1"), r"broken \(mojibake\): '.*CaÃ", id="mojibake"),
        pytest.param(PAGE.replace("CITIES:", "PARISHES:</h3><ul><li>Sample Parish, LA</li></ul><h3>CITIES:"),
                     "1 names under a heading that is not known: 'PARISHES:'", id="a new heading"),
        pytest.param("<html><body></body></html>", "no names under STATES, COUNTIES, CITIES", id="an empty page"),
    ],
)  # fmt: skip
def test_a_changed_page_is_rejected_and_says_what_the_last_one_had(settings, httpserver, web_for, spoilt, said):
    good = night(DOJ, httpserver, web_for, settings, PAGE.encode(), "text/html")
    assert (good.status, good.records) == ("landed", 8)
    bad = night(DOJ, httpserver, web_for, settings, spoilt.encode(), "text/html", day=2)
    assert bad.status == "rejected"
    assert re.search(said, bad.message), bad.message
    assert f"the last accepted capture {good.capture_id} had" in bad.message
    assert "4 under STATES, 1 under COUNTIES, 3 under CITIES" in bad.message
    assert "heading" in bad.message
    assert bad.serving == good.capture_id


def test_half_a_page_is_rejected_by_its_volume(settings, httpserver, web_for):
    good = night(DOJ, httpserver, web_for, settings, PAGE.encode(), "text/html")
    short = PAGE.replace("following 8 ", "").replace(" (4)", "")
    for name in (*STATES[1:], CITIES[0]):
        short = short.replace(f"<li>{name}</li>", "")
    bad = night(DOJ, httpserver, web_for, settings, short.encode(), "text/html", day=2)
    assert bad.status == "rejected"
    assert "4 records against 8 last time" in bad.message
    assert bad.serving == good.capture_id


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        pytest.param(workbook([WITHOUT, *([*row[:4], *row[5:]] for row in ROWS)]), "column 'SUPPORT TYPE' missing",
                     id="a column is gone"),
        pytest.param(workbook([[*HEADERS, "EXPIRES"], *([*row, "2027"] for row in ROWS)]),
                     r"not declared: 'EXPIRES'; against .*new 'EXPIRES'", id="a column is new"),
        pytest.param(ERROR_PAGE.encode(), "not a workbook but an HTML page .'Access Denied",
                     id="an error page with 200"),
        pytest.param(workbook([HEADERS, ["OHIO", "CaÃ±on Police", *ROWS[0][2:]], *ROWS[1:]]),
                     r"broken \(mojibake\): 'CaÃ±on Police'", id="mojibake"),
        pytest.param(workbook([HEADERS, *ROWS[:5]]), "5 records against 10 last time", id="half the rows"),
        pytest.param(workbook([HEADERS, *ROWS])[:900], "not a workbook", id="half the bytes"),
    ],
)  # fmt: skip
def test_a_changed_workbook_is_rejected_and_says_what_changed(settings, httpserver, web_for, spoilt, said):
    good = night(ICE, httpserver, web_for, settings, workbook([HEADERS, *ROWS]), "application/xlsx")
    assert (good.status, good.records) == ("landed", 10)
    bad = night(ICE, httpserver, web_for, settings, spoilt, "application/xlsx", day=2)
    assert bad.status == "rejected"
    assert re.search(said, bad.message), bad.message
    assert bad.serving == good.capture_id


def test_a_column_that_is_only_optional_may_go_and_the_check_says_so(settings, httpserver, web_for):
    good = night(ICE, httpserver, web_for, settings, workbook([HEADERS, *ROWS]), "application/xlsx")
    fewer = workbook([HEADERS[:6], *([*row[:4], row[4], "2025-01-03"] for row in ROWS)])
    after = night(ICE, httpserver, web_for, settings, fewer, "application/xlsx", day=2)
    assert after.status == "landed"
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    taken = catalog.find(after.capture_id)
    (fields,) = [check.detail for check in taken.checks if check.name == "fields"]
    assert f"against {good.capture_id}: gone 'ADDENDUM', 'MOA'" in fields


class TestDhs:
    TABLE = "state,level_heading,jurisdiction_as_printed\nOhio,city,Sample\nOhio,county,Sample County\nUtah,state,Why\n"

    def test_a_table_is_a_snapshot_of_the_day_of_publication(self, settings, tmp_path):
        file = tmp_path / "list.csv"
        file.write_text(self.TABLE, encoding="utf-8-sig")
        (result,) = import_files(DHS, [file], settings)
        assert result.ok, result.line()
        (capture,) = Catalog(settings.landing_dir, as_of=None, edition="live").serving(DHS)
        assert (capture.records, capture.kind) == (3, "imported")
        assert capture.retrieved_at == datetime(2025, 5, 29, tzinfo=UTC)

    def test_a_header_without_rows_is_the_list_after_its_withdrawal(self, settings, tmp_path):
        for name, text, day in (("a.csv", self.TABLE, 29), ("b.csv", self.TABLE.splitlines()[0] + "\n", 31)):
            file = tmp_path / name
            file.write_text(text, encoding="utf-8")
            (result,) = import_files(DHS, [file], settings, retrieved_at=datetime(2025, 5, day, tzinfo=UTC))
            assert result.ok, result.line()
        serving = Catalog(settings.landing_dir, as_of=None, edition="live").serving(DHS)
        assert [capture.records for capture in serving] == [3, 0]

    def test_an_archived_page_is_cut_by_states_and_levels(self):
        page = """<html><nav><li>Ohio</li><li>Menu</li></nav><h2>New York</h2><h3>State</h3>
        <ul><li>Synthetic why</li></ul><h3>Cities</h3><ul><li>New York</li><li><p>Sample</p></li></ul>
        <h2>Ohio</h2><table><tr><th>County</th></tr><tr><td>Sample County</td></tr></table></html>"""
        payload = Payload(page.encode(), "file:x.html", datetime(2025, 5, 29, tzinfo=UTC), media_type="text/html")
        assert [tuple(record.values()) for record in DHS.cut(payload)] == [
            ("New York", "state", "Synthetic why"),
            ("New York", "city", "New York"),
            ("New York", "city", "Sample"),
            ("Ohio", "county", "Sample County"),
        ]

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("x.html", ERROR_PAGE, r"no names under states .* its headings are \['Access Denied'"),
            ("x.html", "<h2>Ohio</h2><h3>City</h3><li>CaÃ±on</li>", "mojibake"),
            ("x.html", "", "the file is empty"),
            ("x.csv", TABLE.replace("level_heading", "level"), "column 'level_heading' missing"),
            ("x.csv", TABLE.replace("printed\n", "printed,why\n").replace("Sample\n", "Sample,x\n")
                           .replace("County\n", "County,x\n").replace("Why\n", "Why,x\n"), "not declared: 'why'"),
            ("x.csv", TABLE + "Ohio,city\n", "line 5 has 2 cells, the header 3"),
            ("x.pdf", TABLE, "neither a table"),
        ],
    )  # fmt: skip
    def test_a_file_of_another_form_says_what_is_wrong(self, settings, tmp_path, name, text, said):
        good, file = tmp_path / "good.csv", tmp_path / name
        good.write_text(self.TABLE, encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        assert import_files(DHS, [good], settings)[0].ok
        (result,) = import_files(DHS, [file], settings, retrieved_at=datetime(2025, 5, 30, tzinfo=UTC))
        assert not result.ok
        assert re.search(said, result.line()), result.line()
        assert len(Catalog(settings.landing_dir, as_of=None, edition="live").serving(DHS)) == 1

    def test_there_is_nothing_to_ask_and_every_edition_starts_from_the_transcribed_names(self, settings, web_for):
        live = Settings(home=settings.home, edition="live", contact="s@example.org")
        (outcome,) = capture_dataset(DHS, live, web=web_for(live)).slices
        assert (outcome.status, outcome.records) == ("landed", 606)
        (capture,) = Catalog(live.landing_dir, as_of=None, edition="live").serving(DHS)
        assert capture.kind == "transcribed"
        assert "withdrawn" in capture.note

    @pytest.mark.real
    def test_the_transcribed_names_are_those_of_the_file_as_printed(self, real: Path):
        (batch,) = DHS.read_file(real / "trackers" / "dhs_sanctuary_list_captured_2025-05-31.csv", None)
        (transcribed,) = batches(DHS.id)
        printed, ours = (
            [tuple(record.values()) for payload in b.payloads for record in DHS.cut(payload)]
            for b in (batch, transcribed)
        )
        assert ours == printed
        assert len(printed) == 606
        assert {level: sum(row[1] == level for row in printed) for level in ("state", "county", "city")} == {
            "state": 14, "county": 392, "city": 200,
        }  # fmt: skip
        assert len(set(printed)) == 605


def test_what_no_reader_takes_is_named_with_the_file(tmp_path):
    with pytest.raises(SourceError, match=r"list\.pdf"):
        list(DHS.read_file(tmp_path / "list.pdf", None))
