"""What a capture consists of: the names of its files, and the content of capture.json.

What belongs here: types and names that every reader and writer of the landing folder needs. What does not: reading a
capture's folder (integrity), writing one (writing, land), which captures are in use (serving).

    landing/<source>/<dataset>/<capture_id>/
        responses.warc.gz   one gzip member a record, ISO 28500
        records.parquet     every field as text, with _capture_id, _payload_id, _record_no
        records/*.parquet   the same in parts, if the dataset is tabular
        archive-N.zip       a bulk archive as it came; the WARC has its request and its digest
        capture.json        the Capture below, with the sha256 of each of these files
    landing/<source>/<dataset>/captures.jsonl   the sha256 of each capture.json (landing.register)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from orchestration import __version__
from orchestration.sources.base import Kind

# 2: capture.json carries the sha256 of every other file of the capture.
FORMAT_VERSION = 2
CAPTURE_FILE, RECORDS_FILE, WARC_FILE = "capture.json", "records.parquet", "responses.warc.gz"
PARTS_FOLDER = "records"
UNCHANGED_FILE = "unchanged.jsonl"

CaptureEdition = Literal["live", "recorded", "import"]


class PayloadEntry(BaseModel):
    """One payload of a capture, and its position in the WARC."""

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
    # Facts of the request that the answer does not repeat. The payload is parsed into the same records with them.
    context: dict[str, str] = {}
    # How many times the response repeated one of our keys: REDACTED replaces each, and the digest is of those bytes.
    redacted: int = 0


class FileEntry(BaseModel):
    """One file of a capture as it was landed."""

    path: str
    bytes: int
    sha256: str


class Check(BaseModel):
    """One check of a capture and what it found."""

    name: str
    passed: bool
    detail: str
    # Why a person let it pass though it failed (--accept); None if nobody had to.
    accepted_because: str | None = None

    def accepted(self, because: Mapping[str, str]) -> Check:
        """The same check, passed where it failed and is among those that a person accepts. because: name -> reason."""
        if self.passed or self.name not in because:
            return self
        reason = because[self.name]
        detail = f"{self.detail}; accepted because {reason}"
        return self.model_copy(update={"passed": True, "accepted_because": reason, "detail": detail})


class Capture(BaseModel):
    """capture.json: the request, the answer, the records parsed from it, and the checks that accept or reject it."""

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
    checks: list[Check]
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
        """The failed checks with their details; None if every check passed."""
        failed = [f"{check.name}: {check.detail}" for check in self.checks if not check.passed]
        return "; ".join(failed) or None
