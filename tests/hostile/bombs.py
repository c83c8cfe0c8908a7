"""Files that are small, or within the limits, and ask for as much memory as they can: each brought by a process of its
own, which says how much it took.

What belongs here: the bombs, and measuring one (`python bombs.py DATASET KIND FOLDER`). What does not: what is too much
(test_memory.py).
"""

from __future__ import annotations

import gzip
import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2])]

import hostile_kinds as kinds
from good import Good, takes_files

_MIB = 1 << 20


def _streamed_gzip(piece: bytes, times: int) -> bytes:
    out = io.BytesIO()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(times):
        out.write(packer.compress(piece))
    out.write(packer.flush())
    return out.getvalue()


def _streamed_zip(name: str, piece: bytes, times: int) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(times):
            member.write(piece)
    return out.getvalue()


def _short_rows(good: Good) -> bytes:
    """Rows of one cell under the header: few bytes, many cells."""
    return good.body.partition(b"\n")[0] + b"\n" + b"x\n" * (30 * _MIB)


def _even_rows(good: Good) -> bytes:
    """Rows of empty cells under the header: a byte a cell."""
    header = good.body.partition(b"\n")[0]
    row = b"," * header.count(b",") + b"\n"
    return header + b"\n" + row * (200 * _MIB // len(row))


def _shared_text(good: Good) -> bytes:
    """A workbook of 200,000 cells that all show one long text."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 200_001))

    def shared(text: str) -> str:
        return text[: text.index("<si>")] + "<si><t>" + "x" * 100_000 + "</t></si></sst>"

    spoilt = kinds._sheet(shared, "xl/sharedStrings.xml")(good)
    assert spoilt is not None
    refer = kinds._sheet(lambda text: re.sub("<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", text))
    return refer(Good(good.name, "xlsx", spoilt)) or b""


def _dense_sheet(good: Good) -> bytes:
    """A sheet of as many cells as are read."""
    rows = "".join(f'<row r="{n}">' + "<c><v>1</v></c>" * 20 + "</row>" for n in range(1, 190_000))
    return kinds._sheet(lambda text: text.replace("</sheetData>", rows + "</sheetData>"))(good) or b""


def _json_to_the_bound(make: Callable[[int], bytes], most: int) -> bytes:
    """The longest JSON of a make that the reader still takes."""
    from orchestration.forms import Beyond, jsons

    while most:
        body = make(most)
        try:
            jsons.load(body)
            return body
        except Beyond:
            most = most * 3 // 4
    raise AssertionError("no size is taken")


BOMBS: dict[tuple[str, str], Callable[[Good], bytes]] = {
    ("bjs/victimizations", "gzip of 1 GB"): lambda good: _streamed_gzip(b"0" * _MIB, 1024),
    ("bjs/victimizations", "JSON of 250 MB"): lambda good: b'["' + b"x" * (250 * _MIB) + b'"]',
    ("bjs/victimizations", "JSON of empty objects"): lambda good: b"[" + b"{}," * (30 * _MIB) + b"{}]",
    ("bjs/victimizations", "rows to the bound"): lambda good: _json_to_the_bound(
        lambda n: json.dumps(
            [{**row, "newwgt": f"{k}.25"} for k in range(1, n // 30) for row in json.loads(good.body)]
        ).encode(),
        400_000,
    ),
    ("fbi/table8", "zip of 1 GB"): lambda good: _streamed_zip(good.name, b"0" * _MIB, 1024),
    ("fbi/table8", "a sheet of 4 million cells"): _dense_sheet,
    ("fbi/table8 csv", "gzip of 1 GB"): lambda good: gzip.compress(good.body) + _streamed_gzip(b"0" * _MIB, 1024),
    ("fbi/table8 csv", "rows of empty cells"): _even_rows,
    ("fbi/table8 csv", "a header of ten million columns"): lambda good: b"column," * 10_000_000 + b"last\n1\n",
    ("fbi/return_a", "zip of 1 GB"): lambda good: _streamed_zip(good.name, b"0" * _MIB, 1024),
    ("fbi/return_a", "a text of 250 MB"): lambda good: good.body * (250 * _MIB // len(good.body)),
    ("ice/agreements_287g", "a text that 200,000 cells show"): _shared_text,
    ("ice/agreements_287g", "a cell at the far corner"): lambda good: (
        kinds._sheet(kinds._far("XFD1048576", 1048576))(good) or b""
    ),
    ("cops/announcements", "a page that unpacks to 1 GB"): lambda good: kinds._pdf(_flate(1024)),
    ("doj/sanctuary_list", "a page of 500,000 tags"): lambda good: b"<html>" + b"<b>" * 249_000 + b"</html>",
    ("doj/sanctuary_list", "a page of 30 MB"): lambda good: b"<html><p>" + b"x " * (15 * _MIB) + b"</html>",
    ("doj/sanctuary_list", "a page of 250 MB"): lambda good: b"<html><p>" + b"x " * (125 * _MIB) + b"</html>",
    ("dhs/sanctuary_list", "a table of 250 MB"): lambda good: good.body + b"Ohio,county,x\n" * (250 * _MIB // 14),
    ("census/gazetteer", "zip of 1 GB"): lambda good: _streamed_zip(good.name, b"0" * _MIB, 1024),
    ("usaspending/transactions", "short rows"): _short_rows,
    ("usaspending/transactions", "rows of empty cells"): _even_rows,
    ("usaspending/transactions", "a zip of rows"): lambda good: _streamed_zip(
        "a.csv", good.body.partition(b"\n")[0] + b"\n" + good.body.partition(b"\n")[2] * 2_000, 1
    ),
    ("socrata/incidents", "short rows"): _short_rows,
    ("socrata/incidents", "rows of empty cells"): _even_rows,
}


def _flate(mib: int) -> bytes:
    packer, out = zlib.compressobj(9), io.BytesIO()
    for _ in range(mib):
        out.write(packer.compress(b" " * _MIB))
    out.write(packer.flush())
    packed = out.getvalue()
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)


def measure(name: str, path: Path, home: Path) -> dict[str, object]:
    """What became of a file, and the most memory that this process and its children had, in bytes."""
    from orchestration.landing.imports import import_files
    from orchestration.settings import Settings

    (result,) = import_files(takes_files()[name.split()[0]], [path], Settings(home=home))
    own, children = (
        resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    from orchestration.forms import bounded

    bounded._end()
    children = max(children, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
    return {"line": result.line(), "ok": result.ok, "own": own, "children": children}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
