"""What is right and wrong with this installation.

What belongs here: looking, and saying the way out. What does not: mending.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from orchestration import sources
from orchestration.councils import councils
from orchestration.landing.catalog import Catalog
from orchestration.settings import Settings, legistar_token_name

# A build needs the candidate, its spill and one more release beside the old one.
LEAST_FREE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. state: ok, note (works, worth knowing), bad (mend it)."""

    what: str
    state: Literal["ok", "note", "bad"]
    says: str


def examine(settings: Settings) -> list[Finding]:
    """Everything worth looking at, in the order in which a figure travels."""
    return [
        *_machine(settings),
        *_keys(settings),
        *_landing(settings),
        *_published(settings),
    ]


def _machine(settings: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok" if sys.version_info >= (3, 11) else "bad", version)
    home = settings.root
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(existing, os.W_OK)
    yield Finding(
        "home", "ok" if writable else "bad", f"{home}" if writable else f"{home} cannot be written: set CLAWBACK_HOME"
    )
    free = shutil.disk_usage(existing).free
    enough = free >= LEAST_FREE_BYTES
    yield Finding("disk", "ok" if enough else "note", f"{free / 1024**3:.1f} GiB free")
    yield Finding("edition", "ok", settings.edition)


def _keys(settings: Settings) -> Iterator[Finding]:
    if settings.contact:
        yield Finding("contact", "ok", settings.contact)
    else:
        yield Finding("contact", "note", "CLAWBACK_CONTACT is empty: --live needs an address to give to publishers")
    for dataset in sources.DATASETS.values():
        if dataset.needs_key is None:
            continue
        name = dataset.needs_key.upper()
        if getattr(settings, dataset.needs_key) is None:
            yield Finding(name, "note", f"not set: {dataset.id} is skipped in live refreshes")
        else:
            yield Finding(name, "ok", f"set, for {dataset.id}")
    for council in councils("legistar"):
        if council.access == "token":
            token, name = settings.legistar_token(council.client), legistar_token_name(council.client)
            skipped = f"not set: legistar's {council.client} is skipped in live refreshes (its files can be imported)"
            yield Finding(name, "ok" if token else "note", f"set, for {council.client}" if token else skipped)


def _landing(settings: Settings) -> Iterator[Finding]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    captures = catalog.captures()
    rejected = [capture for capture in captures if capture.status == "rejected"]
    yield Finding("landing", "ok" if captures else "note", f"{len(captures)} captures in {settings.landing_dir}")
    for capture in rejected:
        failed = "; ".join(check.detail for check in capture.checks if not check.passed)
        where = f"{capture.source}/{capture.dataset} {capture.slice} ({capture.capture_id})"
        yield Finding("rejected capture", "note", f"{where}: {failed}")
    for dataset in sources.DATASETS.values():
        for capture_id, reason in catalog.held(dataset).items():
            yield Finding("held capture", "note", f"{dataset.id} ({capture_id}): {reason}")
    for dataset in sources.DATASETS.values():
        told = catalog.status(dataset)
        # what was never captured and never asked for is no fault: the recorded edition lacks some
        if told.why or told.too_old:
            yield Finding("source", "bad" if told.too_old else "note", told.line())


def _published(settings: Settings) -> Iterator[Finding]:
    link = settings.published_dir
    if not link.is_symlink():
        yield Finding("published", "note", "nothing yet: clawback refresh")
        return
    folder = link.resolve()
    sums = folder / "SHA256SUMS"
    if not sums.exists():
        yield Finding("published", "bad", f"{folder} has no SHA256SUMS: clawback rollback to an earlier release")
        return
    changed = []
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        with (folder / name).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                changed.append(name)
    if changed:
        yield Finding(
            "published", "bad", f"{folder.name}: changed since release: {', '.join(changed)}; clawback rollback"
        )
    else:
        yield Finding("published", "ok", f"release {folder.name}, every file as released")
