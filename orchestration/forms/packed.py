"""gzip in memory, unpacked within the limits.

What belongs here: unpacking one gzip file. What does not: zip archives (archives).
"""

from __future__ import annotations

import gzip
import io
import zlib

from orchestration import limits
from orchestration.forms import Beyond, Unreadable

_PIECE = 1 << 20


def is_gzip(body: bytes) -> bool:
    return body[:2] == b"\x1f\x8b"


def gunzip(body: bytes) -> bytes:
    """The content of a gzip file, all its members. Raises Unreadable if it is broken or swells beyond the limits."""
    bounds = limits.current()
    out = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            while piece := stream.read(_PIECE):
                out.write(piece)
                if out.tell() > bounds.body_bytes:
                    raise Beyond("body_bytes", f"the gzip file unpacks to more than {bounds.body_bytes:,} bytes")
                if out.tell() > _PIECE and out.tell() > bounds.ratio * len(body):
                    raise Beyond("ratio", f"the gzip file unpacks to {out.tell() / len(body):,.0f} to 1 and more")
    except (OSError, EOFError, zlib.error) as error:
        reason = "its checksum is wrong" if "CRC" in str(error) else str(error)
        raise Unreadable(f"not a whole gzip file: {reason}") from error
    return out.getvalue()
