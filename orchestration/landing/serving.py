"""The captures of a landing folder: which are intact, which serve (the build reads them), which are on hold or stale.

What belongs here: the rules for which captures serve. What does not: the state of a dataset (standing), what a source
can look up (known), records (raw_views), writing (land).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from orchestration import sources
from orchestration.landing import attempts, clock, integrity, register
from orchestration.landing.form import UNCHANGED_FILE, WARC_FILE, Capture
from orchestration.landing.on_hold import on_hold
from orchestration.settings import Edition
from orchestration.sources.base import Dataset


class Captures:
    """The captures of a landing folder as one date knew them.

    as_of: only captures retrieved by the end of that day (UTC); None: all.
    edition: in `live` the recorded edition's captures are not in use.
    only: this dataset's captures alone, and what this process has read is not read again; None: all.
    among: nothing but these captures is known (by id), and no attempt after `until`: what an earlier build knew.
    trust: files that have not changed since they were hashed are not hashed again (landing.integrity).
    """

    def __init__(
        self,
        landing_dir: Path,
        *,
        as_of: date | None,
        edition: Edition,
        only: str | None = None,
        among: Collection[str] | None = None,
        until: datetime | None = None,
        trust: bool = True,
    ) -> None:
        self.landing_dir, self.as_of, self.edition, self.only = landing_dir, as_of, edition, only
        self.among, self.until, self.trust = among, until, trust
        self._on_hold_once: dict[str, dict[str, str]] = {}
        self._newest_once: dict[str, dict[str, datetime]] = {}
        self._shown_once: dict[str, dict[str, datetime]] = {}

    @cached_property
    def _read(self) -> list[integrity.Read]:
        if self.only:
            return [integrity.read_dataset(self.landing_dir / self.only, again=False)]
        folders = sorted(path for path in self.landing_dir.glob("[!.]*/[!.]*") if path.is_dir())
        return [integrity.read_dataset(folder, trust=self.trust) for folder in folders]

    @cached_property
    def _all(self) -> list[Capture]:
        found = [capture for read in self._read for capture in read.captures]
        if self.among is not None:
            found = [capture for capture in found if capture.capture_id in self.among]
        if self.as_of is not None:
            end = datetime.combine(self.as_of, time.max, UTC)
            found = [capture for capture in found if capture.retrieved_at <= end]
        # as numbers: comparing moments that know their zone takes five times as long, and each landing sorts all
        return sorted(
            found,
            key=lambda c: (c.source, c.dataset, c.retrieved_at.timestamp(), c.landed_at.timestamp(), c.capture_id),
        )

    def damaged(self, dataset_id: str | None = None) -> list[integrity.Damaged]:
        """The folders that are no longer the captures that were landed: they are named and never read."""
        found = [one for read in self._read for one in read.damaged if dataset_id in (None, one.dataset)]
        return [one for one in found if self.among is None or one.capture_id in self.among]

    def digests(self) -> dict[str, str]:
        """Every known capture with the sha256 of its capture.json."""
        found = {capture_id: digest for read in self._read for capture_id, digest in read.digests.items()}
        return {capture.capture_id: found[capture.capture_id] for capture in self._all}

    def rewritten(self, known: Mapping[str, str]) -> list[str]:
        """The captures that are not those of these digests, though nothing landed in their place.

        known: captures with the sha256 of their capture.json, as a release was made of them. A capture that is landed
        anew, or adopted, is entered beside its first entry; one that was rewritten with its register is not.
        """
        there = self.digests()
        folders = {capture.capture_id: self.folder(capture).parent for capture in self._all}
        other = sorted(name for name in known.keys() & there.keys() if known[name] != there[name])
        return [name for name in other if known[name] not in register.entered(folders[name]).get(name, [])]

    def checked_line(self) -> str:
        """What was compared with its digests in this reading, in one line for people."""
        hashed, spared = (sum(getattr(read, name) for read in self._read) for name in ("hashed", "spared"))
        captures = [capture for read in self._read for capture in read.captures]
        old = sum(capture.format_version == 1 for capture in captures)
        whole = len(captures) - old
        damaged = len(self.damaged())
        bad = f"; {old:,} of an earlier version carry no digests to be compared with" if old else ""
        bad += f"; {damaged} DAMAGED and not read" if damaged else ""
        return (
            f"{whole:,} captures are as they were landed ({hashed:,} files hashed, {spared:,} not again: "
            f"unchanged on disk since they were){bad}"
        )

    def captures(self, dataset_id: str | None = None) -> list[Capture]:
        """Every whole capture known at the as-of date, accepted or rejected, oldest first; `damaged` has the others."""
        return list(self._all if dataset_id is None else self._by_dataset.get(dataset_id, []))

    @cached_property
    def _by_dataset(self) -> dict[str, list[Capture]]:
        found: dict[str, list[Capture]] = defaultdict(list)
        for capture in self._all:
            found[capture.dataset_id].append(capture)
        return dict(found)

    def accepted(self, dataset_id: str) -> list[Capture]:
        return [c for c in self.captures(dataset_id) if c.status == "accepted"]

    def serving(self, dataset: Dataset) -> list[Capture]:
        """The captures that the raw view reads, oldest first.

        replace: the newest accepted capture of each slice (`_newest`); merge: all of them; snapshot: all of them, one a
        moment. A transcribed capture yields to any fetched or imported one of its slice (of its moment, for
        snapshots), because what was typed stands in for bytes that nobody had. A typed table is whole, whatever the
        policy: corrected, it replaces what was typed before. A snapshot that is on hold is not in use.
        """
        waiting = self.on_hold(dataset)
        return [c for c in self._able_to_serve(dataset) if c.capture_id not in waiting]

    def on_hold(self, dataset: Dataset) -> dict[str, str]:
        """The accepted captures that are on hold until their neighbors confirm them, each with the reason."""
        if dataset.max_volume_change is None:
            return {}
        return on_hold(dataset, self._able_to_serve(dataset), self._was_shown_again(dataset))

    def _was_shown_again(self, dataset: Dataset) -> Callable[[Capture], bool]:
        answers = self.unchanged(dataset)
        return lambda capture: any(
            compared == capture.capture_id and when.date() > capture.retrieved_at.date()
            for _, when, compared in answers
        )

    def unchanged(self, dataset: Dataset) -> list[tuple[str, datetime, str | None]]:
        """The publisher's unchanged answers by the as-of date: slice, when, the capture that they equaled.

        Those that a clock far ahead dated are left out: nothing would be due, or all be stale, until that day has come.
        """
        path = self.landing_dir / dataset.source / dataset.name / UNCHANGED_FILE
        lines = attempts.lines(path, "slice", "checked_at", "capture_id")
        found = [(line["slice"], datetime.fromisoformat(line["checked_at"]), line["capture_id"]) for line in lines]
        found = [answer for answer in found if clock.may_be_so(answer[1])]
        if self.until is not None:
            found = [answer for answer in found if answer[1] <= self.until]
        return [answer for answer in found if self.as_of is None or answer[1].date() <= self.as_of]

    def shown_again(self, dataset: Dataset) -> list[tuple[Capture, datetime]]:
        """Snapshots that their publisher showed again after another one that is in use, with the first time after it.

        An answer that is equal to the last one is no capture. If a file of a day between the two is brought later, the
        list is as the file has it from that day on, and as the publisher showed it from its next answer on.
        """
        if dataset.policy != "snapshot":
            return []
        shown: dict[str, list[date]] = defaultdict(list)
        moments: dict[tuple[str, date], datetime] = {}
        for _, when, compared in sorted(self.unchanged(dataset), key=lambda answer: answer[1], reverse=True):
            if compared is not None:
                shown[compared].append(when.date())
                moments[compared, when.date()] = when
        groups: dict[str, list[Capture]] = defaultdict(list)
        for capture in self.serving(dataset):
            groups[f"{capture.slice}\x1f{capture.selection}"].append(capture)
        found: list[tuple[Capture, datetime]] = []
        for group in groups.values():
            days = [capture.retrieved_at.date() for capture in group]
            for n, capture in enumerate(group):
                # what was typed or brought is compared with itself, and no publisher answers
                again = shown.get(capture.capture_id, []) if capture.kind == "fetched" else []
                for other, (after, before) in zip(group[n + 1 :], pairwise([*days[n + 1 :], date.max]), strict=True):
                    # the publisher's next capture ends what it showed before, whatever a clock said of an answer
                    if not again or other.kind == "fetched" or again[0] <= after:
                        break
                    if between := [day for day in again if after < day < before]:
                        found.append((capture, moments[capture.capture_id, min(between)]))
        return sorted(found, key=lambda one: (one[1], one[0].capture_id))

    def _able_to_serve(self, dataset: Dataset) -> list[Capture]:
        able = [c for c in self.accepted(dataset.id) if self.edition == "recorded" or c.edition != "recorded"]
        if dataset.policy == "merge":
            captured = [c for c in able if c.kind != "transcribed"]
            bytes_for = {c.slice for c in captured}
            typed: dict[str, list[Capture]] = defaultdict(list)
            for capture in able:
                if capture.kind == "transcribed" and capture.slice not in bytes_for:
                    typed[capture.slice].append(capture)
            last_typed = {max(group, key=self._typed_last).capture_id for group in typed.values()}
            return [c for c in able if c.kind != "transcribed" or c.capture_id in last_typed]
        groups: dict[str, list[Capture]] = defaultdict(list)
        for capture in able:
            moment = capture.retrieved_at.date().isoformat() if dataset.policy == "snapshot" else ""
            groups[f"{capture.slice}\x1f{moment}"].append(capture)
        serving: list[Capture] = []
        for group in groups.values():
            captured = [c for c in group if c.kind != "transcribed"]
            if dataset.policy == "snapshot" and captured:
                serving.extend(captured)
            elif captured:
                serving.append(self._newest(captured))
            else:
                serving.append(max(group, key=self._typed_last))
        return sorted(serving, key=lambda c: (c.retrieved_at, c.capture_id))

    def _newest(self, captured: list[Capture]) -> Capture:
        """The capture with the newest content. An answer that is equal to the last one is no capture, but it shows that
        the last one was true then: a file of a day before it, brought later, is older.
        """

        def taken(capture: Capture) -> tuple[datetime, datetime]:
            return capture.retrieved_at, capture.landed_at

        newest = max(captured, key=taken)
        fetched = max((c for c in captured if c.kind == "fetched"), key=taken, default=newest)
        return fetched if self._shown_again(fetched) >= newest.retrieved_at else newest

    def _typed_last(self, capture: Capture) -> tuple[datetime, datetime]:
        """The order of what was typed of one slice. A correction that is taken back is no new capture: the first one is
        shown again, and goes before the correction of the same day.
        """
        return capture.retrieved_at, max(capture.landed_at, self._shown_again(capture))

    def is_stale(self, capture: Capture) -> bool:
        """It is the newest of its slice in use, and a later one was rejected or on hold; or nothing new comes.

        A publisher that afterwards gave the same as before has made it fresh again.
        """
        if capture.capture_id in self.silent:
            return True
        slice_ = (capture.dataset_id, capture.slice)
        failed = self._last_failed.get(slice_)
        if failed is None or failed <= max(capture.retrieved_at, self._shown_again(capture)):
            return False
        return self._newest_serving(capture.dataset_id).get(capture.slice) == capture.retrieved_at

    def _shown_again(self, capture: Capture) -> datetime:
        """When the publisher last answered with the same as this capture; its own time where it never did."""
        if capture.dataset_id not in self._shown_once:
            found: dict[str, datetime] = {}
            dataset = sources.DATASETS.get(capture.dataset_id)
            for _, when, compared in self.unchanged(dataset) if dataset else ():
                if compared is not None:
                    found[compared] = max(found.get(compared, when), when)
            self._shown_once[capture.dataset_id] = found
        return self._shown_once[capture.dataset_id].get(capture.capture_id, capture.retrieved_at)

    def _newest_serving(self, dataset_id: str) -> dict[str, datetime]:
        if dataset_id not in self._newest_once:
            found: dict[str, datetime] = {}
            dataset = sources.DATASETS.get(dataset_id)
            for capture in self.serving(dataset) if dataset else ():
                found[capture.slice] = max(found.get(capture.slice, capture.retrieved_at), capture.retrieved_at)
            self._newest_once[dataset_id] = found
        return self._newest_once[dataset_id]

    @cached_property
    def _last_failed(self) -> dict[tuple[str, str], datetime]:
        """When the last attempt at a slice came that is not read, for any reason: a build looks up every capture."""
        found: dict[tuple[str, str], datetime] = {}
        for one in self.damaged():
            if one.slice is not None and one.retrieved_at is not None:
                slice_ = (one.dataset, one.slice)
                found[slice_] = max(found.get(slice_, one.retrieved_at), one.retrieved_at)
        for capture in self._all:
            if capture.status == "rejected" or capture.capture_id in self._on_hold_of(capture.dataset_id):
                slice_ = (capture.dataset_id, capture.slice)
                found[slice_] = max(found.get(slice_, capture.retrieved_at), capture.retrieved_at)
        return found

    def _on_hold_of(self, dataset_id: str) -> dict[str, str]:
        if dataset_id not in self._on_hold_once:
            dataset = sources.DATASETS.get(dataset_id)
            self._on_hold_once[dataset_id] = self.on_hold(dataset) if dataset else {}
        return self._on_hold_once[dataset_id]

    @cached_property
    def silent(self) -> dict[str, str]:
        """The last capture of each group that brings nothing new any more, by what is known of it."""
        found: dict[str, str] = {}
        for dataset in sources.DATASETS.values():
            if dataset.stale_after is None:
                continue
            groups: dict[str, list[Capture]] = defaultdict(list)
            for capture in self.accepted(dataset.id):
                if capture.kind == "fetched":
                    groups[dataset.group(capture.slice)].append(capture)
            checks = self._checks(dataset)
            for group, captures in groups.items():
                newest = max((c.content_newest for c in captures if c.content_newest), default=None)
                asked = max([c.retrieved_at for c in captures] + checks.get(group, [])).date()
                if newest is None or asked - newest > dataset.stale_after:
                    found[captures[-1].capture_id] = f"{group} (newest content {newest or 'not told'}, asked {asked})"
        return found

    def _checks(self, dataset: Dataset) -> dict[str, list[datetime]]:
        """When the publisher answered with nothing new, by group of slices, as far as the as-of date knew."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for slice_key, when, _ in self.unchanged(dataset):
            found[dataset.group(slice_key)].append(when)
        return found

    def folder(self, capture: Capture) -> Path:
        return self.landing_dir / capture.source / capture.dataset / capture.capture_id

    def records_paths(self, capture: Capture) -> list[Path]:
        """The Parquet files with the capture's records, in the order of their numbers."""
        return integrity.records_of(self.folder(capture))

    def warc_path(self, capture: Capture) -> Path:
        return self.folder(capture) / WARC_FILE

    def find(self, capture_id: str) -> Capture | None:
        return next((c for c in self._all if c.capture_id == capture_id), None)

    def last_checked(self, dataset: Dataset) -> datetime | None:
        """When the publisher last answered, whether or not anything had changed."""
        times = [c.landed_at for c in self.captures(dataset.id)]
        times += [when for _, when, _ in self.unchanged(dataset)]
        return max(times, default=None)

    def last_good(self, dataset: Dataset) -> datetime | None:
        """When the publisher last sent something acceptable, or replied that nothing had changed."""
        able = [c for c in self.accepted(dataset.id) if self.edition == "recorded" or c.edition != "recorded"]
        ids = {c.capture_id for c in able}
        times = [c.landed_at for c in able]
        times += [when for _, when, compared in self.unchanged(dataset) if compared is None or compared in ids]
        return max(times, default=None)

    def open(self, dataset: Dataset) -> list[attempts.Open]:
        """The slices whose last attempt by the as-of date brought no usable capture, by the run's own record."""
        entries = attempts.attempted(self.landing_dir / dataset.source / dataset.name)
        if self.until is not None:
            entries = [line for line in entries if datetime.fromisoformat(line["at"]) <= self.until]
        return attempts.opened(entries, as_of=self.as_of, live=self.edition == "live")
