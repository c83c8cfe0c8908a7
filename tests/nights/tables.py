"""The tables of docs/reliability.md, written from what the tests read: `python tests/nights/tables.py`.

What belongs here: turning nights.toml and tests/faults/faults.toml into the page's two tables. What does not: the words
around them (the page itself).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "reliability.md"


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def nights() -> str:
    """One row a scenario, as it was seen."""
    lines = [
        "| what happens | each night after the first good one | exit code | `health`: sources"
        " | records that readers have | who keeps it running is told |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in _read(HERE / "nights.toml").items():
        told = "<br>".join(row["told"]) or "nothing"
        words = f"**{name}** ({row['what']})" if row.get("what") else f"**{name}**"
        lines.append(f"| {words} | {row['nights']} | {row['exit']} | {row['health']} | {row['serves']} | {told} |")
    return "\n".join(lines)


def faults() -> str:
    """One row a fault of an answer: its outcome for every dataset, and the exceptions with their reason."""
    lines = ["| what an answer is | outcome | except |", "|---|---|---|"]
    for name, row in _read(HERE.parent / "faults" / "faults.toml").items():
        but: dict[str, list[str]] = {}
        for dataset, outcome in row.get("but", {}).items():
            but.setdefault(outcome, []).append(dataset)
        excepted = "; ".join(f"{outcome}: {', '.join(those)}" for outcome, those in but.items())
        because = f". {row['because']}" if excepted and row.get("because") else row.get("because", "")
        lines.append(f"| {name} | {row['outcome']} | {excepted}{because} |")
    return "\n".join(lines)


def written_anew() -> str:
    """The page with its tables as they are now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("nights", nights()), ("faults", faults())):
        between = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.S)
        assert between.search(text), f"{PAGE.name} has no place for the table {name}"
        text = between.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    PAGE.write_text(written_anew(), encoding="utf-8")
