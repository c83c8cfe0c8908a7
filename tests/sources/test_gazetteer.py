"""The gazetteer: both forms of the file, both ways in, and the files that are refused.

What belongs here: the Census's bytes on loopback and from disk. What does not: which unit a name means (dbt).
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
import time_machine

from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.settings import Settings
from orchestration.sources import get
from orchestration.sources.census import Gazetteer
from orchestration.wire import Payload, SourceError

PIPES = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|LSAD|FUNCSTAT|INTPTLAT|INTPTLONG   \n" + (
    "OH|3900001|1600000US3900001|00000001|Synthville city|25|A|40.0|-83.0   \n"
    "PR|7200002|1600000US7200002|00000002|Sintético comunidad|55|S|18.0|-66.0   \n"
)
TABS = (
    "USPS\tGEOID\tANSICODE\tNAME\tLSAD\tFUNCSTAT\tINTPTLONG      \nOH\t3900001\t1\tSynthville city\t25\tA\t-83.0   \n"
)


def zipped(text: str, name: str = "2026_Gaz_place_national.txt") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return body.getvalue()


def cut(body: bytes, level: str = "places") -> list[dict[str, str | None]]:
    return list(Gazetteer().cut(Payload(body, "file:x", datetime.now(UTC), context={"level": level})))


@pytest.mark.parametrize("body", [PIPES.encode(), zipped(PIPES)], ids=["text", "zip"])
def test_pipes_with_a_blank_behind_the_last_heading(body):
    rows = cut(body)
    assert [(row["GEOID"], row["NAME"], row["INTPTLONG"]) for row in rows] == [
        ("3900001", "Synthville city", "-83.0"),
        ("7200002", "Sintético comunidad", "-66.0"),
    ]


def test_county_subdivisions_have_ten_digits_and_say_whether_they_govern():
    body = (
        "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|FUNCSTAT|INTPTLONG\n"
        "NY|3600100001|0600000US3600100001|1|Synth town|A|-73.0\n"
        "OH|3900100002|0600000US3900100002|2|Synthville city|F|-83.0\n"
    )
    rows = cut(body.encode(), "cousubs")
    assert [(row["GEOID"], row["FUNCSTAT"]) for row in rows] == [("3600100001", "A"), ("3900100002", "F")]
    with pytest.raises(SourceError, match="'3600100001'"):
        cut(body.encode(), "places")


def test_tabs_and_latin_1_of_the_older_files():
    rows = cut(TABS.replace("Synthville", "Sintético").encode("latin-1"))
    assert [(row["NAME"], row["LSAD"]) for row in rows] == [("Sintético city", "25")]


@pytest.mark.parametrize(
    ("body", "level", "says"),
    [
        (PIPES.replace("GEOID|", "CODE|").encode(), "places", "no GEOID"),
        (b"<html>moved</html>", "places", "no USPS, GEOID, NAME"),
        (PIPES.encode(), "counties", "'3900001'"),
        (zipped(PIPES)[:-30], "places", "not a zip"),
        (zipped(PIPES, "readme.pdf"), "places", "not a zip of one text"),
    ],
    ids=["heading gone", "a page", "places for counties", "cut short", "another file"],
)
def test_what_is_not_the_file_is_refused_by_name(body, level, says):
    with pytest.raises(SourceError, match=says):
        cut(body, level)


class TestNight:
    @pytest.fixture
    def settings(self, httpserver, tmp_path) -> Settings:
        files = httpserver.url_for("").rstrip("/")
        return Settings(edition="live", home=tmp_path, contact="synthetic@example.org", census_files_url=files)

    @pytest.fixture
    def night(self, settings, web_for):
        def run(month: int = 2) -> DatasetRun:
            with time_machine.travel(datetime(2026, month, 1, tzinfo=UTC), tick=True):
                web = web_for(settings)
                return capture_dataset(get("census/gazetteer"), settings, slice_keys=("places",), web=web)

        return run

    def test_last_years_file_serves_until_this_years_is_out(self, night, httpserver):
        httpserver.expect_request("/2026_Gazetteer/2026_Gaz_place_national.zip").respond_with_data("", status=404)
        httpserver.expect_request("/2025_Gazetteer/2025_Gaz_place_national.zip").respond_with_data(
            zipped(PIPES), content_type="application/zip"
        )
        assert [(done.status, done.records) for done in night().slices] == [("landed", 2)]

    def test_an_older_file_never_takes_the_place_of_a_newer_one_whose_address_answers_404(
        self, night, settings, httpserver
    ):
        def serve(year: int, body: bytes | None) -> None:
            path = f"/{year}_Gazetteer/{year}_Gaz_place_national.zip"
            status = 404 if body is None else 200
            httpserver.expect_oneshot_request(path).respond_with_data(body or b"", status=status)

        serve(2026, zipped(PIPES))
        assert night(8).slices[0].status == "landed"
        (capture,) = Catalog(settings.landing_dir, as_of=None, edition="live").serving(get("census/gazetteer"))
        assert f"{capture.content_as_of:%Y-%m-%d}" == "2026-01-01"
        serve(2026, None)
        serve(2025, zipped(PIPES.replace("Synthville city", "Synthville town"), "2025_Gaz_place_national.txt"))
        (done,) = night(11).slices
        assert (done.status, done.serving) == ("failed", capture.capture_id)
        assert "the file of 2026, which was captured, is no longer there, only that of 2025" in done.message

    def test_neither_year_is_a_failure_and_not_an_empty_country(self, night, httpserver):
        for year in (2025, 2026):
            path = f"/{year}_Gazetteer/{year}_Gaz_place_national.zip"
            httpserver.expect_request(path).respond_with_data("", status=404)
        (done,) = night().slices
        assert done.status == "failed"
        assert "neither this year's file nor last year's" in done.message


def test_import_of_a_downloaded_file_knows_its_slice_by_the_name(tmp_path):
    path = tmp_path / "2025_Gaz_place_national.zip"
    path.write_bytes(zipped(PIPES))
    (batch,) = Gazetteer().read_file(path, None)
    assert batch.slice.key == "places"
    assert batch.payloads[0].context["content_as_of"].startswith("2025-01-01")
    with pytest.raises(
        SourceError, match="has Gaz_place_national or Gaz_counties_national or Gaz_cousubs_national in its name"
    ):
        list(Gazetteer().read_file(tmp_path / "places.zip", None))
