"""US Department of Justice: its letters of 2017 and 2018 that ask for proof of compliance with 8 USC 1373.

What belongs here: who was written to on which day. What does not: the list of 2025 (doj), what a letter means (dbt).
"""

from __future__ import annotations

from orchestration.sources.dated_lists import DatedList
from orchestration.sources.fields import DATE, TEXT, matching, one_of, typed
from orchestration.sources.terms import FEDERAL


class ComplianceLetters(DatedList):
    """The letters of one day: each capture is a day's batch, and says nothing of who was not written to."""

    source = "doj"
    name = "compliance_letters"
    title = "Letters that ask for proof of compliance with 8 USC 1373, 2017 and 2018"
    publisher = "US Department of Justice"
    terms = FEDERAL
    homepage = "https://www.justice.gov/opa/pr/justice-department-demands-documents-and-threatens-subpoena-23-jurisdictions-part-8-usc-1373"
    required = ("letter_date", "jurisdiction", "state", "level", "what", "cited")
    types = typed({
        "letter_date": DATE, "jurisdiction": TEXT, "state": matching("[A-Z]{2}", "a postal code"),
        "level": one_of("state", "county", "place", "consolidated"), "what": TEXT, "cited": TEXT,
    })  # fmt: skip


DATASETS = (ComplianceLetters(),)
