"""Sentences about rows that changed, as changes.toml words them.

What belongs here: reading changes.toml, filling its sentences with a row's values, names for the keys in it. What does
not: which rows changed (changes).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from orchestration.release import keys as table_keys
from orchestration.release.keys import Key, Relation

FILE = Path(__file__).with_name("changes.toml")
_FIELD = re.compile(r"\{(\w+)\}")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL")
_UNKNOWN = "unknown"
# How many characters of a day are known.
_PRECISIONS = {"year": 4, "month": 7}


class Table(BaseModel):
    """A table whose changes are told; the head of changes.toml says what each field is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    place: str | None = None
    new: str | None = None
    gone: str | None = None
    only: str | None = None
    changed: dict[str, str] = {}
    came: dict[str, str] = {}
    went: dict[str, str] = {}
    precision: dict[str, str] = {}

    @property
    def relation(self) -> Relation:
        schema, _, table = self.name.partition(".")
        return schema, table

    @property
    def sentences(self) -> list[str]:
        """Every sentence that the table has."""
        told = (self.new, self.gone, *self.changed.values(), *self.came.values(), *self.went.values())
        return [one for one in told if one]

    def of_change(self, column: str, before: Any, after: Any) -> str:
        """The sentence about a column whose value changed, came to be known, or is known no longer."""
        one = self.came.get(column) if before is None else self.went.get(column) if after is None else None
        return one or self.changed[column]


@cache
def declared() -> tuple[dict[str, str], dict[Relation, Table]]:
    """The labels by table, and the tables in the order of changes.toml."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    tables = [Table.model_validate(each) for each in content["table"]]
    return content["labels"], {table.relation: table for table in tables}


class Sql:
    """What of a table's rows of one kind is asked for."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.table, self.columns = table, columns

    def any_differs(self, differs: Callable[[str], str]) -> str:
        return " or ".join(differs(column) for column in self.columns) or "false"

    def largest(self, kind: str, types: Mapping[str, Sequence[str]]) -> str | None:
        """What puts the largest change first; none where no number is told."""
        numbers = [name for name in self.table.changed if name in types and types[name][1].startswith(_NUMBERS)]
        if not numbers:
            return None
        first = numbers[0]
        value = {"new": f'n."{first}"', "gone": f'o."{first}"'}.get(kind, f'n."{first}" - o."{first}"')
        return f"abs({value}) desc nulls last"


class Teller:
    """Words for the rows of two attached databases."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, older: str, newer: str, keys: Sequence[Key]) -> None:
        self._connection, self._databases = connection, (newer, older)
        self._labels, self._tables = declared()
        self._foreign = table_keys.foreign(keys)
        self._units = self._read_units()
        self._geoids: dict[str, str | None] = {}

    def place_of(self, table: Relation) -> int:
        """A table's place in changes.toml; after all others if it is not there."""
        names = list(self._tables)
        return names.index(table) if table in self._tables else len(names)

    def sql(self, relation: Relation, kind: str, compared: Sequence[str]) -> Sql | None:
        """What to ask for; None where such rows are only counted."""
        table = self._tables.get(relation)
        if table is None:
            return None
        if kind == "changed":
            columns = [name for name in table.changed if name in compared]
            return Sql(table, columns) if columns else None
        return Sql(table, ()) if getattr(table, kind) else None

    def labels(self, relation: Relation, rows: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[Any, str]:
        """The names of what the rows' foreign keys point at: (column, key) -> label."""
        found: dict[Any, str] = {}
        for key in self._foreign.get(relation, ()):
            label = self._labels.get(".".join(key.to or ()))
            (column,), (target,) = key.columns, key.to_columns
            wanted = {row[column] for pair in rows for row in pair if row.get(column) is not None}
            if not label or not wanted or not key.to:
                continue
            for database in self._databases:
                found |= self._ask(f'{database}."{key.to[0]}"."{key.to[1]}"', target, label, column, wanted)
        return found

    def _ask(self, table: str, target: str, label: str, column: str, wanted: set[Any]) -> dict[Any, str]:
        try:
            rows = self._connection.execute(
                f'select "{target}", {label} from {table} where list_contains(?, "{target}")', [list(wanted)]
            ).fetchall()
        except (duckdb.BinderException, duckdb.CatalogException):
            # a release of another version may have no such column
            return {}
        return {(column, value): name for value, name in rows if name}

    def where(self, relation: Relation, row: Mapping[str, Any]) -> dict[str, str | None]:
        """The unit that a row belongs to."""
        place = self._tables[relation].place
        key = row.get(place) if place else None
        if key is None or key == "-1":
            return {}
        if key not in self._geoids:
            found: list[tuple[str | None]] = []
            for database in self._databases:
                found = (
                    found
                    or self._connection.execute(
                        f"select geoid from {database}.core.dim_jurisdiction where jurisdiction_key = ?", [key]
                    ).fetchall()
                )
            self._geoids[key] = found[0][0] if found else None
        return {"jurisdiction_key": key, "geoid": self._geoids[key]}

    def is_place(self, relation: Relation, column: str) -> bool:
        """Whether a column says which unit a row belongs to."""
        return self._tables[relation].place == column

    def sentence(self, relation: Relation, kind: str, row: Mapping[str, Any], labels: Mapping[Any, str]) -> str:
        """A row that is new or gone, in a sentence."""
        return self._filled(relation, getattr(self._tables[relation], kind), row, labels, {})

    def change(
        self,
        relation: Relation,
        column: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        labels: Mapping[Any, str],
    ) -> str:
        """A column that changed, in a sentence."""
        old, new = before.get(column), after.get(column)
        extra = {
            "before": self._word(relation, column, old, labels, self._precision(relation, column, before)),
            "after": self._word(relation, column, new, labels, self._precision(relation, column, after)),
            "difference": self._gained(relation, column, difference(old, new)),
        }
        if extra["before"] == extra["after"] and difference(old, new):
            # what differs is behind the digits that people read
            extra |= {"before": f"{old:,}", "after": f"{new:,}"}
        sentence = self._tables[relation].of_change(column, old, new)
        return self._filled(relation, sentence, after, labels, extra)

    def _gained(self, relation: Relation, column: str, gained: float | None) -> str:
        if gained is None:
            return _UNKNOWN
        amount = self._word(relation, column, Decimal(str(abs(gained))), {})
        return f"{amount} {'more' if gained > 0 else 'less'}"

    def _filled(
        self, relation: Relation, sentence: str, row: Mapping[str, Any], labels: Mapping[Any, str],
        extra: Mapping[str, str],
    ) -> str:  # fmt: skip
        def word(match: re.Match[str]) -> str:
            name = match[1]
            if name in extra:
                return extra[name]
            return self._word(relation, name, row.get(name), labels, self._precision(relation, name, row))

        # a part of a name that is missing leaves no hole
        text = _FIELD.sub(word, sentence)
        for hole, filled in ((f", {_UNKNOWN}", ""), (f" {_UNKNOWN},", ","), (f" ({_UNKNOWN})", "")):
            text = text.replace(hole, filled)
        return " ".join(text.split())

    def _precision(self, relation: Relation, column: str, row: Mapping[str, Any]) -> str:
        said = self._tables[relation].precision.get(column, "day")
        return str(row.get(said, said))

    def _word(
        self, relation: Relation, column: str, value: Any, labels: Mapping[Any, str], precision: str = "day"
    ) -> str:
        """A value in words: labels for keys, dollars for money, thousands parted, a day as precise as it is known."""
        if (column, value) in labels:
            return labels[column, value]
        if value is None or (column.endswith("_key") and value == "-1"):
            return _UNKNOWN
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float | Decimal):
            return _number(value, self._units.get((*relation, column)))
        if isinstance(value, datetime | date):
            return value.isoformat()[: _PRECISIONS.get(precision, 10)]
        return str(value).replace("_", " ") if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", str(value)) else str(value)

    def _read_units(self) -> dict[tuple[str, str, str], str]:
        """The unit of each number, as the dictionaries have it."""
        found: dict[tuple[str, str, str], str] = {}
        for database in reversed(self._databases):
            try:
                rows = self._connection.execute(
                    f"select table_schema, table_name, column_name, unit from {database}.meta.column_dictionary"
                    " where unit is not null"
                ).fetchall()
            except duckdb.CatalogException:
                continue
            found |= {(row[0], row[1], row[2]): row[3] for row in rows}
        return found


def _number(value: int | float | Decimal, unit: str | None) -> str:
    if unit == "label":
        return str(value)
    exact = f"{abs(value):,.2f}" if value != int(value) else f"{abs(int(value)):,}"
    return f"{'-' if value < 0 else ''}{'$' if unit == 'USD' else ''}{exact}"


def difference(before: Any, after: Any) -> float | None:
    """What a number gained; None if one of the two is no number."""
    if isinstance(before, bool) or isinstance(after, bool):
        return None
    if isinstance(before, int | float | Decimal) and isinstance(after, int | float | Decimal):
        return float(Decimal(str(after)) - Decimal(str(before)))
    return None


def as_text(value: Any) -> str | None:
    """A value as meta.change has it."""
    return None if value is None else value.isoformat() if isinstance(value, date | datetime) else str(value)
