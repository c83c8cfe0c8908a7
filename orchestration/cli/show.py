"""What the commands share: standard output and error, messages, exit codes, answers as JSON.

What belongs here: output that more than one command uses. What does not: options (the commands), tables (screen).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from orchestration import logs
from orchestration.cli.screen import Screen, standard_output, table
from orchestration.progress import say
from orchestration.reading.harmless import STEERING
from orchestration.reading.questions import Question, answer
from orchestration.settings import Settings

out = standard_output()
err = Screen(stderr=True, soft_wrap=True, highlight=False)

EXIT_FAULT, EXIT_USAGE, EXIT_REFUSED, EXIT_BUSY = 1, 2, 3, 5
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def stop(message: str, code: int = EXIT_USAGE) -> NoReturn:
    warn(message, style="red", event="stopped", level=logging.ERROR, exit_code=code)
    raise typer.Exit(code)


def warn(message: str, *, style: str, event: str, level: int = logging.WARNING, **facts: Any) -> None:
    """A line on standard error: for people, or as JSON where the log is (CLAWBACK_LOG=json)."""
    if not logs.is_json():
        err.print(message, style=style)
    else:
        say(message, event=event, level=level, **facts)


def settings_with(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def say_json(value: Any) -> None:
    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    # the same values, without a character that steers a terminal
    sys.stdout.write(STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def show_answer(connection: Any, asked: Question, given: dict[str, str]) -> None:
    found = answer(connection, asked, given)
    out.print()
    out.say(found.title, style="bold")
    for note in found.notes:
        out.say(f"  {note}")
    if found.why_empty:
        out.print()
        out.say(f"No rows. {found.why_empty}", style="yellow")
    else:
        table(out, found.relation)
    out.print()
    for caveat in asked.caveats:
        out.say(f"  caveat: {caveat}", style="dim")


def show_findings(findings: Sequence[Any], as_json: bool) -> NoReturn:
    if as_json:
        say_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(
                f"{finding.state:<4}", style={"ok": "green", "note": "yellow", "bad": "red"}[finding.state], end=" "
            )
            out.print(f"{finding.what}: {finding.says}")
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)
