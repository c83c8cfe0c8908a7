"""The commands that read a release: query, sql, trace, cite.

What belongs here: their options, and turning a reader's errors into a message and an exit code. What does not:
questions, statements, formats and limits (reading).
"""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.screen import table
from orchestration.cli.show import EXIT_USAGE, AsJson, err, out, say_json, settings_with, show_answer, stop, warn
from orchestration.reading.harmless import Shown
from orchestration.reading.questions import NothingPublished, UnknownQuestion, answer, question, questions
from orchestration.settings import Settings

Format = Annotated[str, typer.Option("--format", help="table, csv, json, parquet or xlsx.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of the screen.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]


def query(  # each parameter is an option of the command line
    name: Annotated[str | None, typer.Argument(help="A named question; without one, the list.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="name=value for the question's parameters.")
    ] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Short for --set jurisdiction=...")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Short for --set as_of=YYYY-MM-DD.")
    ] = None,
    format_: Format = "table",
    output: Output = None,
    overwrite: Overwrite = False,
    release: Annotated[str | None, typer.Option(help="Ask this release instead of the published one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a named question from the published warehouse, with its caveats."""
    if name is None:
        _list_questions(as_json)
        return
    short = [f"jurisdiction={jurisdiction}"] if jurisdiction is not None else []
    given = _given([*(parameter or []), *short, *([f"as_of={as_of.date().isoformat()}"] if as_of is not None else [])])

    def work(reader: Any) -> None:
        if shown == "table":
            show_answer(reader, asked, given)
            return
        found = answer(reader, asked, given)
        _write(found.relation, shown, output, partial(meaning.of_question, reader, asked, given, found))
        for note in (*found.notes, *([f"No rows. {found.why_empty}"] if found.why_empty else ())):
            err.print(note)
        for caveat in asked.caveats:
            err.print(f"caveat: {caveat}")

    from orchestration.reading import meaning

    settings = settings_with()
    shown = _shown_as(format_, output, overwrite, as_json, settings)
    try:
        asked = question(name)
    except UnknownQuestion as unknown:
        stop(str(unknown))
    raise typer.Exit(_read(settings, release, work, output=output))


def _given(texts: Sequence[str]) -> dict[str, str]:
    """The parameters of a question as they were typed; ends the command for what is no parameter, or given twice."""
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            stop(f"--set {text}: write name=value, as in --set jurisdiction=Chicago")
        if name in given:
            stop(f"{name} is given twice, as {given[name]!r} and as {value!r}: which is meant?")
        given[name] = value
    return given


def _list_questions(as_json: bool) -> None:
    known = questions()
    if as_json:
        say_json([{k: v for k, v in asdict(q).items() if k != "sql"} for q in known.values()])
        return
    for q in known.values():
        # as they are typed: a value with a blank needs its quotes
        names = "".join(f" [--set {shlex.quote(f'{name}={p.default}')}]" for name, p in q.parameters.items())
        out.print(f"{q.name}{names}", style="bold")
        out.say(f"    {q.question}")


def _shown_as(format_: str, output: Path | None, overwrite: bool, as_json: bool, settings: Settings) -> str:
    """The format of an answer; ends the command, before anything is asked, where it could not be written."""
    from orchestration.reading import writing

    try:
        return writing.format_of("json" if as_json else format_, output, settings, overwrite=overwrite)
    except writing.CannotWriteAnswer as cannot:
        stop(str(cannot))


def _write(rows: Any, format_: str, output: Path | None, meant: Callable[[], Any]) -> int:
    """meant: what the answer means; asked for where a file takes it along."""
    from orchestration.reading import writing

    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
        # A program gets the values as they are, a terminal without what would steer it.
        return writing.write_text(rows, format_, Shown(sys.stdout) if sys.stdout.isatty() else sys.stdout)
    count = writing.write(rows, format_, output, meant())
    beside = f", and what they mean to {writing.sidecar_of(output)}" if format_ == "csv" else ""
    err.print(f"wrote {count:,} {'row' if count == 1 else 'rows'} to {output}{beside}")
    return count


def _read(
    settings: Settings,
    release: str | None,
    work: Callable[[Any], None],
    *,
    file: Path | None = None,
    output: Path | None = None,
) -> int:
    """Do the work over a release, within the limits of a reader; its exit code.

    output: the file that the work writes; what a stopped work leaves beside it is removed.
    """
    from orchestration import files
    from orchestration.reading import bounded, reader

    try:
        return bounded.read(file or reader.find(settings, release), settings, lambda opened: _exit_code(work, opened))
    except NothingPublished as nothing:
        stop(str(nothing))
    except reader.LimitReached as limit:
        warn(str(limit), style="red", event="stopped", level=logging.ERROR)
        return 1
    except bounded.Interrupted:
        warn("stopped", style="yellow", event="stopped")
        return 130
    finally:
        if output is not None:
            files.sweep_unfinished(output.resolve().parent)


def _exit_code(work: Callable[[Any], None], opened: Any) -> int:
    """Do the work; the exit code. An error becomes a message of one line."""
    import duckdb

    from orchestration.files import CannotWrite
    from orchestration.reading.reader import LimitReached
    from orchestration.reading.statements import Refused
    from orchestration.reading.trace import CannotTrace
    from orchestration.reading.writing import CannotWriteAnswer

    if opened.damage:
        warn(opened.damage, style="yellow", event="damaged_release")
    try:
        work(opened)
        return 0
    except UnknownQuestion as refused:
        message, code = str(refused), EXIT_USAGE
    except (Refused, LimitReached, CannotTrace, CannotWrite, CannotWriteAnswer, duckdb.Error) as error:
        message, code = str(error), 1
    except UnicodeError as unreadable:
        message, code = f"the text is no valid Unicode: {unreadable}", 1
    warn(message, style="red", event="stopped", level=logging.ERROR)
    return code


def sql(
    text: Annotated[str | None, typer.Argument(help="Statements that read; without them, a shell.")] = None,
    release: Annotated[str | None, typer.Option(help="Read this release instead of the published one.")] = None,
    format_: Format = "table",
    output: Output = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """SQL on the published warehouse: statements that read, within limits of time and memory (docs/reading.md)."""
    from orchestration.reading import empty, meaning, provenance, reader, shell

    settings = settings_with()
    shown = _shown_as(format_, output, overwrite, as_json, settings)

    def work(reader: Any, text: str, limit: int) -> None:
        statements = reader.read(text)
        if len(statements) > 1 and shown != "table":
            raise UnknownQuestion(f"--format {shown} takes one statement, here are {len(statements)}")
        for statement in statements:
            rows = reader.rows(statement)
            if shown == "table":
                count = table(out, rows, limit=limit)
            else:
                count = _write(rows, shown, output, partial(meaning.of_sql, reader, statement.query, rows))
            if not count:
                err.print(f"No rows. {empty.of_tables(reader, provenance.tables(reader, statement.query))}")

    if text is not None and not text.strip():
        stop("no statement: clawback sql 'select ...', or clawback sql for a shell")
    if text is not None:
        raise typer.Exit(_read(settings, release, lambda opened: work(opened, text, 1000), output=output))
    if output is not None:
        stop("--output needs a statement: clawback sql 'select ...' --output FILE")
    try:
        file = reader.find(settings, release)
    except NothingPublished as nothing:
        stop(str(nothing))
    raise typer.Exit(
        shell.run(lambda text: _read(settings, None, lambda opened: work(opened, text, 300), file=file), out.print)
    )


def trace(
    table: Annotated[str, typer.Argument(help="A published table, e.g. core.fct_award")],
    key: Annotated[str, typer.Argument(help="The row's key, or column=value")],
    as_json: AsJson = False,
) -> None:
    """A published row back to the capture, the payload (URL, time, sha256) and the record as it came.

    Exit 1 where the record was not found in the payload's own bytes, or the bytes are not those that came.
    """
    from orchestration.reading import trace as tracing

    try:
        found = tracing.trace(settings_with(), table, key)
    except tracing.CannotTrace as cannot:
        stop(str(cannot), 1)
    if as_json:
        say_json(found.to_json())
    else:
        out.print(found.to_text())
    if not (found.digest_verified and found.found_in_payload):
        raise typer.Exit(1)


def cite(
    what: Annotated[str, typer.Argument(help="A published table, e.g. core.fct_award, or a named question")],
    key: Annotated[str | None, typer.Argument(help="The row's key, or column=value; for a question none")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="name=value for the question's parameters.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="text, bibtex or csl-json.")] = "text",
    release: Annotated[str | None, typer.Option(help="Cite this release instead of the published one.")] = None,
) -> None:
    """How to cite a row or an answer: release, publisher, when it was retrieved, sha256."""
    from orchestration.reading import citing

    if format_ not in citing.FORMATS:
        stop(f"--format {format_!r}: there are {', '.join(citing.FORMATS)}")
    given = _given(parameter or [])

    def work(reader: Any) -> None:
        try:
            if key is None:
                written = citing.of_question(reader, what, given, format_)
            else:
                written = citing.of_row(reader, what, key, format_)
        except UnknownQuestion as unknown:
            how = f"{unknown}. A row is cited by its table and key: clawback cite TABLE KEY"
            raise UnknownQuestion(citing.needs_key(reader, what) or how) from None
        out.print(written)

    raise typer.Exit(_read(settings_with(), release, work))
