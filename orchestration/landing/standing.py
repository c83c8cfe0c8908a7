"""The state of a dataset: which captures are in use, as of when, and what has failed since when.

What belongs here: the one answer that status, doctor, meta.source_status, the last lines of a refresh and Dagster all
show. What does not: which captures are in use (serving), the record of attempts (attempts).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestration.landing import attempts
from orchestration.landing.serving import Captures
from orchestration.sources.base import Dataset

State = Literal["nothing captured", "damaged", "failing", "stale", "skipped", "serving"]


@dataclass(frozen=True)
class SourceStatus:
    """The state of one dataset, as status, doctor, meta.source_status, a refresh's last lines and Dagster show it."""

    dataset: str
    kinds: str
    captures: int
    rejected: int
    # Accepted, but on hold until the captures before and after confirm them.
    held: int
    # No longer what was landed: kept, named and not read.
    damaged: int
    records: int
    newest: datetime | None
    checked: datetime | None
    state: State
    # Slices whose last attempt failed, was rejected or is on hold; and those that could not be requested.
    failed: int
    skipped: int
    failed_since: datetime | None
    # Why, with the slices; or why the captures in use are stale. None if nothing is wrong.
    why: str | None
    # Slices whose last good answer is older than the dataset allows: a refresh that requests them exits 4.
    too_old: list[str]

    @property
    def is_fine(self) -> bool:
        return self.state == "serving" and not self.failed and not self.damaged and not self.too_old

    def line(self) -> str:
        """One line for people: what is in use as of when, and what is wrong since when."""
        serves = f"serving {self.newest:%Y-%m-%d}" if self.newest else "nothing serves"
        since = f" since {self.failed_since:%Y-%m-%d %H:%M}" if self.failed_since else ""
        late = f"; older than allowed: {_some(self.too_old)}" if self.too_old else ""
        return f"{self.dataset}: {self.state}{since}, {serves}{': ' + self.why if self.why else ''}{late}"


def status(captures: Captures, dataset: Dataset) -> SourceStatus:
    """How a dataset stands by the captures and attempts that are known."""
    every, serving, held = captures.captures(dataset.id), captures.serving(dataset), captures.on_hold(dataset)
    stale, damaged = [c for c in serving if captures.is_stale(c)], captures.damaged(dataset.id)
    open_ = captures.open(dataset)
    failed = [one for one in open_ if one.status in ("failed", "rejected", "held")]
    skipped = [one for one in open_ if one.status == "skipped"]
    state: State = "serving"
    if damaged:
        state = "damaged"
    elif not serving:
        state = "nothing captured"
    elif any(one.status == "failed" for one in failed):
        state = "failing"
    elif stale or failed:
        state = "stale"
    elif any(one.slice == attempts.ALL for one in skipped):
        state = "skipped"
    refused = [one for one in open_ if one.status == "file"]
    whys = [_reasons(group) for group in (failed, skipped, refused) if group]
    whys += [f"damaged {one.capture_id}: {one.what}" for one in damaged[:3]]
    if damaged:
        more = f"{len(damaged) - 3} more damaged; " if len(damaged) > 3 else ""
        whys.append(f"{more}clawback doctor names each with its way out")
    if stale:
        whys.append("stale: " + _some([captures.silent.get(c.capture_id, c.slice) for c in stale]))
    return SourceStatus(
        dataset=dataset.id,
        kinds=", ".join(sorted({c.kind for c in serving})),
        captures=len(serving),
        rejected=sum(c.status == "rejected" for c in every),
        held=len(held),
        damaged=len(damaged),
        records=sum(c.records for c in serving),
        newest=max((c.retrieved_at for c in serving), default=None),
        checked=captures.last_checked(dataset),
        state=state,
        failed=len(failed),
        skipped=len(skipped),
        failed_since=min((one.since for one in failed), default=None),
        why="; ".join(whys) or None,
        too_old=[one.slice for one in open_ if one.is_too_old],
    )


def _reasons(open_: Sequence[attempts.Open]) -> str:
    """The most frequent failure, with some of its slices, and how many more for other reasons.

    A fault that the publisher made comes before the slices that were not requested because of it.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in open_:
        groups[one.status, one.reason].append(one.slice)
    (status, reason), slices = max(
        groups.items(), key=lambda group: (not group[0][1].startswith(attempts.NOT_ASKED), len(group[1]))
    )
    of = "" if slices == [attempts.ALL] else f" {_some(slices)}"
    rest = len(open_) - len(slices)
    more = f"; {rest} more for {len(groups) - 1} other {'reason' if len(groups) == 2 else 'reasons'}" if rest else ""
    return f"{'not taken' if status == 'file' else status}{of}: {reason}{more}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
