"""Making a release from a candidate that passed the gate, and switching readers to it.

What belongs here: the release folder, written completely beside the others and then renamed; the symlink that readers
follow. What does not: whether the candidate is good (audit).
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from orchestration import __version__, files
from orchestration.progress import say
from orchestration.release import (
    changes,
    copying,
    datapackage,
    described,
    feed,
    former_views,
    history,
    layout,
    seal,
)
from orchestration.release import columns as lineage
from orchestration.release import keys as table_keys
from orchestration.release.audit import Audit
from orchestration.release.checks import table_rows
from orchestration.release.findings import Finding, GateRefused
from orchestration.release.history import RELEASE_FILE, Release
from orchestration.release.keys import Key
from orchestration.release.markers import MANIFEST_FILE, Marker, file_sha256, read_sealed
from orchestration.release.own_tables import own_rows
from orchestration.settings import Settings

# Clients of 1.4 and 1.5 read this; the storage of 2.x they do not.
STORAGE_VERSION = "v1.4.0"


# Writes a further part of a release into its unfinished folder, from what is there: a site, for one.
Companion = Callable[[Settings, Path, Release], None]


class AnotherPublicationRuns(Exception):
    """The publication lock is held."""


class AsOfRelease(Exception):
    """A release of a past date was to be served as what is published."""


def publish(settings: Settings, audit: Audit, companions: Sequence[Companion] = ()) -> Release:
    """Write the release and, unless it was built as of a past date, let readers see it.

    companions: what writes further parts of it, all of which SHA256SUMS covers; if one fails, nothing is published.
    Raises AnotherPublicationRuns if the lock is held, GateRefused where the candidate is no longer the audited
    one, files.CannotWrite where the disk refuses. Whatever is raised, what was published stays.
    """
    with files.writing(settings.releases_dir):
        settings.releases_dir.mkdir(parents=True, exist_ok=True)
    with alone(settings), files.telling_refusals(settings.releases_dir):
        return _publish(settings, audit, companions)


def rollback(settings: Settings, release_id: str) -> None:
    """Switch back to an earlier release.

    Raises history.NoSuchRelease, AsOfRelease, AnotherPublicationRuns, history.DamagedRelease if a file of it is no
    longer what was published: then the current release stays published.
    """
    with alone(settings):
        sweep(settings)
        folder = settings.releases_dir / Path(release_id).name
        is_there = folder.name == release_id and folder.is_dir()
        wrong = seal.damage_of(settings, folder) if is_there else []
        wrong += history.followed_otherwise(history.releases(settings), folder) if is_there else []
        if wrong:
            more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            raise history.DamagedRelease(
                f"release {release_id} is not served, it is not what was published: {'; '.join(wrong[:5])}{more}."
                " Restore its folder from a backup, or choose another: clawback releases"
            )
        release = history.find(settings, release_id)
        if release.as_of is not None:
            raise AsOfRelease(
                f"release {release_id} was built as of {release.as_of}: it is read by its name"
                f" (clawback query --release {release_id}), never served as the newest"
            )
        _swap(settings, release.path.parent)


@contextmanager
def alone(settings: Settings, *, wait: float = 0) -> Iterator[None]:
    """Hold the publication lock; wait: seconds. Raises AnotherPublicationRuns."""
    lock = FileLock(settings.root / "publish.lock", timeout=wait)
    with files.writing(settings.root / "publish.lock"):
        try:
            lock.acquire()
        except Timeout:
            # caught inside: a Timeout is an OSError, and no refusal of the disk
            raise AnotherPublicationRuns(f"another publication runs ({lock.lock_file} is held): wait for it") from None
    try:
        yield
    finally:
        lock.release()


def _swap(settings: Settings, folder: Path) -> None:
    """Point `published` at a release in one step: readers see the old one or the new one, never half."""
    beside = settings.root / f".published-{uuid.uuid4().hex}"
    with files.writing(settings.published_dir):
        try:
            beside.symlink_to(folder.relative_to(settings.root), target_is_directory=True)
            os.replace(beside, settings.published_dir)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        files.sync_folder(settings.root)


def sweep(settings: Settings) -> int:
    """Remove what a killed publication left half written; how many. The caller holds the publication lock."""
    folders = [path for path in settings.releases_dir.glob(f"{files.UNFINISHED}*") if path.is_dir()]
    leftovers = [*folders, *settings.root.glob(".published-*")]
    # the list of verified files is written there by commands that hold no lock
    files.sweep_unfinished(settings.releases_dir)
    for leftover in leftovers:
        leftover.unlink() if leftover.is_symlink() else files.remove_tree(leftover)
    return len(leftovers)


def _publish(settings: Settings, audit: Audit, companions: Sequence[Companion]) -> Release:
    sweep(settings)
    kept = history.releases(settings)
    last = history.last_release(settings)
    release_id = _next_id(settings, kept)
    folder = settings.releases_dir / files.unfinished_name()
    folder.mkdir()
    try:
        release = _write(settings, audit, folder, release_id, history.next_sequence(kept), last)
        for companion in companions:
            companion(settings, folder, release)
        sums = seal.make_sums(folder)
        seal.protect(folder)
        seal.enter(settings, release_id, sums)
        final = settings.releases_dir / release_id
        folder.rename(final)
    except BaseException:
        with suppress(OSError):
            files.remove_tree(folder)
        raise
    files.sync_folder(settings.releases_dir)
    release.folder = final
    if release.as_of is None:
        _swap(settings, final)
        release.serves = True
    return release


def _next_id(settings: Settings, kept: list[Release]) -> str:
    """The day (UTC, which has no hour twice), with .n for the next ones; never an id that a release here names."""
    day = datetime.now(UTC).strftime("%Y.%m.%d")
    taken = {path.name for path in settings.releases_dir.iterdir()} | {release.previous for release in kept}
    taken |= seal.deleted(settings)
    if day not in taken:
        return day
    return next(f"{day}.{n}" for n in range(1, 10_000) if f"{day}.{n}" not in taken)


def _write(
    settings: Settings, audit: Audit, folder: Path, release_id: str, sequence: int, last: Release | None
) -> Release:
    marker = audit.marker
    manifest = read_sealed(settings.dbt_target_dir / MANIFEST_FILE, marker.manifest_sha256)
    copied = _own_copy(settings, marker.sha256, folder)
    built_at = datetime.now(UTC).replace(microsecond=0)
    with duckdb.connect() as connection:
        connection.execute(f"attach {layout.literal(copied)} as build (read_only)")
        layout.create(connection, folder, "release", STORAGE_VERSION)
        layout.bind(connection, {layout.variable(release_id): folder})
        sources_of = _sources(settings, marker.invocation_id, manifest)
        copied_to = copying.Target(connection, folder, release_id, settings.fact_rows_in_file)
        columns = copying.own_files(copied_to, manifest, sources_of)
        connection.begin()  # 1,700 comments are written at once, not each to the disk
        columns += copying.warehouse_file(copied_to, manifest, sources_of)
        edges = copying.edges(sources_of, columns)
        for name, values in own_rows(settings, audit, release_id, built_at, last).items():
            columns += described.write(connection, name, values)
        connection.execute("use release")
        views = former_views.create(connection, columns)
        connection.execute("use memory")
        columns += described.write(connection, "column_lineage", [*edges, *views.lineage])
        keys = table_keys.of_manifest(manifest)
        columns += described.write(connection, "relationship", [key.row() for key in keys])
        # the dictionary describes itself, and what is compared by it
        columns += [*described.columns_of("change"), *described.columns_of("column_dictionary")]
        described.write(connection, "column_dictionary", [*columns, *views.columns])
        before, changed = _changes(settings, marker, connection, keys)
        described.write(connection, "change", changes.rows(changed, before.id if before else ""))
        connection.commit()
        copying.parquet(copied_to)

        release = _described(audit, release_id, sequence, built_at, last, table_rows(connection, "release"))
        datapackage.write(folder, release, connection, columns, keys)
        layout.close(connection, "release")
        connection.execute("detach build")
    copied.unlink()
    if any(folder.glob("*.wal")):
        raise GateRefused([Finding("release", "a .wal stands beside the release: not checkpointed", str(folder))])
    files.write_whole(folder / RELEASE_FILE, history.dump(release))
    feed.write(folder, release, before.id if before else None, changed, before.path.parent if before else None)
    return release


def _described(
    audit: Audit, release_id: str, sequence: int, built_at: datetime, last: Release | None, rows: dict[str, int]
) -> Release:
    marker = audit.marker
    return Release(
        id=release_id,
        sequence=sequence,
        built_at=built_at,
        run_id=marker.run_id,
        edition=marker.edition,
        as_of=marker.as_of,
        engine=marker.engine,
        fingerprint=marker.fingerprint,
        code_digest=marker.code_digest,
        software=__version__,
        previous=last.id if last else None,
        captures=marker.captures,
        known=marker.known,
        read_at=marker.read_at,
        previous_sums=seal.sums_of(last.path.parent) if last else None,
        rows=rows,
        differences=_more_or_fewer(rows, last.rows if last else rows),
        checks={"passed": audit.passed, "warned": audit.warned},
        accepted=audit.accepted,
        sums=audit.sums,
        candidate=marker.sha256,
    )


def _more_or_fewer(rows: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """Table -> rows more or fewer than before; a table that is no longer published has lost all of its rows."""
    found = {table: rows.get(table, 0) - before.get(table, 0) for table in sorted(rows.keys() | before.keys())}
    return {table: difference for table, difference in found.items() if difference}


def _own_copy(settings: Settings, sha256: str, folder: Path) -> Path:
    """The candidate's bytes in the release's own folder, compared with the marker.

    What is hashed is what is read from here on: the build file may change again, this copy is nobody else's.
    """
    copied = folder / ".candidate.duckdb"
    shutil.copyfile(settings.build_file, copied)
    if file_sha256(copied) != sha256:
        detail = "the file was changed after it was audited"
        raise GateRefused([Finding("build marker", detail, f"{settings.build_file}: run clawback refresh again")])
    return copied


def _changes(
    settings: Settings, marker: Marker, connection: duckdb.DuckDBPyConnection, keys: Sequence[Key]
) -> tuple[Release | None, list[changes.Change]]:
    """What changed since the release of the same edition before this one, and which that is.

    A release that is no longer what was published is not compared with: what is published next does not depend on it.
    """
    before = history.comparable(settings, marker.edition, marker.as_of)
    if before is None:
        return None, []
    if wrong := seal.damage_of(settings, before.path.parent, trust=True):
        say(f"what changed since release {before.id} is not told: it is damaged ({wrong[0]})")
        return None, []
    layout.attach(connection, before.path, "earlier")
    return before, changes.between(connection, "earlier", "release", keys)


def _sources(settings: Settings, invocation_id: str, manifest: dict[str, Any]) -> lineage.Sources:
    parents = lineage.kept(settings.dbt_target_dir, invocation_id)
    if parents is None:
        results = json.loads((settings.dbt_target_dir / "run_results.json").read_text(encoding="utf-8"))
        compiled = {result["unique_id"]: result.get("compiled_code") for result in results["results"]}
        parents = lineage.all_parents(manifest, compiled, lineage.read_build(settings.build_file).columns)
    return lineage.Sources(manifest, parents)
