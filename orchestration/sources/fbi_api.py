"""The Crime Data Explorer's API: one key, with a limited number of requests an hour.

What belongs here: sending a request with the key, and stopping before the hour's budget is spent. What does not: what
is requested (fbi).
"""

from __future__ import annotations

import time
import weakref
from typing import Any

from orchestration.fetching.session import HostLimits, Web
from orchestration.settings import Settings
from orchestration.wire import Payload, RunOver, SourceError

_BUDGET, CONTROL = "api.usa.gov", "api.usa.gov, control series"
# The share of a run's requests that is kept for the control series: 18 areas a run, each every few days.
_CONTROL_SHARE = 6
HOUR = 3600.0


class Cde:
    """The Crime Data Explorer's API as one key sees it: a budget an hour, shared by all that ask with it."""

    def __init__(self) -> None:
        # The publisher's last count of requests left in the hour, and when (seconds of the process's clock).
        self._left_in_hour: weakref.WeakKeyDictionary[HostLimits, tuple[int, float]] = weakref.WeakKeyDictionary()

    def room(self, dataset: str, web: Web, settings: Settings, requests: int, kept: int = 0) -> None:
        """Raise RunOver unless so many requests are within the hour's budget, ours and the publisher's.

        kept: the part of our budget to be left for the control series.
        """
        if web.limits.left(_BUDGET, settings.fbi_requests_an_hour, HOUR) < requests + kept:
            most = settings.fbi_requests_an_hour
            message = f"the run's {most} requests are spent (CLAWBACK_FBI_REQUESTS_AN_HOUR)"
            raise RunOver(dataset, message + (f", but {kept} kept for the control series" if kept else ""))
        left, heard_at = self._left_in_hour.get(web.limits, (requests, 0.0))
        if left < requests and time.monotonic() - heard_at < HOUR:
            raise RunOver(dataset, f"the publisher says that {left} requests are left of the hour")

    def get(self, dataset: str, slice_key: str, web: Web, settings: Settings, path: str, **asked: Any) -> Payload:
        """One request. 400 and 404 come back as answers.

        Raises RunOver where the rate limit is reached, SourceError where the key is refused.
        """
        if not web.limits.take(_BUDGET, settings.fbi_requests_an_hour, HOUR):
            self.room(dataset, web, settings, 1)
        url = f"{settings.fbi_cde_url}{path}"
        try:
            answer = web.get(url, secret_headers=_key(settings), accept_status=frozenset({400, 403, 404}), **asked)
        except SourceError as error:
            # Waited for as long as a request is waited for; the next hour is the next run's.
            if getattr(error, "status", None) == 429:
                raise RunOver(dataset, "the rate limit is reached (429)") from error
            raise
        self._heard(web, answer)
        if answer.status == 403:
            if b"OVER_RATE_LIMIT" in answer.body:
                raise RunOver(dataset, "the key's hour is spent (403 OVER_RATE_LIMIT)")
            raise SourceError(dataset, slice_key, "HTTP 403: is DATA_GOV_API_KEY valid?", url=url)
        return answer

    def _heard(self, web: Web, answer: Payload) -> None:
        headers = {name.lower(): value for name, value in answer.response_headers.items()}
        left = headers.get("x-ratelimit-remaining", "")
        if left.isdigit():
            self._left_in_hour[web.limits] = (int(left), time.monotonic())


CDE = Cde()


def control_budget(settings: Settings) -> int:
    """Requests of a run that are kept for the control series."""
    return settings.fbi_requests_an_hour // _CONTROL_SHARE


def _key(settings: Settings) -> dict[str, str]:
    """api.data.gov takes the key as a header, so that no URL ever contains it."""
    assert settings.data_gov_api_key is not None
    return {"X-Api-Key": settings.data_gov_api_key.get_secret_value()}
