"""Importing files that a user brings: which are accepted, which are not, and why.

What belongs here: one result for each file, and what every file must satisfy before it is read. What does not: reading
a file (its source, forms).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from orchestration import faults, limits, sources
from orchestration.files import CannotWrite
from orchestration.forms import Beyond, Unreadable, files
from orchestration.landing import accept, attempts, guard, land, object_storage
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture
from orchestration.settings import Settings
from orchestration.sources.base import Batch, Dataset, NoSuch
from orchestration.wire import SourceError, utc_now

# A day that has begun where the user is may be tomorrow's in UTC.
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass
class FileResult:
    """What became of one file."""

    file: str
    ok: bool
    captures: list[str] = field(default_factory=list)
    records: int = 0
    messages: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line for people."""
        # a file of two datasets may be wrong for both in one way
        what = "; ".join(dict.fromkeys(self.messages))
        return f"{self.file}: {'took' if self.ok else 'NOT taken'}: {what}"


def import_files(
    dataset: Dataset,
    paths: Sequence[Path],
    settings: Settings,
    *,
    retrieved_at: datetime | None = None,
    accepted: Mapping[str, str] | None = None,
) -> list[FileResult]:
    """Import each file on its own: one that cannot be read never stops the others.

    retrieved_at: when the files were taken from the publisher; None: what the file's name says, else now.
    accepted: ``volume:source/dataset=KEY`` of a capture -> why it is accepted this once.
    Raises NoSuch for a check that nobody can accept, or of another dataset; CannotKeep where the landing folder's
    bucket cannot be used.
    """
    _must_be_of(dataset, accepted or {})
    object_storage.begin(settings)
    with faults.kept_for(settings):
        return [_one(dataset, path, settings, retrieved_at, accepted or {}) for path in paths]


def _must_be_of(dataset: Dataset, accepted: Mapping[str, str]) -> None:
    """Raise NoSuch for what is accepted of a capture that no file of this dataset can bring."""
    brought = (dataset.id, *dataset.also_in_files)
    for name in accepted:
        named = accept.of_slice(name)
        if named is None or named[1] not in brought:
            raise NoSuch(f"--accept {name}: of an import, one of a capture, volume:{dataset.id}=SLICE")


def _must_be_a_file(path: Path) -> None:
    """Raise Unreadable for a path that is not a regular, readable file."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise Unreadable("its name is not written in UTF-8: rename it") from None
    size = files.must_be_regular(path)
    if size == 0:
        raise Unreadable("the file is empty")
    if size > limits.current().download_bytes:
        raise Beyond("download_bytes", f"a file of {size:,} bytes")


_UNDATED = (
    "that day is the day of the import, because nothing says when the file was taken from the publisher; to say it:"
    " --retrieved DAY"
)


def _must_be_past(dataset: Dataset, path: Path, retrieved_at: datetime) -> None:
    """Raise SourceError for a moment that is yet to come: it would be newer than all that is fetched until then."""
    if retrieved_at > utc_now() + _CLOCKS_DIFFER:
        what = f"it would be of {retrieved_at:%Y-%m-%d}, which is yet to come: say when it was taken, --retrieved DAY"
        raise SourceError(dataset.id, path.name, what)


def _dated_copy(dataset: Dataset, batch: Batch, settings: Settings) -> Capture | None:
    """The accepted capture of the same bytes as a file that says no day: a copy of it under another name."""
    if not batch.is_undated:
        return None
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", only=dataset.id)
    bodies = [payload.sha256 for payload in batch.payloads]
    same = [
        capture
        for capture in catalog.captures(dataset.id)
        if capture.status == "accepted" and [entry.sha256 for entry in capture.payloads] == bodies
    ]
    return max(same, key=lambda capture: capture.retrieved_at, default=None)


def _shown(name: str) -> str:
    """A file's name as it can be printed and stored: bytes that are not UTF-8 become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _one(
    dataset: Dataset, path: Path, settings: Settings, retrieved_at: datetime | None, accepted: Mapping[str, str]
) -> FileResult:
    """One file, for the requested dataset and for others that the same file contains."""
    result = FileResult(_shown(path.name), ok=True)
    try:
        for each in (dataset, *map(sources.get, dataset.also_in_files)):
            of_slices = accept.by_slice(accepted, each.id)
            _one_dataset(each, path, settings, retrieved_at, result, of_slices, is_asked_for=each is dataset)
    except CannotWrite as refusal:
        # the disk's doing and not the file's: it is not kept as a file that was refused
        result.ok = False
        if refusal.path == path:
            # what a library refuses names the file it read; what could not be written is in the landing folder
            refusal = CannotWrite(settings.landing_dir, OSError(refusal.errno, ""))
        result.messages.append(str(refusal))
    return result


def _one_dataset(
    dataset: Dataset,
    path: Path,
    settings: Settings,
    retrieved_at: datetime | None,
    result: FileResult,
    accepted: Mapping[str, Mapping[str, str]],
    *,
    is_asked_for: bool,
) -> None:
    came = _take(dataset, path, settings, retrieved_at, result, accepted, is_asked_for=is_asked_for)
    # a file that is refused is open until a file of its name is taken
    name = f"file {result.file}"
    refused = is_asked_for and not result.ok
    if not came and not refused:
        return
    attempts.record(
        settings.landing_dir / dataset.source / dataset.name,
        way="import",
        edition="import",
        asked=1,
        bad=[(name, "file", result.messages[-1].replace(_shown(str(path)), result.file))] if refused else [],
        good=[*came, *([] if refused else [name])],
        home=settings.root,
    )
    object_storage.keep_dataset(settings, dataset)


def _land(dataset: Dataset, batch: Batch, settings: Settings, accepted: Mapping[str, str] | None) -> land.Outcome:
    """Write a batch as a capture, and keep it where captures are kept."""
    outcome = land.write(
        dataset,
        batch.slice,
        batch.payloads,
        landing_dir=settings.landing_dir,
        kind="imported",
        edition="import",
        retrieved_at=batch.retrieved_at,
        selection=batch.selection,
        note=batch.note,
        publisher=batch.publisher,
        accepted=accepted,
    )
    object_storage.keep(settings, outcome.capture)
    return outcome


def _take(
    dataset: Dataset,
    path: Path,
    settings: Settings,
    retrieved_at: datetime | None,
    result: FileResult,
    accepted: Mapping[str, Mapping[str, str]],
    *,
    is_asked_for: bool,
) -> list[str]:
    """The slices that the file brought, new or unchanged."""
    came: list[str] = []
    messages_before = len(result.messages)
    try:
        with guard.reading(dataset.id, "?"):
            _must_be_a_file(path)
        for batch in guard.each(dataset.read_file(path, retrieved_at), dataset.id, "?"):
            _must_be_past(dataset, path, batch.retrieved_at)
            if known := _dated_copy(dataset, batch, settings):
                result.messages.append(
                    f"slice {batch.slice.key}: unchanged, the same file as {known.capture_id} of"
                    f" {known.retrieved_at:%Y-%m-%d}; if it was also shown on another day, say which: --retrieved DAY"
                )
                came.append(batch.slice.key)
                continue
            outcome = _land(dataset, batch, settings, accepted.get(batch.slice.key))
            name = "" if is_asked_for else f"{dataset.id} "
            of = f"slice {batch.slice.key} as of {batch.retrieved_at:%Y-%m-%d}"
            result.messages.append(f"{name}{of}: {outcome.status}, {outcome.message}")
            if batch.is_undated:
                result.messages.append(_UNDATED)
            fine = ("landed", "held", "unchanged") if is_asked_for else ("landed", "held", "unchanged", "empty")
            result.ok = result.ok and outcome.status in fine
            if outcome.status in ("landed", "unchanged"):
                came.append(batch.slice.key)
            if outcome.capture:
                result.captures.append(outcome.capture.capture_id)
                result.records += outcome.capture.records if outcome.status in ("landed", "held") else 0
    except CannotWrite:
        raise
    except SourceError as error:
        # the line begins with the file's name already
        result.ok = False
        result.messages.append(error.what)
    except OSError as error:
        result.ok = False
        result.messages.append(str(error))
    except Exception as error:  # a bug of ours on one file must not stop the user's other files
        faults.note(f"import of {result.file} as {dataset.id}")
        result.ok = False
        result.messages.append(f"it could not be kept ({type(error).__name__}: {error}; see {faults.FAULTS_FILE})")
    if len(result.messages) == messages_before and is_asked_for:
        result.ok = False
        result.messages.append("the file holds no records of this dataset")
    return came
