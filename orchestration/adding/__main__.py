"""`python -m orchestration.adding [--check]`: write the generated dbt files, or list those that are out of date.

What belongs here: messages and exit codes. What does not: the content of the files (rendered).
Exit codes: 0 all is current, 1 a file is out of date, 2 a declaration is wrong.
"""

from __future__ import annotations

import sys

from orchestration.adding import passed
from orchestration.adding.listed import CannotRender
from orchestration.adding.rendered import stale, write
from orchestration.declared import cities


def main(arguments: list[str]) -> int:
    """Run it; the exit code."""
    try:
        if arguments == ["--check"]:
            paths = list(stale())
            for path in paths:
                print(f"dbt_project/{path} is not current: make generate", file=sys.stderr)
            return 1 if paths else 0
        for path in write():
            print(f"dbt_project/{path}")
    except (CannotRender, passed.BadPassing, cities.BadDeclaration) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
