"""Pages that do not move end, whoever pages: the same page, an earlier one, a count that grows.

What belongs here: the bound itself and each publisher's pager against a server that repeats. What does not: transport.
"""

from __future__ import annotations

import itertools
import json
import re

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration import sources
from orchestration.fetching.paging import NewRows, PagesExhausted
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import Settings
from orchestration.sources import cops, elms
from orchestration.wire import SourceError

PATIENCE = Patience(deadline=5, attempts=1, timeout=2)


def fast() -> HostLimits:
    return HostLimits(clock=itertools.count(step=0.001).__next__, sleep=lambda _: None)


def test_a_page_without_a_new_row_ends_the_paging():
    for pages in ([[1, 2], [1, 2]], [[1, 2], [3, 4], [1, 2]], [[1, 2], [3, 4], [4, 1]]):
        rows = NewRows()
        for page in pages[:-1]:
            rows.see(page)
        with pytest.raises(PagesExhausted, match=f"page {len(pages)} repeats rows"):
            rows.see(pages[-1], url="http://synthetic.invalid")
    rows = NewRows()
    for page in ([1, 2], [2, 3], [], []):
        rows.see(page)
    assert issubclass(PagesExhausted, SourceError)


def elms_page(first: int, count: int) -> Response:
    rows = [{"matterId": str(first + n), "recordNumber": "SYN"} for n in range(elms.PAGE)]
    return Response(json.dumps({"data": rows, "meta": {"count": count}}), content_type="application/json")


@pytest.mark.parametrize("kind", ["repeats its page", "goes in a circle", "never ends"])
def test_a_register_that_does_not_page_is_asked_a_handful_of_times(httpserver: HTTPServer, tmp_path, kind):
    asked: list[int] = []

    def answer(request: Request) -> Response:
        skip = int(request.args["skip"])
        asked.append(skip)
        first = {"repeats its page": 0, "goes in a circle": skip % (2 * elms.PAGE), "never ends": skip}[kind]
        return elms_page(first, count=1_000)

    httpserver.expect_request("/matter").respond_with_handler(answer)
    settings = Settings(home=tmp_path, edition="live", chicago_elms_url=httpserver.url_for("").rstrip("/"))
    night = capture_dataset(sources.get("elms/matters"), settings, web=Web(settings, patience=PATIENCE, limits=fast()))
    assert [one.status for one in night.slices] == ["failed"]
    words = "full pages and no end, where 1,000 records were counted" if kind == "never ends" else "do not move"
    assert words in night.slices[0].message
    assert len(asked) <= 7


def test_a_night_guesses_so_many_addresses_and_the_next_goes_on(httpserver: HTTPServer, tmp_path):
    asked: list[str] = []

    def nothing(request: Request) -> Response:
        asked.append(request.path)
        return Response(status=404)

    httpserver.expect_request("/pdf").respond_with_handler(nothing)
    httpserver.expect_request(re.compile("/pdf/.*")).respond_with_handler(nothing)
    settings = Settings(
        home=tmp_path, edition="live", cops_url=httpserver.url_for("").rstrip("/"), cops_lists_a_night=4
    )
    dataset = sources.get("cops/announcements")
    before: set[str] = set()
    for _ in range(2):
        asked.clear()
        night = capture_dataset(dataset, settings, web=Web(settings, patience=PATIENCE, limits=fast()))
        assert len(asked) == 4 * len(cops.PATHS)
        assert not set(asked) & before, "what was guessed last night is not guessed again"
        before |= set(asked)
        assert "4 lists were looked for in this run" in night.slices[-1].message
        assert night.slices[-1].waits
        assert not night.failures
