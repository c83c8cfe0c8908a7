"""Which file of a release holds which published schema, and how its tables are named where several files are open.

What belongs here: the one declaration of schemas and files; which facts are in their Parquet file alone; attaching all
files of a release; finding its tables wherever they are. What does not: writing them (publish), what may be read of
them (reading.reader).

A schema with a file of its own stands in that file's schema `main`. Attached under the schema's name, which is also
what DuckDB makes of the file's name, ``quarantine.<table>`` means the same as in a release that has the schema inside
of the warehouse file: one that was made by an earlier version, and every build.

A fact of more rows than a setting allows is a view over its Parquet file. The view names the file relative to the
release's folder, behind a variable of that release: without the variable DuckDB looks below the working directory, with
it the release is read from anywhere. So it can be moved or copied whole, and two releases can be open on one
connection. Variables are a connection's own, and a cursor is another connection: `bind` sets them on one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

WAREHOUSE_FILE = "warehouse.duckdb"
# The records that could not be typed have a table for each dataset, most of them empty: in a file of their own they
# do not fill every tool's list of tables.
OWN_FILES = {"quarantine": "quarantine.duckdb"}
PUBLISHED_SCHEMAS = ("core", "analysis", "meta", "reference", *OWN_FILES)
FILES = (WAREHOUSE_FILE, *OWN_FILES.values())
# Rows of duckdb_views() that are facts.
_IS_FACT = "contains(sql, 'getvariable(''release_')"
_VARIABLE = re.compile(r"getvariable\('(release_\w+)'\)")


def literal(path: Path) -> str:
    """A path as a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def beside(file: Path) -> dict[str, Path]:
    """By schema, the further files of the release that a warehouse file is of; {} for a build or an earlier form."""
    return {schema: file.with_name(own) for schema, own in OWN_FILES.items() if file.with_name(own).is_file()}


def attach(connection: duckdb.DuckDBPyConnection, file: Path, database: str) -> None:
    """Attach a release for reading, with its further files beside it. file: its warehouse file."""
    connection.execute(f"attach {literal(file)} as {database} (read_only)")
    for schema, own in beside(file).items():
        connection.execute(f"attach {literal(own)} as {_own(database, schema)} (read_only)")
    bind(connection, variables(connection, file, database))


def detach(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Detach every file that `attach` attached."""
    for name in (database, *(_own(database, schema) for schema in OWN_FILES)):
        connection.execute(f"detach database if exists {name}")


def attach_beside(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Attach the further files of the release whose warehouse file a connection is open on, by their schemas' names."""
    for schema, own in beside(file).items():
        connection.execute(f"attach if not exists {literal(own)} as {schema} (read_only)")


def opened(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads every table of a release, or of a build. file: its warehouse file."""
    connection = duckdb.connect(str(file), read_only=True)
    attach_beside(connection, file)
    bind(connection, variables(connection, file))
    return connection


def create(connection: duckdb.DuckDBPyConnection, folder: Path, database: str, storage: str) -> None:
    """Make and attach the empty files of a release in a folder."""
    for schema, own in (("", WAREHOUSE_FILE), *OWN_FILES.items()):
        name = _own(database, schema) if schema else database
        connection.execute(f"attach {literal(folder / own)} as {name} (storage_version '{storage}')")
    for schema in PUBLISHED_SCHEMAS:
        if schema not in OWN_FILES:
            connection.execute(f"create schema {place(database, schema)}")


def close(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Checkpoint and detach every file of a release that `create` made."""
    for name in (database, *(_own(database, schema) for schema in OWN_FILES)):
        connection.execute(f"checkpoint {name}")
        connection.execute(f"detach {name}")


def place(database: str, schema: str) -> str:
    """Where the tables of a schema are written, in SQL, in a release that `create` made."""
    return f'{_own(database, schema)}."main"' if schema in OWN_FILES else f'{database}."{schema}"'


def catalog(function: str, database: str = "") -> str:
    """The rows of duckdb_tables, duckdb_views or duckdb_columns about one release, as SQL that may stand after `from`.

    `schema_name` is the schema as it is published, `place` what must stand before a table's name in SQL.

    database: the name under which `attach` attached it; empty means the database that the connection is open on.
    """
    here = f"'{database}'" if database else "current_database()"
    is_own = "schema_name = 'main' and database_name"
    owns = {schema: _own(database, schema) for schema in OWN_FILES}
    whens = " ".join(f"when {is_own} = '{name}' then '{schema}'" for schema, name in owns.items())
    listed = ", ".join(f"'{name}'" for name in owns.values())
    return (
        f"(select * replace (case {whens} else schema_name end as schema_name),"
        " '\"' || database_name || '\".\"' || schema_name || '\"' as place"
        f" from {function}() where not internal and (database_name = {here} or {is_own} in ({listed})))"
    )


def tables(database: str = "") -> str:
    """As catalog, the published tables: with facts that are views, without former names."""
    columns = "database_name, schema_name, {} as table_name, place, comment, {} as estimated_size"
    return (
        f"(select {columns.format('table_name', 'estimated_size')} from {catalog('duckdb_tables', database)} union all"
        f" select {columns.format('view_name', 'null')} from {catalog('duckdb_views', database)} where {_IS_FACT})"
    )


def parquet(schema: str, table: str) -> str:
    """Where a table's Parquet file is in the folder of a release."""
    return f"parquet/{schema}/{table}.parquet"


def is_view(schema: str, table: str, rows: int, most: int | None) -> bool:
    """Whether a published table is a view. most: rows up to which facts are in the DuckDB file; None means all are."""
    return most is not None and rows > most and schema == "core" and table.startswith("fct_")


def variable(release_id: str) -> str:
    """The variable that names the folder of a release to its views."""
    return f"release_{re.sub(r'[^0-9]', '_', release_id)}"


def view(release_id: str, schema: str, table: str) -> str:
    """The query of a fact that is a view, as the release's file keeps it."""
    return f"from read_parquet(coalesce(getvariable('{variable(release_id)}'), '') || '{parquet(schema, table)}')"


def views(connection: Any, database: str = "") -> list[tuple[str, str]]:
    """The facts of a release that are views. connection: DuckDB's or a reader; database: as catalog has it."""
    found: list[tuple[str, str]] = connection.execute(
        f"select schema_name, view_name from {catalog('duckdb_views', database)} where {_IS_FACT} order by all"
    ).fetchall()
    return found


def variables(connection: duckdb.DuckDBPyConnection, file: Path, database: str = "") -> dict[str, Path]:
    """What `bind` needs so that the facts of a release that are views are found; {} where all are in its file.

    file: its warehouse file; database: as catalog has it.
    """
    found = connection.execute(f"select sql from {catalog('duckdb_views', database)} where {_IS_FACT}").fetchall()
    return {name: file.parent for (sql,) in found for name in _VARIABLE.findall(sql)}


def bind(connection: duckdb.DuckDBPyConnection, folders: dict[str, Path]) -> None:
    """Tell one connection the folders of releases. folders: by variable."""
    for name, folder in folders.items():
        connection.execute(f"set variable {name} = {literal(folder)} || '/'")


def again(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor of a connection that finds the facts that the connection finds."""
    told = connection.execute(
        "select name, value from duckdb_variables() where starts_with(name, 'release_')"
    ).fetchall()
    cursor = connection.cursor()
    bind(cursor, {name: Path(folder) for name, folder in told})
    return cursor


def _own(database: str, schema: str) -> str:
    """The name under which a schema's own file is attached."""
    return f"{database}_{schema}" if database else schema
