"""The names of what pyproject.toml asks for, one a line, for pip: the lock says which version of each.

    python tools/wanted.py [EXTRA...]    those of the product, and of these extras (dev, notebook, bench, spark)

What belongs here: this list alone, with the standard library alone, because nothing is installed yet. `make setup`
uses uv, which reads pyproject.toml itself. The other way, with pip:

    .venv/bin/python tools/wanted.py dev notebook | xargs .venv/bin/pip install --require-hashes -c requirements.lock
    .venv/bin/pip install --no-deps --no-build-isolation --no-index -e .
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in sys.argv[1:]:
        if extra not in project["optional-dependencies"]:
            sys.exit(f"no extra {extra!r}; there are: {', '.join(project['optional-dependencies'])}")
        wanted += project["optional-dependencies"][extra]
    print("\n".join(re.split(r"[<>=~!; ]", one, maxsplit=1)[0] for one in wanted))


if __name__ == "__main__":
    main()
