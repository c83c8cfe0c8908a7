"""Files of council matters that a user may import: New York's public archive, one file or zipped, and saved responses.

What belongs here: which council a file comes from, and its payloads. What does not: what a payload contains
(legistar_forms).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import overload
from zipfile import ZipInfo

from orchestration.councils.register import councils
from orchestration.forms import Unreadable, archives, jsons
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, Slice
from orchestration.sources.legistar_forms import MIRROR_CLIENT, MIRROR_FORM, is_matters_alone, is_mirror
from orchestration.wire import Payload, SourceError, utc_now


class _Members(Sequence[Payload]):
    """The JSON files of a zip as payloads, each read when it is its turn."""

    def __init__(self, path: Path, members: Sequence[ZipInfo], when: datetime) -> None:
        self._path, self._members, self._when = path, members, when

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, index: int) -> Payload: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Payload]: ...

    def __getitem__(self, index: int | slice) -> Payload | Sequence[Payload]:
        if isinstance(index, slice):
            return _Members(self._path, self._members[index], self._when)
        info = self._members[index]
        body = archives.content(self._path, info)
        payload = _file_payload(body, f"{self._path.name}/{info.filename}", self._when, MIRROR_CLIENT)
        return replace(payload, context={**payload.context, "form": MIRROR_FORM})


# No introduction of New York's is near this large; a member that claims more is no file of the mirror.
_MOST_MEMBER_BYTES = 32 * 1024 * 1024


def batches(dataset: Dataset, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
    """One batch a file. A file of the mirror is New York's; any other must name its client.

    Raises SourceError if the file names no client, or contains nothing of the dataset.
    """
    when = retrieved_at or utc_now()
    with path.open("rb") as stream:
        head = stream.read(4)
    if archives.is_zip(head):
        yield _mirror_zip(dataset, path, when)
        return
    body = body_of(dataset.id, path)
    try:
        mirrors = is_mirror(jsons.load(body))
    except Unreadable as error:
        raise SourceError(dataset.id, path.name, str(error)) from error
    if mirrors:
        yield _file_batch(dataset, path, body, when, MIRROR_CLIENT)
        return
    known = {council.client for council in councils(dataset.source)}
    client = path.name.partition("_")[0]
    if client not in known:
        what = "its name tells no client: <client>_matters.json, with a client of council_clients.csv"
        raise SourceError(dataset.id, path.name, what)
    yield _file_batch(dataset, path, body, when, client)


def _mirror_zip(dataset: Dataset, path: Path, when: datetime) -> Batch:
    """The mirror as GitHub packs it: introduction/2014/0486.json and so on, beside files that are no matters."""
    try:
        infos = [info for info in archives.members(path) if "/introduction/" in f"/{info.filename}"]
    except Unreadable as error:
        raise SourceError(dataset.id, path.name, str(error)) from error
    if large := [info.filename for info in infos if info.file_size > _MOST_MEMBER_BYTES]:
        raise SourceError(dataset.id, path.name, f"{large[0]} claims to be too large for an introduction")
    texts = sorted((info for info in infos if info.filename.endswith(".json")), key=lambda info: info.filename)
    if not texts:
        raise SourceError(dataset.id, path.name, "no introduction/*.json in it: not the mirror of New York's matters")
    return Batch(Slice(MIRROR_CLIENT, {"client": MIRROR_CLIENT}), _Members(path, texts, when), when)


def _file_batch(dataset: Dataset, path: Path, body: bytes, when: datetime, client: str) -> Batch:
    payload = _file_payload(
        body, path.name, when, client, matter_id=path.name.split("_")[1] if "_" in path.name else ""
    )
    if not is_matters_alone(payload):
        # A file that is not one of this dataset is refused before anything is kept.
        next(dataset.cut(payload), None)
    return Batch(Slice(client, {"client": client}), [payload], when)


def _file_payload(body: bytes, name: str, when: datetime, client: str, *, matter_id: str = "") -> Payload:
    context = {"client": client, **({"matter_id": matter_id} if matter_id.isdigit() else {})}
    return Payload(body, f"file:{name}", when, method="FILE", context=context)
