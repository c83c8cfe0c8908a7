"""Capturing one dataset: request each slice in turn, record each outcome, and continue after a failure.

What belongs here: the loop over slices (the parts of a dataset that are requested separately), the choice of where
payloads come from (the publisher, or the tables of the recorded edition), and the outcome of each slice. What does not:
Dagster (assets), HTTP (fetching), what a capture consists of (form, writing).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from orchestration import faults
from orchestration.fetching.session import FetchError, Web
from orchestration.files import CannotWrite
from orchestration.landing import attempts, clock, integrity, land, object_storage, order
from orchestration.landing.catalog import Catalog
from orchestration.landing.known import KnownCaptures
from orchestration.progress import say
from orchestration.recorded import build as recorded
from orchestration.settings import Edition, Settings
from orchestration.sources.base import Batch, Dataset, Slice
from orchestration.wire import Payload, RunOver, SliceFault, SliceSkipped, SourceError

# After this many failures in a row the publisher counts as down: the rest of its slices wait for the next run.
FAILURES_BEFORE_GIVING_UP = 2

Status = Literal["landed", "held", "unchanged", "empty", "rejected", "failed", "skipped"]


@dataclass(frozen=True)
class SliceOutcome:
    """What became of one slice."""

    slice: str
    status: Status
    message: str
    records: int = 0
    capture_id: str | None = None
    # The capture in use if nothing new was accepted; None if there is none.
    serving: str | None = None
    # The fault is this slice's own: it does not count towards giving the publisher up.
    is_its_own: bool = False
    # The run ended before these slices were requested: the next run requests them.
    waits: bool = False


@dataclass
class DatasetRun:
    """What became of one dataset: enough for the summary, the run's records and the exit code."""

    dataset: str
    slices: list[SliceOutcome] = field(default_factory=list)
    seconds: float = 0.0
    # A slice failed and its last good capture is older than the dataset allows, or there is none.
    too_old: list[str] = field(default_factory=list)
    # By slice: checks that a person lets pass this once, each with the reason.
    accepted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        return sum(1 for one in self.slices if one.status == status)

    @property
    def records(self) -> int:
        return sum(one.records for one in self.slices if one.status == "landed")

    @property
    def failures(self) -> list[SliceOutcome]:
        return [one for one in self.slices if one.status in ("failed", "rejected", "held")]

    def line(self) -> str:
        """One line for people."""
        words = []
        if landed := self.count("landed"):
            words.append(f"{landed} new capture{'s' * (landed > 1)}, {self.records:,} records")
        for status in ("unchanged", "empty", "held", "rejected", "failed", "skipped"):
            if n := self.count(status):
                word = {"empty": "without news", "held": "on hold"}.get(status, status)
                words.append(f"{n} {word}")
        return "; ".join(words) or "no slice was asked for"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def capture_dataset(
    dataset: Dataset,
    settings: Settings,
    *,
    slice_keys: Sequence[str] = (),
    partition: str | None = None,
    web: Web | None = None,
    accepted: Mapping[str, Mapping[str, str]] | None = None,
) -> DatasetRun:
    """Capture one dataset as the edition says. Publishers' faults are in the answer, never raised.

    slice_keys: request only these slices; empty means those of a usual run.
    partition: request only the slices of this fiscal year, state, year, or city and month.
    accepted: by slice, the checks that a person lets pass this once, each with the reason.
    """
    run = DatasetRun(dataset.id, accepted=accepted or {})
    is_whole = not (slice_keys or partition)
    gone: list[str] = []
    started = time.monotonic()
    # in each run every capture is compared with its digests before it is read
    integrity.forget(settings.landing_dir / dataset.source / dataset.name)
    try:
        with faults.kept_for(settings):
            if settings.edition == "recorded":
                gone = _run_recorded(dataset, settings, run, slice_keys, partition)
            elif missing_key := _missing_key(dataset, settings):
                message = f"needs {missing_key} in the environment: skipped; earlier captures stay in use"
                run.slices.append(SliceOutcome("*", "skipped", message))
            else:
                gone = _run_live(dataset, settings, run, slice_keys, partition, web or Web(settings))
    finally:
        # also after a run that was interrupted: what it requested is known
        _note(dataset, settings, run, is_backfill=partition is not None, gone=gone if is_whole else None)
    if is_whole and not run.slices:
        _note_nothing_due(dataset, settings, gone)
    object_storage.keep_dataset(settings, dataset)
    run.seconds = round(time.monotonic() - started, 1)
    for failure in [*run.failures, *(s for s in run.slices if s.status == "skipped" and s.is_its_own)]:
        say(
            f"  {dataset.id} {failure.slice}: {failure.status}: {failure.message}",
            event="slice",
            level=logging.WARNING,
            source=dataset.source,
            dataset=dataset.id,
            slice=failure.slice,
            status=failure.status,
        )
    say(
        f"  {dataset.id}: {run.line()} ({run.seconds:.1f} s)",
        event="dataset",
        source=dataset.source,
        dataset=dataset.id,
        records=run.records,
        seconds=run.seconds,
        statuses=dict(Counter(one.status for one in run.slices)),
    )
    return run


def _note(
    dataset: Dataset, settings: Settings, run: DatasetRun, *, is_backfill: bool, gone: Sequence[str] | None
) -> None:
    """Keep the run's outcome beside the dataset's captures; a run that requested nothing leaves no line.

    gone: the open slices that no run requests any more; None if the run was no usual one, and cannot tell.
    """
    if not run.slices:
        return
    bad: list[tuple[str, attempts.Bad, str]] = []
    for one in run.slices:
        if one.waits:
            bad.append((one.slice, "left", one.message))
        elif one.status == "failed" or one.status == "rejected" or one.status == "held" or one.status == "skipped":
            bad.append((one.slice, one.status, one.message))
    listed = {slice_ for slice_, _, _ in bad}
    over = next((one.message for one in run.slices if one.waits), "not asked for")
    bad += [(slice_, "left", over) for slice_ in run.too_old if slice_ not in listed]
    attempts.record(
        _folder(dataset, settings),
        way="backfill" if is_backfill else "nightly",
        edition=_edition(dataset, settings),
        asked=sum(one.slice != attempts.ALL for one in run.slices),
        bad=bad,
        good={one.slice for one in run.slices if one.status in ("landed", "unchanged", "empty")},
        too_old=set(run.too_old),
        whole=gone is not None,
        gone=gone or (),
        home=settings.root,
    )


def _note_nothing_due(dataset: Dataset, settings: Settings, gone: Sequence[str]) -> None:
    """End a fault of the dataset as a whole (its slices could not be listed) though no slice is due; else no line.

    The same for faults of slices that no run requests any more.
    """
    folder, edition = _folder(dataset, settings), _edition(dataset, settings)
    if gone or attempts.ALL in attempts.open_slices(folder, edition):
        attempts.record(folder, way="nightly", edition=edition, asked=0, bad=(), good=(), whole=True, gone=gone)


def _folder(dataset: Dataset, settings: Settings) -> Path:
    return settings.landing_dir / dataset.source / dataset.name


def _edition(dataset: Dataset, settings: Settings) -> Edition:
    """Our own tables are the recorded edition's in every edition."""
    return "recorded" if settings.edition == "recorded" or dataset.base_url_setting is None else "live"


def _run_recorded(
    dataset: Dataset, settings: Settings, run: DatasetRun, slice_keys: Sequence[str], partition: str | None
) -> list[str]:
    """Land the dataset's tables; the open slices that are in none of them any more."""
    batches = list(recorded.batches(dataset.id))
    for batch in batches:
        if slice_keys and batch.slice.key not in slice_keys:
            continue
        if partition and not _in_partition(dataset, batch.slice, partition):
            continue
        run.slices.append(_land(dataset, settings, batch.slice, batch.payloads, batch=batch))
    keys = [batch.slice.key for batch in batches]
    return attempts.gone(_folder(dataset, settings), _edition(dataset, settings), listed=keys)


def _run_live(
    dataset: Dataset,
    settings: Settings,
    run: DatasetRun,
    slice_keys: Sequence[str],
    partition: str | None,
    web: Web,
) -> list[str]:
    """Request the slices that are due; the open ones that are no longer in the dataset's list."""
    if dataset.base_url_setting is None:
        # Our own tables (the ledger, printed figures): the same in every edition.
        return _run_recorded(dataset, settings, run, slice_keys, partition)
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    known = catalog.known(dataset, published=settings.published_file)
    if reason := clock.wrong(catalog.captures(dataset.id)):
        run.slices.append(SliceOutcome("*", "failed", reason))
        return []
    try:
        listed = dataset.slices(settings, known)
        slices = _wanted(dataset, listed, slice_keys, partition)
        if not (slice_keys or partition):
            slices = order.apart(dataset, slices, _folder(dataset, settings))
        keys = [slice_.key for slice_ in [*listed, *dataset.all_slices()]]
        gone = attempts.gone(_folder(dataset, settings), "live", listed=keys, answered=known.checked)
    except Exception as error:  # as for a slice: the other datasets of the run must not suffer
        if not isinstance(error, SourceError):
            faults.note(f"{dataset.id}: its slices")
        own = f"a fault of Clawback's own ({type(error).__name__}: {error}; see {faults.FAULTS_FILE})"
        what = str(error) if isinstance(error, SourceError) else own
        run.slices.append(SliceOutcome("*", "failed", what))
        if _is_too_old(dataset, catalog.last_good(dataset)):
            run.too_old.append("*")
        return []
    _ask_each(dataset, settings, run, slices, known, web)
    return gone


# Six: what _run_live has, and what it found out.
def _ask_each(
    dataset: Dataset, settings: Settings, run: DatasetRun, slices: Sequence[Slice], known: KnownCaptures, web: Web
) -> None:
    """Request one slice after the other, until the publisher is down or the run is over."""
    # Counted for each server: if one city's is down, the next city's may answer.
    in_a_row: Counter[str] = Counter()
    for position, slice_ in enumerate(slices):
        who = dataset.answers_for(slice_)
        if in_a_row[who] >= FAILURES_BEFORE_GIVING_UP:
            down = dataset.publisher if who == dataset.source else who
            message = f"{attempts.NOT_ASKED}: {in_a_row[who]} slices failed in a row, {down} seems to be down"
            run.slices.append(SliceOutcome(slice_.key, "failed", message))
            if _is_too_old(dataset, known.checked(slice_.key)):
                run.too_old.append(slice_.key)
            continue
        try:
            outcome = _land(
                dataset, settings, slice_, dataset.pull(web, settings, slice_, known),
                accepted=run.accepted.get(slice_.key),
            )  # fmt: skip
        except RunOver as over:
            rest = slices[position:]
            run.slices.append(_over(over, len(rest)))
            say(f"  {dataset.id}: {run.slices[-1].message}")
            if not over.nothing_new:
                run.too_old.extend(s.key for s in rest if _has_aged(dataset, known.checked(s.key)))
            break
        run.slices.append(outcome)
        if not outcome.is_its_own:
            in_a_row[who] = in_a_row[who] + 1 if outcome.status == "failed" else 0
        good = known.checked(slice_.key)
        # A client that closed before it was ever captured has nothing that could grow old.
        never_served = outcome.is_its_own and good is None
        bad = outcome.status in ("failed", "rejected", "held")
        if bad and not never_served and _is_too_old(dataset, good):
            run.too_old.append(slice_.key)


def _wanted(dataset: Dataset, slices: list[Slice], slice_keys: Sequence[str], partition: str | None) -> list[Slice]:
    """Those of a run's slices that were named, or lie in the partition; all of them if neither is given."""
    if partition:
        # A backfill may use another way (a monthly archive) than a usual run for the same slice.
        every = {slice_.key: slice_ for slice_ in [*slices, *dataset.all_slices()]}
        slices = [slice_ for slice_ in every.values() if _in_partition(dataset, slice_, partition)]
    if slice_keys:
        slices = _chosen(dataset, [*dataset.all_slices(), *slices], slice_keys)
    return slices


def _land(
    dataset: Dataset,
    settings: Settings,
    slice_: Slice,
    payloads: Iterable[Payload],
    *,
    batch: Batch | None = None,
    accepted: Mapping[str, str] | None = None,
) -> SliceOutcome:
    try:
        outcome = land.write(
            dataset,
            slice_,
            payloads,
            landing_dir=settings.landing_dir,
            kind="transcribed" if batch else "fetched",
            edition="recorded" if batch and dataset.base_url_setting else "live",
            retrieved_at=batch.retrieved_at if batch else None,
            selection=batch.selection if batch else None,
            note=batch.note if batch else None,
            publisher=batch.publisher if batch else None,
            accepted=accepted,
        )
        object_storage.keep(settings, outcome.capture)
    except (RunOver, CannotWrite):
        # a disk that refuses is no fault of the publisher's, and every slice would meet it again
        raise
    except SliceSkipped as skipped:
        return SliceOutcome(
            slice_.key, "skipped", str(skipped), serving=_serving(dataset, settings, slice_), is_its_own=True
        )
    except SliceFault as fault:
        return SliceOutcome(
            slice_.key, "failed", str(fault), serving=_serving(dataset, settings, slice_), is_its_own=True
        )
    except (SourceError, FetchError) as error:
        return SliceOutcome(slice_.key, "failed", str(error), serving=_serving(dataset, settings, slice_))
    except Exception as error:  # one dataset's failure, even a bug of ours, must not stop the others: it is recorded
        faults.note(f"{dataset.id} slice {slice_.key}")
        message = f"a fault of Clawback's own ({type(error).__name__}: {error}; see {faults.FAULTS_FILE})"
        return SliceOutcome(slice_.key, "failed", message, serving=_serving(dataset, settings, slice_))
    taken = outcome.capture
    return SliceOutcome(
        slice_.key,
        outcome.status,
        outcome.message,
        records=taken.records if taken and outcome.status == "landed" else 0,
        capture_id=taken.capture_id if taken else None,
        serving=outcome.serving.capture_id if outcome.serving else None,
    )


def _over(over: RunOver, left: int) -> SliceOutcome:
    """The outcome of the slices that are left when a run ends before them: one entry for all, and no failure."""
    if over.nothing_new:
        return SliceOutcome("*", "empty", f"{over.what}: {left} {'slice' if left == 1 else 'slices'} not asked for")
    return SliceOutcome("*", "skipped", f"{over.what}: {left} left for the next run, the stalest first", waits=True)


def _serving(dataset: Dataset, settings: Settings, slice_: Slice) -> str | None:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition, only=dataset.id)
    serving = [c for c in catalog.serving(dataset) if c.slice == slice_.key]
    return serving[-1].capture_id if serving else None


def _chosen(dataset: Dataset, slices: list[Slice], keys: Sequence[str]) -> list[Slice]:
    by_key = {slice_.key: slice_ for slice_ in slices}
    if unknown := [key for key in keys if key not in by_key]:
        some = ", ".join(list(by_key)[:12])
        raise SourceError(dataset.id, unknown[0], f"there is no such slice; there are: {some} ...")
    return [by_key[key] for key in keys]


def _in_partition(dataset: Dataset, slice_: Slice, partition: str) -> bool:
    return dataset.partitioned_by is not None and str(slice_.params.get(dataset.partitioned_by)) == partition


def _missing_key(dataset: Dataset, settings: Settings) -> str | None:
    if dataset.needs_key is None or getattr(settings, dataset.needs_key) is not None:
        return None
    return dataset.needs_key.upper()


def _is_too_old(dataset: Dataset, good: datetime | None) -> bool:
    """Whether the slice's last good answer, new or unchanged, is older than the dataset allows."""
    return good is None or _has_aged(dataset, good)


def _has_aged(dataset: Dataset, good: datetime | None) -> bool:
    """Whether the slice was captured before, and its last good answer is older than the dataset allows."""
    return good is not None and datetime.now(UTC) - good > dataset.max_age
