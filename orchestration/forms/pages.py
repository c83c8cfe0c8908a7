"""HTML pages, parsed completely or rejected.

What belongs here: from bytes to a tree of elements. What does not: what a page's headings mean (sources).
"""

from __future__ import annotations

from lxml import html
from lxml.etree import LxmlError

from orchestration import limits
from orchestration.forms import Beyond, Unreadable, kinds, tables


def parse(body: bytes) -> html.HtmlElement:
    """The tree of a page. Raises Unreadable if it is no HTML, or where the parser could not take all of it."""
    bounds = limits.current()
    if len(body) > bounds.page_bytes:
        raise Beyond("page_bytes", f"a page of {len(body):,} bytes")
    if (count := body.count(b"<")) > bounds.tags:
        raise Beyond("tags", f"a page of {count:,} tags")
    found = kinds.kind(body)
    if found and not found.startswith(("an HTML", "text in", "an XML")):
        raise Unreadable(kinds.instead(body, "HTML"))
    lower = body.lower()
    if b"<html" in lower and b"</html" not in lower:
        raise Unreadable("the page is cut short: its end is missing (no </html>)")
    text = body.decode(tables.encoding_of(body), "replace")
    if "\x00" in text:
        raise Unreadable("the page is not HTML: it holds NUL")
    parser = html.HTMLParser(encoding="utf-8")
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError) as error:
        raise Unreadable(f"the page is not HTML: {error}") from error
    # the parser continues after most faults, as a browser does; if it stopped, the rest of the page is missing
    if stopped := [entry for entry in parser.error_log if entry.level_name == "FATAL" or "depth" in entry.message]:
        raise Unreadable(f"the page could not be read to its end: line {stopped[0].line}: {stopped[0].message}")
    return page
