"""One refresh: Dagster's `refresh` job, run in this process.

What belongs here: the sequence in which a refresh begins, runs and ends. What does not: its exit code and result
(account), the lock (running.lock), how captures, the build or the gate work.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from datetime import UTC, date, datetime
from typing import Any

from orchestration import engine, files, logs, sources
from orchestration.landing import object_storage, second_process
from orchestration.landing.accept import of_slice
from orchestration.refresh import plan, timeline
from orchestration.refresh.account import BROKEN, PUBLISHED, REFUSED, SOURCE_TOO_OLD, Account, account_of, with_room
from orchestration.release import audit, history, publish
from orchestration.running import ending, runs, stopping, waiting
from orchestration.running.instance import dagster_home, records
from orchestration.running.lock import alone
from orchestration.settings import Settings

# A publication that is under way when a signal comes is waited for.
_SECONDS_FOR_PUBLICATION = 4.0


def refresh(
    settings: Settings,
    *,
    only_sources: Sequence[str] = (),
    slices: Sequence[str] = (),
    as_of: date | None = None,
    accept: dict[str, str] | None = None,
    force: bool = False,
    stop_on_signals: bool = False,
) -> Account:
    """Run the `refresh` job in this process.

    only_sources: publishers' names (``usaspending``) or datasets (``fbi/agencies``); empty means all.
    slices: ``source/dataset=KEY``.
    accept: a check of the gate, or ``volume:source/dataset=KEY`` of a capture -> why it is accepted this once.
    stop_on_signals: Ctrl-C, SIGTERM and SIGHUP end this process, in order, within ten seconds.
    Raises AnotherRefreshRuns if the lock is held, engine.EngineMissing if the engine is not installed, sources.NoSuch
    for a source, a slice or a check that does not exist.
    """
    selected = plan.selected(only_sources)
    engine.chosen(settings).require()
    # a slice of no dataset would be requested of none, and all the others whole
    plan.must_exist(settings, slices)
    for name in accept or {}:
        if named := of_slice(name):
            sources.get(named[1])
    run_id, started = str(uuid.uuid4()), datetime.now(UTC)
    with (
        logs.of_run(run_id),
        alone(settings, run_id),
        _stopped_in_order(settings, run_id, started, is_wanted=stop_on_signals) as hold,
    ):
        # before an hour's work, not after
        audit.refuse_unknown(settings, [name for name in accept or {} if of_slice(name) is None])
        ending.begun(settings, run_id)
        # what is asked for a part of the slices, or with something accepted, is captured by this process alone
        is_shared = settings.edition == "recorded" and not (slices or accept)
        beside = second_process.capturing(settings, run_id, selected) if is_shared else nullcontext()
        try:
            # before the second process: what the bucket has is not captured again
            object_storage.begin(settings, run_id)
            with beside:
                account = _run_or_refusal(settings, run_id, selected, slices, as_of, accept or {}, force)
        except BaseException as error:
            hold()
            ending.ended(settings, _broken_off(run_id, started, error))
            raise
        hold()
        ending.ended(settings, _ended(account, started))
    return account


def _run_or_refusal(settings: Settings, run_id: str, *asked: Any) -> Account:
    """The run. If the disk refuses a file that Dagster or dbt write outside the steps, the account says so."""
    try:
        return _run(settings, run_id, *asked)
    except Exception as error:
        refusal = files.refusal(error, settings.root)
        if refusal is None and files.is_full(settings.root):
            refusal = files.full(settings.root)
        if refusal is None:
            raise
        last = history.last_release(settings)
        message = with_room(settings, refusal)
        return Account(BROKEN, run_id, release=last.id if last else None, error=message, is_refused_by_disk=True)


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
        # the step, or what the gate found: the same failure of another run reads the same
        trouble="; ".join(findings) or (account.error or "").partition(":")[0],
        release=account.release,
    )


@contextmanager
def _stopped_in_order(
    settings: Settings, run_id: str, started: datetime, *, is_wanted: bool
) -> Iterator[Callable[[], None]]:
    """End the whole refresh at a signal: its run is reported as canceled, and a message names the current release.

    Yields as stopping.stoppable does.
    """
    if not is_wanted:
        yield lambda: None
        return

    def at_end(signal: str) -> str:
        with suppress(publish.AnotherPublicationRuns), publish.alone(settings, wait=_SECONDS_FOR_PUBLICATION):
            publish.sweep(settings)
            # the main thread captures and builds until the process ends
            files.end_writing()
        files.end_writing()
        _report_canceled(settings, run_id, signal)
        runs.sweep(settings)
        runs.end(settings)
        ending.ended(settings, _broken_off(run_id, started, KeyboardInterrupt()))
        serves = history.last_release(settings)
        return f"The refresh was stopped by {signal}. Serving: {serves.id if serves else 'nothing yet'}. Run {run_id}."

    with stopping.stoppable(at_end) as hold:
        yield hold


def _report_canceled(settings: Settings, run_id: str, signal: str) -> None:
    # Dagster takes seconds to import: only the commands that run it pay
    import dagster as dg

    with records(settings) as instance:
        run = instance.get_run_by_id(run_id)
        # the main thread may have taken the end of its child processes for a failure meanwhile
        if run is not None and run.status is not dg.DagsterRunStatus.SUCCESS:
            instance.report_run_canceled(run, f"Stopped by {signal}.")
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        runs.sweep_spill(instance, settings)


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
    from orchestration.assets.capture import asset_key
    from orchestration.assets.warehouse import LANDING_KEYS
    from orchestration.definitions import defs

    # The screen shows the progress; the log is in the run's record. The third logger warns of checks that do not run:
    # when nothing is new, neither the models nor the candidate are built, and their checks are skipped on purpose.
    for name in ("dagster", "dagster.builtin", "dagster._core.execution.plan.active"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    job = defs().resolve_job_def("refresh")
    keys = set(job.asset_layer.executable_asset_keys) & set(job.asset_layer.selected_asset_keys)
    captures = {asset_key(dataset) for dataset in sources.DATASETS.values()}
    wanted = (keys - captures) | {asset_key(dataset) for dataset in selected} | set(LANDING_KEYS)
    options = {
        "edition": settings.edition,
        "as_of": as_of.isoformat() if as_of else "",
        "landing": settings.landing_place,
        "slices": list(slices),
        "accept": accept,
        "force": force,
    }
    logs = settings.build_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    # dbt's own lines go to a file: the screen shows the progress.
    with (
        records(settings) as instance,
        waiting.reporting_waits(instance, run_id),
        (logs / "dbt.out").open("w", encoding="utf-8") as dbt_lines,
        redirect_stdout(dbt_lines),
    ):
        waiting.report_dead_runs(instance, run_id, history.last_release(settings))
        runs.sweep_spill(instance, settings)
        timeline.put_on(instance, job.name)
        result = job.execute_in_process(
            run_config={
                "resources": {"options": {"config": options}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            asset_selection=sorted(wanted),
            raise_on_error=False,
            run_id=run_id,
            tags={"clawback/edition": settings.edition, **runs.STARTED_BY},
        )
    return account_of(settings, result)


def _share_settings(settings: Settings) -> None:
    """Apply what the command line overrode to dbt's process and to Dagster's definitions too."""
    os.environ["CLAWBACK_HOME"] = str(settings.root)
    os.environ["CLAWBACK_EDITION"] = settings.edition
