"""The calendar of the agencies: each month of each agency is what SQL says, and is drawn.

What belongs here: data/calendar and the page of completeness. What does not: the calendar of the states, a picture.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.reading import reader
from orchestration.site import completeness
from orchestration.site.pages import CHARTS_FOLDER, STATIC_FOLDER
from tests.site import browser
from tests.site.test_places import argument

pytestmark_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT),
]


def test_the_months_of_the_agencies_are_those_of_the_facts(site: Path, warehouse: reader.Reader):
    files = {path.stem: argument(path)[1] for path in (site / "data" / "calendar").glob("*.js")}
    months = {state: sum(after - first for _, _, runs in agencies for first, after, _ in runs)
              for state, agencies in files.items()}  # fmt: skip
    expected = warehouse.execute("""
        select state_code, count(distinct (agency_key, month_start)) from core.fct_crime_month
        join core.dim_agency using (agency_key) where state_code is not null group by all
    """).fetchall()
    assert months == dict(expected)
    counted = sum(after - first for agencies in files.values() for _, _, runs in agencies
                  for first, after, known in runs if known == "counted")  # fmt: skip
    ((whole,),) = warehouse.execute("""
        select count(*) from (
            select 1 from core.fct_crime_month join core.dim_agency using (agency_key) where state_code is not null
            group by agency_key, month_start having bool_and(fct_crime_month.coverage = 'reported'))
    """).fetchall()
    assert counted == whole
    assert max(path.stat().st_size for path in (site / "data" / "calendar").glob("*.js")) < 100_000


REPORTED, NEGATIVE, NOT = "reported", "negative: earlier reports unfounded", "not reported"
SUSPECT, PARTIAL = "suspect: nothing of any kind", "partial: far below its own months"


@pytest.mark.parametrize(
    ("coverages", "known"),
    [
        ([REPORTED, REPORTED], "counted"),
        ([REPORTED, NEGATIVE], "negative count"),
        ([NEGATIVE], "negative count"),
        ([NEGATIVE, NOT], "counted in part"),
        ([NEGATIVE, SUSPECT], "suspect"),
        ([REPORTED, PARTIAL], "counted in part"),
        ([NOT], "unknown"),
    ],
)
def test_a_negative_count_is_known_and_not_a_part(coverages: list[str], known: str):
    with duckdb.connect() as connection:
        sql = f"select {completeness._KNOWN} from (select unnest($coverages) as coverage) as months"
        assert connection.execute(sql, {"coverages": coverages}).fetchall() == [(known,)]


@pytest.mark.parametrize("name", ["agencies", "coverage"])
def test_every_word_for_what_is_known_has_its_color(name: str):
    """A word outside the domain would take the color of another one."""
    spec = json.loads((CHARTS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    scale = spec["encoding"]["color"]["scale"]
    words = {"counted", "counted in part", "negative count", "suspect", "unknown"}
    assert set(scale["domain"]) == words == set(re.findall(r"(?:then|else) '([^']+)'", completeness._KNOWN))
    assert len(set(scale["range"])) == len(words)
    script = (STATIC_FOLDER / "place.js").read_text(encoding="utf-8")
    function = script[script.index("function known(") : script.index("const month =")]
    assert words <= set(re.findall(r'"([^"]+)"', function))


class TestInABrowser:
    pytestmark = pytestmark_browser

    def test_a_state_is_chosen_and_its_agencies_are_drawn(self, tab: browser.Tab, site: Path):
        tab.shows()
        tab.open(f"file://{site}/completeness.html?state=IL")
        tab.until("document.body.dataset.ready === 'IL'")
        assert tab.console == []
        labels = "[...document.querySelectorAll('#chart-agencies .role-axis-label text')].map((one) => one.textContent)"
        assert any("Chicago" in one for one in tab.ask(labels))
        tab.ask("document.getElementById('state').value = 'CA'; true")
        tab.ask("document.getElementById('state').dispatchEvent(new Event('change')); true")
        tab.until("document.body.dataset.ready === 'CA'")
        parts = tab.ask("document.getElementById('part').options.length")
        assert parts == 5, "199 agencies, 40 at a time"
        tab.ask("document.getElementById('agency').value = 'los angeles'; true")
        tab.ask("document.getElementById('agency').dispatchEvent(new Event('input')); true")
        tab.until("document.getElementById('agencies-said').textContent.includes('fit')")
        tab.until("document.getElementById('agencies-table').tBodies[0].rows[0].cells[0].textContent.includes('Los')")
        assert tab.console == []

    @pytest.mark.parametrize("page", ["ordinances.html", "reporting.html"])
    def test_a_long_table_is_shown_in_part_until_asked(self, tab: browser.Tab, site: Path, page: str):
        tab.shows()
        tab.open(f"file://{site}/{page}")
        assert tab.console == []
        assert tab.ask("document.documentElement.scrollHeight") < 20_000
        table = (
            "[...document.querySelectorAll('table.list')].find((one) => !one.closest('details')"
            " && one.closest('.scroll').nextElementSibling.matches('.more:not([hidden])'))"
        )
        assert tab.ask(f"{table}.tBodies[0].rows.length") == 50
        said = tab.ask(f"{table}.closest('.scroll').nextElementSibling.textContent")
        every = int(said.partition(" of ")[2].partition(" rows")[0].replace(",", ""))
        assert every > 50
        tab.ask(
            f"window.shown = {table}; shown.closest('.scroll').nextElementSibling.querySelector('button').click(); true"
        )
        assert tab.ask("window.shown.tBodies[0].rows.length") == every

    def test_numbers_are_sorted_as_numbers_and_the_first_rows_are_the_least(self, tab: browser.Tab, site: Path):
        tab.shows()
        tab.open(f"file://{site}/reporting.html")
        table = "document.querySelector('#picture-reporting_gap table')"
        tab.ask(f"{table}.tHead.rows[0].cells[7].querySelector('button').click(); true")
        values = tab.ask(f"[...{table}.tBodies[0].rows].map((one) => Number(one.cells[7].dataset.value))")
        assert values == sorted(values)
        assert values[0] < 0

    def test_a_table_that_is_wider_than_a_telephone_says_so(self, tab: browser.Tab, site: Path):
        tab.shows(width=360)
        tab.open(f"file://{site}/money.html")
        tab.until("document.querySelectorAll('.scroll.wider').length > 0")
        told = tab.ask("getComputedStyle(document.querySelector('.scroll.wider'), '::before').content")
        assert "sideways" in told
        tab.shows()
