"""Messages while a run waits because another run occupies the pool.

What belongs here: noticing the wait, and the message. What does not: finding which run occupies the pool, and reporting
dead runs (runs).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration.progress import say
from orchestration.release.history import Release
from orchestration.running import runs

if TYPE_CHECKING:
    from dagster import DagsterInstance

# A wait for another run is reported after this many seconds.
_SECONDS_BEFORE_SAID = 5
_SECONDS_BETWEEN_LOOKS = 2
_DEAD = "run {} was killed before it ended: reported as failed in Dagster's records"


def report_dead_runs(instance: DagsterInstance, own_run_id: str, release: Release | None = None) -> None:
    """Report dead runs as failed in Dagster's records (runs.report_dead_runs), and say each in a line."""
    for dead in runs.report_dead_runs(instance, own_run_id, release):
        say(_DEAD.format(dead))


@contextmanager
def reporting_waits(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """Within the block: if the run waits long for a pool, say so, and say who holds it."""
    ended = threading.Event()

    def watch() -> None:
        since, last_message = None, None
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            waits = runs.waiting_for(instance, run_id)
            if waits is None:
                since, last_message = None, None
                continue
            since = since or time.monotonic()
            if time.monotonic() - since < _SECONDS_BEFORE_SAID:
                continue
            since = time.monotonic()
            # who holds it may have died since this run began
            report_dead_runs(instance, run_id)
            if waits != last_message:
                say(waits)
                last_message = waits

    def watch_without_harm() -> None:
        try:
            watch()
        except Exception:
            logging.getLogger(__name__).debug("waits are not watched any more", exc_info=True)

    thread = threading.Thread(target=watch_without_harm, name="waits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
