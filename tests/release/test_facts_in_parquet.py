"""Facts past a size are views over their Parquet files: read, compared and moved as the tables that they stand for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import duckdb
import pytest

from orchestration.reading import differences, reader, statements, summary
from orchestration.reading.trace import find_row
from orchestration.release import audit, history, layout, markers, publish, row_hashes, seal
from orchestration.settings import Settings
from orchestration.site import build as site
from tests.conftest import clawback, copy_home, take_over

MOST = 50


@pytest.fixture(scope="module")
def home(refreshed, tmp_path_factory) -> Settings:
    """The release of a refresh, and after it one of the same candidate whose larger facts are views."""
    original, account = refreshed
    root = tmp_path_factory.mktemp("facts") / "home"
    settings = Settings(home=root, edition="recorded", fact_rows_in_file=MOST)
    copy_home(original, settings.root)
    take_over(settings, account["run_id"])
    markers.seal(settings, run_id=account["run_id"])
    publish.publish(settings, audit.audit(settings, run_id=account["run_id"]), [site.write])
    return settings


@pytest.fixture(scope="module")
def tables(home) -> history.Release:
    """The release whose facts are all in its file."""
    return history.find(home, history.last_release(home).previous)


@pytest.fixture(scope="module")
def release(home) -> history.Release:
    return history.last_release(home)


def large(release: history.Release) -> set[str]:
    return {name for name, rows in release.rows.items() if name.startswith("core.fct_") and rows > MOST}


def test_facts_past_the_size_are_views_and_all_else_are_tables(release, tables):
    with layout.opened(release.path) as opened:
        assert {f"{schema}.{name}" for schema, name in layout.views(opened)} == large(release)
        assert len(large(release)) > 10
    with layout.opened(tables.path) as opened:
        assert layout.views(opened) == []
    assert release.path.stat().st_size < tables.path.stat().st_size
    assert release.rows.keys() == tables.rows.keys()


def test_rows_types_and_descriptions_are_those_of_the_tables(release, tables):
    assert row_hashes.of_file(release.path) == row_hashes.of_file(tables.path)
    described = []
    for one in (release, tables):
        with layout.opened(one.path) as opened:
            columns = opened.execute(
                "select schema_name, table_name, column_name, data_type, comment"
                f" from {layout.catalog('duckdb_columns')} order by all"
            ).fetchall()
            comments = opened.execute(f"select schema_name, table_name, comment from {layout.tables()} order by all")
            described.append((columns, comments.fetchall()))
    assert described[0] == described[1]
    assert {f"{schema}.{name}" for schema, name, _ in described[0][1]} == release.rows.keys()


def test_an_analyst_asks_without_a_difference(home, release):
    sql = "select count(*) as n, sum(obligated_amount) as total from core.fct_award"
    answers = [
        clawback(home.root, "sql", sql, "--format", "json", "--release", one).stdout
        for one in (release.id, release.previous)
    ]
    assert answers[0] == answers[1] != ""
    done = clawback(home.root, "query", "at_risk", "--format", "csv")
    assert done.returncode == 0, done.stderr


def test_the_end_of_a_refresh_counts_facts_that_are_views_once(home, release):
    with reader.connect(home) as opened:
        counted = summary.summary(opened).facts
        rows = dict(opened.sql("select 'fct_award', count(*) from core.fct_award").fetchall())
    assert {name.removeprefix("core.") for name in large(release) if name.startswith("core.fct")} <= counted.keys()
    assert counted.items() >= rows.items()
    assert "fct_council_matter" not in counted, "it repeats a dimension under its former name"


def test_every_cursor_of_a_reader_finds_the_files_and_a_row_is_found(home):
    with reader.connect(home) as opened:
        ((key,),) = opened.sql("select min(award_key) from core.fct_award").fetchall()
        assert find_row(opened, "core.fct_award", key)[2]["award_key"] == key
        rows = opened.sql("from core.fct_award")
        assert rows.fetchone() is not None
        assert len(rows.limit(5).fetchall()) == 5
    with reader.engine(home) as engine:
        assert engine.sql("select count(*) from core.fct_award").fetchall()[0][0] > 0


def test_nothing_but_the_files_of_the_views_is_within_reach(home, release, tmp_path):
    folder, large_file = release.path.parent, "parquet/core/fct_award.parquet"
    beside = tmp_path / "beside.parquet"
    shutil.copyfile(folder / large_file, beside)
    with reader.connect(home) as opened:
        for refused in (f"from read_parquet('{folder / large_file}')", f"copy (select 1) to '{folder / large_file}'",
                        "set variable release_1 = '/etc/'"):  # fmt: skip
            with pytest.raises(statements.Refused):
                opened.sql(refused)
        engine = opened._connection.cursor()
        for closed in (
            f"from read_parquet('{beside}')",
            f"from read_parquet('{folder}/parquet/core/dim_agency.parquet')",
            f"from read_parquet('{folder}/parquet/core/*.parquet')",
            f"from read_text('{folder}/release.json')",
            f"attach '{beside.with_suffix('.duckdb')}' as other",
            f"copy (select 1) to '{folder}/parquet/core/more.parquet'",
            "set allowed_paths = ['/etc/passwd']",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error, match=r"disabled by configuration|locked|Cannot change"):
                engine.execute(closed).fetchall()
    assert seal.damage_of(home, folder) == []


def test_two_releases_are_open_on_one_connection(home, release, tables):
    found = differences.between(home, tables.id, release.id)
    assert (found.changes, [change.sentence for change in found.rows or ()]) == ([], [])


def test_the_next_release_is_judged_and_told_against_it(home, tmp_path):
    mine = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(home, mine.root)
    run_id = json.loads((mine.build_dir / markers.MARKER_FILE).read_text())["run_id"]
    take_over(mine, run_id)
    with duckdb.connect(str(mine.build_file)) as connection:
        connection.execute(
            "delete from core.fct_enforcement_event where rowid = (select max(rowid) from core.fct_enforcement_event)"
        )
    markers.seal(mine, run_id=run_id)
    before = history.last_release(mine)
    made = publish.publish(mine, audit.audit(mine, run_id=run_id))
    assert made.differences["core.fct_enforcement_event"] == -1
    with reader.connect(mine) as opened:
        told = opened.sql("select distinct since_release, table_name from meta.change").fetchall()
    assert told == [(before.id, "fct_enforcement_event")]


@pytest.mark.parametrize("way", ["in its folder", "with the variable"])
def test_a_release_that_was_moved_is_read_by_duckdb_alone(release, tmp_path, way):
    moved = tmp_path / "somewhere else" / "it's a copy"
    shutil.copytree(release.path.parent, moved, ignore=shutil.ignore_patterns("site"))
    told = f"set variable {layout.variable(release.id)} = {layout.literal(moved)} || '/';"
    program = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "connection.execute(sys.argv[2])\n"
        "print(connection.execute('select count(*) from core.fct_award').fetchone()[0])"
    )
    file, cwd = ("warehouse.duckdb", moved) if way == "in its folder" else (str(moved / "warehouse.duckdb"), tmp_path)
    command = [sys.executable, "-c", program, file, told if way == "with the variable" else "select 1"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == f"{release.rows['core.fct_award']}\n", done.stderr


def test_a_home_that_was_moved_is_read_as_before(home, tmp_path):
    moved = Settings(home=tmp_path / "moved", edition="recorded")
    copy_home(home, moved.root, "build")
    with reader.connect(moved) as opened:
        assert opened.sql("select count(*) from core.fct_award").fetchall()[0][0] > MOST


def test_a_fact_whose_file_is_damaged_or_gone_is_found(home, release, tmp_path):
    moved = Settings(home=tmp_path / "moved", edition="recorded")
    copy_home(home, moved.root, "build")
    folder = moved.releases_dir / release.id
    file = folder / "parquet" / "core" / "fct_award.parquet"
    for path in (file.parent, file):
        path.chmod(0o755)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert seal.damage_of(moved, folder) == ["parquet/core/fct_award.parquet changed"]
    file.unlink()
    assert seal.damage_of(moved, folder) == ["parquet/core/fct_award.parquet is missing"]


def test_a_type_that_parquet_does_not_hold_refuses_the_release(home, tmp_path):
    mine = Settings(home=tmp_path / "home", edition="recorded", fact_rows_in_file=MOST)
    copy_home(home, mine.root)
    run_id = json.loads((mine.build_dir / markers.MARKER_FILE).read_text())["run_id"]
    take_over(mine, run_id)
    with duckdb.connect(str(mine.build_file)) as connection:
        connection.execute("alter table core.fct_award alter column transactions type hugeint")
    markers.seal(mine, run_id=run_id)
    before = os.readlink(mine.published_dir)
    with pytest.raises(publish.GateRefused, match=r"does not hold transactions HUGEINT"):
        publish.publish(mine, audit.audit(mine, run_id=run_id))
    assert os.readlink(mine.published_dir) == before


@pytest.mark.parametrize(
    ("table", "rows", "most", "expected"),
    [
        ("core.fct_award", 101, 100, True),
        ("core.fct_award", 100, 100, False),
        ("core.fct_award", 10**9, None, False),
        ("core.dim_agency", 101, 100, False),
        ("meta.capture", 101, 100, False),
    ],
)
def test_which_tables_are_views(table, rows, most, expected):
    schema, _, name = table.partition(".")
    assert layout.is_view(schema, name, rows, most) is expected
