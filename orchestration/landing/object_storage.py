"""The landing folder on object storage: the bucket keeps the captures, the folder in the home is its working copy.

What belongs here: bringing what the bucket has into the working copy, putting what landed here into the bucket, and
refusing a bucket that is not what it was. What does not: asking the bucket (bucket), landing a capture (land).

    s3://BUCKET/PREFIX/<source>/<dataset>/
        <capture_id>/<first 16 hex digits of the sha256 of capture.json>/...   every other file of the capture
        <capture_id>/capture.json     put last: a capture without it is not there, whatever lies beside it
        ledger/<sha256>.jsonl         lines of captures.jsonl, unchanged.jsonl and attempts.jsonl, since the last put

Every object is put on the condition that there is none of its name (If-None-Match), and nothing is ever deleted: the
credentials need to list, get and put. Hosts that land at the same time take each other's captures and lines at their
next start; ledgers are sets of lines that carry their time, so the order in which they come does not matter.

``.object-storage.jsonl`` in the working copy remembers each object that was put or verified, with its ETag, and how far
each ledger was put. A lost one costs a comparison with the whole bucket.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from orchestration import files
from orchestration.landing import attempts, integrity, register
from orchestration.landing.bucket import Bucket, CannotKeep, Listing
from orchestration.landing.bucket_memory import BucketMemory
from orchestration.landing.form import CAPTURE_FILE, UNCHANGED_FILE, Capture
from orchestration.landing.records import sync
from orchestration.progress import say
from orchestration.settings import Settings
from orchestration.sources.base import Dataset

LEDGER_FOLDER = "ledger"
# The names that are ours: no other object is looked at, and none leads out of the working copy.
_OURS = re.compile(
    r"\w[\w-]*/\w[\w-]*/(ledger/[0-9a-f]{64}\.jsonl|\w[\w-]*/(capture\.json|[0-9a-f]{16}(/[\w-][\w.-]*){1,2}))"
)
LEDGERS = (register.REGISTER_FILE, UNCHANGED_FILE, attempts.ATTEMPTS_FILE)
_AT_ONCE = 8

Given = TypeVar("Given")


class ObjectStorage:
    """One bucket's landing prefix and its working copy. Every method raises CannotKeep, and CannotWrite of the disk."""

    def __init__(self, url: str, landing_dir: Path) -> None:
        self.url, self.landing_dir = url, landing_dir
        self._bucket = Bucket(url, landing_dir)
        self._memory = BucketMemory(landing_dir, url)

    def begin(self) -> None:
        """Bring what the bucket has and this host lacks, then put there what landed here and is not there yet."""
        listed = self.verified()
        self._bucket.must_know_conditions()
        if gone := self._memory.forget_others(listed):
            say(f"{self.url}: {len(gone):,} objects that were there are gone ({gone[0]}); they are put again")
        self._take_ledgers(listed)
        taken = self._take_captures(listed)
        put = sum(_each(self.keep_dataset, [path for path in self.landing_dir.glob("[!.]*/[!.]*") if path.is_dir()]))
        say(f"{self.url}: {taken:,} captures taken from there, {put:,} put there")

    def verified(self) -> Listing:
        """Every object of ours by its key. Raises CannotKeep for one that changed since it was put or read."""
        listed = self._listed()
        self._memory.read_on()
        for key, etag in self._memory.etags.items():
            if key in listed and listed[key]["ETag"] != etag:
                raise CannotKeep(
                    f"{self.url}/{key} is not what was put there: restore that version of the object, or remove it and"
                    " it is put again from a host that has it",
                    self.landing_dir,
                )
        return listed

    def keep(self, capture: Capture) -> bool:
        """Put a landed capture, its capture.json last; False if it is there already."""
        last = _end_of(capture)
        if last in self._memory.etags:
            return False
        folder = (self.landing_dir / last).parent
        into = _beside(last, (folder / CAPTURE_FILE).read_bytes())
        paths = [entry.path for entry in capture.files] or _all_files(folder)
        _each(lambda path: self._put(folder / path, into + path), paths)
        # a capture that is in no register is not read: its line is there before it
        self._put_lines(folder.parent)
        self._put(folder / CAPTURE_FILE, last)
        self._remember(_capture_of(last))
        return True

    def keep_dataset(self, folder: Path) -> int:
        """Put every intact capture of a dataset's folder that is not in the bucket, and its new lines; how many."""
        self._memory.read_on()
        put = sum(self.keep(capture) for capture in integrity.read_dataset(folder, again=False).captures)
        self._put_lines(folder)
        return put

    def observations(self) -> Iterator[tuple[bool, str]]:
        """What is worth knowing of the bucket as it is now: whether it is in order, and what it is."""
        listed = self.verified()
        there = {key.removesuffix(f"/{CAPTURE_FILE}") for key in listed if key.endswith(f"/{CAPTURE_FILE}")}
        here = {self._name_of(path.parent) for path in self.landing_dir.glob(f"[!.]*/[!.]*/[!.]*/{CAPTURE_FILE}")}
        yield True, f"{self.url}: {len(there):,} captures, {len(there & here):,} of them in the working copy"
        if lacking := sorted(here - there):
            yield False, f"{len(lacking):,} captures are not in the bucket yet ({lacking[0]}): clawback refresh"
        if half := sorted({_capture_of(key) for key in listed if f"/{LEDGER_FOLDER}/" not in key} - there - here):
            yield False, f"{len(half):,} folders without {CAPTURE_FILE} are not read ({half[0]}): a run broke off there"

    # --- from the bucket ---

    def _take_ledgers(self, listed: Listing) -> None:
        """Append the lines of ledgers that are new here, each once."""
        new = [key for key in listed if f"/{LEDGER_FOLDER}/" in key and key not in self._memory.etags]
        by_file: dict[Path, dict[bytes, None]] = defaultdict(dict)
        for key, text in zip(new, _each(self._bucket.get, new), strict=True):
            if hashlib.sha256(text).hexdigest() != Path(key).stem:
                raise self._bucket.differs(key, "its content is not that of its name")
            for entry in _values(text):
                if entry["of"] in LEDGERS:
                    by_file[self.landing_dir / Path(key).parents[1] / entry["of"]][_as_line(entry["line"])] = None
        for path, lines in by_file.items():
            self._append(path, lines)
        self._memory.add({key: listed[key]["ETag"] for key in new})

    def _append(self, path: Path, lines: Iterable[bytes]) -> None:
        name = self._name_of(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.telling_refusals(path), attempts.alone(path.parent):
            there = path.read_bytes() if path.exists() else b""
            new = sorted(map(json.loads, dict.fromkeys(lines).keys() - set(there.splitlines())), key=_time_of)
            for number, line in enumerate(new, 1):
                files.append_line(path, line, sync=number == len(new))
            after = path.stat()
            grown = sum(len(_as_line(line)) + 1 for line in new)
            # all of it is in the bucket, unless another process of this host has written meanwhile
            all_put = self._memory.reached(name, after.st_ino, after.st_size) == len(there)
            if all_put and after.st_size == len(there) + grown:
                self._memory.reach({name: (after.st_ino, after.st_size)})

    def _take_captures(self, listed: Listing) -> int:
        """Bring each capture that is in the bucket and not known to be the same here; how many."""
        under: dict[str, list[str]] = defaultdict(list)
        for key in listed:
            under[_capture_of(key)].append(key)
        ends = [key for key in listed if key.endswith(f"/{CAPTURE_FILE}")]
        wanted = [end for end in ends if end not in self._memory.etags or not (self.landing_dir / end).exists()]
        taken = sum(_each(lambda end: self._take(end, under[_capture_of(end)], listed), wanted))
        for folder in {(self.landing_dir / end).parents[1] for end in wanted}:
            integrity.forget(folder)
        return taken

    def _take(self, end: str, keys: Iterable[str], listed: Listing) -> bool:
        """Bring one capture, verified, in one step; False if the one that is here is the same."""
        target = (self.landing_dir / end).parent
        text = self._bucket.get(end)
        digest = hashlib.sha256(text).hexdigest()
        try:
            capture = Capture.model_validate_json(text)
        except ValidationError as error:
            raise self._bucket.differs(end, "it cannot be read") from error
        if _end_of(capture) != end:
            raise self._bucket.differs(end, f"it is that of {_end_of(capture)}")
        # captures of an earlier version stand in no register
        if capture.format_version > 1 and digest not in register.entered(target.parent).get(capture.capture_id, []):
            raise self._bucket.differs(end, f"no {register.REGISTER_FILE} has its digest")
        if target.exists() and self._is_same(target, digest):
            self.keep(capture)
            return False
        into = _beside(end, text)
        of_it = [key for key in keys if key.startswith(into)]
        made = target.parent / files.unfinished_name()
        try:
            with files.telling_refusals(self.landing_dir):
                for key in of_it:
                    self._bucket.get_file(key, made / key.removeprefix(into))
                made.mkdir(parents=True, exist_ok=True)
                (made / CAPTURE_FILE).write_bytes(text)
                if wrong := _wrong(made, capture):
                    raise self._bucket.differs(end, wrong)
                self._put_in_place(made, target)
            self._memory.add({key: listed[key]["ETag"] for key in (end, *of_it)})
            return True
        finally:
            with suppress(OSError):
                files.remove_tree(made)

    def _is_same(self, target: Path, digest: str) -> bool:
        """Whether the capture that is here has this capture.json and is intact."""
        try:
            return integrity.sha256_of(target / CAPTURE_FILE) == digest and integrity.damage_of(target) is None
        except FileNotFoundError:
            return False

    def _put_in_place(self, made: Path, target: Path) -> None:
        if target.exists():
            aside = target.with_name(f"{integrity.SET_ASIDE}{target.name}-{uuid.uuid4().hex[:8]}")
            target.rename(aside)
            say(f"  {self._name_of(target)}: the bucket's capture takes its place; the other is kept as {aside.name}")
        for path in made.rglob("*"):
            if path.is_file():
                sync(path)
        made.rename(target)
        files.sync_folder(target.parent)

    # --- into the bucket ---

    def _put_lines(self, folder: Path) -> None:
        """Put the lines that a dataset's ledgers have gained here, as one object named by its content."""
        gained, reached = [], {}
        for name in LEDGERS:
            path = folder / name
            if not path.exists():
                continue
            with path.open("rb") as stream:
                stat = os.fstat(stream.fileno())
                start = self._memory.reached(self._name_of(path), stat.st_ino, stat.st_size)
                stream.seek(start)
                whole = stream.read().rpartition(b"\n")[0] + b"\n"
            gained += [_as_line({"of": name, "line": value}) for value in _values(whole)]
            reached[self._name_of(path)] = (stat.st_ino, start + len(whole) if len(whole) > 1 else start)
        if gained:
            text = b"\n".join(gained) + b"\n"
            key = f"{self._name_of(folder)}/{LEDGER_FOLDER}/{hashlib.sha256(text).hexdigest()}.jsonl"
            self._put_text(text, key)
            self._remember(key)
            self._memory.reach(reached)

    def _put_text(self, text: bytes, key: str) -> None:
        beside = self.landing_dir / files.unfinished_name(".jsonl")
        with files.telling_refusals(self.landing_dir):
            beside.write_bytes(text)
        try:
            self._put(beside, key)
        finally:
            beside.unlink(missing_ok=True)

    def _put(self, path: Path, key: str) -> None:
        if key not in self._memory.etags:
            self._bucket.put(path, key)

    def _remember(self, under: str) -> None:
        """Remember what was just put there."""
        self._memory.add({key: info["ETag"] for key, info in self._listed(under).items()})

    def _listed(self, under: str = "") -> Listing:
        return {key: info for key, info in self._bucket.listed(under).items() if _OURS.fullmatch(key)}

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self.landing_dir).as_posix()


@cache
def _opened(url: str, landing_dir: Path) -> ObjectStorage:
    return ObjectStorage(url, landing_dir)


def of(settings: Settings) -> ObjectStorage | None:
    """The bucket that CLAWBACK_LANDING names; None if it names a folder. Raises CannotKeep without the extra `s3`."""
    return _opened(settings.landing_url, settings.landing_dir) if settings.landing_url else None


def unput(settings: Settings) -> int:
    """How many captures of the working copy are not known to be in the bucket; nothing is asked."""
    known = BucketMemory(settings.landing_dir, settings.landing_url or "").etags
    found = settings.landing_dir.glob(f"[!.]*/[!.]*/[!.]*/{CAPTURE_FILE}")
    return sum(path.relative_to(settings.landing_dir).as_posix() not in known for path in found)


_begun: list[str] = []


def begin(settings: Settings, run_id: str | None = None) -> None:
    """Make the working copy and the bucket the same, once for each run. Raises CannotKeep: nothing is built then."""
    if (storage := of(settings)) is not None and run_id not in _begun:
        storage.begin()
        if run_id is not None:
            _begun[:] = [run_id]


def keep(settings: Settings, capture: Capture | None) -> None:
    """Put a capture that has just landed. Raises CannotKeep: it stays here, and the next run puts it."""
    if capture is not None and (storage := of(settings)) is not None:
        storage.keep(capture)


def keep_dataset(settings: Settings, dataset: Dataset) -> None:
    """Put what a run of a dataset left: its lines, and captures of another process that broke off."""
    if (storage := of(settings)) is not None:
        storage.keep_dataset(settings.landing_dir / dataset.source / dataset.name)


def _end_of(capture: Capture) -> str:
    return f"{capture.dataset_id}/{capture.capture_id}/{CAPTURE_FILE}"


def _beside(end: str, text: bytes) -> str:
    """Where the other files of a capture are, by its capture.json: two hosts never write into one place."""
    return f"{end.removesuffix(CAPTURE_FILE)}{hashlib.sha256(text).hexdigest()[:16]}/"


def _capture_of(key: str) -> str:
    return "/".join(key.split("/")[:3])


def _wrong(made: Path, capture: Capture) -> str | None:
    """What is wrong with the files that came; None if they are what capture.json says."""
    try:
        return integrity.wrong_files(made, capture)
    except FileNotFoundError as gone:
        return f"{Path(gone.filename).relative_to(made)} is missing"


def _all_files(folder: Path) -> list[str]:
    """Of a capture of an earlier version, which names no files."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path != CAPTURE_FILE)


def _values(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            if isinstance(value := json.loads(line), dict):
                yield value


def _as_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def _time_of(line: Mapping[str, Any]) -> str:
    return str(line.get("at") or line.get("checked_at") or line.get("entered_at") or "")


def _each(do: Callable[[Given], Any], many: Iterable[Given]) -> list[Any]:
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bucket") as pool:
        return list(pool.map(do, many))
