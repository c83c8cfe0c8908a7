"""What the models take for granted of the requests: the groups of the search, the types of a download.

What belongs here: what a model and the requests must agree on. What does not: its arithmetic (the models' unit tests).
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


def test_a_whole_year_deletes_what_a_download_asks_for_and_no_other_type():
    model = (DBT_PROJECT_DIR / "models/intermediate/awards/int_awards__transactions.sql").read_text(encoding="utf-8")
    (types,) = re.findall(r"set asked_types = (\[.*\])", model)
    assert ast.literal_eval(types) == [code for codes in TYPE_GROUPS.values() for code in codes]
