"""Verifying a capture by its payloads: each has its digest, and parsing it again gives records equal in every field.

What belongs here: comparing the stored records with those that the current parsers extract. What does not: parsing
(recut), what follows from a difference (doctor.proof, assets).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import xxhash

from orchestration import sources
from orchestration.forms import Unreadable
from orchestration.landing import recut
from orchestration.landing.bounds import PROVENANCE
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture
from orchestration.sources.base import Dataset, Record

_ROWS_A_BATCH = 20_000


def unproved(catalog: Catalog, capture: Capture) -> str | None:
    """Why a capture's payloads do not prove it: one is gone or changed, or gives other records. None if they do."""
    dataset = sources.DATASETS.get(capture.dataset_id)
    if dataset is None:
        return f"{capture.dataset_id} is no dataset of this version"
    try:
        for entry in capture.payloads:
            recut.payload_of(catalog.folder(capture), entry)
        return None if capture.status == "rejected" else difference(catalog, dataset, capture)
    except recut.NotThere as gone:
        return str(gone)


def difference(catalog: Catalog, dataset: Dataset, capture: Capture) -> str | None:
    """In what a capture's records differ from what its payloads give; None if they are the same."""
    if dataset.tabular:
        return _tables_differ(catalog, dataset, capture)
    landed = _landed(catalog.records_paths(capture))
    digest = count = 0
    for entry in capture.payloads:
        payload = recut.payload_of(catalog.folder(capture), entry)
        for again in recut.records_of(dataset, payload):
            count += 1
            line = json.dumps(again, sort_keys=True, ensure_ascii=False).encode()
            digest = (digest + int.from_bytes(hashlib.sha256(line).digest(), "big")) % 2**256
            kept = next(landed, None)
            if kept is None:
                return f"the payloads give more than the {count - 1:,} records"
            if kept["_payload_id"] != entry.payload_id:
                return f"record {count:,} is said to be of payload {kept['_payload_id']}, and is of {entry.payload_id}"
            if fields := recut.differences(kept, again):
                return f"record {count:,}: {'; '.join(fields[:3])}"
    if next(landed, None) is not None or count != capture.records:
        return f"the payloads give {count:,} records, capture.json says {capture.records:,}"
    return None if f"{digest:064x}" == capture.content_digest else "the content digest is another"


def _landed(paths: list[Path]) -> Iterator[Record]:
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=_ROWS_A_BATCH):
            yield from batch.to_pylist()


def _tables_differ(catalog: Catalog, dataset: Dataset, capture: Capture) -> str | None:
    """The same of a tabular capture, block by block."""
    landed = _Blocks(catalog.records_paths(capture) if capture.records else [])
    digest, count = xxhash.xxh3_128(), 0
    for entry in capture.payloads:
        payload = recut.payload_of(catalog.folder(capture), entry)
        if payload.role != "records" or payload.context.get("fault"):
            continue
        try:
            for frame in recut.frames_of(dataset, payload, digest):
                kept = landed.take(frame.height)
                if kept.height != frame.height:
                    return f"the payloads give more than the {count + kept.height:,} records"
                if place := _frames_differ(kept, frame):
                    return f"record {count + place[0]:,}: {place[1]}"
                count += frame.height
        except Unreadable as error:
            return str(error)
    if landed.take(1).height or count != capture.records:
        return f"the payloads give {count:,} records, capture.json says {capture.records:,}"
    content = int.from_bytes(digest.digest(), "big")
    return None if f"{content:064x}" == capture.content_digest else "the content digest is another"


class _Blocks:
    """The records of Parquet parts in their order, as many at a time as are asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = iter(paths)
        self._left: list[pl.DataFrame] = []

    def take(self, rows: int) -> pl.DataFrame:
        while sum(frame.height for frame in self._left) < rows and (path := next(self._paths, None)):
            self._left.append(pl.read_parquet(path))
        if not self._left:
            return pl.DataFrame()
        whole = self._left[0] if len(self._left) == 1 else pl.concat(self._left, how="diagonal")
        self._left = [whole[rows:]] if whole.height > rows else []
        return whole[:rows]


def _frames_differ(kept: pl.DataFrame, again: pl.DataFrame) -> tuple[int, str] | None:
    """The first record in which two blocks differ, and how; None if they are the same."""
    for name in dict.fromkeys([*kept.columns, *again.columns]):
        if name in PROVENANCE:
            continue
        sides = [
            f[name] if name in f.columns else pl.Series(name, [None] * again.height, pl.String) for f in (kept, again)
        ]
        if not (unlike := sides[0].ne_missing(sides[1])).any():
            continue
        place = int(unlike.arg_max() or 0)
        return place + 1, f"{name} is {sides[0][place]!r} in the records and {sides[1][place]!r} in the payload"
    return None
