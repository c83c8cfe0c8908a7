"""What the app of questions (explore.py) is made of: the fields of its forms, its files, its charts.

What belongs here: what needs no screen. What does not: the app's cells (explore.py), the questions (queries/).
"""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import altair as alt
import duckdb
import marimo as mo
import polars as pl
from marimo._sql.engines.duckdb import DuckDBEngine

from orchestration.reading import empty, provenance, questions, reader, writing
from orchestration.settings import QUERIES_DIR

# More points than these are no chart that anybody reads.
MOST_POINTS = 5_000
# What stands in the field for a statement at first.
STATEMENT = "select claim_id, verdict, why\nfrom analysis.mart_claim_check"
MARKS = ("bar", "line", "point")


def complete_tables() -> None:
    """Let marimo know which database a connection is in: without it, no table is completed.

    marimo 0.25 asks by `relation.fetchone()`, which DuckDB 2.0 has no more.
    """

    def asked(engine: DuckDBEngine, what: str) -> str | None:
        connection = engine._connection or duckdb
        return str(connection.execute(f"select {what}()").fetchall()[0][0])

    DuckDBEngine.get_default_database = lambda engine: asked(engine, "current_database")
    DuckDBEngine.get_default_schema = lambda engine: asked(engine, "current_schema")


def choices(connection: duckdb.DuckDBPyConnection, kind: str) -> dict[str, str]:
    """What a parameter of a kind may be, by what it is called; {} if it is free text (a place, a day)."""
    kinds = tomllib.loads((QUERIES_DIR / "parameters.toml").read_text(encoding="utf-8"))
    if kind not in kinds:
        return {}
    found = connection.execute(kinds[kind]["sql"]).fetchall()
    return {f"{label} ({value})" if str(label) != str(value) else str(value): str(value) for value, label in found}


def field(connection: duckdb.DuckDBPyConnection, name: str, parameter: questions.Parameter) -> object:
    """The form's field for a parameter."""
    label = name.replace("_", " ")
    if offered := choices(connection, parameter.kind):
        default = next((text for text, value in offered.items() if value == parameter.default), None)
        return mo.ui.dropdown(offered, value=default, label=label)
    hints = {"place": "Portland, OR", "date": "YYYY-MM-DD; empty: the last day known"}
    return mo.ui.text(value=parameter.default, placeholder=hints.get(parameter.kind, ""), label=label)


def framed(rows: object) -> pl.DataFrame:
    """Rows as a frame in which days are days and counts are whole numbers, also where some are null."""
    # polars takes no interval from an Arrow table, and a duration from Python
    if any(str(kind) == "INTERVAL" for kind in rows.types):
        values = list(zip(*rows.fetchall(), strict=True)) or [[] for _ in rows.columns]
        return pl.DataFrame([pl.Series(n, v, strict=False) for n, v in zip(rows.columns, values, strict=True)])
    frame = rows.pl()
    # by place: two columns of one name have two in the frame
    kinds = zip(frame.columns, rows.types, strict=True)
    whole = [frame[name] for name, kind in kinds if str(kind) in ("HUGEINT", "UHUGEINT")]
    return frame.with_columns(each.cast(pl.Int64) for each in whole if _fits(each))


def _fits(numbers: pl.Series) -> bool:
    """Whether whole numbers of 38 digits are also such of 64 bits."""
    return all(abs(edge) < 2**63 for edge in (numbers.min(), numbers.max()) if edge is not None)


def why_empty(opened: reader.Reader, sql: str) -> str:
    """Why a statement has no row, as `clawback sql` says it."""
    return f"No rows. {empty.of_tables(opened, provenance.tables(opened, sql))}"


def numeric(frame: pl.DataFrame) -> list[str]:
    """The columns that hold numbers."""
    return [name for name, kind in frame.schema.items() if kind.is_numeric()]


def packed(arguments: list[str], name: str, told: str) -> bytes:
    """An answer as `clawback` writes it, with what must be known of it, in one ZIP."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments]
        for ending in ("csv", "xlsx"):
            output = ["--format", ending, "--output", str(Path(folder, f"{name}.{ending}"))]
            done = subprocess.run([*command, *output], capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr.strip()[-500:])
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", told)
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
        return stream.getvalue()


def packed_rows(connection: duckdb.DuckDBPyConnection, result: pl.DataFrame, cite: str) -> bytes:
    """The rows of a statement as CSV, with what the release's dictionary says of each column, in one ZIP."""
    meanings = connection.execute(
        """
        select column_name, any_value(description) from meta.column_dictionary
        -- a field of a record that could not be typed is no column of an answer
        where table_schema <> 'quarantine' and list_contains(?, column_name)
        group by column_name having count(distinct description) = 1
        """,
        [result.columns],
    ).fetchall()
    told = [
        "The rows of a statement in SQL over the release.",
        "What is unknown is null, never zero. A key of -1 means that nothing is printed or known.",
        "",
        *(f"{name}: {meaning}" for name, meaning in sorted(meanings)),
        *(f"{name}: computed by the statement, or without one meaning" for name in result.columns
          if name not in dict(meanings)),
        "",
        f"To cite: {cite}",
    ]  # fmt: skip
    text = io.StringIO()
    writing.write_text(_Batches(result), "csv", text)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", "\n".join(told) + "\n")
        archive.writestr("answer.csv", text.getvalue())
    return stream.getvalue()


class _Batches:
    """A data frame as what writes answers reads it: some rows at a time."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.columns = frame.columns
        self._rows = frame.iter_rows()

    def fetchmany(self, number: int) -> list[tuple[object, ...]]:
        return list(itertools.islice(self._rows, number))


def drawn(frame: pl.DataFrame, mark: str, x: str, y: str, color: str | None) -> alt.Chart:
    """A chart of two columns of an answer, and a third as color."""
    decimals = [pl.col(name).cast(pl.Float64) for name, kind in frame.schema.items() if kind == pl.Decimal]
    base = alt.Chart(frame.head(MOST_POINTS).with_columns(decimals))
    marked = {"bar": base.mark_bar, "line": base.mark_line, "point": base.mark_point}[mark]()
    shades = {"color": alt.Color(color)} if color else {}
    return marked.encode(x=alt.X(x), y=alt.Y(y), tooltip=list(frame.columns)[:12], **shades).properties(
        width="container"
    )
