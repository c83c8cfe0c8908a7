"""Logs: one line of JSON for each event (CLAWBACK_LOG=json), with the run that it belongs to.

What belongs here: the format of a log line, the run's id on every line, and keeping secrets out. What does not: what is
logged (each module logs its own), what people read on the screen (progress, cli).

Every line has these keys: `time` (UTC, ISO 8601), `level`, `event` (one word for machines), `message` (for people) and,
within a run, `run_id`. Lines about a dataset have `source` and `dataset`, lines about one slice of it `slice`. Lines
about an unexpected error have `exception`. Other keys are facts of the event.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import stamina
import structlog
from structlog import contextvars

from orchestration.redaction import Redactor, redacting_logs
from orchestration.settings import Settings

# Messages of a running job go through this logger; as text they go to the screen instead (progress).
PROGRESS = "clawback.progress"

_Event = MutableMapping[str, Any]


class Hiding(Redactor):
    """Takes every secret that the settings know out of a log line."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.secrets())

    def __call__(self, logger: Any, name: str, event: _Event) -> _Event:
        return {key: self.value(value) for key, value in event.items()}


def configure(settings: Settings) -> None:
    """Send log lines where the settings say: as JSON to standard error, or as before (warnings, as text)."""
    # A retry is a log line; on the screen it would stand between the lines for people.
    stamina.instrumentation.set_on_retry_hooks(
        [stamina.instrumentation.LoggingOnRetryHook] if settings.log == "json" else []
    )
    redacting_logs()
    progress = logging.getLogger(PROGRESS)
    structlog_lines = [
        h for h in logging.getLogger().handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)
    ]
    # As text, the messages are on the screen already.
    progress.propagate = settings.log == "json"
    progress.setLevel(logging.INFO)
    if not progress.propagate:
        if not progress.handlers:
            progress.addHandler(logging.NullHandler())
        return
    if structlog_lines:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings))
    logging.getLogger().addHandler(handler)


def is_json() -> bool:
    """Whether log lines go to standard error as JSON."""
    return logging.getLogger(PROGRESS).propagate


def formatter(settings: Settings) -> logging.Formatter:
    """One JSON object a line, of a record of the standard library's logging."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message", replace_by="event_name"),
            _with_event,
            Hiding(settings),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )


def _with_event(logger: Any, name: str, event: _Event) -> _Event:
    """A library's own line has none of our event names: its event is `log`. Keys come in the order given above."""
    named = {"time": event.pop("time"), "level": event.pop("level"), "event": event.pop("event", "log")}
    return {**named, "message": event.pop("message"), **event}


@contextmanager
def of_run(run_id: str) -> Iterator[None]:
    """Every line that is logged inside the block, and every attempt that is kept, carries the run's id."""
    with contextvars.bound_contextvars(run_id=run_id):
        yield


def run_id() -> str | None:
    """The id of the run that works here; None outside of one."""
    found = contextvars.get_contextvars().get("run_id")
    return str(found) if found is not None else None
