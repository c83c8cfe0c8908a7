"""Raw views: the captures in use, as dbt's sources.

What belongs here: schema `raw` of the build file: one view for each dataset over its captures' Parquet files, and the
tables build, capture, payload, shown_again and standing. What does not: typing or renaming a publisher's field
(staging), what a build keeps of the last one (raw_versions).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from orchestration.landing import raw_versions
from orchestration.landing.bounds import PROVENANCE
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture
from orchestration.sources.base import Dataset

# The tables of schema raw that are about the landing folder, beside one view for each dataset.
TABLES = ("build", "capture", "payload", "shown_again", "standing")

_TEXT, _TIME, _WHOLE, _YES = pa.string(), pa.timestamp("us"), pa.int64(), pa.bool_()

_BUILD = pa.schema([("as_of", pa.date32()), ("edition", _TEXT)])
_CAPTURE = pa.schema(
    [("capture_id", _TEXT), ("source", _TEXT), ("dataset", _TEXT), ("slice", _TEXT), ("kind", _TEXT),
     ("edition", _TEXT), ("status", _TEXT), ("is_serving", _YES), ("is_stale", _YES), ("retrieved_at", _TIME),
     ("landed_at", _TIME), ("records", _WHOLE), ("control_total", _WHOLE), ("counted", _WHOLE),
     ("selection_field", _TEXT),
     ("selection_values", _TEXT), ("note", _TEXT), ("publisher", _TEXT), ("content_newest", pa.date32()),
     ("content_as_of", _TIME), ("reject_reason", _TEXT)]
)  # fmt: skip
_PAYLOAD = pa.schema(
    [("capture_id", _TEXT), ("payload_id", _TEXT), ("url", _TEXT), ("method", _TEXT), ("status", pa.int32()),
     ("media_type", _TEXT), ("retrieved_at", _TIME), ("sha256", _TEXT), ("bytes", _WHOLE), ("records", _WHOLE)]
)  # fmt: skip
_SHOWN_AGAIN = pa.schema([("capture_id", _TEXT), ("shown_at", _TIME)])
_STANDING = pa.schema(
    [("dataset", _TEXT), ("source", _TEXT), ("title", _TEXT), ("publisher", _TEXT), ("homepage", _TEXT),
     ("domain", _TEXT), ("state", _TEXT), ("slices_failed", _WHOLE), ("slices_skipped", _WHOLE),
     ("slices_too_old", _WHOLE), ("failed_since", _TIME), ("reason", _TEXT)]
)  # fmt: skip


def create(connection: duckdb.DuckDBPyConnection, catalog: Catalog, datasets: Sequence[Dataset]) -> None:
    """Make schema `raw` in the connected file, replacing what was there."""
    connection.execute("create schema if not exists raw")
    serving: dict[str, list[Capture]] = {dataset.id: catalog.serving(dataset) for dataset in datasets}
    for dataset in datasets:
        connection.execute(_view(dataset, serving[dataset.id], catalog))
    served = {capture.capture_id for captures in serving.values() for capture in captures}
    on_hold = {capture_id: why for dataset in datasets for capture_id, why in catalog.on_hold(dataset).items()}
    known = [c for c in catalog.captures() if c.dataset_id in serving]
    _table(connection, "build", _BUILD, [{"as_of": _as_of(catalog, known), "edition": catalog.edition}])
    _table(
        connection,
        "capture",
        _CAPTURE,
        [_capture_row(c, c.capture_id in served, on_hold.get(c.capture_id), catalog) for c in known],
    )
    _table(connection, "payload", _PAYLOAD, [row for c in known for row in _payload_rows(c)])
    again = [one for dataset in datasets for one in catalog.shown_again(dataset)]
    _table(
        connection,
        "shown_again",
        _SHOWN_AGAIN,
        [{"capture_id": capture.capture_id, "shown_at": _naive(when)} for capture, when in again],
    )
    _table(connection, "standing", _STANDING, [_standing_row(dataset, catalog) for dataset in datasets])
    digests = catalog.digests()
    read = {
        dataset.raw_name: "\n".join(f"{one.capture_id} {digests[one.capture_id]}" for one in serving[dataset.id])
        for dataset in datasets
    }
    raw_versions.begin(connection, read, TABLES, capture_table="capture")


def _as_of(catalog: Catalog, known: Sequence[Capture]) -> date:
    """The date asked for, else the day of the newest capture: a rebuild of the same captures says the same."""
    if catalog.as_of is not None:
        return catalog.as_of
    return max((c.retrieved_at.date() for c in known), default=datetime.now(UTC).date())


def _view(dataset: Dataset, captures: Sequence[Capture], catalog: Catalog) -> str:
    files = [str(path) for c in captures if c.records for path in catalog.records_paths(c)]
    name = f"raw.{_quoted(dataset.raw_name)}"
    if not files:
        columns = ", ".join(
            f"cast(null as {'bigint' if n == '_record_no' else 'varchar'}) as {_quoted(n)}"
            for n in (*PROVENANCE, *dataset.fields)
        )
        return f"create or replace view {name} as select {columns} where false"
    seen = {field for capture in captures for field in capture.fields}
    columns = ", ".join(
        [
            *PROVENANCE,
            *(_quoted(f) if f in seen else f"cast(null as varchar) as {_quoted(f)}" for f in dataset.fields),
        ]
    )
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"create or replace view {name} as select {columns} from read_parquet([{listed}], union_by_name = true)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: Sequence[dict[str, object]]
) -> None:
    arrow = pa.Table.from_pylist(list(rows), schema=schema)
    connection.register("arrow_rows", arrow)
    connection.execute(f"create or replace table raw.{name} as select * from arrow_rows")
    connection.unregister("arrow_rows")


def _capture_row(capture: Capture, is_serving: bool, on_hold: str | None, catalog: Catalog) -> dict[str, object]:
    selection = capture.selection or {}
    values = selection.get("values")
    return {
        "capture_id": capture.capture_id,
        "source": capture.source,
        "dataset": capture.raw_name,
        "slice": capture.slice,
        "kind": capture.kind,
        "edition": capture.edition,
        "status": "held" if on_hold else capture.status,
        "is_serving": is_serving,
        "is_stale": catalog.is_stale(capture),
        "retrieved_at": _naive(capture.retrieved_at),
        "landed_at": _naive(capture.landed_at),
        "records": capture.records,
        "control_total": next(iter(capture.control_totals.values()), None),
        "counted": capture.counted.get(next(iter(capture.control_totals), "records"), 0),
        "selection_field": selection.get("field"),
        "selection_values": "|".join(values) if isinstance(values, list) else None,
        "note": capture.note,
        "publisher": capture.publisher,
        "content_newest": capture.content_newest,
        "content_as_of": _naive(capture.content_as_of or capture.retrieved_at),
        "reject_reason": f"on hold: {on_hold}" if on_hold else capture.reject_reason,
    }


def _payload_rows(capture: Capture) -> list[dict[str, object]]:
    return [
        {
            "capture_id": capture.capture_id,
            "payload_id": entry.payload_id,
            "url": entry.url,
            "method": entry.method,
            "status": entry.status,
            "media_type": entry.media_type,
            "retrieved_at": _naive(entry.retrieved_at),
            "sha256": entry.sha256,
            "bytes": entry.bytes,
            "records": entry.records,
        }
        for entry in capture.payloads
    ]


def _standing_row(dataset: Dataset, catalog: Catalog) -> dict[str, object]:
    status = catalog.status(dataset)
    return {
        "dataset": dataset.raw_name,
        "source": dataset.source,
        "title": dataset.title,
        "publisher": dataset.publisher,
        "homepage": dataset.homepage,
        "domain": dataset.domain,
        "state": status.state,
        "slices_failed": status.failed,
        "slices_skipped": status.skipped,
        "slices_too_old": len(status.too_old),
        "failed_since": _naive(status.failed_since) if status.failed_since else None,
        "reason": status.why,
    }


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
