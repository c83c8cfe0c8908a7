"""Rate limits for each host: one count for the process, across all datasets.

What belongs here: the limits of each host, and waiting for a turn. What does not: what is requested (session, sources).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

# Requests and seconds by host. USAspending publishes no limit and stops answering at about 100 requests
# in 30 s; api.usa.gov allows about 1,000 an hour a key, which the FBI's module keeps as a budget that ends the
# run rather than waits; the other hosts get a moderate limit.
LIMITS: Mapping[str, tuple[int, float]] = {
    "api.usaspending.gov": (900, 300.0),
    # its lists are looked for under guessed addresses
    "cops.usdoj.gov": (30, 60.0),
}
DEFAULT_LIMIT = (300, 60.0)


class HostLimits:
    """At most `requests` in any `seconds` to one host, across the process."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._sent: dict[str, deque[float]] = {}
        self._lock = threading.Lock()
        self._clock, self._sleep = clock, sleep

    def take(self, name: str, requests_: int, seconds: float) -> bool:
        """Count one more request under a budget's name; False, without waiting, where the budget is spent."""
        with self._lock:
            sent, now = self._pruned(name, seconds)
            if len(sent) >= requests_:
                return False
            sent.append(now)
            return True

    def left(self, name: str, requests_: int, seconds: float) -> int:
        """How many requests a budget has left."""
        with self._lock:
            return max(requests_ - len(self._pruned(name, seconds)[0]), 0)

    def _pruned(self, name: str, seconds: float) -> tuple[deque[float], float]:
        sent, now = self._sent.setdefault(name, deque()), self._clock()
        while sent and now - sent[0] >= seconds:
            sent.popleft()
        return sent, now

    def wait(self, host: str, requests_: int, seconds: float) -> None:
        """Return when one more request to the host is within its limit."""
        while True:
            with self._lock:
                sent, now = self._pruned(host, seconds)
                if len(sent) < requests_:
                    sent.append(now)
                    return
                pause = seconds - (now - sent[0])
            self._sleep(max(pause, 0.001))


SHARED_LIMITS = HostLimits()
