"""The releases that are kept, and which one readers get.

What belongs here: reading release.json files. What does not: making a release (publish).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.release import layout, seal
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings

RELEASE_FILE = "release.json"
# What turns captures into a release, of our own packages.
_PACKAGES = ("councils", "declared", "engine", "forms", "landing", "reading", "release", "site", "sources")


class NoSuchRelease(Exception):
    """A release was named that is not kept."""


class DamagedRelease(Exception):
    """A release that is no longer what was published; says what is wrong and how to fix it."""


class Release(BaseModel):
    """release.json: what a release was made from and what it contains."""

    id: str
    # Its number among the releases of this home, from 1: their order, independent of the clock. 0: older than this.
    sequence: int = 0
    built_at: datetime
    run_id: str
    edition: str
    as_of: date | None
    # The engine that made its tables; releases from before there was a choice were made by DuckDB.
    engine: str = "duckdb"
    fingerprint: str
    code_digest: str
    software: str
    previous: str | None
    captures: list[str]
    # Every capture that the build knew, serving or not, with the sha256 of its capture.json; and when it looked.
    known: dict[str, str] = {}
    read_at: datetime | None = None
    # The sha256 of the previous release's SHA256SUMS.
    previous_sums: str | None = None
    # schema.table -> rows
    rows: dict[str, int]
    # schema.table -> rows more or fewer than in the previous release
    differences: dict[str, int]
    checks: dict[str, int]
    accepted: dict[str, str]
    # measure -> group -> [rows, sum] of the measures in sums.toml; "" is the whole
    sums: dict[str, dict[str, tuple[int, float]]] = {}
    # sha256 of the candidate that it was copied from
    candidate: str | None = None
    serves: bool = False
    folder: Path | None = None

    @property
    def path(self) -> Path:
        assert self.folder is not None
        return self.folder / layout.WAREHOUSE_FILE

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"captures", "known", "folder"})

    def line(self) -> str:
        """One line for people."""
        facts = sum(n for table, n in self.rows.items() if table.startswith("core.fct_"))
        asked = f", as of {self.as_of}" if self.as_of else ""
        marks = f"{'  <- serves' if self.serves else ''}"
        return f"{self.id}  {self.edition} edition{asked}, {len(self.captures)} captures, {facts:,} fact rows{marks}"


def releases(settings: Settings) -> list[Release]:
    """Every release kept whose release.json can be read, newest first: in the order in which they were made, not in
    that of the clock or of names.
    """
    # the home itself may be reached by a symlink
    serving = settings.published_dir.resolve() if settings.published_dir.is_symlink() else None
    found = []
    for path in settings.releases_dir.glob(f"*/{RELEASE_FILE}"):
        if path.parent.name.startswith("."):
            continue
        try:
            release = Release.model_validate_json(path.read_bytes())
        except (ValidationError, OSError):
            continue
        release.folder, release.serves = path.parent, path.parent.resolve() == serving
        found.append(release)
    return sorted(found, key=lambda r: (r.sequence, r.built_at, r.id), reverse=True)


def next_sequence(kept: list[Release]) -> int:
    """The sequence number of the next release. kept: those that there are."""
    return max((release.sequence for release in kept), default=0) + 1


def last_release(settings: Settings) -> Release | None:
    """The current release; None if nothing is published. Raises DamagedRelease if it cannot be read."""
    kept = releases(settings)
    serving = next((release for release in kept if release.serves), None)
    if serving is None and settings.published_dir.is_symlink():
        name = settings.published_dir.readlink().name
        others = ", ".join(release.id for release in kept if release.as_of is None)
        way_out = f"clawback rollback to one of {others}" if others else "clawback doctor"
        raise DamagedRelease(
            f"release {name}, which serves, is gone or its {RELEASE_FILE} cannot be read: restore it from a backup,"
            f" or {way_out}"
        )
    return serving


def comparable(settings: Settings, edition: str, as_of: date | None) -> Release | None:
    """The release with which a candidate of that edition and date is compared; None if there is none of the kind.

    It is the current one if that is of the kind (after a rollback it is not the newest), else the newest.
    """
    alike = [r for r in releases(settings) if (r.edition, r.as_of) == (edition, as_of)]
    return next((r for r in alike if r.serves), alike[0] if alike else None)


def followed_otherwise(kept: Iterable[Release], folder: Path) -> list[str]:
    """Whether the release made after one in a folder names other sums of it: what is wrong, in words, or nothing."""
    after = next((release for release in kept if release.previous == folder.name and release.previous_sums), None)
    if after is None or after.previous_sums == seal.sums_of(folder):
        return []
    return [f"its {seal.SUMS_FILE} is not the one that release {after.id} followed"]


def find(settings: Settings, release_id: str) -> Release:
    """The release of that id; raises NoSuchRelease with the ids there are."""
    names = {release.path.parent.name: release for release in releases(settings)}
    release = names.get(release_id)
    # a copy under another name is not the release, whatever its release.json says: nobody has compared it
    if release is None or release.id != release_id:
        raise NoSuchRelease(f"no release {release_id!r}; kept are: {', '.join(names) or 'none'}")
    return release


def rewritten_line(release: Release, names: Sequence[str]) -> str:
    """The message about captures of a release that were rewritten since (Catalog.rewritten)."""
    some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"release {release.id} was made of captures that were rewritten since, and no refresh or import landed what is"
        f" there now: {some}; a refresh reads them only if their payloads prove them: if not, restore their"
        " folders and captures.jsonl from a backup"
    )


def unchanged_since(settings: Settings, catalog: Catalog) -> str | None:
    """The id of the serving release where it was made of the same captures by the same code; else None."""
    last = last_release(settings)
    if last is None or last.as_of != catalog.as_of or last.code_digest != code_digest():
        return None
    same = last.fingerprint == catalog.fingerprint(list(sources.DATASETS.values()))
    return last.id if same else None


@cache
def code_digest() -> str:
    """A digest of everything that turns captures into a release: our code, and the versions that the lock pins."""
    digest = hashlib.sha256()
    package = PROJECT_ROOT / "orchestration"
    # descriptions, units and former names are published too, and so are the pages, with docs/ and the named questions
    files = [p for p in DBT_PROJECT_DIR.rglob("*") if p.suffix in (".sql", ".yml", ".csv", ".md", ".toml")]
    folders = [package / name for name in _PACKAGES]
    for folder in (*folders, PROJECT_ROOT / "docs", PROJECT_ROOT / "queries"):
        files += [p for p in folder.rglob("*") if p.is_file()]
    files += [package / "wire.py"]
    files += [lock for lock in (PROJECT_ROOT / "requirements.lock",) if lock.exists()]
    for path in sorted(files):
        if "__pycache__" in path.parts or "target" in path.parts or "logs" in path.parts:
            continue
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def dump(release: Release) -> str:
    return json.dumps(release.model_dump(mode="json", exclude={"serves", "folder"}), indent=2) + "\n"
