"""Running sqlfluff only on the SQL that has changed since it last passed.

What belongs here: which files are linted again. What does not: the rules (pyproject.toml, [tool.sqlfluff]).

sqlfluff has no cache, and parsing 240 files takes it a minute. A file that passed is remembered by its bytes,
sqlfluff's version and pyproject.toml. The cache folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("dbt_project/models", "dbt_project/tests", "queries")


def main(root: Path = ROOT) -> int:
    """Lint what has changed in a project; sqlfluff's exit code."""
    passed = root / ".sqlfluff_cache"
    judge = hashlib.sha256(version("sqlfluff").encode() + (root / "pyproject.toml").read_bytes())
    marks: dict[Path, Path] = {}
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.sql")):
        seen = judge.copy()
        # the name too: messages and rules may depend on it
        seen.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
        marks[path.relative_to(root)] = passed / seen.hexdigest()
    asked = [path for path, mark in marks.items() if not mark.exists()]
    if asked:
        command = [
            str(Path(sys.executable).with_name("sqlfluff")),
            "lint",
            "--processes",
            "2",
            "--disable-progress-bar",
        ]
        done = subprocess.run([*command, *map(str, asked)], cwd=root, check=False)
        if done.returncode:
            return done.returncode
        passed.mkdir(exist_ok=True)
        for path in asked:
            marks[path].touch()
    current = {mark.name for mark in marks.values()}
    for mark in passed.glob("*") if passed.is_dir() else ():
        if mark.name not in current:
            mark.unlink()
    print(f"{len(asked)} of {len(marks)} SQL files were linted, the others passed as they are")
    return 0


if __name__ == "__main__":
    sys.exit(main())
