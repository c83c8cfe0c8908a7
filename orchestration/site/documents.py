"""The pages about the work itself: docs/ as web pages.

What belongs here: the Markdown of docs/ rendered. What does not: what the documents say.
"""

from __future__ import annotations

import re
import shutil

from markdown_it import MarkdownIt
from markupsafe import Markup

from orchestration.settings import PROJECT_ROOT
from orchestration.site import glossary
from orchestration.site.pages import Pages

DOCS_FOLDER = PROJECT_ROOT / "docs"
_PAGE = re.compile(r"^(?:\./|docs/)?([\w-]+)\.md(#.*)?$")
_MENTION = re.compile(r"\bdocs/([\w-]+)\.md\b")
# What a reader of figures looks for comes first; what only who changes the software needs comes last.
_FIRST = (
    "glossary",
    "claims",
    "awards",
    "ordinances",
    "crime",
    "incidents",
    "reporting",
    "identity",
    "reading",
    "gate",
    "trust",
)


def write_methods(pages: Pages) -> None:
    """Write a page for each document of docs/, their pictures and their list."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    documents = sorted(DOCS_FOLDER.glob("*.md"), key=lambda path: (_place(path.stem), path.stem))
    names = {path.stem for path in documents}
    shutil.copytree(DOCS_FOLDER / "pictures", pages.site / "methods" / "pictures")
    listed = []
    for path in documents:
        text = path.read_text(encoding="utf-8")
        title, lead = _title(text), _lead(text)
        listed.append((path.stem, title, lead))
        html = _rendered(markdown, text, names)
        if path == glossary.GLOSSARY:
            html = glossary.with_anchors(html)
        pages.write(f"methods/{path.stem}.html", "method.html", title=title, html=Markup(html))
    pages.write("methods/index.html", "methods.html", documents=listed)


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ").strip()


def _lead(text: str) -> str:
    """The first sentence after the title, without marks."""
    for part in text.split("\n\n")[1:]:
        if not part.startswith(("#", "|", "    ", "-", "```")):
            whole = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", " ".join(part.split()))
            return whole.partition(". ")[0].rstrip(".:") + "."
    return ""


def _rendered(markdown: MarkdownIt, text: str, names: set[str]) -> str:
    """The document as HTML: headings can be linked to, links to other documents go to their pages."""
    tokens = markdown.parse(text)
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[number + 1].content))
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _target(str(child.attrGet("href")), names))
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    html = _MENTION.sub(lambda m: f'<a href="{m[1]}.html">{m[0]}</a>' if m[1] in names else m[0], html)
    return html.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _target(href: str, names: set[str]) -> str:
    page = _PAGE.match(href)
    return f"{page[1]}.html{page[2] or ''}" if page and page[1] in names else href
