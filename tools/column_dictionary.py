"""The column dictionary (dbt_project/columns.toml) as the doc blocks that every .yml refers to.

What belongs here: generating dbt_project/models/columns.md, and checking that no description is written twice: a .yml
written by hand refers to the dictionary, or describes what is described nowhere else. What does not: reading the
dictionary for a release (orchestration/release/dictionary.py).

    python -m tools.column_dictionary            writes columns.md
    python -m tools.column_dictionary --check    exits with 1 if anything is wrong, and names each place
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from orchestration.release import dictionary
from orchestration.release.own_tables import RELEASE_TABLES
from orchestration.settings import DBT_PROJECT_DIR

BLOCKS = DBT_PROJECT_DIR / "models" / "columns.md"
_REFERENCE = re.compile(r"\{\{ doc\('([a-z0-9_]+)'\) \}\}")
_FOLDERS = ("models", "seeds")
_PUBLISHED = ("models/marts", "seeds")
_NUMBERS = ("bigint", "int", "double", "decimal", "hugeint")


def columns() -> Iterator[tuple[Path, str, str, str, str]]:
    """Every described column of every model, seed and source: file, table, column, type, description."""
    for path in sorted(path for folder in _FOLDERS for path in (DBT_PROJECT_DIR / folder).glob("**/*.yml")):
        read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        of_sources = (table for source in read.get("sources", []) for table in source["tables"])
        for table in (*read.get("models", []), *read.get("seeds", []), *of_sources):
            types = table.get("config", {}).get("column_types", {})
            for column in table.get("columns", []):
                kind = column.get("data_type") or types.get(column["name"], "")
                yield path, table["name"], column["name"], kind, column.get("description", "")


def blocks(names: set[str]) -> str:
    """The doc blocks of these names."""
    entries = dictionary.read()
    head = "{# Made from dbt_project/columns.toml by tools/column_dictionary.py: change it there. #}\n"
    made = [f"{{% docs {name} %}}{dictionary.text(name, entries)}{{% enddocs %}}\n" for name in sorted(names)]
    return head + "".join(made)


def problems() -> list[str]:
    """Everything that is wrong, each with its place and how to fix it."""
    entries, found = dictionary.read(), []
    used: set[str] = set()
    named: set[str] = set()
    texts: dict[str, str] = {}
    for path, table, column, kind, description in columns():
        place = f"{path.relative_to(DBT_PROJECT_DIR.parent)}: {table}.{column}"
        reference = _REFERENCE.fullmatch(description)
        is_number = kind.startswith(_NUMBERS) and not column.endswith("_key")
        is_published = path.relative_to(DBT_PROJECT_DIR).as_posix().startswith(_PUBLISHED)
        if reference is None:
            if path.read_text(encoding="utf-8").startswith("# Generated"):
                # its text is that of the declaration it is made from
                continue
            if is_published and is_number:
                found.append(f"{place} is a number: write it into dbt_project/columns.toml, with unit and additive")
            if first := texts.get(description):
                found.append(f"{place} says what {first} says: write it once, into dbt_project/columns.toml")
            texts.setdefault(description, place)
            continue
        name = reference.group(1)
        try:
            entry = dictionary.entry(name, entries)
        except KeyError:
            found.append(f"{place}: dbt_project/columns.toml has no [{name}]")
            continue
        used.add(dictionary.base(name, entries))
        named.add(name)
        if is_published and is_number:
            wanting = [want for want in ("unit", "additive") if want not in entry]
            found += [f"{place} is a number: [{name}] needs {want}" for want in wanting]
    for table, (_, kinds) in RELEASE_TABLES.items():
        for column in kinds:
            if f"{table}__{column}" in entries:
                used.add(f"{table}__{column}")
            else:
                found.append(
                    f"own_tables.py: meta.{table}.{column} has no [{table}__{column}] in dbt_project/columns.toml"
                )
    for name in sorted(named):
        if first := texts.get(dictionary.text(name, entries)):
            found.append(f"{first} says what doc('{name}') says: use it")
    used |= {entries[name]["like"] for name in used if "like" in entries[name]}
    found += [f"dbt_project/columns.toml: nothing uses [{name}]: delete it" for name in sorted(set(entries) - used)]
    said: dict[tuple[str, ...], str] = {}
    for name, entry in entries.items():
        if "like" in entry:
            continue
        same = said.setdefault(tuple(entry.get(part, "") for part in ("means", "unit", "additive")), name)
        if same != name:
            found.append(f"dbt_project/columns.toml: [{name}] says what [{same}] says: use that one, or like it")
    return found


def main(args: list[str]) -> int:
    names = {m.group(1) for *_, description in columns() if (m := _REFERENCE.fullmatch(description))}
    if args == ["--check"]:
        found = problems()
        if not found and BLOCKS.read_text(encoding="utf-8") != blocks(names):
            found = [f"{BLOCKS.name} is not what the dictionary makes: python -m tools.column_dictionary"]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    BLOCKS.write_text(blocks(names), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
