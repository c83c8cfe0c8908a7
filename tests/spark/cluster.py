"""A standalone Spark cluster and a Connect server, on loopback: processes of pyspark's own.

What belongs here: starting them, asking the master what it has, killing a worker, ending them. What does not: what runs
on them.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
PATIENCE = 180


class Cluster:
    """Master and workers, each with its processes in a group of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._page = folder, _free_port(), _free_port()
        self.url = f"spark://127.0.0.1:{self._port}"
        self._processes: list[subprocess.Popen[bytes]] = []
        where = ("--host", "127.0.0.1", "--port", str(self._port), "--webui-port", str(self._page))
        self._start("master", MASTER, *where)
        _wait_for(self._answers, "the master answers")
        for number in (1, 2):
            work = folder / f"worker-{number}"
            size = ("--cores", "1", "--memory", "2g", "--webui-port", "0", "--host", "127.0.0.1")
            self._start(f"worker-{number}", WORKER, *size, "--work-dir", str(work), self.url)
        _wait_for(lambda: len(self.workers("ALIVE")) == 2, "two workers are registered")

    def workers(self, state: str) -> list[dict[str, Any]]:
        """The master's own account of its workers in a state (ALIVE, DEAD)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._page}/json/", timeout=10) as answer:
            return [worker for worker in json.load(answer)["workers"] if worker["state"] == state]

    def kill_a_worker(self) -> None:
        """SIGKILL to the last worker and to the executor that it started."""
        _kill(self._processes[-1])

    def end(self) -> None:
        for process in reversed(self._processes):
            _kill(process)

    def _answers(self) -> bool:
        try:
            self.workers("ALIVE")
        except OSError:
            return False
        return True

    def _start(self, name: str, *words: str) -> None:
        self._processes.append(_started(self._folder, name, "spark-class", *words))


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster for as long as the block lasts."""
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.end()


@contextmanager
def connect_server(folder: Path, conf: Mapping[str, str]) -> Iterator[str]:
    """A Connect server with a driver on two cores, for as long as the block lasts: its address, sc://..."""
    port = _free_port()
    made = {
        **conf,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
    }
    named = [word for name, value in made.items() for word in ("--conf", f"{name}={value}")]
    # pyspark's own jar of the server
    process = _started(folder, "connect", "spark-submit", "--master", "local[2]", "--class", CONNECT, *named)
    try:
        _wait_for(lambda: _listens(port), "the Connect server listens")
        yield f"sc://127.0.0.1:{port}"
    finally:
        _kill(process)


def _started(folder: Path, name: str, program: str, *words: str) -> subprocess.Popen[bytes]:
    """A program of pyspark's in a process group of its own; what it says is NAME.log."""
    import pyspark

    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(Path(pyspark.__file__).parent / "bin" / program), *words],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder)},
        )


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _wait_for(is_so: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"after {PATIENCE} seconds it is still not so that {what}")
        time.sleep(0.5)
