"""Writing a capture: a temporary folder, filled payload by payload.

What belongs here: handling each payload (archiving, parsing, counting), and the capture's id. What does not: the format
of the WARC (warc) and of the records (records, csv_parts), moving the finished folder into place (land).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path

from orchestration import files
from orchestration.forms import Unreadable, archives, kinds
from orchestration.landing import guard
from orchestration.landing.bounds import RecordBounds
from orchestration.landing.csv_parts import BadCsv, CsvParts
from orchestration.landing.form import CAPTURE_FILE, PARTS_FOLDER, RECORDS_FILE, WARC_FILE, PayloadEntry
from orchestration.landing.records import RecordSpool, sync
from orchestration.landing.warc import WarcFile
from orchestration.sources.base import Dataset, Kind, Record, Slice
from orchestration.wire import FilePayload, Payload, SourceError

# Bytes of a body; a smaller one is archived before a thread has begun to.
_WORTH_A_THREAD = 1 << 16
# json.dumps makes an encoder for each call that has options.
_as_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


class CaptureWriter:
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
        # The clock's time, where the capture has another date.
        self.clock_time: datetime | None = None
        # Tabular: the parts and the capture's id, which stands in each of them, from the first payload on.
        self.parts: CsvParts | None = None
        self.capture_id: str | None = None
        self.as_of: datetime | None = None
        folder.mkdir()
        self._archiver = ThreadPoolExecutor(1, thread_name_prefix="warc")
        self._archiving: Future[int] | None = None
        self._warc = WarcFile(folder / WARC_FILE, kind)
        self._spool = RecordSpool(folder)
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

    def add(self, payload: Payload) -> None:
        """Archive one payload and parse it into records; if that fails, it is kept and named in `malformed`.

        Raises OSError if the disk refuses, and what a FilePayload's file raises when it cannot be moved.
        """
        if self.first_retrieved is None:
            self.first_retrieved = payload.retrieved_at
            if self.earliest and payload.retrieved_at < self.earliest:
                self.first_retrieved, self.clock_time = self.earliest, payload.retrieved_at
        if made_as_of := payload.context.get("content_as_of"):
            self.as_of = max(filter(None, (self.as_of, datetime.fromisoformat(made_as_of))))
        archive = self._keep(payload) if isinstance(payload, FilePayload) else None
        self._archived()
        offset = -1
        if len(payload.body) < _WORTH_A_THREAD:
            offset = self._warc.add(payload)
        else:
            # The WARC's digest and compression run in parallel with parsing and with the next payload's arrival, but at
            # most one payload waits for the WARC.
            self._archiving = self._archiver.submit(self._warc.add, payload)
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
                # of one that is being archived: reported by _archived
                warc_offset=offset,
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
        """The archive, stored as a file: our own download is moved here, a user's file is copied."""
        kept = self.folder / f"archive-{sum(e.archive is not None for e in self.entries) + 1}{payload.path.suffix}"
        if payload.is_ours:
            shutil.move(payload.path, kept)
            self.digests[kept] = payload.sha256
        else:
            shutil.copyfile(payload.path, kept)
        # capture.json will vouch for it
        sync(kept)
        return kept

    def _tabulate(self, payload: Payload, archive: Path | None) -> int:
        """Parse a CSV, or every CSV of a zip, in bulk; what cannot be parsed is kept and rejects the capture."""
        if self.parts is None:
            when = (self.retrieved_at or self.first_retrieved or payload.retrieved_at).astimezone(UTC)
            self.capture_id = free_id(self.folder.parent, when, self.dataset, self.slice, self.kind, payload.sha256)
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
            if self.dataset.joins_members:
                for frames, _ in self.dataset.joined(archive, payload.context):
                    count += self.parts.add_frames(frames, payload.payload_id)
                return count
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
        """Add one record. Raises SourceError if it cannot stand in a table, or is beyond the limits."""
        with guard.reading(self.dataset.id, self.slice.key, payload.url):
            counts = self.dataset.counted(record)
            newest, high_water = self.dataset.content_newest(record), self.dataset.high_water(record)
            line = _as_json(record).encode()
            self._bounds.must_hold(record, line, self.records)
        self.records += 1
        self.counted.update(counts)
        if not record.keys() <= self.fields.keys():
            self.fields.update(dict.fromkeys(record))
        # A sum of the records' own hashes: neither the pages' order nor a repeated record is lost in it.
        self.digest = (self.digest + int.from_bytes(hashlib.sha256(line).digest(), "big")) % 2**256
        if newest is not None and (self.newest is None or newest > self.newest):
            self.newest = newest
        is_higher = high_water is not None and (self.high_water is None or high_water > self.high_water)
        if high_water is not None and is_higher and not _is_later(high_water, self._until):
            self.high_water = high_water
        self._spool.add(payload.payload_id, record, line)

    def finish(self) -> None:
        """No more payloads come: close the files and settle what the records add up to. Raises OSError."""
        if self.parts is not None:
            try:
                self.parts.close()
                self._weigh(self.parts)
            except BadCsv as error:
                self.malformed.append(str(error))
        self._archived()
        self._warc.finish()
        self._spool.finish()

    def _weigh(self, parts: CsvParts) -> None:
        """Measure, for the checks, records that never passed through Python."""
        self.records, self.fields, self.digest = parts.records, parts.fields, parts.digest
        self.counted.update({"records": parts.records, "rows": parts.records + self.rows_beside})
        if field := self.dataset.high_water_field:
            self.high_water = parts.greatest(field, until=self._until)
        if (field := self.dataset.content_newest_field) and (newest := parts.greatest(field)):
            self.newest = _day(newest)

    @cached_property
    def _until(self) -> str:
        """The last day that a high water may name, ISO; a later one would hide every change before it."""
        when = self.retrieved_at or self.first_retrieved or datetime.now(UTC)
        return (when + timedelta(days=1)).date().isoformat()

    def records_paths(self) -> list[Path]:
        """The Parquet files with the records, once they are written."""
        if self.parts is not None and self.parts.records:
            return self.parts.paths()
        return [self.folder / RECORDS_FILE]

    def write_records(self, capture_id: str) -> None:
        """Write records.parquet, or have the disk write the parts that hold the records already."""
        if self.parts is not None and self.parts.records:
            self._spool.delete()
            for path in self.parts.paths():
                sync(path)
            files.sync_folder(self.folder / PARTS_FOLDER)
        else:
            self._spool.to_parquet(self.folder / RECORDS_FILE, capture_id, list(self.fields))

    def close(self) -> None:
        """Close every file, even if the disk refuses what was still to be written."""
        self._archiver.shutdown()
        if self.parts is not None:
            self.parts.discard()
        self._warc.discard()
        self._spool.discard()


def _must_be_text(head: bytes) -> None:
    """Raise Unreadable if something else came in place of a CSV or a zip of them, saying what."""
    if kinds.kind(head):
        raise Unreadable(kinds.instead(head, "a CSV or a zip of CSV files"))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            yield piece


def _is_later(high_water: str, day: str) -> bool:
    """Whether a high water begins with a date after a day; one of another form is no date."""
    return re.match(r"\d{4}-\d{2}-\d{2}", high_water) is not None and high_water[:10] > day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _short_digest(dataset: Dataset, slice_: Slice, kind: Kind, digest: str) -> str:
    return hashlib.sha256("\x1f".join((dataset.id, slice_.key, kind, digest)).encode()).hexdigest()[:10]


def free_id(folder: Path, when: datetime, dataset: Dataset, slice_: Slice, kind: Kind, digest: str) -> str:
    """The capture's id: its time and ten hex digits of its content.

    A rejected capture keeps its id. The same content, if it is accepted later, gets another one.
    """
    for again in count(1):
        short = _short_digest(dataset, slice_, kind, digest if again == 1 else f"{digest} {again}")
        capture_id = f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-{short}"
        file = folder / capture_id / CAPTURE_FILE
        if not file.exists() or not _is_rejected(file):
            return capture_id
    raise AssertionError("count ends")


def _is_rejected(file: Path) -> bool:
    try:
        data = json.loads(file.read_bytes())
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("status") == "rejected"
