"""Former names: each declared view runs, has the columns that it had, and is no table of the release.

What belongs here: dbt_project/former_names.toml and orchestration/release/former.py. What does not: what moved in
words (docs/migration.md).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration import __version__
from orchestration.reading import trace
from orchestration.reading.reader import connect
from orchestration.release import former, former_views, history, row_hashes
from orchestration.release.checks import table_rows
from orchestration.release.findings import GateRefused
from orchestration.settings import PROJECT_ROOT

TABLES = (
    "create schema core",
    "create table core.dim_thing as select 'a' as thing_key, 'state' as level, 3 as n union all select 'b', 'place', 4",
)
ROWS = [
    {"table_schema": "core", "table_name": "dim_thing", "column_name": name, "data_type": "VARCHAR",
     "description": f"Means {name}.", "unit": None, "additivity": None, "comes_from": "x", "made_by": "y"}
    for name in ("thing_key", "level", "n")
]  # fmt: skip
MOVED = {
    "name": "core.fct_thing", "reads": ["core.dim_thing"], "select": "select * from core.dim_thing",
    "columns": ["thing_key", "level", "n"], "instead": "read core.dim_thing", "gone_in": "9.0.0",
}  # fmt: skip
RENAMED = {
    "name": "former.dim_thing", "reads": ["core.dim_thing"],
    "select": "select thing_key, level as listed_level, n, n > 3 as is_large from core.dim_thing",
    "columns": ["thing_key", "listed_level", "n", "is_large"], "instead": "listed_level is level", "gone_in": "9.0.0",
    "like": {"listed_level": "core.dim_thing.level"}, "words": {"is_large": {"means": "More than three."}},
}  # fmt: skip


@pytest.fixture
def opened(tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "synthetic.duckdb")) as connection:
        for statement in TABLES:
            connection.execute(statement)
        yield connection


@pytest.fixture
def declare(monkeypatch):
    def declared(*given: dict[str, object]) -> None:
        monkeypatch.setattr(former, "declared", lambda: [former.FormerName.model_validate(one) for one in given])

    return declared


def test_a_table_keeps_its_former_name_and_a_column_its_own(opened, declare):
    declare(MOVED, RENAMED)
    rows = former_views.create(opened, ROWS).columns
    assert opened.execute("select * from core.fct_thing order by 1").fetchall() == [
        ("a", "state", 3),
        ("b", "place", 4),
    ]
    asked = "select listed_level, is_large from former.dim_thing order by 1"
    assert opened.execute(asked).fetchall() == [("place", True), ("state", False)]
    said = {(row["table_schema"], row["column_name"]): row["description"] for row in rows}
    assert said["former", "listed_level"] == "Former name, gone in 9.0.0. Means level."
    assert said["former", "is_large"] == "Former name, gone in 9.0.0. More than three."
    assert said["core", "n"] == "Former name, gone in 9.0.0. Means n."


def test_views_of_former_names_change_neither_row_hashes_nor_counts(opened, declare):
    hashes, counts = row_hashes.of_connection(opened), table_rows(opened)
    declare(MOVED, RENAMED)
    former_views.create(opened, ROWS)
    assert row_hashes.of_connection(opened) == hashes
    assert table_rows(opened) == counts == {"core.dim_thing": 2}
    # a view that is no former name is hashed and counted as before
    opened.execute("create view core.other as select 1 as n")
    assert "core.other" in row_hashes.of_connection(opened)
    assert table_rows(opened)["core.other"] == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"select": "select * from core.gone"}, "gone"),
        ({"columns": ["thing_key", "level"]}, "not those declared"),
        ({"columns": ["level", "thing_key", "n"]}, "their order"),
        ({"select": "select 1 as other", "columns": ["other"]}, "nothing says what other means"),
    ],
)
def test_a_declaration_that_does_not_hold_refuses_the_release(opened, declare, change, what):
    declare({**MOVED, **change})
    with pytest.raises(GateRefused, match=what):
        former_views.create(opened, ROWS)


def test_each_declared_view_of_a_release_runs_with_the_columns_that_it_had(published):
    settings, _ = published
    assert former.declared()
    with connect(settings) as connection:
        for one in former.declared():
            asked = connection.sql(f"from {one.name}")
            assert asked.columns == one.columns, one.name
            asked.fetchall()
            told = connection.sql(
                "select column_name from meta.column_dictionary where table_schema || '.' || table_name ="
                f" '{one.name}' and description like 'Former name%' and made_by is not null"
            ).fetchall()
            assert {name for (name,) in told} == {*one.columns} - one.words.keys(), one.name


def test_a_release_lists_no_former_name_among_its_tables(published):
    settings, _ = published
    release = history.last_release(settings)
    assert former.names() & release.rows.keys() == set()
    assert former.names() & row_hashes.of_file(release.path).keys() == set()
    parquet = {f"{p.parent.name}.{p.stem}" for p in (release.path.parent / "parquet").rglob("*.parquet")}
    assert parquet == release.rows.keys()


def test_a_name_without_schema_is_traced_in_the_table_that_bears_it_today(published):
    settings, _ = published
    (both,) = [one for one in former.names() if one == "former.fct_tracker_listing"]
    with connect(settings) as connection:
        key, former_key = connection.sql(
            f"select listing_key, (select any_value(listing_key) from {both}) from core.fct_tracker_listing limit 1"
        ).fetchone()
    found = trace.trace(settings, "fct_tracker_listing", key)
    assert found.table == "core.fct_tracker_listing"
    assert trace.trace(settings, both, former_key).table == both


def test_a_view_is_declared_no_longer_than_it_says():
    now = tuple(int(part) for part in __version__.split("."))
    for one in former.declared():
        assert tuple(int(part) for part in one.gone_in.split(".")) > now, one.name


def test_each_former_name_stands_in_the_migration_page():
    page = (PROJECT_ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
    for one in former.declared():
        assert one.name.partition(".")[2] in page, one.name
