"""Every page of the site in a real browser.

What belongs here: what only a browser can tell: scripts run, charts draw, pages fit and are accessible. What does not:
what the files hold (test_site).
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from orchestration.settings import Settings
from orchestration.site import serve
from tests.site import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT),
]
# One page of each kind: these are looked at in every way, the others are opened.
KINDS = (
    "index.html",
    "places.html?q=Portland",
    "place.html?state=IL&place=1714000",
    "place.html?state=IL&place=17031",
    "trackers.html?tracker=dhs&day=2025-05-30",
    "trackers.html?tracker=dhs&day=2025-05-30&shapes=counties",
    "trackers.html?tracker=ilrc",
    "money.html",
    "ordinances.html",
    "reporting.html",
    "completeness.html?state=CA",
    "dictionary/index.html",
    "dictionary/joins.html",
    "dictionary/core.fct_award.html",
    "dictionary/core.fct_incident_month.html",
    "sources.html",
    "releases.html",
    "releases/RELEASE.html",
    "methods/index.html",
    "methods/glossary.html",
)
AXE = Path(__file__).with_name("axe.min.js")


def opened(tab: browser.Tab, address: str, page: str) -> None:
    """Open a page of a server; RELEASE is the one release that there is."""
    if "RELEASE" in page:
        listed = requests.get(address + "releases.html", timeout=10).text
        page = "releases/" + re.findall(r'href="releases/([^"/]+\.html)"', listed)[0]
    tab.open(address + page)


@pytest.fixture(scope="module")
def address(published: tuple[Settings, dict[str, object]]) -> Iterator[str]:
    """The site as `clawback site` serves it."""
    with serve.server(published[0], 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/site/"
        running.shutdown()


def test_every_page_loads_from_the_disk_with_an_empty_console_and_requests_nothing_else(site: Path, tab: browser.Tab):
    tab.shows()
    pages = sorted(path.relative_to(site) for path in site.rglob("*.html"))
    assert len(pages) > 100
    wrong = {}
    for page in pages:
        tab.open(f"file://{site / page}")
        outside = [one for one in tab.requests if not one.startswith((f"file://{site}/", "data:", "blob:"))]
        if tab.console or outside:
            wrong[str(page)] = [*tab.console, *outside]
    assert wrong == {}


@pytest.mark.parametrize("page", KINDS)
def test_a_page_is_the_same_from_a_server(tab: browser.Tab, address: str, page: str):
    tab.shows()
    opened(tab, address, page)
    assert tab.console == []
    assert [one for one in tab.requests if not one.startswith((address, "data:"))] == []
    assert tab.ask("document.querySelector('h1').textContent.trim().length") > 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", KINDS)
def test_axe_finds_no_violation(tab: browser.Tab, address: str, page: str, dark: bool):
    tab.shows(dark=dark)
    opened(tab, address, page)
    tab.ask(AXE.read_text(encoding="utf-8") + "; true")
    found = tab.ask("axe.run(document, {resultTypes: ['violations']}).then((all) => JSON.stringify(all.violations))")
    assert [(one["id"], one["nodes"][0]["html"][:150]) for one in json.loads(found)] == []


@pytest.mark.parametrize("page", KINDS)
def test_a_page_fits_a_telephone(tab: browser.Tab, address: str, page: str):
    tab.shows(width=360)
    opened(tab, address, page)
    assert tab.ask("document.documentElement.scrollWidth") <= 360


def test_every_picture_of_the_front_draws_marks_in_both_themes(tab: browser.Tab, address: str):
    for dark in (False, True):
        tab.shows(dark=dark)
        tab.open(address + "index.html")
        drawn = ", ".join(f".mark-{kind} path" for kind in ("line", "area", "rect", "symbol"))
        charts = "[...document.querySelectorAll('figure.picture .chart')]"
        marks = tab.ask(f"{charts}.map((one) => one.querySelectorAll('{drawn}').length)")
        assert len(marks) == 4
        assert min(marks) >= 2, marks


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_picture_is_handed_out_with_its_finding_and_its_source(tab: browser.Tab, address: str, kind: str):
    tab.shows()
    tab.open(address + "index.html")
    tab.ask("window.clicked = null; HTMLAnchorElement.prototype.click = function () { window.clicked = this; }; true")
    tab.ask(f"document.querySelector('#picture-two_lists [data-image={kind}]').click(); true")
    tab.until("Boolean(window.clicked)")
    assert tab.ask("window.clicked.download") == f"two_lists.{kind}"
    image = tab.ask("fetch(window.clicked.href).then((one) => one.text())")
    if kind == "png":
        assert len(image) > 5000
        return
    for said in ("Homeland Security", "Source: US Department of Homeland Security", "Clawback, release"):
        assert said in " ".join(tab.ask("new DOMParser().parseFromString(" + json.dumps(image) + ", 'text/xml')"
                                        ".documentElement.textContent").split()), said  # fmt: skip


def test_a_csv_of_a_page_keeps_quotes_and_nulls_apart_and_runs_in_no_spreadsheet(tab: browser.Tab, address: str):
    tab.open(address + "index.html")
    rows = """[{a: 'x "y", z'}, {a: '=1+1'}, {a: ' @b'}, {a: null}, {a: ''}, {a: -5}, {a: '-5'}]"""
    said = tab.ask(f"clawback.csv(['a'], {rows})")
    assert said == 'a\n"x ""y"", z"\n"\'=1+1"\n"\' @b"\n\n""\n"-5"\n"-5"\n'


def test_a_table_is_sorted_by_its_head_and_filtered_by_words(tab: browser.Tab, address: str):
    tab.shows()
    tab.open(address + "dictionary/index.html")
    rows = "[...document.querySelectorAll('#core + p + div table tbody tr')]"
    tab.ask(f"{rows}[0].closest('table').tHead.rows[0].cells[2].querySelector('button').click(); true")
    counts = tab.ask(f"{rows}.map((one) => Number(one.cells[2].dataset.value))")
    assert counts == sorted(counts)
    assert counts[-1] > 100_000
    tab.ask("document.getElementById('filter').value = 'captured awards'; true")
    tab.ask("document.getElementById('filter').dispatchEvent(new Event('input')); true")
    left = "[...document.querySelectorAll('table.tables tbody tr')]"
    shown = tab.ask(f"{left}.map((one) => one.cells[0].textContent)")
    assert "mart_award_share" in shown
    assert "fct_award" not in shown
    assert tab.ask("document.getElementById('fits').textContent") == "1 row fits"
