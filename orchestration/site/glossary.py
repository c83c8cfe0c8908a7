"""Words of the glossary, explained where they first stand on a page.

What belongs here: which words need it, and linking each to its meaning. What does not: the meanings (docs/glossary.md).
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

GLOSSARY = PROJECT_ROOT / "docs" / "glossary.md"
# Words that a reader may not know, in the forms that the pages use: entry of the glossary -> forms.
_FORMS = {
    "assistance listing": "assistance listings?",
    "capture": "captur(?:e|es|ed)",
    "claim": "claims?",
    "control total": "control totals?",
    "coverage": "coverage",
    "edition": "editions?",
    "gate": "gate",
    "ledger": "ledger",
    "mart": "marts?",
    "NCVS": "NCVS|National Crime Victimization Survey",
    "NIBRS": "NIBRS",
    "obligation": "obligat(?:ion|ions|ed)",
    "outlay": "outlay(?:s|ed)?",
    "provision": "provisions?",
    "quarantine": "quarantined?",
    "release": "releases?",
    "Return A": "Return A",
    "series": "series",
    "snapshot": "snapshots?",
    "spell": "spells?",
    "SRS": "SRS",
    "Table 8": "Table 8",
    "tracker": "trackers?",
    "transcribed": "transcribed",
    "undisbursed": "undisbursed",
    "unresolved name": "unresolved names?",
}
_WORDS = re.compile(
    r"(?<![\w/.-])(?:" + "|".join(f"(?P<w{n}>{forms})" for n, forms in enumerate(_FORMS.values())) + r")(?![\w/-])",
    re.I,
)
# What is no running text, or is a link already.
_APART = re.compile(
    r"(<(a|button|code|details|form|h1|h2|h3|label|noscript|script|select|summary|svg|table)\b.*?</\2>|<[^>]+>)", re.S
)
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|", re.M)


@cache
def meanings(path: Path = GLOSSARY) -> dict[str, str]:
    """Each word of the table of words -> what it means, without marks."""
    table = path.read_text(encoding="utf-8").partition("## Words of the data")[2].partition("\n## ")[0]
    found = {}
    for words, meaning in _ROW.findall(table.partition("|---")[2]):
        for word in _split(words):
            found[word] = re.sub(r"[`*]", "", meaning)
    return found


def _split(words: str) -> list[str]:
    return [word.strip() for word in re.sub(r"\(.*?\)", "", words).split(",")]


def anchor(word: str) -> str:
    """The id of a word on the glossary's page."""
    return "word-" + re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")


def explained(html: str, root: str) -> str:
    """A page whose running text links each word, where it first stands, to its meaning."""
    head, main, rest = html.partition('<main id="main"')
    body, end, foot = rest.partition("</main>")
    if not end:
        return html
    entries, known, seen = list(_FORMS), meanings(), set[str]()

    def link(match: re.Match[str]) -> str:
        word = entries[int(str(match.lastgroup)[1:])]
        if word in seen:
            return match[0]
        seen.add(word)
        address = f"{root}methods/glossary.html#{anchor(word)}"
        return f'<a class="word" href="{address}" title="{escape(known[word])}">{match[0]}</a>'

    parts, last = [], 0
    for apart in _APART.finditer(body):
        parts += [_WORDS.sub(link, body[last : apart.start()]), apart[0]]
        last = apart.end()
    parts.append(_WORDS.sub(link, body[last:]))
    return "".join([head, main, *parts, end, foot])


def with_anchors(html: str) -> str:
    """The glossary's own page, whose words can be linked to."""

    def row(match: re.Match[str]) -> str:
        words = ", ".join(f'<span id="{anchor(_split(part)[0])}">{part.strip()}</span>' for part in match[1].split(","))
        return f"<tr>\n<td>{words}</td>"

    return re.sub(r"<tr>\n<td>([^<]*)</td>", row, html)
