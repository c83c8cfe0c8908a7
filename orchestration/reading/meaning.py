"""What an answer means, as it leaves with its file: what was asked, caveats, columns, release, sources, cite line.

What belongs here: the description that a file carries, a resource of the Data Package standard with what it has no word
for beside (question, parameters, caveats, release, cite). What does not: finding out what a statement reads
(provenance), writing it (writing, workbook).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import duckdb

from orchestration.reading import empty, provenance, usage
from orchestration.reading.questions import Answer, Question, ResultColumn
from orchestration.reading.reader import Connection, Reader, Rows
from orchestration.release import citation

_MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NULL = re.compile(r"(?:Null |Never null).*", re.DOTALL)


@dataclass(frozen=True)
class Meaning:
    """What a reader of the file must know.

    title: the question as it was answered; sql: the statement; fields: each column as Table Schema describes it.
    """

    title: str
    sql: str
    fields: Sequence[Mapping[str, Any]]
    sources: Sequence[provenance.Source]
    cited: citation.Edition
    release: Mapping[str, Any]
    question: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    caveats: Sequence[str] = ()
    notes: Sequence[str] = ()
    why_empty: str | None = None

    @property
    def cite(self) -> str:
        """The line to cite the answer by."""
        return citation.text(self.cited, self.title, [source.cited for source in self.sources])


def of_question(reader: Reader, asked: Question, given: Mapping[str, str], found: Answer) -> Meaning:
    """What an answer to a named question means."""
    parameters = asked.parameters_of(given)
    made = _of(reader, asked.sql, found.relation, found.title, asked.columns, parameters.values())
    said = {
        "question": asked.name,
        "parameters": parameters,
        "caveats": asked.caveats,
        "notes": found.notes,
        "why_empty": found.why_empty,
    }
    return Meaning(**{**vars(made), **said})


def of_sql(reader: Connection, sql: str, rows: Rows | duckdb.DuckDBPyRelation) -> Meaning:
    """What the rows of a statement mean."""
    title = " ".join(sql.split())
    why_empty = None if rows.limit(1).fetchall() else empty.of_tables(reader, provenance.tables(reader, sql))
    made = _of(reader, sql, rows, title if len(title) <= 200 else f"{title[:200]}...")
    shown = {field["name"] for field in made.fields}
    caveats = [
        *usage.of_datasets(reader, [source.dataset for source in made.sources]),
        *usage.of_tables(reader, provenance.tables(reader, sql), shown),
    ]
    return Meaning(**{**vars(made), "why_empty": why_empty, "caveats": caveats})


def _of(
    reader: Connection,
    sql: str,
    rows: Any,
    title: str,
    declared: Mapping[str, ResultColumn] = MappingProxyType({}),
    values: Collection[str] = (),
) -> Meaning:
    """declared: what a named question says of columns that it computes or renames; values: of its parameters."""
    read = provenance.of(reader, sql, values)
    release = provenance.release(reader)
    fields = []
    for name, kind in zip(rows.columns, rows.types, strict=True):
        column = read.columns.get(name.lower())
        if said := declared.get(name):
            column = provenance.Column(said.meaning, said.unit, column.computed_from if column else ())
        fields.append(_field(name, str(kind), column))
    return Meaning(title, sql, fields, read.sources, provenance.edition(reader, release), release)


def _field(name: str, kind: str, column: provenance.Column | None) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "type": table_schema_type(kind)}
    if column is None:
        return made
    if column.description:
        made["description"] = column.description
        if null := _NULL.search(column.description):
            made["null"] = null[0].strip()
    if column.unit:
        made["unit"] = column.unit
    if column.computed_from:
        made["computed_from"] = list(column.computed_from)
    return made


def table_schema_type(kind: str) -> str:
    """The type of Table Schema for one of DuckDB's."""
    kind = kind.upper()
    if kind.endswith("]"):
        return "array"
    return _TYPES.get(kind.partition("(")[0], "any")


_TYPES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                     "UBIGINT", "UHUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "number"),
    "VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime", "TIME": "time",
    "STRUCT": "object", "MAP": "object",
}  # fmt: skip


def descriptor(meaning: Meaning, file: str, format_: str, **known: Any) -> dict[str, Any]:
    """The description of a file with the answer. known: of the file itself (bytes, hash), where it can be told."""
    beside = {
        "question": meaning.question,
        "parameters": dict(meaning.parameters) if meaning.question else None,
        "caveats": list(meaning.caveats),
        "notes": list(meaning.notes),
        "why_empty": meaning.why_empty,
        "cite": meaning.cite,
        "release": dict(meaning.release),
        "sql": meaning.sql,
    }
    is_csv = format_ == "csv"
    return {
        "profile": "tabular-data-resource" if is_csv else "data-resource",
        "name": re.sub(r"[^a-z0-9._-]+", "-", file.lower()).strip("-") or "answer",
        "title": meaning.title,
        "path": file,
        "format": format_,
        "mediatype": _MEDIA[format_],
        **({"encoding": "utf-8"} if format_ in ("csv", "json") else {}),
        **known,
        **({"dialect": {"delimiter": ",", "doubleQuote": True, "lineTerminator": "\n"}} if is_csv else {}),
        **{name: value for name, value in beside.items() if value},
        "schema": {"fields": [dict(each) for each in meaning.fields], "missingValues": [""]},
        **provenance.described(meaning.sources),
    }
