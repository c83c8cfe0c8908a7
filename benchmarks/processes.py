"""Running a stage in its own process, and measuring its time and peak memory as the kernel reports them.

What belongs here: starting a stage and reading its measurements. What does not: what a stage does.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One stage in a process of its own."""

    seconds: float
    peak_mib: float
    told: dict[str, Any]


def run(module: str, stage: str, *options: str) -> Measured:
    """Run ``python -m module --stage stage options`` and read its last line; SystemExit where it failed."""
    started = time.monotonic()
    command = [sys.executable, "-m", module, "--stage", stage, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"{module}: stage {stage} failed with exit {done.returncode}")
    seconds = time.monotonic() - started
    told = json.loads(done.stdout.splitlines()[-1])
    return Measured(told.pop("seconds", seconds), told.pop("peak_kib") / 1024, told)


def report(told: dict[str, Any]) -> None:
    """The last line of a stage: what it tells, and the peak of it and of its children."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({**told, "peak_kib": peak}))
