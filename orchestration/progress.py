"""Progress messages of a long run.

What belongs here: one channel from the work to its listener. The command line listens and prints. In Dagster's own
processes nobody listens, and the run's log has the same messages. With CLAWBACK_LOG=json each message is also a log
line. What does not: results (they are returned), the format of a log line (logs).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from orchestration.logs import PROGRESS
from orchestration.redaction import of_environment

log = logging.getLogger(PROGRESS)

_listeners: list[Callable[[str], None]] = []


class Message(NamedTuple):
    """One line with what the log contains of it for machines."""

    text: str
    event: str
    level: int
    facts: dict[str, Any]


_kept: list[list[Message]] = []


def say(text: str, *, event: str = "progress", level: int = logging.INFO, **facts: object) -> None:
    """Send one line to the listener. event, facts: what the log contains for machines (see logs)."""
    pass_on(Message(of_environment().text(text), event, level, facts))


def pass_on(message: Message) -> None:
    """Send a message that was kept, in this process or in another."""
    if _kept:
        _kept[-1].append(message)
        return
    for listener in _listeners:
        listener(message.text)
    log.log(message.level, message.text.strip(), extra={"event_name": message.event, **message.facts})


@contextmanager
def kept(messages: list[Message]) -> Iterator[None]:
    """Keep every message of the block, for another process to pass on; nobody hears it meanwhile."""
    _kept.append(messages)
    try:
        yield
    finally:
        _kept.remove(messages)


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Get every message of the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
