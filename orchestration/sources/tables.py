"""Cutting CSV bytes with a header into records. What belongs here: that, for datasets that are tables of ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from orchestration.sources.base import Dataset, Payload, Record, SourceError


def csv_records(dataset: Dataset, payload: Payload) -> Iterator[Record]:
    """One record a row, an empty cell as None.

    Raises SourceError where a required column is missing or a row has another width, naming the line.
    """
    try:
        reader = csv.reader(io.StringIO(payload.body.decode("utf-8"), newline=""))
        header = next(reader)
    except (UnicodeDecodeError, StopIteration) as error:
        raise SourceError(dataset.id, "all", f"not a table in UTF-8: {error}", url=payload.url) from error
    if missing := [name for name in dataset.required if name not in header]:
        raise SourceError(dataset.id, "all", f"column {missing[0]!r} missing from {header}", url=payload.url)
    for row in reader:
        if len(row) != len(header):
            what = f"line {reader.line_num} has {len(row)} cells, the header {len(header)}"
            raise SourceError(dataset.id, "all", what, url=payload.url)
        yield {name: cell or None for name, cell in zip(header, row, strict=True)}
