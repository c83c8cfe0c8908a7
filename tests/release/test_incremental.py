"""When a build may keep the last candidate's file, and which tables of it are made anew.

What belongs here: the decision, over a released candidate with captured transactions. What does not: that both ways
give the same rows (tests/awards).
"""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import transaction_files as files

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.imports import import_files
from orchestration.release import beginning, history, incremental, markers
from orchestration.settings import Settings
from tests.release.test_gate import edit_json

DATASET = sources.get("usaspending/transactions")


def bring(settings: Settings, folder: Path, name: str, rows: list[files.Row], day: int) -> str:
    """A file of transactions, imported; the capture's id."""
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}_1.csv", files.as_csv(rows))
    (result,) = import_files(DATASET, [path], settings, retrieved_at=datetime(2026, 11, day, tzinfo=UTC))
    assert result.ok, result.line()
    return result.captures[0]


def actions(first: int, last: int) -> list[files.Row]:
    return [files.transaction(n, 0, on="2026-02-01", amount="1.00") for n in range(first, last)]


def catalog(settings: Settings, as_of: date | None = None) -> Catalog:
    return Catalog(settings.landing_dir, as_of=as_of, edition="recorded")


@pytest.fixture
def released(sealed, tmp_path) -> Settings:
    """A home whose released candidate read a hundred transactions, as its mark says, and is of this very code.

    The mutants' home (tests/mutants) is made by the unchanged code, of which no build of a mutant goes on.
    """
    settings, _ = sealed
    built = bring(settings, tmp_path, "first", actions(0, 100), 1)
    mark = {"code_digest": history.code_digest()}
    edit_json(
        settings.build_dir / markers.MARKER_FILE, lambda found: found.update(mark) or found["captures"].append(built)
    )
    return settings


def test_few_new_transactions_are_added_to_the_table(released, tmp_path):
    assert incremental.is_possible(released, catalog(released))
    bring(released, tmp_path, "few", actions(100, 110), 2)
    assert incremental.is_possible(released, catalog(released))
    assert incremental.made_anew(released, catalog(released)) == []


def test_many_new_transactions_are_cheaper_made_anew_in_the_kept_file(released, tmp_path):
    bring(released, tmp_path, "many", actions(100, 140), 2)
    assert incremental.is_possible(released, catalog(released))
    assert incremental.made_anew(released, catalog(released)) == ["staging.base_usaspending__transactions"]


def test_what_is_made_anew_is_no_longer_in_the_file_when_the_build_begins(released, tmp_path):
    def tables() -> list[object]:
        with duckdb.connect(str(released.build_file), read_only=True) as connection:
            named = "select schema_name from duckdb_tables() where table_name = 'base_usaspending__transactions'"
            return connection.execute(named).fetchall()

    assert tables() == [("staging",)]
    bring(released, tmp_path, "many", actions(100, 140), 2)
    begun = beginning.begin(released, catalog(released), run_id="synthetic")
    assert begun == beginning.Incremental(("staging.base_usaspending__transactions",))
    assert tables() == []


def test_a_build_without_transactions_keeps_the_file(sealed):
    """Of the table that is not there, nothing is to be added: it is made, and it is empty."""
    settings, _ = sealed
    edit_json(settings.build_dir / markers.MARKER_FILE, lambda found: found.update(code_digest=history.code_digest()))
    assert incremental.is_possible(settings, catalog(settings))
    assert incremental.made_anew(settings, catalog(settings)) == ["staging.base_usaspending__transactions"]


def test_the_file_of_a_candidate_that_was_not_released_is_not_kept(released):
    edit_json(released.build_dir / markers.MARKER_FILE, lambda mark: mark.update(run_id="another"))
    assert not incremental.is_possible(released, catalog(released))


def test_a_file_that_was_changed_since_is_not_kept(released):
    with released.build_file.open("ab") as file:
        file.write(b"\0")
    assert not incremental.is_possible(released, catalog(released))


def test_a_file_with_a_log_beside_it_is_not_kept(released):
    markers.write_ahead_log(released).touch()
    assert not incremental.is_possible(released, catalog(released))


@pytest.mark.parametrize("mark", [{"code_digest": "other"}, {"edition": "live"}, {"as_of": "2026-11-01"}])
def test_other_code_edition_or_date_is_made_anew(released, mark):
    edit_json(released.build_dir / markers.MARKER_FILE, lambda found: found.update(mark))
    assert not incremental.is_possible(released, catalog(released))


def test_a_build_by_another_engine_is_made_anew(released):
    on_spark = released.model_copy(update={"engine": "spark"})
    assert not incremental.is_possible(on_spark, catalog(released))
    edit_json(released.build_dir / markers.MARKER_FILE, lambda mark: mark.update(engine="spark"))
    assert not incremental.is_possible(released, catalog(released))


def test_a_build_as_of_a_past_day_is_made_anew(released):
    assert not incremental.is_possible(released, catalog(released, as_of=date(2026, 11, 20)))


def test_a_capture_that_serves_no_more_is_not_kept_in_the_file(released, tmp_path):
    gone = bring(released, tmp_path, "gone", actions(100, 105), 2)
    edit_json(released.build_dir / markers.MARKER_FILE, lambda mark: mark["captures"].append(gone))
    assert incremental.made_anew(released, catalog(released)) == []
    (folder,) = released.landing_dir.glob(f"*/*/{gone}")
    said = json.loads((folder / "capture.json").read_text())
    (folder / "capture.json").write_text(json.dumps({**said, "status": "rejected"}))
    assert incremental.made_anew(released, catalog(released)) == ["staging.base_usaspending__transactions"]
