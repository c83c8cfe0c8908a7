"""The FBI's published figures through the real project: what the months and the years hold, and what they leave out.

What belongs here: known answers out of the publisher's own tables and identities between them. What does not: rules
of single models (their unit tests), what is asked of the publisher (tests/sources).
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.landing import land
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.imports import import_files
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.building import build_part

CAPTURED = datetime(2026, 5, 18, 6, tzinfo=UTC)
COLUMNS = {"HOM": "homicide", "RPE": "rape", "ROB": "robbery", "ASS": "aggravated_assault", "BUR": "burglary",
           "LAR": "larceny", "MVT": "motor_vehicle_theft"}  # fmt: skip
ALL_KINDS = " + ".join(f"coalesce({column}_actual, 0)" for column in COLUMNS.values())
# The columns of Table 8 that count offences; its totals and assault by weapon are not among them.
PRINTED = ("murder", "rape_revised", "rape_legacy", "robbery", "aggravated_assault", "burglary", "larceny_theft",
           "motor_vehicle_theft", "arson")  # fmt: skip
NO_ROW_IN_2021 = ("Chicago", "Los Angeles", "New York", "San Francisco")


def answers(path: Path) -> Iterator[Payload]:
    """The sample in the shape in which the API answers: one agency and offence each."""
    agencies: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            agencies[row["ori"]].append(row)
    for ori, rows in agencies.items():
        name = rows[0]["agency_name"]
        people = {f"{r['month']}-{r['year']}": int(float(r["population"])) for r in rows if r["population"]}
        for code, column in COLUMNS.items():
            series = {
                f"{name} {kind}": {f"{r['month']}-{r['year']}": _number(r[f"{column}_{measure}"]) for r in rows}
                for kind, measure in (("Offenses", "actual"), ("Clearances", "cleared"))
            }
            body = {"offenses": {"actuals": series}, "populations": {"population": {name: people}}}
            context = {"ori": ori, "offense_code": code, "state_abbr": rows[0]["state"]}
            yield Payload(json.dumps(body).encode(), f"file:{path.name}", CAPTURED, method="FILE", context=context)


def _number(text: str) -> int | None:
    return int(float(text)) if text else None


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, real: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The crime domain built over the real sample of months, the real annual tables and the recorded register."""
    settings = Settings(home=tmp_path_factory.mktemp("crime") / "home", edition="recorded")
    for dataset_id in ("census/gazetteer", "census/places", "fbi/agencies"):
        assert not capture_dataset(sources.get(dataset_id), settings).failures
    months = sources.get("fbi/agency_months")
    sample = real / "fbi" / "cde_api_agency_monthly_2025-01_2026-04.csv.gz"
    done = land.write(
        months, Slice("sample"), answers(sample), landing_dir=settings.landing_dir, kind="imported", edition="import",
        retrieved_at=CAPTURED,
    )  # fmt: skip
    assert done.status == "landed"
    [table8] = import_files(
        sources.get("fbi/table8"), [real / "fbi" / "fbi_table8_city_2012_2023.csv.gz"], settings, retrieved_at=CAPTURED
    )
    assert (table8.ok, len(table8.captures), table8.records) == (True, 12, 103_826)
    built = build_part(
        settings, "--quiet", "--indirect-selection", "empty", "--select", "+fct_crime_year",
        "+fct_crime_year_printed", "fct_crime_year_printed,test_type:generic",
        "fct_crime_year,test_type:generic", "fct_crime_month,test_type:generic", edition="recorded",
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        yield connection


@pytest.fixture
def ask(warehouse):
    return lambda sql, *values: warehouse.execute(sql, list(values)).fetchall()


@pytest.mark.real
class TestMonths:
    def test_every_agency_month_of_the_sample_is_there_once(self, ask):
        assert ask("select count(distinct (ori, month_start)), count(distinct ori), count(*) from core.fct_crime_month"
                   ) == [(16_944, 1_059, 7 * 16_944)]  # fmt: skip

    def test_265_months_of_nothing_at_all_are_suspect_and_none_of_them_is_a_zero(self, ask):
        assert ask(
            "select count(distinct (ori, month_start)), count(offenses), sum(offenses_as_printed),"
            " count(offenses_per_100k) from core.fct_crime_month where coverage = 'suspect: nothing of any kind'"
        ) == [(265, 0, 0, 0)]

    def test_chicagos_march_of_2026_is_suspect_flagged_and_its_clearances_stand(self, ask):
        rows = ask(
            "select fbi_offense_code, offenses, offenses_as_printed, is_break, break_reason"
            " from core.fct_crime_month where ori = 'ILCPD0000' and month_start = date '2026-03-01'"
        )
        assert len(rows) == 7
        assert {row[1:4] for row in rows} == {(None, 0, True)}
        assert ask("select sum(cleared) > 0 from core.fct_crime_month"
                   " where ori = 'ILCPD0000' and month_start = date '2026-03-01'") == [(True,)]  # fmt: skip

    def test_null_stays_null_and_no_rate_is_told_without_people(self, ask, real):
        [(nulls,)] = duckdb.sql(
            f"select count(*) from (unpivot (select {', '.join(f'{c}_actual is null as {c}' for c in COLUMNS.values())}"
            f" from '{real}/fbi/cde_api_agency_monthly_2025-01_2026-04.csv.gz') on * into name k value v) where v"
        ).fetchall()
        assert ask("select count(*) from core.fct_crime_month where coverage = 'not reported'") == [(nulls,)]
        assert ask("select count(*) from core.fct_crime_month where offenses_per_100k is not null"
                   " and coalesce(population, 0) <= 0") == [(0,)]  # fmt: skip


@pytest.mark.real
class TestPlainSums:
    """A plain sum over any dimension counts each captured offence once, against the publisher's files themselves."""

    @pytest.mark.parametrize("dimension", ["agency_key", "jurisdiction_key", "offense_key", "month_date_key", "series"])
    def test_months(self, ask, real, dimension):
        sums = ", ".join(f"sum({column}_actual)" for column in COLUMNS.values())
        [columns] = duckdb.sql(
            f"select {sums} from '{real}/fbi/cde_api_agency_monthly_2025-01_2026-04.csv.gz'"
        ).fetchall()
        parts = ask(f"select sum(offenses_as_printed) from core.fct_crime_month group by {dimension}")
        assert len(parts) > 1
        assert sum(n for (n,) in parts if n is not None) == sum(columns)

    @pytest.mark.parametrize("dimension", ["jurisdiction_key", "offense_key", "calendar_year", "series"])
    def test_printed_years(self, ask, real, dimension):
        printed = duckdb.sql(
            "select * from read_csv(?, all_varchar = true)", params=[f"{real}/fbi/fbi_table8_city_2012_2023.csv.gz"]
        )
        assert set(PRINTED) <= set(printed.columns), printed.columns
        total = " + ".join(f"coalesce(sum(try_cast({column} as bigint)), 0)" for column in PRINTED)
        [(captured,)] = printed.aggregate(total).fetchall()
        parts = ask(f"select sum(offenses) from core.fct_crime_year_printed group by {dimension}")
        assert sum(n for (n,) in parts if n is not None) == captured


@pytest.mark.real
class TestPartialMonths:
    """Against the sample itself: the share of each month in the agency's own median, computed here."""

    @pytest.fixture
    def shares(self, ask, real) -> list[tuple[float, float, str]]:
        """(share of the median, the median, coverage) of every month that holds anything."""
        sample = f"'{real}/fbi/cde_api_agency_monthly_2025-01_2026-04.csv.gz'"
        own = duckdb.sql(
            f"with months as (select ori, make_date(year, month::int, 1) as month, {ALL_KINDS} as n,"
            f" homicide_actual is not null as came from {sample}),"
            " medians as (select ori, median(n) as usual from months where came group by ori)"
            " select ori, month, n / usual, usual from months join medians using (ori)"
            " where came and n > 0 and usual > 0"
        ).fetchall()
        coverage = {
            (ori, month): text
            for ori, month, text in ask("select ori, month_start, max(coverage) from core.fct_crime_month group by all")
        }
        return [(share, usual, coverage[ori, month]) for ori, month, share, usual in own]

    def test_every_month_below_a_tenth_of_its_own_median_is_partial(self, shares):
        low = [coverage for share, usual, coverage in shares if share < 0.1 and usual >= 30]
        assert len(low) == 62
        assert all(coverage.startswith("partial") for coverage in low)

    def test_all_but_two_of_those_below_three_tenths_are(self, shares):
        low = [coverage for share, usual, coverage in shares if share < 0.3 and usual >= 30]
        assert len(low) == 164
        # One stands at 0.30 of the six months before it, one among five months that came at all.
        assert sum(coverage.startswith("partial") for coverage in low) == 162

    def test_no_month_of_a_quiet_agency_is_but_where_its_own_months_were_many_more(self, ask):
        quiet = ask("select count(*), count(judgement) from intermediate.int_crime__month_judgements join"
                    " staging.stg_fbi__agencies using (ori) where greatest(higher_median, lower_median) < 30"
                    " and ori not in ('GA0250300', 'IL0160900', 'MA0146000')")  # fmt: skip
        assert quiet[0][0] > 200
        assert quiet[0][1] == 0

    def test_an_ordinary_month_is_hardly_ever_partial(self, shares):
        ordinary = [coverage for share, usual, coverage in shares if share >= 0.75]
        assert len(ordinary) > 14_000
        assert sum(not coverage.startswith(("reported", "negative")) for coverage in ordinary) < len(ordinary) / 250

    def test_kansas_citys_april_and_the_whole_of_savannah_are_partial_and_count_nowhere(self, ask):
        assert ask("select distinct coverage, offenses from core.fct_crime_month where ori = 'MOKPD0000'"
                   " and month_start = date '2026-04-01'") == [("partial: far below its own months", None)]  # fmt: skip
        assert ask(
            "select distinct coverage, offenses from core.fct_crime_month where ori = 'GA0250300'"
            " and year(month_start) = 2025"
        ) == [("partial: far below any city of its people", None)]
        assert ask("select coverage, months_covered, offenses, offenses_per_100k from core.fct_crime_year"
                   " where ori = 'GA0250300' and fbi_offense_code = 'LAR' and calendar_year = 2025"
                   ) == [("no whole month", 0, None, None)]  # fmt: skip

    @pytest.mark.parametrize(("ori", "larcenies"), [("FL0521400", 4_503), ("FL0500000", 3_929)])
    def test_a_december_that_holds_the_year_is_no_month(self, ask, ori, larcenies):
        """St. Petersburg and the sheriff of Palm Beach County sent nothing else in 2025, and nothing since."""
        assert ask(
            "select offenses, offenses_as_printed, coverage from core.fct_crime_month"
            " where ori = ? and month_start = date '2025-12-01' and fbi_offense_code = 'LAR'", ori,
        ) == [(None, larcenies, "suspect: several months in one")]  # fmt: skip

    @pytest.mark.parametrize(("code", "offenses", "cleared"), [("ASS", 1_008, False), ("LAR", 4_503, True)])
    def test_an_offense_of_which_no_clearances_are_sent_has_none_and_not_0(self, ask, code, offenses, cleared):
        """St. Petersburg sends clearances of 2025, of its aggravated assaults none."""
        [(printed, has_cleared)] = ask(
            "select sum(offenses_as_printed), count(cleared) > 0 from core.fct_crime_month"
            " where ori = 'FL0521400' and extract(year from month_start) = 2025 and fbi_offense_code = ?", code,
        )  # fmt: skip
        assert (printed, has_cleared) == (offenses, cleared)

    @pytest.mark.parametrize(
        ("ori", "code", "first", "last", "judged", "printed"),
        [
            # Tallahassee: the annual tables print 440 to 1,099 a year
            ("FL0370300", "MVT", "2025-01", "2026-03", "partial", 32),
            # Louisville: 48 to 192
            ("KY0568000", "HOM", "2025-04", "2026-03", "partial", 4),
            ("CA0500200", "HOM", "2025-01", "2026-03", "partial", 0),
            # Mobile: 82 to 485
            ("AL0020100", "RPE", "2025-01", "2026-04", "partial", 16),
            ("IN0200000", "HOM", "2026-01", "2026-01", "suspect", 24),
        ],
    )
    def test_an_offense_that_the_list_of_known_faults_names_counts_nothing(
        self, ask, ori, code, first, last, judged, printed
    ):
        assert ask(
            "select count(offenses), sum(offenses_as_printed), bool_and(coverage = ? and is_break) from"
            " core.fct_crime_month where ori = ? and fbi_offense_code = ? and month_start between"
            " cast(? || '-01' as date) and cast(? || '-01' as date)",
            f"{judged}: named in reference.crime_series_breaks", ori, code, first, last,
        ) == [(0, printed, True)]  # fmt: skip

    def test_louisvilles_homicides_before_they_stop_count(self, ask):
        assert ask(
            "select sum(offenses) from core.fct_crime_month where ori = 'KY0568000' and fbi_offense_code = 'HOM'"
            " and month_start < date '2025-04-01'"
        ) == [(17,)]

    def test_a_partial_month_has_no_count_no_rate_and_stands_as_printed(self, ask):
        assert ask(
            "select count(*) > 1500, count(offenses), count(offenses_per_100k), count(*) - count(offenses_as_printed)"
            " from core.fct_crime_month where coverage like 'partial%'"
        ) == [(True, 0, 0, 0)]


@pytest.mark.real
class TestYears:
    def test_a_complete_year_is_the_sum_of_its_twelve_months_and_a_partial_one_is_none(self, ask, real):
        sample = f"'{real}/fbi/cde_api_agency_monthly_2025-01_2026-04.csv.gz'"
        held_at_all = 0
        for code, column in COLUMNS.items():
            published = duckdb.sql(
                f"select ori, sum({column}_actual) from {sample} where year = 2025 group by ori"
                f" having count({column}_actual) = 12 and count(case when {ALL_KINDS} = 0 then 1 end) = 0"
            ).fetchall()
            held = ask(
                "select ori, offenses from core.fct_crime_year where calendar_year = 2025"
                " and fbi_offense_code = ? and coverage = 'complete'", code,
            )  # fmt: skip
            assert set(held) <= set(published), code
            # Nobody else is left out but who moved to NIBRS within the year and who sent a month in part.
            excused = ask(
                "select ori from core.fct_crime_year where calendar_year = 2025 and fbi_offense_code = ?"
                " and coverage = 'mixed series' union select ori from core.fct_crime_month where fbi_offense_code = ?"
                " and year(month_start) = 2025 and (coverage like 'partial%' or coverage like 'suspect: several%')",
                code, code,
            )  # fmt: skip
            left_out = {ori for ori, _ in published} - {ori for ori, _ in held}
            assert {(ori,) for ori in left_out} <= set(excused), code
            held_at_all += len(held)
        assert held_at_all > 6_000

    def test_the_four_months_of_2026_make_no_year(self, ask):
        assert ask("select count(*) > 7000, count(offenses), count(offenses_per_100k), max(months_covered)"
                   " from core.fct_crime_year where calendar_year = 2026") == [(True, 0, 0, 4)]  # fmt: skip

    def test_every_city_of_twelve_annual_tables_is_there(self, ask):
        assert ask("select count(distinct (state_code, place_name, calendar_year))"
                   " from core.fct_crime_year_printed") == [(103_826,)]  # fmt: skip

    def test_the_parts_of_each_city_are_the_violent_crime_that_the_fbi_printed(self, ask):
        """The Bureau's own total a row, against our rows by offence: for every city that has one."""
        assert ask(
            "with parts as (select place_name, state_code, calendar_year, sum(offenses) as parts"
            " from core.fct_crime_year_printed where fbi_offense_code in ('HOM', 'RPE', 'ROB', 'ASS') group by all)"
            " select count(*), count(case when parts.parts <> t.violent_crime then 1 end) from parts"
            " join staging.stg_fbi__table8 t on t.city = place_name and t.state_code = parts.state_code"
            " and t.table_year = calendar_year where t.violent_crime is not null"
        ) == [(ask("select count(violent_crime) from staging.stg_fbi__table8")[0][0], 0)]

    def test_the_parts_are_the_property_crime_that_the_fbi_printed_but_for_one_row_of_2015(self, ask):
        assert ask(
            "with parts as (select place_name, state_code, calendar_year, sum(offenses) as parts"
            " from core.fct_crime_year_printed where fbi_offense_code in ('BUR', 'LAR', 'MVT') group by all)"
            " select calendar_year, count(*) from parts join staging.stg_fbi__table8 t on t.city = place_name"
            " and t.state_code = parts.state_code and t.table_year = calendar_year"
            " where parts.parts <> t.property_crime group by 1"
        ) == [(2015, 1)]

    @pytest.mark.parametrize(
        ("city", "state", "year", "violent"),
        [("Chicago", "IL", 2016, 30_126), ("Chicago", "IL", 2019, 25_532), ("San Francisco", "CA", 2020, 4_796)],
    )
    def test_a_printed_total_is_met(self, ask, city, state, year, violent):
        assert ask(
            "select sum(offenses) from core.fct_crime_year_printed where place_name = ? and state_code = ?"
            " and calendar_year = ? and fbi_offense_code in ('HOM', 'RPE', 'ROB', 'ASS')",
            city, state, year,
        ) == [(violent,)]  # fmt: skip

    def test_legacy_and_revised_rape_are_rows_of_their_own_and_the_printed_definition_is_in_no_doubt(self, ask):
        assert ask(
            "select series, count(*), count(break_reason) filter (where break_reason not like 'the level changes by %')"
            " from core.fct_crime_year_printed"
            " where fbi_offense_code = 'RPE' and calendar_year = 2013 group by 1 order by 1"
        ) == [("as printed; rape, legacy definition", 3858, 0), ("as printed; rape, revised definition", 5429, 0)]

    def test_four_cities_have_no_row_of_2021_and_the_others_of_that_year_are_flagged(self, ask):
        assert (
            ask(
                "select distinct calendar_year from core.fct_crime_year_printed where"
                " ((place_name = 'Chicago' and state_code = 'IL') or (place_name in ('Los Angeles', 'San Francisco')"
                " and state_code = 'CA') or (place_name = 'New York' and state_code = 'NY')) and calendar_year = 2021"
            )
            == []
        )
        assert ask("select distinct is_break, break_reason like '%NIBRS alone%' from core.fct_crime_year_printed"
                   " where calendar_year = 2021") == [(True, True)]  # fmt: skip
        holes = {
            r[0].partition(" has no row")[0]
            for r in ask(
                "select reason from reference.crime_series_breaks"
                " where kind = 'hole' and reason like '% annual table %'"
            )
        }
        assert holes == set(NO_ROW_IN_2021)

    @pytest.mark.parametrize(
        ("city", "state", "code", "year", "since", "before", "after", "percent"),
        [
            ("Chicago", "IL", "ASS", 2022, 2020, 16_597, 3_395, -79.5),
            ("Oakland", "CA", "ASS", 2023, 2022, 3_329, 11_169, 235.5),
            ("Jersey City", "NJ", "BUR", 2022, 2020, 500, 61, -87.8),
            # its row of 2013 has 0 of everything: a rise from nothing has no percent
            ("Greenville", "AL", "LAR", 2014, 2013, 0, 295, None),
            ("Jennings", "LA", "LAR", 2022, 2021, 0, 227, None),
            # Florida's thefts of vehicles stop being sent: fewer than 200 a year, and then none
            ("Doral", "FL", "MVT", 2022, 2020, 149, 0, -100.0),
            ("Coral Springs", "FL", "MVT", 2023, 2020, 160, 3, -98.1),
            # no row lies between: next to nothing beside a tenfold count is a change, however many years later
            ("Columbus", "IN", "LAR", 2023, 2019, 1_254, 0, -100.0),
            ("Terre Haute", "IN", "ASS", 2020, 2016, 23, 725, 3_052.2),
        ],
    )
    def test_a_fall_or_jump_from_one_printed_year_to_the_next_is_flagged(
        self, ask, city, state, code, year, since, before, after, percent
    ):
        assert ask(
            "select level_change_since_year, level_change_since_offenses, offenses, round(level_change_percent, 1),"
            " is_break, is_level_change_explained from core.fct_crime_year_printed"
            " where place_name = ? and state_code = ? and fbi_offense_code = ? and calendar_year = ?",
            city, state, code, year,
        ) == [(since, before, after, percent, True, False)]  # fmt: skip

    def test_a_footnote_on_a_state_is_one_on_each_of_its_cities(self, ask):
        """As many rows as the recorded tables print under a state with one; High Point has one of its own besides."""
        [(rows,)] = ask(
            "select count(*) from core.fct_crime_year_printed"
            " where fbi_offense_code = 'HOM' and footnote_texts like '%footnotes of the state%'"
        )
        assert rows == 3_502
        assert ask(
            "select distinct place_name, footnote_texts from core.fct_crime_year_printed"
            " where place_name in ('Charlotte-Mecklenburg', 'High Point') and state_code = 'NC'"
            " and calendar_year = 2018 order by place_name"
        ) == [
            ("Charlotte-Mecklenburg", "footnotes of the state 8"),
            ("High Point", "footnotes 6; footnotes of the state 8"),
        ]

    def test_few_rows_of_the_annual_tables_change_so(self, ask):
        [(changes, rows)] = ask("select count(level_change_percent), count(offenses)"
                                " from core.fct_crime_year_printed")  # fmt: skip
        assert 0 < changes < rows / 500

    def test_the_names_of_the_table_find_their_units(self, ask):
        """As many rows as the resolver ties, by people: the table prints cities, and the register of units has them."""
        [(share,)] = ask(
            "select sum(case when jurisdiction_key in (select jurisdiction_key from intermediate.int_identity__geoids)"
            " then population end) * 1.0 / sum(population)"
            " from core.fct_crime_year_printed where fbi_offense_code = 'ROB'"
        )
        assert share > 0.85


CONTROL = """
    create schema core;
    create table core.dim_agency as select 'a' as agency_key, 'SY' as state_code;
    create table core.fct_crime_month as select 'a' as agency_key, date '2025-01-01' as month_start,
        'ROB' as fbi_offense_code, 5 as offenses, 'Crime Data Explorer' as source_kind;
    create table core.fct_crime_area_month as select 'SY' as area, date '2025-01-01' as month_start,
        'ROB' as fbi_offense_code, {state} as offenses
"""


@pytest.mark.parametrize(("state", "found"), [(5, 0), (4, 1)])
def test_agencies_that_count_more_than_their_state_are_found(state, found):
    text = (DBT_PROJECT_DIR / "tests" / "assert_agencies_within_their_state.sql").read_text(encoding="utf-8")
    sql = re.sub(r"\{\{ config.*?\}\}", "", re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"core.\1", text))
    with duckdb.connect() as connection:
        connection.execute(CONTROL.format(state=state))
        assert len(connection.execute(sql).fetchall()) == found
