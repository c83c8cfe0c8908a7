"""The Public Budget Database: two accounts of many, a record a year, and which budget prints it.

What belongs here: what a table becomes, and what is refused. What does not: what is actual (dbt), the figures that are
recorded (tests/recorded).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.wire import Payload, SourceError, utc_now

BUDGET = sources.get("omb/budget")
# The database's own headings around those that are read.
HEAD = "Agency Code,Agency Name,Account Code,Account Name,Treasury Agency Code,Grant/non-grant split,1976,TQ,1977,2016"
TABLE = f"""{HEAD}
011,Department of Justice,0406,Community Oriented Policing Services,15,Grant,0,0,0,"191,000"
011,Department of Justice,0406,Community Oriented Policing Services,015,Nongrant,0,0,,-5
011,Department of Justice,0322,Federal Prison System,15,,1,1,1,1
020,Department of the Treasury,0406,Synthetic,20,,1,1,1,1
"""


def payload(text: str) -> Payload:
    told = {"measure": "budget_authority", "budget_year": "2017"}
    return Payload(
        text.encode(), "file:budauth_fy2017.csv", utc_now(), media_type="text/csv", method="FILE", context=told
    )


def test_a_record_is_a_year_of_a_kept_account_and_the_transition_quarter_is_none():
    records = list(BUDGET.cut(payload(TABLE)))
    assert {record["account_code"] for record in records} == {"0406"}
    assert [(r["grant_split"], r["fiscal_year"], r["thousands"]) for r in records] == [
        ("Grant", "1976", "0"), ("Grant", "1977", "0"), ("Grant", "2016", "191,000"),
        ("Nongrant", "1976", "0"), ("Nongrant", "2016", "-5"),
    ]  # fmt: skip
    assert {(r["measure"], r["budget_year"]) for r in records} == {("budget_authority", "2017")}


def test_a_table_without_the_databases_headings_is_refused():
    with pytest.raises(SourceError, match="'Treasury Agency Code' missing"):
        list(BUDGET.cut(payload(TABLE.replace("Treasury Agency Code", "Code"))))


def test_a_table_of_other_accounts_is_refused():
    with pytest.raises(SourceError, match="none of the accounts 0406, 0404"):
        list(BUDGET.cut(payload(TABLE.replace("0406", "9999"))))


def test_an_imported_table_says_its_measure_and_budget_by_its_name(settings, tmp_path: Path):
    for name in ("budauth_fy2017.csv", "outlays_fy2017.csv", "table.csv", "budauth.csv"):
        (tmp_path / name).write_text(TABLE)
    took = import_files(BUDGET, sorted(tmp_path.glob("*_fy2017.csv")), settings)
    assert [(result.ok, result.records) for result in took] == [(True, 5), (True, 5)]
    landed = {capture.parent.name for capture in settings.landing_dir.glob("omb/budget/*/capture.json")}
    assert len(landed) == 2
    refused = import_files(BUDGET, [tmp_path / "table.csv", tmp_path / "budauth.csv"], settings)
    assert [result.ok for result in refused] == [False, False]
    assert all("name the file after its table" in result.messages[-1] for result in refused)
