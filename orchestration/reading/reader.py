"""A reader's connection to a release: only statements that read, within limits of time and memory.

What belongs here: opening a release by its name; the connection that analysts, the command line and notebooks get; its
limits, and the message when one is reached. What does not: which statements are allowed (statements), named questions
(questions), how an answer looks (cli.screen, writing).

Three layers protect the published file: statements are checked before they run (statements); DuckDB opens the file
read-only, with every file system switched off; the files of a release are read-only (release.publish).
"""

from __future__ import annotations

import re
import resource
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.reading import statements
from orchestration.release import layout
from orchestration.settings import Settings

# Seconds that a query has to end after it was interrupted.
GRACE = 3.0

_RELEASE_NAME = re.compile(r"\d{4}\.\d{2}\.\d{2}(\.\d+)?")

# `read_only` alone is no sandbox: the engine would read any file of the machine. With external access off it still
# writes the database's own file, .wal and .tmp, so the file systems are switched off too. Both once the files of the
# release are open: with external access off a second one cannot be attached.
_OPENED_WITH: dict[str, str | bool | int | float | list[str]] = {
    "allow_persistent_secrets": "false",  # pragma: allowlist secret
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # A table is a table of the release, never a variable of the Python code around it.
    "python_enable_replacements": "false",
    # Nothing is spilled to disk: beside the file that would be in the published folder.
    "temp_directory": "",
}
_NO_ACCESS, _LOCKED = "set enable_external_access = false", "set lock_configuration = true"
_NO_FILE = "set disabled_filesystems = 'LocalFileSystem'"

# What may be asked of the rows of a query. Other methods of a relation write, or take SQL as text.
_READING = frozenset(
    (
        *("columns", "description", "dtypes", "types", "shape", "show", "sql_query", "explain"),
        *("fetchall", "fetchnumpy", "fetchdf", "df", "to_df", "pl", "arrow", "to_arrow_table"),
        *("to_arrow_reader", "fetch_arrow_table", "fetch_arrow_reader", "fetch_record_batch"),
    )
)


class NothingPublished(Exception):
    """There is no release to read, or none of that name."""


class LimitReached(Exception):
    """A query was stopped by a limit; says which, and how to raise it."""


def connect(settings: Settings, *, release: str | None = None) -> Reader:
    """A connection to a release that can do nothing but read it.

    release: a release's id; the published one where none is given. An open reader keeps the release it opened.
    Raises NothingPublished if there is no such release.
    """
    return Reader(find(settings, release), settings)


def engine(settings: Settings, *, release: str | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB's own connection to a release, which a notebook's SQL cells need: as closed as a reader's.

    It has no limit of time. Raises NothingPublished.
    """
    return Reader(find(settings, release), settings)._connection


def find(settings: Settings, release: str | None = None) -> Path:
    """The file of a release that is named by its id, never by a path. Raises NothingPublished."""
    if release is not None and not _RELEASE_NAME.fullmatch(release):
        raise NothingPublished(f"{release!r} is no release's id: name one that `clawback releases` lists")
    # Resolved once: what is published next does not concern a reader who is open.
    folder = settings.releases_dir / release if release else settings.published_dir.resolve()
    file = folder / layout.WAREHOUSE_FILE
    if not file.exists() or file.resolve().parent.parent != settings.releases_dir.resolve():
        what = f"no release {release}" if release else "nothing published"
        raise NothingPublished(
            f"{what} under {settings.root}: see `clawback releases`, run `clawback refresh`, or set CLAWBACK_HOME"
        )
    return file.resolve()


class Reader:
    """A connection that reads. It is asked as DuckDB's own is: `sql` or `execute`, then `fetchall`, `df`, and so on."""

    def __init__(self, file: Path, settings: Settings, *, or_else: Callable[[], object] | None = None) -> None:
        """or_else: called if a query keeps running after it was interrupted (one call of a function can take hours)."""
        self._or_else, self.file = or_else, file
        # What of the release cannot be read, in words.
        self.damage: str | None = None
        self.seconds, self.memory = settings.query_seconds, int(settings.query_memory)
        self._connection = duckdb.connect(
            str(file), read_only=True, config={**_OPENED_WITH, "memory_limit": f"{self.memory}B"}
        )
        # A variable is a connection's own: every cursor is told where the Parquet files of the release are.
        self._folders = layout.variables(self._connection, file)
        layout.bind(self._connection, self._folders)
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        row = self._connection.execute("select current_setting('lock_configuration')").fetchone()
        # Connections of one process to one file share its settings: the first of them has locked it.
        if not (row and row[0]):
            self._open_beside()
            for statement in self._closing():
                self._connection.execute(statement)

    def _closing(self) -> tuple[str, ...]:
        """What closes every file but those that are open.

        If facts of this release are views, their Parquet files stay within reach, and the files that are open can be
        opened again: that these are not written is left to the reading of statements and to the files' modes.
        """
        views = layout.views(self._connection)
        if not views:
            return (_NO_ACCESS, _NO_FILE, _LOCKED)
        files = ", ".join(layout.literal(self.file.parent / layout.parquet(*view)) for view in views)
        return (f"set allowed_paths = [{files}]", _NO_ACCESS, _LOCKED)

    def _open_beside(self) -> None:
        """Open the further files of the release. One that is damaged costs its own tables, not the others'."""
        try:
            layout.attach_beside(self._connection, self.file)
        except duckdb.Error as error:
            names = ", ".join(str(path) for path in layout.beside(self.file).values())
            self.damage = f"{names} cannot be read ({str(error).splitlines()[0]}): clawback doctor"

    def read(self, text: str) -> list[duckdb.Statement]:
        """The statements of a text, checked and allowed (statements.read)."""
        return statements.read(text, self._connection)

    def rows(self, statement: duckdb.Statement, params: object = None) -> Rows:
        """The rows of one statement that `read` allowed."""
        cursor = self._opened()
        with self._limited(cursor):
            relation = cursor.sql(statement, params=params)

        def stream(until: float) -> duckdb.DuckDBPyConnection:
            flowing = self._opened()
            with self._limited(flowing, until):
                return flowing.execute(statement, params)

        return Rows(relation, cursor, self._limited, stream, self.seconds)

    def _opened(self) -> duckdb.DuckDBPyConnection:
        cursor = self._connection.cursor()
        layout.bind(cursor, self._folders)
        self._cursors.add(cursor)
        return cursor

    def sql(self, text: str, params: object = None) -> Rows:
        """The rows of a statement; of several statements those of the last.

        Raises statements.Refused, LimitReached, or duckdb.Error.
        """
        found = self.read(text)
        if not found:
            raise statements.Refused("there is no statement in the text")
        return [self.rows(statement, params) for statement in found][-1]

    execute = sql

    def cursor(self) -> Reader:
        """The same reader: each statement has a connection of its own, so that none disturbs another."""
        return self

    def close(self) -> None:
        for cursor in list(self._cursors):
            cursor.close()
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _limited(self, cursor: duckdb.DuckDBPyConnection, until: float | None = None) -> Iterator[None]:
        """until: when the limit of time is reached, by the monotonic clock; from now on where none is given."""
        left = self.seconds if until is None else until - time.monotonic()
        if left <= 0:
            raise LimitReached(too_long(self.seconds))
        done, late = threading.Event(), threading.Event()

        def watch() -> None:
            if not done.wait(left):
                late.set()
                # again and again: an interrupt that comes between two parts of the work is forgotten
                since = time.monotonic()
                while not done.wait(0.2):
                    cursor.interrupt()
                    if self._or_else and time.monotonic() - since > GRACE:
                        self._or_else()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            with _bounded_memory(self.memory):
                yield
        except duckdb.InterruptException as stopped:
            if late.is_set():
                raise LimitReached(too_long(self.seconds)) from stopped
            raise
        except (duckdb.OutOfMemoryException, MemoryError) as too_large:
            raise LimitReached(too_much(self.memory)) from too_large
        finally:
            done.set()
            watcher.join()


# What the engine and its threads may take beside a query's memory.
_BESIDE = 1024**3
_bounding = threading.Lock()
_bounds = 0
_unbounded = resource.getrlimit(resource.RLIMIT_AS)[0]


@contextmanager
def _bounded_memory(memory: int) -> Iterator[None]:
    """Bound the process's memory while a query runs: what functions build is in no account of the engine's.

    The first of several queries at once sets the bound, the last takes it away.
    """
    global _bounds, _unbounded
    with _bounding:
        _bounds += 1
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if _bounds == 1:
            _unbounded = soft
            bound = _pages() * resource.getpagesize() + memory + _BESIDE
            if bound > memory + _BESIDE and soft == resource.RLIM_INFINITY and hard == resource.RLIM_INFINITY:
                resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        with _bounding:
            _bounds -= 1
            if _bounds == 0:
                resource.setrlimit(resource.RLIMIT_AS, (_unbounded, hard))


def _pages() -> int:
    """The pages of memory that this process has; 0 where the system keeps no such account."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0


def too_long(seconds: float) -> str:
    return f"the query was stopped after {seconds:g} seconds (CLAWBACK_QUERY_SECONDS raises the limit)"


def too_much(memory: int) -> str:
    return (
        f"the query needs more memory than {memory / 1024**2:,.0f} MiB (CLAWBACK_QUERY_MEMORY raises the limit;"
        " fewer columns, a narrower WHERE or a LIMIT need less)"
    )


# Holds a cursor within the limits, until a moment of the monotonic clock where one is given.
Limited = Callable[..., AbstractContextManager[None]]


class Rows:
    """The rows of a statement: a relation of DuckDB of which only what reads is in reach, within the limits.

    `fetchone` and `fetchmany` give one row after the other, from the first to the last within one limit of time; every
    other method runs the statement again.
    """

    def __init__(
        self,
        relation: duckdb.DuckDBPyRelation,
        cursor: duckdb.DuckDBPyConnection,
        limited: Limited,
        stream: Callable[[float], duckdb.DuckDBPyConnection],
        seconds: float,
    ) -> None:
        self._relation, self._cursor, self._limited, self._stream = relation, cursor, limited, stream
        self._seconds, self._until = seconds, 0.0
        self._flowing: duckdb.DuckDBPyConnection | None = None

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows; none when all were given."""
        if self._flowing is None:
            self._until = time.monotonic() + self._seconds
            self._flowing = self._stream(self._until)
        with self._limited(self._flowing, self._until):
            return self._flowing.fetchmany(size)

    def fetchone(self) -> Any:
        """The next row; None when all were given."""
        return next(iter(self.fetchmany(1)), None)

    def limit(self, rows: int) -> _Derived:
        """The first rows."""
        return _Derived(self._relation.limit(rows), self._cursor, self._limited)

    def __getattr__(self, name: str) -> Any:
        return getattr(_Derived(self._relation, self._cursor, self._limited), name)


class _Derived:
    """A relation, of which what reads is in reach."""

    def __init__(
        self,
        relation: duckdb.DuckDBPyRelation,
        cursor: duckdb.DuckDBPyConnection,
        limited: Limited,
    ) -> None:
        self._relation, self._cursor, self._limited = relation, cursor, limited

    def __getattr__(self, name: str) -> Any:
        if name not in _READING:
            raise AttributeError(f"rows have no {name!r}: write it in SQL; there are {', '.join(sorted(_READING))}")
        with self._limited(self._cursor):
            found = getattr(self._relation, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            with self._limited(self._cursor):
                return found(*args, **named)

        return call


# What code that only asks takes: a reader, or a connection of DuckDB's own (builds and tests).
Connection = Reader | duckdb.DuckDBPyConnection
