"""One refresh at a time: the lock, and cleaning up after a refresh that was killed.

What belongs here: `refresh.lock`, and the order of the cleanup while it is locked. What does not: finding what to clean
up (runs, release.publish).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from orchestration import files
from orchestration.progress import say
from orchestration.release import publish
from orchestration.running import runs
from orchestration.settings import Settings


class AnotherRefreshRuns(Exception):
    """The lock is taken: two refreshes never run at once."""


@contextmanager
def alone(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the refresh lock, and clean up after a refresh that was killed.

    Raises AnotherRefreshRuns if the lock is taken, CannotWrite if the home cannot be written.
    """
    path = settings.root / "refresh.lock"
    lock = FileLock(path, timeout=0)
    try:
        with files.telling_refusals(settings.root):
            settings.root.mkdir(parents=True, exist_ok=True)
            lock.acquire()
    except Timeout:
        other = runs.last(settings)
        who = other.line() if other else "it is just starting or ending"
        raise AnotherRefreshRuns(f"another refresh runs: {who}. Wait for it, or stop it with Ctrl-C there.") from None
    except files.CannotWrite:
        raise
    except OSError as error:
        raise files.CannotWrite(path, error) from error
    try:
        _clear_up(settings)
        runs.begin(settings, run_id)
        try:
            yield
        finally:
            runs.end(settings)
    finally:
        lock.release()


def _clear_up(settings: Settings) -> None:
    """End and remove what a killed refresh left; its run is reported once Dagster's records are open."""
    orphans = runs.end_orphans(settings)
    left = runs.sweep(settings)
    with suppress(publish.AnotherPublicationRuns), publish.alone(settings):
        left += publish.sweep(settings)
    if orphans or left:
        what = f"{orphans} processes ended, {left} unfinished files and folders removed"
        say(f"cleared up after a refresh that was killed: {what}")
