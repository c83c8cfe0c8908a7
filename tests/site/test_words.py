"""What the pages say is in words: no raw marks, no names of SQL, amounts that can be read, counts that agree.

What belongs here: texts of the pages, and the words that stand for codes. What does not: the figures (test_site).
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from orchestration.reading import reader
from orchestration.site import pages, prose, words

SUBJECTS = ("index.html", "money.html", "ordinances.html", "reporting.html", "completeness.html", "trackers.html")
# A name of SQL that is not qualified by its schema and not a file's.
NAME = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w/(-]|\.\w)")


def page(path: Path) -> lxml.html.HtmlElement:
    found = lxml.html.document_fromstring(path.read_bytes())
    for one in list(found.iter("script", "code", "pre", "noscript")):
        one.drop_tree()
    return found


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("130800000 USD and 2017 USD", "130,800,000 USD and 2,017 USD"),
        ("`clawback query claims` lists it", "<code>clawback query claims</code> lists it"),
        ("empty (seen_on).", "empty (“seen on”)."),
        ("`comparability` says which", "“can it be compared” says which"),
        ("core.fct_award in a_folder/a_file.csv", "core.fct_award in a_folder/a_file.csv"),
        ("at http://a.example/b_c?d_e=1.", 'at <a href="http://a.example/b_c?d_e=1"'
                                           ' rel="external noreferrer">http://a.example/b_c?d_e=1</a>.'),
        ("<b>", "&lt;b&gt;"),
        (None, ""),
    ],
)  # fmt: skip
def test_a_text_of_a_table_is_shown_in_words(text: str | None, html: str):
    assert str(prose.linked(text)) == html


def test_a_figure_that_is_missing_is_unknown_and_a_remark_that_is_missing_is_none():
    assert "unknown" in pages.shown(None, "captured_usd")
    # a window without a reason not to be compared is compared: its reason is not unknown
    remarks = ("break_reason", "figure_note", "note", "beside_it_in_words")
    assert [pages.shown(None, name) for name in remarks] == [""] * 4
    assert pages.shown("negative", "figure_note") == "negative"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([43.2, 44.0, None], ["43.2", "44.0"]),
        ([Decimal("847575184.23"), Decimal(0)], ["847,575,184.23", "0.00"]),
        ([44.0, 1200.0], ["44", "1,200"]),
        ([2024, 1, 12000], ["2024", "1", "12,000"]),
        ([0.001, 0.5, 0.0], ["0.001", "0.5", "0.0"]),
        ([-0.0, 1.2, Decimal("-0.00")], ["0.0", "1.2", "0.0"]),
    ],
)
def test_the_numbers_of_a_column_have_the_same_digits_after_the_point(values: list[Any], expected: list[str]):
    picture = pages.Picture("p", "", "", [{"n": value} for value in values], "", (), {"n": "a number"})
    shown = [str(pages.shown(value, "n", picture.digits["n"])) for value in values if value is not None]
    assert shown == expected


def test_a_printed_number_keeps_the_digits_that_were_printed():
    picture = pages.Picture("p", "", "", [{"n": -42.8}, {"n": -12.0}], "", (), {"n": "a number"}, as_printed=["n"])
    assert [pages.shown(row["n"], "n", picture.digits.get("n")) for row in picture.rows] == ["-42.8", "-12"]


def test_a_long_text_of_a_cell_is_folded_and_whole_inside():
    text = (
        "of what the nation obligated under the same listings in FY2019 to FY2023, as seen by 2025-12-05; not compared"
    )
    cell = lxml.html.fragment_fromstring(str(prose.cell(text)))
    assert cell.tag == "details"
    assert cell.text_content().endswith(text)
    assert str(prose.cell("detainer_limits")) == "detainer limits"
    assert str(prose.cell("serving")) == "read"


def test_no_page_shows_marks_of_code_as_text(site: Path):
    raw = {}
    for path in site.rglob("*.html"):
        if "methods" not in path.parts:
            found = page(path)
            for table in found.iter("table"):  # sample rows are what the tables hold
                if "Sample rows" in (table.getparent().get("aria-label") or ""):
                    table.drop_tree()
            text = found.text_content()
            if "`" in text:
                raw[path.name] = text[max(0, text.index("`") - 60) : text.index("`") + 60]
    assert raw == {}


@pytest.mark.parametrize("name", SUBJECTS)
def test_heads_and_captions_are_words_not_columns(site: Path, name: str):
    found = page(site / name)
    said = [one.text_content() for kind in ("caveats",) for one in found.find_class(kind)]
    said += [one.text_content() for one in found.iter("th", "dt", "figcaption", "summary")]
    assert [hit for text in said for hit in NAME.findall(text)] == []
    assert not re.search(r"\d{5,} USD", found.text_content())


def test_counts_of_legal_events_agree_or_say_why(site: Path, warehouse: reader.Reader):
    """An act of several provisions is one event: the table has a row for each provision, the pages count it once."""
    ((every, dated, ledger),) = warehouse.execute(
        "select count(*), count(event_from), count(*) filter (where source_status <> 'council record') from ("
        "select distinct jurisdiction_key, instrument, instrument_number, event, event_from, event_to, source_status,"
        " source_citation from core.fct_policy_event)"
    ).fetchall()
    ((rows, of_it),) = warehouse.execute(
        "select count(*), count(*) filter (where instrument_number = 'LL 2017/228' and event = 'council_passed')"
        " from core.fct_policy_event where source_status = 'council record'"
    ).fetchall()
    assert of_it == 2, "Local Law 228 of 2017 is read for two provisions"
    assert every < ledger + rows
    text = " ".join(page(site / "ordinances.html").text_content().split())
    assert f"{dated} dated events are known" in text
    assert f"In all {every} events are known: {ledger} of the ledger" in text
    assert f"Every legal event that is known ({every})" in text
    assert f"{every}legal events, with a date or without" in page(site / "index.html").text_content()


def test_a_year_is_shown_as_a_year(site: Path):
    rows = (site / "data" / "legal_events.csv").read_text(encoding="utf-8")
    assert "2014-01-01" not in rows
    assert ",2014," in rows


def test_places_and_names_that_match_none_are_counted_apart(site: Path, warehouse: reader.Reader):
    counts = dict(warehouse.execute(
        "select is_resolved, count(distinct jurisdiction_key) from core.fct_award"
        " join core.dim_jurisdiction using (jurisdiction_key) where jurisdiction_key <> '-1' group by all"
    ).fetchall())  # fmt: skip
    text = " ".join(page(site / "places.html").text_content().split())
    assert f"{counts[True]} places. Sums cover" in text
    assert f"{counts[False]} printed names:" in text


def test_each_verdict_is_explained(site: Path, warehouse: reader.Reader):
    verdicts = {one for (one,) in warehouse.execute("select verdict from analysis.mart_claim_check").fetchall()}
    assert verdicts <= set(words.verdicts())
    assert "lies between a part and the whole" in page(site / "index.html").text_content()


def test_who_stands_to_lose_how_much_is_the_first_picture(site: Path, warehouse: reader.Reader):
    ((total, most),) = warehouse.execute("""
        select sum(usd), max(usd) from (
            select sum(obligated_amount) as usd from analysis.mart_grants_at_risk
            where tracker_code = 'doj' and tracker_verdict = 'sanctuary' group by jurisdiction_name)
    """).fetchall()
    first = page(site / "index.html").find_class("picture")[0].find("figcaption").text_content()
    assert f"${float(total) / 1e6:,.1f} million" in first
    assert f"Chicago: ${float(most) / 1e6:,.1f} million" in first
