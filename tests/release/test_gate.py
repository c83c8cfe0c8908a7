"""The gate, each refusal by its real mechanism: what fails it leaves the published file the same to the byte.

What belongs here: mutants of a candidate that was good. What does not: how a good one is published (test_publish).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.assets.warehouse import dbt_environment
from orchestration.landing.catalog import Catalog
from orchestration.release import audit, publish
from orchestration.settings import DBT_PROJECT_DIR, Settings


def fingerprint(settings: Settings) -> tuple[str, str, float]:
    """Where the symlink points, the file's hash and its time: nothing of it may change."""
    file = settings.published_file
    return os.readlink(settings.published_dir), audit.file_sha256(file), file.stat().st_mtime


def spoil(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.build_file)) as connection:
        for statement in statements:
            connection.execute(statement)


def dbt_test(settings: Settings, *args: str) -> None:
    """dbt's own tests over the candidate as it is now, in a process of their own."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "test", "--project-dir", str(DBT_PROJECT_DIR)]
    command += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir), *args]
    subprocess.run(command, env={**os.environ, **dbt_environment(settings)}, check=False, capture_output=True)


def seal(settings: Settings, run_id: str) -> None:
    audit.seal(settings, run_id=run_id, catalog=Catalog(settings.landing_dir, as_of=None, edition="recorded"))


def refusal(settings: Settings, run_id: str, **accepted: str) -> audit.GateRefused:
    """Audit and publish as the publisher does; the refusal, with the published file unharmed."""
    before = fingerprint(settings)
    with pytest.raises(audit.GateRefused) as refused:
        publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=accepted))
    assert fingerprint(settings) == before
    for finding in refused.value.findings:
        assert finding.check
        assert finding.see, "a finding says how to see it"
    return refused.value


def test_the_candidate_that_was_published_passes_again(sealed):
    settings, run_id = sealed
    report = audit.audit(settings, run_id=run_id)
    assert report.passed > 300
    assert {check.kind for check in report.checks} == {"dbt test", "dbt unit test", "release check"}


def test_a_failing_dbt_test_is_refused_with_its_name_and_the_way_to_its_rows(sealed):
    settings, run_id = sealed
    spoil(
        settings,
        "update core.fct_award set undisbursed_amount = obligated_amount, outlayed_amount = null"
        " where fain = '2020ULWX0056'",
    )
    dbt_test(settings)
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["assert_undisbursed_only_where_known"]
    assert "1 rows fail" in str(refused)
    query = Path(refused.findings[0].see.rpartition("< ")[2]).read_text()
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        assert len(connection.sql(query).fetchall()) == 1


def test_a_test_left_out_of_the_build_is_refused(sealed):
    settings, run_id = sealed
    dbt_test(settings, "--exclude", "assert_records_conserved")
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [(f.check, f.detail) for f in refused.findings] == [
        ("assert_records_conserved", "the test was left out of the build")
    ]


def test_a_candidate_of_another_run_is_refused(sealed):
    settings, _ = sealed
    refused = refusal(settings, "another-run")
    assert refused.findings[0].check == "build marker"
    assert "another-run" in refused.findings[0].detail


def test_sealing_a_build_that_another_run_began_is_refused(sealed):
    settings, _ = sealed
    with pytest.raises(audit.GateRefused, match="was made by"):
        seal(settings, "another-run")


def test_a_publication_started_alone_on_an_unaudited_file_is_refused(sealed):
    settings, run_id = sealed
    (settings.build_dir / audit.MARKER_FILE).unlink()
    refused = refusal(settings, run_id)
    assert "no sealed candidate" in str(refused)


def test_a_file_changed_after_it_was_sealed_is_refused(sealed):
    settings, run_id = sealed
    spoil(settings, "delete from core.fct_award where fain = '2020ULWX0056'")
    assert "changed after it was sealed" in str(refusal(settings, run_id))


def test_results_of_another_dbt_invocation_are_refused(sealed):
    settings, run_id = sealed
    path = settings.dbt_target_dir / "run_results.json"
    results = json.loads(path.read_text())
    results["metadata"]["invocation_id"] = "another"
    path.write_text(json.dumps(results))
    assert "another invocation" in str(refusal(settings, run_id))


def test_a_fall_of_half_in_a_fact_is_refused_unless_somebody_says_why(sealed):
    settings, run_id = sealed
    spoil(settings, "delete from core.fct_crime_month where month_date_key > 20250831")
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["rows of core.fct_crime_month"]
    assert "(-50%)" in str(refused)

    accepted = {"rows of core.fct_crime_month": "synthetic: half of the months were taken away"}
    release = publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=accepted))
    assert release.accepted == accepted
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        recorded = connection.execute(
            "select status, accepted_because from meta.check_result where check_name = 'rows of core.fct_crime_month'"
        ).fetchall()
    assert recorded == [("fail", "synthetic: half of the months were taken away")]


def test_accepting_a_check_that_does_not_exist_is_refused(sealed):
    settings, run_id = sealed
    refused = refusal(settings, run_id, **{"rows of core.fct_nothing": "synthetic"})
    assert refused.findings[0].check == "accept"


def test_a_dbt_test_cannot_be_accepted(sealed):
    settings, run_id = sealed
    dbt_test(settings, "--exclude", "assert_records_conserved")
    seal(settings, run_id)
    with pytest.raises(audit.GateRefused, match="left out"):
        audit.audit(settings, run_id=run_id, accepted={"assert_records_conserved": "synthetic"})


def test_a_broken_control_total_is_refused(sealed):
    settings, run_id = sealed
    spoil(
        settings,
        "update meta.capture set control_total = counted + 1 where dataset = 'bjs__victimizations' and slice = '2016'",
    )
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["control totals"]
    assert "bjs__victimizations 2016" in str(refused)


def test_a_lost_record_is_refused(sealed):
    settings, run_id = sealed
    spoil(settings, "update meta.record_fate set records = records - 1 where dataset = 'fbi__agencies'")
    seal(settings, run_id)
    assert [f.check for f in refusal(settings, run_id).findings] == ["records conserved"]


def test_a_key_figure_that_is_not_the_published_one_is_refused(sealed):
    settings, run_id = sealed
    spoil(
        settings,
        "update core.fct_victimization_reporting set percent_reported = percent_reported + 1 where survey_year = 2016",
    )
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["key figure ncvs_all_violent_2016"]
    assert "published 43.9" in str(refused)


def test_an_undescribed_column_is_refused(sealed):
    settings, run_id = sealed
    spoil(settings, "alter table core.dim_tracker add column secret_thoughts varchar")
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["columns described"]
    assert "secret_thoughts" in str(refused)


def test_a_published_table_that_is_gone_is_refused(sealed):
    settings, run_id = sealed
    spoil(settings, "drop table analysis.mart_claim_check")
    seal(settings, run_id)
    assert "tables kept" in [f.check for f in refusal(settings, run_id).findings]
