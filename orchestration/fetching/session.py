"""The one HTTP session: retries until a deadline, rate limits for each host, an allow-list of hosts, no key stored.

What belongs here: getting bytes from a publisher without overloading it, or reporting why that failed. What does not:
which address to request (sources), what the bytes mean, how a slow response is cut off (transport), parsing its headers
(headers).
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlencode, urlsplit

import requests
import stamina
import urllib3.exceptions

from orchestration import __version__, files
from orchestration.fetching import headers as heads
from orchestration.fetching.host_limits import DEFAULT_LIMIT, LIMITS, SHARED_LIMITS, HostLimits
from orchestration.fetching.transport import AnswerClock, OneAnswer
from orchestration.fetching.waiting import Patience, Wait
from orchestration.limits import PREFIX
from orchestration.redaction import Redactor, Watching, unpacked
from orchestration.settings import LOOPBACK, Settings
from orchestration.wire import FilePayload, Payload, SourceError

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})

# urllib3 writes whole request lines at DEBUG and, of headers that it cannot read, at WARNING, with whatever a secret
# parameter holds.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class FetchError(SourceError):
    """A request that no retry could save, or that may not be made. `url` contains no secret."""

    def __init__(self, what: str, *, url: str, status: int | None = None, attempts: int = 1, body: bytes = b"") -> None:
        self.status, self.attempts = status, attempts
        tried = f" after {attempts} attempts" if attempts > 1 else ""
        super().__init__("", "*", f"{what}{tried}", url=url, excerpt=body[:300].decode("utf-8", "replace"))


class _Transient(Exception):
    """A fault that may pass. `wait`: seconds the publisher requested, if it did."""

    def __init__(self, what: str, *, status: int | None = None, wait: float | None = None, body: bytes = b"") -> None:
        super().__init__(what)
        self.what, self.status, self.wait, self.body = what, status, wait, body


# What the libraries raise of an answer that they cannot read. No OSError of the disk is among them.
_FAULTS = (
    requests.exceptions.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, ValueError,
    LookupError,
)  # fmt: skip
_KEY_WITHIN = "the file repeats a key of ours, which cannot be taken out of a packed file: it is not kept"


@dataclass
class _Asked:
    """One request: `shown` is its address without secrets, `sent` the address as sent."""

    method: str
    shown: str
    sent: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    role: Literal["records", "control"] = "records"
    accept_status: frozenset[int] = frozenset()
    media_type: str | None = None
    attempts: int | None = None
    final: bytes | None = None


@dataclass(frozen=True)
class _Answer:
    """What came, its body without secrets."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    redacted: int


class Web:
    """Requests to the publishers' hosts and nowhere else.

    Every answer with a status below 300 comes back as a Payload; anything else
    raises FetchError, after retries where the fault may pass.
    """

    def __init__(
        self, settings: Settings, *, patience: Patience | None = None, limits: HostLimits | None = None,
        max_body_bytes: int | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._patience = patience or Patience(
            deadline=settings.request_deadline, answer=settings.answer_seconds, rate=settings.download_rate
        )
        self.limits = limits or SHARED_LIMITS
        self._max_body_bytes = max_body_bytes or settings.limits.body_bytes
        # Where the answer under way is written, when it is a download.
        self._into: Path | None = None
        self._session = OneAnswer()
        self._redactor = Redactor(settings.secrets())
        contact = f"; {settings.contact}" if settings.contact else ""
        self._user_agent = f"clawback/{__version__} (public-interest data warehouse{contact})"
        self._allowed = settings.allowed_hosts()

    # Twelve facts of one request, all but the address by name; most callers give three of them.
    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, secret_params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, secret_headers: Mapping[str, str] | None = None,
        secret_query: str = "", context: Mapping[str, str] | None = None,
        role: Literal["records", "control"] = "records", accept_status: frozenset[int] = frozenset(),
        media_type: str | None = None, attempts: int | None = None, final: bytes | None = None,
    ) -> Payload:  # fmt: skip
        """GET; secrets are sent and never stored.

        secret_query: a query that is sent as it is, letter by letter: a signed link's signature covers it.
        accept_status: statuses of 300 and above that are answers here (400 = no data at the FBI).
        media_type: the answer must be of this type ("json"): an HTML error page with 200 is a fault that may pass.
        attempts: try no more often than this, where one item of many must not cost the run.
        final: words in a body by which the publisher says that asking again is of no use, whatever the status.
        """
        shown = f"{url}?{urlencode(params)}" if params else url
        secret_query = secret_query or urlencode(secret_params or {})
        sent = shown + (("&" if params else "?") + secret_query if secret_query else "")
        return self._request(_Asked("GET", shown, sent, None, headers or {}, secret_headers or {}, context or {}, role,
                                    accept_status, media_type, attempts, final))  # fmt: skip

    def post(
        self, url: str, *, json: bytes, headers: Mapping[str, str] | None = None,
        context: Mapping[str, str] | None = None, role: Literal["records", "control"] = "records",
        accept_status: frozenset[int] = frozenset(), media_type: str | None = "json",
    ) -> Payload:  # fmt: skip
        """POST a JSON body (bytes). A redirect would turn it into a GET, so none is followed."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._request(_Asked("POST", url, url, json, sent, {}, context or {}, role, accept_status, media_type))

    def download(
        self, url: str, folder: Path, *, secret_query: str = "", context: Mapping[str, str] | None = None,
    ) -> FilePayload:  # fmt: skip
        """GET a file of any size into `folder`, by pieces; its digest is taken on the way.

        secret_query: as get() says.

        A download that breaks off is started again. The caller owns the file: landing moves it into the capture.
        Raises FetchError like get().
        """
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        target = folder / files.unfinished_name(PurePosixPath(urlsplit(url).path).suffix)
        self._into = target
        try:
            sent = f"{url}?{secret_query}" if secret_query else url
            payload = self._request(_Asked("GET", url, sent, context=context or {}))
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            self._into = None
        assert isinstance(payload, FilePayload)
        return payload

    def _request(self, asked: _Asked) -> Payload:
        patience = self._patience
        most = min(asked.attempts or patience.attempts, patience.attempts)
        ends_at = time.monotonic() + patience.deadline
        waits = stamina.retry_context(
            on=_Transient, attempts=most, timeout=patience.deadline, wait_initial=patience.first_wait,
            wait_max=patience.longest_wait, wait_jitter=patience.first_wait,
        )  # fmt: skip
        host, tried = urlsplit(asked.shown).netloc, 0
        failed: FetchError | None = None
        with Wait(f"{host} to answer", patience.deadline, after=patience.say_after) as wait:
            try:
                for attempt in waits:
                    with attempt:
                        tried += 1
                        try:
                            return self._once(asked, wait, max(ends_at - time.monotonic(), 1.0))
                        except _Transient as fault:
                            wait.now(f"{host} to answer better: {fault.what}, tried {tried} of at most {most} times")
                            if fault.wait is not None and tried < most:
                                self._wait_as_asked(fault, asked, tried, ends_at)
                            raise
            except _Transient as fault:
                failed = self._failed(fault.what, asked, fault, tried)
        # Outside of the handler: what the library raised names the address as it was sent, with its keys.
        raise failed or AssertionError("stamina ended without an answer or a fault")

    def _wait_as_asked(self, fault: _Transient, asked: _Asked, tried: int, ends_at: float) -> None:
        assert fault.wait is not None
        if fault.wait > self._patience.longest_retry_after or time.monotonic() + fault.wait > ends_at:
            raise self._failed(f"{fault.what}; it asks to wait {fault.wait:.0f} s", asked, fault, tried) from None
        time.sleep(fault.wait + random.uniform(0, self._patience.first_wait))

    def _failed(self, what: str, asked: _Asked, fault: _Transient, tried: int) -> FetchError:
        return FetchError(what, url=asked.shown, status=fault.status, attempts=tried, body=fault.body)

    def _once(self, asked: _Asked, wait: Wait, left: float) -> Payload:
        asked = replace(asked)
        for _hop in range(6):
            self._must_be_allowed(asked.sent, asked.shown)
            host = urlsplit(asked.sent).hostname or ""
            self.limits.wait(host, *LIMITS.get(host, DEFAULT_LIMIT))
            answer = self._exchange(asked, wait, min(self._patience.answer, left))
            if isinstance(answer, Payload):
                return answer
            if isinstance(answer, _Answer):
                return self._judged(answer, asked)
            # A publisher may repeat the query, and a key in it.
            asked.sent, asked.shown, asked.secret_headers = answer, self._redactor.text(answer), {}
        raise FetchError("redirected more than five times", url=asked.shown)

    def _exchange(self, asked: _Asked, wait: Wait, seconds: float) -> _Answer | FilePayload | str:
        """One request and what came: the answer, a file that was saved, or the address of a redirect."""
        fault: Exception
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **asked.headers, **asked.secret_headers}
        with AnswerClock(seconds) as clock:
            try:
                with self._session.request(
                    asked.method, asked.sent, data=asked.body, headers=sent, timeout=self._patience.timeout,
                    stream=True, allow_redirects=False,
                ) as response:  # fmt: skip
                    if response.is_redirect and asked.method == "GET":
                        return heads.redirect(asked.sent, response.headers, self._redactor)
                    heads.encoding(response.headers)
                    if self._into is not None and response.status_code == 200:
                        return self._saved(response, self._into, asked, clock, wait)
                    return self._read(response, asked, clock)
            except heads.BadHeader as error:
                fault = FetchError(self._redactor.text(str(error)), url=asked.shown)
            except _FAULTS as error:
                fault = _Transient(self._why(error, clock))
        raise fault

    def _why(self, error: Exception, clock: AnswerClock) -> str:
        if clock.has_rung:
            return _not_whole(clock)
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return "the answer broke off in the middle"
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return "the answer's compression is broken"
        if isinstance(error, requests.exceptions.Timeout):
            return f"no answer within {self._patience.timeout:.0f} s"
        if isinstance(error, requests.exceptions.ConnectionError):
            return f"the connection failed ({type(error.args[0]).__name__ if error.args else 'unknown'})"
        return f"the answer cannot be read ({type(error).__name__})"

    def _judged(self, answer: _Answer, asked: _Asked) -> Payload:
        status, content = answer.status, answer.content
        if status not in asked.accept_status:
            if asked.final is not None and asked.final in content:
                raise FetchError(f"HTTP {status}", url=asked.shown, status=status, body=content)
            over_limit = status == 403 and b"OVER_RATE_LIMIT" in content
            if status in TRANSIENT_STATUS or over_limit:
                what = "the rate limit is reached" if over_limit or status == 429 else f"HTTP {status}"
                raise _Transient(what, status=status, wait=heads.retry_after(answer.headers), body=content)
            if status >= 300:
                raise FetchError(f"HTTP {status}", url=asked.shown, status=status, body=content)
            if status in (204, 205):
                # It says that there is nothing to say: asking again is of no use, and nothing is no answer.
                raise FetchError(f"HTTP {status}: no content where an answer was asked for", url=asked.shown,
                                 status=status)  # fmt: skip
            if status == 206 or "Content-Range" in answer.headers:
                raise FetchError(f"HTTP {status}: a part of the answer, and the whole was asked for", url=asked.shown,
                                 status=status)  # fmt: skip
            if not content.strip():
                raise _Transient(f"HTTP {status} with an empty body", status=status)
            if asked.media_type == "json" and content.lstrip()[:1] not in (b"{", b"["):
                kind = heads.media_type(answer.headers, self._redactor) if "Content-Type" in answer.headers else ""
                what = f"HTTP {status} with {kind or 'no type'} where JSON was asked for"
                raise _Transient(what, status=status, body=content)
        return Payload(
            body=content,
            url=asked.shown,
            retrieved_at=datetime.now(UTC).replace(microsecond=0),
            media_type=heads.media_type(answer.headers, self._redactor),
            method=asked.method,
            status=status,
            request_body=asked.body or b"",
            request_headers={"User-Agent": self._user_agent, **asked.headers},
            response_headers=heads.kept(answer.headers, self._redactor),
            role=asked.role,
            context=dict(asked.context),
            redacted=answer.redacted,
        )

    def _read(self, response: requests.Response, asked: _Asked, clock: AnswerClock) -> _Answer:
        announced = heads.length(response.headers)
        chunks, size = [], 0
        for chunk in response.iter_content(1 << 20):
            size += len(chunk)
            if size > self._max_body_bytes:
                what = f"the answer is larger than {self._max_body_bytes:,} bytes ({PREFIX}BODY_BYTES raises it)"
                raise FetchError(what, url=asked.shown)
            chunks.append(chunk)
        self._must_be_whole(response, clock, size, announced)
        content = b"".join(chunks)
        chunks.clear()
        content, redacted = self._redactor.body(content)
        if self._redactor.overlap:
            watching = Watching(self._redactor)
            if any(watching.sees(piece) for piece in unpacked(content, self._max_body_bytes)):
                raise FetchError(_KEY_WITHIN, url=asked.shown)
        return _Answer(response.status_code, response.headers, content, redacted)

    def _must_be_whole(self, response: requests.Response, clock: AnswerClock, size: int, announced: int | None) -> None:
        if clock.has_rung:
            # a body that ends with its connection looks whole wherever it is cut
            raise _Transient(_not_whole(clock))
        if announced is not None and not heads.encoding(response.headers) and size < announced:
            raise _Transient(f"the answer broke off after {size:,} of {announced:,} bytes")

    def _saved(
        self, response: requests.Response, target: Path, asked: _Asked, clock: AnswerClock, wait: Wait
    ) -> FilePayload:
        digest, size, most = hashlib.sha256(), 0, self._settings.limits.download_bytes
        announced, host = heads.length(response.headers), urlsplit(asked.shown).netloc
        of = f" of {announced / 1e6:,.0f}" if announced else ""
        watching = Watching(self._redactor)
        with target.open("wb") as stream:
            for chunk in response.iter_content(1 << 20):
                size += len(chunk)
                if size > most:
                    what = f"the file is larger than {most:,} bytes ({PREFIX}DOWNLOAD_BYTES raises it)"
                    raise FetchError(what, url=asked.shown)
                if self._redactor.overlap and watching.sees(chunk):
                    raise FetchError(_KEY_WITHIN, url=asked.shown)
                digest.update(chunk)
                stream.write(chunk)
                clock.extend_to(self._patience.answer + size / self._patience.rate)
                wait.now(f"a file of {host}: {size / 1e6:,.0f}{of} MB have come", clock.ends_at - time.monotonic())
        self._must_be_whole(response, clock, size, announced)
        if size == 0:
            raise _Transient("an empty file")
        return FilePayload(
            body=b"",
            url=asked.shown,
            retrieved_at=datetime.now(UTC).replace(microsecond=0),
            media_type=heads.media_type(response.headers, self._redactor),
            request_headers={"User-Agent": self._user_agent, **asked.headers},
            response_headers=heads.kept(response.headers, self._redactor),
            context=dict(asked.context),
            path=target,
            digest=digest.hexdigest(),
            size=size,
        )

    def _must_be_allowed(self, url: str, shown: str) -> None:
        parts = urlsplit(url)
        if not any(_matches(parts.netloc.lower(), allowed) for allowed in self._allowed):
            raise FetchError(f"{parts.netloc} is not a publisher's host named in the settings", url=shown)
        if parts.scheme == "https":
            return
        named_so = any(
            base.startswith("http://") and urlsplit(base).netloc.lower() == parts.netloc.lower()
            for base in self._settings.base_urls().values()
        )
        if not (named_so and parts.hostname in LOOPBACK):
            raise FetchError("plain http is refused but for loopback addresses that a setting names", url=shown)


def _sweep(folder: Path) -> None:
    """Downloads that a killed run left behind."""
    for leftover in files.abandoned(folder):
        leftover.unlink(missing_ok=True)


def _matches(netloc: str, allowed: str) -> bool:
    if allowed == "{domain}":
        return False
    return netloc == allowed


def _not_whole(clock: AnswerClock) -> str:
    return f"the answer was not whole within {clock.seconds:.0f} s (CLAWBACK_ANSWER_SECONDS)"
