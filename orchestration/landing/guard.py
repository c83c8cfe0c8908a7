"""Turning a parser's error into a failure with a message, for one file or slice, so that the others continue.

What belongs here: separating errors that the file may cause from those that it cannot. What does not: the limits
(limits), the readers (forms), where the failure is recorded (attempts).

A parser may raise anything on unexpected bytes; one written in Rust may even raise what is not an Exception. Each error
becomes a SourceError that names the file or slice. If it may be a bug of Clawback, its traceback is kept (faults).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from orchestration import faults
from orchestration.forms import Unreadable, is_panic
from orchestration.wire import SourceError

T = TypeVar("T")


@contextmanager
def reading(dataset: str, slice_key: str, url: str | None = None) -> Iterator[None]:
    """Within the block any exception of a reader becomes a SourceError, except errors of the disk."""
    try:
        yield
    except (SourceError, OSError):
        raise
    except Unreadable as error:
        raise SourceError(dataset, slice_key, str(error), url=url) from error
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            # Ctrl-C, an exit, the end of a generator
            raise
        faults.note(f"{dataset} {slice_key} {url or ''}".rstrip())
        raise SourceError(dataset, slice_key, in_words(error), url=url) from error


def each(made: Iterable[T], dataset: str, slice_key: str, url: str | None = None) -> Iterator[T]:
    """The items of an iterable; an exception of the iterable becomes a SourceError, one of its user does not."""
    things = iter(made)
    while True:
        with reading(dataset, slice_key, url):
            try:
                thing = next(things)
            except StopIteration:
                return
        yield thing


def in_words(error: BaseException) -> str:
    """A plain sentence for an unforeseen exception, with the name of its class."""
    kind = type(error).__name__
    if isinstance(error, RecursionError):
        return f"it is nested too deeply to be read ({kind})"
    if isinstance(error, MemoryError):
        return f"it needs more memory to be read than there is ({kind})"
    reason = " ".join(str(error).split())[:200]
    message = f"{kind}: {reason}" if reason else kind
    return f"it does not have the form that it must have, and the reader gave up ({message}; see {faults.FAULTS_FILE})"
