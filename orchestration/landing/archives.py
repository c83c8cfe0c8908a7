"""Zip archives from outside, read as a stream and believed in nothing.

What belongs here: the limits on what an archive may claim and on what it then
unpacks to, and inflating a member without a second copy in memory. What does
not: what its members mean (csv_parts, sources).
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from isal import isal_zlib
from isal.igzip_lib import IsalError

_CHUNK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")


class BadArchive(Exception):
    """An archive that cannot be read, or that must not be."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold. USAspending's largest (all agencies, one year) are near 10 GB, packed 10 to 30 to 1."""

    entries: int = 1_000
    unpacked_bytes: int = 64 * 1024**3
    ratio: float = 300.0


def is_zip(head: bytes) -> bool:
    """Whether the first bytes are a zip's: of a member, or of an empty archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def members(path: Path, limits: Limits | None = None) -> list[zipfile.ZipInfo]:
    """The files of an archive in their order, folders left out.

    Raises BadArchive where it is no whole zip, names a path outside itself, a link or an encrypted member, or
    claims more entries, bytes or a higher ratio than the limits.
    """
    limits = limits or Limits()
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadArchive(f"not a whole zip archive: {error}") from error
    if len(found) > limits.entries:
        raise BadArchive(f"{len(found):,} entries, at most {limits.entries:,} are read")
    for info in found:
        name = PurePosixPath(info.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise BadArchive(f"the entry {info.filename!r} points outside the archive")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BadArchive(f"the entry {info.filename!r} is a link")
        if info.flag_bits & 0x1:
            raise BadArchive(f"the entry {info.filename!r} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadArchive(f"the entry {info.filename!r} is packed by a method that is not read")
        if info.file_size > 1 << 20 and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise BadArchive(
                f"the entry {info.filename!r} claims to unpack to {info.file_size:,} bytes, more than"
                f" {limits.ratio:.0f} to 1"
            )
    if (total := sum(info.file_size for info in found)) > limits.unpacked_bytes:
        raise BadArchive(f"it claims to unpack to {total:,} bytes, at most {limits.unpacked_bytes:,} are read")
    return found


def inflate(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one member, piece by piece, never more than it claims.

    By isal, because inflating is what an archive's ingest waits for (three times zlib's rate).
    Raises BadArchive where the data break off, exceed the claim or do not have the announced checksum.
    """
    with path.open("rb") as stream:
        packed = _packed(stream, info)
        checksum = size = 0
        try:
            for piece in packed if info.compress_type == zipfile.ZIP_STORED else _inflated(packed, info):
                size += len(piece)
                if size > info.file_size:
                    raise BadArchive(f"{info.filename}: unpacks to more than the {info.file_size:,} bytes it claims")
                checksum = isal_zlib.crc32(piece, checksum)
                yield piece
        except (IsalError, zlib.error) as error:  # type: ignore[misc]  # isal's stub calls its exception a value
            raise BadArchive(f"{info.filename}: broken after {size:,} bytes: {error}") from error
        if size != info.file_size or checksum != info.CRC:
            raise BadArchive(f"{info.filename}: {size:,} of {info.file_size:,} bytes, or a wrong checksum")


def _packed(stream: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    stream.seek(info.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise BadArchive(f"{info.filename}: its header is not where the archive says")
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    stream.seek(name_length + extra_length, 1)
    left = info.compress_size
    while left:
        piece = stream.read(min(_CHUNK, left))
        if not piece:
            raise BadArchive(f"{info.filename}: the archive ends before its member does")
        left -= len(piece)
        yield piece


def _inflated(packed: Iterator[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    inflater = isal_zlib.decompressobj(wbits=-15)
    for piece in packed:
        # Bounded: a piece of a bomb must not become a gigabyte at once.
        out = inflater.decompress(piece, _CHUNK * 64)
        while out:
            yield out
            out = inflater.decompress(inflater.unconsumed_tail, _CHUNK * 64) if inflater.unconsumed_tail else b""
    if rest := inflater.flush():
        yield rest
