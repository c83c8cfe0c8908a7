"""One capture: a folder that appears whole or not at all.

What belongs here: the files of a capture and how they are written
(WARC by warcio's writer with isal's gzip members, Parquet by Arrow). What does
not: which captures serve (catalog), why one is refused (accept), how CSV in bulk is
cut (csv_parts).

    landing/<source>/<dataset>/<capture_id>/
        responses.warc.gz   one gzip member a record, ISO 28500
        records.parquet     every field as text, with _capture_id, _payload_id, _record_no
        records/*.parquet   the same in parts, where the dataset is tabular
        archive-N.zip       a bulk archive as the file it is; the WARC holds its request and its digest
        capture.json        the Capture below, with the sha256 of each of these files
    landing/<source>/<dataset>/captures.jsonl   the sha256 of each capture.json (landing.register)
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import uuid
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from orchestration import __version__, files
from orchestration.forms import Unreadable, archives, kinds
from orchestration.landing import accept, baseline, guard, measure, register
from orchestration.landing.bounds import RecordBounds
from orchestration.landing.csv_parts import BadCsv, CsvParts
from orchestration.landing.warc_member import GzipMember
from orchestration.progress import say
from orchestration.sources.base import Dataset, FilePayload, Kind, Payload, Record, Selection, Slice, SourceError

if TYPE_CHECKING:
    from orchestration.landing.catalog import Catalog

# 2: capture.json carries the sha256 of every other file of the capture.
FORMAT_VERSION = 2
CAPTURE_FILE, RECORDS_FILE, WARC_FILE = "capture.json", "records.parquet", "responses.warc.gz"
PARTS_FOLDER = "records"
UNCHANGED_FILE = "unchanged.jsonl"

_ROWS_A_BATCH = 20_000
# Of long values, or of very many columns, fewer are in memory at a time.
_BYTES_A_BATCH, _BYTES_A_CELL = 64 << 20, 8

CaptureEdition = Literal["live", "recorded", "import"]


class PayloadEntry(BaseModel):
    """One payload of a capture, and where the WARC holds it."""

    payload_id: str
    url: str
    method: str
    status: int
    media_type: str
    retrieved_at: datetime
    sha256: str
    bytes: int
    records: int
    role: Literal["records", "control"]
    warc_offset: int
    # The file of a bulk archive in the capture's folder; its bytes are not in the WARC.
    archive: str | None = None
    # What the request told that the answer does not repeat: with it the payload is cut into the same records again.
    context: dict[str, str] = {}
    # How many keys of ours the answer repeated: REDACTED stands in their place, and the digest is of those bytes.
    redacted: int = 0


class FileEntry(BaseModel):
    """One file of a capture as it was landed."""

    path: str
    bytes: int
    sha256: str


class Capture(BaseModel):
    """capture.json: what was asked, what came, what was made of it, and whether it is believed."""

    model_config = ConfigDict(extra="forbid")

    format_version: int = FORMAT_VERSION
    software: str = __version__
    capture_id: str
    source: str
    dataset: str
    slice: str
    slice_params: dict[str, str]
    kind: Kind
    edition: CaptureEdition
    retrieved_at: datetime
    landed_at: datetime
    status: Literal["accepted", "rejected"]
    checks: list[accept.Check]
    records: int
    # The publisher's own counts, and what the records add up to under the same names.
    control_totals: dict[str, int]
    counted: dict[str, int]
    fields: list[str]
    shape: str
    content_digest: str
    content_newest: date | None
    # What the content was made as of, where the publisher says so and it is not the time of retrieval.
    content_as_of: datetime | None = None
    high_water: str | None
    selection: dict[str, str | list[str]] | None
    note: str | None
    publisher: str
    payloads: list[PayloadEntry]
    # Every file of the capture but capture.json itself; empty in captures of format version 1.
    files: list[FileEntry] = []

    @property
    def dataset_id(self) -> str:
        return f"{self.source}/{self.dataset}"

    @property
    def raw_name(self) -> str:
        return f"{self.source}__{self.dataset}"

    @property
    def reject_reason(self) -> str | None:
        failed = [f"{check.name}: {check.detail}" for check in self.checks if not check.passed]
        return "; ".join(failed) or None


@dataclass(frozen=True)
class Outcome:
    """What became of one write."""

    # held: kept and accepted, but not read until its neighbours in time say more (landing.held).
    status: Literal["landed", "held", "rejected", "unchanged", "empty"]
    message: str
    # The capture that was written, or the one that is unchanged; None where nothing came.
    capture: Capture | None
    # What goes on serving the slice; None where nothing does.
    serving: Capture | None


def write(
    dataset: Dataset,
    slice_: Slice,
    payloads: Iterable[Payload],
    *,
    landing_dir: Path,
    kind: Kind,
    edition: CaptureEdition,
    retrieved_at: datetime | None = None,
    selection: Selection | None = None,
    note: str | None = None,
    publisher: str | None = None,
    accepted: Mapping[str, str] | None = None,
) -> Outcome:
    """Write one capture from payloads as they come; memory does not grow with their number.

    retrieved_at: when the publisher showed this; None: when the first payload came, but after the slice's last capture
    (landing.clock).
    accepted: checks that a person lets pass this once, each with the reason (accept.AGAINST_THE_PAST).
    Raises what the payloads raise (SourceError, FetchError), and files.CannotWrite: then nothing is left behind.
    """
    folder = landing_dir / dataset.source / dataset.name
    unfinished = folder / files.unfinished_name()
    try:
        with files.telling_refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            earliest = None if retrieved_at else _earliest(dataset, slice_, landing_dir, kind)
            with closing(_Writing(dataset, slice_, unfinished, kind, retrieved_at, earliest)) as writing:
                for payload in guard.each(payloads, dataset.id, slice_.key):
                    writing.add(payload)
                writing.finish()
                return _settle(
                    writing, dataset, slice_, landing_dir, kind, edition, retrieved_at, selection, note, publisher,
                    accepted or {},
                )  # fmt: skip
    finally:
        with suppress(OSError):
            files.remove_tree(unfinished)


def sweep(folder: Path) -> None:
    """Remove what a killed process left half written in a dataset's folder; what a living one writes stays."""
    for leftover in files.abandoned(folder):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


class _Writing:
    """The temporary folder of a capture, filled payload by payload."""

    def __init__(
        self,
        dataset: Dataset,
        slice_: Slice,
        folder: Path,
        kind: Kind,
        retrieved_at: datetime | None,
        earliest: datetime | None,
    ) -> None:
        self.dataset, self.slice, self.folder, self.kind = dataset, slice_, folder, kind
        self.retrieved_at, self.earliest = retrieved_at, earliest
        # What the clock said, where the capture is dated otherwise.
        self.clock_said: datetime | None = None
        # Tabular: the parts and the capture's id, which stands in each of them, from the first payload on.
        self.parts: CsvParts | None = None
        self.capture_id: str | None = None
        self.as_of: datetime | None = None
        folder.mkdir()
        self._archiver = ThreadPoolExecutor(1, thread_name_prefix="warc")
        self._archiving: Future[int] | None = None
        self.warc: BinaryIO = (folder / WARC_FILE).open("wb")
        self.warc_writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1")
        self.spool = (folder / "records.spool").open("wb")
        self.entries: list[PayloadEntry] = []
        # Archives whose digest was taken while they were downloaded.
        self.digests: dict[Path, str] = {}
        self.controls: list[Payload] = []
        # Payloads without the form they must have: the capture is kept and rejected.
        self.malformed: list[str] = []
        self.fields: dict[str, None] = {}
        self._bounds = RecordBounds()
        self.records = 0
        # Rows of files that came in the same zips and are other things.
        self.rows_beside = 0
        self.counted: Counter[str] = Counter()
        self.digest = 0
        self.newest: date | None = None
        self.high_water: str | None = None
        self.first_retrieved: datetime | None = None
        self._member({"software": f"clawback/{__version__}", "format": "WARC File Format 1.1"}, None)

    def add(self, payload: Payload) -> None:
        if self.first_retrieved is None:
            self.first_retrieved = payload.retrieved_at
            if self.earliest and payload.retrieved_at < self.earliest:
                self.first_retrieved, self.clock_said = self.earliest, payload.retrieved_at
        if made_as_of := payload.context.get("content_as_of"):
            self.as_of = max(filter(None, (self.as_of, datetime.fromisoformat(made_as_of))))
        archive = self._keep(payload) if isinstance(payload, FilePayload) else None
        # The WARC's digest and compression go on beside the cutting, and beside the next payload's coming: neither
        # waits for the other, but no more than one payload waits for the WARC.
        self._archived()
        self._archiving = self._archiver.submit(self._archive, payload)
        count = 0
        if fault := payload.context.get("fault"):
            self.malformed.append(str(SourceError(self.dataset.id, self.slice.key, fault, url=payload.url)))
        elif payload.role == "records" and self.dataset.tabular:
            count = self._tabulate(payload, archive)
        elif payload.role == "records":
            try:
                for record in guard.each(self.dataset.cut(payload), self.dataset.id, self.slice.key, payload.url):
                    self._record(record, payload)
                    count += 1
            except SourceError as error:
                self.malformed.append(str(error.of_slice(self.slice.key)))
        else:
            self.controls.append(payload)
        self.entries.append(
            PayloadEntry(
                payload_id=payload.payload_id,
                url=payload.url,
                method=payload.method,
                status=payload.status,
                media_type=payload.media_type,
                retrieved_at=payload.retrieved_at,
                sha256=payload.sha256,
                bytes=payload.size if isinstance(payload, FilePayload) else len(payload.body),
                records=count,
                role=payload.role,
                # told by _archived
                warc_offset=-1,
                archive=archive.name if archive else None,
                context=dict(payload.context),
                redacted=payload.redacted,
            )
        )

    def _archived(self) -> None:
        """Wait for the payload that is being archived; its entry, the last, says where it stands."""
        if self._archiving is not None:
            offset, self._archiving = self._archiving.result(), None
            self.entries[-1] = self.entries[-1].model_copy(update={"warc_offset": offset})

    def _keep(self, payload: FilePayload) -> Path:
        """The archive as the file it is: a download of ours is moved here, a user's file is copied."""
        kept = self.folder / f"archive-{sum(e.archive is not None for e in self.entries) + 1}{payload.path.suffix}"
        if payload.is_ours:
            shutil.move(payload.path, kept)
            self.digests[kept] = payload.sha256
        else:
            shutil.copyfile(payload.path, kept)
        return kept

    def _tabulate(self, payload: Payload, archive: Path | None) -> int:
        """Cut a CSV, or every CSV of a zip, in bulk; what cannot be cut is kept and rejects the capture."""
        if self.parts is None:
            when = (self.retrieved_at or self.first_retrieved or payload.retrieved_at).astimezone(UTC)
            self.capture_id = _free_id(self.folder.parent, when, self.dataset, self.slice, self.kind, payload.sha256)
            self.parts = CsvParts(self.folder / PARTS_FOLDER, self.capture_id, self.dataset.field_name)
        count = 0
        try:
            if archive is None:
                _must_be_text(payload.body[: kinds.HEAD])
                return self.parts.add([payload.body], payload.payload_id, payload.url, digest=payload.sha256)
            with archive.open("rb") as stream:
                head = stream.read(kinds.HEAD)
            if not archives.is_zip(head):
                _must_be_text(head)
                return self.parts.add(_pieces(archive), payload.payload_id, payload.url)
            tables = [info for info in archives.members(archive) if info.filename.lower().endswith(".csv")]
            if not tables:
                raise archives.BadArchive("no CSV in it")
            for info in tables:
                if self.dataset.holds_records(info.filename):
                    count += self.parts.add(archives.inflate(archive, info), payload.payload_id, info.filename)
                else:
                    self.rows_beside += self._count_beside(archive, info)
            if not any(self.dataset.holds_records(info.filename) for info in tables):
                raise archives.BadArchive(f"none of its files is one of records: {tables[0].filename}")
        except Unreadable as error:
            fault = SourceError(self.dataset.id, self.slice.key, str(error), url=payload.url)
            self.malformed.append(str(fault))
        return count

    def _count_beside(self, archive: Path, info: zipfile.ZipInfo) -> int:
        """The rows of a CSV that is not of this dataset: the publisher's total is over all files of a zip."""
        if info.file_size == 0:
            return 0
        beside = CsvParts(self.folder / "beside", "-")
        try:
            return beside.add(archives.inflate(archive, info), "-", info.filename)
        finally:
            beside.discard()
            shutil.rmtree(self.folder / "beside")

    def _record(self, record: Record, payload: Payload) -> None:
        """Add one record. Raises SourceError where it cannot stand in a table, or is beyond the limits."""
        with guard.reading(self.dataset.id, self.slice.key, payload.url):
            counts = self.dataset.counted(record)
            newest, mark = self.dataset.content_newest(record), self.dataset.high_water(record)
            line = json.dumps(record, sort_keys=True, ensure_ascii=False).encode()
            self._bounds.must_hold(record, line, self.records)
        self.records += 1
        self.counted.update(counts)
        for name in record:
            self.fields[name] = None
        # A sum of the records' own hashes: neither the pages' order nor a repeated record is lost in it.
        self.digest = (self.digest + int.from_bytes(hashlib.sha256(line).digest(), "big")) % 2**256
        if newest is not None and (self.newest is None or newest > self.newest):
            self.newest = newest
        is_higher = mark is not None and (self.high_water is None or mark > self.high_water)
        if mark is not None and is_higher and not _is_later(mark, self._until):
            self.high_water = mark
        self.spool.write(payload.payload_id.encode() + b"\t" + line + b"\n")

    def _archive(self, payload: Payload) -> int:
        stamp = payload.retrieved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {"WARC-Date": stamp}
        if payload.redacted:
            # No field of the standard says it: the body is as it came but for so many keys, now REDACTED.
            headers["WARC-Redacted-Secrets"] = str(payload.redacted)
        body = payload.body
        if isinstance(payload, FilePayload):
            # The bytes are in the file beside the WARC: its record says which, by digest and length.
            said = {"archive": str(payload.path.name), "sha256": payload.sha256, "bytes": payload.size}
            body = json.dumps(said).encode()
        if self.kind != "fetched":
            media_type = "application/json" if isinstance(payload, FilePayload) else payload.media_type
            return self._member(None, ("resource", payload.url, media_type, body, None, headers))
        http = StatusAndHeaders(
            f"{payload.status} ", [(k, v) for k, v in payload.response_headers.items()
                                   if k.lower() not in ("content-encoding", "transfer-encoding", "content-length")],
            protocol="HTTP/1.1",
        )  # fmt: skip
        if isinstance(payload, FilePayload):
            offset = self._member(None, ("resource", payload.url, "application/json", body, None, headers))
        else:
            # the digest that is known already: warcio need not read the body once more for one of its own
            known = base64.b32encode(bytes.fromhex(payload.sha256)).decode()
            digest = {"WARC-Payload-Digest": f"sha256:{known}"}
            offset = self._member(None, ("response", payload.url, None, body, http, {**headers, **digest}))
        asked = StatusAndHeaders(
            f"{payload.method} {payload.url} HTTP/1.1", list(payload.request_headers.items()), is_http_request=True
        )
        self._member(None, ("request", payload.url, None, payload.request_body, asked, headers))
        return offset

    def _member(
        self,
        info: Mapping[str, str] | None,
        record: tuple[str, str, str | None, bytes, StatusAndHeaders | None, dict[str, str]] | None,
    ) -> int:
        """Append one WARC record as its own gzip member; its offset in the file."""
        offset = self.warc.tell()
        member = GzipMember(self.warc)
        self.warc_writer.out = member
        if info is not None:
            made = self.warc_writer.create_warcinfo_record(WARC_FILE, info)
        else:
            assert record is not None
            kind, url, media_type, body, http, headers = record
            made = self.warc_writer.create_warc_record(
                url,
                kind,
                payload=io.BytesIO(body),
                length=len(body),
                warc_content_type=media_type or "",
                warc_headers_dict=headers,
                http_headers=http,
            )
        self.warc_writer.write_record(made)
        member.close()
        return offset

    def finish(self) -> None:
        if self.parts is not None:
            try:
                self.parts.close()
                self._weigh(self.parts)
            except BadCsv as error:
                self.malformed.append(str(error))
        self._archived()
        self.warc.flush()
        os.fsync(self.warc.fileno())
        self.warc.close()
        # read back into records.parquet and deleted: nothing that must outlive a crash
        self.spool.close()

    def _weigh(self, parts: CsvParts) -> None:
        """What the checks need of records that never passed through Python."""
        self.records, self.fields, self.digest = parts.records, parts.fields, parts.digest
        self.counted.update({"records": parts.records, "rows": parts.records + self.rows_beside})
        if field := self.dataset.high_water_field:
            self.high_water = parts.greatest(field, until=self._until)
        if (field := self.dataset.content_newest_field) and (newest := parts.greatest(field)):
            self.newest = _day(newest)

    @cached_property
    def _until(self) -> str:
        """The last day that a high-water mark may name, ISO; a later one would hide all that comes before it."""
        when = self.retrieved_at or self.first_retrieved or datetime.now(UTC)
        return (when + timedelta(days=1)).date().isoformat()

    def records_paths(self) -> list[Path]:
        """The Parquet files that hold the records, once they are written."""
        if self.parts is not None and self.parts.records:
            return self.parts.paths()
        return [self.folder / RECORDS_FILE]

    def write_records(self, capture_id: str) -> None:
        """records.parquet from the spool: all text, the fields in the order in which they were first seen."""
        if self.parts is not None and self.parts.records:
            (self.folder / "records.spool").unlink()
            for path in self.parts.paths():
                _sync(path)
            return
        names = list(self.fields)
        types = [pa.field(name, pa.string()) for name in names]
        schema = pa.schema(
            [pa.field("_capture_id", pa.string()), pa.field("_payload_id", pa.string()),
             pa.field("_record_no", pa.int64()), *types]
        )  # fmt: skip
        spool = self.folder / "records.spool"
        target = self.folder / RECORDS_FILE
        with spool.open("rb") as lines, pq.ParquetWriter(target, schema, compression="zstd") as writer:
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
        spool.unlink()
        _sync(target)

    def close(self) -> None:
        """Let go of every file, whatever the disk says to what was still to be written."""
        self._archiver.shutdown()
        if self.parts is not None:
            self.parts.discard()
        for stream in (self.warc, self.spool):
            with suppress(OSError):
                stream.close()


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _must_be_text(head: bytes) -> None:
    """Raise Unreadable where something else came in place of a CSV or a zip of them, saying what."""
    if kinds.kind(head):
        raise Unreadable(kinds.instead(head, "a CSV or a zip of CSV files"))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            yield piece


def _is_later(mark: str, day: str) -> bool:
    """Whether a mark begins with a date that comes after a day; a mark of another form is no date."""
    return re.match(r"\d{4}-\d{2}-\d{2}", mark) is not None and mark[:10] > day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


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


def _settle(
    writing: _Writing,
    dataset: Dataset,
    slice_: Slice,
    landing_dir: Path,
    kind: Kind,
    edition: CaptureEdition,
    retrieved_at: datetime | None,
    selection: Selection | None,
    note: str | None,
    publisher: str | None,
    believed_by_hand: Mapping[str, str],
) -> Outcome:
    """Decide what a finished temporary folder becomes: nothing, a line that says unchanged, or a capture."""
    from orchestration.landing import integrity
    from orchestration.landing.catalog import Catalog

    catalog = Catalog(landing_dir, as_of=None, edition="recorded", only=dataset.id)
    accepted = [c for c in catalog.captures(dataset.id) if c.slice == slice_.key and c.status == "accepted"]
    when = retrieved_at or writing.first_retrieved or datetime.now(UTC).replace(microsecond=0)
    held = catalog.held(dataset)
    newest, serving = _best(accepted), _best([c for c in accepted if c.capture_id not in held])
    totals = dataset.control_totals(writing.controls)
    if not writing.entries:
        _note_unchanged(landing_dir, dataset, slice_, serving)
        return Outcome("empty", "the publisher has nothing new", None, serving)
    nothing = writing.records == 0 and not writing.malformed and not any(totals.values())
    # Of a slice that holds all, "none" is news: the year is whole, and empty.
    if nothing and dataset.policy == "merge" and not dataset.holds_all(slice_.key):
        _note_unchanged(landing_dir, dataset, slice_, serving)
        return Outcome("empty", "nothing new since the high-water mark", None, serving)
    digest = f"{writing.digest:064x}"
    shape = hashlib.sha256("\x1f".join(sorted(writing.fields)).encode()).hexdigest()[:16]
    twin = None
    if not writing.malformed and not (dataset.keeps_equal_captures and kind == "fetched"):
        same = [c for c in reversed(accepted) if c.content_digest == digest]
        twin = next((c for c in same if _is_twin(dataset, c, kind, when, newest)), None)
    if twin is not None:
        _note_unchanged(landing_dir, dataset, slice_, twin)
        return Outcome("unchanged", f"the same as {twin.capture_id}", twin, serving)

    capture_id = writing.capture_id or _free_id(writing.folder.parent, when, dataset, slice_, kind, digest)
    writing.write_records(capture_id)
    believed = [c for c in accepted if c.capture_id not in held]
    last = _last_like(dataset, believed, selection, when)
    before = _last_before(accepted, when)
    checks = [
        accept.form(writing.malformed, before),
        accept.fields_present(dataset, dataset.required_of(slice_), writing.fields, writing.records, before),
        accept.control_total(writing.counted, totals),
        accept.volume(
            dataset,
            slice_.key,
            _volume(dataset, writing.records, writing.counted, writing.fields, writing.records_paths()),
            _volume(dataset, last.records, last.counted, last.fields, catalog.records_paths(last)) if last else None,
            baseline.of_year(
                [c for c in believed if c.kind != "transcribed" and _comparable(c, selection)],
                when,
                lambda c: _volume(dataset, c.records, c.counted, c.fields, catalog.records_paths(c)),
                is_within_records=dataset.volume_counts is None,
            )
            if dataset.holds_all(slice_.key)
            else None,
        ),
        *_read_checks(dataset, slice_, writing, catalog, last, when),
        accept.misdated(dataset, writing.newest, when),
        accept.freshness(dataset, writing.newest, when),
    ]
    checks = [check.accepted(believed_by_hand) for check in checks]
    capture = Capture(
        capture_id=capture_id,
        source=dataset.source,
        dataset=dataset.name,
        slice=slice_.key,
        slice_params={name: str(value) for name, value in slice_.params.items()},
        kind=kind,
        edition=edition,
        retrieved_at=when,
        landed_at=datetime.now(UTC).replace(microsecond=0),
        status="accepted" if all(check.passed for check in checks) else "rejected",
        checks=checks,
        records=writing.records,
        control_totals=totals,
        counted=dict(writing.counted),
        fields=sorted(writing.fields),
        shape=shape,
        content_digest=digest,
        content_newest=writing.newest,
        content_as_of=writing.as_of,
        high_water=writing.high_water,
        selection={"field": selection.field, "values": list(selection.values)} if selection else None,
        note=_with_clock(note, writing.clock_said),
        publisher=publisher or dataset.publisher,
        payloads=writing.entries,
        files=integrity.digests_of(
            writing.folder, [path for path in writing.folder.rglob("*") if path.is_file()], writing.digests
        ),
    )
    known = _rejected_before(catalog.captures(dataset.id), capture) if capture.status == "rejected" else None
    if known is None:
        _put_in_place(writing.folder, capture, landing_dir / dataset.source / dataset.name / capture_id)
    else:
        capture, capture_id = known, known.capture_id
    if capture.status == "rejected":
        goes_on = f"{serving.capture_id} goes on serving" if serving else "nothing serves this slice yet"
        where = f"{dataset.id}/{capture_id}"
        return Outcome(
            "rejected", f"{capture.reject_reason} (kept in {where}); {goes_on}{_way_out(capture)}", capture, serving
        )
    held_now = Catalog(landing_dir, as_of=None, edition="recorded", only=dataset.id).held(dataset)
    serving = _best([c for c in [*accepted, capture] if c.capture_id not in held_now])
    if capture_id in held_now:
        goes_on = f"{serving.capture_id} goes on serving" if serving else "nothing serves this slice yet"
        return Outcome("held", f"held back: {held_now[capture_id]}; {goes_on}", capture, serving)
    message = f"{capture.records:,} records"
    for other in sorted(held_now.keys() - held.keys()):
        message += f"; now held back: {other}: {held_now[other]}"
    for other in sorted(held.keys() - held_now.keys()):
        message += f"; held back no longer: {other}"
    return Outcome("landed", message, capture, serving)


def _rejected_before(captures: Iterable[Capture], capture: Capture) -> Capture | None:
    """The capture of the same payloads and moment that was rejected for the same reason; it is kept already."""

    def shown(one: Capture) -> tuple[object, ...]:
        payloads = [(entry.payload_id, entry.sha256) for entry in one.payloads]
        return one.slice, one.kind, one.retrieved_at, one.status, one.reject_reason, payloads

    return next((one for one in captures if shown(one) == shown(capture)), None)


def _way_out(capture: Capture) -> str:
    """What a person can do who knows that a change is true."""
    failed = [check.name for check in capture.checks if not check.passed]
    if capture.kind != "fetched" or not set(failed) <= set(accept.AGAINST_THE_PAST):
        return ""
    named = " ".join(f"--accept '{name}:{capture.dataset_id}={capture.slice}'" for name in failed)
    return f". If it is true: clawback refresh --live {named} --because ..."


def _put_in_place(folder: Path, capture: Capture, target: Path) -> None:
    from orchestration.landing import integrity

    text = capture.model_dump_json(indent=2).encode()
    files.write_whole(folder / CAPTURE_FILE, text)
    digest = hashlib.sha256(text).hexdigest()
    register.enter(target.parent, capture.capture_id, digest, capture.landed_at)
    if target.exists() and integrity.damage_of(target):
        # The same content of the same moment, damaged since: it makes room, and is kept.
        aside = target.with_name(f"{integrity.SET_ASIDE}{target.name}-{uuid.uuid4().hex[:8]}")
        target.rename(aside)
        say(
            f"  {capture.dataset_id} {capture.slice}: capture {capture.capture_id} was damaged; what came now is the"
            f" same and stands in its place, the damaged one is kept as {aside.name}"
        )
    integrity.forget(target)
    try:
        folder.rename(target)
        integrity.landed(target, capture, digest)
    except OSError:
        # The same content of the same moment was landed by another process meanwhile: that one stands.
        if not (target / CAPTURE_FILE).exists():
            raise
    files.sync_folder(target.parent)


def _is_twin(dataset: Dataset, other: Capture, kind: Kind, when: datetime, newest: Capture | None) -> bool:
    """Whether an equal capture makes this one superfluous.

    A snapshot of another day is news even where it says the same, unless it follows the newest one:
    a list that went A, B, A must keep its third capture.
    """
    if other.kind != kind and kind != "transcribed":
        return False
    if dataset.policy == "snapshot" and kind != "fetched":
        return other.retrieved_at == when
    return newest is not None and (other.capture_id == newest.capture_id or kind == "transcribed")


def _best(accepted: list[Capture]) -> Capture | None:
    return max(accepted, key=lambda c: (c.kind != "transcribed", c.retrieved_at, c.landed_at), default=None)


def _comparable(capture: Capture, selection: Selection | None) -> bool:
    """Two captures hold the same part of the list: their volumes may be compared."""
    return capture.selection == ({"field": selection.field, "values": list(selection.values)} if selection else None)


def _last_like(
    dataset: Dataset, accepted: list[Capture], selection: Selection | None, when: datetime
) -> Capture | None:
    """The last capture of the slice that this one is compared with, in volume and field by field.

    The slice alone decides, not the form: a capture that has other fields, or came another way (download, archive,
    bulk, a user's file), holds the same slice and must not hold less of it. Where one way brings more than is asked
    for, `Dataset.volume_within` says what of it is compared. A part of a list (a selection) is compared with the same
    part only. What was typed from a publication is never a measure: it holds what was printed. A snapshot is compared
    with the one before it in time, so that an old file that is brought later is not held against a list that has grown.
    """
    like = [c for c in accepted if c.kind != "transcribed" and _comparable(c, selection)]
    if dataset.policy == "snapshot":
        like = [c for c in like if c.retrieved_at <= when]
    return max(like, key=lambda c: c.retrieved_at, default=None)


def _volume(
    dataset: Dataset, records: int, counted: Mapping[str, int], fields: Collection[str], paths: list[Path]
) -> int:
    if dataset.volume_counts:
        return counted.get(dataset.volume_counts, 0)
    if dataset.volume_within and records and dataset.volume_within[0] in fields:
        return measure.count(paths, *dataset.volume_within)
    return records


def _read_checks(
    dataset: Dataset, slice_: Slice, writing: _Writing, catalog: Catalog, last: Capture | None, when: datetime
) -> list[accept.Check]:
    """What the records themselves show: whether they can be read, are filled, and differ."""
    if writing.malformed or not writing.records:
        return []
    required, holds_all = dataset.required_of(slice_), dataset.holds_all(slice_.key)

    def measured(paths: list[Path], seen: Iterable[str]) -> measure.Measure:
        return measure.of(
            paths,
            seen=frozenset(seen),
            types=dataset.types,
            required=required,
            key=dataset.key,
            partial=dataset.partial_records,
            captured_on=when.date(),
        )

    now = measured(writing.records_paths(), writing.fields)
    checks = [accept.readable(dataset, slice_.key, now)]
    # The last capture is read again only where there is a question for it.
    emptier = any(now.fields[name].empty for name in now.required)
    constant = [name for name, field in now.fields.items() if field.is_constant]
    then_paths = catalog.records_paths(last) if last and last.records else []
    then = measured(then_paths, last.fields) if last and then_paths and emptier else None
    checks.append(accept.filled(dataset, now, then, holds_all=holds_all))
    values: dict[str, int] = {}
    if last and then_paths and now.records >= accept.FEW_VALUES <= last.records:
        values = measure.distinct(then_paths, [name for name in constant if name in last.fields])
    checks.append(accept.varied(dataset, now, last.records if last else 0, values, holds_all=holds_all))
    if holds_all and last and then_paths and now.records >= accept.FEW_RECORDS <= last.records:
        sized = [n for n, t in dataset.types.items() if t.is_number and n in writing.fields and n in last.fields]
        sizes = measure.medians(writing.records_paths(), sized)
        checks.append(accept.units(sizes, measure.medians(then_paths, sized)))
    checks.append(accept.told_apart(dataset, now, is_counted=bool(writing.controls)))
    return checks


def _last_before(accepted: list[Capture], when: datetime) -> Capture | None:
    """The last capture before a moment, of whatever kind: what a changed form is a change against."""
    before = [c for c in accepted if c.retrieved_at <= when and c.records]
    return max(before, key=lambda c: c.retrieved_at, default=None)


def _earliest(dataset: Dataset, slice_: Slice, landing_dir: Path, kind: Kind) -> datetime | None:
    from orchestration.landing import clock
    from orchestration.landing.catalog import Catalog

    if kind != "fetched":
        return None
    known = Catalog(landing_dir, as_of=None, edition="recorded", only=dataset.id).captures(dataset.id)
    return clock.earliest_moment(c for c in known if c.slice == slice_.key)


def _with_clock(note: str | None, clock_said: datetime | None) -> str | None:
    if clock_said is None:
        return note
    told = f"this machine's clock said {clock_said:%Y-%m-%dT%H:%M:%SZ}: dated after the capture before it"
    return f"{note}; {told}" if note else told


def _short(dataset: Dataset, slice_: Slice, kind: Kind, digest: str) -> str:
    return hashlib.sha256("\x1f".join((dataset.id, slice_.key, kind, digest)).encode()).hexdigest()[:10]


def _free_id(folder: Path, when: datetime, dataset: Dataset, slice_: Slice, kind: Kind, digest: str) -> str:
    """The capture's id by its moment and content. One that was rejected under that id does not stand in the way of the
    same content that is accepted later: then the id is another."""
    for again in count(1):
        short = _short(dataset, slice_, kind, digest if again == 1 else f"{digest} {again}")
        capture_id = f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short}"
        file = folder / capture_id / CAPTURE_FILE
        if not file.exists() or not _is_rejected(file):
            return capture_id
    raise AssertionError("count ends")


def _is_rejected(file: Path) -> bool:
    try:
        told = json.loads(file.read_bytes())
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("status") == "rejected"


def _note_unchanged(landing_dir: Path, dataset: Dataset, slice_: Slice, capture: Capture | None) -> None:
    """One line that the slice was asked for and had not changed: a fact, not a state."""
    line = {
        "slice": slice_.key,
        "checked_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "capture_id": capture.capture_id if capture else None,
    }
    path = landing_dir / dataset.source / dataset.name / UNCHANGED_FILE
    # thousands a night: the disk is not waited for, and a lost line is one question more
    files.append_line(path, line, sync=False)


__all__ = ["Capture", "Outcome", "PayloadEntry", "SourceError", "sweep", "write"]
