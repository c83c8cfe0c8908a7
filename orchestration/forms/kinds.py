"""Recognizing a file's type by its first bytes, so that a message can say what arrived instead of what was expected.

What belongs here: the signatures of file types, and their names in messages. What does not: reading a file.
"""

from __future__ import annotations

import re

_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a Windows program"),
    (b"{\\rtf", "a rich text document"),
    (b"\xff\xfe\x00\x00", "text in UTF-32"),
    (b"\x00\x00\xfe\xff", "text in UTF-32"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)
HEAD = 2048


def kind(body: bytes) -> str | None:
    """The file type that the bytes begin with ("a PDF"); None if there is no signature: it may be any text."""
    head = body[:HEAD]
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty" if len(body) <= HEAD and not body.strip(b"\x00") else "blank"
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<?xml") and b"<html" not in text:
        return "an XML file"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<?xml", b"<!--")):
        title = _TITLE.search(head)
        title_text = " ".join(title[1].decode("utf-8", "replace").split()) if title else ""
        return f"an HTML page ({title_text!r})" if title_text else "an HTML page"
    return None


def instead(body: bytes, wanted: str) -> str:
    """The words for a file that is not of the form that was wanted: "not a workbook but a PDF"."""
    found = kind(body)
    if found:
        return f"not {wanted}, it is empty" if found in ("empty", "blank") else f"not {wanted} but {found}"
    return f"not {wanted}; it begins with {body[:60].decode('utf-8', 'replace')!r}"
