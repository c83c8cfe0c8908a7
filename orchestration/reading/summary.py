"""The summary of a release after a refresh: what it holds, how many rows there are, what the checks found.

What belongs here: the few queries behind that summary. What does not: how it looks on a screen (cli.published), the
named questions (questions).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.reading.reader import Connection, Rows
from orchestration.release import layout

# Months are enough to say from when to when; `clawback query holdings` has the days.
_HELD = """
    select
        replace(status.dataset, '__', '/') as dataset,
        coalesce(holdings.records_held, status.records) as records,
        holdings.held_unit as of_what,
        case
            when left(holdings.held_from, 7) = left(holdings.held_to, 7) then left(holdings.held_to, 7)
            else left(holdings.held_from, 7) || ' to ' || left(holdings.held_to, 7)
        end as period,
        cast(status.last_retrieved_at as date) as as_of
    from meta.source_status as status
    left join meta.holdings as holdings using (dataset)
    where status.records > 0
    order by dataset
"""
_NOTHING = "select replace(dataset, '__', '/') from meta.source_status where records = 0 order by dataset"
_FACTS = (
    "select table_name from information_schema.tables where table_schema = 'core' and table_name like 'fct%'"
    " and table_type = 'BASE TABLE' order by 1"
)
_CHECKS = "select status, count(*) from meta.check_result group by status"


@dataclass(frozen=True)
class Summary:
    """What a release holds.

    held: of each dataset with records how many of what, from when to when, as of when; nothing: datasets without any;
    facts: rows of each fact table; checks: how many of each status.
    """

    held: Rows | duckdb.DuckDBPyRelation
    nothing: list[str]
    facts: dict[str, int]
    checks: dict[str, int]


def summary(connection: Connection) -> Summary:
    """The summary of the release that the connection reads."""
    facts = [name for (name,) in connection.execute(_FACTS).fetchall()]
    # a fact past the size that is a setting is a view over its file (docs/scale.md); another view repeats a fact
    facts = sorted([*facts, *(name for schema, name in layout.views(connection) if schema == "core")])
    counts = " union all ".join(f"select '{name}' as fact, count(*) as rows from core.{name}" for name in facts)
    return Summary(
        connection.sql(_HELD),
        [name for (name,) in connection.execute(_NOTHING).fetchall()],
        dict(connection.execute(counts).fetchall()) if counts else {},
        dict(connection.execute(_CHECKS).fetchall()),
    )
