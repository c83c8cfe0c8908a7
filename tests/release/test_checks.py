"""The gate's bounds and the order of releases, at their edges, over releases that are written by hand.

What belongs here: what needs no dbt and no published home. What does not: the gate as a whole (test_gate), sums
(test_sums), how a release is made (test_publish).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.catalog import Catalog
from orchestration.reading import trace
from orchestration.release import checks, history, incremental, seal, sums
from orchestration.release.markers import Marker
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
AWARDS, MART = "core.fct_award", "analysis.mart_claim_check"


def release(
    settings: Settings, name: str, *, serves: bool = False, rows: Mapping[str, int] | None = None, **given: object
) -> history.Release:
    """A release.json in its folder, and the symlink to it where it serves."""
    told = {
        "id": name, "sequence": 1, "built_at": NOON, "run_id": "synthetic", "edition": "recorded", "as_of": None,
        "fingerprint": "f", "code_digest": "c", "software": "0", "previous": None, "captures": [], "rows": rows or {},
        "differences": {}, "checks": {"passed": 1, "warned": 0}, "accepted": {}, **given,
    }  # fmt: skip
    made = history.Release.model_validate(told)
    folder = settings.releases_dir / name
    folder.mkdir(parents=True)
    (folder / history.RELEASE_FILE).write_text(history.dump(made), encoding="utf-8")
    if serves:
        settings.published_dir.symlink_to(folder.relative_to(settings.root), target_is_directory=True)
    return made


def found(settings: Settings, rows: Mapping[str, int], edition: str = "recorded") -> dict[str, str]:
    """The status of each check of rows and tables, of a candidate with so many rows a table."""
    marker = Marker(
        run_id="synthetic", captures=[], fingerprint="f", code_digest="c", edition=edition, as_of=None,
        invocation_id="i", sha256="s", sealed_at=NOON,
    )  # fmt: skip
    with duckdb.connect() as connection:
        for table, many in rows.items():
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            connection.execute(f"create table {table} as select range as n from range({many})")
        # lazily: the checks that come after these read tables that are not here
        told = checks.of_tables(connection, settings, marker, {"nodes": {}})
        of_rows = islice(told, sum(table.startswith("core.fct_") for table in rows) + 1)
        return {check.name: "refused" if finding else "passed" for check, finding in of_rows}


def test_a_fact_may_lose_three_tenths_of_its_rows_and_no_more(settings):
    release(settings, "2026.11.01", serves=True, rows={AWARDS: 1000})
    assert found(settings, {AWARDS: 701})[f"rows of {AWARDS}"] == "passed"
    assert found(settings, {AWARDS: 699})[f"rows of {AWARDS}"] == "refused"
    assert found(settings, {AWARDS: 5000})[f"rows of {AWARDS}"] == "passed"


def test_a_fact_that_another_edition_filled_may_not_be_emptied(settings):
    """The first live run after the recorded edition, on which nobody answered, must not replace what is read."""
    release(settings, "2026.11.01", serves=True, rows={AWARDS: 1000}, edition="recorded")
    assert found(settings, {AWARDS: 0}, edition="live")[f"rows of {AWARDS}"] == "refused"
    assert found(settings, {AWARDS: 1}, edition="live")[f"rows of {AWARDS}"] == "passed"


def test_a_published_table_that_is_gone_is_a_finding(settings):
    release(settings, "2026.11.01", serves=True, rows={AWARDS: 1, MART: 1, "meta.capture": 1})
    assert found(settings, {AWARDS: 1, MART: 0})["tables kept"] == "passed"
    assert found(settings, {AWARDS: 1})["tables kept"] == "refused"


def test_releases_are_ordered_as_they_were_made_whatever_the_clock_said(settings):
    release(settings, "2026.11.03", sequence=1, built_at=NOON + timedelta(days=2))
    release(settings, "2026.11.01", sequence=2, built_at=NOON)
    release(settings, "2026.11.02", sequence=3, built_at=NOON + timedelta(days=1))
    assert [one.id for one in history.releases(settings)] == ["2026.11.02", "2026.11.01", "2026.11.03"]


def test_a_candidate_is_compared_with_the_release_of_its_kind_that_serves_else_the_newest(settings):
    release(settings, "a", sequence=1, edition="live", serves=True)
    release(settings, "b", sequence=2, edition="live")
    release(settings, "c", sequence=3, edition="recorded")
    release(settings, "d", sequence=4, edition="recorded", as_of=date(2020, 1, 1))
    compared = {
        "live": history.comparable(settings, "live", None),
        "recorded": history.comparable(settings, "recorded", None),
        "as of": history.comparable(settings, "recorded", date(2020, 1, 1)),
        "as of another day": history.comparable(settings, "recorded", date(2021, 1, 1)),
    }
    assert {kind: one.id if one else None for kind, one in compared.items()} == {
        "live": "a", "recorded": "c", "as of": "d", "as of another day": None,
    }  # fmt: skip


def test_nothing_new_is_said_of_the_same_date_edition_captures_and_code_only(settings):
    def catalog(as_of: date | None = None, edition: str = "recorded") -> Catalog:
        return Catalog(settings.landing_dir, as_of=as_of, edition=edition)

    datasets = list(sources.DATASETS.values())
    digest = history.code_digest()
    release(
        settings, "2026.11.01", serves=True, fingerprint=catalog().fingerprint(datasets), code_digest=digest,
    )  # fmt: skip
    assert history.unchanged_since(settings, catalog()) == "2026.11.01"
    assert history.unchanged_since(settings, catalog(edition="live")) is None
    assert history.unchanged_since(settings, catalog(as_of=date(2026, 11, 1))) is None

    rows = [{"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}]
    land.write(
        sources.get("bjs/victimizations"), Slice("2016"), [Payload(str(rows).replace("'", '"').encode(), "u:r", NOON)],
        landing_dir=settings.landing_dir, kind="fetched", edition="live",
    )  # fmt: skip
    assert history.unchanged_since(settings, catalog()) is None
    settings.published_dir.unlink()
    release(
        settings, "2026.11.02", serves=True, fingerprint=catalog().fingerprint(datasets), code_digest="another",
    )  # fmt: skip
    assert history.unchanged_since(settings, catalog()) is None


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("orchestration/landing/accept.py", True),
        ("orchestration/release/sums.toml", True),
        ("orchestration/sources/bjs.py", True),
        ("orchestration/forms/tables.py", True),
        ("orchestration/wire.py", True),
        ("dbt_project/macros/generate_schema_name.sql", True),
        ("dbt_project/seeds/states.csv", True),
        ("dbt_project/columns.toml", True),
        ("dbt_project/models/columns.md", True),
        ("dbt_project/former_names.toml", True),
        ("orchestration/site/front.py", True),
        ("orchestration/reading/documents.py", True),
        ("orchestration/councils/register.py", True),
        ("docs/crime.md", True),
        ("queries/claims.sql", True),
        # another dbt or DuckDB may make other tables of the same captures
        ("requirements.lock", True),
        ("README.md", False),
    ],
)
def test_the_digest_of_the_code_covers_what_turns_captures_into_a_release(tmp_path, monkeypatch, file, counts):
    copy = tmp_path / "project"
    for folder in ("orchestration", "dbt_project", "docs", "queries"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(PROJECT_ROOT / folder, copy / folder, ignore=ignored)
    for name in ("README.md", "requirements.lock"):
        shutil.copy(PROJECT_ROOT / name, copy)
    monkeypatch.setattr(history, "PROJECT_ROOT", copy)
    monkeypatch.setattr(history, "DBT_PROJECT_DIR", copy / DBT_PROJECT_DIR.relative_to(PROJECT_ROOT))
    digest = history.code_digest.__wrapped__
    before = digest()
    assert before == digest()
    (copy / file).write_bytes((copy / file).read_bytes() + b"\n")
    assert (digest() != before) is counts


def test_the_page_of_the_gate_has_each_check_that_can_be_accepted_and_no_other():
    page = (PROJECT_ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    said = {
        name.removesuffix("..."): accepted
        for name, accepted in re.findall(r"^\| `([^`]+)` \|.*\| (yes|no) \|$", page, re.MULTILINE)
    }
    acceptable = [*checks.names(["core.fct_award"]), *sums.names(), "checks kept"]
    found = {
        name: [row for row in said if name == row or (row[-1] in " _" and name.startswith(row))] for name in acceptable
    }
    assert {name: rows for name, rows in found.items() if len(rows) != 1} == {}
    assert {row for rows in found.values() for row in rows} == {row for row in said if said[row] == "yes"}


def test_a_fifth_of_new_records_is_taken_in_and_more_is_made_anew():
    assert incremental.pays(new=20, serving=100)
    assert not incremental.pays(new=21, serving=100)
    assert not incremental.pays(new=0, serving=0)


def test_a_payload_of_another_capture_is_not_traced(settings):
    rows = '[{"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "%d", "weight": "1"}]'
    one, other = (
        land.write(
            sources.get("bjs/victimizations"), Slice("2016"), [Payload((rows % n).encode(), f"u:{n}", NOON)],
            landing_dir=settings.landing_dir, kind="fetched", edition="live",
        ).capture for n in (1, 2)
    )  # fmt: skip
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    pair = {"_capture_id": one.capture_id, "_payload_id": one.payloads[0].payload_id}
    assert trace.provenance(catalog, pair) == (one, one.payloads[0])
    with pytest.raises(trace.CannotTrace, match="is not in"):
        trace.provenance(catalog, {**pair, "_payload_id": other.payloads[0].payload_id})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "a.txt").write_text("another"), ["a.txt changed"]),
        (lambda folder: (folder / "b.txt").write_text("b"), ["b.txt was added"]),
        (lambda folder: (folder / "a.txt").unlink(), ["a.txt is missing"]),
        (lambda folder: None, []),
    ],
)
def test_what_was_changed_added_or_taken_from_a_release_is_named(settings, spoil, says):
    folder = _sealed_folder(settings)
    spoil(folder)
    assert seal.damage_of(settings, folder) == says
    assert seal.damage_of(settings, folder, trust=True) == says
    if says:
        # with sums that are recomputed the register still tells
        os.unlink(folder / seal.SUMS_FILE)
        seal.make_sums(folder)
        (damage,) = seal.damage_of(settings, folder)
        assert damage == "SHA256SUMS is not the one that was published: its sums were recomputed"


def _sealed_folder(settings: Settings) -> Path:
    folder = settings.releases_dir / "2026.11.01"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    seal.enter(settings, folder.name, seal.make_sums(folder))
    return folder
