"""No model is longer than a reader can hold: its lines and its common table expressions are bounded.

What belongs here: bounds on the text of dbt's models. What does not: what a model computes (its own tests), the style
of its SQL (sqlfluff).
"""

from __future__ import annotations

import re

from orchestration.settings import DBT_PROJECT_DIR

MOST_LINES = 180
MOST_EXPRESSIONS = 8
EXPRESSION = re.compile(r"^(?:with )?[a-z_0-9]+ as \($", re.MULTILINE)


def too_large(text: str) -> list[str]:
    """What of a model's text is over the bounds; empty if nothing is."""
    lines, expressions = text.count("\n"), len(EXPRESSION.findall(text))
    return [
        *([f"{lines} lines"] if lines > MOST_LINES else []),
        *([f"{expressions} expressions"] if expressions > MOST_EXPRESSIONS else []),
    ]


def test_a_model_at_the_bounds_passes_and_one_over_either_does_not():
    expressions = "with a as (\n    select 1\n),\n\n" + "".join(f"b{n} as (\n    select 1\n),\n" for n in range(7))
    at = expressions + "-- a line\n" * (MOST_LINES - expressions.count("\n"))
    assert too_large(at) == []
    assert too_large(at + "select 1\n") == ["181 lines"]
    assert too_large(expressions + "c as (\n    select 1\n)\n") == ["9 expressions"]


def test_every_model_is_within_the_bounds():
    models = list((DBT_PROJECT_DIR / "models").rglob("*.sql"))
    assert len(models) > 100
    over = {model.stem: found for model in models if (found := too_large(model.read_text(encoding="utf-8")))}
    assert over == {}
