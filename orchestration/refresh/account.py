"""The result of a refresh: its exit code, what it published, and messages about what went wrong.

What belongs here: reading Dagster's record of the run. What does not: running it (run), how the result looks on a
screen (cli).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Any

from orchestration import files, sources
from orchestration.landing.catalog import Catalog
from orchestration.release import findings, history
from orchestration.settings import Settings

# 1 is a bug of ours: a step broke, and neither a publisher nor the gate was the cause.
PUBLISHED, BROKEN, USAGE, REFUSED, SOURCE_TOO_OLD, ANOTHER_RUNS = 0, 1, 2, 3, 4, 5

# Build, dbt's files, Dagster's records of the run and the new release took ten times the last release's warehouse.
_LEAST_ROOM, _ROOM_BY_RELEASE = 256 * 2**20, 12


@dataclass
class Account:
    """What a refresh did: the exit code and everything the summary says."""

    exit_code: int
    run_id: str
    # What became of each dataset that was requested.
    datasets: list[dict[str, Any]] = field(default_factory=list)
    release: str | None = None
    published: bool = False
    findings: list[dict[str, str]] = field(default_factory=list)
    error: str | None = None
    # Every source that is not fine, in one line each; and those that make the exit code 4.
    sources: list[str] = field(default_factory=list)
    too_old: list[str] = field(default_factory=list)
    # The first failure was the disk's: those that follow from it are not reported.
    is_refused_by_disk: bool = False


def account_of(settings: Settings, result: Any) -> Account:
    account = Account(PUBLISHED, result.run_id)
    for event in result.all_events:
        if event.is_step_materialization:
            metadata = event.materialization.metadata
            if "dataset_run" in metadata:
                account.datasets.append(metadata["dataset_run"].value)
            if "release" in metadata:
                account.published, account.release = True, str(metadata["release"].value)
        if event.is_step_failure:
            _failure(settings, account, event)
    if account.release is None and (last := history.last_release(settings)):
        account.release = last.id
    if account.exit_code == PUBLISHED and any(one["too_old"] for one in account.datasets):
        account.exit_code = SOURCE_TOO_OLD
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    late = {one["dataset"] for one in account.datasets if one["too_old"]}
    for dataset in sources.DATASETS.values():
        status = catalog.status(dataset)
        if status.why or status.too_old:
            account.sources.append(status.line())
            if dataset.id in late:
                account.too_old.append(status.line())
    return account


def _failure(settings: Settings, account: Account, event: Any) -> None:
    data = event.event_specific_data
    if account.is_refused_by_disk:
        return
    if refusal := _refusal(settings, data.error):
        account.exit_code, account.error, account.findings = BROKEN, with_room(settings, refusal), []
        account.is_refused_by_disk = True
        return
    metadata = getattr(data.user_failure_data, "metadata", None) or {}
    if findings.TAKEN_OVER_BY in metadata:
        account.exit_code, account.error = ANOTHER_RUNS, data.user_failure_data.description
        return
    if "findings" in metadata:
        account.exit_code = REFUSED
        account.findings = list(metadata["findings"].value)
        account.error = data.user_failure_data.description
        return
    account.exit_code = account.exit_code or BROKEN
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is not None and error.cls_name == "AnotherPublicationRuns":
        account.exit_code = ANOTHER_RUNS
    account.error = f"{event.step_key}: {error.message.strip() if error else 'failed'}"


def with_room(settings: Settings, refusal: files.CannotWrite) -> str:
    """The message of a refusal; for a full disk also how much room a refresh of this home takes."""
    if refusal.errno != errno.ENOSPC:
        return str(refusal)
    last = history.last_release(settings)
    needed = max(_LEAST_ROOM, _ROOM_BY_RELEASE * last.path.stat().st_size if last else 0)
    return f"{refusal} A refresh needs about {needed // 2**20:,} MiB beside what is kept."


def _refusal(settings: Settings, error: Any) -> files.CannotWrite | None:
    """The disk's refusal in an error that Dagster recorded, or in its causes."""
    while error is not None:
        if found := files.refusal_in(error.message, settings.root):
            return found
        error = error.cause
    # a library may fail on a full disk with words of its own, or with none
    return files.full(settings.root) if files.is_full(settings.root) else None
