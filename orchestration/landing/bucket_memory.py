"""What this host knows to be in the bucket, in a file of the working copy.

What belongs here: remembering objects with their ETags and how far each ledger was put. What does not: asking
the bucket (bucket), what its objects are (object_storage).

``.object-storage.jsonl`` is only appended to, by several processes at once. Its first line names the bucket: a working
copy is that of one bucket. A line that is lost costs one comparison.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from orchestration import files
from orchestration.landing.bucket import CannotKeep

MEMORY_FILE = ".object-storage.jsonl"


class BucketMemory:
    """The objects that are known to be as they were put. Raises CannotKeep for the working copy of another bucket."""

    def __init__(self, landing_dir: Path, url: str) -> None:
        # key -> ETag of the object when it was put or verified
        self.etags: dict[str, str] = {}
        # ledger -> inode of its file, and the bytes of it that are in the bucket
        self._reached: dict[str, tuple[int, int]] = {}
        self._path, self._url, self._landing_dir = landing_dir / MEMORY_FILE, url, landing_dir
        self._read_to = 0
        self._lock = threading.Lock()
        self.read_on()

    def read_on(self) -> None:
        """Take in what other processes of this host have put since."""
        with self._lock, suppress(FileNotFoundError):
            with self._path.open("rb") as stream:
                stream.seek(self._read_to)
                text = stream.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for line in whole.splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    self._take(json.loads(line))

    def _take(self, line: Mapping[str, object]) -> None:
        if "url" in line and line["url"] != self._url:
            raise CannotKeep(
                f"{self._landing_dir} is the working copy of {line['url']}, and CLAWBACK_LANDING is {self._url}: set"
                f" CLAWBACK_HOME to another folder; or remove {MEMORY_FILE} there if its captures are to be put into"
                " that one too",
                self._landing_dir,
            )
        if "key" in line and line["etag"] is None:
            self.etags.pop(str(line["key"]), None)
        elif "key" in line:
            self.etags[str(line["key"])] = str(line["etag"])
        elif "ledger" in line:
            self._reached[str(line["ledger"])] = (int(str(line["inode"])), int(str(line["bytes"])))

    def _append(self, line: Mapping[str, object]) -> None:
        if not self._path.exists():
            files.append_line(self._path, {"url": self._url})
        files.append_line(self._path, line, sync=False)

    def add(self, etags: Mapping[str, str]) -> None:
        """Remember objects that were put or verified."""
        for key, etag in etags.items():
            if self.etags.get(key) != etag:
                self.etags[key] = etag
                self._append({"key": key, "etag": etag})

    def forget_others(self, present: Collection[str]) -> list[str]:
        """Forget, and name, what is no longer in the bucket. Of a capture, its other objects are forgotten as well."""
        gone = sorted(self.etags.keys() - present)
        folders = {_folder_of(key) for key in gone}
        for key in [key for key in self.etags if _folder_of(key) in folders]:
            del self.etags[key]
            self._append({"key": key, "etag": None})
        for ledger, (inode, _) in list(self._reached.items()):
            # a line that is gone is put again with all others
            if f"{ledger.rpartition('/')[0]}/ledger" in folders:
                self.reach({ledger: (inode, 0)})
        return gone

    def reached(self, ledger: str, inode: int, size: int) -> int:
        """How many bytes of a ledger's file are in the bucket: none of one that was replaced."""
        known_inode, reached = self._reached.get(ledger, (inode, 0))
        return reached if known_inode == inode and reached <= size else 0

    def reach(self, reached: Mapping[str, tuple[int, int]]) -> None:
        """Remember how far ledgers were put: ledger -> inode of its file, bytes."""
        for ledger, (inode, size) in reached.items():
            if self._reached.get(ledger) != (inode, size):
                self._reached[ledger] = (inode, size)
                self._append({"ledger": ledger, "inode": inode, "bytes": size})


def _folder_of(key: str) -> str:
    """SOURCE/DATASET/CAPTURE_ID, or SOURCE/DATASET/ledger."""
    return "/".join(key.split("/")[:3])
