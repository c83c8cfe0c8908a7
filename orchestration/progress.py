"""Progress messages of a long run.

What belongs here: one channel from the work to its listener. The command line listens and prints. In Dagster's own
processes nobody listens, and the run's log has the same messages. With CLAWBACK_LOG=json each message is also a log
line. What does not: results (they are returned), the format of a log line (logs).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestration.logs import PROGRESS
from orchestration.redaction import of_environment

log = logging.getLogger(PROGRESS)

_listeners: list[Callable[[str], None]] = []


def say(text: str, *, event: str = "progress", level: int = logging.INFO, **facts: object) -> None:
    """Send one line to the listener. event, facts: what the log contains for machines (see logs)."""
    text = of_environment().text(text)
    for listener in _listeners:
        listener(text)
    log.log(level, text.strip(), extra={"event_name": event, **facts})


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Get every message of the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
