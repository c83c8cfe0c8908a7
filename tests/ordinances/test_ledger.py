"""The ledger's vocabulary of effects: which events put a policy in force, and which never do.

What belongs here: a ledger of synthetic measures, shaped as real ones are, turned into statuses by the real project.
What does not: each rule of a status (dbt unit tests), the recorded ledger's answers (test_status.py).
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import tables_of

WHEN = datetime(2026, 11, 24, tzinfo=UTC)
HEADER = (
    "jurisdiction,level,geoid,instrument,number,event,event_date,date_precision,source,source_status,note,learned_on"
)
# What each measure of a unit of its own did; none of them is a sanctuary policy in force.
NEVER_IN_FORCE = {
    "opposed": ("resolution", "against the state's sanctuary law"),
    "cooperation_ended": ("executive order", "an order to cooperate ends"),
    "court_ruling": ("court ruling", "no custody on a detainer alone"),
    "challenge_dismissed": ("court case", "the suit against the policy fails"),
    "federal_order_enjoined": ("court case", "the federal order is suspended"),
    "filed": ("court case", "a suit"),
    "announced": ("sheriff policy", "announced"),
    "tabled": ("resolution", "put off"),
    "in_force_undated": ("ordinance", "the text is in force but its day unknown"),
}
CITIES = [
    "Oakland",
    "San Francisco",
    "Fresno",
    "San Jose",
    "Long Beach",
    "Anaheim",
    "Chico",
    "Davis",
    "Eureka",
    "Gilroy",
]


@pytest.fixture(scope="module")
def statuses(tmp_path_factory):
    """By unit and provision, the statuses that ever were, of a ledger with one measure a city and two states."""
    settings = Settings(home=tmp_path_factory.mktemp("ledger"), edition="live")
    source = "https://ledger.invalid,sourced"
    rows = [
        f"{city},place,06{n:05},{instrument},SYN {n},{event},"
        f"{',unknown' if event == 'in_force_undated' else '2019-03-04,day'},{source},{note},2026-11-24"
        for n, (city, (event, (instrument, note))) in enumerate(
            zip(CITIES, NEVER_IN_FORCE.items(), strict=False), start=1
        )
    ]
    # one that does put a policy in force, so that an empty answer proves something
    rows.append(f"{CITIES[9]},place,0600010,ordinance,SYN 10,adopted,2019-03-04,day,{source},,2026-11-24")
    rows += [
        # laws against sanctuary policies: one says so in a note, one says nothing; neither has a line of provisions
        f"Kansas,state,20,statute,SYN 20,effective,2022-07-01,day,{source},preempts local policy,2026-11-24",
        f"Iowa,state,19,statute,SYN 21,enacted,2018,year,{source},,2026-11-24",
    ]
    ledger = Payload("\n".join([HEADER, *rows, ""]).encode(), "file:policy_events.csv", WHEN)
    places = ["USPS|GEOID|NAME", *(f"CA|06{n:05}|{city} city" for n, city in enumerate(CITIES, start=1))]
    gazetteer = Payload(
        "\n".join([*places, ""]).encode(), "file:Gaz_places_national.txt", WHEN, context={"level": "places"}
    )
    dataset = sources.get("ledger/policy_events")
    for of, slice_, payload in [
        (dataset, dataset.slices(settings, {})[0], ledger),
        (sources.get("census/gazetteer"), Slice("places"), gazetteer),
    ]:
        outcome = land.write(of, slice_, [payload], landing_dir=settings.landing_dir, kind="imported", edition="import")
        assert outcome.status == "landed", outcome.message
    connection = tables_of(settings, "fct_policy_status", "fct_policy_event", "dim_jurisdiction")
    yield connection
    connection.close()


def test_every_event_of_the_ledger_is_there_and_tied_to_its_unit(statuses):
    events = statuses.sql("select event, effect_track, jurisdiction_key <> '-1' from core.fct_policy_event").fetchall()
    assert len(events) == len(NEVER_IN_FORCE) + 3
    assert all(is_tied for _, _, is_tied in events)
    assert {event for event, track, _ in events if track == "none"} == set(NEVER_IN_FORCE)


def test_only_the_adopted_ordinance_puts_a_policy_in_force(statuses):
    found = statuses.sql(
        "select units.name, statuses.provision_code, statuses.status, statuses.state_overlay, statuses.preemption "
        "from core.fct_policy_status as statuses join core.dim_jurisdiction as units using (jurisdiction_key)"
    ).fetchall()
    assert found == [("Gilroy city, California", "general", "in force", None, None)]


def test_a_states_law_that_nobody_read_is_told_and_decides_nothing(statuses):
    laws = statuses.sql(
        "select jurisdiction_name, provision_code, is_decisive from core.fct_policy_event "
        "where level = 'state' order by 1"
    )
    assert laws.fetchall() == [("Iowa", "general", False), ("Kansas", "general", False)]
