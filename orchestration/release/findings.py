"""The gate's data types: a check with its outcome, a finding (a check that failed), a refusal.

What belongs here: these types and their texts. What does not: what is checked (audit, checks, markers, sums).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Among the facts of a step that failed by BuildTakenOver: the other run.
TAKEN_OVER_BY = "taken_over_by"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the candidate. see: how to look at it, and what to do."""

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


class BuildTakenOver(GateRefused):
    """Another run began a build of its own while this one built: there is nothing to judge, and nothing is wrong."""

    def __init__(self, finding: Finding, other_run: str, since: str) -> None:
        super().__init__([finding])
        self.other_run, self.since = other_run, since

    def __str__(self) -> str:
        return (
            f"another run took the build over: run {self.other_run} began one{self.since} while this run was at its"
            " own, and both write the same file. This run published nothing. Wait until the other has ended (clawback"
            " ui shows it), then refresh again."
        )


@dataclass(frozen=True)
class CheckResult:
    """One check as the release records it."""

    name: str
    kind: Literal["dbt test", "release check"]
    severity: str
    status: str
    failures: int
    detail: str | None = None
    accepted_because: str | None = None


Checked = tuple[CheckResult, Finding | None]


def checked(name: str, detail: str, see: str | None) -> Checked:
    """A release check that passed (no `see`) or did not. The finding says how it can be accepted."""
    status = "pass" if see is None else "fail"
    check = CheckResult(name, "release check", "error", status, 0 if see is None else 1, detail)
    if see is None:
        return check, None
    way_out = f"{see}\n    if it is right: clawback refresh --accept '{name}' --because '...'"
    return check, Finding(name, detail, way_out)
