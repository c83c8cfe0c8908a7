"""CSV exports that a user downloaded from a Socrata portal: which city's set each is, and its rows month by month.

What belongs here: the format of those files. What does not: the API (soda), what a column means (declared.cities).
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from orchestration import files
from orchestration.declared.cities import ROW_ID, SETS, CitySet
from orchestration.forms import Unreadable, csv_blocks, kinds, tables
from orchestration.sources.fields import MONTH_NUMBERS, NAMED_DAY
from orchestration.wire import FilePayload, Payload, SourceError, file_digest

# The month of rows without a date that can be read.
UNDATED = "undated"
# A header that is longer is none.
_LONGEST_HEADER = 1 << 20
# No publisher's column is called so.
_MONTH = "_month_of_report"


@dataclass(frozen=True)
class Export:
    """One exported CSV.

    field_name: the API's name of a column of the export.
    max_undated: the largest share of rows without a date that can be read.
    """

    dataset: str
    path: Path
    field_name: Callable[[str], str]
    max_undated: float

    @cached_property
    def city_set(self) -> CitySet:
        """The set that the file's name names. Raises SourceError if it names none."""
        name = api_name(self.path.stem)
        named = [s for s in SETS if self.path.name.startswith(s.id) or name.startswith(api_name(s.title))]
        if not named:
            known = "; ".join(f"{s.id} ({s.title})" for s in SETS)
            what = f"which city's set is it? Rename the file so that its name begins with the set's id: {known}"
            raise SourceError(self.dataset, self.path.name, what)
        # Of two titles of which one begins with the other, the longer is meant.
        return max(named, key=lambda s: len(s.title))

    def by_month(self, when: datetime) -> Iterator[tuple[str, list[Payload]]]:
        """Each month (YYYY-MM, or UNDATED) with its rows as CSV files under the file's own header.

        The files are gone after the last month was taken. Raises SourceError as Incidents.read_file says.
        """
        shown = self._month_column()
        with tempfile.TemporaryDirectory(prefix="clawback-import-") as name:
            try:
                self._part(shown, Path(name))
            except pl.exceptions.PolarsError as error:
                if refusal := files.refusal_in(str(error), Path(name)):
                    raise refusal from error
                said = (str(error).splitlines() or [type(error).__name__])[0][:300]
                raise SourceError(self.dataset, self.path.name, f"not a CSV: {said}") from error
            except Unreadable as error:
                raise SourceError(self.dataset, self.path.name, f"not a CSV: {error}") from error
            for folder in sorted(Path(name).iterdir()):
                pieces: list[Payload] = [self._piece(piece, when) for piece in sorted(folder.glob("*.csv"))]
                yield folder.name.removeprefix(f"{_MONTH}="), pieces

    def _month_column(self) -> str:
        """The header of the column that dates a row, in a file that has every column and a whole last line."""
        shown = self._header()
        names = [self.field_name(name) for name in shown]
        if missing := [name for name in self.city_set.columns if name not in names and name != ROW_ID]:
            some = ", ".join(map(repr, missing[:5]))
            raise SourceError(self.dataset, self.path.name, f"no column {some}; there are {', '.join(names)}")
        self._must_end_whole(len(names))
        return shown[names.index(self.city_set.month_date)]

    def _part(self, column: str, folder: Path) -> None:
        """Write each month's rows to a CSV of its own, some rows at a time, so that memory does not grow with the file.

        Raises SourceError if too many rows show no date that can be read.
        """
        rows, undated = 0, 0
        some: list[str | None] = []
        for batch in self._batches():
            batch = batch.with_columns(_month_of(column).alias(_MONTH))
            rows += batch.height
            for (month,), frame in batch.partition_by(_MONTH, as_dict=True, include_key=False).items():
                if month == UNDATED:
                    undated += frame.height
                    some += frame.get_column(column).head(3).to_list()
                target = folder / f"{_MONTH}={month}" / "rows.csv"
                target.parent.mkdir(exist_ok=True)
                with target.open("ab") as stream:
                    frame.write_csv(stream, include_header=stream.tell() == 0)
        if undated > max(self.max_undated * rows, 1):
            shown = ", ".join(map(repr, some[:3]))
            what = f"column {column!r} holds no date that can be read in {undated:,} of {rows:,} rows ({shown})"
            raise SourceError(self.dataset, self.path.name, what)

    def _batches(self) -> Iterator[pl.DataFrame]:
        """The rows of a file under its own header, one block at a time."""
        names = self._header()
        with self.path.open("rb") as stream:
            stream.readline(_LONGEST_HEADER)
            pieces = iter(lambda: stream.read(1 << 20), b"")
            done = 0
            for block in csv_blocks.blocks(pieces, self.path.name):
                for piece in csv_blocks.within(block, len(names)):
                    frame = csv_blocks.parse(piece, names, self.path.name, done)
                    done += frame.height
                    yield frame

    def _piece(self, piece: Path, when: datetime) -> FilePayload:
        return FilePayload(
            body=b"",
            url=f"file:{self.path.name}",
            retrieved_at=when,
            media_type="text/csv",
            method="FILE",
            path=piece,
            digest=file_digest(piece),
            size=piece.stat().st_size,
        )

    def _header(self) -> list[str]:
        with self.path.open("rb") as stream:
            line = stream.readline(_LONGEST_HEADER)
        if kinds.kind(line):
            raise SourceError(self.dataset, self.path.name, kinds.instead(line, "a CSV"))
        try:
            names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")], strict=True))
            tables.must_be_a_header(names)
        except (UnicodeDecodeError, StopIteration, csv.Error, Unreadable) as error:
            what = f"its first line is no header of a CSV: {error}"
            raise SourceError(self.dataset, self.path.name, what) from error
        return names

    def _must_end_whole(self, width: int) -> None:
        with self.path.open("rb") as stream:
            stream.seek(max(self.path.stat().st_size - tables.LAST_BYTES, 0))
            end = stream.read()
        try:
            tables.must_end_whole(end, width)
        except Unreadable as error:
            raise SourceError(self.dataset, self.path.name, str(error)) from error


def _month_of(column: str) -> pl.Expr:
    """YYYY-MM of a date as the API writes it (2020-01-08T...) or as exports do (01/08/2020 ..., 2020 Jan 08 ...)."""
    text = pl.col(column)
    shown = pl.concat_str(text.str.slice(6, 4), pl.lit("-"), text.str.slice(0, 2))
    number = text.str.slice(5, 3).replace_strict(MONTH_NUMBERS, default="00")
    named = pl.concat_str(text.str.slice(0, 4), pl.lit("-"), number)
    return (
        pl.when(text.str.contains(r"^(19|20)\d{2}-(0[1-9]|1[0-2])-"))
        .then(text.str.slice(0, 7))
        .when(text.str.contains(r"^(0[1-9]|1[0-2])/\d{2}/(19|20)\d{2}"))
        .then(shown)
        .when(text.str.contains(rf"^(19|20)\d\d {NAMED_DAY.partition(' ')[2]}"))
        .then(named)
        .otherwise(pl.lit(UNDATED))
    )


def api_name(header: str) -> str:
    """Socrata's own way from a column's title to its API name: lower case, all else an underscore."""
    return re.sub(r"[^a-z0-9:@]+", "_", header.lower()).strip("_")
