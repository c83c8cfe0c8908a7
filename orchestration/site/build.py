"""Writing the whole site of a release.

What belongs here: which parts the site has, and in which order they are written. What does not: the parts themselves
(front, places, dictionary, documents, ...), and when a release is made (release.publish).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from orchestration.release.history import Release
from orchestration.settings import Settings
from orchestration.site import completeness, dictionary, documents, front, places, releases, sources, subjects, trackers
from orchestration.site.pages import STATIC_FOLDER, VENDOR_FOLDER, Pages

FOLDER = "site"


def write(settings: Settings, folder: Path, release: Release) -> None:
    """Write `site/` into a release's folder, from the warehouse file in it.

    Every figure is read from that file. Raises what reading or writing raises: a release without its site is none.
    """
    site = folder / FOLDER
    site.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        pages = Pages(site, release, connection)
        _copy_files(site)
        front.write(pages)
        places.write(pages)
        trackers.write(pages)
        subjects.write(pages)
        completeness.write(pages)
        dictionary.write(pages, settings)
        sources.write(pages)
        releases.write(pages, settings)
        documents.write_methods(pages)


def _copy_files(site: Path) -> None:
    """The style sheet, the scripts and the libraries, each once."""
    for name in ("site.css", "site.js", "search.js", "place.js", "calendar.js", "trackers.js"):
        shutil.copyfile(STATIC_FOLDER / name, site / name)
    for name in ("vega.js", "list.js", "minisearch.js"):
        shutil.copyfile(VENDOR_FOLDER / name, site / name)
