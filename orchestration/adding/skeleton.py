"""Skeletons for a new city, tracker, source or council: files that pass lint, with a TODO for what only a person knows.

What belongs here: what `clawback new` writes. What does not: the files that are generated from these (rendered).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
_FORMS: dict[str, tuple[str, str]] = {
    "city": (r"(?P<city>[a-z]+(_[a-z]+)*)-(?P<id>[a-z0-9]{4}-[a-z0-9]{4})", "<city>-<id of the set>: dallas-qv6i-rri7"),
    "tracker": (r"(?P<source>[a-z][a-z0-9]*)/(?P<name>[a-z][a-z0-9_]*)", "<publisher>/<list>: watchers/sanctuary_list"),
    "source": (r"(?P<source>[a-z][a-z0-9]*)/(?P<name>[a-z][a-z0-9_]*)", "<publisher>/<dataset>: marshals/warrants"),
    "council": (r"(?P<client>[a-z0-9-]+)", "the client's name at webapi.legistar.com: pittsburgh"),
}


class CannotAdd(ValueError):
    """A name of the wrong form, or one that is taken."""


@dataclass(frozen=True)
class Skeleton:
    """What was written: new files, and lines added to a file that was there. All paths are under the project's root."""

    created: tuple[Path, ...] = ()
    extended: tuple[Path, ...] = ()


def create(kind: str, name: str, root: Path) -> Skeleton:
    """Write the skeleton of one more. root: the folder with pyproject.toml.

    Raises CannotAdd if there is no such kind, or if the name has the wrong form or is taken: then nothing is written.
    """
    if kind not in _FORMS:
        raise CannotAdd(f"{kind!r} is none of {', '.join(_FORMS)}")
    pattern, form = _FORMS[kind]
    if not (parts := re.fullmatch(pattern, name)):
        raise CannotAdd(f"{name!r} is no name of a {kind}: {form}")
    return _MAKERS[kind](root, parts.groupdict())


def _write(root: Path, files: dict[str, str]) -> Skeleton:
    if taken := [path for path in files if (root / path).exists()]:
        raise CannotAdd(f"{taken[0]} is there already")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return Skeleton(created=tuple(Path(path) for path in files))


def _append(root: Path, path: str, line: str, taken: str) -> Skeleton:
    text = (root / path).read_text(encoding="utf-8")
    if any(row.startswith(taken) for row in text.splitlines()):
        raise CannotAdd(f"{path} has a line that begins with {taken!r} already")
    (root / path).write_text(f"{text.rstrip()}\n{line}\n", encoding="utf-8")
    return Skeleton(extended=(Path(path),))


def _council(root: Path, parts: dict[str, str]) -> Skeleton:
    client = parts["client"]
    line = f"{client},legistar,TODO: name and state of the jurisdiction,0000000,keyless,TODO: who says that it answers"
    return _append(root, "dbt_project/seeds/council_clients.csv", line, f"{client},")


def _city(root: Path, parts: dict[str, str]) -> Skeleton:
    title = parts["city"].replace("_", " ").title()
    path = f"orchestration/declared/cities/{parts['city']}-{parts['id']}.toml"
    made = _write(root, {path: _fill("city.toml", {**parts, "title": title})})
    codes, series = "dbt_project/seeds/incident_offense_codes.csv", f"{title} incidents"
    text = (root / codes).read_text(encoding="utf-8")
    if any(row.startswith(f"{series},") for row in text.splitlines()):
        # another set of the city has brought them
        return made
    line = f"{series},,,all_reports,false,Every record that the agency publishes,{series}: every row"
    return Skeleton(made.created, _append(root, codes, line, f"{series},").extended)


def _source(root: Path, parts: dict[str, str]) -> Skeleton:
    words, staging = _words(parts), f"dbt_project/models/staging/{parts['source']}"
    fact = f"dbt_project/models/marts/core/{words['fact']}"
    return _write(root, {
        f"orchestration/sources/{parts['source']}.py": _fill("source.py.txt", words),
        f"{staging}/_{parts['source']}.yml": _fill("source.yml", words),
        f"{staging}/base_{words['raw']}.sql": _fill("source_base.sql", words),
        f"{fact}.sql": _fill("fact.sql", words),
        f"{fact}.yml": _fill("fact.yml", words),
    })  # fmt: skip


def _tracker(root: Path, parts: dict[str, str]) -> Skeleton:
    words, staging = _words(parts), f"dbt_project/models/staging/{parts['source']}"
    return _write(root, {
        f"orchestration/sources/{parts['source']}.py": _fill("tracker.py.txt", words),
        f"{staging}/_{parts['source']}.yml": _fill("tracker.yml", words),
        f"{staging}/base_{words['raw']}.sql": _fill("tracker_base.sql", words),
        f"{staging}/stg_{words['raw']}.sql": _fill("tracker_staging.sql", words),
    })  # fmt: skip


def _words(parts: dict[str, str]) -> dict[str, str]:
    raw = f"{parts['source']}__{parts['name']}"
    cls = "".join(word.title() for word in parts["name"].split("_"))
    return {**parts, "raw": raw, "cls": cls, "fact": f"fct_{parts['source']}_{parts['name']}"}


def _fill(template: str, words: dict[str, str]) -> str:
    """A template with its <<words>>: braces are SQL's and Jinja's."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return re.sub(r"<<(\w+)>>", lambda found: words[found[1]], text)


_MAKERS: dict[str, Callable[[Path, dict[str, str]], Skeleton]] = {
    "city": _city, "tracker": _tracker, "source": _source, "council": _council,
}  # fmt: skip
