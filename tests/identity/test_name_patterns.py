"""The seed of name patterns: what is generated from it is current, and each pattern can decide something.

What belongs here: the seed and the generator. What does not: whether each example gets its kind (a unit test of dbt,
generated from the same seed and run in every build).
"""

from __future__ import annotations

import re

import pytest

from tools import name_patterns


def test_what_is_generated_from_the_seed_is_current():
    patterns = name_patterns.rows()
    assert name_patterns.MACRO.read_text(encoding="utf-8") == name_patterns.macro(patterns)
    assert name_patterns.UNIT_TEST.read_text(encoding="utf-8") == name_patterns.unit_test(patterns)


def test_every_pattern_has_an_example_and_none_is_written_for_one_engine_alone():
    for row in name_patterns.rows():
        assert row["example"], row
        assert row["pattern"] or row["also"], f"{row['precedence']} fits every name"
        for pattern in (row["pattern"], row["unless"]):
            # a backslash is an escape in Spark's literals, a quote would end them
            assert "\\" not in pattern
            assert "'" not in pattern
            re.compile(pattern.replace("{county_offices}", "OFFICE"))


def test_an_example_is_spelled_as_its_pattern_reads_it():
    """Of the rows that decide by the words alone the pattern finds the example, upper case and without marks."""
    read = 0
    for row in name_patterns.rows():
        if row["words"] == "words" and "," not in row["example"]:
            spelled = re.sub(r"[^A-Z0-9/]+", " ", row["example"].upper().replace("&", " AND ").replace("'", "")).strip()
            assert re.search(row["pattern"], spelled), row
            assert not row["unless"] or not re.search(row["unless"], spelled), row
            read += 1
    assert read > 20


def kind_by_words(spelled: str) -> str | None:
    """The kind that the words alone give, by the first pattern that finds them."""
    for row in name_patterns.rows():
        found = row["words"] == "words" and not row["also"] and re.search(row["pattern"], spelled)
        if found and not (row["unless"] and re.search(row["unless"], spelled)):
            return row["kind"]
    return None


@pytest.mark.parametrize(
    ("spelled", "kind"),
    # Carnation (Washington) has a row in the FBI's Table 8 of ten years, and is no nation
    [("CARNATION", None), ("NAVAJO NATION", "tribe"), ("SEMINOLE NATION OF OKLAHOMA", "tribe"), ("NATION", "tribe")],
)
def test_a_word_is_found_whole(spelled: str, kind: str | None):
    assert kind_by_words(spelled) == kind
