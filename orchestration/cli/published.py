"""What a refresh shows at its end: the release, what it holds, a few answers in short, and where to look next.

What belongs here: the choice and the order, short enough for a terminal. What does not: the queries behind it
(reading.summary), how a table looks (screen), the whole of an answer (`clawback query`).
"""

from __future__ import annotations

from typing import Any

from orchestration.cli.screen import columns_of, show_columns, table
from orchestration.cli.show import out
from orchestration.reading.questions import Question, answer, questions
from orchestration.reading.summary import summary
from orchestration.settings import Settings

_NEXT = (
    ("make site", "the pages: places, pictures, lists on a map, dictionary, sources"),
    ("clawback query", "the named questions; with a name: its whole answer with its caveats"),
    ("clawback query holdings", "what is held, of what, what is missing and how to get it"),
    ("clawback status", "each source: how it came, as of when, what failed since when and why"),
    ("make sql", "SQL on the warehouse; any DuckDB 1.4 or later opens the file, too"),
)


def show(connection: Any, settings: Settings, release: Any, word: str) -> None:
    """The end of a refresh. What a person looks for first stands last, where a terminal shows it."""
    held = summary(connection)
    table(out, held.held, "What each source gave, and as of when", limit=100)
    if held.nothing:
        out.say(f"Nothing is held of {', '.join(held.nothing)}.", style="dim")
    filled = ", ".join(f"{name.removeprefix('fct_')} {rows:,}" for name, rows in held.facts.items() if rows)
    out.print()
    out.say(f"Rows a fact table (core.fct_...): {filled}.")
    if empty := [name.removeprefix("fct_") for name, rows in held.facts.items() if not rows]:
        out.say(f"Without rows: {', '.join(empty)}.", style="dim")
    for asked in questions().values():
        if asked.headline:
            _show_headline(connection, asked)
    out.print(f"\nRelease {release.id} ({release.edition} edition): {word}", style="bold")
    out.print("Checks: " + ", ".join(f"{n:,} {status}" for status, n in sorted(held.checks.items())))
    out.print(f"Warehouse: {settings.published_file}")
    for command, says in _NEXT:
        out.print(f"  {command:<24}  {says}")


def _show_headline(connection: Any, asked: Question) -> None:
    """An answer in short: its headline's rows and columns, and its first caveat."""
    found, headline = answer(connection, asked, {}), asked.headline
    assert headline is not None
    out.print()
    out.say(found.title, style="bold")
    if found.why_empty:
        out.say(f"No rows. {found.why_empty}", style="yellow")
    rows = found.relation.fetchall()
    some = rows[-headline.rows :] if headline.is_of_last else rows[: headline.rows]
    places = [found.relation.columns.index(name) for name in headline.columns]
    kinds = [found.relation.types[place] for place in places]
    if some:
        show_columns(out, columns_of(headline.columns, kinds, [[row[place] for place in places] for row in some]))
    for caveat in asked.caveats[:1]:
        out.say(f"  caveat: {caveat}", style="dim")
    out.say(
        f"  All {len(rows):,} rows, every column and {len(asked.caveats)} caveats: clawback query {asked.name}",
        style="dim",
    )
