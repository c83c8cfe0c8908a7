"""The finder: which council matters concern local government's part in immigration enforcement.

What belongs here: reading the published vocabulary from its seed, and the rule by which terms make a matter relevant.
The model int_ordinances__council_term_hits applies the same rule to the same file, and a test proves that both agree.
What does not: which fields of a publisher are searched (its source), what a matter did (dbt).

A text is split into words at everything but ASCII letters and digits: "287(g)", "287 (G)" and "Sec. 287-g" all contain
the words 287 and g. A term matches whole words only.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from orchestration.settings import DBT_PROJECT_DIR

VOCABULARY = DBT_PROJECT_DIR / "seeds" / "council_terms.csv"
_CAPITALS, _SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_LOWER = str.maketrans(_CAPITALS, _SMALL)


@dataclass(frozen=True)
class Term:
    """One line of the vocabulary.

    rule: alone (a hit suffices), together (hits of two families are needed) or except (the words of `of` do not
    count inside this phrase). spelling: any, or capitals (as written, in a text that is not all in capitals).
    """

    term: str
    rule: str
    family: str
    of: str
    spelling: str
    learned_from: str

    @property
    def words(self) -> str:
        return as_words(self.term)


@dataclass(frozen=True)
class Match:
    """The terms that hit, as (field, term), and whether they make the matter relevant."""

    hits: tuple[tuple[str, str], ...]
    is_relevant: bool


@cache
def vocabulary() -> tuple[Term, ...]:
    """Every line of the vocabulary, in its order."""
    with VOCABULARY.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Term(r["term"], r["rule"], r["family"], r["except_of"], r["spelling"], r["learned_from"])
            for r in csv.DictReader(stream)
        )


@cache
def version() -> str:
    """The vocabulary's version: one for the whole file."""
    with VOCABULARY.open(encoding="utf-8", newline="") as stream:
        (only,) = {row["vocabulary_version"] for row in csv.DictReader(stream)}
    return only


def as_words(text: str) -> str:
    """The words of a text, two blanks between them and one at each end, so that adjacent words both match."""
    return f" {re.sub('[^A-Za-z0-9]+', '  ', text).strip(' ')} "


def find(texts: Mapping[str, str | None], terms: tuple[Term, ...] | None = None) -> Match:
    """Search the texts of one matter, by the name of the field that contains each."""
    terms = vocabulary() if terms is None else terms
    hits: list[tuple[str, Term]] = []
    for field, text in texts.items():
        if not text:
            continue
        written = as_words(text)
        lower = written.translate(_LOWER)
        is_all_capitals = re.search("[a-z]", text) is None
        for term in terms:
            if term.rule != "except" and _counts(term, terms, written, lower, is_all_capitals) > 0:
                hits.append((field, term))
    families = {term.family for _, term in hits if term.rule == "together"}
    relevant = any(term.rule == "alone" for _, term in hits) or len(families) > 1
    return Match(tuple((field, term.term) for field, term in hits), relevant)


def _counts(term: Term, terms: tuple[Term, ...], written: str, lower: str, is_all_capitals: bool) -> int:
    """How often a term stands in a text outside the phrases in which it means something else."""
    if term.spelling == "capitals" and is_all_capitals:
        return 0
    text = written if term.spelling == "capitals" else lower
    count = text.count(_spelled(term))
    if count:
        count -= sum(text.count(_spelled(other)) for other in terms if other.rule == "except" and other.of == term.term)
    return count


def _spelled(term: Term) -> str:
    return term.words if term.spelling == "capitals" else term.words.translate(_LOWER)
