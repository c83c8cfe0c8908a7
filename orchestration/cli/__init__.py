"""`clawback ...`: the command line.

What belongs here: options, exit codes, and how an answer looks on a screen or as JSON. Each command reads its options,
calls one function and shows the result. What does not: anything that another program could also call; that belongs in
the package that does the work.

The modules: `app` starts a command and turns errors into exit codes; `refreshing`, `asking` and `installation` contain
the commands; `published` is what a refresh shows at its end; `show` and `screen` format answers.
"""

from orchestration.cli.app import app, main

__all__ = ["app", "main"]
