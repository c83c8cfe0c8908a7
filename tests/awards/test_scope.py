"""To which day every award is known: the model asks for the groups that the search asks for.

What belongs here: what the model and the search must agree on. What does not: its arithmetic (the model's unit tests).
"""

from __future__ import annotations

import ast
import re

from orchestration.settings import DBT_PROJECT_DIR
from orchestration.sources.usaspending import FIRST_FISCAL_YEAR, TYPE_GROUPS


def test_the_model_expects_each_group_and_year_of_the_search():
    model = (DBT_PROJECT_DIR / "models/intermediate/awards/int_awards__scope.sql").read_text(encoding="utf-8")
    (groups,) = re.findall(r"set groups = (\[.*\])", model)
    (first_year,) = re.findall(r"fiscal_year between (\d+) and", model)
    assert ast.literal_eval(groups) == list(TYPE_GROUPS)
    assert int(first_year) == FIRST_FISCAL_YEAR
