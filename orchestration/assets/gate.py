"""Failing a Dagster step without a retry: the gate refused the candidate, or the disk is full or read-only.

What belongs here: turning both into failures that Dagster shows. What does not: what is refused and why (release.audit,
files).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import dagster as dg

from orchestration import files
from orchestration.release.findings import TAKEN_OVER_BY, BuildTakenOver, GateRefused
from orchestration.settings import Settings


@contextmanager
def ending_on_refusals(settings: Settings) -> Iterator[None]:
    """End the step at once where the disk refuses: another try would meet the same disk."""
    try:
        with files.telling_refusals(settings.root):
            yield
    except files.CannotWrite as refusal:
        raise dg.Failure(str(refusal), allow_retries=False) from refusal


def refused(refusal: GateRefused) -> dg.Failure:
    """A failed step that nobody retries, its findings readable by machines."""
    findings = [asdict(finding) for finding in refusal.findings]
    facts: dict[str, dg.MetadataValue] = {"findings": dg.MetadataValue.json(findings)}
    if isinstance(refusal, BuildTakenOver):
        facts = {TAKEN_OVER_BY: dg.MetadataValue.text(refusal.other_run)}
    return dg.Failure(str(refusal), metadata=facts, allow_retries=False)
