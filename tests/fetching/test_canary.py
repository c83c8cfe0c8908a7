"""Canaries in every secret, publishers that echo them everywhere, a live refresh: found nowhere afterwards.

What belongs here: the whole way, in a process of its own. What does not: each spelling (test_redaction).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.running import packing
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home

CORE = "SYNCANARY"
SECRETS = {
    name: f'{CORE}/{number}+{name.lower()}=&"0123456789'
    for number, name in enumerate(
        ("DATA_GOV_API_KEY", "SOCRATA_APP_TOKEN", "CENSUS_API_KEY", "LEGISTAR_TOKEN_NYC", "LEGISTAR_TOKEN_COOK_COUNTY")
    )
}
TOLD = f"{CORE}notifytoken0123456789"
# The canary as it may stand in bytes: plain, hexadecimal, and in base64 wherever it begins.
TRACES = [CORE.encode(), CORE.encode().hex().encode(), CORE.encode().hex().upper().encode()] + [
    base64.b64encode(b"\0" * before + CORE.encode())[(0, 2, 3)[before] : (before + len(CORE)) * 8 // 6]
    for before in range(3)
]


def is_traced(data: bytes) -> bool:
    return any(trace in data for trace in TRACES)


def traces_in(data: bytes) -> list[str]:
    """Each trace with what stands around it: where to look when one is found."""
    places = [data.find(trace) for trace in TRACES]
    return [data[max(0, place - 300) : place + 60].decode(errors="replace") for place in places if place >= 0]


def echo(request: Request) -> str:
    """All secrets in several spellings, and the request as it came."""
    every = [*SECRETS.values(), TOLD]
    return json.dumps(
        [*every, *(quote(s, safe="") for s in every), *(base64.b64encode(f"u:{s}".encode()).decode() for s in every),
         request.url, dict(request.headers)]
    )  # fmt: skip


def hostile(request: Request) -> Response:
    """Another way to fail, or to answer, for each publisher; each repeats all it knows."""
    said, where = echo(request), request.path.split("/")[1]
    one = SECRETS["SOCRATA_APP_TOKEN"]
    headers = {"ETag": quote(SECRETS["DATA_GOV_API_KEY"]), "Date": one}
    if where == "legistar":
        row = {"MatterId": 1, "MatterGuid": "SYN", "MatterTitle": said, "MatterFile": SECRETS["LEGISTAR_TOKEN_NYC"],
               "MatterLastModifiedUtc": "2026-01-01T00:00:00", "MatterStatusName": said}  # fmt: skip
        return Response(json.dumps([row]), content_type="application/json", headers=headers)
    if where == "fbi":
        there = f"/elsewhere/?key={quote(SECRETS['DATA_GOV_API_KEY'], safe='')}"
        return Response(status=302, headers={"Location": there})
    if where == "census":
        return Response(json.dumps({"error": said}), status=200, content_type=f"application/json; x={quote(one)}")
    if where == "ice":
        return Response(status=302, headers={"Location": f"http://synthetic.invalid/{quote(one)}"})
    if where == "told":
        return Response(said, status=500)
    return Response(f"<p>{said}</p>", status=418, headers=headers)


def texts(path: Path) -> Iterator[bytes]:
    """The content of a file, out of every packing that a file of the home has."""
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        while data:
            member = zlib.decompressobj(31)
            yield member.decompress(data)
            data = member.unused_data
    elif data[:16] == b"SQLite format 3\0":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as opened:
            for (table,) in opened.execute("select name from sqlite_master where type = 'table'").fetchall():
                for row in opened.execute(f'select * from "{table}"'):
                    yield repr(row).encode()
                    for value in row:
                        if isinstance(value, bytes):
                            yield value
                            # an event of Dagster's (running.packing); anything else is no packed text
                            with suppress(ValueError, zlib.error):
                                yield packing.unpack(value).encode()
    elif path.suffix == ".parquet":
        for row in duckdb.connect().sql(f"select * from read_parquet('{path}')").fetchall():
            yield repr(row).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as opened:
            tables = opened.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
            for schema, table in tables:
                for (row,) in opened.execute(f'select t::varchar from "{schema}"."{table}" t').fetchall():
                    yield row.encode()


def found_in(home: Path) -> dict[str, list[str]]:
    """The files that hold a trace, each with what stands around it."""
    files = [path for path in sorted(home.rglob("*")) if path.is_file() and not path.is_symlink()]
    found = {
        str(path.relative_to(home)): [where for text in texts(path) for where in traces_in(text)] for path in files
    }
    return {name: where for name, where in found.items() if where}


def test_the_search_sees_what_it_looks_for(tmp_path):
    secret = SECRETS["CENSUS_API_KEY"]
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(b"x" * 99) + gzip.compress(secret.encode()))
    with sqlite3.connect(tmp_path / "b.db") as opened:
        opened.execute("create table t (a blob)")
        opened.execute("insert into t values (?)", (secret.encode() * 2000,))
    with sqlite3.connect(tmp_path / "packed.db") as opened:
        opened.execute("create table t (a blob)")
        opened.execute("insert into t values (?)", (packing.pack(secret),))
    duckdb.connect().sql(f"select '{secret}' as a").write_parquet(str(tmp_path / "c.parquet"))
    with duckdb.connect(str(tmp_path / "d.duckdb")) as kept:
        kept.execute("create table t as select ? as a from range(9000)", [secret])
    for n in range(3):
        (tmp_path / f"e{n}.json").write_bytes(base64.b64encode(b"u" * n + secret.encode()))
    (tmp_path / "clean.txt").write_text("synthetic", encoding="utf-8")
    assert len(found_in(tmp_path)) == 8


@pytest.fixture
def home(published, tmp_path) -> Path:
    original, _ = published
    copy_home(original, tmp_path / "home")
    return tmp_path / "home"


def test_a_live_refresh_against_publishers_that_echo_keeps_no_key_anywhere(httpserver: HTTPServer, home):
    httpserver.expect_request(re.compile(".*")).respond_with_handler(hostile)
    base = httpserver.url_for("").rstrip("/")
    environment = {
        f"CLAWBACK_{name.upper()}": f"{base}/{name.split('_')[0]}" for name in Settings().base_urls()
    } | {
        **SECRETS,
        "CLAWBACK_NOTIFY_URLS": f"json://127.0.0.1:{httpserver.port}/told/{TOLD}",
        "CLAWBACK_CONTACT": "synthetic@example.org",
        "CLAWBACK_REQUEST_DEADLINE": "1",
    }  # fmt: skip
    done = clawback(home, "refresh", "--live", "--json", **environment)
    assert traces_in(done.stdout.encode()) == []
    assert traces_in(done.stderr.encode()) == []
    landed = list(home.glob("landing/legistar/matters/**/responses.warc.gz"))
    assert landed, "answers were archived, " + done.stderr[-3000:]
    assert any(b"REDACTED" in text for path in landed for text in texts(path))
    assert "REDACTED" in done.stdout + done.stderr
    for args in (("status", "--json"), ("health",), ("doctor",)):
        told = clawback(home, *args, **environment)
        assert traces_in((told.stdout + told.stderr).encode()) == [], args
    assert found_in(home) == {}
