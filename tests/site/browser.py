"""A real browser for tests: Debian's chromium without a window, steered through its DevTools protocol.

What belongs here: starting it, opening a page, asking the page. What does not: what the pages must be (test_*.py).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WITHOUT = "chromium is not installed (apt install chromium)"
# Warnings that chromium itself gives about where it runs, not about a page.
_OF_THE_MACHINE = ("GPU", "WebGL")


class Tab:
    """One tab: what it was told to open, what it said on its console, what it requested."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._last = socket, 0
        self.console: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and give its result; events before it are noted."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._last:
                assert "error" not in message, (method, message["error"])
                return dict(message["result"])
            self._note(message)

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded and drawn its charts."""
        self.console.clear()
        self.requests.clear()
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")
        self.until(
            "[...document.querySelectorAll('.chart')].every((one) => one.dataset.drawn || one.closest('[hidden]'))"
        )

    def until(self, condition: str, seconds: float = 30) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.ask(condition):
            assert time.monotonic() < end, f"never true: {condition}; the console: {self.console}"
            time.sleep(0.02)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        given = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in given, given["exceptionDetails"]
        return given["result"].get("value")

    def shows(self, *, width: int = 1200, dark: bool = False) -> None:
        """Set the window's width and the colors that the person prefers."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> None:
        """The whole page as a picture."""
        given = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(given["data"]))

    def _note(self, message: dict[str, Any]) -> None:
        method, given = message.get("method", ""), message.get("params", {})
        if method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning", "assert"):
            self.console.append(" ".join(str(one.get("value", one.get("description"))) for one in given["args"]))
        elif method == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.console.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            if not any(word in given["entry"]["text"] for word in _OF_THE_MACHINE):
                self.console.append(f"{given['entry']['text']} {given['entry'].get('url', '')}".strip())
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])


@contextmanager
def tab(folder: Path) -> Iterator[Tab]:
    """A tab of a browser of one's own, whose profile lies in a folder."""
    assert CHROMIUM
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-extensions",
        "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        port = _port(folder, process)
        made = requests.put(f"http://127.0.0.1:{port}/json/new?about:blank", timeout=10).json()
        with connect(made["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Tab(socket)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _port(folder: Path, process: subprocess.Popen[bytes]) -> int:
    for _ in range(600):
        file = folder / "DevToolsActivePort"
        if file.is_file() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        assert process.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
        time.sleep(0.05)
    raise AssertionError("chromium does not start")
