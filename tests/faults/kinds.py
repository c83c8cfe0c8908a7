"""The faults of the wire: what a publisher's answer can be instead of what it should be.

What belongs here: how an answer is spoilt, the same way for every dataset. What does not: which dataset (worlds.py),
what must become of it (faults.toml).
"""

from __future__ import annotations

import io
import json
import socket
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug import Request, Response
from worlds import Rows, World

Answer = Callable[[Request, Response], Response]


@dataclass(frozen=True)
class Fault:
    """One fault: `answer` spoils each answer as it goes out; `state` changes what the publisher holds.

    needs: what a world must tell so that the fault can be made ("rows", "set", "text", "day", "amount", "code").
    adds: a field that the fault adds; harmless where it is kept beside the others, and nothing else differs.
    says: what one spoilt field holds; the fault is harmless where it is served as it was sent, in that record alone.
    """

    name: str
    answer: Callable[[World], Answer] | None = None
    state: Callable[[World], None] | None = None
    needs: str = ""
    adds: str = ""
    says: str = ""


def _status(code: int, body: bytes = b'{"detail": "synthetic"}', **headers: str) -> Callable[[World], Answer]:
    return lambda world: (
        lambda request, response: Response(
            body,
            status=code,
            content_type="application/json",
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
    )


def _body(make: Callable[[bytes], bytes], media_type: str | None = None, **headers: str) -> Callable[[World], Answer]:
    def spoil(request: Request, response: Response) -> Response:
        made = Response(make(response.get_data()), content_type=media_type or response.content_type)
        made.headers.extend({name.replace("_", "-"): value for name, value in headers.items()})
        return made

    return lambda world: spoil


def _reset(world: World) -> Answer:
    def spoil(request: Request, response: Response) -> Response:
        connection: socket.socket = request.environ["werkzeug.socket"]
        # Closed while bytes wait to be sent: the other side sees a reset, or an end before the answer.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_WR)
        return response

    return spoil


def _short(world: World) -> Answer:
    def spoil(request: Request, response: Response) -> Response:
        body = response.get_data()
        made = Response(body[: len(body) // 2], content_type=response.content_type)
        made.headers["Content-Length"] = str(len(body) + 1)
        return made

    return spoil


def _redirect(where: Callable[[Request], str | None], status: int = 302) -> Callable[[World], Answer]:
    def spoil(request: Request, response: Response) -> Response:
        target = where(request)
        return Response(b"", status=status, headers={"Location": target}) if target else response

    return lambda world: spoil


def _hop(request: Request) -> str | None:
    if "hop" in request.args:
        return None
    return f"{request.url}{'&' if request.query_string else '?'}hop=1"


def _rows(change: Callable[[World, Rows], Rows]) -> Callable[[World], Answer]:
    """Change the rows of each answer that holds any; the publisher's counts stay as they are."""

    def made(world: World) -> Answer:
        assert world.rows is not None
        assert world.with_rows is not None

        def spoil(request: Request, response: Response) -> Response:
            rows = world.rows(request, response)  # type: ignore[misc]
            return world.with_rows(response, change(world, rows)) if rows else response  # type: ignore[misc]

        return spoil

    return made


def _set(change: Callable[[Rows], Rows]) -> Callable[[World], None]:
    def made(world: World) -> None:
        assert world.hold is not None
        assert world.set is not None
        world.set(change(list(world.hold())))

    return made


def _without(world: World, rows: Rows) -> Rows:
    return [{name: value for name, value in row.items() if name != world.needed} for row in rows]


def _renamed(world: World, rows: Rows) -> Rows:
    return [{f"{name} v2" if name == world.needed else name: value for name, value in row.items()} for row in rows]


def _each(field: str, value: object) -> Callable[[World, Rows], Rows]:
    return lambda world, rows: [{**row, getattr(world, field): value} for row in rows]


def _first(field: str, value: object) -> Callable[[World], Answer]:
    """Change one field of the first row of the first answer that holds rows: one record of the whole capture."""

    def made(world: World) -> Answer:
        done: list[bool] = []

        def change(world: World, rows: Rows) -> Rows:
            changed = rows if done else [{**rows[0], getattr(world, field): value}, *rows[1:]]
            done.append(True)
            return changed

        return _rows(change)(world)

    return made


def _latin(world: World) -> Answer:
    """Text in another charset than the header says."""

    def spoil(request: Request, response: Response) -> Response:
        body = response.get_data()
        for word in (b"Synth", b"Test", b"SYNTH", b"TEST"):
            body = body.replace(word, b"Ca\xf1on")
        return Response(body, content_type=response.content_type)

    return spoil


def _member(name: str, body: bytes, flags: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    made = bytearray(out.getvalue())
    if flags:
        made[6] |= flags
        made[made.rindex(b"PK\x01\x02") + 8] |= flags
    return bytes(made)


def _numbers(factor: float) -> Callable[[World, Rows], Rows]:
    """Another unit: every number of a field, as text or as a number, as it came."""

    def change(world: World, rows: Rows) -> Rows:
        return [{**row, world.amount: type(value)(_times(value, factor))} for row in rows
                for value in (row.get(world.amount),)]  # fmt: skip

    return change


def _times(value: object, factor: float) -> object:
    if value in (None, ""):
        return value
    scaled = float(str(value)) * factor
    return int(scaled) if isinstance(value, int) or str(value).isdigit() else scaled


ADDED = "synthetic_new_field"
NEW_CODE, NEW_WORD = "9999", "Synthetic new code"
FORMULA = '=HYPERLINK("http://example.invalid/";"click")'
SQL = "'); drop table core.fct_award; --"
FAR_OFF, NO_DAY = "2999-01-01T00:00:00", "2026-02-30T00:00:00"
HTML = b"<!doctype html><html><head><title>Synthetic maintenance</title></head><body>back soon</body></html>"

FAULTS = (
    *(Fault(f"status {code}", _status(code)) for code in (300, 400, 401, 402, 403, 404, 405, 409, 410, 418, 422, 451)),
    *(Fault(f"status {code}", _status(code)) for code in (500, 501, 502, 503, 504, 507, 511)),
    Fault("status 503 without a body", _status(503, b"")),
    Fault("status 429, at once again", _status(429, Retry_After="0")),
    Fault("status 429, in an hour", _status(429, Retry_After="3600")),
    Fault("status 429, on a day that is no date", _status(429, Retry_After="soon")),
    Fault("status 204", _status(204, b"")),
    Fault("status 200 without a body", _body(lambda body: b"")),
    Fault("status 200 with blanks", _body(lambda body: b" \n ")),
    Fault("connection reset", _reset),
    Fault("body short of its length", _short),
    Fault("body cut in half", _body(lambda body: body[: len(body) // 2])),
    Fault("body without its last byte", _body(lambda body: body.rstrip()[:-1])),
    Fault("body twice", _body(lambda body: body + body)),
    Fault("compression that is none", _body(lambda body: body, Content_Encoding="gzip")),
    Fault("HTML with 200", _body(lambda body: HTML, "text/html")),
    Fault("HTML that says it is JSON", _body(lambda body: HTML, "application/json")),
    Fault("JSON of an error with 200", _body(lambda body: b'{"error": true, "message": "no"}', "application/json")),
    Fault("JSON {}", _body(lambda body: b"{}", "application/json")),
    Fault("JSON []", _body(lambda body: b"[]", "application/json")),
    Fault("JSON null", _body(lambda body: b"null", "application/json")),
    Fault("JSON text", _body(lambda body: b'"synthetic"', "application/json")),
    Fault("JSON number", _body(lambda body: b"17", "application/json")),
    Fault("JSON list of nulls", _body(lambda body: b"[null, null]", "application/json")),
    Fault("JSON list of lists", _body(lambda body: b"[[], []]", "application/json")),
    Fault("bytes of nothing", _body(lambda body: bytes(range(256)) * 4)),
    Fault("another charset", _latin),
    Fault("UTF-16", _body(lambda body: body.decode("latin-1").encode("utf-16"))),
    Fault("redirect to another host", _redirect(lambda request: "http://127.0.0.2:9/elsewhere")),
    Fault("redirect to plain text", _redirect(lambda request: "file:///etc/passwd")),
    Fault("redirect in a circle", _redirect(lambda request: request.url)),
    Fault("redirect on the same host", _redirect(_hop)),
    Fault("zip of nothing", _body(lambda body: b"PK\x05\x06" + bytes(18), "application/zip")),
    Fault("zip of another file", _body(lambda body: _member("readme.md", b"synthetic"), "application/zip")),
    Fault("zip with a path outside", _body(lambda body: _member("../../evil.csv", b"a,b\n1,2\n"), "application/zip")),
    Fault("zip that is encrypted", _body(lambda body: _member("data.csv", b"a,b\n1,2\n", flags=1), "application/zip")),
    Fault("zip that swells", _body(lambda body: _member("data.csv", b"0," * (8 << 20)), "application/zip")),
    Fault("column dropped", _rows(_without), needs="rows"),
    Fault("column renamed", _rows(_renamed), needs="rows"),
    Fault("column of lists", _rows(_each("needed", ["synthetic", 1])), needs="rows"),
    Fault("column of objects", _rows(_each("needed", {"value": 1})), needs="rows"),
    Fault("column empty", _rows(_each("needed", "")), needs="rows"),
    Fault("column null", _rows(_each("needed", None)), needs="rows"),
    Fault("column of one value", _rows(_each("needed", "1")), needs="rows"),
    Fault("column added", _rows(lambda world, rows: [{**row, ADDED: f"new {n}"} for n, row in enumerate(rows)]),
          needs="rows", adds=ADDED),
    Fault("column order changed", _rows(lambda world, rows: [dict(reversed(row.items())) for row in rows]),
          needs="rows"),
    Fault("column of words", _rows(lambda world, rows: [{**row, world.needed: f"word {n}"}
                                                        for n, row in enumerate(rows)]), needs="rows"),
    Fault("column in thousands of its unit", _rows(_numbers(0.001)), needs="amount"),
    Fault("column in thousandths of its unit", _rows(_numbers(1000)), needs="amount"),
    Fault("dates of another form", _rows(lambda world, rows: [{**row, world.day: f"{1 + n % 28}. 9. 26"}
                                                              for n, row in enumerate(rows)]), needs="day"),
    Fault("code that is new", _first("code", NEW_WORD), needs="code", says=NEW_WORD),
    Fault("number that is a new code", _first("code", NEW_CODE), needs="code", says=NEW_CODE),
    Fault("rows of a page twice", _rows(lambda world, rows: [*rows, *rows[:5]]), needs="rows"),
    Fault("rows of a page shifted", _rows(lambda world, rows: [*rows[:-5], *rows[:5]]), needs="rows"),
    Fault("rows of a page left out", _rows(lambda world, rows: rows[:-5]), needs="rows"),
    Fault("page without rows", _rows(lambda world, rows: []), needs="rows"),
    Fault("most rows gone, counts too", state=_set(lambda rows: rows[: len(rows) // 5]), needs="set"),
    Fault("all rows gone, counts too", state=_set(lambda rows: []), needs="set"),
    Fault("text of a formula", _first("text", FORMULA), needs="text", says=FORMULA),
    Fault("text of SQL", _first("text", SQL), needs="text", says=SQL),
    Fault("a day in the year 2999", _first("day", FAR_OFF), needs="day", says=FAR_OFF),
    Fault("every day in the year 2999", _rows(_each("day", FAR_OFF)), needs="day"),
    Fault("a day that is none", _first("day", NO_DAY), needs="day", says=NO_DAY),
)  # fmt: skip
BY_NAME = {fault.name: fault for fault in FAULTS}


def can_be_made(fault: Fault, world: World) -> bool:
    """Whether a dataset's answers can have the fault at all: a PDF has no column that could be renamed."""
    if fault.needs in ("rows", "text", "day", "amount", "code"):
        needed = world.needed if fault.needs == "rows" else getattr(world, fault.needs)
        return world.rows is not None and bool(needed)
    return fault.needs != "set" or world.set is not None


def dumped(record: dict[str, str | None]) -> str:
    """A record as one text, so that sets of records can be compared."""
    return json.dumps({k: v for k, v in record.items() if not k.startswith("_")}, sort_keys=True)
