"""The page of the trackers in a browser: a chosen day changes the map and the matrix, and both are what SQL says.

What belongs here: trackers.html. What does not: what a place's page says of one place (test_places).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from orchestration.reading import questions, reader
from orchestration.site import words
from orchestration.site.pages import VENDOR_FOLDER
from tests.site import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT),
]


def opened(tab: browser.Tab, site: Path, tracker: str, day: str) -> None:
    tab.shows()
    tab.open(f"file://{site}/trackers.html?tracker={tracker}&day={day}")
    tab.until(f"document.body.dataset.ready === '{tracker} {day}'")
    assert tab.console == []


@pytest.mark.parametrize(
    ("tracker", "day", "lines"),
    [("dhs", "2025-05-30", 605), ("dhs", "2025-06-02", 0), ("doj", "2025-08-05", 35), ("doj", "2025-09-27", 34),
     ("cis", "2014-09-30", 163), ("cis", "2014-10-02", 0), ("doj_letters", "2017-11-15", 29),
     ("ice_ddor", "2017-03-27", 0), ("ice_ddor", "2017-02-03", 4),
     # ICE's workbooks have 1,843 rows and 150: an agreement each, whatever agency or unit it is of
     ("ice_287g", "2026-05-18", 1843), ("ice_287g", "2021-01-20", 150)],
)  # fmt: skip
def test_the_map_counts_the_lines_that_the_list_has(
    tab: browser.Tab, site: Path, warehouse: reader.Reader, tracker: str, day: str, lines: int
):
    opened(tab, site, tracker, day)
    rows = tab.ask(f"clawback.mapRows('{tracker}', '{day}')")
    listed = questions.ask(warehouse, questions.question("listed"), {"tracker": tracker, "as_of": day}).fetchall()
    expected = Counter(row[2] for row in listed)
    assert expected.total() == lines
    assert {row["code"]: row["listed"] for row in rows if row["listed"]} == expected
    unknown = {row["code"] for row in rows if row["listed"] is None}
    filled = tab.ask(
        "[...document.querySelectorAll('#chart-map .mark-shape path')].map((one) => one.getAttribute('fill'))"
    )
    assert len(filled) > 50, "a state of which nothing is known is drawn, too"
    shapes = json.loads((VENDOR_FOLDER / "us-states-10m.json").read_text(encoding="utf-8"))["objects"]["states"]
    known = {row["fips"] for row in rows if row["listed"] is not None}
    grey = {shape["id"] for shape in shapes["geometries"]} - known
    assert filled.count("#8a8f98") == len(grey), "what is unknown does not look like none"
    if tracker == "cis" and day == "2014-10-02":
        assert len(unknown) == len(rows), "a list of one day says nothing about another"
    if tracker == "dhs":
        assert {"IL", "CA", "TX"}.isdisjoint(unknown)


def test_a_chosen_day_changes_the_map_and_the_matrix(tab: browser.Tab, site: Path, warehouse: reader.Reader):
    opened(tab, site, "doj", "2025-08-05")
    filled = "[...document.querySelectorAll('#chart-map .mark-shape path')].map((one) => one.getAttribute('fill'))"
    before = tab.ask(filled)
    assert len(before) > 50
    said = "document.getElementById('fits').textContent"
    # the list of 2025-08-05 has 35 names, of which San Francisco's city and county are one place; Nevada left it
    asked = questions.question("listed")
    listed = questions.ask(warehouse, asked, {"tracker": "doj", "as_of": "2025-08-05"}).fetchall()
    assert len(listed) == 35
    assert tab.ask(said).startswith("34 places")
    tab.ask("document.getElementById('day').value = '2025-09-26'; true")
    tab.ask("document.getElementById('day').dispatchEvent(new Event('input')); true")
    tab.until("document.body.dataset.ready === 'doj 2025-09-26'")
    assert tab.ask(said).startswith("33 places")
    assert tab.ask(filled) != before


def test_the_map_of_counties_colors_the_counties_that_sql_lists(tab: browser.Tab, site: Path, warehouse: reader.Reader):
    tab.shows()
    tab.open(f"file://{site}/trackers.html?tracker=doj&day=2025-08-05&shapes=counties")
    tab.until("document.body.dataset.ready === 'doj 2025-08-05 counties'")
    assert tab.console == []
    rows = {row["fips"]: row for row in tab.ask("clawback.countyRows('doj', '2025-08-05')")}
    shapes = json.loads((VENDOR_FOLDER / "us-counties-10m.json").read_text(encoding="utf-8"))["objects"]["counties"]
    assert set(rows) == {shape["id"] for shape in shapes["geometries"]}
    # the list of 2025-08-05 names four counties; San Francisco, Denver, Philadelphia and others are their own counties
    listed = {fips for fips, row in rows.items() if row["says"] == "listed"}
    expected = warehouse.execute("""
        select distinct codes.geoid from core.fct_listed_unit as units
        join core.bridge_geoid_jurisdiction as codes using (jurisdiction_key)
        where tracker_code = 'doj' and listed_from <= date '2025-08-05' and length(codes.geoid) = 5
            and (listed_to is null or listed_to > date '2025-08-05')
    """).fetchall()
    assert listed == {fips for (fips,) in expected}
    assert {"06073", "06075", "17031", "08031", "36061", "36005"} <= listed
    assert (rows["17043"]["says"], rows["48201"]["says"]) == ("its state is listed", "not on the list")
    filled = tab.ask(
        "[...document.querySelectorAll('#chart-map .mark-shape path')].map((one) => one.getAttribute('fill'))"
    )
    assert len(filled) > 3000
    assert filled.count("#0072B2") == len(listed)


FINDING = "document.getElementById('finding').textContent"
COUNTED = "document.getElementById('fits').textContent"


@pytest.mark.parametrize(
    ("tracker", "day", "says", "counts"),
    [
        # the last list of Justice's is of 2025-09-26: nothing is claimed of a later day
        ("doj", "2031-01-01", "34 names in 19 states, as last seen on 2025-09-26", "as last seen on 2026-05-18"),
        ("doj", "2025-08-20", "35 names in 20 states, as last seen on 2025-08-05", None),
        ("doj", "2025-09-26", "34 names in 19 states on 2025-09-26", "33 places are on a list on 2025-09-26 (34 ent"),
        ("ice_287g", "2021-01-20", "150 agreements in 26 states, as last seen on 2021-01-13", None),
        ("doj", "2001-01-01", "is not known: no list of that day is held", "is not known: no list of that day is held"),
        ("cis", "2014-10-02", "is not known: no list of that day is held", None),
        ("dhs", "2025-06-02", "the list was withdrawn by 2025-06-01", None),
    ],
)
def test_no_day_is_claimed_that_no_list_is_of(tab: browser.Tab, site: Path, tracker: str, day: str, says: str,
                                              counts: str | None):  # fmt: skip
    opened(tab, site, tracker, day)
    finding, fits = tab.ask(FINDING), tab.ask(COUNTED)
    assert says in finding
    if day == "2031-01-01":
        assert day not in finding
        assert day not in fits
        assert "as last seen on 2025-09-26" in fits
    elif counts:
        assert counts in fits
    assert not fits.startswith("0 places")


def test_a_list_that_was_withdrawn_says_neither_yes_nor_no(tab: browser.Tab, site: Path):
    opened(tab, site, "dhs", "2025-08-05")
    heads = tab.ask("[...document.querySelectorAll('#matrix thead th')].map((one) => one.textContent)")
    (place,) = [n for n, head in enumerate(heads) if head.startswith("DHS list")]
    assert heads[place].endswith("withdrawn 2025-06-01")
    cells = f"[...document.querySelectorAll('#matrix tbody tr')].map((one) => one.cells[{place}].textContent)"
    assert set(tab.ask(cells)) == {"withdrawn"}


def test_each_tracker_has_a_short_name(warehouse: reader.Reader):
    codes = warehouse.execute("select tracker_code from core.dim_tracker where tracker_key <> '-1'").fetchall()
    assert {code for (code,) in codes} - {"unknown"} == set(words.trackers())


def test_a_tracker_of_which_nothing_is_held_says_so_and_has_no_column(
    tab: browser.Tab, site: Path, warehouse: reader.Reader
):
    (tracker,) = warehouse.execute("select min(tracker_code) from core.dim_tracker where holds = 'nothing'").fetchall()[
        0
    ]
    assert tracker
    opened(tab, site, tracker, "2025-08-05")
    assert "holds nothing of it" in tab.ask("document.getElementById('finding').textContent")
    assert tab.ask("document.getElementById('nothing').hidden") is False
    heads = tab.ask("[...document.querySelectorAll('#matrix thead th')].map((one) => one.textContent)")
    assert any(head.startswith("DOJ list") for head in heads)
    assert not any(head.startswith(words.trackers()[tracker]) for head in heads)


def test_the_matrix_is_filtered_and_leads_to_places(tab: browser.Tab, site: Path):
    opened(tab, site, "doj", "2025-08-05")
    tab.ask("document.getElementById('filter').value = 'chicago'; true")
    tab.ask("document.getElementById('filter').dispatchEvent(new Event('input')); true")
    rows = tab.ask("[...document.querySelectorAll('#matrix tbody tr')].map((one) => one.cells[0].innerHTML)")
    assert len(rows) == 1
    assert "place.html?state=IL&amp;place=1714000" in rows[0]


@pytest.mark.parametrize(("page", "name"), [("trackers.html?tracker=dhs&day=2025-05-30", "dhs-2025-05-30"),
                                            ("place.html?state=IL&place=1714000", "1714000")])  # fmt: skip
def test_the_map_and_the_time_axis_are_handed_out_as_images(tab: browser.Tab, site: Path, page: str, name: str):
    tab.shows()
    tab.open(f"file://{site}/{page}")
    tab.until("Boolean(document.querySelector('.images:not([hidden])'))")
    tab.ask("window.clicked = null; HTMLAnchorElement.prototype.click = function () { window.clicked = this; }; true")
    tab.ask("document.querySelector('.images [data-image=svg]').click(); true")
    tab.until("Boolean(window.clicked)")
    assert tab.ask("window.clicked.download") == f"{name}.svg"
    assert tab.ask("fetch(window.clicked.href).then((one) => one.text()).then((text) => text.length)") > 10_000
    assert tab.console == []
