"""Zip archives from outside, on disk or in memory, read as a stream; none of their own metadata is trusted.

What belongs here: checking an archive's directory, and what its members unpack to, against the limits; inflating a
member without a second copy in memory. What does not: what its members mean (landing.csv_parts, sources).
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from isal import isal_zlib
from isal.igzip_lib import IsalError

from orchestration import limits
from orchestration.forms import Beyond, Unreadable

_CHUNK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s2B4HL2L2H")
# The record at an archive's end, its own comment, and the place of its larger form (zip64) before it.
_END, _END_BYTES, _LONGEST_COMMENT, _LOCATOR_BYTES = b"PK\x05\x06", 22, 1 << 16, 20
_SMALL_BYTES = 1 << 20
# Bytes of an entry of the list, with a name of some length: the size of the list is checked before it is read.
_BYTES_AN_ENTRY = 160


class BadArchive(Unreadable):
    """An archive that cannot be read, or that must not be."""


def is_zip(head: bytes) -> bool:
    """Whether the first bytes are a zip's: of a member, or of an empty archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def members(source: Path | bytes) -> list[zipfile.ZipInfo]:
    """The files of an archive in their order, folders left out.

    Raises BadArchive if it is no whole zip, names a path outside itself, a link, an encrypted member or one name
    twice; Beyond where it claims more entries, bytes or a higher ratio than the limits.
    """
    bounds = limits.current()
    try:
        with _opened(source) as stream:
            size = _must_have_a_short_list(stream, bounds.archive_entries)
            with zipfile.ZipFile(stream) as archive:
                found = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        if isinstance(error, Unreadable):
            raise
        raise BadArchive(f"not a whole zip archive: {error}") from error
    if len(found) > bounds.archive_entries:
        raise Beyond("archive_entries", f"an archive of {len(found):,} entries")
    for info in found:
        _must_be_harmless(info)
        _must_not_swell(info.file_size, info.compress_size, f"the entry {info.filename!r} claims to unpack to")
    if twice := [name for name, n in Counter(info.filename for info in found).items() if n > 1]:
        raise BadArchive(f"it holds two entries called {twice[0]!r}: which is meant?")
    total = sum(info.file_size for info in found)
    if total > bounds.archive_bytes:
        raise Beyond("archive_bytes", f"it claims to unpack to {total:,} bytes")
    # entries that lie over each other share their packed bytes: each alone is within the ratio, all together are not
    _must_not_swell(total, size, "it claims to unpack to")
    return found


def content(source: Path | bytes, info: zipfile.ZipInfo) -> bytes:
    """One member whole, in memory. Raises BadArchive like inflate, Beyond where it is too large for that."""
    most = limits.current().body_bytes
    if info.file_size > most:
        raise Beyond("body_bytes", f"{info.filename} claims {info.file_size:,} bytes")
    out = io.BytesIO()
    for piece in inflate(source, info):
        out.write(piece)
    return out.getvalue()


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _must_have_a_short_list(stream: BinaryIO, most_entries: int) -> int:
    """The archive's size. Its list of entries is read whole into memory, so the list's size is checked first."""
    size = stream.seek(0, io.SEEK_END)
    from_ = max(size - _END_BYTES - _LONGEST_COMMENT - _LOCATOR_BYTES, 0)
    stream.seek(from_)
    tail = stream.read()
    at = tail.rfind(_END)
    if at >= 0 and len(tail) - at >= _END_BYTES:
        (list_bytes,) = struct.unpack_from("<L", tail, at + 12)
        if list_bytes == 0xFFFFFFFF and at >= _LOCATOR_BYTES and tail[at - 20 : at - 16] == b"PK\x06\x07":
            stream.seek(struct.unpack_from("<Q", tail, at - 12)[0])
            larger = stream.read(56)
            if larger[:4] == b"PK\x06\x06" and len(larger) == 56:
                (list_bytes,) = struct.unpack_from("<Q", larger, 40)
        if list_bytes > max(_SMALL_BYTES, most_entries * _BYTES_AN_ENTRY):
            raise Beyond("archive_entries", f"an archive whose list of entries has {list_bytes:,} bytes")
    stream.seek(0)
    return size


def _must_be_harmless(info: zipfile.ZipInfo) -> None:
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if not name.parts:
        raise BadArchive("an entry has no name")
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise BadArchive(f"the entry {info.filename!r} points outside the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BadArchive(f"the entry {info.filename!r} is a link")
    if info.flag_bits & 0x1:
        raise BadArchive(f"the entry {info.filename!r} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The FBI's archives of the early 1990s are packed by PKWARE's Implode.
        what = f"the entry {info.filename!r} is packed by a method that cannot be read here (type {info.compress_type})"
        raise BadArchive(f"{what}: unpack it and import what it holds")


def _must_not_swell(unpacked: int, packed: int, what: str) -> None:
    if unpacked > _SMALL_BYTES and unpacked > limits.current().ratio * max(packed, 1):
        raise Beyond("ratio", f"{what} {unpacked:,} bytes, {unpacked / max(packed, 1):,.0f} to 1")


def inflate(source: Path | bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one member, piece by piece, never more than it claims.

    By isal, because inflating is what an archive's ingest waits for (three times zlib's rate).
    Raises BadArchive if the data break off, exceed the claim or do not have the announced checksum.
    """
    with _opened(source) as stream:
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
