"""Running parsers in a separate process: if a parser crashes it, the refresh gets an error and continues.

What belongs here: starting the child process, sending it a job, and reporting how it ended. What does not: the job
(worker).

One child handles the files of a process one after the other. It starts with the first workbook or PDF, in a tenth of a
second. If it has ended, for whatever reason, the next job starts a new one.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from orchestration import faults, limits
from orchestration.forms import Beyond, Unreadable

_ROOT = Path(__file__).resolve().parents[2]
# Of the environment the child gets only these: it needs no key.
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT")
# A busy machine gives a process less than the whole of a second.
_WALL_A_SECOND, _GRACE_SECONDS = 3, 10


def call(form: str, body: bytes) -> Any:
    """What the child makes of a file. Raises Unreadable if it cannot be read, also where the child ended on it."""
    with _lock:
        return _child().ask(form, body)


class _Child:
    """One running child."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the child
        environment = {name: value for name, value in os.environ.items() if name in _PASSED}
        self.process = subprocess.Popen(
            # -P: no folder but the project's own and the environment's is looked into for modules
            [sys.executable, "-P", "-m", "orchestration.forms.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env={**environment, "PYTHONPATH": str(_ROOT)},
        )

    def is_ready(self) -> bool:
        return self.pid == os.getpid() and self.process.poll() is None

    def ask(self, form: str, body: bytes) -> Any:
        bounds = limits.current()
        most = {"cells": bounds.cells, "pages": bounds.pages, "memory_bytes": bounds.memory_bytes}
        job = {"form": form, "size": len(body), "seconds": bounds.seconds, "most": most}
        too_long = threading.Event()

        def give_up() -> None:
            too_long.set()
            self.process.kill()

        timer = threading.Timer(bounds.seconds * _WALL_A_SECOND + _GRACE_SECONDS, give_up)
        timer.daemon = True
        timer.start()
        try:
            answer = self._exchange(json.dumps(job).encode() + b"\n", body)
        except BaseException:
            # the next job must not get this one's answer
            self.end()
            raise
        finally:
            timer.cancel()
        if answer is None:
            raise self._ended(form, bounds.seconds, is_late=too_long.is_set())
        if "beyond" in answer:
            raise Beyond(*answer["beyond"])
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"])
        if "fault" in answer:
            faults.note(f"the {form} reader on a file: {answer['said']}", details=self._child_stderr())
            reason = f": {answer['said']}" if answer["said"] else ""
            raise Unreadable(f"the {form} reader cannot read it ({answer['fault']}{reason})")
        return answer["value"]

    def _exchange(self, header: bytes, body: bytes) -> dict[str, Any] | None:
        """The child's answer; None if it ended before it gave one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(header)
            self.process.stdin.write(body)
            self.process.stdin.flush()
        length, _, is_last = self.process.stdout.readline().partition(b" ")
        if not length:
            return None
        text = self.process.stdout.read(int(length))
        if len(text) < int(length):
            return None
        if is_last.strip() == b"1":
            self.end()
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _ended(self, form: str, seconds: float, *, is_late: bool) -> Unreadable:
        """Why the child ended on a file, in words."""
        code = self.process.wait()
        output = self._child_stderr()
        faults.note(f"the {form} reader ended with {code} on a file", details=output)
        self.end()
        if is_late or code == -signal.SIGXCPU:
            return Beyond("seconds", f"it was not read within {seconds:,.0f} seconds")
        if "memory allocation of" in output or "MemoryError" in output or code == -signal.SIGKILL:
            return Beyond("memory_bytes", "it needs more memory to be read")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Unreadable(f"the {form} reader broke down on it ({how}); nothing else was harmed")

    def _child_stderr(self) -> str:
        self.stderr.seek(0)
        text = self.stderr.read()[-4000:].decode("utf-8", "replace")
        self.stderr.truncate(0)
        return text

    def end(self) -> None:
        """Let the child end, and make it end where it does not."""
        if self.pid != os.getpid():
            return
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_lock = threading.Lock()
_running: list[_Child] = []


def _child() -> _Child:
    if not _running or not _running[0].is_ready():
        for old in _running:
            old.end()
        _running[:] = [_Child()]
    return _running[0]


@atexit.register
def _end() -> None:
    for child in _running:
        child.end()
