"""What changed between two releases: every change that was made is told, in a sentence, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from lxml import etree

from orchestration.reading import differences, places
from orchestration.release import audit, changes, feed, history, keys, layout, markers, publish, telling
from orchestration.release.changes import Change
from orchestration.release.own_tables import KEYS
from orchestration.settings import Settings
from tests.conftest import clawback, unlocked

ATOM = {"a": feed.ATOM}
GRAMMAR = Path(__file__).with_name("atom.rng")


@pytest.fixture(scope="module")
def file(published) -> Path:
    return published[0].published_file.resolve()


@pytest.fixture(scope="module")
def declared_keys(file) -> list[keys.Key]:
    with duckdb.connect(str(file), read_only=True) as connection:
        (name,) = connection.execute("select current_database()").fetchone()
        return keys.of_release(connection, name)


@pytest.fixture
def compare(file, declared_keys, tmp_path):
    """What changed since a release that is this one but for some statements."""

    def compared(*statements: str) -> list[Change]:
        older = tmp_path / "older.duckdb"
        shutil.copyfile(file, older)
        older.chmod(0o644)
        with duckdb.connect(str(older)) as connection:
            for statement in statements:
                connection.execute(statement)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{older}' as older (read_only)")
            connection.execute(f"attach '{file}' as newer (read_only)")
            return changes.between(connection, "older", "newer", declared_keys)

    return compared


def ask(file: Path, sql: str):
    with layout.opened(file) as connection:
        return connection.execute(sql).fetchall()


class TestEachChangeIsTold:
    def test_nothing_changed_and_nothing_is_told(self, compare):
        assert compare() == []

    def test_an_award_that_is_new_and_one_that_changed_by_how_much(self, file, compare):
        (new,), (changed,) = (
            ask(file, f"select fain, obligated_amount from core.fct_award order by fain {way} limit 1")
            for way in ("asc", "desc")
        )
        found = compare(
            f"delete from core.fct_award where fain = '{new[0]}'",
            f"update core.fct_award set obligated_amount = obligated_amount - 1000.5 where fain = '{changed[0]}'",
        )
        told = [change for change in found if change.table == ("core", "fct_award")]
        assert [(change.kind, change.column, change.difference) for change in told] == [
            ("new", None, None), ("changed", "obligated_amount", 1000.5),
        ]  # fmt: skip
        assert told[0].sentence.startswith(f"New award {new[0]} to ")
        amount, before = (f"${value:,.2f}".removesuffix(".00") for value in (changed[1], float(changed[1]) - 1000.5))
        assert f"obligated was {before} and is {amount} ($1,000.50 more)" in told[1].sentence

    def test_a_listing_that_is_new_one_that_is_gone_and_one_that_ended(self, file, compare):
        name, state, tracker = ask(
            file,
            "select listed_name, state_code, tracker_name from core.fct_tracker_listing join core.dim_tracker"
            " using (tracker_key) where listed_to is null order by listing_key limit 1",
        )[0]
        ended = ask(file, "select listing_key, listed_name, listed_to from core.fct_tracker_listing"
                          " where listed_to is not null order by 1 limit 1")[0]  # fmt: skip
        found = compare(
            "delete from core.fct_tracker_listing where listing_key = (select min(listing_key)"
            " from core.fct_tracker_listing where listed_to is null)",
            f"update core.fct_tracker_listing set listed_to = null where listing_key = '{ended[0]}'",
            "insert into core.fct_tracker_listing select 'gone', * exclude (listing_key)"
            " from core.fct_tracker_listing limit 1",
        )
        by_kind = {change.kind: change for change in found if change.is_notable}
        assert by_kind["new"].sentence.startswith(f"{tracker} lists {name}, {state}")
        assert by_kind["gone"].row_key == "gone"
        assert "no longer lists" in by_kind["changed"].sentence
        assert ended[1] in by_kind["changed"].sentence
        assert f"until {ended[2]}" in by_kind["changed"].sentence

    def test_what_moved_to_another_place_is_told_of_both(self, file, compare):
        """A listing and an award that were read as another unit's, and one that was nobody's."""
        listing, place = ask(
            file,
            "select listing_key, geoid from core.fct_tracker_listing join core.dim_jurisdiction"
            " using (jurisdiction_key) where geoid is not null order by 1 limit 1",
        )[0]
        (award, its), (other, others) = ask(
            file,
            "select award_key, geoid from core.fct_award join core.dim_jurisdiction using (jurisdiction_key)"
            " where geoid is not null order by award_key limit 2",
        )
        key, left = ask(
            file,
            "select jurisdiction_key, geoid from core.dim_jurisdiction where level = 'state' and geoid is not null"
            f" and geoid not in ('{place}', '{its}') order by 2 limit 1",
        )[0]
        found = compare(
            f"update core.fct_tracker_listing set jurisdiction_key = '{key}' where listing_key = '{listing}'",
            f"update core.fct_award set jurisdiction_key = '{key}' where award_key = '{award}'",
            f"update core.fct_award set jurisdiction_key = '-1' where award_key = '{other}'",
        )
        told = {(change.row_key, change.geoid) for change in found if change.column == "jurisdiction_key"}
        assert told == {(listing, place), (listing, left), (award, its), (award, left), (other, others)}
        # told once where all changes are told
        text = differences.Differences("a", "b", [], [], [], found).to_text()
        assert text.count("now counts for") == 2

    def test_a_listing_that_goes_on_after_all_is_not_said_to_have_ended(self, file, compare):
        key, name, since = ask(
            file,
            "select listing_key, listed_name, listed_from from core.fct_tracker_listing"
            " where listed_to is null order by 1 limit 1",
        )[0]
        (told,) = compare(f"update core.fct_tracker_listing set listed_to = date '2026-01-31',"
                          f" listed_to_because = 'no longer on the list' where listing_key = '{key}'")  # fmt: skip
        assert "no longer lists" not in told.sentence
        assert f"lists {name}, " in told.sentence
        assert told.sentence.endswith(f"from {since} on; before, until 2026-01-31")

    def test_a_listing_that_an_older_list_shows_earlier_is_not_said_to_be_off_the_lists(self, file, compare):
        """An older list that is brought later moves the first day: the row has another key, and the name is listed."""
        key, name, state, tracker, since, before = ask(
            file,
            "select listing_key, listed_name, state_code, tracker_name, listed_from, listed_from + 30"
            " from core.fct_tracker_listing join core.dim_tracker using (tracker_key)"
            " where listed_to is null order by 1 limit 1",
        )[0]
        told = compare(
            "update core.fct_tracker_listing set listing_key = 'later', listed_from = listed_from + 30"
            f" where listing_key = '{key}'"
        )
        sentences = {change.kind: change.sentence for change in told if change.is_notable}
        assert sentences["new"].startswith(f"{tracker} lists {name}, {state} (")
        assert sentences["new"].endswith(f", from {since}")
        assert sentences["gone"] == f"No longer held: that {tracker} lists {name}, {state}, from {before}"

    def test_a_month_that_comes_to_be_known_is_not_revised(self, file, compare):
        key, offenses = ask(file, "select crime_month_key, offenses from core.fct_crime_month"
                                  " where offenses > 20 order by 1 limit 1")[0]  # fmt: skip
        (told,) = compare(f"update core.fct_crime_month set offenses = null where crime_month_key = '{key}'")
        assert told.sentence.endswith(f" is {offenses}; it was not known before")
        key = ask(file, "select min(crime_month_key) from core.fct_crime_month where offenses is null")[0][0]
        (told,) = compare(f"update core.fct_crime_month set offenses = 3 where crime_month_key = '{key}'")
        assert told.sentence.endswith(" is no longer known; it was 3")

    def test_a_change_behind_the_digits_that_people_read_shows_them(self, file, compare):
        (told,) = compare(
            "update core.fct_victimization_reporting set percent_reported = percent_reported + 0.0001"
            " where victimization_reporting_key = (select min(victimization_reporting_key)"
            " from core.fct_victimization_reporting where percent_reported is not null)"
        )
        before, after = told.sentence.partition(" was ")[2].split(" and is ")
        assert before != after

    def test_money_that_was_taken_back_has_its_sign_before_the_dollar(self):
        assert [telling._number(value, "USD") for value in (-1234.5, -3, 1500)] == ["-$1,234.50", "-$3", "$1,500"]
        assert telling._number(-3, "count") == "-3"

    def test_a_law_passed_names_its_place_and_its_date_as_precise_as_it_is_known(self, file, compare):
        for precision, length in (("day", 10), ("month", 7), ("year", 4)):
            key, place, day, geoid = ask(
                file,
                "select policy_event_key, jurisdiction_name, event_from, geoid from core.fct_policy_event"
                f" join core.dim_jurisdiction using (jurisdiction_key) where date_precision = '{precision}'"
                " and geoid is not null order by 1 limit 1",
            )[0]
            (told,) = [
                change
                for change in compare(f"delete from core.fct_policy_event where policy_event_key = '{key}'")
                if change.is_notable
            ]
            assert told.sentence.startswith(f"{place}: ")
            assert told.sentence.endswith(f"({str(day)[:length]})")
            assert told.geoid == geoid

    def test_a_month_revised_names_agency_offense_month_both_counts_and_the_capture(self, file, compare):
        key, agency, offense, month, offenses, capture = ask(
            file,
            "select crime_month_key, agency_name, offense_name, month_start, offenses, m._capture_id"
            " from core.fct_crime_month as m join core.dim_agency using (agency_key) join core.dim_offense"
            " using (offense_key) where offenses > 20 order by 1 limit 1",
        )[0]
        (told,) = compare(f"update core.fct_crime_month set offenses = offenses + 7 where crime_month_key = '{key}'")
        assert told.sentence.startswith(agency)
        assert told.sentence.endswith(f": {offense} in {str(month)[:7]} revised from {offenses + 7} to {offenses}")
        assert (told.before, told.after, told.difference) == (offenses + 7, offenses, -7)
        assert told.capture_id == capture

    def test_a_verdict_comes_first(self, compare):
        found = compare(
            "update core.fct_crime_month set offenses = offenses + 1 where offenses > 500",
            "update analysis.mart_claim_check set verdict = 'supported' where verdict <> 'supported'",
            "update core.fct_award set end_on = end_on + 1 where end_on is not null",
        )
        assert found[0].table == ("analysis", "mart_claim_check")
        notable = [change.is_notable for change in found]
        assert notable == sorted(notable, reverse=True)
        months = [change for change in found if change.table == ("core", "fct_crime_month") and change.is_notable]
        assert len(months) > 3
        assert [change.number for change in found] == list(range(1, len(found) + 1))

    def test_tables_that_are_not_told_are_counted(self, compare):
        (told,) = compare("delete from reference.states where fips in ('01', '02')")
        assert (told.kind, told.rows, told.sentence) == ("rows", 2, "reference.states: 2 rows new")


class TestNoNoise:
    def test_floats_that_were_computed_again_are_equal(self, compare):
        assert compare(
            "update core.fct_crime_month set offenses_per_100k = offenses_per_100k * (1 + 1e-13)",
            "update core.fct_victimization_reporting set percent_reported = percent_reported * (1 - 1e-14)",
        ) == []  # fmt: skip

    def test_a_float_that_differs_is_counted(self, compare):
        (told,) = compare("update core.fct_crime_month set offenses_per_100k = offenses_per_100k * 1.001"
                          " where crime_month_key = (select min(crime_month_key) from core.fct_crime_month"
                          " where offenses_per_100k > 0)")  # fmt: skip
        assert told.sentence == "core.fct_crime_month: 1 row changed"

    def test_the_same_content_from_another_capture_is_no_change(self, compare):
        assert compare("update core.fct_award set _capture_id = 'another', _payload_id = 'x', _record_no = 9") == []

    def test_tables_about_the_builds_are_left_out(self, compare):
        assert compare("update meta.release set run_id = 'x'", "delete from meta.capture") == []

    def test_a_backfill_is_counted_not_listed(self, compare):
        found = compare("delete from core.fct_crime_month", "delete from core.fct_policy_event",
                        "update core.fct_crime_year set offenses = offenses + 1")  # fmt: skip
        assert len(found) <= 2 * changes.MOST + 10
        (months,) = [change for change in found if change.table == ("core", "fct_crime_month")]
        assert months.rows > 100_000
        events = [change for change in found if change.table == ("core", "fct_policy_event")]
        assert sum(change.rows for change in events) > 2 * changes.MOST
        assert events[-1].sentence.endswith("more rows new")


class TestReleasesOfOtherVersions:
    def test_columns_and_tables_that_come_and_go_are_said_once(self, compare):
        found = compare(
            "alter table core.fct_award drop column description",
            "drop table core.fct_population_year",
            "create table core.fct_former as select 1 as former_key",
        )
        assert [change.sentence.partition(" (")[0] for change in found] == [
            "core.fct_former is no longer published",
            "core.fct_population_year is a new table",
            "core.fct_award has a new column description",
        ]

    def test_a_label_that_the_older_release_has_not_is_passed_over(self, compare):
        found = compare(
            "alter table core.dim_recipient drop column recipient_name",
            "update core.fct_award set obligated_amount = obligated_amount + 1",
        )
        assert any(change.column == "obligated_amount" for change in found)

    def test_a_table_whose_key_is_new_is_said_to_be_keyed_differently(self, compare):
        found = compare(
            "alter table core.fct_policy_event drop column policy_event_key",
            "update core.fct_policy_event set note = 'x'",
        )
        assert "core.fct_policy_event changed; the two releases key it differently" in [c.sentence for c in found]

    def test_a_table_of_another_grain_is_not_compared_row_by_row(self, compare):
        """The older release had two rows of each key, and did not state it: one of them is neither new nor gone."""
        found = compare(
            "delete from meta.relationship where from_schema = 'core' and from_table = 'fct_listing_year'",
            "insert into core.fct_listing_year select * from core.fct_listing_year",
        )
        told = [change for change in found if change.table == ("core", "fct_listing_year")]
        assert [(change.kind, change.sentence) for change in told] == [
            ("rows", "core.fct_listing_year changed; the two releases key it differently")
        ]

    def test_another_type_of_the_same_value_is_no_change(self, compare):
        assert compare("alter table core.fct_award alter column fiscal_year type bigint") == []


class TestDeclarations:
    def test_every_column_that_a_sentence_names_is_published(self, file):
        published = {
            (row[0], row[1]): set(row[2])
            for row in ask(file, "select schema_name, table_name, list(column_name) from duckdb_columns()"
                                 " where not internal group by all")
        }  # fmt: skip
        labels, tables = telling.declared()
        for relation, table in tables.items():
            assert set(table.came) | set(table.went) <= set(table.changed)
            named = set(re.findall(r"\{(\w+)\}", " ".join(table.sentences)))
            said = {name for name in table.precision.values() if name not in ("month", "year")}
            wanted = (named - {"before", "after", "difference"}) | set(table.changed) | set(table.precision) | said
            assert wanted | ({table.place} if table.place else set()) <= published[relation]
        for name, label in labels.items():
            assert ask(file, f"select {label} from {name} limit 1")
        for table in tables.values():
            assert not table.only or ask(file, f"select 1 from {table.name} where {table.only} limit 1")

    def test_every_key_in_a_sentence_has_a_label(self, declared_keys):
        labels, tables = telling.declared()
        foreign = keys.foreign(declared_keys)
        for relation, table in tables.items():
            labelled = {key.columns[0] for key in foreign.get(relation, ()) if ".".join(key.to) in labels}
            assert set(re.findall(r"\{(\w+_key)\}", " ".join(table.sentences))) <= labelled


class TestKeys:
    def test_the_release_states_what_the_tests_of_its_build_prove(self, published, declared_keys):
        manifest = json.loads((published[0].dbt_target_dir / markers.MANIFEST_FILE).read_text(encoding="utf-8"))
        assert set(keys.of_manifest(manifest)) == set(declared_keys)

    def test_a_foreign_key_points_at_one_row(self, file, declared_keys):
        pointed_at = {(*key.to, *key.to_columns) for key in declared_keys if key.kind == keys.FOREIGN}
        assert len(pointed_at) >= 20
        for schema, table, column in sorted(pointed_at):
            values = f"select {column} from {schema}.{table} where {column} is not null"
            assert ask(file, f"{values} group by all having count(*) > 1") == [], (schema, table, column)

    def test_every_published_table_has_a_key_that_holds(self, file, declared_keys):
        chosen = keys.identifying(declared_keys)
        tables = ask(file, f"select schema_name, table_name from {layout.catalog('duckdb_tables')}")
        assert set(tables) == set(chosen)
        for (schema, table), columns in chosen.items():
            listed = ", ".join(f'"{column}"' for column in columns)
            ((rows, distinct),) = ask(file, f'select count(*), count(distinct ({listed})) from "{schema}"."{table}"')
            assert rows == distinct, (schema, table)

    def test_primary_keys_are_never_null_and_foreign_keys_find_their_row(self, file, declared_keys):
        with layout.opened(file) as connection:
            for key in declared_keys:
                table = f'"{key.table[0]}"."{key.table[1]}"'
                if key.kind == keys.PRIMARY:
                    nulls = " or ".join(f'"{column}" is null' for column in key.columns)
                    wrong = connection.execute(f"select count(*) from {table} where {nulls}").fetchone()
                elif key.kind == keys.FOREIGN:
                    (column,), (target,) = key.columns, key.to_columns
                    wrong = connection.execute(
                        f'select count(*) from {table} where "{column}" is not null and "{column}" not in'
                        f' (select "{target}" from "{key.to[0]}"."{key.to[1]}" where "{target}" is not null)'
                    ).fetchone()
                assert wrong == (0,), key

    def test_every_table_of_the_publication_has_its_key(self, declared_keys):
        assert {key.table[1]: key.columns for key in declared_keys
                if key.table[0] == "meta" and key.table[1] in KEYS} == KEYS  # fmt: skip


def entries_of(path: Path) -> dict[str, etree._Element]:
    root = etree.parse(str(path)).getroot()
    grammar = etree.RelaxNG(etree.parse(str(GRAMMAR)))
    grammar.assertValid(root)
    found = root.findall("a:entry", ATOM)
    by_id = {entry.findtext("a:id", namespaces=ATOM): entry for entry in found}
    assert len(by_id) == len(found)
    return by_id


def republished(settings: Settings, run_id: str, *statements: str) -> history.Release:
    """The candidate, altered, as a release of its own."""
    with duckdb.connect(str(settings.build_file)) as connection:
        for statement in statements:
            connection.execute(statement)
    markers.seal(settings, run_id=run_id)
    return publish.publish(settings, audit.audit(settings, run_id=run_id))


def test_a_change_that_happens_again_is_an_entry_of_its_own(tmp_path):
    """A count is 5, then 7, then 5, then 7: three changes, each of which who reads the feed is told once."""
    counts = (5, 7, 5, 7)
    earlier = None
    for number, (before, after) in enumerate(pairwise(counts), 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        change = Change("changed", f"it was {before} and is {after}", ("core", "t"), True, row_key="k", column="n",
                        before=before, after=after, geoid="1714000", number=1)  # fmt: skip
        release = history.Release(
            id=str(number), built_at=datetime(2027, 1, number, tzinfo=UTC), run_id="r", edition="live", as_of=None,
            fingerprint="f", code_digest="c", software="0", previous=None, captures=[], rows={}, differences={},
            checks={}, accepted={},
        )  # fmt: skip
        feed.write(folder, release, str(number - 1), [change], earlier)
        earlier = folder
    entries = entries_of(earlier / feed.PLACES / "1714000.atom").values()
    titles = [one.findtext("a:title", namespaces=ATOM) for one in entries]
    assert titles == ["it was 5 and is 7", "it was 7 and is 5", "it was 5 and is 7"]


def test_what_moved_from_one_place_to_another_is_one_entry_in_the_feeds_of_both(tmp_path):
    moved = Change("changed", "it moved", ("core", "t"), True, row_key="k", column="place", before="a", after="b",
                   geoid="1714000", number=1)  # fmt: skip
    release = history.Release(
        id="2", built_at=datetime(2027, 1, 2, tzinfo=UTC), run_id="r", edition="live", as_of=None, fingerprint="f",
        code_digest="c", software="0", previous=None, captures=[], rows={}, differences={}, checks={}, accepted={},
    )  # fmt: skip
    feed.write(tmp_path, release, "1", [moved, dataclasses.replace(moved, geoid="0644000")], None)
    entries = entries_of(tmp_path / feed.FILE)
    assert len(entries) == 2  # the release and the change
    titles = {entry.findtext("a:title", namespaces=ATOM) for entry in entries.values()}
    assert titles == {"Release 2: 1 notable change since 1", "it moved"}
    for geoid in ("1714000", "0644000"):
        (entry,) = entries_of(tmp_path / feed.PLACES / f"{geoid}.atom").values()
        assert entry.findtext("a:title", namespaces=ATOM) == "it moved"


class TestWhatIsSaidOfAPlace:
    """One place's changes are a part: nothing is said of the tables, and rows that are not compared are no none."""

    def told(self, rows: list[Change] | None) -> str:
        return differences.Differences("a", "b", [], ["x"], [], rows, "Boise City city, Idaho (1608830)").to_text()

    def test_no_change_of_the_place_says_nothing_of_the_tables(self):
        assert self.told([]).splitlines() == [
            "a -> b: 1 capture new, 0 gone",
            "  nothing that is told row by row changed of Boise City city, Idaho (1608830)",
        ]

    def test_rows_that_are_not_compared_are_not_said_to_be_the_same(self):
        assert self.told(None).splitlines()[1:] == ["  rows are not compared: these releases do not state their keys"]


class TestInARelease:
    def test_a_first_release_has_no_change_and_a_feed_of_one_entry(self, published):
        settings, _ = published
        folder = settings.published_dir.resolve()
        assert ask(folder / "warehouse.duckdb", "select count(*) from meta.change") == [(0,)]
        (entry,) = entries_of(folder / feed.FILE).values()
        assert "of the recorded edition is compared with no other" in entry.findtext("a:title", namespaces=ATOM)
        assert not (folder / feed.PLACES).exists()

    def test_a_damaged_release_is_not_compared_with_and_hinders_no_publication(self, sealed):
        settings, run_id = sealed
        first = history.last_release(settings)
        with unlocked(first.path.parent):
            (first.path.parent / "datapackage.json").write_bytes(b"something else")
        second = publish.publish(settings, audit.audit(settings, run_id=run_id))
        assert ask(second.path, "select count(*) from meta.change") == [(0,)]

    def test_changes_are_published_fed_by_place_and_kept_in_the_next_feed(self, sealed):
        settings, run_id = sealed
        first = history.last_release(settings)
        key, geoid = ask(
            settings.build_file,
            "select award_key, geoid from core.fct_award join core.dim_jurisdiction using (jurisdiction_key)"
            " where geoid is not null order by 1 limit 1",
        )[0]
        second = republished(
            settings, run_id, f"update core.fct_award set end_on = date '2031-05-06' where award_key = '{key}'"
        )
        rows = ask(second.path, "select since_release, row_key, changed_column, value_after, geoid, is_notable"
                                " from meta.change where is_notable")  # fmt: skip
        assert rows == [(first.id, key, "end_on", "2031-05-06", geoid, True)]
        folder = second.path.parent
        of_all, of_place = entries_of(folder / feed.FILE), entries_of(folder / feed.PLACES / f"{geoid}.atom")
        (told,) = of_place
        assert told in of_all
        assert "ends on 2031-05-06" in of_place[told].findtext("a:title", namespaces=ATOM)
        assert of_place[told].find("a:category", ATOM).get("term") == geoid
        # a later release keeps the entry under the same id, and tells nothing of its own
        third = publish.publish(settings, audit.audit(settings, run_id=run_id))
        assert ask(third.path, "select count(*) from meta.change") == [(0,)]
        assert of_all.keys() < entries_of(third.path.parent / feed.FILE).keys()
        assert told in entries_of(third.path.parent / feed.PLACES / f"{geoid}.atom")
        # what the command says is what the release holds
        found = differences.between(settings, first.id, second.id)
        assert [change.row_key for change in found.rows] == [key]
        assert "ends on 2031-05-06" in found.to_text()
        with layout.opened(second.path) as connection:
            its = places.find(connection, geoid).place
        of_it = differences.between(settings, first.id, second.id, place=its)
        assert [change.row_key for change in of_it.rows] == [key]
        # a printed name that is matched to no unit has no GEOID: of it alone, not of every place
        name = dataclasses.replace(its, key="of a printed name", geoid=None)
        assert differences.between(settings, first.id, second.id, place=name).rows == []
        done = clawback(settings.root, "diff", first.id, second.id, "--json")
        assert json.loads(done.stdout)["rows"][0]["sentence"] == found.rows[0].sentence
