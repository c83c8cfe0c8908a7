"""Office of Management and Budget: budget authority and outlays by account, as each President's budget prints them.

What belongs here: the form of the Public Budget Database's two tables, and which accounts are kept. What does not:
which year is actual and which an estimate, what net authority means (dbt).

The database is a set of files on a page that changes its address with each budget, so nothing is asked for: every
edition starts from the accounts as transcribed, and a downloaded table is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.fetching.session import Web
from orchestration.forms import Unreadable
from orchestration.forms import tables as forms
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, told_by_request
from orchestration.sources.fields import TEXT, YEAR, matching, one_of, typed
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, utc_now

# Of the Department of Justice (treasury agency 15): the COPS Office, and the Office of Justice Programs' grants.
TREASURY_AGENCY = "15"
ACCOUNTS = ("0406", "0404")
MEASURES = {"budauth": "budget_authority", "outlays": "outlays"}
_NAME = re.compile(r"(?P<table>budauth|outlays).*?(?P<year>20\d\d)", re.IGNORECASE)
# The database's own headings, and ours.
_COLUMNS = {"Account Code": "account_code", "Account Name": "account_name", "Treasury Agency Code": "agency_code"}
_SPLIT = "Grant/non-grant split"


class Budget(Dataset):
    """One record per account, grant split, fiscal year and measure of one budget; amounts in thousands of dollars."""

    source = "omb"
    name = "budget"
    domain = "awards"
    title = "Budget authority and outlays of the COPS Office's account and of state and local assistance, by budget"
    publisher = "Office of Management and Budget"
    terms = FEDERAL
    homepage = "https://www.whitehouse.gov/omb/budget/"
    policy = "replace"
    required = ("account_code", "account_name", "fiscal_year", "thousands", "measure", "budget_year")
    optional = ("agency_code", "grant_split")
    types = typed({
        "account_code": matching(r"\d{1,4}", "an account's number"), "account_name": TEXT, "fiscal_year": YEAR,
        "thousands": matching(r"-?[\d,]+(\.0*)?", "thousands of dollars"),
        "measure": one_of(*MEASURES.values()), "budget_year": YEAR,
    })  # fmt: skip
    key = ("account_code", "grant_split", "fiscal_year", "measure", "budget_year")
    gives_each_key_once = True
    max_age = timedelta(days=36500)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        return []

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        raise AssertionError("the database has no address of its own: it is transcribed or imported")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """A record for each year of each kept account; the transition quarter of 1976 is no year.

        Raises SourceError where the table has not the database's headings, or none of the accounts.
        """
        try:
            table = forms.read(payload.body)
        except Unreadable as error:
            raise SourceError(self.id, "?", str(error), url=payload.url) from error
        if missing := [name for name in _COLUMNS if name not in table.header]:
            raise SourceError(self.id, "?", f"column {missing[0]!r} missing from {table.header[:20]}", url=payload.url)
        years = [name for name in table.header if re.fullmatch(r"\d{4}", name)]
        told = told_by_request(payload, "measure", "budget_year")
        kept = False
        for _, cells in table.rows:
            row = dict(zip(table.header, cells, strict=True))
            if row["Treasury Agency Code"].lstrip("0") != TREASURY_AGENCY or row["Account Code"] not in ACCOUNTS:
                continue
            kept = True
            record = {ours: row[theirs] for theirs, ours in _COLUMNS.items()}
            for year in years:
                if row[year].strip():
                    yield {**record, "grant_split": row.get(_SPLIT) or None, "fiscal_year": year,
                           "thousands": row[year], **told}  # fmt: skip
        if not kept:
            what = f"none of the accounts {', '.join(ACCOUNTS)} of treasury agency {TREASURY_AGENCY}"
            raise SourceError(self.id, "?", what, url=payload.url)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A table of the Public Budget Database as CSV, named after its table and its budget: budauth_fy2028.csv.

        Raises SourceError where the name does not say both.
        """
        named = _NAME.search(path.name)
        if named is None or path.suffix.lower() != ".csv":
            what = "name the file after its table and its budget's fiscal year: budauth_fy2028.csv, outlays_fy2028.csv"
            raise SourceError(self.id, path.name, what)
        when = retrieved_at or utc_now()
        measure, year = MEASURES[named["table"].lower()], named["year"]
        context = {"measure": measure, "budget_year": year}
        payload = Payload(body_of(self.id, path), f"file:{path.name}", when, media_type="text/csv", method="FILE",
                          context=context)  # fmt: skip
        yield Batch(Slice(f"FY{year}:{measure}"), [payload], when, publisher=self.publisher)


DATASETS = (Budget(),)
