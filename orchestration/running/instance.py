"""Dagster's folder in Clawback's home (its data folder): Dagster's own settings in it, and opening its records.

What belongs here: dagster.yaml and the environment that Dagster reads. What does not: the runs in its records (runs),
how its event log is stored (event_log).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import files
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

# No path stands in dagster.yaml: a home may be moved. `clawback` rewrites the file if it differs; a file without
# this first line is somebody's own and stays.
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
  module: orchestration.running.event_log
  class: OpenSqliteEventLogStorage
  config: {}
"""
)


class CannotOpenRecords(Exception):
    """Dagster's records cannot be opened with this environment; the message says what is missing."""


def dagster_home(settings: Settings) -> Path:
    """Dagster's folder of this home, with telemetry off and one step at a time in each pool; it is made if missing."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    stands = _yaml_of(settings)
    if _is_ours(stands) and stands != _DAGSTER_YAML:
        files.write_whole(config, _DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    return home


def has_records(settings: Settings) -> bool:
    """Whether Dagster may have records of runs. With a dagster.yaml of somebody's own they may be in a database."""
    return (settings.dagster_home / "history").is_dir() or not _is_ours(_yaml_of(settings))


def records(settings: Settings) -> DagsterInstance:
    """Dagster's records of this home, to be closed by the caller. Raises CannotOpenRecords."""
    home = dagster_home(settings)
    # a server that takes a connection and never answers would keep a command waiting for ever; Dagster tries six times
    os.environ.setdefault("PGCONNECT_TIMEOUT", "3")
    # Dagster takes seconds to import: only what opens its records pays
    import dagster as dg

    try:
        return dg.DagsterInstance.get()
    except dg.DagsterInvalidConfigError as wrong:
        names = sorted(set(re.findall(r'the environment variable "(\w+)" which is not set', str(wrong))))
        if not names:
            raise
        raise CannotOpenRecords(
            f"Dagster's records cannot be opened: {home / 'dagster.yaml'} reads {' and '.join(names)}, which the"
            " environment does not have. Set what the services have (docs/operating.md)."
        ) from None
    except Exception as fault:
        refusal = _refusal(fault)
        if refusal is None:
            raise
        raise CannotOpenRecords(
            f"Dagster's records cannot be opened: {refusal}. Start the database that {home / 'dagster.yaml'} names, or"
            " set CLAWBACK_DATABASE_HOST and CLAWBACK_DATABASE_PASSWORD as the services have them (docs/operating.md)."
        ) from None


def _refusal(fault: BaseException) -> str | None:
    """What a server that could not be reached said, or its driver; None if the fault is another (a damaged file)."""
    # it comes with Dagster, which is imported where this is needed
    from sqlalchemy.exc import DBAPIError

    cause: BaseException | None = fault
    while cause is not None and not isinstance(cause, DBAPIError):
        cause = cause.__cause__ or cause.__context__
    if cause is None or type(cause.orig).__module__.startswith("sqlite3"):
        return None
    return " ".join(str(cause.orig).split())


def _yaml_of(settings: Settings) -> str:
    config = settings.dagster_home / "dagster.yaml"
    return config.read_text(encoding="utf-8") if config.exists() else ""


def _is_ours(text: str) -> bool:
    # the second is the form of earlier versions, which named the home by its absolute path
    return not text or text.startswith((_OURS, "telemetry:\n  enabled: false\n"))
