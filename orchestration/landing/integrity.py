"""Whether a capture on disk is unchanged since it was written.

What belongs here: reading a capture's folder, comparing its files with the digests in capture.json and capture.json
with the register, and remembering which files were hashed before. What does not: which captures are in use (serving),
whether the records match the payloads (doctor.proof).

A file is not hashed again if its size, times of change and inode are the same as when it was last verified (kept in
``.verified.json`` beside the captures, and in this process's memory). That saves time and is no proof: somebody who can
set a file's times and write that file can hide a change. `clawback doctor --deep` always hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from orchestration import files
from orchestration.landing import register
from orchestration.landing.form import CAPTURE_FILE, PARTS_FOLDER, RECORDS_FILE, WARC_FILE, Capture, FileEntry

VERIFIED_FILE = ".verified.json"
# Damaged captures that were replaced are kept under this prefix and never read.
SET_ASIDE = ".damaged-"
# A file that changed this shortly before it was hashed may change again within the same tick of the clock.
_TICK_NS = 2 * 10**9
_HASHERS = max(2, os.cpu_count() or 2)

Given = TypeVar("Given")
Made = TypeVar("Made")

WAY_OUT = (
    "restore the folder from a backup, or move it out of the landing folder and bring the slice in anew"
    " (clawback refresh, clawback import)"
)
ADOPT = f"restore {register.REGISTER_FILE} from a backup, or have it proved by its payloads and entered: clawback adopt"


@dataclass(frozen=True)
class Damaged:
    """A folder that is not the capture that was landed: it is kept where it is and never read."""

    dataset: str
    capture_id: str
    folder: Path
    what: str
    # Where capture.json could be read.
    slice: str | None = None
    retrieved_at: datetime | None = None

    # Every file of it is what its capture.json says, but nobody entered it: it may be proved and adopted.
    is_only_unknown: bool = False

    def line(self) -> str:
        """One line for people: which capture, what is wrong, and how to fix it."""
        way_out = ADOPT if self.is_only_unknown else WAY_OUT
        return f"{self.dataset} {self.capture_id}: {self.what}; it is not read: {way_out}"


@dataclass
class Read:
    """The captures of one dataset's folder, and those that are damaged."""

    captures: list[Capture] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    # capture_id -> sha256 of its capture.json
    digests: dict[str, str] = field(default_factory=dict)
    hashed: int = 0
    spared: int = 0


# relative path -> size, modified, changed (nanoseconds), inode
Stamp = dict[str, list[int]]


@dataclass
class _Examined:
    """What this process knows of one capture's folder."""

    stamp: Stamp
    capture: Capture | None
    digest: str
    # None: every file was what capture.json says.
    wrong: str | None


_known: dict[Path, _Examined] = {}


def forget(folder: Path) -> None:
    """Check the captures of this folder (a dataset's, or one capture's) again when they are next read."""
    for path in [path for path in _known if path == folder or path.parent == folder]:
        del _known[path]


def read_dataset(folder: Path, *, again: bool = True, trust: bool = True) -> Read:
    """Every capture of a dataset's folder, compared with its digests.

    again: check each folder again; False uses what this process found earlier, for the many reads of one run.
    trust: spare the hashing of files that have not changed since they were hashed; False hashes every file.
    """
    read = Read()
    if not folder.is_dir():
        return read
    with os.scandir(folder) as entries:
        found = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False))
    entered = register.entered(folder)
    remembered = Remembered(folder / VERIFIED_FILE) if trust else None
    for name in found:
        path = folder / name
        known = _known.get(path)
        if known is None or again or not trust:
            if known is None and is_foreign(path):
                continue
            known = _look(path, known if trust else None, remembered, read)
            _known[path] = known
        wrong = known.wrong or _not_entered(path, known, entered)
        if wrong or known.capture is None:
            is_of = known.capture
            read.damaged.append(
                Damaged(
                    f"{folder.parent.name}/{folder.name}", name, path, wrong or "unreadable",
                    is_of.slice if is_of else None, is_of.retrieved_at if is_of else None,
                    is_only_unknown=is_of is not None and not known.wrong and is_of.capture_id not in entered,
                )
            )  # fmt: skip
            continue
        read.captures.append(known.capture)
        read.digests[name] = known.digest
    if remembered is not None and (again or read.hashed):
        whole = {name: _known[folder / name] for name in found if folder / name in _known}
        remembered.keep_only({name: (k.digest, k.stamp) for name, k in whole.items() if k.wrong is None})
    return read


def is_foreign(folder: Path) -> bool:
    """Whether a folder among a dataset's captures has no file of a capture: it belongs to something else."""
    return not any((folder / name).exists() for name in (CAPTURE_FILE, WARC_FILE, RECORDS_FILE, PARTS_FOLDER))


def damage_of(folder: Path) -> str | None:
    """What is wrong with one capture's folder, checked now; None if it is unchanged since it was written."""
    known = _look(folder, None, None, Read())
    return known.wrong or _not_entered(folder, known, register.entered(folder.parent))


def landed(folder: Path, capture: Capture, digest: str) -> None:
    """Remember a capture that this process has just written and hashed."""
    _known[folder] = _Examined(_stamp(folder, _paths(capture)), capture, digest, None)


def digests_of(folder: Path, paths: Sequence[Path], known: Mapping[Path, str]) -> list[FileEntry]:
    """The files of a capture that is being written, with their sha256. known: those whose digest is known already."""

    def entry(path: Path) -> FileEntry:
        return FileEntry(
            path=path.relative_to(folder).as_posix(),
            bytes=path.stat().st_size,
            sha256=known.get(path) or sha256_of(path),
        )

    return _beside(entry, sorted(paths))


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _look(path: Path, known: _Examined | None, remembered: Remembered | None, read: Read) -> _Examined:
    """One capture's folder, as it is now."""
    try:
        text = (path / CAPTURE_FILE).read_bytes()
        capture = Capture.model_validate_json(text)
    except FileNotFoundError:
        return _Examined({}, None, "", f"{CAPTURE_FILE} is missing")
    except (ValidationError, OSError) as error:
        how = "is cut short or altered" if isinstance(error, ValidationError) else (error.strerror or str(error))
        return _Examined({}, None, "", f"{CAPTURE_FILE} cannot be read: it {how}")
    digest = hashlib.sha256(text).hexdigest()
    try:
        stamp = _stamp(path, _paths(capture))
        if known is not None and known.stamp == stamp and known.digest == digest:
            read.spared += len(stamp)
            return known
        if remembered is not None and remembered.holds(path.name, stamp, digest):
            read.spared += len(stamp)
            return _Examined(stamp, capture, digest, None)
        wrong = _wrong_place(path, capture) or wrong_files(path, capture)
    except FileNotFoundError as gone:
        return _Examined({}, capture, digest, f"{Path(gone.filename).name} is missing")
    except OSError as error:
        return _Examined({}, capture, digest, f"{error.filename or path} cannot be read: {error.strerror}")
    read.hashed += len(stamp)
    return _Examined(stamp, capture, digest, wrong)


def _wrong_place(path: Path, capture: Capture) -> str | None:
    named = f"{capture.source}/{capture.dataset}/{capture.capture_id}"
    where = "/".join(path.parts[-3:])
    return None if named == where else f"its {CAPTURE_FILE} is that of {named}: the folder is a copy, or was renamed"


def wrong_files(path: Path, capture: Capture) -> str | None:
    """What is wrong with the files that a capture.json names; None if they are what it says."""
    if capture.format_version == 1:
        return _wrong_uncovered(path, capture)
    covered = {entry.path for entry in capture.files}
    if WARC_FILE not in covered:
        return f"{CAPTURE_FILE} names no {WARC_FILE}"
    if foreign := [p for p in records_of(path) if p.relative_to(path).as_posix() not in covered]:
        return f"{foreign[0].name} was added to it"
    for entry in capture.files:
        size = (path / entry.path).stat().st_size
        if size != entry.bytes:
            return f"{entry.path} has {size:,} bytes, landed were {entry.bytes:,}"
    found = _beside(lambda entry: sha256_of(path / entry.path) == entry.sha256, capture.files)
    bad = [entry.path for entry, right in zip(capture.files, found, strict=True) if not right]
    return f"{', '.join(bad[:3])} changed since it was landed (sha256)" if bad else None


def _wrong_uncovered(path: Path, capture: Capture) -> str | None:
    """The same for a capture of an earlier version without digests: what its records and archives show."""
    # it takes as long to load as a command that asks for no capture takes in all
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows, ids = 0, set()
        for parquet in records_of(path):
            read = pq.ParquetFile(parquet)
            rows += read.metadata.num_rows
            for batch in read.iter_batches(columns=["_capture_id"]):
                ids |= set(batch.column(0).unique().to_pylist())
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        return f"its records cannot be read ({str(error).splitlines()[0][:120]})"
    if rows != capture.records:
        return f"its Parquet holds {rows:,} records, {CAPTURE_FILE} says {capture.records:,}"
    if others := ids - {capture.capture_id}:
        return f"its records are those of {sorted(map(str, others))[0]}"
    if sum(entry.records for entry in capture.payloads) != capture.records:
        return f"{CAPTURE_FILE} says {capture.records:,} records, its payloads add up to another number"
    for entry in capture.payloads:
        if entry.archive and (path / entry.archive).stat().st_size != entry.bytes:
            return f"{entry.archive} is not as long as it was"
    return None


def _not_entered(path: Path, known: _Examined, entered: Mapping[str, list[str]]) -> str | None:
    """capture.json against the register; captures of an earlier version stand in none."""
    if known.capture is None:
        return None
    digests = entered.get(known.capture.capture_id)
    if digests is None:
        if known.capture.format_version == 1:
            began = register.since(path.parent)
            is_old = began is None or known.capture.landed_at < began
            return None if is_old else "it carries no digests, though captures of its day do"
        return f"it is not in {register.REGISTER_FILE}: it was put there by something else than a capture"
    return None if known.digest in digests else f"{CAPTURE_FILE} changed since it was landed (sha256)"


def records_of(folder: Path) -> list[Path]:
    """The Parquet files with a capture's records, in the order of their numbers."""
    parts = sorted((folder / PARTS_FOLDER).glob("*.parquet"))
    return parts or [folder / RECORDS_FILE]


def _paths(capture: Capture) -> list[str]:
    if capture.files:
        return [CAPTURE_FILE, *(entry.path for entry in capture.files)]
    return [CAPTURE_FILE, WARC_FILE, *(entry.archive for entry in capture.payloads if entry.archive)]


def _stamp(folder: Path, paths: Iterable[str]) -> Stamp:
    """The state of a capture's files; of parts also those that no digest names. Raises FileNotFoundError."""
    names = dict.fromkeys(paths) | dict.fromkeys(p.relative_to(folder).as_posix() for p in records_of(folder))
    found = {}
    for name in names:
        stat = (folder / name).stat()
        found[name] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    return found


class Remembered:
    """What earlier runs hashed and found right, by folder, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            remembered = json.loads(self.path.read_bytes())
            self.remembered: dict[str, list[object]] = remembered if isinstance(remembered, dict) else {}
        except (OSError, ValueError, RecursionError):
            self.remembered = {}

    def holds(self, name: str, stamp: Stamp, digest: str) -> bool:
        return self.remembered.get(name) == [digest, stamp]

    def add(self, name: str, stamp: Stamp, digest: str) -> None:
        self.keep({**self.remembered, **self._settled({name: (digest, stamp)})})

    def keep_only(self, found: Mapping[str, tuple[str, Stamp]]) -> None:
        self.keep(self._settled(found))

    def keep(self, remembered: dict[str, list[object]]) -> None:
        """Write what is known now; a folder that cannot be written is hashed again next time."""
        if remembered == self.remembered:
            return
        self.remembered = remembered
        try:
            files.write_whole(self.path, json.dumps(remembered, separators=(",", ":")))
        except OSError:
            return

    def _settled(self, found: Mapping[str, tuple[str, Stamp]]) -> dict[str, list[object]]:
        before = time.time_ns() - _TICK_NS
        return {
            name: [digest, stamp]
            for name, (digest, stamp) in found.items()
            if stamp and max(each[2] for each in stamp.values()) < before
        }


def _beside(make: Callable[[Given], Made], many: Sequence[Given]) -> list[Made]:
    """The same of each, on all cores: hashing lets other threads run."""
    if len(many) < 2:
        return [make(one) for one in many]
    with ThreadPoolExecutor(_HASHERS, thread_name_prefix="sha256") as pool:
        return list(pool.map(make, many))
