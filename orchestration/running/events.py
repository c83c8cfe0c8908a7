"""Changes that people should know about: sources that began to fail, recovered, or became too old.

What belongs here: finding those changes in the record of attempts (attempts.jsonl), so that no second record could
disagree. What does not: whether a run itself failed (health), sending messages (notify).

An event is a change. A source that fails for a week causes one message in the first run, and one more when it has
become too old or fails in another way; then again when it has recovered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestration import sources
from orchestration.landing import attempts
from orchestration.landing.attempts import Open
from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings
from orchestration.sources.base import Dataset

Kind = Literal["run_failed", "gate_refused", "source_failed", "source_too_old", "source_recovered", "all_well"]
WORDS: dict[Kind, str] = {
    "run_failed": "run failed",
    "gate_refused": "release refused",
    "source_failed": "failing",
    "source_too_old": "too old",
    "source_recovered": "recovered",
    "all_well": "all is well again",
}
_FAULTS = ("failed", "rejected", "held")
_SOME = 3


@dataclass(frozen=True)
class Event:
    """One change. subject: the dataset or the job that it is about."""

    kind: Kind
    subject: str
    text: str

    def line(self) -> str:
        return f"{WORDS[self.kind]}: {self.text}"


@dataclass(frozen=True)
class Changes:
    """What a run changed at the sources, and whether any fault was open before and after it."""

    events: list[Event]
    was_faulty: bool
    is_faulty: bool


def of_run(settings: Settings, run_id: str) -> Changes:
    """What the attempts of this run changed, dataset by dataset."""
    found: list[Event] = []
    was = now = False
    for dataset in sources.DATASETS.values():
        folder = settings.landing_dir / dataset.source / dataset.name
        entries = attempts.attempted(folder)
        before, after = _around(entries, run_id, live=settings.edition == "live")
        was, now = was or _is_faulty(before), now or _is_faulty(after)
        gone = {slice_ for line in entries if line.get("run") == run_id for slice_ in line.get("gone", ())}
        if changed := _changed([one for one in before if one.slice not in gone], after):
            serving = _serving(settings, dataset)
            found += [Event(kind, dataset.id, f"{dataset.id}, {text}; {serving}") for kind, text in changed]
    return Changes(found, was, now)


def _serving(settings: Settings, dataset: Dataset) -> str:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition, only=dataset.id)
    newest = catalog.status(dataset).newest
    return f"serving {newest:%Y-%m-%d}" if newest else "nothing serves"


def _around(entries: Sequence[Mapping[str, Any]], run_id: str, *, live: bool) -> tuple[list[Open], list[Open]]:
    """What was open before a run's first attempt at a dataset, and after its last; both alike if it made none."""
    own = [n for n, line in enumerate(entries) if line.get("run") == run_id]
    first, last = (own[0], own[-1] + 1) if own else (len(entries), len(entries))
    after = attempts.opened(entries[:last], live=live)
    before = attempts.opened(entries[:first], live=live)
    if own and first == 0:
        # A file that grew too large was folded during this run: what is open says since when by itself.
        began = entries[first]["at"]
        before += [one for one in after if one.since.isoformat() < began]
    return before, after


def _is_faulty(open_: Iterable[Open]) -> bool:
    return any(one.status in _FAULTS or one.is_too_old for one in open_)


def _faults(open_: Iterable[Open]) -> dict[str, Open]:
    return {one.slice: one for one in open_ if one.status in _FAULTS}


def _changed(before: Sequence[Open], after: Sequence[Open]) -> list[tuple[Kind, str]]:
    """The changes of one dataset, each with its slices and why."""
    was, now = _faults(before), _faults(after)
    found: list[tuple[Kind, str]] = []
    # A slice that could not be reached and whose response is now rejected has a different fault.
    new = [one for key, one in now.items() if key not in was or was[key].status != one.status]
    if new:
        # The publisher's own failure comes before the slices that were not requested because of it.
        first = min(new, key=lambda one: (one.reason.startswith(attempts.NOT_ASKED), one.slice))
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        how = "" if first.status == "failed" else f"{first.status}: "
        found.append(("source_failed", f"{_name(first)}{more}: {how}{first.reason}"))
    was_old, is_old = ({one.slice: one for one in open_ if one.is_too_old} for open_ in (before, after))
    if old := [one for key, one in is_old.items() if key not in was_old]:
        since = min(one.since for one in old)
        found.append(("source_too_old", f"{_names(old)}: no good answer young enough, failing since {since:%Y-%m-%d}"))
    if back := [one for key, one in was.items() if key not in now]:
        rest = f"; {len(now)} still failing" if now else ""
        since = min(one.since for one in back)
        found.append(("source_recovered", f"{_names(back)}, failing since {since:%Y-%m-%d}{rest}"))
    return found


def _name(one: Open) -> str:
    return "all of it" if one.slice == attempts.ALL else one.slice


def _names(open_: Sequence[Open]) -> str:
    names = [_name(one) for one in open_]
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")
