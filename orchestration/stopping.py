"""Ctrl-C, SIGTERM and SIGHUP end the whole refresh, at once and in order.

What belongs here: hearing a signal and ending what runs. What does not: what the next start clears up (running).

A Python handler runs only between two instructions of the main thread, which may sit in the database for minutes, and
Dagster takes an interrupt for the failure of one step and goes on. So the signal is heard by a thread: it ends the
child processes, reports the run canceled, lets a publication that is under way finish, and ends the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# From the signal to the end of the process, whatever hangs.
LONGEST_SECONDS = 9.0
_SECONDS_FOR_CHILDREN = 2.0

_WORDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


def unwind_on_signals() -> None:
    """For commands that are over in seconds: SIGTERM and SIGHUP unwind the stack as Ctrl-C does, and clear up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _unwind)


def _unwind(number: int, frame: FrameType | None) -> None:
    _say(2, f"\nStopped by {_WORDS[signal.Signals(number)]}.")
    raise SystemExit(128 + number)


@contextmanager
def stoppable(at_end: Callable[[str], str]) -> Iterator[Callable[[], None]]:
    """While the block runs, a signal ends the process with exit code 128 + its number.

    Yields a function that never returns once a signal was heard: called before the block tells anybody how its work
    ended, so that the end of a child process is not told as a failure.

    at_end: called with the signal in words once the child processes are gone; what it returns is the last line said.
    Does nothing outside the main thread. SIGHUP stays ignored where it was (nohup).
    """
    if threading.current_thread() is not threading.main_thread():
        yield _nothing_heard
        return
    # Dagster leads standard error to a file of its own while a step runs
    screen = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    heard = threading.Event()
    is_kept_off = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    heeded = [s for s in SIGNALS if not (s is signal.SIGHUP and is_kept_off)]
    before = {s: signal.signal(s, _nothing) for s in heeded}
    # The wake-up file is written whichever handler stands: Dagster puts its own in our handler's place.
    before_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(reader, set(before), heard, at_end, screen), daemon=True)
    listener.start()

    def hold() -> None:
        if heard.is_set():
            # the listener ends the process; nothing more is said here
            listener.join()

    try:
        yield hold
    finally:
        hold()
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(writer)
        listener.join()
        os.close(reader)
        os.close(screen)


def _nothing_heard() -> None:
    """Where nobody listens, nothing is heard."""


def _nothing(number: int, frame: FrameType | None) -> None:
    """The handler: the listener does the work."""


def _listen(
    reader: int, heeded: set[signal.Signals], heard: threading.Event, at_end: Callable[[str], str], screen: int
) -> None:
    while number := os.read(reader, 1):
        if number[0] in heeded:
            heard.set()
            _stop(signal.Signals(number[0]), at_end, screen)


def _stop(number: signal.Signals, at_end: Callable[[str], str], screen: int) -> None:
    code = 128 + number
    limit = threading.Timer(LONGEST_SECONDS, os._exit, (code,))
    limit.daemon = True
    limit.start()
    _say(screen, f"\n{_WORDS[number]}: stopping")
    try:
        _end_children()
        _say(screen, at_end(_WORDS[number]))
    except BaseException as error:
        # whatever could not be said or reported: the next start does it
        _say(screen, f"Stopped. {type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _end_children() -> None:
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, left = psutil.wait_procs(children, timeout=_SECONDS_FOR_CHILDREN)
    for child in left:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(left, timeout=1)


def _say(screen: int, text: str) -> None:
    with suppress(OSError):
        os.write(screen, f"{text}\n".encode(errors="backslashreplace"))
