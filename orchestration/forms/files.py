"""Reading a whole file from disk: only a regular file, and never one larger than the limit.

What belongs here: the checks before reading. What does not: what the bytes are (the other modules of this package).
"""

from __future__ import annotations

import stat
from pathlib import Path

from orchestration import limits
from orchestration.forms import Beyond, Unreadable


def must_be_regular(path: Path) -> int:
    """The size of a file. Raises Unreadable for a pipe or a device, which may never end; OSError where it is not."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise Unreadable("it is no file on a disk but a pipe or a device: save it as a file first")
    return about.st_size


def read(path: Path) -> bytes:
    """All bytes of a file. Raises Unreadable if it is larger than what is read in memory."""
    size = must_be_regular(path)
    most = limits.current().body_bytes
    if size > most:
        raise Beyond("body_bytes", f"{size:,} bytes")
    with path.open("rb") as stream:
        # one that grows meanwhile is not read forever
        body = stream.read(most + 1)
    if len(body) > most:
        raise Beyond("body_bytes", f"more than {most:,} bytes")
    return body
