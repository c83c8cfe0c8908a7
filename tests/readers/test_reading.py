"""What an analyst needs is let through, within limits that are told; releases are named, never given by path."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from orchestration.reading import questions, reader
from orchestration.reading.reader import LimitReached, NothingPublished
from orchestration.settings import Settings
from tests.conftest import clawback

LET_THROUGH = [
    "select 1",
    "SELECT count(*) FROM core.dim_tracker;",
    "with t as (select * from core.dim_tracker) select count(*) from t",
    "with recursive r as (select 1 as i union all select i + 1 from r where i < 5) from r",
    "values (1), (2)",
    "from core.dim_tracker",
    "from core.dim_tracker select tracker_code",
    "table core.dim_tracker",
    "(select 1) union all (select 2)",
    "describe core.dim_tracker",
    "desc select 1 as a",
    "show tables",
    "show all tables",
    "show databases",
    "summarize core.dim_tracker",
    "pivot core.dim_tracker on verdict using count(*)",
    "pivot core.dim_tracker on verdict in ('sanctuary') using count(*);",
    "with t as (from core.dim_tracker) pivot t on verdict using count(*) group by tracker_code -- the end",
    "select * from (pivot core.dim_tracker on verdict using count(*))",
    "describe pivot core.dim_tracker on verdict using count(*)",
    "unpivot (select 1 as a, 2 as b) on a, b into name n value v",
    "explain select 1",
    "explain analyze select count(*) from core.dim_tracker",
    "explain (format json) select 1",
    "explain (analyze, format json) select 1",
    "explain (select 1)",
    "explain pivot core.dim_tracker on verdict using count(*)",
    "from duckdb_columns() select table_name limit 1",
    "from pragma_table_info('core.dim_tracker')",
    "select * from range(3), generate_series(1, 2)",
    "select unnest([1, 2]), x from (select 'copy (select 1) to ''x''' as x)",
    'select 1 as "copy", 2 as "insert" -- copy (select 1) to x',
    "select * exclude (tracker_key) from core.dim_tracker limit 1",
    "select json_extract('{\"type\": \"COPY_QUERY_NODE\"}', '$.type')",
    "select tracker_code, row_number() over (order by tracker_code) from core.dim_tracker qualify true",
]


@pytest.fixture(scope="module")
def home(published) -> Settings:
    settings, _ = published
    return settings


# One process opens a file in one way at a time: closed before the tests of other limits.
@pytest.fixture(scope="class")
def connection(home):
    with reader.connect(home) as opened:
        yield opened


def limited(home: Settings, **limits) -> Settings:
    return Settings(home=home.root, edition="recorded", **limits)


class TestWhatIsLetThrough:
    @pytest.mark.parametrize("statement", LET_THROUGH)
    def test_what_reads_gives_its_rows(self, connection, statement):
        rows = connection.sql(statement)
        assert rows.columns
        # the schema that is asked by default is empty: every table is in core, analysis, meta or quarantine
        assert rows.fetchall() or statement == "show tables"

    def test_every_named_question_does(self, connection):
        for question in questions.questions().values():
            assert len(connection.read(question.sql)) == 1, question.name

    def test_rows_come_one_by_one_or_all_and_parameters_are_bound(self, connection):
        rows = connection.execute("select * from range($n)", {"n": 5})
        assert [rows.fetchone(), *rows.fetchmany(3), *rows.fetchmany(3), rows.fetchone()] == [
            *((n,) for n in range(5)),
            None,
        ]
        assert connection.sql("select ? as a", ["x"]).df()["a"].tolist() == ["x"]

    @pytest.mark.parametrize("method", ["to_csv", "to_parquet", "create", "to_table", "insert_into", "query"])
    def test_rows_have_no_method_that_writes_or_takes_sql(self, connection, method):
        with pytest.raises(AttributeError, match="write it in SQL"):
            getattr(connection.sql("select 1"), method)

    def test_a_variable_of_the_code_around_is_no_table(self, connection):
        import pandas as pd

        hidden = pd.DataFrame({"a": [1]})
        assert len(hidden) == 1
        with pytest.raises(Exception, match="hidden"):
            connection.sql("from hidden").fetchall()


class TestReleasesAreNamed:
    @pytest.mark.parametrize("name", ["../build", "/etc", "..", ".", "2026.11.28/../../build", "", "~", "2026.11.28\n"])
    def test_a_path_is_refused(self, home, name):
        with pytest.raises(NothingPublished, match="is no release's id"):
            reader.connect(home, release=name)

    def test_the_folder_of_the_build_is_no_release(self, home):
        done = clawback(home.root, "sql", "select 1", "--release", "../build")
        assert (done.returncode, "is no release's id" in done.stderr) == (2, True)

    def test_a_link_among_the_releases_leads_nowhere_else(self, home, tmp_path):
        link = home.releases_dir / "2000.01.01"
        link.symlink_to(home.build_dir)
        try:
            with pytest.raises(NothingPublished, match="no release"):
                reader.connect(home, release="2000.01.01")
        finally:
            link.unlink()

    def test_a_release_that_is_kept_is_read(self, home):
        with reader.connect(home, release=home.published_dir.resolve().name) as connection:
            assert connection.sql("select 1").fetchone() == (1,)


# Each goes on for hours, or builds more than the memory of any machine.
RUNAWAY = [
    "select count(*) from range(1000000000000)",
    "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c",
    "with recursive r as (select 1 as i union all select i + 1 from r) select count(*) from r",
    "pivot (select i % 2 as a from range(1000000000000) as t(i)) on a using count(*)",
    "explain analyze select count(*) from range(1000000000000)",
]
TOO_LARGE = [
    "select list(i) from range(10000000000) as t(i)",
    "select string_agg(i::varchar) from range(10000000000) as t(i)",
    "select range(1000000000)",
    "select * from range(1000000000) as t(i) order by random()",
]


class TestLimits:
    @pytest.mark.parametrize("statement", RUNAWAY)
    def test_a_runaway_query_is_stopped_with_the_limit_and_how_to_raise_it(self, home, statement):
        begun = time.monotonic()
        with (
            reader.Reader(reader.find(home), limited(home, query_seconds=0.5, query_memory="500MB")) as connection,
            pytest.raises(LimitReached, match=r"stopped after 0\.5 seconds \(CLAWBACK_QUERY_SECONDS"),
        ):
            connection.sql(statement).fetchall()
        assert time.monotonic() - begun < 10

    @pytest.mark.parametrize("statement", TOO_LARGE)
    def test_a_query_beyond_the_memory_is_told_so_and_spills_nowhere(self, home, statement):
        before = sorted(home.root.rglob("*"))
        with (
            reader.Reader(reader.find(home), limited(home, query_seconds=60, query_memory="100MB")) as connection,
            pytest.raises(LimitReached, match=r"more memory than 95 MiB \(CLAWBACK_QUERY_MEMORY"),
        ):
            connection.sql(statement).fetchall()
        assert sorted(home.root.rglob("*")) == before

    def test_the_connection_answers_after_a_limit(self, home):
        with reader.Reader(reader.find(home), limited(home, query_seconds=0.3)) as connection:
            with pytest.raises(LimitReached):
                connection.sql(RUNAWAY[0]).fetchall()
            assert connection.sql("select 42").fetchone() == (42,)

    @pytest.mark.parametrize(
        ("statement", "told"),
        [
            # one call of a function that no interrupt reaches: minutes, and then more
            ("select levenshtein(repeat('a', 1000000), repeat('b', 1000000))", "CLAWBACK_QUERY_SECONDS"),
            # what a function builds is in no account of the engine's
            ("select sum(length(repeat('x', 500000000))) from range(100)", "CLAWBACK_QUERY_"),
        ],
    )
    def test_one_call_that_cannot_be_interrupted_ends_too(self, home, statement, told):
        begun = time.monotonic()
        done = clawback(home.root, "sql", statement, CLAWBACK_QUERY_SECONDS="1", CLAWBACK_QUERY_MEMORY="256MB")
        assert done.returncode == 1
        assert told in done.stderr
        assert "Traceback" not in done.stderr
        assert time.monotonic() - begun < 30

    def test_an_answer_that_flows_row_by_row_is_stopped_too_and_leaves_no_file(self, home, tmp_path):
        environment = {"CLAWBACK_QUERY_SECONDS": "1"}
        target = tmp_path / "big.csv"
        sql = "select * from range(2000000000)"
        done = clawback(home.root, "sql", sql, "-o", str(target), **environment)
        assert done.returncode == 1
        assert "stopped after 1 seconds (CLAWBACK_QUERY_SECONDS raises the limit)" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_rows_that_are_fetched_slowly_count_as_one_query(self, home):
        with reader.connect(limited(home, query_seconds=0.5)) as opened:
            rows = opened.sql("select * from range(100000)")
            assert rows.fetchmany(2) == [(0,), (1,)]
            time.sleep(0.6)
            with pytest.raises(LimitReached, match=r"stopped after 0\.5 seconds"):
                rows.fetchmany(2)

    def test_a_limit_that_is_none_is_a_usage_error(self, home):
        done = clawback(home.root, "sql", "select 1", CLAWBACK_QUERY_MEMORY="a lot")
        assert (done.returncode, "CLAWBACK_QUERY_MEMORY" in done.stderr) == (2, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_query_and_leaves_no_process(home, number, code):
    command = [str(Path(sys.executable).with_name("clawback")), "sql", "select count(*) from range(1000000000000)"]
    query = subprocess.Popen(
        command, env={**os.environ, "CLAWBACK_HOME": str(home.root)}, stderr=subprocess.PIPE, start_new_session=True
    )
    until = time.monotonic() + 30
    while not (working := children(query.pid)) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.3)
    os.kill(query.pid, number)
    query.communicate(timeout=20)
    assert query.returncode == code
    assert working
    assert not any(Path(f"/proc/{pid}").exists() for pid in working)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_while_it_writes_a_file_goes_on_nowhere(home, tmp_path, number):
    """The process that works ends with the one that was started; what it left is removed then or by the next answer."""
    target = tmp_path / "big.csv"
    command = Path(sys.executable).with_name("clawback")
    environment = {**os.environ, "CLAWBACK_HOME": str(home.root), "CLAWBACK_QUERY_SECONDS": "600"}
    with subprocess.Popen(
        [command, "sql", "select * from range(2000000000)", "-o", target], env=environment, stderr=subprocess.DEVNULL
    ) as started:
        end = time.monotonic() + 60
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert time.monotonic() < end
            time.sleep(0.05)
        working = children(started.pid)
        assert working
        started.send_signal(number)
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in working):
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.05)
    if number == signal.SIGKILL:
        assert clawback(home.root, "sql", "select 1 as a", "-o", str(tmp_path / "small.csv")).returncode == 0
        for name in ("small.csv", "small.csv.metadata.json"):
            (tmp_path / name).unlink()
    assert list(tmp_path.iterdir()) == []


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def piped(home: Settings, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("clawback")), "sql"],
        input=text,
        env={**os.environ, "CLAWBACK_HOME": str(home.root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestTheShell:
    def test_piped_input_with_an_error_goes_on_and_exits_1(self, home):
        done = piped(home, "select nothing_of_that_name;\nselect 'after ' || 'it' as said;\n")
        assert done.returncode == 1
        assert "after it" in done.stdout
        assert "nothing_of_that_name" in done.stderr

    def test_piped_input_without_a_semicolon_at_its_end_is_answered(self, home):
        done = piped(home, "select 'the last ' || 'line' as said")
        assert (done.returncode, "the last line" in done.stdout) == (0, True)

    def test_ctrl_c_stops_the_query_and_not_the_shell(self, home):
        main, terminal = pty.openpty()
        shell = subprocess.Popen(
            [str(Path(sys.executable).with_name("clawback")), "sql"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "CLAWBACK_HOME": str(home.root), "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(terminal)
        screen = Screen(main)
        try:
            screen.read_until(b"clawback> ")
            os.write(main, b"select count(*) from range(1000000000000);\n")
            time.sleep(1.5)
            os.killpg(shell.pid, signal.SIGINT)
            screen.read_until(b"stopped")
            screen.read_until(b"clawback> ")
            os.write(main, b"select 'still' || ' here' as said;\n")
            screen.read_until(b"still here")
            os.write(main, b".quit\n")
            assert shell.wait(timeout=20) == 0
        finally:
            shell.kill()
            shell.wait()
            os.close(main)


class Screen:
    """What a terminal shows, read up to a text; what came with it and stands behind it is for the next call."""

    def __init__(self, stream: int) -> None:
        self.stream, self.unread = stream, b""

    def read_until(self, wanted: bytes) -> None:
        until = time.monotonic() + 40
        while wanted not in self.unread:
            ready, _, _ = select.select([self.stream], [], [], max(0, until - time.monotonic()))
            assert ready, self.unread
            self.unread += os.read(self.stream, 4096)
        self.unread = self.unread.partition(wanted)[2]


@pytest.mark.parametrize("asked", questions.questions().values(), ids=lambda asked: asked.name)
def test_no_answer_has_an_order_that_is_chances(asked):
    """Rows in no order, and texts that are put together in no order, differ from one run to the next."""
    tree = sqlglot.parse_one(asked.sql, dialect="duckdb")
    assert tree.args.get("order") is not None
    put_together = [each.sql() for each in tree.find_all(exp.GroupConcat, exp.ArrayAgg) if not each.find(exp.Order)]
    assert put_together == []
