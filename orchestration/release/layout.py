"""Which file of a release holds which published schema, and how its tables are named where several files are open.

What belongs here: the one declaration of schemas and files; attaching all files of a release; finding its tables
wherever they are. What does not: writing them (publish), what may be read of them (reading.reader).

A schema with a file of its own stands in that file's schema `main`. Attached under the schema's name, which is also
what DuckDB makes of the file's name, ``quarantine.<table>`` means the same as in a release that has the schema inside
of the warehouse file: one that was made by an earlier version, and every build.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

WAREHOUSE_FILE = "warehouse.duckdb"
# The records that could not be typed have a table for each dataset, most of them empty: in a file of their own they
# do not fill every tool's list of tables.
OWN_FILES = {"quarantine": "quarantine.duckdb"}
PUBLISHED_SCHEMAS = ("core", "analysis", "meta", "reference", *OWN_FILES)
FILES = (WAREHOUSE_FILE, *OWN_FILES.values())


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


def attach_beside(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Attach the further files of the release whose warehouse file a connection is open on, by their schemas' names."""
    for schema, own in beside(file).items():
        connection.execute(f"attach if not exists {literal(own)} as {schema} (read_only)")


def opened(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads every table of a release, or of a build. file: its warehouse file."""
    connection = duckdb.connect(str(file), read_only=True)
    attach_beside(connection, file)
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


def _own(database: str, schema: str) -> str:
    """The name under which a schema's own file is attached."""
    return f"{database}_{schema}" if database else schema
