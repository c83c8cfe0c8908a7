"""What a source can look up about earlier captures before it sends a request.

What belongs here: the implementation of sources.base.EarlierCaptures. What does not: which captures are in use
(serving).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration import sources
from orchestration.landing import attempts
from orchestration.landing.form import Capture
from orchestration.landing.serving import Captures
from orchestration.sources.base import Dataset


class KnownCaptures:
    """One dataset's captures as its source sees them. published: the file of the last release, if there is one."""

    def __init__(self, captures: Captures, dataset: Dataset, published: Path | None = None) -> None:
        self._captures, self._dataset, self._published = captures, dataset, published

    def _accepted(self, slice_key: str) -> list[Capture]:
        return self._by_slice.get(slice_key, [])

    @cached_property
    def _by_slice(self) -> dict[str, list[Capture]]:
        """Accepted captures by slice: a run looks up each of thousands of slices."""
        found: dict[str, list[Capture]] = defaultdict(list)
        for capture in self._captures.accepted(self._dataset.id):
            if self._captures.edition == "recorded" or capture.edition != "recorded":
                found[capture.slice].append(capture)
        return dict(found)

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
        for slice_key, when, compared in self._captures.unchanged(self._dataset):
            found[slice_key].append((when, compared))
        return found

    def rejected(self, slice_key: str) -> datetime | None:
        return self._rejected.get(slice_key)

    @cached_property
    def _rejected(self) -> dict[str, datetime]:
        entries = attempts.opened(attempts.attempted(self._captures.landing_dir / self._dataset.id), live=True)
        return {one.slice: one.last for one in entries if one.status == "rejected" and one.edition == "live"}

    def records(self, slice_key: str) -> int | None:
        return self._records.get(slice_key)

    def slices(self) -> frozenset[str]:
        return frozenset(self._records)

    @cached_property
    def _records(self) -> dict[str, int]:
        return {c.slice: c.records for c in self._captures.serving(self._dataset)}

    def high_water(self, slice_key: str) -> str | None:
        # A file that a user brought does not tell what else changed before its newest record; a request does.
        fetched = (c for c in self._accepted(slice_key) if c.kind == "fetched")
        return max((c.high_water for c in fetched if c.high_water), default=None)

    def content_as_of(self, slice_key: str) -> datetime | None:
        return max((c.content_as_of or c.retrieved_at for c in self._accepted(slice_key)), default=None)

    def told_as_of(self, slice_key: str) -> datetime | None:
        return max((c.content_as_of for c in self._accepted(slice_key) if c.content_as_of), default=None)

    def rows(
        self, dataset_id: str, fields: Sequence[str], slice_keys: Collection[str] | None = None
    ) -> list[tuple[str | None, ...]]:
        serving = [
            c
            for c in self._captures.serving(sources.get(dataset_id))
            if c.records and (slice_keys is None or c.slice in slice_keys)
        ]
        files = [str(path) for c in serving for path in self._captures.records_paths(c)]
        if not files:
            return []
        present = {field for c in serving for field in c.fields}
        columns = ", ".join(_column(field) if field in present else "null" for field in fields)
        retrieved = {c.capture_id: c.retrieved_at.astimezone(UTC).isoformat() for c in serving}
        found = duckdb.execute(
            f"select distinct {columns}, _capture_id from read_parquet(?, union_by_name = true)", [files]
        ).fetchall()
        return sorted(((*row[:-1], retrieved[row[-1]]) for row in found), key=lambda row: tuple(map(str, row)))

    def released(self, table: str, columns: Sequence[str]) -> list[tuple[str | None, ...]]:
        if self._published is None or not self._published.exists():
            return []
        schema, _, name = table.partition(".")
        wanted = ", ".join(f"cast({_column(column)} as varchar)" for column in columns)
        with duckdb.connect(str(self._published), read_only=True) as connection:
            present = connection.execute(
                "select column_name from information_schema.columns where table_schema = ? and table_name = ?",
                [schema, name],
            ).fetchall()
            # A release of an earlier version may lack the table or a column of it.
            if not set(columns) <= {column for (column,) in present}:
                return []
            rows = connection.execute(f"select {wanted} from {_column(schema)}.{_column(name)}").fetchall()
        return sorted(rows, key=lambda row: tuple(map(str, row)))

    def values(self, dataset_id: str, field: str) -> list[str]:
        dataset = sources.get(dataset_id)
        serving = [c for c in self._captures.serving(dataset) if field in c.fields]
        files = [str(path) for c in serving for path in self._captures.records_paths(c)]
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
