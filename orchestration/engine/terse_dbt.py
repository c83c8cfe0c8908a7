"""dbt's command, which makes only the events that somebody reads: `python terse_dbt.py ARGUMENTS`, for `dbt ARGUMENTS`.

What belongs here: how dbt speaks. What does not: what it builds, and where (assets.dbt_command, profiles.yml).

dbt describes each statement and each step of a node by an event of level debug, about ten a node. It formats every one
as JSON, with a search for secrets in it, and only then does its log throw away what is below its level. For a build of
a thousand nodes that is an eighth of dbt's time.

It runs as a file, not as a module of its package, which would import every source first.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_DETAILS = (EventLevel.TEST, EventLevel.DEBUG)


class TerseEvents(EventManager):
    """dbt's events without those of level debug, unless a log is kept at that level (DBT_LOG_LEVEL_FILE=debug)."""

    def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *others: Any, **named: Any) -> None:
        if (level or e.level_tag()) in _DETAILS and not any(logger.level in _DETAILS for logger in self.loggers):
            return
        super().fire_event(e, level, *others, **named)


def be_terse() -> None:
    """From now on, dbt in this process makes only the events that one of its logs takes."""
    ctx_set_event_manager(TerseEvents())


if __name__ == "__main__":
    # as orchestration.garbage sets it, and why
    gc.set_threshold(100_000, 50, 100)
    # dbt takes seconds to import
    from dbt.cli.main import cli

    be_terse()
    cli(sys.argv[1:])
