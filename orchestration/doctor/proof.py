"""Verifying a release from its captures: `clawback doctor --deep`.

What belongs here: recomputing every digest, parsing every record again from its payload, and rebuilding the release
from its captures; also adopting captures that somebody copied into the folder, once they are verified. What does not:
the quick check (examination), the repair itself.

No earlier result is reused: every file is hashed and compared as it is on disk now. Memory does not grow with the
captures; the rebuild needs disk space for one more build file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration import __version__, files, sources
from orchestration.doctor.examination import Observation
from orchestration.engine.on_duckdb import OnDuckDB
from orchestration.landing import integrity, proving, raw_views, recut, register
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import CAPTURE_FILE, Capture
from orchestration.progress import say
from orchestration.release import dbt_manifest, history, layout, row_hashes, seal
from orchestration.release.dbt_manifest import dbt_environment
from orchestration.release.history import Release
from orchestration.release.own_tables import RELEASE_TABLES
from orchestration.settings import DBT_PROJECT_DIR, Edition, Settings

# A rebuild that takes longer is broken off, and says so.
LONGEST_REBUILD = 4 * 3600
_SAID_EVERY = 5.0


def prove(settings: Settings, release_id: str | None = None) -> Iterator[Observation]:
    """Prove one release, by default the current one. Each finding says what was proved, or what is wrong and how
    to fix it.

    Raises history.NoSuchRelease and history.DamagedRelease where there is no release to prove.
    """
    release = history.find(settings, release_id) if release_id else history.last_release(settings)
    if release is None:
        raise history.NoSuchRelease("nothing is published: clawback refresh")
    say(f"proving release {release.id}")
    yield from _sums(settings, release)
    say("hashing every capture")
    among = set(release.known) if release.known else None
    catalog = Catalog(
        settings.landing_dir,
        as_of=release.as_of,
        edition=_edition(release),
        among=among,
        until=release.read_at,
        trust=False,
    )
    is_whole = True
    for finding in _captures(settings, release, catalog):
        is_whole = is_whole and finding.state != "bad"
        yield finding
    for finding in cut_anew(catalog):
        is_whole = is_whole and finding.state != "bad"
        yield finding
    yield _conserved(release)
    yield from _rebuilt(settings, release, catalog, is_whole)


def _edition(release: Release) -> Edition:
    return "live" if release.edition == "live" else "recorded"


def _sums(settings: Settings, release: Release) -> Iterator[Observation]:
    folder = release.path.parent
    if wrong := seal.damage_of(settings, folder):
        more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        out = "clawback rollback to another release, or restore it from a backup"
        yield Observation("sums", "bad", f"release {release.id}: {'; '.join(wrong[:10])}{more}; {out}")
        return
    how = f"and these {seal.REGISTER_FILE}" if seal.is_covered(settings, release.id) else "which nothing covers"
    yield Observation("sums", "ok", f"release {release.id}: every file has the digest in {seal.SUMS_FILE}, {how}")


def _captures(settings: Settings, release: Release, catalog: Catalog) -> Iterator[Observation]:
    """Every file of every capture against capture.json, and capture.json against the register and the release."""
    for damaged in catalog.damaged():
        yield Observation("damaged capture", "bad", damaged.line())
    there, damaged_ids = catalog.digests(), {one.capture_id for one in catalog.damaged()}
    if not release.known:
        says = f"release {release.id} was made by an earlier version and names no digests of its captures"
        yield Observation("captures", "note", f"{says}: what serves is proved for itself, not as what it was made of")
    for name in sorted(release.known.keys() - there.keys() - damaged_ids):
        says = f"{name}, of which release {release.id} was made, is gone from {settings.landing_dir}"
        yield Observation("gone capture", "bad", f"{says}; restore it from a backup")
    for name in sorted(release.known.keys() & there.keys()):
        if release.known[name] != there[name]:
            says = f"{name} is not the one that release {release.id} was made of: its capture.json is another"
            yield Observation(
                "other capture", "bad", f"{says}; it was landed anew, or forged with its digests: clawback trace"
            )
    covered = sum(capture.format_version > 1 for capture in catalog.captures())
    uncovered = len(there) - covered
    yield Observation("captures", "ok", f"{covered:,} captures: every file has the digest that it was landed with")
    if uncovered:
        says = f"{uncovered:,} captures of an earlier version carry no digests: only their payloads are proved, below"
        yield Observation("captures", "note", says)


def cut_anew(catalog: Catalog) -> Iterator[Observation]:
    """Every payload's digest against the WARC, and every record parsed again from it."""
    captures = catalog.captures()
    payloads = records = 0
    not_cut: list[str] = []
    wrong = 0
    last_message = time.monotonic()
    for number, capture in enumerate(captures, 1):
        if time.monotonic() - last_message > _SAID_EVERY:
            last_message = time.monotonic()
            say(f"  {number:,} of {len(captures):,} captures cut anew, {records:,} records")
        dataset = sources.DATASETS.get(capture.dataset_id)
        try:
            for entry in capture.payloads:
                recut.payload_of(catalog.folder(capture), entry)
                payloads += 1
            # a rejected capture is never read, and may be one that cannot be parsed
            if dataset is None or capture.status == "rejected":
                continue
            difference = proving.difference(catalog, dataset, capture)
            records += capture.records
        except recut.NotThere as gone:
            if capture.format_version == 1 and "cannot be cut" in str(gone):
                not_cut.append(capture.capture_id)
                continue
            difference = str(gone)
        if difference:
            wrong += 1
            yield _not_the_payloads(capture, difference)
    if not_cut:
        some = ", ".join(not_cut[:3])
        says = (
            f"{len(not_cut):,} captures of an earlier version do not record the request ({some}): their payloads match"
        )
        yield Observation("records", "note", f"{says} their digests, their records were not parsed again")
    if not wrong:
        yield Observation("payloads", "ok", f"{payloads:,} payloads have the digest that was recorded when they came")
        yield Observation("records", "ok", f"{records:,} records were cut anew from them, the same in every field")


def adopt(settings: Settings) -> Iterator[Observation]:
    """Enter the captures that stand in no register (put there by hand, or the register is lost), once they are proved.

    One whose records are not what its payloads say, or whose payloads are gone, is not entered.
    """
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition, trust=False)
    for unknown in [one for one in catalog.damaged() if one.is_only_unknown]:
        capture = Capture.model_validate_json((unknown.folder / CAPTURE_FILE).read_bytes())
        wrong = proving.unproved(catalog, capture)
        name = f"{capture.dataset_id} {capture.capture_id}"
        if wrong:
            yield Observation("not adopted", "bad", f"{name}: {wrong}; move it out of {settings.landing_dir}")
            continue
        register.enter(unknown.folder.parent, capture.capture_id, integrity.sha256_of(unknown.folder / CAPTURE_FILE))
        yield Observation("adopted", "ok", f"{name}: {capture.records:,} records are what its payloads say")


def _not_the_payloads(capture: Capture, difference: str) -> Observation:
    where = f"{capture.dataset_id} {capture.capture_id}"
    if capture.software != __version__:
        says = f"{where} was cut by version {capture.software}; today's parser ({__version__}) differs: {difference}"
        return Observation("records", "note", f"{says}; prove it with that version")
    says = f"{where}: its records are not what its payloads say: {difference}"
    return Observation("records", "bad", f"{says}; {integrity.WAY_OUT}")


def _conserved(release: Release) -> Observation:
    """Every record that the release read is staged, quarantined, a duplicate or superseded."""
    with layout.opened(release.path) as connection:
        lost = connection.execute(
            "with captured as (select dataset, sum(records) as records from meta.capture"
            " where status = 'accepted' group by all),"
            " kept as (select dataset, sum(records) as records from meta.record_fate group by all)"
            " select dataset, captured.records, coalesce(kept.records, 0) from captured left join kept using (dataset)"
            " where captured.records <> coalesce(kept.records, 0) order by all"
        ).fetchall()
        (records,) = connection.execute("select sum(records) from meta.record_fate").fetchone() or (0,)
    if lost:
        losses = "; ".join(f"{dataset}: {n:,} captured, {m:,} accounted for" for dataset, n, m in lost)
        return Observation(
            "conservation", "bad", f"release {release.id} lost records: {losses}; clawback refresh --force"
        )
    return Observation(
        "conservation", "ok", f"all {records or 0:,} records are staged, quarantined, repeated or superseded"
    )


def _rebuilt(settings: Settings, release: Release, catalog: Catalog, is_whole: bool) -> Iterator[Observation]:
    """The release built again from the captures that it knew: equal row hashes, table by table."""
    if not release.known or release.read_at is None:
        says = f"not rebuilt: release {release.id} was made by an earlier version and does not name all that it knew"
        yield Observation("rebuild", "note", f"{says}; the next release does")
        return
    if release.code_digest != history.code_digest():
        says = f"not rebuilt: release {release.id} was built by other code (version {release.software})"
        yield Observation(
            "rebuild", "note", f"{says}; prove it with that version, or make one with this: clawback refresh"
        )
        return
    say("rebuilding the release as of its moment")
    folder = _room(settings)
    try:
        made = Settings(home=folder, landing=settings.landing_dir, edition=_edition(release))
        broken = build(settings, made, catalog)
        if broken:
            yield Observation("rebuild", "bad", f"the rebuild failed: {broken}")
            return
        digits = 0 if release.engine == "duckdb" else row_hashes.DIGITS_BETWEEN_ENGINES
        tables, differ = compared(release.path, made.build_file, digits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not differ:
        exactly = f"to {digits} digits of {release.engine}'s doubles" if digits else "to the last bit"
        says = f"release {release.id} was rebuilt from its captures: {tables} tables are equal {exactly}"
        yield Observation("rebuild", "ok", says)
        return
    more = f" and {len(differ) - 10} more" if len(differ) > 10 else ""
    why = (
        "fix what is bad above first"
        if not is_whole
        else "its figures do not follow from its captures: do not print them"
    )
    yield Observation(
        "rebuild", "bad", f"the rebuild differs in {', '.join(differ[:10])}{more}; {why}; clawback refresh --force"
    )


def _room(settings: Settings) -> Path:
    """A folder to build in: in the home, where a killed proof's is swept; elsewhere, where the home is read-only."""
    folder = settings.root / files.unfinished_name()
    try:
        folder.mkdir()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="clawback-proof-"))
    return folder


def compared(published: Path, rebuilt: Path, digits: int = 0) -> tuple[int, list[str]]:
    """How many tables of a build a release contains, and those whose rows differ, with their numbers.

    digits: as in row_hashes.of_file.

    What only a publication fills (RELEASE_TABLES) is left out.
    """
    hashes = []
    for path in (published, rebuilt):
        with layout.opened(path) as connection:
            found = row_hashes.of_connection(connection, layout.PUBLISHED_SCHEMAS, digits)
        hashes.append(
            {table: row_hash for table, row_hash in found.items() if table.removeprefix("meta.") not in RELEASE_TABLES}
        )
    first, again = hashes
    differ = [
        f"{table} ({_rows(first.get(table))} published, {_rows(again.get(table))} rebuilt)"
        for table in sorted(first.keys() | again.keys())
        if first.get(table) != again.get(table)
    ]
    return len(first), differ


def build(settings: Settings, made: Settings, catalog: Catalog) -> str | None:
    """Raw views and every model, without tests, into another home's build file; what went wrong, else None."""
    made.dbt_target_dir.mkdir(parents=True)
    partial = dbt_manifest.partial_parse(settings)
    if partial.exists():
        shutil.copy2(partial, made.dbt_target_dir / partial.name)
    with duckdb.connect(str(made.build_file)) as connection:
        raw_views.create(connection, catalog, list(sources.DATASETS.values()))
    command = [
        *OnDuckDB().program(), "build", "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR),
        "--target-path", str(made.dbt_target_dir), "--quiet",
        "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **dbt_environment(made)},
            cwd=made.build_dir,
            capture_output=True,
            text=True,
            timeout=LONGEST_REBUILD,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {LONGEST_REBUILD // 3600} hours"
    if done.returncode:
        last = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-5:]
        return " / ".join(last) or f"dbt ended with {done.returncode}"
    return None


def _rows(row_hash: str | None) -> str:
    return f"{row_hash.partition(':')[0]} rows" if row_hash else "none"
