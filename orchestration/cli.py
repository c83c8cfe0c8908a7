"""`clawback ...`: words for people; no logic of its own.

What belongs here: options, exit codes, how an answer looks on a screen or as
JSON. What does not: anything that another program could not call as well.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from orchestration import files, limits, logs, sources, stopping
from orchestration.adding.command import new
from orchestration.limits import Limits
from orchestration.progress import listening, say
from orchestration.reading import NothingPublished, Question, UnknownQuestion, answer, connect, question, questions
from orchestration.release.history import DamagedRelease
from orchestration.screen import STEERING, Screen, Shown, cell, table
from orchestration.settings import PROJECT_ROOT, Settings

app = typer.Typer(
    name="clawback",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a decorated traceback prints locals, and those could hold a key
    help="Federal policing grants, sanctuary ordinances and crime reporting, side by side.",
)
# Wide: a terminal wraps a long row more readably than a table folds every cell of it.
out = Screen(width=240, soft_wrap=True, highlight=False)
err = Screen(stderr=True, soft_wrap=True, highlight=False)

EXIT_FAULT, EXIT_USAGE, EXIT_REFUSED, EXIT_BUSY = 1, 2, 3, 5
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def main() -> None:
    stopping.unwind_on_signals()
    # Settings that cannot be read are told by the command that reads them.
    with suppress(ValidationError):
        logs.configure(Settings())
    try:
        with files.telling_refusals(Path.cwd()):
            app()
    except files.CannotWrite as refusal:
        _warn(str(refusal), style="red", event="stopped", level=logging.ERROR, exit_code=EXIT_FAULT)
        sys.exit(EXIT_FAULT)
    except DamagedRelease as damaged:
        _warn(str(damaged), style="red", event="stopped", level=logging.ERROR, exit_code=EXIT_FAULT)
        sys.exit(EXIT_FAULT)
    except ValidationError as wrong:
        if wrong.title not in (Settings.__name__, Limits.__name__):
            raise
        prefix = limits.PREFIX if wrong.title == Limits.__name__ else "CLAWBACK_"
        for each in wrong.errors():
            name = "_".join(map(str, each["loc"])).upper()
            err.print(f"{prefix}{name}: {each['msg']}, it is {each['input']!r}", style="red")
        sys.exit(EXIT_USAGE)


def _stop(message: str, code: int = EXIT_USAGE) -> NoReturn:
    _warn(message, style="red", event="stopped", level=logging.ERROR, exit_code=code)
    raise typer.Exit(code)


def _warn(message: str, *, style: str, event: str, level: int = logging.WARNING, **facts: Any) -> None:
    """A line on standard error: for people, or as JSON where the log is (CLAWBACK_LOG=json)."""
    if not logs.is_json():
        err.print(message, style=style)
    else:
        say(message, event=event, level=level, **facts)


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _say_json(value: Any) -> None:
    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    # the same values, without a character that steers a terminal
    sys.stdout.write(STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


@app.command()
def refresh(  # each parameter is an option of the command line
    live: Annotated[bool, typer.Option("--live", help="Ask the publishers instead of the recorded edition.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Only this source (fbi) or dataset (fbi/agencies).")] = None,
    slice_: Annotated[list[str] | None, typer.Option("--slice", help="source/dataset=KEY: only this slice.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only captures retrieved by this date.")
    ] = None,
    landing: Annotated[Path | None, typer.Option(help="Another landing folder.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked and built; do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Rebuild although nothing changed.")] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Accept this check's finding, once: a release check, or volume:source/dataset=SLICE."),
    ] = None,
    because: Annotated[str, typer.Option(help="Why it is accepted; kept in the release.")] = "",
    as_json: AsJson = False,
) -> None:
    """Capture, build, audit, publish. Exit 0 published or nothing new, 3 gate refused, 4 a source too old, 5 busy."""
    from orchestration import refresh as work

    if accept and not because.strip():
        _stop("--accept needs --because: an accepted finding is published with its reason")
    if live and os.environ.get("CLAWBACK_CONTACT", "") == "":
        _stop("--live needs CLAWBACK_CONTACT (an e-mail address): publishers are told who asks")
    settings = _settings(landing=landing, edition="live" if live else None)
    when = as_of.date() if as_of else None
    try:
        if dry_run:
            _show_plan(settings, source or [], when, as_json)
            return
        # With CLAWBACK_LOG=json each line is on standard error already, as JSON.
        with nullcontext() if logs.is_json() else listening(lambda line: err.print(line)):
            account = work.refresh(
                settings,
                only_sources=source or [],
                slices=slice_ or [],
                as_of=when,
                accept=dict.fromkeys(accept or [], because),
                force=force,
                stop_on_signals=True,
            )
    except work.AnotherRefreshRuns as busy:
        _stop(str(busy), work.ANOTHER_RUNS)
    except KeyError as unknown:
        _stop(str(unknown.args[0]))
    if logs.is_json():
        with logs.of_run(account.run_id):
            say(account.error or f"exit {account.exit_code}", event="refresh_ended", level=logging.INFO
                if account.exit_code == 0 else logging.ERROR, exit_code=account.exit_code, release=account.release,
                published=account.published, findings=account.findings, too_old=account.too_old)  # fmt: skip
    if as_json:
        _say_json(vars(account))
    else:
        _show_account(settings, account)
        _show_sources(account)
    raise typer.Exit(account.exit_code)


def _show_plan(settings: Settings, only: list[str], when: date | None, as_json: bool) -> None:
    from orchestration.landing.catalog import Catalog
    from orchestration.recorded import build as recorded

    catalog = Catalog(settings.landing_dir, as_of=when, edition=settings.edition)
    plan: list[dict[str, Any]] = []
    for dataset in sources.DATASETS.values():
        if only and not {dataset.source, dataset.id} & set(only):
            continue
        if settings.edition == "recorded" or dataset.base_url_setting is None:
            slices = [batch.slice.key for batch in recorded.batches(dataset.id)]
        else:
            slices = [slice_.key for slice_ in dataset.slices(settings, catalog.known(dataset))]
        serving = catalog.serving(dataset)
        plan.append({"dataset": dataset.id, "slices": slices, "captures_serving": len(serving)})
    if as_json:
        _say_json({"edition": settings.edition, "landing": settings.landing_dir, "plan": plan})
        return
    out.print(f"edition {settings.edition}, landing {settings.landing_dir}; nothing is asked or written")
    for row in plan:
        keys = row["slices"]
        some = ", ".join(keys[:6]) + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")
        out.print(f"  {row['dataset']}: {len(keys)} slices ({some}); {row['captures_serving']} captures serve now")


def _show_account(settings: Settings, account: Any) -> None:
    from orchestration.release import history

    if account.error:
        if not logs.is_json():
            err.print(f"\n{account.error}", style="red")
            serving = account.release or "nothing yet"
            err.print(f"The published warehouse was not touched; serving: {serving}. Run {account.run_id}.")
        return
    if not account.release:
        return
    release = history.last_release(settings)
    if release is None:
        return
    word = "published" if account.published else "nothing new; goes on serving"
    out.print(f"\nRelease {release.id} ({release.edition} edition): {word}", style="bold")
    with connect(settings) as connection:
        given = connection.sql(
            "select dataset, kind, records, cast(last_retrieved_at as date) as as_of, state,"
            " cast(failed_since as date) as failed_since, note"
            " from meta.source_status order by dataset"
        )
        table(out, given, "What each source gave, and as of when")
        facts = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'core' and table_name like 'fct%' and table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        counts = " union all ".join(f"select '{name}' as fact, count(*) as rows from core.{name}" for (name,) in facts)
        table(out, connection.sql(counts), "Rows a fact table")
        checks = dict(connection.execute("select status, count(*) from meta.check_result group by status").fetchall())
        told = ", ".join(f"{n} {status}" for status, n in sorted(checks.items()))
        out.print(f"\nChecks: {told}")
        out.print(f"Warehouse: {settings.published_file}  (make sql; clawback query; any DuckDB 1.4 or later)")
        for name, asked in questions().items():
            if asked.headline:
                _show_answer(connection, asked, {}, heading=f"clawback query {name}")


def _show_sources(account: Any) -> None:
    """The last lines: what failed, since when and why, and which source made the exit code 4."""
    for line in account.sources:
        _warn(line, style="yellow", event="source_standing")
    for line in account.too_old if account.exit_code == 4 else ():
        _warn(f"exit 4, because no good answer is young enough: {line}", style="red", event="source_too_old")


def _show_answer(connection: Any, asked: Question, given: dict[str, str], heading: str | None = None) -> None:
    found = answer(connection, asked, given)
    out.print(f"\n{found.title}", style="bold")
    if heading:
        out.print(heading, style="dim")
    for note in found.notes:
        out.print(f"  {note}")
    if found.why_empty:
        out.print(f"\nNo rows. {found.why_empty}\n", style="yellow")
    else:
        table(out, found.relation)
    for caveat in asked.caveats:
        out.print(f"  caveat: {caveat}", style="dim")


@app.command("import")
def import_(
    dataset: Annotated[str, typer.Argument(help="source/dataset, e.g. bjs/victimizations")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files as the publisher gave them.")],
    retrieved: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="When the files were taken from the publisher (UTC)."
        ),
    ] = None,
    landing: Annotated[Path | None, typer.Option(help="Another landing folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring files you have: downloads, archived pages, a FOIA answer. Then: clawback refresh."""
    from orchestration.landing.imports import import_files

    try:
        wanted = sources.get(dataset)
    except KeyError as unknown:
        _stop(str(unknown.args[0]))
    settings = _settings(landing=landing)
    when = retrieved.replace(tzinfo=UTC) if retrieved else None
    with stopping.in_time():
        results = import_files(wanted, files, settings, retrieved_at=when)
    if as_json:
        _say_json([vars(result) for result in results])
    else:
        for result in results:
            out.print(result.line())
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


Format = Annotated[str, typer.Option("--format", help="table, csv, json, parquet or xlsx.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of the screen.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]


@app.command()
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
    given = dict(text.partition("=")[::2] for text in parameter or [])
    if jurisdiction is not None:
        given["jurisdiction"] = jurisdiction
    if as_of is not None:
        given["as_of"] = f"{as_of:%Y-%m-%d}"

    def work(reader: Any) -> None:
        if shown == "table":
            _show_answer(reader, asked, given)
            return
        found = answer(reader, asked, given)
        _write(found.relation, shown, output)
        for note in (*found.notes, *([f"No rows. {found.why_empty}"] if found.why_empty else ())):
            err.print(note)
        for caveat in asked.caveats:
            err.print(f"caveat: {caveat}")

    settings = _settings()
    shown = _shown_as(format_, output, overwrite, as_json, settings)
    try:
        asked = question(name)
    except UnknownQuestion as unknown:
        _stop(str(unknown))
    raise typer.Exit(_read(settings, release, work, output=output))


def _list_questions(as_json: bool) -> None:
    known = questions()
    if as_json:
        _say_json([{k: v for k, v in asdict(q).items() if k != "sql"} for q in known.values()])
        return
    for q in known.values():
        names = "".join(f" [--set {name}={p.default}]" for name, p in q.parameters.items())
        out.print(f"{q.name}{names}", style="bold")
        out.print(f"    {q.question}")


def _shown_as(format_: str, output: Path | None, overwrite: bool, as_json: bool, settings: Settings) -> str:
    """The format of an answer; ends the command, before anything is asked, where it could not be written."""
    from orchestration import writing

    shown = "json" if as_json else format_
    if shown == "table":
        if output is None:
            return shown
        # the file's ending says it
        shown = output.suffix.removeprefix(".").lower()
        if shown not in writing.FORMATS:
            _stop(f"--output needs --format {', '.join(writing.FORMATS)}, or a file name that ends in one of them")
    try:
        writing.check(shown, output, settings, overwrite=overwrite)
    except writing.CannotWriteAnswer as cannot:
        _stop(str(cannot))
    return shown


def _write(rows: Any, format_: str, output: Path | None) -> None:
    from orchestration import writing

    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
        # A program gets the values as they are, a terminal without what would steer it.
        writing.write_text(rows, format_, Shown(sys.stdout) if sys.stdout.isatty() else sys.stdout)
    else:
        count = writing.write(rows, format_, output)
        err.print(f"wrote {count:,} rows to {output}")


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
    from orchestration import bounded, files, reader

    try:
        return bounded.read(file or reader.find(settings, release), settings, lambda opened: _told(work, opened))
    except NothingPublished as nothing:
        _stop(str(nothing))
    except reader.LimitReached as limit:
        _warn(str(limit), style="red", event="stopped", level=logging.ERROR)
        return 1
    except bounded.Interrupted:
        _warn("stopped", style="yellow", event="stopped")
        return 130
    finally:
        if output is not None:
            files.sweep_unfinished(output.resolve().parent)


def _told(work: Callable[[Any], None], opened: Any) -> int:
    """Do the work; what keeps it from an answer is told in a line."""
    import duckdb

    from orchestration.files import CannotWrite
    from orchestration.reader import LimitReached
    from orchestration.statements import Refused
    from orchestration.writing import CannotWriteAnswer

    try:
        work(opened)
        return 0
    except UnknownQuestion as refused:
        said, code = str(refused), EXIT_USAGE
    except (Refused, LimitReached, CannotWrite, CannotWriteAnswer, duckdb.Error) as error:
        said, code = str(error), 1
    except UnicodeError as unreadable:
        said, code = f"the text is no valid Unicode: {unreadable}", 1
    _warn(said, style="red", event="stopped", level=logging.ERROR)
    return code


@app.command()
def sql(
    text: Annotated[str | None, typer.Argument(help="Statements that read; without them, a shell.")] = None,
    release: Annotated[str | None, typer.Option(help="Read this release instead of the published one.")] = None,
    format_: Format = "table",
    output: Output = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """SQL on the published warehouse: statements that read, within limits of time and memory (docs/reading.md)."""
    from orchestration import reader, shell

    settings = _settings()
    shown = _shown_as(format_, output, overwrite, as_json, settings)

    def work(reader: Any, text: str, limit: int) -> None:
        statements = reader.read(text)
        if len(statements) > 1 and shown != "table":
            raise UnknownQuestion(f"--format {shown} takes one statement, here are {len(statements)}")
        for statement in statements:
            rows = reader.rows(statement)
            if shown == "table":
                table(out, rows, limit=limit)
            else:
                _write(rows, shown, output)

    if text is not None:
        raise typer.Exit(_read(settings, release, lambda opened: work(opened, text, 1000), output=output))
    if output is not None:
        _stop("--output needs a statement: clawback sql 'select ...' --output FILE")
    try:
        file = reader.find(settings, release)
    except NothingPublished as nothing:
        _stop(str(nothing))
    raise typer.Exit(
        shell.run(lambda text: _read(settings, None, lambda opened: work(opened, text, 100), file=file), out.print)
    )


@app.command()
def trace(
    table: Annotated[str, typer.Argument(help="A published table, e.g. core.fct_award")],
    key: Annotated[str, typer.Argument(help="The row's key, or column=value")],
    as_json: AsJson = False,
) -> None:
    """A published row back to the capture, the payload (URL, time, sha256) and the record as it came.

    Exit 1 where the record was not found in the payload's own bytes, or the bytes are not those that came.
    """
    from orchestration.release import trace as tracing

    try:
        found = tracing.trace(_settings(), table, key)
    except tracing.CannotTrace as cannot:
        _stop(str(cannot), 1)
    if as_json:
        _say_json(found.to_json())
    else:
        out.print(found.to_text())
    if not (found.digest_verified and found.found_in_payload):
        raise typer.Exit(1)


@app.command()
def status(as_json: AsJson = False) -> None:
    """What each source last gave, as of when, what failed since when and why; findings that were accepted."""
    from orchestration.landing.catalog import Catalog
    from orchestration.release import accepted

    settings = _settings()
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    rows = [catalog.status(dataset) for dataset in sources.DATASETS.values()]
    carried = accepted.standing(settings)
    if as_json:
        _say_json({"sources": [vars(row) for row in rows], "accepted": [one.to_json() for one in carried]})
        return
    shown = Table(header_style="dim", box=None, pad_edge=False)
    for name in ("dataset", "kinds", "captures", "rejected", "held", "records", "newest", "checked", "state",
                 "failed since", "why"):  # fmt: skip
        shown.add_column(name, justify="right" if name in ("captures", "rejected", "held", "records") else "left")
    for row in rows:
        shown.add_row(*(Text(cell(value)) for value in row.cells()))
    out.print(shown)
    for one in carried:
        _warn(one.line(), style="yellow", event="accepted_finding")


@app.command()
def releases(as_json: AsJson = False) -> None:
    """Every release kept, newest first, and which one serves."""
    from orchestration.release import history

    kept = history.releases(_settings())
    if as_json:
        _say_json([release.to_json() for release in kept])
        return
    if not kept:
        out.print("no release yet: clawback refresh")
    for release in kept:
        out.print(release.line())


@app.command()
def diff(
    older: Annotated[str, typer.Argument(help="A release's id")],
    newer: Annotated[str, typer.Argument(help="Another release's id")],
    as_json: AsJson = False,
) -> None:
    """What changed between two releases: rows and sums a table."""
    from orchestration.release import differences, history

    try:
        found = differences.between(_settings(), older, newer)
    except history.NoSuchRelease as missing:
        _stop(str(missing))
    if as_json:
        _say_json(found.to_json())
    else:
        out.print(found.to_text())


@app.command()
def rollback(release: Annotated[str, typer.Argument(help="The release to serve again")]) -> None:
    """Serve an earlier release again, at once; nothing is rebuilt and nothing deleted."""
    from orchestration import health
    from orchestration.release import history, publish

    settings = _settings()
    try:
        publish.rollback(settings, release)
    except (history.NoSuchRelease, publish.AsOfRelease) as refused:
        _stop(str(refused))
    except publish.AnotherPublicationRuns as busy:
        _stop(str(busy), EXIT_BUSY)
    except history.DamagedRelease as damaged:
        _stop(str(damaged), EXIT_REFUSED)
    health.write(settings)
    out.print(f"serving release {release}")


@app.command("health")
def health_(as_json: AsJson = False) -> None:
    """How this installation is, for monitors: exit 0 well, 1 warning, 2 critical; nothing is written or asked."""
    from orchestration.health import look

    found = look(_settings())
    if as_json:
        _say_json(found.to_json())
    else:
        for line in found.lines():
            out.print(line)
    raise typer.Exit(found.exit_code)


@app.command()
def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Prove a release anew: every digest, every record, and a rebuild.")
    ] = False,
    release: Annotated[
        str | None, typer.Option(help="With --deep: this release instead of the one that serves.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at this installation: settings, keys (present or not), landing, releases. Exit 1 where something is bad."""
    from orchestration.doctor import examine
    from orchestration.release import history

    if release is not None and not deep:
        _stop("--release goes with --deep")
    findings = examine(_settings())
    if deep:
        from orchestration import proof

        try:
            with listening(lambda line: err.print(line, markup=False)):
                findings += list(proof.prove(_settings(), release))
        except history.NoSuchRelease as missing:
            _stop(str(missing))
    _show_findings(findings, as_json)


@app.command()
def adopt(as_json: AsJson = False) -> None:
    """Enter captures that were put into the landing folder by hand, once their payloads prove them. Exit 1: not all."""
    from orchestration import proof

    with listening(lambda line: err.print(line, markup=False)):
        findings = list(proof.adopt(_settings()))
    if not findings and not as_json:
        out.print("every capture is entered already")
    _show_findings(findings, as_json)


def _show_findings(findings: Sequence[Any], as_json: bool) -> NoReturn:
    if as_json:
        _say_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(
                f"{finding.state:<4}", style={"ok": "green", "note": "yellow", "bad": "red"}[finding.state], end=" "
            )
            out.print(f"{finding.what}: {finding.says}")
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


app.command()(new)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Pages that start and change nothing, without the daemon: to be shared.")
    ] = False,
    path_prefix: Annotated[str, typer.Option(help="With --read-only: where a proxy puts the pages (/dagster).")] = "",
) -> None:
    """Dagster's pages on 127.0.0.1: runs, assets, checks, lineage, schedules."""
    from orchestration.refresh import dagster_home

    settings = _settings()
    dagster_home(settings)
    os.environ["CLAWBACK_HOME"] = str(settings.root)
    os.chdir(PROJECT_ROOT)
    on = ["--workspace", "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    if read_only:
        web = str(Path(sys.executable).with_name("dagster-webserver"))
        os.execv(web, [web, *on, "--read-only", *(["--path-prefix", path_prefix] if path_prefix else [])])
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.execv(dagster, [dagster, "dev", *on])
