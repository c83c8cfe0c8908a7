"""Sending a message to the people who run this, by any service that they use.

What belongs here: the addresses (Apprise's: mail, Slack, Matrix, ntfy, a web hook and a hundred more), sending within a
few seconds, and reporting which service could not be reached. What does not: what is worth a message (events), when one
is sent (ending).

A service that is down costs a run a few seconds and a line, and never changes its outcome. An address contains a token:
messages and logs refer to it by its position and type, and contain neither its text nor any other secret.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from orchestration.logs import Hiding
from orchestration.progress import say
from orchestration.settings import Settings

log = logging.getLogger(__name__)

Severity = Literal["failure", "warning", "success", "info"]
# Services cut long texts off, each at another length: what matters stands at the beginning.
LONGEST_MESSAGE = 3_000


@dataclass(frozen=True)
class Service:
    """One address, with a name that may be shown."""

    name: str
    url: str
    # False: the title is put before the text instead.
    takes_title: bool = True


def services(settings: Settings) -> list[Service]:
    """Every address that the settings name, in their order."""
    found: list[Service] = []
    if settings.notify_urls:
        # Apprise's own rule: a blank or a comma before the next `scheme://`.
        texts = re.split(r"[\s,;]+(?=[A-Za-z0-9]{1,16}://)", settings.notify_urls.get_secret_value().strip(" ,;\t\r\n"))
        for number, text in enumerate(filter(None, texts), 1):
            scheme = text.partition("://")[0] if "://" in text else "no address"
            found.append(Service(f"CLAWBACK_NOTIFY_URLS[{number}] ({scheme})", text))
    if settings.notify_url:
        url = settings.notify_url.get_secret_value()
        found.append(Service(f"CLAWBACK_NOTIFY_URL ({url.partition('://')[0]})", _hook(url), takes_title=False))
    return found


def _hook(url: str) -> str:
    """A plain web address as Apprise's JSON hook that sends {"text": ...}, as chat services' own hooks take it."""
    parts = urlsplit(url)
    asked = [(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    # of the fields that Apprise sends, the message is called `text` and the others are left out
    form = [(":message", "text"), (":version", ""), (":title", ""), (":attachments", ""), (":type", "")]
    scheme = {"http": "json", "https": "jsons"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{parts.path}?{urlencode([*asked, *form], quote_via=quote)}"


def send(settings: Settings, title: str, body: str, severity: Severity = "info") -> list[str]:
    """Send one message to every service; the names of those that did not take it. Never raises, never waits long."""
    hide = Hiding(settings)
    title, body = hide.text(title), hide.text(body)
    if len(body) > LONGEST_MESSAGE:
        body = body[:LONGEST_MESSAGE] + "\n... (clawback status shows the rest)"
    wanted = services(settings)
    took: dict[str, bool] = {}
    # Threads that a hanging service cannot make the process wait for: they end with it.
    threads = [
        threading.Thread(target=_send_one, args=(one, title, body, severity, took), daemon=True) for one in wanted
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + settings.notify_seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    answers = dict(took)
    untold = [one.name for one in wanted if not answers.get(one.name)]
    for name in untold:
        why = "did not take it" if name in answers else f"did not answer within {settings.notify_seconds:g} s"
        say(f"  no message was sent by {name}: it {why}", event="notify_failed", level=logging.ERROR, service=name)
    return untold


def _send_one(service: Service, title: str, body: str, severity: Severity, took: dict[str, bool]) -> None:
    # Apprise takes half a second to import: only a run that has a message to send imports it.
    import apprise

    # It names addresses in its own log, which is no place for them.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    try:
        sender = apprise.Apprise(
            asset=apprise.AppriseAsset(app_id="Clawback", app_desc="Clawback", secure_logging=True)
        )
        added = sender.add(service.url)
        took[service.name] = bool(
            added
            and sender.notify(
                title=title if service.takes_title else "",
                body=body if service.takes_title else f"{title}\n{body}",
                notify_type=apprise.NotifyType(severity),
                body_format=apprise.NotifyFormat.TEXT,
            )
        )
    except Exception as error:  # the last resort must not become a fault of its own
        log.debug("sending failed: %s", type(error).__name__)
        took[service.name] = False
