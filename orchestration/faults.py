"""Unexpected errors: their tracebacks go to `<home>/logs/faults.log`, never to the screen.

What belongs here: writing a traceback. What does not: handling the file or slice of a dataset that caused it
(landing.guard turns the error into a failure with a message, landing.attempts records that).
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from orchestration import logs
from orchestration.settings import Settings

FAULTS_FILE = Path("logs", "faults.log")
# Beyond this a new file is started, and the previous one is kept beside it.
_LARGEST = 4 * 1024**2
_kept_for: ContextVar[Settings | None] = ContextVar("faults_kept_for", default=None)


@contextmanager
def kept_for(settings: Settings) -> Iterator[None]:
    """Within the block tracebacks go to the log in these settings' home."""
    token = _kept_for.set(settings)
    try:
        yield
    finally:
        _kept_for.reset(token)


def note(what: str, *, details: str = "") -> None:
    """Keep what went wrong, with the traceback of the exception under way. Never raises: it is on the way to a word."""
    text = details or traceback.format_exc()
    settings = _kept_for.get()
    if logs.is_json():
        logging.getLogger("clawback.faults").error("%s", what, extra={"exception": text})
    if settings is None:
        return
    run = logs.run_id()
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    line = f"{stamp}{f' run {run}' if run else ''} {what}\n{text.rstrip()}\n\n"
    path = settings.root / FAULTS_FILE
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST:
            os.replace(path, path.with_suffix(".log.1"))
        with path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(logs.Hiding(settings).text(line))
