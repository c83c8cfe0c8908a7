"""The WARC file of a capture: writing its records, and reading one back.

What belongs here: everything that depends on the format (warcio writes and reads records, isal compresses them). What
does not: what follows from a record that cannot be read (recut, doctor.proof).
"""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from orchestration import __version__
from orchestration.landing.form import WARC_FILE
from orchestration.sources.base import Kind
from orchestration.wire import FilePayload, Payload

# warcio's own gzip runs at level 9 (9 MB/s measured); a member by isal is ten times faster.
_LEVEL = 2
_GZIP = 31


class GzipMember:
    """A file to write to; its content becomes one gzip member at the end of another file."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._compressor = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)

    def write(self, data: bytes) -> int:
        self._target.write(self._compressor.compress(data))
        return len(data)

    def flush(self) -> None:
        """Nothing: what is buffered is written at the end."""

    def close(self) -> None:
        """End the member; the file it stands in stays open."""
        self._target.write(self._compressor.flush())


class WarcFile:
    """A WARC that is being written: `request` and `response` for what was fetched, `resource` for anything else."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._kind = kind
        self._stream: BinaryIO = path.open("wb")
        self._writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1")
        self._member({"software": f"clawback/{__version__}", "format": "WARC File Format 1.1"}, None)

    def add(self, payload: Payload) -> int:
        """Append a payload, and its request if it was fetched; the offset of its first record in the file."""
        stamp = payload.retrieved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {"WARC-Date": stamp}
        if payload.redacted:
            # The standard has no field for it: in the body, this many occurrences of our keys are replaced by REDACTED.
            headers["WARC-Redacted-Secrets"] = str(payload.redacted)
        body = payload.body
        if isinstance(payload, FilePayload):
            # The bytes are in the file beside the WARC: its record says which, by digest and length.
            reference = {"archive": str(payload.path.name), "sha256": payload.sha256, "bytes": payload.size}
            body = json.dumps(reference).encode()
        if self._kind != "fetched":
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
        offset = self._stream.tell()
        member = GzipMember(self._stream)
        self._writer.out = member
        if info is not None:
            made = self._writer.create_warcinfo_record(WARC_FILE, info)
        else:
            assert record is not None
            kind, url, media_type, body, http, headers = record
            made = self._writer.create_warc_record(
                url,
                kind,
                payload=io.BytesIO(body),
                length=len(body),
                warc_content_type=media_type or "",
                warc_headers_dict=headers,
                http_headers=http,
            )
        self._writer.write_record(made)
        member.close()
        return offset

    def finish(self) -> None:
        """Write all that is buffered to the disk and close the file. Raises OSError if the disk refuses."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def discard(self) -> None:
        """Close the file, even if the disk refuses what was still to be written."""
        with suppress(OSError):
            self._stream.close()


def body_at(warc: Path, offset: int) -> bytes | None:
    """The body of the record at an offset in bytes; None if no readable record begins there."""
    try:
        with warc.open("rb") as stream:
            stream.seek(offset)
            return bytes(next(iter(ArchiveIterator(stream))).content_stream().read())
    except (OSError, ArchiveLoadFailed, EOFError, StopIteration, zlib.error):
        return None
