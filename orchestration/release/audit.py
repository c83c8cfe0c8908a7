"""The gate: what a candidate must show before analysts see it, whoever starts the publication.

What belongs here: the build's marks, the demand that every expected test ran
and passed, the checks against the last release, control totals and key
figures. What does not: copying or swapping files (publish).
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
from pydantic import BaseModel

from orchestration import files, sources
from orchestration.landing import accept
from orchestration.landing.catalog import Catalog
from orchestration.release import history, joins
from orchestration.settings import Settings

BEGUN_FILE, MARKER_FILE = "begun.json", "build.json"
PUBLISHED_SCHEMAS = ("core", "analysis", "meta", "quarantine")
# A fact that lost more than this share of its rows since the last release is a fault until somebody says otherwise.
LARGEST_FALL = 0.3
KEY_FIGURES = Path(__file__).with_name("key_figures.toml")


class Begun(BaseModel):
    """begun.json: whose build this is and what it reads, written before it reads it.

    A capture that lands while dbt runs is in no table of this build, so it must not be among its captures:
    else the next night would find nothing new and leave it out for good.
    """

    run_id: str
    captures: list[str]
    # Every known capture with the sha256 of its capture.json, and when the landing folder was read.
    known: dict[str, str] = {}
    read_at: datetime | None = None
    fingerprint: str
    code_digest: str
    edition: str
    as_of: date | None


class Marker(Begun):
    """build.json: the finished candidate's hash and dbt's invocation, beside what it was begun with."""

    invocation_id: str
    sha256: str
    sealed_at: datetime


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the candidate."""

    check: str
    detail: str
    see: str

    def line(self) -> str:
        return f"  {self.check}: {self.detail}\n    see: {self.see}"


class GateRefused(Exception):
    """The candidate may not be published; every finding is named."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        lines = "\n".join(finding.line() for finding in findings)
        super().__init__(f"the gate refused the candidate ({len(findings)} findings):\n{lines}")


@dataclass(frozen=True)
class CheckResult:
    """One check as the release records it."""

    name: str
    kind: Literal["dbt test", "dbt unit test", "release check"]
    severity: str
    status: str
    failures: int
    detail: str | None = None
    accepted_because: str | None = None


@dataclass
class Audit:
    """A passed audit: what the publisher needs and what the release will say of its checks."""

    marker: Marker
    checks: list[CheckResult] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        return sum(1 for check in self.checks if check.status == "pass")

    @property
    def warned(self) -> int:
        return sum(1 for check in self.checks if check.status != "pass")


def write_ahead_log(settings: Settings) -> Path:
    """Where DuckDB keeps what is not yet in the build file; a finished build has none."""
    return settings.build_file.with_suffix(".duckdb.wal")


def last_mark(settings: Settings) -> Marker | None:
    """The mark of the candidate in the build folder; None where no build was finished since it was begun."""
    path = settings.build_dir / MARKER_FILE
    return Marker.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def begin(settings: Settings, *, run_id: str, catalog: Catalog, keep_file: bool = False) -> None:
    """Clear the build folder of what an earlier run left, and say whose build this is and what it reads.

    catalog: the very one that the raw views are made of.
    keep_file: go on from the last candidate's file (going_on.goes_on says when that may be).
    """
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    for leftover in (settings.build_dir / MARKER_FILE, settings.build_dir / BEGUN_FILE,
                     settings.dbt_target_dir / "run_results.json"):  # fmt: skip
        leftover.unlink(missing_ok=True)
    if not keep_file:
        settings.build_file.unlink(missing_ok=True)
        write_ahead_log(settings).unlink(missing_ok=True)
    datasets = list(sources.DATASETS.values())
    begun = Begun(
        run_id=run_id,
        captures=sorted(c.capture_id for d in datasets for c in catalog.serving(d)),
        known=catalog.digests(),
        read_at=datetime.now(UTC),
        fingerprint=catalog.fingerprint(datasets),
        code_digest=history.code_digest(),
        edition=catalog.edition,
        as_of=catalog.as_of,
    )
    files.write_whole(settings.build_dir / BEGUN_FILE, begun.model_dump_json(indent=2))


def seal(settings: Settings, *, run_id: str) -> Marker:
    """Write the mark of a finished build. Raises GateRefused where the build is another run's or unfinished."""
    path = settings.build_dir / BEGUN_FILE
    begun = Begun.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None
    if begun is None or begun.run_id != run_id:
        raise GateRefused([_other_run(path, begun, run_id)])
    results = _read_json(settings.dbt_target_dir / "run_results.json")
    if results is None:
        detail = "dbt left no run_results.json: the build did not finish"
        raise GateRefused([Finding("build marker", detail, str(settings.dbt_target_dir))])
    with duckdb.connect(str(settings.build_file)) as connection:
        connection.execute("checkpoint")
    marker = Marker(
        **begun.model_dump(),
        invocation_id=results["metadata"]["invocation_id"],
        sha256=file_sha256(settings.build_file),
        sealed_at=datetime.now(UTC).replace(microsecond=0),
    )
    files.write_whole(settings.build_dir / MARKER_FILE, marker.model_dump_json(indent=2))
    return marker


def refuse_failed_build(settings: Settings) -> None:
    """Raise GateRefused with what failed where dbt's own run did: then nothing after it is tried."""
    results = _read_json(settings.dbt_target_dir / "run_results.json")
    if results is None:
        if files.is_full(settings.build_dir):
            raise files.full(settings.build_dir)
        raise GateRefused([Finding("dbt build", "dbt left no results", str(settings.build_dir / "logs" / "dbt.log"))])
    manifest = _read_json(settings.dbt_target_dir / "manifest.json") or {"nodes": {}}
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

    accepted: release check -> why its finding is accepted this once; a dbt test or a mark cannot be accepted.
    Raises GateRefused with every finding.
    """
    findings: list[Finding] = []
    marker = _marked(settings, run_id, findings)
    if marker is None:
        raise GateRefused(findings)
    checks = _dbt_checks(settings, marker, findings)
    used: dict[str, str] = {}
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        _captures_used(connection, marker, findings)
        release_checks = [
            *_falls(connection, settings, marker),
            *_control_totals(connection),
            *_quarantined(connection),
            *_key_figures(connection),
            *_documented(connection, settings),
            _joins(connection, settings),
        ]
    for check, finding in release_checks:
        because = (accepted or {}).get(check.name)
        if finding is not None and because:
            used[check.name] = because
            checks.append(CheckResult(**{**vars(check), "accepted_because": because}))
            continue
        checks.append(check)
        if finding is not None:
            findings.append(finding)
    if unknown := sorted(set(accepted or {}) - {check.name for check, _ in release_checks}):
        there_are = ", ".join(check.name for check, _ in release_checks)
        findings.append(Finding("accept", f"no release check is named {unknown[0]!r}", f"there are: {there_are}"))
    if findings:
        raise GateRefused(findings)
    return Audit(marker, checks, used)


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _marked(settings: Settings, run_id: str, findings: list[Finding]) -> Marker | None:
    """The candidate's mark, held against the file and the run; None where it cannot be trusted."""
    path = settings.build_dir / MARKER_FILE
    if not path.exists() or not settings.build_file.exists():
        detail = "no sealed candidate: a publication alone has nothing to publish"
        findings.append(Finding("build marker", detail, "run the whole: clawback refresh"))
        return None
    marker = Marker.model_validate_json(path.read_text(encoding="utf-8"))
    if marker.run_id != run_id:
        findings.append(_other_run(path, marker, run_id))
        return None
    if file_sha256(settings.build_file) != marker.sha256:
        detail = "the file was changed after it was sealed"
        findings.append(Finding("build marker", detail, f"{settings.build_file} against {path}"))
        return None
    return marker


def _other_run(path: Path, begun: Begun | None, run_id: str) -> Finding:
    made_by = begun.run_id if begun else "no run"
    return Finding("build marker", f"the candidate was made by {made_by}, this is run {run_id}", str(path))


def _captures_used(connection: duckdb.DuckDBPyConnection, marker: Marker, findings: list[Finding]) -> None:
    """The captures of the mark are those that the candidate's own raw views read."""
    read = {c for (c,) in connection.execute("select capture_id from raw.capture where is_serving").fetchall()}
    if difference := sorted(read ^ set(marker.captures)):
        some = ", ".join(difference[:3])
        detail = f"{len(difference)} captures are in the mark or in raw.capture but not in both: {some}"
        findings.append(Finding("build marker", detail, "select * from raw.capture where is_serving"))


def _dbt_checks(settings: Settings, marker: Marker, findings: list[Finding]) -> list[CheckResult]:
    """Every enabled test of the manifest ran in the build's own invocation, and those of error severity passed."""
    results = _read_json(settings.dbt_target_dir / "run_results.json") or {"metadata": {}, "results": []}
    manifest = _read_json(settings.dbt_target_dir / "manifest.json") or {"nodes": {}, "unit_tests": {}}
    where = str(settings.dbt_target_dir)
    for name, said in (("run_results.json", results), ("manifest.json", manifest)):
        if said.get("metadata", {}).get("invocation_id") != marker.invocation_id:
            findings.append(Finding("dbt results", f"{name} is of another invocation than the build", where))
            return []
    ran = {result["unique_id"]: result for result in results["results"]}
    expected = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    expected |= manifest.get("unit_tests", {})
    checks = []
    for uid, node in sorted(expected.items()):
        unit = uid.startswith("unit_test.")
        severity = "error" if unit else str(node["config"].get("severity", "error")).lower()
        result = ran.get(uid)
        if result is None:
            if severity == "error":
                findings.append(
                    Finding(node["name"], "the test was left out of the build", f"clawback refresh; {where}")
                )
            continue
        checks.append(
            CheckResult(
                name=node["name"],
                kind="dbt unit test" if unit else "dbt test",
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
            findings.append(_failed(manifest["nodes"].get(uid, {}), result, settings))
    return checks


def _failed(node: Mapping[str, Any], result: Mapping[str, Any], settings: Settings) -> Finding:
    name = node.get("name") or result["unique_id"]
    failures = result.get("failures")
    detail = f"{failures} rows fail" if failures else str(result.get("message") or result["status"]).strip()
    compiled = result.get("compiled_code") or node.get("compiled_code")
    see = str(settings.build_dir / "logs" / "dbt.log")
    if compiled:
        path = settings.build_dir / "failed" / f"{name}.sql"
        files.write_whole(path, compiled)
        see = f"duckdb -readonly {settings.build_file} < {path}"
    return Finding(name, detail, see)


Checked = tuple[CheckResult, Finding | None]


def _checked(name: str, detail: str, see: str | None) -> Checked:
    """A release check that passed (no `see`) or did not."""
    status = "pass" if see is None else "fail"
    check = CheckResult(name, "release check", "error", status, 0 if see is None else 1, detail)
    return check, None if see is None else Finding(name, detail, see)


def _falls(connection: duckdb.DuckDBPyConnection, settings: Settings, marker: Marker) -> list[Checked]:
    """No fact lost a large share of its rows since the last release of the same edition and as-of, and none all."""
    last = history.last_release(settings)
    alike = [r for r in history.releases(settings) if (r.edition, r.as_of) == (marker.edition, marker.as_of)]
    # What serves, where it is of the same kind: after a rollback it is not the newest.
    comparable = next((r for r in alike if r.serves), alike[0] if alike else None)
    rows = table_rows(connection)
    facts = sorted(table for table in rows if table.startswith("core.fct_"))
    out = []
    for table in facts:
        name = f"rows of {table}"
        if last is not None and last.rows.get(table) and rows[table] == 0 and last.as_of == marker.as_of:
            # whatever the edition: a night on which nobody answered must not empty what analysts read
            detail = f"no rows at all against {last.rows[table]:,} in release {last.id} ({last.edition} edition)"
            out.append(_checked(name, detail, "clawback status"))
            continue
        before = comparable.rows.get(table) if comparable else None
        if comparable is None or not before:
            out.append(_checked(name, f"{rows[table]:,} rows, nothing to compare with", None))
            continue
        fall = 1 - rows[table] / before
        detail = f"{rows[table]:,} rows against {before:,} in release {comparable.id} ({-fall:+.0%})"
        see = f"duckdb -readonly {settings.build_file} -c 'from {table}'" if fall > LARGEST_FALL else None
        out.append(_checked(name, detail, see))
    lost = [] if last is None else [t for t in last.rows if t.startswith(("core.", "analysis.")) and t not in rows]
    detail = f"gone since release {last.id}: {', '.join(lost)}" if last and lost else "no published table is gone"
    out.append(_checked("tables kept", detail, str(settings.build_file) if lost else None))
    return out


def _control_totals(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    """What the serving captures add up to equals the publishers' own counts, and staging holds all of it."""
    broken = connection.execute(
        "select dataset, slice, counted, control_total from meta.capture"
        " where is_serving and control_total is not null and counted <> control_total order by all limit 5"
    ).fetchall()
    detail = "; ".join(f"{d} {s}: {n:,} of {total:,}" for d, s, n, total in broken) or "every control total is met"
    see = "select * from meta.capture where counted <> control_total" if broken else None
    lost = connection.execute(
        "with captured as (select dataset, sum(records) as records from meta.capture"
        " where status = 'accepted' group by all),"
        " kept as (select dataset, sum(records) as records from meta.record_fate group by all)"
        " select dataset, captured.records, coalesce(kept.records, 0) from captured left join kept using (dataset)"
        " where captured.records <> coalesce(kept.records, 0)"
    ).fetchall()
    lost_detail = "; ".join(f"{d}: {n:,} captured, {m:,} accounted for" for d, n, m in lost) or "no record is lost"
    return [
        _checked("control totals", detail, see),
        _checked("records conserved", lost_detail, "select * from meta.record_fate" if lost else None),
    ]


def _quarantined(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    """No serving capture lost more of its records to quarantine than acceptance would have let pass.

    Acceptance knows the types of fields, staging knows more (which states there are, which months had begun). What a
    slice loses there would be missing from the facts in silence. An increment replaces nothing: what it brought before
    goes on serving, so there only many records count.
    """
    out = []
    for dataset in sources.DATASETS.values():
        found = connection.execute(
            "select captures.slice, captures.capture_id, captures.records, count(*) as lost,"
            " mode(quarantined._reject_reason) as reason"
            f' from quarantine."{dataset.raw_name}" as quarantined'
            " inner join meta.capture as captures on quarantined._capture_id = captures.capture_id"
            " where captures.is_serving and captures.dataset = ? group by all order by lost desc, 2",
            [dataset.raw_name],
        ).fetchall()
        wrong = [
            (f"slice {slice_}: {lost:,} of {records:,} records ({reason})", capture_id)
            for slice_, capture_id, records, lost, reason in found
            if accept.too_many_unreadable(lost, records, dataset.unreadable_bound(slice_))
            and (dataset.holds_all(slice_) or lost >= accept.FEW_RECORDS)
        ]
        total = sum(lost for *_, lost, _ in found)
        detail = "; ".join(words for words, _ in wrong[:5]) or f"{total:,} records of {len(found):,} captures"
        see = None
        if wrong:
            see = f"from quarantine.{dataset.raw_name} where _capture_id = '{wrong[0][1]}'"
        out.append(_checked(f"quarantine of {dataset.raw_name}", detail, see))
    return out


def _key_figures(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    out = []
    for figure in tomllib.loads(KEY_FIGURES.read_text(encoding="utf-8"))["figure"]:
        (value,) = connection.execute(figure["sql"]).fetchone() or (None,)
        name, expected = f"key figure {figure['name']}", figure["expected"]
        if value is None:
            out.append(_checked(name, "not in this build: not checked", None))
            continue
        close = abs(float(value) - expected) <= figure["tolerance"] + 1e-9
        detail = f"{float(value):g}, published {expected:g} +- {figure['tolerance']:g} ({figure['source']})"
        out.append(_checked(name, detail, None if close else figure["sql"]))
    return out


def _joins(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Checked:
    """No sum over a fact grows by a join with another of which its declaration says that it may not."""
    try:
        tables = joins.declared(_read_json(settings.dbt_target_dir / "manifest.json") or {"nodes": {}})
    except joins.Undeclared as undeclared:
        return _checked("joins", str(undeclared), "the models' .yml")
    found = joins.lies(connection, tables)
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    detail = "; ".join(found[:3]) + more if found else f"no sum of {len(tables)} facts and bridges grows by a join"
    return _checked("joins", detail, "the models' .yml: meta, joins" if found else None)


def _documented(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[Checked]:
    """The documented columns are the published ones."""
    manifest = _read_json(settings.dbt_target_dir / "manifest.json") or {"nodes": {}}
    documented = {
        (node["schema"], node.get("alias") or node["name"]): {
            column["name"] for column in node["columns"].values() if column.get("description")
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS and node.get("description")
    }
    built = {
        (schema, table): set(columns)
        for schema, table, columns in connection.execute(
            "select table_schema, table_name, list(column_name) from information_schema.columns"
            " where table_schema in ('core', 'analysis', 'meta', 'quarantine') group by all"
        ).fetchall()
    }
    wrong = []
    for schema, table in sorted(documented.keys() | built.keys()):
        difference = built.get((schema, table), set()) ^ documented.get((schema, table), set())
        if difference:
            wrong.append(f"{schema}.{table}: {', '.join(sorted(difference)[:5])}")
    detail = "; ".join(wrong[:5]) or "every published table and column is described"
    return [_checked("columns described", detail, "the .yml beside the model" if wrong else None)]


def table_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table of the published schemas."""
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('core', 'analysis', 'meta', 'quarantine') order by all"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        (n,) = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone() or (0,)
        counts[f"{schema}.{table}"] = n
    return counts


def _read_json(path: Path) -> dict[str, Any] | None:
    """None where dbt left no such file, or was stopped while it wrote it."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return told
