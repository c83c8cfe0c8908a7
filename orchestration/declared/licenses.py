"""Under which terms a dataset may be passed on.

What belongs here: reading licenses.toml. What does not: the license of the software (LICENSE), and of packages
(tools/licences.toml).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("licenses.toml")


@dataclass(frozen=True)
class License:
    """The terms of some sources; the fields are described at the head of licenses.toml."""

    name: str
    title: str
    path: str | None = None

    def to_json(self) -> dict[str, str]:
        """As the Data Package standard writes it."""
        written = {"name": self.name, "path": self.path, "title": self.title}
        return {name: value for name, value in written.items() if value}


@cache
def by_source() -> dict[str, License]:
    """The terms of each source."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        source: License(table["name"], table["title"], table.get("path"))
        for table in tables.values()
        for source in table["sources"]
    }


def of_dataset(dataset: str) -> License:
    """The terms of a dataset, named source/name or source__name; our own tables (seeds/...) are ours."""
    source = dataset.replace("__", "/", 1).partition("/")[0]
    return by_source().get(source, by_source()["ledger"])


def every() -> list[License]:
    """Every license, in the file's order, each once."""
    return list(dict.fromkeys(by_source().values()))
