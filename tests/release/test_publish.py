"""The publication: a release is whole or not at all, and readers never see half of one."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import time
from datetime import date
from typing import Any

import duckdb
import jsonschema
import pytest
from filelock import FileLock

from orchestration import sources
from orchestration.doctor.examination import examine
from orchestration.landing.bounds import PROVENANCE
from orchestration.reading import differences
from orchestration.release import audit, columns, datapackage, findings, history, layout, markers, publish
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings
from tests.conftest import take_over

# One query over three tables: the release, and the stamp that the test puts into two dimensions before it.
STAMPS = """
    select distinct r.release_id, t.homepage, p.listing_name
    from meta.release as r cross join core.dim_tracker as t cross join core.dim_program as p
"""


def stamped(settings: Settings, run_id: str, stamp: str) -> audit.Audit:
    """The candidate with the same stamp in two tables, sealed and audited."""
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute("update core.dim_tracker set homepage = ?", [stamp])
        connection.execute("update core.dim_program set listing_name = ?", [stamp])
    markers.seal(settings, run_id=run_id)
    return audit.audit(settings, run_id=run_id)


def read_in_a_loop(file: str, ready: Any, stop: Any, answers: Any) -> None:
    """One reader, as analysts read: opens the path that never changes, asks, closes; errors end it and are told."""
    seen: set[tuple[str, ...]] = set()
    reads, error = 0, None
    parent = multiprocessing.parent_process()
    assert parent is not None
    try:
        # a run of the tests that was killed sets nothing, and leaves no reader behind
        while not stop.is_set() and parent.is_alive():
            with duckdb.connect(file, read_only=True, config={"threads": 1}) as connection:
                seen.update(connection.execute(STAMPS).fetchall())
            reads += 1
            ready.set()
            # four that never rest take most of the machine, and the publications wait for them
            time.sleep(0.1)
    except Exception as raised:  # the parent judges: whatever went wrong is the test's answer
        error = repr(raised)
        ready.set()
    answers.put((reads, seen, error))


def test_four_readers_see_no_error_and_never_a_mixture(sealed):
    settings, run_id = sealed
    stamps = {publish.publish(settings, stamped(settings, run_id, "stamp 0")).id: "stamp 0"}
    context = multiprocessing.get_context("spawn")
    stop, answers, ready = context.Event(), context.Queue(), [context.Event() for _ in range(4)]
    file = str(settings.published_file)
    readers = [context.Process(target=read_in_a_loop, args=(file, event, stop, answers)) for event in ready]
    for reader in readers:
        reader.start()
    assert all(event.wait(timeout=60) for event in ready)
    for n in range(1, 4):
        stamps[publish.publish(settings, stamped(settings, run_id, f"stamp {n}")).id] = f"stamp {n}"
        time.sleep(0.3)
    stop.set()
    told = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(timeout=60)
    assert [error for _, _, error in told] == [None] * 4
    assert all(reads > 1 for reads, _, _ in told)
    seen = set().union(*(seen for _, seen, _ in told))
    assert seen <= {(release, stamp, stamp) for release, stamp in stamps.items()}, "a mixture of two releases"
    assert len(seen) >= 3, "the readers read through swaps"


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
        assert markers.file_sha256(folder / name) == digest, name
    assert {"warehouse.duckdb", "release.json", "datapackage.json"} <= set(listed)
    assert "parquet/core/fct_award.parquet" in listed
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        schemas = {s for (s,) in connection.execute("select distinct schema_name from duckdb_tables()").fetchall()}
        assert schemas == {"core", "analysis", "meta", "reference"}
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
        made_by = connection.execute(
            "select distinct made_by from meta.column_dictionary"
            " where table_schema = 'core' and table_name = 'fct_victimization_reporting'"
        ).fetchall()
        ((models,),) = made_by
        assert "stg_bjs__victimizations, base_bjs__victimizations" in models


def test_the_lineage_of_a_column_leads_to_what_the_dictionary_names(sealed):
    """Followed parent by parent, meta.column_lineage ends at the fields that comes_from names."""
    settings, _ = sealed
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        (twice,) = connection.execute(
            "select count(*) from (from meta.column_lineage group by all having count(*) > 1)"
        ).fetchone()
        assert twice == 0
        ends = connection.execute(
            """
            with recursive back as (
                select table_schema, table_name, column_name, table_schema as s, table_name as t, column_name as c
                from meta.column_dictionary
                union
                select back.table_schema, back.table_name, back.column_name,
                       l.parent_schema, l.parent_table, l.parent_column
                from back join meta.column_lineage as l
                    on back.s = l.table_schema and back.t = l.table_name and back.c = l.column_name
            )
            select d.table_name, d.column_name, d.comes_from,
                   list(distinct replace(b.t, '__', '/')) filter (where b.s = 'raw' and b.t like '%\\_\\_%' escape '\\')
            from meta.column_dictionary as d
            join back as b using (table_schema, table_name, column_name)
            where d.comes_from is null or d.comes_from <> 'not told'
            group by all
            """
        ).fetchall()
    assert len(ends) > 900
    for table, column, comes_from, reached in ends:
        named = {one for one in datasets_of(comes_from) if not one.startswith(("seeds/", "landing/"))}
        assert set(reached or ()) == named, (table, column)
    direct = {(t, c): r for t, c, _, r in ends}
    assert direct["fct_award_transaction", "obligated_amount"] == ["usaspending/transactions"]


def datasets_of(comes_from: str | None) -> set[str]:
    return {part.partition(" (")[0] for part in (comes_from or "").split("; ") if part}


class TestComesFrom:
    """The dictionary's comes_from is the column's own, never its table's."""

    @pytest.fixture
    def comes_from(self, sealed) -> dict[tuple[str, str], str | None]:
        settings, _ = sealed
        with duckdb.connect(str(settings.published_file), read_only=True) as connection:
            rows = connection.execute("select table_name, column_name, comes_from from meta.column_dictionary")
            return {(table, column): told for table, column, told in rows.fetchall()}

    @pytest.mark.parametrize(
        ("table", "column", "datasets"),
        [
            ("fct_award", "fain", {"usaspending/awards", "usaspending/transactions"}),
            ("fct_award_transaction", "obligated_amount", {"usaspending/transactions"}),
            # What the inventory does not cover is no zero.
            (
                "fct_listing_year",
                "obligated_amount",
                {"usaspending/assistance_listings", "seeds/listing_year_notes"},
            ),
            ("fct_announced_award", "announced_amount", {"cops/announcements", "published/awards"}),
            ("fct_budget_account_year", "budget_amount", {"omb/budget"}),
            ("fct_victimization_reporting", "reported_weighted", {"bjs/victimizations"}),
            # Whether a count is of a whole month is judged by the agency's kind and people too, and by known faults.
            (
                "fct_crime_month",
                "offenses",
                {"fbi/agency_months", "fbi/agencies", "fbi/return_a", "seeds/crime_series_breaks"},
            ),
            ("dim_tracker", "tracker_name", {"seeds/trackers"}),
            ("capture", "retrieved_at", {"landing/capture"}),
            ("release", "built_at", set()),
        ],
    )
    def test_a_column_names_its_own_datasets(self, comes_from, table, column, datasets):
        assert datasets_of(comes_from[table, column]) == datasets

    def test_money_comes_from_where_money_is_published(self, comes_from):
        money = {k: datasets_of(v) for k, v in comes_from.items() if k[1].endswith(("_amount", "_usd"))}
        assert len(money) > 5
        # which slices an award was asked for in (landing/capture) decides whether its own amount is whole; a seed says
        # which zeros of the inventory are none
        published = ("usaspending/", "cops/", "published/awards", "omb/", "landing/capture", "seeds/listing_year_notes")
        wrong = {k: v for k, v in money.items() if not v or not all(d.startswith(published) for d in v)}
        assert wrong == {}

    def test_every_published_column_is_traced_to_datasets_tables_of_ours_or_nothing(self, comes_from):
        assert [key for key, told in comes_from.items() if told == "not told"] == []
        known = {f"seeds/{path.stem}" for path in (DBT_PROJECT_DIR / "seeds").rglob("*.csv")}
        known |= {f"landing/{name}" for name in ("build", "capture", "payload", "shown_again", "standing")}
        known |= set(sources.DATASETS)
        assert set().union(*map(datasets_of, comes_from.values())) <= known

    def test_every_field_named_is_one_of_the_dataset(self, comes_from):
        for told in comes_from.values():
            for part in (told or "").split("; "):
                dataset, _, fields = part.removesuffix(")").partition(" (")
                if dataset in sources.DATASETS:
                    declared = {*sources.get(dataset).fields, *PROVENANCE}
                    assert set(fields.split(", ")) <= declared, part

    def test_what_cannot_be_traced_is_not_told(self):
        manifest = {"nodes": {}, "sources": {}}
        of = columns.Sources(manifest, {("core", "synthetic"): {}})
        assert of.text(("core", "synthetic"), "dollars") == "not told"


def test_a_table_that_is_no_longer_published_has_lost_its_rows():
    before = {"core.a": 5, "core.b": 2, "core.gone": 7}
    assert publish._more_or_fewer({"core.a": 5, "core.b": 3, "core.new": 1}, before) == {
        "core.b": 1, "core.gone": -7, "core.new": 1,
    }  # fmt: skip


def test_a_table_of_our_repository_is_no_address_of_a_source():
    """Who has a release alone has no orchestration/ folder: a path leads somewhere, or is not there."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as release")
        connection.execute("create schema release.core; create schema release.meta")
        connection.execute(
            "create table release.core.dim_source as select dataset, dataset as title, 'p' as publisher,"
            " homepage from (values ('ledger__policy_events', 'orchestration/recorded/tables/a.csv'),"
            " ('usaspending__awards', 'https://www.usaspending.gov')) as v (dataset, homepage)"
        )
        connection.execute("create table release.meta.source_status as select dataset, null as publisher, 1 as records,"
                           " timestamp '2026-01-02' as last_retrieved_at from release.core.dim_source")  # fmt: skip
        found = {one["dataset"]: one.get("path") for one in datapackage._sources(connection)}
    assert found == {"ledger/policy_events": None, "usaspending/awards": "https://www.usaspending.gov"}


def test_every_described_model_begins_with_its_grain(sealed):
    settings, _ = sealed
    with layout.opened(settings.published_file.resolve()) as connection:
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
        # frictionless reads a whole-number column with nulls as floats, and counts no bytes of Parquet
        assert "bytes" not in resource
        whole = [field for field in resource["schema"]["fields"] if field["data_type"] in ("BIGINT", "INTEGER")]
        for field in whole:
            ((has_null,),) = duckdb.sql(
                f"""select count(*) > count("{field["name"]}") from read_parquet('{folder / resource["path"]}')"""
            ).fetchall()
            assert field["type"] == ("number" if has_null else "integer"), (resource["name"], field["name"])


def test_the_datapackage_is_valid_and_says_whose_the_data_are_and_how_tables_join(sealed):
    settings, _ = sealed
    folder = settings.published_dir.resolve()
    package = json.loads((folder / "datapackage.json").read_text())
    profiles = PROJECT_ROOT / "tests" / "profiles"
    schema = json.loads((profiles / "data-package.json").read_text())
    jsonschema.Draft4Validator(schema).validate(package)
    assert package["title"]
    assert package["contributors"]
    with layout.opened(folder / "warehouse.duckdb") as connection:
        held = connection.execute("select dataset from meta.source_status where records > 0").fetchall()
        comments = dict(
            connection.execute(
                "select replace(schema_name || '-' || table_name, '_', '-'), comment"
                f" from {layout.catalog('duckdb_tables')}"
            ).fetchall()
        )
        foreign = connection.execute("select count(*) from meta.relationship where kind = 'foreign key'").fetchone()
    assert {one["dataset"].replace("/", "__", 1) for one in package["sources"]} == {name for (name,) in held}
    assert {one["license"] for one in package["sources"]} <= {one["name"] for one in package["licenses"]}
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert {name: " ".join(one["description"].split()) for name, one in resources.items()} == comments
    pointing = [
        (resource, key) for resource in package["resources"] for key in resource["schema"].get("foreignKeys", ())
    ]
    assert foreign == (len(pointing),)
    for resource, key in pointing:
        to = resources[key["reference"]["resource"] or resource["name"]]
        assert set(key["fields"]) <= {field["name"] for field in resource["schema"]["fields"]}
        assert set(key["reference"]["fields"]) <= {field["name"] for field in to["schema"]["fields"]}
    assert resources["core-fct-award"]["schema"]["primaryKey"] == ["award_key"]


# A publication in a process of its own, to be starved or killed.
PUBLISH = """
import resource, sys
from pathlib import Path
from orchestration.release import audit, publish
from orchestration.settings import Settings
from tests.conftest import take_over

settings = Settings(home=Path(sys.argv[1]), edition="recorded")
take_over(settings, sys.argv[2])
report = audit.audit(settings, run_id=sys.argv[2])
if sys.argv[3:]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
publish.publish(settings, report)
"""


def kept(settings: Settings) -> tuple[str, list[str]]:
    """What serves and everything in releases/, hidden or not."""
    return os.readlink(settings.published_dir), sorted(p.name for p in settings.releases_dir.iterdir())


def test_a_full_disk_leaves_no_half_release(sealed):
    """No file may grow past 1 MB: as a disk that fills while the release is written."""
    settings, run_id = sealed
    before = kept(settings)
    command = [sys.executable, "-c", PUBLISH, str(settings.root), run_id, "1000000"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in done.stderr, done.stderr
    assert kept(settings) == before
    take_over(settings, run_id)
    assert publish.publish(settings, audit.audit(settings, run_id=run_id)).serves


def test_a_killed_publication_is_swept_by_the_next_one(sealed):
    settings, run_id = sealed
    before = os.readlink(settings.published_dir)
    process = subprocess.Popen([sys.executable, "-c", PUBLISH, str(settings.root), run_id], cwd=PROJECT_ROOT)
    while process.poll() is None and not list(settings.releases_dir.glob(".tmp-*/warehouse.duckdb")):
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert list(settings.releases_dir.glob(".tmp-*")), "killed in the middle"
    assert os.readlink(settings.published_dir) == before
    assert len(history.releases(settings)) == 1
    take_over(settings, run_id)
    assert publish.publish(settings, audit.audit(settings, run_id=run_id)).serves
    assert not list(settings.releases_dir.glob(".tmp-*"))


def test_a_file_that_a_killed_command_left_among_the_releases_is_removed_and_a_living_ones_stays(settings):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    assert dead.wait() == 0
    settings.releases_dir.mkdir(parents=True)
    left, written = (settings.releases_dir / f".tmp-{pid}-{'0' * 32}" for pid in (dead.pid, os.getpid()))
    for path in (left, written):
        path.write_bytes(b"{}")
    # no publication was killed: there is nothing to be told
    assert publish.sweep(settings) == 0
    assert not left.exists()
    assert written.exists()


def test_a_publication_that_is_refused_half_way_leaves_nothing(sealed):
    settings, run_id = sealed
    before = os.readlink(settings.published_dir)
    report = audit.audit(settings, run_id=run_id)
    manifest = settings.dbt_target_dir / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text('{"nodes": {}, "sources": {}, "parent_map": {}}')
    with pytest.raises(findings.GateRefused, match=r"manifest\.json was changed after it was sealed"):
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


def test_a_rollback_waits_for_no_publication_and_says_so(sealed):
    settings, _ = sealed
    last = history.last_release(settings)
    with FileLock(settings.root / "publish.lock"), pytest.raises(publish.AnotherPublicationRuns):
        publish.rollback(settings, last.id)


def test_a_release_as_of_a_past_date_is_kept_but_never_served(sealed):
    settings, run_id = sealed
    before = os.readlink(settings.published_dir)
    path = settings.build_dir / markers.BEGUN_FILE
    begun = markers.Begun.model_validate_json(path.read_text())
    markers.write_begun(settings, begun.model_copy(update={"as_of": date(2026, 11, 23)}))
    markers.seal(settings, run_id=run_id)
    release = publish.publish(settings, audit.audit(settings, run_id=run_id))
    assert (release.serves, os.readlink(settings.published_dir)) == (False, before)
    with duckdb.connect(str(release.path), read_only=True) as connection:
        assert connection.execute("select as_of from meta.release").fetchone() == (date(2026, 11, 23),)
    with pytest.raises(publish.AsOfRelease, match="as of 2026-11-23"):
        publish.rollback(settings, release.id)
    assert os.readlink(settings.published_dir) == before


def test_a_home_with_a_quote_in_its_name_publishes(sealed, tmp_path):
    settings, run_id = sealed
    moved = Settings(home=settings.root.rename(tmp_path / "a reader's home"), edition="recorded")
    assert publish.publish(moved, audit.audit(moved, run_id=run_id)).serves


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
