"""The pages of the releases: what changed is told in the sentences of meta.change, and can be searched by place.

What belongs here: releases.html, a release's page, the front's part of it, the feed's links. What does not: which
changes there are (tests/release/test_changes).
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import lxml.html
import pytest

from orchestration.release import history
from orchestration.settings import Settings
from orchestration.site import front, places, releases
from orchestration.site.pages import STATIC_FOLDER, VENDOR_FOLDER, Pages
from tests.site import browser

TOLD = (
    (1, "changed", True, "Award 2020ULWX0056: obligated 1,000 USD, before 900 USD (Chicago)", "1714000"),
    (2, "new", True, "DOJ lists Boston: new", "2507000"),
    (3, "rows", False, "core.dim_date: 365 rows new", None),
)


@pytest.fixture(scope="module")
def changed(published: tuple[Settings, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a release that is the second of its home, and of the first; three changes are told."""
    settings = published[0]
    first = history.last_release(settings)
    assert first
    folder = tmp_path_factory.mktemp("second") / "release"
    folder.mkdir()
    shutil.copyfile(first.path, folder / "warehouse.duckdb")
    second = first.model_copy(update={"id": "2031.01.01", "previous": first.id, "folder": folder,
                                      "built_at": first.built_at + timedelta(days=1)})  # fmt: skip
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for number, kind, is_notable, sentence, geoid in TOLD:
            connection.execute(
                "insert into meta.change (change_no, since_release, kind, is_notable, sentence, table_schema,"
                " table_name, geoid, jurisdiction_key) select ?, ?, ?, ?, ?, 'core', 'fct_award', ?,"
                " (select jurisdiction_key from core.dim_jurisdiction where geoid = ?)",
                [number, first.id, kind, is_notable, sentence, geoid, geoid],
            )
    site = folder / "site"
    site.mkdir()
    for source in (*STATIC_FOLDER.iterdir(), *VENDOR_FOLDER.glob("*.js")):
        shutil.copyfile(source, site / source.name)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        pages = Pages(site, second, connection)
        front.write(pages)
        releases.write(pages, settings)
        places.write(pages)
    return site


def test_what_changed_is_told_in_sentences_notable_ones_first(changed: Path):
    page = lxml.html.document_fromstring((changed / "releases" / "2031.01.01.html").read_bytes())
    (table,) = page.find_class("changes")
    assert [row.find("td").text for row in table.find("tbody").iter("tr")] == [one[3] for one in TOLD]
    assert "3 differences, of which 2 are notable" in " ".join(page.text_content().split())
    for name in ("index.html", "releases.html"):
        text = lxml.html.document_fromstring((changed / name).read_bytes()).get_element_by_id("main").text_content()
        assert TOLD[0][3] in text
        assert TOLD[1][3] in text
        assert TOLD[2][3] not in text, "what is not notable is on the release's own page"


def test_a_first_release_says_that_there_is_nothing_to_compare(site: Path, changed: Path):
    for path in (site / "index.html", site / "releases.html", *(site / "releases").glob("*.html")):
        assert "It has nothing to compare with." in path.read_text(encoding="utf-8"), path
    kept = sorted(path.stem for path in (changed / "releases").glob("*.html"))
    assert len(kept) == 2, "the earlier release has a page, too"
    assert "It has nothing to compare with." in (changed / "releases" / f"{kept[0]}.html").read_text(encoding="utf-8")


def test_every_page_links_the_feed(site: Path):
    assert (site.parent / "feed.atom").is_file()
    for path in site.rglob("*.html"):
        page = lxml.html.document_fromstring(path.read_bytes())
        (link,) = [one for one in page.iter("link") if one.get("rel") == "alternate"]
        assert link.get("type") == "application/atom+xml"
        assert (path.parent / link.get("href")).resolve() == site.parent / "feed.atom"
        assert link.get("href") in {one.get("href") for one in page.iter("a")}, "a link that can be seen"


@pytest.mark.browser
@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT)
@pytest.mark.parametrize("asked", ["?place=2507000", "", "Boston"])
def test_the_changes_are_filtered_by_place(changed: Path, tab: browser.Tab, asked: str):
    tab.shows()
    tab.open(f"file://{changed}/releases/2031.01.01.html{asked if asked.startswith('?') else ''}")
    assert tab.console == []
    if asked == "Boston":
        tab.ask("document.getElementById('filter').value = 'boston city'; true")
        tab.ask("document.getElementById('filter').dispatchEvent(new Event('input')); true")
    shown = tab.ask("[...document.querySelectorAll('.changes tbody tr')].map((one) => one.cells[0].textContent)")
    assert shown == ([TOLD[1][3]] if asked else [one[3] for one in TOLD])


@pytest.mark.browser
@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT)
@pytest.mark.parametrize(("geoid", "told"), [("1714000", TOLD[0][3]), ("4159000", None)])
def test_a_place_says_what_changed_there(changed: Path, tab: browser.Tab, geoid: str, told: str | None):
    tab.shows()
    tab.open(f"file://{changed}/place.html?place={geoid}")
    tab.until("document.body.dataset.ready === 'yes'")
    said = tab.ask("[...document.querySelectorAll('#changes li')].map((one) => one.textContent)")
    assert said == ([told] if told else [])
    assert tab.ask("document.getElementById('changes').hidden") is (told is None)
