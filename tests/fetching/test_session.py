"""The one HTTP session against a server that misbehaves with real bytes.

What belongs here: transport: retries, limits, allow-list, secrets. What does not: any publisher's form.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration import sources
from orchestration.fetching.paging import CannotStop, CursorPages, OffsetPages, PagesExhausted
from orchestration.fetching.session import FetchError, HostLimits, Patience, Web
from orchestration.landing import land
from orchestration.settings import Settings
from orchestration.sources.base import Slice

QUICK = Patience(deadline=5, attempts=4, first_wait=0.01, longest_wait=0.05, timeout=2, longest_retry_after=3)
SECRET = "SYNTHETIC-SECRET-0123456789"


def web(server_url: str, **given_: object) -> Web:
    settings = Settings(fbi_cde_url=server_url, contact="synthetic@example.org", **given_)
    return Web(settings, patience=QUICK, limits=HostLimits(clock=itertools.count(step=3600).__next__))


@pytest.fixture
def url(httpserver: HTTPServer) -> str:
    return httpserver.url_for("").rstrip("/")


def answers(httpserver: HTTPServer, *responses: Response) -> list[Request]:
    """The server gives these in turn, the last one for ever; the requests it saw."""
    seen: list[Request] = []
    left = list(responses)

    def answer(request: Request) -> Response:
        seen.append(request)
        return left.pop(0) if len(left) > 1 else left[0]

    httpserver.expect_request("/x").respond_with_handler(answer)
    return seen


GOOD = '{"good": true}'


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_fault_that_passes_is_retried(httpserver, url, status):
    seen = answers(httpserver, Response(status=status), Response(status=status), Response(GOOD))
    assert web(url).get(f"{url}/x", media_type="json").body == GOOD.encode()
    assert len(seen) == 3


def test_a_fault_that_stays_names_the_address_the_status_and_the_attempts(httpserver, url):
    answers(httpserver, Response(status=503))
    with pytest.raises(FetchError, match=r"HTTP 503 after 4 attempts \(http://") as failed:
        web(url).get(f"{url}/x")
    assert (failed.value.status, failed.value.attempts) == (503, 4)


def test_an_error_that_will_not_pass_is_not_retried_and_repeats_what_the_publisher_said(httpserver, url):
    seen = answers(httpserver, Response('{"detail": "synthetic reason"}', status=422))
    with pytest.raises(FetchError, match="synthetic reason"):
        web(url).get(f"{url}/x")
    assert len(seen) == 1


def test_retry_after_is_honoured_in_seconds_and_as_a_date(httpserver, url):
    # A date has whole seconds: it names an instant between one and two seconds from now.
    for header in (lambda: "1", lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)):
        httpserver.clear()
        answers(httpserver, Response(status=429, headers={"Retry-After": header()}), Response(GOOD))
        asked = time.monotonic()
        assert web(url).get(f"{url}/x").body == GOOD.encode()
        assert time.monotonic() - asked > 0.5, "the backoff alone is at most 0.05 s"


def test_a_wait_longer_than_our_patience_ends_the_attempt(httpserver, url):
    seen = answers(httpserver, Response(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(FetchError, match="asks to wait 86400 s"):
        web(url).get(f"{url}/x")
    assert len(seen) == 1


def test_a_rate_limit_told_by_403_is_one_that_passes(httpserver, url):
    answers(httpserver, Response('{"error": {"code": "OVER_RATE_LIMIT"}}', status=403), Response(GOOD))
    assert web(url).get(f"{url}/x").body == GOOD.encode()


def test_an_empty_body_and_a_page_where_json_was_asked_are_faults(httpserver, url):
    answers(httpserver, Response(""), Response("<html>maintenance</html>"), Response(GOOD))
    assert web(url).get(f"{url}/x", media_type="json").body == GOOD.encode()


def test_an_empty_body_is_a_fault_that_passes_whatever_was_asked_for(httpserver, url):
    seen = answers(httpserver, Response(""), Response(" \n"), Response("a,b\n1,2\n"))
    assert web(url).get(f"{url}/x").body == b"a,b\n1,2\n"
    assert len(seen) == 3


def test_no_content_where_an_answer_was_asked_for_is_a_fault_that_is_not_asked_again(httpserver, url):
    seen = answers(httpserver, Response(status=204))
    with pytest.raises(FetchError, match="HTTP 204: no content"):
        web(url).get(f"{url}/x")
    assert len(seen) == 1


@contextlib.contextmanager
def raw_server(*answers_: bytes | None) -> Iterator[str]:
    """Sends these bytes and closes; None resets the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    left = list(answers_)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                data = left.pop(0) if len(left) > 1 else left[0]
                if data is None:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                else:
                    connection.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


WHOLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n"
    + GOOD.encode()
)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="the connection is reset"),
        pytest.param(WHOLE[:-5], id="the body is cut off"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"goo\r\n9\r\nd', id="a chunk is cut off"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", id="it is no gzip"),
    ],
)
def test_an_answer_that_breaks_off_is_asked_for_again(fault):
    with raw_server(fault, WHOLE) as url:
        assert web(url).get(f"{url}/x").body == GOOD.encode()


def test_no_host_but_the_settings_is_asked_not_even_by_a_redirect(httpserver, url):
    with pytest.raises(FetchError, match="not a publisher's host"):
        web(url).get("https://synthetic.invalid/x")
    answers(httpserver, Response(status=302, headers={"Location": "https://synthetic.invalid/elsewhere"}))
    with pytest.raises(FetchError, match="not a publisher's host"):
        web(url).get(f"{url}/x")


@pytest.mark.parametrize(
    "host",
    ["evil-api.usa.gov", "api.usa.gov.synthetic.invalid", "evil.api.usa.gov", "api.usa.gov:444", "a@api.usa.gov"],
)
def test_a_host_that_resembles_a_publishers_is_another_host(host):
    with pytest.raises(FetchError, match="not a publisher's host"):
        Web(Settings(), patience=QUICK).get(f"https://{host}/crime/fbi/cde/x")


def test_a_redirect_is_followed_without_the_key(httpserver, url):
    answers(httpserver, Response(status=302, headers={"Location": f"{url}/elsewhere"}))
    seen: list[Request] = []
    httpserver.expect_request("/elsewhere").respond_with_handler(lambda request: seen.append(request) or Response(GOOD))
    session = web(url, DATA_GOV_API_KEY=SECRET)
    payload = session.get(f"{url}/x", headers={"X-Plain": "1"}, secret_headers={"X-Api-Key": SECRET})
    assert payload.body == GOOD.encode()
    assert [(r.headers.get("X-Plain"), r.headers.get("X-Api-Key")) for r in seen] == [("1", None)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_post_is_a_fault_and_is_not_followed(httpserver, url, status):
    answers(httpserver, Response(status=status, headers={"Location": f"{url}/elsewhere"}))
    seen: list[Request] = []
    httpserver.expect_request("/elsewhere").respond_with_handler(lambda request: seen.append(request) or Response(GOOD))
    with pytest.raises(FetchError, match=f"HTTP {status}"):
        web(url).post(f"{url}/x", json=b"{}")
    assert seen == []


def test_plain_http_is_for_loopback_that_a_setting_names():
    with pytest.raises(FetchError, match="plain http is refused"):
        Web(Settings(fbi_cde_url="http://synthetic.invalid"), patience=QUICK).get("http://synthetic.invalid/x")


def test_a_body_larger_than_the_bound_is_refused(httpserver, url):
    answers(httpserver, Response("x" * 5000))
    settings = Settings(fbi_cde_url=url)
    with pytest.raises(FetchError, match="larger than 1,000 bytes"):
        Web(settings, patience=QUICK, max_body_bytes=1000).get(f"{url}/x")


def test_publishers_are_told_who_asks(httpserver, url):
    seen = answers(httpserver, Response(GOOD))
    web(url).get(f"{url}/x")
    assert "synthetic@example.org" in seen[0].headers["User-Agent"]


def test_a_secret_goes_on_the_wire_and_nowhere_else(httpserver, url, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    seen = answers(httpserver, Response('[{"x": 1}]'), Response(f"refused: {SECRET}", status=401))
    session = web(url, DATA_GOV_API_KEY=SECRET)
    payload = session.get(
        f"{url}/x", params={"a": "b"}, secret_params={"key": SECRET}, secret_headers={"X-Api-Key": SECRET}
    )
    assert seen[0].args["key"] == seen[0].headers["X-Api-Key"] == SECRET
    assert payload.url == f"{url}/x?a=b"
    land.write(
        sources.get("bjs/victimizations"),
        Slice("2016"),
        [payload],
        landing_dir=tmp_path,
        kind="fetched",
        edition="live",
    )
    with pytest.raises(FetchError) as refused:
        session.get(f"{url}/x", secret_params={"key": SECRET})
    assert SECRET not in str(refused.value)
    assert "REDACTED" in str(refused.value)
    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert not [line for line in ours if SECRET in line]
    assert SECRET not in repr(payload)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            assert SECRET.encode() not in (gzip.decompress(body) if path.suffix == ".gz" else body), path


def test_a_hosts_limit_is_shared_and_waited_for():
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    limits = HostLimits(clock=lambda: now[0], sleep=sleep)
    for _ in range(5):
        limits.wait("synthetic.invalid", 2, 10.0)
    limits.wait("another.invalid", 2, 10.0)
    assert sum(slept) == pytest.approx(20.0)


class TestPages:
    def test_a_paginator_that_cannot_stop_is_refused_when_it_is_made(self):
        for made in (
            lambda: OffsetPages(limit=0, order="id"),
            lambda: OffsetPages(limit=10, order=" "),
            lambda: OffsetPages(limit=10, order="id", max_pages=0),
            lambda: CursorPages(fields=()),
            lambda: CursorPages(fields=("a",), max_pages=0),
        ):
            with pytest.raises(CannotStop):
                made()

    @given(st.integers(0, 500), st.integers(1, 50))
    def test_offset_pages_see_every_row_once(self, rows, limit):
        pages, seen = OffsetPages(limit=limit, order="id"), []
        while True:
            first = int(pages.params()["$offset"])
            page = list(range(rows))[first : first + limit]
            seen += page
            if not pages.advance(len(page)):
                break
        assert seen == list(range(rows))

    @given(st.integers(0, 500), st.sampled_from([5, 10, 15, 50]))
    def test_offset_pages_see_every_row_once_of_a_server_with_a_lower_limit(self, rows, lower):
        pages, seen = OffsetPages(limit=50, order="id", lower_limits=5), []
        while True:
            first = int(pages.params()["$offset"])
            page = list(range(rows))[first : first + lower]
            seen += page
            if not pages.advance(len(page)):
                break
        assert seen == list(range(rows))

    def test_pages_of_a_server_with_a_lower_limit_end_at_the_bound(self):
        pages = OffsetPages(limit=50, order="id", lower_limits=5, max_pages=3)
        assert pages.advance(25)
        assert pages.advance(25)
        with pytest.raises(PagesExhausted, match="no end"):
            pages.advance(25)

    def test_a_cursor_that_does_not_move_or_never_ends_is_an_error(self):
        pages = CursorPages(fields=("a", "b"), has_next="more")
        assert pages.advance(1, {"a": 1, "b": 2, "more": True})
        with pytest.raises(PagesExhausted, match="did not move"):
            pages.advance(1, {"a": 1, "b": 2, "more": True})
        endless = CursorPages(fields=("a",), max_pages=3)
        assert [endless.advance(1, {"a": n}) for n in range(2)] == [True, True]
        with pytest.raises(PagesExhausted, match="3 pages and no end"):
            endless.advance(1, {"a": 2})

    def test_a_cursor_ends_on_the_text_none_on_half_a_cursor_and_without_a_next(self):
        for last in ({"a": 1, "b": "None", "more": True}, {"a": 1, "more": True}, {"a": 1, "b": 2, "more": False}):
            assert CursorPages(fields=("a", "b"), has_next="more").advance(1, last) is False


def test_a_request_ends_by_its_deadline(httpserver, url):
    answers(httpserver, Response(status=503))
    patience = Patience(deadline=0.5, attempts=1000, first_wait=0.05, longest_wait=0.1, timeout=2)
    started = time.monotonic()
    with pytest.raises(FetchError):
        Web(Settings(fbi_cde_url=url), patience=patience, limits=HostLimits()).get(f"{url}/x")
    assert time.monotonic() - started < 30
