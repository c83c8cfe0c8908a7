"""Showing the published site on this machine.

What belongs here: a file server on loopback. What does not: the pages (build), serving them to others: a release is a
folder of files, which any web server gives out.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from orchestration.reading.reader import NothingPublished
from orchestration.settings import Settings
from orchestration.site.build import FOLDER


class _Files(SimpleHTTPRequestHandler):
    """The files of one folder, to read; a page is asked for anew, so that the next release is seen at once."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Requests of one person at their own machine are no news."""


def page_of(settings: Settings) -> Path:
    """The published site's front page. Raises NothingPublished."""
    page = settings.published_dir / FOLDER / "index.html"
    if not page.is_file():
        raise NothingPublished(f"{page} is not there: no release has a site yet. clawback refresh makes one")
    return page


def server(settings: Settings, port: int) -> ThreadingHTTPServer:
    """A server of the published release on loopback; port 0: any free one. It follows `published` to later releases."""
    page_of(settings)
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Files, directory=str(settings.published_dir)))


def serve(settings: Settings, *, port: int, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve until interrupted. Raises NothingPublished, OSError where the port is taken."""
    with server(settings, port) as running:
        address = f"http://127.0.0.1:{running.server_port}/{FOLDER}/index.html"
        say(f"{address}   (Ctrl-C ends it; or open {page_of(settings)})")
        if open_browser:
            webbrowser.open(address)
        running.serve_forever()
