"""One dataset's night: every slice asked for, each outcome kept, no slice's failure stopping another.

What belongs here: the loop over slices, the choice of where payloads come
from (the publisher, or the recorded edition's tables), and the account that is
given of it. What does not: Dagster, HTTP, the form of a capture.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from orchestration import faults
from orchestration.fetching.session import FetchError, Web
from orchestration.files import CannotWrite
from orchestration.landing import attempts, clock, integrity, land
from orchestration.landing.catalog import Catalog
from orchestration.progress import say
from orchestration.recorded import build as recorded
from orchestration.settings import Settings
from orchestration.sources.base import Batch, Dataset, Slice
from orchestration.wire import NightOver, Payload, SliceFault, SliceSkipped, SourceError

# After this many slices in a row that no retry could save, the publisher is down: the rest of its
# slices are not asked for tonight.
FAILURES_BEFORE_GIVING_UP = 2

Status = Literal["landed", "held", "unchanged", "empty", "rejected", "failed", "skipped"]


@dataclass(frozen=True)
class SliceNight:
    """What became of one slice."""

    slice: str
    status: Status
    message: str
    records: int = 0
    capture_id: str | None = None
    # What goes on serving where nothing new was accepted; None where nothing serves.
    serving: str | None = None
    # The fault is this slice's own: it does not count towards giving the publisher up.
    is_its_own: bool = False
    # The night was over before these slices were asked for; their next turn comes without anybody's doing.
    waits: bool = False


@dataclass
class Night:
    """What became of one dataset: enough for the summary, the run's records and the exit code."""

    dataset: str
    slices: list[SliceNight] = field(default_factory=list)
    seconds: float = 0.0
    # A slice failed and its last good capture is older than the dataset allows, or there is none.
    too_old: list[str] = field(default_factory=list)
    # By slice: checks that a person lets pass this once, each with the reason.
    accepted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        return sum(1 for night in self.slices if night.status == status)

    @property
    def records(self) -> int:
        return sum(night.records for night in self.slices if night.status == "landed")

    @property
    def failures(self) -> list[SliceNight]:
        return [night for night in self.slices if night.status in ("failed", "rejected", "held")]

    def line(self) -> str:
        """One line for people."""
        words = []
        if landed := self.count("landed"):
            words.append(f"{landed} new capture{'s' * (landed > 1)}, {self.records:,} records")
        for status in ("unchanged", "empty", "held", "rejected", "failed", "skipped"):
            if n := self.count(status):
                said = {"empty": "without news", "held": "held back"}.get(status, status)
                words.append(f"{n} {said}")
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
) -> Night:
    """Capture one dataset as the edition says. Publishers' faults are in the answer, never raised.

    slice_keys: ask only for these slices; empty means those of a usual night.
    partition: ask only for the slices of this fiscal year, state, year, or city and month.
    accepted: by slice, the checks that a person lets pass this once, each with the reason.
    """
    night = Night(dataset.id, accepted=accepted or {})
    started = time.monotonic()
    # a run holds every capture against its digests before it reads it
    integrity.forget(settings.landing_dir / dataset.source / dataset.name)
    try:
        with faults.kept_for(settings):
            if settings.edition == "recorded":
                _recorded_night(dataset, settings, night, slice_keys, partition)
            elif missing_key := _missing_key(dataset, settings):
                message = f"needs {missing_key} in the environment: skipped; what was captured before goes on serving"
                night.slices.append(SliceNight("*", "skipped", message))
            else:
                _live_night(dataset, settings, night, slice_keys, partition, web or Web(settings))
    finally:
        # of a night that was broken off too: what it asked for is known
        _note(dataset, settings, night, is_backfill=partition is not None, is_whole=not (slice_keys or partition))
    night.seconds = round(time.monotonic() - started, 1)
    for failure in [*night.failures, *(s for s in night.slices if s.status == "skipped" and s.is_its_own)]:
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
        f"  {dataset.id}: {night.line()} ({night.seconds:.1f} s)",
        event="dataset",
        source=dataset.source,
        dataset=dataset.id,
        records=night.records,
        seconds=night.seconds,
        statuses=dict(Counter(one.status for one in night.slices)),
    )
    return night


def _note(dataset: Dataset, settings: Settings, night: Night, *, is_backfill: bool, is_whole: bool) -> None:
    """Keep what became of the night beside the dataset's captures; a night that asked for nothing leaves no line."""
    if not night.slices:
        return
    bad: list[tuple[str, attempts.Bad, str]] = []
    for one in night.slices:
        if one.waits:
            bad.append((one.slice, "left", one.message))
        elif one.status == "failed" or one.status == "rejected" or one.status == "held" or one.status == "skipped":
            bad.append((one.slice, one.status, one.message))
    listed = {slice_ for slice_, _, _ in bad}
    over = next((one.message for one in night.slices if one.waits), "not asked for")
    bad += [(slice_, "left", over) for slice_ in night.too_old if slice_ not in listed]
    attempts.record(
        settings.landing_dir / dataset.source / dataset.name,
        way="backfill" if is_backfill else "nightly",
        edition="recorded" if settings.edition == "recorded" or dataset.base_url_setting is None else "live",
        asked=sum(one.slice != attempts.ALL for one in night.slices),
        bad=bad,
        good={one.slice for one in night.slices if one.status in ("landed", "unchanged", "empty")},
        too_old=set(night.too_old),
        whole=is_whole,
        home=settings.root,
    )


def _recorded_night(
    dataset: Dataset, settings: Settings, night: Night, slice_keys: Sequence[str], partition: str | None
) -> None:
    for batch in recorded.batches(dataset.id):
        if slice_keys and batch.slice.key not in slice_keys:
            continue
        if partition and not _in_partition(dataset, batch.slice, partition):
            continue
        night.slices.append(_land(dataset, settings, batch.slice, batch.payloads, batch=batch))


def _live_night(
    dataset: Dataset,
    settings: Settings,
    night: Night,
    slice_keys: Sequence[str],
    partition: str | None,
    web: Web,
) -> None:
    if dataset.base_url_setting is None:
        # Our own tables (the ledger, printed figures): the same in every edition.
        _recorded_night(dataset, settings, night, slice_keys, partition)
        return
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    known = catalog.known(dataset, published=settings.published_file)
    if reason := clock.wrong(catalog.captures(dataset.id)):
        night.slices.append(SliceNight("*", "failed", reason))
        return
    try:
        slices = _wanted(dataset, dataset.slices(settings, known), slice_keys, partition)
    except Exception as error:  # as for a slice: what comes after this dataset in the night must not be skipped for it
        if not isinstance(error, SourceError):
            faults.note(f"{dataset.id}: its slices")
        own = f"a fault of Clawback's own ({type(error).__name__}: {error}; see {faults.FAULTS_FILE})"
        what = str(error) if isinstance(error, SourceError) else own
        night.slices.append(SliceNight("*", "failed", what))
        if _is_too_old(dataset, catalog.last_good(dataset)):
            night.too_old.append("*")
        return
    # By who answers: a city's server that is down says nothing of the next city's.
    in_a_row: Counter[str] = Counter()
    for position, slice_ in enumerate(slices):
        who = dataset.answers_for(slice_)
        if in_a_row[who] >= FAILURES_BEFORE_GIVING_UP:
            down = dataset.publisher if who == dataset.source else who
            message = f"{attempts.NOT_ASKED}: {in_a_row[who]} slices failed in a row, {down} seems to be down"
            night.slices.append(SliceNight(slice_.key, "failed", message))
            if _is_too_old(dataset, known.checked(slice_.key)):
                night.too_old.append(slice_.key)
            continue
        try:
            outcome = _land(
                dataset, settings, slice_, dataset.pull(web, settings, slice_, known),
                accepted=night.accepted.get(slice_.key),
            )  # fmt: skip
        except NightOver as over:
            rest = slices[position:]
            night.slices.append(_over(over, len(rest)))
            say(f"  {dataset.id}: {night.slices[-1].message}")
            if not over.nothing_new:
                night.too_old.extend(s.key for s in rest if _has_aged(dataset, known.checked(s.key)))
            break
        night.slices.append(outcome)
        if not outcome.is_its_own:
            in_a_row[who] = in_a_row[who] + 1 if outcome.status == "failed" else 0
        good = known.checked(slice_.key)
        # A client that closed before it was ever captured has nothing that could grow old.
        never_served = outcome.is_its_own and good is None
        bad = outcome.status in ("failed", "rejected", "held")
        if bad and not never_served and _is_too_old(dataset, good):
            night.too_old.append(slice_.key)


def _wanted(dataset: Dataset, slices: list[Slice], slice_keys: Sequence[str], partition: str | None) -> list[Slice]:
    """Those of a run's slices that were named, or lie in the partition; all of them if neither is given."""
    if partition:
        # A backfill asks its own way (a monthly archive) where a usual run would ask another for the same slice.
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
) -> SliceNight:
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
    except (NightOver, CannotWrite):
        # a disk that refuses is no fault of the publisher's, and every slice would meet it again
        raise
    except SliceSkipped as skipped:
        return SliceNight(
            slice_.key, "skipped", str(skipped), serving=_serving(dataset, settings, slice_), is_its_own=True
        )
    except SliceFault as fault:
        return SliceNight(
            slice_.key, "failed", str(fault), serving=_serving(dataset, settings, slice_), is_its_own=True
        )
    except (SourceError, FetchError) as error:
        return SliceNight(slice_.key, "failed", str(error), serving=_serving(dataset, settings, slice_))
    except Exception as error:  # one dataset's fault, ours included, must not stop the others: kept and reported
        faults.note(f"{dataset.id} slice {slice_.key}")
        message = f"a fault of Clawback's own ({type(error).__name__}: {error}; see {faults.FAULTS_FILE})"
        return SliceNight(slice_.key, "failed", message, serving=_serving(dataset, settings, slice_))
    taken = outcome.capture
    return SliceNight(
        slice_.key,
        outcome.status,
        outcome.message,
        records=taken.records if taken and outcome.status == "landed" else 0,
        capture_id=taken.capture_id if taken else None,
        serving=outcome.serving.capture_id if outcome.serving else None,
    )


def _over(over: NightOver, left: int) -> SliceNight:
    """The end of a night that is no fault, said once for all the slices that are left."""
    if over.nothing_new:
        return SliceNight("*", "empty", f"{over.what}: {left} {'slice' if left == 1 else 'slices'} not asked for")
    return SliceNight("*", "skipped", f"{over.what}: {left} left for the next night, the stalest first", waits=True)


def _serving(dataset: Dataset, settings: Settings, slice_: Slice) -> str | None:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
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
    """Whether the slice's last good answer, with news or without, is older than the dataset allows."""
    return good is None or _has_aged(dataset, good)


def _has_aged(dataset: Dataset, good: datetime | None) -> bool:
    """The same of a slice that may wait for its first turn: what was never captured has not grown old."""
    return good is not None and datetime.now(UTC) - good > dataset.max_age
