"""The command line over one published release, as a reader and an operator use it.

What belongs here: `clawback ...` in processes of its own, and known answers in the published file. What does not:
the gate's refusals (tests/release).
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration import sources
from orchestration.reading import questions, trace
from orchestration.reading.statements import Refused
from orchestration.recorded import build as recorded
from orchestration.release import history
from tests.conftest import clawback


@pytest.fixture(scope="module")
def connection(published):
    settings, _ = published
    with questions.connect(settings) as opened:
        yield opened


def on_a_terminal(home: Path, columns: int, *args: str) -> str:
    """What a command prints on a terminal of so many columns, without its colors."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "CLAWBACK_HOME": str(home), "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    command = [str(Path(sys.executable).with_name("clawback")), *args]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        printed = b""
        # a terminal that nobody writes to any more ends with an error
        with suppress(OSError):
            while piece := os.read(ours, 65_536):
                printed += piece
    os.close(ours)
    assert running.returncode == 0, printed
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode()).replace("\r\n", "\n")


def scalar(connection, sql: str):
    (value,) = connection.execute(sql).fetchone()
    return value


def test_every_dataset_was_captured_and_every_record_is_accounted_for(published, connection):
    _, account = published
    assert {night["dataset"] for night in account["datasets"]} == set(sources.DATASETS)
    assert account["published"] is True
    lost = connection.execute(
        "select dataset from"
        " (select dataset, sum(records) as n from meta.capture where status = 'accepted' group by all)"
        " join (select dataset, sum(records) as m from meta.record_fate group by all) using (dataset) where n <> m"
    ).fetchall()
    assert lost == []


class TestKnownAnswers:
    @pytest.mark.parametrize(
        ("year", "percent"), [(2016, 43.9), (2017, 44.9), (2018, 42.6), (2019, 40.9), (2020, 40.2), (2021, 45.6)]
    )
    def test_percent_of_violence_reported_is_the_bureaus(self, connection, year, percent):
        found = scalar(
            connection,
            "select percent_reported from core.fct_victimization_reporting_total"
            f" where calendar_year = {year} and victim_group = 'all' and offense_family = 'all_violent'",
        )
        assert found == pytest.approx(percent, abs=0.1)

    @pytest.mark.parametrize(("first", "hispanic", "n", "others"), [(2014, 51.0, 693, 44.5), (2017, 43.9, 992, 42.5)])
    def test_hispanic_reporting_by_three_years(self, connection, first, hispanic, n, others):
        found = connection.execute(
            "select hispanic_percent_reported, hispanic_interviewed, others_percent_reported"
            " from analysis.mart_survey_reporting_gap"
            f" where offense_family = 'all_violent' and window_kind = 'three years' and first_year = {first}"
        ).fetchone()
        assert found == (pytest.approx(hispanic, abs=0.1), n, pytest.approx(others, abs=0.1))

    @pytest.mark.parametrize(("day", "names"), [("2025-08-05", 35), ("2025-09-25", 35), ("2025-09-26", 34)])
    def test_the_doj_list_before_and_after_nevada(self, connection, day, names):
        found = scalar(
            connection,
            "select count(*) from core.fct_tracker_listing as l join core.dim_tracker as t using (tracker_key)"
            f" where t.tracker_code = 'doj' and l.listed_from <= date '{day}'"
            f" and (l.listed_to is null or l.listed_to > date '{day}')",
        )
        assert found == names

    def test_every_name_on_the_doj_list_is_resolved_to_its_own_kind_of_unit(self, connection):
        found = connection.execute(
            "select l.listed_name, l.level, j.geoid from core.fct_tracker_listing as l"
            " join core.dim_tracker as t using (tracker_key) join core.dim_jurisdiction as j using (jurisdiction_key)"
            " where t.tracker_code = 'doj'"
        ).fetchall()
        geoids = {(name, level): geoid for name, level, geoid in found}
        assert None not in geoids.values()
        assert geoids["New York City", "place"] == "3651000"
        assert geoids["Portland", "place"] == "4159000"
        assert geoids["Rochester", "place"] == "3663000"
        assert geoids["Newark", "place"] == "3451000"
        assert geoids["Baltimore County", "county"] == "24005"
        assert geoids["New York", "state"] == "36"
        # one consolidated government, printed as a county and as a city
        assert geoids["San Francisco County", "county"] == geoids["San Francisco City", "place"] == "0667000"

    def test_the_lapds_figures_stand_beside_the_citys(self, connection):
        found = connection.execute(
            "select offense_group, victim_group, figure from core.fct_published_statistic"
            " where publisher = 'LAPD' and period_to = date '2017-04-30' order by all"
        ).fetchall()
        assert found == [
            ("domestic_violence", "Citywide", -4.3),
            ("domestic_violence", "Hispanic", -8.1),
            ("sexual_assault", "Citywide", -13.7),
            ("sexual_assault", "Hispanic", -23.5),
        ]

    def test_every_claim_of_the_article_has_a_verdict_that_is_no_guess(self, connection):
        verdicts = dict(connection.execute("select claim_id, verdict from analysis.mart_claim_check").fetchall())
        assert verdicts == {
            # 212 million appropriated to the account (US Conference of Mayors), 130.8 announced in three of five areas
            "cops_total_fy2016": "bracketed",
            # the city's own release: 3,125,000 USD for 25 officers
            "chicago_chp_fy2016": "supported",
            # the House bill of July 2011 gave the Office nothing
            "fy2012_budget_scrap": "supported",
            # the longest list of that day has 163 jurisdictions, 20 of them cities (7 of those are counties too)
            "sanctuary_cities_over_100": "bracketed",
            "lapd_chp_fy2016": "published figures only",
            "latino_domestic_violence_reports_2017": "published figures only",
            "latino_sexual_assault_reports_2017": "published figures only",
            "hopkins_operation_recess": "published figures only",
            "mcfarland_tip_line": "not decided",
            "affirmed_after_election": "not decided",
        }

    def test_83_awards_add_up_to_the_transcribed_total_and_say_that_they_are_a_selection(self, connection):
        """114,985,583 USD: the sum of the 83 totals in the file that was transcribed."""
        assert connection.execute(
            "select count(*), sum(obligated_amount),"
            " min(captures.note) like '83 awards transcribed, not all there are%'"
            " from core.fct_award as awards join meta.capture as captures on awards._capture_id = captures.capture_id"
        ).fetchone() == (83, 114985583, True)


class TestReading:
    def test_nothing_else_is_in_reach_of_a_readers_sql(self, connection):
        for sql in (
            "select * from read_text('/etc/passwd')",
            "copy (select 1) to '/tmp/out.csv'",
            "attach '/tmp/other.duckdb'",
            "set enable_external_access = true",
            "create table core.mine (a int)",
        ):
            with pytest.raises(Refused):
                connection.execute(sql)

    @pytest.mark.parametrize("name", sorted(questions.questions()))
    def test_every_named_question_answers_and_carries_a_caveat(self, connection, name):
        asked = questions.question(name)
        assert asked.question.endswith("?")
        assert asked.caveats
        found = questions.answer(connection, asked, {})
        # No row is an answer only where it is a true none: every wording of New York's register is read.
        assert found.relation.fetchall() or (found.why_empty or "").startswith("None: "), name

    def test_there_are_at_least_eight_questions(self):
        assert len(questions.questions()) >= 8

    def test_an_unknown_parameter_is_refused_by_name(self, connection):
        with pytest.raises(questions.UnknownQuestion, match="it has: jurisdiction"):
            questions.ask(connection, questions.question("exposure"), {"city": "Chicago"})


class TestCommandLine:
    def test_a_second_refresh_with_nothing_new_builds_nothing(self, published):
        settings, _ = published
        before = history.last_release(settings).id
        done = clawback(settings.root, "refresh", "--json")
        account = json.loads(done.stdout)
        assert (done.returncode, account["published"], account["release"]) == (0, False, before)
        assert all(s["status"] == "unchanged" for night in account["datasets"] for s in night["slices"])
        # and nothing is said after it
        assert done.stderr.strip().endswith("dbt is not run")

    def test_another_refresh_at_the_same_time_is_told_so(self, published):
        settings, _ = published
        with FileLock(settings.root / "refresh.lock"):
            done = clawback(settings.root, "refresh")
        assert done.returncode == 5
        assert "another refresh runs" in done.stderr

    def test_the_summary_says_what_a_stranger_wants_to_know(self, published):
        settings, _ = published
        said = clawback(settings.root, "refresh").stdout
        for word in ("Release ", "What each source gave", "Rows a fact table", "Checks:", "Warehouse:", "?"):
            assert word in said, word
        # three answers in short, each with a caveat and the way to all of it
        for name in ("at_risk", "claims", "reporting_gap"):
            assert f"caveats: clawback query {name}\n" in said
        # short enough to be read, and where to look next stands last
        assert len(said.splitlines()) <= 110
        assert said.splitlines()[-1].startswith("  make sql ")

    def test_an_answer_fits_the_terminal_that_it_is_shown_on(self, published):
        """A terminal of 100 columns: lines that are wider would be wrapped by it, in the middle of rows."""
        settings, _ = published
        for command in (("query", "at_risk"), ("query", "reporting_gap"), ("status",)):
            said = on_a_terminal(settings.root, 100, *command)
            assert [line for line in said.splitlines() if len(line) > 100] == [], command
        # every figure is there: the share of Chicago, and that of Philadelphia, which is not zero
        said = on_a_terminal(settings.root, 100, "query", "at_risk")
        assert "obligated_usd                26,269,396" in said
        assert "share_of_nation_percent      0.034" in said

    def test_query_prints_the_caveats_and_json_is_json(self, published):
        settings, _ = published
        said = clawback(settings.root, "query", "exposure", "--jurisdiction", "Chicago")
        assert said.returncode == 0
        assert "caveat: " in said.stdout
        assert "https://www.usaspending.gov/award/ASST_NON_" in said.stdout
        rows = json.loads(clawback(settings.root, "query", "at_risk", "--json").stdout)
        assert {row["jurisdiction_name"] for row in rows} >= {"Chicago city, Illinois"}
        behind = json.loads(clawback(settings.root, "query", "exposure", "--jurisdiction", "Chicago", "--json").stdout)
        # the city, and neither Chicago Heights nor Chicago Ridge
        assert {row["jurisdiction"] for row in behind} == {"Chicago city, Illinois"}
        total = next(row for row in rows if row["jurisdiction_name"] == "Chicago city, Illinois")
        assert sum(float(row["obligated_amount"]) for row in behind) == float(total["obligated_usd"])

    def test_query_writes_files_of_every_format(self, published, tmp_path):
        settings, _ = published
        for kind in ("csv", "json", "parquet", "xlsx"):
            target = tmp_path / f"claims.{kind}"
            done = clawback(settings.root, "query", "claims", "--format", kind, "--output", str(target))
            assert done.returncode == 0, done.stderr
            assert target.stat().st_size > 0

    def test_usage_errors_exit_2_and_say_the_way_out(self, published):
        settings, _ = published
        for args, word in (
            (("query", "nothing"), "there are: "),
            (("refresh", "--source", "nothing"), "there are: "),
            (("refresh", "--slice", "fbi/agencie=VT"), "no dataset 'fbi/agencie'"),
            (("refresh", "--slice", "fbi/agencies=ZZ"), "no slice 'ZZ' of fbi/agencies in the recorded edition"),
            (("refresh", "--accept", "x"), "--because"),
            (("import", "bjs/victimizations", __file__, "--accept", "volume:bjs/victimizations=2016"), "--because"),
            (("refresh", "--accept", "x", "--because", "synthetic"), "no release check is named 'x'; there are: "),
            (("refresh", "--accept", "readable:doj/sanctuary_list=list", "--because", "synthetic"), "can be accepted"),
            (("refresh", "--accept", "volume:doj/nothing=list", "--because", "synthetic"), "no dataset 'doj/nothing'"),
            (("refresh", "--live"), "CLAWBACK_CONTACT"),
            (("import", "nothing/none", __file__), "there are: "),
            (("query", "claims", "--format", "parquet"), "--output"),
            (("query", "at-risk"), "is at_risk meant?"),
            (("query", "exposure", "--set", "Chicago"), "write name=value"),
            (("query", "exposure", "--jurisdiction", "Chicago", "--set", "jurisdiction=Boston"), "given twice"),
            (("cite", "exposure", "--set", "jurisdiction=Chicago", "--set", "jurisdiction=Boston"), "given twice"),
            (("sql", " "), "no statement"),
        ):
            done = clawback(settings.root, *args)
            assert done.returncode == 2, (args, done.stdout, done.stderr)
            assert word in done.stderr

    def test_the_live_edition_asks_nobody_without_a_contact_however_it_was_chosen(self, tmp_path):
        done = clawback(tmp_path / "home", "refresh", "--dry-run", CLAWBACK_EDITION="live")
        assert done.returncode == 2
        assert "CLAWBACK_EDITION=live needs CLAWBACK_CONTACT" in done.stderr

    def test_sql_answers_and_refuses_to_write(self, published):
        settings, _ = published
        done = clawback(settings.root, "sql", "select count(*) as awards from core.fct_award", "--json")
        assert json.loads(done.stdout) == [{"awards": 83}]
        assert clawback(settings.root, "sql", "delete from core.fct_award").returncode == 1

    def test_a_wrong_column_of_a_trace_and_an_empty_list_of_tables_say_the_way_out(self, published):
        settings, _ = published
        for args, word in (
            (("trace", "core.fct_award", "nocolumn=1"), "has no column 'nocolumn'; it has: award_key, fain, "),
            (("trace", "core.fct_award", "fain=none"), 'clawback sql "from core.fct_award limit 5"'),
            (("sql", "show tables"), "from duckdb_tables()"),
            # the first day of the calendar is a day
            (("query", "exposure", "--as-of", "0001-01-01", "--format", "csv"), "Nothing is known of 0001-01-01"),
        ):
            assert word in clawback(settings.root, *args).stderr, args

    def test_the_list_of_questions_can_be_typed_as_it_stands(self, published):
        settings, _ = published
        listed = clawback(settings.root, "query").stdout
        (line,) = [line for line in listed.splitlines() if line.startswith("city_reporting ")]
        words = shlex.split(line.replace("[", "").replace("]", ""))
        given = [word for word in words if "=" in word]
        assert "jurisdiction=Los Angeles" in given
        done = clawback(settings.root, "query", "city_reporting", *(x for one in given for x in ("--set", one)))
        assert done.returncode == 0, done.stderr

    def test_before_anything_is_published_reading_says_what_to_do(self, tmp_path):
        done = clawback(tmp_path / "empty", "query", "claims")
        assert done.returncode == 2
        assert "clawback refresh" in done.stderr

    def test_status_releases_and_doctor_answer(self, published):
        settings, _ = published
        status = json.loads(clawback(settings.root, "status", "--json").stdout)["sources"]
        assert {row["dataset"] for row in status} == set(sources.DATASETS)
        states = {row["dataset"]: row["state"] for row in status}
        assert {name for name, state in states.items() if state == "nothing captured"} == set(recorded.NOT_RECORDED)
        assert set(states.values()) == {"serving", "nothing captured"}
        assert json.loads(clawback(settings.root, "releases", "--json").stdout)[0]["serves"] is True
        doctor = clawback(settings.root, "doctor", "--json", DATA_GOV_API_KEY="SYNTHETIC-KEY")
        assert doctor.returncode == 0
        assert "SYNTHETIC-KEY" not in doctor.stdout
        assert any(f["what"] == "DATA_GOV_API_KEY" and f["state"] == "ok" for f in json.loads(doctor.stdout))

    def test_dry_run_shows_the_slices_that_are_named(self, tmp_path):
        named = ("--source", "fbi/agencies", "--slice", "fbi/agencies=VT")
        done = clawback(tmp_path / "home", "refresh", "--dry-run", *named)
        assert "fbi/agencies: 1 slice (VT); captures that serve now: 0" in done.stdout
        refused = clawback(tmp_path / "home", "refresh", "--dry-run", "--slice", "fbi/agencies=ZZ")
        assert (refused.returncode, "no slice 'ZZ'" in refused.stderr) == (2, True)

    def test_dry_run_asks_nothing_and_writes_nothing(self, tmp_path):
        done = clawback(tmp_path / "home", "refresh", "--dry-run", "--live", CLAWBACK_CONTACT="synthetic@example.org")
        assert done.returncode == 0, done.stderr
        assert "usaspending/awards" in done.stdout
        assert not (tmp_path / "home" / "landing").exists()


class TestTrace:
    def test_every_fact_leads_back_to_bytes_with_the_recorded_digest(self, published, connection):
        settings, _ = published
        columns = dict(
            connection.execute(
                "select table_name, list(column_name order by column_index) from duckdb_columns()"
                " where schema_name = 'core' and table_name like 'fct%' and database_name = current_database()"
                " and table_oid in (select table_oid from duckdb_tables() where database_name = current_database())"
                " group by 1"
            ).fetchall()
        )
        # Former names are views: their tables are traced under the names of today.
        without = {table for table, names in columns.items() if not {"_capture_id", "_payload_id"} <= set(names)}
        assert without == set()
        traced = set()
        for table in sorted(columns):
            key = columns[table][0]
            for value in connection.execute(f"select {key} from core.{table} order by hash({key}) limit 2").fetchall():
                found = trace.trace(settings, f"core.{table}", f"{key}={value[0]}")
                assert found.digest_verified, table
                assert found.found_in_payload, f"{table}: {found.proof}"
                assert found.records, table
                assert found.payload["url"], table
                assert found.capture["kind"] == "transcribed", table
                traced.add(table)
        # Those that the recorded edition has no rows of; the pair's own test holds for them in every build.
        empty = {"fct_award_transaction", "fct_crime_area_month", "fct_crime_area_month_total"}
        assert columns.keys() - without - traced == empty

    def test_an_award_leads_to_the_record_that_holds_its_number(self, published):
        settings, _ = published
        found = trace.trace(settings, "core.fct_award", "fain=2020ULWX0056")
        (record,) = found.records
        assert record["Award ID"] == "2020ULWX0056"
        assert float(record["Award Amount"]) == float(found.row["obligated_amount"])
        said = clawback(settings.root, "trace", "core.fct_award", "fain=2020ULWX0056").stdout
        assert "verified against the WARC" in said

    def test_what_cannot_be_traced_says_why(self, published):
        settings, _ = published
        for table, key, word in (
            ("core.nothing", "1", "no published table"),
            ("core.fct_award", "fain=none", "no row with fain"),
            ("analysis.mart_claim_check", "cops_total_fy2016", "carries no provenance"),
        ):
            with pytest.raises(trace.CannotTrace, match=word):
                trace.trace(settings, table, key)
