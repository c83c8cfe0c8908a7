"""dbt, started and its project parsed once for many builds: each build is a fork of the process that did it.

What belongs here: that process, and how a test asks it. What does not: which models are built (tests/building).

To start dbt and to parse the project takes longer than most builds of a test, and dbt parses anew for each path of a
build file. The manifest does not depend on the path, so one process parses, and forks for each question; the fork
builds as `dbt` on the command line would, in an environment of its own, and ends. Nothing of it stays in the tests'
process: an open DuckDB file there would refuse the tests' own connections.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO

from filelock import FileLock

from orchestration.release import dbt_manifest
from orchestration.release.dbt_manifest import BUILD_DIR_VARIABLE, dbt_environment
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings

PROJECT = ("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR))
# Where the workers' dbt takes over what was parsed for everybody, and logs.
PARSED = PROJECT_ROOT / ".pytest_cache" / "dbt"


def run(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`dbt WORDS` over the project as it is now, in this environment; 0 if it succeeded, 1 if something failed, 2 if
    dbt broke off.
    """
    asking, answers = _server()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        # the server opens them by this process's descriptors: nothing has to be named or removed
        files = [f"/proc/{os.getpid()}/fd/{each.fileno()}" for each in (out, err)]
        asking.write(json.dumps({"words": list(words), "environment": dict(environment), "files": files}) + "\n")
        asking.flush()
        answer = answers.readline()
        if not answer:
            raise RuntimeError("the process that runs dbt for the tests has ended")
        texts = [each.seek(0) or each.read() for each in (out, err)]
    return subprocess.CompletedProcess(["dbt", *words], json.loads(answer)["returncode"], *texts)


@cache
def _server() -> tuple[IO[str], IO[str]]:
    # -P: tests/ has folders that are named as packages of ours
    process = subprocess.Popen(
        [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(process.stdin.close)
    if process.stdout.readline() != "parsed\n":
        raise RuntimeError(f"dbt cannot parse {DBT_PROJECT_DIR}: see {PARSED / 'dbt.log'}")
    return process.stdin, process.stdout


def _serve() -> None:
    """Parse, then fork for each line of the standard input until it ends."""
    from dbt.cli.main import dbtRunner  # three seconds, which the tests' own process is spared

    from orchestration.engine.terse_dbt import be_terse

    be_terse()
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    PARSED.mkdir(parents=True, exist_ok=True)
    nowhere = Settings(home=PARSED)
    kept = dbt_manifest.parsed(nowhere).parent / dbt_manifest.PARTIAL_PARSE
    # what dbt reads while it parses is as it was then: with another environment it would parse all again
    os.environ.update({**dbt_environment(nowhere), "DBT_LOG_PATH": str(PARSED)})
    with FileLock(PARSED / "lock"):
        shutil.copy2(kept, PARSED / kept.name)
        parsed = dbtRunner().invoke(["parse", *PROJECT, "--target-path", str(PARSED), "--quiet"])
    if not parsed.success:
        raise SystemExit(str(parsed.exception))
    print("parsed", file=told, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _build(parsed.result, asked)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"returncode": os.waitstatus_to_exitcode(status)}), file=told, flush=True)


def _build(manifest: object, asked: Mapping[str, object]) -> None:
    """Run dbt in this process, which is a fork and ends with it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    code = 2
    try:
        for descriptor, file in zip((1, 2), asked["files"], strict=True):  # type: ignore[call-overload]
            os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), descriptor)
        os.environ.clear()
        os.environ.update(asked["environment"])  # type: ignore[call-overload]
        os.chdir(os.environ[BUILD_DIR_VARIABLE])
        done = dbtRunner(manifest=manifest).invoke([*asked["words"], *PROJECT])  # type: ignore[arg-type, misc]
        if done.exception is not None:
            print(done.exception, file=sys.stderr)
        code = 0 if done.success else 2 if done.exception is not None else 1
        DuckDBConnectionManager.close_all_connections()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
