"""Checking an analyst's SQL before it runs: what only reads is allowed, everything else is refused with a message.

What belongs here: which statements, parts of statements and functions are allowed, and the messages of refusals. What
does not: running anything, limits of time and memory (reader), how an answer is shown.

The type of a statement is not enough: `with t as (copy ... to 'file') select ...` is a SELECT that writes a file, and
`explain analyze copy ...` runs the COPY. So DuckDB's own parser takes the statement apart, and every query inside it
must be of a type that only reads. Types of statements and table functions are checked against allow-lists; other
functions against a list of refused ones.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LET_THROUGH = "select, with, values, from, table, describe, show, summarize, pivot, unpivot, explain"

# The kinds of query that may stand anywhere in a statement. Not among them: the COPY, INSERT, UPDATE, DELETE and MERGE
# that may stand in a WITH.
_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})

# Functions that may stand in FROM. Left out: those that open files, run SQL that they get as text, take an address in
# memory (a wrong one ends the process), or change the engine's state.
_TABLE_FUNCTIONS = _words(
    "generate_series histogram histogram_values icu_calendar_names json_each json_tree pg_timezone_names range repeat"
    " repeat_row summary unnest"
    " duckdb_columns duckdb_constraints duckdb_databases duckdb_extensions duckdb_functions duckdb_indexes"
    " duckdb_keywords duckdb_memory duckdb_optimizers duckdb_schemas duckdb_sequences duckdb_settings duckdb_tables"
    " duckdb_types duckdb_views"
    " pragma_collations pragma_database_size pragma_platform pragma_show pragma_storage_info pragma_table_info"
    " pragma_version"
)

_OF_THE_ENGINE = frozenset(name for name in _TABLE_FUNCTIONS if name.startswith(("duckdb_", "pragma_")))

# Functions that may stand nowhere: they write to a log, wait, or advance a sequence.
_REFUSED_FUNCTIONS = _words(
    "currval json_execute_serialized_sql nextval pg_sleep query query_table setseed setval sleep_ms write_log"
)

# Words that begin a statement of another kind where a query is expected: after an opening bracket.
_OTHER_STATEMENTS = _words(
    "alter analyze attach call checkpoint comment copy create deallocate delete detach drop execute export import"
    " insert install load merge pragma prepare replace reset set truncate update use vacuum"
)

_INSTEAD = {
    "COPY": "To write a file: clawback sql --format csv --output FILE",
    "EXPORT": "Each release holds a Parquet file of every table beside warehouse.duckdb",
    "CREATE": "Use WITH for steps in between, or attach the file (READ_ONLY) in a DuckDB of your own",
    "CREATE_FUNC": "Use WITH for steps in between, or attach the file (READ_ONLY) in a DuckDB of your own",
    "PREPARE": "Run the query itself",
    "EXECUTE": "Run the query itself",
    "CALL": "Use FROM with the function's name, e.g. from duckdb_tables()",
    "PRAGMA": "Use DESCRIBE, SHOW ALL TABLES, or FROM pragma_table_info('table')",
    "SET": "Limits are settings: CLAWBACK_QUERY_SECONDS, CLAWBACK_QUERY_MEMORY",
    "VARIABLE_SET": "Write the value into the query, or use WITH",
    "ATTACH": "Other files are out of reach here: attach both in a DuckDB of your own",
    "TRANSACTION": "No transaction is needed: the release never changes",
}


class Refused(Exception):
    """A statement that does more than read, or that cannot be read; says which part, and what to do instead."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    end: int

    @property
    def word(self) -> str:
        """The word in lower case as the engine compares it, without quotes."""
        if self.text.startswith('"'):
            return self.text[1:-1].replace('""', '"').lower()
        return self.text.lower()


def read(text: str, connection: duckdb.DuckDBPyConnection) -> list[duckdb.Statement]:
    """The statements of a text, every one of which only reads; exactly these are to be run.

    connection: whose parser reads; nothing is run on it.
    Raises Refused, or duckdb.ParserException where the text is no SQL. Of several statements all are read before any
    may run.
    """
    if "\0" in text:
        raise Refused("the statement holds a NUL character: nothing after it would be read")
    found = []
    for statement in connection.extract_statements(text):
        # What is run is the parse of exactly the text that is taken apart here.
        one = _one(statement.query, connection)
        _check(one, connection)
        found.append(one)
    return found


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:
        return "statement"  # a kind that the engine's Python module has no name for


def _one(text: str, connection: duckdb.DuckDBPyConnection) -> duckdb.Statement:
    try:
        found = connection.extract_statements(text)
    except duckdb.Error as error:
        raise Refused(f"the statement cannot be read: {str(error).splitlines()[0]}") from error
    if len(found) != 1:
        raise Refused("the statement cannot be read: it is several")
    return found[0]


def _check(statement: duckdb.Statement, connection: duckdb.DuckDBPyConnection) -> None:
    kind = _kind(statement)
    tokens = _tokens(statement.query)
    if tokens and tokens[0].word == "explain" and kind in ("EXPLAIN", "MULTI"):
        _check(_explained(statement.query, tokens, connection), connection)
    elif kind == "SELECT":
        _check_tree(statement.query, connection)
    elif kind == "MULTI":
        _check_pivot(statement.query, tokens, connection)
    else:
        raise Refused(_refusal(kind, tokens))


def _refusal(kind: str, tokens: list[_Token]) -> str:
    first = tokens[0].text.upper() if tokens and tokens[0].text.isalpha() else kind
    # The engine gives USE the kind of SET, CHECKPOINT that of CALL, IMPORT that of PRAGMA: their hints are not theirs.
    is_itself = first in (kind, "EXPORT", "CREATE", "PREPARE", "EXECUTE", "DEALLOCATE", "RESET", "BEGIN", "COMMIT")
    instead = f" {_INSTEAD[kind]}." if kind in _INSTEAD and (is_itself or kind not in ("SET", "CALL", "PRAGMA")) else ""
    return f"{first} is refused: only statements that read are let through ({LET_THROUGH}).{instead}"


def _explained(text: str, tokens: list[_Token], connection: duckdb.DuckDBPyConnection) -> duckdb.Statement:
    """The statement that an EXPLAIN explains; ANALYZE would run it."""
    rest = text[tokens[0].end :]
    if len(tokens) > 1 and tokens[1].word in ("analyze", "analyse"):
        rest = text[tokens[1].end :]
    elif len(tokens) > 1 and tokens[1].text == "(" and not _parses(rest, connection):
        # (analyze, format json): what is in the brackets is no statement
        closing = next((token for token in tokens if token.text == ")"), tokens[-1])
        rest = text[closing.end :]
    return _one(rest, connection)


def _parses(text: str, connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        return len(connection.extract_statements(text)) == 1
    except duckdb.Error:
        return False


def _check_tree(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a SELECT that contains anything but queries and allowed functions."""
    row = connection.cursor().execute("select json_serialize_sql(cast(? as varchar))", [text]).fetchone()
    try:
        tree = json.loads(row[0]) if row else {"error": True}
    except RecursionError as deep:
        raise Refused("the statement cannot be read: it is nested too deep") from deep
    if tree.get("error"):
        raise Refused(f"the statement cannot be read: {tree.get('error_message', 'no syntax tree')}")
    for node in _nodes(tree):
        kind = str(node.get("type", ""))
        if (kind.endswith("_NODE") and kind not in _READING_NODES) or "info_type" in node:
            what = kind.removesuffix("_NODE").removesuffix("_QUERY") or str(node.get("info_type"))
            raise Refused(f"{what} inside a query is refused: only queries that read are let through")
        if kind == "BASE_TABLE" and _is_file(node):
            raise Refused(
                f"'{node['table_name']}' in FROM is refused: it would open a file, and only the release's tables are"
                " in reach here. `show all tables` lists them; to join a file of yours, attach the release (READ_ONLY)"
                " in a DuckDB of your own"
            )
        if kind == "TABLE_FUNCTION":
            _check_function(node["function"].get("function_name", ""), in_from=True)
        elif node.get("class") == "FUNCTION":
            _check_function(node.get("function_name", ""), in_from=False)


def _is_file(table: dict[str, Any]) -> bool:
    """Whether the engine would take a table's name for a file's: it has a folder or an ending, and no schema."""
    named = not table.get("schema_name") and not table.get("catalog_name")
    return named and bool(re.search(r"[/\\]|\.[A-Za-z]+$", table.get("table_name", "")))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _check_function(name: str, *, in_from: bool) -> None:
    if name.lower() in _REFUSED_FUNCTIONS:
        raise Refused(f"{name}() is refused: it does more than read the release")
    if in_from and name.lower() not in _TABLE_FUNCTIONS:
        raise Refused(
            f"{name}() is refused in FROM: it could reach beyond the release. Let through are the release's tables"
            f" and {', '.join(sorted(_TABLE_FUNCTIONS - _OF_THE_ENGINE))}, and the engine's duckdb_...() and"
            " pragma_...(). To read a file of yours, attach the release (READ_ONLY) in a DuckDB of your own"
        )


def _check_pivot(text: str, tokens: list[_Token], connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a PIVOT without IN that does more than read.

    The engine runs it as two statements (it looks up the values first), and has no syntax tree for it. If it
    parses within brackets, where only a query is allowed, it is no COPY, CREATE or INSERT; its words show the rest.
    """
    while tokens and tokens[-1].text == ";":
        tokens = tokens[:-1]
        text = text[: tokens[-1].end]
    if not _parses(f"from (\n{text}\n)", connection):
        raise Refused(_refusal("MULTI", tokens))
    known = _functions_in_from(connection) - _TABLE_FUNCTIONS | _REFUSED_FUNCTIONS
    for before, token in itertools.pairwise(tokens):
        if before.text.endswith("(") and token.text.lower() in _OTHER_STATEMENTS:
            raise Refused(f"{token.text.upper()} inside a query is refused: only queries that read are let through")
        if token.text.startswith("(") and before.word in known:
            raise Refused(f"{before.word}() is refused: it does more than read the release")


def _functions_in_from(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = connection.cursor().execute(
        "select distinct lower(function_name) from duckdb_functions()"
        " where function_type in ('table', 'table_macro', 'pragma')"
    )
    return frozenset(name for (name,) in rows.fetchall())


def _tokens(text: str) -> list[_Token]:
    """The words and signs of a text, without comments. The engine counts in bytes."""
    raw = text.encode()
    found = duckdb.tokenize(text)
    ends = [start for start, _ in found[1:]] + [len(raw)]
    tokens = []
    for (start, kind), end in zip(found, ends, strict=True):
        if kind.name == "comment":
            continue
        part = raw[start:end].decode()
        # What follows a token up to the next one is blank, or a comment's end.
        word = part.rstrip()
        tokens.append(_Token(kind.name, word, len(raw[:start].decode()) + len(word)))
    return tokens
