"""The former location of `running.event_log`, kept for data folders whose configuration still names it.

What belongs here: the one class name that the dagster.yaml of an earlier release refers to. `clawback` rewrites that
file, but not one that the user maintains. What does not: anything else.
"""

from orchestration.running.event_log import OpenSqliteEventLogStorage

__all__ = ["OpenSqliteEventLogStorage"]
