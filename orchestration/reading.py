"""Reading the published warehouse: a connection that can do nothing else, and the named questions.

What belongs here: how analysts' SQL is run, from the command line and from
notebooks. What does not: building or publishing anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.settings import QUERIES_DIR, Settings

_HEADER = re.compile(r"^--\s*(question|caveat|parameter|headline)\s*:\s*(.*)$")


_SANDBOX: dict[str, str | bool | int | float | list[str]] = {
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}


class NothingPublished(Exception):
    """There is no release to read yet."""


class UnknownQuestion(Exception):
    """No named question of that name, or a parameter that it needs or does not know."""


@dataclass(frozen=True)
class Question:
    """One file of queries/: its question, its caveats, its parameters with their defaults, its SQL."""

    name: str
    question: str
    caveats: tuple[str, ...]
    parameters: dict[str, str]
    headline: bool
    sql: str


def connect(settings: Settings, *, release: str | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to a release that cannot write, cannot leave the file, and cannot be told otherwise.

    The symlink is resolved first: an open reader keeps the release it opened.
    `read_only` alone is no sandbox (it still reads files of the machine).
    Raises NothingPublished where there is no such release.
    """
    folder = settings.releases_dir / release if release else settings.published_dir
    file = folder.resolve() / "warehouse.duckdb"
    if not file.exists():
        what = f"release {release}" if release else "nothing published"
        raise NothingPublished(f"{what} under {settings.root}: run `clawback refresh` first, or set CLAWBACK_HOME")
    return duckdb.connect(str(file), read_only=True, config=_SANDBOX)


def questions(folder: Path = QUERIES_DIR) -> dict[str, Question]:
    """Every named question, by name."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.sql"))}


def question(name: str) -> Question:
    """The named question; raises UnknownQuestion with the names there are."""
    known = questions()
    if name not in known:
        raise UnknownQuestion(f"no question {name!r}; there are: {', '.join(known)}")
    return known[name]


def ask(connection: duckdb.DuckDBPyConnection, asked: Question, given: dict[str, str]) -> duckdb.DuckDBPyRelation:
    """Run a named question with its parameters (those not given take their defaults).

    Raises UnknownQuestion where a parameter is not one of the question's.
    """
    if unknown := sorted(set(given) - set(asked.parameters)):
        there_are = ", ".join(asked.parameters) or "none"
        raise UnknownQuestion(f"{asked.name} has no parameter {unknown[0]!r}; it has: {there_are}")
    values = {**asked.parameters, **given}
    return connection.sql(asked.sql, params=values or None)


def _read(path: Path) -> Question:
    found: dict[str, list[str]] = {"question": [], "caveat": [], "parameter": [], "headline": []}
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if match := _HEADER.match(line):
            found[match[1]].append(match[2].strip())
    parameters = dict(part.partition("=")[::2] for part in found["parameter"])
    return Question(
        name=path.stem,
        question=" ".join(found["question"]),
        caveats=tuple(found["caveat"]),
        parameters={name.strip(): value.strip() for name, value in parameters.items()},
        headline=bool(found["headline"]),
        sql="\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";"),
    )
