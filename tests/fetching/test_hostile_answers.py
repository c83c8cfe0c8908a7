"""Answers that never end, headers that cannot be read, and waits: over real sockets.

What belongs here: what a server can do to the one HTTP session. What does not: a publisher's form (tests/sources).
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from orchestration.fetching.session import FetchError, HostLimits, Patience, Web
from orchestration.fetching.waiting import Wait
from orchestration.limits import Limits
from orchestration.progress import listening
from orchestration.settings import Settings
from orchestration.wire import SourceError

# One attempt, half a second an answer; the socket's own timeout is far longer, so that it cannot be what ends it.
SHORT = Patience(deadline=3, attempts=1, first_wait=0.01, longest_wait=0.05, timeout=30, answer=0.5, rate=1e6)
GOOD = b'{"good": true}'
OK = b"HTTP/1.1 200 OK\r\n"


@contextlib.contextmanager
def server(
    *pieces: bytes, every: float = 0.0, then: bytes = b"", closes: bool = True, taken: list[int] | None = None
) -> Iterator[str]:
    """Sends the pieces with pauses between them; `then`, if given, again and again until nobody listens.

    taken: gets the bytes of each piece that the listener's side took.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            for piece in itertools.chain(pieces, itertools.repeat(then) if then else ()):
                connection.sendall(piece)
                if taken is not None:
                    taken.append(len(piece))
                if every and over.wait(every):
                    return
            if not closes:
                over.wait(5)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()


def web(url: str, patience: Patience = SHORT, **given: object) -> Web:
    limits = HostLimits(clock=itertools.count(step=3600).__next__)
    return Web(Settings(fbi_cde_url=url, usaspending_files_url=url, **given), patience=patience, limits=limits)


DRIBBLES = {
    "the body, a byte at a time": ((OK + b"Content-Length: 100000\r\n\r\n",), b"x"),
    "a body that its connection ends": ((OK + b"\r\n",), b"x"),
    "a chunk at a time": ((OK + b"Transfer-Encoding: chunked\r\n\r\n",), b"1\r\nx\r\n"),
    "one header line at a time": ((OK,), b"X-Synthetic: 1\r\n"),
    "the status line, a letter at a time": ((), b"H"),
    "100 Continue for ever": ((), b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk's size that does not end": ((OK + b"Transfer-Encoding: chunked\r\n\r\n",), b"0"),
}


@pytest.mark.parametrize(("first", "then"), DRIBBLES.values(), ids=list(DRIBBLES))
def test_an_answer_that_does_not_end_is_cut_off(first, then):
    started = time.monotonic()
    with (
        server(*first, every=0.02, then=then) as url,
        pytest.raises(FetchError, match=r"not whole within 0|cannot be read"),
    ):
        web(url).get(f"{url}/x")
    assert time.monotonic() - started < 4


def test_a_line_within_a_body_is_not_read_without_end():
    flood = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    taken: list[int] = []
    with (
        server(flood, then=b"0" * 65536, taken=taken) as url,
        pytest.raises(FetchError, match="broke off in the middle"),
    ):
        web(url, replace(SHORT, answer=20)).get(f"{url}/x")
    # what the system's own buffers take in may come on top of the line's limit
    assert sum(taken) < 32_000_000


def test_a_download_may_take_as_long_as_its_bytes_need_and_no_longer(tmp_path):
    body = b"x" * 3_000_000
    head = OK + b"Content-Length: %d\r\n\r\n" % len(body)
    pieces = [body[at : at + 500_000] for at in range(0, len(body), 500_000)]
    patience = replace(SHORT, answer=0.6, rate=1_000_000)
    with server(head, *pieces, every=0.15) as url:
        started = time.monotonic()
        assert web(url, patience).download(f"{url}/x.zip", tmp_path).size == len(body)
        assert time.monotonic() - started > 0.7, "it took longer than an answer of no size may"
    with server(head, then=b"x" * 1_000, every=0.02) as url, pytest.raises(FetchError, match="not whole within"):
        web(url, patience).download(f"{url}/x.zip", tmp_path)
    assert len(list(tmp_path.iterdir())) == 1, "what was cut off leaves no file"


BODY = b"\r\n\r\n" + GOOD
# Each answer, and words of the error; None where it is read all the same.
ANSWERS: dict[str, tuple[bytes, str | None]] = {
    "Content-Length ²": (OK + "Content-Length: ²".encode() + BODY, "Content-Length is .* no number of bytes"),
    "Content-Length in words": (OK + b"Content-Length: many" + BODY, "no number of bytes"),
    "Content-Length below zero": (OK + b"Content-Length: -5" + BODY, "no number of bytes"),
    "two lengths": (OK + b"Content-Length: 14\r\nContent-Length: 15" + BODY, "Content-Length|cannot be read"),
    "a length beyond the body": (OK + b"Content-Length: 99" + BODY, "broke off"),
    "Content-Encoding unknown": (OK + b"Content-Encoding: synthetic" + BODY, "Content-Encoding is 'synthetic'"),
    "packed six times": (OK + b"Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip" + BODY, "Content-Encoding is"),
    "a part of it": (OK + b"Content-Range: bytes 0-13/900" + BODY, "a part of the answer"),
    "206": (b"HTTP/1.1 206 Partial Content\r\n" + BODY.lstrip(b"\r\n").join([b"\r\n", b""]), "HTTP 206"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP 204: no content"),
    "205": (b"HTTP/1.1 205 Reset Content\r\n\r\n", "HTTP 205"),
    "charset unknown": (OK + b"Content-Type: application/json; charset=synthetic-16" + BODY, None),
    "Date in words": (OK + b"Date: yesterday\r\nLast-Modified: \xff\xfe never" + BODY, None),
    "a NUL in a header": (OK + b"Server: a\0b" + BODY, None),
    "a header of two lines": (OK + b"Server: a\r\n WARC-Target-URI: b" + BODY, None),
    "a header of 1 MB": (OK + b"Server: " + b"x" * 1_000_000 + BODY, "connection failed|cannot be read"),
    "200 headers": (OK + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + BODY, "connection failed|cannot be read"),
    "HTTP/0.9": (GOOD, "connection failed|cannot be read"),
    "a status in words": (b"HTTP/1.1 fine OK\r\n" + BODY, "connection failed|cannot be read"),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n" + BODY, "connection failed|cannot be read|HTTP 2000"),
    "status 999": (b"HTTP/1.1 999 Synthetic\r\n" + BODY, "HTTP 999"),
    "a chunk longer than it is": (OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n" + GOOD, "broke off"),
    "a chunk's size below zero": (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + GOOD, "broke off|cannot be read"),
    "a chunk's size in words": (OK + b"Transfer-Encoding: chunked\r\n\r\nmany\r\n" + GOOD, "broke off"),
    "nothing at all": (b"", "connection failed"),
    **{
        f"Location {where!r}": (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + where + b"\r\n\r\n", says)
        for where, says in (
            (b"http://[synthetic", "it redirects to"),
            (b"http://\xff\xfe/", "it redirects to|not a publisher's host"),
            (b"", "it redirects to|HTTP 302"),
            (b"//", "redirected more than five times"),
            (b"http://127.0.0.1:99999999/", "it redirects to"),
            (b"http://" + b"a" * 300 + b".invalid/", "it redirects to"),
            (b"file:///etc/passwd", "it redirects to"),
            (b"javascript:1", "it redirects to"),
        )
    },
    **{
        f"Retry-After {when!r}": (
            b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + when + b"\r\n\r\n", "HTTP 503")
        for when in ("²".encode(), b"soon", b"-1", b"1e400", b"NaN", b"9" * 400,
                     b"Fri, 99 Feb 9999 99:99:99 GMT", b"Mon, 01 Jan 0001 00:00:00 -0000")
    },
}  # fmt: skip


@pytest.mark.parametrize(("answer", "says"), ANSWERS.values(), ids=list(ANSWERS))
def test_an_answer_that_cannot_be_read_is_the_sources_fault(answer, says):
    with server(answer) as url:
        if says is None:
            payload = web(url).get(f"{url}/x", media_type="json")
            assert payload.body == GOOD
            assert all(re.fullmatch(r"[ -~]*", value) for value in payload.response_headers.values())
            return
        with pytest.raises(SourceError, match=says) as failed:
            web(url).get(f"{url}/x")
    assert failed.value.__context__ is None, "what the library raised names the address as it was sent"


def test_a_body_is_bounded_after_it_was_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with server(head + bomb) as url, pytest.raises(FetchError, match=r"larger than 1,000,000 bytes \(CLAWBACK_LIMIT_"):
        web(url, limits=Limits(body_bytes=1_000_000)).get(f"{url}/x")


def test_a_download_is_bounded(tmp_path):
    with server(OK + b"\r\n", then=b"x" * 65536) as url, pytest.raises(FetchError, match="DOWNLOAD_BYTES"):
        web(url, replace(SHORT, answer=20), limits=Limits(download_bytes=3_000_000)).download(f"{url}/x.zip", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cookie_is_not_sent_back():
    with server(OK + b"Set-Cookie: synthetic=1\r\nContent-Length: 14" + BODY) as url:
        session = web(url)
        session.get(f"{url}/x")
        assert not session._session.cookies


class TestWaits:
    def said(self, url: str, patience: Patience) -> list[str]:
        lines: list[str] = []
        with listening(lines.append), contextlib.suppress(FetchError):
            web(url, patience).get(f"{url}/x")
        return lines

    def test_a_silent_server_is_said_with_how_long_at_most(self):
        with server(closes=False) as url:
            (line,) = self.said(url, replace(SHORT, say_after=0.1))
        assert re.search(r"waiting for 127\.0\.0\.1:\d+ to answer \(0 s so far, at most 3 s\)", line)

    def test_a_backoff_and_a_retry_after_say_why(self):
        busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"
        with server(busy) as url:
            lines = self.said(url, replace(SHORT, attempts=2, say_after=0.3))
        assert len(lines) == 1
        assert "HTTP 503, tried 1 of at most 2 times" in lines[0]

    def test_what_is_quick_is_not_said(self):
        with server(OK + b"Content-Length: 14" + BODY) as url:
            assert self.said(url, replace(SHORT, say_after=0.5)) == []

    def test_a_long_wait_is_said_again_at_growing_distances(self, monkeypatch):
        monkeypatch.setattr("orchestration.fetching.waiting.AGAIN_AFTER", 0.1)
        lines: list[str] = []
        with listening(lines.append), Wait("a synthetic download", 9, after=0.1):
            time.sleep(0.95)
        assert len(lines) == 4, "after 0.1, 0.2, 0.4 and 0.8 seconds"
