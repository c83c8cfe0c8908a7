"""How long a request may take, and the message about a long wait.

What belongs here: the limits in seconds, the message, and when it is repeated. What does not: retries (session).
"""

from __future__ import annotations

import contextvars
import threading
import time
from dataclasses import dataclass
from types import TracebackType

from orchestration.progress import say

# Seconds after which a wait is shown. It is shown again after as many more, then after twice as many, and so on.
SAY_AFTER = 5.0
AGAIN_AFTER = 30.0
LONGEST_SILENCE = 300.0


@dataclass(frozen=True)
class Patience:
    """How long one request is tried: seconds."""

    deadline: float = 600.0
    attempts: int = 12
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 120.0
    # One answer, from the request to its last byte; a download has as many seconds more as its bytes so far need at
    # this many a second.
    answer: float = 300.0
    rate: float = 50_000.0
    # A wait that has lasted so long is shown on the screen.
    say_after: float = SAY_AFTER
    # A publisher's Retry-After longer than this ends the attempt; the next run asks again.
    longest_retry_after: float = 900.0


class Wait:
    """Within the block: show what is waited for after `after` seconds, and again at growing intervals.

    most: the seconds after which the wait ends at the latest.
    """

    def __init__(self, what: str, most: float | None = None, *, after: float = SAY_AFTER) -> None:
        self._what, self._most, self._after = what, most, after
        self._since = time.monotonic()
        self._next, self._pause = self._since + after, AGAIN_AFTER
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._is_over = False

    def now(self, what: str, most: float | None = None) -> None:
        """It is another thing that is waited for from here on (the same block, the same clock)."""
        self._what = what
        if most is not None:
            self._most = time.monotonic() - self._since + most

    def __enter__(self) -> Wait:
        self._set(self._after)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_over = True
            if self._timer is not None:
                self._timer.cancel()

    def _set(self, seconds: float) -> None:
        with self._lock:
            if self._is_over:
                return
            # the run's id goes with it
            self._timer = threading.Timer(seconds, contextvars.copy_context().run, args=(self._say,))
            self._timer.daemon = True
            self._timer.start()

    def _say(self) -> None:
        if self._is_over:
            return
        waited = time.monotonic() - self._since
        most = f", at most {self._most:,.0f} s" if self._most is not None else ""
        say(f"  waiting for {self._what} ({waited:,.0f} s so far{most})", event="waiting", seconds=round(waited, 1))
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_SILENCE)
        self._set(pause)
