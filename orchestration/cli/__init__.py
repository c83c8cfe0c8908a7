"""`clawback ...`: the command line.

What belongs here: options, exit codes, and how an answer looks on a screen or as JSON. Each command reads its options,
calls one function and shows what that returns. What does not: anything that another program could call as well; it
stands in the package that does the work.

The modules: `app` starts a command and turns errors into exit codes; `refreshing`, `asking` and `installation` hold the
commands; `show` and `screen` hold how answers look.
"""

from orchestration.cli.app import app, main

__all__ = ["app", "main"]
