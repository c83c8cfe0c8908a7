"""`clawback new`: its arguments, messages and exit codes.

What belongs here: the command line of `clawback new`. What does not: the files that it writes (skeleton, rendered).
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.settings import PROJECT_ROOT

EXIT_USAGE = 2


def new(
    kind: Annotated[str, typer.Argument(help="city, tracker, source or council")],
    name: Annotated[str, typer.Argument(help="city-id of the set, publisher/dataset, or the council's client")],
) -> None:
    """Write the skeleton of one more city, tracker, source or council, for whoever extends the project."""
    # start-up time: no other command needs a YAML parser
    from orchestration.adding import rendered, skeleton

    try:
        made = skeleton.create(kind, name, PROJECT_ROOT)
    except skeleton.CannotAdd as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    for path in made.created:
        typer.echo(f"new      {path}")
    for path in made.extended:
        typer.echo(f"one line {path}")
    for path in rendered.write():
        typer.echo(f"derived  dbt_project/{path}")
    typer.echo("next: replace every TODO (docs/adding.md), then make generate")
