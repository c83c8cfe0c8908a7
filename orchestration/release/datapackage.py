"""datapackage.json: what a release holds, in the words of the Data Package standard.

What belongs here: titles, licenses, sources, contributors, and each Parquet file as a resource with its fields and
keys. What does not: finding the keys (keys), the meaning of columns (dictionary).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration import files, sources
from orchestration.release import citation, described, layout
from orchestration.release.history import Release
from orchestration.release.keys import FOREIGN, PRIMARY, UNIQUE, Key, Relation
from orchestration.release.markers import file_sha256

FILE = "datapackage.json"
_ADDRESS = re.compile(r"https?://")

# The types that contracts may have; anything else is left open ("any"), which is true, if less useful.
_TYPES = {"VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number",
          "DECIMAL": "number", "DATE": "date", "TIMESTAMP": "datetime", "BOOLEAN": "boolean"}  # fmt: skip


# Readers of the standard hold a column with nulls as floating numbers, and then no value of it is an integer to them.
_WITH_NULLS = {"integer": "number"}


def write(
    folder: Path, release: Release, connection: duckdb.DuckDBPyConnection, rows: Sequence[described.Column],
    keys: Sequence[Key],
) -> None:  # fmt: skip
    """Write datapackage.json.

    connection: to which the release's files are attached as `release` (layout.create); rows: its dictionary.
    """
    tables: dict[Relation, list[described.Column]] = {}
    for column in rows:
        tables.setdefault((column["table_schema"], column["table_name"]), []).append(column)
    comments = {
        (row[0], row[1]): row[2]
        for row in connection.execute(
            f"select schema_name, table_name, comment from {layout.tables('release')}"
        ).fetchall()
    }
    package = {
        "profile": "data-package",
        "name": "clawback",
        "title": citation.TITLE,
        "description": f"Release {release.id}, {release.edition} edition. Cite: {_cite(release)}",
        "version": release.id,
        "created": release.built_at.isoformat(),
        "licenses": [one.to_json() for one in sources.terms.EVERY],
        "contributors": [{"title": citation.AUTHOR, "role": "author"}],
        "sources": _sources(connection),
        "resources": [
            _resource(folder, table, columns, comments[table], keys, _with_nulls(connection, table, columns))
            for table, columns in tables.items()
        ],
    }
    files.write_whole(folder / FILE, json.dumps(package, indent=1, ensure_ascii=False) + "\n")


def _cite(release: Release) -> str:
    return citation.line(citation.Edition(release.id, release.edition, release.built_at.date(), release.as_of))


def _sources(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """The datasets of which something is captured. A path is an address: our repository is not in a release."""
    found = connection.execute(
        "select s.dataset, s.title, coalesce(t.publisher, s.publisher), s.homepage,"
        " strftime(t.last_retrieved_at, '%Y-%m-%dT%H:%M:%SZ')"
        " from release.core.dim_source as s join release.meta.source_status as t using (dataset)"
        " where t.records > 0 order by 3, 2"
    ).fetchall()
    made = [
        {"title": title, "path": homepage if _ADDRESS.match(homepage or "") else None,
         "publisher": publisher, "dataset": dataset.replace("__", "/", 1),
         "retrieved_at": retrieved, "license": sources.terms_of(dataset).name}
        for dataset, title, publisher, homepage, retrieved in found
    ]  # fmt: skip
    return [{name: value for name, value in one.items() if value} for one in made]


def _name(table: Relation) -> str:
    return "-".join(table).replace("_", "-")


def _with_nulls(
    connection: duckdb.DuckDBPyConnection, table: Relation, columns: Sequence[described.Column]
) -> frozenset[str]:
    """The whole-number columns that hold a null."""
    whole = [column["column_name"] for column in columns if _type(column) in _WITH_NULLS]
    if not whole:
        return frozenset()
    asked = ", ".join(f'count(*) > count("{name}")' for name in whole)
    found = connection.execute(f'select {asked} from {layout.place("release", table[0])}."{table[1]}"').fetchall()[0]
    return frozenset(name for name, has_null in zip(whole, found, strict=True) if has_null)


def _type(column: described.Column) -> str:
    return _TYPES.get(column["data_type"].partition("(")[0], "any")


def _resource(
    folder: Path,
    table: Relation,
    columns: Sequence[described.Column],
    comment: str,
    keys: Sequence[Key],
    with_nulls: Collection[str],
) -> dict[str, Any]:
    path = f"parquet/{table[0]}/{table[1]}.parquet"
    schema: dict[str, Any] = {
        "fields": [
            {
                "name": column["column_name"],
                "type": _WITH_NULLS[_type(column)] if column["column_name"] in with_nulls else _type(column),
                "data_type": column["data_type"],
                "description": column["description"],
                **({"unit": column["unit"]} if column["unit"] else {}),
            }
            for column in columns
        ]
    }
    own = [key for key in keys if key.table == table]
    if primary := next((key for key in own if key.kind == PRIMARY), None):
        schema["primaryKey"] = list(primary.columns)
    if unique := [list(key.columns) for key in own if key.kind == UNIQUE]:
        schema["uniqueKeys"] = unique
    foreign = [
        {"fields": list(key.columns),
         "reference": {"resource": "" if key.to == table else _name(key.to), "fields": list(key.to_columns)}}
        for key in own if key.kind == FOREIGN and key.to
    ]  # fmt: skip
    if foreign:
        schema["foreignKeys"] = foreign
    return {
        "name": _name(table),
        "title": table[1].replace("_", " "),
        "description": comment,
        "path": path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        # no `bytes`: frictionless counts none of a Parquet file and would call every number wrong
        "hash": f"sha256:{file_sha256(folder / path)}",
        "schema": schema,
    }
