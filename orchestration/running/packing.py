"""The text of an event, packed for Dagster's event log in SQLite.

What belongs here: compressing and restoring one text, and the type of a database column that does both unseen. What
does not: which columns have that type, and how the files are opened (event_log).

An event is 2 kB of JSON that repeats the last event's. A dictionary of such events, `event_log.dictionary`, makes it
150 bytes, where compression alone makes it 600. The dictionary must never change: what was packed with it could not be
read. Another one needs another version byte.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from orchestration.redaction import of_environment

_VERSION = b"\x01"
_RAW = -zlib.MAX_WBITS
_LEVEL, _MEMORY = 6, 9


@cache
def _dictionary() -> bytes:
    return Path(__file__).with_name("event_log.dictionary").read_bytes()


@cache
def _primed() -> Any:
    """A compressor that has read the dictionary: a copy costs less than reading it again."""
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _dictionary())


# an event is written into the file of its run, and again into the index of all runs
@lru_cache(maxsize=2)
def pack(text: str) -> bytes:
    compressor = _primed().copy()
    return bytes(_VERSION + compressor.compress(text.encode()) + compressor.flush())


def unpack(packed: bytes) -> str:
    """The text of packed bytes. Raises ValueError if a later version of Clawback packed them."""
    if not packed.startswith(_VERSION):
        raise ValueError("an event was packed by a later version of Clawback: read it with that version")
    decompressor = zlib.decompressobj(_RAW, _dictionary())
    return (decompressor.decompress(packed[1:]) + decompressor.flush()).decode()


class PackedText(TypeDecorator[str]):
    """Text that SQLite holds packed, without keys. What was written as text is read as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, str) or dialect.name != "sqlite":
            return value
        return pack(of_environment().text(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return unpack(value) if isinstance(value, bytes) else value
