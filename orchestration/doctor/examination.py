"""A quick check of this installation: what is right, what is wrong, and how to fix it.

What belongs here: checking settings, keys, landing folder and releases. What does not: the repair itself, and verifying
a release from its captures (proof).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestration import sources
from orchestration.councils.register import councils
from orchestration.landing import integrity, object_storage
from orchestration.landing.bucket import CannotKeep
from orchestration.landing.catalog import Catalog
from orchestration.release import accepted, history, seal
from orchestration.settings import Settings, legistar_token_name

# A build needs the candidate, its spill and one more release beside the old one.
LEAST_FREE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Observation:
    """One thing that was checked. state: ok, note (works, worth knowing), bad (must be fixed)."""

    what: str
    state: Literal["ok", "note", "bad"]
    says: str


def examine(settings: Settings) -> list[Observation]:
    """Everything worth looking at, in the order in which a figure travels."""
    return [
        *_safely("machine", _machine, settings),
        *_safely("keys", _keys, settings),
        *_safely("landing", _landing, settings),
        *_safely("object storage", _object_storage, settings),
        *_safely("published", _published, settings),
        *_safely("accepted", _accepted, settings),
    ]


def _safely(what: str, look: Callable[[Settings], Iterator[Observation]], settings: Settings) -> Iterator[Observation]:
    """The observations of one check; if the check itself fails, that is one too."""
    try:
        yield from look(settings)
    except OSError as error:
        named = error.filename or settings.root
        yield Observation(
            what, "bad", f"{named} cannot be read: {error.strerror or error}; fix its permissions or restore it"
        )
    except (
        Exception
    ) as error:  # a home may be broken in ways that nobody thought of, and the rest is still worth saying
        yield Observation(what, "bad", f"cannot be examined ({type(error).__name__}: {error}): restore {settings.root}")


def _machine(settings: Settings) -> Iterator[Observation]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Observation("python", "ok" if sys.version_info >= (3, 11) else "bad", version)
    home = settings.root
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(existing, os.W_OK)
    yield Observation(
        "home", "ok" if writable else "bad", f"{home}" if writable else f"{home} cannot be written: set CLAWBACK_HOME"
    )
    free = shutil.disk_usage(existing).free
    enough = free >= LEAST_FREE_BYTES
    yield Observation("disk", "ok" if enough else "note", f"{free / 1024**3:.1f} GiB free")
    yield Observation("edition", "ok", settings.edition)


def _keys(settings: Settings) -> Iterator[Observation]:
    if settings.contact:
        yield Observation("contact", "ok", settings.contact)
    else:
        yield Observation("contact", "note", "CLAWBACK_CONTACT is empty: --live needs an address to give to publishers")
    for dataset in sources.DATASETS.values():
        if dataset.needs_key is None:
            continue
        name = dataset.needs_key.upper()
        if getattr(settings, dataset.needs_key) is None:
            yield Observation(name, "note", f"not set: {dataset.id} is skipped in live refreshes")
        else:
            yield Observation(name, "ok", f"set, for {dataset.id}")
    for council in councils("legistar"):
        if council.access == "token":
            token, name = settings.legistar_token(council.client), legistar_token_name(council.client)
            skipped = f"not set: legistar's {council.client} is skipped in live refreshes (its files can be imported)"
            yield Observation(name, "ok" if token else "note", f"set, for {council.client}" if token else skipped)


def _landing(settings: Settings) -> Iterator[Observation]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    captures = catalog.captures()
    rejected = [capture for capture in captures if capture.status == "rejected"]
    yield Observation("landing", "ok" if captures else "note", f"{len(captures)} captures in {settings.landing_dir}")
    if captures:
        yield Observation("digests", "ok", catalog.checked_line())
    for damaged in catalog.damaged():
        yield Observation("damaged capture", "bad", damaged.line())
    if uncovered := sum(capture.format_version == 1 for capture in captures):
        says = (
            f"{uncovered} captures of an earlier version carry no digests: clawback doctor --deep proves them by WARC"
        )
        yield Observation("digests", "note", says)
    yield from _not_ours(settings)
    for capture in rejected:
        failed = "; ".join(check.detail for check in capture.checks if not check.passed)
        where = f"{capture.source}/{capture.dataset} {capture.slice} ({capture.capture_id})"
        yield Observation("rejected capture", "note", f"{where}: {failed}")
    for dataset in sources.DATASETS.values():
        for capture_id, reason in catalog.on_hold(dataset).items():
            yield Observation("held capture", "note", f"{dataset.id} ({capture_id}): {reason}")
    for dataset in sources.DATASETS.values():
        status = catalog.status(dataset)
        # what was never captured and never requested is no fault: the recorded edition lacks some
        if status.why or status.too_old:
            yield Observation("source", "bad" if status.too_old else "note", status.line())
    yield from _made_of(settings, catalog)


def _object_storage(settings: Settings) -> Iterator[Observation]:
    """The bucket as it is now, where CLAWBACK_LANDING names one; it is listed, and nothing is read from it or put."""
    try:
        if (storage := object_storage.of(settings)) is not None:
            for is_right, says in storage.observations():
                yield Observation("object storage", "ok" if is_right else "note", says)
    except CannotKeep as wrong:
        yield Observation("object storage", "bad", str(wrong))


def _not_ours(settings: Settings) -> Iterator[Observation]:
    """Things in the landing folder that are not captures: never read, and perhaps captures that were renamed."""
    landing = settings.landing_dir
    publishers = {dataset.source for dataset in sources.DATASETS.values()}
    for path in sorted(landing.glob("[!.]*")):
        if path.name not in publishers:
            yield _foreign(settings, path, "no publisher's folder")
    for path in sorted(landing.glob("[!.]*/[!.]*")):
        if path.parent.name in publishers and f"{path.parent.name}/{path.name}" not in sources.DATASETS:
            yield _foreign(settings, path, "no dataset's folder")
    for path in sorted(landing.glob("[!.]*/[!.]*/*")):
        if f"{path.parts[-3]}/{path.parts[-2]}" not in sources.DATASETS:
            continue
        if path.name.startswith(integrity.SET_ASIDE):
            says = f"{path.relative_to(landing)} was damaged and has been landed anew: delete it once it is understood"
            yield Observation("set aside", "note", says)
        elif not path.name.startswith(".") and path.is_dir() and integrity.is_foreign(path):
            yield _foreign(settings, path, "no capture")


def _foreign(settings: Settings, path: Path, what: str) -> Observation:
    name = path.relative_to(settings.landing_dir)
    return Observation("not ours", "note", f"{name} is {what}: it is not read; move it out of {settings.landing_dir}")


def _made_of(settings: Settings, catalog: Catalog) -> Iterator[Observation]:
    """Captures of the serving release that are gone or have changed since it was made."""
    try:
        last = history.last_release(settings)
    except history.DamagedRelease:
        # reported where releases are checked
        return
    if last is None:
        return
    there, damaged = catalog.digests(), {one.capture_id for one in catalog.damaged()}
    gone = sorted(last.known.keys() - there.keys() - damaged)
    if gone:
        some = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
        says = f"release {last.id} was made of captures that are gone from {settings.landing_dir}: {some}"
        yield Observation("gone captures", "bad", f"{says}; restore them from a backup")
    rewritten = catalog.rewritten(last.known)
    if rewritten:
        yield Observation("rewritten captures", "bad", history.rewritten_line(last, rewritten))
    anew = sorted(name for name in last.known.keys() & there.keys() if last.known[name] != there[name])
    anew = [name for name in anew if name not in rewritten]
    if anew:
        some = ", ".join(anew[:3]) + (f" and {len(anew) - 3} more" if len(anew) > 3 else "")
        says = f"landed anew since release {last.id} was made of them: {some}; clawback refresh"
        yield Observation("captures landed anew", "note", says)


def _accepted(settings: Settings) -> Iterator[Observation]:
    for one in accepted.standing(settings):
        yield Observation("accepted", "note", one.line())


def _published(settings: Settings) -> Iterator[Observation]:
    kept = {release.id: release for release in history.releases(settings)}
    yield from _serving(settings, kept)
    entered = seal.entered(settings)
    for folder in sorted(settings.releases_dir.glob("[!.]*")):
        wrong = seal.damage_of(settings, folder, trust=True) if folder.is_dir() else ["it is no folder"]
        release = kept.get(folder.name)
        if release is not None and release.read_at is not None and folder.name not in entered:
            wrong.append(f"it is not in {seal.REGISTER_FILE}: nothing covers its sums")
        wrong += history.followed_otherwise(kept.values(), folder)
        serves = release is not None and release.serves
        if wrong:
            more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            out = "clawback rollback to another release, or restore it" if serves else "restore it, or move it away"
            yield Observation(
                "published" if serves else "release", "bad",
                f"{folder.name}: not what was published: {'; '.join(wrong[:5])}{more}; {out}",
            )  # fmt: skip
            continue
        if serves:
            yield Observation("published", "ok", f"release {folder.name}, every file as released")
        if folder.name not in entered:
            says = f"{folder.name} was made by an earlier version: nothing covers its {seal.SUMS_FILE}"
            yield Observation("release", "note", f"{says}; the next refresh makes one that is covered")
        elif writable := seal.is_writable(folder):
            yield Observation("release", "note", f"{writable[0]} can be written: chmod -R a-w {folder}")


def _serving(settings: Settings, kept: dict[str, history.Release]) -> Iterator[Observation]:
    """The link that readers follow."""
    link, others = settings.published_dir, ", ".join(kept)
    way_out = f"clawback rollback to one of {others}" if others else "clawback refresh"
    if not link.is_symlink():
        if link.exists():
            yield Observation("published", "bad", f"{link} is no link to a release: move it away, then {way_out}")
        else:
            yield Observation(
                "published", "note", "nothing yet: clawback refresh" if not kept else f"no link: {way_out}"
            )
    elif not link.exists():
        yield Observation("published", "bad", f"{link} leads to {link.readlink()}, which is gone: {way_out}")
    elif link.resolve().parent != settings.releases_dir.resolve():
        yield Observation("published", "bad", f"{link} leads to {link.resolve()}, which is no release: {way_out}")
    elif link.resolve().name not in kept:
        says = f"{link.resolve().name}: its {history.RELEASE_FILE} cannot be read: {way_out}"
        yield Observation("published", "bad", says)
