"""Parts of Clawback run in a process that is killed: an import, a rollback, a publication.

What belongs here: the process, and where in its work it dies. What does not: what must hold afterwards (kills).

A victim is a fork, so that it costs milliseconds. It dies by SIGKILL either at a random moment, or just before its
n-th write: Python announces every open, rename, unlink and mkdir to an audit hook, so that no hook is needed in the
product, and a count of the writes of an undisturbed process gives every boundary there is.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_LONGEST_SECONDS = 300


@dataclass
class Died:
    """How a victim ended. writes: how many it had begun. code: as of subprocess: negative for a signal."""

    code: int
    writes: int
    seconds: float

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


def run(
    work: Callable[[], Any], home: Path, *, before_write: int | None = None, after_seconds: float | None = None
) -> Died:
    """Do some work in a process of its own, and kill it there. Neither: it runs to its end."""
    reader, writer = os.pipe()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _work(work, home, before_write, writer)
    os.close(writer)
    ends = began + (after_seconds if after_seconds is not None else _LONGEST_SECONDS)
    while (done := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() >= ends:
            os.kill(pid, signal.SIGKILL)
            done = os.waitpid(pid, 0)
            break
        time.sleep(0.001)
    with os.fdopen(reader, "rb") as counted:
        writes = len(counted.read())
    return Died(os.waitstatus_to_exitcode(done[1]), writes, time.monotonic() - began)


def _work(work: Callable[[], Any], home: Path, before_write: int | None, counter: int) -> None:
    """In the fork: never returns."""
    os.setsid()
    under = f"{home}{os.sep}"
    begun = 0

    def hear(event: str, args: tuple[Any, ...]) -> None:
        nonlocal begun
        if event == "open":
            path, _, flags = args
            if not isinstance(flags, int) or not flags & _WRITES:
                return
        elif event in _CHANGES:
            path = args[1] if event == "os.symlink" else args[0]
        else:
            return
        if not isinstance(path, str | bytes | os.PathLike) or not os.fsdecode(path).startswith(under):
            return
        if begun == before_write:
            os.kill(os.getpid(), signal.SIGKILL)
        begun += 1
        os.write(counter, b".")

    code = 1
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        sys.addaudithook(hear)
        work()
        code = 0
    except BaseException as error:
        os.write(2, f"a victim failed: {type(error).__name__}: {error}\n".encode(errors="replace"))
    finally:
        os._exit(code)
