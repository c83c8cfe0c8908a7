"""What the tests of the ordinances domain share: council matters turned into tables by the real dbt project.

What belongs here: building and files. What does not: a publisher's server (tests/sources).
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent.parent / "sources"))

from council_servers import action, matter, record

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import tables_of

# Texts, and whether the finder finds a matter that bears them as its title.
TEXTS = {
    "Persons in a Sanctuary\nCity": True,
    "SANCTUARY CITY ORDINANCE": True,
    "Sanctuary-city policy": True,
    "Rezoning of the sanctuary of a church": False,
    "A bird sanctuary for immigrants from the north": True,
    "Agreement under Section 287(g)": True,
    "Agreement under section 287 (G)": True,
    "Lot 287, g-block": True,
    "Parcel 1287(g)": False,
    "Cooperation with ICE": True,
    "Cooperation with ice": False,
    "REPAIR OF THE ICE RINK": False,
    "Repair of the ICE Rink": False,
    "COOPERATION WITH ICE": False,
    "Contract with Ice Miller LLP": False,
    "ICE Rink, and cooperation with ICE": True,
    "Police service; notice of immigration detainer.": True,
    "Unlawful detainer actions and eviction": False,
    "Unlawful detainers, and detainers of the federal government": True,
    "An anti-trust act": False,
    "The Trust Act": True,
    "A community land trust act": False,
    "Antitrust activity": False,
    "Deportations and detentions": True,
    "Immigrants and refugees welcomed": False,
    "Immigrants' heritage month": False,
    "Homeland security grant": False,
    "Homeland Security and immigrant families": False,
    "Homeland security grant for the police department": False,
    "Police and immigrant families": True,
    "Affirming the police department": False,
    "Immigrants and refugees": False,
    "Naturalization: Citizenship and Immigration Services, police checks": False,
    "Prohibiting contracts for immigration enforcement": True,
    "Truth Act community forum": True,
    "A wildlife sanctuary and the sheriff": False,
    "Emigration office; immigrationist": False,
    "": False,
}
# Notes in which letters, blanks and repetitions are odd.
ODD = (
    "İmmigration", "\u212aings", "immigration" * 3, "sanctuary city sanctuary city", "ICE\u00a0ICE Rink ICE",
    "é287(g)é", "detainer detainer unlawful detainer", "TRUST ACT; anti-trust act, Trust Act", "x" * 5000 + " ICE",
)  # fmt: skip
TODAY = datetime(2026, 11, 24, tzinfo=UTC)


def finder_matters() -> list[dict[str, Any]]:
    """A matter a text, each text in the field that it is meant for."""
    held = [
        {"MatterId": number, "MatterFile": f"SYN {number}", "MatterTitle": text, "MatterName": None}
        for number, text in enumerate(TEXTS, start=1)
    ]
    held += [
        {"MatterId": number, "MatterFile": f"SYN {number}", "MatterTitle": "None", "MatterNotes": text}
        for number, text in enumerate(ODD, start=1000)
    ]
    held.append({"MatterId": 2000, "MatterFile": "SYN", "MatterName": "Refugees", "MatterEXText4": "On the jail"})
    saved = {"MatterIntroDate": "2026-10-01T00:00:00", "MatterLastModifiedUtc": "2026-10-02T00:00:00"}
    return [{**saved, **matter} for matter in held]


def _fetched(settings: Settings, dataset_id: str, key: str, day: int, *answers: tuple[object, dict[str, str]]) -> None:
    """A capture as a night of November 2026 would have written it, from answers and what each was asked for."""
    when = datetime(2026, 11, day, 6, tzinfo=UTC)
    payloads = [
        Payload(json.dumps(body).encode(), f"https://council.invalid/{key}/{n}", when, context=context)
        for n, (body, context) in enumerate(answers)
    ]
    dataset = sources.get(dataset_id)
    outcome = land.write(
        dataset, Slice(key), payloads, landing_dir=settings.landing_dir, kind="fetched", edition="live"
    )
    assert outcome.status == "landed", outcome.message


def _councils(settings: Settings) -> None:
    """Oakland's two nights, a stale San Francisco, Chicago's two records of one number: the matters are synthetic."""
    oakland, sanctuary = {"client": "oakland"}, "An ordinance on the sanctuary city"
    first = [
        matter(
            1,
            title=sanctuary,
            MatterPassedDate="2026-10-20T00:00:00",
            MatterEnactmentNumber="SYN-1",
            MatterStatusName="Passed over Veto",
        ),
        matter(2, title="A repeal of the sanctuary city ordinance"),
        matter(3, title=sanctuary, MatterRestrictViewViaWeb=True, MatterEnactmentDate="2026-11-01T00:00:00"),
        matter(4, MatterIntroDate="sometime"),
        matter(6, title=sanctuary, MatterTypeName="Resolution", MatterPassedDate="2026-10-12T00:00:00"),
        matter(5, MatterIntroDate="1890-01-01T00:00:00"),
        matter(5, MatterIntroDate="1890-01-01T00:00:00"),
    ]
    _fetched(settings, "legistar/matters", "oakland:all", 10, (first, oakland))
    changed = [matter(2, title="A repeal of the sanctuary city ordinance", MatterStatusName="Filed (End of Session)")]
    _fetched(settings, "legistar/matters", "oakland", 20, (changed, oakland))
    of_one = [
        action(1, "Introduced", "2026-10-01"),
        action(2, "Passed", "2026-10-06", MatterHistoryPassedFlagName="Pass"),
        action(2, "Passed", "2026-10-06", MatterHistoryPassedFlagName="Pass"),
        action(3, "Vetoed by Mayor", "2026-10-13", MatterHistoryActionBodyName="Mayor"),
        action(4, None, None),
        action(9, "Passed", "2026-10-05"),
    ]
    _fetched(settings, "legistar/histories", "oakland", 11, (of_one, {**oakland, "matter_id": "1"}))
    # the entry of 5 October was a mistake, and is gone
    _fetched(settings, "legistar/histories", "oakland", 21, (of_one[:-1], {**oakland, "matter_id": "1"}))
    of_six = [
        action(61, "Passed", "0217-10-02"),
        action(62, "Passed", "2026-10-10", MatterHistoryActionBodyName=None),
        action(63, "Gavelled", "2026-10-12"),
    ]
    _fetched(settings, "legistar/histories", "oakland", 22, (of_six, {**oakland, "matter_id": "6"}))
    old = [matter(1, title=sanctuary, intro="2018-12-11", MatterLastModifiedUtc="2026-11-20T00:00:00")]
    _fetched(settings, "legistar/matters", "sfgov:all", 22, (old, {"client": "sfgov"}))
    shared = {"legacyRecordNumber": "SYNO2017-1", "title": "Welcoming City", "introductionDate": "2026-10-01T00:00:00"}
    records = [
        record(1, published="2026-11-01", **shared),
        record(2, published="2026-11-02", subStatus="Failed to Pass", finalActionDate="2026-11-02T00:00:00", **shared),
    ]
    _fetched(settings, "elms/matters", "chicago:all", 23, ({"data": records}, {"client": "chicago"}))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """One build over synthetic councils for every test of this folder: its settings and a read-only connection."""
    home = tmp_path_factory.mktemp("councils")
    settings = Settings(home=home, edition="live")
    (taken,) = import_files(
        sources.get("legistar/matters"), [as_file(home, "boston", finder_matters())], settings, retrieved_at=TODAY
    )
    assert taken.ok, taken.line()
    _councils(settings)
    places = "USPS|GEOID|NAME\nCA|0653000|Oakland city\nCA|0667000|San Francisco city\nIL|1714000|Chicago city\n"
    gazetteer = Payload(places.encode(), "file:Gaz_places_national.txt", TODAY, context={"level": "places"})
    land.write(
        sources.get("census/gazetteer"), Slice("places"), [gazetteer], landing_dir=settings.landing_dir,
        kind="imported", edition="import",
    )  # fmt: skip
    connection = tables_of(settings, "dim_council_matter", "fct_council_action", "fct_policy_event", "council_client",
                       "dim_jurisdiction", "quarantine_legistar__matters", "quarantine_legistar__histories",
                           "council_wording")  # fmt: skip
    yield settings, connection
    connection.close()


def as_file(folder: Path, client: str, matters: list[dict[str, Any]]) -> Path:
    """Matters as a saved answer of the API."""
    path = folder / f"{client}_matters.json"
    path.write_text(json.dumps(matters), encoding="utf-8")
    return path
