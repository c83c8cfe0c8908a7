"""Every kind of hostile file at every dataset that takes files: refused or set aside in words, or taken as it is.

What belongs here: what must become of a cell of the table kinds x datasets. What does not: how a file is spoilt
(kinds.py), how much memory it takes (test_memory.py), what a parser raises (test_parsers.py).
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

sys.path.append(str(Path(__file__).parent))

import hostile_kinds as kinds
from good import GOOD, Good, takes_files

from orchestration.faults import FAULTS_FILE
from orchestration.landing import attempts
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.imports import FileResult, import_files
from orchestration.settings import Settings
from orchestration.sources import fbi_files
from orchestration.sources.base import Dataset
from tests.conftest import clawback

WHEN = datetime(2026, 11, 24, 6, tzinfo=UTC)
# Words of a program, not of a person.
_PROGRAM = re.compile(r"Traceback|File \"/|line \d+, in |<class|0x[0-9a-f]{6,}|NoneType|object is not|slice \?")
_MOST_CHARACTERS = 1_000_000


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    # a tenth of the usual limit: the same refusal of a tenth of the bytes
    monkeypatch.setenv("CLAWBACK_LIMIT_CELL_CHARACTERS", str(_MOST_CHARACTERS))


def test_there_is_a_good_file_of_every_dataset_that_takes_files():
    assert {name.split()[0] for name in GOOD} == set(takes_files())
    assert len(kinds.KINDS) >= 140
    assert len({kind.name for kind in kinds.KINDS}) == len(kinds.KINDS)


def records(dataset: Dataset, settings: Settings) -> list[dict[str, str | None]]:
    """What serves, without the landing's own columns; every capture that is there can be read."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded", only=dataset.id)
    found = []
    for capture in catalog.captures(dataset.id):
        paths = [str(path) for path in catalog.records_paths(capture)]
        table = duckdb.sql(f"from read_parquet({paths!r}, union_by_name = true)")
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
        assert len(rows) == capture.records, capture.capture_id
        assert all(row["_capture_id"] == capture.capture_id for row in rows)
        if capture.status == "accepted":
            found += [{name: value for name, value in row.items() if name[:1] != "_"} for row in rows]
    return found


def consistent(folder: Path) -> list[str]:
    """What is half or foreign in a dataset's landing folder."""
    wrong = []
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir() and not (path / "capture.json").exists():
            wrong.append(f"{path.name} is half a capture")
        if path.name.startswith(".tmp-"):
            wrong.append(f"{path.name} was left behind")
    return wrong


def missing(good: list[dict[str, str | None]], taken: list[dict[str, str | None]]) -> int:
    """How many of the good file's records are not among those taken, as they were."""
    names = good[0].keys()
    held = Counter(tuple(row.get(name) for name in names) for row in taken)
    wanted = Counter(tuple(row[name] for name in names) for row in good)
    return sum((wanted - held).values())


class Cell:
    """One kind at one dataset: brought alone into a home of its own."""

    def __init__(self, dataset: Dataset, good: Good, kind: kinds.Kind, body: bytes, folder: Path) -> None:
        self.dataset, self.kind, self.good = dataset, kind, good
        folder.mkdir(parents=True)
        self.path = folder / good.name
        self.path.write_bytes(body)
        self.settings = Settings(home=folder / "home")
        (self.result,) = import_files(dataset, [self.path], self.settings, retrieved_at=WHEN)

    def wrong(self, good: list[dict[str, str | None]]) -> list[str]:
        """What is not as it must be."""
        said, result = self.result.line(), self.result
        wrong = consistent(self.settings.landing_dir / self.dataset.source / self.dataset.name)
        if (self.settings.root / FAULTS_FILE).exists() and "reader" not in said and "needs more" not in said:
            wrong.append("a fault that no reader foresaw is in the log")
        if found := _PROGRAM.search(said):
            wrong.append(f"words of a program: {found[0]!r}")
        if not said.startswith(self.good.name) or not said[len(self.good.name) + 2 :].strip():
            wrong.append("the file or the reason is not named")
        taken = records(self.dataset, self.settings)
        spoils = self.kind.may_spoil(self.dataset.id, self.good.form)
        if result.ok and spoils is None:
            wrong.append("taken")
        elif result.ok and (lost := missing(good, taken)) > (spoils or 0):
            wrong.append(f"taken, and {lost} records of the good file are not in it")
        elif not result.ok and taken and not _is_by_parts(result):
            wrong.append("refused, and records serve")
        if not result.ok and not any(b.status == "file" for b in self._open()):
            wrong.append("refused, and no attempt tells")
        return [f"{self.kind.name}: {each}: {said[:300]}" for each in wrong]

    def _open(self) -> list[attempts.Open]:
        folder = self.settings.landing_dir / self.dataset.source / self.dataset.name
        return attempts.opened(attempts.lines(folder / attempts.ATTEMPTS_FILE))

    def word(self) -> str:
        if self.result.ok:
            return "taken as it is"
        return "kept and rejected" if any("rejected" in said for said in self.result.messages) else "refused"


def _is_by_parts(result: FileResult) -> bool:
    """A file of several slices lands those of them that are whole."""
    return any("landed" in said for said in result.messages)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_hostile_file_is_taken_for_a_good_one_and_none_stops_the_others(name, tmp_path, record_property):
    dataset, good = takes_files()[name.split()[0]], GOOD[name]()
    (tmp_path / "good").mkdir()
    path = tmp_path / "good" / good.name
    path.write_bytes(good.body)
    alone = Settings(home=tmp_path / "good" / "home")
    (taken,) = import_files(dataset, [path], alone, retrieved_at=WHEN)
    assert taken.ok, taken.line()
    right = records(dataset, alone)

    wrong, refused, tally = [], [], Counter()
    for number, (kind, body) in enumerate(kinds.made(good)):
        cell = Cell(dataset, good, kind, body, tmp_path / f"{number}")
        wrong += cell.wrong(right)
        tally[cell.word()] += 1
        if not cell.result.ok and not _is_by_parts(cell.result):
            refused.append(cell.path)
    assert not wrong, "\n".join(wrong)

    # all of them in one command, the good file last
    together = Settings(home=tmp_path / "together")
    results = import_files(dataset, [*refused, path], together, retrieved_at=WHEN)
    assert [result.ok for result in results] == [*[False] * len(refused), True]
    assert missing(right, records(dataset, together)) == 0
    record_property("hostile", dict(tally))


@pytest.fixture
def corner() -> bytes:
    """A workbook of 1 kB whose cells stand in opposite corners of the sheet: its parser asks for 400 GB."""
    (body,) = [body for kind, body in kinds.made(GOOD["ice/agreements_287g"]()) if "far corner" in kind.name]
    return body


def test_what_aborts_a_parser_neither_ends_the_command_nor_costs_the_next_file(tmp_path):
    good = GOOD["fbi/table8"]()
    # the older form has no XML to look into before: the parser itself is let run, and is aborted
    (biff,) = [body for kind, body in kinds.made(good) if kind.name.endswith("cells in two corners")]
    files = [tmp_path / f"{n}_{good.name}" for n in (1, 2)]
    for path, body in zip(files, (biff, good.body), strict=True):
        path.write_bytes(body)
    done = clawback(tmp_path / "home", "import", "fbi/table8", *map(str, files))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    first, second = done.stdout.splitlines()
    assert "NOT taken" in first
    assert "CLAWBACK_LIMIT_MEMORY_BYTES raises it" in first
    assert "took" in second
    assert "memory allocation of" in (tmp_path / "home" / FAULTS_FILE).read_text(encoding="utf-8")


def test_the_files_of_a_large_process_are_read_by_one_child(tmp_path):
    """On Linux a new process inherits the peak memory that getrusage reports, so a child's own peak is what counts."""
    (tmp_path / "a.xlsx").write_bytes(GOOD["ice/agreements_287g"]().body)
    script = (
        "import sys; from pathlib import Path\n"
        "from orchestration.forms import bounded, workbook\n"
        "held = b'x' * 400_000_000\n"
        "body = Path(sys.argv[1]).read_bytes()\n"
        "pids = {workbook.first_sheet(body) and bounded._running[0].process.pid for _ in range(3)}\n"
        "print(len(pids))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.xlsx")], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("1", "")


def test_a_live_night_outlives_a_workbook_that_aborts_its_parser(httpserver, web_for, tmp_path, corner):
    dataset = takes_files()["ice/agreements_287g"]
    httpserver.expect_request("/x.xlsx").respond_with_data(corner, content_type="application/xlsx")
    settings = Settings(home=tmp_path / "home", edition="live", ice_287g_url=httpserver.url_for("/x.xlsx"))
    night = capture_dataset(dataset, settings, web=web_for(settings))
    assert [one.status for one in night.slices] == ["rejected"]
    assert "stretches to XFD1048576, a rectangle of 17,179,869,184 cells" in night.slices[0].message
    assert "CLAWBACK_LIMIT_CELLS raises it" in night.slices[0].message
    assert consistent(settings.landing_dir / "ice" / "agreements_287g") == []


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "pipe", "a pipe or a device"),
        (lambda folder: folder / "large.csv", "bytes, at most"),
        (lambda folder: Path(bytes(folder / "x").decode() + "\udcff.csv"), "not written in UTF-8"),
    ],
    ids=["pipe", "larger than any", "name of no text"],
)
def test_what_is_no_file_to_be_read_is_refused_before_it_is_opened(
    tmp_path, monkeypatch, make: Callable[[Path], Path], says
):
    import os

    monkeypatch.setenv("CLAWBACK_LIMIT_DOWNLOAD_BYTES", "1000000")
    path = make(tmp_path)
    if path.name == "pipe":
        os.mkfifo(path)
    else:
        path.touch()
        os.truncate(path, 1_000_001)
    for dataset in takes_files().values():
        (result,) = import_files(dataset, [path], Settings(home=tmp_path / "home"))
        assert not result.ok
        assert says in result.messages[0], result.line()
        assert result.line().isprintable()


@pytest.mark.parametrize(
    ("name", "setting", "value", "says"),
    [
        ("bjs/victimizations", "ROWS", "5", "more than 5 records"),
        ("bjs/victimizations", "COLUMNS", "3", "different fields"),
        ("bjs/victimizations", "DEPTH", "1", "inside each other"),
        ("bjs/victimizations", "BODY_BYTES", "100", "bytes"),
        ("bjs/victimizations", "MEMORY_BYTES", "5000", "bytes of memory"),
        ("usaspending/transactions", "ROWS", "5", "more than 5 records"),
        ("usaspending/transactions", "COLUMNS", "3", "columns"),
        ("fbi/table8", "CELLS", "20", "cells"),
        ("fbi/table8", "ARCHIVE_ENTRIES", "2", "entries"),
        ("fbi/table8", "ARCHIVE_BYTES", "2000", "claims to unpack"),
        ("fbi/table8 csv", "CELLS", "20", "cells"),
        ("cops/announcements", "BODY_BYTES", "100", "bytes"),
        ("doj/sanctuary_list", "TAGS", "10", "tags"),
        ("dhs/sanctuary_list", "CELL_CHARACTERS", "4", "characters"),
    ],
)
def test_each_limit_is_a_setting_and_its_refusal_says_which(name, setting, value, says, tmp_path, monkeypatch):
    good = GOOD[name]()
    path = tmp_path / good.name
    path.write_bytes(good.body)
    settings = Settings(home=tmp_path / "home")
    # a body that another test read is not read again
    fbi_files._csv_by_year.cache_clear()
    monkeypatch.setenv(f"CLAWBACK_LIMIT_{setting}", value)
    (result,) = import_files(takes_files()[name.split()[0]], [path], settings, retrieved_at=WHEN)
    assert not result.ok
    assert says in result.line()
    assert f"CLAWBACK_LIMIT_{setting} raises it" in result.line()
    monkeypatch.delenv(f"CLAWBACK_LIMIT_{setting}")
    (again,) = import_files(takes_files()[name.split()[0]], [path], settings, retrieved_at=WHEN)
    assert again.ok, again.line()


def test_a_fault_of_ours_is_kept_with_its_traceback_and_told_without(tmp_path, monkeypatch):
    dataset = takes_files()["doj/sanctuary_list"]
    good = GOOD["doj/sanctuary_list"]()
    path = tmp_path / good.name
    path.write_bytes(good.body)

    def broken(record):
        raise LookupError("synthetic")

    monkeypatch.setattr(dataset, "counted", broken)
    settings = Settings(home=tmp_path / "home")
    (result,) = import_files(dataset, [path], settings)
    assert not result.ok
    assert "LookupError: synthetic; see logs/faults.log" in result.line()
    assert "Traceback" in (settings.root / FAULTS_FILE).read_text(encoding="utf-8")


def test_a_good_archive_of_the_table_family_is_still_read(tmp_path):
    good = GOOD["fbi/table8"]()
    path = tmp_path / "offenses-known-to-le-2019.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(good.name, good.body)
    (result,) = import_files(takes_files()["fbi/table8"], [path], Settings(home=tmp_path / "home"))
    assert (result.ok, result.records) == (True, 20)
