"""A workbook in the form before 2007 (BIFF8 in a compound file), as small as a reader takes it.

What belongs here: bytes for tests that read such a file; nothing installed writes one. What does not: any feature that
no test needs (styles, shared strings, streams below 4,096 bytes).
"""

from __future__ import annotations

import struct

_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def workbook(rows: list[list[object]]) -> bytes:
    """One sheet of texts and numbers; None is an empty cell."""
    return _compound("Workbook", _biff(rows))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bof(of: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, of, 0, 1997, 0, 0))


def _biff(rows: list[list[object]]) -> bytes:
    sheet = [_bof(0x0010), _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            where = struct.pack("<HHH", r, c, 0)
            if isinstance(cell, int | float):
                sheet.append(_record(0x0203, where + struct.pack("<d", cell)))
            elif cell is not None:
                text = str(cell).encode("utf-16-le")
                sheet.append(_record(0x0204, where + struct.pack("<HB", len(text) // 2, 1) + text))
    eof = _record(0x000A, b"")
    name = b"Table"

    def opening(offset: int) -> bytes:
        bound = struct.pack("<IBBBB", offset, 0, 0, len(name), 0) + name
        return _bof(0x0005) + _record(0x0085, bound) + eof

    stream = opening(len(opening(0))) + b"".join(sheet) + eof
    return stream.ljust(4096, b"\0")


def _compound(name: str, stream: bytes) -> bytes:
    sectors = -(-len(stream) // _SECTOR)
    assert sectors + 2 <= _SECTOR // 4, "one sector of the allocation table is enough for a test"
    chain = [_FAT, _END, *range(3, sectors + 2), _END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(_SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<I", 0) + b"\xff" * (4 * 108)
    entries = _entry("Root Entry", 5, child=1, start=_END, size=0) + _entry(
        name, 2, child=_FREE, start=2, size=len(stream)
    )
    return header + table + entries.ljust(_SECTOR, b"\0") + stream.ljust(sectors * _SECTOR, b"\0")


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    tail = struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child) + bytes(16 + 4 + 8 + 8)
    return text.ljust(64, b"\0") + tail + struct.pack("<IQ", start, size)
