"""The recorded edition's tables as they are read, and what every payload built from them says of its source.

What belongs here: reading a table, a source's row, and the frame of a batch. What does not: what a publisher's answer
looks like (build, crime, reference), figures (tables/).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.sources.base import Batch, Selection, Slice
from orchestration.wire import Payload

TABLES = Path(__file__).with_name("tables")


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """A CSV's rows: publisher, table, entity, period, measure, value, source."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def wide(name: str) -> Iterator[dict[str, str | None]]:
    """A Parquet table's rows, each value as the source prints it, None where it prints nothing."""
    for group in pq.ParquetFile(TABLES / f"{name}.parquet").iter_batches():
        yield from group.to_pylist()


@cache
def source(code: str) -> dict[str, str]:
    """What tables/sources.csv says of a source's code."""
    with (TABLES / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return {row["source"]: row for row in csv.DictReader(stream)}[code]


def when_of(text: str) -> datetime:
    """The moment that a date or time tells, in UTC where it names no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def batch(
    slice_: Slice,
    code: str,
    payloads: Sequence[Payload],
    *,
    when: datetime | None = None,
    selection: Selection | None = None,
) -> Batch:
    """A capture of the payloads, of the day on which its source was transcribed unless another is given."""
    about = source(code)
    return Batch(
        slice_,
        payloads,
        when or when_of(about["transcribed_on"]),
        selection=selection,
        note=about["note"] or None,
        publisher=about["publisher"],
    )


def payload(
    body: bytes, code: str, *, url: str = "", when: datetime | None = None, media_type: str = "application/json",
    context: Mapping[str, str] | None = None,
) -> Payload:  # fmt: skip
    """The bytes as the source's address would have sent them."""
    about = source(code)
    moment = when or when_of(about["transcribed_on"])
    return Payload(body, url or about["where"], moment, media_type=media_type, method="FILE", context=context or {})


def as_json(value: object) -> bytes:
    """Compact JSON, the same bytes each time."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def number(text: str | None) -> int | float | None:
    """A figure as JSON has it; nothing is null."""
    if not text:
        return None
    return float(text) if "." in text or "e" in text.lower() else int(text)


def by_entity(name: str) -> dict[str, dict[str, str]]:
    """The measures of each entity of a CSV."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in table(name):
        found[row["entity"]][row["measure"]] = row["value"]
    return found
