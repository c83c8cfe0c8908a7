"""Dagster's folder in Clawback's home (its data folder): where it is, and Dagster's own settings in it.

What belongs here: dagster.yaml and the environment that Dagster reads. What does not: the runs in its records (runs),
how its event log is stored (event_log).
"""

from __future__ import annotations

import os
from pathlib import Path

from orchestration import files
from orchestration.settings import Settings

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


def dagster_home(settings: Settings) -> Path:
    """Dagster's folder of this home, with telemetry off and one step at a time in each pool; it is made if missing."""
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
