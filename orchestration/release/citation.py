"""How to cite a release, a row of it, or an answer from it: as a line, as BibTeX, as CSL-JSON.

What belongs here: every cite line that leaves a release, in whatever form. What does not: finding the row, the answer
or its sources (reading.citing, reading.meaning).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

AUTHOR = "The Clawback developers"
NAME = "Clawback"
# How figures came, by the kind of their capture, in a citation's words.
TRANSCRIBED, SEVERAL = "transcribed", "several"
KINDS = {
    "fetched": "retrieved",
    "imported": "imported from a file of the publisher, retrieved",
    TRANSCRIBED: "transcribed by Clawback from a publication",
    SEVERAL: "some transcribed, some fetched or imported, the last",
}
OWN_FILE = "of this edition's own file made of the transcription, not of bytes that the publisher sent"
TITLE = "Clawback: federal policing grants, sanctuary ordinances and crime reporting, side by side"


@dataclass(frozen=True)
class Edition:
    """Which release is cited. sha256: of its warehouse file; null while the release is still being written."""

    id: str
    edition: str
    built_on: date
    as_of: date | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Source:
    """A publisher whose figures are cited: where they are, and when they were retrieved.

    sha256: of the payload that a row was read from; null for an answer, which has many. kind: how the figures came
    (KINDS). note: what was typed, of what. document: what the row itself
    cites, where that is more than an address.
    """

    publisher: str
    title: str
    url: str | None = None
    retrieved_at: datetime | None = None
    sha256: str | None = None
    kind: str | None = None
    note: str | None = None
    document: str | None = None

    @property
    def is_transcribed(self) -> bool:
        return self.kind == TRANSCRIBED

    def line(self) -> str:
        where = f", {self.url}" if self.url else ""
        document = f", {self.document}" if self.document and self.document != self.url else ""
        day = self.retrieved_at.date().isoformat() if self.retrieved_at else None
        when = f", {KINDS.get(self.kind or '', 'retrieved')}" if day or self.kind else ""
        when += f"{', dated' if self.is_transcribed else ''} {day}" if day else ""
        digest = f", sha256 {self.sha256}" if self.sha256 else ""
        if self.is_transcribed and self.sha256:
            digest = f", sha256 {self.sha256} ({OWN_FILE})"
        # what was typed is part of where it is from; a fetched capture's note is about its request
        note = f" ({self.note})" if self.is_transcribed and self.note else ""
        return f"{self.publisher}: {self.title}{where}{document}{when}{note}{digest}"


def line(cited: Edition, what: str = "") -> str:
    """How to cite a release, or something in it, in one line."""
    ended = what if what.endswith(("?", "!")) else f"{what.rstrip('.')}."
    of = f"{ended} In: " if what else ""
    as_of = f" as of {cited.as_of}" if cited.as_of else ""
    built = f"built {cited.built_on.isoformat()}"
    digest = f", sha256 of warehouse.duckdb {cited.sha256}" if cited.sha256 else ""
    return f"{of}{NAME}, release {cited.id} ({cited.edition} edition{as_of}, {built}{digest})."


def text(cited: Edition, what: str, sources: Sequence[Source]) -> str:
    """The line with the publishers that the figures come from."""
    if not sources:
        return line(cited, what)
    return f"{line(cited, what)} From: {'; '.join(source.line() for source in sources)}."


def csl_json(cited: Edition, what: str, sources: Sequence[Source]) -> str:
    """As citation managers import it (Citation Style Language, data schema 1.0)."""
    item: dict[str, Any] = {
        "id": _key(cited, what),
        "type": "dataset",
        "title": what or TITLE,
        "author": [{"literal": AUTHOR}],
        "issued": {"date-parts": [_parts(cited.built_on)]},
        "version": cited.id,
        "genre": f"{cited.edition} edition" + (f" as of {cited.as_of}" if cited.as_of else ""),
        "note": _note(cited, sources),
    }
    if what:
        item["container-title"] = TITLE
    if sources:
        item["source"] = "; ".join(dict.fromkeys(source.publisher for source in sources))
    if len(sources) == 1 and sources[0].url:
        item["URL"] = sources[0].url
    if retrieved := _retrieved(sources):
        item["accessed"] = {"date-parts": [_parts(retrieved)]}
    return json.dumps([item], ensure_ascii=False, indent=2)


def bibtex(cited: Edition, what: str, sources: Sequence[Source]) -> str:
    """As BibTeX reads it: the type misc, which every style has."""
    fields = {
        "author": f"{{{_tex(AUTHOR)}}}",
        "title": f"{{{_tex(what or TITLE)}}}",
        "year": str(cited.built_on.year),
        "howpublished": _tex(f"{NAME}, release {cited.id} ({cited.edition} edition)"),
        "version": _tex(cited.id),
        "note": _tex(_note(cited, sources)),
    }
    if len(sources) == 1 and sources[0].url:
        fields["url"] = re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", sources[0].url)
    if retrieved := _retrieved(sources):
        fields["urldate"] = retrieved.isoformat()
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{_key(cited, what)},\n{body}\n}}"


def _retrieved(sources: Sequence[Source]) -> date | None:
    """The last day on which something cited was retrieved; a transcription retrieves nothing."""
    days = [one.retrieved_at.date() for one in sources if one.retrieved_at and not one.is_transcribed]
    return max(days, default=None)


def _note(cited: Edition, sources: Sequence[Source]) -> str:
    parts = [f"sha256 of warehouse.duckdb {cited.sha256}"] if cited.sha256 else []
    return ". ".join([*parts, *(source.line() for source in sources)])


def _key(cited: Edition, what: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", what)
    # the first words are for people; by the digest two rows of a table differ, and two places in a question
    digest = [hashlib.sha256(what.encode()).hexdigest()[:8]] if what else []
    return "-".join(["clawback", cited.id, *words[:6], *digest]).lower()


def _parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]


_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}  # fmt: skip


def _tex(value: str) -> str:
    """A text of which TeX prints every character."""
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(value.split()))
