"""Which tables a build keeps from the last one: those of which nothing changed, and no other.

What belongs here: one change at a time, over a few models. What does not: that a night with many changes gives the rows
of a whole build (test_joins), whether the file is kept at all (test_incremental).
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import land, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests import forked_dbt
from tests.building import build_part
from tests.release.test_deep import forge

SURVEY = sources.get("bjs/victimizations")
ONLY = ("--quiet", "--exclude-resource-type", "test", "--select")
SELECTED = ("+fct_victimization_reporting", "quarantine_bjs__victimizations", "base_omb__budget")
WEIGHTS = "select distinct cast(victimizations_weighted as double) from core.fct_victimization_reporting"


def survey(settings: Settings, day: int, weight: str) -> None:
    """One row of the survey as captured on a day of November 2026."""
    row = {"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": weight}
    payload = Payload(json.dumps([row]).encode(), "https://synthetic.invalid", datetime(2026, 11, day, tzinfo=UTC))
    came = land.write(
        SURVEY, Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="imported", edition="import"
    )
    assert came.status == "landed", came


def build(settings: Settings) -> set[str]:
    """Build the models; the tables that were kept."""
    done = build_part(settings, *ONLY, *SELECTED, edition="recorded")
    assert done.returncode == 0, done.stdout + done.stderr
    return kept(settings)


def kept(settings: Settings) -> set[str]:
    return {name.rpartition(".")[2] for name in read(settings, "select name from made.now where is_kept")}


def read(settings: Settings, sql: str) -> list[object]:
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        return [value for (value,) in connection.execute(sql).fetchall()]


@pytest.fixture
def built(settings: Settings) -> Settings:
    """A home whose build has a row of the survey and the recorded budget."""
    survey(settings, 1, "1.5")
    assert not capture_dataset(sources.get("omb/budget"), settings).failures
    assert build(settings) == set()
    return settings


def test_where_nothing_changed_every_table_is_kept(built):
    assert build(built) >= {"base_bjs__victimizations", "base_omb__budget"}
    assert read(built, WEIGHTS) == [1.5]


def test_another_value_in_as_many_rows_is_read_by_what_stands_on_it(built):
    survey(built, 2, "2.5")
    assert "base_omb__budget" in build(built)
    assert "base_bjs__victimizations" not in kept(built)
    assert read(built, WEIGHTS) == [2.5]


def test_a_new_capture_of_another_dataset_makes_no_base_model_again(built):
    assert not capture_dataset(sources.get("cis/sanctuary_map"), built).failures
    assert build(built) >= {"base_bjs__victimizations", "base_omb__budget"}


def test_a_table_that_is_made_again_with_the_same_rows_spares_what_reads_it(built):
    """No row of either capture is bad: what keeps the bad ones is made again, and is as empty as before."""
    before = read(built, "select version from made.now where name like '%.quarantine_bjs__victimizations'")
    survey(built, 2, "2.5")
    build(built)
    after = read(built, "select version from made.now where name like '%.quarantine_bjs__victimizations'")
    assert "quarantine_bjs__victimizations" not in kept(built)
    assert after == before


def test_a_second_run_on_the_same_captures_makes_everything_again(built):
    """Between two runs by hand a person may have changed a table: nobody noted it."""
    build(built)
    words = ["build", "--target-path", str(built.dbt_target_dir), *ONLY, *SELECTED]
    done = forked_dbt.run(words, {**os.environ, **dbt_environment(built)})
    assert done.returncode == 0, done.stdout + done.stderr
    entries = read(built, "select list(is_kept) from made.now where name like '%.base_omb__budget'")
    assert entries == [[True, False]]
    # and nobody relies on either afterwards
    assert "base_omb__budget" not in build(built)
    assert "base_omb__budget" in build(built)


def test_a_changed_seed_and_changed_sql_make_their_readers_again(settings, tmp_path):
    """As for a developer who edits the project and runs dbt once more: the tables say what the files say."""
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    select = (*ONLY, "+dim_provision", "+dim_offense", "+dim_victim_group")
    done = build_part(settings, *select, edition="recorded")
    assert done.returncode == 0, done.stdout + done.stderr
    seed = project / "seeds" / "provisions.csv"
    rows = seed.read_text(encoding="utf-8").splitlines()[:3]
    seed.write_text("\n".join(rows) + "\n", encoding="utf-8")
    model = project / "models" / "marts" / "core" / "dim_offense.sql"
    model.write_text(f"select * from ({model.read_text(encoding='utf-8')}) where false", encoding="utf-8")
    done = build_part(settings, *select, edition="recorded", project=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert kept(settings) == {"dim_victim_group"}
    # two rows of the seed, and the unknown member
    assert read(settings, "select count(*) from core.dim_provision") == [3]
    assert read(settings, "select count(*) from core.dim_offense") == [0]


def test_a_capture_that_was_landed_again_with_other_records_is_another_version(built):
    def version() -> list[object]:
        with duckdb.connect(str(built.build_file)) as connection:
            catalog = Catalog(built.landing_dir, as_of=None, edition="recorded")
            raw_views.create(connection, catalog, list(sources.DATASETS.values()))
        return read(built, "select version from made.now where name = 'raw.bjs__victimizations'")

    before = version()
    assert version() == before
    (folder,) = (built.landing_dir / "bjs" / "victimizations").glob("2*")
    forge(folder, "weight", "9.5")
    assert version() != before
