"""Marks that another process made, files that changed since they were sealed, findings that were accepted.

What belongs here: forgeries of a good candidate, each by the means that another process has. What does not: faults of
the tables (test_gate, test_sums).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.assets import gate
from orchestration.landing.catalog import Catalog
from orchestration.refresh.account import ANOTHER_RUNS, account_of
from orchestration.release import accepted, audit, dbt_manifest, findings, history, markers, publish
from orchestration.settings import Settings
from tests.conftest import clawback
from tests.release.test_gate import edit_json, fingerprint, refusal, seal, spoil

# What another process can do that knows this code and the run's id, and may write the home.
FORGE = """
import sys
from pathlib import Path
import duckdb
from orchestration.release import markers
from orchestration.settings import Settings

settings, run_id = Settings(home=Path(sys.argv[1]), edition="recorded"), sys.argv[2]
with duckdb.connect(str(settings.build_file)) as connection:
    connection.execute("update core.fct_award set obligated_amount = obligated_amount * 1.01")
markers.new_key(run_id)
markers.write_begun(settings, markers.Begun.model_validate_json((settings.build_dir / markers.BEGUN_FILE).read_text()))
markers.seal(settings, run_id=run_id)
"""


def test_a_mark_that_another_process_forged_is_refused(sealed):
    settings, run_id = sealed
    subprocess.run([sys.executable, "-c", FORGE, str(settings.root), run_id], check=True)
    marker = markers.last_marker(settings)
    assert marker is not None
    assert marker.sha256 == markers.file_sha256(settings.build_file), "the forgery is whole but for the key"
    (found,) = refusal(settings, run_id).findings
    assert found.check == "build marker"
    assert "build.json was not signed by this run" in found.detail
    with pytest.raises(findings.GateRefused, match=r"begun\.json was not signed by this run"):
        seal(settings, run_id)


def test_a_process_that_did_not_build_publishes_nothing(published, sealed):
    settings, _ = sealed
    _, account = published
    script = (
        "import sys; from pathlib import Path; from orchestration.release import audit;"
        " from orchestration.settings import Settings;"
        " audit.audit(Settings(home=Path(sys.argv[1]), edition='recorded'), run_id=sys.argv[2])"
    )
    command = [sys.executable, "-c", script, str(settings.root), str(account["run_id"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "was not signed by this run" in done.stderr


def test_a_mark_with_one_thing_changed_is_refused(sealed):
    settings, run_id = sealed
    path = settings.build_dir / markers.MARKER_FILE
    good = path.read_text()
    for field in ("captures", "fingerprint", "code_digest", "edition", "sha256", "manifest_sha256", "results_sha256"):
        said = json.loads(good)
        path.write_text(json.dumps({**said, field: said[field] * 2}))
        assert "was not signed by this run" in str(refusal(settings, run_id)), field


def test_a_mark_that_is_no_mark_is_refused(sealed):
    settings, run_id = sealed
    (settings.build_dir / markers.MARKER_FILE).write_text("{synthetic")
    assert "made by no run" in str(refusal(settings, run_id))


def _without_a_test(manifest: dict[str, Any]) -> None:
    del manifest["nodes"]["test.clawback.assert_records_conserved"]


def _without_any_test(manifest: dict[str, Any]) -> None:
    manifest["nodes"] = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] != "test"}
    manifest["unit_tests"] = {}


def _lenient(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["test.clawback.assert_records_conserved"]["config"]["severity"] = "warn"


def _always_true(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["test.clawback.assert_records_conserved"]["raw_code"] = "select 1 where false"


def _other_description(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["model.clawback.fct_award"]["columns"]["obligated_amount"]["description"] = "Synthetic: EUR."


def _one_more_model(manifest: dict[str, Any]) -> None:
    model = manifest["nodes"]["model.clawback.fct_award"]
    manifest["nodes"]["model.clawback.fct_synthetic"] = {**model, "name": "fct_synthetic"}


FORGED_MANIFESTS: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_without_a_test, "test assert_records_conserved is missing"),
    (_without_any_test, "is missing"),
    (_lenient, "test assert_records_conserved has another severity"),
    (_always_true, "test assert_records_conserved has another SQL"),
    (_other_description, "model fct_award has another columns"),
    (_one_more_model, "model fct_synthetic is not in the project"),
]


def test_a_manifest_that_is_not_the_projects_is_refused_sealed_or_not(sealed):
    settings, run_id = sealed
    path = settings.dbt_target_dir / markers.MANIFEST_FILE
    good = path.read_text()
    for forge, said in FORGED_MANIFESTS:
        path.write_text(good)
        seal(settings, run_id)
        edit_json(path, forge)
        assert "manifest.json was changed after it was sealed" in str(refusal(settings, run_id)), said
        # and if the build itself was made with it
        seal(settings, run_id)
        (found,) = refusal(settings, run_id).findings
        assert found.check == "dbt manifest"
        assert said in found.detail


def test_the_project_is_parsed_once_for_all_homes(tmp_path):
    one, other = (Settings(home=tmp_path / name, edition="recorded") for name in ("one", "other"))
    path = dbt_manifest.parsed(one)
    before = path.stat()
    assert dbt_manifest.parsed(other) == path
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not one.dagster_home.exists()


def test_a_build_takes_over_what_was_parsed(published):
    settings, _ = published
    said = (settings.build_dir / "logs" / "dbt.out").read_text(encoding="utf-8")
    assert "Running with dbt" in said
    assert "Unable to do partial parsing" not in said


def test_where_nobody_may_write_beside_the_project_the_home_keeps_its_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(dbt_manifest, "DBT_PROJECT_DIR", tmp_path / "nobody writes here")
    settings = Settings(home=tmp_path, edition="recorded")
    assert dbt_manifest.partial_parse(settings).parent == settings.dagster_home / "dbt"


def test_results_changed_after_the_seal_are_refused(sealed):
    settings, run_id = sealed
    edit_json(settings.dbt_target_dir / markers.RESULTS_FILE, lambda said: said["results"].pop())
    assert "run_results.json was changed after it was sealed" in str(refusal(settings, run_id))


def test_the_projects_manifest_is_parsed_anew_where_somebody_changed_it(settings, tmp_path):
    folder = shutil.copytree(dbt_manifest.parsed(settings).parent, tmp_path / "parsed")
    path = dbt_manifest.parsed_in(folder, settings)
    whole = path.read_bytes()
    edit_json(path, _without_any_test)
    assert dbt_manifest.parsed_in(folder, settings) == path
    assert dbt_manifest.expected_tests(json.loads(path.read_text())).keys() == (
        dbt_manifest.expected_tests(json.loads(whole)).keys()
    )


def test_fewer_checks_by_the_same_code_are_refused(sealed):
    settings, run_id = sealed
    folder = settings.published_dir.resolve()
    _writable(folder)
    edit_json(folder / "release.json", lambda said: said["checks"].update(passed=said["checks"]["passed"] + 1))
    (found,) = refusal(settings, run_id).findings
    assert found.check == "checks kept"


def _writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_an_accepted_finding_stays_in_sight_until_a_green_release(sealed):
    settings, run_id = sealed
    assert accepted.standing(settings) == []
    why = {"sum of money obligated": "synthetic: amounts are in cents"}
    spoil(settings, "update core.fct_award set obligated_amount = obligated_amount * 1.5")
    seal(settings, run_id)
    assert [f.check for f in refusal(settings, run_id).findings] == ["sum of money obligated"]
    first = publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=why))

    said = clawback(settings.root, "status")
    line = f"accepted: sum of money obligated because {why['sum of money obligated']}, in release {first.id} since"
    assert line in " ".join((said.stdout + said.stderr).split())
    (told,) = json.loads(clawback(settings.root, "status", "--json").stdout)["accepted"]
    assert (told["check"], told["release"], told["since_release"]) == ("sum of money obligated", first.id, first.id)
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        recorded = connection.execute(
            "select check_name, accepted_because, accepted_since from meta.check_result"
            " where accepted_because is not null"
        ).fetchall()
    assert recorded == [("sum of money obligated", why["sum of money obligated"], first.id)]

    # the same is accepted again, then a release passes by itself
    spoil(settings, "update core.fct_award set obligated_amount = obligated_amount / 3")
    seal(settings, run_id)
    second = publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=why))
    (standing,) = accepted.standing(settings)
    assert (standing.release, standing.since_release) == (second.id, first.id)
    publish.publish(settings, audit.audit(settings, run_id=run_id, accepted=why))
    assert accepted.standing(settings) == []
    publish.rollback(settings, second.id)
    assert [one.release for one in accepted.standing(settings)] == [second.id]


def test_a_check_that_does_not_exist_is_refused_before_anything_is_done(sealed):
    settings, _ = sealed
    before = fingerprint(settings)
    accept = ("--accept", "rows of core.fct_nothing", "--because", "synthetic")
    done = clawback(settings.root, "refresh", "--force", *accept)
    said = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert "no release check is named 'rows of core.fct_nothing'; there are: rows of core.fct_announced_award" in said
    assert "sum of money obligated" in said
    assert "Traceback" not in said
    assert fingerprint(settings) == before
    assert history.last_release(settings) is not None


def test_every_check_of_the_gate_can_be_named_beforehand(sealed):
    settings, run_id = sealed
    names = {check.name for check in audit.audit(settings, run_id=run_id).checks if check.kind == "release check"}
    assert names == set(audit.acceptable(settings))


def test_a_key_is_of_one_run_and_void_after_the_next(settings: Settings):
    markers.new_key("synthetic")
    begun = markers.Begun(
        run_id="synthetic", captures=[], fingerprint="f", code_digest="c", edition="recorded", as_of=None
    ).signed()
    assert begun.is_ours()
    assert not begun.model_copy(update={"run_id": "another"}).is_ours()
    markers.new_key("synthetic")
    assert not begun.is_ours()


def test_a_run_whose_build_another_run_took_over_says_so_and_exits_5(settings: Settings):
    """The gate finds nothing wrong: a refresh beside a run of Dagster's daemon is told to wait."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    for run_id in ("ours", "the daemons"):
        markers.begin(settings, run_id=run_id, catalog=catalog)
    markers.must_not_be_taken_over(settings, "the daemons")
    # a publication that a person starts alone, or a build of dbt's by hand, began nothing that could be taken over
    markers.must_not_be_taken_over(settings, "another")
    for step in (
        lambda: markers.must_not_be_taken_over(settings, "ours"),
        lambda: markers.seal(settings, run_id="ours"),
        # its own marker is gone: the other run removed it
        lambda: markers.verified(settings, "ours"),
    ):
        with pytest.raises(findings.BuildTakenOver, match="run the daemons began one at 2"):
            step()

    @dg.op
    def last_step() -> None:
        try:
            markers.verified(settings, "ours")
        except findings.GateRefused as refusal:
            raise gate.refused(refusal) from refusal

    @dg.job
    def of_one_step() -> None:
        last_step()

    account = account_of(settings, of_one_step.execute_in_process(raise_on_error=False))
    assert (account.exit_code, account.findings) == (ANOTHER_RUNS, [])
    assert "Wait until the other has ended" in account.error
