"""Legistar's Web API: pages, increments, sweeps, what matters in depth; every fault of a client handled as itself.

What belongs here: the publisher on loopback, and the two forms of files. What does not: what an action means (dbt).
"""

from __future__ import annotations

import gzip
import json
import logging
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import time_machine
from council_servers import TOKEN, Legistar, action, matter
from werkzeug import Response

from orchestration import sources
from orchestration.councils import finder
from orchestration.councils.register import councils
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources import legistar
from orchestration.wire import Payload, SourceError

MATTERS, HISTORIES = sources.get("legistar/matters"), sources.get("legistar/histories")
TODAY = datetime(2026, 11, 24, 6, tzinfo=UTC)
SANCTUARY = "An ordinance declaring Testville a sanctuary city"


@pytest.fixture
def publisher(httpserver) -> Legistar:
    return Legistar(httpserver)


@pytest.fixture
def settings(publisher, tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("LEGISTAR_TOKEN_NYC", TOKEN)
    return Settings(edition="live", home=tmp_path, legistar_url=publisher.url)


@pytest.fixture
def night(settings, web_for) -> Callable[..., DatasetRun]:
    """One live night of some slices of a dataset."""

    def run(dataset, *slices: str, at: datetime = TODAY, settings: Settings = settings) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, web=web_for(settings))

    return run


def catalog(settings: Settings) -> Catalog:
    return Catalog(settings.landing_dir, as_of=None, edition="live")


def rows(settings: Settings, dataset, *names: str) -> list[tuple[str | None, ...]]:
    files = [
        str(p) for c in catalog(settings).serving(dataset) if c.records for p in catalog(settings).records_paths(c)
    ]
    return duckdb.sql(
        f"select {', '.join(names)} from read_parquet({files!r}, union_by_name = true) order by all"
    ).fetchall()


def written(settings: Settings) -> bytes:
    """Everything that the landing folder holds, gzip members unpacked."""
    held = b""
    for path in settings.landing_dir.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            held += body + (gzip.decompress(body) if path.suffix == ".gz" else b"")
    return held


class TestPagesAndIncrements:
    def test_pages_are_asked_for_while_exactly_a_thousand_come(self, night, settings, publisher):
        publisher.matters["boston"] = [matter(n) for n in range(1, 2001)]
        (done,) = night(MATTERS, "boston:all").slices
        assert (done.status, done.records) == ("landed", 2000)
        assert [r.args["$skip"] for r in publisher.asked] == ["0", "1000", "2000"]
        assert {r.args["$orderby"] for r in publisher.asked} == {"MatterId"}

    @pytest.mark.parametrize("limit", [500, 250, 100, 50])
    def test_a_server_whose_own_limit_is_lower_is_read_to_the_end(self, night, publisher, limit):
        """A page of 500 of 1,000 requested rows ended the list, and with it what changed of the others."""
        publisher.matters["boston"] = [matter(n) for n in range(1, 2 * limit + 8)]
        publisher.most_rows = limit
        (done,) = night(MATTERS, "boston:all").slices
        assert (done.status, done.records) == ("landed", 2 * limit + 7)
        assert [r.args["$skip"] for r in publisher.asked] == ["0", str(limit), str(2 * limit)]

    def test_a_client_that_does_not_page_is_told_as_such_and_never_asked_for_ever(self, night, publisher):
        publisher.matters["boston"] = [matter(n) for n in range(1, 1001)]
        publisher.ignores_skip = True
        (done,) = night(MATTERS, "boston:all").slices
        assert done.status == "failed"
        assert "pages do not move" in done.message
        assert len(publisher.asked) == 2

    def test_the_next_night_asks_from_the_greatest_lastmodified_less_an_overlap(self, night, settings, publisher):
        publisher.matters["boston"] = [matter(1, intro="2026-11-01"), matter(2, intro="2026-11-20")]
        night(MATTERS, "boston:all")
        publisher.matters["boston"].append(matter(3, intro="2026-11-23"))
        # saved while the last night ran, with a time before that night's greatest
        publisher.matters["boston"].append(matter(4, MatterLastModifiedUtc="2026-11-19T12:00:00.07"))
        publisher.asked.clear()
        (done,) = night(MATTERS, "boston", at=TODAY + timedelta(days=1)).slices
        assert publisher.asked[0].args["$filter"] == "MatterLastModifiedUtc gt datetime'2026-11-18T10:00:00'"
        assert (done.status, done.records) == ("landed", 3)
        assert {number for (number,) in rows(settings, MATTERS, "MatterId")} == {"1", "2", "3", "4"}
        (again,) = night(MATTERS, "boston", at=TODAY + timedelta(days=2)).slices
        assert again.status in ("landed", "unchanged")
        (third,) = night(MATTERS, "boston", at=TODAY + timedelta(days=3)).slices
        assert third.status == "unchanged"

    def test_a_file_that_was_brought_does_not_hide_what_changed_before_it(self, night, settings, publisher, tmp_path):
        publisher.matters["boston"] = [matter(1, intro="2026-11-01")]
        night(MATTERS, "boston:all")
        path = tmp_path / "boston_matters.json"
        path.write_text(json.dumps([matter(9, intro="2026-11-22")]), encoding="utf-8")
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert result.ok, result.line()
        publisher.asked.clear()
        night(MATTERS, "boston", at=TODAY + timedelta(days=1))
        assert publisher.asked[0].args["$filter"] == "MatterLastModifiedUtc gt datetime'2026-10-30T10:00:00'"

    def test_a_mark_in_the_future_does_not_hide_what_changes_until_then(self, night, publisher):
        publisher.matters["boston"] = [matter(1), matter(2, MatterLastModifiedUtc="2199-01-01T00:00:00")]
        night(MATTERS, "boston:all")
        publisher.asked.clear()
        night(MATTERS, "boston", at=TODAY + timedelta(days=1))
        assert "2026-10-30" in publisher.asked[0].args["$filter"]

    def test_a_monthly_sweep_catches_what_lastmodified_misses(self, night, settings, publisher):
        publisher.matters["boston"] = [matter(1), matter(2)]
        night(MATTERS, "boston:all")
        # the title changes, LastModified does not move
        publisher.matters["boston"][0]["MatterTitle"] = SANCTUARY
        publisher.matters["boston"][0]["MatterLastModifiedUtc"] = "2020-01-01T00:00:00"
        later = TODAY + timedelta(days=20)
        assert night(MATTERS, "boston", at=later).slices[0].records == 1
        assert SANCTUARY not in {title for (title,) in rows(settings, MATTERS, "MatterTitle")}
        known = catalog(settings).known(MATTERS)
        with time_machine.travel(later):
            assert "boston:all" not in {s.key for s in MATTERS.slices(settings, known)}
        swept = TODAY + timedelta(days=29)
        with time_machine.travel(swept):
            assert {"boston", "boston:all"} <= {s.key for s in MATTERS.slices(settings, known)}
        assert night(MATTERS, "boston:all", at=swept).slices[0].status == "landed"
        assert SANCTUARY in {title for (title,) in rows(settings, MATTERS, "MatterTitle")}

    def test_a_sweep_that_lost_a_fifth_is_rejected_and_what_changed_is_still_asked_for(
        self, night, settings, publisher
    ):
        publisher.matters["boston"] = [matter(n) for n in range(1, 101)]
        night(MATTERS, "boston:all")
        del publisher.matters["boston"][:20]
        publisher.matters["boston"].append(matter(500, intro="2026-12-20"))
        at = TODAY + timedelta(days=30)
        changed, sweep = night(MATTERS, "boston", "boston:all", at=at).slices
        assert (changed.status, sweep.status) == ("landed", "rejected")
        assert "81 records against 100 last time" in sweep.message

    def test_a_client_that_was_never_captured_is_swept_and_not_asked_for_changes(self, settings):
        with time_machine.travel(TODAY):
            keys = {s.key for s in MATTERS.slices(settings, catalog(settings).known(MATTERS))}
        assert keys == {f"{c.client}:all" for c in councils("legistar")}


class TestFaultsOfAClient:
    def test_a_wrong_slug_is_told_at_once_and_the_others_have_their_night(self, night, publisher):
        publisher.matters["denver"] = [matter(1)]
        done = night(MATTERS, "boston:all", "baltimore:all", "mesa:all", "denver:all")
        assert [s.status for s in done.slices] == ["failed", "failed", "failed", "landed"]
        assert "no such client: 'boston'" in done.slices[0].message
        assert len(publisher.asked_for("/boston/")) == 1, "asking again changes nothing"
        assert done.too_old == [], "a client that never was has nothing that could grow old"

    def test_a_closed_client_says_that_it_wants_a_token(self, night, publisher):
        publisher.matters |= {"fresno": [matter(1)], "denver": [matter(1)]}
        publisher.tokens["fresno"] = "nobody has it"
        closed, fine = night(MATTERS, "fresno:all", "denver:all").slices
        assert closed.status == "failed"
        assert "HTTP 403: fresno is closed, or wants a token (LEGISTAR_TOKEN_FRESNO)" in closed.message
        assert fine.status == "landed"
        assert len(publisher.asked_for("/fresno/")) == 1

    def test_a_missing_token_skips_that_client_with_one_line(self, night, settings, publisher):
        publisher.matters |= {"nyc": [matter(1)], "denver": [matter(1)]}
        without = settings.model_copy(update={"legistar_tokens": {}})
        done = night(MATTERS, "nyc:all", "denver:all", settings=without)
        assert [s.status for s in done.slices] == ["skipped", "landed"]
        assert "needs LEGISTAR_TOKEN_NYC in the environment: skipped" in done.slices[0].message
        assert not publisher.asked_for("/nyc/")

    def test_a_refused_token_is_not_shown(self, night, settings, publisher):
        publisher.matters["nyc"], publisher.tokens["nyc"] = [matter(1)], "another"
        (done,) = night(MATTERS, "nyc:all").slices
        assert "refuses the token of LEGISTAR_TOKEN_NYC" in done.message
        assert TOKEN not in done.message

    def test_a_publisher_that_is_down_is_left_alone_after_two_clients(self, night, publisher):
        publisher.faults.extend(Response(b"", status=503) for _ in range(100))
        done = night(MATTERS, "boston:all", "denver:all", "mesa:all")
        assert [s.status for s in done.slices] == ["failed"] * 3
        assert "seems to be down" in done.slices[2].message

    def test_a_client_without_any_matter_is_no_empty_council(self, night, publisher):
        publisher.matters["boston"] = []
        (done,) = night(MATTERS, "boston:all").slices
        assert (done.status, "no matter at all" in done.message) == ("failed", True)


class TestSecrets:
    def test_the_token_goes_on_the_wire_and_is_written_nowhere(self, night, settings, publisher, caplog):
        caplog.set_level(logging.DEBUG)
        publisher.matters["nyc"], publisher.tokens["nyc"] = [matter(7, title=SANCTUARY)], TOKEN
        publisher.broken["nyc", 7] = 500
        assert night(MATTERS, "nyc:all").slices[0].status == "landed"
        done = night(HISTORIES, "nyc", at=TODAY + timedelta(hours=1))
        publisher.broken.clear()
        night(HISTORIES, "nyc", at=TODAY + timedelta(hours=2))
        assert {r.args["token"] for r in publisher.asked} == {TOKEN}
        for secret in (TOKEN, "synthetic-token%2Fwith%2Bsigns%3D"):
            assert secret.encode() not in written(settings)
            assert secret not in caplog.text
            assert secret not in json.dumps(done.to_json())
        assert TOKEN in settings.secrets()
        assert TOKEN not in repr(settings)

    def test_a_redirect_that_repeats_the_query_does_not_bring_the_token_into_the_archive(
        self, night, settings, publisher, httpserver
    ):
        publisher.matters["nyc"], publisher.tokens["nyc"] = [matter(7)], TOKEN
        where = httpserver.url_for(
            "/v1/nyc/matters?$orderby=MatterId&$top=1000&$skip=0&token=synthetic-token%2Fwith%2Bsigns%3D"
        )
        publisher.faults.append(Response(b"", status=302, headers={"Location": where}))
        assert night(MATTERS, "nyc:all").slices[0].status == "landed"
        assert b"synthetic-token" not in written(settings)


class TestFreshness:
    def test_a_client_that_answers_and_brings_nothing_new_is_stale_and_serves(self, night, settings, publisher):
        old = [matter(n, intro="2018-12-11", MatterLastModifiedUtc="2026-11-23T00:00:00") for n in (1, 2)]
        publisher.matters |= {"sfgov": old, "boston": [matter(1)]}
        night(MATTERS, "sfgov:all", "boston:all")
        status = catalog(settings).status(MATTERS)
        assert status.state == "stale"
        assert status.why == "stale: sfgov (newest content 2018-12-11, asked 2026-11-24)"
        assert status.captures == 2
        flagged = {c.slice for c in catalog(settings).serving(MATTERS) if catalog(settings).is_stale(c)}
        assert flagged == {"sfgov:all"}

    def test_nothing_new_is_judged_over_all_that_came_and_by_when_it_was_last_asked(self, night, settings, publisher):
        publisher.matters["boston"] = [matter(1, intro="2026-08-01")]
        night(MATTERS, "boston:all")
        assert catalog(settings).status(MATTERS).state == "serving"
        # an increment of an old matter that changed is no sign of age, nor is a day of introduction in the future
        for number, intro in ((2, "2001-01-01"), (3, "2105-01-01")):
            saved = "2026-11-23T00:00:00"
            publisher.matters["boston"].append(matter(number, intro=intro, MatterLastModifiedUtc=saved))
        night(MATTERS, "boston", at=TODAY + timedelta(hours=1))
        assert catalog(settings).status(MATTERS).state == "serving"
        # asked again and again, and nothing is introduced
        night(MATTERS, "boston", at=TODAY + timedelta(days=7))
        assert "stale: boston" in catalog(settings).status(MATTERS).why
        then = Catalog(settings.landing_dir, as_of=TODAY.date(), edition="live")
        assert then.status(MATTERS).state == "serving", "as of a day, what came after it is not known"


class TestHistories:
    @pytest.fixture
    def relevant(self, night, publisher) -> None:
        publisher.matters["boston"] = [
            matter(1, title=SANCTUARY),
            matter(2),
            matter(3, title="A resolution on immigration enforcement", MatterRestrictViewViaWeb=True),
            matter(4, MatterName="Trust Act"),
        ]
        for number in (1, 2, 3, 4):
            publisher.histories["boston", number] = [action(number * 10, "Introduced", "2026-11-01")]
        night(MATTERS, "boston:all")
        publisher.asked.clear()

    def test_only_what_matters_is_asked_for_in_depth_and_nothing_restricted(self, night, settings, publisher, relevant):
        (done,) = night(HISTORIES, "boston").slices
        assert [r.path for r in publisher.asked] == [f"/v1/boston/matters/{n}/histories" for n in (4, 1)]
        assert rows(settings, HISTORIES, "client", "matter_id", "MatterHistoryId") == [
            ("boston", "1", "10"), ("boston", "4", "40")]  # fmt: skip
        (capture,) = catalog(settings).serving(HISTORIES)
        assert capture.slice_params["vocabulary"] == finder.version()
        assert done.status == "landed"

    def test_a_matter_is_asked_for_again_when_it_changed_or_after_a_month(self, night, settings, publisher, relevant):
        night(HISTORIES, "boston")
        known = catalog(settings).known(HISTORIES)
        with time_machine.travel(TODAY + timedelta(days=1)):
            assert legistar._wanted(known, "boston") == []
        with time_machine.travel(TODAY + timedelta(days=29)):
            assert legistar._wanted(known, "boston") == ["4", "1"]
        publisher.matters["boston"][3]["MatterLastModifiedUtc"] = "2026-11-25T00:00:00"
        night(MATTERS, "boston", at=TODAY + timedelta(days=2))
        publisher.asked.clear()
        night(HISTORIES, "boston", at=TODAY + timedelta(days=2))
        assert [r.path for r in publisher.asked] == ["/v1/boston/matters/4/histories"]

    def test_a_month_old_history_that_is_the_same_is_not_asked_for_again_the_next_night(
        self, night, settings, publisher, relevant
    ):
        night(HISTORIES, "boston")
        later = TODAY + timedelta(days=29)
        (again,) = night(HISTORIES, "boston", at=later).slices
        assert again.status == "landed"
        with time_machine.travel(later + timedelta(days=1)):
            assert legistar._wanted(catalog(settings).known(HISTORIES), "boston") == []

    def test_what_a_files_summary_says_still_counts_after_the_api_which_has_none(
        self, night, settings, publisher, tmp_path
    ):
        told = {"ID": 9, "File": "Int 0009-2014", "Title": "Synthetic", "Summary": SANCTUARY, "History": [],
                "LastModified": "2015-01-01T00:00:00Z", "IntroDate": "2014-01-02T00:00:00Z"}  # fmt: skip
        path = tmp_path / "0009.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY - timedelta(days=40))
        assert result.ok, result.line()
        publisher.matters["nyc"] = [matter(9, title="Synthetic"), matter(10, title="Synthetic")]
        assert night(MATTERS, "nyc:all").slices[0].status == "landed"
        assert legistar._wanted(catalog(settings).known(HISTORIES), "nyc") == ["9"]

    def test_a_permanent_500_of_one_matter_is_archived_and_passed_over(self, night, settings, publisher, relevant):
        publisher.broken["boston", 1] = 500
        (done,) = night(HISTORIES, "boston").slices
        assert done.status == "landed"
        assert len(publisher.asked_for("matters/1/")) == legistar.ITEM_ATTEMPTS
        (capture,) = catalog(settings).serving(HISTORIES)
        assert [(p.status, p.role, p.records) for p in capture.payloads] == [(200, "records", 1), (500, "control", 0)]
        assert b"An error has occurred." in written(settings)

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_matter_that_is_not_shown_is_passed_over_without_trying_again(
        self, night, settings, publisher, relevant, status
    ):
        publisher.broken["boston", 1] = status
        (done,) = night(HISTORIES, "boston").slices
        assert (done.status, len(publisher.asked_for("matters/1/"))) == ("landed", 1)
        assert [matter_id for (matter_id,) in rows(settings, HISTORIES, "matter_id")] == ["4"]

    def test_a_client_whose_every_history_fails_is_left_and_the_next_is_asked(self, night, settings, publisher):
        for client in ("boston", "denver"):
            publisher.matters[client] = [matter(n, title=SANCTUARY) for n in range(1, 9)]
        publisher.broken |= {("boston", n): 500 for n in range(1, 9)}
        publisher.histories["denver", 1] = [action(1, "Introduced", "2026-11-01")]
        night(MATTERS, "boston:all", "denver:all")
        done = night(HISTORIES, "boston", "denver")
        assert [s.status for s in done.slices] == ["failed", "landed"]
        assert len({r.path for r in publisher.asked_for("/boston/matters/")}) == legistar.ITEMS_BEFORE_GIVING_UP

    def test_hidden_matters_at_the_head_keep_no_others_out_and_are_no_fault_of_the_client(
        self, night, publisher, monkeypatch
    ):
        # the newest six are hidden for good
        publisher.matters["boston"] = [matter(n, title=SANCTUARY, intro=f"2026-11-{n:02}") for n in range(1, 13)]
        publisher.broken |= {("boston", n): 404 if n % 2 else 403 for n in range(7, 13)}
        publisher.histories |= {("boston", n): [action(n, "Introduced", "2026-11-01")] for n in range(1, 7)}
        night(MATTERS, "boston:all")
        (first,) = night(HISTORIES, "boston").slices
        assert (first.status, first.records) == ("landed", 6)
        # from now on only they are due: a matter that was shown before tells that the council still answers
        for days in (1, 2):
            publisher.asked.clear()
            (later,) = night(HISTORIES, "boston", at=TODAY + timedelta(days=days)).slices
            assert later.status == "empty", later.message
            numbers = [int(r.path.split("/")[-2]) for r in publisher.asked]
            assert set(numbers) > set(range(7, 13))
            assert len([n for n in numbers if n < 7]) == 1
        # and a council that closed is told from one that hides some, also where a single matter is due
        publisher.broken |= {("boston", n): 403 for n in range(1, 7)}
        (closed,) = night(HISTORIES, "boston", at=TODAY + timedelta(days=3)).slices
        assert (closed.status, "is closed" in closed.message) == ("failed", True)
        monkeypatch.setattr(legistar, "_wanted", lambda known, client: ["12"])
        (closed,) = night(HISTORIES, "boston", at=TODAY + timedelta(days=4)).slices
        assert (closed.status, "is closed" in closed.message) == ("failed", True)

    def test_matters_without_a_history_have_their_turn_and_so_have_the_others(
        self, night, settings, publisher, monkeypatch
    ):
        # thirty that changed last have none yet, and a night asks for eight
        publisher.matters["boston"] = [matter(n, title=SANCTUARY, intro="2026-11-20") for n in range(10, 40)]
        publisher.matters["boston"] += [matter(n, title=SANCTUARY, intro="2026-10-01") for n in (1, 2)]
        publisher.histories |= {("boston", n): [] for n in range(10, 40)}
        publisher.histories |= {("boston", n): [action(n, "Introduced", "2026-10-01")] for n in (1, 2)}
        night(MATTERS, "boston:all")
        monkeypatch.setattr(legistar, "HISTORIES_A_RUN", 8)
        for days in range(40):
            night(HISTORIES, "boston", at=TODAY + timedelta(days=days))
            if len(rows(settings, HISTORIES, "matter_id")) == 2:
                break
        assert {matter_id for (matter_id,) in rows(settings, HISTORIES, "matter_id")} == {"1", "2"}
        # an empty answer is not taken for good: one that has a history later is found
        publisher.histories["boston", 39] = [action(39, "Introduced", "2026-11-21")]
        (later,) = night(HISTORIES, "boston", at=TODAY + timedelta(days=days + 1)).slices
        assert "39" in {r.path.split("/")[-2] for r in publisher.asked[-9:]}, later.message

    def test_exact_duplicates_and_nulls_come_through_as_they_are(self, night, settings, publisher, relevant):
        twice = action(11, "Passed", "2026-11-02")
        publisher.histories["boston", 1] = [twice, twice, action(12, None, None)]
        # that another matter is hidden is no count of the publisher's, by which a repetition would be a loss
        publisher.matters["boston"].append(matter(5, title=SANCTUARY))
        publisher.broken["boston", 5] = 404
        night(MATTERS, "boston:all", at=TODAY + timedelta(hours=1))
        (done,) = night(HISTORIES, "boston", at=TODAY + timedelta(hours=2)).slices
        assert done.status == "landed", done.message
        assert rows(settings, HISTORIES, "MatterHistoryId", "MatterHistoryActionName")[:3] == [
            ("11", "Passed"), ("11", "Passed"), ("12", None)]  # fmt: skip


class TestFiles:
    def mirror(self, number: int = 9) -> dict[str, object]:
        return {
            "ID": number, "GUID": "G", "File": f"Int {number:04d}-2014", "LocalLaw": "2014/009", "Name": "Synthetic",
            "Title": "A Local Law on synthetic detainers", "TypeName": "Introduction", "StatusName": "Enacted",
            "BodyName": "Committee on Tests", "IntroDate": "2014-01-02T00:00:00Z", "PassedDate": "0001-01-01T00:00:00Z",
            "EnactmentDate": "0001-01-01T00:00:00Z", "Summary": "", "Text": "Be it enacted",
            "LastModified": "2015-01-01T00:00:00Z",
            "History": [{"ID": 1, "Date": "2014-01-02T00:00:00Z", "Action": "Introduced by Council",
                         "BodyName": "City Council"}],
        }  # fmt: skip

    def test_one_file_of_the_mirror_gives_its_matter_and_its_history(self, settings, tmp_path):
        path = tmp_path / "0009.json"
        path.write_text(json.dumps(self.mirror()), encoding="utf-8")
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert result.ok, result.line()
        assert len(result.captures) == 2
        assert rows(settings, MATTERS, "client", "MatterFile", "MatterEnactmentNumber", "MatterPassedDate") == [
            ("nyc", "Int 0009-2014", "2014/009", "0001-01-01T00:00:00Z")]  # fmt: skip
        assert rows(settings, HISTORIES, "client", "matter_id", "MatterHistoryActionName") == [
            ("nyc", "9", "Introduced by Council")]  # fmt: skip
        (again,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert "unchanged" in again.line()

    def test_a_zip_of_the_mirror_is_one_capture_whatever_the_number_of_its_files(self, settings, tmp_path):
        path = tmp_path / "nyc_legislation-master.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for number in (1, 2, 3):
                archive.writestr(
                    f"nyc_legislation-master/introduction/2014/{number:04d}.json", json.dumps(self.mirror(number))
                )
            archive.writestr("nyc_legislation-master/people/somebody.json", "{}")
            archive.writestr("nyc_legislation-master/README.md", "synthetic")
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert result.ok, result.line()
        (capture,) = catalog(settings).serving(MATTERS)
        assert (capture.records, len(capture.payloads)) == (3, 3)
        assert (
            capture.payloads[0].url
            == "file:nyc_legislation-master.zip/nyc_legislation-master/introduction/2014/0001.json"
        )
        assert len(rows(settings, HISTORIES, "matter_id")) == 3

    @pytest.mark.parametrize(("name", "body", "why"), [
        ("matters.json", b'[{"MatterId": 1}]', "its name tells no client"),
        ("atlantis_matters.json", b'[{"MatterId": 1}]', "its name tells no client"),
        ("boston_matters.json", b"<html>", "not JSON"),
        ("boston_matters.json", b'{"Message": "An error"}', "no list of matters"),
    ])  # fmt: skip
    def test_a_file_of_another_form_is_not_taken_and_says_why(self, settings, tmp_path, name, body, why):
        (tmp_path / name).write_bytes(body)
        (result,) = import_files(MATTERS, [tmp_path / name], settings)
        assert not result.ok
        assert why in result.line()

    def test_a_zip_that_is_not_the_mirror_is_not_taken(self, settings, tmp_path):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("x/readme.md", "x")
        (result,) = import_files(MATTERS, [tmp_path / "x.zip"], settings)
        assert "not the mirror of New York's matters" in result.line()

    def test_a_saved_history_is_of_the_matter_that_its_name_tells(self, settings, tmp_path):
        path = tmp_path / "boston_17_histories.json"
        path.write_text(json.dumps([action(1, "Passed", "2026-01-02")]), encoding="utf-8")
        (result,) = import_files(HISTORIES, [path], settings, retrieved_at=TODAY)
        assert result.ok, result.line()
        assert rows(settings, HISTORIES, "client", "matter_id") == [("boston", "17")]

    def test_saved_matters_without_histories_are_taken_as_matters_alone(self, settings, tmp_path):
        path = tmp_path / "boston_matters.json"
        path.write_text(json.dumps([matter(1)]), encoding="utf-8")
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert (result.ok, len(result.captures)) == (True, 1)
        (alone,) = import_files(HISTORIES, [path], settings, retrieved_at=TODAY)
        assert "holds no records of this dataset" in alone.line()

    @pytest.mark.parametrize("body", [b"[1]", b"null", b'[{"EventId": 1}]'])
    def test_an_answer_of_another_form_is_refused(self, body):
        payload = Payload(body, "https://example.invalid/matters", TODAY, context={"client": "boston"})
        for dataset in (MATTERS, HISTORIES):
            with pytest.raises(SourceError, match=r"example\.invalid"):
                list(dataset.cut(payload))


@pytest.mark.real
class TestRealFiles:
    def test_new_yorks_files_give_thirteen_matters_and_their_histories(self, real, settings):
        files = sorted((real / "legistar" / "nyc").glob("*.json"))
        results = import_files(MATTERS, files, settings, retrieved_at=TODAY)
        assert all(result.ok for result in results)
        held = [json.loads(path.read_text(encoding="utf-8")) for path in files]
        assert len(rows(settings, MATTERS, "MatterId")) == len(held) == 13
        assert len(rows(settings, HISTORIES, "matter_id")) == sum(len(matter["History"]) for matter in held)

    def test_a_register_that_wrote_one_act_twice_gives_both_entries(self, real):
        """Chicago's, when it was Legistar's: two numbers, one day, action and body; the second is a repeat in dbt."""
        acts = []
        for name in ("dupe", "no_dupe"):
            body = (real / "legistar" / f"tests_fixtures_chicago_{name}_event.json").read_bytes()
            context = {"client": "chicago", "matter_id": "1"}
            cut = list(HISTORIES.cut(Payload(body, "file:x", TODAY, context=context)))
            told = ("MatterHistoryActionDate", "MatterHistoryActionName", "MatterHistoryActionBodyName")
            assert len({r["MatterHistoryId"] for r in cut}) == len(cut)
            acts.append((len(cut), len({tuple(r[field] for field in told) for r in cut})))
        assert acts == [(4, 3), (3, 3)]

    def test_san_joses_file_gives_the_matters_of_its_agenda(self, real: Path, settings):
        path = real / "legistar" / "sanjose_matters.json"
        (result,) = import_files(MATTERS, [path], settings, retrieved_at=TODAY)
        assert result.ok, result.line()
        items = [
            item
            for event in json.loads(path.read_text(encoding="utf-8"))
            for item in event["items"]
            if "Matter" in item
        ]
        assert len(rows(settings, MATTERS, "MatterId")) == len(items) == 29
        assert {client for (client,) in rows(settings, MATTERS, "client")} == {"sanjose"}
        assert len(rows(settings, HISTORIES, "matter_id")) == sum(len(item["Histories"]) for item in items)
