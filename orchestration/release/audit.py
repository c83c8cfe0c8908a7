"""The gate: what a candidate must pass before analysts see it, whoever starts the publication.

What belongs here: the order of the checks, dbt's tests, what is accepted. What does not: build markers (markers),
checks of tables (checks, sums), copying or swapping files (publish). docs/gate.md lists what each check tests and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration import files
from orchestration.release import checks as table_checks
from orchestration.release import dbt_manifest, history, markers, sums
from orchestration.release.findings import Checked, CheckResult, Finding, GateRefused, checked
from orchestration.release.markers import Marker
from orchestration.settings import Settings
from orchestration.sources.base import NoSuch


@dataclass
class Audit:
    """A passed audit: what the publisher needs and what the release will say of its checks."""

    marker: Marker
    checks: list[CheckResult] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    sums: sums.Sums = field(default_factory=dict)

    @property
    def passed(self) -> int:
        return sum(1 for check in self.checks if check.status == "pass")

    @property
    def warned(self) -> int:
        return sum(1 for check in self.checks if check.status != "pass")


def acceptable(settings: Settings) -> list[str]:
    """The names that --accept takes: of the facts of the project and of the current release."""
    manifest = json.loads(dbt_manifest.parsed(settings).read_text(encoding="utf-8"))
    last = history.last_release(settings)
    facts = {
        f"{node['schema']}.{node.get('alias') or node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    } | set(last.rows if last else ())
    return [*table_checks.names(t for t in facts if t.startswith("core.fct_")), *sums.names(), "checks kept"]


def refuse_unknown(settings: Settings, accepted: Iterable[str]) -> None:
    """Raise NoSuch if a name is no check of the gate: before an hour's work, not after."""
    if not (asked := sorted(set(accepted))):
        return
    there_are = acceptable(settings)
    if unknown := [name for name in asked if name not in there_are]:
        raise NoSuch(f"no release check is named {unknown[0]!r}; there are: {', '.join(there_are)}")


def refuse_failed_build(settings: Settings) -> None:
    """Raise GateRefused with what failed if dbt's own run did: then nothing after it is tried."""
    results = _read_json(settings.dbt_target_dir / markers.RESULTS_FILE)
    if results is None:
        if files.is_full(settings.build_dir):
            raise files.full(settings.build_dir)
        raise GateRefused([Finding("dbt build", "dbt left no results", str(settings.build_dir / "logs" / "dbt.log"))])
    manifest = _read_json(settings.dbt_target_dir / markers.MANIFEST_FILE) or {"nodes": {}}
    findings = [
        _failed(manifest["nodes"].get(r["unique_id"], {}), r, settings)
        for r in results["results"]
        if r["status"] in ("fail", "error", "runtime error")
    ]
    for finding in findings:
        if refusal := files.refusal_in(finding.detail, settings.build_dir):
            raise refusal
    if findings:
        raise GateRefused(findings)


def audit(settings: Settings, *, run_id: str, accepted: Mapping[str, str] | None = None) -> Audit:
    """Everything that must be true of the candidate.

    accepted: release check -> why its finding is accepted this once; a dbt test or a marker cannot be accepted.
    Raises GateRefused with every finding, RuntimeError if the dbt project does not parse.
    """
    marker = markers.verified(settings, run_id)
    manifest = markers.read_sealed(settings.dbt_target_dir / markers.MANIFEST_FILE, marker.manifest_sha256)
    results = markers.read_sealed(settings.dbt_target_dir / markers.RESULTS_FILE, marker.results_sha256)
    project = json.loads(dbt_manifest.parsed(settings).read_text(encoding="utf-8"))
    findings = [*_other_invocation(settings, marker, manifest, results), *_other_project(settings, manifest, project)]
    if findings:
        raise GateRefused(findings)
    report = Audit(marker, _dbt_checks(settings, project, results, findings))
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        findings += _captures_used(connection, marker)
        before = history.comparable(settings, marker.edition, marker.as_of)
        found = [
            *table_checks.of_tables(connection, settings, marker, manifest),
            *sums.of_candidate(connection, before),
        ]
        report.sums = sums.of(connection)
    found.append(_checks_kept(len(report.checks) + len(found) + 1, before, marker))
    findings += _accept(report, found, accepted or {})
    if findings:
        raise GateRefused(findings)
    return report


def _accept(report: Audit, found: Iterable[Checked], accepted: Mapping[str, str]) -> list[Finding]:
    """Put the release checks into the report; the findings that nobody accepted."""
    findings, names = [], []
    for check, finding in found:
        names.append(check.name)
        because = accepted.get(check.name) if finding is not None else None
        report.checks.append(replace(check, accepted_because=because))
        if because:
            report.accepted[check.name] = because
        elif finding is not None:
            findings.append(finding)
    for unknown in sorted(set(accepted) - set(names)):
        there_are = f"there are: {', '.join(names)}"
        findings.append(Finding("accept", f"no release check is named {unknown!r}", there_are))
    return findings


def _other_invocation(
    settings: Settings, marker: Marker, manifest: Mapping[str, Any], results: Mapping[str, Any]
) -> list[Finding]:
    return [
        Finding("dbt results", f"{name} is of another invocation than the build", str(settings.dbt_target_dir))
        for name, content in ((markers.RESULTS_FILE, results), (markers.MANIFEST_FILE, manifest))
        if content.get("metadata", {}).get("invocation_id") != marker.invocation_id
    ]


def _other_project(settings: Settings, manifest: Mapping[str, Any], project: Mapping[str, Any]) -> list[Finding]:
    """The manifest that the build was made with declares what the project does: tests, descriptions, SQL."""
    lines = dbt_manifest.differences(manifest, project)
    if not lines:
        return []
    more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
    detail = f"the build's manifest is not the project's: {'; '.join(lines[:5])}{more}"
    where = f"{settings.dbt_target_dir / markers.MANIFEST_FILE} against dbt_project/; clawback refresh --force"
    return [Finding("dbt manifest", detail, where)]


def _captures_used(connection: duckdb.DuckDBPyConnection, marker: Marker) -> list[Finding]:
    """The captures of the marker are those that the candidate's own raw views read."""
    read = {c for (c,) in connection.execute("select capture_id from raw.capture where is_serving").fetchall()}
    if difference := sorted(read ^ set(marker.captures)):
        some = ", ".join(difference[:3])
        detail = f"{len(difference)} captures are in the marker or in raw.capture but not in both: {some}"
        return [Finding("build marker", detail, "select * from raw.capture where is_serving")]
    return []


def _checks_kept(checks: int, before: history.Release | None, marker: Marker) -> Checked:
    """The same code asks the same checks: no fewer than of the last release that it made."""
    if before is None or before.code_digest != marker.code_digest:
        return checked("checks kept", f"{checks} checks, no release of the same code to compare with", None)
    last = before.checks["passed"] + before.checks["warned"]
    detail = f"{checks} checks against {last} of release {before.id} by the same code"
    return checked("checks kept", detail, "select * from meta.check_result" if checks < last else None)


def _dbt_checks(
    settings: Settings, project: Mapping[str, Any], results: Mapping[str, Any], findings: list[Finding]
) -> list[CheckResult]:
    """Every enabled test of the project ran in the build's own invocation, and those of error severity passed."""
    ran = {result["unique_id"]: result for result in results["results"]}
    checks = []
    for uid, node in sorted(dbt_manifest.expected_tests(project).items()):
        severity = str(node["config"].get("severity", "error")).lower()
        result = ran.get(uid)
        if result is None:
            if severity == "error":
                see = f"clawback refresh; {settings.dbt_target_dir}"
                findings.append(Finding(node["name"], "the test was left out of the build", see))
            continue
        checks.append(
            CheckResult(
                name=node["name"],
                kind="dbt test",
                severity=severity,
                status=result["status"],
                failures=result.get("failures") or 0,
            )
        )
        # A test that may only warn must still have run: broken SQL warns of nothing.
        if result["status"] != "pass" and (severity == "error" or result["status"] != "warn"):
            findings.append(_failed(node, result, settings))
    for uid, result in ran.items():
        if uid.startswith(("model.", "seed.")) and result["status"] != "success":
            findings.append(_failed(project["nodes"].get(uid, {}), result, settings))
    return checks


def _failed(node: Mapping[str, Any], result: Mapping[str, Any], settings: Settings) -> Finding:
    name = node.get("name") or result["unique_id"]
    failures = result.get("failures")
    detail = f"{failures} rows fail" if failures else str(result.get("message") or result["status"]).strip()
    compiled = result.get("compiled_code") or node.get("compiled_code")
    see = str(settings.dbt_target_dir / "dbt.log")
    if compiled:
        path = settings.build_dir / "failed" / f"{name}.sql"
        files.write_whole(path, compiled)
        see = f"duckdb -readonly {settings.build_file} < {path}"
    return Finding(name, detail, see)


def _read_json(path: Path) -> dict[str, Any] | None:
    """None if dbt left no such file, or was stopped while it wrote it."""
    try:
        parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return parsed
