"""Former names of published tables and columns: views that keep them for one version.

What belongs here: reading dbt_project/former_names.toml, and telling a view of a former name from a table. What does
not: making the views (former_views), what moved and where to (docs/migration.md).

A view is not a table of the release: it has no Parquet file, no row count and no row hash, and `clawback trace` follows
the table that it reads. Its columns are in meta.column_dictionary.
"""

from __future__ import annotations

import tomllib
from functools import cache

from pydantic import BaseModel, ConfigDict

from orchestration.release.dictionary import Entry
from orchestration.settings import DBT_PROJECT_DIR

FILE = DBT_PROJECT_DIR / "former_names.toml"
# The schema for the former columns of tables that keep their name.
SCHEMA = "former"
# The start of the comment on each view, which distinguishes it from a table.
MARK = "Former name"
# Rows of duckdb_views() that are former names.
ARE_FORMER = f"starts_with(coalesce(comment, ''), '{MARK}')"


class FormerName(BaseModel):
    """One view of former_names.toml; its head says what each word means."""

    model_config = ConfigDict(extra="forbid")

    name: str
    reads: list[str]
    select: str
    columns: list[str]
    instead: str
    gone_in: str
    like: dict[str, str] = {}
    words: dict[str, Entry] = {}


@cache
def declared() -> list[FormerName]:
    """Every former name. Raises pydantic.ValidationError for a declaration that is incomplete."""
    given = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [FormerName.model_validate(one) for one in given.get("former", [])]


def names() -> set[str]:
    """``schema.table`` of every former name."""
    return {one.name for one in declared()}
