"""The markers of a build: which run made it, what it read and wrote, signed with a key that only that run has.

What belongs here: begun.json and build.json, the run's key, and checking a marker against the files. What does not:
what must be true of the tables (checks, sums), copying them (publish).

The key is random, created when a run begins a build, and kept only in the memory of the run's process: the jobs that
publish run all their steps in one process. So the gate refuses a marker that another process wrote, or rewrote after it
changed the candidate, dbt's results or the manifest. No marker protects against a program that can read the run's
memory or replace Clawback's own code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import duckdb
from pydantic import BaseModel, ValidationError

from orchestration import files, sources
from orchestration.landing.catalog import Catalog
from orchestration.release import history
from orchestration.release.findings import BuildTakenOver, Finding, GateRefused
from orchestration.settings import Settings

BEGUN_FILE, MARKER_FILE = "begun.json", "build.json"
MANIFEST_FILE, RESULTS_FILE = "manifest.json", "run_results.json"
_WHOLE = "run the whole: clawback refresh"

# Run id -> its key. Never written anywhere.
_keys: dict[str, bytes] = {}


class Begun(BaseModel):
    """begun.json: whose build this is and what it reads, written before it reads it.

    A capture that lands while dbt runs is in no table of this build, so it must not be among its captures:
    else the next run would find nothing new and leave it out for good.
    """

    run_id: str
    captures: list[str]
    # Every known capture with the sha256 of its capture.json, and when the landing folder was read.
    known: dict[str, str] = {}
    read_at: datetime | None = None
    fingerprint: str
    code_digest: str
    edition: str
    as_of: date | None
    # the engine that made the tables (orchestration/engine)
    engine: str = "duckdb"
    # HMAC of everything else, by the run's key
    mac: str = ""

    def signed(self) -> Self:
        """The same with its HMAC. Raises GateRefused if this process has no key of the run."""
        return self.model_copy(update={"mac": _mac(self)})

    def is_ours(self) -> bool:
        return self.run_id in _keys and hmac.compare_digest(self.mac, _mac(self))


class Marker(Begun):
    """build.json: the finished candidate's hash and dbt's invocation, beside what it was begun with."""

    invocation_id: str
    sha256: str
    manifest_sha256: str = ""
    results_sha256: str = ""
    sealed_at: datetime


T = TypeVar("T", bound=Begun)


def new_key(run_id: str) -> None:
    """Give this process the key of a run; a key that the run had before is void, with all that it signed."""
    _keys[run_id] = secrets.token_bytes(32)


def _mac(begun: Begun) -> str:
    key = _keys.get(begun.run_id)
    if key is None:
        detail = f"this process did not begin the build of run {begun.run_id}"
        raise GateRefused([Finding("build marker", detail, _WHOLE)])
    signed = json.dumps(begun.model_dump(mode="json", exclude={"mac"}), sort_keys=True)
    return hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()


def write_ahead_log(settings: Settings) -> Path:
    """Where DuckDB keeps what is not yet in the build file; a finished build has none."""
    return settings.build_file.with_suffix(".duckdb.wal")


def last_marker(settings: Settings) -> Marker | None:
    """The marker in the build folder, unverified; None if the last build did not finish, or it cannot be read."""
    try:
        return Marker.model_validate_json((settings.build_dir / MARKER_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError, UnicodeDecodeError):
        return None


def begin(settings: Settings, *, run_id: str, catalog: Catalog, keep_file: bool = False) -> None:
    """Clear the build folder of what an earlier run left, and record whose build this is and what it reads.

    catalog: the very one that the raw views are made of.
    keep_file: build incrementally on the last candidate's file (incremental.is_possible says when).
    """
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    for leftover in (settings.build_dir / MARKER_FILE, settings.build_dir / BEGUN_FILE,
                     settings.dbt_target_dir / RESULTS_FILE):  # fmt: skip
        leftover.unlink(missing_ok=True)
    if not keep_file:
        settings.build_file.unlink(missing_ok=True)
        write_ahead_log(settings).unlink(missing_ok=True)
    datasets = list(sources.DATASETS.values())
    new_key(run_id)
    write_begun(
        settings,
        Begun(
            run_id=run_id,
            captures=sorted(c.capture_id for d in datasets for c in catalog.serving(d)),
            known=catalog.digests(),
            read_at=datetime.now(UTC),
            fingerprint=catalog.fingerprint(datasets),
            code_digest=history.code_digest(),
            edition=catalog.edition,
            as_of=catalog.as_of,
            engine=settings.engine,
        ),
    )


def write_begun(settings: Settings, begun: Begun) -> None:
    """Sign and write begun.json."""
    files.write_whole(settings.build_dir / BEGUN_FILE, begun.signed().model_dump_json(indent=2))


def seal(settings: Settings, *, run_id: str) -> Marker:
    """Write the marker of a finished build.

    Raises BuildTakenOver if another run has begun one since, GateRefused if the build is not this run's or unfinished.
    """
    path = settings.build_dir / BEGUN_FILE
    begun = _read(path, Begun)
    if begun is None or begun.run_id != run_id:
        raise _not_of(path, begun, run_id)
    if not begun.is_ours():
        raise GateRefused([_not_ours(path)])
    results, manifest = settings.dbt_target_dir / RESULTS_FILE, settings.dbt_target_dir / MANIFEST_FILE
    for left in (results, manifest):
        if not left.exists():
            detail = f"dbt left no {left.name}: the build did not finish"
            raise GateRefused([Finding("build marker", detail, str(settings.dbt_target_dir))])
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute("checkpoint")
    marker = Marker(
        **begun.model_dump(exclude={"mac"}),
        invocation_id=json.loads(results.read_text(encoding="utf-8"))["metadata"]["invocation_id"],
        sha256=file_sha256(settings.build_file),
        manifest_sha256=file_sha256(manifest),
        results_sha256=file_sha256(results),
        sealed_at=datetime.now(UTC).replace(microsecond=0),
    ).signed()
    files.write_whole(settings.build_dir / MARKER_FILE, marker.model_dump_json(indent=2))
    return marker


def verified(settings: Settings, run_id: str) -> Marker:
    """The candidate's marker, compared with the run's key and every file that it names.

    Raises BuildTakenOver if another run has begun a build since this run's, GateRefused with the first thing that does
    not match.
    """
    path = settings.build_dir / MARKER_FILE
    must_not_be_taken_over(settings, run_id)
    if not path.exists() or not settings.build_file.exists():
        detail = "no sealed candidate: a publication alone has nothing to publish"
        raise GateRefused([Finding("build marker", detail, _WHOLE)])
    marker = _read(path, Marker)
    if marker is None or marker.run_id != run_id:
        raise _not_of(path, marker, run_id)
    if not marker.is_ours():
        raise GateRefused([_not_ours(path)])
    target = settings.dbt_target_dir
    for file, digest in ((settings.build_file, marker.sha256), (target / MANIFEST_FILE, marker.manifest_sha256),
                         (target / RESULTS_FILE, marker.results_sha256)):  # fmt: skip
        if not file.exists() or file_sha256(file) != digest:
            what = "the file" if file == settings.build_file else file.name
            detail = f"{what} was changed after it was sealed"
            raise GateRefused([Finding("build marker", detail, f"{file} against {path}; {_WHOLE}")])
    return marker


def read_sealed(path: Path, digest: str) -> dict[str, Any]:
    """A JSON file of the build, parsed from the very bytes that are compared with the marker. Raises GateRefused."""
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != digest:
        detail = f"{path.name} was changed after it was sealed"
        raise GateRefused([Finding("build marker", detail, f"{path}; {_WHOLE}")])
    parsed: dict[str, Any] = json.loads(data)
    return parsed


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def other_run(path: Path, begun: Begun | None, run_id: str) -> Finding:
    made_by = f"run {begun.run_id}" if begun else "no run"
    return Finding("build marker", f"the candidate was made by {made_by}, this is run {run_id}", f"{path}; {_WHOLE}")


def must_not_be_taken_over(settings: Settings, run_id: str) -> None:
    """Raise BuildTakenOver if this process began a build for the run, and another run has begun one since."""
    path = settings.build_dir / BEGUN_FILE
    begun = _read(path, Begun)
    if run_id in _keys and begun is not None and begun.run_id != run_id:
        raise _not_of(path, begun, run_id)


def _not_of(path: Path, begun: Begun | None, run_id: str) -> GateRefused:
    """A run that began a build, and finds another's in its place, was overtaken; one that began none has none."""
    finding = other_run(path, begun, run_id)
    if begun is None or run_id not in _keys:
        return GateRefused([finding])
    since = f" at {begun.read_at:%Y-%m-%d %H:%M:%S} UTC" if begun.read_at else ""
    return BuildTakenOver(finding, begun.run_id, since)


def _not_ours(path: Path) -> Finding:
    detail = f"{path.name} was not signed by this run: another process wrote it, or changed it"
    return Finding("build marker", detail, f"{path}; {_WHOLE}")


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError, UnicodeDecodeError):
        return None
