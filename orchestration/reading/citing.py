"""Citing a row of a release, or a question's answer: the release, whose figures they are, when they were retrieved.

What belongs here: finding what is cited and its sources, from the release alone. What does not: how a citation is
written (release.citation), proving the bytes behind a row (trace).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestration.reading import provenance, trace
from orchestration.reading.questions import answer, question
from orchestration.reading.reader import Reader
from orchestration.release import citation

Writer = Callable[[citation.Edition, str, Sequence[citation.Source]], str]
FORMATS: Mapping[str, Writer] = {
    "text": citation.text,
    "bibtex": citation.bibtex,
    "csl-json": citation.csl_json,
}


def of_row(reader: Reader, table: str, key: str, format_: str) -> str:
    """A row of a published table; raises trace.CannotTrace if there is none."""
    schema, name, row = trace.find_row(reader, table, key)
    column, equals, value = key.partition("=")
    if not equals or column not in row:
        column, value = next(iter(row)), key
    what = f"Row of {schema}.{name} with {column} = {value}"
    return _written(reader, what, _payload(reader, row) or _of_table(reader, schema, name, row), format_)


def of_question(reader: Reader, name: str, given: Mapping[str, str], format_: str) -> str:
    """A named question's answer; raises questions.UnknownQuestion."""
    asked = question(name)
    read = provenance.of(reader, asked.sql)
    return _written(reader, answer(reader, asked, given).title, [source.cited for source in read.sources], format_)


def _written(reader: Reader, what: str, sources: Sequence[citation.Source], format_: str) -> str:
    return FORMATS[format_](provenance.edition(reader, provenance.release(reader)), what, sources)


def _payload(reader: Reader, row: Mapping[str, Any]) -> list[citation.Source]:
    """The payload that a row was read from; none for a table that is computed or that people typed."""
    rows = reader.execute(
        "select c.publisher, s.title, coalesce(case when p.url like 'http%' then p.url end, s.homepage),"
        " p.retrieved_at, p.sha256 from meta.capture as c join meta.payload as p on p.capture_id = c.capture_id"
        " join core.dim_source as s on s.source_key = c.source_key where c.capture_id = ? and p.payload_id = ?",
        [row.get("_capture_id"), row.get("_payload_id")],
    ).fetchall()
    return [citation.Source(*each) for each in rows]


def _of_table(reader: Reader, schema: str, name: str, row: Mapping[str, Any]) -> list[citation.Source]:
    datasets = provenance.datasets(reader, {((schema, name), column) for column in row})
    return [source.cited for source in provenance.sources(reader, datasets)]
