"""The document that a row itself cites: an article, a page of an award, a council's file.

What belongs here: which columns of a published row name a document and its publisher. What does not: the capture that
the row was read from (trace), how a citation is written (release.citation).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Columns that hold a document's address or name, the best first; the first that is not null is cited.
_CITED = ("source_citation", "address")
_PUBLISHERS = ("announced_by", "publisher")
# Addresses that a column makes: an award's page has its unique key.
_MADE = {"award_unique_key": "https://www.usaspending.gov/award/{}"}
API = re.compile(r"(web)?api\.")
_ADDRESS = re.compile(r"https?://[^\s;,()]+")


@dataclass(frozen=True)
class Document:
    """text: as the row has it; address: the first one in it; publisher: who printed it. Null where it names none."""

    text: str
    address: str | None
    publisher: str | None


def of_row(row: Mapping[str, Any]) -> Document | None:
    """The document that a row cites; None if it cites none."""
    publisher = next((str(row[name]) for name in _PUBLISHERS if row.get(name)), None)
    for name in _CITED:
        if row.get(name):
            text = str(row[name])
            found = _ADDRESS.search(text)
            if found and address_of(found[0]) is None and found[0] == text:
                continue
            return Document(text, found[0] if found else None, publisher)
    for name, form in _MADE.items():
        if row.get(name):
            address = form.format(row[name])
            return Document(address, address, publisher)
    return None


def address_of(url: str | None, homepage: str | None = None) -> str | None:
    """An address at which a person can see what was typed; the homepage where a capture has none of that kind.

    A path in our repository leads nowhere for who has a release alone. A template and an API's address name what the
    live edition asks, not what the recorded edition's figures were read from.
    """
    for one in (url, homepage):
        parts = urlsplit(one or "")
        if parts.scheme in ("http", "https") and "{" not in str(one) and not API.match(parts.netloc):
            return one
    return None
