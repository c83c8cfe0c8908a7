"""Files of the FBI behind signed links, one file a year.

What belongs here: requesting a link, following it before it expires, and a file that a user imports. What does not:
what the files contain (fbi_files).

What public clients of 2024-26 show: `s3/signedurl?key=K` answers `{K: url}`; the url is valid for about 15 minutes and
leads to a bucket (setting FBI_BUCKET_URL); a key that does not exist is missing from the answer.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.answers import body_of, object_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Slice, due
from orchestration.wire import Payload, SourceError, utc_now

# A signed link that is refused this often in a row is not merely old.
_FRESH_LINKS = 3
A_YEAR = re.compile(r"(?<!\d)(19[6-9]\d|20\d\d)(?!\d)")


class SignedFile(Dataset):
    """A file a year behind a signed link."""

    source = "fbi"
    domain = "crime"
    homepage = "https://cde.ucr.cjis.gov"
    policy = "replace"
    partitioned_by: ClassVar[Literal["year", "state"]] = "year"
    base_url_setting = "fbi_files_url"
    max_age = timedelta(days=400)
    min_volume_ratio = 0.9
    # The first year that is requested by an address; older files are imported.
    first_year: int
    # The years whose files the publisher still replaces.
    newest_years = 2

    @abstractmethod
    def file_key(self, year: str) -> str:
        """The publisher's key of a year's file."""

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The newest years once a month; older ones are a backfill's, by partition or by name."""
        return due(self.all_slices()[-self.newest_years :], known, timedelta(days=30))

    def all_slices(self) -> list[Slice]:
        """Every year of which a file may be out: the last is the one before this."""
        return [Slice(str(year), {"year": str(year)}) for year in range(self.first_year, utc_now().year)]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The year's file; nothing where the publisher has none.

        Raises SourceError where fresh links are refused again and again, and where a file that was there is gone.
        """
        key = self.file_key(slice_.key)
        for _ in range(_FRESH_LINKS):
            link = self._link(web, settings, slice_, key)
            if link is None:
                if known.newest(slice_.key) is not None:
                    raise SourceError(self.id, slice_.key, f"{key}, which was captured, is no longer there")
                return
            address = urlsplit(link)
            plain = address._replace(query="").geturl()
            try:
                # The signature works like a key until it expires: it is sent and never stored.
                payload = self.follow(web, settings, slice_, plain, address.query)
            except SourceError as error:
                if getattr(error, "status", None) != 403:
                    raise
                continue
            yield payload
            return
        raise SourceError(self.id, slice_.key, f"{_FRESH_LINKS} fresh links to {key} were refused (403)")

    def follow(self, web: Web, settings: Settings, slice_: Slice, url: str, signature: str) -> Payload:
        """The file behind a link. The signature is sent and never stored."""
        return web.get(url, secret_query=signature, context={"year": slice_.key})

    def _link(self, web: Web, settings: Settings, slice_: Slice, key: str) -> str | None:
        url = f"{settings.fbi_files_url}/s3/signedurl"
        answer = web.get(url, params={"key": key}, role="control", accept_status=frozenset({404}), media_type="json")
        if answer.status == 404:
            return None
        link = object_of(self.id, answer, slice_.key).get(key)
        return str(link) if link else None

    def batch_of(self, path: Path, year: str, retrieved_at: datetime | None, body: bytes) -> Batch:
        when = retrieved_at or utc_now()
        payload = Payload(body, f"file:{path.name}", when, method="FILE", context={"year": year})
        return Batch(Slice(year, {"year": year}), [payload], when)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """One file of one year, which its name says (reta-2019.zip, Table_8_..._2019.xls)."""
        years = sorted(set(A_YEAR.findall(path.name)))
        if len(years) != 1:
            raise SourceError(self.id, path.name, f"the file's name must say its year, it says {years or 'none'}")
        yield self.batch_of(path, years[0], retrieved_at, body_of(self.id, path))
