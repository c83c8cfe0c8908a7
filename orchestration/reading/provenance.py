"""What a statement reads: which tables and columns, from which datasets, and what its own columns mean.

What belongs here: asking a release's dictionary about a statement. What does not: following one row to its bytes
(trace), which files carry the answer (meaning, writing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from orchestration.reading import documents
from orchestration.reading.reader import Connection, Reader
from orchestration.release import citation, former, layout, seal
from orchestration.release.columns import Relation, column_parents
from orchestration.sources import terms_of
from orchestration.sources.terms import OWN

# Every publisher's spelling was compared to name a unit: who only shows the name does not cite them all.
_NAMES = ("core", "dim_jurisdiction")
# The datasets that columns are computed from, names of units and keys not followed.
_DATASETS = """
with recursive upward as (
    select unnest($schemas) as s, unnest($tables) as t, unnest($columns) as c
    union
    select l.parent_schema, l.parent_table, l.parent_column
    from upward join meta.column_lineage as l on (l.table_schema, l.table_name, l.column_name) = (s, t, c)
    where (l.parent_schema, l.parent_table) <> ($schema, $table) and not ends_with(l.parent_column, '_key')
)
select distinct s, replace(t, '__', '/') from upward
where s = 'raw' and contains(t, '__') or s = 'core' and t in ('fct_tracker_listing', 'fct_tracker_snapshot')
"""
# Whose lists they are. The day of a list is that of its capture, and no column leads from it to the list.
_LISTS = """
select distinct trackers.tracker_code, replace(captures.dataset, '__', '/')
from core.fct_tracker_snapshot as snapshots
join core.dim_tracker as trackers using (tracker_key)
join meta.capture as captures on snapshots._capture_id = captures.capture_id
"""
# Datasets of which something is captured, and how what is read of them came.
_SOURCES = """
select
    s.dataset, s.title, coalesce(t.publisher, s.publisher), s.homepage, t.last_retrieved_at,
    cast(t.content_newest as varchar), k.kind
from core.dim_source as s
join meta.source_status as t on t.dataset = s.dataset
left join (
    select dataset, case when min(kind) = max(kind) then min(kind) else 'several' end as kind
    from meta.capture where is_serving group by dataset
) as k on k.dataset = s.dataset
where list_contains(?, s.dataset) and t.records > 0
order by 3, 2
"""


@dataclass(frozen=True)
class Column:
    """A column of an answer. description and unit: of the published column that it is; null where it is computed."""

    description: str | None
    unit: str | None
    computed_from: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A dataset that an answer was computed from."""

    dataset: str
    title: str
    publisher: str
    homepage: str | None
    retrieved_at: datetime | None
    content_newest: str | None
    # How what is read of it came: fetched, imported, transcribed or several.
    kind: str | None = None

    @property
    def address(self) -> str | None:
        """Where the publisher has it; a table of our repository is no address for who has a release alone."""
        return documents.address_of(self.homepage)

    @property
    def cited(self) -> citation.Source:
        return citation.Source(self.publisher, self.title, self.address, self.retrieved_at, kind=self.kind)

    def to_json(self) -> dict[str, Any]:
        """As a file's description has it."""
        made = {
            "title": self.title,
            "path": self.address,
            "publisher": self.publisher,
            "dataset": self.dataset,
            "kind": self.kind,
            "retrieved_at": self.retrieved_at.isoformat() if self.retrieved_at else None,
            "content_newest": self.content_newest,
            "license": terms_of(self.dataset).name,
        }
        return {name: value for name, value in made.items() if value}


@dataclass(frozen=True)
class Read:
    """What a statement reads. columns: of the answer, by name in lower case, as far as they are known."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


def of(reader: Connection, sql: str, values: Collection[str] = ()) -> Read:
    """What a statement reads; nothing where it cannot be analyzed (describe, for one). values: of its parameters."""
    known = _known(reader, tables(reader, sql))
    kinds = {relation: dict.fromkeys(columns, "varchar") for relation, columns in known.items()}
    if not known or not isinstance(tree := parse_one(sql, dialect="duckdb"), exp.Query):
        return Read()
    try:
        used = _used(sql, kinds)
        parents = column_parents(sql, kinds)
    except (SqlglotError, RecursionError):
        used = {(relation, name) for relation, columns in known.items() for name in columns}
        parents = {}
    entries = {(relation, name): entry for relation, columns in known.items() for name, entry in columns.items()}
    columns = {name.lower(): _column(name, parents[name], entries) for name in parents}
    told = {literal.name for literal in tree.find_all(exp.Literal)} | set(values)
    return Read(columns, tuple(sources(reader, datasets(reader, used & entries.keys(), told))))


def tables(reader: Connection, sql: str) -> list[Relation]:
    """The published tables that a statement names, in order of name; former names are not followed."""
    try:
        tree = parse_one(sql, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return []
    found = set()
    for table in tree.find_all(exp.Table):
        rows = reader.execute(
            "select schema_name, name from ("
            f"select schema_name, table_name as name from {layout.catalog('duckdb_tables')}"
            f" union select schema_name, view_name from {layout.catalog('duckdb_views')})"
            " where schema_name <> ? and lower(name) = lower(?) and lower(schema_name) = lower(?)",
            [former.SCHEMA, table.name, table.db],
        ).fetchall()
        found |= {(row[0], row[1]) for row in rows}
    return sorted(found)


def datasets(reader: Connection, used: Collection[tuple[Relation, str]], values: Collection[Any] = ()) -> set[str]:
    """The datasets (source/name) that columns are computed from; keys and names count only if nothing else is used.

    values: what is compared with the columns. Of lists, those of the trackers that it names; of all, if it names none.
    """
    figures = {(of, column) for of, column in used if of != _NAMES and not column.endswith("_key")}
    for places in (figures, set(used)):
        if places:
            lists = zip(*((*of, column) for of, column in sorted(places)), strict=True)
            named = dict(zip(("schemas", "tables", "columns"), map(list, lists), strict=True))
            rows = reader.execute(_DATASETS, {**named, "schema": _NAMES[0], "table": _NAMES[1]}).fetchall()
            if rows:
                found = {name for schema, name in rows if schema == "raw"}
                return found if len(found) == len(rows) else found | _lists(reader, values)
    return set()


def _lists(reader: Connection, values: Collection[Any]) -> set[str]:
    """The datasets of the trackers that the values name, else of all."""
    rows = reader.execute(_LISTS).fetchall()
    named = {dataset for tracker, dataset in rows if tracker in values}
    return named or {dataset for _, dataset in rows}


def sources(reader: Connection, datasets: Iterable[str]) -> list[Source]:
    """The datasets of these (named source/name) of which something is captured, by publisher."""
    rows = reader.execute(
        _SOURCES,
        [[dataset.replace("/", "__", 1) for dataset in datasets]],
    ).fetchall()
    return [Source(row[0].replace("__", "/", 1), *row[1:]) for row in rows]


def described(read: Sequence[Source]) -> dict[str, Any]:
    """The sources of a file's rows, and under which terms they come, as the file's description has them."""
    terms = dict.fromkeys(terms_of(source.dataset) for source in read) or [OWN]
    return {"sources": [source.to_json() for source in read], "licenses": [each.to_json() for each in terms]}


def release(reader: Connection) -> dict[str, Any]:
    """The release that is read, as a file's description has it."""
    row = reader.execute(
        "select release_id, edition, built_at, as_of, software, captures from meta.release"
    ).fetchall()[0]
    names = ("id", "edition", "built_at", "as_of", "software", "captures")
    values = dict(zip(names, row, strict=True))
    values["built_at"] = values["built_at"].isoformat() + "Z"
    values["as_of"] = values["as_of"].isoformat() if values["as_of"] else None
    return {name: value for name, value in values.items() if value is not None}


def edition(reader: Connection, found: Mapping[str, Any]) -> citation.Edition:
    """The release as it is cited, with its file's sha256 as it was published; without it while it is being written."""
    built = datetime.fromisoformat(found["built_at"]).date()
    digest = seal.listed(reader.file.parent).get(reader.file.name) if isinstance(reader, Reader) else None
    return citation.Edition(found["id"], found["edition"], built, found.get("as_of"), digest)


def _known(reader: Connection, relations: Iterable[Relation]) -> dict[Relation, dict[str, dict[str, Any]]]:
    """The dictionary's entries of these tables, by column."""
    found: dict[Relation, dict[str, dict[str, Any]]] = {}
    for schema, table in relations:
        rows = reader.execute(
            "select column_name, description, unit, comes_from from meta.column_dictionary"
            " where table_schema = ? and table_name = ?",
            [schema, table],
        ).fetchall()
        found[schema, table] = {row[0]: {"description": row[1], "unit": row[2], "comes_from": row[3]} for row in rows}
    return {relation: columns for relation, columns in found.items() if columns}


def _used(sql: str, kinds: Mapping[Relation, Mapping[str, str]]) -> set[tuple[Relation, str]]:
    """Every published column that a statement names anywhere: shown, compared or joined on."""
    schema = MappingSchema(dialect="duckdb")
    for (db, table), columns in kinds.items():
        schema.add_table(exp.table_(table, db=db, quoted=True), dict(columns), dialect="duckdb")
    tree = parse_one(sql, dialect="duckdb")
    qualified = qualify(tree, schema=schema, dialect="duckdb", validate_qualify_columns=False)
    found = set()
    for scope in traverse_scope(qualified):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                found.add(((source.db, source.name), column.name))
    return found


def _column(
    name: str, parents: Iterable[tuple[Relation, str]], entries: Mapping[tuple[Relation, str], Mapping[str, Any]]
) -> Column:
    """What a column of an answer means: a published column under its own name keeps its meaning."""
    known = sorted(place for place in parents if place in entries)
    written = tuple(f"{schema}.{table}.{column}" for (schema, table), column in known)
    texts = {(entries[place]["description"], entries[place]["unit"]) for place in known if place[1] == name}
    if len(texts) == 1 and len({column for _, column in known}) == 1:
        description, unit = next(iter(texts))
        return Column(description, unit, written)
    return Column(None, None, written)
