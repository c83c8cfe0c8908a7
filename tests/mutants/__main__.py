"""Mutants of our own Python: each changes one thing that must not change, and its tests must fail.

What belongs here: running the list (mutants.toml), and keeping it true to the code. What does not: mutants of dbt's
tests (tests/release/test_mutants.py).

    python -m tests.mutants             every mutant must be killed, and no test may fail without one (`make mutants`)
    python -m tests.mutants --only TEXT    those whose name, file or tests contain TEXT
    python -m tests.mutants --check     every mutant's text stands once in its file, and its tests exist (`make lint`)
    python -m tests.mutants --follow    write into the list where a text stands now, if it was moved to another file

A mutant is killed if each test named in its entry fails; of a parametrized test, one case is enough. A test that
cannot be imported, or that ends in a timeout, kills nothing.

The tests run in copies of the project, one a worker, so the working tree is never touched. The published home that
release tests start from is made once, by the unchanged code. The first run is a control: a comment is added to a file
of each folder, which changes the digest of the code and nothing else, and every test must pass.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutants.toml")
FOLDERS = ("fetching", "landing", "release", "sources")
WORKERS = 2
TIMEOUT = 1800.0
NOT_COPIED = (".git", ".venv", "data", "dist", "target", "logs", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info")
# Imported once before the workers are forked: they cost more than most tests.
HEAVY = ("pytest", "duckdb", "pyarrow.parquet", "polars", "pandas", "lxml.etree", "pydantic", "requests", "stamina",
         "warcio", "hypothesis", "pytest_httpserver", "time_machine", "dagster", "dagster_dbt")  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One entry of the list: in `file`, `text` (which stands there once) becomes `becomes`; `tests` must fail."""

    name: str
    file: str
    text: str
    becomes: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Ran:
    """What became of the tests of one run: outcome by node id, and what went wrong with the run itself."""

    outcomes: dict[str, str]
    trouble: str = ""

    def of(self, test: str) -> list[str]:
        return [outcome for node, outcome in self.outcomes.items() if node == test or node.startswith(f"{test}[")]

    def survives(self, mutant: Mutant) -> list[str]:
        """Why a mutant is not killed; empty if it is."""
        if self.trouble:
            return [self.trouble]
        return [
            f"{test}: {', '.join(sorted(set(found))) or 'did not run'}"
            for test in mutant.tests
            if "failed" not in (found := self.of(test))
        ]


def load() -> list[Mutant]:
    """The list. Raises TypeError for an entry with another field."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def check(mutants: list[Mutant]) -> list[str]:
    """What is wrong with the list, in words."""
    wrong = []
    names = [mutant.name for mutant in mutants]
    wrong += [f"two mutants are named {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
    for mutant in mutants:
        path = ROOT / mutant.file
        times = path.read_text(encoding="utf-8").count(mutant.text) if path.is_file() else 0
        if times != 1:
            now = [str(p.relative_to(ROOT)) for p in _holders(mutant.text)]
            where = f"; it stands in {', '.join(now)}: run `python -m tests.mutants --follow`" if now else ""
            wrong.append(f"{mutant.name}: its text stands {times} times in {mutant.file}{where}")
        if mutant.text == mutant.becomes or not mutant.tests:
            wrong.append(f"{mutant.name}: it changes nothing, or no test must fail")
        wrong += [f"{mutant.name}: there is no test {test}" for test in mutant.tests if test not in _tests_in(test)]
    covered = {Path(mutant.file).parts[1] for mutant in mutants}
    return wrong + [f"no mutant of orchestration/{folder}" for folder in FOLDERS if folder not in covered]


def _holders(text: str) -> list[Path]:
    files = sorted((ROOT / "orchestration").rglob("*.py"))
    return [path for path in files if path.read_text(encoding="utf-8").count(text) == 1]


def _tests_in(node_id: str) -> set[str]:
    """The node ids of a test's file, without parameters."""
    file = node_id.partition("::")[0]
    if not (ROOT / file).is_file():
        return set()
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{file}::{node.name}::" if isinstance(node, ast.ClassDef) else f"{file}::"
        found |= {prefix + each.name for each in inner if isinstance(each, ast.FunctionDef)}
    return found


def follow(mutants: list[Mutant]) -> int:
    """Write the files to which texts were moved into the list; how many. A text that stands in two is left alone."""
    text, moved = LIST.read_text(encoding="utf-8"), 0
    for mutant in mutants:
        holders = [str(path.relative_to(ROOT)) for path in _holders(mutant.text)]
        if mutant.file in holders or len(holders) != 1:
            continue
        entry = re.compile(rf"(name = {re.escape(json.dumps(mutant.name))}\nfile = )\"[^\"]*\"")
        text, times = entry.subn(lambda found, to=holders[0]: f'{found[1]}"{to}"', text)
        moved += times
    LIST.write_text(text, encoding="utf-8")
    return moved


def _copy(to: Path) -> Path:
    shutil.copytree(ROOT, to, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return to


@contextmanager
def _changed(project: Path, *changes: tuple[str, str, str]) -> Iterator[None]:
    """Replace texts of files, and put the files back; their times tell the interpreter which bytecode is stale."""
    before = {}
    for file, text, becomes in changes:
        path = project / file
        before[path] = (path.read_bytes(), path.stat())
        path.write_text(path.read_text(encoding="utf-8").replace(text, becomes, 1), encoding="utf-8")
        later = before[path][1].st_mtime + 10 + int.from_bytes(os.urandom(3), "big")
        os.utime(path, (later, later))
    try:
        yield
    finally:
        for path, (content, told) in before.items():
            path.write_bytes(content)
            os.utime(path, (told.st_mtime, told.st_mtime))


class _Outcomes:
    """A pytest plugin that keeps what became of each test."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report) -> None:  # type: ignore[no-untyped-def]
        if report.failed:
            self.found[report.nodeid] = "failed"
        elif report.when == "call" or report.skipped:
            self.found.setdefault(report.nodeid, report.outcome)


def _in_worker(project: Path, changes: list[tuple[str, str, str]], tests: list[str], result: Path) -> None:
    """Run tests over a changed copy; in a process of its own."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("orchestration", "tests")]:
        del sys.modules[name]
    os.chdir(project)
    sys.path[:] = [str(project), *(p for p in sys.path if p and Path(p).resolve() != ROOT)]
    os.environ["PYTHONPATH"] = str(project)
    log = os.open(result.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    import pytest  # only in a worker: the check of the list, which `make lint` runs, is spared its start

    plugin = _Outcomes()
    with _changed(project, *changes):
        code = pytest.main(
            ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=short", "-c",
             str(project / "pyproject.toml"), *tests], plugins=[plugin],
        )  # fmt: skip
        loaded = sys.modules.get("orchestration")
        ours = loaded is None or Path(str(loaded.__file__)).is_relative_to(project)
    trouble = "" if code in (0, 1) else f"pytest ended with {int(code)}, see {result.with_suffix('.log')}"
    trouble = trouble if ours else f"the code came from {loaded.__file__}, not from the copy"  # type: ignore[union-attr]
    result.write_text(json.dumps({"outcomes": plugin.found, "trouble": trouble}), encoding="utf-8")


@dataclass
class _Running:
    process: multiprocessing.process.BaseProcess
    result: Path
    ends_at: float

    def ended(self) -> Ran:
        self.process.join()
        try:
            return Ran(**json.loads(self.result.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return Ran({}, f"its process ended with {self.process.exitcode}, see {self.result.with_suffix('.log')}")

    def stop(self) -> Ran:
        self.process.kill()
        self.process.join()
        return Ran({}, f"not over after {TIMEOUT:.0f} s")


Job = tuple[list[tuple[str, str, str]], list[str]]


def run_all(jobs: dict[str, Job], folder: Path, workers: int) -> Iterator[tuple[str, Ran]]:
    """Each job's outcome as it ends; a job is changes of files and the tests to run over them."""
    fork = multiprocessing.get_context("fork")
    free = [_copy(folder / f"project-{n}") for n in range(min(workers, len(jobs)))]
    waiting, running = list(jobs.items()), dict[str, tuple[_Running, Path]]()
    while waiting or running:
        while waiting and free:
            name, (changes, tests) = waiting.pop(0)
            project, result = free.pop(), folder / f"{len(waiting)}.json"
            process = fork.Process(target=_in_worker, args=(project, changes, tests, result))
            process.start()
            running[name] = (_Running(process, result, time.monotonic() + TIMEOUT), project)
        wait([one.process.sentinel for one, _ in running.values()], timeout=1.0)
        for name, (one, project) in list(running.items()):
            is_late = time.monotonic() > one.ends_at
            if one.process.is_alive() and not is_late:
                continue
            ran = one.stop() if one.process.is_alive() else one.ended()
            del running[name]
            if is_late:
                # it may have left the change behind
                shutil.rmtree(project)
                _copy(project)
            free.append(project)
            yield name, ran


def _publish_once(folder: Path) -> None:
    """The home that release tests copy (conftest.published), made by the code as it is."""
    folder.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("clawback")), "refresh", "--json"],
        env={**environment, "CLAWBACK_HOME": str(folder / "home")}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"the refresh that release tests start from failed:\n{done.stdout}{done.stderr}")
    (folder / "account.json").write_text(done.stdout, encoding="utf-8")


def run(mutants: list[Mutant], folder: Path, workers: int) -> int:
    """Run control and mutants; print one line each. The number of mutants that live."""
    for name in HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)
    published = Path(os.environ.setdefault("CLAWBACK_TEST_PUBLISHED", str(folder / "published")))
    if not (published / "account.json").exists() and any("/release/" in t for m in mutants for t in m.tests):
        _publish_once(published)
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in sorted({test for mutant in mutants for test in mutant.tests}):
        by_file[test.partition("::")[0]].append(test)
    comment = [(f"orchestration/{name}/__init__.py", "", "# a comment\n") for name in FOLDERS]
    (folder / "control").mkdir()
    for name, ran in run_all({f: (comment, t) for f, t in by_file.items()}, folder / "control", workers):
        bad = [node for node, outcome in ran.outcomes.items() if outcome != "passed"]
        if ran.trouble or bad:
            log = "\n".join(sorted(path.read_text() for path in (folder / "control").glob("*.log") if bad))
            sys.exit(f"{log[-4000:]}\n{name} does not pass without a mutant: {ran.trouble or bad}")
        print(f"control {name}: {len(ran.outcomes)} passed", flush=True)
    by_name = {mutant.name: mutant for mutant in mutants}
    jobs: dict[str, Job] = {m.name: ([(m.file, m.text, m.becomes)], list(m.tests)) for m in mutants}
    (folder / "mutants").mkdir()
    alive = 0
    for number, (name, ran) in enumerate(run_all(jobs, folder / "mutants", workers), start=1):
        reasons = ran.survives(by_name[name])
        alive += bool(reasons)
        print(f"{number}/{len(jobs)} {'LIVES ' if reasons else 'killed'} {name}", *reasons, sep="\n    ", flush=True)
    print(f"{len(jobs) - alive} of {len(jobs)} mutants killed")
    return alive


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="mutants of our own Python")
    parser.add_argument("--check", action="store_true", help="only look whether the list fits the code")
    parser.add_argument("--follow", action="store_true", help="write into the list where moved texts stand now")
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose entry contains this text")
    parser.add_argument("--workers", type=int, default=WORKERS)
    asked = parser.parse_args()
    if asked.follow:
        print(f"{follow(load())} entries followed")
    mutants = load()
    if wrong := check(mutants):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if asked.check or asked.follow:
        return 0
    chosen = [m for m in mutants if asked.only in f"{m.name} {m.file} {' '.join(m.tests)}"]
    with tempfile.TemporaryDirectory(prefix="clawback-mutants-", ignore_cleanup_errors=True) as name:
        return min(run(chosen, Path(name), asked.workers), 1)


if __name__ == "__main__":
    sys.exit(main())
