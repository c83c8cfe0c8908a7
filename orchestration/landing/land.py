"""Finishing a capture: its folder appears completely or not at all.

What belongs here: deciding what a finished temporary folder becomes (nothing, a note "unchanged", a capture), and
moving it into place. What does not: filling the folder (writing), the checks that it must pass (judge), which captures
are in use (serving).
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from orchestration import files
from orchestration.landing import accept, clock, guard, integrity, register
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import CAPTURE_FILE, UNCHANGED_FILE, Capture, CaptureEdition
from orchestration.landing.judge import Judge
from orchestration.landing.writing import CaptureWriter, free_id
from orchestration.progress import say
from orchestration.sources.base import Dataset, Kind, Selection, Slice
from orchestration.wire import Payload


@dataclass(frozen=True)
class Outcome:
    """What became of one write."""

    # held: on hold, that is accepted but not read until captures before and after confirm it (landing.on_hold).
    status: Literal["landed", "held", "rejected", "unchanged", "empty"]
    message: str
    # The capture that was written, or the one that is unchanged; None if nothing came.
    capture: Capture | None
    # The slice's capture in use from now on; None if there is none.
    serving: Capture | None


@dataclass(frozen=True)
class _Terms:
    """The facts of a capture that do not come with its payloads: the keywords of `write`."""

    kind: Kind
    edition: CaptureEdition
    retrieved_at: datetime | None
    selection: Selection | None
    note: str | None
    publisher: str | None
    accepted: Mapping[str, str] = field(default_factory=dict)


def write(  # 11 parameters: seven are facts of the capture, given by name; most callers give two of them
    dataset: Dataset,
    slice_: Slice,
    payloads: Iterable[Payload],
    *,
    landing_dir: Path,
    kind: Kind,
    edition: CaptureEdition,
    retrieved_at: datetime | None = None,
    selection: Selection | None = None,
    note: str | None = None,
    publisher: str | None = None,
    accepted: Mapping[str, str] | None = None,
) -> Outcome:
    """Write one capture from payloads as they come; memory does not grow with their number.

    retrieved_at: when the publisher showed this. None: when the first payload came, but always after the slice's last
    capture (landing.clock).
    accepted: failed checks that a person lets pass this once: check -> reason (accept.AGAINST_THE_PAST).
    Raises what the payloads raise (SourceError, FetchError), and files.CannotWrite; nothing is left behind then.
    """
    terms = _Terms(kind, edition, retrieved_at, selection, note, publisher, accepted or {})
    folder = landing_dir / dataset.source / dataset.name
    unfinished = folder / files.unfinished_name()
    try:
        with files.telling_refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            earliest = None if retrieved_at else _earliest(dataset, slice_, landing_dir, kind)
            with closing(CaptureWriter(dataset, slice_, unfinished, kind, retrieved_at, earliest)) as writer:
                for payload in guard.each(payloads, dataset.id, slice_.key):
                    writer.add(payload)
                writer.finish()
                return _Landing(writer, landing_dir, terms).settle()
    finally:
        with suppress(OSError):
            files.remove_tree(unfinished)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half written in a dataset's folder; what a living one writes stays."""
    for leftover in files.abandoned(folder):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


class _Landing:
    """A finished temporary folder beside the slice's earlier captures."""

    def __init__(self, writer: CaptureWriter, landing_dir: Path, terms: _Terms) -> None:
        self.writer, self.landing_dir, self.terms = writer, landing_dir, terms
        self.dataset, self.slice = writer.dataset, writer.slice
        self.folder = landing_dir / self.dataset.source / self.dataset.name
        self.catalog = self._catalog()
        of_slice = [c for c in self.catalog.captures(self.dataset.id) if c.slice == self.slice.key]
        self.accepted = [c for c in of_slice if c.status == "accepted"]
        self.when = terms.retrieved_at or writer.first_retrieved or datetime.now(UTC).replace(microsecond=0)
        self.on_hold = self.catalog.on_hold(self.dataset)
        self.believed = [c for c in self.accepted if c.capture_id not in self.on_hold]
        self.serving = _best(self.believed)
        self.totals = self.dataset.control_totals(writer.controls)
        self.digest = f"{writer.digest:064x}"

    def settle(self) -> Outcome:
        """Decide what the folder becomes, and make it so."""
        return self._nothing_new() or self._unchanged() or self._put_down()

    def _catalog(self) -> Catalog:
        return Catalog(self.landing_dir, as_of=None, edition="recorded", only=self.dataset.id)

    def _nothing_new(self) -> Outcome | None:
        """The outcome if the publisher sent nothing to keep; None if it sent something."""
        writer = self.writer
        if not writer.entries:
            what = "the publisher has nothing new"
        elif writer.records or writer.malformed or any(self.totals.values()):
            return None
        elif self.dataset.policy != "merge" or self.dataset.holds_all(self.slice.key):
            # For a slice captured whole, "none" is a result: the year is complete, and empty.
            return None
        else:
            what = "nothing new since the high-water mark"
        self._note_unchanged(self.serving)
        return Outcome("empty", what, None, self.serving)

    def _unchanged(self) -> Outcome | None:
        """The outcome if an earlier capture has the same content; None if this one is new."""
        if self.writer.malformed or (self.dataset.keeps_equal_captures and self.terms.kind == "fetched"):
            return None
        if not accept.control_total(self.writer.counted, self.totals).passed:
            # A list from a cache beside the count of today: what did not come is not known to be the same.
            return None
        same = [c for c in reversed(self.accepted) if c.content_digest == self.digest]
        twin = next((c for c in same if self._is_twin(c)), None)
        if twin is None:
            return None
        self._note_unchanged(twin)
        return Outcome("unchanged", f"the same as {twin.capture_id}", twin, self.serving)

    def _is_twin(self, other: Capture) -> bool:
        """Whether an equal capture makes this one superfluous.

        A snapshot of another day counts as new even if it is equal, unless it follows the newest one: a list that went
        A, B, A must keep its third capture.
        """
        kind, newest = self.terms.kind, _best(self.accepted)
        if other.kind != kind and kind != "transcribed":
            return False
        if self.dataset.policy == "snapshot" and kind != "fetched":
            return other.retrieved_at == self.when
        return newest is not None and (other.capture_id == newest.capture_id or kind == "transcribed")

    def _note_unchanged(self, capture: Capture | None) -> None:
        """One line that the slice was requested and had not changed: a fact, not a state."""
        line = {
            "slice": self.slice.key,
            "checked_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
            "capture_id": capture.capture_id if capture else None,
        }
        # Thousands a run: nobody waits for the disk, and a lost line costs one request.
        files.append_line(self.folder / UNCHANGED_FILE, line, sync=False)

    def _put_down(self) -> Outcome:
        """Write the records, judge the capture and put it in place, accepted or rejected."""
        writer = self.writer
        capture_id = writer.capture_id or free_id(
            writer.folder.parent, self.when, self.dataset, self.slice, self.terms.kind, self.digest
        )
        writer.write_records(capture_id)
        judge = Judge(writer, self.catalog, self.accepted, self.believed, self.terms.selection, self.when)
        checks = [check.accepted(self.terms.accepted) for check in judge.checks(self.totals)]
        capture = self._capture(capture_id, checks)
        if capture.status == "accepted":
            _put_in_place(writer.folder, capture, self.folder / capture_id)
            return self._accepted(capture)
        known = _rejected_before(self.catalog.captures(self.dataset.id), capture)
        if known is None:
            _put_in_place(writer.folder, capture, self.folder / capture_id)
        return self._rejected(known or capture)

    def _capture(self, capture_id: str, checks: list[accept.Check]) -> Capture:
        """The content of capture.json."""
        writer, terms = self.writer, self.terms
        selection = terms.selection
        return Capture(
            capture_id=capture_id,
            source=self.dataset.source,
            dataset=self.dataset.name,
            slice=self.slice.key,
            slice_params={name: str(value) for name, value in self.slice.params.items()},
            kind=terms.kind,
            edition=terms.edition,
            retrieved_at=self.when,
            landed_at=datetime.now(UTC).replace(microsecond=0),
            status="accepted" if all(check.passed for check in checks) else "rejected",
            checks=checks,
            records=writer.records,
            control_totals=self.totals,
            counted=dict(writer.counted),
            fields=sorted(writer.fields),
            shape=hashlib.sha256("\x1f".join(sorted(writer.fields)).encode()).hexdigest()[:16],
            content_digest=self.digest,
            content_newest=writer.newest,
            content_as_of=writer.as_of,
            high_water=writer.high_water,
            selection={"field": selection.field, "values": list(selection.values)} if selection else None,
            note=_with_clock(terms.note, writer.clock_time),
            publisher=terms.publisher or self.dataset.publisher,
            payloads=writer.entries,
            files=integrity.digests_of(
                writer.folder, [path for path in writer.folder.rglob("*") if path.is_file()], writer.digests
            ),
        )

    def _rejected(self, capture: Capture) -> Outcome:
        where = f"{self.dataset.id}/{capture.capture_id}"
        message = f"{capture.reject_reason} (kept in {where}); {_serves_still(self.serving)}{_way_out(capture)}"
        return Outcome("rejected", message, capture, self.serving)

    def _accepted(self, capture: Capture) -> Outcome:
        """The outcome of an accepted capture: it is in use, or on hold; it may put another on hold, or release it."""
        on_hold = self._catalog().on_hold(self.dataset)
        serving = _best([c for c in [*self.accepted, capture] if c.capture_id not in on_hold])
        if capture.capture_id in on_hold:
            message = f"on hold: {on_hold[capture.capture_id]}; {_serves_still(serving)}"
            return Outcome("held", message, capture, serving)
        message = f"{capture.records:,} records"
        for other in sorted(on_hold.keys() - self.on_hold.keys()):
            message += f"; now on hold: {other}: {on_hold[other]}"
        for other in sorted(self.on_hold.keys() - on_hold.keys()):
            message += f"; on hold no longer: {other}"
        return Outcome("landed", message, capture, serving)


def _serves_still(serving: Capture | None) -> str:
    return f"{serving.capture_id} goes on serving" if serving else "nothing serves this slice yet"


def _best(accepted: list[Capture]) -> Capture | None:
    return max(accepted, key=lambda c: (c.kind != "transcribed", c.retrieved_at, c.landed_at), default=None)


def _rejected_before(captures: Iterable[Capture], capture: Capture) -> Capture | None:
    """The capture of the same payloads and moment that was rejected for the same reason; it is kept already."""

    def shown(one: Capture) -> tuple[object, ...]:
        payloads = [(entry.payload_id, entry.sha256) for entry in one.payloads]
        return one.slice, one.kind, one.retrieved_at, one.status, one.reject_reason, payloads

    return next((one for one in captures if shown(one) == shown(capture)), None)


def _way_out(capture: Capture) -> str:
    """What a person can do who knows that a change is true."""
    failed = [check.name for check in capture.checks if not check.passed]
    if capture.kind == "transcribed" or not set(failed) <= set(accept.AGAINST_THE_PAST):
        return ""
    named = " ".join(f"--accept '{name}:{capture.dataset_id}={capture.slice}'" for name in failed)
    command = "refresh --live" if capture.kind == "fetched" else f"import {capture.dataset_id} FILE"
    return f". If it is true: clawback {command} {named} --because ..."


def _put_in_place(folder: Path, capture: Capture, target: Path) -> None:
    text = capture.model_dump_json(indent=2).encode()
    files.write_whole(folder / CAPTURE_FILE, text)
    digest = hashlib.sha256(text).hexdigest()
    register.enter(target.parent, capture.capture_id, digest, capture.landed_at)
    if target.exists() and integrity.damage_of(target):
        # The same content of the same moment, damaged since: it makes room, and is kept.
        aside = target.with_name(f"{integrity.SET_ASIDE}{target.name}-{uuid.uuid4().hex[:8]}")
        target.rename(aside)
        say(
            f"  {capture.dataset_id} {capture.slice}: capture {capture.capture_id} was damaged; what came now is the"
            f" same and stands in its place, the damaged one is kept as {aside.name}"
        )
    integrity.forget(target)
    try:
        folder.rename(target)
        integrity.landed(target, capture, digest)
    except OSError:
        # The same content of the same moment was landed by another process meanwhile: that one stands.
        if not (target / CAPTURE_FILE).exists():
            raise
    files.sync_folder(target.parent)


def _earliest(dataset: Dataset, slice_: Slice, landing_dir: Path, kind: Kind) -> datetime | None:
    if kind != "fetched":
        return None
    known = Catalog(landing_dir, as_of=None, edition="recorded", only=dataset.id).captures(dataset.id)
    return clock.earliest_moment(c for c in known if c.slice == slice_.key)


def _with_clock(note: str | None, clock_time: datetime | None) -> str | None:
    if clock_time is None:
        return note
    clock_note = f"this machine's clock said {clock_time:%Y-%m-%dT%H:%M:%SZ}: dated after the capture before it"
    return f"{note}; {clock_note}" if note else clock_note
