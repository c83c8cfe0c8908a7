"""One live night of the FBI's months over the recorded edition, through the real project.

What belongs here: that an agency's months serve once, by the later capture, and end where the publisher's do. What
does not: what the night asks for (tests/sources), rules of single models (their unit tests).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import servers
import time_machine
from pydantic import SecretStr

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.recorded import build as recorded
from orchestration.settings import Settings
from orchestration.sources import fbi
from orchestration.sources.base import Slice
from orchestration.sources.states import BY_POSTAL
from orchestration.wire import Payload
from tests.building import build_part

NIGHT = datetime(2026, 11, 27, 6, tzinfo=UTC)
MONTHS = sources.get("fbi/agency_months")
ORI, STATE = fbi.study_agencies()[0]["ori"], fbi.study_agencies()[0]["state_abbr"]


def land_by_state(settings: Settings) -> None:
    """The recorded months as an older version landed them, one slice a state: a home may still hold them."""
    by_state: dict[str, list[Payload]] = defaultdict(list)
    batches = list(recorded.batches(MONTHS.id))
    for batch in batches:
        for payload in batch.payloads:
            by_state[payload.context["state_abbr"]].append(payload)
    for state, payloads in by_state.items():
        done = land.write(
            MONTHS, Slice(state, {"state": state}), payloads, landing_dir=settings.landing_dir, kind="transcribed",
            edition="recorded", retrieved_at=batches[0].retrieved_at,
        )  # fmt: skip
        assert done.status == "landed"


@pytest.mark.parametrize("has_old_slices", [False, True], ids=["as landed today", "over slices of an older version"])
def test_the_later_months_serve_once_and_end_with_the_publishers_last(
    httpserver, tmp_path: Path, web_for, has_old_slices
):
    settings = Settings(home=tmp_path / "home", edition="recorded")
    for dataset_id in ("census/gazetteer", "census/places", "fbi/agencies"):
        assert not capture_dataset(sources.get(dataset_id), settings).failures
    if has_old_slices:
        land_by_state(settings)
    assert not capture_dataset(MONTHS, settings).failures

    # The publisher's last month is 04/2026; the answer holds two more, as it was seen to do.
    publisher = servers.Fbi(httpserver)
    months = [f"{month:02}-2025" for month in range(1, 13)] + [f"{month:02}-2026" for month in range(1, 7)]
    counts = {offense: dict.fromkeys(months, 70 + n) for n, offense in enumerate(fbi.OFFENSES)}
    counts["HOM"].update({"05-2026": 0, "06-2026": 0})
    publisher.add(ORI, "Testville Police Department", STATE, BY_POSTAL[STATE].name, counts)
    live = settings.model_copy(update={
        "edition": "live", "fbi_cde_url": publisher.url, "data_gov_api_key": SecretStr(servers.FBI_KEY),
    })  # fmt: skip
    with time_machine.travel(NIGHT, tick=True):
        (slice_,) = capture_dataset(MONTHS, live, slice_keys=[ORI], web=web_for(live)).slices
    assert (slice_.status, slice_.records) == ("landed", len(months) * len(fbi.OFFENSES)), slice_.message

    serving = Catalog(settings.landing_dir, as_of=None, edition="recorded").serving(MONTHS)
    assert [c.kind for c in serving if c.slice == ORI] == ["fetched"]
    built = build_part(
        settings, "--quiet", "--indirect-selection", "empty", "--select", "+fct_crime_month",
        "fct_crime_month,test_type:generic", edition="recorded",
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        told = connection.execute(
            "select fbi_offense_code, month_start, offenses, coverage from core.fct_crime_month where ori = ?", [ORI]
        ).fetchall()
    assert len({row[:2] for row in told}) == len(told), "each month of each offence once"
    homicides = {month: (offenses, coverage) for offense, month, offenses, coverage in told if offense == "HOM"}
    first = 70 + list(fbi.OFFENSES).index("HOM")
    assert homicides[date(2026, 4, 1)] == (first, "reported")
    late = "not reported: after the newest month of the source"
    assert [homicides[date(2026, month, 1)] for month in (5, 6)] == [(None, late)] * 2
    assert not [row for row in told if row[1] > date(2026, 4, 1) and row[2] is not None]
