"""Large CSV as a stream of blocks: split between records, each block small enough for memory, parsed by polars.

What belongs here: from bytes to blocks to data frames of text. What does not: the rules for headers (tables), Parquet
and provenance columns (landing.csv_parts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import polars as pl

from orchestration.forms import Unreadable, is_panic

# Bytes of CSV parsed at a time: small enough that the allocator uses its pages again (of 64 MB blocks each page came
# fresh from the kernel, a tenth of the time), large enough that both cores have work.
BLOCK_BYTES = 24 << 20
# A record may be long, but a quote that never closes would swallow the rest of the file.
_MOST_BYTES_WITHOUT_AN_END = 3 * BLOCK_BYTES
# Cells of a block that are parsed at a time: short rows under very many columns take far more memory than the bytes
# they came in.
_MOST_CELLS_AT_ONCE = 3_000_000
_CACHED = 1 << 18
_NEWLINE, _QUOTE, COMMA = 10, 34, 44
_QUOTED = b'"'
# All bytes but those that end a cell or a row.
_NO_ENDS = bytes(byte for byte in range(256) if byte not in (_NEWLINE, COMMA))

Block = TypeVar("Block")


class BadCsv(Unreadable):
    """CSV that cannot be parsed into records, with the place."""


def blocks(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The same bytes in blocks that end where a record ends (a newline with all quotes closed)."""
    waiting: list[bytes] = []
    size, quotes = 0, 0
    for chunk in chunks:
        found = _quotes(chunk)
        if size + len(chunk) >= BLOCK_BYTES and (end := _last_end(chunk, quotes, found)):
            yield b"".join([*waiting, chunk[:end]])
            chunk = chunk[end:]
            waiting, size, quotes, found = [], 0, 0, _quotes(chunk)
        waiting.append(chunk)
        size += len(chunk)
        quotes += found
        if size > _MOST_BYTES_WITHOUT_AN_END:
            raise BadCsv(f"{name}: no record ends within {size:,} bytes: a quote is not closed, or it is no CSV")
    if size:
        if quotes % 2:
            raise BadCsv(f"{name}: it ends inside a quoted field")
        yield b"".join(waiting)


def _last_end(chunk: bytes, before: int, inside: int) -> int:
    """Where the last record that ends in a chunk ends: after the last newline up to which the quotes are even.

    before: quotes since the last record's end before the chunk; inside: quotes in it. 0 where no record ends in it.
    """
    quotes = before + inside
    end = chunk.rfind(b"\n")
    after = chunk.count(b'"', end + 1)
    while end >= 0 and (quotes - after) % 2:
        earlier = chunk.rfind(b"\n", 0, end)
        after += chunk.count(b'"', earlier + 1, end)
        end = earlier
    return end + 1


def _quotes(block: bytes) -> int:
    return count(block, _QUOTE)


def count(block: bytes, byte: int) -> int:
    """How often a byte stands in a block: piece by piece in the processor's cache, 8 times as fast as bytes.count."""
    values = np.frombuffer(block, np.uint8)
    return sum(int(np.count_nonzero(values[i : i + _CACHED] == byte)) for i in range(0, len(values), _CACHED))


def within(block: bytes, columns: int) -> Iterator[bytes]:
    """A block as it is, or in pieces that end where a record ends where it would have too many cells to be parsed."""
    if not block:
        return
    lines = count(block, _NEWLINE) + 1
    if lines * columns <= _MOST_CELLS_AT_ONCE:
        yield block
        return
    size = max(len(block) * _MOST_CELLS_AT_ONCE // (lines * columns), 1)
    start = 0
    while start < len(block):
        piece = block[start : start + size]
        end = len(piece) if start + size >= len(block) else _last_end(piece, 0, _quotes(piece))
        while not end:
            # no record ends within it: one of them is long
            piece = block[start : start + len(piece) * 2]
            end = len(piece) if start + len(piece) >= len(block) else _last_end(piece, 0, _quotes(piece))
        yield piece[:end]
        start += end


def parse(
    block: bytes, names: Sequence[str], name: str, done: int, numbers: Collection[str] = frozenset()
) -> pl.DataFrame:
    """A block's records. name, done: the text, and how many of its records came before, for what an error says.

    numbers: the columns that hold whole numbers; every other is text. Raises BadCsv.
    """
    if b"\x00" in block:
        raise BadCsv(f"{name}: among the records after number {done:,}: it holds NUL bytes, so it is no text")
    types = {column: pl.Int64 if column in numbers else pl.String for column in names}
    with _telling_place(name, done):
        return pl.read_csv(block, has_header=False, schema=types, encoding="utf8")


@contextmanager
def _telling_place(name: str, done: int) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not isinstance(error, (pl.exceptions.PolarsError, UnicodeDecodeError)) and not is_panic(error):
            raise
        place = f"among the records after number {done:,}"
        raise BadCsv(f"{name}: {place}: {str(error).splitlines()[0][:300]}") from error


def parse_some(
    block: bytes, names: Sequence[str], wanted: Sequence[str], name: str, done: int, numbers: Collection[str]
) -> pl.DataFrame:
    """Some columns of a block whose rows all have as many cells as there are names; like `parse`, in half the time.

    polars does not count the cells of a row of which it needs some: they are counted before, if no text has quotes.
    """
    if _QUOTED in block or b"\x00" in block or not _is_even(block, len(names)):
        frame = parse(block, names, name, done, {one for one in numbers if one in wanted})
        must_have_every_cell(block, frame, len(names), name, done)
        return frame.select(wanted)
    types = {column: pl.Int64 if column in numbers else pl.String for column in names}
    places = [names.index(column) for column in wanted]
    with _telling_place(name, done):
        return pl.read_csv(block, has_header=False, schema=types, columns=places, encoding="utf8").select(wanted)


def _is_even(block: bytes, columns: int) -> bool:
    """Whether every line of a block without quotes has as many cells as there are columns."""
    ends = block.translate(None, _NO_ENDS) + (b"" if block.endswith(b"\n") else b"\n")
    row = b"," * (columns - 1) + b"\n"
    return ends == row * (len(ends) // columns)


def must_have_every_cell(block: bytes, frame: pl.DataFrame, columns: int, name: str, done: int) -> None:
    """Raise BadCsv if a row of a block has fewer cells than the header: its records would end in nulls.

    frame: the block's records; columns: of the header. Only a comma that is a character of a text is not counted by a
    row, so fewer commas than the rows need are short rows.
    """
    if count(block, COMMA) < frame.height * (columns - 1):
        place = f"among the records after number {done:,}"
        raise BadCsv(f"{name}: {place}: a row has fewer cells than the header's {columns:,}")


def ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, each made in a thread of its own while the one before it is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="csv-reader") as reader:
        waiting = reader.submit(next, blocks, None)
        while (block := waiting.result()) is not None:
            waiting = reader.submit(next, blocks, None)
            yield block
