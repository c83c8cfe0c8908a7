"""Landing on a disk that has room for so much and no more: the place of the failure moves through every write.

What belongs here: captures, the lines beside them and imports. What does not: releases and whole refreshes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "hostile"))

from good import GOOD

from orchestration import files, sources
from orchestration.landing import attempts, land
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import UNCHANGED_FILE
from orchestration.landing.imports import import_files
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload

DATASET = sources.get("bjs/victimizations")
PAGE_KIB = 4
ROW = {"year": "2016", "hispanic": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}


def night(settings: Settings) -> None:
    """Two captures, one that says the same again, and the line of the attempt."""
    for n in (150, 300, 300):
        when = datetime(2026, 1, n // 100, tzinfo=UTC)
        rows = [{**ROW, "newoff": str(i % 5 + 1), "weight": str(1009 * i)} for i in range(n)]
        payload = Payload(json.dumps(rows).encode(), "https://synthetic.invalid/rows", when)
        land.write(
            DATASET, Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live",
            retrieved_at=when,
        )  # fmt: skip
    folder = settings.landing_dir / DATASET.source / DATASET.name
    attempts.record(folder, way="nightly", edition="live", asked=2, bad=[("2017", "failed", "x" * 200)], good=["2016"])


def landed(settings: Settings) -> dict[str, str]:
    """What stands in the landing folder: the content of each accepted capture, by slice and day."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", trust=False)
    return {f"{c.dataset_id} {c.slice} {c.retrieved_at}": c.content_digest for c in catalog.accepted(DATASET.id)}


def assert_nothing_is_torn(settings: Settings) -> None:
    """No half of anything, and the dataset can be asked how it stands."""
    left = [path for path in settings.root.rglob("*") if path.name.startswith(files.UNFINISHED)]
    assert not left
    for path in settings.landing_dir.rglob("*.jsonl"):
        assert files.read_lines(path).passed_over == [], path
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", trust=False)
    assert catalog.damaged() == []
    catalog.status(DATASET)


def test_the_failure_moves_through_every_write_of_a_night(disk, settings):
    night(settings)
    undisturbed = landed(settings)
    assert len(undisturbed) == 2
    small = disk(PAGE_KIB)
    on_it = Settings(home=small.path / "home", edition="recorded")
    failures, room = [], PAGE_KIB
    while True:
        small.remount(f"size={room}k")
        try:
            night(on_it)
            break
        except files.CannotWrite as refusal:
            failures.append(str(refusal))
        assert_nothing_is_torn(on_it)
        room += PAGE_KIB
    assert len(failures) > 10, "the disk was too large from the start"
    assert all(str(small.path) in each and "the disk is full. Free some space" in each for each in failures)
    # of whole files and of lines
    assert {"captures.jsonl", "unchanged.jsonl", "attempts.jsonl"} & {
        name for each in failures for name in each.split(": ")[0].split("/")
    }
    assert_nothing_is_torn(on_it)
    assert landed(on_it) == undisturbed
    small.remount("size=1m")
    night(on_it)
    assert landed(on_it) == undisturbed


def ncvs_file(folder: Path, name: str = "ncvs.json") -> Path:
    path = folder / name
    one = {name: value for name, value in ROW.items() if name not in ("n", "weight")}
    path.write_text(json.dumps([{**one, "newoff": "1", "newwgt": str(n)} for n in range(1, 501)]))
    return path


def transactions_file(folder: Path) -> Path:
    good = GOOD["usaspending/transactions"]()
    path = folder / good.name
    path.write_bytes(good.body)
    return path


@pytest.mark.parametrize(
    ("dataset", "file"), [("bjs/victimizations", ncvs_file), ("usaspending/transactions", transactions_file)]
)
def test_an_import_says_what_the_disk_refused_and_leaves_nothing(disk, tmp_path, dataset, file):
    wanted, brought = sources.get(dataset), file(tmp_path)
    small = disk(PAGE_KIB)
    settings = Settings(home=small.path / "home", edition="recorded")
    messages: list[str] = []
    for room in range(PAGE_KIB, 400, PAGE_KIB):
        small.remount(f"size={room}k")
        (result,) = import_files(wanted, [brought], settings)
        assert_nothing_is_torn(settings)
        if result.ok:
            break
        messages.append(result.messages[-1])
    assert result.ok
    assert len(messages) > 5
    assert all("the disk is full. Free some space, then run the command again." in each for each in messages)
    # what could not be written is named, not what was read
    assert all(str(small.path) in each and str(brought) not in each for each in messages), messages
    # the disk's doing was not the file's: nothing is held against it
    assert not Catalog(settings.landing_dir, as_of=None, edition="recorded").open(wanted)


def test_a_limit_on_the_size_of_files_moves_through_every_write(tmp_path):
    """`ulimit -f` of the process: one program raises it step by step."""
    program = textwrap.dedent("""
        import json, resource, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from orchestration import files
        from orchestration.settings import Settings
        from tests.disk.test_landing_on_a_full_disk import night
        settings = Settings(home=Path(sys.argv[1]), edition="recorded")
        failures, limit = [], 0
        while True:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                night(settings)
                break
            except files.CannotWrite as refusal:
                failures.append(str(refusal))
            limit += 128
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(json.dumps(failures))
    """)
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-c", program, str(home), str(PROJECT_ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    failures = json.loads(done.stdout)
    assert len(failures) > 10
    assert all("would grow beyond the limit for files. Raise the limit (ulimit -f)." in each for each in failures)
    settings = Settings(home=home, edition="recorded")
    assert_nothing_is_torn(settings)
    untouched = Settings(home=tmp_path / "untouched", edition="recorded")
    night(untouched)
    assert landed(settings) == landed(untouched)


@pytest.mark.parametrize("name", [UNCHANGED_FILE, attempts.ATTEMPTS_FILE, "captures.jsonl"])
@pytest.mark.parametrize("torn", ['{"slice": "all", "chec', "\0" * 40, '{"of": "another program"}'])
def test_a_torn_end_of_any_appended_file_is_passed_over_and_mended(settings, name: str, torn: str):
    night(settings)
    path = settings.landing_dir / DATASET.source / DATASET.name / name
    before = landed(settings)
    with path.open("a") as stream:
        stream.write(torn)
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    told: Any = catalog.status(DATASET)
    assert (told.records, told.damaged) == (300, 0)
    night(settings)
    assert landed(settings) == before
    lines = path.read_text().splitlines()
    assert all(line.startswith("{") and line.endswith("}") for line in lines if line != torn)
