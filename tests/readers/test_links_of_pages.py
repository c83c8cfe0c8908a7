"""What the pages of the repository point at is there: other pages, their headings, pictures, commands of make.

What belongs here: README.md, CONTRIBUTING.md and docs/ as text. What does not: the same pages in a release's site
(tests/site), commands of `clawback` (tests/nights/test_operating.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT

PAGES = [PROJECT_ROOT / "README.md", PROJECT_ROOT / "CONTRIBUTING.md", *sorted((PROJECT_ROOT / "docs").glob("*.md"))]


def _anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub and the site name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.is_file() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_says_at_its_head_what_it_is_about(page: Path) -> None:
    title, blank, first = page.read_text(encoding="utf-8").split("\n")[:3]
    assert title.startswith("# ")
    assert blank == ""
    # CONTRIBUTING.md begins with its first step
    assert re.match(r"[^#|`\s]|`[a-z]", first) or page.name == "CONTRIBUTING.md", first


def test_each_command_of_make_that_a_page_shows_is_one() -> None:
    there = set(re.findall(r"^([a-z0-9-]+):", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for one in re.findall(
            r"(?:^    |`|&& )make ((?:[A-Z]+=\S+ )*[a-z0-9-]+)", page.read_text(encoding="utf-8"), re.M
        )
        for target in [one.split()[-1]]
    }
    assert {"refresh", "test", "bench", "spark-setup"} <= shown
    assert shown - there == set()
