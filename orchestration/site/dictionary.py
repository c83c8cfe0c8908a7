"""The dictionary: a page for each published table.

What belongs here: grain, columns with unit and null, keys and joins, lineage, sample rows, the table's file. What does
not: the descriptions themselves (dbt_project/columns.toml and the models' .yml; the release carries them).
"""

from __future__ import annotations

import io

import duckdb

from orchestration.reading import meaning, usage, writing
from orchestration.release import former, layout
from orchestration.settings import Settings
from orchestration.site import relations
from orchestration.site.pages import Pages, Row

_SAMPLE_ROWS = 5
SCHEMAS = {
    "analysis": "Tables for one question each: begin here.",
    "core": "Dimensions and facts: the figures, with the capture that each came from.",
    "reference": "Tables that people typed and cited: codes, rules, readings.",
    "meta": "About the release itself: captures, checks, sources, columns.",
    "quarantine": "Records that could not be typed, each with its reason.",
    "former": "Old names of columns, kept until a version that the description names.",
}


# A table of more rows or more bytes than these has no CSV of its own: its page says how to make one.
_CSV_ROWS, _CSV_BYTES = 5_000, 400_000


def write(pages: Pages, settings: Settings) -> None:
    """Write dictionary/index.html, a page for each table, and how they join."""
    tables = _tables(pages)
    columns = _columns(pages)
    found = relations.read(settings, _domains_of_datasets(pages))
    published = {table["name"] for table in tables}
    for table in tables:
        name = table["name"]
        own = columns.get(name, [])
        joins = [join for join in found.of(name) if join.other in published]
        table["csv"] = _write_csv(pages, table) if table["rows"] and table["rows"] <= _CSV_ROWS else None
        pages.write(
            f"dictionary/{name}.html",
            "table.html",
            table=table,
            columns=own,
            joins=joins,
            joined_by=[join for join in found.to(name) if join.table in published],
            keys=found.keys.get(name, []),
            warnings=usage.of_columns(own, has_dimensions=any(".dim_" in join.other for join in joins)),
            sample=pages.rows(f'select * from "{table["schema"]}"."{table["table"]}" limit {_SAMPLE_ROWS}'),
        )
    drawn = [
        (
            domain,
            title,
            relations.drawing(found, domain),
            [one for one in found.joins if found.domains.get(one.table) == domain],
        )
        for domain, title in relations.DOMAINS.items()
    ]
    pages.write("dictionary/joins.html", "joins.html", domains=[one for one in drawn if one[3]])
    schemas = [(schema, about, [t for t in tables if t["schema"] == schema]) for schema, about in SCHEMAS.items()]
    pages.write("dictionary/index.html", "dictionary.html", schemas=[one for one in schemas if one[2]])


def _tables(pages: Pages) -> list[Row]:
    """Every table and view of the release: its name, grain, description, rows, and its Parquet file if it has one."""
    found = pages.rows(f"""
        select schema_name as "schema", table_name as "table", coalesce(comment, '') as comment, false as is_view
        from {layout.tables()}
        union all
        select schema_name, view_name, coalesce(comment, ''), true
        from {layout.catalog("duckdb_views")} where {former.ARE_FORMER}
        order by all
    """)
    for table in found:
        table["name"] = f"{table['schema']}.{table['table']}"
        head, _, rest = table["comment"].partition(". ")
        has_grain = head.startswith("Grain: ")
        table["grain"] = head.removeprefix("Grain: ").rstrip(".") if has_grain else ""
        table["about"] = rest if has_grain else table["comment"]
        table["rows"] = pages.release.rows.get(table["name"])
        file = pages.site.parent / "parquet" / table["schema"] / f"{table['table']}.parquet"
        table["bytes"] = file.stat().st_size if file.is_file() else None
    return [table for table in found if table["schema"] in SCHEMAS]


def _columns(pages: Pages) -> dict[str, list[Row]]:
    """The columns of each table with what the release's own dictionary says of them, in the table's order."""
    rows = pages.rows(f"""
        select said.*, columns.column_index
        from meta.column_dictionary as said
        join {layout.catalog("duckdb_columns")} as columns
            on said.table_schema = columns.schema_name and said.table_name = columns.table_name
            and said.column_name = columns.column_name
        order by said.table_schema, said.table_name, columns.column_index
    """)
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(f"{row['table_schema']}.{row['table_name']}", []).append(row)
    return found


def _domains_of_datasets(pages: Pages) -> dict[str, str]:
    """The domain of each data set."""
    return {row["dataset"]: row["domain"] for row in pages.rows("select dataset, domain from core.dim_source")}


def _write_csv(pages: Pages, table: Row) -> int | None:
    """Write a table as CSV and what it means beside it, as `clawback sql --format csv` would.

    Returns its bytes; null if it is too large to stand here.
    """
    statement = f"from {table['name']}"
    stream = io.StringIO()
    count = writing.write_text(_Asked(pages.connection.execute(statement)), "csv", stream)
    data = stream.getvalue().encode("utf-8", "backslashreplace")
    if len(data) > _CSV_BYTES:
        return None
    target = pages.site / "data" / "tables" / f"{table['name']}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    means = meaning.of_sql(pages.connection, statement, pages.connection.sql(statement))
    writing.sidecar_of(target).write_bytes(writing.sidecar(means, target.name, data, count))
    return len(data)


class _Asked:
    """A connection that was asked for rows, as what writes them wants it: with the names of its columns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.columns = [column[0] for column in connection.description or ()]
        self.fetchmany = connection.fetchmany
