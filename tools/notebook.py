"""Showing the notebooks on this machine: `make explore`, `make notebook`.

What belongs here: starting marimo on loopback, and never on a file of the project where something may be typed. What
does not: the notebooks themselves (notebooks/).

    python -m tools.notebook event_study                      runs it: nothing can be typed
    python -m tools.notebook event_study --copy mine.py       edits a copy of one's own
    python -m tools.notebook explore --ask                    edits a copy that is thrown away: SQL is completed
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

NOTEBOOKS = PROJECT_ROOT / "notebooks"
# The app is run when it is opened, and knows the columns of every table before they are typed.
_SETTINGS = """
[tool.marimo.runtime]
auto_instantiate = true
[tool.marimo.datasources]
auto_discover_schemas = true
auto_discover_tables = true
auto_discover_columns = true
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.notebook")
    parser.add_argument("notebook", choices=sorted(path.stem for path in NOTEBOOKS.glob("*.py")))
    parser.add_argument("--copy", type=Path, help="edit a copy; one that is there is gone on with")
    parser.add_argument("--ask", action="store_true", help="edit a copy that is thrown away")
    parser.add_argument("--port", default="0", help="0: any free one")
    parser.add_argument("--headless", action="store_true", help="open no browser")
    given = parser.parse_args(arguments)
    # a copy is thrown away whoever ends this
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    source = NOTEBOOKS / f"{given.notebook}.py"
    options = [*(["--port", given.port] if given.port != "0" else []), *(["--headless"] if given.headless else [])]
    if given.copy:
        copy = given.copy.resolve()
        if copy.is_relative_to(NOTEBOOKS):
            parser.error(f"{given.copy} is in the project's own notebooks: name a file elsewhere")
        if not copy.exists():
            shutil.copyfile(source, copy)
        return _marimo("edit", copy, options)
    if given.ask:
        with tempfile.TemporaryDirectory(prefix="clawback-") as folder:
            Path(folder, "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
            return _marimo("edit", Path(shutil.copyfile(source, Path(folder, source.name))), options)
    return _marimo("run", source, options)


def _marimo(verb: str, file: Path, options: list[str]) -> int:
    # a copy finds what the notebook imports beside it
    paths = [str(NOTEBOOKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "MARIMO_SKIP_UPDATE_CHECK": "1"}
    command = [sys.executable, "-m", "marimo", verb, "--host", "127.0.0.1", *options, str(file)]
    try:
        return subprocess.run(command, env=environment).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
