"""Checking a new capture against the earlier captures of its slice.

What belongs here: which earlier capture it is compared with, and what is measured for each check. What does not: the
checks themselves, which are pure functions (accept), what happens to a capture that fails one (land).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.landing import accept, baseline, measure
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture, Check
from orchestration.landing.writing import CaptureWriter
from orchestration.sources.base import Dataset, Selection


@dataclass(frozen=True)
class Judge:
    """A capture whose records are written, and what it is judged by.

    accepted: the slice's accepted captures, of any kind. believed: those of them that are not on hold.
    when: the date of the new capture.
    """

    writer: CaptureWriter
    catalog: Catalog
    accepted: Sequence[Capture]
    believed: Sequence[Capture]
    selection: Selection | None
    when: datetime

    def checks(self, totals: Mapping[str, int]) -> list[Check]:
        """Every check of the capture, in the order in which it stands in capture.json. totals: the publisher's own."""
        writer, dataset, slice_ = self.writer, self.writer.dataset, self.writer.slice
        last, before = self._last_like(), self._last_before()
        now = _volume(dataset, writer.records, writer.counted, writer.fields, writer.records_paths())
        return [
            accept.form(writer.malformed, before),
            accept.fields_present(dataset, dataset.required_of(slice_), writer.fields, writer.records, before),
            accept.control_total(writer.counted, totals),
            accept.volume(dataset, slice_.key, now, self._volume_of(last) if last else None, self._year()),
            *self._read_checks(last, is_counted=bool(totals)),
            accept.misdated(dataset, writer.newest, self.when),
        ]

    def _volume_of(self, capture: Capture) -> int:
        paths = self.catalog.records_paths(capture)
        return _volume(self.writer.dataset, capture.records, capture.counted, capture.fields, paths)

    def _year(self) -> int | None:
        """The baseline volume of the past year, for a slice of which each capture contains everything."""
        dataset = self.writer.dataset
        if not dataset.holds_all(self.writer.slice.key):
            return None
        within = dataset.volume_counts is None
        return baseline.of_year(self._like(), self.when, self._volume_of, is_within_records=within)

    def _is_comparable(self, capture: Capture) -> bool:
        """The two captures contain the same part of the list, so their volumes may be compared."""
        wanted = self.selection
        return capture.selection == ({"field": wanted.field, "values": list(wanted.values)} if wanted else None)

    def _like(self) -> list[Capture]:
        """The captures not on hold that this one may be compared with."""
        return [c for c in self.believed if c.kind != "transcribed" and self._is_comparable(c)]

    def _last_like(self) -> Capture | None:
        """The last capture of the slice not on hold: the new one is compared with it, in volume and field by field.

        The slice alone decides, not the form: a capture that has other fields, or came another way (download, archive,
        bulk, a user's file), has the same slice and must not have less of it. If one way brings more than was asked
        for, `Dataset.volume_within` says what of it is compared. A part of a list (a selection) is compared only with
        the same part. Transcribed figures are never a measure: they hold what was printed. A snapshot is compared with
        the one before it in time, so that an old file brought later is not compared with a list that has grown since.
        """
        like = self._like()
        if self.writer.dataset.policy == "snapshot":
            like = [c for c in like if c.retrieved_at <= self.when]
        return max(like, key=lambda c: c.retrieved_at, default=None)

    def _last_before(self) -> Capture | None:
        """The last capture before this one, of any kind: a changed form is a change from it."""
        before = [c for c in self.accepted if c.retrieved_at <= self.when and c.records]
        return max(before, key=lambda c: c.retrieved_at, default=None)

    def _measured(self, paths: list[Path], seen: Iterable[str]) -> measure.Measure:
        dataset = self.writer.dataset
        return measure.of(
            paths,
            seen=frozenset(seen),
            types=dataset.types,
            required=dataset.required_of(self.writer.slice),
            key=dataset.key,
            partial=dataset.partial_records,
            captured_on=self.when.date(),
        )

    def _shared(self, now: measure.Measure, last: Capture | None, then_paths: list[Path]) -> measure.Shared | None:
        """The required fields of the records that the last capture has too; None if most are new, or are not told."""
        writer, dataset = self.writer, self.writer.dataset
        fields = {*writer.fields} & {*(last.fields if last else ())}
        if not dataset.grows_by or last is None or not set(dataset.grows_by) <= fields:
            return None
        names = [name for name in now.required if name in fields]
        found = measure.shared(writer.records_paths(), then_paths, dataset.grows_by, names)
        return found if found.records * 2 >= min(writer.records, last.records) else None

    def _read_checks(self, last: Capture | None, *, is_counted: bool) -> list[Check]:
        """What the records themselves show: whether they can be read, are filled, and differ."""
        writer, dataset = self.writer, self.writer.dataset
        if writer.malformed or not writer.records:
            return []
        holds_all = dataset.holds_all(writer.slice.key)
        now = self._measured(writer.records_paths(), writer.fields)
        checks = [accept.readable(dataset, writer.slice.key, now)]
        # The last capture is read again only if a check needs it.
        emptier = any(now.fields[name].empty for name in now.required)
        constant = [name for name, field in now.fields.items() if field.is_constant]
        then_paths = self.catalog.records_paths(last) if last and last.records else []
        then = self._measured(then_paths, last.fields) if last and then_paths and emptier else None
        shared = self._shared(now, last, then_paths) if then_paths and holds_all else None
        checks.append(accept.filled(dataset, now, then, holds_all=holds_all, shared=shared))
        values: dict[str, int] = {}
        if last and then_paths and now.records >= accept.FEW_VALUES <= last.records:
            values = measure.distinct(then_paths, [name for name in constant if name in last.fields])
        checks.append(accept.varied(dataset, now, last.records if last else 0, values, holds_all=holds_all))
        if holds_all and last and then_paths and now.records >= accept.FEW_RECORDS <= last.records:
            sized = [n for n, t in dataset.types.items() if t.is_number and n in writer.fields and n in last.fields]
            paths, key = writer.records_paths(), dataset.grows_by
            sizes = measure.medians(paths, sized, key=key, others=then_paths if shared else ())
            before = measure.medians(then_paths, sized, key=key, others=paths if shared else ())
            checks.append(accept.units(sizes, before))
        checks.append(accept.keys_differ(dataset, now, is_counted=is_counted))
        return checks


def _volume(
    dataset: Dataset, records: int, counted: Mapping[str, int], fields: Collection[str], paths: list[Path]
) -> int:
    if dataset.volume_counts:
        return counted.get(dataset.volume_counts, 0)
    if dataset.volume_within and records and dataset.volume_within[0] in fields:
        return measure.count(paths, *dataset.volume_within)
    return records
