"""The summary of a release after a refresh: what each source delivered, how many rows there are, what the checks found.

What belongs here: the few queries behind that summary. What does not: how it looks on a screen (cli), the named
questions (questions).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.reading.reader import Connection, Rows

_SOURCES = (
    "select dataset, kind, records, cast(last_retrieved_at as date) as as_of, state,"
    " cast(failed_since as date) as failed_since, note"
    " from meta.source_status order by dataset"
)
_FACTS = (
    "select table_name from information_schema.tables where table_schema = 'core' and table_name like 'fct%'"
    " and table_type = 'BASE TABLE' order by 1"
)
_CHECKS = "select status, count(*) from meta.check_result group by status"


@dataclass(frozen=True)
class Summary:
    """sources: what each source gave, as of when; facts: rows of each fact table; checks: how many of each status."""

    sources: Rows | duckdb.DuckDBPyRelation
    facts: Rows | duckdb.DuckDBPyRelation
    checks: dict[str, int]


def summary(connection: Connection) -> Summary:
    """The summary of the release that the connection reads."""
    facts = connection.execute(_FACTS).fetchall()
    counts = " union all ".join(f"select '{name}' as fact, count(*) as rows from core.{name}" for (name,) in facts)
    return Summary(connection.sql(_SOURCES), connection.sql(counts), dict(connection.execute(_CHECKS).fetchall()))
