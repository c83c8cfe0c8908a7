"""The second process of a refresh captures what the first would have captured, and its end costs nothing.

What belongs here: what it brings, and what becomes of it when it or the first process dies. What does not: whole
refreshes (tests/orchestration), killed ones (tests/torture).
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import suppress

import psutil
import pytest

from orchestration import progress, sources
from orchestration.landing import second_process
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.form import WARC_FILE
from orchestration.settings import PROJECT_ROOT, Settings

SMALL = [sources.get(name) for name in ("doj/sanctuary_list", "dhs/sanctuary_list", "omb/budget")]


def _landed(settings: Settings) -> dict[str, tuple[str, ...]]:
    """By capture, the digest of its records: a WARC has the day and the numbers of its making too."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    assert catalog.damaged() == []
    return {
        one.capture_id: tuple(entry.sha256 for entry in one.files if entry.path != WARC_FILE)
        for one in catalog.captures()
    }


def test_it_captures_what_this_process_would_have_captured_and_says_the_same(tmp_path):
    here, there = (Settings(home=tmp_path / name, edition="recorded") for name in ("here", "there"))
    heard: dict[str, list[str]] = {"here": [], "there": []}
    with progress.listening(heard["here"].append):
        own = [capture_dataset(dataset, here) for dataset in SMALL]
    with progress.listening(heard["there"].append), second_process.capturing(there, "a-run", SMALL):
        # the last one is the first that it is given
        brought = {dataset.id: second_process.taken(dataset) for dataset in reversed(SMALL[1:])}
        first = second_process.taken(SMALL[0]) or capture_dataset(SMALL[0], there)
    assert brought[SMALL[2].id] is not None
    for mine, other in zip(own, [first, *reversed(brought.values())], strict=True):
        assert other is None or (other.dataset, other.slices, other.failures) == (mine.dataset, mine.slices, [])
    done = {one.dataset for one in [first, *brought.values()] if one}
    assert {name: files for name, files in _landed(here).items() if name in _landed(there)} == _landed(there)
    assert len(_landed(there)) == sum(len(one.slices) for one in own if one.dataset in done)
    said = [line.partition(" (")[0] for line in heard["there"]]
    assert said
    assert set(said) <= {line.partition(" (")[0] for line in heard["here"]}
    attempts = (there.landing_dir / "omb" / "budget" / "attempts.jsonl").read_text(encoding="utf-8")
    assert '"run":"a-run"' in attempts


def test_without_one_every_dataset_is_this_process_own():
    assert second_process.taken(SMALL[0]) is None


def test_what_a_killed_one_did_not_bring_is_left_to_this_process(tmp_path):
    settings = Settings(home=tmp_path / "home", edition="recorded")
    with second_process.capturing(settings, "a-run", SMALL):
        for child in psutil.Process().children():
            if second_process.__name__ in child.cmdline():
                child.kill()
        for dataset in SMALL:
            run = second_process.taken(dataset) or capture_dataset(dataset, settings)
            assert run.failures == []
            assert run.slices
    found = Catalog(settings.landing_dir, as_of=None, edition="recorded").captures()
    assert {f"{one.source}/{one.dataset}" for one in found} == {dataset.id for dataset in SMALL}


def test_a_disk_that_refuses_it_is_met_and_named_by_this_process(tmp_path):
    settings = Settings(home=tmp_path / "home", edition="recorded")
    settings.landing_dir.mkdir(parents=True)
    (settings.landing_dir / "omb").write_text("not a folder", encoding="utf-8")
    dataset = sources.get("omb/budget")
    with second_process.capturing(settings, "a-run", [dataset]):
        assert second_process.taken(dataset) is None
        with pytest.raises(OSError, match="omb"):
            capture_dataset(dataset, settings)


def test_it_ends_with_the_process_that_started_it_however_that_ends(tmp_path):
    program = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from orchestration import sources
        from orchestration.landing.second_process import SecondProcess
        from orchestration.settings import Settings
        second = SecondProcess(Settings(home=Path({str(tmp_path)!r}), edition="recorded"), "a-run",
                               list(sources.DATASETS.values()))
        print(second._process.pid, flush=True)
        os._exit(9)
    """)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 9
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(timeout=60)
    assert not psutil.pid_exists(int(done.stdout))
