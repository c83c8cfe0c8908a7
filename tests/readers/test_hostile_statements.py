"""No statement of a reader writes a file of the home: tried with the guard, through the shell, without the guard."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from hostile_statements import ALL

from orchestration.reading import reader, statements
from orchestration.reading.statements import Refused
from orchestration.settings import Settings


@pytest.fixture(scope="module")
def home(published) -> Settings:
    settings, _ = published
    return settings


def sums(settings: Settings) -> dict[str, str]:
    """The sha256 of every file of the home; where a link points."""
    found = {}
    for path in sorted(settings.root.rglob("*")):
        name = str(path.relative_to(settings.root))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            with path.open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def filled(statement: str, settings: Settings, other: Path) -> str:
    places = {"{file}": settings.published_file.resolve(), "{home}": settings.root, "{other}": other}
    for name, place in places.items():
        statement = statement.replace(name, str(place))
    return statement


def test_there_are_more_than_a_hundred_and_none_twice():
    assert len(set(ALL)) == len(ALL) > 100


def test_every_hostile_statement_is_refused_and_no_file_changes(home, tmp_path):
    before = sums(home)
    let_through = []
    with reader.connect(home) as connection:
        for statement in ALL:
            try:
                rows = connection.sql(filled(statement, home, tmp_path)).fetchall()
            except (Refused, duckdb.Error):
                continue
            let_through.append((statement, rows))
        assert connection.sql("select count(*) from core.dim_tracker").fetchone()[0] > 0
    assert let_through == []
    assert sums(home) == before
    assert list(tmp_path.iterdir()) == []


def test_the_engine_alone_lets_no_statement_write(home, tmp_path):
    """The second layer by itself: the statements are not read before they run."""
    before = sums(home)
    with reader.connect(home) as connection:
        for statement in ALL:
            if "sleep_ms" in statement or "_scan(" in statement:
                continue  # waits for 1,000 s; an address in memory ends the process
            with suppress(duckdb.Error, ValueError, NotImplementedError):
                done = connection._opened().execute(filled(statement, home, tmp_path))
                if done is not None:
                    done.fetchall()
    assert sums(home) == before
    assert list(tmp_path.iterdir()) == []


def test_the_shell_refuses_each_too_goes_on_and_ends_with_1(home, tmp_path):
    before = sums(home)
    # a sample, as each is a process of its own; what the shell reads are lines
    lines = [
        filled(s, home, tmp_path) for s in ALL[::10] if s.strip() and not set(s) & {"\n", "\0"} and "'unt" not in s
    ]
    typed = ";\n".join([*lines, "select 'the shell ' || 'goes on'"]) + ";\n"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("clawback")), "sql"],
        input=typed,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("CLAWBACK_")}, "CLAWBACK_HOME": str(home.root)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "the shell goes on" in done.stdout
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert sums(home) == before
    assert list(tmp_path.iterdir()) == []


def test_the_guard_is_what_refuses_them(home, tmp_path):
    """Read alone, without the engine's second layer: what parses and writes is refused by the reading of it."""
    parser = duckdb.connect()
    for statement in ALL:
        if "copy" not in statement.lower():
            continue
        with pytest.raises((Refused, duckdb.ParserException)):
            statements.read(filled(statement, home, tmp_path), parser)


@pytest.mark.parametrize("name", ["'/etc/passwd'", "'x.csv'", '"a/b"', "'s3://bucket/x.parquet'"])
def test_a_file_where_a_table_is_expected_is_refused_in_words(name):
    with duckdb.connect() as connection, pytest.raises(statements.Refused, match="it would open a file"):
        statements.read(f"select * from {name}", connection)


def test_a_table_s_name_may_hold_a_dot_where_its_schema_is_named():
    with duckdb.connect() as connection:
        assert len(statements.read('select * from core."a.csv"', connection)) == 1
