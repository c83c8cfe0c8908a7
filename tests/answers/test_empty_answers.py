"""An answer without rows says why: over the published release, and over a small one whose truth is known.

What belongs here: parameters that are refused, titles, and the reasons of empty answers. What does not: which unit a
typed place means (test_places).
"""

from __future__ import annotations

import json

import duckdb
import pytest

from orchestration.reading import empty, questions
from tests.conftest import clawback

# A city of the Census's lists of which no edition of ours holds an award, an event, a listing or a count.
NOTHING_HELD = "Kaycee, WY"


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def ask(connection, name, **given):
    return questions.answer(connection, questions.question(name), given)


QUESTIONS = questions.questions()
OF_PLACES = sorted(name for name, q in QUESTIONS.items() if any(p.kind == "place" for p in q.parameters.values()))


class TestParameters:
    def test_every_parameter_has_a_kind_that_exists_and_a_default_that_is_right(self, connection):
        for name in QUESTIONS:
            ask(connection, name)

    @pytest.mark.parametrize("name", OF_PLACES)
    def test_a_misspelt_place_is_refused_with_the_nearest_names(self, connection, name):
        with pytest.raises(questions.WrongParameter, match=r"nearest names: .*Chicago city, Illinois"):
            ask(connection, name, jurisdiction="Chicgo, IL")

    @pytest.mark.parametrize("name", OF_PLACES)
    def test_a_name_of_several_places_is_refused_with_their_codes(self, connection, name):
        with pytest.raises(questions.WrongParameter, match=r"several places are called 'Springfield'.*\(1772000\)"):
            ask(connection, name, jurisdiction="Springfield")

    @pytest.mark.parametrize(
        ("name", "parameter", "wrong", "there_are"),
        [
            ("listed", "tracker", "nobody", "all, cis, dhs, doj, doj_letters, ice_287g, ice_ddor, ilrc, meyer_co"),
            # 287(g) agreements are the opposite of a sanctuary list
            ("at_risk", "tracker", "ice_287g", "cis, dhs, doj"),
            ("tracker_agreement", "a", "D.O.J.", "cis, dhs, doj, doj_letters, ice_287g, ice_ddor, ilrc, meyer_co"),
            ("crime_months", "offense", "rap", "RPE"),
            ("crime_years", "offense", "XXX", "ROB"),
            ("reporting_gap", "offense_family", "burglary", "all_violent"),
            ("city_reporting", "window", "year", "year to date"),
            ("city_reporting", "offense", "theft", "sexual_assault"),
            ("status", "known", "everyone", "public, ours"),
        ],
    )
    def test_a_value_that_does_not_exist_is_refused_with_those_there_are(
        self, connection, name, parameter, wrong, there_are
    ):
        with pytest.raises(questions.WrongParameter, match="there are: ") as told:
            ask(connection, name, **{parameter: wrong})
        assert there_are in str(told.value).partition("there are: ")[2]

    @pytest.mark.parametrize(
        ("name", "given", "value"),
        [
            ("crime_months", {"jurisdiction": "Chicago, IL", "offense": "Motor Vehicle Theft"}, "MVT"),
            ("crime_months", {"jurisdiction": "Chicago, IL", "offense": "rob"}, "ROB"),
            ("crime_months", {"jurisdiction": "Chicago, IL", "offense": "aggravated_assault"}, "ASS"),
        ],
    )
    def test_a_value_may_be_written_in_words_and_in_any_case(self, connection, name, given, value):
        asked = questions.question(name)
        by_value = questions.ask(connection, asked, {**given, "offense": value}).fetchall()
        assert by_value
        assert questions.ask(connection, asked, given).fetchall() == by_value

    @pytest.mark.parametrize("wrong", ["2025-13-01", "2025-02-30", "1/2/2025", "yesterday", "20250101", "2025-1-1"])
    @pytest.mark.parametrize(("name", "parameter"), [("listed", "as_of"), ("exposure", "as_of"), ("four_cities", "to")])
    def test_dates_are_dates(self, connection, name, parameter, wrong):
        with pytest.raises(questions.WrongParameter, match="is no day: write YYYY-MM-DD"):
            ask(connection, name, **{parameter: wrong})

    def test_days_in_the_wrong_order_are_refused(self, connection):
        with pytest.raises(questions.WrongParameter, match="from=2017-03-27 lies after to=2016-11-08"):
            ask(connection, "four_cities", **{"from": "2017-03-27", "to": "2016-11-08"})

    def test_a_day_after_the_newest_capture_is_answered_with_a_note(self, connection):
        notes = ask(connection, "listed", as_of="2999-01-01").notes
        assert any("lies after" in note and "nothing later is known" in note for note in notes)


class TestTitles:
    def test_a_title_is_true_under_its_parameters(self, connection):
        assert "the DOJ sanctuary jurisdiction list" in ask(connection, "at_risk").title
        assert "the DHS sanctuary jurisdiction list of 2025-05-29" in ask(connection, "at_risk", tracker="dhs").title
        assert "victims of robbery report" in ask(connection, "reporting_gap", offense_family="robbery").title
        title = ask(connection, "exposure", jurisdiction="DC", as_of="2022-01-01").title
        assert "Washington city, District of Columbia (1150000) hold on 2022-01-01" in title

    def test_no_title_keeps_a_parameter_that_it_does_not_have(self, connection):
        for name in QUESTIONS:
            assert "{" not in ask(connection, name).title, name


class TestReasons:
    def test_a_list_that_has_ended_says_when_and_how(self, connection):
        assert ask(connection, "at_risk", tracker="dhs").why_empty == (
            "None: the DHS sanctuary jurisdiction list of 2025-05-29 was withdrawn by 2025-06-01,"
            " and nobody is on it since."
        )
        of_one_day = ask(connection, "at_risk", tracker="cis").why_empty
        assert of_one_day.startswith("No row: the CIS map of sanctuary cities, counties and states, as of 2014-09")
        assert "nothing is known of it from 2014-10-01 on, which is not a none" in of_one_day
        assert ask(connection, "at_risk", tracker="doj").why_empty is None

    @pytest.mark.parametrize(
        ("tracker", "day"),
        [
            ("cis", "2014-10-01"),
            ("meyer_co", "2014-06-25"),
            ("doj_letters", "2017-05-01"),
            ("ice_ddor", "2026-01-01"),
            ("all", "2016-01-01"),
        ],
    )
    def test_a_day_after_a_list_of_one_day_is_no_none(self, connection, tracker, day):
        found = ask(connection, "listed", tracker=tracker, as_of=day)
        assert found.relation.fetchall() == []
        assert found.why_empty.startswith("No row: ")
        assert f"nothing is known of {day} from it, which is not a none" in found.why_empty

    @pytest.mark.parametrize("name", OF_PLACES)
    def test_a_place_that_nothing_was_captured_of_is_no_none(self, connection, name):
        found = ask(connection, name, jurisdiction=NOTHING_HELD)
        if name in ("status", "on_which_lists"):
            # these answer for every provision or tracker, and say unknown
            assert found.why_empty is None
            return
        assert "Kaycee town, Wyoming (5641353)" in found.why_empty
        assert "not a none" in found.why_empty
        assert "To bring " in found.why_empty

    def test_a_day_before_the_first_captured_list_has_no_answer(self, connection):
        found = ask(connection, "listed", tracker="doj", as_of="2020-01-01")
        assert "begin on 2025-08-05" in found.why_empty
        assert "not a none" in found.why_empty

    def test_a_true_none_says_so(self, connection):
        """The list of 2025-05-29 was withdrawn by 2025-06-01 and captured whole."""
        found = ask(connection, "listed", tracker="dhs", as_of="2025-07-01")
        assert found.relation.fetchall() == []
        assert found.why_empty.startswith(
            "None: the DHS sanctuary jurisdiction list of 2025-05-29 was withdrawn by 2025-06-01"
        )

    @pytest.mark.parametrize(
        ("name", "place", "what", "held"),
        [
            # the later scrape has its months from 2017-01 to 2026-09
            ("crime_months", "Los Angeles, CA", "of the months of offenses", " (117, from "),
            # its sheriff has months from 2025-01 to 2026-04, and no row of the annual tables of cities
            ("crime_years", "Cook County, IL", "of the years of offenses", " (2, from "),
        ],
    )
    def test_what_is_held_of_a_place_is_counted_in_months_and_years(self, connection, name, place, what, held):
        """Arson is in no month that the recorded edition has."""
        why = ask(connection, name, jurisdiction=place, offense="ARS").why_empty
        assert what in why
        assert held in why

    def test_a_city_of_which_only_printed_figures_are_held_has_no_months_of_reports(self, connection):
        found = ask(connection, "city_reporting", jurisdiction="Chicago, IL")
        assert "it holds them for 1 place." in found.why_empty

    def test_a_city_of_which_nothing_was_announced_is_told_of_announcements_not_of_its_awards(self, connection):
        """The recorded edition holds an award of Wauwatosa of 2020, and no print that names it."""
        why = ask(connection, "announced", jurisdiction="Wauwatosa, WI").why_empty
        assert why.startswith("This release holds no announced awards of Wauwatosa city")
        assert "--source cops" in why

    def test_a_tracker_without_a_list_at_hand_is_compared_with_none(self, connection):
        why = ask(connection, "tracker_agreement", a="ilrc", b="doj").why_empty
        assert "That is not a none" in why

    def test_an_answer_with_rows_has_no_reason(self, connection):
        assert ask(connection, "listed").why_empty is None

    def test_a_place_whose_name_others_bear_is_said(self, connection):
        found = ask(connection, "panel", jurisdiction="Los Angeles")
        assert "Los Angeles County, California (06037)" in found.notes[0]


@pytest.fixture
def small():
    """A release whose lists and awards are known: one tracker captured, one not; awards whole."""
    with duckdb.connect() as made:
        made.execute("create schema core; create schema meta")
        made.execute("create table meta.source_status (dataset varchar, records bigint, note varchar)")
        made.execute("create table core.dim_tracker (tracker_key varchar, tracker_code varchar)")
        made.execute(
            "create table core.fct_tracker_listing (tracker_key varchar, jurisdiction_key varchar,"
            " is_resolved boolean, listed_from date, listed_to date, last_seen_on date)"
        )
        made.execute(
            "create table core.fct_award (jurisdiction_key varchar, signed_on date, start_on date, _capture_id varchar)"
        )
        made.execute("create table meta.capture (capture_id varchar, note varchar)")
        made.execute("insert into meta.capture values ('c', null)")
        made.execute("create table core.dim_jurisdiction (jurisdiction_key varchar, is_resolved boolean)")
        made.execute("insert into core.dim_jurisdiction values ('x', true), ('y', true)")
        made.execute("insert into core.dim_tracker values ('t1', 'first'), ('t2', 'second')")
        made.execute(
            "insert into core.fct_tracker_listing values ('t1', 'x', true, date '2001-01-01', null, date '2001-06-01')"
        )
        made.execute("insert into core.fct_award values ('x', date '2001-02-01', null, 'c')")
        made.execute(
            "insert into meta.source_status values ('doj__sanctuary_list', 1, null), ('usaspending__awards', 1, null),"
            " ('socrata__incidents', 0, null)"
        )
        yield made


def test_a_release_of_another_version_is_told_so(small):
    with pytest.raises(questions.OlderRelease, match="`clawback refresh` builds one that answers"):
        questions.answer(small, questions.question("unresolved"), {})


class TestReasonsOverAKnownRelease:
    def test_a_tracker_that_is_not_captured(self, small):
        why = empty.why(small, empty.subjects()["listings"], {"tracker": "second"}, {"tracker": "the second list"})
        assert why.startswith("No list of the second list is captured")
        assert "not a none" in why

    def test_a_place_without_an_award_where_awards_are_captured_whole_is_a_true_none(self, small):
        why = empty.why(small, empty.subjects()["awards"], {"jurisdiction": "y"}, {"jurisdiction": "Exampleville"})
        assert why == "None: the captures of awards are whole, and hold none of Exampleville."

    def test_one_award_is_not_counted_as_several(self, small):
        values = {"jurisdiction": "x", "as_of": "2001-03-01"}
        labels = {"jurisdiction": "Exampleville", "as_of": "2001-03-01"}
        why = empty.why(small, empty.subjects()["awards"], values, labels)
        assert why == (
            "None: of the awards that this release holds of Exampleville (1, from 2001-02-01 to 2001-02-01),"
            " none meets as_of = 2001-03-01."
        )

    def test_a_subject_that_nothing_is_captured_of_names_its_datasets_and_the_way_to_bring_them(self, small):
        why = empty.why(small, empty.subjects()["incidents"], {"jurisdiction": "y"}, {"jurisdiction": "Exampleville"})
        assert "socrata__incidents" in why
        assert "clawback refresh --live --source socrata" in why

    def test_awards_that_begin_later_than_the_day_asked_for(self, small):
        values = {"jurisdiction": "x", "as_of": "2000-01-01"}
        why = empty.why(
            small, empty.subjects()["awards"], values, {"jurisdiction": "Exampleville", "as_of": "2000-01-01"}
        )
        assert "begin on 2001-02-01" in why


class TestCommandLine:
    def test_an_empty_answer_says_why_on_the_screen_and_beside_a_file(self, published):
        settings, _ = published
        shown = clawback(settings.root, "query", "exposure", "--jurisdiction", NOTHING_HELD)
        assert (shown.returncode, "No rows. This release holds no awards of Kaycee town, Wyoming" in shown.stdout) == (
            0,
            True,
        )
        written = clawback(settings.root, "query", "exposure", "--jurisdiction", NOTHING_HELD, "--json")
        assert json.loads(written.stdout) == []
        assert "No rows. This release holds no awards of Kaycee town, Wyoming" in written.stderr

    def test_a_place_that_does_not_exist_ends_with_the_code_of_usage(self, published):
        settings, _ = published
        refused = clawback(settings.root, "query", "status", "--jurisdiction", "Chicgo")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Chicago city, Illinois (1714000)" in refused.stderr

    def test_rows_of_another_kind_make_no_none_where_the_captures_are_a_selection(self, small):
        small.execute("update meta.capture set note = 'two awards of many'")
        asked = {"jurisdiction": "x", "as_of": "2001-03-01"}
        why = empty.why(small, empty.subjects()["awards"], asked, {**asked, "jurisdiction": "Exampleville"})
        assert "That is not a none: two awards of many" in why
        assert "To bring more" in why
