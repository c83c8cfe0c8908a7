"""One refresh: Dagster's `refresh` job run in this process, and the account of it.

What belongs here: the lock, the run, its exit code and what a person is told at
the end. What does not: how captures, the build or the gate work.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from orchestration import ending, files, logs, running, sources, stopping
from orchestration.landing.accept import of_slice
from orchestration.landing.catalog import Catalog
from orchestration.progress import say
from orchestration.release import audit, history, publish
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

# 1 is a fault of ours: a step broke that is neither a publisher's nor the gate's doing.
PUBLISHED, BROKEN, USAGE, REFUSED, SOURCE_TOO_OLD, ANOTHER_RUNS = 0, 1, 2, 3, 4, 5
# A wait for another run is said after this long.
_SECONDS_BEFORE_SAID = 5
_DEAD = "run {} was killed before it ended: reported as failed in Dagster's records"
# A publication that is under way when a signal comes is waited for.
_SECONDS_FOR_PUBLICATION = 4.0

# Dagster's own settings. No path stands in it: a home may be moved. `clawback` writes the file anew where it differs;
# a file without its first line is somebody's own and stays.
_OURS = "# Written by clawback. To keep settings of your own, delete this line.\n"
_DAGSTER_YAML = (
    _OURS
    + """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
run_monitoring:
  enabled: true
event_log_storage:
  module: orchestration.event_log
  class: OpenSqliteEventLogStorage
  config: {}
"""
)


# Build, dbt's files, Dagster's records of the run and the new release took ten times the last release's warehouse.
_LEAST_ROOM, _ROOM_BY_RELEASE = 256 * 2**20, 12


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
    # The first failure was the disk's: those that follow from it are not told.
    is_refused_by_disk: bool = False


def dagster_home(settings: Settings) -> Path:
    """The instance folder, made with telemetry off and one step at a time a pool."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    stands = config.read_text(encoding="utf-8") if config.exists() else ""
    # the form of earlier versions, which named the home by its absolute path
    is_ours = stands.startswith((_OURS, "telemetry:\n  enabled: false\n")) or not stands
    if is_ours and stands != _DAGSTER_YAML:
        files.write_whole(config, _DAGSTER_YAML)
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
    stop_on_signals: bool = False,
) -> Account:
    """Run the `refresh` job in this process.

    only_sources: publishers' names (``usaspending``) or datasets (``fbi/agencies``); empty means all.
    slices: ``source/dataset=KEY``.
    accept: a check of the gate, or ``volume:source/dataset=KEY`` of a capture -> why it is accepted this once.
    stop_on_signals: Ctrl-C, SIGTERM and SIGHUP end this process, in order, within ten seconds.
    Raises AnotherRefreshRuns where the lock is held, KeyError for a source or a check that does not exist.
    """
    selected = [d for d in sources.DATASETS.values() if not only_sources or {d.source, d.id} & set(only_sources)]
    if unknown := set(only_sources) - {name for d in sources.DATASETS.values() for name in (d.source, d.id)}:
        there_are = ", ".join(sorted({d.source for d in sources.DATASETS.values()}))
        raise KeyError(f"no source {sorted(unknown)[0]!r}; there are: {there_are}")
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
        try:
            account = _run_or_refusal(settings, run_id, selected, slices, as_of, accept or {}, force)
        except BaseException as error:
            hold()
            ending.ended(settings, _broken_off(run_id, started, error))
            raise
        hold()
        ending.ended(settings, _ended(account, started))
    return account


@contextmanager
def alone(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the refresh lock, and clear up after a refresh that was killed.

    Raises AnotherRefreshRuns where the lock is held, CannotWrite where the home cannot be written.
    """
    path = settings.root / "refresh.lock"
    lock = FileLock(path, timeout=0)
    try:
        with files.telling_refusals(settings.root):
            settings.root.mkdir(parents=True, exist_ok=True)
            lock.acquire()
    except Timeout:
        other = running.last(settings)
        who = other.line() if other else "it is just starting or ending"
        raise AnotherRefreshRuns(f"another refresh runs: {who}. Wait for it, or stop it with Ctrl-C there.") from None
    except files.CannotWrite:
        raise
    except OSError as error:
        raise files.CannotWrite(path, error) from error
    try:
        _clear_up(settings)
        running.begin(settings, run_id)
        try:
            yield
        finally:
            running.end(settings)
    finally:
        lock.release()


def _run_or_refusal(settings: Settings, run_id: str, *asked: Any) -> Account:
    """The run; where the disk refuses what Dagster or dbt write beside the steps, an account that says so."""
    try:
        return _run(settings, run_id, *asked)
    except Exception as error:
        refusal = files.refusal(error, settings.root)
        if refusal is None and files.is_full(settings.root):
            refusal = files.full(settings.root)
        if refusal is None:
            raise
        last = history.last_release(settings)
        error_told = _with_room(settings, refusal)
        return Account(BROKEN, run_id, release=last.id if last else None, error=error_told, is_refused_by_disk=True)


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


def _clear_up(settings: Settings) -> None:
    """What a killed refresh left running and half written; its run is reported when Dagster's records are open."""
    orphans = running.end_orphans(settings)
    left = running.sweep(settings)
    with suppress(publish.AnotherPublicationRuns), publish.alone(settings):
        left += publish.sweep(settings)
    if orphans or left:
        what = f"{orphans} processes ended, {left} unfinished files and folders removed"
        say(f"cleared up after a refresh that was killed: {what}")


@contextmanager
def _stopped_in_order(
    settings: Settings, run_id: str, started: datetime, *, is_wanted: bool
) -> Iterator[Callable[[], None]]:
    """End the whole refresh at a signal: its run is reported canceled, and what serves is said.

    Yields as stopping.stoppable does.
    """
    if not is_wanted:
        yield lambda: None
        return

    def at_end(signal: str) -> str:
        with suppress(publish.AnotherPublicationRuns), publish.alone(settings, wait=_SECONDS_FOR_PUBLICATION):
            publish.sweep(settings)
        _report_canceled(settings, run_id, signal)
        running.sweep(settings)
        running.end(settings)
        ending.ended(settings, _broken_off(run_id, started, KeyboardInterrupt()))
        serves = history.last_release(settings)
        return f"The refresh was stopped by {signal}. Serving: {serves.id if serves else 'nothing yet'}. Run {run_id}."

    with stopping.stoppable(at_end) as hold:
        yield hold


def _report_canceled(settings: Settings, run_id: str, signal: str) -> None:
    dagster_home(settings)
    # Dagster takes seconds to import: only the commands that run it pay
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        # the main thread may have taken the end of its child processes for a failure meanwhile
        if run is not None and run.status is not dg.DagsterRunStatus.SUCCESS:
            instance.report_run_canceled(run, f"Stopped by {signal}.")
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        running.sweep_spill(instance, settings)


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
        _waits_said(instance, run_id),
        (logs / "dbt.out").open("w", encoding="utf-8") as dbt_lines,
        redirect_stdout(dbt_lines),
    ):
        for dead in running.report_dead_runs(instance, run_id, history.last_release(settings)):
            say(_DEAD.format(dead))
        running.sweep_spill(instance, settings)
        result = job.execute_in_process(
            run_config={
                "resources": {"options": {"config": options}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            asset_selection=sorted(wanted),
            raise_on_error=False,
            run_id=run_id,
            tags={"clawback/edition": settings.edition, **running.STARTED_BY},
        )
    return _account(settings, result)


@contextmanager
def _waits_said(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """Say what the run waits for, and who holds it, where a wait for a pool is long."""
    ended = threading.Event()

    def watch() -> None:
        since, said = None, None
        while not ended.wait(1):
            waits = running.waiting_for(instance, run_id)
            if waits is None:
                since, said = None, None
                continue
            since = since or time.monotonic()
            if time.monotonic() - since < _SECONDS_BEFORE_SAID:
                continue
            since = time.monotonic()
            # who holds it may have died since this run began
            for dead in running.report_dead_runs(instance, run_id):
                say(_DEAD.format(dead))
            if waits != said:
                say(waits)
                said = waits

    def watch_without_harm() -> None:
        try:
            watch()
        except Exception:
            logging.getLogger(__name__).debug("waits are not watched any more", exc_info=True)

    thread = threading.Thread(target=watch_without_harm, name="waits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


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
            _failure(settings, account, event)
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


def _failure(settings: Settings, account: Account, event: Any) -> None:
    data = event.event_specific_data
    if account.is_refused_by_disk:
        return
    if refusal := _refusal(settings, data.error):
        account.exit_code, account.error, account.findings = BROKEN, _with_room(settings, refusal), []
        account.is_refused_by_disk = True
        return
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


def _with_room(settings: Settings, refusal: files.CannotWrite) -> str:
    """The refusal; of a full disk also how much room a refresh of this home takes."""
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
