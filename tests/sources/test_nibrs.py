"""The FBI's incident files: three layouts, ids whose meaning changes, and every reason to refuse an archive.

What belongs here: what is requested, what is cut out of an archive, what is refused. What does not: which victims are
counted, and whether a month was sent (tests/crime).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import servers
import time_machine
from nibrs_files import CASE_NUMBER, LAYOUTS, Agency, Archive, Incident, Victim

from orchestration.forms import csv_blocks
from orchestration.landing import proving
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.imports import FileResult, import_files
from orchestration.landing.known import KnownCaptures
from orchestration.settings import Settings
from orchestration.sources import fbi_nibrs

NIBRS = fbi_nibrs.Nibrs()
ARCHIVE = "nibrs/incident/2024/LA-2024.zip"
TODAY = datetime(2026, 5, 18, 6, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def take(settings, tmp_path):
    """Import an archive under its name, or another."""

    def run(archive: Archive | bytes, name: str = "", at: datetime = TODAY) -> FileResult:
        body = archive if isinstance(archive, bytes) else archive.body()
        path = tmp_path / (name or getattr(archive, "name", "LA-2013.zip"))
        path.write_bytes(body)
        return import_files(NIBRS, [path], settings, retrieved_at=at)[0]

    return run


def held(settings: Settings, record: str = "victim") -> list[dict[str, str | None]]:
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    paths = [str(path) for capture in catalog.serving(NIBRS) for path in catalog.records_paths(capture)]
    if not paths:
        return []
    found = duckdb.sql(
        f"from read_parquet({paths!r}, union_by_name = true) where record = '{record}' order by _record_no"
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


class TestLayouts:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_each_layout_gives_the_codes_of_its_own_archive_never_its_ids(self, take, settings, layout):
        """Ethnicity 10 is H from 2021 on and does not exist before; race 98 is M, then U."""
        unknown = Victim(ethnicity="U", race="U", sex="M")
        several = Victim(ethnicity="N", race="M", offenses=("13A", "120"), relations=("SE", "ST"))
        done = take(Archive(layout, [Incident([Victim(), several, unknown], flag="R")]))
        assert (done.ok, done.records) == (True, 4 + (1 if layout == "from 2021" else 12)), done.messages
        rows = held(settings)
        assert [(r["ethnicity_code"], r["race_code"], r["offense_code"], r["sex_code"]) for r in rows] == [
            ("H", "W", "13B", "F"), ("N", "M", "13A", "F"), ("N", "M", "120", "F"), ("U", "U", "13B", "M"),
        ]  # fmt: skip
        assert {r["ori"] for r in rows} == {"SY0010000"}
        assert {(r["report_date_flag"], r["incident_date"]) for r in rows} == {
            ("R", {"to 2015": "2013-02-06 00:00:00", "2016 to 2020": "06-FEB-17", "from 2021": "2024-02-06"}[layout])
        }
        assert [r["relationship_codes"] for r in rows] == [None, "SE ST", "SE ST", None]

    def test_the_layout_is_recognized_by_its_headers_and_not_by_the_year_in_the_name(self, take, settings):
        archive = Archive("2016 to 2020")
        archive.year = "2015"
        for rows in archive.tables.values():
            rows[:] = [
                [text.removesuffix("-17") + "-15" if text.endswith("-17") else text for text in row] for row in rows
            ]
        assert take(archive, "LA-2015.zip").ok
        assert held(settings)[0]["incident_date"] == "06-FEB-15"

    @pytest.mark.parametrize("folder", ["", "LA/", "deep/er/"])
    def test_members_are_found_by_base_name_without_case_and_folder(self, take, settings, folder):
        archive = Archive("from 2021")
        archive.folder = folder
        assert take(archive).ok
        assert len(held(settings)) == 1

    def test_from_2021_a_row_of_the_months_is_a_document_and_multiplies_nothing(self, take, settings):
        take(Archive("from 2021", [Incident(), Incident(), Incident(day="03-01")]))
        months = held(settings, "month")
        assert [(m["month"], m["reported_status"], m["month_basis"]) for m in months] == [
            ("02", "I", "document"), ("03", "I", "document"),
        ]  # fmt: skip
        assert len(held(settings)) == 3

    @pytest.mark.parametrize("layout", LAYOUTS[:2])
    def test_to_2020_every_month_says_what_became_of_it(self, take, settings, layout):
        take(Archive(layout, agencies=[Agency(months="IIZUUUUUUUUU")]))
        months = held(settings, "month")
        assert "".join(str(m["reported_status"]) for m in months) == "IIZUUUUUUUUU"
        assert {m["month_basis"] for m in months} == {"agency"}

    def test_people_before_2016_are_those_of_the_year_not_of_the_snapshot_of_2016(self, take, settings):
        take(Archive("to 2015"))
        assert {m["population"] for m in held(settings, "month")} == {"12000"}

    def test_a_list_of_agencies_in_windows_1252_is_read(self, take, settings):
        archive = Archive("from 2021", agencies=[Agency(name="Test\u00a0ville")])
        archive.encoding = "cp1252"
        assert take(archive, "CA-2024.zip").ok
        assert held(settings, "month")[0]["agency_name"] == "Test\u00a0ville"

    def test_an_agency_that_is_listed_twice_makes_no_incident_twice(self, take, settings):
        archive = Archive("2016 to 2020", [Incident(), Incident()])
        rows = archive.tables["agencies"]
        rows.append([*rows[1][:-1], "N"])
        assert take(archive).ok
        assert (len(held(settings)), len(held(settings, "month"))) == (2, 12)

    def test_a_victim_is_tied_to_its_own_offenses_and_never_to_all_of_its_incident(self, take, settings):
        take(Archive("to 2015", [Incident([Victim(("13A",)), Victim(("220",))])]))
        assert [(r["victim_id"], r["offense_code"]) for r in held(settings)] == [("7001", "13A"), ("7002", "220")]

    def test_three_ways_of_not_knowing_an_ethnicity_stay_three(self, take, settings):
        take(Archive("to 2015", [Incident([Victim(ethnicity="U"), Victim(ethnicity="")])]))
        take(Archive("from 2021", [Incident([Victim(ethnicity="X")])]))
        assert Counter(r["ethnicity_code"] for r in held(settings)) == {"U": 1, None: 1, "X": 1}

    def test_without_the_tables_of_relations_only_the_relations_are_unknown(self, take, settings):
        archive = Archive("to 2015", [Incident([Victim(relations=("SE",))])])
        del archive.tables["nibrs_victim_offender_rel"]
        assert take(archive).ok
        assert [r["relationship_codes"] for r in held(settings)] == [None]

    def test_nebraskas_file_name_has_its_postal_code(self):
        assert NIBRS.file_key("NE-2019") == "nibrs/incident/2019/NE-2019.zip"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_case_numbers_of_the_police_stay_in_the_archive(take, settings, layout, capsys):
    done = take(Archive(layout))
    assert done.ok
    for kind in ("month", "victim"):
        assert CASE_NUMBER not in json.dumps(held(settings, kind))
    written = [p for p in settings.root.rglob("*") if p.is_file() and not p.name.startswith("archive-")]
    assert written
    assert not [p for p in written if CASE_NUMBER.encode() in p.read_bytes()]
    assert CASE_NUMBER not in "".join(capsys.readouterr()) + " ".join(done.messages)


def cell(table: str, column: int, value: str, row: int = 1):
    def change(archive: Archive) -> None:
        archive.tables[table][row][column] = value

    return change


def without(table: str):
    return lambda archive: archive.tables.pop(table)


def again(table: str):
    return lambda archive: archive.tables[table].append(archive.tables[table][1])


REFUSED = {
    "a table is missing": (without("nibrs_victim_type"), "no table nibrs_victim_type"),
    "both lists of agencies are missing": (without("cde_agencies"), "no table cde_agencies"),
    "a column is missing": (cell("nibrs_victim", 5, "other", row=0), "nibrs_victim has no column ethnicity_id"),
    "an ethnicity that its table does not know": (cell("nibrs_victim", 5, "77"), "ethnicity_id that nibrs_ethnicity"),
    "a victim type that its table does not know": (cell("nibrs_victim", 2, "77"), "victim_type_id that"),
    "an offense that its table does not know": (cell("nibrs_offense", 2, "77"), "nibrs_offense_type does not know"),
    "an agency that is in no list": (cell("nibrs_incident", 0, "77"), "agency_id that agency does not know: '77'"),
    "a date outside the year": (cell("nibrs_incident", 3, "2012-12-31 00:00:00"), "outside 2013"),
    "a date of no known form": (cell("nibrs_incident", 3, "2/6/2013"), "date of no known form"),
    "a day that no calendar has": (cell("nibrs_incident", 3, "2013-02-30 00:00:00"), "date of no known form"),
    "a pair without its victim": (cell("nibrs_victim_offense", 0, "1"), "nibrs_victim does not know"),
    "a pair without its offense": (cell("nibrs_victim_offense", 1, "1"), "offense does not know"),
    "a pair of two incidents": (cell("nibrs_offense", 1, "1002"), "another incident's offense"),
    "a victim without an offense": (
        lambda a: a.tables["nibrs_victim_offense"].pop(), "victim_id that nibrs_victim_offense does not know: '7003'",
    ),
    "an incident that comes twice": (again("nibrs_incident"), "nibrs_incident has an id of its own twice"),
    "an offense that comes twice": (again("nibrs_offense"), "nibrs_offense has an id of its own twice"),
    "a short row": (lambda a: a.tables["nibrs_victim"][2].pop(), "nibrs_victim: among the records after number 0"),
    "a long row": (lambda a: a.tables["nibrs_victim"][2].append("1"), "nibrs_victim: among the records after number 0"),
    "a short row and a long one, with as many cells as two": (
        lambda a: a.tables["nibrs_month"][3].append(a.tables["nibrs_month"][2].pop()),
        "nibrs_month: among the records after number 0",
    ),
    "a pair that comes twice": (again("nibrs_victim_offense"), "nibrs_victim_offense has an id of its own twice"),
    "a victim that comes twice": (again("nibrs_victim"), "nibrs_victim has an id of its own twice"),
    "a second ORI of an agency": (
        lambda a: a.tables["cde_agencies"].append(["1", "SY9999999", *a.tables["cde_agencies"][1][2:]]), "several",
    ),
    "a flag that is none": (cell("nibrs_incident", 4, "Q"), "report_date_flag outside R, Y, N, t, f: 'Q'"),
    "an ethnicity code that is none": (cell("nibrs_ethnicity", 1, "Z"), "ethnicity_code outside H, N, U, M, X: 'Z'"),
    "a month that is none": (cell("nibrs_month", 2, "13"), "a month that is none"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_an_archive_is_refused_and_kept_if_it_has(take, settings, fault):
    change, says = REFUSED[fault]
    archive = Archive("to 2015", [Incident(), Incident(), Incident()])
    change(archive)
    done = take(archive)
    assert not done.ok
    assert says in done.messages[0], done.messages
    assert CASE_NUMBER not in done.messages[0]
    (capture,) = Catalog(settings.landing_dir, as_of=None, edition="live").captures(NIBRS.id)
    assert capture.status == "rejected"
    assert capture.payloads[0].archive == "archive-1.zip"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_table_that_comes_in_many_blocks_gives_the_same_records(take, settings, layout, monkeypatch):
    """A text is known again in a later block; blocks of two layouts have no quotes, those of one have."""
    incidents = [
        Incident([Victim(sex=sex), Victim(("13A", "120"))], day=day)
        for sex, day in zip("FMUMFM", ("02-06", "03-01", "02-06", "12-31", "03-01", "01-01"), strict=True)
    ]
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 90)
    assert take(Archive(layout, incidents)).ok
    days = [incident.day for incident in incidents for _ in range(3)]
    sexes = [sex for incident in incidents for sex in (incident.victims[0].sex, "F", "F")]
    assert [r["incident_date"] for r in held(settings)] == [Archive(layout).day(day) for day in days]
    assert [r["sex_code"] for r in held(settings)] == sexes


@pytest.mark.parametrize(("first", "order"), [("7003", ["7002", "7003"]), ("999", ["7002", "999"])])
def test_records_stand_in_the_order_of_their_ids_as_texts(take, settings, first, order):
    archive = Archive("to 2015", [Incident(), Incident()])
    for table in ("nibrs_victim", "nibrs_victim_offense"):
        archive.tables[table][1][0] = first
    take(archive)
    assert [r["victim_id"] for r in held(settings)] == order


def test_an_id_is_kept_as_it_is_written(take, settings):
    archive = Archive("to 2015", [Incident(), Incident()])
    for table in ("nibrs_victim", "nibrs_victim_offense"):
        archive.tables[table][1][0] = "007001"
    take(archive)
    assert [r["victim_id"] for r in held(settings)] == ["007001", "7002"]


def test_a_table_that_is_in_the_archive_twice_is_refused(take):
    body = io.BytesIO(Archive("to 2015").body())
    with zipfile.ZipFile(body, "a") as archive:
        archive.writestr("LA/NIBRS_VICTIM.csv", "victim_id\n")
    done = take(body.getvalue())
    assert "the table nibrs_victim twice" in done.messages[0]


def test_a_name_without_state_and_year_is_refused_with_the_way_out(take):
    done = take(Archive("to 2015"), "nibrs.zip")
    assert (done.ok, "LA-2013.zip" in done.messages[0]) == (False, True)


def test_an_archive_again_is_unchanged_and_a_rebuilt_one_replaces_the_whole_state_year(take, settings):
    take(Archive("to 2015", [Incident() for _ in range(20)]))
    assert "unchanged" in take(Archive("to 2015", [Incident() for _ in range(20)])).messages[0]
    take(Archive("to 2015", [Incident() for _ in range(19)]), at=TODAY + timedelta(days=100))
    assert len(held(settings)) == 19


def test_a_rebuilt_year_that_lost_a_tenth_of_its_victims_is_rejected(take, settings):
    take(Archive("to 2015", [Incident() for _ in range(200)]))
    done = take(Archive("to 2015", [Incident() for _ in range(170)]), at=TODAY + timedelta(days=100))
    assert not done.ok
    assert len(held(settings)) == 200


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_records_are_proved_by_cutting_the_archive_again(take, settings, layout):
    take(Archive(layout, [Incident([Victim(), Victim(("13A", "120"))]), Incident()]))
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    (capture,) = catalog.captures(NIBRS.id)
    assert proving.unproved(catalog, capture) is None


class TestLive:
    @pytest.fixture
    def publisher(self, httpserver) -> servers.FbiFiles:
        made = servers.FbiFiles(httpserver)
        made.files[ARCHIVE] = Archive("from 2021").body()
        return made

    @pytest.fixture
    def live(self, publisher, tmp_path) -> Settings:
        return Settings(edition="live", home=tmp_path / "live", fbi_files_url=publisher.url)

    @pytest.fixture
    def night(self, live, web_for):
        def run(*slices: str, at: datetime = TODAY) -> DatasetRun:
            with time_machine.travel(at, tick=True):
                return capture_dataset(NIBRS, live, slice_keys=slices, web=web_for(live))

        return run

    def test_an_archive_comes_by_a_signed_link_and_is_kept_as_the_file_it_is(self, night, live, publisher):
        done = night("LA-2024")
        assert (done.slices[0].status, done.slices[0].records) == ("landed", 2), done.slices[0].message
        catalog = Catalog(live.landing_dir, as_of=None, edition="live")
        (capture,) = catalog.captures(NIBRS.id)
        entry = next(e for e in capture.payloads if e.archive)
        assert (catalog.folder(capture) / entry.archive).read_bytes() == publisher.files[ARCHIVE]
        assert "SYNTHETIC" not in capture.model_dump_json(), "the signature works like a key"
        assert capture.content_as_of is not None

    def test_a_state_year_that_does_not_exist_is_no_failure(self, night):
        done = night("LA-1995")
        assert done.slices[0].status == "empty"

    def test_nothing_is_asked_for_again_until_the_list_of_downloads_changes(self, night, publisher):
        night("LA-2024")
        publisher.downloads = [{"files": [{"awsFile": ARCHIVE, "last_modified": "2026-05-01"}]}]
        links = publisher.links
        assert night("LA-2024", at=datetime(2026, 6, 30, 6, tzinfo=UTC)).slices[0].status == "empty"
        assert publisher.links == links
        publisher.downloads = [{"awsFile": ARCHIVE, "last_modified": "2026-07-01T09:00:00"}]
        night("LA-2024", at=datetime(2026, 7, 2, 6, tzinfo=UTC))
        assert publisher.links == links + 1

    def test_without_a_readable_list_an_archive_is_asked_for_once_a_month(self, night, publisher):
        night("LA-2024")
        links = publisher.links
        night("LA-2024", at=datetime(2026, 5, 25, 6, tzinfo=UTC))
        assert publisher.links == links
        night("LA-2024", at=datetime(2026, 6, 30, 6, tzinfo=UTC))
        assert publisher.links == links + 1

    def test_a_rejected_archive_takes_no_place_in_a_run_for_a_month(self, night, live, publisher):
        publisher.files["nibrs/incident/2024/AK-2024.zip"] = b"PK\x03\x04 and then nothing of a zip"

        def in_a_run(at: datetime) -> bool:
            with time_machine.travel(at):
                known = KnownCaptures(Catalog(live.landing_dir, as_of=None, edition="live"), NIBRS)
                return "AK-2024" in {s.key for s in NIBRS.slices(live, known)}

        assert in_a_run(TODAY), "Alaska's comes first of those that were never captured"
        assert night("AK-2024").slices[0].status == "rejected"
        assert not in_a_run(TODAY + timedelta(days=29))
        assert in_a_run(TODAY + timedelta(days=31))
        again = night("AK-2024", at=TODAY + timedelta(days=31))
        assert again.slices[0].status == "rejected", "named, it is requested; the same file is rejected again"
        assert not in_a_run(TODAY + timedelta(days=32)), "the month begins again"

    def test_a_run_asks_for_the_newest_years_of_some_states_and_a_backfill_for_any(self, live):
        with time_machine.travel(TODAY):
            slices = NIBRS.slices(live, KnownCaptures(Catalog(live.landing_dir, as_of=None, edition="live"), NIBRS))
            assert {s.params["year"] for s in slices} <= {"2023", "2024", "2025"}
            assert "LA-1991" in {s.key for s in NIBRS.all_slices()}


# Incidents, victims, pairs of a victim and an offense, individuals by ethnicity, as PROVENANCE.md gives them.
COUNTS = {
    "LA-2012": (36868, 38997, 43098, {"H": 381, "N": 24473, "U": 2806, None: 1313}),
    "LA-2013": (37127, 40091, 44964, {"H": 303, "N": 24549, "U": 2782, None: 1664}),
    "LA-2014": (37487, 40776, 46104, {"H": 356, "N": 24774, "U": 2992, None: 1162}),
    "LA-2016": (44740, 48647, 55152, {"H": 578, "N": 29846, "U": 3222, None: 1812}),
    "LA-2017": (48298, 51973, 59325, {"H": 601, "N": 32394, "U": 2522, None: 1350}),
    "MN-2018": (18779, 21377, 23401, {"H": 477, "N": 8639, "U": 3441, None: 1506}),
    "AZ-2019": (20387, 22733, 27864, {"H": 4245, "N": 8865, "U": 1311}),
    "IL-2020": (12450, 14937, 16835, {"H": 1267, "N": 9718, "U": 669}),
    "VT-2024": (18919, 20214, 21224, {"H": 146, "N": 7437, "U": 360, "X": 5099}),
}


@pytest.mark.real
class TestRealArchives:
    @pytest.mark.parametrize("name", COUNTS)
    def test_every_victim_of_a_real_archive_is_there_as_its_provenance_and_pandas_count(self, real, settings, name):
        path = real / "nibrs" / f"{name}.zip"
        assert import_files(NIBRS, [path], settings)[0].ok
        found = pd.DataFrame(held(settings))
        individuals = found[found.victim_type_code == "I"].drop_duplicates("victim_id")
        by_ethnicity = {code or None: n for code, n in individuals.ethnicity_code.fillna("").value_counts().items()}
        incidents, victims, pairs, expected = COUNTS[name]
        assert (found.incident_id.nunique(), found.victim_id.nunique(), len(found)) == (incidents, victims, pairs)
        assert by_ethnicity == expected
        assert found.groupby(["ori", "offense_code"]).victim_id.nunique().to_dict() == _by_pandas(path)


def _by_pandas(path: Path) -> dict[tuple[str, str], int]:
    """Victims by agency and offense, read from the archive's members by pandas alone."""
    with zipfile.ZipFile(path) as archive:

        def table(name: str) -> pd.DataFrame:
            member = next(n for n in archive.namelist() if n.lower().rpartition("/")[2] == f"{name}.csv")
            frame = pd.read_csv(archive.open(member), dtype=str)
            return frame.rename(columns=str.lower)

        names = {n.lower().rpartition("/")[2] for n in archive.namelist()}
        listed = table("agencies" if "agencies.csv" in names else "cde_agencies")
        agencies = listed[["agency_id", "ori"]].drop_duplicates()
        offenses, incidents = table("nibrs_offense"), table("nibrs_incident")[["incident_id", "agency_id"]]
        if "offense_code" not in offenses:
            kinds = table("nibrs_offense_type")[["offense_type_id", "offense_code"]]
            offenses = offenses.merge(kinds, on="offense_type_id")
        offenses = offenses[["offense_id", "incident_id", "offense_code"]]
        whole = table("nibrs_victim_offense").merge(offenses, on="offense_id").merge(incidents, on="incident_id")
        return whole.merge(agencies, on="agency_id").groupby(["ori", "offense_code"]).victim_id.nunique().to_dict()
