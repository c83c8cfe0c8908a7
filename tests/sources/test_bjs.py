"""The NCVS over HTTP and from files: every victimization once, and the percentages that the BJS published.

What belongs here: pages, counts and the two shapes. What does not: intervals and groups of years (dbt).
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import servers
import time_machine

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import FileResult, import_files
from orchestration.settings import Settings
from orchestration.sources import bjs
from orchestration.sources.base import Record
from orchestration.wire import Payload, SourceError

NCVS = bjs.Victimizations()
TODAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


def synthetic(year: str, count: int) -> list[dict[str, str]]:
    """Victimizations with weight 1.5 each, over more groups than one page holds where count is large."""
    return [
        {"year": year, "hispanic": str(1 + n % 2), "newoff": str(1 + n % 5), "direl": f"{n % 401:03d}",
         "notify": str(1 + n % 3), "newwgt": "1.5", "idper": f"TEST{n}"}
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def publisher(httpserver) -> servers.Ncvs:
    return servers.Ncvs(httpserver, [*synthetic("2016", 2500), *synthetic("2017", 20), *synthetic("2017", 20)])


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    return Settings(edition="live", home=tmp_path, bjs_ncvs_url=publisher.url)


@pytest.fixture
def night(settings, web_for):
    """One live night of some years at a given hour."""

    def run(*slices: str, at: datetime = TODAY) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(NCVS, settings, slice_keys=slices, web=web_for(settings))

    return run


def serving(settings: Settings) -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for capture in catalog.serving(NCVS) for path in catalog.records_paths(capture)]
    found = duckdb.sql(f"from read_parquet({files!r}, union_by_name = true)")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_a_year_of_more_groups_than_one_page_comes_whole(night, settings, publisher):
    done = night("2016")
    assert done.slices[0].status == "landed"
    records = serving(settings)
    assert len(records) == 2500, "401 * 2 * 5 * 3 groups are more than the rows: each row is a group"
    assert sum(int(r["n"] or 0) for r in records) == 2500
    assert sum(float(r["weight"] or 0) for r in records) == 2500 * 1.5
    pages = [r.args for r in publisher.asked if "$group" in r.args]
    assert [p["$offset"] for p in pages] == ["0", "1000", "2000"]
    assert {p["$order"] for p in pages} == {"year,hispanic,newoff,direl,notify"}


def test_the_silent_default_of_1000_rows_and_the_overlap_without_order_are_real_on_this_server(
    publisher, settings, web_for
):
    """The server's own behaviour, so that the test above means something."""
    url = f"{publisher.url}/gcuy-rt5g.json"
    web = web_for(settings)
    first = json.loads(web.get(url).body)
    second = json.loads(web.get(url, params={"$limit": "1000", "$offset": "1000"}).body)
    assert len(first) == 1000
    assert {r["idper"] for r in first} & {r["idper"] for r in second}


def test_groups_that_do_not_add_up_to_the_publishers_count_are_rejected(night, publisher):
    publisher.count_off_by = 3
    done = night("2016")
    assert done.slices[0].status == "rejected"
    assert "2,500 victimizations, the publisher counts 2,503" in done.slices[0].message


def test_a_group_that_comes_twice_fails_the_year(night, publisher, settings):
    """Over two pages, in place of another: the publisher's count of victimizations is met all the same."""
    answer, pages = publisher.answer, []

    def repeats(request, path):
        response = answer(request, path)
        if "$group" not in request.args:
            return response
        groups = json.loads(response.data)
        pages.append([pages[-1][-1], *groups[1:]] if pages else groups)
        return servers.as_json(pages[-1])

    publisher.answer = repeats
    done = night("2016")
    assert done.slices[0].status == "failed"
    assert "a group came twice: as many others did not come" in done.slices[0].message
    assert Catalog(settings.landing_dir, as_of=None, edition="live").serving(NCVS) == []


def test_a_year_that_is_not_out_yet_makes_no_capture_and_one_that_vanished_is_rejected(night, publisher, settings):
    assert night("2025").slices[0].status == "empty"
    assert night("2017").slices[0].records == 20, "20 groups of two victimizations each"
    publisher.rows = [row for row in publisher.rows if row["year"] != "2017"]
    later = datetime(2026, 12, 30, 6, tzinfo=UTC)
    assert night("2017", at=later).slices[0].status == "rejected"
    assert sum(int(r["n"] or 0) for r in serving(settings)) == 40


def test_a_year_is_asked_for_once_a_month(night, settings):
    night("2017")

    def tonight(at: datetime) -> set[str]:
        known = Catalog(settings.landing_dir, as_of=None, edition="live").known(NCVS)
        with time_machine.travel(at):
            return {s.key for s in NCVS.slices(settings, known)}

    assert tonight(datetime(2026, 11, 24, 6, tzinfo=UTC)) == {str(y) for y in range(1993, 2026)} - {"2017"}
    assert "2017" in tonight(datetime(2026, 12, 24, 6, tzinfo=UTC))


def test_a_saved_answer_of_two_years_becomes_two_slices_and_equal_rows_are_both_kept(tmp_path):
    row = synthetic("2016", 1)[0]
    path = tmp_path / "saved.json.gz"
    path.write_bytes(gzip.compress(json.dumps([row, row, {**row, "year": "2017"}]).encode()))
    batches = list(NCVS.read_file(path, TODAY))
    assert {b.slice.key: len(list(NCVS.cut(b.payloads[0]))) for b in batches} == {"2016": 2, "2017": 1}


@pytest.mark.parametrize(("content", "why"), [
    (b"synthetic, not json", "not a saved answer"),
    (b"{}", "not a list of victimizations"),
    (b'[{"year": "2016"}]', "field 'hispanic' missing"),
    (gzip.compress(b"[]", mtime=0)[:-4], "not a saved answer"),
])  # fmt: skip
def test_a_file_that_is_no_answer_of_the_api_is_refused_by_name_and_reason(tmp_path, content, why):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"other\.json: {why}"):
        list(NCVS.read_file(path, TODAY))


GROUPED = {"year": "2017", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "2", "weight": "2400.5"}
MICRODATA = {**{name: GROUPED[name] for name in bjs.GROUPS}, "newwgt": "1200.25"}


@pytest.mark.parametrize(("row", "gone", "named"), [
    (GROUPED, "weight", "'weight'"), (GROUPED, "n", "'n'"), (MICRODATA, "newwgt", "'newwgt'"),
])  # fmt: skip
def test_an_import_whose_weights_are_gone_is_rejected_and_the_last_one_serves(tmp_path, row, gone, named):
    settings, path = Settings(home=tmp_path), tmp_path / "victimizations.json"

    def bring(row: dict[str, str], day: int) -> FileResult:
        rows = [{**row, "notify": str(n % 3 + 1), "direl": str(n)} for n in range(30)]
        path.write_text(json.dumps(rows))
        with time_machine.travel(TODAY.replace(day=day)):
            (brought,) = import_files(NCVS, [path], settings)
        return brought

    first = bring(row, 1)
    assert first.ok, first.line()
    bad = bring({name: value for name, value in row.items() if name != gone}, 2)
    assert not bad.ok
    assert f"missing: {named}" in bad.line()
    (serving,) = Catalog(settings.landing_dir, as_of=None, edition="live").serving(NCVS)
    assert gone in serving.fields


def test_a_page_that_was_saved_twice_is_not_counted_twice(tmp_path):
    """The API answers 1,000 rows and forgets the offset where a parameter is misspelled: the same page comes again."""
    rows = [{**row, "hispanic": "1", "direl": "1"} for row in synthetic("2016", 300)]
    series = [{**row, "idper": "TEST0"} for row in rows[:6] for _ in range(4)]
    for name, content, is_fine in (
        ("twice.json", rows + rows, False),
        ("page_again.json", rows + rows[:100], False),
        # equal rows of a series of victimizations are as many events
        ("series.json", rows + series, True),
    ):
        path = tmp_path / name
        path.write_text(json.dumps(content))
        (brought,) = import_files(NCVS, [path], Settings(edition="live", home=tmp_path / name.partition(".")[0]))
        assert brought.ok is is_fine, brought.line()
        assert ("came before in the file: was a page saved twice?" in brought.line()) is not is_fine
    assert brought.records == 324


def test_a_group_that_comes_twice_in_a_file_is_refused(tmp_path):
    path = tmp_path / "grouped.json"
    path.write_text(json.dumps([GROUPED, {**GROUPED, "n": "3"}]))
    (brought,) = import_files(NCVS, [path], Settings(edition="live", home=tmp_path / "home"))
    assert "1 of 2 groups of 2017 came before in the file" in brought.line()


def test_an_error_that_came_with_200_is_named():
    with pytest.raises(SourceError, match="not a list of rows"):
        list(NCVS.cut(Payload(b'{"error": true, "message": "synthetic"}', "https://example.invalid/", TODAY)))


def real_records(real: Path) -> list[Record]:
    files = sorted((real / "bjs_ncvs").glob("*.json.gz"))
    batches = [batch for path in files for batch in NCVS.read_file(path, TODAY)]
    assert [batch.slice.key for batch in batches] == [str(year) for year in range(2014, 2022)]
    return [record for batch in batches for payload in batch.payloads for record in NCVS.cut(payload)]


def percent_reported(records: Iterable[Record]) -> tuple[float, int]:
    weights: dict[str | None, float] = defaultdict(float)
    n = 0
    for record in records:
        if record["newoff"] in ("1", "2", "3", "4"):
            weights[record["notify"]] += float(record["newwgt"] or 0)
            n += 1
    return 100 * weights["1"] / sum(weights.values()), n


@pytest.mark.real
def test_the_percentages_that_the_bjs_published_come_out_of_the_records_as_they_are_cut(real: Path):
    """Criminal Victimization, 2016 to 2021: violent victimizations reported to police (sources.md, 6)."""
    records = real_records(real)
    published = {"2016": 43.9, "2017": 44.9, "2018": 42.6, "2019": 40.9, "2020": 40.2, "2021": 45.6}
    for year, percent in published.items():
        assert percent_reported(r for r in records if r["year"] == year)[0] == pytest.approx(percent, abs=0.1)
    hispanic = [r for r in records if r["hispanic"] == "1"]
    before, after = ("2014", "2015", "2016"), ("2017", "2018", "2019")
    assert percent_reported(r for r in hispanic if r["year"] in before) == (pytest.approx(51.0, abs=0.1), 693)
    assert percent_reported(r for r in hispanic if r["year"] in after) == (pytest.approx(43.9, abs=0.1), 992)
    assert set(records[0]) <= set(NCVS.fields)
    assert len(records[0]) == 37


@pytest.mark.real
def test_the_grouped_question_over_the_real_microdata_gives_the_same_percentages(
    real: Path, httpserver, tmp_path, web_for
):
    """What a live night would land, had the publisher these rows: 2016 by groups, through pages and the count."""
    rows = [dict(r) for r in real_records(real) if r["year"] == "2016"]
    publisher = servers.Ncvs(httpserver, rows)  # type: ignore[arg-type]
    settings = Settings(edition="live", home=tmp_path, bjs_ncvs_url=publisher.url)
    done = capture_dataset(NCVS, settings, slice_keys=["2016"], web=web_for(settings))
    assert done.slices[0].status == "landed"
    violent = [r for r in serving(settings) if r["newoff"] in ("1", "2", "3", "4")]
    told = sum(float(r["weight"] or 0) for r in violent if r["notify"] == "1")
    assert 100 * told / sum(float(r["weight"] or 0) for r in violent) == pytest.approx(43.9, abs=0.1)
    assert sum(int(r["n"] or 0) for r in serving(settings)) == len(rows)


@pytest.mark.real
def test_the_real_files_are_imported_one_capture_a_year_and_again_nothing(real: Path, tmp_path):
    settings = Settings(home=tmp_path)
    files = sorted((real / "bjs_ncvs").glob("*_201[67].json.gz"))
    import_files(NCVS, files, settings)
    serving_now = Catalog(settings.landing_dir, as_of=None, edition="live").serving(NCVS)
    assert {c.slice: c.kind for c in serving_now} == {"2016": "imported", "2017": "imported"}
    import_files(NCVS, files, settings)
    assert Catalog(settings.landing_dir, as_of=None, edition="live").serving(NCVS) == serving_now
