"""Council records as tables: what serves of several nights, what became of each record, events beside the ledger.

What belongs here: a build over synthetic councils, and the recorded edition's. What does not: each rule of an event
(dbt unit tests), the wire (tests/sources).
"""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest

from orchestration import sources
from orchestration.councils import finder
from orchestration.landing.catalog import Catalog
from orchestration.recorded import build
from tests.conftest import clawback

LEDGER = sources.get("ledger/policy_events")


def table(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return connection.sql(sql).fetchall()


class TestABuildOverCouncils:
    @pytest.mark.parametrize("dataset_id", ["legistar/matters", "legistar/histories", "elms/matters"])
    def test_every_record_is_staged_quarantined_a_duplicate_or_superseded(self, built, dataset_id):
        settings, connection = built
        dataset = sources.get(dataset_id)
        captured = sum(c.records for c in Catalog(settings.landing_dir, as_of=None, edition="live").serving(dataset))
        fates = dict(table(connection, f"select _fate, count(*) from staging.base_{dataset.raw_name} group by 1"))
        assert sum(fates.values()) == captured  # type: ignore[arg-type]
        expected = {
            # of Oakland: one that changed, one without a date, one that came twice
            "legistar/matters": {"superseded": 1, "quarantined": 1, "duplicate": 1},
            # an action that came twice, the first night's five that came again the second night, a year 0217
            "legistar/histories": {"duplicate": 6, "quarantined": 1},
            "elms/matters": {},
        }
        assert {fate: n for fate, n in fates.items() if fate != "staged"} == expected[dataset_id]

    def test_what_cannot_be_typed_keeps_its_fields_and_says_why(self, built):
        _, connection = built
        assert table(
            connection,
            """select _reject_reason, "MatterFile", "MatterIntroDate" from quarantine.legistar__matters""",
        ) == [("MatterIntroDate is no date", "SYN 0004", "sometime")]

    def test_the_newest_version_of_a_matter_serves_and_is_tied_to_its_unit(self, built):
        _, connection = built
        found = table(
            connection,
            "select matters.matter_id, matters.status_name, matters.is_relevant, matters.actions, units.geoid "
            "from core.dim_council_matter as matters join core.dim_jurisdiction as units using (jurisdiction_key) "
            "where council_client = 'oakland' order by 1",
        )
        assert found == [
            ("1", "Passed over Veto", True, 4, "0653000"),
            ("2", "Filed (End of Session)", True, None, "0653000"),
            ("3", "Introduced", True, None, "0653000"),
            ("5", "Introduced", False, None, "0653000"),
            ("6", "Introduced", True, 2, "0653000"),
        ]

    def test_a_day_outside_the_calendar_is_kept_and_has_no_date_key(self, built):
        _, connection = built
        assert table(
            connection,
            "select introduced_on, introduced_date_key from core.dim_council_matter "
            "where council_client = 'oakland' and matter_id = '5'",
        ) == [(date(1890, 1, 1), -1)]

    def test_the_newest_answer_is_the_whole_history(self, built):
        """The entry that the council took back is gone; a row without day and name is no event."""
        _, connection = built
        assert table(
            connection,
            "select action_id, action_on, event from core.fct_council_action "
            "where council_client = 'oakland' and matter_id = '1' order by action_no",
        ) == [
            ("1", date(2026, 10, 1), "introduced"),
            ("2", date(2026, 10, 6), "council_passed"),
            ("3", date(2026, 10, 13), "vetoed"),
            ("4", None, None),
        ]

    def test_a_veto_is_overridden_where_the_standing_says_so_and_a_repeal_that_died_changes_nothing(self, built):
        _, connection = built
        events = table(
            connection,
            "select units.geoid, events.instrument_number, events.event, events.event_from, events.is_decisive "
            "from core.fct_policy_event as events join core.dim_jurisdiction as units using (jurisdiction_key) "
            "where origin = 'council' order by 1, 4 nulls last, 3",
        )
        assert events == [
            ("0653000", "SYN-1", "council_passed", date(2026, 10, 6), False),
            ("0653000", "SYN 0006", "council_passed", date(2026, 10, 10), False),
            ("0653000", "SYN-1", "vetoed", date(2026, 10, 13), False),
            ("0653000", "SYN-1", "overridden", date(2026, 10, 20), False),
            ("0653000", "SYN 0002", "filed_at_end_of_term", None, False),
            ("1714000", "SYNO2017-1", "failed", date(2026, 11, 2), False),
        ], "nothing restricted, no introduction, no undated matter that became no law"

    def test_a_law_that_nobody_read_is_named_as_such_and_decides_nothing(self, built):
        """The first became law by an override; the second died, the third is hidden, the fifth is unrelated."""
        _, connection = built
        assert table(
            connection,
            "select matter_id, law_on, is_unread_law from core.dim_council_matter where council_client = 'oakland' "
            "order by 1",
        ) == [
            ("1", date(2026, 10, 20), True),
            ("2", None, False),
            ("3", date(2026, 11, 1), False),
            ("5", None, False),
            ("6", date(2026, 10, 10), True),
        ]

    def test_an_act_of_no_body_is_the_councils_and_a_wording_that_nobody_reads_is_counted(self, built):
        """Oakland's sixth matter: a vote in the year 0217, one that names no body, and a word that is in no rule."""
        _, connection = built
        assert table(
            connection,
            "select action_id, event, body_kind, is_unread from core.fct_council_action "
            "where council_client = 'oakland' and matter_id = '6' order by action_no",
        ) == [("62", "council_passed", "assumed", False), ("63", None, "council", True)]
        assert table(connection, "select note from core.fct_policy_event where instrument_number = 'SYN 0006'") == [
            ("file SYN 0006: Passed (no body named: taken as the council)",)
        ]
        assert table(
            connection, "select unread_wordings, unread_times from meta.council_client where client = 'oakland'"
        ) == [(1, 1)]
        assert table(
            connection,
            "select council_client, wording, times from meta.council_wording where reading = 'unread'",
        ) == [("oakland", "Gavelled", 1)]
        assert table(connection, "select _reject_reason, count(*) from quarantine.legistar__histories group by 1") == [
            ("the action date is no date", 1)
        ]

    def test_records_that_share_a_legacy_number_are_one_matter(self, built):
        _, connection = built
        assert table(
            connection,
            "select matter_id, file_number, records_of_number from core.dim_council_matter "
            "where council_client = 'chicago'",
        ) == [("AAAA-000002", "SYNO2017-1", 2)]

    def test_a_council_that_brings_nothing_new_is_stale_and_says_since_when(self, built):
        settings, connection = built
        states = dict(table(connection, "select client, state from meta.council_client where matters > 0"))
        assert states == {"oakland": "serving", "sfgov": "stale", "chicago": "serving", "boston": "files only"}
        assert table(connection, "select newest_introduced_on from meta.council_client where client = 'sfgov'") == [
            (date(2018, 12, 11),)
        ]
        known = Catalog(settings.landing_dir, as_of=None, edition="live")
        assert "stale: sfgov (newest content 2018-12-11" in known.status(sources.get("legistar/matters")).why


class TestTheRecordedEdition:
    @pytest.fixture
    def warehouse(self, published):
        settings, _ = published
        with duckdb.connect(str(settings.published_file), read_only=True) as connection:
            yield connection

    def test_the_ledgers_events_stand_as_they_are_beside_the_councils_own(self, warehouse):
        rows = [r for b in build.batches("ledger/policy_events") for p in b.payloads for r in LEDGER.cut(p)]
        ledger = table(warehouse, "select count(*), min(source_status <> 'council record') from core.fct_policy_event "
                                  "where origin = 'ledger'")  # fmt: skip
        assert ledger == [(len(rows), True)]
        assert len(rows) >= 66
        council = table(
            warehouse,
            "select distinct source_status, jurisdiction_name, learned_on from core.fct_policy_event "
            "where origin = 'council'",
        )
        assert council == [("council record", "New York city, New York", date(2026, 11, 28))]

    def test_ledger_and_council_record_agree_on_the_day_of_each_of_new_yorks_laws(self, warehouse):
        """The ledger cites the same register: its days were typed, the council's follow from the actions."""
        laws = dict(
            table(
                warehouse,
                "select enactment_number, law_on from core.dim_council_matter where is_relevant"
                " and enactment_number is not null",
            )
        )
        ledger = table(
            warehouse,
            "select instrument_number, event_from from core.fct_policy_event "
            "where origin = 'ledger' and jurisdiction_name = 'New York city, New York' and instrument = 'local law'"
            " and date_precision = 'day'",  # a tracker's map gives two of them by their month only
        )
        # each of the eight local laws is in the ledger, 2017/227 too, so that only resolutions are unread
        unread = "select instrument, count(*) from core.dim_council_matter where is_unread_law group by 1"
        assert table(warehouse, unread) == [("resolution", 7)]
        named = {number: day for text, day in ledger for number in laws if str(number) in str(text)}
        assert named == laws
        assert len(laws) == 8
        # the map of the Center for Immigration Studies has another month for the two of 2013
        assert (
            table(
                warehouse,
                "select conflict, instrument_number, ledger_from, council_event_on, left(ledger_citation, 7)"
                " from analysis.mart_policy_conflict",
            )
            == [("dates differ", "LL 2013/021 and 2013/022", date(2013, 5, 1), date(2013, 3, 18), "CIS map")] * 2
        )

    def test_the_named_query_lists_a_councils_matters_with_terms_and_acts(self, published):
        settings, _ = published
        said = clawback(settings.root, "query", "council_matters", "--jurisdiction", "New York, NY", "--json")
        rows = {row["file_number"]: row for row in json.loads(said.stdout)}
        assert len(rows) == 38  # of 145, those that the finder finds
        law = rows["Int 0486-2014"]
        assert (law["enactment_number"], law["became_law_on"][:10]) == ("2014/058", "2014-11-14")
        assert law["acts"] == (
            "introduced 2014-10-07; referred 2014-10-07; council_passed 2014-10-22; signed 2014-11-14"
        )

    def test_what_was_read_in_a_law_has_its_day_of_effect(self, warehouse):
        """Local Law 58 of 2014 takes effect 30 days after it became law; Local Law 228 of 2017 60 days after."""
        assert table(
            warehouse,
            "select provision_code, event, event_from from core.fct_policy_event where origin = 'council' "
            "and instrument_number in ('LL 2014/058', 'LL 2017/228') and event in ('effective', 'amended') "
            "order by all",
        ) == [
            ("detainer_limits", "amended", date(2014, 12, 14)),
            ("general", "effective", date(2018, 1, 30)),
            ("no_287g", "effective", date(2018, 1, 30)),
        ]

    def test_the_vocabulary_is_published_whole_with_its_version(self, warehouse):
        published = table(
            warehouse, "select term, rule, coalesce(except_of, ''), spelling from meta.council_vocabulary"
        )
        assert sorted(published) == sorted((t.term, t.rule, t.of, t.spelling) for t in finder.vocabulary())
        assert table(warehouse, "select distinct vocabulary_version from meta.council_vocabulary") == [
            (finder.version(),)
        ]

    def test_every_hit_names_a_term_of_the_vocabulary(self, warehouse):
        assert table(
            warehouse,
            "select count(*) > 0, count(*) filter (where words.term is null)"
            " from core.bridge_council_matter_term as hits "
            "left join meta.council_vocabulary as words on hits.term = words.term and words.rule <> 'except'",
        ) == [(True, 0)]
