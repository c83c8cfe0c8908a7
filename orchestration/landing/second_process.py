"""A second process that captures datasets of the recorded edition, while this one starts Dagster and captures others.

What belongs here: starting it, giving it one dataset at a time, taking over what became of each. What does not:
capturing (dataset_run), the run that waits for it (refresh.run), the steps that ask for it (assets.capture).

Only the recorded edition: there no publisher is asked. Publishers limit how often one client may ask, and one process
keeps to that. What the second process does not bring, because it was killed or the disk refused, is captured by this
one, which then says what is wrong. It ends when this process ends, however that ends.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from orchestration import garbage, logs, progress, sources
from orchestration.landing import integrity
from orchestration.landing.dataset_run import DatasetRun, SliceOutcome, capture_dataset
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.sources.base import Dataset

# The recorded edition's datasets that take longest, the longest first (17, 10, 9, 6 and 4 of 55 seconds measured): the
# other process is not left to wait for one of them at the end.
LONGEST = ("fbi/agency_months", "ice/agreements_287g", "fbi/table8", "census/places", "fbi/agencies")


class SecondProcess:
    """Captures datasets ahead of the steps that need them: the longest first, then from the last step on."""

    def __init__(self, settings: Settings, run_id: str, datasets: Sequence[Dataset]) -> None:
        self._settings = settings
        # taken from the end
        others = [one for one in datasets if one.id not in LONGEST]
        self._ahead = others + sorted((one for one in datasets if one.id in LONGEST), key=_place, reverse=True)
        self._changed = threading.Condition()
        # what it is at, from now on
        self._now: str | None = self._ahead.pop().id if self._ahead else None
        self._done: dict[str, tuple[DatasetRun, list[progress.Message]]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT_ROOT,
            text=True,
            encoding="utf-8",
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout
        begun = {
            "home": str(settings.root),
            "landing": settings.landing_place,
            "edition": settings.edition,
            "run_id": run_id,
        }
        self._thread = threading.Thread(target=self._give_out, args=(begun,), name="second process", daemon=True)
        self._thread.start()

    def take(self, dataset: Dataset) -> DatasetRun | None:
        """What became of a dataset that it captured, waited for if it is at it; None: the caller captures it."""
        with self._changed:
            self._ahead = [one for one in self._ahead if one.id != dataset.id]
            self._changed.wait_for(lambda: self._now != dataset.id)
            found = self._done.pop(dataset.id, None)
        if found is None:
            return None
        run, messages = found
        # in each run every capture is compared with its digests before it is read
        integrity.forget(self._settings.landing_dir / dataset.source / dataset.name)
        for message in messages:
            progress.pass_on(message)
        return run

    def end(self) -> None:
        """End it: nothing is given to it from now on, and what it is at is left as a killed run leaves it."""
        with self._changed:
            self._ahead = []
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._orders, self._answers):
            # what was not sent any more cannot be flushed
            with suppress(OSError):
                pipe.close()

    def _give_out(self, begun: Mapping[str, str]) -> None:
        try:
            with suppress(OSError):  # it is gone: whatever it had not done is left to the caller
                _send(self._orders, begun)
                while self._now is not None:
                    _send(self._orders, {"dataset": self._now})
                    answer = self._answers.readline()
                    if not answer.endswith("\n"):
                        break
                    self._keep(json.loads(answer))
        finally:
            # nobody waits for it from now on
            with self._changed:
                self._now, self._ahead = None, []
                self._changed.notify_all()
            with suppress(OSError):
                self._orders.close()

    def _keep(self, answer: Mapping[str, Any]) -> None:
        """Keep what it brought, and choose what it is at next."""
        messages = [progress.Message(**message) for message in answer["messages"]]
        with self._changed:
            if (found := answer["run"]) is not None:
                outcomes = [SliceOutcome(**one) for one in found.pop("slices")]
                self._done[found["dataset"]] = (DatasetRun(slices=outcomes, **found), messages)
            self._now = self._ahead.pop().id if self._ahead else None
            self._changed.notify_all()


def _place(dataset: Dataset) -> int:
    return LONGEST.index(dataset.id)


_running: list[SecondProcess] = []


@contextmanager
def capturing(settings: Settings, run_id: str, datasets: Sequence[Dataset]) -> Iterator[None]:
    """While the block runs, a second process captures these datasets; nothing of it is left behind."""
    second = SecondProcess(settings, run_id, datasets)
    _running.append(second)
    try:
        yield
    finally:
        _running.remove(second)
        second.end()


def taken(dataset: Dataset) -> DatasetRun | None:
    """What the second process captured of a dataset; None if there is none or it has not, and never will."""
    return _running[-1].take(dataset) if _running else None


def _send(stream: IO[str], value: Mapping[str, Any]) -> None:
    stream.write(json.dumps(value, default=str) + "\n")
    stream.flush()


def main() -> None:
    """The second process: an order a line on standard input, an answer a line on standard output."""
    garbage.search_seldom()
    # Ctrl-C reaches every process of a terminal: the first one ends this one in order
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    begun, orders = json.loads(sys.stdin.readline()), _orders()
    settings = Settings(home=Path(begun["home"]), landing=begun["landing"], edition=begun["edition"])
    logs.configure(settings)
    with logs.of_run(begun["run_id"]):
        while True:
            _send(answers, _captured(orders.get()["dataset"], settings))


def _orders() -> queue.SimpleQueue[dict[str, str]]:
    """Orders as they come. When there can be no more, because the other process is gone, this one ends at once."""
    found: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            found.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, name="orders", daemon=True).start()
    return found


def _captured(dataset_id: str, settings: Settings) -> dict[str, Any]:
    messages: list[progress.Message] = []
    with progress.kept(messages):
        try:
            run = capture_dataset(sources.get(dataset_id), settings).to_json()
        except Exception:  # the other process captures it, meets the same and says so
            run = None
    return {"run": run, "messages": [message._asdict() for message in messages]}


if __name__ == "__main__":
    main()
