"""A PostgreSQL server for the tests of this folder.

What belongs here: starting Debian's server as a test's own, and asking it. What does not: what is written into it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "synthetic-database-password"  # pragma: allowlist secret
POSTGRES = shutil.which("postgres") or next(iter(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[int]:
    """A PostgreSQL server of this test's own, with a user and a database `clawback`; its port."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    # the server refuses to run as root
    as_user: list[str] = []
    if os.geteuid() == 0:
        if subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    shutil.chown(folder, "postgres" if as_user else None, None) if as_user else None
    programs = Path(POSTGRES).parent
    secret = folder / "password"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o644)
    subprocess.run(
        [*as_user, str(programs / "initdb"), "-D", str(folder / "data"), "-U", "clawback", "-A", "scram-sha-256",
         f"--pwfile={secret}"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    port = free_port()
    server = subprocess.Popen(
        [*as_user, POSTGRES, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while ask(port, "create database clawback", database="postgres", check=False).returncode:
            assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.3)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def ask(port: int, sql: str, database: str = "clawback", *, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "clawback", "-d", database, "-Atc", sql],
        env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True, check=check,
    )  # fmt: skip
