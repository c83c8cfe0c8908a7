"""Files that a user brings: what is taken, what is not, and why.

What belongs here: one result a file. What does not: how a file is read (its
source's module).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from orchestration import sources
from orchestration.files import CannotWrite
from orchestration.landing import attempts, capture
from orchestration.settings import Settings
from orchestration.sources.base import Dataset, SourceError


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
        what = "; ".join(self.messages)
        return f"{self.file}: {'took' if self.ok else 'NOT taken'}: {what}"


def import_files(
    dataset: Dataset, files: Sequence[Path], settings: Settings, *, retrieved_at: datetime | None = None
) -> list[FileResult]:
    """Import each file on its own: one that cannot be read never stops the others.

    retrieved_at: when the files were taken from the publisher; None: what the file's name says, else now.
    """
    return [_one(dataset, path, settings, retrieved_at) for path in files]


def _one(dataset: Dataset, path: Path, settings: Settings, retrieved_at: datetime | None) -> FileResult:
    """One file, for the dataset asked for and for those that the same files also hold."""
    result = FileResult(path.name, ok=True)
    try:
        for each in (dataset, *map(sources.get, dataset.also_in_files)):
            _one_dataset(each, path, settings, retrieved_at, result, is_asked_for=each is dataset)
    except CannotWrite as refusal:
        # the disk's doing and not the file's: it is not kept as a file that was refused
        result.ok = False
        result.messages.append(str(refusal))
    return result


def _one_dataset(
    dataset: Dataset,
    path: Path,
    settings: Settings,
    retrieved_at: datetime | None,
    result: FileResult,
    *,
    is_asked_for: bool,
) -> None:
    came: list[str] = []
    _take(dataset, path, settings, retrieved_at, result, came, is_asked_for=is_asked_for)
    # a file that is refused is open until a file of its name is taken
    name = f"file {path.name}"
    refused = is_asked_for and not result.ok
    if not came and not refused:
        return
    attempts.record(
        settings.landing_dir / dataset.source / dataset.name,
        way="import",
        edition="import",
        asked=1,
        bad=[(name, "file", result.messages[-1].replace(str(path), path.name))] if refused else [],
        good=[*came, *([] if refused else [name])],
        home=settings.root,
    )


def _take(
    dataset: Dataset,
    path: Path,
    settings: Settings,
    retrieved_at: datetime | None,
    result: FileResult,
    came: list[str],
    *,
    is_asked_for: bool,
) -> None:
    """Add to `came` the slices that the file brought, with news or without."""
    said = len(result.messages)
    try:
        for batch in dataset.read_file(path, retrieved_at):
            outcome = capture.write(
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
            )
            name = "" if is_asked_for else f"{dataset.id} "
            of = f"slice {batch.slice.key} as of {batch.retrieved_at:%Y-%m-%d}"
            result.messages.append(f"{name}{of}: {outcome.status}, {outcome.message}")
            fine = ("landed", "held", "unchanged") if is_asked_for else ("landed", "held", "unchanged", "empty")
            result.ok = result.ok and outcome.status in fine
            if outcome.status in ("landed", "unchanged"):
                came.append(batch.slice.key)
            if outcome.capture:
                result.captures.append(outcome.capture.capture_id)
                result.records += outcome.capture.records if outcome.status in ("landed", "held") else 0
    except CannotWrite:
        raise
    except (SourceError, OSError) as error:
        result.ok = False
        result.messages.append(str(error))
    if len(result.messages) == said and is_asked_for:
        result.ok = False
        result.messages.append("the file holds no records of this dataset")
