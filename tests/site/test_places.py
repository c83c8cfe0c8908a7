"""The places: what is held of each is what SQL says, and a person finds and reads it.

What belongs here: the places' data files, the search, the page of one place. What does not: what every page must be
(test_site, test_pages_in_a_browser).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.declared import nicknames
from orchestration.reading import citing, places, questions, reader
from tests.site import browser

in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT),
]


def argument(path: Path) -> Any:
    """What a data file gives to the one function that it calls."""
    return json.loads(f"[{path.read_text(encoding='utf-8').partition('(')[2].rstrip().removesuffix(');')}]")


@pytest.fixture(scope="module")
def shards(site: Path) -> dict[str, Any]:
    return dict(argument(path) for path in sorted((site / "data" / "places").glob("*.js")))


@pytest.fixture(scope="module")
def held(shards: dict[str, Any]) -> dict[str, Any]:
    return {code: place for shard in shards.values() for code, place in shard["places"].items()}


def test_every_place_with_an_award_listing_event_or_crime_figure_is_there_once(
    site: Path, warehouse: reader.Reader, shards: dict[str, Any], held: dict[str, Any]
):
    index = argument(site / "data" / "places.js")[0]["rows"]
    assert len(held) == sum(len(shard["places"]) for shard in shards.values()) == len(index) > 10_000
    assert {(one[0], one[2]) for one in index} == {(code, s) for s, shard in shards.items() for code in shard["places"]}
    wanted = {key for (key,) in warehouse.execute("""
        select jurisdiction_key from core.fct_award union select jurisdiction_key from core.fct_tracker_listing
        union select jurisdiction_key from core.fct_announced_award
        union select jurisdiction_key from core.dim_agency
            where agency_key in (select agency_key from core.fct_victim_month_total)
        union select jurisdiction_key from core.fct_policy_event union select jurisdiction_key from core.fct_crime_month
        union select jurisdiction_key from core.fct_crime_year_printed
    """).fetchall()}  # fmt: skip
    assert wanted - {"-1"} == {place["key"] for place in held.values()}


def test_what_is_held_of_the_places_adds_up_to_the_facts(warehouse: reader.Reader, held: dict[str, Any], site: Path):
    def rows(part: str) -> list[Any]:
        return [row for place in held.values() for row in place.get(part, [])]

    def sql(text: str) -> Any:
        return warehouse.execute(text).fetchall()[0]

    of_a_place = "where jurisdiction_key <> '-1'"
    awards, listings = rows("awards"), rows("lists")
    assert (len(awards), round(sum(one["obligated"] for one in awards), 2)) == tuple(
        map(float, sql(f"select count(*), sum(obligated_amount) from core.fct_award {of_a_place}"))
    )
    assert (len(listings),) == sql(f"select count(*) from core.fct_tracker_listing {of_a_place}")
    assert (len(rows("events")),) == sql(f"select count(*) from core.fct_policy_event {of_a_place}")
    months = [month for one in rows("months") for month in one["rows"]]
    counted = [month[1] for month in months if month[1] is not None]
    assert (len(months), len(counted), sum(counted)) == sql(
        f"select count(*), count(offenses), sum(offenses) from core.fct_crime_month {of_a_place}"
    )
    years = [n for one in rows("years") for series in one["series"] for n in series[2] if n is not None]
    assert (len(years), sum(years)) == sql(
        f"select count(offenses), sum(offenses) from core.fct_crime_year_printed {of_a_place}"
    )
    breaks = [one for row in rows("years") for series in row["series"] for one in series[3] or ()]
    assert (len(breaks),) == sql(f"select count(*) from core.fct_crime_year_printed {of_a_place} and is_break")


def test_each_row_names_the_bytes_that_it_is_from(warehouse: reader.Reader, shards: dict[str, Any]):
    chicago = shards["IL"]["places"]["1714000"]
    award = next(one for one in chicago["awards"] if one["fain"] == "2020ULWX0056")
    told = shards["IL"]["payloads"][str(award["payload"])]
    assert (told["capture"], told["url"], told["sha256"]) == warehouse.execute(
        "select capture_id, url, sha256 from core.fct_award join meta.payload on _capture_id = capture_id"
        " and _payload_id = payload_id where fain = '2020ULWX0056'"
    ).fetchall()[0]
    for shard in shards.values():
        for place in shard["places"].values():
            named = [one["payload"] for part in ("awards", "lists", "events") for one in place.get(part, [])]
            named += [one["payload"] for part in ("statuses", "listed", "people") for one in place.get(part, [])]
            named += [one["payload"] for one in place.get("announced", [])]
            named += [one[7] for one in place.get("agencies", []) if one[7]]
            named += [number for one in place.get("agencies", []) for number in (one[12] or "").split()]
            named += [
                number for part in ("months", "years") for one in place.get(part, []) for number in one["payloads"]
            ]
            assert {str(number) for number in named} <= set(shard["payloads"])
        lists = {day[3] for days in shard.get("snapshots", {}).values() for day in days}
        assert lists <= set(shard["payloads"])


def test_a_place_has_what_was_announced_for_it(warehouse: reader.Reader, held: dict[str, Any]):
    """As the press releases print it (facts/money/printed_awards.csv), beside what is captured, never added."""
    told = [one for place in held.values() for one in place.get("announced", [])]
    assert (len(told), sum(one["amount"] for one in told)) == tuple(
        map(
            float,
            warehouse.execute("select count(*), sum(announced_amount) from core.fct_announced_award").fetchall()[0],
        )
    )
    chicago = {(one["fiscal_year"], one["amount"], one["officers"]) for one in held["1714000"]["announced"]}
    assert {(2016, 3_125_000, 25), (2021, 6_250_000, 50), (2022, 6_250_000, 50)} <= chicago
    # places of which nothing else, or no captured award, is held
    (terrebonne,) = held["22109"]["announced"]
    assert (terrebonne["amount"], terrebonne["agency"], terrebonne["fain"]) == (
        1_000_000, "Terrebonne Parish Sheriff's Office", None,
    )  # fmt: skip
    (del_norte,) = held["06015"]["announced"]
    assert (del_norte["on"], del_norte["amount"], del_norte["officers"]) == ("2012-07-03", 125_000, 1)
    assert "Upper Sioux Indian Community" in {place["name"] for place in held.values() if place.get("announced")}


def test_an_agency_says_which_incident_files_are_held_of_it(held: dict[str, Any]):
    """Monroe, Louisiana, reported by monthly totals in 2016, though its file has twelve months; the file of 2017 says
    that its incidents begin on 2017-06-01 (nibrs.md, section 5)."""
    files = {one[1]: tuple(one[9:12]) for place in held.values() for one in place.get("agencies", []) if one[9]}
    assert len(files) == 218
    assert files["LA0100000"] == ("2012, 2013, 2014, 2016, 2017", "60", "60")
    assert files["LA0370100"] == ("2016, 2017", "24", "7")


def test_every_nickname_is_of_a_place_that_is_held(warehouse: reader.Reader):
    known = {geoid for (geoid,) in warehouse.execute("select geoid from core.dim_jurisdiction").fetchall()}
    assert set(nicknames.of_places()) <= known


def opened(tab: browser.Tab, site: Path, address: str) -> None:
    tab.shows()
    tab.open(f"file://{site}/{address}")
    tab.until("Boolean(document.body.dataset.ready || document.querySelector('#found[data-ready]'))")


class TestInABrowser:
    pytestmark = in_a_browser

    @pytest.mark.parametrize(
        ("text", "geoid"),
        [("Portland, OR", "4159000"), ("Portland OR", "4159000"), ("Portland, Oregon", "4159000"),
         ("4159000", "4159000"), ("Chicago", "1714000"), ("Cook County", "17031"), ("OR", "41"),
         ("San Francisco", "0667000"), ("06075", "0667000"), ("st. paul, mn", "2758000"), ("Los Angeles", "0644000"),
         ("Portland, Ore.", "4159000"), ("Miami, Fla.", "1245000"), ("Charleston, W.Va.", "5414600"),
         ("City and County of San Francisco", "0667000"), ("City of Chicago", "1714000"),
         ("County of Los Angeles", "06037"), ("State of California", "06"), ("Commonwealth of Massachusetts", "25")],
    )  # fmt: skip
    def test_the_search_finds_a_place_as_the_command_line_does(
        self, tab: browser.Tab, site: Path, warehouse: reader.Reader, text: str, geoid: str
    ):
        opened(tab, site, "places.html?q=" + text.replace(" ", "%20"))
        first = tab.ask("document.querySelector('#found a')?.getAttribute('href')")
        assert first.endswith(f"place={geoid}")
        assert places.find(warehouse, text).place.geoid == geoid

    # nicknames, slips of typing, a state without a comma: not asked of the command line
    @pytest.mark.parametrize(
        ("text", "geoid"),
        [("NYC", "3651000"), ("Portland Oregon", "4159000"), ("Portland, Maine", "2360545"),
         ("Portlnd, OR", "4159000"), ("phildelphia", "4260000"), ("LA", "22"), ("Nashville", "4752006"),
         ("philly", "4260000"), ("new orl", "2255000"),
         # Staten Island and Bronx County are two nicknames of one place
         ("Island County", "53029"), ("Chicago Police Department", "1714000"),
         ("Cook County Sheriff's Office", "17031"),
         # New York City is found by the words, too, and has more people
         ("York County", "45091")],
    )  # fmt: skip
    def test_the_search_forgives_slips_and_knows_nicknames(self, tab: browser.Tab, site: Path, text: str, geoid: str):
        opened(tab, site, "places.html?q=" + text.replace(" ", "%20"))
        assert tab.console == []
        assert tab.ask("document.querySelector('#found a')?.getAttribute('href')").endswith(f"place={geoid}")
        guessed = "Did you mean" in tab.ask("document.getElementById('said').textContent")
        assert guessed is (text in ("Portlnd, OR", "phildelphia"))

    def test_a_search_without_an_answer_says_what_that_means(self, tab: browser.Tab, site: Path):
        opened(tab, site, "places.html?q=Xyzzyville")
        assert tab.ask("document.querySelectorAll('#found li').length") == 0
        assert "does not mean" in tab.ask("document.getElementById('said').textContent")

    @pytest.mark.parametrize("code", ["1714000", "0667000", "4159000", "17031", "41", "0644000", "3651000", "1"])
    def test_a_place_says_who_lists_it_as_the_named_query_does(
        self, tab: browser.Tab, site: Path, warehouse: reader.Reader, code: str
    ):
        opened(tab, site, f"place.html?place={code}")
        assert tab.console == []
        asked = questions.question("on_which_lists")
        days = ("2014-09-30", "2017-03-27", "2017-11-15", "2025-05-30", "2025-06-02", "2025-08-05", "2026-06-01")
        for day in days:
            # the command line reads "1" as a state's code, 01
            named = {"jurisdiction": "United States" if code == "1" else code, "as_of": day}
            rows = questions.ask(warehouse, asked, named).fetchall()
            assert len(rows) == 8
            for _, tracker, answer, _, by, *_ in rows:
                said = tab.ask(f"clawback.saysOn('{tracker}', '{day}')")
                assert (said["answer"], said["by"] or None) == (answer, str(by) if by else None), (tracker, day)

    @pytest.mark.parametrize(
        ("code", "says"),
        [("66", "territory, GEOID 66"), ("5101000", "independent city, in no county, GEOID 5101000"),
         ("48", "state, GEOID 48"),
         # the people of the rest of East Baton Rouge Parish are not in it
         ("2205000", "city and county under one government, GEOID 2205000, 219,573 people in 2023 under the city's"),
         ("5310215", "city or village, GEOID 5310215")],
    )  # fmt: skip
    def test_a_page_says_what_kind_of_unit_it_is_about(self, tab: browser.Tab, site: Path, code: str, says: str):
        """Guam is no state, and Alexandria (Virginia) is in no county."""
        opened(tab, site, f"place.html?place={code}")
        assert tab.ask("document.getElementById('lead').textContent").startswith(says)

    @pytest.mark.parametrize(
        ("code", "name"),
        [("22033", "Baton Rouge city, Louisiana"), ("36061", "New York city, New York"),
         ("11001", "Washington city, District of Columbia"), ("17031", "Cook County, Illinois")],
    )  # fmt: skip
    def test_a_county_that_a_city_also_is_has_the_city_s_page(self, tab: browser.Tab, site: Path, code: str, name: str):
        opened(tab, site, f"place.html?place={code}")
        assert tab.console == []
        assert tab.ask("document.getElementById('place-title').textContent") == name

    def test_a_law_of_the_state_is_cited_as_the_state_s(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=5101000")
        cited = tab.ask("[...document.querySelectorAll('#events .cited')].map((one) => one.textContent)")
        assert cited
        assert all(", Virginia. In: Clawback" in one and "Alexandria" not in one for one in cited)

    def test_what_decides_a_provision_is_told_in_words(self, tab: browser.Tab, site: Path):
        """The stay of 25 September 2017 put Texas' Senate Bill 4 in force."""
        opened(tab, site, "place.html?place=4835000&day=2017-10-01")
        said = tab.ask("document.getElementById('says-table').textContent")
        assert "in force (injunction stayed statute SB 4)" in said

    def test_a_list_of_one_day_is_not_said_to_have_ended_on_the_next(self, tab: browser.Tab, site: Path):
        """Denver is on the map as of 2014-09-30, which says nothing of later days, and on a list that was withdrawn."""
        opened(tab, site, "place.html?place=0820000")
        assert tab.console == []
        rows = tab.ask("[...document.querySelectorAll('#lists tbody tr')].map((row) => [...row.cells].map("
                       "(cell) => cell.textContent))")  # fmt: skip
        ends = {row[0]: row[3] for row in rows}
        assert [end for tracker, end in ends.items() if tracker.startswith("CIS map")] == [
            "not known: nothing is known after 2014-09-30"
        ]
        assert [end for tracker, end in ends.items() if tracker.startswith("DHS")] == [
            "2025-06-01: by then the list was withdrawn"
        ]
        assert not [end for end in ends.values() if "2014-10-01" in end]
        # it is the only map that is held, but of a second one the same would be true
        assert [row[2] for row in rows if row[0].startswith("CIS map")] == ["on the list of 2014-09-30"]

    @pytest.mark.parametrize(
        # Homeland Security's list of 2025-05-29 named Chicago, and no Arlington in Texas
        ("code", "means"),
        [("1714000", "The list named the place before it was withdrawn."),
         ("4804000", "The list did not name the place before it was withdrawn.")],
    )  # fmt: skip
    def test_of_a_list_that_was_withdrawn_is_said_whether_it_named_the_place(
        self, tab: browser.Tab, site: Path, code: str, means: str
    ):
        opened(tab, site, f"place.html?place={code}")
        said = tab.ask("clawback.saysOn('dhs', '2026-06-01')")
        assert (said["answer"], said["means"]) == ("not listed: the list was withdrawn", means)

    def test_a_chosen_day_changes_what_is_said(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?state=IL&place=1714000&day=2025-08-05")
        said = "document.getElementById('says-table').textContent"
        assert "listed: sanctuary" in tab.ask(said)
        tab.ask("document.getElementById('day').value = '2016-01-01'; true")
        tab.ask("document.getElementById('day').dispatchEvent(new Event('input')); true")
        assert "listed: sanctuary" not in tab.ask(said)
        assert "no list of its state by then" in tab.ask(said)

    def test_the_line_of_offenses_stops_where_nothing_is_known(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=1714000")
        pieces = tab.ask("document.querySelectorAll('#chart-crime .mark-line path').length")
        assert pieces > 2
        rects = tab.ask("document.querySelectorAll('#chart-coverage .mark-rect path').length")
        assert rects > 100
        assert tab.ask("document.querySelectorAll('#chart-timeline .mark-symbol path').length") > 5
        table = "[...document.querySelectorAll('#axis-note table tbody tr')]"
        unknown = tab.ask(f"{table}.filter((one) => one.cells[1].textContent === 'not known').length")
        assert unknown > 5
        assert tab.ask(f"{table}.length") == rects

    def test_each_figure_says_where_it_is_from_and_how_to_cite_it(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?state=IL&place=1714000&day=2025-09-27")
        for part in ("people", "axis", "awards", "events", "lists", "agencies"):
            text = tab.ask(f"document.getElementById('{part}').textContent")
            assert "Where is this from?" in text, part
            assert "sha256" in text, part
        # of the eight trackers and of the provisions, each with a list or a source
        rows = "[...document.querySelectorAll('#says-table tbody tr')].map((one) => one.lastChild.textContent)"
        told = tab.ask(rows)
        assert sum("Where is this from?" in one and "dated" in one and "sha256" in one for one in told) >= 7
        assert all("Where is this from?" in one or "is held" in one for one in told)
        cited = tab.ask("[...document.querySelectorAll('.cited')].map((one) => one.textContent)")
        assert len(cited) > 30
        for line in cited:
            assert not {"file://", "127.0.0.1", "localhost"} & set(line.split())
            assert "file:" not in line
            assert "Clawback, release " in line

    @pytest.mark.parametrize(
        ("code", "part", "text"),
        [("22109", "awards", "$1,000,000"), ("06015", "awards", "As announced"),
         ("06015", "awards", "No award of this place is captured from USAspending."),
         ("1714000", "awards", "not to be added to the captured awards"), ("1714000", "awards", "15JCOPS21GG03416UHPX"),
         ("22019", "agencies", "2012, 2013, 2014, 2016, 2017: 60 of 60 months held count as sent"),
         ("22019", "axis", "Victims in incident files are: see its agencies below.")],
    )  # fmt: skip
    def test_a_place_shows_what_was_announced_and_which_incident_files_are_held(
        self, tab: browser.Tab, site: Path, code: str, part: str, text: str
    ):
        opened(tab, site, f"place.html?place={code}")
        assert tab.console == []
        assert text in tab.ask(f"document.getElementById('{part}').textContent")

    def test_where_no_offense_is_drawn_nothing_is_said_of_offenses(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=06015")
        text = tab.ask("document.getElementById('axis').textContent")
        assert "No crime figure of this place is held." in text
        assert not [said for said in ("These are offenses", "The line stops", "FBI") if said in text]

    def test_an_axis_of_counts_has_no_fractions(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=5010675")  # Burlington, Vermont: one homicide at most in a month
        ticks = tab.ask(
            "[...document.querySelectorAll('#chart-crime .role-axis-label text')].map((one) => one.textContent)"
        )
        assert "1" in ticks
        assert not any("." in tick for tick in ticks)

    def test_an_agency_without_a_number_of_the_fbi_is_shown_without_one(self, tab: browser.Tab, site: Path):
        # ICE lists a constable of the borough, whom the register of 2020 does not have; its police are in it
        opened(tab, site, "place.html?state=PA&place=4241440")
        text = tab.ask("document.getElementById('agencies').textContent")
        assert "Lansdowne Borough Constable's Office, not in the FBI's register held here" in text
        assert "Lansdowne Police Department (PA0231500)" in text
        assert "null" not in text

    def test_an_award_is_cited_as_the_command_line_does(self, tab: browser.Tab, site: Path, warehouse: reader.Reader):
        opened(tab, site, "place.html?state=IL&place=1714000")
        cited = tab.ask(
            "[...document.querySelectorAll('#awards .cited')].map((o) => o.textContent)"
            ".find((text) => text.includes('2020ULWX0056'))"
        )
        line = citing.of_row(warehouse, "core.fct_award", "fain=2020ULWX0056", "text")
        assert cited.partition(" From: ")[2] == line.partition(" From: ")[2]
        release = line.partition(" In: ")[2].partition(" edition")[0]
        assert release in cited

    @pytest.mark.parametrize(
        ("part", "table", "key", "what"),
        [("events", "core.fct_policy_event", "policy_event_key", "announced MCC ch. 2-173 Welcoming City (2012)"),
         ("awards", "core.fct_announced_award", "announced_award_key", "Award announced by Chicago Tribune")],
    )  # fmt: skip
    def test_who_printed_it_is_cited_as_the_command_line_does(
        self, tab: browser.Tab, site: Path, warehouse: reader.Reader, part: str, table: str, key: str, what: str
    ):
        """The row's own document and its publisher, not the table that it was typed into alone."""
        opened(tab, site, "place.html?state=IL&place=1714000")
        cited = tab.ask(
            f"[...document.querySelectorAll('#{part} .cited')].map((o) => o.textContent)"
            f".find((text) => text.startsWith('{what}'))"
        )
        traced = tab.ask(
            f"[...document.querySelectorAll('#{part} tr')].find((row) => row.textContent.includes('{what}'))"
            ".textContent.match(/clawback trace \\S+ (\\S+?)Cite/)[1]"
        )
        line = citing.of_row(warehouse, table, f"{key}={traced}", "text")
        assert cited.partition(" From: ")[2] == line.partition(" From: ")[2]

    def test_what_is_not_held_is_drawn_as_unknown_to_the_end_of_the_axis(self, tab: browser.Tab, site: Path):
        # Steelton is in Table 8 of 2012 to 2018 without 2014; the tables go on to 2023
        opened(tab, site, "place.html?state=PA&place=4273888")
        rows = tab.ask(
            "[...document.querySelectorAll('#axis-note table tbody tr')]"
            ".map((one) => [one.cells[0].textContent, one.cells[1].textContent])"
        )
        known = {year: count != "not known" for year, count in rows}
        assert [known[str(year)] for year in range(2012, 2024)] == [
            y not in (2014, *range(2019, 2024)) for y in range(2012, 2024)
        ]
        assert known["2025"] is False
        rects = tab.ask("document.querySelectorAll('#chart-coverage .mark-rect path').length")
        assert rects == len(rows)
        assert "6 of 12 years are counted" in tab.ask("document.getElementById('axis-title').textContent")

    def test_a_screen_reader_is_told_what_each_picture_shows(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?state=IL&place=17031")
        told = tab.ask(
            "[...document.querySelectorAll('.chart')].filter((one) => one.dataset.drawn)"
            ".map((one) => ['role', 'aria-label', 'aria-roledescription'].map((name) => one.getAttribute(name)))"
        )
        assert len(told) >= 2
        assert all(role == "img" and "Cook County" in label and other is None for role, label, other in told), told

    def test_a_unit_of_no_known_state_is_not_told_of_lists_of_its_state(
        self, tab: browser.Tab, site: Path, shards: dict[str, Any]
    ):
        code = next(code for code, one in shards["US"]["places"].items() if one["level"] == "unresolved")
        opened(tab, site, f"place.html?state=US&place={code}&day=2025-09-27")
        assert "its state is not known" in tab.ask("document.getElementById('says-table').textContent")
        assert "of its state" not in tab.ask("document.getElementById('says-table').textContent")

    def test_another_series_is_drawn_when_it_is_chosen(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=1714000")
        titles = tab.ask("[...document.querySelectorAll('#series option')].map((one) => one.textContent)")
        by_year = next(n for n, title in enumerate(titles) if "by year" in title and "Robbery" in title)
        tab.ask(f"document.getElementById('series').value = '{by_year}'; true")
        tab.ask("document.getElementById('series').dispatchEvent(new Event('change')); true")
        tab.until(f"document.getElementById('series').dataset.drawn === '{by_year}'")
        assert tab.console == []
        assert "years are counted" in tab.ask("document.getElementById('axis-title').textContent")

    @pytest.mark.parametrize(
        ("code", "counties"),
        [("17031", 1), ("0667000", 1), ("3651000", 5), ("1714000", 0), ("0203000", 1), ("02195", 1)],
    )
    def test_a_county_is_shown_in_its_state(self, tab: browser.Tab, site: Path, code: str, counties: int):
        opened(tab, site, f"place.html?place={code}")
        assert tab.console == []
        assert tab.ask("document.getElementById('where').hidden") is (counties == 0)
        fills = tab.ask(
            "[...document.querySelectorAll('#chart-county .mark-shape path')].map((o) => o.getAttribute('fill'))"
        )
        assert fills.count("#0072B2") == counties
        assert len(fills) < 300, "only the counties of its state"

    # only spans over the axis, only points, neither; no month that is counted
    @pytest.mark.parametrize("code", ["0203000", "1714000", "4159000", "12017"])
    def test_a_place_of_which_little_is_known_draws_without_a_warning(self, tab: browser.Tab, site: Path, code: str):
        opened(tab, site, f"place.html?place={code}")
        assert tab.console == []
        assert tab.ask("document.body.dataset.ready") == "yes"

    def test_what_is_handed_out_says_what_its_columns_mean(self, tab: browser.Tab, site: Path):
        opened(tab, site, "place.html?place=1714000")
        told = tab.ask("fetch(document.querySelector('#axis-note a[download$=json]').href).then((one) => one.json())")
        assert set(told["columns"]) == set(told["rows"][0])
        assert set(told["overlay_columns"]) == set(told["overlay"][0])
        assert "unit: count" in told["columns"]["offenses"]

    def test_an_unknown_code_says_so(self, tab: browser.Tab, site: Path):
        for address in (
            "place.html?place=9999999",
            "place.html?state=ZZ&place=1",
            "place.html",
            "place.html?place=toString",
        ):
            opened(tab, site, address)
            assert tab.ask("document.querySelector('h1').textContent") == "No such place"
            assert tab.ask("document.getElementById('content').hidden")
