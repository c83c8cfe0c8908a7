"""Kinds of hostile files: each makes, from a good file, one that is spoilt, swells, lies or is something else.

What belongs here: making the bytes, the same every time. What does not: what must become of them (test_hostile.py).

`spoils`: the file may be taken all the same; then all records of the good file but so many are among those that landed,
as they were. Every other kind must be refused, or kept and rejected, but for `but`, with the reason.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from good import Good

Make = Callable[[Good], bytes | None]


@dataclass(frozen=True)
class Kind:
    """One kind. make: the bytes, None where the good file's form cannot be spoilt so. but: `spoils` of some forms or
    datasets alone."""

    name: str
    make: Make
    spoils: int | None = None
    but: Mapping[str, int] = field(default_factory=dict)

    def may_spoil(self, dataset: str, form: str) -> int | None:
        """How many records of the good file may be missing or changed where it is taken; None: it is not taken."""
        return self.but.get(dataset, self.but.get(form, self.spoils))


def _always(body: bytes) -> Make:
    return lambda good: body


# --- what is something else -------------------------------------------------------------------------------------------

_RANDOM = random.Random(11).randbytes(4096)
_PAGE = b"<!doctype html><html><head><title>Synthetic maintenance</title></head><body>back soon</body></html>"


def _member(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in entries:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, body)
    return out.getvalue()


def _patched(archive: bytes, *changes: tuple[bytes, int, bytes]) -> bytes:
    """The archive with bytes written at an offset from each record of a kind (local or central header)."""
    made = bytearray(archive)
    for signature, offset, value in changes:
        for found in re.finditer(re.escape(signature), archive):
            made[found.start() + offset : found.start() + offset + len(value)] = value
    return bytes(made)


_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def _name_in(good: Good) -> str:
    """The name under which a file of this form would lie in an archive."""
    return {"json": "introduction/2014/0001.json"}.get(good.form, good.name)


def _zip_of(good: Good, body: bytes, *, name: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    return _member((name or _name_in(good), body), method=method)


def _link(good: Good) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(_name_in(good), (2026, 1, 1, 0, 0, 0))
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def _overlapping(good: Good) -> bytes:
    """Many entries of the list over the same packed bytes: each alone has an honest ratio."""
    plain = b"0" * 250_000
    one = _member((_name_in(good), plain))
    at = one.index(_CENTRAL)
    central, end = one[at : one.index(b"PK\x05\x06")], one[one.index(b"PK\x05\x06") :]
    count = 2_000
    entries = b"".join(
        central[:46] + _name_in(good).encode()[:-4] + f"{n:04}".encode() + central[46 + len(_name_in(good)) :]
        for n in range(count)
    )
    tail = end[:8] + struct.pack("<HHLL", count, count, len(entries), at) + end[20:]
    return one[:at] + entries + tail


def _swollen(size: int) -> bytes:
    return b"0," * (size // 2)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _rows(good: Good) -> tuple[Any, list[dict[str, Any]]]:
    held = json.loads(good.body)
    rows = held
    for name in good.rows:
        rows = rows[name]
    return held, rows


def _json(change: Callable[[list[Any]], None]) -> Make:
    """The good JSON with its rows changed."""

    def make(good: Good) -> bytes | None:
        if good.form != "json":
            return None
        held, rows = _rows(good)
        change(rows)
        return json.dumps(held).encode()

    return make


def _raw_value(text: str) -> Make:
    """The good JSON in which every value that can be a number or a date of the first row is this text, unquoted."""

    def make(good: Good) -> bytes | None:
        if good.form != "json":
            return None
        held, rows = _rows(good)
        mark = "@@"
        rows[0] = dict.fromkeys(rows[0], mark)
        return json.dumps(held).replace(f'"{mark}"', text).encode()

    return make


def _twice_a_name(good: Good) -> bytes | None:
    if good.form != "json":
        return None
    _, rows = _rows(good)
    name = next(iter(rows[0]))
    return good.body.replace(f'"{name}":'.encode(), f'"{name}": 17, "{name}":'.encode())


def _new_field(name: str, value: object = "1") -> Make:
    """A field of every row, or a column of every row of a CSV."""

    def change(rows: list[Any]) -> None:
        for row in rows:
            row[name] = value

    def make(good: Good) -> bytes | None:
        return _json(change)(good) if good.form == "json" else _columns(lambda header: [*header, name], "1")(good)

    return make


def _many_fields(rows: list[Any]) -> None:
    for n in range(3000):
        rows[0][f"synthetic_{n}"] = n


# --- CSV --------------------------------------------------------------------------------------------------------------


def _mark(good: Good) -> str:
    return "|" if b"|" in good.body[:200] else ","


def _columns(change: Callable[[list[str]], list[str]], cell: str = "1") -> Make:
    """The good table with another header; new columns hold a cell, columns that are gone are cut off."""

    def make(good: Good) -> bytes | None:
        if good.form != "csv":
            return None
        mark = _mark(good)
        header, *rows = list(csv.reader(io.StringIO(good.body.decode(), newline=""), delimiter=mark))
        names = change(list(header))
        out = [mark.join(names), *(mark.join([*row, *[cell] * (len(names) - len(row))]) for row in rows)]
        return ("\n".join(out) + "\n").encode("utf-8", "surrogatepass")

    return make


def _cell(change: Callable[[str], str]) -> Make:
    """The good table with the last cell of its third row changed."""

    def make(good: Good) -> bytes | None:
        if good.form != "csv":
            return None
        lines = good.body.decode().splitlines()
        before, mark, cell = lines[3].rpartition(_mark(good))
        lines[3] = before + mark + change(cell)
        return ("\n".join(lines) + "\n").encode()

    return make


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _sheet(change: Callable[[str], str], member: str = "xl/worksheets/sheet1.xml") -> Make:
    """The good workbook with one of its XML texts changed."""

    def make(good: Good) -> bytes | None:
        if good.form != "xlsx":
            return None
        with zipfile.ZipFile(io.BytesIO(good.body)) as archive:
            held = {info.filename: archive.read(info) for info in archive.infolist()}
        if member not in held:
            return None
        plain = held[member].decode()
        if (changed := change(plain)) == plain:
            return None
        entries = [*{**held, member: changed.encode()}.items()]
        return _member(*entries)

    return make


def _far(reference: str, row: int) -> Callable[[str], str]:
    cell = f'<row r="{row}"><c r="{reference}" t="inlineStr"><is><t>far</t></is></c></row></sheetData>'
    return lambda text: text.replace("</sheetData>", cell)


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
_OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def _with_doctype(doctype: str, entity: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        bare = re.sub(r"^<\?xml[^>]*\?>", "", text)
        spoilt, count = re.subn(r"<t[^>]*>[^<]*</t>", f"<t>{entity}</t>", bare, count=3)
        return doctype + spoilt if count else text

    return change


_ODS = _member(
    ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
    ("META-INF/manifest.xml", b"<manifest/>"),
    (
        "content.xml",
        b'<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        b' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        b' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        b'<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576">'
        b'<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
        b"</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        b"</office:document-content>",
    ),
)


def _biff_corner(good: Good) -> bytes | None:
    """A workbook of the older form whose cells stand in two opposite corners."""
    import xls

    plain = xls.workbook([["STATE", "x"], ["OHIO", "y"]])
    # row and column of the last label become the last there are
    at = plain.rindex(b"y") - 9
    found = plain.rfind(struct.pack("<HH", 1, 1), 0, at + 9)
    return plain[:found] + struct.pack("<HH", 65535, 255) + plain[found + 4 :] if found > 0 else plain


# --- PDF and HTML -----------------------------------------------------------------------------------------------------


def _flate_bomb(good: Good) -> bytes | None:
    if good.form != "pdf":
        return None
    packed = zlib.compress(b" " * (100 << 20), 9)
    return _pdf(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed))


def _pdf(content: bytes, *, kids: bytes = b"3 0 R", count: int = 1) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        content,
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


_NO_TEXT = b"<< /Length 0 >>\nstream\n\nendstream"
_MANY_STRINGS = b"<< /Length 40 >>\nstream\n" + b"[" * 40 + b"\nendstream"


def _page_with(change: Callable[[bytes], bytes]) -> Make:
    return lambda good: change(good.body) if good.form == "html" else None


# --- the good file, spoilt byte by byte -------------------------------------------------------------------------------


def _flipped(good: Good) -> bytes:
    chance, made = random.Random(5), bytearray(good.body)
    for _ in range(max(len(made) // 100, 8)):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _inserted(what: bytes) -> Make:
    def make(good: Good) -> bytes:
        half = len(good.body) // 2
        return good.body[:half] + what + good.body[half:]

    return make


def _text(change: Callable[[str], bytes]) -> Make:
    """The good file in another writing, where it is text."""
    return lambda good: change(good.body.decode()) if good.form in ("json", "csv", "html", "text") else None


def _only(form: str, make: Make) -> Make:
    return lambda good: make(good) if good.form == form else None


# Datasets that take from an answer only the names they know, or spell a column's name anew.
_KNOWN_NAMES_ALONE = {"usaspending/assistance_listings": 0, "omb/budget": 0}
_SPELLS_ANEW = {**_KNOWN_NAMES_ALONE, "socrata/incidents": 0}
# What is there twice: in tables a row more that staging sets aside; readers of PDF and workbooks take the last of two.
_TWICE = {
    "html": 0, "pdf": 0, "xlsx": 0, "zip": 0, "fbi/return_a": 0, "usaspending/transactions": 0, "socrata/incidents": 0,
}  # fmt: skip

KINDS = (
    # empty, blank, noise
    Kind("empty", _always(b"")),
    Kind("one NUL", _always(b"\x00")),
    Kind("zeros", _always(bytes(4096))),
    Kind("blanks", _always(b" \n\t\r\n" * 50)),
    Kind("a byte order mark alone", _always(b"\xef\xbb\xbf")),
    Kind("a byte order mark of UTF-16 alone", _always(b"\xff\xfe")),
    Kind("noise", _always(_RANDOM)),
    Kind("every byte", _always(bytes(range(256)) * 8)),
    Kind("one letter", _always(b"x")),
    Kind("a line without an end", _always(b"x" * 200_000)),
    Kind("newlines", _always(b"\n" * 100_000)),
    Kind("commas", _always(b"," * 5_000 + b"\n")),
    Kind("quotes", _always(b'"' * 100_001)),
    # other forms
    Kind("an HTML page of maintenance", _always(_PAGE)),
    Kind("an HTML page nested deeply", _always(b"<html><body>" + b"<div>" * 50_000 + b"x")),
    Kind("an HTML page of very many tags", _always(b"<html><body>" + b"<i>" * 600_000)),
    Kind("an XML of entities", _always(_LAUGHS.encode() + b"<x>&j;</x>")),
    Kind("an XML that reads a file", _always(_OUTSIDE.encode() + b"<x>&e;</x>")),
    Kind("a PDF without pages", _always(_pdf(_NO_TEXT, kids=b"", count=0))),
    Kind("a PDF whose pages are each other's parents", _always(_pdf(_NO_TEXT, kids=b"2 0 R"))),
    Kind("a PDF of an empty page", _always(_pdf(_NO_TEXT))),
    Kind("a PDF of nested lists", _always(_pdf(_MANY_STRINGS))),
    Kind("a PDF that swells", _flate_bomb),
    Kind("a PDF's first line", _always(b"%PDF-1.7\n%%EOF\n")),
    Kind("a picture", _always(b"\x89PNG\r\n\x1a\n" + _RANDOM)),
    Kind("a program", _always(b"\x7fELF" + _RANDOM)),
    Kind("a Parquet file", _always(b"PAR1" + _RANDOM + b"PAR1")),
    Kind("an SQLite file", _always(b"SQLite format 3\x00" + _RANDOM)),
    Kind("a 7-Zip archive", _always(b"7z\xbc\xaf\x27\x1c" + _RANDOM)),
    Kind("an old container of noise", _always(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _RANDOM)),
    Kind("an ODS of one repeated cell", _always(_ODS)),
    # JSON
    Kind("JSON {}", _always(b"{}")),
    Kind("JSON []", _always(b"[]")),
    Kind("JSON null", _always(b"null")),
    Kind("JSON of a text", _always(b'"synthetic"')),
    Kind("JSON of a number", _always(b"17")),
    Kind("JSON of nulls", _always(b"[null, null]")),
    Kind("JSON of lists", _always(b"[[], [[]]]")),
    Kind("JSON of lists inside each other", _always(b"[" * 100_000)),
    Kind("JSON of lists inside each other, closed", _always(b"[" * 900 + b"]" * 900)),
    Kind("JSON of objects inside each other", _always(b'{"a":' * 100_000)),
    Kind("JSON with a name of half a pair", _always(b'[{"\\ud800": 1}]')),
    Kind("JSON that no float holds", _always(b"[" + b"9" * 5000 + b"]")),
    Kind("rows: NaN in every value", _raw_value("NaN"), spoils=1),
    Kind("rows: Infinity in every value", _raw_value("-Infinity"), spoils=1),
    Kind("rows: 1e400 in every value", _raw_value("1e400"), spoils=1),
    Kind("rows: a text in every value", _raw_value('"synthetic"'), spoils=1),
    Kind("rows: a list in every value", _raw_value('[1, [2, "x"]]'), spoils=1),
    Kind("rows: an object in every value", _raw_value('{"a": {"b": 1}}'), spoils=1),
    Kind("rows: true in every value", _raw_value("true"), spoils=1),
    Kind("rows: a number of 5,000 digits in every value", _raw_value("7" * 5000)),
    Kind("rows: nesting in every value", _raw_value("[" * 500 + "]" * 500)),
    Kind("rows: one is null", _json(lambda rows: rows.insert(1, None))),
    Kind("rows: one is a number", _json(lambda rows: rows.insert(1, 17))),
    Kind("rows: one is a list", _json(lambda rows: rows.append([1, 2]))),
    # a record without any field cannot be read, and is counted among those
    Kind("rows: one is empty", _json(lambda rows: rows.append({})), spoils=0),
    Kind("rows: one has 3,000 fields", _json(_many_fields), but=_KNOWN_NAMES_ALONE),
    Kind("rows: a name stands twice in each", _twice_a_name),
    Kind("rows: half a pair in a text", _json(lambda rows: rows[0].update(title_synthetic="\ud83d")), spoils=0),
    Kind("rows: a text of 2 million characters", _json(lambda rows: rows[0].update(synthetic="x" * 2_000_000)),
         but=_KNOWN_NAMES_ALONE),
    # names of fields and columns
    Kind("a field called like the landing's own", _new_field("_record_no"), but=_SPELLS_ANEW),
    Kind("a field called like the landing's own, in capitals", _new_field("_CAPTURE_ID"), but=_SPELLS_ANEW),
    Kind("a field without a name", _new_field(""), but=_KNOWN_NAMES_ALONE),
    Kind("a field of blanks", _new_field("  "), but=_KNOWN_NAMES_ALONE),
    Kind("a field with NUL in its name", _new_field("a\x00b"), but=_KNOWN_NAMES_ALONE),
    Kind("a field with an escape in its name", _new_field("\x1b[31mred"), but=_KNOWN_NAMES_ALONE),
    Kind("a field with a name of 10,000 characters", _new_field("n" * 10_000), but=_KNOWN_NAMES_ALONE),
    Kind("a header named twice", _columns(lambda names: [*names, names[0]])),
    Kind("a header named twice, once in capitals", _columns(lambda names: [*names, names[-1].swapcase()])),
    Kind("a header of 3,000 columns", _columns(lambda names: [*names, *(f"c{n}" for n in range(3000))])),
    Kind("a header in quotes that do not close", _columns(lambda names: ['"' + names[0], *names[1:]])),
    Kind("a header that is not UTF-8", _only("csv", lambda good: b"\xe9\xff" + good.body)),
    # Homeland Security's list after its withdrawal
    Kind("a header alone", _only("csv", lambda good: good.body.partition(b"\n")[0] + b"\n"),
         but={"dhs/sanctuary_list": 99}),
    Kind("without a header", _only("csv", lambda good: good.body.partition(b"\n")[2])),
    Kind("a column gone", _columns(lambda names: names[:-1])),
    # cells
    Kind("a cell of 200,000 characters", _cell(lambda cell: "x" * 200_000), spoils=1),
    Kind("a cell of 2 million characters", _cell(lambda cell: "x" * 2_000_000), spoils=1),
    Kind("a cell with NUL", _cell(lambda cell: "a\x00b")),
    Kind("a cell whose quote does not close", _cell(lambda cell: '"' + cell), but={"census/gazetteer": 1}),
    Kind("a cell of a formula", _cell(lambda cell: "=cmd|' /C calc'!A0"), spoils=1),
    Kind("a cell that turns the writing round", _cell(lambda cell: "\u202eabc"), spoils=1),
    Kind("a row with a cell more", _only("csv", lambda good: good.body + b"x" + b",x" * 400 + b"\n")),
    Kind("a row with a cell alone", _only("csv", lambda good: good.body + b"x\n")),
    Kind("a row that is not UTF-8", _only("csv", lambda good: good.body + b"\xff\xfe\xfa\n")),
    # gzip and zip
    Kind("gzip of noise", _always(b"\x1f\x8b\x08\x00" + _RANDOM)),
    Kind("gzip that swells", _always(gzip.compress(b"0" * (64 << 20), mtime=0))),
    Kind("gzip of gzip that swells", _always(gzip.compress(gzip.compress(b"0" * (64 << 20), mtime=0), mtime=0))),
    Kind("gzip of the good file, cut", lambda good: gzip.compress(good.body, mtime=0)[:-9]),
    Kind("gzip of the good file, checksum wrong", lambda good: gzip.compress(good.body, mtime=0)[:-8] + bytes(8)),
    Kind("gzip of the good file", lambda good: gzip.compress(good.body, mtime=0), spoils=0),
    Kind("zip of nothing", _always(b"PK\x05\x06" + bytes(18))),
    Kind("zip of noise", _always(b"PK\x03\x04" + _RANDOM)),
    Kind("zip of another file", _always(_member(("readme.md", b"synthetic")))),
    Kind("zip of an empty file", lambda good: _zip_of(good, b"")),
    Kind("zip of the good file", lambda good: _zip_of(good, good.body), spoils=0),
    Kind("zip of the good file, cut", lambda good: _zip_of(good, good.body)[:-30]),
    Kind("zip of a zip", lambda good: _zip_of(good, _zip_of(good, good.body))),
    Kind("zip with a path outside", lambda good: _zip_of(good, good.body, name="../../" + good.name)),
    Kind("zip with an absolute path", lambda good: _zip_of(good, good.body, name="/etc/cron.d/" + good.name)),
    Kind("zip of a link", _link),
    Kind("zip that is encrypted",
         lambda good: _patched(_zip_of(good, good.body), (_LOCAL, 6, b"\x01"), (_CENTRAL, 8, b"\x01"))),
    Kind("zip of an old method",
         lambda good: _patched(_zip_of(good, good.body), (_LOCAL, 8, b"\x06\x00"), (_CENTRAL, 10, b"\x06\x00"))),
    Kind("zip by LZMA", lambda good: _zip_of(good, good.body, method=zipfile.ZIP_LZMA)),
    Kind("zip with a wrong checksum", lambda good: _patched(_zip_of(good, good.body), (_CENTRAL, 16, bytes(4)))),
    Kind("zip that claims less than it holds",
         lambda good: _patched(_zip_of(good, good.body), (_CENTRAL, 24, struct.pack("<L", 9)))),
    Kind("zip that claims more than it holds",
         lambda good: _patched(_zip_of(good, good.body), (_CENTRAL, 24, struct.pack("<L", 10 << 20)))),
    Kind("zip that swells", lambda good: _zip_of(good, _swollen(32 << 20))),
    Kind("zip of entries over each other", _overlapping),
    Kind("zip of two entries of one name", lambda good: _member((_name_in(good), good.body), (_name_in(good), b"x"))),
    Kind("zip of 3,000 empty files", _always(_member(*((f"f{n}", b"") for n in range(3000))))),
    Kind("zip whose name is not UTF-8",
         lambda good: _zip_of(good, b"x", name="a" * 8 + ".csv").replace(b"aaaaaaaa", b"\xff\xfeaaaaaa")),
    # workbooks
    Kind("workbook: a cell at the far corner", _sheet(_far("XFD1048576", 1048576))),
    Kind("workbook: a cell in the last row", _sheet(_far("A1048576", 1048576))),
    Kind("workbook: a cell beyond every sheet", _sheet(_far("ZZZZ99999999", 99999999))),
    Kind("workbook: a cell at row 0", _sheet(lambda text: text.replace('r="A2"', 'r="A0"', 1))),
    Kind("workbook: XML cut", _sheet(lambda text: text[: len(text) // 2])),
    Kind("workbook: XML of noise", _sheet(lambda text: "\ufffd" * 500)),
    Kind("workbook: no sheet in the book", _sheet(lambda text: re.sub(r"<sheets>.*</sheets>", "", text),
                                                  "xl/workbook.xml")),
    Kind("workbook: entities inside each other", _sheet(_with_doctype(_LAUGHS, "&j;"))),
    Kind("workbook: an entity that reads a file", _sheet(_with_doctype(_OUTSIDE, "&e;"))),
    Kind("workbook: shared texts of entities inside each other",
         _sheet(_with_doctype(_LAUGHS, "&j;"), "xl/sharedStrings.xml")),
    Kind("workbook: a shared text that reads a file",
         _sheet(_with_doctype(_OUTSIDE, "&e;"), "xl/sharedStrings.xml")),
    Kind("workbook: merged cells without end", _sheet(lambda text: text.replace(
        "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A2:A1048576"/></mergeCells>')), spoils=1),
    Kind("workbook: a shared text that is not there", _sheet(lambda text: text.replace(
        "</sheetData>", '<row r="90"><c r="A90" t="s"><v>99999999</v></c></row></sheetData>'))),
    Kind("workbook of the older form: cells in two corners", _only("xlsx", _biff_corner)),
    Kind("workbook: a member in another case",
         _only("xlsx", lambda good: good.body.replace(b"workbook.xml", b"WORKBOOK.XML")), spoils=0),
    # pages
    Kind("page: words in another writing", _page_with(lambda body: body.replace(b"Sample", "CaÃ±on".encode()))),
    Kind("page: NUL", _page_with(lambda body: body.replace(b"Sample", b"Sam\x00ple"))),
    Kind("page: not UTF-8", _page_with(lambda body: body.replace(b"Sample", b"Ca\xf1on"))),
    Kind("page: a name nested deeply", _page_with(
        lambda body: body.replace(b"<li>Sample 07", b"<b>" * 400 + b"<li>Sample 07"))),
    Kind("page: cut in a list", _page_with(lambda body: body[: body.index(b"Sample 10")])),
    # the good file, a little spoilt
    Kind("half of it", lambda good: good.body[: len(good.body) // 2]),
    Kind("its first byte gone", lambda good: good.body[1:], but={"html": 0}),
    Kind("its last ten bytes gone", lambda good: good.body[:-10], but={"csv": 1}),
    Kind("twice", lambda good: good.body + good.body, but=_TWICE),
    Kind("bits flipped", _flipped),
    Kind("NUL in its middle", _inserted(b"\x00")),
    Kind("noise in its middle", _inserted(_RANDOM)),
    Kind("a page before it", lambda good: _PAGE + b"\n" + good.body),
    Kind("noise after it", lambda good: good.body + _RANDOM, but={"xlsx": 0, "zip": 0}),
    Kind("a byte order mark before it", _text(lambda text: b"\xef\xbb\xbf" + text.encode()), spoils=0),
    Kind("in UTF-16", _text(lambda text: text.encode("utf-16")), spoils=0),
    Kind("in UTF-16 without its mark", _text(lambda text: text.encode("utf-16-le")), but={"json": 0}),
    Kind("in UTF-32", _text(lambda text: text.encode("utf-32")), spoils=0),
    Kind("lines ended as on Windows", _text(lambda text: text.replace("\n", "\r\n").encode()), spoils=0),
    Kind("lines ended as on old Macs", _text(lambda text: text.replace("\n", "\r").encode()), spoils=0),
)  # fmt: skip


def made(good: Good) -> Iterator[tuple[Kind, bytes]]:
    """Every kind that can be made of a good file, with its bytes."""
    for kind in KINDS:
        body = kind.make(good)
        if body is not None:
            yield kind, body
