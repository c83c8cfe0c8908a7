"""What happens when a run begins and when it ends, whoever started it: messages are sent, health.json is written.

What belongs here: which changes need a message, each once only. What does not: finding the changes (events), sending
(notify), the health of the installation (health).

The command line calls this for its own runs. Dagster's sensors call it for the daemon's runs and skip those of the
command line, so that nobody gets a message twice. A job that keeps failing in the same way causes one message: the
failure stays in health.json, for each job, until a run of that job succeeds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from orchestration.progress import say
from orchestration.running import events, health, notify
from orchestration.running.events import WORDS, Event, Kind
from orchestration.settings import Settings

log = logging.getLogger(__name__)

STARTED_BY_TAG = "clawback/started_by"
COMMAND_LINE, DAEMON = "command line", "daemon"
Outcome = Literal["published", "nothing new", "source too old", "done", "gate refused", "failed", "interrupted"]
_TROUBLES: dict[str, Kind] = {"gate refused": "gate_refused", "failed": "run_failed"}
# The jobs whose failures end when a run of this job succeeds: a refresh also captures and releases.
_MENDS = {"refresh": ("refresh", "captures", "release"), "release": ("release", "refresh")}
_LONGEST_ERROR = 600


@dataclass(frozen=True)
class Ended:
    """A run that has ended. trouble: what kind of failure it was, the same text for the same failure."""

    run_id: str
    job: str
    started_by: str
    started_at: datetime
    outcome: Outcome
    exit_code: int | None = None
    error: str = ""
    trouble: str = ""
    release: str | None = None


def begun(settings: Settings, run_id: str, job: str = "refresh") -> None:
    """Note that a run of the command line has begun; if the run before it died, send a message about that."""

    def note() -> None:
        kept = health.kept_file(settings)
        before, troubles = health.last_run(kept), dict(kept.get("troubles", {}))
        now = _text(datetime.now(UTC))
        if before and before["outcome"] == health.DIED:
            says = f"run {before['run_id']} of {before['started_at']} died: {before['error']}"
            if troubles.get(before["job"], {}).get("trouble") != health.DIED:
                _send(settings, [Event("run_failed", before["job"], says)], "")
                since = now
            else:
                since = troubles[before["job"]]["since"]
            troubles[before["job"]] = {
                "trouble": health.DIED, "since": since, "run_id": before["run_id"], "says": says
            }  # fmt: skip
        run = {
            "run_id": run_id, "job": job, "started_by": COMMAND_LINE, "started_at": now, "ended_at": None,
            "outcome": health.RUNNING, "exit_code": None, "error": None, "process": health.this_process(),
        }  # fmt: skip
        health.keep(settings, last_run=run, troubles=troubles)

    _without_harm("what began", note)


def ended(settings: Settings, run: Ended) -> None:
    """Send messages about what the run changed, and write health.json. Never raises."""

    def finish() -> None:
        kept = health.kept_file(settings)
        troubles = dict(kept.get("troubles", {}))
        changes = events.of_run(settings, run.run_id)
        found = list(changes.events)
        had_trouble = bool(troubles)
        now = _text(datetime.now(UTC))
        error = run.error[:_LONGEST_ERROR]
        if kind := _TROUBLES.get(run.outcome):
            before = troubles.get(run.job, {})
            is_new = before.get("trouble") != run.trouble
            if is_new:
                found.insert(0, Event(kind, run.job, f"{run.job}: {error or run.outcome}"))
            troubles[run.job] = {
                "trouble": run.trouble,
                "since": now if is_new else before["since"],
                "run_id": run.run_id,
                "says": error or run.outcome,
            }
        elif run.outcome != "interrupted":
            for job in _MENDS.get(run.job, (run.job,)):
                troubles.pop(job, None)
        is_well = not troubles and not changes.is_faulty and run.outcome != "interrupted"
        if is_well and (had_trouble or changes.was_faulty):
            serving = f"release {run.release} serves" if run.release else "no job and no source fails"
            found.append(Event("all_well", run.job, serving))
        summary: dict[str, Any] = {
            "troubles": troubles,
            "last_run": {
                "run_id": run.run_id, "job": run.job, "started_by": run.started_by,
                "started_at": _text(run.started_at), "ended_at": now, "outcome": run.outcome,
                "exit_code": run.exit_code, "error": error or None,
            },
        }  # fmt: skip
        if run.outcome not in (*_TROUBLES, "interrupted"):
            summary["last_good_run"] = {"run_id": run.run_id, "ended_at": now}
        # before any message: a monitor must not wait for a service that hangs
        health.keep(settings, **summary)
        if found:
            _send(settings, found, f"Run {run.run_id} ({run.job}, {settings.edition} edition): {run.outcome}.")

    _without_harm("what ended", finish)


def _send(settings: Settings, found: list[Event], run: str) -> None:
    counts = {kind: [one for one in found if one.kind == kind] for kind in WORDS}
    words = [WORDS[kind] + (f" {len(those)}" if len(those) > 1 else "") for kind, those in counts.items() if those]
    kinds = {one.kind for one in found}
    severity: notify.Severity = "success"
    if kinds & {"source_failed"}:
        severity = "warning"
    if kinds & {"run_failed", "gate_refused", "source_too_old"}:
        severity = "failure"
    for one in found:
        say(f"  {one.line()}", event=one.kind, level=logging.WARNING if severity != "success" else logging.INFO,
            subject=one.subject)  # fmt: skip
    lines = [one.line().replace(str(settings.root), ".") for one in found]
    if notify.services(settings):
        notify.send(settings, f"Clawback: {', '.join(words)}", "\n".join([*filter(None, [run]), *lines]), severity)


def _without_harm(what: str, do: Callable[[], None]) -> None:
    """An error while messages are sent, such as a full disk, is reported; it changes no run's outcome."""
    try:
        do()
    except Exception as error:
        log.debug("%s", what, exc_info=True)
        say(f"  {what} could not be saved or sent: {error}", event="ending_failed", level=logging.ERROR)


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")
