"""Every parser on arbitrary bytes and on good files spoilt at random: records, or a SourceError, and nothing else.

What belongs here: what a parser itself may raise. What does not: the landing, which makes a failure of anything that
it raises all the same (test_hostile.py).

`make fuzz` runs the same with 40 times the examples.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))

import hostile_kinds as kinds
from good import GOOD, Good, takes_files

from orchestration.forms import Unreadable
from orchestration.sources.base import Dataset
from orchestration.sources.socrata import Incidents
from orchestration.wire import FilePayload, Payload, SourceError

WHEN = datetime(2026, 11, 24, 6, tzinfo=UTC)
EXAMPLES = int(os.environ.get("CLAWBACK_TEST_FUZZ", "25"))
GOODS = {name: make() for name, make in GOOD.items()}
# Marks at which parsers turn: quotes, brackets, lengths, ends.
_BITS = [
    b"", b"\x00", b'"', b"'", b",", b"\n", b"\r", b"{", b"}", b"[", b"]", b"<", b">", b"</", b"&", b"\\", b"\\ud800",
    b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"\x1f\x8b", b"%%EOF", b"null", b"NaN", b"1e999", b"-1",
    b"9" * 20, b"<!--", b"<![CDATA[", b"endobj", b"\x00" * 8, b"\xff" * 4,
]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, good: Good) -> bytes:
    """The good file, cut, repeated, overwritten at a few places."""
    body = bytearray(good.body)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        length = draw(st.integers(0, 40))
        how = draw(st.sampled_from(["put", "insert", "cut", "repeat", "swap"]))
        bit = draw(st.one_of(st.sampled_from(_BITS), st.binary(max_size=8)))
        if how == "put":
            body[at : at + len(bit)] = bit
        elif how == "insert":
            body[at:at] = bit
        elif how == "cut":
            del body[at : at + length]
        elif how == "repeat":
            body[at:at] = body[at : at + length]
        else:
            body[at:at] = body[: at % 64]
    return bytes(body)


def files_like(good: Good) -> st.SearchStrategy[bytes]:
    return st.one_of(spoilt(good), spoilt(good), st.binary(max_size=400), st.text(max_size=200).map(str.encode))


def read(dataset: Dataset, name: str, body: bytes) -> int:
    """Parse a file as an import does, without the landing; how many records came. Raises what the parser raises."""
    came = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(body)
        for batch in dataset.read_file(path, WHEN):
            assert batch.slice.key
            for payload in islice(batch.payloads, 20):
                assert isinstance(payload, FilePayload) or payload.payload_id
                if not dataset.tabular:
                    came += consumed(dataset, payload)
    return came


def consumed(dataset: Dataset, payload: Payload) -> int:
    came = 0
    for record in islice(dataset.cut(payload), 2_000):
        for field, value in record.items():
            assert isinstance(field, str)
            assert value is None or isinstance(value, str), (field, value)
            (value or "").encode()
        dataset.counted(record)
        dataset.content_newest(record)
        dataset.high_water(record)
        came += 1
    return came


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_parser_gives_records_or_says_what_is_wrong(name):
    dataset, good = takes_files()[name.split()[0]], GOODS[name]
    assert read(dataset, good.name, good.body) or dataset.tabular

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="CLAWBACK_TEST_FUZZ" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(files_like(good))
    def holds(body: bytes) -> None:
        with suppress(SourceError, Unreadable):
            read(dataset, good.name, body)

    holds()


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_parser_says_what_is_wrong_with_each_kind(name):
    dataset, good = takes_files()[name.split()[0]], GOODS[name]
    if isinstance(dataset, Incidents):
        pytest.skip("its parser is polars over a file: test_hostile.py lands each kind")
    for kind, body in kinds.made(good):
        try:
            read(dataset, good.name, body)
        except (SourceError, Unreadable):
            continue
        except Exception as error:
            raise AssertionError(f"{kind.name}: {type(error).__name__}: {error}") from error
