"""Whether a capture may be believed: checks on fields, counts, volume, freshness.

What belongs here: pure functions from what was counted to a Check with a
sentence. What does not: reading or writing files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from pydantic import BaseModel

from orchestration.sources.base import Dataset


class LastSeen(Protocol):
    """What a check needs of the capture before."""

    @property
    def capture_id(self) -> str: ...

    @property
    def fields(self) -> Sequence[str]: ...

    @property
    def counted(self) -> Mapping[str, int]: ...


class Check(BaseModel):
    """One check of a capture and what it found."""

    name: str
    passed: bool
    detail: str


def form(malformed: list[str], last: LastSeen | None = None) -> Check:
    """Every payload had the form that its publisher's module knows; where not, what the last one had is said beside."""
    detail = "; ".join(malformed[:3]) or "every payload could be cut into records"
    if malformed and last is not None:
        counts = ", ".join(f"{n:,} {name}" for name, n in last.counted.items())
        detail += f"; the last accepted capture {last.capture_id} had {counts} and the fields {', '.join(last.fields)}"
    return Check(name="form", passed=not malformed, detail=detail)


def fields_present(
    dataset: Dataset, required: Sequence[str], seen: Collection[str], records: int, last: LastSeen | None = None
) -> Check:
    """Every required field was seen, and where the dataset's form is closed no other; says what changed since `last`.

    required: those that the slice must have. A capture without records cannot show its fields.
    """
    missing = [name for name in required if name not in seen] if records else []
    new = sorted(set(seen) - set(dataset.fields))
    detail = f"{len(required)} required fields present"
    if missing:
        detail = "missing: " + ", ".join(repr(name) for name in missing)
    if new:
        detail += "; not declared: " + ", ".join(repr(name) for name in new[:12])
    if last is not None and records:
        gained, lost = sorted(set(seen) - set(last.fields)), sorted(set(last.fields) - set(seen))
        changes = [
            f"{word} {', '.join(map(repr, names[:12]))}" for word, names in (("new", gained), ("gone", lost)) if names
        ]
        if changes:
            detail += f"; against {last.capture_id}: {'; '.join(changes)}"
    unknown_form = bool(new) and dataset.refuses_new_fields
    return Check(name="fields", passed=not missing and not unknown_form, detail=detail)


def control_total(counted: Mapping[str, int], totals: Mapping[str, int]) -> Check:
    """What the records add up to equals the publisher's own counts, where it gives any."""
    if not totals:
        return Check(name="control_total", passed=True, detail="the publisher gives no count")
    said = [f"{counted.get(name, 0):,} {name}, the publisher counts {total:,}" for name, total in totals.items()]
    passed = all(counted.get(name, 0) == total for name, total in totals.items())
    return Check(name="control_total", passed=passed, detail="; ".join(said))


def volume(dataset: Dataset, slice_key: str, records: int, last: int | None) -> Check:
    """Not far fewer records (or what they count) than the slice's last accepted capture of the same shape."""
    if not dataset.holds_all(slice_key) or last is None or last == 0:
        return Check(name="volume", passed=True, detail="nothing to compare with")
    ratio = records / last
    what = dataset.volume_counts or "records"
    detail = f"{records:,} {what} against {last:,} last time ({ratio:.0%}; at least {dataset.min_volume_ratio:.0%})"
    return Check(name="volume", passed=ratio >= dataset.min_volume_ratio, detail=detail)


def neighbours(dataset: Dataset, records: int, before: int | None, after: int | None) -> Check:
    """A snapshot off by more than the dataset's bound from both its neighbours, to the same side, is not believed."""
    bound = dataset.max_volume_change
    if bound is None or before is None or after is None:
        return Check(name="neighbours", passed=True, detail="no neighbour on both sides")
    changes = [(records - n) / max(n, 1) for n in (before, after)]
    off = all(change > bound for change in changes) or all(change < -bound for change in changes)
    detail = f"{records:,} records between {before:,} before and {after:,} after (bound {bound:.0%})"
    return Check(name="neighbours", passed=not off, detail=detail)


def unconfirmed_fall(dataset: Dataset, records: int, before: int) -> Check:
    """The newest snapshot has not fallen by more than the bound; where it has, the next one must confirm it."""
    bound = dataset.max_volume_change or 1.0
    fallen = (before - records) / max(before, 1)
    detail = (
        f"{records:,} records after {before:,} before: a fall of {fallen:.0%} (bound {bound:.0%}) waits for the next"
        " capture"
    )
    return Check(name="unconfirmed_fall", passed=fallen <= bound, detail=detail)


def misdated(dataset: Dataset, newest: date | None, retrieved_at: datetime) -> Check:
    """A snapshot does not tell of days after it was taken: else it was taken later than is said."""
    if not dataset.content_precedes_capture or newest is None:
        return Check(name="misdated", passed=True, detail="the content tells no days that must precede the capture")
    detail = f"the content's newest day is {newest}, the capture's is {retrieved_at:%Y-%m-%d}"
    return Check(name="misdated", passed=newest <= retrieved_at.date(), detail=detail)


def freshness(dataset: Dataset, newest: date | None, retrieved_at: datetime) -> Check:
    """The newest content is not older than the dataset allows, though the answer was 200."""
    if dataset.max_content_age is None or newest is None:
        return Check(name="freshness", passed=True, detail=f"newest content {newest or 'not told'}")
    age = retrieved_at.date() - newest
    detail = f"newest content {newest}, {age.days} days before the capture (at most {dataset.max_content_age.days})"
    return Check(name="freshness", passed=age <= dataset.max_content_age, detail=detail)
