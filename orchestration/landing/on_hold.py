"""Which snapshots of a list are on hold (accepted, but not read), judged by the snapshots before and after them.

What belongs here: a pure function over the known captures. Its answer does not depend on the order in which they came,
and it is computed again when one arrives. What does not: rejecting a capture for its own content (accept).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import log

from orchestration.landing import accept
from orchestration.landing.form import Capture
from orchestration.sources.base import Dataset


def on_hold(
    dataset: Dataset, captures: Sequence[Capture], was_shown_again: Callable[[Capture], bool]
) -> dict[str, str]:
    """The accepted snapshots that must not be read, by capture_id, each with the reason.

    A snapshot that differs from both its neighbors by more than the dataset's bound, below or above both, is on hold
    (a number between them is growth: 360 agreements between 151 and 1,843). The newest one, which has one neighbor
    only, is on hold where it has fallen: a fall would end listings, and waits until another capture, or another
    day's answer with the same content, confirms it.

    captures: those of one dataset that would be in use; was_shown_again: whether the publisher gave the same on a later
    day.
    """
    if dataset.policy != "snapshot" or dataset.max_volume_change is None:
        return {}
    groups: dict[str, list[Capture]] = defaultdict(list)
    for capture in captures:
        # Only captures of the same part of the same list can be compared.
        groups[f"{capture.slice}\x1f{capture.selection}"].append(capture)
    waiting: dict[str, str] = {}
    for group in groups.values():
        believed = sorted(group, key=lambda c: (c.retrieved_at, c.capture_id))
        # The worst first: next to a truncated file its good neighbors look too large.
        while worst := _worst(dataset, believed):
            position, reason = worst
            waiting[believed.pop(position).capture_id] = reason
        if len(believed) > 1:
            last, before = believed[-1], believed[-2]
            check = accept.unconfirmed_fall(dataset, last.records, before.records)
            if not check.passed and not was_shown_again(last):
                waiting[last.capture_id] = check.detail
    return waiting


def _worst(dataset: Dataset, believed: Sequence[Capture]) -> tuple[int, str] | None:
    found: list[tuple[float, int, str]] = []
    for n in range(1, len(believed) - 1):
        before, here, after = (believed[n + step].records for step in (-1, 0, 1))
        check = accept.neighbours(dataset, here, before, after)
        if not check.passed:
            off = min(abs(log(max(here, 1) / max(other, 1))) for other in (before, after))
            found.append((off, n, check.detail))
    if not found:
        return None
    _, position, reason = max(found)
    return position, reason
