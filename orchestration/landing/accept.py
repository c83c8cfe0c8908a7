"""The checks that decide whether a capture is accepted: fields, counts, volume and dates.

What belongs here: pure functions from measurements to a Check with a sentence. What does not: reading or writing files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from orchestration.landing.form import Check
from orchestration.landing.measure import Measure, Shared
from orchestration.sources.base import Dataset, NoSuch


class LastSeen(Protocol):
    """What a check needs of the capture before."""

    @property
    def capture_id(self) -> str: ...

    @property
    def fields(self) -> Sequence[str]: ...

    @property
    def counted(self) -> Mapping[str, int]: ...


# What compares a capture with those before it: a person may know that the change is true. Whether its records can be
# read, and add up to what the publisher counts, nobody can accept away.
AGAINST_THE_PAST = ("volume", "units", "filled", "varied")


def of_slice(name: str) -> tuple[str, str, str] | None:
    """`volume:source/dataset=SLICE` as check, dataset and slice; None for anything else: a check of the gate.

    Raises NoSuch if it has that form and names a check that nobody can accept away.
    """
    match = re.fullmatch(r"([a-z_]+):([a-z0-9_]+/[a-z0-9_]+)=(.+)", name)
    if match is None:
        return None
    if match[1] not in AGAINST_THE_PAST:
        raise NoSuch(f"of a capture can be accepted {', '.join(AGAINST_THE_PAST)}; not {match[1]!r}")
    return match[1], match[2], match[3]


def by_slice(accepted: Mapping[str, str], dataset_id: str) -> dict[str, dict[str, str]]:
    """The checks of a dataset's captures that a person accepts: by slice, each with the reason."""
    found: dict[str, dict[str, str]] = {}
    for name, reason in accepted.items():
        if (named := of_slice(name)) and named[1] == dataset_id:
            found.setdefault(named[2], {})[named[0]] = reason
    return found


def form(malformed: list[str], last: LastSeen | None = None) -> Check:
    """Whether every payload had a form that its source can read; if not, the detail also says what the last one had."""
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


def too_many_unreadable(bad: int, records: int, bound: float) -> bool:
    """Whether so many unreadable records are more than a capture may have; bound: a share of its records."""
    allowed = max(bound * records, 1 if bound else 0)
    return bad > allowed or (0 < bad == records and bound < 1)


def readable(dataset: Dataset, slice_key: str, measured: Measure) -> Check:
    """Not too many records that cannot be read: a value of another type, or none where there must be one.

    Too many is more than the dataset's bound allows, but one record alone is no share: what staging would quarantine
    of a small capture must not cost the others. Where none at all can be read, or where the bound is 0 because a
    missing record is a statement (it would end a listing), one is too many.
    """
    bad, records = measured.unreadable, measured.records
    share = dataset.unreadable_bound(slice_key)
    too_many = too_many_unreadable(bad, records, share)
    messages = []
    for name, field in sorted(measured.fields.items(), key=lambda item: -item[1].untyped):
        type_ = dataset.types.get(name)
        if type_ and field.untyped:
            some = ", ".join(repr(example[:60]) for example in field.examples)
            messages.append(f"{name!r} is not {type_.words} in {field.untyped:,} ({some})")
            too_many |= type_.keeps_record and too_many_unreadable(field.untyped, records, Dataset.max_unreadable)
        if type_ and field.empty and type_.may_be_empty == "never" and name in measured.required:
            messages.append(f"{name!r} is empty in {field.empty:,}")
    if not messages:
        return Check(name="readable", passed=True, detail=f"every one of {records:,} records can be read")
    bound = f"at most {share:.0%}" if share else "none may be missing from this list"
    detail = f"{bad:,} of {records:,} records cannot be read ({bad / records:.1%}, {bound}): {'; '.join(messages[:5])}"
    return Check(name="readable", passed=not too_many, detail=detail)


# Of fewer records it is chance that a field is empty, or the same, in all of them.
FEW_RECORDS = 20


def filled(
    dataset: Dataset,
    measured: Measure,
    last: Measure | None,
    *,
    holds_all: bool,
    shared: Shared | None = None,
) -> Check:
    """No required field became empty.

    Of a slice that holds all, the share of empty values is compared with the last accepted capture's: more than the
    dataset's bound above it is too much, but not one record alone. An increment is no sample of the whole, so there,
    and where there is no capture to compare with, a field counts as gone only where all of some records lack it.

    shared: the records that the last capture has too, if only these are compared.
    """
    messages, bound = [], dataset.max_unreadable or Dataset.max_unreadable
    for name in measured.required:
        field, type_ = measured.fields.get(name), dataset.types.get(name)
        if field is None or not field.empty:
            continue
        before = last.fields.get(name) if last and last.records else None
        was = before.empty / last.records if last and before else None
        is_gone = field.empty == measured.records >= FEW_RECORDS
        empty, of, words = field.empty, measured.records, "records"
        # A part of the key by which records are found again is empty in none that was.
        is_of_key = name in dataset.grows_by
        if shared is not None and was is not None and shared.were and not is_gone and not is_of_key:
            empty, of, words = shared.empty[name], shared.records, "records that came before"
            was = shared.were_empty[name] / shared.were
        against = f" ({was:.1%} in the last accepted capture)" if was is not None else ""
        # One record more or less of a small capture is no share.
        excess = empty - was * of if was is not None else 0
        rose = was is not None and excess > max(bound * of, 1) and empty > 1
        if (
            (holds_all and rose)
            or (is_gone and was is not None and was < 0.5)
            or (is_gone and was is None and type_ is not None and type_.may_be_empty != "all")
        ):
            messages.append(f"{name!r} is empty in {empty:,} of {of:,} {words}{against}")
    detail = "; ".join(messages[:5]) or "no required field became empty"
    return Check(name="filled", passed=not messages, detail=detail)


# A field with fewer values than this may well come with one alone.
FEW_VALUES = 5


def varied(
    dataset: Dataset, measured: Measure, last_records: int, values: Mapping[str, int], *, holds_all: bool
) -> Check:
    """No field has one value in all records that had different ones before, and the key identifies each record.

    values: how many values the last accepted capture's fields have, of those that have one here. Of an increment, and
    of few records, only fields count of which nearly every record had its own: twenty matters may well be introduced
    on one day.
    """
    messages = []
    if measured.records >= FEW_VALUES <= last_records:
        are_many = measured.records >= FEW_RECORDS <= last_records
        enough = FEW_VALUES if holds_all and are_many else max(0.9 * last_records, FEW_VALUES)
        messages = [
            f"{name!r} holds one value in all of {measured.records:,} records, about {values[name]:,} in the last"
            f" accepted capture's {last_records:,}"
            for name, field in measured.fields.items()
            if field.is_constant and values.get(name, 0) >= enough
        ]
    repeats = measured.repeats or 0
    if measured.records >= FEW_RECORDS and repeats * 2 > measured.records:
        messages.append(f"{repeats:,} of {measured.records:,} records repeat a key ({', '.join(dataset.key)})")
    return Check(name="varied", passed=not messages, detail="; ".join(messages[:5]) or "the records differ as they did")


def keys_differ(dataset: Dataset, measured: Measure, *, is_counted: bool) -> Check:
    """No key repeats if the publisher counts its records or gives each once: a repeat means that another is missing."""
    repeats = measured.repeats or 0
    detail = f"{repeats:,} of {measured.records:,} records repeat a key ({', '.join(dataset.key) or 'none declared'})"
    may = not (is_counted or dataset.gives_each_key_once)
    messages = f"{detail}: as many others did not come" if repeats and not may else detail
    return Check(name="told_apart", passed=may or not repeats, detail=messages)


def control_total(counted: Mapping[str, int], totals: Mapping[str, int]) -> Check:
    """The number of records equals the publisher's own counts, if it gives any."""
    if not totals:
        return Check(name="control_total", passed=True, detail="the publisher gives no count")
    compared = [f"{counted.get(name, 0):,} {name}, the publisher counts {total:,}" for name, total in totals.items()]
    passed = all(counted.get(name, 0) == total for name, total in totals.items())
    return Check(name="control_total", passed=passed, detail="; ".join(compared))


def volume(dataset: Dataset, slice_key: str, records: int, last: int | None, year: int | None = None) -> Check:
    """Not far fewer records (or what they count) than the slice's last accepted capture, whatever its form.

    year: what the year before knew (baseline.of_year); falls that are small each time add up against it.
    """
    if not dataset.holds_all(slice_key) or not last or (dataset.may_be_withdrawn and records == 0):
        return Check(name="volume", passed=True, detail="nothing to compare with")
    against = max(last, year or 0)
    ratio = records / against
    what = dataset.volume_counts or "records"
    then = "last time" if against == last else "within a year"
    detail = f"{records:,} {what} against {against:,} {then} ({ratio:.0%}; at least {dataset.min_volume_ratio:.0%})"
    return Check(name="volume", passed=ratio >= dataset.min_volume_ratio, detail=detail)


# Units that publishers count in differ by this much at least: dollars and cents, persons and thousands.
OTHER_UNITS = 20.0


def units(medians: Mapping[str, float], last: Mapping[str, float]) -> Check:
    """No number became a multiple of what it was in all of a slice: dollars are not thousands of dollars.

    Both are medians of the values that are not 0, by field.
    """
    messages = [
        f"{name!r} is {now:,.6g} in the median record, {last[name]:,.6g} in the last accepted capture's"
        for name, now in medians.items()
        if name in last and not 1 / OTHER_UNITS < now / last[name] < OTHER_UNITS
    ]
    return Check(
        name="units", passed=not messages, detail="; ".join(messages[:5]) or "numbers are of the size that they were"
    )


def neighbours(dataset: Dataset, records: int, before: int | None, after: int | None) -> Check:
    """A snapshot that differs from both its neighbors by more than the dataset's bound, in one direction, fails."""
    bound = dataset.max_volume_change
    if bound is None or before is None or after is None:
        return Check(name="neighbours", passed=True, detail="no neighbor on both sides")
    changes = [(records - n) / max(n, 1) for n in (before, after)]
    off = all(change > bound for change in changes) or all(change < -bound for change in changes)
    detail = f"{records:,} records between {before:,} before and {after:,} after (bound {bound:.0%})"
    return Check(name="neighbours", passed=not off, detail=detail)


def unconfirmed_fall(dataset: Dataset, records: int, before: int) -> Check:
    """The newest snapshot has not fallen by more than the bound; if it has, the next one must confirm it."""
    bound = dataset.max_volume_change or 1.0
    fallen = (before - records) / max(before, 1)
    detail = (
        f"{records:,} records after {before:,} before: a fall of {fallen:.0%} (bound {bound:.0%}) waits for the next"
        " capture"
    )
    return Check(name="unconfirmed_fall", passed=fallen <= bound, detail=detail)


def misdated(dataset: Dataset, newest: date | None, retrieved_at: datetime) -> Check:
    """No date in a snapshot is later than the day on which it was taken; otherwise that day is wrong."""
    if not dataset.content_precedes_capture or newest is None:
        return Check(name="misdated", passed=True, detail="the content has no dates that must precede the capture")
    detail = f"the content's newest day is {newest}, the capture's is {retrieved_at:%Y-%m-%d}"
    return Check(name="misdated", passed=newest <= retrieved_at.date(), detail=detail)
