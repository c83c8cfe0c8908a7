"""The register of captures: every capture written or adopted here, each with the sha256 of its capture.json.

What belongs here: adding a capture to the register, and reading it. What does not: whether the files of a capture match
its capture.json (integrity).

``captures.jsonl`` is stored beside a dataset's captures and is only ever appended to. A line is written before its
capture's folder appears, so every capture in place has one; after a crash between the two, a line may have no capture.
A capture that is written again has two lines.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from orchestration import files

REGISTER_FILE = "captures.jsonl"

# Read once while it stays the same file: a run looks up every capture of a dataset many times.
_read_before: dict[Path, tuple[tuple[int, int, int], dict[str, list[str]]]] = {}
_began: dict[tuple[Path, int], datetime] = {}


def enter(folder: Path, capture_id: str, digest: str, landed_at: datetime | None = None) -> None:
    """Enter a capture of a dataset's folder. digest: the sha256 of its capture.json. Raises files.CannotWrite.

    landed_at: when it lands; None for one that is adopted.
    """
    line = {
        "capture_id": capture_id,
        "sha256": digest,
        "entered_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
    if landed_at is not None:
        line["landed_at"] = landed_at.isoformat()
    files.append_line(folder / REGISTER_FILE, line)


def since(folder: Path) -> datetime | None:
    """When the first capture landed that was entered as it landed; None if none was."""
    path = folder / REGISTER_FILE
    try:
        # the first line stays the first as long as it is the same file
        known = (path, path.stat().st_ino)
    except OSError:
        return None
    for line in files.read_lines(path).values if known not in _began else ():
        with suppress(ValueError):
            _began[known] = datetime.fromisoformat(str(line.get("landed_at")))
            break
    return _began.get(known)


def entered(folder: Path) -> dict[str, list[str]]:
    """The digests that each capture of a dataset's folder was entered with, oldest first."""
    path = folder / REGISTER_FILE
    try:
        stat = path.stat()
    except OSError:
        return {}
    stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    if path in _read_before and _read_before[path][0] == stamp:
        return _read_before[path][1]
    found: dict[str, list[str]] = {}
    for line in files.read_lines(path).values:
        found.setdefault(str(line.get("capture_id")), []).append(str(line.get("sha256")))
    _read_before[path] = (stamp, found)
    return found
