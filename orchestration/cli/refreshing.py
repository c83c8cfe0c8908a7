"""The commands that run something: refresh, import, ui, site.

What belongs here: their options and how their outcome is shown. What does not: the work (refresh, landing.imports,
running.ui, site.serve).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration import logs, sources
from orchestration.cli import published
from orchestration.cli.show import AsJson, err, out, say_json, settings_with, stop, warn
from orchestration.progress import listening, say
from orchestration.reading.reader import connect
from orchestration.refresh.plan import Planned
from orchestration.running import stopping
from orchestration.settings import Settings


def refresh(  # each parameter is an option of the command line
    live: Annotated[bool, typer.Option("--live", help="Ask the publishers instead of the recorded edition.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Only this source (fbi) or dataset (fbi/agencies).")] = None,
    slice_: Annotated[list[str] | None, typer.Option("--slice", help="source/dataset=KEY: only this slice.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only captures retrieved by this date.")
    ] = None,
    landing: Annotated[str | None, typer.Option(help="Another landing folder, or s3://BUCKET/PREFIX.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked and built; do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Rebuild although nothing changed.")] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            help="Accept this check's finding, once: a release check, or one of a capture, volume:source/dataset=SLICE"
            " (also units, filled, varied)."
        ),
    ] = None,
    because: Annotated[str, typer.Option(help="Why it is accepted; kept in the release.")] = "",
    as_json: AsJson = False,
) -> None:
    """Capture, build, check, publish. Exit 0 published or nothing new, 3 gate refused, 4 a source too old, 5 busy."""
    from orchestration.engine import EngineMissing
    from orchestration.refresh import account as codes
    from orchestration.refresh import plan, run
    from orchestration.running.lock import AnotherRefreshRuns

    _needs_reason(accept, because)
    settings = settings_with(landing=landing, edition="live" if live else None)
    if settings.edition == "live" and not settings.contact:
        said = "--live" if live else "CLAWBACK_EDITION=live"
        stop(f"{said} needs CLAWBACK_CONTACT (an e-mail address), which is sent to publishers with each request")
    when = as_of.date() if as_of else None
    try:
        if dry_run:
            _show_plan(settings, plan.plan(settings, source or [], slice_ or [], when), as_json)
            return
        # With CLAWBACK_LOG=json each line is on standard error already, as JSON.
        with nullcontext() if logs.is_json() else listening(lambda line: err.print(line)):
            account = run.refresh(
                settings,
                only_sources=source or [],
                slices=slice_ or [],
                as_of=when,
                accept=dict.fromkeys(accept or [], because),
                force=force,
                stop_on_signals=True,
            )
    except AnotherRefreshRuns as busy:
        stop(str(busy), codes.ANOTHER_RUNS)
    except EngineMissing as missing:
        stop(str(missing))
    except sources.NoSuch as unknown:
        stop(str(unknown.args[0]))
    if logs.is_json():
        with logs.of_run(account.run_id):
            say(account.error or f"exit {account.exit_code}", event="refresh_ended", level=logging.INFO
                if account.exit_code == 0 else logging.ERROR, exit_code=account.exit_code, release=account.release,
                published=account.published, findings=account.findings, too_old=account.too_old)  # fmt: skip
    if as_json:
        say_json(vars(account))
    else:
        _show_account(settings, account)
        _show_sources(account)
    raise typer.Exit(account.exit_code)


def _needs_reason(accept: list[str] | None, because: str) -> None:
    if accept and not because.strip():
        stop("--accept needs --because: an accepted finding is kept with its reason")


def _show_plan(settings: Settings, planned: Sequence[Planned], as_json: bool) -> None:
    if as_json:
        plan = [vars(each) for each in planned]
        say_json({"edition": settings.edition, "landing": settings.landing_place, "plan": plan})
        return
    out.print(f"edition {settings.edition}, landing {settings.landing_place}; nothing is asked or written")
    for each in planned:
        out.print(f"  {each.line()}")


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
    word = "published" if account.published else "nothing new; stays published"
    with connect(settings) as connection:
        published.show(connection, settings, release, word)


def _show_sources(account: Any) -> None:
    """The last lines: what failed, since when and why, and which source made the exit code 4."""
    for line in account.sources:
        warn(line, style="yellow", event="source_standing")
    for line in account.too_old if account.exit_code == 4 else ():
        warn(f"exit 4, because no good answer is young enough: {line}", style="red", event="source_too_old")


def import_(
    dataset: Annotated[str, typer.Argument(help="source/dataset, e.g. bjs/victimizations")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files as the publisher gave them.")],
    retrieved: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="When the files were taken from the publisher (UTC)."
        ),
    ] = None,
    landing: Annotated[str | None, typer.Option(help="Another landing folder, or s3://BUCKET/PREFIX.")] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            help="Accept this check's finding, once: volume:source/dataset=SLICE (also units, filled, varied)."
        ),
    ] = None,
    because: Annotated[str, typer.Option(help="Why it is accepted; kept in the capture.")] = "",
    as_json: AsJson = False,
) -> None:
    """Bring files you have: downloads, archived pages, a FOIA answer. Then: clawback refresh."""
    from orchestration.landing.imports import import_files

    _needs_reason(accept, because)
    try:
        wanted = sources.get(dataset)
    except sources.NoSuch as unknown:
        stop(str(unknown.args[0]))
    settings = settings_with(landing=landing)
    when = retrieved.replace(tzinfo=UTC) if retrieved else None
    try:
        with stopping.in_time():
            results = import_files(
                wanted, files, settings, retrieved_at=when, accepted=dict.fromkeys(accept or [], because)
            )
    except sources.NoSuch as unknown:
        stop(str(unknown.args[0]))
    if as_json:
        say_json([vars(result) for result in results])
    else:
        for result in results:
            out.print(result.line())
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Pages that start and change nothing, without the daemon: to be shared.")
    ] = False,
    path_prefix: Annotated[str, typer.Option(help="With --read-only: where a proxy puts the pages (/dagster).")] = "",
) -> None:
    """Dagster's pages on 127.0.0.1: runs, assets, checks, lineage, schedules."""
    from orchestration.running.ui import serve

    serve(settings_with(), port=port, read_only=read_only, path_prefix=path_prefix)


def site(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 is any free one.")] = 8300,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the pages in a browser.")] = True,
) -> None:
    """The published release's pages on 127.0.0.1: figures, places, dictionary, sources, methods."""
    from orchestration.reading.reader import NothingPublished
    from orchestration.site.serve import serve

    try:
        serve(settings_with(), port=port, open_browser=open_browser, say=lambda line: out.print(line, soft_wrap=True))
    except NothingPublished as nothing:
        stop(str(nothing))
    except OSError as taken:
        stop(f"port {port} cannot be used ({taken.strerror}): clawback site --port 0 takes a free one")
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
