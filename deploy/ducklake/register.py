"""Register a release in a DuckLake catalogue, from the release's own Parquet files: nothing is copied.

    python register.py CATALOGUE SCRATCH RELEASE-FOLDER

CATALOGUE: `postgres:host=... dbname=...`, or a file's name. SCRATCH: a folder for what others write into the catalogue.

What belongs here: one release becomes one snapshot, with the release's id as its message. What does not: Clawback, of
which this file imports nothing. It runs in an environment of its own (requirements.txt): DuckLake is an extension that
there is for DuckDB 1.5.5 and not yet for the DuckDB that Clawback builds with.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import duckdb


def attach(catalogue: str, scratch: str) -> duckdb.DuckDBPyConnection:
    """A connection with the catalogue as `lake`. DuckDB loads only extensions with its makers' signature."""
    connection = duckdb.connect()
    for name in ("ducklake", "postgres_scanner"):
        found = importlib.util.find_spec(f"duckdb_extension_{name}")
        if found is None or found.origin is None:
            sys.exit(f"duckdb-extension-{name.replace('_', '-')} is not installed: pip install -r requirements.txt")
        (file,) = Path(found.origin).parent.glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension")
        connection.execute(f"load '{file}'")
    # without inlining, a table may have a column `row_id`, as some of ours do
    connection.execute(f"attach 'ducklake:{catalogue}' as lake (data_path '{scratch}', data_inlining_row_limit 0)")
    return connection


def register(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """One snapshot with the tables of a release and nothing else; its number. A second time it is the same one."""
    message = f"release {json.loads((folder / 'release.json').read_text(encoding='utf-8'))['id']}"
    if number := snapshot_of(connection, message):
        return number
    connection.begin()
    before = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = 'lake'"
    ).fetchall()
    for schema, table in before:
        connection.execute(f'drop table lake.{schema}."{table}"')
    for file in sorted(folder.resolve().glob("parquet/*/*.parquet")):
        schema, table = file.parent.name, file.stem
        connection.execute(f"create schema if not exists lake.{schema}")
        connection.execute(f"create table lake.{schema}.\"{table}\" as from '{file}' limit 0")
        (rows,) = connection.execute(f"select count(*) from '{file}'").fetchone() or (0,)
        if rows:
            connection.execute(f"call ducklake_add_data_files('lake', '{table}', '{file}', schema => '{schema}')")
    connection.execute(f"call lake.set_commit_message('clawback', '{message}')")
    connection.commit()
    return snapshot_of(connection, message) or 0


def snapshot_of(connection: duckdb.DuckDBPyConnection, message: str) -> int | None:
    found = connection.execute(
        "select max(snapshot_id) from ducklake_snapshots('lake') where commit_message = ?", [message]
    ).fetchone()
    return found[0] if found else None


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print(register(attach(sys.argv[1], sys.argv[2]), Path(sys.argv[3])))
