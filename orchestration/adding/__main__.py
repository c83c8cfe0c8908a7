"""`python -m orchestration.adding [--check]`: write the generated dbt files, or name those that are not current.

What belongs here: words and exit codes. What does not: what the files hold (rendered).
Exit codes: 0 well, 1 a file is not current, 2 a declaration is wrong.
"""

from __future__ import annotations

import sys

from orchestration.adding import passed
from orchestration.adding.rendered import CannotRender, stale, write
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
