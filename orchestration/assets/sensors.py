"""Sensors: what Dagster's daemon does after one of its runs has ended.

What belongs here: reading the run's record for `running.ending`. What does not: which messages are sent and what they
say (running.ending, running.events).
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration import sources
from orchestration.assets.options import RefreshOptions
from orchestration.landing.catalog import Catalog
from orchestration.release import history
from orchestration.running import runs
from orchestration.running.ending import DAEMON, Ended, Outcome, ended
from orchestration.settings import Settings

_OUTCOMES: dict[dg.DagsterRunStatus, Outcome] = {
    dg.DagsterRunStatus.SUCCESS: "done",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "interrupted",
}


def of_record(instance: dg.DagsterInstance, run_id: str, settings: Settings) -> Ended:
    """The account of a run of the daemon, from Dagster's records."""
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        raise dg.DagsterRunNotFoundError(f"no run {run_id}", invalid_run_id=run_id)
    run, findings, error = record.dagster_run, [], ""
    outcome = _OUTCOMES[run.status]
    failed = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    steps = []
    for each in failed:
        event = each.event_log_entry.dagster_event
        if event is None or event.step_key is None:
            continue
        steps.append(event.step_key)
        data = event.step_failure_data
        user = data.user_failure_data
        if user and "findings" in user.metadata:
            outcome = "gate refused"
            gate_findings: Any = user.metadata["findings"].value
            findings += [str(one["check"]) for one in gate_findings]
        cause = data.error
        while cause is not None and cause.cause is not None:
            cause = cause.cause
        message = (user.description if user else None) or (cause.message.strip() if cause else "failed")
        error = error or f"{event.step_key}: {message}"
    if outcome == "done" and run.job_name in ("captures", "refresh"):
        catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
        if any(catalog.status(dataset).too_old for dataset in sources.DATASETS.values()):
            outcome = "source too old"
    last = history.last_release(settings)
    return Ended(
        run_id,
        run.job_name,
        DAEMON,
        datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC),
        outcome,
        error=error or ("it ended without a step that failed" if outcome == "failed" else ""),
        trouble="; ".join(sorted(findings) or sorted(set(steps))) or "no step",
        release=last.id if last else None,
    )


def _report_end(context: dg.RunStatusSensorContext) -> None:
    run = context.dagster_run
    # The command line sends messages about its own runs.
    if runs.is_of_command_line(run):
        return
    config: Any = run.run_config
    given = config.get("resources", {}).get("options", {}).get("config", {})
    known = {name: value for name, value in given.items() if name in RefreshOptions.model_fields}
    settings = RefreshOptions(**known).settings()
    ended(settings, of_record(context.instance, run.run_id, settings))


def _sensor(name: str, status: dg.DagsterRunStatus, description: str) -> dg.SensorDefinition:
    return dg.run_status_sensor(
        name=name,
        run_status=status,
        description=description,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )(_report_end)


SENSORS = (
    _sensor("tell_of_failure", dg.DagsterRunStatus.FAILURE, "Notifies CLAWBACK_NOTIFY_URLS of each failed run, once."),
    _sensor(
        "tell_of_success",
        dg.DagsterRunStatus.SUCCESS,
        "Notifies CLAWBACK_NOTIFY_URLS once of each source that began to fail in a run, became too old or recovered.",
    ),
    _sensor("tell_of_cancelled", dg.DagsterRunStatus.CANCELED, "Writes health.json after a run that was canceled."),
)
