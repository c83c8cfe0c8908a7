"""Readers on other hosts keep to one release while others are published and pruned: by Parquet, and by DuckLake.

What belongs here: the code that docs/operating.md gives such readers, in processes of their own. What does not: readers
of the DuckDB file (tests/release/test_publish.py).
"""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import textwrap
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release import history, publish, seal
from orchestration.release.history import Release
from orchestration.running import prune
from orchestration.settings import PROJECT_ROOT, Settings
from tests.nights.conftest import PASSWORD

TABLES = (("core", "fct_award"), ("analysis", "mart_grants_at_risk"), ("meta", "release"))
READERS, RELEASES, KEPT = 3, 8, 2


def released(settings: Settings, number: int) -> None:
    """A synthetic release of three tables, each with the release's id in every row; published."""
    folder = settings.releases_dir / f"2026.01.{number:02}"
    for schema, table in TABLES:
        (folder / "parquet" / schema).mkdir(parents=True, exist_ok=True)
        duckdb.connect().execute(
            f"copy (select '{folder.name}' as release_id, row_id from range(20000) as r(row_id))"
            f" to '{folder}/parquet/{schema}/{table}.parquet'"
        )
    release = Release.model_validate(
        {
            "id": folder.name, "sequence": number, "built_at": f"2026-01-{number:02}T00:00:00Z", "run_id": "synthetic",
            "edition": "recorded", "as_of": None, "fingerprint": "f", "code_digest": "c", "software": "0",
            "previous": None, "captures": [], "rows": {}, "differences": {}, "checks": {}, "accepted": {},
        }
    )  # fmt: skip
    (folder / "warehouse.duckdb").write_bytes(b"synthetic")
    (folder / history.RELEASE_FILE).write_text(history.dump(release), encoding="utf-8")
    sums = seal.make_sums(folder)
    seal.protect(folder)
    seal.enter(settings, folder.name, sums)
    publish.rollback(settings, folder.name)


def pages_code() -> dict[str, Any]:
    """The function `pinned` as the page prints it."""
    page = (PROJECT_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^    import duckdb\n.*?^        return connection\n", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(textwrap.dedent(code), names)
    return names


def ids(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The release of each table, a statement a table."""
    found: set[str] = set()
    for schema, table in TABLES:
        found |= {row[0] for row in connection.sql(f"select distinct release_id from {schema}.{table}").fetchall()}
    return found


def test_a_pinned_reader_keeps_its_release_and_one_by_the_link_does_not(settings: Settings) -> None:
    released(settings, 1)
    reader = pages_code()["pinned"](settings.root)
    by_link = duckdb.connect()
    for schema, table in TABLES:
        by_link.execute(f"create schema {schema}")
        by_link.execute(
            f"create view {schema}.{table} as from '{settings.published_dir}/parquet/{schema}/{table}.parquet'"
        )
    assert ids(reader) == ids(by_link) == {"2026.01.01"}
    released(settings, 2)
    assert ids(reader) == {"2026.01.01"}
    assert ids(by_link) == {"2026.01.02"}
    prune.carry_out(settings, releases=1, days=90)
    with pytest.raises(duckdb.IOException, match=r"2026\.01\.01/parquet/core/fct_award\.parquet"):
        ids(reader)


def read_in_a_loop(home: str, ready: Any, stop: Any, answers: Any) -> None:
    """One host: pins, reads every table in turn, pins again. A release that is pruned meanwhile is said to be gone."""
    pinned, sessions, gone = pages_code()["pinned"], [], 0
    while not stop.is_set():
        try:
            sessions.append(tuple(sorted(ids(pinned(home)))))
        except (duckdb.IOException, duckdb.CatalogException):
            gone += 1
        ready.set()
        time.sleep(0.05)
    answers.put((sessions, gone))


def test_no_reader_ever_sees_rows_of_two_releases(settings: Settings) -> None:
    released(settings, 1)
    context = multiprocessing.get_context("spawn")
    stop, answers, ready = context.Event(), context.Queue(), [context.Event() for _ in range(READERS)]
    readers = [context.Process(target=read_in_a_loop, args=(str(settings.root), one, stop, answers)) for one in ready]
    for reader in readers:
        reader.start()
    assert all(event.wait(timeout=120) for event in ready)
    for number in range(2, RELEASES + 1):
        released(settings, number)
        prune.carry_out(settings, releases=KEPT, days=90)
    stop.set()
    told = [answers.get(timeout=120) for _ in readers]
    for reader in readers:
        reader.join(timeout=60)
    assert len(list(settings.releases_dir.glob("[!.]*"))) == KEPT
    sessions = [session for of_one, _ in told for session in of_one]
    assert {len(session) for session in sessions} == {1}, "rows of two releases in one session"
    assert len(set(sessions)) >= 3, "the readers read while releases were published"
    # of two kept releases one may be pruned under a slow reader; it is told so, and rarely
    assert sum(gone for _, gone in told) < len(sessions)


# A Python with deploy/ducklake/requirements.txt; there is no extension for the DuckDB of this environment.
LAKE = os.environ.get("CLAWBACK_TEST_DUCKLAKE", "")
_READER = """
import sys
sys.path.insert(0, sys.argv[1])
import register
lake = register.attach(sys.argv[2], sys.argv[3])
lake.execute("detach lake")
lake.execute(f"attach 'ducklake:{sys.argv[2]}' as lake (snapshot_version {sys.argv[4]}, read_only)")
print("pinned", flush=True)
for line in sys.stdin:
    found = set()
    for table in sys.argv[5:]:
        found |= {row[0] for row in lake.execute(f"select distinct release_id from lake.{table}").fetchall()}
    print(" ".join(sorted(found)), flush=True)
"""


@pytest.mark.skipif(not LAKE, reason="CLAWBACK_TEST_DUCKLAKE names no Python with deploy/ducklake/requirements.txt")
def test_a_release_is_a_snapshot_of_a_ducklake_in_postgresql(database: int, settings: Settings, tmp_path: Path) -> None:
    scripts, scratch = str(PROJECT_ROOT / "deploy" / "ducklake"), f"{tmp_path}/scratch/"
    catalogue = f"postgres:host=127.0.0.1 port={database} user=clawback dbname=clawback password={PASSWORD}"

    def register() -> str:
        command = [LAKE, f"{scripts}/register.py", catalogue, scratch, str(settings.published_dir)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    released(settings, 1)
    first = register()
    tables = [".".join(names) for names in TABLES]
    with subprocess.Popen(
        [LAKE, "-c", _READER, scripts, catalogue, scratch, first, *tables],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as reader:  # fmt: skip
        assert reader.stdin
        assert reader.stdout
        assert reader.stdout.readline() == "pinned\n"
        for number in (1, 2, 3):
            if number > 1:
                released(settings, number)
                assert int(register()) > int(first)
            reader.stdin.write("read\n")
            assert reader.stdout.readline() == "2026.01.01\n"
        reader.stdin.close()
    # the release's own files, and no others, are what the catalogue reads
    assert not [path for path in Path(scratch).rglob("*") if path.is_file()]
    # registered again it is the same snapshot
    assert register() == register()
