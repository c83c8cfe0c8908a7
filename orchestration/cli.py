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
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from orchestration import files, limits, logs, sources, stopping
from orchestration.limits import Limits
from orchestration.progress import listening, say
from orchestration.reading import NothingPublished, Question, UnknownQuestion, answer, connect, question, questions
from orchestration.release.history import DamagedRelease
from orchestration.settings import PROJECT_ROOT, Settings

app = typer.Typer(
    name="clawback",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a decorated traceback prints locals, and those could hold a key
    help="Federal policing grants, sanctuary ordinances and crime reporting, side by side.",
)
# Wide: a terminal wraps a long row more readably than a table folds every cell of it.
out = Console(width=240, soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

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
            err.print(f"{prefix}{name}: {each['msg']}, it is {each['input']!r}", style="red", markup=False)
        sys.exit(EXIT_USAGE)


def _stop(message: str, code: int = EXIT_USAGE) -> NoReturn:
    _warn(message, style="red", event="stopped", level=logging.ERROR, exit_code=code)
    raise typer.Exit(code)


def _warn(message: str, *, style: str, event: str, level: int = logging.WARNING, **facts: Any) -> None:
    """A line on standard error: for people, or as JSON where the log is (CLAWBACK_LOG=json)."""
    if not logs.is_json():
        err.print(message, style=style, markup=False)
    else:
        say(message, event=event, level=level, **facts)


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _say_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


@app.command()
def refresh(
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
        with nullcontext() if logs.is_json() else listening(lambda line: err.print(line, markup=False)):
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
    out.print(f"edition {settings.edition}, landing {settings.landing_dir}; nothing is asked or written", markup=False)
    for row in plan:
        keys = row["slices"]
        some = ", ".join(keys[:6]) + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")
        out.print(
            f"  {row['dataset']}: {len(keys)} slices ({some}); {row['captures_serving']} captures serve now",
            markup=False,
        )


def _show_account(settings: Settings, account: Any) -> None:
    from orchestration.release import history

    if account.error:
        if not logs.is_json():
            err.print(f"\n{account.error}", style="red", markup=False)
            serving = account.release or "nothing yet"
            err.print(
                f"The published warehouse was not touched; serving: {serving}. Run {account.run_id}.", markup=False
            )
        return
    if not account.release:
        return
    release = history.last_release(settings)
    if release is None:
        return
    word = "published" if account.published else "nothing new; goes on serving"
    out.print(f"\nRelease {release.id} ({release.edition} edition): {word}", style="bold", markup=False)
    with connect(settings) as connection:
        given = connection.sql(
            "select dataset, kind, records, cast(last_retrieved_at as date) as as_of, state,"
            " cast(failed_since as date) as failed_since, note"
            " from meta.source_status order by dataset"
        )
        _table(given, "What each source gave, and as of when")
        facts = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'core' and table_name like 'fct%' order by 1"
        ).fetchall()
        counts = " union all ".join(f"select '{name}' as fact, count(*) as rows from core.{name}" for (name,) in facts)
        _table(connection.sql(counts), "Rows a fact table")
        checks = dict(connection.execute("select status, count(*) from meta.check_result group by status").fetchall())
        told = ", ".join(f"{n} {status}" for status, n in sorted(checks.items()))
        out.print(f"\nChecks: {told}", markup=False)
        out.print(
            f"Warehouse: {settings.published_file}  (make sql; clawback query; any DuckDB 1.4 or later)", markup=False
        )
        for name, asked in questions().items():
            if asked.headline:
                _show_answer(connection, asked, {}, heading=f"clawback query {name}")


def _show_sources(account: Any) -> None:
    """The last lines: what failed, since when and why, and which source made the exit code 4."""
    for line in account.sources:
        _warn(line, style="yellow", event="source_standing")
    for line in account.too_old if account.exit_code == 4 else ():
        _warn(f"exit 4, because no good answer is young enough: {line}", style="red", event="source_too_old")


def _table(relation: Any, title: str | None = None, limit: int = 60) -> None:
    """A relation as a table for people: numbers right, nulls as an empty cell."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    numeric = [
        str(kind).upper().startswith(("BIGINT", "INT", "DOUBLE", "DECIMAL", "HUGEINT")) for kind in relation.types
    ]
    rows = relation.limit(limit + 1).fetchall()
    for place, (name, right) in enumerate(zip(relation.columns, numeric, strict=True)):
        # An address that is broken over lines can be neither clicked nor copied.
        whole = any(str(row[place]).startswith("https://") for row in rows)
        longest = max((len(_cell(row[place])) for row in rows), default=0)
        table.add_column(
            name,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=whole,
            # A name or a date in pieces of four letters is none: short cells stay whole, longer ones break at words.
            min_width=longest if whole else max(len(name), min(longest, 18)),
            max_width=None if whole else 72,
        )
    for row in rows[:limit]:
        table.add_row(*(_cell(value) for value in row))
    out.print()
    out.print(table)
    if len(rows) > limit:
        out.print(f"... more rows: --format csv gives them all (first {limit} shown)")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, Decimal):
        return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    return str(value).replace("[", "\\[")


def _show_answer(connection: Any, asked: Question, given: dict[str, str], heading: str | None = None) -> None:
    found = answer(connection, asked, given)
    out.print(f"\n{found.title}", style="bold", markup=False)
    if heading:
        out.print(heading, style="dim", markup=False)
    for note in found.notes:
        out.print(f"  {note}", markup=False)
    if found.why_empty:
        out.print(f"\nNo rows. {found.why_empty}\n", style="yellow", markup=False)
    else:
        _table(found.relation)
    for caveat in asked.caveats:
        out.print(f"  caveat: {caveat}", style="dim", markup=False)


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
    results = import_files(wanted, files, settings, retrieved_at=when)
    if as_json:
        _say_json([vars(result) for result in results])
    else:
        for result in results:
            out.print(result.line(), markup=False)
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


@app.command()
def query(
    name: Annotated[str | None, typer.Argument(help="A named question; without one, the list.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="name=value for the question's parameters.")
    ] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Short for --set jurisdiction=...")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Short for --set as_of=YYYY-MM-DD.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="table, csv, json, parquet or xlsx.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of the screen.")] = None,
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
    try:
        asked = question(name)
        with connect(_settings(), release=release) as connection:
            if format_ == "table" and not as_json:
                _show_answer(connection, asked, given)
            else:
                found = answer(connection, asked, given)
                _write(found.relation, "json" if as_json else format_, output)
                for note in (*found.notes, *([f"No rows. {found.why_empty}"] if found.why_empty else ())):
                    err.print(note, markup=False)
                for caveat in asked.caveats:
                    err.print(f"caveat: {caveat}", markup=False)
    except (UnknownQuestion, NothingPublished) as refused:
        _stop(str(refused))


def _list_questions(as_json: bool) -> None:
    known = questions()
    if as_json:
        _say_json([{k: v for k, v in asdict(q).items() if k != "sql"} for q in known.values()])
        return
    for q in known.values():
        names = "".join(f" [--set {name}={p.default}]" for name, p in q.parameters.items())
        out.print(f"{q.name}{names}", style="bold", markup=False)
        out.print(f"    {q.question}", markup=False)


def _write(relation: Any, format_: str, output: Path | None) -> None:
    writers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: relation.df().to_csv(index=False).encode(),
        "json": lambda: relation.df().to_json(orient="records", date_format="iso", indent=2).encode() + b"\n",
    }
    if format_ in writers:
        data = writers[format_]()
        if output:
            output.write_bytes(data)
        else:
            sys.stdout.buffer.write(data)
        return
    if format_ not in ("parquet", "xlsx"):
        _stop(f"--format {format_!r}: there are table, csv, json, parquet, xlsx")
    if output is None:
        _stop(f"--format {format_} needs --output FILE: it is not text")
    frame = relation.df()
    if format_ == "parquet":
        frame.to_parquet(output, index=False)
    else:
        frame.to_excel(output, index=False)
    err.print(f"wrote {len(frame):,} rows to {output}", markup=False)


@app.command()
def sql(
    text: Annotated[str | None, typer.Argument(help="One statement; without it, a shell.")] = None,
    release: Annotated[str | None, typer.Option(help="Read this release instead of the published one.")] = None,
    as_json: AsJson = False,
) -> None:
    """SQL on the published warehouse: read-only, no other file or address in reach, configuration locked."""
    import duckdb

    try:
        connection = connect(_settings(), release=release)
    except NothingPublished as nothing:
        _stop(str(nothing))
    with connection:
        if text is None:
            _shell(connection)
            return
        try:
            relation = connection.sql(text)
            if relation is None:
                return
            if as_json:
                _write(relation, "json", None)
            else:
                _table(relation, limit=1000)
        except duckdb.Error as error:
            _stop(str(error), 1)


def _shell(connection: Any) -> None:
    import duckdb

    interactive = sys.stdin.isatty()
    if interactive:
        import readline  # noqa: F401  # line editing and history in input()

        out.print(
            "The published warehouse, read-only. End a statement with ;  .tables  .columns TABLE  .quit", markup=False
        )
    statement = ""
    while True:
        try:
            line = input(("clawback> " if not statement else "     ...> ") if interactive else "")
        except (EOFError, KeyboardInterrupt):
            return
        if not statement and line.strip().startswith("."):
            command, _, argument = line.strip().partition(" ")
            if command in (".quit", ".exit"):
                return
            line = _SHELL_COMMANDS.get(command, "").replace(
                "{}", argument.strip().rpartition(".")[2].replace("'", "''")
            )
            if not line:
                out.print(f"{command}? There are .tables, .columns TABLE, .quit", markup=False)
                continue
        statement += line + "\n"
        if not statement.strip().endswith(";"):
            continue
        try:
            relation = connection.sql(statement)
            if relation is not None:
                _table(relation, limit=100)
        except duckdb.Error as error:
            err.print(str(error), style="red", markup=False)
        statement = ""


_SHELL_COMMANDS = {
    ".tables": "select schema_name || '.' || table_name as name, estimated_size as rows, comment"
    " from duckdb_tables() order by 1;",
    ".columns": "select schema_name || '.' || table_name as of_table, column_name, data_type, comment"
    " from duckdb_columns() where table_name = '{}' order by column_index;",
}


@app.command()
def trace(
    table: Annotated[str, typer.Argument(help="A published table, e.g. core.fct_award")],
    key: Annotated[str, typer.Argument(help="The row's key, or column=value")],
    as_json: AsJson = False,
) -> None:
    """A published row back to the capture, the payload (URL, time, sha256) and the record as it came."""
    from orchestration.release import trace as tracing

    try:
        found = tracing.trace(_settings(), table, key)
    except tracing.CannotTrace as cannot:
        _stop(str(cannot), 1)
    if as_json:
        _say_json(found.to_json())
    else:
        out.print(found.to_text(), markup=False)


@app.command()
def status(as_json: AsJson = False) -> None:
    """What each source last gave, as of when, and what failed since when and why."""
    from orchestration.landing.catalog import Catalog

    settings = _settings()
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    rows = [catalog.status(dataset) for dataset in sources.DATASETS.values()]
    if as_json:
        _say_json([vars(row) for row in rows])
        return
    table = Table(header_style="dim", box=None, pad_edge=False)
    for name in ("dataset", "kinds", "captures", "rejected", "held", "records", "newest", "checked", "state",
                 "failed since", "why"):  # fmt: skip
        table.add_column(name, justify="right" if name in ("captures", "rejected", "held", "records") else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.cells()))
    out.print(table)


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
        out.print(release.line(), markup=False)


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
        out.print(found.to_text(), markup=False)


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
    out.print(f"serving release {release}", markup=False)


@app.command("health")
def health_(as_json: AsJson = False) -> None:
    """How this installation is, for monitors: exit 0 well, 1 warning, 2 critical; nothing is written or asked."""
    from orchestration.health import look

    found = look(_settings())
    if as_json:
        _say_json(found.to_json())
    else:
        for line in found.lines():
            out.print(line, markup=False)
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
            mark = {"ok": "[green]ok  [/green]", "note": "[yellow]note[/yellow]", "bad": "[red]bad [/red]"}[
                finding.state
            ]
            out.print(mark, end=" ")
            out.print(f"{finding.what}: {finding.says}", markup=False)
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


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
