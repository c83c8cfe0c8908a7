"""The tables of one of the FBI's NIBRS archives: finding the members, reading their headers, parsing what is needed.

What belongs here: from an archive to tables of DuckDB, row by row as they came. What does not: what must be true of the
rows, and what is made of them (fbi_nibrs_archive).

Case numbers of the police stand in some members (incident_number, ddocname, arrest_num). `COLUMNS`, `RELATIONS` and
`AGENCIES` name every column that is kept, and none of them is among those.

polars parses, block by block while the next one is inflated: DuckDB took three times as long, and had to read the
members from the disk. DuckDB keeps the tables, because it spills what does not fit into the memory.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import duckdb
import polars as pl

from orchestration.forms import Unreadable, archives, csv_blocks, tables
from orchestration.forms.csv_blocks import BadCsv

_LONGEST_HEADER = 1 << 16
_BOM = b"\xef\xbb\xbf"
# Every column that is read of each member, under the member's base name in lower case.
COLUMNS = {
    "nibrs_incident": ("agency_id", "incident_id", "incident_date", "report_date_flag"),
    "nibrs_offense": ("offense_id", "incident_id"),
    "nibrs_victim": ("victim_id", "incident_id", "victim_type_id", "sex_code", "race_id", "ethnicity_id"),
    "nibrs_victim_offense": ("victim_id", "offense_id"),
    "nibrs_month": ("agency_id", "month_num", "reported_status"),
    "nibrs_ethnicity": ("ethnicity_id", "ethnicity_code"),
    "ref_race": ("race_id", "race_code"),
    "nibrs_victim_type": ("victim_type_id", "victim_type_code"),
    "nibrs_offense_type": ("offense_code",),
}
# Without these two only the relation of victim and offender is unknown.
RELATIONS = {
    "nibrs_victim_offender_rel": ("victim_id", "relationship_id"),
    "nibrs_relationship": ("relationship_id", "relationship_code"),
}
# From 2016 on one member lists the agencies; before, one lists them as they were in 2016 and one as in the year.
AGENCIES = {
    "agencies": ("agency_id", "ori", "pub_agency_name", "agency_type_name", "population", "reporting_type",
                 "nibrs_start_date", "county_name"),
}  # fmt: skip
AGENCIES_TO_2015 = {
    "cde_agencies": ("agency_id", "ori", "agency_name", "agency_type_name", "primary_county"),
    "agency_participation": ("agency_id", "agency_population"),
}
# Columns that only some layouts have: from 2021 on an offense has its code, before that the number of its type.
_OFFENSE_KINDS = ("offense_code", "offense_type_id")
_WITH_KINDS = ("nibrs_offense", "nibrs_offense_type")
# The ids that stand in the records, as they are written in the tables of what they number.
_WRITTEN = {"nibrs_incident": "incident_id", "nibrs_victim": "victim_id"}
# Many rows that say the same: a row of the months is one document from 2021 on.
_OF_MONTHS = "nibrs_month"


# Tables of many rows whose texts are few: while they are read a number stands for each.
_OF_FEW_TEXTS = ("nibrs_incident", "nibrs_victim")


# Of a table's columns, by name: the texts, each with the number that stands for it.
_Texts = dict[str, dict[str, int]]
_OF_TEXTS = {"text": pl.String, "number": pl.UInt32}


class _NotNumbers(Exception):
    """An id is no number, or is written in another way than numbers are."""


def load(connection: duckdb.DuckDBPyConnection, archive: Path) -> dict[str, tuple[str, ...]]:
    """Make a table of every member that is needed; their columns by name.

    Ids are numbers if all of them are, because joining texts takes twice as long; else they are text like all the rest,
    of which the empty one is null. Raises Unreadable.
    """
    members = _members(archive)
    try:
        return _loaded(connection, archive, members, numbers=True)
    except (_NotNumbers, BadCsv):
        return _loaded(connection, archive, members, numbers=False)


def _members(archive: Path) -> dict[str, zipfile.ZipInfo]:
    """The members that are needed, by base name without case and folder."""
    found: dict[str, list[zipfile.ZipInfo]] = {}
    for info in archives.members(archive):
        base = PurePosixPath(info.filename.replace("\\", "/")).name.lower()
        if base.endswith(".csv"):
            found.setdefault(base.removesuffix(".csv"), []).append(info)
    agencies = AGENCIES_TO_2015 if "agencies" not in found else AGENCIES
    wanted = [*agencies, *COLUMNS, *(name for name in RELATIONS if name in found)]
    if missing := [name for name in wanted if name not in found]:
        raise Unreadable(f"it has no table {', '.join(missing)}")
    for table in wanted:
        if len(found[table]) > 1:
            names = ", ".join(sorted(info.filename for info in found[table]))
            raise Unreadable(f"it has the table {table} twice: {names}")
    return {table: found[table][0] for table in wanted}


def _loaded(
    connection: duckdb.DuckDBPyConnection, archive: Path, members: dict[str, zipfile.ZipInfo], *, numbers: bool
) -> dict[str, tuple[str, ...]]:
    headers: dict[str, tuple[str, ...]] = {}
    texts: dict[str, _Texts] = {
        table: {name: {} for name in COLUMNS[table] if not name.endswith("_id")} for table in _OF_FEW_TEXTS
    }
    done = 0
    for table, block in csv_blocks.ahead(_blocks(archive, members)):
        if table not in headers:
            line, _, block = block.removeprefix(_BOM).partition(b"\n")
            headers[table], done = _header(line, table), 0
            types = {
                name: "bigint" if numbers and name.endswith("_id") else "varchar"
                for name in _wanted(table, headers[table])
            }
            types.update(dict.fromkeys(texts.get(table, ()), "uinteger"))
            columns = ", ".join(f"{name} {type_}" for name, type_ in types.items())
            connection.execute(f"create or replace table {table} ({columns})")
        for piece in csv_blocks.within(block, len(headers[table])):
            rows = _rows(table, headers[table], piece, done, numbers=numbers)
            done += rows.height
            _insert(connection, table, rows, texts.get(table, {}))
    if empty := [table for table in members if table not in headers]:
        raise Unreadable(f"the first line of its table {empty[0]} is no header: it is empty")
    for table, of_table in texts.items():
        _give_texts(connection, table, of_table)
    return headers


def _blocks(archive: Path, members: dict[str, zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    for table, info in members.items():
        pieces = archives.inflate(archive, info)
        if "agenc" in table:
            pieces = iter([_as_utf8(archives.content(archive, info))])
        for block in csv_blocks.blocks(pieces, f"its table {table}"):
            yield table, block


def _wanted(table: str, header: tuple[str, ...]) -> tuple[str, ...]:
    wanted = {**AGENCIES, **AGENCIES_TO_2015, **COLUMNS, **RELATIONS}[table]
    if table in _WITH_KINDS:
        wanted = tuple(dict.fromkeys((*wanted, *(name for name in _OFFENSE_KINDS if name in header))))
    return wanted


def _rows(table: str, header: tuple[str, ...], block: bytes, done: int, *, numbers: bool) -> pl.DataFrame:
    """The columns of a block that are needed; ids as numbers, or all as text."""
    wanted, own = _wanted(table, header), _WRITTEN.get(table)
    ids = {name for name in wanted if numbers and name.endswith("_id")}
    rows = csv_blocks.parse_some(block, header, wanted, f"its table {table}", done, ids - {own})
    return rows.with_columns(_as_numbers(rows[own])) if own in ids else rows


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame, texts: _Texts) -> None:
    """Add rows to a table; to `texts` what is new of its columns of few texts."""
    if table == _OF_MONTHS:
        rows = rows.unique()
    for name, known in texts.items():
        for text in rows[name].unique().drop_nulls():
            known.setdefault(text, len(known))
        rows = rows.with_columns(rows[name].replace_strict(known, return_dtype=pl.UInt32))
    values = ", ".join(
        f"nullif(trim({name}), '')" if type_ == pl.String else name for name, type_ in rows.schema.items()
    )
    connection.register("block", rows)
    connection.execute(f"insert into {table} select {values} from block")
    connection.unregister("block")


def _give_texts(connection: duckdb.DuckDBPyConnection, table: str, texts: _Texts) -> None:
    """Put the texts in place of the numbers that stand for them, as values of an enumeration in the texts' order."""
    joins = []
    for name, known in texts.items():
        values = f"{table}_{name}"
        connection.register("known", pl.DataFrame({"text": list(known), "number": list(known.values())}, _OF_TEXTS))
        trimmed = "select nullif(trim(text), '') as text, number from known"
        connection.execute(f"create or replace table {values} as {trimmed}")
        connection.unregister("known")
        distinct = f"select distinct text from {values} where text is not null order by text"
        connection.execute(f"drop type if exists {values}")
        connection.execute(f"create type {values} as enum ({distinct})")
        joins.append(f"left join {values} on {table}.{name} = {values}.number")
    shown = ", ".join(f"cast({table}_{name}.text as {table}_{name}) as {name}" for name in texts)
    read = f"select {table}.* replace ({shown}) from {table} {' '.join(joins)}"
    connection.execute(f"create or replace table {table} as {read}")


def _as_numbers(ids: pl.Series) -> pl.Series:
    """Ids that stand in the records as numbers. Raises _NotNumbers where a record would lose how one is written."""
    texts = ids.str.strip_chars(" ").replace("", None)
    found = texts.cast(pl.Int64, strict=False)
    if texts.ne_missing(found.cast(pl.String)).any():
        raise _NotNumbers
    return found


def _header(line: bytes, table: str) -> tuple[str, ...]:
    """The columns of a member in lower case. A name that comes again is numbered (data_year of the months)."""
    try:
        names = next(csv.reader([line[:_LONGEST_HEADER].decode("utf-8").strip("\r\n")], strict=True))
        tables.must_be_a_header([f"{n}:{name}" for n, name in enumerate(names)])
    except (UnicodeDecodeError, StopIteration, csv.Error, Unreadable) as error:
        raise Unreadable(f"the first line of its table {table} is no header: {error}") from error
    found: list[str] = []
    for number, name in enumerate(names):
        plain = name.strip().lower()
        found.append(plain if plain.isidentifier() and plain not in found else f"column_{number}")
    if missing := [name for name in _wanted(table, tuple(found)) if name not in found]:
        raise Unreadable(f"its table {table} has no column {', '.join(missing)}")
    return tuple(found)


def _as_utf8(body: bytes) -> bytes:
    """A list of agencies in UTF-8: California's of 2024 has a no-break space of Windows-1252."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace").encode()
    return body
