"""What every test shares: a home of its own, the real files where they are, and one published release a session.

What belongs here: fixtures. Real parts only: no mock of our own code.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.release import markers
from orchestration.settings import PROJECT_ROOT, Settings

# The publishers' servers and files are of use to other folders' tests too.
sys.path.append(str(Path(__file__).parent / "sources"))

REAL = PROJECT_ROOT.parent / "shared" / "real"


# The files that take longest come first, in this order: workers take files in turn, and a long one that comes last
# leaves the other cores idle. Every other one needs no published release: a worker that needs it waits for the one
# that makes it.
LONGEST = (
    "orchestration/test_refresh_again.py",
    "awards/test_transactions.py",
    "torture/test_kills.py",
    "incidents/test_incident_models.py",
    "fetching/test_canary.py",
    "adding/test_price.py",
    "release/test_publish.py",
    "hostile/test_hostile.py",
    "release/test_gate.py",
    "crime/test_fbi_marts.py",
    "release/test_tampering.py",
    "release/test_deep.py",
    "release/test_joins.py",
    "release/test_markers.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests, last = Path(__file__).parent, len(LONGEST)
    place = {tests / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, last))
    if not REAL.is_dir():
        skip = pytest.mark.skip(reason=f"the real files are not at {REAL.name}/ beside the project's folder")
        for item in items:
            if item.get_closest_marker("real"):
                item.add_marker(skip)
    for item in items:
        if item.get_closest_marker("spark") and not os.environ.get("CLAWBACK_TEST_SPARK"):
            item.add_marker(pytest.mark.skip(reason="Spark is compared by `make spark`"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The recorded edition in a home of this test's own."""
    return Settings(home=tmp_path / "home", edition="recorded")


@pytest.fixture
def web_for() -> Callable[[Settings], Web]:
    """The session that a night uses, with waits of milliseconds and limits whose clock runs fast."""

    def make(settings: Settings) -> Web:
        patience = Patience(deadline=10, attempts=4, first_wait=0.01, longest_wait=0.05, timeout=5)
        return Web(settings, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))

    return make


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real files (tests that ask for it are marked `real`)."""
    return REAL


Run = Callable[..., subprocess.CompletedProcess[str]]


def clawback(home: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it, in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    command = [str(Path(sys.executable).with_name("clawback")), *args]
    return subprocess.run(
        command,
        env={**clean, "CLAWBACK_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, object]]:
    """The home of one refresh of the recorded edition by the command line, as it was left, and its account (JSON).

    The workers of one run share it: tests only read it, or write into a copy (`published`). It alone has Dagster's
    records of the refresh.
    CLAWBACK_TEST_PUBLISHED: a folder that keeps the refresh for later runs; who sets it answers for the code's being
    the same (tests/mutants).
    """
    base = tmp_path_factory.getbasetemp()
    once = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "published-once"
    shared = Path(os.environ.get("CLAWBACK_TEST_PUBLISHED", once))
    made, account = Settings(home=shared / "home", edition="recorded"), shared / "account.json"
    shared.mkdir(parents=True, exist_ok=True)
    with FileLock(shared / "lock"):
        if not account.exists():
            done = clawback(made.root, "refresh", "--json")
            assert done.returncode == 0, done.stdout + done.stderr
            account.write_text(done.stdout, encoding="utf-8")
    return made, json.loads(account.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def published(
    refreshed: tuple[Settings, dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, dict[str, object]]:
    """A worker's own copy of the refreshed home: its settings and the refresh's account. Tests write into it."""
    made, account = refreshed
    mine = Settings(home=tmp_path_factory.mktemp("published") / "home", edition="recorded")
    copy_home(made, mine.root)
    return mine, account


def copy_home(original: Settings, home: Path, *left_out: str) -> None:
    """A home like another: its releases and what is not left out, without Dagster's records.

    dbt's logs, its graph and each node's SQL as a file, most files of a home, are left out: nothing reads them. The
    rest is copied, not linked: tests spoil captures and releases in place, and a link would spoil everybody's.
    """
    unread = ("dbt.log*", "graph.gpickle", "graph_summary.json", "compiled", "run")
    ignored = shutil.ignore_patterns("dagster", *unread, *left_out)
    shutil.copytree(original.root, home, symlinks=True, ignore=ignored)


@contextmanager
def unlocked(path: Path) -> Iterator[None]:
    """Let a test write a file of a release, which nobody else may; its modes are put back."""
    there = [each for each in (path, path.parent) if each.exists()]
    there += [each for each in path.rglob("*") if path.is_dir()]
    modes = {each: each.stat().st_mode for each in there}
    for each, mode in modes.items():
        each.chmod(mode | stat.S_IWUSR)
    yield
    for each, mode in modes.items():
        if each.exists():
            each.chmod(mode)


@pytest.fixture
def sealed(published: tuple[Settings, dict[str, object]], tmp_path: Path) -> tuple[Settings, str]:
    """A copy of the published home with its sealed candidate: (settings, run id), to be spoilt by a test."""
    original, account = published
    home = tmp_path / "home"
    copy_home(original, home)
    settings, run_id = Settings(home=home, edition="recorded"), str(account["run_id"])
    take_over(settings, run_id)
    return settings, run_id


def take_over(settings: Settings, run_id: str) -> None:
    """Make this process the one that made the candidate: the refresh's own took its key with it."""
    markers.new_key(run_id)
    for name, kind in ((markers.BEGUN_FILE, markers.Begun), (markers.MARKER_FILE, markers.Marker)):
        path = settings.build_dir / name
        path.write_text(kind.model_validate_json(path.read_text()).signed().model_dump_json(indent=2))
