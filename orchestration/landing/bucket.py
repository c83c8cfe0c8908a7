"""A bucket: its objects are listed, read, and put where there is none. None is overwritten, none deleted.

What belongs here: asking the object store by s3fs, and the one error for all that it refuses. What does not: what the
objects are (object_storage), what this host knows of them (bucket_memory).

Keys of the store come from the environment, as for every program that uses AWS's library. No address or message of
ours has one.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration import files
from orchestration.landing import integrity

# What the working copy's own disk refuses; s3fs gives other errors the other numbers.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_BLOCK = 1 << 22
# Outside of every data set's folder.
_PROBE = "write-once"

# key -> what the store says of the object: size, ETag
Listing = Mapping[str, Mapping[str, Any]]


class CannotKeep(files.CannotWrite):
    """The bucket cannot be used, or is not what it was: names the object, what is wrong and how to fix it.

    A disk that refuses is the same to a run: it ends, and what landed stays where it is.
    """

    def __init__(self, message: str, landing_dir: Path) -> None:
        OSError.__init__(self, errno.EREMOTEIO, message)
        self.path = landing_dir


class Bucket:
    """The objects under s3://BUCKET/PREFIX, by their keys below it. Every method raises CannotKeep.

    landing_dir: the working copy, which errors name. Raises CannotKeep if the extra `s3` is not installed.
    """

    def __init__(self, url: str, landing_dir: Path) -> None:
        self.url, self._landing_dir, self._root = url, landing_dir, url.removeprefix("s3://")
        if find_spec("s3fs") is None:
            way_out = "pip install 'clawback[s3]' (in a checkout: make s3-setup)"
            raise CannotKeep(f"CLAWBACK_LANDING={url} needs the extra `s3`: {way_out}", landing_dir)
        # half a second, and only this landing folder needs it
        import s3fs

        self._fs = s3fs.S3FileSystem(
            skip_instance_cache=True,
            use_listings_cache=False,
            config_kwargs={"retries": {"mode": "standard", "max_attempts": 4}, "connect_timeout": 10},
        )

    def listed(self, under: str = "") -> Listing:
        """Every object whose key begins with SOURCE/DATASET/... of a folder; all of them if none is named."""
        with self._asking(f"list {self.url}/{under}".rstrip("/")):
            found: Listing = self._fs.find(f"{self._root}/{under}".rstrip("/"), detail=True)
        return {name.removeprefix(f"{self._root}/"): info for name, info in found.items()}

    def get(self, key: str) -> bytes:
        with self._asking(f"read {self.url}/{key}"):
            return bytes(self._fs.cat_file(f"{self._root}/{key}"))

    def get_file(self, key: str, path: Path) -> None:
        """Write an object's content to a new file; its folder is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._asking(f"read {self.url}/{key}"):
            self._fs.get_file(f"{self._root}/{key}", str(path))

    def must_know_conditions(self) -> None:
        """Raise CannotKeep for a store that puts an object although there is one, whatever the condition says."""
        probe = f"{self._root}/{_PROBE}"
        with self._asking(f"put {self.url}/{_PROBE}"):
            for _ in range(2):
                try:
                    self._fs.pipe_file(probe, b"Clawback puts this twice; the second is refused.\n", mode="create")
                except OSError as error:
                    if _is_refused_by_condition(error):
                        return
                    raise
            what = "the store ignores If-None-Match, so that it could overwrite a capture: use one that knows it"
            raise CannotKeep(f"{self.url}: {what} (Amazon S3 does)", self._landing_dir)

    def put(self, path: Path, key: str) -> None:
        """Put a file where there is no object; one that is there already must be the same."""
        with self._asking(f"put {self.url}/{key}"):
            try:
                self._fs.put_file(str(path), f"{self._root}/{key}", mode="create")
            except OSError as error:
                if not _is_refused_by_condition(error):
                    raise
                if self._digest_of(key) != integrity.sha256_of(path):
                    what = f"another host put it, or it was changed; here it is {path}. It is not overwritten"
                    raise self.differs(key, what) from error

    def _digest_of(self, key: str) -> str:
        with self._fs.open(f"{self._root}/{key}", "rb", block_size=_BLOCK) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def differs(self, key: str, what: str) -> CannotKeep:
        """The error for an object that is not what it should be."""
        return CannotKeep(f"{self.url}/{key} differs: {what}", self._landing_dir)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except files.CannotWrite:
            raise
        except Exception as error:  # botocore, aiohttp and s3fs have many kinds
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                raise files.CannotWrite(self._landing_dir, error) from error
            why = str(error).strip().rstrip(".") or type(error).__name__
            says = f"cannot {what}: {why}. What landed here stays, and the next run puts it there"
            raise CannotKeep(says, self._landing_dir) from error


def _is_refused_by_condition(error: OSError) -> bool:
    """Whether it is the answer 412, as s3fs tells it of stores that name the condition and of those that do not."""
    return isinstance(error, FileExistsError) or error.errno == errno.EINVAL
