"""What a reader must know before using the rows of a published table: the naive mistakes, and what part of all is held.

What belongs here: warnings that follow from a release's own columns, keys and account of what it holds. What does not:
caveats of named questions (queries/), the meaning of single columns (provenance).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from orchestration.reading.reader import Connection
from orchestration.release.columns import Relation

# What a column of that name warns of.
_WARNS = {
    "is_total": "Rows with is_total are the sum of others. Filter on it before you sum.",
    "is_overlapping": "Rows with is_overlapping count the same reports as others. Never add them to those.",
    "is_break": "Do not compare across a row with is_break. break_reason says what changed.",
    "coverage": "A missing count is not zero. coverage says what is known.",
}
_UNKNOWN = "The key -1 means that the publisher printed nothing. Two rows with -1 have nothing in common."


def of_columns(columns: Iterable[Mapping[str, Any]], *, has_dimensions: bool) -> list[str]:
    """The naive mistakes that columns warn of.

    columns: entries of the dictionary with column_name, additivity, unit. has_dimensions: whether they join to any.
    """
    given = list(columns)
    names = {column["column_name"] for column in given}
    found = [said for name, said in _WARNS.items() if name in names]
    if has_dimensions:
        found.append(_UNKNOWN)
    not_added = [
        column["column_name"]
        for column in given
        if (column["additivity"] or "").startswith("not additive") and column["unit"] != "label"
    ]
    return [*found, f"Never sum {', '.join(not_added)}."] if not_added else found


def of_tables(reader: Connection, tables: Sequence[Relation], shown: Collection[str]) -> list[str]:
    """The warnings of tables that a statement reads, as far as they concern the columns that it shows."""
    found = []
    for schema, table in tables:
        rows = reader.execute(
            "select column_name, additivity, unit from meta.column_dictionary where table_schema = ?"
            " and table_name = ? and (list_contains(?, column_name) or starts_with(column_name, 'is_')"
            " or column_name = 'coverage')",
            [schema, table, sorted(shown)],
        ).fetchall()
        columns = [dict(zip(("column_name", "additivity", "unit"), row, strict=True)) for row in rows]
        keys = any(c["column_name"].endswith("_key") for c in columns)
        warned = of_columns(columns, has_dimensions=keys and table.startswith(("fct_", "mart_")))
        found += [f"{schema}.{table}: {said}" for said in warned]
    return found


def of_datasets(reader: Connection, datasets: Iterable[str]) -> list[str]:
    """What part of each dataset (source/name) the release holds, and what is missing."""
    rows = reader.execute(
        "select dataset, records_held, held_unit, of_what, what_is_missing from meta.holdings"
        " where list_contains(?, dataset) and records_held > 0 order by 1",
        [[dataset.replace("/", "__", 1) for dataset in datasets]],
    ).fetchall()
    return [
        f"{dataset.replace('__', '/', 1)}: {held:,} {unit or 'records'} are held"
        + (f", of {of}." if of else ".")
        + (f" Missing: {missing}." if missing else "")
        for dataset, held, unit, of, missing in rows
    ]
