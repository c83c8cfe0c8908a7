"""Running a reader's work in a separate process, which is ended when it exceeds its limits.

What belongs here: starting and ending that process, and what its exit code means. What does not: the work (cli, shell),
the limits that DuckDB itself enforces (reader).

DuckDB can stop a query only between two steps, but a single call of a function on a long text can take hours. Ending a
process always works; readers keep no state, so nothing is lost.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from orchestration.reading.reader import LimitReached, Reader, too_long, too_much
from orchestration.settings import Settings

# Exit codes of the process that its parent alone reads.
_TOO_LONG, _TOO_MUCH = 98, 99

# <linux/prctl.h>
_PR_SET_PDEATHSIG = 1

# What ends the command ends the work too.
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """The user stopped the work (Ctrl-C)."""


def read(file: Path, settings: Settings, work: Callable[[Reader], int]) -> int:
    """Do the work with a reader of a release, in a process of its own; its exit code.

    What the work prints appears as if it were printed here. Raises LimitReached, Interrupted.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _die_with(parent)
        _work(file, settings, work)
    earlier = {each: signal.signal(each, lambda number, _: os.kill(child, number)) for each in _PASSED_ON}
    try:
        _, ended = os.waitpid(child, 0)
    finally:
        for each, handler in earlier.items():
            signal.signal(each, handler)
    code = os.waitstatus_to_exitcode(ended)
    if code == -signal.SIGINT:
        raise Interrupted
    if code == _TOO_LONG:
        raise LimitReached(too_long(settings.query_seconds))
    if code == _TOO_MUCH or code in (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV):
        raise LimitReached(too_much(int(settings.query_memory)))
    return code if code >= 0 else 128 - code


def _die_with(parent: int) -> None:
    """End this process when its parent does, by whatever signal. Only Linux can; elsewhere the limits end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _work(file: Path, settings: Settings, work: Callable[[Reader], int]) -> NoReturn:
    code = 1
    try:
        # Ctrl-C ends this process at once, also in the middle of a function.
        for each in _PASSED_ON:
            signal.signal(each, signal.SIG_DFL)
        with Reader(file, settings, or_else=lambda: os._exit(_TOO_LONG)) as reader:
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            code = work(reader)
        sys.stdout.flush()
        sys.stderr.flush()
    except MemoryError:
        code = _TOO_MUCH
    except BrokenPipeError:
        # whoever read the output has enough of it
        code = 128 + signal.SIGPIPE
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException as unexpected:
        sys.stderr.write(f"unexpected fault: {unexpected!r}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)
