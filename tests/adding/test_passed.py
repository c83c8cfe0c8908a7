"""Columns that are handed on from a captured field to a fact: what the declaration makes, and what it refuses.

What belongs here: orchestration/adding/passed.py. What does not: that a refresh publishes such a column (test_price).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.adding import passed

SOURCES = Path("models/staging/synthetic/_synthetic__sources.yml")
BLOCK = "      # passed on: written by `make generate` from _synthetic__sources.yml\n{lines}      # passed on: end\n"
LINE = '      - {name: a_day, data_type: "date", description: "{{ doc(\'a_day\') }}"}\n'


def table(handed: Any, *models: str) -> dict[str, Any]:
    return {
        "name": "synthetic__things",
        "config": {"meta": {"passed_to": list(models)}},
        "columns": [
            {"name": "Its Day", "config": {"meta": {"passed": handed}}},
            {"name": "Other"},
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    for model in ("base_synthetic__things", "fct_thing"):
        text = f"models:\n  - name: {model}\n    columns:\n{BLOCK.format(lines='')}      - {{name: last}}\n"
        (tmp_path / "models" / f"{model}.yml").write_text(text, encoding="utf-8")
    return tmp_path


def completed(folder: Path, declared: dict[str, Any]) -> dict[Path, str]:
    return dict(passed.completed(folder, {"synthetic__things": (SOURCES, declared)}, ["synthetic__things"]))


def test_each_model_on_the_way_gets_the_column_and_loses_it_again(folder):
    files = completed(folder, table({"name": "a_day", "type": "date"}, "fct_thing"))
    assert set(files) == {Path("models/base_synthetic__things.yml"), Path("models/fct_thing.yml")}
    for path, text in files.items():
        assert BLOCK.format(lines=LINE) in text
        assert text.endswith("      - {name: last}\n")
        (folder / path).write_text(text, encoding="utf-8")
    for text in completed(folder, table(None, "fct_thing")).values():
        assert BLOCK.format(lines="") in text


def test_the_macro_gives_field_name_and_type():
    columns = passed.columns_of(SOURCES, table({"name": "a_day", "type": "date"}, "fct_thing"))
    text = "\n".join(passed.macro({"synthetic__things": columns, "other": []}))
    assert """'synthetic__things': [{"field": "Its Day", "name": "a_day", "type": "date"}]""" in text
    assert "other" not in text


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        (table({"name": "a_day", "type": "day"}, "fct_thing"), "needs name and type"),
        (table({"name": "a_day"}, "fct_thing"), "needs name and type"),
        (table("a_day", "fct_thing"), "needs name and type"),
        (table({"name": "a_day", "type": "date"}), "names no models"),
        (table({"name": "a_day", "type": "date"}, "fct_absent"), "fct_absent.yml must hold"),
    ],
)
def test_a_declaration_that_cannot_be_followed_is_refused_with_its_place(folder, declared, what):
    with pytest.raises(passed.BadPassing, match=what):
        completed(folder, declared)
