"""What the landing folder holds, and which captures serve.

What belongs here: reading capture.json files and the rule of what serves. What
does not: records (raw views), writing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path

import duckdb
from pydantic import ValidationError

from orchestration.landing.capture import CAPTURE_FILE, PARTS_FOLDER, RECORDS_FILE, UNCHANGED_FILE, WARC_FILE, Capture
from orchestration.settings import Edition
from orchestration.sources.base import Dataset


class BrokenCapture(Exception):
    """A folder of the landing area that is not a whole capture."""


@dataclass(frozen=True)
class SourceStatus:
    """One dataset as it stands, for people."""

    dataset: str
    kinds: str
    captures: int
    rejected: int
    records: int
    newest: datetime | None
    checked: datetime | None
    state: str

    def cells(self) -> list[object]:
        newest = f"{self.newest:%Y-%m-%d %H:%M}" if self.newest else None
        checked = f"{self.checked:%Y-%m-%d %H:%M}" if self.checked else None
        return [self.dataset, self.kinds, self.captures, self.rejected, self.records, newest, checked, self.state]


class Catalog:
    """The captures of a landing folder as one date knew them.

    as_of: only captures retrieved by the end of that day (UTC); None: all.
    edition: in `live` the recorded edition's captures do not serve.
    only: nothing but this dataset's captures is looked at, and that their records are there is not; None: all.
    """

    def __init__(self, landing_dir: Path, *, as_of: date | None, edition: Edition, only: str | None = None) -> None:
        self.landing_dir, self.as_of, self.edition, self.only = landing_dir, as_of, edition, only

    @cached_property
    def _all(self) -> list[Capture]:
        if self.only:
            found = _read_again(self.landing_dir / self.only)
        else:
            found = [_read(path.parent) for path in self.landing_dir.glob(f"*/*/*/{CAPTURE_FILE}")
                     if not path.parent.name.startswith(".tmp-")]  # fmt: skip
        if self.as_of is not None:
            end = datetime.combine(self.as_of, time.max, UTC)
            found = [capture for capture in found if capture.retrieved_at <= end]
        return sorted(found, key=lambda c: (c.source, c.dataset, c.retrieved_at, c.landed_at, c.capture_id))

    def captures(self, dataset_id: str | None = None) -> list[Capture]:
        """Every capture known at the as-of date, accepted or rejected, oldest first.

        Raises BrokenCapture where a folder holds a capture.json that cannot be read.
        """
        return [c for c in self._all if dataset_id is None or c.dataset_id == dataset_id]

    def accepted(self, dataset_id: str) -> list[Capture]:
        return [c for c in self.captures(dataset_id) if c.status == "accepted"]

    def serving(self, dataset: Dataset) -> list[Capture]:
        """The captures that the raw view reads, oldest first.

        replace: the newest accepted capture of each slice; merge: all of them; snapshot: all of them, one a
        moment. A transcribed capture yields to any fetched or imported one of its slice (of its moment, for
        snapshots), because what was typed stands in for bytes that nobody had.
        """
        able = [c for c in self.accepted(dataset.id) if self.edition == "recorded" or c.edition != "recorded"]
        if dataset.policy == "merge":
            captured = [c for c in able if c.kind != "transcribed"]
            bytes_for = {c.slice for c in captured}
            return [c for c in able if c.kind != "transcribed" or c.slice not in bytes_for]
        groups: dict[str, list[Capture]] = defaultdict(list)
        for capture in able:
            moment = capture.retrieved_at.date().isoformat() if dataset.policy == "snapshot" else ""
            groups[f"{capture.slice}\x1f{moment}"].append(capture)
        serving: list[Capture] = []
        for group in groups.values():
            captured = [c for c in group if c.kind != "transcribed"]
            if dataset.policy == "snapshot" and captured:
                serving.extend(captured)
            else:
                serving.append(max(captured or group, key=lambda c: (c.retrieved_at, c.landed_at)))
        return sorted(serving, key=lambda c: (c.retrieved_at, c.capture_id))

    def is_stale(self, capture: Capture) -> bool:
        """A later attempt at the capture's slice was rejected, so this one goes on serving."""
        return any(
            c.status == "rejected" and c.slice == capture.slice and c.retrieved_at > capture.retrieved_at
            for c in self.captures(capture.dataset_id)
        )

    def folder(self, capture: Capture) -> Path:
        return self.landing_dir / capture.source / capture.dataset / capture.capture_id

    def records_paths(self, capture: Capture) -> list[Path]:
        """The Parquet files that hold the capture's records, in the order of their numbers."""
        return _records_of(self.folder(capture))

    def warc_path(self, capture: Capture) -> Path:
        return self.folder(capture) / WARC_FILE

    def find(self, capture_id: str) -> Capture | None:
        return next((c for c in self._all if c.capture_id == capture_id), None)

    def known(self, dataset: Dataset) -> KnownCaptures:
        return KnownCaptures(self, dataset)

    def fingerprint(self, datasets: list[Dataset]) -> str:
        """A digest of what serves: equal where a build would read the same bytes."""
        ids = sorted(f"{d.id}/{c.capture_id}/{self.is_stale(c)}" for d in datasets for c in self.serving(d))
        text = "\n".join([self.edition, str(self.as_of), *ids])
        return hashlib.sha256(text.encode()).hexdigest()

    def last_checked(self, dataset: Dataset) -> datetime | None:
        """When the publisher was last asked and answered, whether or not it had news."""
        times = [c.landed_at for c in self.captures(dataset.id)]
        path = self.landing_dir / dataset.source / dataset.name / UNCHANGED_FILE
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            times += [datetime.fromisoformat(json.loads(line)["checked_at"]) for line in lines if line]
        return max(times, default=None)

    def status(self, dataset: Dataset) -> SourceStatus:
        captures, serving = self.captures(dataset.id), self.serving(dataset)
        stale = [c for c in serving if self.is_stale(c)]
        state = "nothing captured" if not serving else f"stale: {stale[0].slice}" if stale else "serving"
        return SourceStatus(
            dataset=dataset.id,
            kinds=", ".join(sorted({c.kind for c in serving})),
            captures=len(serving),
            rejected=sum(c.status == "rejected" for c in captures),
            records=sum(c.records for c in serving),
            newest=max((c.retrieved_at for c in serving), default=None),
            checked=self.last_checked(dataset),
            state=state,
        )


class KnownCaptures:
    """What a source may ask of the landing folder before it asks its publisher (sources.base.Known)."""

    def __init__(self, catalog: Catalog, dataset: Dataset) -> None:
        self._catalog, self._dataset = catalog, dataset

    def _accepted(self, slice_key: str) -> list[Capture]:
        return [
            c
            for c in self._catalog.accepted(self._dataset.id)
            if c.slice == slice_key and (self._catalog.edition == "recorded" or c.edition != "recorded")
        ]

    def newest(self, slice_key: str) -> datetime | None:
        return max((c.retrieved_at for c in self._accepted(slice_key)), default=None)

    def checked(self, slice_key: str) -> datetime | None:
        accepted = self._accepted(slice_key)
        ids = {c.capture_id for c in accepted}
        times = [c.landed_at for c in accepted]
        # A check against a capture of another edition says nothing about this edition's publisher.
        times += [when for when, compared in self._checks.get(slice_key, ()) if compared is None or compared in ids]
        return max(times, default=None)

    @cached_property
    def _checks(self) -> dict[str, list[tuple[datetime, str | None]]]:
        found: dict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
        path = self._catalog.landing_dir / self._dataset.source / self._dataset.name / UNCHANGED_FILE
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                check = json.loads(line)
                found[check["slice"]].append((datetime.fromisoformat(check["checked_at"]), check["capture_id"]))
        return found

    def records(self, slice_key: str) -> int | None:
        return self._records.get(slice_key)

    def slices(self) -> frozenset[str]:
        return frozenset(self._records)

    @cached_property
    def _records(self) -> dict[str, int]:
        return {c.slice: c.records for c in self._catalog.serving(self._dataset)}

    def high_water(self, slice_key: str) -> str | None:
        return max((c.high_water for c in self._accepted(slice_key) if c.high_water), default=None)

    def content_as_of(self, slice_key: str) -> datetime | None:
        return max((c.content_as_of or c.retrieved_at for c in self._accepted(slice_key)), default=None)

    def rows(self, dataset_id: str, fields: Sequence[str]) -> list[tuple[str | None, ...]]:
        from orchestration import sources

        serving = [c for c in self._catalog.serving(sources.get(dataset_id)) if c.records]
        files = [str(path) for c in serving for path in self._catalog.records_paths(c)]
        if not files:
            return []
        held = {field for c in serving for field in c.fields}
        columns = ", ".join(_column(field) if field in held else "null" for field in fields)
        retrieved = {c.capture_id: c.retrieved_at.astimezone(UTC).isoformat() for c in serving}
        found = duckdb.execute(
            f"select distinct {columns}, _capture_id from read_parquet(?, union_by_name = true)", [files]
        ).fetchall()
        return sorted(((*row[:-1], retrieved[row[-1]]) for row in found), key=lambda row: tuple(map(str, row)))

    def values(self, dataset_id: str, field: str) -> list[str]:
        from orchestration import sources

        dataset = sources.get(dataset_id)
        serving = [c for c in self._catalog.serving(dataset) if field in c.fields]
        files = [str(path) for c in serving for path in self._catalog.records_paths(c)]
        if not files:
            return []
        column = _column(field)
        rows = duckdb.execute(
            f"select distinct {column} from read_parquet(?, union_by_name = true)"
            f" where {column} is not null order by 1",
            [files],
        ).fetchall()
        return [value for (value,) in rows]


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _records_of(folder: Path) -> list[Path]:
    parts = sorted((folder / PARTS_FOLDER).glob("*.parquet"))
    return parts or [folder / RECORDS_FILE]


# A capture never changes: a backfill of a thousand slices reads the ones before it once, not a thousand times.
_read_before: dict[str, Capture] = {}


def _read_again(folder: Path) -> list[Capture]:
    """The captures of one dataset; those read before by this process are not read again."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{entry.path}/{CAPTURE_FILE}"
            if path not in _read_before:
                if entry.name.startswith(".tmp-") or not os.path.exists(path):
                    continue
                _read_before[path] = _parse(Path(path))
            found.append(_read_before[path])
    return found


def _parse(path: Path) -> Capture:
    try:
        return Capture.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise BrokenCapture(
            f"{path} cannot be read ({type(error).__name__}): restore it, or move the folder away"
        ) from error


def _read(folder: Path) -> Capture:
    capture = _parse(folder / CAPTURE_FILE)
    missing = [RECORDS_FILE] if not all(path.exists() for path in _records_of(folder)) else []
    missing += [WARC_FILE] if not (folder / WARC_FILE).exists() else []
    missing += [e.archive for e in capture.payloads if e.archive and not (folder / e.archive).exists()]
    if missing:
        raise BrokenCapture(f"{folder}: {', '.join(missing)} missing: restore it, or move the folder away")
    return capture
