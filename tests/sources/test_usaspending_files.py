"""USAspending's files over HTTP: three ways to the same rows, and each fault a file can come with.

What belongs here: what is asked, what lands, what is rejected and kept. What does not: which version of a
transaction holds (tests/awards).
"""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import time_machine
import transaction_files as files
from werkzeug import Response

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import import_files
from orchestration.reading import trace
from orchestration.settings import Settings
from orchestration.sources import usaspending_files, usaspending_pages
from orchestration.sources.usaspending_files import DELETE_INDICATOR

TRANSACTIONS, OUTLAYS = usaspending_files.Transactions(), usaspending_pages.AwardOutlays()
# Codes of direct payments: SCAAP's awards bear F006 and F007 since 2026-02.
PAYMENTS = {"06", "10", "F006", "F007"}
TODAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
ROWS = [
    files.transaction(1, 0, on="2019-11-05", amount="100000.00"),
    files.transaction(1, 1, on="2020-03-05", amount="-2500.50"),
    files.transaction(2, 0, on="2020-09-30", amount="7.00", listing="16.738", awarding_sub_agency_code="1550"),
    files.transaction(3, 0, on="2020-02-01", amount="9.00", assistance_type_code="F006", listing="16.606"),
    files.transaction(4, 0, on="2020-10-01", amount="11.00"),
    files.transaction(5, 0, on="2020-05-01", amount="13.00", listing="16.575"),
]


@pytest.fixture
def publisher(httpserver) -> files.Files:
    return files.Files(httpserver, ROWS)


@pytest.fixture
def settings(publisher, tmp_path) -> Settings:
    url = publisher.url
    return Settings(edition="live", home=tmp_path / "home", usaspending_url=url, usaspending_files_url=url,
                    download_poll=0.01, download_deadline=5.0)  # fmt: skip


@pytest.fixture
def night(settings, web_for):
    def run(*slices: str, at: datetime = TODAY, dataset=TRANSACTIONS) -> DatasetRun:
        with time_machine.travel(at, tick=True):
            return capture_dataset(dataset, settings, slice_keys=slices, web=web_for(settings))

    return run


@pytest.fixture
def backfill(settings, web_for):
    """The partition's way: the monthly archive."""

    def run(year: str) -> DatasetRun:
        with time_machine.travel(TODAY, tick=True):
            return capture_dataset(TRANSACTIONS, settings, partition=year, web=web_for(settings))

    return run


def held(settings: Settings, dataset=TRANSACTIONS) -> list[dict[str, str]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    paths = [
        str(path) for capture in catalog.serving(dataset) if capture.records for path in catalog.records_paths(capture)
    ]
    found = duckdb.sql(f"from read_parquet({paths!r}, union_by_name = true) order by _capture_id, _record_no")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def captures(settings: Settings):
    return Catalog(settings.landing_dir, as_of=None, edition="live").captures(TRANSACTIONS.id)


def asked(publisher: files.Files, part: str) -> list[dict]:
    return [json.loads(request.data) for request in publisher.asked_for(part)]


def test_a_fiscal_year_is_downloaded_by_action_date_group_by_group_and_counted_by_its_publisher(
    night, settings, publisher
):
    done = night("FY2020")
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 4)
    assert sorted(row["federal_action_obligation"] for row in held(settings)) == [
        "-2500.50",
        "100000.00",
        "7.00",
        "9.00",
    ]
    assert captures(settings)[0].control_totals == {"rows": 4}
    bodies = asked(publisher, "download/transactions/")
    assert [body["filters"]["time_period"] for body in bodies] == [
        [{"start_date": "2019-10-01", "end_date": "2020-09-30", "date_type": "action_date"}]
    ] * 2
    # One request may hold the codes of one group only (else 422).
    assert [set(body["filters"]["award_type_codes"]) & PAYMENTS for body in bodies] == [set(), PAYMENTS]


def test_newlines_quotes_and_nulls_inside_fields_arrive_as_they_were_written(night, settings):
    night("FY2020")
    row = held(settings)[0]
    assert row["transaction_description"] == 'Synthetic, with "quotes"\nand a second line'
    assert row["award_id_uri"] is None


def test_the_archive_is_kept_as_the_file_it_is_with_its_digest_and_no_copy_in_the_warc(night, settings):
    night("FY2020")
    capture = captures(settings)[0]
    folder = Catalog(settings.landing_dir, as_of=None, edition="live").folder(capture)
    entries = [entry for entry in capture.payloads if entry.archive]
    assert [entry.archive for entry in entries] == ["archive-1.zip", "archive-2.zip"]
    for entry in entries:
        body = (folder / entry.archive).read_bytes()
        assert usaspending_files.file_digest(folder / entry.archive) == entry.sha256
        assert len(body) == entry.bytes
    assert not list(settings.downloads_dir.iterdir())


def test_the_disk_has_an_archive_and_its_records_before_the_capture_is_there(night, settings, monkeypatch):
    """Else a power cut may leave a capture.json that vouches for bytes that were never written."""
    asked_of_the_disk: list[str] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        asked_of_the_disk.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    assert night("FY2020").slices[0].status == "landed"
    (capture,) = captures(settings)
    names = {Path(entry.path).name for entry in capture.files}
    assert {"archive-1.zip", "archive-2.zip", "responses.warc.gz"} <= names <= set(asked_of_the_disk)
    assert "records" in asked_of_the_disk


def test_an_archive_that_is_not_the_captured_one_is_told_when_a_row_is_traced_to_it(night, settings):
    night("FY2020")
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    capture = captures(settings)[0]
    entry = next(entry for entry in capture.payloads if entry.archive)
    row = {"_capture_id": capture.capture_id, "_payload_id": entry.payload_id}
    assert trace.provenance(catalog, row) == (capture, entry)
    records = trace.landed_records(catalog, capture, row)
    holds, found, says = trace.prove(catalog, capture, entry, records)
    assert (holds, found) == (True, True)
    assert says.startswith("found in the payload's bytes: ")
    assert trace.prove(catalog, capture, entry, [{**records[0], "recipient_name": "ANOTHER"}])[2].startswith(
        "NOT what the payload says: recipient_name is 'ANOTHER' in the records"
    )
    path = catalog.folder(capture) / entry.archive
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert trace.prove(catalog, capture, entry, records)[:2] == (False, False)


def test_several_parts_are_one_table_with_one_numbering(night, settings, publisher):
    publisher.most_rows_a_part = 2
    assert night("FY2020").slices[0].records == 4
    assert [row["_record_no"] for row in held(settings)] == [1, 2, 3, 4]


def test_a_full_download_is_halved_until_nothing_can_be_missing(night, settings, publisher, monkeypatch):
    monkeypatch.setattr(usaspending_files, "MOST_ROWS_A_DOWNLOAD", 3)
    publisher.most_rows_a_download = 3
    assert night("FY2020").slices[0].records == 4
    windows = [body["filters"]["time_period"][0] for body in asked(publisher, "download/transactions/")]
    assert len(windows) > 2
    assert sorted(row["award_id_fain"] for row in held(settings)) == [
        "SYNTH0001",
        "SYNTH0001",
        "SYNTH0002",
        "SYNTH0003",
    ]


def test_a_single_day_that_fills_a_download_fails_and_says_that_rows_may_be_missing(night, publisher, monkeypatch):
    monkeypatch.setattr(usaspending_files, "MOST_ROWS_A_DOWNLOAD", 2)
    publisher.rows = [files.transaction(n, on="2020-01-15", amount="1.00") for n in range(4)]
    outcome = night("FY2020").slices[0]
    assert outcome.status == "failed"
    assert "2020-01-15" in outcome.message
    assert "some may be missing" in outcome.message


def test_a_failed_job_says_what_the_publisher_said_and_leaves_nothing_behind(night, settings, publisher):
    publisher.fails = "Synthetic database timeout"
    outcome = night("FY2020").slices[0]
    assert outcome.status == "failed"
    assert "Synthetic database timeout" in outcome.message
    assert captures(settings) == []


def test_a_job_that_never_ends_is_given_up_with_the_setting_named(night, settings, publisher):
    publisher.looks_before_ready = 10**9
    settings.download_deadline = 0.05
    outcome = night("FY2020").slices[0]
    assert outcome.status == "failed"
    assert "CLAWBACK_DOWNLOAD_DEADLINE" in outcome.message


def test_rows_that_do_not_reach_the_publishers_count_reject_the_capture(night, settings, publisher):
    publisher.says_rows = lambda rows: rows + 1 if rows else 0
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "control_total" in outcome.message
    assert captures(settings)[0].records == 4


SUBAWARDS = {"Assistance_Subawards_2026-11-23_1.csv": b"prime_award_unique_key,subaward_amount\nSYNTH1,5\nSYNTH2,6\n"}


def test_subawards_in_the_same_zip_are_counted_and_are_no_transactions(night, settings, publisher):
    publisher.beside = SUBAWARDS
    # The publisher's total is over all the files of a zip.
    publisher.says_rows = lambda rows: rows + 2
    outcome = night("FY2020").slices[0]
    assert (outcome.status, outcome.records) == ("landed", 4), outcome.message
    rows = held(settings)
    assert len(rows) == 4
    assert "subaward_amount" not in rows[0]
    # One zip a group of award types, two subawards in each.
    assert captures(settings)[0].control_totals == {"rows": 4 + 2 * 2}


def test_a_total_that_leaves_out_the_subawards_is_no_total(night, publisher):
    publisher.beside = SUBAWARDS
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "control_total" in outcome.message


def test_a_zip_of_subawards_alone_is_no_empty_year(night, settings, publisher):
    publisher.beside, publisher.holds_transactions = SUBAWARDS, False
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "none of its files is one of records" in outcome.message


@pytest.mark.parametrize("total", [None, "", "n/a", 4.5, -4, True])
def test_a_total_that_is_no_number_fails_and_is_no_zero(night, settings, publisher, total):
    publisher.says_rows = lambda rows: total
    outcome = night("FY2020").slices[0]
    assert outcome.status in ("failed", "rejected")
    assert "no number" in outcome.message
    assert Catalog(settings.landing_dir, as_of=None, edition="live").serving(TRANSACTIONS) == []


def test_the_archive_way_takes_the_departments_full_file_of_the_year_and_its_date(backfill, settings, publisher):
    done = backfill("FY2020")
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 5)
    assert captures(settings)[0].content_as_of == datetime(2026, 11, 6, tzinfo=UTC)
    assert not publisher.asked_for("download/transactions/")


def test_a_year_without_an_archive_comes_by_bulk_download_of_at_most_366_days(backfill, settings, publisher):
    publisher.made_on = "nothing"
    done = backfill("FY2020")
    assert (done.slices[0].status, done.slices[0].records) == ("landed", 5)
    (body,) = asked(publisher, "bulk_download/awards/")
    assert "program_numbers" not in body["filters"]
    assert body["filters"]["date_range"] == {"start_date": "2019-10-01", "end_date": "2020-09-30"}


def test_a_delta_is_taken_once_oldest_first_with_its_indicator(night, settings, publisher):
    gone = {DELETE_INDICATOR: "D", "assistance_transaction_unique_key": ROWS[0]["assistance_transaction_unique_key"]}
    publisher.deltas = {"20261106": [{**ROWS[1], DELETE_INDICATOR: "C"}, gone], "20261006": [ROWS[4]]}
    night("FY2020", at=datetime(2026, 10, 1, tzinfo=UTC))
    assert night("delta").slices[0].records == 3
    changed = [row for row in held(settings) if "Delta" in row["_payload_id"] or row.get(DELETE_INDICATOR)]
    assert sorted(row[DELETE_INDICATOR] for row in changed) == ["C", "D"]
    assert night("delta", at=datetime(2026, 12, 1, tzinfo=UTC)).slices[0].status == "empty"


def test_a_list_of_archives_under_another_name_is_a_fault_and_no_month_without_changes(night, settings, publisher):
    night("FY2020", at=datetime(2026, 10, 1, tzinfo=UTC))
    made = publisher.answer

    def renamed(request, path):
        return files.as_json({"files": []}) if path.endswith("list_monthly_files/") else made(request, path)

    publisher.answer = renamed
    (outcome,) = night("delta").slices
    assert outcome.status == "failed"
    assert "monthly_files is no list of objects" in outcome.message


def test_what_changed_is_asked_for_since_the_mark_with_a_week_of_overlap(night, settings, publisher):
    night("FY2020")
    known = Catalog(settings.landing_dir, as_of=None, edition="live").known(TRANSACTIONS)
    with time_machine.travel(TODAY, tick=False):
        slices = {slice_.key: slice_ for slice_ in TRANSACTIONS.slices(settings, known)}
    assert slices["changed"].params["from"] == "2026-11-16"
    assert "FY2020" not in slices
    assert "FY2019" in slices


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_a_truncated_zip_is_kept_and_rejected(night, settings, publisher, keep):
    publisher.spoil = lambda body: body[: int(len(body) * keep)]
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "not a whole zip" in outcome.message
    folder = Catalog(settings.landing_dir, as_of=None, edition="live").folder(captures(settings)[0])
    assert (folder / "archive-1.zip").stat().st_size > 0


def test_a_flipped_byte_inside_a_member_is_found_by_its_checksum(night, settings, publisher):
    def spoil(body: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            at = archive.infolist()[0].header_offset + 30 + len(archive.infolist()[0].filename) + 40
        return body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]

    publisher.spoil = spoil
    assert night("FY2020").slices[0].status == "rejected"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(night, settings, publisher):
    bomb = files.as_zip(("Assistance_PrimeTransactions_1.csv", b"a,b\n" + b"0" * (64 << 20)))
    publisher.spoil = lambda body: bomb
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "to 1" in outcome.message


def test_a_member_that_unpacks_to_more_than_it_claims_is_stopped(night, settings, publisher):
    def lie(body: bytes) -> bytes:
        # The uncompressed size in the central directory is made smaller than the truth.
        at = body.rindex(b"PK\x01\x02")
        return body[: at + 24] + struct.pack("<L", 100) + body[at + 28 :]

    publisher.spoil = lie
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "it claims" in outcome.message


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/outside.csv", "..\\outside.csv", "C:/outside.csv"])
def test_a_member_that_points_outside_is_refused_and_nothing_is_written_there(
    night, settings, publisher, name, tmp_path
):
    evil = files.as_zip((name, files.as_csv(ROWS)))
    publisher.spoil = lambda body: evil
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "outside the archive" in outcome.message
    assert not list(tmp_path.rglob("outside.csv"))


def test_a_renamed_column_that_the_models_need_rejects_the_capture_and_names_both(night, publisher):
    publisher.columns = ["action_day" if c == "action_date" else c for c in files.COLUMNS]
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "missing: 'action_date'" in outcome.message
    assert "not declared: 'action_day'" in outcome.message


def test_a_wrong_header_rejects_the_capture(night, publisher):
    publisher.spoil = lambda body: files.as_zip(("error.csv", b"Sorry\nthe file could not be made\n"))
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "missing:" in outcome.message


def test_a_record_with_more_fields_than_the_header_rejects_the_capture_with_its_place(night, publisher):
    broken = files.as_csv(ROWS[:1]) + b"," * (len(files.COLUMNS) + 3) + b"\n"
    publisher.spoil = lambda body: files.as_zip(("part_1.csv", broken))
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "part_1.csv" in outcome.message


def test_a_quote_that_never_closes_rejects_the_capture(night, publisher):
    publisher.spoil = lambda body: files.as_zip(("part_1.csv", files.as_csv(ROWS[:1]) + b'"never closed\n'))
    outcome = night("FY2020").slices[0]
    assert outcome.status == "rejected"
    assert "inside a quoted field" in outcome.message


def test_a_download_cut_off_on_the_wire_is_begun_anew(night, settings, httpserver, publisher):
    from servers import as_json  # noqa: F401  (the publisher's own answers)

    cuts = iter([True, False, False])
    whole = publisher.answer

    def answer(request, path):
        response = whole(request, path)
        if "generated_downloads" in path and next(cuts, False):
            body = response.get_data()
            response.set_data(body[: len(body) // 2])
            response.headers["Content-Length"] = str(len(body))
        return response

    publisher.answer = answer
    assert night("FY2020").slices[0].status == "landed"
    assert len(publisher.asked_for("generated_downloads")) == 3


def test_an_archive_is_imported_from_a_browser_download_and_the_users_file_stays(settings, tmp_path):
    path = tmp_path / "FY2020_015_Assistance_Full_20261106.zip"
    path.write_bytes(files.as_zip(("FY2020_015_Assistance_Full_20261106_1.csv", files.as_csv(ROWS[:4]))))
    (result,) = import_files(TRANSACTIONS, [path], settings)
    assert (result.ok, result.records) == (True, 4)
    assert path.exists()
    capture = captures(settings)[0]
    assert (capture.slice, capture.kind) == ("FY2020", "imported")
    assert capture.retrieved_at == datetime(2026, 11, 6, tzinfo=UTC)


def test_a_fall_of_a_whole_year_by_more_than_half_is_held_back(night, settings, publisher):
    night("FY2020")
    publisher.rows = ROWS[:1]
    outcome = night("FY2020", at=datetime(2026, 12, 25, tzinfo=UTC)).slices[0]
    assert outcome.status == "rejected"
    assert "volume" in outcome.message


class TestOutlays:
    """Each open award's own page, the longest unasked first, within a budget."""

    @pytest.fixture
    def pages(self, httpserver, publisher, settings):
        made = publisher.answer

        def answer(request, path):
            if "/awards/ASST" not in path:
                return made(request, path)
            award = path.rstrip("/").rsplit("/", 1)[-1]
            if "0004" in award:
                return files.as_json({"detail": f"No Award found with: '{award}'"}, 404)
            return files.as_json({
                "generated_unique_award_id": award, "fain": award.split("_")[2], "total_obligation": 97499.5,
                "total_outlay": None if "0002" in award else 1000.25, "record_type": 2, "category": "grant",
                "awarding_agency": {"toptier_agency": {"name": "Department of Justice", "code": "015"}},
                "period_of_performance": {"end_date": "2030-09-30"}, "recipient": {"recipient_name": "SYNTHVILLE"},
            })  # fmt: skip

        publisher.answer = answer
        return publisher

    def test_unknown_stays_null_and_a_page_that_is_gone_is_a_record_of_that(self, night, settings, pages):
        night("FY2020")
        night("FY2021")
        night("open", dataset=OUTLAYS)
        found = {row["generated_unique_award_id"][9:18]: row for row in held(settings, OUTLAYS)}
        assert found["SYNTH0001"]["total_outlay"] == "1000.25"
        assert found["SYNTH0002"]["total_outlay"] is None
        assert found["SYNTH0004"]["detail"].startswith("No Award found")

    def test_the_budget_holds_and_the_next_night_goes_on_where_it_ended(self, night, settings, pages):
        night("FY2020")
        settings.award_pages_a_night = 2
        for hour in (6, 7, 8):
            night("open", dataset=OUTLAYS, at=TODAY.replace(hour=hour))
        awards = [request.path.split("/")[-2] for request in pages.asked_for("/awards/ASST")]
        assert len(awards) == len(set(awards)) == 3

    def test_an_award_is_asked_for_again_after_a_month_and_not_before(self, night, settings, pages):
        night("FY2020")
        night("open", dataset=OUTLAYS)
        night("open", dataset=OUTLAYS, at=datetime(2026, 12, 10, tzinfo=UTC))
        assert len(pages.asked_for("/awards/ASST")) == 3
        night("open", dataset=OUTLAYS, at=datetime(2026, 12, 24, tzinfo=UTC))
        assert len(pages.asked_for("/awards/ASST")) == 6

    def test_an_award_that_ended_is_not_asked_for(self, night, settings, pages):
        pages.rows = [
            files.transaction(1, on="2019-11-05", amount="1", period_of_performance_current_end_date="2021-01-01")
        ]
        night("FY2020")
        assert night("open", dataset=OUTLAYS).slices[0].status == "empty"

    def test_an_award_whose_page_always_fails_keeps_no_other_out_and_is_asked_for_again(self, night, settings, pages):
        answer = pages.answer

        def broken(request, path):
            is_broken = "/awards/ASST" in path and "0001" in path
            return files.as_json({"detail": "synthetic"}, 500) if is_broken else answer(request, path)

        pages.answer = broken
        night("FY2020")
        assert night("open", dataset=OUTLAYS).slices[0].status == "landed"
        assert sorted(row["asked_for"][9:18] for row in held(settings, OUTLAYS)) == ["SYNTH0002", "SYNTH0003"]
        pages.answer = answer
        again = night("open", dataset=OUTLAYS, at=TODAY.replace(hour=7)).slices[0]
        assert (again.status, again.records) == ("landed", 1)

    def test_pages_that_all_fail_are_a_failure(self, night, settings, pages):
        night("FY2020")
        answer = pages.answer

        def down(request, path):
            is_page = "/awards/ASST" in path
            return files.as_json({"detail": "synthetic"}, 500) if is_page else answer(request, path)

        pages.answer = down
        outcome = night("open", dataset=OUTLAYS).slices[0]
        assert outcome.status == "failed"
        assert "HTTP 500" in outcome.message

    @pytest.mark.parametrize("fault", ["a field is gone", "a text for an amount", "no object", "a page for people"])
    def test_one_page_that_cannot_be_read_is_set_aside_and_the_others_are_kept(self, night, settings, pages, fault):
        night("FY2020")
        answer = pages.answer

        def one_is_broken(request, path):
            response = answer(request, path)
            if "/awards/ASST" not in path or "0001" not in path:
                return response
            page = json.loads(response.get_data())
            if fault == "a field is gone":
                del page["total_outlay"]
            elif fault == "a text for an amount":
                page["total_outlay"] = "see note"
            elif fault == "no object":
                page = [page]
            else:
                return Response("<html>Please log in</html>", content_type="text/html")
            return files.as_json(page)

        pages.answer = one_is_broken
        first = night("open", dataset=OUTLAYS).slices[0]
        assert (first.status, first.records) == ("landed", 2), first.message
        assert sorted(row["asked_for"][9:18] for row in held(settings, OUTLAYS)) == ["SYNTH0002", "SYNTH0003"]
        # it alone is due on the next night: a page that came before tells that the publisher is not down
        second = night("open", dataset=OUTLAYS, at=datetime(2026, 11, 25, 6, tzinfo=UTC)).slices[0]
        assert second.status == "empty", second.message
        pages.answer = answer
        third = night("open", dataset=OUTLAYS, at=datetime(2026, 11, 26, 6, tzinfo=UTC)).slices[0]
        assert (third.status, third.records) == ("landed", 1)

    def test_awards_that_are_all_gone_or_broken_keep_no_others_out(self, night, settings, pages):
        """Five of them sort before the others, on every night."""
        pages.rows = [
            files.transaction(n, on="2019-11-05", amount="1", period_of_performance_current_end_date="2030-01-01")
            for n in range(1, 13)
        ]
        answer = pages.answer

        def broken(request, path):
            number = int(path.rstrip("/").split("SYNTH")[-1][:4]) if "/awards/ASST" in path else 0
            return files.as_json({"detail": "synthetic"}, 500) if 1 <= number <= 6 else answer(request, path)

        pages.answer = broken
        night("FY2020")
        for day in (24, 25, 26):
            outcome = night("open", dataset=OUTLAYS, at=datetime(2026, 11, day, 7, tzinfo=UTC)).slices[0]
            assert outcome.status in ("landed", "empty"), outcome.message
        found = {row["asked_for"][9:18] for row in held(settings, OUTLAYS)}
        assert found == {f"SYNTH{n:04}" for n in range(7, 13)}

    def test_a_page_without_its_outlay_field_rejects_the_capture(self, night, settings, pages):
        night("FY2020")
        answer = pages.answer

        def without(request, path):
            response = answer(request, path)
            if "/awards/ASST" in path and response.status_code == 200:
                page = json.loads(response.get_data())
                del page["total_outlay"]
                return files.as_json(page)
            return response

        pages.answer = without
        outcome = night("open", dataset=OUTLAYS).slices[0]
        assert outcome.status == "rejected"
        assert "total_outlay" in outcome.message


@pytest.mark.real
def test_every_column_of_the_publishers_own_list_is_declared_and_no_other(real: Path):
    printed = (real / "usaspending/columns_Assistance_PrimeTransactions.txt").read_text().split()
    assert len(printed) == 112
    assert sorted(files.COLUMNS) == sorted(printed)


@pytest.mark.real
def test_a_real_award_page_is_cut_as_it_came(real: Path):
    from orchestration.wire import Payload

    body = (real / "usaspending/api_samples/grant.json").read_bytes()
    (record,) = OUTLAYS.cut(Payload(body, "file:grant.json", TODAY))
    page = json.loads(body)
    assert record["fain"] == page["fain"]
    assert record["total_obligation"] == json.dumps(page["total_obligation"])
    assert record["total_outlay"] == (None if page["total_outlay"] is None else json.dumps(page["total_outlay"]))
