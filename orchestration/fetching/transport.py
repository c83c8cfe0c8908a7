"""Connections with a total time limit: a response has a fixed number of seconds, from request to last byte.

What belongs here: the timer that cuts a response off, and sessions that keep nothing from a server (no cookies) and
follow no redirects by themselves. What does not: retries, which hosts may be requested (session).

A socket's timeout starts again with each byte, so a server that sends a byte now and then could block a run forever.
The timer here closes the socket while another thread reads from it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

_under_way = threading.local()


class AnswerClock:
    """Within the block, connections of this thread are shut down when their seconds are over."""

    def __init__(self, seconds: float) -> None:
        self.started = time.monotonic()
        self.ends_at = self.started + seconds
        self.has_rung = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_over = False

    def __enter__(self) -> AnswerClock:
        _under_way.clock = self
        self._wind()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _under_way.clock = None
        with self._lock:
            self._is_over = True
            if self._timer is not None:
                self._timer.cancel()
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    @property
    def seconds(self) -> float:
        """The current time limit of the response, in seconds."""
        return self.ends_at - self.started

    def extend_to(self, seconds: float) -> None:
        """Allow the response so many seconds in all: it brought enough bytes to make a complete one likely."""
        self.ends_at = max(self.ends_at, self.started + seconds)

    def watch(self, connected: socket.socket) -> None:
        # A second descriptor of the same connection: the first may be wrapped by TLS, or closed while it is read from.
        handle = socket.socket(fileno=os.dup(connected.fileno()))
        with self._lock:
            self._handles.append(handle)
            if self.has_rung:
                _shut(handle)

    def _wind(self) -> None:
        self._timer = threading.Timer(max(self.ends_at - time.monotonic(), 0.001), self._ring)
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        with self._lock:
            if self._is_over:
                return
            if time.monotonic() < self.ends_at:
                self._wind()
                return
            self.has_rung = True
            for handle in self._handles:
                _shut(handle)


def _shut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


class _Watched:
    """What both kinds of connection do more than urllib3's."""

    sock: Any
    _new_conn: Callable[[], socket.socket]

    def getresponse(self) -> HTTPResponse:
        self._watch(self.sock)
        response: HTTPResponse = super().getresponse()  # type: ignore[misc]
        return response

    @staticmethod
    def _watch(connected: socket.socket | None) -> None:
        clock = getattr(_under_way, "clock", None)
        if clock is not None and connected is not None:
            clock.watch(connected)


class _Plain(_Watched, HTTPConnection):  # type: ignore[misc]  # urllib3 types two responses that are one
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._watch(connected)
        return connected


class _Secure(_Watched, HTTPSConnection):  # type: ignore[misc]
    def _new_conn(self) -> socket.socket:
        # before the handshake, which a server can drag out too
        connected = super()._new_conn()
        self._watch(connected)
        return connected


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._ours(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        self._ours(manager)
        return manager

    @staticmethod
    def _ours(manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


class OneAnswer(requests.Session):
    """A session that keeps no cookie and looks at no redirect: session.Web decides where to go."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: reading it here would also read the redirect's body, of any length."""
        return None
