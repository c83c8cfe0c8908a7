"""What each table of a build is made of: schema `made` of the build file.

What belongs here: the two tables of that schema, and the versions of the raw relations. What does not: the raw
relations themselves (raw_views), the versions of models and which of them are built again
(dbt_project/macros/table_in_one_statement.sql), whether the last build's file is kept at all (release.incremental).

A version is a text that is the same as long as the rows are. `made.now` has one row for each relation of this build;
`made.before` has those of the build that the file is kept from, and is empty in a new file. A model whose parents have
the versions that they had keeps its table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

_TABLES = """
create schema if not exists made;
create table if not exists made.now (name varchar, inputs varchar, version varchar, is_kept boolean);
-- what was made twice, as after a retry, has no one version
create or replace table made.before as from made.now qualify count(*) over (partition by name) = 1;
delete from made.now;
"""
# In order, so that the same rows have the same version. A capture is in no order of its own.
_ROWS = "coalesce(md5(string_agg(cast(r as varchar), chr(10) order by cast(r as varchar))), 'no rows')"


def begin(
    connection: duckdb.DuckDBPyConnection, views: Mapping[str, str], tables: Iterable[str], capture_table: str
) -> None:
    """Make schema `made` for a new build; what the file's last build wrote there becomes `made.before`.

    views: by name of a dataset's view, a text that changes when its rows do. tables: names of the other tables of
    schema raw. capture_table: the one of them with a column `dataset`. Most models read of it only the captures of
    their own dataset, so each dataset's part has a version too, named `capture/dataset`.
    """
    connection.execute(_TABLES)
    versions = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in views.items()}
    for name in tables:
        (versions[name],) = connection.execute(f"select {_ROWS} from raw.{name} as r").fetchone() or ("",)
    parts = dict(
        connection.execute(f"select dataset, {_ROWS} from raw.{capture_table} as r group by dataset").fetchall()
    )
    versions |= {f"{capture_table}/{name}": parts.get(name, "no rows") for name in views}
    connection.executemany(
        "insert into made.now values (?, '', ?, false)", [[f"raw.{name}", text] for name, text in versions.items()]
    )


def tables_kept(file: Path) -> int:
    """How many tables of a finished build were kept from the one before."""
    with duckdb.connect(str(file), read_only=True) as connection:
        (kept,) = connection.execute("select count(*) from made.now where is_kept").fetchone() or (0,)
    return int(kept)
