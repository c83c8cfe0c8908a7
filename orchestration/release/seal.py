"""Whether a release is unchanged since it was published.

What belongs here: SHA256SUMS, the register of releases that covers it, the file modes that keep readers from writing,
and checking all of these. What does not: making a release (publish), verifying its figures (doctor.proof).

``releases.jsonl`` is stored beside releases/ and is only ever appended to: one line for each release with the sha256 of
its SHA256SUMS, written before the release appears. release.json also names the sums of the previous release. So if
somebody changes a file and recomputes its sums, or changes the register, the check notices.
"""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from orchestration import files
from orchestration.landing.integrity import Remembered, sha256_of
from orchestration.settings import Settings

SUMS_FILE, REGISTER_FILE, VERIFIED_FILE = "SHA256SUMS", "releases.jsonl", ".verified.json"
_READ_ONLY_FILE, _READ_ONLY_FOLDER = 0o444, 0o555


def make_sums(folder: Path) -> str:
    """Write SHA256SUMS over every file of a release, have the disk take all of it, and give the sums' own sha256."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        lines.append(f"{digest}  {path.relative_to(folder)}\n")
    files.write_whole(folder / SUMS_FILE, "".join(lines))
    for inside in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        files.sync_folder(inside)
    return sha256_of(folder / SUMS_FILE)


def protect(folder: Path) -> None:
    """Take the right to write from everything in a release: files 0444, folders 0555 (files.remove_tree deletes it)."""
    for inside, _, names in os.walk(folder, topdown=False):
        for name in names:
            os.chmod(os.path.join(inside, name), _READ_ONLY_FILE)
        os.chmod(inside, _READ_ONLY_FOLDER)


def enter(settings: Settings, release_id: str, sums: str) -> None:
    """Enter a release that is about to appear. Raises files.CannotWrite."""
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    files.append_line(settings.root / REGISTER_FILE, {"release": release_id, "sha256sums": sums, "entered_at": at})


def leave(settings: Settings, release_id: str) -> None:
    """Note that a release is about to be deleted (running.prune). Its entry stays. Raises files.CannotWrite."""
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    files.append_line(settings.root / REGISTER_FILE, {"deleted": release_id, "deleted_at": at})


def entered(settings: Settings) -> dict[str, str]:
    """Every release with the sha256 of its SHA256SUMS; of one that was entered twice the last (a crash between)."""
    lines = files.read_lines(settings.root / REGISTER_FILE).values
    return {str(line["release"]): str(line.get("sha256sums")) for line in lines if "release" in line}


def deleted(settings: Settings) -> set[str]:
    """The ids of the releases that were deleted to give space back: they are not given again."""
    lines = files.read_lines(settings.root / REGISTER_FILE).values
    return {str(line["deleted"]) for line in lines if "deleted" in line}


def sums_of(folder: Path) -> str | None:
    """The sha256 of a release's SHA256SUMS; None if it has none."""
    path = folder / SUMS_FILE
    return sha256_of(path) if path.is_file() else None


def listed(folder: Path) -> dict[str, str]:
    """The sha256 of each file of a release as it was published; {} where its sums are missing or altered."""
    return _sums(folder, []) or {}


def damage_of(settings: Settings, folder: Path, *, trust: bool = False) -> list[str]:
    """What is no longer as it was published in a release's folder; [] where all is.

    trust: files that have not changed since they were hashed are not hashed again.
    """
    found: list[str] = []
    expected = _sums(folder, found)
    if expected is None:
        return found
    own = sums_of(folder)
    registered = entered(settings).get(folder.name)
    if registered is not None and registered != own:
        found.append(f"{SUMS_FILE} is not the one that was published: its sums were recomputed")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SUMS_FILE}
    found += [f"{name} is missing" for name in sorted(expected.keys() - there)]
    found += [f"{name} was added" for name in sorted(there - expected.keys())]
    present = {name: digest for name, digest in expected.items() if name in there}
    stamp = {name: _stamp(folder / name) for name in (*present, SUMS_FILE)}
    remembered = Remembered(settings.releases_dir / VERIFIED_FILE)
    if trust and remembered.holds(folder.name, stamp, own or ""):
        return found
    changed = [name for name, digest in sorted(present.items()) if _digest(folder / name) != digest]
    found += [f"{name} changed" for name in changed]
    if not found:
        remembered.add(folder.name, stamp, own or "")
    return found


def is_covered(settings: Settings, release_id: str) -> bool:
    """Whether the register contains the release; releases of an earlier version are in none."""
    return release_id in entered(settings)


def is_writable(folder: Path) -> list[str]:
    """Files and folders of a release that somebody may write, by their modes."""
    paths = [folder, *folder.rglob("*")]
    any_write = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    return [str(path.relative_to(folder.parent)) for path in paths if path.lstat().st_mode & any_write]


def _sums(folder: Path, found: list[str]) -> dict[str, str] | None:
    try:
        text = (folder / SUMS_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        found.append(f"{SUMS_FILE} is missing or cannot be read")
        return None
    expected = {}
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or name.startswith("/") or ".." in Path(name).parts:
            found.append(f"{SUMS_FILE} is cut short or altered")
            return None
        expected[name] = digest
    return expected


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
