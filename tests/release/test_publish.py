"""The publication: a release is whole or not at all, and readers never see half of one."""

from __future__ import annotations

import json
import multiprocessing
import os
import struct
import time
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from orchestration.doctor import examine
from orchestration.release import audit, differences, history, publish
from orchestration.settings import Settings


def read_in_a_loop(home: str, stop: object, answers: object) -> None:
    """One reader: opens what is published, again and again; a mixture or an error ends it with a message."""
    settings = Settings(home=Path(home))
    seen: set[str] = set()
    reads = 0
    try:
        while not stop.is_set():  # type: ignore[attr-defined]
            folder = settings.published_dir.resolve()
            with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
                (release,) = connection.execute("select release_id from meta.release").fetchone()
                (rows,) = connection.execute("select count(*) from core.fct_award").fetchone()
                (held,) = connection.execute("select count(distinct release_id) from meta.release").fetchone()
            assert (release, rows, held) == (folder.name, 83, 1), (release, folder.name, rows, held)
            seen.add(release)
            reads += 1
        answers.put((reads, sorted(seen), None))  # type: ignore[attr-defined]
    except Exception as error:  # the parent judges: whatever went wrong is the test's answer
        answers.put((reads, sorted(seen), repr(error)))  # type: ignore[attr-defined]


def test_four_readers_see_no_error_and_never_a_mixture(sealed):
    settings, run_id = sealed
    report = audit.audit(settings, run_id=run_id)
    context = multiprocessing.get_context("spawn")
    stop, answers = context.Event(), context.Queue()
    readers = [context.Process(target=read_in_a_loop, args=(str(settings.root), stop, answers)) for _ in range(4)]
    for reader in readers:
        reader.start()
    time.sleep(2)
    made = [publish.publish(settings, report).id for _ in range(3)]
    time.sleep(1)
    stop.set()
    told = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(timeout=60)
    assert [error for _, _, error in told] == [None] * 4
    assert all(reads > 0 for reads, _, _ in told)
    seen = {release for _, releases, _ in told for release in releases}
    assert len(seen) >= 2, "the readers read through a swap"
    assert made[-1] in seen


def test_an_open_reader_keeps_its_own_release(sealed):
    settings, run_id = sealed
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        before = connection.execute("select release_id from meta.release").fetchone()
        publish.publish(settings, audit.audit(settings, run_id=run_id))
        assert connection.execute("select release_id from meta.release").fetchone() == before


def test_the_file_has_the_storage_that_older_clients_read(sealed):
    """DuckDB 1.4 reads storage version 64 to 67; the number stands in the file's header (8 bytes at 12)."""
    settings, _ = sealed
    header = settings.published_file.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    (version,) = struct.unpack("<Q", header[12:20])
    assert version <= 67


def test_a_release_is_checkpointed_described_and_sums_verify(sealed):
    settings, _ = sealed
    folder = settings.published_dir.resolve()
    assert not list(folder.glob("*.wal"))
    listed = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
        assert audit.file_sha256(folder / name) == digest, name
    assert {"warehouse.duckdb", "release.json", "datapackage.json"} <= set(listed)
    assert "parquet/core/fct_award.parquet" in listed
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        schemas = {s for (s,) in connection.execute("select distinct schema_name from duckdb_tables()").fetchall()}
        assert schemas == {"core", "analysis", "meta", "quarantine"}
        bare = connection.execute(
            "select table_name, column_name from duckdb_columns() where comment is null and not internal"
        ).fetchall()
        assert bare == []
        undocumented = connection.execute(
            "select c.schema_name, c.table_name, c.column_name from duckdb_columns() as c"
            " anti join meta.column_dictionary as d on c.schema_name = d.table_schema"
            " and c.table_name = d.table_name and c.column_name = d.column_name where not c.internal"
        ).fetchall()
        assert undocumented == []
        lineage = connection.execute(
            "select distinct comes_from from meta.column_dictionary where table_name = 'fct_victimization_reporting'"
        ).fetchall()
        assert lineage == [("bjs/victimizations",)]


def test_every_described_model_begins_with_its_grain(sealed):
    settings, _ = sealed
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        comments = connection.execute("select table_name, comment from duckdb_tables()").fetchall()
    assert [name for name, comment in comments if not (comment or "").startswith("Grain: one row")] == []


def test_the_datapackage_names_every_parquet_file_with_its_fields(sealed):
    settings, _ = sealed
    folder = settings.published_dir.resolve()
    package = json.loads((folder / "datapackage.json").read_text())
    paths = {resource["path"] for resource in package["resources"]}
    assert paths == {str(p.relative_to(folder)) for p in (folder / "parquet").rglob("*.parquet")}
    for resource in package["resources"]:
        names = [field["name"] for field in resource["schema"]["fields"]]
        parquet = duckdb.sql(f"from read_parquet('{folder / resource['path']}')").columns
        assert names == parquet
        assert all(field["description"] for field in resource["schema"]["fields"])


def test_a_publication_that_breaks_off_leaves_no_half_release_and_the_next_one_sweeps(sealed, monkeypatch):
    settings, run_id = sealed
    before = os.readlink(settings.published_dir)
    report = audit.audit(settings, run_id=run_id)
    leftover = settings.releases_dir / ".tmp-killed"
    leftover.mkdir()
    (leftover / "warehouse.duckdb").write_bytes(b"half")
    settings.build_file.chmod(0o600)
    manifest = settings.dbt_target_dir / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text('{"nodes": {}, "parent_map": {}}')
    with pytest.raises(audit.GateRefused, match="is no model of the project"):
        publish.publish(settings, report)
    assert os.readlink(settings.published_dir) == before
    assert not list(settings.releases_dir.glob(".tmp-*"))
    manifest.write_text(whole)
    assert publish.publish(settings, report).serves


def test_two_publications_do_not_run_at_once(sealed):
    settings, run_id = sealed
    report = audit.audit(settings, run_id=run_id)
    with FileLock(settings.root / "publish.lock"), pytest.raises(publish.AnotherPublicationRuns):
        publish.publish(settings, report)


def test_rollback_serves_the_earlier_release_and_diff_tells_them_apart(sealed):
    settings, run_id = sealed
    first = history.last_release(settings)
    second = publish.publish(settings, audit.audit(settings, run_id=run_id))
    assert [release.id for release in history.releases(settings)] == [second.id, first.id]
    assert history.last_release(settings).id == second.id
    assert "no table changed" in differences.between(settings, first.id, second.id).to_text()
    publish.rollback(settings, first.id)
    assert history.last_release(settings).id == first.id
    with pytest.raises(history.NoSuchRelease, match=first.id):
        publish.rollback(settings, "1999.01.01")


def test_the_doctor_notices_a_release_that_was_changed(sealed):
    settings, _ = sealed
    assert {f.state for f in examine(settings) if f.what == "published"} == {"ok"}
    with (settings.published_dir / "parquet" / "core" / "fct_award.parquet").open("ab") as stream:
        stream.write(b"x")
    (found,) = [f for f in examine(settings) if f.what == "published"]
    assert found.state == "bad"
    assert "fct_award.parquet" in found.says
