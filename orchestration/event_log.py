"""The former place of `running.event_log`, kept for homes that name it.

What belongs here: the one name that a dagster.yaml of an earlier release holds. `clawback` writes that file anew, but
not one that somebody keeps as his own. What does not: anything else.
"""

from orchestration.running.event_log import OpenSqliteEventLogStorage

__all__ = ["OpenSqliteEventLogStorage"]
