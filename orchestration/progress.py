"""What a long run says while it works.

What belongs here: one channel from the work to whoever watches. The command
line listens and prints; in Dagster's own processes nobody listens and the
run's log says the same. What does not: results (they are returned) and logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[str], None]] = []


def say(text: str) -> None:
    """Tell whoever listens, in one line."""
    for listener in _listeners:
        listener(text)


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Hear every line that is said inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
