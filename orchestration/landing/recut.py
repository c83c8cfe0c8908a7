"""Parsing the records of a capture again from the payloads that it archived.

What belongs here: reading a payload back from the WARC or the archive, checking its digest, and parsing it with the
dataset's own parser, as when it was captured. What does not: what follows from a difference (reading.trace,
doctor.proof).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import xxhash

from orchestration.forms import Unreadable, archives
from orchestration.landing import csv_parts, integrity, warc
from orchestration.landing.form import WARC_FILE, Capture, PayloadEntry
from orchestration.sources.base import Dataset, Record
from orchestration.wire import FilePayload, Payload, SourceError


class NotThere(Exception):
    """The archived bytes are not those that capture.json names, or cannot be parsed; says which of the two."""


def payload_of(folder: Path, entry: PayloadEntry) -> Payload:
    """A payload as it was landed. Raises NotThere if its bytes are gone or have another digest."""
    facts = {
        "url": entry.url,
        "retrieved_at": entry.retrieved_at,
        "media_type": entry.media_type,
        "method": entry.method,
        "status": entry.status,
        "role": entry.role,
        "context": entry.context,
    }
    if entry.archive:
        path = folder / entry.archive
        try:
            digest = integrity.sha256_of(path)
        except OSError as error:
            raise NotThere(f"{path} cannot be read: {error.strerror}") from error
        if digest != entry.sha256:
            raise NotThere(f"{path} does not have the digest that was recorded")
        return FilePayload(b"", path=path, digest=digest, size=entry.bytes, is_ours=False, **facts)  # type: ignore[arg-type]
    body = warc.body_at(folder / WARC_FILE, entry.warc_offset)
    if body is None or hashlib.sha256(body).hexdigest() != entry.sha256:
        raise NotThere(f"{folder / WARC_FILE} does not hold the bytes that were recorded at {entry.warc_offset:,}")
    return Payload(body, **facts)  # type: ignore[arg-type]


def records_of(dataset: Dataset, payload: Payload) -> Iterator[Record]:
    """The records of a payload in their order. Raises NotThere if the current parser cannot parse it."""
    if payload.role != "records" or payload.context.get("fault"):
        return
    try:
        if dataset.tabular:
            for frame in frames_of(dataset, payload):
                yield from frame.iter_rows(named=True)
        else:
            yield from dataset.cut(payload)
    except (SourceError, Unreadable) as error:
        raise NotThere(str(error)) from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        # captures of format version 1 do not record the request
        raise NotThere(f"{payload.url} cannot be cut into records again ({type(error).__name__}: {error})") from error


def frames_of(dataset: Dataset, payload: Payload, digest: xxhash.xxh3_128 | None = None) -> Iterator[pl.DataFrame]:
    """The records of a tabular payload in blocks. digest: takes in the content as it did when it was captured."""
    if not isinstance(payload, FilePayload):
        if digest is not None:
            digest.update(payload.sha256.encode())
        yield from csv_parts.frames([payload.body], payload.url, dataset.field_name)
        return
    with payload.path.open("rb") as stream:
        is_zip = archives.is_zip(stream.read(4))
    if is_zip and dataset.joins_members:
        for frames, _ in dataset.joined(payload.path, payload.context):
            for number, frame in enumerate(frames):
                if digest is not None:
                    digest.update(csv_parts.as_csv(frame, with_header=number == 0))
                yield frame
        return
    texts = _members(dataset, payload) if is_zip else iter([(_pieces(payload.path), payload.url)])
    for chunks, name in texts:
        yield from csv_parts.frames(_hashed(chunks, digest), name, dataset.field_name)


def _members(dataset: Dataset, payload: FilePayload) -> Iterator[tuple[Iterator[bytes], str]]:
    for info in archives.members(payload.path):
        if info.filename.lower().endswith(".csv") and dataset.holds_records(info.filename):
            yield archives.inflate(payload.path, info), info.filename


def _hashed(chunks: Iterator[bytes], digest: xxhash.xxh3_128 | None) -> Iterator[bytes]:
    for chunk in chunks:
        if digest is not None:
            digest.update(chunk)
        yield chunk


def first_number(capture: Capture, entry: PayloadEntry) -> int:
    """The number, within the capture, of a payload's first record."""
    before = 0
    for other in capture.payloads:
        if other is entry or other.payload_id == entry.payload_id:
            break
        before += other.records
    return before + 1


def differences(landed: Record, again: Record) -> list[str]:
    """In which fields a landed record is not what its payload says; a field that is absent is as one that is null."""
    names = [name for name in dict.fromkeys([*landed, *again]) if not name.startswith("_")]
    return [
        f"{name} is {landed.get(name)!r} in the records and {again.get(name)!r} in the payload"
        for name in names
        if landed.get(name) != again.get(name)
    ]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            yield piece
