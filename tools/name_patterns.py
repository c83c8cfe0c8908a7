"""The patterns of government names: from dbt's seed to a macro and a unit test.

What belongs here: writing dbt_project/macros/name_patterns.sql and the unit test of the examples from
dbt_project/seeds/name_patterns.csv. What does not: what a name means (dbt's int_identity__parsed).

dbt cannot read a seed while it compiles a model for its unit tests, and a pattern that comes from a row would be
compiled again for every row. So the seed is the source, and `python tools/name_patterns.py` writes both files from it.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
SEED = PROJECT / "seeds" / "name_patterns.csv"
MACRO = PROJECT / "macros" / "name_patterns.sql"
UNIT_TEST = PROJECT / "models" / "intermediate" / "identity" / "int_identity__name_patterns_unit_tests.yml"
WRITTEN = "written by tools/name_patterns.py from seeds/name_patterns.csv"
# Kinds that a row takes from what is printed beside the name.
FROM_HINT = ("as the heading", "as the hint")


def rows() -> list[dict[str, str]]:
    """The rows of the seed, in the order in which they are tried. Raises ValueError if two have one precedence."""
    with SEED.open(encoding="utf-8", newline="") as file:
        found = sorted(csv.DictReader(file), key=lambda row: int(row["precedence"]))
    if len({row["precedence"] for row in found}) != len(found):
        raise ValueError(f"{SEED.name}: two rows have the same precedence")
    return found


def macro(patterns: list[dict[str, str]]) -> str:
    """A macro that returns the rows as a list, for the model to loop over."""
    used = ("precedence", "kind", "words", "pattern", "unless", "also")
    lines = [f"        {json.dumps({name: row[name] for name in used}, ensure_ascii=False)}," for row in patterns]
    head = [
        f"{{#- The patterns of government names, {WRITTEN}. -#}}",
        "{% macro name_patterns() -%}",
        "    {{ return([",
    ]
    return "\n".join([*head, *lines, "    ]) }}", "{%- endmacro %}", ""])


def unit_test(patterns: list[dict[str, str]]) -> str:
    """A dbt unit test: the example of each row gets that row's kind, by that row and no earlier one."""
    given, expected = [], []
    for row in patterns:
        printed = {
            "printed_id": row["precedence"],
            "source": row["example_source"],
            "name": row["example"],
            "state_code": row["example_state"] or None,
            "hint": row["example_hint"] or None,
        }
        kind = row["example_hint"] if row["kind"] in FROM_HINT else row["kind"]
        told = {"printed_id": row["precedence"], "kind": kind, "kind_precedence": int(row["precedence"])}
        given.append(f"          - {json.dumps(printed, ensure_ascii=False)}")
        expected.append(f"        - {json.dumps(told, ensure_ascii=False)}")
    return "\n".join(
        [
            f"# {WRITTEN}",
            "version: 2",
            "unit_tests:",
            "  - name: the_example_of_each_name_pattern_is_found_by_it_and_by_no_earlier_one",
            "    description: Each row of seeds/name_patterns has an example; it gets the kind of its own row.",
            "    model: int_identity__parsed",
            "    given:",
            "      - input: ref('int_identity__printed')",
            "        rows:",
            *given,
            "      - input: ref('states')",
            "        rows: [{name: Ohio, postal: OH}, {name: Pennsylvania, postal: PA}]",
            "      - input: ref('state_spellings')",
            "        rows: []",
            "    expect:",
            "      rows:",
            *expected,
            "",
        ]
    )


def main(words: list[str]) -> int:
    """Write both files; with --check only say which is not current, and exit 1."""
    patterns = rows()
    stale = []
    for path, text in ((MACRO, macro(patterns)), (UNIT_TEST, unit_test(patterns))):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in words:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in words:
        print(f"not current: {', '.join(stale)}; run python tools/name_patterns.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
