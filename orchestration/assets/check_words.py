"""What a dbt test checks, as a sentence for Dagster's pages.

What belongs here: a sentence for each kind of test of the project, from the test's own arguments. What does not:
running a test (dbt), what the gate makes of a failure (release).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]
_REF = re.compile(r"ref\('(\w+)'\)")


def sentence(test: Mapping[str, Any]) -> str:
    """What must be true of the rows, from a test's node of dbt's manifest.

    A test that is a query of its own says it in the comment that it begins with. Raises KeyError for a kind of test
    that has no sentence yet.
    """
    kind = test.get("test_metadata")
    if not kind:
        return _first_comment(str(test.get("raw_code", ""))) or str(test["name"]).replace("_", " ")
    return _SENTENCES[kind["name"]](kind["kwargs"])


def _first_comment(sql: str) -> str:
    lines = []
    for line in sql.strip().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def _columns(arguments: Arguments) -> str:
    return ", ".join(arguments["columns"])


def _range(arguments: Arguments) -> str:
    least, most = arguments.get("min_value"), arguments.get("max_value")
    bounds = [f"at least {least}" if least is not None else "", f"at most {most}" if most is not None else ""]
    return f"{arguments['column_name']} is {' and '.join(filter(None, bounds))}, where it is filled in."


def _relationship(arguments: Arguments) -> str:
    named = _REF.search(arguments["to"])
    table = named.group(1) if named else arguments["to"]
    return f"Every {arguments['column_name']} is a {arguments['field']} of {table}."


def _expression(arguments: Arguments) -> str:
    column = f"{arguments['column_name']} " if arguments.get("column_name") else ""
    return f"True of every row: {column}{arguments['expression']}"


_SENTENCES: dict[str, Callable[[Arguments], str]] = {
    "never_null": lambda given: f"Filled in in every row: {_columns(given)}.",
    "unique_combination": lambda given: f"At most one row for each {_columns(given)}.",
    "unique": lambda given: f"At most one row for each {given['column_name']}.",
    "accepted_values": lambda given: f"{given['column_name']} is one of: {', '.join(map(str, given['values']))}.",
    "relationships": _relationship,
    "expression_is_true": _expression,
    "accepted_range": _range,
    "mutually_exclusive_ranges": lambda given: (
        f"Ranges {given['lower']} to {given['upper']} of one {', '.join(given['partition_by'])} do not overlap."
    ),
    "provenance_pair_exists": lambda given: "Each row's capture holds the payload that the row names.",
}
