"""The gate, each refusal by its real mechanism: what fails it leaves the published file the same to the byte.

What belongs here: mutants of a candidate that was good. What does not: how a good one is published (test_publish).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import sources
from orchestration.assets.warehouse import dbt_environment
from orchestration.landing import land
from orchestration.landing.catalog import Catalog
from orchestration.release import audit, findings, history, markers, publish
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Slice
from orchestration.wire import Payload
from tests.conftest import copy_home, take_over


def fingerprint(settings: Settings) -> tuple[str, str, float]:
    """Where the symlink points, the file's hash and its time: nothing of it may change."""
    file = settings.published_file
    return os.readlink(settings.published_dir), markers.file_sha256(file), file.stat().st_mtime


def spoil(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.build_file)) as connection:
        for statement in statements:
            connection.execute(statement)


def dbt_test(settings: Settings, *args: str) -> None:
    """dbt's own tests over the candidate as it is now, in a process of their own."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "test", "--project-dir", str(DBT_PROJECT_DIR)]
    command += ["--profiles-dir", str(DBT_PROJECT_DIR), "--target-path", str(settings.dbt_target_dir), *args]
    environment = {**os.environ, **dbt_environment(settings)}
    subprocess.run(command, env=environment, cwd=settings.build_dir, check=False, capture_output=True)


def seal(settings: Settings, run_id: str) -> markers.Marker:
    return markers.seal(settings, run_id=run_id)


def edit_json(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    said = json.loads(path.read_text())
    edit(said)
    path.write_text(json.dumps(said))


def refusal(settings: Settings, run_id: str, **accepted: str) -> findings.GateRefused:
    """Audit and publish as the publisher does; the refusal, with the published file unharmed."""
    before = fingerprint(settings)
    with pytest.raises(findings.GateRefused) as refused:
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
    assert {check.kind for check in report.checks} == {"dbt test", "release check"}


@pytest.fixture(scope="module")
def tested_again(
    published: tuple[Settings, dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, str]:
    """A candidate with one wrong row, and dbt's tests over it but for one: (settings, run id), to be sealed anew."""
    original, account = published
    settings = Settings(home=tmp_path_factory.mktemp("tested-again") / "home", edition="recorded")
    copy_home(original, settings.root)
    spoil(
        settings,
        "update core.fct_award set undisbursed_amount = obligated_amount, outlayed_amount = null"
        " where fain = '2020ULWX0056'",
    )
    dbt_test(settings, "--exclude", "assert_records_conserved")
    return settings, str(account["run_id"])


def test_a_failing_dbt_test_is_refused_with_its_name_and_the_way_to_its_rows(tested_again):
    settings, run_id = tested_again
    take_over(settings, run_id)
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == [
        "assert_records_conserved",
        "assert_undisbursed_only_where_known",
        "checks kept",
    ]
    found = refused.findings[1]
    assert found.detail == "1 rows fail"
    assert "assert_undisbursed_only_where_known: 1 rows fail" in str(refused)
    query = Path(found.see.rpartition("< ")[2]).read_text()
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        assert len(connection.sql(query).fetchall()) == 1


def test_a_test_left_out_of_the_build_is_refused_and_cannot_be_accepted(tested_again):
    settings, run_id = tested_again
    take_over(settings, run_id)
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [(f.check, f.detail) for f in refused.findings[:1]] == [
        ("assert_records_conserved", "the test was left out of the build")
    ]
    assert refused.findings[-1].check == "checks kept"
    with pytest.raises(findings.GateRefused, match="left out"):
        audit.audit(settings, run_id=run_id, accepted={"assert_records_conserved": "synthetic"})


def test_a_test_that_may_only_warn_must_still_have_run(sealed):
    settings, run_id = sealed
    manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text())
    lenient = next(
        uid
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and node["config"]["severity"].lower() == "warn"
    )

    def broken(results: dict[str, Any]) -> None:
        (one,) = (r for r in results["results"] if r["unique_id"] == lenient)
        one.update(status="error", message="synthetic: no such column", failures=None)

    edit_json(settings.dbt_target_dir / "run_results.json", broken)
    seal(settings, run_id)
    assert [f.check for f in refusal(settings, run_id).findings] == [manifest["nodes"][lenient]["name"]]


def test_a_model_that_was_not_built_is_refused_by_name(sealed):
    """dbt skips what stands on a failed model; its table may be there from an earlier build."""
    settings, run_id = sealed

    def skipped(results: dict[str, Any]) -> None:
        (one,) = (r for r in results["results"] if r["unique_id"] == "model.clawback.mart_claim_check")
        one.update(status="skipped", message="synthetic: skipped")

    edit_json(settings.dbt_target_dir / "run_results.json", skipped)
    seal(settings, run_id)
    (finding,) = refusal(settings, run_id).findings
    assert (finding.check, finding.detail) == ("mart_claim_check", "synthetic: skipped")


def test_a_join_that_lies_is_refused_with_its_facts_and_its_key(sealed):
    """Names without a unit thrown together on the unknown member, as they once were."""
    settings, run_id = sealed
    nobody = "jurisdiction_key in (select jurisdiction_key from core.dim_jurisdiction where not is_resolved)"
    spoil(
        settings,
        f"update core.fct_award set jurisdiction_key = '-1' where {nobody}",
        f"update core.fct_tracker_listing set jurisdiction_key = '-1' where {nobody}",
    )
    seal(settings, run_id)
    found = {finding.check: finding for finding in refusal(settings, run_id).findings}
    # what was moved is seen by itself
    assert found.keys() <= {"joins", "places of money obligated", "places of listings open"}
    finding = found["joins"]
    assert "fct_award with fct_tracker_listing on jurisdiction_key" in finding.detail


def test_a_candidate_of_another_run_is_refused(sealed):
    settings, _ = sealed
    refused = refusal(settings, "another-run")
    assert refused.findings[0].check == "build marker"
    assert "another-run" in refused.findings[0].detail


def test_sealing_a_build_that_another_run_began_is_refused(sealed):
    settings, _ = sealed
    with pytest.raises(findings.GateRefused, match="was made by"):
        seal(settings, "another-run")


def test_a_publication_started_alone_on_an_unaudited_file_is_refused(sealed):
    settings, run_id = sealed
    (settings.build_dir / markers.MARKER_FILE).unlink()
    refused = refusal(settings, run_id)
    assert "no sealed candidate" in str(refused)


def test_a_file_changed_after_it_was_sealed_is_refused(sealed):
    settings, run_id = sealed
    spoil(settings, "delete from core.fct_award where fain = '2020ULWX0056'")
    assert "changed after it was sealed" in str(refusal(settings, run_id))


def test_a_file_changed_between_audit_and_publication_is_refused(sealed):
    settings, run_id = sealed
    before = fingerprint(settings)
    report = audit.audit(settings, run_id=run_id)
    spoil(settings, "delete from core.fct_award where fain = '2020ULWX0056'")
    with pytest.raises(findings.GateRefused, match="changed after it was audited"):
        publish.publish(settings, report)
    assert fingerprint(settings) == before


@pytest.mark.parametrize("name", ["run_results.json", "manifest.json"])
def test_what_another_dbt_invocation_left_is_refused(sealed, name):
    settings, run_id = sealed
    edit_json(settings.dbt_target_dir / name, lambda said: said["metadata"].update(invocation_id="another"))
    assert f"{name} was changed after it was sealed" in str(refusal(settings, run_id))
    seal(settings, run_id)
    # the mark takes its invocation from the results, so it is the manifest that is another's
    assert "manifest.json is of another invocation" in str(refusal(settings, run_id))


def test_a_mark_that_names_other_captures_than_the_candidate_reads_is_refused(sealed):
    settings, run_id = sealed
    begun = markers.Begun.model_validate_json((settings.build_dir / markers.BEGUN_FILE).read_text())
    markers.write_begun(settings, begun.model_copy(update={"captures": [*begun.captures, "synthetic"]}))
    seal(settings, run_id)
    assert "1 captures are in the marker or in raw.capture but not in both: synthetic" in str(refusal(settings, run_id))


def test_a_capture_that_lands_during_the_build_is_not_taken_for_built(sealed):
    """Else the next run would find nothing new, and leave it out for good."""
    settings, run_id = sealed
    when = datetime(2026, 11, 24, tzinfo=UTC)
    bound = {"year": "2016", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "n": "1", "weight": "1"}
    landed = land.write(
        sources.get("bjs/victimizations"), Slice("2016"),
        [Payload(json.dumps([bound] * 40).encode(), "https://synthetic.invalid/rows", when)],
        landing_dir=settings.landing_dir, kind="fetched", edition="live", retrieved_at=when,
    )  # fmt: skip
    assert landed.status == "landed", landed.message
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    assert landed.capture in catalog.serving(sources.get("bjs/victimizations"))
    marker = seal(settings, run_id)
    assert landed.capture.capture_id not in marker.captures
    publish.publish(settings, audit.audit(settings, run_id=run_id))
    assert history.unchanged_since(settings, catalog) is None


def test_a_fall_of_half_in_a_fact_is_refused_unless_somebody_says_why(sealed):
    settings, run_id = sealed
    spoil(settings, "delete from core.fct_enforcement_event where rowid % 2 = 0")
    seal(settings, run_id)
    refused = refusal(settings, run_id)
    assert [f.check for f in refused.findings] == ["rows of core.fct_enforcement_event"]
    assert "(-50%)" in str(refused)

    accepted = {"rows of core.fct_enforcement_event": "synthetic: half of the counties were taken away"}
    release = publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=accepted))
    assert release.accepted == accepted
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        recorded = connection.execute(
            "select status, accepted_because from meta.check_result"
            " where check_name = 'rows of core.fct_enforcement_event'"
        ).fetchall()
    assert recorded == [("fail", "synthetic: half of the counties were taken away")]


def test_a_fall_is_measured_against_the_last_release_of_the_same_edition_whichever_serves(sealed):
    settings, run_id = sealed
    release = json.loads((settings.published_dir / "release.json").read_text())
    kept = settings.releases_dir / "1999.01.01"
    shutil.copytree(settings.published_dir.resolve(), kept)
    edit_json(kept / "release.json", lambda said: said.update(id="1999.01.01"))
    edit_json(settings.published_dir / "release.json", lambda said: said.update(edition="live"))
    spoil(settings, "delete from core.fct_enforcement_event where rowid % 2 = 0")
    seal(settings, run_id)
    (found,) = refusal(settings, run_id).findings
    assert f"against {release['rows']['core.fct_enforcement_event']:,} in release 1999.01.01" in found.detail


def test_accepting_a_check_that_does_not_exist_is_refused(sealed):
    settings, run_id = sealed
    refused = refusal(settings, run_id, **{"rows of core.fct_nothing": "synthetic"})
    assert refused.findings[0].check == "accept"


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
        "update core.fct_victimization_reporting_total set percent_reported = percent_reported + 1"
        " where calendar_year = 2016",
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
    assert [f.check for f in refusal(settings, run_id).findings] == ["tables kept", "columns described"]


@pytest.mark.parametrize(
    ("dataset", "lost", "is_refused"),
    [
        # one name of a list: its listing would end
        ("doj__sanctuary_list", 1, True),
        # of a slice that holds all one record alone is no share, many are
        ("census__gazetteer", 1, False),
        ("bjs__victimizations", 50, True),
        # all of a small slice, though one record
        ("usaspending__assistance_listings", None, True),
    ],
)
def test_a_capture_whose_records_went_to_quarantine_is_refused_by_name(sealed, dataset, lost, is_refused):
    settings, run_id = sealed
    with duckdb.connect(str(settings.build_file)) as connection:
        capture_id, slice_, records = connection.execute(
            "select capture_id, slice, records from meta.capture where dataset = ? and is_serving"
            " order by records desc limit 1", [dataset],
        ).fetchone()  # fmt: skip
        relation = connection.execute(
            "select table_type from information_schema.tables where table_schema = 'quarantine' and table_name = ?",
            [dataset],
        ).fetchone()
        assert relation == ("BASE TABLE",)
        lost = lost or records
        connection.execute(
            f"insert into quarantine.{dataset} (_reject_reason, _capture_id, _record_no)"
            f" select 'synthetic', '{capture_id}', range from range({lost})"
        )
    seal(settings, run_id)
    if not is_refused:
        assert audit.audit(settings, run_id=run_id).passed
        return
    refused = refusal(settings, run_id)
    (finding,) = refused.findings
    assert finding.check == f"quarantine of {dataset}"
    assert f"slice {slice_}: {lost:,} of {records:,} records (synthetic)" in finding.detail
    assert capture_id in finding.see
