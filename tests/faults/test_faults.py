"""Every fault of the wire at every live dataset: held, refused, or landed and harmless; never landed and false.

What belongs here: running the table faults.toml over real HTTP. What does not: how an answer is spoilt (kinds.py).

For each cell a good capture lands; then the publisher has news and the fault stands in every answer. Afterwards
- held: the capture is kept, rejected or on hold with its reason; what served before serves, unchanged;
- refused: nothing landed, the failure says why; what served before serves, unchanged;
- harmless: what serves is what a night without the fault gives, or nothing of the answer was taken as news; a text
  stands as it was sent, in one record;
- short: all that serves is right, and a few records are missing, which a publisher without a count does not tell;
- as sent: the answer is one that the publisher might give, and nothing tells that it is wrong (with the reason); every
  record is there, and differs from the undisturbed one in the spoilt field alone.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine

sys.path.append(str(Path(__file__).parent))

from kinds import BY_NAME, FAULTS, Fault, can_be_made, dumped
from worlds import FIRST_NIGHT, MANY, NEXT_NIGHT, WORLDS, World

from orchestration import sources
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings

TABLE: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "faults.toml").read_text(encoding="utf-8"))
OUTCOMES = ("held", "refused", "harmless", "short", "as sent")


def expected(fault: str, dataset: str) -> tuple[str, ...]:
    """The outcomes that the table allows in a cell."""
    row = TABLE[fault]
    said = row.get("but", {}).get(dataset, row["outcome"])
    return tuple(said.split(" or "))


def served(settings: Settings, dataset: str) -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    captures = [c for c in catalog.serving(sources.get(dataset)) if c.records]
    files = [str(path) for capture in captures for path in catalog.records_paths(capture)]
    if not files:
        return []
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true)")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def without(records: set[str], name: str) -> set[str]:
    """The records but for one field. Where captures add up, an older version of a record is one with its newer one."""
    return {dumped({k: v for k, v in json.loads(record).items() if k != name}) for record in records}


@pytest.fixture(scope="module")
def landed(tmp_path_factory) -> dict[str, tuple[Path, set[str], set[str]]]:
    """By dataset: a landing folder after the first night, its records, and those of an undisturbed next run."""
    return {}


class Cell:
    """One dataset with its publisher, in a home that holds the first night."""

    def __init__(self, world: World, home: Path, web_for: Any) -> None:
        self.world, self.web_for = world, web_for
        self.settings = Settings(edition="live", home=home, contact="s@example.org", **world.settings)

    def night(self, at: Any, dataset: str = "", slice_: str = "") -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(
                sources.get(dataset or self.world.dataset), self.settings,
                slice_keys=[slice_ or self.world.slice], web=self.web_for(self.settings),
            )  # fmt: skip


@pytest.fixture
def web_for():
    """The session that a night uses, with one retry and waits of a millisecond."""

    def make(settings: Settings) -> Web:
        patience = Patience(deadline=10, attempts=2, first_wait=0.001, longest_wait=0.001, timeout=5)
        return Web(settings, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))

    return make


@pytest.fixture
def cell(httpserver, tmp_path, web_for, landed):
    def make(dataset: str, home: str = "home") -> tuple[Cell, set[str], set[str]]:
        world = WORLDS[dataset](httpserver)
        if dataset not in landed:
            first = Cell(world, tmp_path / "first", web_for)
            for before in world.before:
                assert first.night(FIRST_NIGHT, *before).slices[0].status == "landed"
            (outcome,) = first.night(FIRST_NIGHT.replace(hour=7)).slices
            assert outcome.status == "landed", outcome.message
            kept = tmp_path.parent / f"first-{dataset.replace('/', '-')}"
            shutil.copytree(first.settings.landing_dir, kept)
            held = {dumped(record) for record in served(first.settings, dataset)}
            world.news()
            (outcome,) = first.night(NEXT_NIGHT).slices
            assert outcome.status == "landed", outcome.message
            undisturbed = {dumped(record) for record in served(first.settings, dataset)}
            assert undisturbed != held, "the next run must have news"
            landed[dataset] = kept, held, undisturbed
            httpserver.clear()
            world = WORLDS[dataset](httpserver)
        kept, held, undisturbed = landed[dataset]
        made = Cell(world, tmp_path / home, web_for)
        shutil.copytree(kept, made.settings.landing_dir)
        return made, held, undisturbed

    return make


def judged(cell: Cell, fault: Fault, held: set[str], undisturbed: set[str], night: DatasetRun) -> str:
    """The cell's outcome in a word, or `false` with the reason."""
    statuses = {outcome.status for outcome in night.slices}
    now = served(cell.settings, cell.world.dataset)
    records = {dumped(record) for record in now}
    catalog = Catalog(cell.settings.landing_dir, as_of=None, edition="live")
    mark = catalog.known(sources.get(cell.world.dataset)).high_water(cell.world.slice)
    if mark and mark > "2027":
        return f"false: the high-water mark is {mark}, and nothing would be asked for before it"
    if statuses & {"landed", "unchanged", "empty"}:
        if records == undisturbed or (records == held and "landed" not in statuses):
            return "harmless"
        if fault.adds and without(records, fault.adds) == without(undisturbed, fault.adds):
            return "harmless"
        spoilt = [record for record in now if fault.says and fault.says in record.values()]
        if spoilt and len(records - undisturbed) == 1:
            return "harmless"
        if records < undisturbed and len(undisturbed - records) <= MANY // 10:
            return "short"
        amount = cell.world.amount_told or cell.world.amount
        spoilt_field = {"rows": cell.world.needed, "day": cell.world.day, "amount": amount}.get(fault.needs)
        if spoilt_field and without(records, spoilt_field) == without(undisturbed, spoilt_field):
            return "as sent"
        return f"false: {len(records - undisturbed)} records too many, {len(undisturbed - records)} missing; {statuses}"
    if records != held:
        return f"false: what served before does not serve unchanged; {statuses}"
    if not all(outcome.message for outcome in night.slices):
        return "false: it failed without a word"
    if statuses & {"rejected", "held"}:
        return "held"
    return "refused"


@pytest.mark.parametrize("dataset", WORLDS)
def test_no_fault_of_the_wire_lands_and_is_false(dataset, cell, httpserver, tmp_path, record_property):
    found: list[str] = []
    tally: Counter[str] = Counter()
    for n, fault in enumerate(FAULTS):
        httpserver.clear()
        here, held, undisturbed = cell(dataset, f"home-{n}")
        if not can_be_made(fault, here.world):
            tally["cannot occur"] += 1
            continue
        if fault.state:
            fault.state(here.world)
        else:
            here.world.news()
        if fault.answer:
            spoil, answer = fault.answer(here.world), here.world.publisher.answer
            here.world.publisher.answer = lambda request, path, spoil=spoil, answer=answer: spoil(  # type: ignore[method-assign]
                request, answer(request, path)
            )
        outcome = judged(here, fault, held, undisturbed, here.night(NEXT_NIGHT))
        tally[outcome.partition(":")[0]] += 1
        allowed = expected(fault.name, dataset)
        if outcome not in allowed:
            found.append(f"{fault.name}: {outcome}; the table says {' or '.join(allowed)}")
        shutil.rmtree(tmp_path / f"home-{n}")
    record_property("faults", dict(tally))
    assert sum(tally.values()) == len(FAULTS)
    assert not found, "\n".join(found)


def test_the_table_names_every_fault_and_every_exception_is_one():
    assert set(TABLE) == set(BY_NAME)
    for fault, row in TABLE.items():
        assert set(row) <= {"outcome", "but", "because"}, fault
        assert set(row["outcome"].split(" or ")) <= {"held", "refused", "harmless"}, fault
        for dataset, outcome in row.get("but", {}).items():
            assert dataset in WORLDS, fault
            assert set(outcome.split(" or ")) <= set(OUTCOMES), fault
            assert outcome != row["outcome"], f"{fault}: {dataset} is no exception"
            assert outcome not in ("short", "as sent") or row.get("because"), f"{fault}: {dataset} needs a reason"


def test_every_live_dataset_stands_in_the_table():
    live = {d.id for d in sources.DATASETS.values() if d.base_url_setting is not None}
    assert set(WORLDS) == live
