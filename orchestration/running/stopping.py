"""Ctrl-C, SIGTERM and SIGHUP end the whole refresh, at once and in order.

What belongs here: receiving a signal and ending the run. What does not: what the next start cleans up (runs).

A Python signal handler runs only between two instructions of the main thread, which may wait in the database for
minutes, and Dagster treats an interrupt as the failure of one step and continues. So a thread receives the signal: it
ends the child processes, reports the run as canceled, lets a publication in progress finish, and ends the process.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

from orchestration import logs
from orchestration.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# From the signal to the end of the process, whatever hangs.
LONGEST_SECONDS = 9.0
_SECONDS_FOR_CHILDREN = 2.0
# Of unwinding, before the signal is raised again: a library may have swallowed the exception of the first.
_SECONDS_TO_UNWIND = 3.0

_WORDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}
# A signal was received and unwinds the stack.
_unwinding = threading.Event()


def unwind_on_signals() -> None:
    """For commands other than a refresh: SIGTERM and SIGHUP unwind the stack as Ctrl-C does, and clean up."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _unwind)


def _unwind(number: int, frame: FrameType | None) -> None:
    if not _unwinding.is_set():
        _say(2, f"\nStopped by {_WORDS[signal.Signals(number)]}.")
    _unwinding.set()
    if number == signal.SIGINT:
        # what asks a person line by line takes it for the end of the line
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


@contextmanager
def in_time() -> Iterator[None]:
    """While the block runs, a signal that does not unwind it within LONGEST_SECONDS ends the process.

    A handler waits for the library that the main thread is in, and that may read a large file for minutes. Its
    exception may be swallowed by what the main thread is in; then it is raised again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    main, over = threading.get_ident(), threading.Event()

    def end(number: signal.Signals) -> None:
        limit = time.monotonic() + LONGEST_SECONDS
        while not over.wait(min(_SECONDS_TO_UNWIND, max(0.0, limit - time.monotonic()))):
            if time.monotonic() >= limit:
                _end_children()
                os._exit(128 + number)
            signal.pthread_kill(main, number)

    with _heard(end):
        try:
            yield
        finally:
            over.set()


@contextmanager
def _heard(do: Callable[[signal.Signals], None]) -> Iterator[threading.Thread]:
    """Call a function in a thread, whatever the main thread does, when a signal comes."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def listen() -> None:
        while number := os.read(reader, 1):
            if number[0] in SIGNALS:
                do(signal.Signals(number[0]))

    # The wake-up file is written whichever handler stands: Dagster puts its own in our handler's place.
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    try:
        yield listener
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        listener.join()
        os.close(reader)


@contextmanager
def stoppable(at_end: Callable[[str], str]) -> Iterator[Callable[[], None]]:
    """While the block runs, a signal ends the process with exit code 128 + its number.

    Yields a function that never returns once a signal was received. Call it before reporting how the work ended, so
    that the end of a child process is not reported as a failure.

    at_end: called with the signal in words once the child processes are gone; its result is printed last.
    Does nothing outside the main thread. A signal that is ignored stays so (nohup).
    """
    if threading.current_thread() is not threading.main_thread():
        yield _nothing_heard
        return
    # Dagster leads standard error to a file of its own while a step runs
    screen = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    heard = threading.Event()

    def stop(number: signal.Signals) -> None:
        heard.set()
        _stop(number, at_end, screen)

    with _heard(stop) as listener:
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, _nothing) for number in heeded}

        def hold() -> None:
            if heard.is_set():
                # the listener ends the process; there are no more messages here
                listener.join()

        try:
            yield hold
        finally:
            hold()
            for number, handler in before.items():
                signal.signal(number, handler)
    os.close(screen)


def _nothing_heard() -> None:
    """Outside the main thread there is nothing to check."""


def _nothing(number: int, frame: FrameType | None) -> None:
    """The handler of the main thread does nothing: the listening thread does the work."""


def _stop(number: signal.Signals, at_end: Callable[[str], str], screen: int) -> None:
    code = 128 + number

    def give_up() -> None:
        _say(screen, f"Stopped by {_WORDS[number]}. The next refresh clears up what this one left.")
        os._exit(code)

    limit = threading.Timer(LONGEST_SECONDS, give_up)
    limit.daemon = True
    limit.start()
    _say(screen, f"\n{_WORDS[number]}: stopping")
    try:
        _end_children()
        _say(screen, at_end(_WORDS[number]))
    except BaseException as error:
        # whatever could not be reported: the next start does it
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
    """Write a line to the original standard error, which a step may have redirected; as JSON if logs are JSON."""
    if logs.is_json():
        record = logging.LogRecord("clawback.stopping", logging.ERROR, __file__, 0, text.strip(), (), None)
        record.event_name = "stopped"
        text = logs.formatter(Settings()).format(record)
    with suppress(OSError):
        os.write(screen, f"{text}\n".encode(errors="backslashreplace"))
