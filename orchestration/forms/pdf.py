"""PDF: the tables and words of each page, read in a separate process.

What belongs here: the entry point in the main process (`pages`) and the work of the child process (`read`). What does
not: what a column means (sources), starting and ending the child process (bounded, worker).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from orchestration.forms import Beyond, Unreadable, kinds


@dataclass(frozen=True)
class Page:
    """One page. tables: rows of each table, a row with its upper edge and its cells. words: lower edge and text."""

    text: str
    tables: list[list[tuple[float, list[str | None]]]]
    words: list[tuple[float, str]]

    def text_below(self, edge: float) -> str:
        """The words that do not end above an edge, in their order."""
        return " ".join(word for bottom, word in self.words if bottom > edge)


def pages(body: bytes) -> list[Page]:
    """Every page in its order. Raises Unreadable if it is no PDF, or too large to be read."""
    # the child that reads imports this module too, and must not load the settings for it
    from orchestration.forms import bounded

    if b"%PDF" not in body[:1024]:
        raise Unreadable(kinds.instead(body, "a PDF"))
    answer = bounded.call("pdf", body)
    return [
        Page(
            page["text"],
            [[(top, cells) for top, cells in table] for table in page["tables"]],
            [(bottom, word) for bottom, word in page["words"]],
        )
        for page in answer
    ]


def read(body: bytes, most: dict[str, Any]) -> list[dict[str, Any]]:
    """In the child: tables, words and text of each page, as JSON can say them."""
    # only the child needs it
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        return _read(pdfplumber, body, most)
    except PdfminerException as error:
        if isinstance(error.args[0], MemoryError):
            raise MemoryError from error
        raise Unreadable(f"not a PDF that can be read: {error.args[0]!r}") from error


def _read(pdfplumber: Any, body: bytes, most: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    with pdfplumber.open(io.BytesIO(body)) as opened:
        if len(opened.pages) > most["pages"]:
            raise Beyond("pages", f"a PDF of {len(opened.pages):,} pages")
        for page in opened.pages:
            tables = [
                [[row.bbox[1], cells] for row, cells in zip(table.rows, table.extract(), strict=True)]
                for table in page.find_tables()
            ]
            words = [[word["bottom"], word["text"]] for word in page.extract_words()]
            found.append({"text": page.extract_text() or "", "tables": tables, "words": words})
            # what a page holds is let go before the next one is read
            page.close()
    return found
