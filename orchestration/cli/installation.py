"""The commands about the installation and its releases: status, releases, diff, rollback, prune, health, doctor, adopt.

What belongs here: their options and how their answers are shown. What does not: finding the answers (landing, release,
running, doctor).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from orchestration.cli.screen import columns_of, show_columns
from orchestration.cli.show import (
    EXIT_BUSY,
    EXIT_REFUSED,
    AsJson,
    err,
    out,
    say_json,
    settings_with,
    show_findings,
    stop,
    warn,
)
from orchestration.landing.standing import SourceStatus
from orchestration.progress import listening

_KINDS = dict.fromkeys(("records", "captures", "rejected", "held"), "BIGINT")


def _standing(one: SourceStatus, names: Sequence[str]) -> list[Any]:
    """A row of `clawback status`: days are exact enough for a person; --json has the moments."""
    said = vars(one) | {
        "newest": f"{one.newest:%Y-%m-%d}" if one.newest else None,
        "checked": f"{one.checked:%Y-%m-%d}" if one.checked else None,
    }
    return [said[name] for name in names]


def status(as_json: AsJson = False) -> None:
    """What each source last gave, as of when, what failed since when and why; findings that were accepted."""
    from orchestration.running import status as standing

    found = standing.status(settings_with())
    if as_json:
        say_json(found.to_json())
        return
    captured = [one for one in found.sources if one.captures]
    # what is 0 everywhere says nothing
    names = ["dataset", "kinds", "records", "captures"]
    names += [name for name in ("rejected", "held") if any(getattr(one, name) for one in captured)]
    names += ["newest", "checked", "state"]
    kinds = [_KINDS.get(name, "") for name in names]
    rows = [_standing(one, names) for one in captured]
    show_columns(out, columns_of(names, kinds, rows), most_rows=len(rows))
    if nothing := [one.dataset for one in found.sources if not one.captures]:
        out.say(f"Nothing is captured of {', '.join(nothing)}.", style="dim")
    for one in found.sources:
        if one.why or one.too_old:
            out.say(one.line(), style="yellow")
    out.print(found.landing_line(), style="yellow" if found.unput else "dim")
    for finding in found.accepted:
        warn(finding.line(), style="yellow", event="accepted_finding")


def releases(as_json: AsJson = False) -> None:
    """Every release kept, newest first, and which one is current."""
    from orchestration.release import history

    kept = history.releases(settings_with())
    if as_json:
        say_json([release.to_json() for release in kept])
        return
    if not kept:
        out.print("no release yet: clawback refresh")
    for release in kept:
        out.print(release.line())


def diff(
    older: Annotated[str, typer.Argument(help="A release's id")],
    newer: Annotated[str, typer.Argument(help="Another release's id")],
    jurisdiction: Annotated[str | None, typer.Option(help="Only changes of this place, by name or GEOID.")] = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two releases: row by row, notable changes first, then rows and sums a table."""
    from orchestration.reading import differences, places, reader
    from orchestration.release import history

    settings, place = settings_with(), None
    try:
        if jurisdiction is not None:
            with reader.connect(settings, release=newer) as connection:
                place = places.find(connection, jurisdiction).place
        found = differences.between(settings, older, newer, place=place)
    except (history.NoSuchRelease, reader.NothingPublished, places.NoSuchPlace, places.SeveralPlaces) as missing:
        stop(str(missing))
    if as_json:
        say_json(found.to_json())
    else:
        out.print(found.to_text())


def rollback(release: Annotated[str, typer.Argument(help="The release to serve again")]) -> None:
    """Switch back to an earlier release, at once; nothing is rebuilt and nothing deleted."""
    from orchestration.release import history, publish
    from orchestration.running.rollback import roll_back

    try:
        roll_back(settings_with(), release)
    except (history.NoSuchRelease, publish.AsOfRelease) as refused:
        stop(str(refused))
    except publish.AnotherPublicationRuns as busy:
        stop(str(busy), EXIT_BUSY)
    except history.DamagedRelease as damaged:
        stop(str(damaged), EXIT_REFUSED)
    out.print(f"serving release {release}")


def prune(
    releases: Annotated[
        int, typer.Option(min=1, help="How many releases stay, the newest; the serving one always.")
    ] = 30,
    days: Annotated[
        int, typer.Option(min=1, help="Records of runs that ended longer ago go, but for the last few.")
    ] = 90,
    build: Annotated[
        bool, typer.Option("--build", help="The build file too: the next refresh builds all again.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete. Without it, only what would be deleted is shown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give disk space back: old releases and the records of old runs. Captures are never deleted."""
    from orchestration.release import publish
    from orchestration.running import prune as pruning
    from orchestration.running.lock import AnotherRefreshRuns

    settings = settings_with()
    try:
        if yes:
            found = pruning.carry_out(settings, releases=releases, days=days, build=build)
        else:
            found = pruning.plan(settings, releases=releases, days=days, build=build)
    except (AnotherRefreshRuns, publish.AnotherPublicationRuns) as busy:
        stop(str(busy), EXIT_BUSY)
    if as_json:
        say_json(found.to_json(done=yes))
        return
    for line in found.lines(done=yes):
        out.print(line)
    if found.removals and not yes:
        out.print("nothing is deleted yet: clawback prune --yes, with the same options")


def health_(as_json: AsJson = False) -> None:
    """How this installation is, for monitors: exit 0 well, 1 warning, 2 critical; no publisher is asked."""
    from orchestration.running.health import look

    found = look(settings_with())
    if as_json:
        say_json(found.to_json())
    else:
        for line in found.lines():
            out.print(line)
    raise typer.Exit(found.exit_code)


def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Prove a release anew: every digest, every record, and a rebuild.")
    ] = False,
    release: Annotated[
        str | None, typer.Option(help="With --deep: this release instead of the one that serves.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Examine this installation: settings, keys (present or not), captures, releases. Exit 1 if something is wrong."""
    from orchestration.doctor.examination import examine
    from orchestration.release import history

    if release is not None and not deep:
        stop("--release goes with --deep")
    findings = examine(settings_with())
    if deep:
        from orchestration.doctor import proof

        try:
            with listening(lambda line: err.print(line, markup=False)):
                findings += list(proof.prove(settings_with(), release))
        except history.NoSuchRelease as missing:
            stop(str(missing))
    show_findings(findings, as_json)


def adopt(as_json: AsJson = False) -> None:
    """Enter captures that were put into the landing folder by hand, once their payloads prove them. Exit 1: not all."""
    from orchestration.doctor import proof

    with listening(lambda line: err.print(line, markup=False)):
        findings = list(proof.adopt(settings_with()))
    if not findings and not as_json:
        out.print("every capture is entered already")
    show_findings(findings, as_json)
