"""Which unit a row of the ledger is of: its GEOID tells, and a row that it cannot tell is not lost in silence.

What belongs here: synthetic ledgers with names that several states have, and with codes that nobody has. What does
not: what an event puts in force (test_ledger, test_status).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import build_part

WHEN = datetime(2026, 11, 24, tzinfo=UTC)
HEADER = "jurisdiction,level,geoid,instrument,number,event,event_date,date_precision,source,source_status"
SAME_DAY = "resolution,SYN 1,adopted,2018-05-01,day,https://ledger.invalid,sourced"
GOOD = [f"Jefferson County,county,{geoid},{SAME_DAY}" for geoid in ("08059", "41031")]
# One county more than the Census lists here, a name alone, and words for a code.
BAD = [
    f"Jefferson County,county,55055,{SAME_DAY}",
    f"Jefferson County,county,,{SAME_DAY}",
    f"Jefferson County,county,Jefferson,{SAME_DAY}",
]
# A place that the Census designates: Hartford Village, in the town of Hartford.
DESIGNATED = [f"Hartford,place,5032205,{SAME_DAY}"]
TWICE = [f"Jefferson County,county,08059,{SAME_DAY.replace('ledger.invalid', 'another.invalid')}"]
TABLES = ("fct_policy_event", "dim_jurisdiction", "quarantine_ledger__policy_events")
GATES = ("assert_no_event_of_the_ledger_is_lost", "assert_every_code_typed_by_hand_is_a_units")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tables of a ledger's rows, and what each of the two gates finds in them."""

    def build(*rows: str) -> tuple[duckdb.DuckDBPyConnection, dict[str, list[tuple[str, ...]]]]:
        settings = Settings(home=tmp_path_factory.mktemp("keys"), edition="live")
        counties = "USPS|GEOID|NAME\nCO|08059|Jefferson County\nOR|41031|Jefferson County\n"
        ledger = sources.get("ledger/policy_events")
        places = "USPS|GEOID|NAME\nVT|5032205|Hartford Village CDP\n"
        for dataset, slice_, text, context in [
            (ledger, ledger.slices(settings, {})[0], "\n".join([HEADER, *rows, ""]), {}),
            (sources.get("census/gazetteer"), Slice("counties"), counties, {"level": "counties"}),
            (sources.get("census/gazetteer"), Slice("places"), places, {"level": "places"}),
        ]:
            payload = Payload(text.encode(), f"file:{slice_.key}.csv", WHEN, context=context)
            done = land.write(
                dataset, slice_, [payload], landing_dir=settings.landing_dir, kind="imported", edition="import"
            )
            assert done.status == "landed", done.message
        select = [f"+{name}" for name in (*TABLES, *GATES)]
        tables = build_part(settings, "--quiet", "--exclude-resource-type", "test", "--select", *select)
        assert tables.returncode == 0, tables.stdout + tables.stderr
        sql = {}
        for gate in GATES:
            # each alone: a test that fails leaves out what stands on its table, other tests too
            build_part(settings, "--quiet", "--select", gate)
            said = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
            (sql[gate],) = (result["compiled_code"] for result in said["results"])
        connection = duckdb.connect(str(settings.build_file), read_only=True)
        return connection, {gate: connection.sql(sql[gate]).fetchall() for gate in GATES}

    return build


def test_counties_of_one_name_in_two_states_have_an_event_each(built):
    connection, found = built(*GOOD)
    assert connection.sql(
        "select units.geoid, events.event from core.fct_policy_event as events"
        " join core.dim_jurisdiction as units using (jurisdiction_key) order by 1"
    ).fetchall() == [("08059", "adopted"), ("41031", "adopted")]
    assert connection.sql("select * from quarantine.ledger__policy_events").fetchall() == []
    assert found["assert_no_event_of_the_ledger_is_lost"] == []
    assert not [row for row in found["assert_every_code_typed_by_hand_is_a_units"] if row[0] == "policy_events"]


def test_a_row_that_no_code_ties_to_a_unit_is_named_and_the_release_refused(built):
    connection, found = built(*GOOD, *BAD, *DESIGNATED)
    assert connection.sql(
        "select _reject_reason from quarantine.ledger__policy_events order by _record_no"
    ).fetchall() == [("no geoid: a name alone may be another unit's",), ("geoid is no code of the Census",)]
    # the code that no list has is kept, and is no unit
    assert connection.sql(
        "select units.name, units.is_resolved from core.fct_policy_event as events"
        " join core.dim_jurisdiction as units using (jurisdiction_key) where units.geoid is null"
    ).fetchall() == [("Jefferson County", False)]
    assert len(found["assert_no_event_of_the_ledger_is_lost"]) == 2
    # nor has a designated place a government whose event it could be
    named = {row[1] for row in found["assert_every_code_typed_by_hand_is_a_units"] if row[0] == "policy_events"}
    assert named == {"55055", "5032205"}


def test_a_second_row_of_one_event_is_not_superseded_in_silence(built):
    _, found = built(*GOOD, *TWICE)
    ((*_, why),) = found["assert_no_event_of_the_ledger_is_lost"]
    assert why == "the same event twice: superseded"


def test_every_table_that_names_a_unit_by_hand_is_among_those_that_are_held_against_the_census():
    text = (DBT_PROJECT_DIR / "tests" / "assert_every_code_typed_by_hand_is_a_units.sql").read_text(encoding="utf-8")
    typed = {
        (path.stem, column)
        for path in (DBT_PROJECT_DIR / "seeds").glob("*.csv")
        for column in path.read_text(encoding="utf-8").partition("\n")[0].split(",")
        if column.endswith("geoid")
    }
    assert len(typed) >= 12
    assert {pair for pair in typed if f"('{pair[0]}', '{pair[1]}')" not in text} == set()
