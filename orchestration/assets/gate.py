"""The gate's refusal as Dagster shows it. What belongs here: that; the build and the publication both may refuse."""

from dataclasses import asdict

import dagster as dg

from orchestration.release.audit import GateRefused


def refused(refusal: GateRefused) -> dg.Failure:
    """A failed step that nobody retries, its findings readable by machines."""
    findings = [asdict(finding) for finding in refusal.findings]
    return dg.Failure(str(refusal), metadata={"findings": dg.MetadataValue.json(findings)}, allow_retries=False)
