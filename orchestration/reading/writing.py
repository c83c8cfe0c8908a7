"""Writing an answer's rows to a file: CSV, JSON, Parquet, XLSX.

What belongs here: writing values so that a program reads the same values back, preventing text from running as a
formula in a spreadsheet, and which files may be overwritten. What does not: which rows (reader, questions), the screen
(cli.screen).

Text that begins with = + - @, a tab or a carriage return would run as a formula in a spreadsheet, and publishers print
what others typed. In CSV and XLSX such text, also in its full-width form and after spaces, gets a single quote before
it, as OWASP recommends (CSV Injection). A plain number, also as text ("-5"), is no formula and gets no quote.
JSON and Parquet contain every value unchanged.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from orchestration import files
from orchestration.reading.harmless import STEERING
from orchestration.reading.meaning import Meaning, descriptor
from orchestration.reading.values import CannotWriteAnswer, as_json, csv_value, distinct, each, guarded, quoted
from orchestration.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FORMATS",
    "CannotWriteAnswer",
    "check",
    "format_of",
    "guarded",
    "sidecar",
    "sidecar_of",
    "write",
    "write_text",
]

FORMATS = ("csv", "json", "parquet", "xlsx")
_TEXT_FORMATS = ("csv", "json")
# The key of a Parquet file's own metadata under which its description is.
PARQUET_KEY = "clawback"


def sidecar_of(output: Path) -> Path:
    """The file beside a CSV that says what it means."""
    return output.with_name(f"{output.name}.metadata.json")


def check(format_: str, output: Path | None, settings: Settings, *, overwrite: bool = False) -> None:
    """Refuse, before anything is asked, what could not be written. Raises CannotWriteAnswer."""
    if format_ not in FORMATS:
        raise CannotWriteAnswer(f"--format {format_!r}: there are table, {', '.join(FORMATS)}")
    if output is None:
        if format_ not in _TEXT_FORMATS:
            raise CannotWriteAnswer(f"--format {format_} needs --output FILE: it is not text")
        return
    kept = [settings.root, settings.landing_dir]
    # a folder of the home may be mounted elsewhere too
    inside = [one for folder in kept if folder.is_dir() for one in folder.iterdir() if one.is_dir()]
    releases = settings.releases_dir.iterdir() if settings.releases_dir.is_dir() else ()
    written = (output, sidecar_of(output)) if format_ == "csv" else (output,)
    for path in written:
        _check_file(path, [*kept, *inside, *releases], overwrite=overwrite)


def _check_file(output: Path, kept: Iterable[Path], *, overwrite: bool) -> None:
    for folder in kept:
        if _is_under(output, folder):
            raise CannotWriteAnswer(
                f"{output} is inside {folder}, which holds captures and releases: nothing else is written there."
                " Name a file elsewhere"
            )
    if output.is_dir():
        raise CannotWriteAnswer(f"{output} is a folder: name a file")
    if output.is_symlink() or output.exists():
        if not output.is_file():
            raise CannotWriteAnswer(f"{output} is no ordinary file: name another")
        if not overwrite:
            raise CannotWriteAnswer(f"{output} exists: --overwrite replaces it, or name another file")


def format_of(format_: str, output: Path | None, settings: Settings, *, overwrite: bool = False) -> str:
    """The format of an answer: the one given, or for a file without one what its ending says; "table" is for a screen.

    Raises CannotWriteAnswer, before anything is asked, if the answer could not be written.
    """
    if format_ == "table":
        if output is None:
            return format_
        format_ = output.suffix.removeprefix(".").lower()
        if format_ not in FORMATS:
            raise CannotWriteAnswer(
                f"--output needs --format {', '.join(FORMATS)}, or a file name that ends in one of them"
            )
    check(format_, output, settings, overwrite=overwrite)
    return format_


def _is_under(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder: as it is written, through symlinks, or as the same folder by another name."""
    ours = folder.resolve()
    for way in (Path(os.path.abspath(path)), path.resolve()):
        if any(parent == ours or _same(parent, ours) for parent in (way, *way.parents)):
            return True
    return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def write(rows: Any, format_: str, output: Path, meaning: Meaning | None = None) -> int:
    """Write rows (a relation) to a file, whole or not at all; how many rows.

    meaning: what the answer means. A CSV gets it as a file beside it, the other formats inside; without it the rows
    alone are written. What stands at the path is replaced, never written into: another name of the same file keeps the
    old content. Raises CannotWriteAnswer, files.CannotWrite.
    """
    target = _target(output)
    files.sweep_unfinished(target.parent)
    if format_ == "csv":
        return _write_csv(rows, output, meaning)
    described = None if meaning is None else descriptor(meaning, output.name, format_)
    if format_ == "json":
        with files.whole(target) as binary, _text(binary) as stream:
            return _write_json(rows, stream, described)
    if format_ == "parquet":
        # here and below: each takes longer to load than most answers take, and most are written as neither
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = rows.to_arrow_table()
        if described is not None:
            table = table.replace_schema_metadata({PARQUET_KEY: as_json(described)})
        buffer = pa.BufferOutputStream()
        try:
            pq.write_table(table, buffer)
        except pa.ArrowNotImplementedError as cannot:
            kinds = ", ".join(f"{field.name} ({field.type})" for field in table.schema if _is_odd(field.type))
            raise CannotWriteAnswer(f"Parquet has no form for {kinds or cannot}: cast it, or --format csv") from cannot
        files.write_whole(target, buffer.getvalue().to_pybytes())
        return int(table.num_rows)
    from orchestration.reading.workbook import workbook  # as above

    data, count = workbook(rows, described)
    files.write_whole(target, data)
    return count


def _target(output: Path) -> Path:
    return output.resolve() if output.is_symlink() else output


class _Hashed:
    """A stream that counts and hashes what is written to it."""

    def __init__(self, binary: BinaryIO) -> None:
        self._binary, self.digest, self.bytes = binary, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.bytes += len(data)
        return self._binary.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._binary, name)


@contextmanager
def _text(binary: Any) -> Iterator[io.TextIOWrapper]:
    """A stream of text that is written to the disk as it comes: an answer may be larger than the memory."""
    stream = io.TextIOWrapper(binary, encoding="utf-8", newline="", errors="backslashreplace", write_through=True)
    yield stream
    stream.flush()
    stream.detach()


def _write_csv(rows: Any, output: Path, meaning: Meaning | None) -> int:
    """Write a CSV, and beside it what it means: both, or neither."""
    target = _target(output)
    if meaning is None:
        with files.whole(target) as binary, _text(binary) as stream:
            return write_text(rows, "csv", stream)
    # the description, opened last, takes its place first: if it cannot, the answer does not take its own either
    with files.whole(target) as binary, files.whole(_target(sidecar_of(output))) as beside:
        hashed = _Hashed(binary)
        with _text(hashed) as stream:
            count = write_text(rows, "csv", stream)
        beside.write(_sidecar(meaning, output.name, hashed.bytes, hashed.digest.hexdigest(), count))
        binary.flush()
        os.fsync(binary.fileno())
    return count


def sidecar(meaning: Meaning, name: str, data: bytes, rows: int) -> bytes:
    """The description of a CSV that somebody else writes: what stands beside it (sidecar_of), by its name and bytes."""
    return _sidecar(meaning, name, len(data), hashlib.sha256(data).hexdigest(), rows)


def _sidecar(meaning: Meaning, name: str, size: int, digest: str, rows: int) -> bytes:
    known = {"bytes": size, "hash": f"sha256:{digest}", "rows": rows}
    return (_indented(descriptor(meaning, name, "csv", **known)) + "\n").encode()


def _indented(value: Mapping[str, Any]) -> str:
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False, indent=1))


def _write_json(rows: Any, stream: Any, described: Mapping[str, Any] | None) -> int:
    """The rows as a list; with their meaning, an object that has them as its last member, `data`."""
    if described is None:
        return write_text(rows, "json", stream)
    alone = {name: value for name, value in described.items() if name not in ("path", "format", "mediatype")}
    stream.write(_indented(alone).removesuffix("\n}"))
    stream.write(',\n "data": ')
    count = write_text(rows, "json", stream)
    stream.write("}\n")
    return count


def _is_odd(kind: pa.DataType) -> bool:
    from pyarrow import types  # as above

    return bool(types.is_interval(kind) or types.is_duration(kind) or types.is_union(kind))


def write_text(rows: Any, format_: str, stream: Any) -> int:
    """Write rows as CSV or JSON to a stream of text; how many."""
    names = list(rows.columns)
    count = 0
    if format_ == "csv":
        stream.write(",".join(quoted(guarded(name)) for name in names) + "\n")
        for row in each(rows):
            stream.write(",".join(map(csv_value, row)) + "\n")
            count += 1
        return count
    keys = distinct(names)
    stream.write("[")
    for row in each(rows):
        stream.write(",\n" if count else "\n")
        stream.write(f"  {as_json(dict(zip(keys, row, strict=True)))}")
        count += 1
    stream.write("\n]\n" if count else "]\n")
    return count
