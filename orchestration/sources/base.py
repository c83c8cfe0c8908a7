"""What a source is: the slices (parts of a dataset) to request, the payloads that come back, the records in them.

What belongs here: the types that every publisher's module fills in and that fetching, landing and Dagster read. What
does not: any publisher's peculiarities (its module), any HTTP (fetching), any file (landing).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from orchestration.fetching.session import Web
from orchestration.settings import Settings
from orchestration.sources.fields import FieldType
from orchestration.sources.terms import License
from orchestration.wire import Payload, SourceError, utc_now

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["fetched", "imported", "transcribed"]
Domain = Literal["awards", "ordinances", "crime", "reference"]

# replace   the newest accepted capture of a slice is in use, the older ones are superseded whole
# snapshot  every accepted capture is in use: it shows the list at that time
# merge     every accepted capture is in use: staging keeps the newest version of each key
Policy = Literal["replace", "snapshot", "merge"]

Record = dict[str, str | None]


class NoSuch(KeyError):
    """Nothing has the name that was asked for: a publisher, a dataset, a slice, a check.

    Its argument is the message, with the names there are.
    """


@dataclass(frozen=True)
class Slice:
    """One part of a dataset that is requested on its own: a fiscal year, a state, a page that is replaced whole."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """The part of a list that a capture contains, if it is not all: a field and its values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """The payloads of one slice that did not come over HTTP: an imported file, a transcribed table."""

    slice: Slice
    payloads: Sequence[Payload]
    retrieved_at: datetime
    selection: Selection | None = None
    note: str | None = None
    publisher: str | None = None
    # Of an imported snapshot: nothing says when it was taken, so `retrieved_at` is the moment of the import.
    is_undated: bool = False


class EarlierCaptures(Protocol):
    """What the landing folder already has of one dataset (landing.known implements it)."""

    def newest(self, slice_key: str) -> datetime | None:
        """When the last accepted capture of the slice was retrieved; None if there is none."""

    def checked(self, slice_key: str) -> datetime | None:
        """When the publisher last answered for the slice, new or unchanged; None if it never did."""

    def rejected(self, slice_key: str) -> datetime | None:
        """When the slice was last requested, if what came was rejected; None if not."""

    def records(self, slice_key: str) -> int | None:
        """How many records the slice's capture in use has; None if there is none."""

    def slices(self) -> frozenset[str]:
        """The keys of all slices that have an accepted capture."""

    def high_water(self, slice_key: str) -> str | None:
        """The greatest of what the dataset's `high_water` says of the slice's accepted records that were fetched."""

    def content_as_of(self, slice_key: str) -> datetime | None:
        """The newest date for which an accepted capture of the slice was made; None if there is none."""

    def told_as_of(self, slice_key: str) -> datetime | None:
        """The newest date that a source itself gave as that of a capture's content; None where it gave none."""

    def values(self, dataset_id: str, field: str) -> list[str]:
        """The distinct values of a field in another dataset's serving captures, sorted."""

    def rows(
        self, dataset_id: str, fields: Sequence[str], slice_keys: Collection[str] | None = None
    ) -> list[tuple[str | None, ...]]:
        """The distinct combinations of fields in a dataset's serving captures, each with when it was retrieved.

        slice_keys: look only at captures of these slices.

        The last value of each row is the capture's time, ISO 8601, UTC; a field without a value is None.
        """

    def released(self, table: str, columns: Sequence[str]) -> list[tuple[str | None, ...]]:
        """Columns of a table (`schema.name`) of the last published release, as text, sorted.

        [] where nothing is published yet, or the release has no such table: then a source falls back on its own.
        """


class Dataset(ABC):
    """One dataset of one publisher. Subclasses are declarations plus what is odd about it."""

    source: ClassVar[str]
    name: ClassVar[str]
    domain: ClassVar[Domain]
    title: ClassVar[str]
    publisher: ClassVar[str]
    # Under which terms the data may be passed on.
    terms: ClassVar[License]
    homepage: ClassVar[str]
    policy: ClassVar[Policy]
    # Fields without which a capture is rejected, and those that may be absent.
    required: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()
    # What each field is: every required one, and those optional ones that a model reads as more than text. A record
    # cannot be read if a value is not of its type, or a required field is empty that may not be (fields.FieldType).
    types: ClassVar[Mapping[str, FieldType]]
    # The largest share of a capture's records that cannot be read, and of required fields that became empty: over it
    # the capture is rejected. 0 for lists in which a record's absence is a statement.
    max_unreadable: ClassVar[float] = 0.01
    # True: a list without a single name is its end (a withdrawal), and no fault.
    may_be_withdrawn: ClassVar[bool] = False
    # A field and its value that mark records which fill only their key (a deletion): they may be empty elsewhere.
    partial_records: ClassVar[tuple[str, str] | None] = None
    # True: a field that is not declared rejects the capture: what it means for the others must be examined first.
    refuses_new_fields: ClassVar[bool] = False
    # The publisher's own key; () where it has none, and then equal records are not duplicates.
    key: ClassVar[tuple[str, ...]] = ()
    # True: one answer gives each key once, so that a key that comes twice is a fault of the answer.
    gives_each_key_once: ClassVar[bool] = False
    # Of whole captures that grow by records which may be empty where the last one's are not (months that nobody has
    # reported yet, awards of which nothing is paid): the fields by which a record is one that the last capture had too.
    # A field became empty, or changed its unit, if it did in such records. (): all are compared.
    grows_by: ClassVar[tuple[str, ...]] = ()
    high_water_field: ClassVar[str | None] = None
    partitioned_by: ClassVar[Literal["fiscal_year", "state", "year", "city_month"] | None] = None
    # True: `records` payloads are CSV texts with a header, or zips of CSV parts; the landing code parses them in bulk,
    # and cut(), counted(), high_water() and content_newest() are not called for each record.
    tabular: ClassVar[bool] = False
    # Tabular: True: an archive's records are made of several of its members, by `joined`.
    joins_members: ClassVar[bool] = False
    # Tabular: the field whose greatest value dates the content; its first ten characters are a day.
    content_newest_field: ClassVar[str | None] = None
    # The settings field that must be filled for a live pull, e.g. "data_gov_api_key".
    needs_key: ClassVar[str | None] = None
    # The setting that holds the base URL; rate limits apply to its host.
    base_url_setting: ClassVar[str | None] = None
    # A source that fails while its last good capture is older than this ends the run with exit 4.
    max_age: ClassVar[timedelta] = timedelta(days=7)
    # The least share of the last accepted capture's records that a new one must have, whatever its format.
    min_volume_ratio: ClassVar[float] = 0.5
    # A field and its values: only such records are compared, if a request brings more than was requested.
    volume_within: ClassVar[tuple[str, frozenset[str]] | None] = None
    # What is compared instead of records where a record stands for many: a name that `counted` uses.
    volume_counts: ClassVar[str | None] = None
    # For snapshots: the largest relative change from the neighboring captures that is accepted (landing.on_hold).
    max_volume_change: ClassVar[float | None] = None
    # For snapshots: what `content_newest` says cannot come after the capture, or the capture is misdated.
    content_precedes_capture: ClassVar[bool] = False
    # For datasets whose captures are increments: with no newer content than this, a group of slices is called stale.
    # It is never refused for that: what it brought is true, and nothing new comes after it.
    stale_after: ClassVar[timedelta | None] = None
    # Datasets whose captures decide what this one requests: they are captured before it in the same run.
    after: ClassVar[tuple[str, ...]] = ()
    # True: a response equal to the last one is kept too, because the next run needs to know when it came again.
    keeps_equal_captures: ClassVar[bool] = False
    # Datasets that a user's file of this one also contains: one import brings them too.
    also_in_files: ClassVar[tuple[str, ...]] = ()

    @property
    def id(self) -> str:
        return f"{self.source}/{self.name}"

    @property
    def raw_name(self) -> str:
        return f"{self.source}__{self.name}"

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    @abstractmethod
    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The slices of a live run, stalest first where they are many."""

    def all_slices(self) -> list[Slice]:
        """Every slice there is, for a backfill by partition; [] where `slices` gives them all."""
        return []

    @abstractmethod
    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """Ask the publisher for one slice; yield each response as it comes."""

    def cut(self, payload: Payload) -> Iterator[Record]:
        """Parse one `records` payload into records: text or None, the publisher's field names.

        Nested objects are flattened with a double underscore; lists become JSON text.
        Raises SourceError where the payload does not have the form it must have.
        """
        raise NotImplementedError(f"{self.id} is tabular: the landing cuts its records")

    def holds_records(self, member: str) -> bool:
        """Whether a CSV of a zip is one of this dataset's (tabular). One that is not is counted, and not read."""
        return True

    def required_of(self, slice_: Slice) -> tuple[str, ...]:
        """The fields without which a capture of this slice is rejected, where slices differ in their fields."""
        return self.required

    def answers_for(self, slice_: Slice) -> str:
        """The server of a slice: after two failures in a row the run requests nothing more from it, but from others."""
        return self.source

    def joined(self, archive: Path, context: Mapping[str, str]) -> Iterator[tuple[Iterator[pl.DataFrame], str]]:
        """The tables that an archive's members make together, each with its name (tabular, `joins_members`).

        A table comes in frames of text; the first names its columns and may have no rows. Each must be taken whole
        before the next. Raises Unreadable where the archive does not have the members that it must have.
        """
        raise NotImplementedError(f"{self.id} joins no members")

    def field_name(self, header: str) -> str:
        """The field in a column of a CSV, where a file's header has another spelling than the API (tabular)."""
        return header

    def holds_all(self, slice_key: str) -> bool:
        """Whether a capture of the slice contains all of it, so that a fall in its volume is suspicious."""
        return self.policy != "merge"

    def unreadable_bound(self, slice_key: str) -> float:
        """The largest share of a slice's records that may be unreadable, where slices differ in it."""
        return self.max_unreadable

    def group(self, slice_key: str) -> str:
        """What a slice is a part of where freshness is judged: slices of one client share a group."""
        return slice_key

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        """The publisher's own counts, from the `control` payloads: what `counted` must add up to."""
        return {}

    def counted(self, record: Record) -> dict[str, int]:
        """What one record counts for, under the names that `control_totals` uses."""
        return {"records": 1}

    def high_water(self, record: Record) -> str | None:
        """How far a record says that its slice has come, as text that sorts; None where it says nothing."""
        return record.get(self.high_water_field) if self.high_water_field else None

    def content_newest(self, record: Record) -> date | None:
        """The date by which a record shows how fresh the content is; None if it shows none."""
        return None

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """Turn a file that a user brought into batches; override where a file can be brought.

        Raises SourceError where the file is not one of this dataset.
        """
        what = f"{self.id} takes no files: `clawback query holdings` says how to get what is missing of it"
        raise SourceError(self.id, path.name, what)


def due(
    slices: Iterable[Slice],
    known: EarlierCaptures,
    every: timedelta = timedelta(0),
    *,
    rejected_every: timedelta = timedelta(0),
) -> list[Slice]:
    """The slices that have had no answer within `every`, the oldest first.

    rejected_every: how long a slice waits whose last answer was rejected. Give it where an answer is a large file that
    most likely comes again as it was.
    """
    slices = list(slices)
    never = datetime.min.replace(tzinfo=UTC)
    asked = [(known.checked(slice_.key) or never, slice_) for slice_ in slices]
    now = utc_now()
    # An answer of a time to come, by a clock that was ahead, is as good as one of now.
    ages = [(max(now - when, timedelta(0)), when, s) for when, s in sorted(asked, key=lambda a: (a[0], a[1].key))]
    waiting = {s.key for s in slices if (at := known.rejected(s.key)) and now - at < rejected_every}
    return [s for age, when, s in ages if s.key not in waiting and (when == never or age >= every)]


def renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a record under our names, by the publisher's; one that did not come is left out, never filled."""
    return {ours: record[theirs] for theirs, ours in names.items() if theirs in record}


def told_by_request(payload: Payload, *names: str) -> dict[str, str]:
    """Facts of the request that the answer does not repeat; one that is not known is left out, never filled."""
    return {name: payload.context[name] for name in names if name in payload.context}


def whole_count(dataset: str, value: object, *, url: str | None = None) -> int:
    """A publisher's count: a whole number, or its text as some servers write it ("12", "12.0").

    Raises SourceError for anything else: a count that cannot be read is not 0, for 0 means that nothing is new.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, (str, float)) and re.fullmatch(r"\d{1,18}(\.0*)?", str(value).strip()):
        return int(float(value))
    raise SourceError(dataset, "?", f"the publisher's count is {value!r}, which is no number", url=url)
