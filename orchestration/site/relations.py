"""How the published tables join: their keys, and a diagram of them for each domain.

What belongs here: reading keys from the contracts of the build (dbt's unique and relationships tests, which the gate
has run), and placing tables on a drawing. What does not: the drawing's look (templates/joins.html, site.css), what a
table means (dictionary).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.settings import Settings

# Facts and bridges are drawn by domain, in this order.
DOMAINS = {
    "awards": "Money: awards, transactions, what the nation obligated",
    "ordinances": "Ordinances and lists: who decided what, who lists whom",
    "crime": "Crime: months and years of agencies and places, the survey",
    "reference": "Across the domains: people, names and codes",
}


@dataclass(frozen=True)
class Join:
    """A column of a table whose value is the key of a row of another table."""

    table: str
    column: str
    other: str
    other_column: str


@dataclass(frozen=True)
class Relations:
    """keys: the sets of columns that identify a row of a table; domains: of the facts and bridges."""

    joins: tuple[Join, ...]
    keys: Mapping[str, list[tuple[str, ...]]]
    domains: Mapping[str, str]

    def of(self, table: str) -> list[Join]:
        return [join for join in self.joins if join.table == table]

    def to(self, table: str) -> list[Join]:
        return [join for join in self.joins if join.other == table]


def read(settings: Settings, domain_of_dataset: Mapping[str, str]) -> Relations:
    """The keys and joins that the build's contracts declare, and that its tests held. Raises OSError, ValueError."""
    manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"]
    joins: set[tuple[str, str, str, str]] = set()
    keys: dict[str, list[tuple[str, ...]]] = {}
    for node in nodes.values():
        test = node.get("test_metadata")
        if not test or not node.get("attached_node"):
            continue
        table, given = _name(nodes[node["attached_node"]]), test["kwargs"]
        if test["name"] == "relationships":
            others = [one for one in node["depends_on"]["nodes"] if one != node["attached_node"]]
            joins.add(
                (table, node["column_name"], _name(nodes[(others or [node["attached_node"]])[0]]), given["field"])
            )
        elif test["name"] == "unique_combination" and not node["config"].get("where"):
            keys.setdefault(table, []).append(tuple(given["columns"]))
        elif test["name"] == "unique" and not node["config"].get("where"):
            keys.setdefault(table, []).append((node["column_name"],))
    for found in keys.values():
        found.sort(key=lambda columns: (len(columns), not columns[0].endswith("_key"), columns))
    return Relations(tuple(Join(*one) for one in sorted(joins)), keys, _domains(manifest, domain_of_dataset))


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node['name']}"


def _domains(manifest: Mapping[str, Any], domain_of_dataset: Mapping[str, str]) -> dict[str, str]:
    """The domain of each fact and bridge of core: that of what it is made of, nearest first."""
    nodes, parents = manifest["nodes"], manifest["parent_map"]

    def own(unique_id: str, depth: int = 0) -> str:
        counted: Counter[str] = Counter()
        for parent in parents.get(unique_id, []):
            layer, _, rest = parent.rpartition(".")[2].partition("_")
            if layer == "int" and (part := rest.partition("__")[0]) in DOMAINS:
                counted[part] += 10
            elif layer in ("stg", "base") and rest in domain_of_dataset:
                counted[domain_of_dataset[rest]] += 1
        if not counted and depth < 3:
            for parent in parents.get(unique_id, []):
                if parent.rpartition(".")[2].startswith("fct_"):
                    counted[own(parent, depth + 1)] += 1
        return min(counted, key=lambda domain: (-counted[domain], domain)) if counted else "reference"

    return {
        _name(node): own(unique_id)
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model"
        and node["schema"] == "core"
        and node["name"].startswith(("fct_", "bridge_"))
    }


# Sizes of the drawing, in pixels.
_ROW, _GAP, _EDGE, _WIDE, _BETWEEN, _OTHER = 18, 14, 2, 250, 130, 210


@dataclass
class Box:
    """A table on the drawing. rows: its columns that join, for a table that is joined to its key."""

    table: str
    x: int
    width: int
    rows: list[str]
    y: int = 0

    @property
    def height(self) -> int:
        return _ROW * (len(self.rows) + 1) + 6


@dataclass
class Line:
    """From a column's row to the table that it joins to."""

    table: str
    path: str
    label: str


@dataclass
class Drawing:
    """The tables of one domain: those that join in the middle, those that they join to on both sides."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    width: int = 2 * (_EDGE + _OTHER + _BETWEEN) + _WIDE
    height: int = 0
    row: int = _ROW


def drawing(relations: Relations, domain: str) -> Drawing:
    """The diagram of a domain's facts and bridges."""
    inner = sorted(table for table, of_it in relations.domains.items() if of_it == domain)
    joins = [join for join in relations.joins if join.table in inner and join.other != join.table]
    made = Drawing()
    middle = {
        table: Box(table, _OTHER + _BETWEEN + _EDGE, _WIDE, [join.column for join in joins if join.table == table])
        for table in inner
    }
    made.height = _stack(list(middle.values()))
    # a table that is joined to stands at the height of those that join to it, on the side that has room
    wanted = {
        other: sum(_port(middle[join.table], join.column) for join in joins if join.other == other) / count
        for other, count in Counter(join.other for join in joins if join.other not in middle).items()
    }
    sides: tuple[list[Box], list[Box]] = ([], [])
    for number, other in enumerate(sorted(wanted, key=lambda one: (wanted[one], one))):
        side = number % 2
        key = next((join.other_column for join in joins if join.other == other), "")
        sides[side].append(Box(other, _EDGE + side * (_OTHER + 2 * _BETWEEN + _WIDE), _OTHER, [key]))
    for boxes in sides:
        made.height = max(made.height, _stack(boxes, wanted, made.height))
    places = {box.table: box for box in (*middle.values(), *sides[0], *sides[1])}
    for join in joins:
        made.lines.append(
            Line(join.table, _curve(middle[join.table], join.column, places[join.other]), str(join.column))
        )
    made.boxes = list(places.values())
    return made


def _stack(boxes: list[Box], wanted: Mapping[str, float] | None = None, height: int = 0) -> int:
    """Put boxes below each other, near where they are wanted; how high they stand."""
    y = 4
    left = sum(box.height + _GAP for box in boxes)
    for box in boxes:
        if wanted:
            y = max(y, min(int(wanted[box.table]) - box.height // 2, height - left))
        box.y = y
        y += box.height + _GAP
        left -= box.height + _GAP
    return y


def _port(box: Box, column: str) -> int:
    return box.y + _ROW * (box.rows.index(column) + 1) + _ROW // 2 + 3


def _curve(box: Box, column: str, other: Box) -> str:
    """From a column to a table at a side; a table of the middle itself is reached by a bow on the right."""
    y, to = _port(box, column), other.y + _ROW // 2 + 3
    if other.x == box.x:
        x = box.x + box.width
        return f"M{x} {y} C{x + 60} {y} {x + 60} {to} {x} {to}"
    start, end = (box.x, other.x + other.width) if other.x < box.x else (box.x + box.width, other.x)
    bend = (end - start) // 2
    return f"M{start} {y} C{start + bend} {y} {end - bend} {to} {end} {to}"
