"""The one HTTP session: retries to a deadline, limits shared by a host, an allow-list, no secret kept.

What belongs here: getting bytes from a publisher politely, or saying why not.
What does not: which address to ask (sources) and what the bytes mean.
"""

from __future__ import annotations

import email.utils
import hashlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

import requests
import stamina

from orchestration import __version__, files
from orchestration.settings import LOOPBACK, Settings
from orchestration.sources.base import FilePayload, Payload, SourceError

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_KEPT_RESPONSE_HEADERS = frozenset(
    {"content-type", "content-length", "content-encoding", "date", "etag", "last-modified", "retry-after",
     "server", "x-ratelimit-limit", "x-ratelimit-remaining"}
)  # fmt: skip


# urllib3 writes whole request lines at DEBUG, with whatever a secret parameter holds.
logging.getLogger("urllib3").setLevel(logging.INFO)


class FetchError(SourceError):
    """A request that no retry could save, or that may not be made. `url` holds no secret."""

    def __init__(self, what: str, *, url: str, status: int | None = None, attempts: int = 1, body: bytes = b"") -> None:
        self.status, self.attempts = status, attempts
        self.excerpt = body[:300].decode("utf-8", "replace")
        tried = f" after {attempts} attempts" if attempts > 1 else ""
        said = f"; the publisher said: {self.excerpt!r}" if self.excerpt else ""
        self.what, self.url = what, url
        Exception.__init__(self, f"{what}{tried} ({url}){said}")


class _Transient(Exception):
    """A fault that may pass. `wait`: seconds the publisher asked for, if it did."""

    def __init__(self, what: str, *, status: int | None = None, wait: float | None = None, body: bytes = b"") -> None:
        super().__init__(what)
        self.what, self.status, self.wait, self.body = what, status, wait, body


@dataclass(frozen=True)
class Patience:
    """How long one request is tried: seconds."""

    deadline: float = 600.0
    attempts: int = 12
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 120.0
    # A publisher's Retry-After longer than this ends the attempt: the next night asks again.
    longest_retry_after: float = 900.0


class HostLimits:
    """At most `requests` in any `seconds` to one host, whoever in this process asks."""

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
        """How many requests a budget still holds."""
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


# Requests and seconds by host. USAspending publishes no limit and stops answering at about 100 requests
# in 30 s; api.usa.gov allows about 1,000 an hour a key, which the FBI's module keeps as a budget that ends the
# night rather than waits; the rest are asked as a person with patience would.
LIMITS: Mapping[str, tuple[int, float]] = {
    "api.usaspending.gov": (900, 300.0),
}
DEFAULT_LIMIT = (300, 60.0)
# The largest file that is fetched: USAspending's full archives of one agency and year are far below it.
MOST_DOWNLOAD_BYTES = 32 * 1024**3
_SHARED_LIMITS = HostLimits()


class Web:
    """Requests to the publishers' hosts and nowhere else.

    Every answer with a status below 300 comes back as a Payload; anything else
    raises FetchError, after retries where the fault may pass.
    """

    def __init__(
        self, settings: Settings, *, patience: Patience | None = None, limits: HostLimits | None = None,
        max_body_bytes: int = 512 * 1024 * 1024,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._patience = patience or Patience(deadline=settings.request_deadline)
        self.limits = limits or _SHARED_LIMITS
        self._max_body_bytes = max_body_bytes
        # Where the answer under way is written, when it is a download.
        self._into: Path | None = None
        self._session = requests.Session()
        self._session.trust_env = True
        contact = f"; {settings.contact}" if settings.contact else ""
        self._user_agent = f"clawback/{__version__} (public-interest data warehouse{contact})"
        self._allowed = settings.allowed_hosts()

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, secret_params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, secret_headers: Mapping[str, str] | None = None,
        secret_query: str = "", context: Mapping[str, str] | None = None,
        role: Literal["records", "control"] = "records", accept_status: frozenset[int] = frozenset(),
        media_type: str | None = None, attempts: int | None = None, final: bytes | None = None,
    ) -> Payload:  # fmt: skip
        """GET; secrets go on the wire and nowhere else.

        secret_query: a query that is sent as it is, letter by letter: a signed link's signature covers it.
        accept_status: statuses of 300 and above that are answers here (400 = no data at the FBI).
        media_type: the answer must be of this type ("json"): an HTML error page with 200 is a fault that may pass.
        attempts: try no more often than this, where one item of many must not cost the night.
        final: words in a body by which the publisher says that asking again is of no use, whatever the status.
        """
        shown = f"{url}?{urlencode(params)}" if params else url
        secret_query = secret_query or urlencode(secret_params or {})
        sent = shown + (("&" if params else "?") + secret_query if secret_query else "")
        return self._request("GET", shown, sent, None, headers or {}, secret_headers or {}, context or {}, role,
                             accept_status, media_type, attempts=attempts, final=final)  # fmt: skip

    def post(
        self, url: str, *, json: bytes, headers: Mapping[str, str] | None = None,
        context: Mapping[str, str] | None = None, role: Literal["records", "control"] = "records",
        accept_status: frozenset[int] = frozenset(), media_type: str | None = "json",
    ) -> Payload:  # fmt: skip
        """POST a JSON body (bytes). A redirect would turn it into a GET, so none is followed."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._request("POST", url, url, json, sent, {}, context or {}, role, accept_status, media_type)

    def download(
        self, url: str, folder: Path, *, context: Mapping[str, str] | None = None,
    ) -> FilePayload:  # fmt: skip
        """GET a file of any size into `folder`, by pieces; its digest is taken on the way.

        A download that breaks off is begun anew. The caller owns the file: landing moves it into the capture.
        Raises FetchError like get().
        """
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        target = folder / files.unfinished_name(PurePosixPath(urlsplit(url).path).suffix)
        self._into = target
        try:
            payload = self._request("GET", url, url, None, {}, {}, context or {}, "records", frozenset(), None)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            self._into = None
        assert isinstance(payload, FilePayload)
        return payload

    def _request(
        self, method: str, shown: str, sent: str, body: bytes | None, headers: Mapping[str, str],
        secret_headers: Mapping[str, str], context: Mapping[str, str], role: Literal["records", "control"],
        accept_status: frozenset[int], media_type: str | None, *, attempts: int | None = None,
        final: bytes | None = None,
    ) -> Payload:  # fmt: skip
        patience = self._patience
        most = min(attempts or patience.attempts, patience.attempts)
        ends_at = time.monotonic() + patience.deadline
        tried = 0
        waits = stamina.retry_context(
            on=_Transient, attempts=most, timeout=patience.deadline, wait_initial=patience.first_wait,
            wait_max=patience.longest_wait, wait_jitter=patience.first_wait,
        )  # fmt: skip
        try:
            for attempt in waits:
                with attempt:
                    tried += 1
                    try:
                        return self._once(method, shown, sent, body, headers, secret_headers, context, role,
                                          accept_status, media_type, final)  # fmt: skip
                    except _Transient as fault:
                        if fault.wait is not None and tried < most:
                            too_long = fault.wait > patience.longest_retry_after
                            if too_long or time.monotonic() + fault.wait > ends_at:
                                what = f"{fault.what}; it asks to wait {fault.wait:.0f} s"
                                raise FetchError(
                                    what, url=shown, status=fault.status, attempts=tried, body=self._clean(fault.body)
                                ) from None
                            time.sleep(fault.wait + random.uniform(0, patience.first_wait))
                        raise
        except _Transient as fault:
            raise FetchError(
                fault.what, url=shown, status=fault.status, attempts=tried, body=self._clean(fault.body)
            ) from None
        raise AssertionError("stamina ended without an answer or a fault")

    def _once(
        self, method: str, shown: str, sent: str, body: bytes | None, headers: Mapping[str, str],
        secret_headers: Mapping[str, str], context: Mapping[str, str], role: Literal["records", "control"],
        accept_status: frozenset[int], media_type: str | None, final: bytes | None,
    ) -> Payload:  # fmt: skip
        for _hop in range(6):
            self._must_be_allowed(sent, shown)
            host = urlsplit(sent).hostname or ""
            self.limits.wait(host, *LIMITS.get(host, DEFAULT_LIMIT))
            all_headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **headers, **secret_headers}
            try:
                with self._session.request(
                    method, sent, data=body, headers=all_headers, timeout=self._patience.timeout, stream=True,
                    allow_redirects=False,
                ) as response:  # fmt: skip
                    if response.is_redirect and method == "GET":
                        sent = urljoin(sent, response.headers["Location"])
                        # A publisher may repeat the query, and a key in it.
                        shown = self._clean(sent.encode()).decode()
                        secret_headers = {}
                        continue
                    if self._into is not None and response.status_code == 200:
                        return self._saved(response, self._into, shown, headers, context)
                    content = self._read(response, shown)
            except requests.exceptions.ChunkedEncodingError:
                raise _Transient("the answer broke off in the middle") from None
            except requests.exceptions.ContentDecodingError:
                raise _Transient("the answer's compression is broken") from None
            except requests.exceptions.Timeout:
                raise _Transient(f"no answer within {self._patience.timeout:.0f} s") from None
            except requests.exceptions.ConnectionError as error:
                cause = type(error.args[0]).__name__ if error.args else "unknown"
                raise _Transient(f"the connection failed ({cause})") from None
            return self._judged(
                response, content, method, shown, body, headers, context, role, accept_status, media_type, final
            )
        raise FetchError("redirected more than five times", url=shown)

    def _judged(
        self, response: requests.Response, content: bytes, method: str, shown: str, body: bytes | None,
        headers: Mapping[str, str], context: Mapping[str, str], role: Literal["records", "control"],
        accept_status: frozenset[int], media_type: str | None, final: bytes | None,
    ) -> Payload:  # fmt: skip
        status = response.status_code
        if status not in accept_status:
            if final is not None and final in content:
                raise FetchError(f"HTTP {status}", url=shown, status=status, body=self._clean(content))
            over_limit = status == 403 and b"OVER_RATE_LIMIT" in content
            if status in TRANSIENT_STATUS or over_limit:
                what = "the rate limit is reached" if over_limit or status == 429 else f"HTTP {status}"
                raise _Transient(what, status=status, wait=_retry_after(response), body=content)
            if status >= 300:
                raise FetchError(f"HTTP {status}", url=shown, status=status, body=self._clean(content))
            if status == 204:
                # It says that there is nothing to say: asking again is of no use, and nothing is no answer.
                raise FetchError("HTTP 204: no content where an answer was asked for", url=shown, status=status)
            if not content.strip():
                raise _Transient(f"HTTP {status} with an empty body", status=status)
            kind = response.headers.get("Content-Type", "")
            if media_type == "json" and content.lstrip()[:1] not in (b"{", b"["):
                raise _Transient(f"HTTP {status} with {kind or 'no type'} where JSON was asked for", body=content)
        return Payload(
            body=content,
            url=shown,
            retrieved_at=datetime.now(UTC).replace(microsecond=0),
            media_type=response.headers.get("Content-Type", "application/octet-stream").split(";")[0].strip(),
            method=method,
            status=status,
            request_body=body or b"",
            request_headers={"User-Agent": self._user_agent, **headers},
            response_headers={k: v for k, v in response.headers.items() if k.lower() in _KEPT_RESPONSE_HEADERS},
            role=role,
            context=dict(context),
        )

    def _read(self, response: requests.Response, shown: str) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_content(1 << 20):
            size += len(chunk)
            if size > self._max_body_bytes:
                raise FetchError(f"the answer is larger than {self._max_body_bytes:,} bytes", url=shown)
            chunks.append(chunk)
        announced = response.headers.get("Content-Length")
        if announced and not response.headers.get("Content-Encoding") and size < int(announced):
            raise _Transient(f"the answer broke off after {size} of {announced} bytes")
        return b"".join(chunks)

    def _saved(
        self, response: requests.Response, target: Path, shown: str, headers: Mapping[str, str],
        context: Mapping[str, str],
    ) -> FilePayload:  # fmt: skip
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as stream:
            for chunk in response.iter_content(1 << 20):
                size += len(chunk)
                if size > MOST_DOWNLOAD_BYTES:
                    raise FetchError(f"the file is larger than {MOST_DOWNLOAD_BYTES:,} bytes", url=shown)
                digest.update(chunk)
                stream.write(chunk)
        announced = response.headers.get("Content-Length")
        if announced and not response.headers.get("Content-Encoding") and size < int(announced):
            raise _Transient(f"the file broke off after {size:,} of {int(announced):,} bytes")
        if size == 0:
            raise _Transient("an empty file")
        return FilePayload(
            body=b"",
            url=shown,
            retrieved_at=datetime.now(UTC).replace(microsecond=0),
            media_type=response.headers.get("Content-Type", "application/octet-stream").split(";")[0].strip(),
            request_headers={"User-Agent": self._user_agent, **headers},
            response_headers={k: v for k, v in response.headers.items() if k.lower() in _KEPT_RESPONSE_HEADERS},
            context=dict(context),
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

    def _clean(self, content: bytes) -> bytes:
        """A publisher may repeat a key in its error: take it out."""
        for secret in self._settings.secrets():
            for spelling in (secret, quote(secret, safe="")):
                content = content.replace(spelling.encode(), b"[secret]")
        return content


def _sweep(folder: Path) -> None:
    """Downloads that a killed run left behind."""
    for leftover in files.abandoned(folder):
        leftover.unlink(missing_ok=True)


def _matches(netloc: str, allowed: str) -> bool:
    if allowed == "{domain}":
        return False
    return netloc == allowed


def _retry_after(response: requests.Response) -> float | None:
    """Seconds to wait by the Retry-After header, given as seconds or as a date; None where there is none."""
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
