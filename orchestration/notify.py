"""Telling a person that a run failed.

What belongs here: one POST of one line of text as JSON to the address the
operator set. What does not: what happened (Dagster's run holds it), any
publisher's address.
"""

from __future__ import annotations

import logging

import requests

from orchestration.settings import Settings

log = logging.getLogger(__name__)


def tell(text: str) -> bool:
    """POST ``{"text": ...}`` to CLAWBACK_NOTIFY_URL; True where it was taken. Never raises: it is the last resort."""
    url = Settings().notify_url
    if not url:
        log.warning("%s (set CLAWBACK_NOTIFY_URL to be told)", text)
        return False
    try:
        requests.post(url.get_secret_value(), json={"text": text}, timeout=10).raise_for_status()
    except requests.RequestException as error:
        log.error("nobody was told of %r: %s", text, type(error).__name__)
        return False
    return True
