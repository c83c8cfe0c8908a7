"""Tamperings of a home, one by one: each is a finding with a way out, and none a traceback in any command.

What belongs here: what plain `clawback doctor` sees. What does not: forgeries that make every digest agree again, which
only a new cut of the payloads shows (test_deep).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration import sources
from orchestration.assets.options import RefreshOptions
from orchestration.assets.warehouse import landing_views
from orchestration.cli import app
from orchestration.doctor import examination
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.register import REGISTER_FILE
from orchestration.release import audit, history, publish, seal
from orchestration.running import health
from orchestration.settings import Settings
from tests.conftest import clawback, copy_home, take_over, unlocked


@pytest.fixture(scope="module")
def two_releases(published, tmp_path_factory) -> Settings:
    """A home with an older release and the one that serves; its build folder is left out."""
    original, account = published
    made = Settings(home=tmp_path_factory.mktemp("two") / "home", edition="recorded")
    copy_home(original, made.root)
    take_over(made, str(account["run_id"]))
    publish.publish(made, audit.audit(made, run_id=str(account["run_id"])))
    shutil.rmtree(made.build_dir)
    return made


@pytest.fixture
def home(two_releases, tmp_path) -> Settings:
    mine = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(two_releases, mine.root, "build")
    return mine


def award(home: Settings) -> Path:
    (folder,) = (home.landing_dir / "usaspending" / "awards").glob("2*")
    return folder


def two_captures(home: Settings) -> tuple[Path, Path]:
    first, second, *_ = sorted((home.landing_dir / "bjs" / "victimizations").glob("2*"))
    return first, second


def flip(path: Path) -> None:
    with unlocked(path):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)


def replace(path: Path, content: bytes) -> None:
    with unlocked(path):
        path.write_bytes(content)


def delete(path: Path) -> None:
    with unlocked(path):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def falsify(folder: Path, **values: object) -> None:
    path = folder / "capture.json"
    replace(path, json.dumps({**json.loads(path.read_text()), **values}).encode())


def change_a_value(folder: Path) -> None:
    """Every amount of the awards becomes another, in a Parquet file that is whole."""
    path = folder / "records.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("Award Amount")
    pq.write_table(table.set_column(place, "Award Amount", pa.array(["999999999"] * len(table))), path)


def swap(first: Path, second: Path) -> None:
    one, other = (path.read_bytes() for path in (first, second))
    first.write_bytes(other)
    second.write_bytes(one)


def copied_as_another(folder: Path) -> None:
    """A copy that says so nowhere: folder and capture.json carry a new id."""
    other = folder.with_name(folder.name[:-4] + "abcd")
    shutil.copytree(folder, other)
    falsify(other, capture_id=other.name)


def serving(home: Settings) -> Path:
    return home.published_dir.resolve()


def older(home: Settings) -> Path:
    (folder,) = (f for f in home.releases_dir.glob("[!.]*") if f != serving(home))
    return folder


def recompute_the_sums(folder: Path) -> None:
    flip(folder / "parquet" / "core" / "fct_award.parquet")
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    names = [line.partition("  ")[2] for line in lines]
    made = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    replace(folder / "SHA256SUMS", "".join(made).encode())


def recompute_the_sums_and_the_register(home: Settings, folder: Path) -> None:
    recompute_the_sums(folder)
    seal.enter(home, folder.name, str(seal.sums_of(folder)))


def point_elsewhere(home: Settings, target: Path) -> None:
    target.mkdir(exist_ok=True)
    home.published_dir.unlink()
    home.published_dir.symlink_to(target)


def replace_the_link(home: Settings) -> None:
    home.published_dir.unlink()
    shutil.copytree(next(home.releases_dir.glob("[!.]*")), home.published_dir)


def as_of_an_earlier_version(folder: Path) -> None:
    """Digests are taken out of a capture, and its line out of the register."""
    told = json.loads((folder / "capture.json").read_text())
    (folder / "capture.json").write_text(json.dumps({**told, "format_version": 1, "files": []}))
    path = folder.parent / REGISTER_FILE
    path.write_text("".join(line for line in path.read_text().splitlines(True) if folder.name not in line))


def forge(folder: Path) -> None:
    """A value is changed, and every digest of the landing folder with it."""
    path = folder / "records.parquet"
    read = pq.read_table(path)
    column = read.schema.get_field_index("Award Amount")
    amounts = pa.array([str(float(v) * 10) for v in read.column(column).to_pylist()], read.schema.field(column).type)
    pq.write_table(read.set_column(column, read.schema.field(column), amounts), path)
    told = json.loads((folder / "capture.json").read_text())
    for file in told["files"]:
        if file["path"] == path.name:
            file.update(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), bytes=path.stat().st_size)
    before = hashlib.sha256((folder / "capture.json").read_bytes()).hexdigest()
    (folder / "capture.json").write_text(json.dumps(told, indent=2))
    after = hashlib.sha256((folder / "capture.json").read_bytes()).hexdigest()
    entered = folder.parent / REGISTER_FILE
    entered.write_text(entered.read_text().replace(before, after))


# what was done -> (how, what the finding is called, what it says)
TAMPERINGS: dict[str, tuple[Callable[[Settings], object], str, str]] = {
    "a WARC is deleted": (
        lambda h: delete(award(h) / "responses.warc.gz"),
        "damaged capture",
        "responses.warc.gz is mis",
    ),
    "a byte of a WARC is flipped": (lambda h: flip(award(h) / "responses.warc.gz"), "damaged capture", "changed since"),
    "a WARC is emptied": (lambda h: replace(award(h) / "responses.warc.gz", b""), "damaged capture", "has 0 bytes"),
    "the records are deleted": (
        lambda h: delete(award(h) / "records.parquet"),
        "damaged capture",
        "records.parquet is m",
    ),
    "a value of the records is changed": (lambda h: change_a_value(award(h)), "damaged capture", "records.parquet"),
    "the records are emptied": (
        lambda h: pq.write_table(pq.read_table(award(h) / "records.parquet")[:0], award(h) / "records.parquet"),
        "damaged capture",
        "records.parquet has",
    ),
    "records are swapped between captures": (
        lambda h: swap(*(folder / "records.parquet" for folder in two_captures(h))),
        "damaged capture",
        "records.parquet",
    ),
    "capture.json is cut": (
        lambda h: replace(award(h) / "capture.json", (award(h) / "capture.json").read_bytes()[:300]),
        "damaged capture",
        "cut short or altered",
    ),
    "capture.json is deleted": (
        lambda h: delete(award(h) / "capture.json"),
        "damaged capture",
        "capture.json is missing",
    ),
    "counts are falsified in capture.json": (
        lambda h: falsify(award(h), records=84, counted={"records": 84}),
        "damaged capture",
        "capture.json changed",
    ),
    "a rejection is falsified in capture.json": (
        lambda h: falsify(award(h), status="rejected"),
        "damaged capture",
        "capture.json changed",
    ),
    "a capture is copied": (
        lambda h: shutil.copytree(award(h), award(h).with_name("20200101T000000Z-copy")),
        "damaged capture",
        "is a copy",
    ),
    "a capture is copied under an id of its own": (
        lambda h: copied_as_another(award(h)),
        "damaged capture",
        "it is not in captures.jsonl",
    ),
    "a capture is moved to another dataset": (
        lambda h: award(h).rename(h.landing_dir / "doj" / "sanctuary_list" / award(h).name),
        "damaged capture",
        "the folder is a copy, or was renamed",
    ),
    "a capture is forged with its digests and its line in the register": (
        lambda h: forge(award(h)),
        "rewritten captures",
        "a refresh reads them only if their payloads prove them",
    ),
    "a capture is deleted": (lambda h: delete(award(h)), "gone captures", "restore them from a backup"),
    "a capture is made to look as if digests were unknown in its day": (
        lambda h: as_of_an_earlier_version(two_captures(h)[1]),
        "damaged capture",
        "it carries no digests, though captures of its day do",
    ),
    "the register of captures is deleted": (
        lambda h: delete(award(h).parent / REGISTER_FILE),
        "damaged capture",
        "it is not in captures.jsonl",
    ),
    "a foreign folder lies among the captures": (
        lambda h: (award(h).parent / "old stuff").mkdir(),
        "not ours",
        "move it out",
    ),
    "a foreign publisher lies in the landing folder": (
        lambda h: shutil.copytree(award(h), h.landing_dir / "nobody" / "things" / award(h).name),
        "not ours",
        "move it out",
    ),
    "a served file is gone": (
        lambda h: delete(serving(h) / "warehouse.duckdb"),
        "published",
        "warehouse.duckdb is missing; clawback rollback",
    ),
    "the served file of the quarantine is gone": (
        lambda h: delete(serving(h) / "quarantine.duckdb"),
        "published",
        "quarantine.duckdb is missing; clawback rollback",
    ),
    "the served file of the quarantine is damaged": (
        lambda h: flip(serving(h) / "quarantine.duckdb"),
        "published",
        "quarantine.duckdb changed",
    ),
    "a served file is changed": (
        lambda h: flip(serving(h) / "parquet" / "core" / "fct_award.parquet"),
        "published",
        "fct_award.parquet changed",
    ),
    "a file is added to what is served": (
        lambda h: replace(serving(h) / "parquet" / "core" / "more.parquet", b"x"),
        "published",
        "more.parquet was added",
    ),
    "an older release is damaged": (
        lambda h: flip(older(h) / "warehouse.duckdb"),
        "release",
        "warehouse.duckdb changed; restore it",
    ),
    "the sums were recomputed": (lambda h: recompute_the_sums(serving(h)), "published", "its sums were recomputed"),
    "an older release's sums and the register were recomputed": (
        lambda h: recompute_the_sums_and_the_register(h, older(h)),
        "release",
        "is not the one that release",
    ),
    "the sums are gone": (lambda h: delete(serving(h) / "SHA256SUMS"), "published", "SHA256SUMS is missing"),
    "the sums are cut": (
        lambda h: replace(serving(h) / "SHA256SUMS", (serving(h) / "SHA256SUMS").read_bytes()[:100]),
        "published",
        "SHA256SUMS is",
    ),
    "release.json is cut": (
        lambda h: replace(serving(h) / "release.json", b'{"id": '),
        "published",
        "clawback rollback to",
    ),
    "the release that serves is gone": (
        lambda h: delete(serving(h)),
        "published",
        "which is gone: clawback rollback to one",
    ),
    "readers are led elsewhere": (
        lambda h: point_elsewhere(h, h.root / "forged"),
        "published",
        "no release: clawback rollback to one of",
    ),
    "the link is replaced by a folder": (replace_the_link, "published", "is no link to a release: move it away"),
}


def test_an_untouched_home_has_nothing_bad(home):
    found = examination.examine(home)
    assert [f for f in found if f.state == "bad"] == []
    told = {f.what: f.says for f in found}
    assert told["digests"].startswith("383 captures are as they were landed")


@pytest.mark.parametrize("what", TAMPERINGS)
def test_every_tampering_is_a_finding_with_a_way_out_and_no_command_breaks(home, what, monkeypatch):
    tamper, called, says = TAMPERINGS[what]
    tamper(home)
    monkeypatch.setenv("CLAWBACK_HOME", str(home.root))
    done = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(done.stdout)
    found = [f for f in told if f["what"] == called and says in f["says"]]
    assert found, [f for f in told if f["state"] != "ok"]
    assert all(f["state"] == ("note" if called == "not ours" else "bad") for f in found)
    assert done.exit_code == any(f["state"] == "bad" for f in told)
    for command in (["status"], ["releases"], ["trace", "core.fct_award", "fain=2020ULWX0056"]):
        done = CliRunner().invoke(app, command)
        # main() says a damaged release in a line
        is_said = isinstance(done.exception, (SystemExit, history.DamagedRelease, type(None)))
        assert is_said, f"{command}: {done.exception!r}"


def test_a_damaged_capture_does_not_serve_and_the_others_go_on(home):
    first, _ = two_captures(home)
    flip(first / "records.parquet")
    catalog = Catalog(home.landing_dir, as_of=None, edition="recorded")
    told = {dataset.id: catalog.status(dataset) for dataset in examination.sources.DATASETS.values()}
    assert (told["bjs/victimizations"].captures, told["bjs/victimizations"].damaged) == (29, 1)
    assert told["bjs/victimizations"].state == "damaged"
    found = health.look(home)
    (said,) = [check for check in found.checks if check.name == "sources"]
    assert (found.exit_code, said.state, said.says) == (2, "critical", "damaged: bjs/victimizations")
    assert found.facts["sources"]["damaged"][0]["why"].endswith("clawback doctor names each with its way out")
    assert f"damaged {first.name}: records.parquet changed since" in (told["bjs/victimizations"].why or "")
    assert told["usaspending/awards"].is_fine


def test_a_change_that_keeps_size_and_time_is_seen_unless_the_clock_is_set_back_too(home):
    """The time of change that a file system keeps itself cannot be set by a program: touch does not hide a change."""
    path = award(home) / "records.parquet"
    assert Catalog(home.landing_dir, as_of=None, edition="recorded").damaged() == []
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    (damaged,) = Catalog(home.landing_dir, as_of=None, edition="recorded").damaged()
    assert "records.parquet changed since it was landed" in damaged.what


@pytest.mark.parametrize("how", ["a file is changed", "the sums were recomputed"])
def test_a_rollback_to_a_damaged_release_is_refused_and_what_serves_stays(home, how):
    before = os.readlink(home.published_dir)
    if how == "a file is changed":
        flip(older(home) / "warehouse.duckdb")
    else:
        recompute_the_sums(older(home))
    done = clawback(home.root, "rollback", older(home).name)
    assert done.returncode == 3
    assert "is not what was published" in done.stderr
    assert os.readlink(home.published_dir) == before


def test_a_rollback_away_from_a_damaged_release_works(home):
    other = older(home)
    delete(serving(home) / "release.json")
    publish.rollback(home, other.name)
    assert serving(home) == other.resolve()


def test_a_release_cannot_be_written(home):
    assert seal.is_writable(serving(home)) == []
    modes = {path.stat().st_mode & 0o777 for path in serving(home).rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert {p.stat().st_mode & 0o777 for p in (serving(home), serving(home) / "parquet")} == {0o555}


def test_a_forged_capture_is_not_built_from(home, monkeypatch):
    """Digests recomputed all through the landing folder: the release that was made of it says otherwise."""
    forge(award(home))
    before = hashlib.sha256(home.published_file.read_bytes()).hexdigest()
    done = clawback(home.root, "refresh", "--force", "--source", "bjs")
    assert done.returncode == 3, done.stderr
    assert "rewritten captures" in done.stderr
    assert award(home).name in done.stderr
    assert hashlib.sha256(home.published_file.read_bytes()).hexdigest() == before


def test_captures_that_were_landed_again_into_an_empty_folder_are_built_from(home, monkeypatch):
    """Their register is as new as they are: their payloads prove them, and the build's views are made of them."""
    last = history.last_release(home)
    shutil.rmtree(home.landing_dir)
    for dataset in ("usaspending/awards", "bjs/victimizations"):
        night = capture_dataset(sources.get(dataset), home)
        assert not night.failures, night.line()
    catalog = Catalog(home.landing_dir, as_of=None, edition="recorded")
    assert award(home).name in catalog.rewritten(last.known)
    monkeypatch.setenv("CLAWBACK_HOME", str(home.root))
    options = RefreshOptions(edition="recorded", landing=str(home.landing_dir))
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize([landing_views], resources={"options": options}, instance=instance)
    assert made.success
    with duckdb.connect(str(home.build_file), read_only=True) as connection:
        read = connection.execute("select capture_id from raw.capture where is_serving").fetchall()
    assert (award(home).name,) in read


def test_a_served_release_with_another_byte_is_critical_for_monitors(home):
    assert {check.name: check.state for check in health.look(home).checks}["release"] == "ok"
    flip(home.published_file)
    (said,) = [check for check in health.look(home).checks if check.name == "release"]
    assert (said.state, "warehouse.duckdb changed" in said.says) == ("critical", True)
