"""Bad nights in a row: what lands, what serves, what the run exits with, what monitors see and who is told, and when.

What belongs here: running the table nights.toml, and that docs/reliability.md is that table. What does not: every fault
of one answer (tests/faults), whole refreshes (test_telling.py).
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "faults")]

from driver import TOKEN, Publishers, Told, runs
from scenarios import SCENARIOS
from tables import PAGE, written_anew

from orchestration.landing import accept

TABLE: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "nights.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_bad_nights_end_as_the_table_says(name, httpserver, tmp_path):
    scenario = SCENARIOS[name]
    there = Publishers(tmp_path / "home", Told(httpserver), *scenario.datasets)
    try:
        there.night(is_first=True)
        scenario.nights(there)
    finally:
        there.close()
    seen = there.seen
    row = TABLE[name]
    found = {
        "nights": runs(seen.statuses),
        "exit": runs(seen.exits),
        "health": runs(seen.health),
        "told": seen.told,
        "serves": runs(seen.records),
    }
    assert found == {key: row[key] for key in found}
    for word in row.get("says", ()):
        assert any(word in reason for reason in seen.reasons), (word, seen.reasons[:3])
    everything = str(there.told.messages) + "".join(
        path.read_text(errors="replace") for path in there.home.rglob("*.json*") if path.is_file()
    )
    assert TOKEN not in everything


def test_every_row_is_a_scenario_and_the_other_way_round():
    assert list(TABLE) == list(SCENARIOS)


def test_the_page_is_what_the_tables_say():
    """docs/reliability.md cannot say another thing than what is tested: `python tests/nights/tables.py` writes it."""
    assert PAGE.read_text(encoding="utf-8") == written_anew()


def test_what_a_person_accepts_is_of_a_capture_or_of_the_gate_and_never_what_cannot_be_read():
    from orchestration.assets.options import RefreshOptions

    options = RefreshOptions(
        accept={"volume:doj/sanctuary_list=list": "a", "rows of core.fct_award": "b", "units:fbi/agencies=AL": "c"}
    )
    assert options.accepted_checks() == {"rows of core.fct_award": "b"}
    assert options.accepted_slices("doj/sanctuary_list") == {"list": {"volume": "a"}}
    assert options.accepted_slices("fbi/agencies") == {"AL": {"units": "c"}}
    assert options.accepted_slices("bjs/victimizations") == {}
    with pytest.raises(KeyError, match="can be accepted volume, units, filled, varied; not 'readable'"):
        accept.of_slice("readable:doj/sanctuary_list=list")
    bad = accept.Check(name="readable", passed=False, detail="synthetic")
    assert bad.accepted({"volume": "synthetic"}) == bad
