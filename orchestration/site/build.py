"""Writing the whole site of a release.

What belongs here: which parts the site has, and in which order they are written. What does not: the parts themselves
(front, places, dictionary, documents, ...), and when a release is made (release.publish).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import garbage
from orchestration.release import layout
from orchestration.release.history import Release, dump
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.site import completeness, dictionary, documents, front, places, releases, sources, subjects, trackers
from orchestration.site.pages import STATIC_FOLDER, VENDOR_FOLDER, Pages

FOLDER = "site"


def write(settings: Settings, folder: Path, release: Release) -> None:
    """Write `site/` into a release's folder, from its DuckDB files.

    Every figure is read from them. Raises what reading or writing raises: a release without its site is none.
    """
    site = folder / FOLDER
    site.mkdir()
    with (
        _dictionary_beside(settings, folder, release),
        layout.opened(folder / layout.WAREHOUSE_FILE) as connection,
    ):
        pages = Pages(site, release, connection)
        _copy_files(site)
        front.write(pages)
        places.write(pages)
        trackers.write(pages)
        subjects.write(pages)
        completeness.write(pages)
        sources.write(pages)
        releases.write(pages, settings)
        documents.write_methods(pages)


@contextmanager
def _dictionary_beside(settings: Settings, folder: Path, release: Release) -> Iterator[None]:
    """While the block runs, another process writes the dictionary, which takes as long as all the rest.

    Raises RuntimeError with what the other process said if it could not.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT_ROOT,
        env={**os.environ, "CLAWBACK_HOME": str(settings.root)},
        text=True,
    )
    said = ""
    try:
        assert process.stdin is not None
        process.stdin.write(dump(release))
        process.stdin.close()
        process.stdin = None  # what is closed is not flushed again
        yield
        _, said = process.communicate()
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise RuntimeError(f"the dictionary of the site could not be written: {said.strip()}")


def main() -> None:
    """The dictionary of the release that is on standard input, into the folder that is the one argument."""
    garbage.search_seldom()
    folder, release = Path(sys.argv[1]), Release.model_validate_json(sys.stdin.read())
    with layout.opened(folder / layout.WAREHOUSE_FILE) as connection:
        dictionary.write(Pages(folder / FOLDER, release, connection), Settings())


def _copy_files(site: Path) -> None:
    """The style sheet, the scripts and the libraries, each once."""
    for name in ("site.css", "site.js", "search.js", "place.js", "calendar.js", "trackers.js"):
        shutil.copyfile(STATIC_FOLDER / name, site / name)
    for name in ("vega.js", "list.js", "minisearch.js"):
        shutil.copyfile(VENDOR_FOLDER / name, site / name)


if __name__ == "__main__":
    main()
