"""The record of attempts: one line for each run, import or backfill of a dataset, with what failed.

What belongs here: writing those lines, and finding the slices that are open: their last attempt brought no usable
capture. What does not: captures (capture.json describes what arrived), the state of a dataset (standing).

``attempts.jsonl`` is stored beside a dataset's captures. A line records when and how the publisher was requested, the
number of slices, which of them failed (grouped by status and reason), and which open slices succeeded. Lines are
appended whole. If a kill or a full disk cuts a line short, readers skip it, and the next line starts after it. When the
file exceeds ``LARGEST_FILE``, it is compacted into one line that says what is open and since when; of earlier attempts
only that outcome is known.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from orchestration import files, logs
from orchestration.settings import Edition

log = logging.getLogger(__name__)

ATTEMPTS_FILE = "attempts.jsonl"
# A run in which three thousand slices fail, each for a reason of its own, is about half a megabyte.
LARGEST_FILE = 4 * 1024**2
LONGEST_REASON = 300
# No slice that is requested again and again waits longer for its turn.
NOT_DUE_AT_MOST = timedelta(days=31)
# No host's lines come later than this into another's file.
LATEST_OF_ANOTHER_HOST = timedelta(days=14)
# Stands for a dataset as a whole: its slices could not be listed, or none was requested.
ALL = "*"
# How the reason of a slice begins whose publisher was given up before its turn.
NOT_ASKED = "not asked for"

Way = Literal["nightly", "backfill", "import"]
# `left`: not requested in this run, without anybody's fault; `file`: an imported file that was not accepted.
Bad = Literal["failed", "rejected", "held", "skipped", "left", "file"]


@dataclass(frozen=True)
class Open:
    """A slice whose last attempt brought no usable capture."""

    slice: str
    status: Bad
    reason: str
    # The first attempt without success since the last good one, and the last.
    since: datetime
    last: datetime
    edition: str
    # At the last attempt its last good answer was older than the dataset allows, or there was none.
    is_too_old: bool = False


def lines(path: Path, *keys: str) -> list[dict[str, Any]]:
    """The lines with these keys, oldest first. Other lines, incomplete or foreign, are skipped and logged."""
    read = files.read_lines(path)
    found = [line for line in read.values if line.keys() >= set(keys)]
    foreign = len(read.values) - len(found)
    if read.passed_over or foreign:
        log.warning("%s: %d lines were cut short or are foreign: passed over", path, len(read.passed_over) + foreign)
    return found


def attempted(folder: Path) -> list[dict[str, Any]]:
    """The attempts at a dataset, oldest first. folder: the dataset's, in the landing folder.

    Lines of another host come later than their time (object_storage). A line that is dated long after one that follows
    it in the file was written by a clock that was ahead: it stands where it is in the file. Else what failed then would
    be the last word until that day has come.
    """
    found = lines(folder / ATTEMPTS_FILE, "at", "edition", "bad", "good")
    when = [datetime.fromisoformat(line["at"]) for line in found]
    earliest_after = [*reversed(list(accumulate(reversed(when), min)))]
    order = [
        after if moment - after > LATEST_OF_ANOTHER_HOST else moment
        for moment, after in zip(when, earliest_after, strict=True)
    ]
    return [line for _, line in sorted(zip(order, found, strict=True), key=lambda one: one[0])]


def alone(folder: Path) -> FileLock:
    """The lock under which the attempts of a dataset's folder are written."""
    return FileLock(folder / ".attempts.lock")


# Nine facts of one line of the file, all but the folder by name.
def record(
    folder: Path,
    *,
    way: Way,
    edition: Edition | Literal["import"],
    asked: int,
    bad: Iterable[tuple[str, Bad, str]],
    good: Collection[str],
    too_old: Collection[str] = (),
    whole: bool = False,
    gone: Collection[str] = (),
    home: Path | None = None,
) -> None:
    """Add what became of one attempt at a dataset.

    Raises files.CannotWrite.
    folder: the dataset's, in the landing folder. asked: slices requested. bad: slice, status, reason.
    good: the slices that succeeded, with new content or without. too_old: those of the bad that make a refresh exit 4.
    whole: a usual run, which also says that the dataset can be asked (closes ``*``). gone: open slices that no run
    requests any more (they are closed). home: written as ``.`` where a reason names it: the folder may be moved.
    """
    path = folder / ATTEMPTS_FILE
    with files.telling_refusals(path):
        folder.mkdir(parents=True, exist_ok=True)
    with files.telling_refusals(path), alone(folder):
        of_it = {one.slice: one for one in opened(attempted(folder)) if edition in (one.edition, "import")}
        groups: dict[tuple[Bad, str, bool], list[str]] = {}
        for slice_, status, reason in bad:
            groups.setdefault((status, _reason_to_keep(reason, home), slice_ in too_old), []).append(slice_)
        failed = {slice_ for slices in groups.values() for slice_ in slices}
        came = (of_it.keys() & set(good)) - failed
        if whole and ALL not in failed:
            came |= {ALL} & of_it.keys()
        line = {
            "at": datetime.now(UTC).replace(microsecond=0).isoformat(),
            "way": way,
            "edition": edition,
            # the run that asked; an import has none
            **({"run": run} if (run := logs.run_id()) else {}),
            "asked": asked,
            "bad": [
                {"status": status, "reason": reason, "too_old": is_too_old, "slices": slices}
                for (status, reason, is_too_old), slices in groups.items()
            ],
            "good": sorted(came),
            **({"gone": left} if (left := sorted(of_it.keys() & set(gone) - failed)) else {}),
        }
        files.append_line(path, line)
        if path.stat().st_size > LARGEST_FILE:
            _fold(path)


def opened(entries: Iterable[Mapping[str, Any]], *, as_of: date | None = None, live: bool = False) -> list[Open]:
    """What is open after these lines, ordered by slice.

    A success of the recorded edition says nothing of a publisher that failed; a file that was brought does, because
    it serves in every edition. as_of: lines of later days (UTC) are not known yet. live: the recorded edition's
    attempts are left out.
    """
    found: dict[tuple[str, str], Open] = {}
    for line in entries:
        at, edition = datetime.fromisoformat(line["at"]), line["edition"]
        if (as_of is not None and at.date() > as_of) or (live and edition == "recorded"):
            continue
        for slice_ in [*line["good"], *line.get("gone", ())]:
            for each in ("live", "recorded", "import") if edition == "import" else (edition,):
                found.pop((slice_, each), None)
        for group in line["bad"]:
            for slice_ in group["slices"]:
                before = found.get((slice_, edition))
                noted_since = group.get("since")
                since = datetime.fromisoformat(noted_since) if noted_since else before.since if before else at
                found[slice_, edition] = Open(
                    slice_, group["status"], group["reason"], since, at, edition, group["too_old"]
                )
    return sorted(found.values(), key=lambda one: (one.slice, one.edition))


def open_slices(folder: Path, edition: Edition) -> set[str]:
    """The slices of a dataset that are open in an edition."""
    return {one.slice for one in opened(attempted(folder)) if one.edition == edition}


def gone(
    folder: Path,
    edition: Edition,
    *,
    listed: Collection[str],
    answered: Callable[[str], datetime | None] = lambda slice_: None,
) -> list[str]:
    """The open slices that no run requests any more: they left the list, and their fault would never end.

    listed: every slice that is known to be requested. answered: when a slice last came; one that came lately may be
    missing from the list only because it is not due yet.
    """
    lately = datetime.now(UTC) - NOT_DUE_AT_MOST
    came = {slice_: answered(slice_) for slice_ in open_slices(folder, edition) - set(listed) - {ALL}}
    return sorted(slice_ for slice_, when in came.items() if when is None or when < lately)


def _reason_to_keep(reason: str, home: Path | None) -> str:
    if home is not None:
        reason = reason.replace(str(home), ".")
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 3] + "..."


def _fold(path: Path) -> None:
    """Replace all lines by one: what is open, by edition, and since when."""
    entries = attempted(path.parent)
    folded = []
    still = opened(entries)
    for edition in sorted({line["edition"] for line in entries}):
        groups: dict[tuple[str, str, str, bool], list[str]] = {}
        for one in still:
            if one.edition == edition:
                alike = (one.status, one.reason, one.since.isoformat(), one.is_too_old)
                groups.setdefault(alike, []).append(one.slice)
        bad = [
            {"status": status, "reason": reason, "since": since, "too_old": is_too_old, "slices": slices}
            for (status, reason, since, is_too_old), slices in groups.items()
        ]
        last = next(line for line in reversed(entries) if line["edition"] == edition)
        folded.append({**last, "bad": bad, "good": [], "gone": []})
    folded.sort(key=lambda line: str(line["at"]))
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in folded)
    files.write_whole(path, text)
