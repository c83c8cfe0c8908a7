"""`make explore` in a real browser: a form is answered, SQL is completed, a chart is drawn, a file is handed out.

What belongs here: notebooks/explore.py and what starts it. What does not: the questions (tests/answers), the studies
(tests/reporting).
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.reading import questions, reader
from orchestration.settings import PROJECT_ROOT, Settings
from tests.site import browser

NOTEBOOKS = PROJECT_ROOT / "notebooks"
# Every element, also of the trees that marimo's own elements hide; and their text.
ALL = (
    "(function all(root) { return [...root.querySelectorAll('*')]"
    ".flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]); })(document)"
)
TEXT = f"[document.documentElement, ...{ALL}.map((one) => one.shadowRoot)].map((o) => o?.textContent ?? '').join(' ')"
in_a_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WITHOUT),
]


@pytest.fixture(scope="module")
def asking() -> Iterator[object]:
    sys.path.append(str(NOTEBOOKS))
    import asking

    yield asking
    sys.path.remove(str(NOTEBOOKS))


def environment(settings: Settings) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CLAWBACK_")}
    return {**clean, "CLAWBACK_HOME": str(settings.root)}


def test_its_connection_only_reads(published: tuple[Settings, dict[str, object]], tmp_path: Path):
    warehouse = reader.engine(published[0])
    assert warehouse.execute("select count(*) from analysis.mart_claim_check").fetchall() == [(10,)]
    for statement in (
        "create table core.t (a int)",
        "delete from core.fct_award",
        f"copy core.fct_award to '{tmp_path}/x.csv'",
        "from read_text('/etc/passwd')",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            warehouse.execute(statement)
    assert list(tmp_path.iterdir()) == []


def test_each_named_question_has_a_form_whose_defaults_are_its_own(
    asking, published: tuple[Settings, dict[str, object]]
):
    warehouse = reader.engine(published[0])
    for name, question in questions.questions().items():
        for parameter, declared in question.parameters.items():
            field = asking.field(warehouse, parameter, declared)
            assert field.value == (declared.default or field.value), (name, parameter)
            if asking.choices(warehouse, declared.kind):
                assert field.value in {None, *field.options.values()}


def test_a_downloaded_answer_carries_its_caveats(asking, published, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLAWBACK_HOME", str(published[0].root))
    told = "How much?\n\ncaveat: one tracker's verdict\n\nTo cite: Clawback\n"
    with zipfile.ZipFile(io.BytesIO(asking.packed(["query", "at_risk"], "at_risk", told))) as archive:
        assert {"README.txt", "at_risk.csv", "at_risk.xlsx"} <= set(archive.namelist())
        assert "caveat" in archive.read("README.txt").decode()
        rows = list(csv.DictReader(io.StringIO(archive.read("at_risk.csv").decode())))
    assert {row["jurisdiction_name"] for row in rows} >= {"Chicago city, Illinois"}


def test_downloaded_rows_say_what_their_columns_mean_and_run_in_no_spreadsheet(asking, published):
    # `hispanic` is a code in records of the survey that could not be typed, and anything in a statement
    rows = pl.DataFrame({"fain": ["=1+1", "2020ULWX0056"], "mine": [1, None], "hispanic": [3, 4]})
    packed = asking.packed_rows(reader.engine(published[0]), rows, "Clawback, release x")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        told = archive.read("README.txt").decode()
        text = archive.read("answer.csv").decode()
    assert "fain: " in told
    assert "mine: computed by the statement" in told
    assert "hispanic: computed by the statement" in told
    assert "Clawback, release x" in told
    assert text == "fain,mine,hispanic\n'=1+1,1,3\n2020ULWX0056,,4\n"


def test_days_are_days_and_counts_whole_numbers_also_where_some_are_null(asking, published):
    with reader.connect(published[0]) as opened:
        frame = asking.framed(opened.sql(
            "select * from (values (date '2020-01-02', 1, 2::hugeint, 1.5::decimal(9, 2)), (null, null, null, null))"
            " as t(day, whole, large, amount)"
        ))  # fmt: skip
    assert [str(kind) for kind in frame.dtypes] == ["Date", "Int32", "Int64", "Decimal(precision=9, scale=2)"]
    assert asking.numeric(frame) == ["whole", "large", "amount"]
    drawn = asking.drawn(frame, "bar", "day", "amount", None).to_dict()
    assert (drawn["encoding"]["x"]["type"], drawn["encoding"]["y"]["type"]) == ("temporal", "quantitative")


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("select 12345678901234567890123::hugeint as many", [12345678901234567890123]),
        ("select sum(n) as a, sum(n) as a from range(3) as given(n)", [3, 3]),
        ("select timestamp '2026-01-02' - timestamp '2026-01-01' as apart", [timedelta(days=1)]),
        ("select interval 1 day as apart where false", []),
    ],
    ids=["beyond 64 bits", "two of one name", "an interval", "an interval without rows"],
)
def test_every_kind_of_value_becomes_a_frame(asking, published, sql, values):
    with reader.connect(published[0]) as opened:
        frame = asking.framed(opened.sql(sql))
    assert [value for row in frame.rows() for value in row] == values


def test_an_empty_answer_to_sql_says_why(asking, published):
    with reader.connect(published[0]) as opened:
        said = asking.why_empty(opened, "from core.fct_award where fain = 'none'")
    assert said == "No rows. None meets the conditions: core.fct_award holds 83 rows."


def test_the_notebooks_of_the_project_are_never_edited(tmp_path: Path):
    command = [sys.executable, "-m", "tools.notebook", "money", "--copy", str(NOTEBOOKS / "mine.py")]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "name a file elsewhere" in done.stderr
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert "marimo edit" not in makefile


class TestInABrowser:
    pytestmark = in_a_browser

    @pytest.fixture(params=["app", "editor"])
    def opened(
        self,
        request: pytest.FixtureRequest,
        published: tuple[Settings, dict[str, object]],
        tmp_path_factory: pytest.TempPathFactory,
        tmp_path: Path,
    ) -> Iterator[browser.Tab]:
        before = {path: path.read_bytes() for path in NOTEBOOKS.glob("*.py")}
        log = tmp_path / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.notebook", "explore", "--headless",
                 *(["--ask"] if request.param == "editor" else [])],
                cwd=PROJECT_ROOT, env={**environment(published[0]), "TMPDIR": str(tmp_path)},
                stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip
        try:
            address = ""
            end = time.monotonic() + 60
            while not address:
                found = re.search(r"http://\S+", log.read_text(errors="replace"))
                address = found[0] if found else ""
                assert process.poll() is None, log.read_text(errors="replace")
                assert time.monotonic() < end, log.read_text(errors="replace")
                time.sleep(0.1)
            assert re.match(r"http://(localhost|127\.0\.0\.1):", address)
            # a browser of its own: marimo's page asks before it is left
            with browser.tab(tmp_path_factory.mktemp("chromium")) as tab:
                tab.shows(width=1300)
                # an editor completes only where it has the focus, which a window that nobody sees has not
                tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
                tab.call("Page.navigate", url=address)
                yield tab
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)
        assert {path: path.read_bytes() for path in NOTEBOOKS.glob("*.py")} == before
        assert list(tmp_path.glob("clawback-*")) == [], "the copy is thrown away"

    @pytest.mark.parametrize("opened", ["app"], indirect=True)
    def test_the_app_answers_and_draws_and_shows_no_python(self, opened: browser.Tab):
        for shown in ("Ask the release", "Chicago city, Illinois", "cops_total_fy2016", "make explore EDIT=1"):
            opened.until(f"{TEXT}.includes({json.dumps(shown)})", 90)
        for label in ("Ask", "Run"):
            assert opened.ask(f"{ALL}.some((o) => o.localName === 'button' && o.textContent.trim() === '{label}')")
        opened.until(f"{ALL}.some((one) => one.matches('.vega-embed canvas, .vega-embed svg'))", 60)
        assert not opened.ask(f"{TEXT}.includes('Generate with AI')")
        assert not opened.ask("document.body.innerText.includes('mo.vstack')")

    @pytest.mark.parametrize("opened", ["editor"], indirect=True)
    def test_the_editor_answers_completes_and_draws(self, opened: browser.Tab):
        for shown in (
            "Ask the release",
            "Chicago city, Illinois",
            "This is one tracker's verdict",  # a caveat
            "Download: CSV and XLSX with their caveats",
            "Download: CSV with what its columns mean",
        ):
            opened.until(f"{TEXT}.includes({json.dumps(shown)})", 90)
        assert opened.ask(f"{ALL}.some((one) => one.localName === 'button' && one.textContent.trim() === 'Ask')")
        # a chart of the answer
        opened.until(f"{ALL}.some((one) => one.matches('.vega-embed canvas, .vega-embed svg'))", 60)
        # completion of a table in the cell of SQL
        cell = "[...document.querySelectorAll('.cm-content')].find((one) => one.innerText.includes('mart_claim_check'))"
        opened.until(f"Boolean({cell})")
        opened.ask(f"{cell}.focus(); {cell}.scrollIntoView(); true")
        opened.call(
            "Input.dispatchKeyEvent", type="keyDown", key="End", code="End", windowsVirtualKeyCode=35, modifiers=2
        )
        opened.call(
            "Input.dispatchKeyEvent", type="keyUp", key="End", code="End", windowsVirtualKeyCode=35, modifiers=2
        )
        for letter in " join core.fct_aw":
            opened.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
            opened.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
            time.sleep(0.05)
        offered = "[...document.querySelectorAll('.cm-tooltip-autocomplete li')].map((one) => one.innerText).join(' ')"
        opened.until(f"{offered}.includes('fct_award')", 60)
        inside = re.compile(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:|about:")
        assert [one for one in opened.requests if not inside.match(one)] == []
