"""Keys in every spelling are taken out of what comes back, and the archive says how many.

What belongs here: the redactor, and what the session and the WARC make of an answer that repeats a key. What does not:
a whole run (test_canary).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import logging
import zipfile
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from warcio.archiveiterator import ArchiveIterator
from werkzeug import Request, Response

from orchestration import logs, sources
from orchestration.fetching.session import FetchError, HostLimits, Patience, Web
from orchestration.landing import land
from orchestration.redaction import MARK, Redactor, Watching
from orchestration.settings import Settings
from orchestration.sources.base import Slice

SECRET = 'SYNTHETIC/canary+"key"&=é0123456789'
SPELLINGS = {
    "plain": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded, small letters": quote(SECRET, safe="").lower().replace("synthetic", "SYNTHETIC"),
    "as a form": quote_plus(SECRET),
    "JSON": json.dumps(SECRET),
    "JSON, letters as they are": json.dumps(SECRET, ensure_ascii=False),
    "JSON, slashes escaped": json.dumps(SECRET).replace("/", "\\/"),
    "JSON in JSON": json.dumps(json.dumps({"key": SECRET})),
    "HTML": html.escape(SECRET),
    "an address, its quotes plain": quote(SECRET, safe='/"&='),
    "percent-encoded twice": quote(quote(SECRET, safe=""), safe=""),
    "HTML, numbers": "".join(c if c.isascii() and c.isalnum() else f"&#{ord(c)};" for c in SECRET),
    "JSON, marks as numbers": json.dumps(SECRET).replace("&", "\\u0026").replace("+", "\\u002B"),
    "hexadecimal": SECRET.encode().hex(),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    **{f"Basic, user of {n}": base64.b64encode(b"u" * n + b":" + SECRET.encode() + b":x").decode() for n in range(4)},
}


def holds(text: str) -> bool:
    """Whether any of the secret's own letters in a row are left, in the spelling or once it is decoded."""
    decoded = text
    for step in (text.replace("-", "+").replace("_", "/"),):
        for start in range(4):
            raw = step[start:]
            with_padding = raw[: len(raw) // 4 * 4]
            try:
                decoded += base64.b64decode(with_padding, validate=False).decode("utf-8", "replace")
            except ValueError:
                continue
    return "canary" in decoded or b"canary".hex() in decoded


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=list(SPELLINGS))
def test_a_key_is_taken_out_in_every_spelling(spelling):
    assert holds(spelling), "or the test would see nothing"
    redactor = Redactor([SECRET])
    assert MARK in redactor.text(spelling)
    assert not holds(redactor.text(spelling))
    body, count = redactor.body(f"[{spelling}]".encode())
    assert count == 1
    assert not holds(body.decode())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=40), st.binary(max_size=9))
def test_no_key_survives_in_base64_at_any_place(secret, before):
    encoded = base64.b64encode(before + secret.encode() + b"tail").decode()
    clean = Redactor([secret]).text(encoded)
    # all letters but the two that it shares with what stands before and after it
    assert len(encoded) - len(clean.replace(MARK, "")) >= len(secret.encode()) * 8 // 6 - 1
    assert MARK in clean


def test_what_holds_no_key_is_left_alone_and_values_are_looked_through():
    redactor = Redactor([SECRET, "abc"])
    assert redactor.body(b"synthetic abc") == (b"synthetic abc", 0), "three letters are no key"
    told = {"a": [SECRET, 1, None], f"k{SECRET}": ({"b": f"x{SECRET}y"},)}
    assert redactor.value(told) == {"a": [MARK, 1, None], f"k{MARK}": ({"b": f"x{MARK}y"},)}
    assert Redactor([]).body(b"x") == (b"x", 0)


@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_a_stream_that_cuts_a_key_in_two_is_seen(size):
    watching, text = Watching(Redactor([SECRET])), f"some text {SECRET} and more".encode()
    assert any(watching.sees(text[at : at + size]) for at in range(0, len(text), size))
    assert not any(Watching(Redactor([SECRET])).sees(b"some text") for _ in range(3))


@pytest.fixture
def session(httpserver: HTTPServer) -> Web:
    url = httpserver.url_for("").rstrip("/")
    settings = Settings(fbi_cde_url=url, usaspending_files_url=url, DATA_GOV_API_KEY=SECRET)
    return Web(settings, patience=Patience(deadline=3, attempts=1, timeout=2), limits=HostLimits())


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_answer_that_repeats_the_key_is_archived_without_it_and_says_so(httpserver, session, tmp_path, packed):
    def echo(request: Request) -> Response:
        body = json.dumps([{"said": request.args["key"], "again": "é" + quote(SECRET)}]).encode()
        headers = {"Server": f"synthetic {quote(SECRET)}", "ETag": base64.b64encode(SECRET.encode()).decode()}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(gzip.compress(body) if packed else body, content_type="application/json", headers=headers)

    httpserver.expect_request("/x").respond_with_handler(echo)
    payload = session.get(f"{httpserver.url_for('')}x", secret_params={"key": SECRET})
    assert payload.redacted == 2
    assert json.loads(payload.body) == [{"said": MARK, "again": f"é{MARK}"}]
    assert payload.response_headers["Server"].endswith(f"synthetic {MARK}")
    assert not holds(repr(payload))
    written = land.write(
        sources.get("bjs/victimizations"),
        Slice("2016"),
        [payload],
        landing_dir=tmp_path,
        kind="fetched",
        edition="live",
    )
    (warc,) = tmp_path.rglob("responses.warc.gz")
    with warc.open("rb") as stream:
        records = {r.rec_type: (r.rec_headers, r.content_stream().read()) for r in ArchiveIterator(stream)}
    headers, body = records["response"]
    assert headers["WARC-Redacted-Secrets"] == "2"
    assert base64.b32decode(headers["WARC-Payload-Digest"].partition(":")[2]) == hashlib.sha256(body).digest()
    assert body == payload.body
    (told,) = (json.loads(path.read_text()) for path in tmp_path.rglob("capture.json"))
    assert told["payloads"][0]["redacted"] == 2
    assert told["payloads"][0]["sha256"] == hashlib.sha256(body).hexdigest()
    assert written.capture is not None
    for path in filter(lambda p: p.is_file(), tmp_path.rglob("*")):
        data = path.read_bytes()
        assert not holds((gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")), path


def test_a_redirect_and_an_error_that_repeat_the_key_show_it_nowhere(httpserver, session):
    base = httpserver.url_for("").rstrip("/")
    there = {"Location": f"{base}/y?key={quote(SECRET, safe='')}"}
    httpserver.expect_request("/x").respond_with_data(status=302, headers=there)
    httpserver.expect_request("/y").respond_with_data(f"refused: {SECRET}", status=401)
    with pytest.raises(FetchError) as failed:
        session.get(f"{base}/x", secret_params={"key": SECRET})
    assert MARK in failed.value.url
    assert MARK in failed.value.excerpt
    assert not holds(f"{failed.value} {failed.value.url} {failed.value.__context__!r} {vars(failed.value)}")
    elsewhere = {"Location": f"ftp://synthetic.invalid/{quote(SECRET)}"}
    httpserver.expect_request("/z").respond_with_data(status=302, headers=elsewhere)
    with pytest.raises(FetchError, match="it redirects to") as failed:
        session.get(f"{base}/z")
    assert not holds(str(failed.value))


def zipped() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("synthetic.csv", f"a,b\n1,{SECRET}\n" * 50)
    return body.getvalue()


@pytest.mark.parametrize("body", [zipped(), gzip.compress(SECRET.encode())], ids=["zip", "gzip file"])
def test_a_packed_file_with_the_key_inside_is_refused(httpserver, session, body):
    httpserver.expect_request("/x").respond_with_data(body, content_type="application/octet-stream")
    with pytest.raises(FetchError, match="repeats a key of ours, which cannot be taken out of a packed file"):
        session.get(f"{httpserver.url_for('')}x")


def test_a_download_with_the_key_in_it_is_refused_and_leaves_no_file(httpserver, session, tmp_path):
    body = b"x" * ((1 << 20) - 5) + SECRET.encode() + b"x" * 1000
    httpserver.expect_request("/x.zip").respond_with_data(body)
    with pytest.raises(FetchError, match="repeats a key"):
        session.download(f"{httpserver.url_for('')}x.zip", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_log_line_of_any_library_and_its_traceback_lose_the_key(monkeypatch):
    monkeypatch.setenv("DATA_GOV_API_KEY", SECRET)
    logs.configure(Settings())
    stream = io.StringIO()
    handler, other = logging.StreamHandler(stream), logging.getLogger("synthetic.library")
    other.addHandler(handler)
    try:
        raise ValueError(f"within {SECRET}")
    except ValueError:
        other.exception("asked %s", f"http://synthetic.invalid/?key={quote(SECRET)}")
    finally:
        other.removeHandler(handler)
    assert stream.getvalue().count(MARK) == 2
    assert "ValueError" in stream.getvalue()
    assert not holds(stream.getvalue())


def test_the_token_within_a_services_address_is_a_key_and_its_words_are_not():
    settings = Settings(notify_urls="slack://T1SYNTH00/B1SYNTH00/x json://user:synth3tic-word@127.0.0.1/services/hooks")
    redactor = Redactor(settings.secrets())
    assert redactor.text("T1SYNTH00 B1SYNTH00 synth3tic-word") == f"{MARK} {MARK} {MARK}"
    assert redactor.text("services hooks user json x") == "services hooks user json x"
