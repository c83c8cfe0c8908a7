"""Starting a command: the list of commands, signals, and errors as exit codes.

What belongs here: what is the same for every command. What does not: the commands themselves (refreshing, asking,
installation).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from orchestration import __version__, files, garbage, limits, logs
from orchestration.adding.command import new
from orchestration.cli import asking, installation, refreshing
from orchestration.cli.show import EXIT_FAULT, EXIT_USAGE, err, out, warn
from orchestration.limits import Limits
from orchestration.release.history import DamagedRelease
from orchestration.running import stopping
from orchestration.running.instance import CannotOpenRecords
from orchestration.settings import Settings

app = typer.Typer(
    name="clawback",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a decorated traceback prints local variables, and those could contain a key
    help="Federal policing grants, sanctuary ordinances and crime reporting, side by side.",
)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"clawback {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    """Federal policing grants, sanctuary ordinances and crime reporting, side by side."""


# in the order of --help
_COMMANDS: dict[str, Callable[..., None]] = {
    "refresh": refreshing.refresh,
    "import": refreshing.import_,
    "query": asking.query,
    "sql": asking.sql,
    "trace": asking.trace,
    "cite": asking.cite,
    "status": installation.status,
    "releases": installation.releases,
    "diff": installation.diff,
    "rollback": installation.rollback,
    "prune": installation.prune,
    "health": installation.health_,
    "doctor": installation.doctor,
    "adopt": installation.adopt,
    "new": new,
    "ui": refreshing.ui,
    "site": refreshing.site,
}
for name, command in _COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    garbage.search_seldom()
    stopping.unwind_on_signals()
    # Settings that cannot be read are reported by the command that reads them.
    with suppress(ValidationError):
        logs.configure(Settings())
    try:
        with files.telling_refusals(Path.cwd()):
            app()
    except files.CannotWrite as refusal:
        warn(str(refusal), style="red", event="stopped", level=logging.ERROR, exit_code=EXIT_FAULT)
        sys.exit(EXIT_FAULT)
    except (DamagedRelease, CannotOpenRecords) as fault:
        warn(str(fault), style="red", event="stopped", level=logging.ERROR, exit_code=EXIT_FAULT)
        sys.exit(EXIT_FAULT)
    except ValidationError as wrong:
        if wrong.title not in (Settings.__name__, Limits.__name__):
            raise
        prefix = limits.PREFIX if wrong.title == Limits.__name__ else "CLAWBACK_"
        for each in wrong.errors():
            name = "_".join(map(str, each["loc"])).upper()
            # an address may have a key in it by mistake
            given = re.sub(r"//[^/]*@", "//...@", repr(each["input"]))
            err.print(f"{prefix}{name}: {each['msg']}, it is {given}", style="red")
        sys.exit(EXIT_USAGE)
