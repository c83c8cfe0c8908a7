"""`clawback doctor --deep`: what holds is proved, and a forgery that makes every digest agree again is still found.

What belongs here: cutting payloads anew, and the rebuild. What does not: what plain digests find (test_tampering).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import files, sources
from orchestration.doctor import proof
from orchestration.doctor.examination import Observation
from orchestration.landing import integrity, land, register
from orchestration.landing.catalog import Catalog
from orchestration.landing.form import Capture
from orchestration.reading import trace
from orchestration.release import history, seal
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.conftest import copy_home, unlocked
from tests.spark import synthetic_captures


def forge(folder: Path, field: str, value: str) -> None:
    """Change a field in every record, and make capture.json and the register agree with it."""
    (path, *_) = integrity.records_of(folder)
    table = pq.read_table(path)
    place = table.schema.get_field_index(field)
    pq.write_table(table.set_column(place, field, pa.array([value] * len(table))), path)
    told = Capture.model_validate_json((folder / "capture.json").read_bytes())
    covered = [
        entry.model_copy(
            update={"bytes": (folder / entry.path).stat().st_size, "sha256": integrity.sha256_of(folder / entry.path)}
        )
        for entry in told.files
    ]
    (folder / "capture.json").write_text(told.model_copy(update={"files": covered}).model_dump_json(indent=2))
    register.enter(folder.parent, told.capture_id, integrity.sha256_of(folder / "capture.json"))


def award(settings: Settings) -> Path:
    (folder,) = (settings.landing_dir / "usaspending" / "awards").glob("2*")
    return folder


def first_bad(findings: Iterator[Observation], what: str) -> Observation:
    return next(f for f in findings if f.what == what and f.state == "bad")


@pytest.fixture
def home(published, tmp_path) -> Settings:
    original, _ = published
    mine = Settings(home=tmp_path / "home", edition="recorded")
    copy_home(original, mine.root, "build")
    return mine


@pytest.fixture(scope="module")
def rebuilt(published, tmp_path_factory) -> Path:
    """The session's release built anew as of its moment, from a landing folder that has gone on since."""
    original, _ = published
    settings = Settings(home=tmp_path_factory.mktemp("gone-on") / "home", edition="recorded")
    copy_home(original, settings.root, "build")
    release = history.last_release(settings)
    when = release.read_at + timedelta(minutes=1)
    row = {"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
    payload = Payload(json.dumps([row]).encode(), "https://synthetic.invalid", when)
    came = land.write(
        sources.get("bjs/victimizations"), Slice("2016"), [payload], landing_dir=settings.landing_dir, kind="imported",
        edition="import",
    )  # fmt: skip
    assert came.status in ("landed", "rejected")
    files.append_line(
        settings.landing_dir / "usaspending" / "awards" / "unchanged.jsonl",
        {"slice": "recorded", "checked_at": when.isoformat(), "capture_id": None},
    )
    catalog = Catalog(
        settings.landing_dir,
        as_of=None,
        edition="recorded",
        among=set(release.known),
        until=release.read_at,
        trust=False,
    )
    made = Settings(home=tmp_path_factory.mktemp("rebuilt") / "home", landing=settings.landing_dir, edition="recorded")
    assert proof.build(settings, made, catalog) is None
    return made.build_file


def test_a_release_is_rebuilt_to_equal_row_hashes(published, rebuilt):
    settings, _ = published
    tables, differ = proof.compared(history.last_release(settings).path, rebuilt)
    assert differ == []
    assert tables > 60


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        (
            "update core.fct_award set obligated_amount = obligated_amount * 10 where fain = '2020ULWX0056'",
            "core.fct_award",
        ),
        (
            "update core.fct_victimization_reporting_total set percent_reported = percent_reported + 1e-13"
            " where calendar_year = 2016 and victim_group = 'all' and offense_family = 'all_violent'",
            "core.fct_victimization_reporting_total",
        ),
        ("delete from meta.capture where slice = '2016'", "meta.capture"),
    ],
)
def test_a_release_whose_rows_are_others_is_named_by_table(home, rebuilt, sql, table):
    path = history.last_release(home).path
    with unlocked(path), duckdb.connect(str(path)) as connection:
        connection.execute(sql)
    _, differ = proof.compared(path, rebuilt)
    assert [one.partition(" ")[0] for one in differ] == [table]


def test_every_payload_and_record_of_the_recorded_edition_is_cut_anew(home):
    catalog = Catalog(home.landing_dir, as_of=None, edition="recorded", trust=False)
    told = {finding.what: finding for finding in proof.cut_anew(catalog)}
    assert {finding.state for finding in told.values()} == {"ok"}
    assert told["records"].says == "452,332 records were cut anew from them, the same in every field"


def test_json_csv_xlsx_pdf_and_zips_are_cut_anew(settings, tmp_path):
    synthetic_captures.land(settings, tmp_path)
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live", trust=False)
    held = {capture.dataset_id for capture in catalog.captures() if capture.status == "accepted"}
    assert held >= {
        "usaspending/transactions", "usaspending/award_outlays", "cops/announcements", "fbi/return_a", "fbi/table8",
        "elms/matters", "socrata/incidents",
    }  # fmt: skip
    assert [(f.what, f.state) for f in proof.cut_anew(catalog)] == [("payloads", "ok"), ("records", "ok")]


@pytest.mark.parametrize(
    ("dataset", "field"),
    [
        ("usaspending/transactions", "recipient_name"),
        ("cops/announcements", "amount"),
        ("fbi/return_a", "ori"),
        ("fbi/table8", "City"),
        ("socrata/incidents", "n"),
    ],
)
def test_a_forged_record_of_any_form_is_found_in_its_field(settings, tmp_path, dataset, field):
    synthetic_captures.land(settings, tmp_path)
    folder = next(path.parent for path in (settings.landing_dir / dataset).glob("2*/capture.json"))
    names = json.loads((folder / "capture.json").read_text())["fields"]
    field = field if field in names else names[0]
    forge(folder, field, "FORGED")
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live", trust=False)
    assert catalog.damaged() == []
    (found,) = [f for f in proof.cut_anew(catalog) if f.state == "bad"]
    assert f"{field} is 'FORGED' in the records" in found.says
    assert "restore the folder from a backup" in found.says


def test_a_forgery_with_all_its_digests_is_found_and_trace_says_so(home):
    forge(award(home), "Award Amount", "999999999")
    assert Catalog(home.landing_dir, as_of=None, edition="recorded").damaged() == []
    found = first_bad(proof.prove(home), "records")
    assert "Award Amount is '999999999' in the records and" in found.says
    assert "is not the one that release" in first_bad(proof.prove(home), "other capture").says

    told = trace.trace(home, "core.fct_award", "fain=2020ULWX0056")
    assert told.digest_verified
    assert not told.found_in_payload
    assert "records: NOT what the payload says: Award Amount is '999999999'" in told.to_text()


def test_trace_finds_the_record_in_the_payloads_own_bytes(home):
    told = trace.trace(home, "core.fct_award", "fain=2020ULWX0056")
    assert told.digest_verified
    assert told.found_in_payload
    assert "records: found in the payload's bytes: the record was cut from them again" in told.to_text()


def test_deep_trusts_no_cache(home):
    """A cache that says that a damaged file was hashed and found right deceives the cheap look, not the deep one."""
    folder = award(home)
    assert Catalog(home.landing_dir, as_of=None, edition="recorded").damaged() == []
    path = folder / "responses.warc.gz"
    content = path.read_bytes()
    path.write_bytes(content[:-10] + bytes([content[-10] ^ 0xFF]) + content[-9:])
    told = path.stat()
    remembered = folder.parent / integrity.VERIFIED_FILE
    cache = json.loads(remembered.read_text()) if remembered.exists() else {}
    text = (folder / "capture.json").read_bytes()
    stamps = {
        name: [s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino]
        for name in ("capture.json", "records.parquet", "responses.warc.gz")
        for s in [(folder / name).stat()]
    }
    assert told.st_size == stamps["responses.warc.gz"][0]
    cache[folder.name] = [hashlib.sha256(text).hexdigest(), stamps]
    remembered.write_text(json.dumps(cache))
    integrity.forget(folder)
    assert Catalog(home.landing_dir, as_of=None, edition="recorded").damaged() == []
    assert "responses.warc.gz changed" in first_bad(proof.prove(home), "damaged capture").says


def test_a_release_of_other_code_is_proved_in_all_but_the_rebuild_and_says_so(home):
    path = history.last_release(home).path.with_name("release.json")
    with unlocked(path):
        path.write_text(json.dumps({**json.loads(path.read_text()), "code_digest": "0" * 64}))
    told = [(f.what, f.state, f.says) for f in proof.prove(home)]
    assert told[0][:2] == ("sums", "bad")
    assert told[-1][:2] == ("rebuild", "note")
    assert "was built by other code" in told[-1][2]


def test_captures_of_an_earlier_version_are_proved_by_their_payloads(home):
    folder = award(home)
    told = json.loads((folder / "capture.json").read_text())
    told["format_version"] = 1
    del told["files"]
    for entry in told["payloads"]:
        del entry["context"]
    (folder / "capture.json").write_text(json.dumps(told))
    (folder.parent / register.REGISTER_FILE).unlink()
    catalog = Catalog(home.landing_dir, as_of=None, edition="recorded", trust=False)
    assert catalog.damaged() == []
    assert {f.state for f in proof.cut_anew(catalog)} == {"ok"}
    table = pq.read_table(folder / "records.parquet")
    pq.write_table(table[:-1], folder / "records.parquet")
    (damaged,) = Catalog(home.landing_dir, as_of=None, edition="recorded", trust=False).damaged()
    assert "its Parquet holds 82 records, capture.json says 83" in damaged.what


def test_a_lost_register_is_made_again_from_what_the_payloads_prove(home):
    """Of what was put there by hand only what follows from its payloads is entered."""
    (award(home).parent / register.REGISTER_FILE).unlink()
    folder = home.landing_dir / "doj" / "sanctuary_list"
    (first, second) = sorted(path.parent for path in folder.glob("2*/capture.json"))
    forge(first, "jurisdiction_as_printed", "FORGED")
    (folder / register.REGISTER_FILE).unlink()
    assert len(Catalog(home.landing_dir, as_of=None, edition="recorded").damaged()) == 3
    told = {finding.says.split()[1].rstrip(":"): finding for finding in proof.adopt(home)}
    assert (told[award(home).name].state, told[second.name].state, told[first.name].state) == ("ok", "ok", "bad")
    assert "is 'FORGED' in the records" in told[first.name].says
    (left,) = Catalog(home.landing_dir, as_of=None, edition="recorded").damaged()
    assert left.capture_id == first.name
    assert "clawback adopt" in left.line()


def test_nothing_published_is_nothing_to_prove(settings):
    with pytest.raises(history.NoSuchRelease, match="clawback refresh"):
        next(proof.prove(settings))
    assert seal.entered(settings) == {}
