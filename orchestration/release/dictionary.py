"""The column dictionary: what each column means, its unit, over what it may be summed, what null means.

What belongs here: reading dbt_project/columns.toml and turning an entry into a sentence. What does not: which column
uses which entry (the .yml beside each model refers to it by dbt's doc()), checking the file
(tools/column_dictionary.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache

from orchestration.settings import DBT_PROJECT_DIR

FILE = DBT_PROJECT_DIR / "columns.toml"
Entry = dict[str, str]
# An entry's name with one of these says something else of null.
_ENDINGS = {
    "__never_null": "Never null.",
    "__none_in_record": "Null if the record has none.",
    "__any": "",
}
_AS_IT_CAME = "__as_it_came"


@lru_cache(maxsize=1)
def read() -> dict[str, Entry]:
    """Entries by name, as the file has them."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def base(name: str, entries: dict[str, Entry]) -> str:
    """The name of the entry behind a doc block's name. Raises KeyError if there is none."""
    found = name.removesuffix(_AS_IT_CAME)
    if found in entries:
        return found
    for ending in _ENDINGS:
        if found.endswith(ending) and found.removesuffix(ending) in entries:
            return found.removesuffix(ending)
    raise KeyError(name)


def entry(name: str, entries: dict[str, Entry]) -> Entry:
    """What a doc block's name stands for: means, unit, additive, null. Raises KeyError if there is none."""
    named = base(name, entries)
    own = entries[named]
    whole = {**entries[own["like"]], **own} if "like" in own else dict(own)
    ending = name.removesuffix(_AS_IT_CAME).removeprefix(named)
    if ending:
        whole["null"] = _ENDINGS[ending]
    return whole


def of_blocks(blocks: Sequence[str]) -> Entry:
    """The entry of the doc block that a column's description is made of, as dbt's manifest names it; {} where none."""
    entries = read()
    names = [block.rpartition(".")[2] for block in blocks]
    return next((entry(name, entries) for name in names), {})


def text(name: str, entries: dict[str, Entry]) -> str:
    """A doc block's text: what the column means, its unit, over what it may be added, what null means."""
    found = entry(name, entries)
    unit = "; ".join(found[part] for part in ("unit", "additive") if part in found)
    sentences = [
        found["means"],
        f"Unit: {unit}." if unit and found.get("unit") != "label" else "",
        "Text as it came." if name.endswith(_AS_IT_CAME) else "",
        found.get("null", ""),
    ]
    return " ".join(sentence for sentence in sentences if sentence)
