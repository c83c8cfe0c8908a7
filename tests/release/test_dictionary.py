"""The dictionary of columns: an entry in words, nothing said twice, and what a release publishes of it.

What belongs here: dbt_project/columns.toml and what is made of it. What does not: the tables that are described
(test_publish), where a column comes from (test_publish, TestComesFrom).
"""

from __future__ import annotations

import duckdb
import pytest
import yaml

from orchestration.release import dictionary
from orchestration.settings import DBT_PROJECT_DIR
from tools import column_dictionary

ENTRIES: dict[str, dict[str, str]] = {
    "amount": {"means": "Obligated.", "unit": "USD", "additive": "additive over awards", "null": "Null is unknown."},
    "other__amount": {"like": "amount", "null": "Never null."},
    "year": {"means": "Year.", "unit": "label", "additive": "not additive"},
    "name": {"means": "Name as printed."},
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("amount", "Obligated. Unit: USD; additive over awards. Null is unknown."),
        ("amount__never_null", "Obligated. Unit: USD; additive over awards. Never null."),
        ("amount__any", "Obligated. Unit: USD; additive over awards."),
        ("other__amount", "Obligated. Unit: USD; additive over awards. Never null."),
        ("year", "Year."),
        ("name__as_it_came", "Name as printed. Text as it came."),
        ("name__none_in_record__as_it_came", "Name as printed. Text as it came. Null if the record has none."),
    ],
)
def test_an_entry_in_words(name, text):
    assert dictionary.text(name, ENTRIES) == text


@pytest.mark.parametrize("name", ["nothing", "amount__sometimes", "__any", ""])
def test_a_name_without_an_entry_is_an_error(name):
    with pytest.raises(KeyError):
        dictionary.text(name, ENTRIES)


def test_nothing_is_said_twice_and_the_blocks_are_current():
    assert column_dictionary.problems() == []
    assert column_dictionary.main(["--check"]) == 0


@pytest.fixture
def altered(monkeypatch):
    """The dictionary with other entries beside its own, or without some."""

    def alter(*without: str, **more: dict[str, str]) -> list[str]:
        kept = {name: entry for name, entry in dictionary.read().items() if name not in without}
        monkeypatch.setattr(dictionary, "read", lambda: {**kept, **more})
        return column_dictionary.problems()

    return alter


def test_an_entry_that_nothing_uses_or_that_says_what_another_says_is_found(altered):
    found = altered(synthetic={"means": "Synthetic."}, twice=dictionary.read()["kind"])
    assert any("nothing uses [synthetic]" in line for line in found)
    assert any("says what [" in line and "twice" in line for line in found)


def test_an_entry_that_is_gone_is_found_with_its_places(altered):
    found = altered("fate")
    assert len([line for line in found if line.endswith("has no [fate]")]) > 10


def test_a_published_number_without_its_unit_is_found(altered):
    entry = {name: text for name, text in dictionary.read()["officers_funded_reported"].items() if name != "unit"}
    assert [line for line in altered(officers_funded_reported=entry) if "needs unit" in line and "fct_award." in line]


# Columns whose description says where their values are listed instead of listing them.
VALUES_ELSEWHERE = {
    ("mart_reporting_gap", "group_comparability"),
    ("fct_incident_month_total", "offense_family"),
    ("fct_incident_month_total", "victim_group"),
    ("fct_victimization_reporting", "offense_family"),
    ("mart_policy_crime_panel_year", "state_policy_status"),
    ("mart_policy_crime_panel_year", "state_preemption_status"),
}


def _plain(text: str) -> str:
    return text.replace("_", " ").replace("`", "").lower()


def unnamed(values: list[str], description: str) -> list[str]:
    """The values that a description does not name; the unknown member is named by its own table."""
    return [value for value in values if value != "unknown" and _plain(value) not in _plain(description)]


def test_a_value_that_a_description_leaves_out_is_found():
    text = "The verdict: sanctuary, or cooperates."
    assert unnamed(["sanctuary", "declines holds", "unknown"], text) == ["declines holds"]


def test_every_value_that_a_mart_allows_is_in_the_description_of_its_column():
    entries, left_out = dictionary.read(), []
    described = {(table, column): text for _, table, column, _, text in column_dictionary.columns()}
    for path in sorted((DBT_PROJECT_DIR / "models" / "marts").glob("**/*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            for column in model["columns"]:
                for test in column.get("data_tests", []):
                    place = (model["name"], column["name"])
                    if "accepted_values" not in test or place in VALUES_ELSEWHERE:
                        continue
                    text = described[place].removeprefix("{{ doc('").removesuffix("') }}")
                    values = test["accepted_values"]["arguments"]["values"]
                    left_out += [(*place, value) for value in unnamed(values, dictionary.text(text, entries))]
    assert left_out == []


def test_every_level_and_verdict_that_occurs_is_in_the_description_of_its_column(published):
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        columns = connection.execute(
            """
            select table_schema, table_name, column_name, description from meta.column_dictionary
            where regexp_matches(column_name, '^(jurisdiction_)?level$|^verdict(_[ab])?$|^period_precision$')
                and table_schema in ('core', 'analysis', 'meta', 'reference')
            """
        ).fetchall()
        left_out = []
        for schema, table, column, text in columns:
            found = connection.execute(f"select distinct {column} from {schema}.{table}").fetchall()
            values = [value for (value,) in found if value is not None]
            left_out += [(table, column, value) for value in unnamed(values, text)]
    assert len(columns) > 15
    assert left_out == []


def test_every_number_of_a_release_has_its_unit_and_says_what_may_be_added(published):
    settings, _ = published
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        without = connection.execute(
            "select table_schema, table_name, column_name from meta.column_dictionary"
            " where (unit is null or additivity is null) and column_name not like '%_key'"
            " and (data_type like 'DECIMAL%' or data_type in ('BIGINT', 'DOUBLE', 'INTEGER', 'HUGEINT'))"
        ).fetchall()
        told = dict(
            connection.execute(
                "select column_name, unit || '; ' || additivity from meta.column_dictionary"
                " where table_schema = 'core' and table_name = 'fct_award' and unit is not null"
            ).fetchall()
        )
    assert without == []
    assert told["obligated_amount"] == "USD; additive over awards"
    assert told["officers_funded_reported"] == "count; additive over awards where known"
    assert told["fiscal_year"] == "label; not additive"


def test_nulls_are_where_the_dictionary_says_so_in_every_column_of_a_release(published):
    """A column that is never null has none, and one that has some says what they mean."""
    settings, _ = published
    broken: list[str] = []
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, table, column, description in connection.execute(
            "select table_schema, table_name, column_name, description from meta.column_dictionary"
            " where table_schema in ('core', 'analysis', 'meta', 'reference')"
        ).fetchall():
            tables.setdefault((schema, table), []).append((column, description))
        assert len(tables) > 90
        for (schema, table), columns in tables.items():
            counts = ", ".join(f'count(*) - count("{column}")' for column, _ in columns)
            nulls = connection.execute(f'select {counts} from {schema}."{table}"').fetchone()
            for (column, description), missing in zip(columns, nulls, strict=True):
                said = "Never null" not in description and "null" in description.lower()
                if missing and not said:
                    broken.append(f"{schema}.{table}.{column} has {missing} nulls: {description}")
    assert broken == []
