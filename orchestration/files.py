"""Writing files so that a crash or a full disk never leaves half of one.

What belongs here: writing a file atomically, appending a line, reading lines back, deleting a folder, and one error for
every disk that cannot be written to. What does not: the content of the files.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psutil

# What is being written carries this prefix and the number of the process that writes it.
UNFINISHED = ".tmp-"
# The names of `unfinished_name`, and of no other program.
_OURS = re.compile(r"\.tmp-(\d{1,10})-[0-9a-f]{32}")
_OLD_SECONDS = 24 * 3600

_WAYS_OUT = {
    errno.ENOSPC: ("the disk is full", "free some space, then run the command again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then run the command again"),
    errno.EFBIG: ("the file would grow beyond the limit for files", "raise the limit (ulimit -f)"),
    errno.EROFS: ("the file system is read-only", "mount it writable, or set CLAWBACK_HOME to another folder"),
    errno.EACCES: ("no permission", "change the folder's owner, or set CLAWBACK_HOME to another folder"),
    errno.EPERM: ("no permission", "change the folder's owner, or set CLAWBACK_HOME to another folder"),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n)"),
    errno.ENFILE: ("too many files are open on this machine", "close other programs"),
    errno.EIO: ("the disk reports an error", "check the disk"),
}


class CannotWrite(OSError):
    """A file could not be written: names the file, what is wrong and how to fix it. Nothing was left half written."""

    def __init__(self, path: Path, cause: OSError, *, verb: str = "write") -> None:
        wrong, way_out = _WAYS_OUT.get(cause.errno or 0, (cause.strerror or str(cause), "check the disk"))
        super().__init__(cause.errno, f"cannot {verb} {path}: {wrong}. {way_out[0].upper()}{way_out[1:]}.")
        self.path = path

    def __str__(self) -> str:
        return str(self.args[1])


# The thread that ends this process; no other begins a file after it has said so.
_ending: list[int] = []


def end_writing() -> None:
    """This process is about to end: every other thread that would begin a file or a folder waits for ever.

    What they had begun counts as abandoned from now on.
    """
    _ending.append(threading.get_ident())


def unfinished_name(suffix: str = "") -> str:
    """A name for a file or folder that this process is writing and will rename."""
    if _ending and threading.get_ident() not in _ending:
        threading.Event().wait()
    return f"{UNFINISHED}{os.getpid()}-{uuid.uuid4().hex}{suffix}"


def abandoned(folder: Path) -> Iterator[Path]:
    """What lies unfinished in a folder and will never be finished: its writer is dead, or it is older than a day."""
    for leftover in folder.glob(f"{UNFINISHED}*"):
        try:
            begun = leftover.lstat().st_mtime
        except FileNotFoundError:
            continue
        writer = leftover.name.removeprefix(UNFINISHED).partition("-")[0]
        is_old = time.time() - begun > _OLD_SECONDS
        if is_old or (writer.isdecimal() and len(writer) <= 10 and not is_alive(int(writer), begun)):
            yield leftover


def is_alive(pid: int, at: float) -> bool:
    """Whether the process that bore this number at a time (seconds since 1970) still lives: numbers are given again."""
    if _ending and pid == os.getpid():
        return False
    try:
        process = psutil.Process(pid)
        return process.create_time() <= at + 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


# How libraries that do not raise OSError (DuckDB, SQLite, Arrow, polars, dbt) say the same.
_MESSAGES = (
    (
        errno.ENOSPC,
        r"No space left on device|database or disk is full|Could not write all bytes|max_temp_directory_size",
    ),
    (errno.EDQUOT, r"Disk quota exceeded"),
    (errno.EFBIG, r"File too large"),
    (errno.EROFS, r"Read-only file system"),
    (errno.EACCES, r"Permission denied|attempt to write a readonly database|unable to open database file"),
    (errno.EMFILE, r"Too many open files"),
    (errno.EIO, r"disk I/O error|Input/output error"),
)
_NO_ROOM_BYTES = 256 * 1024
# SQLite and DuckDB report a full disk as an I/O error where they map files, and what they remove as they fail is
# free again when somebody looks. An I/O error on a disk with less room than this is taken for a full disk.
_LITTLE_ROOM_BYTES = 32 * 1024**2
# A path as errors quote it.
_QUOTED = re.compile(r"""["'](/[^"']+)["']""")
_ABOUT_FILES = frozenset(_WAYS_OUT)


def is_full(path: Path, room_bytes: int = _NO_ROOM_BYTES) -> bool:
    """Whether the disk that a path is on has less room than this."""
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    try:
        return shutil.disk_usage(existing).free < room_bytes
    except OSError:
        return False


def full(path: Path) -> CannotWrite:
    """The refusal of a full disk."""
    return CannotWrite(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def refusal_in(text: str, path: Path) -> CannotWrite | None:
    """The disk error that an error's text describes; None if it describes something else."""
    for number, message in _MESSAGES:
        if re.search(message, text):
            named = _QUOTED.search(text)
            if number == errno.EIO and is_full(path, _LITTLE_ROOM_BYTES):
                number = errno.ENOSPC
            return _refused(Path(named.group(1)) if named else path, OSError(number, os.strerror(number)))
    return None


def refusal(error: BaseException, path: Path) -> CannotWrite | None:
    """The disk's refusal behind an error or behind its causes; None if the disk refused nothing.

    path: what is named where the error names no file.
    """
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        if isinstance(each, CannotWrite):
            return each
        if isinstance(each, OSError) and each.errno in _ABOUT_FILES:
            return _refused(Path(os.fsdecode(each.filename)) if isinstance(each.filename, str) else path, each)
        if isinstance(each, Exception) and (found := refusal_in(str(each), path)):
            return found
        each = each.__cause__ or each.__context__
    return None


def _refused(path: Path, cause: OSError) -> CannotWrite:
    # without permission it may have been the reading that was refused
    return CannotWrite(path, cause, verb="use" if cause.errno in (errno.EACCES, errno.EPERM) else "write")


@contextmanager
def telling_refusals(path: Path) -> Iterator[None]:
    """Turn a library's error into CannotWrite where the disk refused; our own errors need no change.

    path: the folder that is written to. A file elsewhere that may not be read is no refusal of its disk.
    """
    try:
        yield
    except Exception as error:
        if type(error).__module__.startswith("orchestration."):
            raise
        named = getattr(error, "filename", None)
        if isinstance(error, PermissionError) and named and path not in Path(os.fsdecode(named)).parents:
            raise
        if found := refusal(error, path):
            raise found from error
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn whatever the disk refuses into CannotWrite for this path."""
    try:
        yield
    except CannotWrite:
        raise
    except OSError as error:
        raise CannotWrite(path, error) from error


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content is at the path once the block has ended well; until then, and else, the old file is.

    Readers see the old file or the new one, and after a crash one of the two is there. Another name of the old file (a
    hard link) keeps the old content. Raises CannotWrite.
    """
    beside = path.with_name(unfinished_name())
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file in one step (`whole`). Raises CannotWrite; the old file then stays as it was."""
    with whole(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


def sweep_unfinished(folder: Path) -> None:
    """Remove what `whole` left in a folder of somebody else's when its process was killed; nothing else."""
    for leftover in folder.glob(f"{UNFINISHED}*"):
        named = _OURS.fullmatch(leftover.name)
        with suppress(OSError):
            if named and leftover.is_file() and not is_alive(int(named.group(1)), leftover.lstat().st_mtime):
                leftover.unlink()


def append_line(path: Path, value: Mapping[str, Any], *, sync: bool = True) -> None:
    """Append one line of JSON, whole or not at all.

    A torn end that an earlier crash left becomes a line of its own, which readers pass over. A line that the disk
    takes only in part is taken back. sync: wait until the disk has it.
    Raises CannotWrite.
    """
    line = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode(errors="backslashreplace")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line
            try:
                _write_all(handle, line)
                if sync:
                    os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


@dataclass
class Lines:
    """The lines of a file, oldest first, and the numbers of those that were no whole line of JSON."""

    values: list[dict[str, Any]] = field(default_factory=list)
    passed_over: list[int] = field(default_factory=list)


def read_lines(path: Path) -> Lines:
    """Read what append_line wrote. A missing file has no lines."""
    found = Lines()
    if not path.exists():
        return found
    for number, text in enumerate(path.read_bytes().split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            found.values.append(value)
        else:
            found.passed_over.append(number)
    return found


def remove_tree(folder: Path) -> None:
    """Delete a folder whatever the modes of what is in it (releases are read-only). A missing folder is fine.

    What breaks it off, such as Ctrl-C, is raised when the folder is gone. Raises CannotWrite.
    """
    try:
        _remove_tree(folder)
    except CannotWrite:
        raise
    except BaseException:
        _remove_tree(folder)
        raise


def _remove_tree(folder: Path) -> None:
    with writing(folder):
        if not folder.is_dir() or folder.is_symlink():
            return
        for inside, names, _ in os.walk(folder):
            os.chmod(inside, stat.S_IRWXU)
            names[:] = [name for name in names if not os.path.islink(os.path.join(inside, name))]
        shutil.rmtree(folder)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's entries: a rename is only then safe from a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
