"""Storing a capture's records as they arrive, then as Parquet once all their fields are known.

What belongs here: the temporary file and records.parquet. What does not: CSV in bulk (csv_parts), what a record may
contain (bounds).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.base import Record

_ROWS_A_BATCH = 20_000
# Of long values, or of very many columns, fewer are in memory at a time.
_BYTES_A_BATCH, _BYTES_A_CELL = 64 << 20, 8


class RecordSpool:
    """Records until `to_parquet`: a batch in memory, those before it on disk, so that memory does not grow."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "records.spool"
        self._stream: BinaryIO | None = None
        self._batch: list[tuple[str, Record]] = []
        # of the batch in memory: its lines, one a record, and their bytes
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, payload_id: str, record: Record, line: bytes) -> None:
        """Append one record. line: the record as JSON, without a line end. Raises OSError."""
        # an empty cell takes its place too
        size = len(line) + len(record) * _BYTES_A_CELL
        if len(self._batch) == _ROWS_A_BATCH or self._size + size > _BYTES_A_BATCH:
            self._put_by()
        self._batch.append((payload_id, record))
        self._lines.append(line)
        self._size += size

    def _put_by(self) -> None:
        """Move the batch to the disk. Nothing is synced: the file is deleted once it is read back."""
        if self._stream is None:
            self._stream = self._path.open("wb")
        for (payload_id, _), line in zip(self._batch, self._lines, strict=True):
            self._stream.write(payload_id.encode() + b"\t" + line + b"\n")
        self._batch, self._lines, self._size = [], [], 0

    def finish(self) -> None:
        """No more records come. Raises OSError."""
        if self._stream is not None:
            self._stream.close()

    def discard(self) -> None:
        """Close the file, even if the disk refuses what was still to be written."""
        with suppress(OSError):
            self.finish()

    def delete(self) -> None:
        self._path.unlink(missing_ok=True)

    def to_parquet(self, target: Path, capture_id: str, names: list[str]) -> None:
        """Write the records to a Parquet file and delete the spool. All fields are text, in the order of `names`."""
        types = [pa.field(name, pa.string()) for name in names]
        schema = pa.schema(
            [pa.field("_capture_id", pa.string()), pa.field("_payload_id", pa.string()),
             pa.field("_record_no", pa.int64()), *types]
        )  # fmt: skip
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            number = 0
            for batch in self._batches(len(names)):
                number = _write_batch(writer, schema, names, capture_id, batch, number)
        self.delete()
        sync(target)

    def _batches(self, columns: int) -> Iterator[list[tuple[str, Record]]]:
        """All records in their order, as many at a time as memory takes in a table of so many columns."""
        batch: list[tuple[str, Record]] = []
        size = 0
        for payload_id, record, line_size in self._all():
            batch.append((payload_id, record))
            size += line_size + columns * _BYTES_A_CELL
            if len(batch) == _ROWS_A_BATCH or size > _BYTES_A_BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _all(self) -> Iterator[tuple[str, Record, int]]:
        """Each record with its payload and the bytes of its line."""
        if self._stream is not None:
            with self._path.open("rb") as lines:
                for line in lines:
                    of_payload, _, text = line.partition(b"\t")
                    yield of_payload.decode(), json.loads(text), len(line)
        for (payload_id, record), kept in zip(self._batch, self._lines, strict=True):
            yield payload_id, record, len(kept)


def sync(path: Path) -> None:
    """Have the disk write a file for good. Raises OSError."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _write_batch(
    writer: pq.ParquetWriter,
    schema: pa.Schema,
    names: list[str],
    capture_id: str,
    batch: list[tuple[str, Record]],
    number: int,
) -> int:
    columns = [
        pa.array([capture_id] * len(batch), pa.string()),
        pa.array([payload_id for payload_id, _ in batch], pa.string()),
        pa.array(range(number + 1, number + len(batch) + 1), pa.int64()),
        *(pa.array([record.get(name) for _, record in batch], pa.string()) for name in names),
    ]
    writer.write_batch(pa.record_batch(columns, schema=schema))
    return number + len(batch)
