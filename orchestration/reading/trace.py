"""Tracing a published row back to its bytes: capture, payload, address, time, digest, and the record as it came.

What belongs here: following the provenance columns into the landing folder, checking the payload's digest against the
WARC and the record against the payload. What does not: what the row means.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import duckdb

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture, PayloadEntry
from orchestration.reading import documents
from orchestration.reading.reader import Connection, NothingPublished, connect
from orchestration.release import citation, former, layout
from orchestration.settings import Settings

MOST_RECORDS = 20

# The payload's fields whose usual names would say that a transcription was requested and came.
_LABELS = {"url": "shaped as from", "retrieved_at": "dated"}


class CannotTrace(Exception):
    """The table, the row or its capture cannot be found; says which."""


@dataclass(frozen=True)
class Trace:
    """The way of one row."""

    table: str
    row: dict[str, Any]
    capture: dict[str, Any]
    payload: dict[str, Any]
    digest_verified: bool
    warc: str
    # Whether each of the records below was parsed again from the payload's bytes, and the same in every field.
    found_in_payload: bool
    # What was found, in words.
    proof: str
    # Whose bytes the payload is: the publisher's as sent, or the edition's own, made of a transcription.
    whose_bytes: str
    # The document that the row itself cites; null if it cites none.
    document: str | None
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_transcribed(self) -> bool:
        return bool(self.capture["kind"] == citation.TRANSCRIBED)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        def block(values: dict[str, Any]) -> list[str]:
            return [f"  {name}: {value}" for name, value in values.items() if value is not None]

        digest = "verified against the WARC" if self.digest_verified else "NOT the bytes in the WARC"
        labels = _LABELS if self.is_transcribed else {}
        capture, payload = (
            {labels.get(name, name): value for name, value in of.items()} for of in (self.capture, self.payload)
        )
        lines = [f"{self.table}", *block(self.row), "", "capture", *block(capture), "", "payload"]
        if self.document:
            lines.insert(-2, f"  document: {self.document}")
        lines += [f"  whose: {self.whose_bytes}", *block(payload)]
        lines += [f"  digest: {digest} ({self.warc})", f"  records: {self.proof}", ""]
        came = "record as the edition's file has it" if self.is_transcribed else "record as it came"
        many = came if len(self.records) == 1 else f"records of the payload (first {len(self.records)})"
        lines.append(many)
        for record in self.records:
            lines += [*block(record), ""]
        return "\n".join(lines).rstrip()


def trace(settings: Settings, table: str, key: str) -> Trace:
    """Follow one row of a published table to the record that it came from.

    table: ``core.fct_award`` or just its name. key: the value of the table's first column, or ``column=value``.
    Raises CannotTrace if table, row, provenance or capture are missing.
    """
    try:
        connection = connect(settings)
    except NothingPublished as nothing:
        raise CannotTrace(str(nothing)) from nothing
    with connection:
        schema, name, row = find_row(connection, table, key)
    if "_capture_id" not in row:
        raise CannotTrace(f"{schema}.{name} carries no provenance: trace the facts that it is made of (core.fct_...)")
    if row["_capture_id"] == "-":
        raise CannotTrace(f"the row comes from one of our own tables (dbt_project/seeds), not from a capture: {row}")
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    capture, entry = provenance(catalog, row)
    records = landed_records(catalog, capture, row)
    verified, found, proof = prove(catalog, capture, entry, records)
    shown = {
        "capture_id": capture.capture_id,
        "dataset": capture.dataset_id,
        "slice": capture.slice,
        "kind": capture.kind,
        "publisher": capture.publisher,
        "retrieved_at": capture.retrieved_at.isoformat(),
        "note": capture.note,
    }
    payload = entry.model_dump(mode="json", include={"payload_id", "url", "method", "retrieved_at", "sha256", "bytes"})
    bytes_in = catalog.folder(capture) / entry.archive if entry.archive else catalog.warc_path(capture)
    document = documents.of_row(row)
    whose = _whose(capture, entry, document)
    cited = document.text if document else None
    return Trace(f"{schema}.{name}", row, shown, payload, verified, str(bytes_in), found, proof, whose, cited, records)


def _whose(capture: Capture, entry: PayloadEntry, document: documents.Document | None) -> str:
    """Whose bytes a payload is, in words."""
    publisher = (document and document.publisher) or capture.publisher or "the publisher"
    if capture.kind == citation.TRANSCRIBED:
        where = document.text if document else documents.address_of(entry.url)
        printed = f"{publisher} published{f' ({where})' if where else ''}"
        return (
            f"transcribed: Clawback typed the figures from what {printed}. The bytes are this edition's own file made"
            " of the transcription, not bytes that the publisher sent"
        )
    if capture.kind == "imported":
        return f"imported: a file of {publisher} that somebody brought, byte for byte"
    return f"fetched: the bytes as {publisher} sent them"


def find_row(connection: Connection, table: str, key: str) -> tuple[str, str, dict[str, Any]]:
    """The row of a published table that a key names, with the table's schema and name. Raises CannotTrace."""
    schema, name, columns = columns_of(connection, table)
    return schema, name, _row(connection, schema, name, columns, key)


def columns_of(connection: Connection, table: str) -> tuple[str, str, list[str]]:
    """A published table's schema, name and columns. Raises CannotTrace."""
    schema, _, name = table.rpartition(".")
    found = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index)"
        f" from {layout.catalog('duckdb_columns')}"
        " where table_name = ? and case when ? = '' then schema_name <> ? else schema_name = ? end"
        " group by all",
        [name, schema, former.SCHEMA, schema],
    ).fetchall()
    if not found:
        raise CannotTrace(f"no published table {table!r}: clawback sql, then .tables")
    if len(found) > 1:
        raise CannotTrace(f"{table!r} is in {', '.join(f'{s}.{n}' for s, n, _ in found)}: name one with its schema")
    return found[0]


def _row(connection: Connection, schema: str, name: str, columns: list[str], key: str) -> dict[str, Any]:
    column, equals, value = key.partition("=")
    # a key may have an equals sign in it, and no column is called like the first part of one
    if equals and column not in columns and column.isidentifier():
        raise CannotTrace(f"{schema}.{name} has no column {column!r}; it has: {', '.join(columns)}")
    if not equals or column not in columns:
        column, value = columns[0], key
    rows = connection.execute(
        f'select * from "{schema}"."{name}" where cast("{column}" as varchar) = ? limit 2', [value]
    ).fetchall()
    if not rows:
        look = f'clawback sql "from {schema}.{name} limit 5"'
        raise CannotTrace(f"{schema}.{name} has no row with {column} = {value!r}. To see some: {look}")
    if len(rows) > 1:
        raise CannotTrace(f"{schema}.{name} has several rows with {column} = {value!r}: give {columns[0]}=...")
    return dict(zip(columns, rows[0], strict=True))


def provenance(catalog: Catalog, row: dict[str, Any]) -> tuple[Capture, Any]:
    """The capture that a row names and the payload of it; raises CannotTrace where they are not together."""
    candidates = [c for c in catalog.captures() if c.capture_id == row["_capture_id"]]
    if damaged := [one for one in catalog.damaged() if one.capture_id == row["_capture_id"]]:
        raise CannotTrace(f"the row's capture is damaged: {damaged[0].line()}")
    for capture in candidates:
        for entry in capture.payloads:
            if entry.payload_id == row["_payload_id"]:
                return capture, entry
    where = catalog.landing_dir
    if not os.access(where, os.R_OK | os.X_OK):
        raise CannotTrace(f"{where} cannot be read: no permission; change the folder's owner or its mode")
    raise CannotTrace(
        f"capture {row['_capture_id']} with payload {row['_payload_id']} is not in {where}:"
        " bring it back from a backup, or name the folder that has it in CLAWBACK_LANDING (docs/operating.md)"
    )


def prove(
    catalog: Catalog, capture: Capture, entry: PayloadEntry, records: list[dict[str, Any]]
) -> tuple[bool, bool, str]:
    """Whether the payload's digest is right, whether its bytes give these records, and what was found, in words."""
    # the readers of every form of file: other commands load this module for its errors alone
    from orchestration.landing import recut

    try:
        payload = recut.payload_of(catalog.folder(capture), entry)
    except recut.NotThere as gone:
        return False, False, f"NOT proved: {gone}"
    dataset = sources.DATASETS.get(capture.dataset_id)
    if dataset is None:
        return True, False, f"NOT proved: {capture.dataset_id} is no dataset of this version"
    first = recut.first_number(capture, entry)
    wanted = {int(record["_record_no"]) - first: record for record in records}
    found = 0
    try:
        for place, again in enumerate(islice(recut.records_of(dataset, payload), max(wanted, default=-1) + 1)):
            if place in wanted:
                if wrong := recut.differences(wanted[place], again):
                    return True, False, f"NOT what the payload says: {'; '.join(wrong[:3])}"
                found += 1
    except recut.NotThere as cannot:
        return True, False, f"NOT proved: {cannot}"
    if not wanted or found < len(wanted):
        return True, False, f"NOT in the payload: {found} of {len(wanted)} records were cut from its bytes again"
    asked = sorted(set(entry.context) & set().union(*(record.keys() for record in records)))
    by_request = f"; from the request, not from the response: {', '.join(asked)}" if asked else ""
    many = "the record was" if found == 1 else f"all {found} records were"
    return True, True, f"found in the payload's bytes: {many} cut from them again, the same in every field{by_request}"


def landed_records(catalog: Catalog, capture: Capture, row: dict[str, Any]) -> list[dict[str, Any]]:
    number = row.get("_record_no")
    where = "_record_no = ?" if number is not None else "_payload_id = ?"
    relation = duckdb.execute(
        f"select * from read_parquet(?, union_by_name = true) where {where} order by _record_no limit {MOST_RECORDS}",
        [[str(path) for path in catalog.records_paths(capture)], number if number is not None else row["_payload_id"]],
    )
    names = [column[0] for column in relation.description or []]
    return [
        json.loads(json.dumps(dict(zip(names, values, strict=True)), default=str)) for values in relation.fetchall()
    ]
