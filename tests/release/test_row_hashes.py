"""row_hashes: equal where the rows are, whatever their order, and unequal by one bit, one copy or one null."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.release import row_hashes

ROWS = "(1, 'a', 0.1::double), (2, null, 0.2::double), (3, 'c', null)"


def _warehouse(path: Path, rows: str, run: str = "one") -> dict[str, str]:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create schema meta")
        connection.execute(f"create table core.fct_a as select * from (values {rows}) as t(k, name, amount)")
        connection.execute(f"create table meta.release as select '{run}' as run_id")
    return row_hashes.of_file(path)


def test_order_and_the_run_do_not_matter(tmp_path: Path) -> None:
    one = _warehouse(tmp_path / "one.duckdb", ROWS)
    other = _warehouse(
        tmp_path / "other.duckdb", "(3, 'c', null), (1, 'a', 0.1::double), (2, null, 0.2::double)", run="two"
    )
    assert one == other
    assert list(one) == ["core.fct_a"]


@pytest.mark.parametrize(
    "rows",
    [
        "(1, 'a', 0.1::double), (2, null, 0.2::double)",
        "(1, 'a', 0.1::double), (2, null, 0.2::double), (3, 'c', null), (3, 'c', null)",
        "(1, 'a', 0.1::double), (2, '', 0.2::double), (3, 'c', null)",
        "(1, 'a', 0.1::double), (2, null, 0.2::double), (3, 'c', 0.0::double)",
        # the neighbour of 0.1 among the doubles
        "(1, 'a', 0.10000000000000002::double), (2, null, 0.2::double), (3, 'c', null)",
    ],
)
def test_any_change_matters(tmp_path: Path, rows: str) -> None:
    assert _warehouse(tmp_path / "one.duckdb", ROWS) != _warehouse(tmp_path / "other.duckdb", rows)


def test_where_one_text_ends_and_the_next_begins_matters(tmp_path: Path) -> None:
    hashes = []
    for number, pair in enumerate(("'ab', ''", "'a', 'b'", "'1:a', ''")):
        with duckdb.connect(str(tmp_path / f"{number}.duckdb")) as connection:
            connection.execute(f"create table t as select * from (values ({pair})) as t(a, b)")
            hashes.append(row_hashes.of_connection(connection)["main.t"])
    assert len(set(hashes)) == 3
