"""Texts of the tables and of the queries as a page shows them: links, code, amounts and columns in words.

What belongs here: turning a text that a release holds into HTML. What does not: the words themselves (words.toml), the
glossary's links (glossary).
"""

from __future__ import annotations

import re

from markupsafe import Markup

from orchestration.site import words

_ADDRESS = re.compile(r"https?://[^\s<>\"')]+[^\s<>\"').,;]")
_CODE = re.compile(r"`([^`]+)`")
# A column that a sentence names: not a part of a path, of a qualified name or of a call.
COLUMN = re.compile(r"(?<![\w./`-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w/(-]|\.\w)")
_AMOUNT = re.compile(r"(?<![\d.,-])(\d{4,})(?=(?:\.\d+)? (?:USD|dollars)\b)")
# A longer text of a cell is folded, and opens by a click.
_LONG, _SHOWN = 90, 60
_DATASET = re.compile(r"[a-z]+__[a-z0-9_]+")


def linked(text: str | None) -> Markup:
    """A text for who reads figures: addresses are links, code is set as code, amounts are grouped, columns in words."""
    return _linked(text or "", in_words=True)


def code(text: str | None) -> Markup:
    """A text for who writes SQL: the same, but columns keep their names."""
    return _linked(text or "", in_words=False)


def _linked(text: str, *, in_words: bool) -> Markup:
    made, last = Markup(), 0
    for match in _ADDRESS.finditer(text):
        made += _set(text[last : match.start()], in_words=in_words)
        made += Markup('<a href="{0}" rel="external noreferrer">{0}</a>').format(match[0])
        last = match.end()
    return made + _set(text[last:], in_words=in_words)


def _set(text: str, *, in_words: bool) -> Markup:
    made, last = Markup(), 0
    for match in _CODE.finditer(text):
        made += _said(text[last : match.start()], in_words=in_words)
        is_column = in_words and (COLUMN.fullmatch(match[1]) or words.has_head(match[1]))
        made += Markup("“{}”").format(words.head(match[1])) if is_column else Markup("<code>{}</code>").format(match[1])
        last = match.end()
    return made + _said(text[last:], in_words=in_words)


def _said(text: str, *, in_words: bool) -> Markup:
    text = _AMOUNT.sub(lambda found: f"{int(found[1]):,}", text)
    return Markup("{}").format(COLUMN.sub(lambda found: f"“{words.head(found[0])}”", text) if in_words else text)


def cell(text: str) -> Markup:
    """A text in a cell of a table: a code in words, a long text folded."""
    if COLUMN.fullmatch(text) or _DATASET.fullmatch(text):
        return Markup("{}").format(text.replace("__", ": ").replace("_", " "))
    made = linked(words.value(text))
    if len(text) <= _LONG or text.startswith("http"):
        return made
    start = text[:_SHOWN].rpartition(" ")[0] or text[:_SHOWN]
    return Markup('<details class="long"><summary>{} …</summary>{}</details>').format(start, made)
