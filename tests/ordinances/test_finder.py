"""The finder: whole words, exceptions, capitals; one vocabulary for Python and SQL; how much it finds of real matters.

What belongs here: the vocabulary and its two readers. What does not: what is asked of a council (tests/sources).
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import sources
from orchestration.councils import finder
from orchestration.sources import legistar
from tests.ordinances.conftest import TEXTS, finder_matters

LABELS = Path(__file__).with_name("finder_labels.csv")
TITLES = Path(__file__).with_name("finder_titles.csv")
# A change of the vocabulary is a new version: what was found by which words must be told apart.
VERSIONS = {"2026.12.1": "0f7fdedf550ceca5"}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items())
def test_a_text_is_found_by_its_whole_words(text, expected):
    assert finder.find({"MatterTitle": text}).is_relevant is expected


def test_terms_of_two_families_may_stand_in_two_fields():
    assert finder.find({"MatterName": "Refugees", "MatterTitle": "On the jail"}).is_relevant
    assert not finder.find({"MatterName": "Immigrants", "MatterTitle": "On an immigrant"}).is_relevant
    assert not finder.find({"MatterName": "Refugees", "MatterTitle": None}).is_relevant


def test_each_hit_names_its_term_and_its_field():
    found = finder.find({"MatterName": "Trust Act", "MatterTitle": "On detainers"})
    assert found.hits == (("MatterName", "trust act"), ("MatterTitle", "detainers"))


@settings(deadline=None)
@given(st.text(), st.sampled_from(["sanctuary city", "287(g)", "immigration enforcement"]), st.text())
def test_whatever_stands_around_a_term_it_is_found_where_no_letter_or_digit_touches_it(before, term, after):
    assert finder.find({"MatterTitle": f"{before}; {term} - {after}"}).is_relevant


class TestVocabulary:
    def test_its_version_changes_with_its_lines(self):
        digest = hashlib.sha256(finder.VOCABULARY.read_bytes()).hexdigest()[:16]
        assert VERSIONS[finder.version()] == digest, "a changed vocabulary needs a new vocabulary_version"

    def test_an_exception_holds_its_term_once_and_no_other_exception_of_it(self):
        terms = {term.term: term for term in finder.vocabulary() if term.rule != "except"}
        exceptions = [term for term in finder.vocabulary() if term.rule == "except"]
        for phrase in exceptions:
            held = terms[phrase.of]
            assert phrase.spelling == held.spelling
            spelled = (finder._spelled(phrase), finder._spelled(held))
            assert spelled[0].count(spelled[1]) == 1
            others = [o for o in exceptions if o.of == phrase.of and o is not phrase]
            assert not [o.term for o in others if finder._spelled(phrase) in finder._spelled(o)]

    def test_every_line_has_a_reason_and_is_of_a_known_rule(self):
        with finder.VOCABULARY.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream))
        assert all(line["reason"] for line in lines)
        assert {line["rule"] for line in lines} == {"alone", "together", "except"}
        assert {line["learned_from"] for line in lines} == {"issue", "practice", "labelled set"}
        assert all(bool(line["except_of"]) == (line["rule"] == "except") for line in lines)


def test_the_warehouse_and_the_night_find_the_same_matters_by_the_same_terms(built):
    _, connection = built
    names = {"matter_name": "MatterName", "title": "MatterTitle", "notes": "MatterNotes", "own_text": "own"}
    in_sql: dict[str, set[tuple[str, str]]] = {}
    for matter_id, field, term in connection.sql(
        "select matters.matter_id, hits.field, hits.term from intermediate.int_ordinances__council_term_hits as hits "
        "join intermediate.int_ordinances__council_matters as matters using (council_matter_key) "
        "where matters.client = 'boston'"
    ).fetchall():
        in_sql.setdefault(matter_id, set()).add((names[field], term))
    relevant = {
        matter_id
        for (matter_id,) in connection.sql(
            "select matters.matter_id from intermediate.int_ordinances__council_found as found "
            "join intermediate.int_ordinances__council_matters as matters using (council_matter_key) "
            "where found.is_relevant and matters.client = 'boston'"
        ).fetchall()
    }
    for matter in finder_matters():
        number = str(matter["MatterId"])
        texts = {name: matter.get(name) for name in legistar.SEARCHED}
        found = finder.find(texts)
        own = {("own" if name.startswith(("MatterText", "MatterEXText")) else name, term) for name, term in found.hits}
        assert own == in_sql.get(number, set()), matter
        assert found.is_relevant == (number in relevant), matter
    assert len(relevant) > 15
    versions = connection.sql("select distinct vocabulary_version from intermediate.int_ordinances__council_found")
    assert versions.fetchall() == [(finder.version(),)]


def half(title: str) -> str:
    """The half of the labelled titles that a title belongs to, fixed by its own letters."""
    return ("first", "second")[int(hashlib.sha256(title.encode()).hexdigest()[:8], 16) % 2]


class TestAgainstTitlesOfManyCouncils:
    """305 real titles of 22 councils, each labelled by hand or, for what is unrelated, by rule."""

    @pytest.fixture(scope="class")
    def judged(self):
        with TITLES.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert (len(rows), len({row["council"] for row in rows})) == (305, 22)
        return [
            (row, row["is_relevant"] == "yes", finder.find({"MatterTitle": row["title"]}).is_relevant) for row in rows
        ]

    @pytest.mark.parametrize(("of", "expected"), [
        ("first", {"titles": 172, "found": 30, "missed": 0, "wrongly found": 0}),
        ("second", {"titles": 133, "found": 25, "missed": 1, "wrongly found": 1}),
    ])  # fmt: skip
    def test_what_is_found_is_as_docs_councils_states(self, judged, of, expected):
        rows = [(label, found) for row, label, found in judged if half(row["title"]) == of]
        assert {
            "titles": len(rows),
            "found": sum(label and found for label, found in rows),
            "missed": sum(label and not found for label, found in rows),
            "wrongly found": sum(found and not label for label, found in rows),
        } == expected

    def test_recall_and_precision_of_the_whole_hold_their_bounds(self, judged):
        hits = sum(label and found for _, label, found in judged)
        assert hits / sum(label for _, label, _ in judged) >= 0.95
        assert hits / sum(found for _, _, found in judged) >= 0.85

    def test_what_is_missed_and_wrongly_found_is_named_in_docs_councils(self, judged):
        wrong = {row["file_number"] for row, label, found in judged if label != found}
        assert wrong == {"2009-0217", "Res 0276-2018"}
        docs = (Path(__file__).parents[2] / "docs" / "councils.md").read_text(encoding="utf-8")
        assert all(number in docs for number in wrong)


@pytest.mark.real
class TestAgainstTheLabelledSet:
    """42 real matters, read and labelled by hand: 13 of New York, 29 of San Jose. No part of them was held out."""

    @pytest.fixture(scope="class")
    def labelled(self, real):
        with LABELS.open(encoding="utf-8", newline="") as stream:
            labels = {(row["client"], row["matter_id"]): row["is_relevant"] == "yes" for row in csv.DictReader(stream)}
        files = [*sorted((real / "legistar" / "nyc").glob("*.json")), real / "legistar" / "sanjose_matters.json"]
        dataset = sources.get("legistar/matters")
        found = {}
        for path in files:
            for batch in dataset.read_file(path, None):
                for record in (r for payload in batch.payloads for r in dataset.cut(payload)):
                    found[str(record["client"]), str(record["MatterId"])] = record
        assert found.keys() == labels.keys()
        return [(found[key], labels[key]) for key in labels]

    @pytest.mark.parametrize(("fields", "without", "expected"), [
        # what the API gives of a matter: its name and its title
        (("MatterName", "MatterTitle"), (), {"found": 8, "missed": 1, "wrongly found": 0}),
        # the same without the terms that labelled titles taught us
        (("MatterName", "MatterTitle"), ("labelled set",), {"found": 2, "missed": 7, "wrongly found": 0}),
        # with the summary and the text, which New York's mirror gives
        (legistar.SEARCHED, (), {"found": 8, "missed": 1, "wrongly found": 2}),
        (legistar.SEARCHED, ("labelled set",), {"found": 8, "missed": 1, "wrongly found": 2}),
    ])  # fmt: skip
    def test_what_is_found_is_as_docs_councils_states(self, labelled, fields, without, expected):
        terms = tuple(term for term in finder.vocabulary() if term.learned_from not in without)
        counts: Counter[str] = Counter({"found": 0, "missed": 0, "wrongly found": 0})
        for record, is_relevant in labelled:
            found = finder.find({name: record.get(name) for name in fields}, terms).is_relevant
            counts[
                "found" if found and is_relevant else "missed" if is_relevant else "wrongly found" if found else "left"
            ] += 1
        assert {name: counts[name] for name in expected} == expected
        assert sum(counts.values()) == len(labelled) == 42
