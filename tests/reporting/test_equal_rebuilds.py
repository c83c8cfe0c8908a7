"""The same facts give the same figures to the last bit, however many threads add them up.

What belongs here: the SQL of every table of the build, run anew over the build's own tables. What does not: a rebuild
from the captures (tests/release/test_deep.py).
"""

from __future__ import annotations

import json

import duckdb
import pytest

from orchestration.release import row_hashes


@pytest.fixture(scope="module")
def compiled(published):
    """The SQL of every table that holds fractions, as dbt ran it in the session's refresh: (schema, name, sql)."""
    settings, _ = published
    results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
    manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        fractions = connection.execute(
            "select distinct table_schema, table_name from information_schema.columns where data_type = 'DOUBLE'"
        ).fetchall()
    found = []
    for result in results["results"]:
        node = manifest["nodes"].get(result["unique_id"], {})
        is_table = node.get("resource_type") == "model" and node["config"]["materialized"] == "table"
        if is_table and (node["schema"], node["name"]) in fractions:
            found.append((node["schema"], node["name"], result["compiled_code"]))
    assert len(found) > 20
    return settings, found


def test_every_fraction_is_the_same_to_the_last_bit_with_one_two_and_four_threads(compiled):
    settings, tables = compiled
    differ = {}
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        for schema, name, sql in tables:
            hashes = []
            for threads in (1, 2, 4):
                connection.execute(f"set threads = {threads}")
                connection.execute(f"set preserve_insertion_order = {threads == 1}")
                connection.execute(f"create or replace temp view checked as {sql}")
                hashes.append(row_hashes.of_relation(connection, "checked"))
            if len(set(hashes)) > 1:
                differ[f"{schema}.{name}"] = hashes
    assert differ == {}
