"""The named questions: what analysts can ask of a release by name.

What belongs here: the questions, their parameters, and running one. What does not: the connection and what it allows
(reader, statements), finding a place (places), explaining an empty answer (empty).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import duckdb

from orchestration.reading import empty, places
from orchestration.reading.reader import Connection, NothingPublished, Reader, Rows, connect
from orchestration.release import layout
from orchestration.settings import QUERIES_DIR

__all__ = [
    "Answer", "Headline", "NothingPublished", "OlderRelease", "Parameter", "Question", "ResultColumn",
    "UnknownQuestion", "WrongParameter", "answer", "ask", "connect", "question", "questions",
]  # fmt: skip

_HEADER = re.compile(r"^--\s*(question|title|about|caveat|parameter|headline|column)\s*:\s*(.*)$")
_COLUMN = re.compile(r"^(?P<name>\w+)(?: \((?P<unit>[^)]+)\))?: (?P<meaning>.+)$")
_HEADLINE = re.compile(r"^(?P<last>last )?(?P<rows>\d+) rows of (?P<columns>[\w, ]+)$")
_PARAMETER = re.compile(r"^(?P<name>\w+)=(?P<default>.*?)\s*\((?P<kind>\w+)\)$")


class UnknownQuestion(Exception):
    """No named question of that name, or a parameter that it needs or does not know."""


class OlderRelease(UnknownQuestion):
    """The release was built by a version whose tables are others than the question's."""


class WrongParameter(UnknownQuestion):
    """A parameter's value that does not exist: no such place, tracker or day; the message names those there are."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a named question: `kind` is place, date, or a table of queries/parameters.toml."""

    default: str
    kind: str


@dataclass(frozen=True)
class ResultColumn:
    """What a question says of a column of its answer that is no published column. unit: null if it has none."""

    meaning: str
    unit: str | None


@dataclass(frozen=True)
class Headline:
    """What of an answer the end of a refresh shows: so many rows, the first or the last, and these columns of them."""

    rows: int
    is_of_last: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One file of queries/: its question, its caveats, its parameters with their defaults, its SQL.

    title: the question as an answer is headed, with {parameter} for what was asked; about: its subject in
    queries/subjects.toml; columns: those of the answer that the SQL computes or renames; headline: null if a refresh
    does not ask it.
    """

    name: str
    question: str
    title: str
    about: str
    caveats: tuple[str, ...]
    parameters: dict[str, Parameter]
    headline: Headline | None
    sql: str
    columns: Mapping[str, ResultColumn] = field(default_factory=dict)

    def parameters_of(self, given: Mapping[str, str]) -> dict[str, str]:
        """The parameters with which it is asked: what is given, else the defaults."""
        return {**{name: parameter.default for name, parameter in self.parameters.items()}, **given}


@dataclass(frozen=True)
class Answer:
    """A named question asked of a release: rows, the title that is true of them, and what else a reader must know.

    notes: which place was chosen if others have the name; why_empty: why there is no row, null where there are rows.
    """

    title: str
    relation: Rows | duckdb.DuckDBPyRelation
    notes: tuple[str, ...]
    why_empty: str | None


def questions(folder: Path = QUERIES_DIR) -> dict[str, Question]:
    """Every named question, by name."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.sql"))}


def question(name: str) -> Question:
    """The named question; raises UnknownQuestion with the names there are."""
    known = questions()
    if name not in known:
        near = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
        meant = f"; is {near[0]} meant?" if near else ""
        raise UnknownQuestion(f"no question {name!r}{meant}; there are: {', '.join(known)}")
    return known[name]


def ask(connection: Connection, asked: Question, given: Mapping[str, str]) -> Rows | duckdb.DuckDBPyRelation:
    """The rows of a named question with its parameters (those not given take their defaults).

    Raises UnknownQuestion if a parameter is not one of the question's, WrongParameter where its value does not
    exist.
    """
    return answer(connection, asked, given).relation


def answer(connection: Connection, asked: Question, given: Mapping[str, str]) -> Answer:
    """Ask a named question; an answer without rows says why. Raises as `ask` does."""
    if unknown := sorted(set(given) - set(asked.parameters)):
        there_are = ", ".join(asked.parameters) or "none"
        raise UnknownQuestion(f"{asked.name} has no parameter {unknown[0]!r}; it has: {there_are}")
    values: dict[str, str] = {}
    labels: dict[str, str] = {}
    notes: list[str] = []
    for name, parameter in asked.parameters.items():
        text = given.get(name, parameter.default).strip()
        if parameter.kind == "place":
            found = _place(connection, name, text)
            values[name], labels[name] = found.place.key, str(found.place)
            if found.others:
                notes.append(_others(found))
            if found.read_as:
                notes.append(f"{name}={text} is read as {found.read_as}: a GEOID begins with its zero.")
        else:
            values[name], labels[name] = _checked(connection, name, text, parameter)
            if parameter.kind == "date" and labels[name] > (last := _last_day(connection)):
                notes.append(f"{name}={text} lies after {last}, the day of the newest capture: nothing later is known.")
    if (first := values.get("from")) and (until := values.get("to")) and first > until:
        raise WrongParameter(f"from={first} lies after to={until}: no day is between them")
    # The relation is the caller's to read: what is asked about it goes over connections of its own.
    aside = connection.cursor() if isinstance(connection, Reader) else layout.again(connection)
    try:
        relation = connection.sql(asked.sql, params=values or None)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        what = str(error).splitlines()[0]
        raise OlderRelease(
            f"{asked.name} asks for what this release does not hold ({what}): another version built it."
            " `clawback refresh` builds one that answers"
        ) from error
    title = asked.title.format_map(labels)
    if aside.execute(asked.sql, values or None).fetchmany(1):
        return Answer(title, relation, tuple(notes), None)
    why = empty.why(aside, empty.subjects()[asked.about], values, labels)
    return Answer(title, relation, tuple(notes), why)


def _place(connection: Connection, name: str, text: str) -> places.Found:
    try:
        return places.find(connection, text)
    except (places.NoSuchPlace, places.SeveralPlaces) as error:
        raise WrongParameter(f"{name}={text!r}: {error}") from error


def _others(found: places.Found) -> str:
    some = "; ".join(str(place) for place in found.others[:3])
    more = f" and {len(found.others) - 3} more" if len(found.others) > 3 else ""
    return f"{found.place} is meant. Others bear the name: {some}{more}. Ask for them by state or code."


def _checked(connection: Connection, name: str, text: str, parameter: Parameter) -> tuple[str, str]:
    """The parameter's value, and the value in words. Raises WrongParameter if it does not exist."""
    if parameter.kind == "date":
        return text, _day(name, text) if text or parameter.default else _last_day(connection)
    if text == "" and parameter.default == "":
        return "", ""
    kind = _kinds()[parameter.kind]
    values: dict[str, str] = dict(connection.execute(kind["sql"]).fetchall())
    # If the release has nothing of the kind, the answer is empty and says so.
    if not values:
        return text, text
    value = _meant(text, values)
    if value is None:
        raise WrongParameter(f"{name}={text!r}: no such {kind['what']}; there are: {', '.join(values)}")
    return value, values[value]


def _meant(text: str, values: Mapping[str, str]) -> str | None:
    """The value that a text names, by itself or by its words, in whatever case; None if none or several are named."""
    if text in values:
        return text
    by_value = [value for value in values if _plain(value) == _plain(text)]
    named = by_value or [value for value, words in values.items() if _plain(words) == _plain(text)]
    return named[0] if len(named) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().casefold().removeprefix("the ")


def _day(name: str, text: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise WrongParameter(f"{name}={text!r} is no day: write YYYY-MM-DD, e.g. {name}=2017-03-27")


def _last_day(connection: Connection) -> str:
    """The day that an empty date stands for: that of the newest capture in the release."""
    rows = connection.execute("select cast(max(last_retrieved_at) as date) from meta.source_status").fetchall()
    return str(rows[0][0])


@cache
def _kinds(folder: Path = QUERIES_DIR) -> dict[str, dict[str, str]]:
    return tomllib.loads((folder / "parameters.toml").read_text(encoding="utf-8"))


def _headline(path: Path, text: str) -> Headline:
    said = _HEADLINE.match(text)
    if said is None:
        raise ValueError(f"{path}: headline {text!r}: write 'N rows of COLUMN, COLUMN' or 'last N rows of ...'")
    columns = tuple(name.strip() for name in said["columns"].split(","))
    return Headline(int(said["rows"]), said["last"] is not None, columns)


def _read(path: Path) -> Question:
    found: dict[str, list[str]] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if match := _HEADER.match(line):
            found.setdefault(match[1], []).append(match[2].strip())
    parameters: dict[str, Parameter] = {}
    for text in found.get("parameter", []):
        declared = _PARAMETER.match(text)
        if declared is None:
            raise ValueError(f"{path}: parameter {text!r}: write name=default (kind)")
        parameters[declared["name"]] = Parameter(declared["default"], declared["kind"])
    columns: dict[str, ResultColumn] = {}
    for text in found.get("column", []):
        said = _COLUMN.match(text)
        if said is None:
            raise ValueError(f"{path}: column {text!r}: write name (unit): meaning, or name: meaning")
        columns[said["name"]] = ResultColumn(said["meaning"], said["unit"])
    asks = " ".join(found["question"])
    return Question(
        name=path.stem,
        question=asks,
        title=" ".join(found.get("title", [asks])),
        about=" ".join(found["about"]),
        caveats=tuple(found.get("caveat", [])),
        parameters=parameters,
        headline=_headline(path, found["headline"][0]) if "headline" in found else None,
        sql="\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";"),
        columns=columns,
    )
