"""A release's further files: what could not be typed is in one of its own, and is asked for as before."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.doctor import proof
from orchestration.doctor.examination import examine
from orchestration.reading import differences, provenance, reader
from orchestration.reading.trace import find_row, trace
from orchestration.release import audit, changes, history, keys, layout, markers, publish, row_hashes, seal
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home, take_over, unlocked

EARLIER = "2020.01.02"
# A record that is put there: the recorded edition has none that could not be typed.
TABLE, REASON, NUMBER = "quarantine.census__gazetteer", "synthetic", 7


def in_the_earlier_form(settings: Settings) -> None:
    """A copy of what serves as earlier versions published it: every schema in the warehouse file."""
    serving = history.last_release(settings)
    folder = settings.releases_dir / EARLIER
    shutil.copytree(serving.path.parent, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"attach '{folder / 'quarantine.duckdb'}' as own (read_only)")
        connection.execute("create schema quarantine")
        tables = connection.execute("select table_name from duckdb_tables() where database_name = 'own'").fetchall()
        for (table,) in tables:
            connection.execute(f'create table quarantine."{table}" as from own."{table}"')
        connection.execute("update meta.release set release_id = ?", [EARLIER])
    (folder / "quarantine.duckdb").unlink()
    told = json.loads((folder / "release.json").read_text())
    older = {"id": EARLIER, "sequence": 0, "previous": None, "previous_sums": None}
    (folder / "release.json").write_text(json.dumps({**told, **older}))
    (folder / seal.SUMS_FILE).unlink()
    sums = seal.make_sums(folder)
    seal.protect(folder)
    seal.enter(settings, EARLIER, sums)


@pytest.fixture(scope="module")
def home(refreshed, tmp_path_factory) -> Settings:
    """A release with one record that could not be typed, and the same in the form of an earlier version."""
    original, account = refreshed
    settings, run_id = Settings(home=tmp_path_factory.mktemp("layout") / "home", edition="recorded"), account["run_id"]
    copy_home(original, settings.root)
    take_over(settings, run_id)
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute(
            f"insert into {TABLE} (_reject_reason, _capture_id, _payload_id, _record_no)"
            " select $reason, capture_id, payload_id, $number from meta.payload where capture_id = (select capture_id"
            " from meta.capture where dataset = $dataset and is_serving order by records desc limit 1) limit 1",
            {"reason": REASON, "number": NUMBER, "dataset": TABLE.partition(".")[2]},
        )
    markers.seal(settings, run_id=run_id)
    publish.publish(settings, audit.audit(settings, run_id=run_id))
    in_the_earlier_form(settings)
    return settings


@pytest.fixture(scope="module")
def folder(home) -> Path:
    return home.published_dir.resolve()


def ask(file: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


class TestTheFiles:
    def test_the_warehouse_file_has_no_quarantine_and_the_other_has_nothing_else(self, folder):
        schemas = {s for (s,) in ask(folder / "warehouse.duckdb", "select schema_name from duckdb_schemas()")}
        assert schemas >= {"core", "analysis", "meta", "reference"}
        assert "quarantine" not in schemas
        own = ask(folder / "quarantine.duckdb", "select distinct schema_name from duckdb_tables()")
        assert own == [("main",)]

    def test_every_table_of_it_is_a_parquet_file_with_equal_row_hashes(self, folder):
        files = {path.stem: path for path in (folder / "parquet" / "quarantine").glob("*.parquet")}
        assert len(files) > 30
        with duckdb.connect(str(folder / "quarantine.duckdb"), read_only=True) as connection:
            tables = connection.execute("select table_name from duckdb_tables()").fetchall()
            assert {name for (name,) in tables} == files.keys()
            for name, path in files.items():
                kept = row_hashes.of_relation(connection, f'"{name}"')
                assert kept == row_hashes.of_relation(connection, f"read_parquet('{path}')"), name

    def test_tables_and_columns_are_described_as_the_dictionary_has_it(self, folder):
        with layout.opened(folder / "warehouse.duckdb") as connection:
            differ = connection.execute(
                f"select * from {layout.catalog('duckdb_columns')} as c"
                " full join (from meta.column_dictionary where table_schema = 'quarantine') as d"
                " on (c.schema_name, c.table_name, c.column_name) = (d.table_schema, d.table_name, d.column_name)"
                " where coalesce(c.schema_name, 'quarantine') = 'quarantine'"
                " and c.comment is distinct from d.description"
            ).fetchall()
            assert differ == []
            bare = connection.execute(
                f"select table_name from {layout.catalog('duckdb_tables')} where coalesce(comment, '') = ''"
            ).fetchall()
            assert bare == []

    @pytest.mark.parametrize("name", layout.FILES)
    def test_each_file_has_the_storage_that_older_clients_read_and_is_in_the_sums(self, folder, name):
        """DuckDB 1.4 reads storage version 64 to 67; the number stands in the file's header (8 bytes at 12)."""
        header = (folder / name).read_bytes()[:20]
        (version,) = struct.unpack("<Q", header[12:20])
        assert (header[8:12], version <= 67) == (b"DUCK", True)
        assert name in seal.listed(folder)
        assert not (folder / f"{name}.wal").exists()

    def test_every_row_of_the_candidate_is_in_one_of_them(self, home):
        release = history.last_release(home)
        hashes = row_hashes.of_file(release.path)
        assert sum(table.startswith("quarantine.") for table in hashes) > 30
        compared, differ = proof.compared(release.path, home.build_file)
        assert differ == []
        assert compared > 100


class TestReaders:
    @pytest.mark.parametrize("release", [[], ["--release", EARLIER]])
    def test_a_record_that_could_not_be_typed_is_asked_for_in_both_forms(self, home, release):
        sql = f"select _reject_reason, _record_no from {TABLE}"
        done = clawback(home.root, "sql", sql, "--format", "json", *release)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [{"_reject_reason": REASON, "_record_no": NUMBER}]
        assert clawback(home.root, "sql", f"from {TABLE} where false", *release).returncode == 0

    @pytest.mark.parametrize("release", [None, EARLIER])
    def test_its_row_is_found_by_the_same_name_in_both_forms(self, home, release):
        schema, _, name = TABLE.partition(".")
        with reader.connect(home, release=release) as opened:
            for asked in (TABLE, name):
                found = find_row(opened, asked, f"_record_no={NUMBER}")
                assert (*found[:2], found[2]["_reject_reason"]) == (schema, name, REASON)

    def test_it_is_traced_to_the_bytes_of_its_record(self, home):
        traced = trace(home, TABLE, f"_record_no={NUMBER}")
        assert (traced.table, traced.digest_verified, traced.found_in_payload) == (TABLE, True, True)
        assert [record["_record_no"] for record in traced.records] == [NUMBER]

    def test_what_a_statement_means_is_known_of_it(self, home):
        with reader.connect(home) as opened:
            read = provenance.of(opened, f"select _reject_reason from {TABLE}")
            assert provenance.tables(opened, f"from {TABLE}") == [tuple(TABLE.split("."))]
        assert read.columns["_reject_reason"].description

    def test_the_shell_lists_them_after_all_others(self, home, folder):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("clawback")), "sql", "--format", "csv"],
            input=".tables\n",
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("CLAWBACK_")},
                "CLAWBACK_HOME": str(home.root),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        listed = [row["name"] for row in csv.DictReader(io.StringIO(done.stdout))]
        last = [name for name in listed if name.startswith("quarantine.")]
        assert len(last) == len(list((folder / "parquet" / "quarantine").iterdir()))
        assert listed[-len(last) :] == last
        assert listed[0].startswith("analysis.")

    def test_a_comparison_across_the_forms_tells_of_no_table_that_is_new_or_gone(self, home):
        serving = history.last_release(home)
        found = differences.between(home, EARLIER, serving.id)
        assert found.changes == []
        assert [change.sentence for change in found.rows or ()] == []

    def test_a_comparison_tells_of_a_record_that_is_gone_from_the_file(self, home, folder, tmp_path):
        _, _, name = TABLE.partition(".")
        for file in layout.FILES:
            shutil.copyfile(folder / file, tmp_path / file)
        with duckdb.connect(str(tmp_path / "quarantine.duckdb")) as connection:
            connection.execute(f'delete from "{name}" where rowid = (select min(rowid) from "{name}")')
        with duckdb.connect() as connection:
            layout.attach(connection, folder / "warehouse.duckdb", "older")
            layout.attach(connection, tmp_path / "warehouse.duckdb", "newer")
            (change,) = changes.between(connection, "older", "newer", keys.of_release(connection, "newer"))
        assert (change.table, change.rows, change.sentence) == (("quarantine", name), 1, f"{TABLE}: 1 row gone")


class TestWhatStaysClosed:
    def test_no_file_beside_it_can_be_read_or_attached(self, home, folder, tmp_path):
        beside = shutil.copyfile(folder / "quarantine.duckdb", tmp_path / "beside.duckdb")
        sums = seal.sums_of(folder)
        with reader.connect(home) as opened:
            assert opened.sql("select count(*) from duckdb_databases() where not internal").fetchall() == [(2,)]
            engine = opened._connection.cursor()
            for statement in (
                f"attach '{beside}' as other (read_only)",
                f"attach '{folder / 'quarantine.duckdb'}' as again",
                f"from read_parquet('{folder}/parquet/quarantine/*.parquet')",
                f"from read_text('{folder / 'release.json'}')",
                f"copy (select 1) to '{folder / 'quarantine.duckdb.wal'}' (format csv, use_tmp_file false)",
                "set enable_external_access = true",
                "set disabled_filesystems = ''",
                "create table quarantine.more as select 1",
            ):
                with pytest.raises(duckdb.Error, match=r"disabled by configuration|locked|read-only"):
                    engine.execute(statement).fetchall()
            (settings,) = engine.execute(
                "select current_setting('enable_external_access'), current_setting('lock_configuration')"
            ).fetchall()
        assert settings == (False, True)
        assert (seal.sums_of(folder), seal.damage_of(home, folder)) == (sums, [])

    def test_two_readers_of_one_process_share_what_is_attached(self, home):
        with reader.connect(home) as one, reader.connect(home) as other:
            asked = f"select count(*) from {TABLE}"
            assert one.sql(asked).fetchall() == other.sql(asked).fetchall() == [(1,)]


@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_without_its_second_file_a_release_answers_what_the_first_holds(home, tmp_path, harm):
    mine = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(home, mine.root, "build")
    file = mine.published_dir.resolve() / "quarantine.duckdb"
    with unlocked(file):
        file.unlink() if harm == "missing" else file.write_bytes(b"x" * 10_000)
    done = clawback(mine.root, "sql", "select count(*) as n from core.dim_tracker", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)[0]["n"] > 0) == (0, True)
    assert ("quarantine.duckdb cannot be read" in done.stderr) == (harm == "damaged")
    done = clawback(mine.root, "sql", f"from {TABLE}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (found,) = [one for one in examine(mine) if one.what == "published"]
    assert (found.state, "quarantine.duckdb" in found.says) == ("bad", True)


def test_a_release_of_the_earlier_form_is_rolled_back_to_and_verified(home, tmp_path):
    settings = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(home, settings.root)
    assert [one.says for one in examine(settings) if one.state == "bad"] == []
    publish.rollback(settings, EARLIER)
    assert settings.published_dir.resolve().name == EARLIER
    with reader.connect(settings) as opened:
        assert opened.sql("select count(*) from duckdb_databases() where not internal").fetchall() == [(1,)]
        assert opened.sql(f"select _reject_reason from {TABLE}").fetchall() == [(REASON,)]
    assert proof.compared(history.last_release(settings).path, settings.build_file)[1] == []
