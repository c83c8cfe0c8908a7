"""Storing a capture's records: on disk as they arrive, then as Parquet once all their fields are known.

What belongs here: the temporary file and records.parquet. What does not: CSV in bulk (csv_parts), what a record may
contain (bounds).
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.base import Record

_ROWS_A_BATCH = 20_000
# Of long values, or of very many columns, fewer are in memory at a time.
_BYTES_A_BATCH, _BYTES_A_CELL = 64 << 20, 8


class RecordSpool:
    """Records on disk, one JSON line each, until `to_parquet`; memory does not grow with their number."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "records.spool"
        self._stream = self._path.open("wb")

    def add(self, payload_id: str, line: bytes) -> None:
        """Append one record. line: the record as JSON, without a line end."""
        self._stream.write(payload_id.encode() + b"\t" + line + b"\n")

    def finish(self) -> None:
        """No more records come. Nothing is synced: the spool is deleted once it is read back."""
        self._stream.close()

    def discard(self) -> None:
        """Close the file, even if the disk refuses what was still to be written."""
        with suppress(OSError):
            self._stream.close()

    def delete(self) -> None:
        self._path.unlink()

    def to_parquet(self, target: Path, capture_id: str, names: list[str]) -> None:
        """Write the records to a Parquet file and delete the spool. All fields are text, in the order of `names`."""
        types = [pa.field(name, pa.string()) for name in names]
        schema = pa.schema(
            [pa.field("_capture_id", pa.string()), pa.field("_payload_id", pa.string()),
             pa.field("_record_no", pa.int64()), *types]
        )  # fmt: skip
        with self._path.open("rb") as lines, pq.ParquetWriter(target, schema, compression="zstd") as writer:
            batch: list[tuple[str, Record]] = []
            number = size = 0
            for line in lines:
                payload_id, _, text = line.partition(b"\t")
                batch.append((payload_id.decode(), json.loads(text)))
                # an empty cell takes its place too
                size += len(line) + len(names) * _BYTES_A_CELL
                if len(batch) == _ROWS_A_BATCH or size > _BYTES_A_BATCH:
                    number = _write_batch(writer, schema, names, capture_id, batch, number)
                    batch, size = [], 0
            if batch:
                _write_batch(writer, schema, names, capture_id, batch, number)
        self.delete()
        sync(target)


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
