"""One refresh: Dagster's `refresh` job run in this process, and the account of it.

What belongs here: the lock, the run, its exit code and what a person is told at
the end. What does not: how captures, the build or the gate work.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestration import ending, logs, sources
from orchestration.landing.accept import of_slice
from orchestration.landing.catalog import Catalog
from orchestration.release import history
from orchestration.settings import Settings

# 1 is a fault of ours: a step broke that is neither a publisher's nor the gate's doing.
PUBLISHED, BROKEN, USAGE, REFUSED, SOURCE_TOO_OLD, ANOTHER_RUNS = 0, 1, 2, 3, 4, 5

_DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
event_log_storage:
  module: orchestration.event_log
  class: OpenSqliteEventLogStorage
  config:
    base_dir: {event_log}
"""


class AnotherRefreshRuns(Exception):
    """The lock is held: two refreshes never run at once."""


@dataclass
class Account:
    """What a refresh did: the exit code and everything the summary says."""

    exit_code: int
    run_id: str
    nights: list[dict[str, Any]] = field(default_factory=list)
    release: str | None = None
    published: bool = False
    findings: list[dict[str, str]] = field(default_factory=list)
    error: str | None = None
    # Every source that is not fine, in one line each; and those that make the exit code 4.
    sources: list[str] = field(default_factory=list)
    too_old: list[str] = field(default_factory=list)


def dagster_home(settings: Settings) -> Path:
    """The instance folder, made with telemetry off and one step at a time a pool."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        event_log = json.dumps(str(home / "history" / "runs"))
        config.write_text(_DAGSTER_YAML.format(event_log=event_log), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    return home


def refresh(
    settings: Settings,
    *,
    only_sources: Sequence[str] = (),
    slices: Sequence[str] = (),
    as_of: date | None = None,
    accept: dict[str, str] | None = None,
    force: bool = False,
) -> Account:
    """Run the `refresh` job in this process.

    only_sources: publishers' names (``usaspending``) or datasets (``fbi/agencies``); empty means all.
    slices: ``source/dataset=KEY``.
    accept: a check of the gate, or ``volume:source/dataset=KEY`` of a capture -> why it is accepted this once.
    Raises AnotherRefreshRuns where the lock is held, KeyError for a source or a check that does not exist.
    """
    selected = [d for d in sources.DATASETS.values() if not only_sources or {d.source, d.id} & set(only_sources)]
    if unknown := set(only_sources) - {name for d in sources.DATASETS.values() for name in (d.source, d.id)}:
        there_are = ", ".join(sorted({d.source for d in sources.DATASETS.values()}))
        raise KeyError(f"no source {sorted(unknown)[0]!r}; there are: {there_are}")
    for name in accept or {}:
        if named := of_slice(name):
            sources.get(named[1])
    settings.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.root / "refresh.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise AnotherRefreshRuns(f"another refresh runs ({lock.lock_file} is held): wait for it") from None
    run_id, started = str(uuid.uuid4()), datetime.now(UTC)
    try:
        with logs.of_run(run_id):
            ending.begun(settings, run_id)
            try:
                account = _run(settings, run_id, selected, slices, as_of, accept or {}, force)
            except BaseException as error:
                ending.ended(settings, _broken_off(run_id, started, error))
                raise
            ending.ended(settings, _ended(account, started))
        return account
    finally:
        lock.release()


def _broken_off(run_id: str, started: datetime, error: BaseException) -> ending.Ended:
    is_wanted = not isinstance(error, Exception)
    return ending.Ended(
        run_id,
        "refresh",
        ending.COMMAND_LINE,
        started,
        "interrupted" if is_wanted else "failed",
        error="" if is_wanted else str(error),
        trouble="" if is_wanted else type(error).__name__,
    )


def _ended(account: Account, started: datetime) -> ending.Ended:
    outcomes: dict[int, ending.Outcome] = {
        PUBLISHED: "published" if account.published else "nothing new",
        REFUSED: "gate refused",
        SOURCE_TOO_OLD: "source too old",
    }
    findings = sorted(finding.get("check", "") for finding in account.findings)
    return ending.Ended(
        account.run_id,
        "refresh",
        ending.COMMAND_LINE,
        started,
        outcomes.get(account.exit_code, "failed"),
        exit_code=account.exit_code,
        error=account.error or "",
        # the step, or what the gate found: the same failure of another night reads the same
        trouble="; ".join(findings) or (account.error or "").partition(":")[0],
        release=account.release,
    )


def _run(
    settings: Settings,
    run_id: str,
    selected: Sequence[sources.Dataset],
    slices: Sequence[str],
    as_of: date | None,
    accept: dict[str, str],
    force: bool,
) -> Account:
    dagster_home(settings)
    _share_settings(settings)
    # Dagster takes seconds to import: only the commands that run it pay.
    import dagster as dg

    from orchestration.assets.capture import asset_key
    from orchestration.assets.warehouse import LANDING_KEYS
    from orchestration.definitions import defs

    # The run's record holds the log; the screen holds the progress. The third tells of a night without news that
    # the candidate goes on ungated, of checks of models that were not built: the candidate is skipped as they are.
    for name in ("dagster", "dagster.builtin", "dagster._core.execution.plan.active"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    job = defs().resolve_job_def("refresh")
    keys = set(job.asset_layer.executable_asset_keys) & set(job.asset_layer.selected_asset_keys)
    captures = {asset_key(dataset) for dataset in sources.DATASETS.values()}
    wanted = (keys - captures) | {asset_key(dataset) for dataset in selected} | set(LANDING_KEYS)
    options = {
        "edition": settings.edition,
        "as_of": as_of.isoformat() if as_of else "",
        "landing": str(settings.landing_dir),
        "slices": list(slices),
        "accept": accept,
        "force": force,
    }
    logs = settings.build_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    # dbt's own lines go to a file: the screen holds the progress.
    with (
        dg.DagsterInstance.get() as instance,
        (logs / "dbt.out").open("w", encoding="utf-8") as dbt_lines,
        redirect_stdout(dbt_lines),
    ):
        result = job.execute_in_process(
            run_config={
                "resources": {"options": {"config": options}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            asset_selection=sorted(wanted),
            raise_on_error=False,
            run_id=run_id,
            tags={"clawback/edition": settings.edition, ending.STARTED_BY_TAG: ending.COMMAND_LINE},
        )
    return _account(settings, result)


def _share_settings(settings: Settings) -> None:
    """What the command line overrode holds for dbt's process and for Dagster's definitions too."""
    os.environ["CLAWBACK_HOME"] = str(settings.root)
    os.environ["CLAWBACK_EDITION"] = settings.edition


def _account(settings: Settings, result: Any) -> Account:
    account = Account(PUBLISHED, result.run_id)
    for event in result.all_events:
        if event.is_step_materialization:
            metadata = event.materialization.metadata
            if "night" in metadata:
                account.nights.append(metadata["night"].value)
            if "release" in metadata:
                account.published, account.release = True, str(metadata["release"].value)
        if event.is_step_failure:
            _failure(account, event)
    if account.release is None and (last := history.last_release(settings)):
        account.release = last.id
    if account.exit_code == PUBLISHED and any(night["too_old"] for night in account.nights):
        account.exit_code = SOURCE_TOO_OLD
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    late = {night["dataset"] for night in account.nights if night["too_old"]}
    for dataset in sources.DATASETS.values():
        told = catalog.status(dataset)
        if told.why or told.too_old:
            account.sources.append(told.line())
            if dataset.id in late:
                account.too_old.append(told.line())
    return account


def _failure(account: Account, event: Any) -> None:
    data = event.event_specific_data
    metadata = getattr(data.user_failure_data, "metadata", None) or {}
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
