"""Citing a row of a release, or a question's answer: the release, whose figures they are, when they were retrieved.

What belongs here: finding what is cited and its sources, from the release alone. What does not: how a citation is
written (release.citation), proving the bytes behind a row (trace).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestration.reading import documents, provenance, trace
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
    read = provenance.of(reader, asked.sql, asked.parameters_of(given).values())
    return _written(reader, answer(reader, asked, given).title, [source.cited for source in read.sources], format_)


def needs_key(reader: Reader, what: str) -> str | None:
    """What to give beside a table's name so that a row of it can be cited; None if there is no such table."""
    try:
        schema, name, columns = trace.columns_of(reader, what)
    except trace.CannotTrace:
        return None
    table = f"{schema}.{name}"
    return (
        f"{table} is a table, and a citation is of one row: give its key, `clawback cite {table} KEY` with a value of"
        f" {columns[0]}, or a column that names one row, `clawback cite {table} COLUMN=VALUE`."
        f' To find one: clawback sql "from {table} limit 5"'
    )


def _written(reader: Reader, what: str, sources: Sequence[citation.Source], format_: str) -> str:
    return FORMATS[format_](provenance.edition(reader, provenance.release(reader)), what, sources)


def _payload(reader: Reader, row: Mapping[str, Any]) -> list[citation.Source]:
    """The payload that a row was read from; none for a table that is computed or that people typed."""
    rows = reader.execute(
        "select c.publisher, s.title, p.url, s.homepage, p.retrieved_at, p.sha256, c.kind, c.note"
        " from meta.capture as c join meta.payload as p on p.capture_id = c.capture_id"
        " join core.dim_source as s on s.source_key = c.source_key where c.capture_id = ? and p.payload_id = ?",
        [row.get("_capture_id"), row.get("_payload_id")],
    ).fetchall()
    return [_source(documents.of_row(row), *each) for each in rows]


def _source(
    document: documents.Document | None, publisher: str, title: str, url: str, homepage: str | None, *rest: Any
) -> citation.Source:
    """A payload as it is cited. What was transcribed was read from a document: the row's own, else the publisher's."""
    retrieved_at, sha256, kind, note = rest
    if kind != citation.TRANSCRIBED:
        sent = url if url.startswith("http") else homepage
        return citation.Source(publisher, title, sent, retrieved_at, sha256, kind)
    if document is None:
        return citation.Source(publisher, title, documents.address_of(url, homepage), retrieved_at, sha256, kind, note)
    named = document.publisher or publisher
    return citation.Source(named, title, document.address, retrieved_at, sha256, kind, note, document.text)


def _of_table(reader: Reader, schema: str, name: str, row: Mapping[str, Any]) -> list[citation.Source]:
    datasets = provenance.datasets(reader, {((schema, name), column) for column in row}, list(row.values()))
    made = [source.cited for source in provenance.sources(reader, datasets)]
    document = documents.of_row(row)
    if document is None:
        return made
    named = citation.Source(document.publisher or "Cited by the row", "its source", document.address,
                            document=document.text)  # fmt: skip
    return [named, *made]
