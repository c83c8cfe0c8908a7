"""Cities' incident reports over HTTP and from files: every report once, and a broken contract named.

What belongs here: questions, pages, counts, faults, files. What does not: which report counts under which family and
which of two captures of a month serves (tests/crime).
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import servers
import time_machine
from pydantic import SecretStr
from werkzeug import Response

from orchestration.declared import cities
from orchestration.fetching.session import FetchError, Web
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources import socrata, soda

MONTHS, ROWS = socrata.IncidentMonths(), socrata.Incidents()
LAPD = cities.BY_ID["2nrs-mtv8"]
TODAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
JANUARY = f"{LAPD.id} 2020-01"


def reports(count: int, month: str = "2020-01", first: int = 0) -> list[dict[str, str | None]]:
    """Synthetic reports of one month: three codes, four descents, one in eight without."""
    return [
        {
            "dr_no": f"SYN{n:09d}",
            "date_rptd": f"{month}-{1 + n % 28:02d}T00:00:00.000",
            "date_occ": f"{month}-01T00:00:00.000",
            "crm_cd": ("121", "626", "999")[n % 3],
            "vict_descent": (*"HWBX", None, *"HHW")[n % 8],
            "location": 'Synthetic "Street", 1\nTestville' if n % 7 == 0 else "Synthetic Street",
        }
        for n in range(first, first + count)
    ]


def complaints(year: int, count: int) -> list[dict[str, str | None]]:
    """Synthetic complaints of a year, of New York's set that begins every January."""
    return [{"cmplnt_num": f"SYN{year}{n}", "rpt_dt": f"{year}-01-{1 + n % 20:02d}T00:00:00.000",
             "ofns_desc": "RAPE", "vic_race": "WHITE HISPANIC"} for n in range(count)]  # fmt: skip


@pytest.fixture
def publisher(httpserver) -> servers.Socrata:
    city = servers.Socrata(httpserver)
    city.add(LAPD.id, LAPD.columns, [*reports(2500), *reports(300, "2020-02", 2500)])
    return city


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    token = SecretStr(servers.SOCRATA_TOKEN)
    return Settings(
        edition="live", home=tmp_path, socrata_url=publisher.url, socrata_app_token=token, download_poll=0.01
    )  # fmt: skip


@pytest.fixture
def night(settings, web_for):
    """One live night of some slices at a given hour; no slice named: what a night would ask for."""

    def run(dataset, *slices: str, at: datetime = TODAY, partition: str | None = None) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, partition=partition, web=web_for(settings))

    return run


def captured(settings: Settings, dataset) -> list[dict[str, object]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    files = [str(path) for c in catalog.serving(dataset) if c.records for path in catalog.records_paths(c)]
    if not files:
        return []
    return duckdb.sql("from read_parquet($1, union_by_name = true)", params=[files]).to_arrow_table().to_pylist()


class TestCounts:
    def test_are_the_groups_of_the_rows_and_add_up_to_the_sets_own_count(self, night, settings, publisher):
        (slice_,) = night(MONTHS, LAPD.id).slices
        assert slice_.status == "landed"
        rows = captured(settings, MONTHS)
        assert sum(int(row["n"]) for row in rows) == 2800
        expected = Counter((r["date_rptd"][:7], r["crm_cd"], r["vict_descent"]) for r in publisher.sets[LAPD.id])
        assert {(r["month"][:7], r["crm_cd"], r["vict_descent"]): int(r["n"]) for r in rows} == expected
        assert {r["dataset"] for r in rows} == {LAPD.id}

    def test_every_question_gives_a_limit_and_an_order(self, night, publisher):
        night(MONTHS, LAPD.id)
        night(ROWS, JANUARY)
        pages = [r.args for r in publisher.asked if r.args["$select"] != "count(*) as n"]
        assert len(pages) == 2
        assert all(args["$limit"] == "50000" and args["$order"] for args in pages)

    def test_a_set_that_grows_is_asked_for_every_night_and_a_closed_one_once_a_month(self, settings):
        with time_machine.travel(TODAY):
            known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MONTHS)
            first = {s.key for s in MONTHS.slices(settings, known)}
        assert {"63jg-8b9z", "2nrs-mtv8", "k7nn-b2ep", "ijzp-q8t2", "qgea-i56i", "5uac-w243 2026"} <= first
        assert "y8y3-fqfu" not in first, "its publisher closed it: asked for by name only"

    def test_the_last_days_of_a_year_are_taken_after_it_and_stay_when_the_set_begins_anew(
        self, night, settings, publisher
    ):
        ytd, year = cities.BY_ID["5uac-w243"], "5uac-w243 2026"
        january, february = datetime(2027, 1, 2, 6, tzinfo=UTC), datetime(2027, 2, 1, 6, tzinfo=UTC)
        publisher.add(ytd.id, ytd.columns, complaints(2026, 400))
        assert night(MONTHS, year).count("landed") == 1
        with time_machine.travel(january):
            known = Catalog(settings.landing_dir, as_of=None, edition="live").known(MONTHS)
            assert {year, "5uac-w243 2027"} <= {slice_.key for slice_ in MONTHS.slices(settings, known)}
        publisher.add(ytd.id, ytd.columns, complaints(2026, 403))
        assert night(MONTHS, year, at=january).count("landed") == 1
        # some reports that were dated late are left over in it
        publisher.add(ytd.id, ytd.columns, [*complaints(2026, 2), *complaints(2027, 3)])
        assert night(MONTHS, year, at=february).slices[0].status == "empty"
        assert sum(int(row["n"]) for row in captured(settings, MONTHS)) == 403

    def test_a_young_year_of_the_year_to_date_set_replaces_no_old_one(self, night, settings, publisher):
        ytd = cities.BY_ID["5uac-w243"]
        publisher.add(ytd.id, ytd.columns, complaints(2026, 400))
        assert night(MONTHS, "5uac-w243 2026").count("landed") == 1
        publisher.add(ytd.id, ytd.columns, complaints(2027, 3))
        january = datetime(2027, 1, 25, 6, tzinfo=UTC)
        assert night(MONTHS, "5uac-w243 2027", at=january).count("landed") == 1
        assert sum(int(row["n"]) for row in captured(settings, MONTHS)) == 403


class TestPages:
    @pytest.mark.parametrize(("dataset", "slice_key"), [(MONTHS, LAPD.id), (ROWS, JANUARY)])
    def test_a_server_that_sends_its_default_whatever_is_asked_is_asked_on(
        self, night, settings, publisher, dataset, slice_key
    ):
        publisher.page_whatever_is_asked = 10 if dataset is MONTHS else 1000
        (slice_,) = night(dataset, slice_key).slices
        assert slice_.status == "landed"
        rows = captured(settings, dataset)
        assert (
            len({tuple(sorted(r.items(), key=str)) for r in rows}) == len(rows) == (30 if dataset is MONTHS else 2500)
        )

    def test_pages_that_overlap_are_found_by_the_rows_own_ids_asked_for_again_and_rejected(
        self, night, settings, publisher
    ):
        publisher.page_whatever_is_asked, publisher.ignores_order = 1000, True
        (slice_,) = night(ROWS, JANUARY).slices
        assert slice_.status == "rejected"
        assert "100 rows came on more than one page" in slice_.message
        assert len([r for r in publisher.asked if r.args["$select"] == "count(*) as n"]) == soda.ATTEMPTS
        assert captured(settings, ROWS) == []

    def test_pages_that_overlap_once_are_taken_when_they_agree(self, night, settings, publisher):
        publisher.page_whatever_is_asked, publisher.ignores_order = 1000, True
        answer = publisher.answer

        def heals(request, path):
            counts = [r for r in publisher.asked if r.args["$select"] == "count(*) as n"]
            publisher.ignores_order = len(counts) < 2
            return answer(request, path)

        publisher.answer = heals
        (slice_,) = night(ROWS, JANUARY).slices
        assert slice_.status == "landed"
        assert len({row["dr_no"] for row in captured(settings, ROWS)}) == 2500

    def test_a_row_that_comes_twice_in_place_of_another_is_found_though_the_count_is_right(
        self, night, settings, publisher
    ):
        publisher.page_whatever_is_asked = 1000
        # The last row of the first page begins the second one too, in place of a row of its own.
        publisher.sets[LAPD.id][1000] = publisher.sets[LAPD.id][999]
        (slice_,) = night(ROWS, JANUARY).slices
        assert slice_.status == "rejected"
        assert "1 rows came on more than one page" in slice_.message
        assert len([r for r in publisher.asked if r.args["$select"] == "count(*) as n"]) == soda.ATTEMPTS
        assert captured(settings, ROWS) == []

    def test_a_row_that_comes_twice_on_one_page_in_place_of_another_is_found_too(self, night, settings, publisher):
        publisher.sets[LAPD.id][1] = publisher.sets[LAPD.id][0]
        (slice_,) = night(ROWS, JANUARY).slices
        assert slice_.status == "rejected"
        assert "1 of 2,500 records repeat a key" in slice_.message
        assert captured(settings, ROWS) == []

    def test_a_group_that_comes_twice_is_a_fault_of_the_answer_though_the_sum_is_right(
        self, night, settings, publisher
    ):
        night(MONTHS, LAPD.id)
        before = captured(settings, MONTHS)
        answer = publisher.answer

        def splits(request, path):
            response = answer(request, path)
            groups = json.loads(response.data)
            if "$group" not in request.args or not groups:
                return response
            first, *others = groups
            parts = [{**first, "n": "1"}, {**first, "n": str(int(first["n"]) - 1)}]
            return servers.as_json([*parts, *others])

        publisher.answer = splits
        (slice_,) = night(MONTHS, LAPD.id, at=datetime(2026, 12, 30, 6, tzinfo=UTC)).slices
        assert slice_.status == "rejected"
        assert "1 groups came more than once" in slice_.message
        assert captured(settings, MONTHS) == before

    @pytest.mark.parametrize("n", ["many", "", "1.5", "-3", None, [2800], True])
    @pytest.mark.parametrize("of", ["the set", "a group"])
    def test_a_count_that_is_no_number_is_a_fault_and_no_zero(self, night, settings, publisher, n, of):
        answer = publisher.answer

        def spoilt(request, path):
            response = answer(request, path)
            if ("$group" in request.args) is (of == "a group"):
                return servers.as_json([{**row, "n": n} for row in json.loads(response.data)])
            return response

        publisher.answer = spoilt
        (slice_,) = night(MONTHS, LAPD.id).slices
        assert slice_.status == "failed"
        assert "which is no number" in slice_.message
        assert captured(settings, MONTHS) == []

    @pytest.mark.parametrize(("dataset", "slice_key"), [(MONTHS, LAPD.id), (ROWS, JANUARY)])
    def test_fewer_rows_than_the_set_counts_are_rejected(self, night, settings, publisher, dataset, slice_key):
        publisher.count_off_by = 1
        (slice_,) = night(dataset, slice_key).slices
        assert slice_.status == "rejected"
        assert "the publisher counts" in slice_.message
        assert captured(settings, dataset) == []

    @pytest.mark.parametrize("retry_after", [{}, {"Retry-After": "0"}])
    def test_429_is_waited_out(self, night, publisher, retry_after):
        publisher.faults.extend(Response(b'{"message": "Too many requests"}', 429, headers=retry_after) for _ in "ab")
        assert night(ROWS, JANUARY).count("landed") == 1

    def test_202_is_asked_again_and_is_no_answer(self, night, publisher):
        publisher.faults.append(
            Response(b'{"message": "Query is still running"}', 202, content_type="application/json")
        )
        assert night(ROWS, JANUARY).count("landed") == 1
        publisher.faults.extend(Response(b"{}", 202, content_type="application/json") for _ in range(soda.ATTEMPTS))
        (slice_,) = night(ROWS, f"{LAPD.id} 2020-02").slices
        assert slice_.status == "failed"
        assert "no answer yet (202)" in slice_.message


class TestContract:
    @pytest.mark.parametrize(("dataset", "slice_key"), [(MONTHS, LAPD.id), (ROWS, JANUARY)])
    def test_a_column_that_is_gone_is_named_and_the_last_capture_goes_on_serving(
        self, night, settings, publisher, dataset, slice_key
    ):
        assert night(dataset, slice_key).count("landed") == 1
        before = captured(settings, dataset)
        publisher.drop_column(LAPD.id, "vict_descent")
        (slice_,) = night(dataset, slice_key, at=datetime(2026, 11, 24, 6, tzinfo=UTC)).slices
        assert slice_.status == "rejected"
        assert "no column 'vict_descent' any more" in slice_.message
        assert "goes on serving" in slice_.message
        assert captured(settings, dataset) == before
        rejected = [c for c in Catalog(settings.landing_dir, as_of=None, edition="live").captures(dataset.id)
                    if c.status == "rejected"]  # fmt: skip
        assert [c.records for c in rejected] == [0], "what the publisher said is kept"

    @pytest.mark.parametrize(("dataset", "slice_key"), [(MONTHS, LAPD.id), (ROWS, JANUARY)])
    def test_a_column_that_is_left_out_without_a_word_is_named_too(
        self, night, settings, publisher, dataset, slice_key
    ):
        assert night(dataset, slice_key).count("landed") == 1
        publisher.omits = {"vict_descent"}
        (slice_,) = night(dataset, slice_key, at=datetime(2026, 11, 24, 6, tzinfo=UTC)).slices
        assert slice_.status == "rejected"
        assert "missing: 'vict_descent'" in slice_.message

    @pytest.mark.parametrize(("dataset", "slice_key"), [(MONTHS, LAPD.id), (ROWS, JANUARY)])
    def test_a_set_that_lost_nine_tenths_of_its_reports_is_rejected(
        self, night, settings, publisher, dataset, slice_key
    ):
        assert night(dataset, slice_key).count("landed") == 1
        publisher.add(LAPD.id, LAPD.columns, reports(250))
        (slice_,) = night(dataset, slice_key, at=datetime(2026, 11, 24, 6, tzinfo=UTC)).slices
        assert slice_.status == "rejected"
        assert "volume" in slice_.message

    def test_a_page_for_people_with_200_is_no_csv(self, night, settings, publisher):
        answer = publisher.answer

        def maintenance(request, path):
            if path.endswith(".csv"):
                return Response("<html><body>We will be back</body></html>", content_type="text/html")
            return answer(request, path)

        publisher.answer = maintenance
        (slice_,) = night(ROWS, JANUARY).slices
        assert slice_.status == "rejected"
        assert "no CSV but" in slice_.message
        assert captured(settings, ROWS) == []

    def test_a_set_that_is_closed_fails_and_stops_no_other_city(self, night, publisher):
        """y8y3-fqfu and the other sets of its host answer 403; Seattle is another host."""
        seattle = cities.BY_ID["tazs-3rd5"]
        publisher.sets.clear()
        publisher.add(seattle.id, seattle.columns, [
            {"offense_id": "SYN1", "report_date_time": "2026-11-01T08:00:00.000", "nibrs_offense_code": "11A"}
        ])  # fmt: skip
        done = night(MONTHS, "63jg-8b9z", "2nrs-mtv8", "k7nn-b2ep", seattle.id)
        assert [s.status for s in done.slices] == ["failed", "failed", "failed", "landed"]
        assert "not asked for: 2 slices failed in a row, data.lacity.org seems to be down" in done.slices[2].message


class TestSecrets:
    def test_the_token_is_sent_in_the_header_and_kept_nowhere(self, night, settings, publisher, caplog):
        night(MONTHS, LAPD.id)
        night(ROWS, JANUARY)
        assert {r.headers.get("X-App-Token") for r in publisher.asked} == {servers.SOCRATA_TOKEN}
        assert not any(servers.SOCRATA_TOKEN in r.url for r in publisher.asked)
        assert servers.SOCRATA_TOKEN not in caplog.text
        files = [path for path in settings.landing_dir.rglob("*") if path.is_file()]
        assert len(files) >= 6
        for path in files:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            assert servers.SOCRATA_TOKEN.encode() not in content, path

    def test_without_a_token_the_cities_are_asked_all_the_same(self, publisher, tmp_path, web_for):
        settings = Settings(edition="live", home=tmp_path, socrata_url=publisher.url)
        with time_machine.travel(TODAY, tick=True):
            done = capture_dataset(MONTHS, settings, slice_keys=[LAPD.id], web=web_for(settings))
        assert done.count("landed") == 1
        assert all("X-App-Token" not in r.headers for r in publisher.asked)

    def test_the_allow_list_admits_the_declared_portals_and_no_other(self, tmp_path):
        settings = Settings(home=tmp_path)
        assert {s.domain for s in cities.SETS} == set(cities.DOMAINS) <= settings.allowed_hosts()
        assert not any("{" in host for host in settings.allowed_hosts())
        with pytest.raises(FetchError, match="not a publisher's host"):
            Web(settings).get("https://data.example.invalid/resource/2nrs-mtv8.json")


class TestNights:
    def test_only_the_months_whose_count_has_changed_are_asked_for(self, night, settings, publisher):
        assert night(ROWS).slices == [], "nobody began a backfill"
        night(MONTHS, LAPD.id)
        night(ROWS, JANUARY, f"{LAPD.id} 2020-02")
        tomorrow = datetime(2026, 11, 24, 6, tzinfo=UTC)
        publisher.add(
            LAPD.id, LAPD.columns, [*reports(2500), *reports(300, "2020-02", 2500), *reports(5, "2020-03", 9000)]
        )
        night(MONTHS, LAPD.id, at=tomorrow)
        asked = len(publisher.asked)
        done = night(ROWS, at=tomorrow)
        assert [(s.slice, s.status, s.records) for s in done.slices] == [(f"{LAPD.id} 2020-03", "landed", 5)]
        assert len(publisher.asked) - asked == 2, "its count and its one page"
        assert night(ROWS, at=tomorrow).slices == []

    def test_months_that_differ_in_every_run_do_not_keep_the_older_ones_from_their_turn(self, settings):
        class Known:
            """A city whose every month was revised, and of which no answer is accepted."""

            def slices(self):
                return {JANUARY}

            def rows(self, dataset_id, fields, slice_keys=None):
                return [(LAPD.id, f"{month}-01T00:00:00.000", "7") for month in LAPD.months()[:36]]

            def records(self, slice_key):
                return 6

        few, asked = settings.model_copy(update={"incident_months_a_night": 4}), Counter[str]()
        for day in range(60):
            with time_machine.travel(TODAY + timedelta(days=day)):
                tonight = [slice_.key for slice_ in ROWS.slices(few, Known())]
            assert len(tonight) == 4
            asked.update(tonight)
        assert asked[f"{LAPD.id} 2022-12"] == 60, "the newest month comes first in every run"
        assert len(asked) == 36, "and each of the others has its turn"

    def test_a_backfill_by_city_and_month_asks_every_set_of_the_city(self, night, publisher):
        old, collisions = cities.BY_ID["63jg-8b9z"], cities.BY_ID["d5tf-ez2w"]
        publisher.add(old.id, old.columns, reports(7, "2020-01", 50_000))
        publisher.add(collisions.id, collisions.columns, reports(3, "2020-01", 60_000))
        done = night(ROWS, partition="los_angeles 2020-01")
        assert sorted((s.slice, s.records) for s in done.slices) == [
            (JANUARY, 2500), (f"{old.id} 2020-01", 7), (f"{collisions.id} 2020-01", 3),
        ]  # fmt: skip

    def test_a_month_without_reports_is_no_capture(self, night):
        assert [s.status for s in night(ROWS, f"{LAPD.id} 2021-05").slices] == ["empty"]


class TestFiles:
    HEADERS = (
        "DR_NO,Date Rptd,DATE OCC,TIME OCC,AREA ,AREA NAME,Rpt Dist No,Part 1-2,Crm Cd,Crm Cd Desc,Mocodes,Vict Age,"
        "Vict Sex,Vict Descent,Premis Cd,Premis Desc,Weapon Used Cd,Weapon Desc,Status,Status Desc,Crm Cd 1,Crm Cd 2,"
        "Crm Cd 3,Crm Cd 4,LOCATION,Cross Street,LAT,LON"
    )

    def _file(self, folder: Path, name: str, header: str | None = None) -> Path:
        rows = []
        for n, day in enumerate(("01/08/2020 12:00:00 AM", "01/09/2020 12:00:00 AM", "02/01/2020 12:00:00 AM", "")):
            cells = [f"SYN{n}", day, day, *[""] * 5, "121", *[""] * 4, "H", *[""] * 14]
            rows.append(",".join(cells))
        path = folder / name
        path.write_text("\n".join([header or self.HEADERS, *rows]) + "\n", encoding="utf-8")
        return path

    def test_the_browsers_export_is_taken_month_by_month_under_the_apis_names(self, settings, tmp_path):
        path = self._file(tmp_path, "Crime_Data_from_2020_to_2024_20261120.csv")
        (result,) = import_files(ROWS, [path], settings, retrieved_at=datetime(2026, 11, 20, tzinfo=UTC))
        assert result.ok, result.line()
        assert (result.records, len(result.captures)) == (4, 3)
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        assert {c.slice: c.records for c in catalog.serving(ROWS)} == {
            JANUARY: 2, f"{LAPD.id} 2020-02": 1, f"{LAPD.id} undated": 1,
        }  # fmt: skip
        rows = captured(settings, ROWS)
        assert {(r["dr_no"], r["crm_cd"], r["vict_descent"]) for r in rows} == {
            (f"SYN{n}", "121", "H") for n in range(4)
        }
        assert path.exists(), "a user's file stays where it is"

    def _five(self, folder: Path, number: str = "SYN{n}", code: str = "121") -> Path:
        """Five reports of 2 March 2020 with their dates as the portal writes them today."""
        day = "2020 Mar 02 12:00:00 AM"
        rows = [",".join([number.format(n=n), day, day, *[""] * 5, code, *[""] * 4, "H", *[""] * 14]) for n in range(5)]
        path = folder / "Crime_Data_from_2020_to_2024_20261120.csv"
        path.write_text("\n".join([self.HEADERS, *rows]) + "\n", encoding="utf-8")
        return path

    def test_a_month_by_name_is_the_month(self, settings, tmp_path):
        (result,) = import_files(ROWS, [self._five(tmp_path)], settings)
        assert result.ok, result.line()
        catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
        assert {c.slice: c.records for c in catalog.serving(ROWS)} == {f"{LAPD.id} 2020-03": 5}

    @pytest.mark.parametrize(("spoilt", "said"), [({"number": "2.40E+08"}, "dr_no"), ({"code": "121.0"}, "crm_cd")])
    def test_numbers_and_codes_that_a_spreadsheet_changed_are_refused(self, settings, tmp_path, spoilt, said):
        (result,) = import_files(ROWS, [self._five(tmp_path, **spoilt)], settings)
        assert not result.ok
        assert said in result.line()
        assert captured(settings, ROWS) == []

    def test_a_file_of_a_set_that_cannot_be_told_names_the_sets(self, settings, tmp_path):
        (result,) = import_files(ROWS, [self._file(tmp_path, "download.csv")], settings)
        assert not result.ok
        assert "2nrs-mtv8 (Crime Data from 2020 to 2024)" in result.line()

    def test_a_file_without_the_victims_descent_is_not_taken(self, settings, tmp_path):
        header = self.HEADERS.replace("Vict Descent", "Something Else")
        (result,) = import_files(ROWS, [self._file(tmp_path, "2nrs-mtv8.csv", header)], settings)
        assert not result.ok
        assert "no column 'vict_descent'" in result.line()

    def test_every_header_of_the_export_is_a_column_of_the_api(self):
        assert {ROWS.field_name(name) for name in self.HEADERS.split(",")} == {*LAPD.columns} - {":id"}
