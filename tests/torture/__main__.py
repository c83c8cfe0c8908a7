"""`make torture`: hundreds of seeded kill -9 of refresh, import, publish and rollback, and what was found after each.

What belongs here: which moments are chosen, and the table of what was found. What does not: killing and looking
(kills, victims).

A refresh takes most of a minute, so kills are chained: each start is the recovery from the kill before it and the next
victim. The cheap facts are looked at after every kill, equal rows at the end of each chain.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from orchestration import files, sources
from orchestration.landing import imports
from orchestration.landing.catalog import Catalog
from orchestration.release import audit, history, markers, publish
from orchestration.running import runs
from orchestration.settings import Settings
from tests.conftest import take_over
from tests.torture import kills, victims

NCVS = sources.get("bjs/victimizations")
# One in so many refreshes is left alone: it must converge.
_CHAIN = 8
_RETRIEVED = datetime(2026, 1, 1, 2, tzinfo=UTC)


class Table:
    """What was killed where, and what was found."""

    def __init__(self) -> None:
        self.killed: Counter[tuple[str, str, str]] = Counter()
        self.missed: Counter[str] = Counter()
        self.found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self.checked: Counter[str] = Counter()

    def add(self, what: str, where: str, whom: str, faults: list[str]) -> None:
        self.killed[what, where, whom] += 1
        self.found[what, where, whom] += faults
        print(f"{what:9}{where:34}{whom:8}{'; '.join(faults) or 'whole'}", flush=True)

    def alone(self, what: str, faults: list[str]) -> None:
        """A start that was left alone, after kills."""
        self.checked[what] += 1
        self.found[what, "left alone", ""] += faults
        print(f"{what:9}{'left alone':42}{'; '.join(faults) or 'converged'}", flush=True)

    def show(self, seed: int, seconds: float) -> int:
        print(f"\nseed {seed}, {seconds:.0f} s")
        print(f"{'killed':9}{'where':34}{'whom':8}{'kills':>6}{'faults':>8}")
        for (what, where, whom), count in sorted(self.killed.items()):
            print(f"{what:9}{where:34}{whom:8}{count:>6}{len(self.found[what, where, whom]):>8}")
        faults = sum(map(len, self.found.values()))
        by_what = Counter(what for what, _, _ in self.killed.elements())
        told = ", ".join(f"{count} {what}" for what, count in sorted(by_what.items()))
        starts = ", ".join(f"{count} {what}" for what, count in sorted(self.checked.items()))
        print(f"\n{self.killed.total()} kills ({told}); left alone afterwards: {starts}; {faults} faults")
        for what, count in sorted(self.missed.items()):
            print(f"{count} {what} ended before their moment came; they count for nothing")
        return faults


def _file(folder: Path, years: int, rows: int) -> Path:
    one = {"hispanic": "1", "direl": "1", "notify": "1", "newoff": "1"}
    made = [{**one, "year": str(2000 + y), "newwgt": str(n)} for y in range(years) for n in range(1, rows + 1)]
    path = folder / "synthetic.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def _landed(settings: Settings) -> list[tuple[str, str, str, int]]:
    """What landing holds, but for when it was written."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    return sorted((c.dataset_id, c.slice, c.content_digest, c.records) for c in catalog.captures())


def kill_imports(table: Table, base: Path, chosen: random.Random, count: int) -> None:
    """Before every write there is, then at random moments; the same import again must converge."""
    given = _file(base, years=6, rows=300)

    def bring(settings: Settings) -> None:
        (result,) = imports.import_files(NCVS, [given], settings, retrieved_at=_RETRIEVED)
        assert result.ok, result.line()

    undisturbed = Settings(home=base / "import-undisturbed", edition="recorded")
    whole = victims.run(partial(bring, undisturbed), undisturbed.root)
    wanted = _landed(undisturbed)
    moments = [*chosen.sample(range(whole.writes), min(count * 3 // 4, whole.writes))]
    moments += [-1] * (count - len(moments))
    for number, write in enumerate(moments):
        settings = Settings(home=base / f"import-{number}", edition="recorded")
        where, died = "before a write", victims.Died(0, 0, 0)
        if write >= 0:
            died = victims.run(partial(bring, settings), settings.root, before_write=write)
        else:
            where = "at a random moment"
            died = victims.run(
                partial(bring, settings), settings.root, after_seconds=chosen.uniform(0.005, whole.seconds)
            )
        if not died.was_killed:
            table.missed["imports"] += 1
            continue
        faults = kills.look(settings.root, None).faults
        if strange := [c for c in _landed(settings) if c not in wanted]:
            faults.append(f"landed what an undisturbed import does not: {strange}")
        table.add("import", where, "group", faults)
        again = victims.run(partial(bring, settings), settings.root)
        faults = [] if again.code == 0 else [f"the next import ended with {again.code}"]
        if _landed(settings) != wanted:
            faults.append("the next import did not converge")
        faults += [f"left: {name}" for name in kills.leftovers(settings.root)]
        table.alone("import", faults)
        files.remove_tree(settings.root)


def kill_publications(table: Table, home: Path, chosen: random.Random, count: int) -> None:
    """Before every kind of write and at random moments, chained; each next one sweeps what the one before left."""
    settings = Settings(home=home, edition="recorded")
    run_id = json.loads((settings.build_dir / markers.BEGUN_FILE).read_text(encoding="utf-8"))["run_id"]
    take_over(settings, run_id)
    wanted = kills.hashes(home)

    def release() -> None:
        publish.publish(settings, audit.audit(settings, run_id=run_id))

    whole = victims.run(release, home)
    table.alone("publish", [] if whole.code == 0 else ["an undisturbed publication failed"])
    for number in range(count):
        before = kills.look(home, None).served
        if chosen.random() < 0.6:
            where = "before a write"
            died = victims.run(release, home, before_write=chosen.randrange(whole.writes))
        else:
            where = "at a random moment"
            died = victims.run(release, home, after_seconds=chosen.uniform(0.01, whole.seconds))
        if not died.was_killed:
            table.missed["publications"] += 1
            continue
        facts = kills.look(home, before)
        table.add("publish", where, "group", facts.faults + _neither(settings, before, facts.served))
        if number % 10 == 9 or number == count - 1:
            again = victims.run(release, home)
            faults = [] if again.code == 0 else [f"the next publication ended with {again.code}"]
            faults += [f"left: {name}" for name in kills.leftovers(home)]
            faults += kills.look(home, before).faults
            faults += [] if kills.hashes(home) == wanted else ["rows differ"]
            table.alone("publish", faults)
        _thin(settings)


def kill_rollbacks(table: Table, home: Path, chosen: random.Random, count: int) -> None:
    """To and fro between two releases; what serves is always one of the two, whole."""
    settings = Settings(home=home, edition="recorded")
    two = [release.id for release in history.releases(settings)[:2]]
    whole = victims.run(lambda: publish.rollback(settings, two[1]), home)
    for number in range(count):
        to = two[number % 2]
        before = kills.look(home, None).served
        if number < whole.writes * 4 or chosen.random() < 0.5:
            where = "before a write"
            died = victims.run(partial(publish.rollback, settings, to), home, before_write=number % whole.writes)
        else:
            where = "at a random moment"
            died = victims.run(
                partial(publish.rollback, settings, to), home, after_seconds=chosen.uniform(0, whole.seconds)
            )
        if not died.was_killed:
            table.missed["rollbacks"] += 1
            continue
        facts = kills.look(home, before)
        table.add("rollback", where, "group", facts.faults + _neither(settings, before, facts.served))
        if number % 10 == 9 or number == count - 1:
            again = victims.run(partial(publish.rollback, settings, to), home)
            faults = [] if again.code == 0 else [f"the next rollback ended with {again.code}"]
            serves = history.last_release(settings)
            faults += [] if serves and serves.id == to else [f"{serves and serves.id} serves, not {to}"]
            table.alone("rollback", faults + [f"left: {name}" for name in kills.leftovers(home)])


def _neither(settings: Settings, before: str | None, now: str | None) -> list[str]:
    """What serves is what served before, or a release that is there whole (look has read all of it)."""
    known = {release.id for release in history.releases(settings)}
    serves = history.last_release(settings)
    return [] if now == before or (serves and serves.id in known) else ["what serves is neither the old nor a new one"]


def _thin(settings: Settings) -> None:
    for release in history.releases(settings)[3:]:
        if not release.serves:
            files.remove_tree(release.path.parent)


def _refresh_moments(home: Path, chosen: random.Random) -> Iterator[tuple[str, kills.Moment]]:
    """Every step boundary (each step says a line), what stands on the disk, and random moments: dealt like cards."""
    while True:
        deck: list[tuple[str, Callable[[], kills.Moment]]] = [
            ("after a step", partial(kills.has_said, text, times, chosen.uniform(0, 0.3)))
            for text, times in kills.STEPS
        ]
        deck += [
            (pattern, partial(kills.once_there_is, home, pattern, chosen.uniform(0, 0.1))) for pattern in kills.PLACES
        ]
        deck += [("at a random moment", partial(kills.after, chosen.uniform(0.3, 60))) for _ in kills.STEPS]
        chosen.shuffle(deck)
        for where, moment in deck:
            yield where, moment()


def kill_refreshes(table: Table, home: Path, chosen: random.Random, count: int) -> None:
    """Chained: each start clears up after the one before, and is the next victim."""
    settings = Settings(home=home, edition="recorded")
    wanted = kills.hashes(home)
    moments = _refresh_moments(home, chosen)
    dead: set[str] = set()
    done = 0
    while done < count:
        where, moment = next(moments)
        whom: kills.Whom = chosen.choice(("group", "parent"))
        before = kills.look(home, None).served
        started = kills.start(home, "refresh", "--force")
        came = started.wait_for(moment)
        said = started.said()
        if came:
            started.kill(whom)
            done += 1
        facts = kills.look(home, before)
        faults = facts.faults + _neither(settings, before, facts.served)
        faults += ["a traceback"] if "Traceback" in said else []
        if "bjs/" in said:
            # its first step: by then it has reported the dead
            records = kills.runs(home)
            faults += [
                f"run {run} is on record as {records[run]}" for run in dead if records.get(run, "FAILURE") != "FAILURE"
            ]
        if not came:
            table.missed["refreshes"] += 1
            table.alone("refresh", faults + _at_rest(home, wanted, started.process.returncode))
            continue
        table.add("refresh", where, whom, faults)
        last = runs.last(settings)
        if last and last.pid == started.process.pid and "published release" not in said:
            dead.add(last.run_id)
        if done % _CHAIN == 0 or done == count:
            final = kills.start(home, "refresh", "--force")
            final.wait_for(lambda _: False)
            table.alone("refresh", _at_rest(home, wanted, final.process.poll()))
        _thin(settings)


def stop_refreshes(table: Table, home: Path, chosen: random.Random, count: int) -> None:
    """One signal, at every part of a refresh: all of it ends within ten seconds, its run on record as canceled."""
    settings = Settings(home=home, edition="recorded")
    parts = [("capturing", "fbi/", 1), ("building", "  dbt: ", 2), ("auditing", "auditing the candidate", 1),
             ("publishing", "auditing the candidate", 1)]  # fmt: skip
    for number in range(count):
        sign = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
        part, text, times = parts[number % len(parts)]
        before = kills.look(home, None).served
        started = kills.start(home, "refresh", "--force")
        moment = kills.has_said(text, times, chosen.uniform(0, 0.5))
        if part == "publishing":
            moment = kills.once_there_is(home, "releases/.tmp-*", chosen.uniform(0, 0.5))
        if not started.wait_for(moment):
            table.missed["refreshes"] += 1
            continue
        sent = time.monotonic()
        os.kill(started.process.pid, sign)
        started.wait_for(lambda _: False)
        took, code = time.monotonic() - sent, started.process.poll()
        facts = kills.look(home, before)
        faults = facts.faults + _neither(settings, before, facts.served)
        faults += [f"it took {took:.1f} s"] if took > 10 else []
        faults += [f"it ended with {code}"] if code != 128 + sign else []
        faults += ["it did not say so"] if "topped by" not in started.said() else []
        faults += [f"still runs: {line}" for line in kills.living(home)]
        faults += ["a traceback"] if "Traceback" in started.said() else []
        is_new = facts.served != before
        status = list(kills.runs(home).values())[-1]
        faults += [] if status == "CANCELED" or (is_new and status == "SUCCESS") else [f"the run is {status}"]
        table.add("refresh", part, sign.name, faults)
        _thin(settings)


def _at_rest(home: Path, wanted: dict[str, str], code: int | None) -> list[str]:
    """What must hold once a refresh was left alone."""
    faults = [] if code == 0 else [f"the refresh ended with {code}"]
    faults += [f"left: {name}" for name in kills.leftovers(home)]
    faults += [f"still runs: {line}" for line in kills.living(home)]
    faults += [f"run {run} is {status}" for run, status in kills.runs(home).items() if status in kills.UNFINISHED]
    faults += ["a pool slot is held"] if kills.slots_held(home) else []
    now = kills.hashes(home)
    faults += [f"rows of {table} differ" for table in wanted if wanted[table] != now.get(table)]
    return faults + kills.look(home, None).faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--imports", type=int, default=100)
    parser.add_argument("--publications", type=int, default=50)
    parser.add_argument("--rollbacks", type=int, default=40)
    parser.add_argument("--refreshes", type=int, default=60)
    parser.add_argument("--signals", type=int, default=12, help="refreshes stopped by Ctrl-C, SIGTERM, SIGHUP")
    parser.add_argument("--home", type=Path, help="a home with a release; it is copied (default: one is made)")
    asked = parser.parse_args()
    table, began = Table(), time.monotonic()
    chosen = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="clawback-torture-") as folder:
        base = Path(folder)
        home = base / "home"
        if asked.home:
            shutil.copytree(asked.home, home, symlinks=True)
        else:
            first = kills.start(home, "refresh")
            first.wait_for(lambda _: False)
            if first.process.poll() != 0:
                print(first.said())
                return 1
        try:
            kill_imports(table, base, chosen, asked.imports)
            if asked.publications:
                kill_publications(table, home, chosen, asked.publications)
            if asked.rollbacks:
                kill_rollbacks(table, home, chosen, asked.rollbacks)
            kill_refreshes(table, home, chosen, asked.refreshes)
            stop_refreshes(table, home, chosen, asked.signals)
        finally:
            faults = table.show(asked.seed, time.monotonic() - began)
            files.remove_tree(home)
    return 1 if faults else 0


if __name__ == "__main__":
    os.environ.pop("CLAWBACK_HOME", None)
    sys.exit(main())
