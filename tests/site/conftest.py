"""What the tests of the site share: the published release's site, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.reading import reader
from orchestration.settings import Settings
from tests.site import browser


@pytest.fixture(scope="module")
def site(published: tuple[Settings, dict[str, object]]) -> Path:
    """The site of the recorded edition, as the refresh published it."""
    return published[0].published_dir.resolve() / "site"


@pytest.fixture(scope="module")
def warehouse(published: tuple[Settings, dict[str, object]]) -> Iterator[reader.Reader]:
    """The warehouse that the site is of, to read."""
    with reader.connect(published[0]) as connection:
        yield connection


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Tab]:
    """A tab of chromium; the tests that ask for it are marked `browser`."""
    with browser.tab(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
