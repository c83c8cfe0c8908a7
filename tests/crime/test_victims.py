"""Victims by month: each once in a family, no small cell, and whether an agency's month counts as sent.

What belongs here: what the models make of archives. What does not: what is cut out of an archive (tests/sources).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from nibrs_files import Agency, Archive, Incident, Layout, Victim

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.recorded.figures import TABLES
from orchestration.settings import Settings
from tests.building import tables_of
from tests.conftest import REAL

NIBRS = sources.get("fbi/nibrs")
TODAY = datetime(2026, 5, 18, 6, tzinfo=UTC)
HURT = Victim(("13A",), ethnicity="H", sex="F", relations=("BG",))
OTHER = Victim(("13B",), ethnicity="N", sex="M")
AGENCIES = [
    Agency(1, "SY0010000", "Testville"),
    Agency(2, "SY0020000", "Quiet", months="ZZZZZZZZZZZZ"),
    Agency(3, "SY0030000", "Summary", reporting_type="S"),
    Agency(4, "SY0040000", "Late", start="07-01"),
    Agency(5, "SY0050000", "Silent", months="IIIIIIUXUUUU"),
    Agency(6, "SY0060000", "Absent", months="UUUUUUUUUUUU"),
    Agency(7, "SY0070000", "Falling"),
]


def archive() -> Archive:
    """2017 in the layout of 2016 to 2020: what each incident is for stands beside it."""
    both = Victim(("13A", "13B"), ethnicity="H", sex="F", relations=("BG",))
    return Archive("2016 to 2020", [
        # six of a cell, one of them with a second offense, and a business, which is no person
        *(Incident([HURT], flag="R" if n < 2 else "") for n in range(5)),
        Incident([both, Victim(("13A",), kind="B", ethnicity="")]),
        # two small cells of two agencies, together above the floor
        *(Incident([OTHER], agency=1, day="03-05") for _ in range(3)),
        *(Incident([OTHER], agency=4, day="03-06") for _ in range(4)),
        # a small cell that stays small
        Incident([OTHER], agency=5, day="05-05"),
        # an officer is a person, and kept apart
        *(Incident([Victim(("13B",), kind="L", ethnicity="N", sex="M")], agency=1, day="06-05") for _ in range(5)),
        # a month of 3 incidents where the others have 12
        *(Incident([OTHER], agency=7, day=f"{m:02}-10") for m in range(1, 13) for _ in range(3 if m == 9 else 12)),
        # the summary agency sends a few, as Monroe did in 2016
        Incident([OTHER], agency=3, day="01-05"),
    ], AGENCIES)  # fmt: skip


@pytest.fixture(scope="module")
def ask(tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("victims")
    path = folder / "LA-2017.zip"
    path.write_bytes(archive().body())
    home = Settings(home=folder / "home", edition="live")
    assert import_files(NIBRS, [path], home, retrieved_at=TODAY)[0].ok
    connection = tables_of(home, "fct_victim_month", "fct_victim_month_total")
    yield connection
    connection.close()


def cells(ask: duckdb.DuckDBPyConnection, where: str) -> list[tuple]:
    return ask.execute(
        "select ori, offense_family, victim_group, sex, relation, victims from core.fct_victim_month"
        f" where {where} order by all"
    ).fetchall()


class TestCounting:
    def test_a_victim_stands_once_in_each_of_its_families_and_a_business_in_none(self, ask):
        found = cells(ask, "month_start = date '2017-02-01' and offense_family = 'aggravated_assault'")
        assert found == [("SY0010000", "aggravated_assault", "hispanic", "female", "intimate_partner", 6)]

    def test_all_offenses_counts_every_victim_once(self, ask):
        found = ask.execute(
            "select victims, incidents, report_date_incidents, several_offense_incidents, month_incidents"
            " from core.fct_victim_month_total where ori = 'SY0010000' and month_start = '2017-02-01'"
            " and offense_family = 'all_offenses' and victim_group = 'all'"
        ).fetchall()
        assert found == [(6, 6, 2, 1, 6)]

    def test_small_cells_of_agencies_are_added_up_with_their_group_and_no_agency(self, ask):
        found = cells(ask, "month_start = date '2017-03-01' and ori is null")
        assert found == [(None, "simple_assault", "non_hispanic", "male", "other", 7)]

    def test_a_cell_that_stays_small_has_no_number_and_no_name(self, ask):
        assert cells(ask, "month_start = date '2017-02-01' and offense_family = 'simple_assault' and ori is null") == [
            (None, "simple_assault", "merged", "all", "all", None)
        ]

    def test_an_officer_is_kept_apart(self, ask):
        found = cells(ask, "month_start = date '2017-06-01' and relation = 'officer'")
        assert found == [("SY0010000", "simple_assault", "non_hispanic", "male", "officer", 5)]

    def test_no_published_cell_is_below_the_floor(self, ask):
        for table in ("fct_victim_month", "fct_victim_month_total"):
            least = ask.execute(f"select min(victims) from core.{table} where victims > 0").fetchone()
            assert least == (5,)

    def test_a_plain_sum_within_a_family_is_its_victims_but_for_cells_that_are_too_small(self, ask):
        published, hidden = ask.execute(
            "select sum(victims), count(*) filter (where victims is null) from core.fct_victim_month"
            " where offense_family = 'simple_assault'"
        ).fetchone()
        everyone = ask.execute(
            "select count(distinct victim_id) from staging.stg_fbi__nibrs where record = 'victim'"
            " and victim_type_code in ('I', 'L') and offense_code = '13B'"
        ).fetchone()[0]
        assert published < everyone <= published + 4 * hidden


class TestWhatWasSent:
    @pytest.mark.parametrize(("ori", "month", "says"), [
        ("SY0010000", 2, "sent"),
        ("SY0020000", 2, "sent"),
        ("SY0030000", 1, "not sent: the agency reports by monthly totals"),
        ("SY0040000", 3, "not sent: before the agency reports by incident"),
        ("SY0040000", 7, "sent"),
        ("SY0050000", 5, "sent"),
        ("SY0050000", 7, "not sent: the archive says so"),
        ("SY0050000", 8, "unknown: the archive does not say whether it was sent"),
        ("SY0070000", 9, "in part: under 60 percent of its median month"),
        ("SY0070000", 8, "sent"),
    ])  # fmt: skip
    def test_a_month_counts_as_sent_by_status_reporting_type_start_and_its_own_median(self, ask, ori, month, says):
        query = "select sent_status from core.fct_victim_month_total where ori = ? and month_start = ?"
        row = "and offense_family = 'all_offenses' and victim_group = 'all'"
        assert ask.execute(f"{query} {row}", [ori, date(2017, month, 1)]).fetchall() == [(says,)]

    def test_a_month_without_an_incident_is_zero_where_it_was_sent_and_nothing_where_it_was_not(self, ask):
        query = "select month_start, victims from core.fct_victim_month_total where ori = ? order by 1"
        assert {victims for _, victims in ask.execute(query, ["SY0020000"]).fetchall()} == {0}
        silent = dict(ask.execute(query, ["SY0050000"]).fetchall())
        assert (silent[date(2017, 6, 1)], silent[date(2017, 7, 1)], silent[date(2017, 8, 1)]) == (0, None, None)

    def test_an_agency_that_never_sent_in_the_year_has_no_row(self, ask):
        assert ask.execute("select count(*) from core.fct_victim_month_total where ori = 'SY0060000'").fetchone() == (
            0,
        )

    def test_the_known_share_is_of_individuals_and_their_year(self, ask):
        query = "select distinct known_share from core.fct_victim_month_total where ori = ?"
        assert ask.execute(query, ["SY0010000"]).fetchall() == [(1.0,)]
        assert ask.execute(query, ["SY0020000"]).fetchall() == [(None,)]


@pytest.mark.parametrize("layout", ["to 2015", "from 2021"])
def test_unknown_ethnicity_is_one_group_however_it_is_written(tmp_path, layout: Layout):
    spellings = ["U", "X"] if layout == "from 2021" else ["U", ""]
    made = Archive(layout, [Incident([Victim(("120",), ethnicity=spellings[n % 2])]) for n in range(6)])
    path = tmp_path / made.name
    path.write_bytes(made.body())
    home = Settings(home=tmp_path / "home", edition="live")
    assert import_files(NIBRS, [path], home, retrieved_at=TODAY)[0].ok
    with tables_of(home, "fct_victim_month") as connection:
        found = connection.execute("select victim_group, victims, known_share from core.fct_victim_month").fetchall()
    assert found == [("ethnicity_unknown", 6, 0.0)]


@pytest.mark.real
class TestRealArchives:
    @pytest.fixture(scope="class")
    def louisiana(self, tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
        home = Settings(home=tmp_path_factory.mktemp("louisiana"), edition="live")
        paths = [REAL / "nibrs" / f"LA-{year}.zip" for year in (2013, 2014, 2016)]
        assert all(file.ok for file in import_files(NIBRS, paths, home, retrieved_at=TODAY))
        connection = tables_of(home, "int_crime__victim_counts", "int_crime__victim_agency_months")
        yield connection
        connection.close()

    @pytest.mark.parametrize(("year", "printed", "cities"), [(2013, 136, 8), (2014, 166, 8)])
    def test_aggravated_assaults_are_those_of_table_8(self, louisiana, year, printed, cities):
        """Victims of 13A of cities with twelve months, beside what the FBI printed of the same cities."""
        table8 = TABLES / "fbi_table8.parquet"
        found = louisiana.execute(f"""
            with agencies as (
                select ori, regexp_replace(max(agency_name), ' Police Department$', '') as city
                from intermediate.int_crime__victim_agency_months
                where year(month_start) = {year} and sent_status not like 'not sent%'
                group by ori having count(*) = 12
            ), victims as (
                select ori, count(distinct victim_id) as victims from staging.stg_fbi__nibrs
                where record = 'victim' and data_year = {year} and offense_code = '13A' group by ori
            )
            select sum(coalesce(victims, 0)), sum(cast(aggravated_assault as int)), count(*)
            from agencies left join victims using (ori)
            inner join '{table8}' as printed
                on printed.city = agencies.city and printed.state ilike 'louisiana' and printed.year = '{year}'
            where aggravated_assault is not null
            and ori in (select ori from staging.stg_fbi__nibrs where agency_type = 'City')
        """).fetchone()
        assert found == (printed, printed, cities)

    def test_monroe_did_not_send_2016_although_every_month_says_that_it_did(self, louisiana):
        query = "select distinct sent_status from intermediate.int_crime__victim_agency_months where ori = ?"
        found = louisiana.execute(f"{query} and year(month_start) = 2016", ["LA0370100"]).fetchall()
        assert found == [("not sent: the agency reports by monthly totals",)]

    def test_agencies_that_are_listed_twice_make_no_incident_twice(self, louisiana):
        months = louisiana.execute(
            "select sum(incidents) from intermediate.int_crime__victim_agency_months where year(month_start) = 2016"
        ).fetchone()
        assert months == (44740,)

    def test_the_recorded_totals_are_those_of_a_reading_by_pandas(self):
        """Every total of Louisiana 2013 that the recorded edition shows, from the archive's own members."""
        recorded = pd.read_parquet(TABLES / "fbi_nibrs.parquet").query(
            "record == 'total' and state_code == 'LA' and data_year == '2013' and offense_family == 'all_offenses'"
        )
        counted = _people_by_group(REAL / "nibrs" / "LA-2013.zip")
        for row in recorded.fillna({"victims": ""}).itertuples():
            victims = counted[row.ori, row.month, row.victim_group]
            assert row.victims == (str(victims) if victims >= 5 else ""), row
        assert len(recorded) == len(counted)


def _people_by_group(path: Path) -> dict[tuple[str, str, str], int]:
    with zipfile.ZipFile(path) as archive:
        incidents, victims, agencies, ethnicities = (
            pd.read_csv(archive.open(f"{name}.csv"), dtype=str)
            for name in ("nibrs_incident", "nibrs_victim", "cde_agencies", "nibrs_ethnicity")
        )
    people = victims[victims.victim_type_id.isin(["4", "5"])]
    people = people.merge(incidents[["incident_id", "agency_id", "incident_date"]]).merge(
        agencies[["agency_id", "ori"]]
    )
    people = people.merge(ethnicities, how="left")
    groups = people.ethnicity_code.map({"H": "hispanic", "N": "non_hispanic"}).fillna("ethnicity_unknown")
    people = people.assign(month=people.incident_date.str[5:7], group=groups)
    parts = people.groupby(["ori", "month", "group"]).size().to_dict()
    whole = people.assign(group="all").groupby(["ori", "month", "group"]).size().to_dict()
    return {**parts, **whole}


def test_a_night_with_one_new_state_year_leaves_every_row_of_the_others_as_it_was(tmp_path):
    """The new archive has the ids of the first, which are other incidents: ids number an archive's own rows only."""
    home = Settings(home=tmp_path / "home", edition="live")

    def night(name: str, of: Archive) -> dict[str, tuple[int, int]]:
        path = tmp_path / name
        path.write_bytes(of.body())
        assert import_files(NIBRS, [path], home, retrieved_at=TODAY)[0].ok
        connection = tables_of(home, "fct_victim_month", "fct_victim_month_total")
        with connection:
            return {
                table: connection.execute(
                    f"select count(*), coalesce(bit_xor(hash(rows)), 0) from core.{table} as rows"
                    " where state_code = 'LA' and extract(year from month_start) = 2017"
                ).fetchone()
                for table in ("fct_victim_month", "fct_victim_month_total")
            }

    before = night("LA-2017.zip", archive())
    several = Victim(("13A", "220"), ethnicity="H", sex="F")
    other = Archive("from 2021", [Incident([several, OTHER]) for _ in range(40)], [Agency(1, "SY0010000", "Testville")])
    assert night("LA-2024.zip", other) == before
    assert all(rows for rows, _ in before.values())
