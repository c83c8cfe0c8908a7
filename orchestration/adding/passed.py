"""Pass-through columns: captured fields that reach a published fact unchanged, each declared once.

What belongs here: reading these declarations, and generating the entries for such columns in each model's .yml. What
does not: files that are generated whole (rendered), the SQL (macros/passed_columns.sql).

A table of dbt's source `raw` lists in `config.meta.passed_to` the models that pass its columns on. Each such column
declares in `config.meta.passed` its type and the one name that it has in all of these models. Its description is the
entry of that name in dbt_project/columns.toml. The generated part of a model's .yml stands between two comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN = "      # passed on: written by `make generate` from {source}"
END = "      # passed on: end"
_BLOCK = re.compile(
    r"(?m)^      # passed on: written by `make generate` from (?P<source>\S+)\n(?:.*\n)*?      # passed on: end\n"
)
TYPES = ("string", "date", "int", "bigint", "decimal(18,2)")


class BadPassing(ValueError):
    """A declaration of a passed column that cannot be followed; the message names file and column."""


@dataclass(frozen=True)
class Passed:
    """A captured field that is handed on: its name at the publisher, in our models, and its type."""

    field: str
    name: str
    type: str


def columns_of(path: Path, table: Mapping[str, Any]) -> list[Passed]:
    """The columns that a table of source raw hands on. Raises BadPassing."""
    found = []
    for column in table.get("columns", ()):
        passed = _meta(column).get("passed")
        if passed is None:
            continue
        if not isinstance(passed, Mapping) or set(passed) != {"name", "type"} or passed["type"] not in TYPES:
            raise BadPassing(f"{path}: `passed` of {column['name']} needs name and type, one of {', '.join(TYPES)}")
        found.append(Passed(str(column["name"]), passed["name"], passed["type"]))
    return found


def macro(passed: Mapping[str, list[Passed]]) -> list[str]:
    """The lines of the macro that gives a dataset's passed columns."""
    rows = [
        f"        '{dataset}': {json.dumps([vars(one) for one in columns], ensure_ascii=False)},"
        for dataset, columns in sorted(passed.items())
        if columns
    ]
    return [
        "{#- Columns that go from a captured field to a published fact as they are (adding/passed.py). -#}",
        "{% macro passed_columns(dataset) -%}",
        "    {%- set columns = {",
        *rows,
        "    } -%}",
        "    {{ return(columns.get(dataset, [])) }}",
        "{%- endmacro %}",
        "",
    ]


def completed(
    folder: Path, tables: Mapping[str, tuple[Path, Mapping[str, Any]]], datasets: list[str]
) -> Iterator[tuple[Path, str]]:
    """The .yml of each model that hands columns on, its passed columns brought up to date. Raises BadPassing."""
    for dataset in datasets:
        path, table = tables[dataset]
        passed = columns_of(path, table)
        models = _meta(table).get("passed_to", [])
        if passed and not models:
            raise BadPassing(f"{path}: {dataset} hands columns on and names no models in `passed_to`")
        for model in [f"base_{dataset}", *models] if models else []:
            file = next((folder / "models").rglob(f"{model}.yml"), None)
            text = file.read_text(encoding="utf-8") if file else ""
            block = _BLOCK.search(text)
            if file is None or block is None or block["source"] != path.name:
                raise BadPassing(
                    f"{model}.yml must hold {BEGIN.format(source=path.name).strip()!r} and {END.strip()!r}"
                )
            due = "".join([BEGIN.format(source=path.name) + "\n", *(_line(one) for one in passed), END + "\n"])
            yield file.relative_to(folder), text[: block.start()] + due + text[block.end() :]


def _line(one: Passed) -> str:
    described = f"\"{{{{ doc('{one.name}') }}}}\""
    return f"      - {{name: {one.name}, data_type: {json.dumps(one.type)}, description: {described}}}\n"


def _meta(declared: Mapping[str, Any]) -> Mapping[str, Any]:
    return (declared.get("config") or {}).get("meta") or {}
