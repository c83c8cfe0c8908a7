"""One gzip member of a WARC, compressed while it is written: a large payload is in memory once.

What belongs here: the compression of a member. What does not: what stands in it (capture).
"""

from __future__ import annotations

from typing import BinaryIO

from isal import isal_zlib

# warcio's own gzip runs at level 9 (9 MB/s measured); a member by isal is ten times faster.
_LEVEL = 2
_GZIP = 31


class GzipMember:
    """A file to write to; its content becomes one gzip member at the end of another file."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._compressor = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)

    def write(self, data: bytes) -> int:
        self._target.write(self._compressor.compress(data))
        return len(data)

    def flush(self) -> None:
        """Nothing: what is held back is written at the end."""

    def close(self) -> None:
        """End the member; the file it stands in stays open."""
        self._target.write(self._compressor.flush())
