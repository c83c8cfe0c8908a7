"""Measuring a capture's records: how many cannot be read, have empty fields, or repeat a key.

What belongs here: DuckDB queries over a capture's Parquet, whether its records were parsed in Python or in bulk. What
does not: the types (sources.fields), how many are too many (accept).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import duckdb

from orchestration.sources.fields import TEXT, FieldType

_EXAMPLES = 3
# From so many records on, fields of few values are measured value by value: it takes a tenth of the time.
_MANY_RECORDS = 200_000
# A field that takes fewer bytes a record before compression is written as a dictionary of few values.
_BYTES_OF_FEW_VALUES = 3


@cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """One engine in memory a process: starting one takes longer than measuring most captures. A fork needs its own.

    It keeps no file's content: a file that is written again under the same name is read again.
    """
    return duckdb.connect(config={"enable_external_file_cache": False})


@dataclass(frozen=True)
class FieldMeasure:
    """One field of a capture, in records."""

    empty: int
    # Filled, but not with a value of the field's type; up to three such values, the first ones.
    untyped: int
    examples: tuple[str, ...] = ()
    # Every value that is not empty is the same, and there is one.
    is_constant: bool = False


@dataclass(frozen=True)
class Measure:
    """The records of a capture, and of its fields those that were asked about."""

    records: int
    # A value of another type, or none where there must be one.
    unreadable: int
    fields: Mapping[str, FieldMeasure]
    # Those of the fields that are required.
    required: tuple[str, ...] = ()
    # Records whose key an earlier one has; None if the dataset has no key or a part of it did not come.
    repeats: int | None = None


def of(
    paths: Sequence[Path],
    *,
    seen: Collection[str],
    types: Mapping[str, FieldType],
    required: Collection[str],
    key: Sequence[str] = (),
    partial: tuple[str, str] | None = None,
    captured_on: date | None = None,
) -> Measure:
    """Measure the records in Parquet files whose fields are text.

    seen: the fields that the files have; those that they lack are not measured.
    required: fields that must have come. A required field without a declared type is any text, and may be empty.
    partial: a field and its value that mark records which fill only their key; their empty fields are not counted.
    captured_on: the day of the capture (UTC); days that cannot lie after it may be a day later, for other time zones.
    """
    asked = [name for name in dict.fromkeys((*types, *required)) if name in seen]
    declared = {name: types.get(name, TEXT.or_all_empty) for name in asked}
    must_be_filled = {name for name in asked if name in required and declared[name].may_be_empty == "never"}
    whole = f"coalesce({_name(partial[0])}, '') <> {_text(partial[1])}" if partial and partial[0] in seen else "true"
    table = _records(paths)
    with _engine(os.getpid()).cursor() as connection:
        few = _of_few_values(paths, asked)
        measured = {
            name: _by_values(connection, table, name, whole, _reads("v0", declared[name], captured_on)) for name in few
        }
        # A record is unreadable once, however many of its fields are: where any is, all of them are read together.
        if any(
            (wrong and not declared[name].keeps_record) or (empty and name in must_be_filled)
            for name, (empty, wrong, _) in measured.items()
        ):
            measured = {}
        rest = [name for name in asked if name not in measured]
        records, unreadable, found = _by_records(connection, table, rest, whole, declared, must_be_filled, captured_on)
        measured.update(found)
        fields = {}
        for field in asked:
            empty, untyped, is_constant = measured[field]
            examples: Iterable[tuple[str]] = ()
            if untyped:
                examples = connection.execute(
                    f"select v0 from (select nullif(trim({_name(field)}), '') as v0, _record_no from {table})"
                    f" where v0 is not null and not {_reads('v0', declared[field], captured_on)}"
                    f" group by v0 order by min(_record_no) limit {_EXAMPLES}"
                ).fetchall()
            fields[field] = FieldMeasure(empty, untyped, tuple(value for (value,) in examples), is_constant)
        repeats = None
        if key and set(key) <= set(seen):
            together = ", ".join(_name(field) for field in key)
            row = connection.execute(
                f"select sum(n) - count(*) from (select count(*) as n from {table} where {whole} group by {together})"
            ).fetchone()
            repeats = int(row[0] or 0) if row else None
    needed = tuple(name for name in asked if name in required)
    return Measure(records, unreadable, fields, needed, repeats)


def _of_few_values(paths: Sequence[Path], names: Sequence[str]) -> list[str]:
    """The fields that are sooner measured value by value; none of few records."""
    import pyarrow.parquet as pq  # commands that land nothing need the rest of this module alone, for a type

    footers = [pq.read_metadata(path) for path in paths]
    if sum(footer.num_rows for footer in footers) < _MANY_RECORDS:
        return []
    sizes: Counter[str] = Counter()
    for footer in footers:
        for group in range(footer.num_row_groups):
            for column in map(footer.row_group(group).column, range(footer.num_columns)):
                sizes[column.path_in_schema] += column.total_uncompressed_size
    most = _BYTES_OF_FEW_VALUES * sum(footer.num_rows for footer in footers)
    return [name for name in names if 0 < sizes[name] < most]


_Found = tuple[int, int, bool]


def _by_values(connection: duckdb.DuckDBPyConnection, table: str, field: str, whole: str, reads: str) -> _Found:
    """How many records have a field empty, how many filled wrongly, and whether all its values are the same."""
    row = connection.execute(
        "select coalesce(sum(n) filter (where is_whole and v0 is null), 0),"
        f" coalesce(sum(n) filter (where v0 is not null and not {reads}), 0), coalesce(min(v0) = max(v0), false)"
        f" from (select nullif(trim(v), '') as v0, is_whole, n from"
        f" (select {_name(field)} as v, {whole} as is_whole, count(*) as n from {table} group by all))"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), row[2]


def _by_records(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    asked: Sequence[str],
    whole: str,
    declared: Mapping[str, FieldType],
    must_be_filled: Collection[str],
    captured_on: date | None,
) -> tuple[int, int, dict[str, _Found]]:
    """How many records there are, how many are unreadable by some fields, and what _by_values says of each of these."""
    values = "".join(f", nullif(trim({_name(field)}), '') as v{n}" for n, field in enumerate(asked))
    wrong = "".join(
        f", v{n} is not null and not {_reads(f'v{n}', declared[field], captured_on)} as w{n}"
        for n, field in enumerate(asked)
    )
    bad = [f"w{n}" for n, field in enumerate(asked) if not declared[field].keeps_record]
    bad += [f"(is_whole and v{n} is null)" for n, field in enumerate(asked) if field in must_be_filled]
    counts = "".join(
        f", count(*) filter (where is_whole and v{n} is null), count(*) filter (where w{n}),"
        f" coalesce(min(v{n}) = max(v{n}), false)"
        for n in range(len(asked))
    )
    unreadable = f"count(*) filter (where {' or '.join(bad)})" if bad else "0"
    cells = f"(select *{wrong} from (select {whole} as is_whole{values} from {table}))"
    found = connection.execute(f"select count(*), {unreadable}{counts} from {cells}").fetchone()
    assert found is not None
    return found[0], found[1], {field: found[2 + 3 * n : 5 + 3 * n] for n, field in enumerate(asked)}


def distinct(paths: Sequence[Path], names: Sequence[str]) -> dict[str, int]:
    """How many values each of some fields has, about."""
    if not names:
        return {}
    counts = ", ".join(f"approx_count_distinct(nullif(trim({_name(name)}), ''))" for name in names)
    with _engine(os.getpid()).cursor() as connection:
        row = connection.execute(f"select {counts} from {_records(paths)}").fetchone()
    return dict(zip(names, row or (), strict=True))


@dataclass(frozen=True)
class Shared:
    """Records of two captures whose key both have: how many, and in how many of them each field is empty, in each.

    The key is that by which a capture grows (Dataset.grows_by). Where it is a month, a month's records may have become
    more.
    """

    records: int
    empty: Mapping[str, int]
    were: int
    were_empty: Mapping[str, int]


def shared(paths: Sequence[Path], then_paths: Sequence[Path], key: Sequence[str], names: Sequence[str]) -> Shared:
    """Measure some fields of the records in files whose key stands in earlier files too, and of those in these.

    names: fields that both have.
    """
    return Shared(*_among(paths, then_paths, key, names), *_among(then_paths, paths, key, names))


def _among(
    paths: Sequence[Path], others: Sequence[Path], key: Sequence[str], names: Sequence[str]
) -> tuple[int, dict[str, int]]:
    counts = "".join(f", count(*) filter (where nullif(trim({_name(name)}), '') is null)" for name in names)
    with _engine(os.getpid()).cursor() as connection:
        row = connection.execute(f"select count(*){counts} from {_with_key_in(paths, others, key)}").fetchone()
    assert row is not None
    return row[0], dict(zip(names, row[1:], strict=True))


def _with_key_in(paths: Sequence[Path], others: Sequence[Path], key: Sequence[str]) -> str:
    """SQL of the records of some files whose key stands in others; of all of them where there are no others."""
    if not others:
        return _records(paths)
    together = ", ".join(map(_name, key))
    return f"(select * from {_records(paths)} where ({together}) in (select ({together}) from {_records(others)}))"


def medians(
    paths: Sequence[Path], names: Sequence[str], *, key: Sequence[str] = (), others: Sequence[Path] = ()
) -> dict[str, float]:
    """The median size of each field's numbers that are not 0, about; a field without any is left out.

    others: only records whose key stands in these files too.
    """
    if not names:
        return {}
    sizes = ", ".join(
        f"abs(try_cast(nullif(regexp_replace({_name(name)}, '[$, ]', '', 'g'), '') as double)) as v{n}"
        for n, name in enumerate(names)
    )
    found = ", ".join(f"approx_quantile(v{n}, 0.5) filter (where v{n} > 0)" for n in range(len(names)))
    with _engine(os.getpid()).cursor() as connection:
        row = connection.execute(
            f"select {found} from (select {sizes} from {_with_key_in(paths, others, key)})"
        ).fetchone()
    return {name: value for name, value in zip(names, row or (), strict=True) if value}


def count(paths: Sequence[Path], field: str, values: Collection[str]) -> int:
    """How many records of Parquet files hold one of the values in a field."""
    among = ", ".join(map(_text, sorted(values)))
    with _engine(os.getpid()).cursor() as connection:
        row = connection.execute(f"select count(*) from {_records(paths)} where {_name(field)} in ({among})").fetchone()
    return int(row[0]) if row else 0


def _records(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(_text, map(str, paths)))}], union_by_name = true)"


def _reads(value: str, type_: FieldType, captured_on: date | None = None) -> str:
    """SQL: whether a value that is not null is of a type."""
    if type_.pattern is None:
        return f"not (left({value}, 1) in ('[', '{{') and json_valid({value}))"
    matches = f"regexp_full_match({value}, {_text(type_.pattern)}, 's')"
    if not type_.is_date:
        return matches
    american = f"concat(substr({value}, 7, 4), '-', substr({value}, 1, 2), '-', substr({value}, 4, 2))"
    named = f"cast(try_strptime(substr({value}, 1, 11), '%Y %b %d') as date)"
    day = f"case when substr({value}, 3, 1) = '/' then {american} else substr({value}, 1, 10) end"
    day = f"case when substr({value}, 5, 1) = ' ' then {named} else try_cast({day} as date) end"
    if type_.is_past and captured_on:
        return f"({matches} and {day} <= date '{captured_on + timedelta(days=1)}')"
    return f"({matches} and {day} is not null)"


def _name(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
