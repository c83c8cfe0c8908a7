"""USAspending's files as a server that makes them: real zips of real CSV, and the faults they come with.

What belongs here: synthetic transactions with the publisher's own columns, the three ways to get them, ways to
spoil them. What does not: what a test expects.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from servers import Publisher, as_json
from werkzeug import Request, Response

from orchestration.sources.usaspending import LISTINGS
from orchestration.sources.usaspending_files import DELETE_INDICATOR, OPTIONAL, REQUIRED

# The columns of PrimeTransactions; their order in the publisher's file is another, and nothing rests on it.
COLUMNS = (*REQUIRED, *(name for name in OPTIONAL if name != DELETE_INDICATOR))
Row = dict[str, str]


def transaction(award: int, mod: int = 0, *, on: str, amount: str, listing: str = "16.710", **more: str) -> Row:
    """One synthetic transaction of award `SYNTH<award>`; amounts in USD as text."""
    fain, subtier = more.get("award_id_fain", f"SYNTH{award:04}"), more.get("awarding_sub_agency_code", "1501")
    day = date.fromisoformat(on)
    row = dict.fromkeys(COLUMNS, "")
    row.update(
        assistance_transaction_unique_key=f"{subtier}_{fain}_-NONE-_{listing}_{mod}",
        assistance_award_unique_key=f"ASST_NON_{fain}_015",
        award_id_fain=fain,
        modification_number=str(mod),
        federal_action_obligation=amount,
        total_obligated_amount=amount,
        action_date=on,
        action_date_fiscal_year=str(day.year + (day.month >= 10)),
        period_of_performance_start_date=on,
        period_of_performance_current_end_date="2030-09-30",
        awarding_agency_code="015",
        awarding_agency_name="Department of Justice",
        awarding_sub_agency_code=subtier,
        awarding_sub_agency_name="Synthetic sub-agency",
        recipient_uei=f"SYNTHUEI{award:04}",
        recipient_name=f"CITY OF SYNTHVILLE {award}",
        recipient_state_code="OH",
        recipient_city_name="SYNTHVILLE",
        cfda_number=listing,
        cfda_title="SYNTHETIC LISTING",
        assistance_type_code="04",
        transaction_description='Synthetic, with "quotes"\nand a second line',
        action_type_code="A" if mod == 0 else "C",
        record_type_code="2",
        last_modified_date=on,
    )
    return {**row, **more}


def as_csv(rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> bytes:
    """As the publisher writes it: a header, doubled quotes, newlines inside fields, nothing for null."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_zip(*tables: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in tables:
            archive.writestr(name, body)
    return out.getvalue()


class Files(Publisher):
    """Downloads, bulk downloads and monthly archives over the same rows.

    most_rows_a_part: a zip holds several parts. `made_on`: the day that archives carry in their names.
    """

    base_path = "/files"

    def __init__(self, server: Any, rows: Sequence[Row]) -> None:
        super().__init__(server)
        self.rows = list(rows)
        self.deltas: dict[str, list[Row]] = {}
        self.made_on = "20261106"
        self.most_rows_a_part = 1_000_000
        self.looks_before_ready = 1
        self.fails: str | None = None
        # Download rows are cut off here without a word, as the publisher does at 500,000.
        self.most_rows_a_download = 500_000
        self.spoil: Callable[[bytes], bytes] = lambda body: body
        self.columns: Sequence[str] = COLUMNS
        self.says_rows: Callable[[int], int] = lambda rows: rows
        # Files of other things that stand in every zip, by name.
        self.beside: dict[str, bytes] = {}
        self.holds_transactions = True
        self.files: dict[str, bytes] = {}
        self.looks: dict[str, int] = {}
        self.counts: dict[str, int] = {}

    def answer(self, request: Request, path: str) -> Response:
        body = json.loads(request.data) if request.data else {}
        if path.endswith("download/transactions/"):
            assert len(body["filters"]["program_numbers"]) == len(LISTINGS)
            period = body["filters"]["time_period"][0]
            found = [r for r in self.rows if self._asked(r, body["filters"], period)][: self.most_rows_a_download]
            return self._start("Assistance_PrimeTransactions", found)
        if path.endswith("bulk_download/awards/"):
            window = body["filters"]["date_range"]
            first, last = (date.fromisoformat(window[end]) for end in ("start_date", "end_date"))
            if (last - first).days > 365:
                return as_json({"detail": "Invalid Parameter: date_range total days must be within a year"}, 400)
            period = {"start_date": str(first), "end_date": str(last), "date_type": "action_date"}
            return self._start("All_Assistance_PrimeTransactions", [r for r in self.rows if _within(r, period)])
        if path.endswith("download/status"):
            return self._status(request.args["file_name"])
        if path.endswith("bulk_download/list_agencies/"):
            return as_json({"agencies": {"cfo_agencies": [
                {"name": "Department of Justice", "toptier_agency_id": 17, "toptier_code": "015"},
                {"name": "Synthetic Department", "toptier_agency_id": 18, "toptier_code": "999"},
            ], "other_agencies": []}})  # fmt: skip
        if path.endswith("bulk_download/list_monthly_files/"):
            assert body["agency"] == 17
            return as_json({"monthly_files": [{"file_name": n, "url": f"https://files.usaspending.gov/award_data_archive/{n}"}
                                              for n in self._archives(body["fiscal_year"])]})  # fmt: skip
        name = path.rsplit("/", 1)[-1]
        return Response(self.spoil(self.files[name]), content_type="application/zip")

    def _asked(self, row: Row, filters: dict[str, Any], period: dict[str, str]) -> bool:
        listed = row["cfda_number"] in filters["program_numbers"]
        return listed and row["assistance_type_code"] in filters["award_type_codes"] and _within(row, period)

    def _start(self, kind: str, rows: Sequence[Row]) -> Response:
        name = f"{kind}_{len(self.files):03}.zip"
        self.files[name] = self._zip(name.removesuffix(".zip"), rows)
        self.looks[name], self.counts[name] = 0, len(rows)
        url = f"{self.url}/generated_downloads/{name}"
        return as_json(
            {"file_name": name, "status_url": f"{self.url}/download/status?file_name={name}", "file_url": url}
        )

    def _status(self, name: str) -> Response:
        self.looks[name] += 1
        state = "finished" if self.looks[name] > self.looks_before_ready else "running"
        if self.fails and state == "finished":
            return as_json({"status": "failed", "message": self.fails, "file_name": name, "total_rows": None})
        rows = self.says_rows(self.counts[name]) if state == "finished" else None
        url = f"https://files.usaspending.gov/generated_downloads/{name}"
        return as_json({"status": state, "message": None, "file_name": name, "file_url": url, "total_rows": rows,
                        "seconds_elapsed": "0.5"})  # fmt: skip

    def _zip(self, stem: str, rows: Sequence[Row], columns: Sequence[str] = ()) -> bytes:
        step = self.most_rows_a_part
        parts = [rows[at : at + step] for at in range(0, len(rows), step)] or [[]]
        tables = ((f"{stem}_{n}.csv", as_csv(part, columns or self.columns)) for n, part in enumerate(parts, 1))
        return as_zip(*(tables if self.holds_transactions else ()), *self.beside.items())

    def _archives(self, year: int) -> list[str]:
        full = f"FY{year}_015_Assistance_Full_{self.made_on}.zip"
        rows = [r for r in self.rows if r["action_date_fiscal_year"] == str(year)]
        self.files[full] = self._zip(full.removesuffix(".zip"), rows)
        names = [full, f"FY{year}_015_Contracts_Full_{self.made_on}.zip"]
        for made, changes in self.deltas.items():
            delta = f"FY(All)_015_Assistance_Delta_{made}.zip"
            self.files[delta] = self._zip(delta.removesuffix(".zip"), changes, (DELETE_INDICATOR, *self.columns))
            names.append(delta)
        return names


def _within(row: Row, period: dict[str, str]) -> bool:
    field = "last_modified_date" if period["date_type"] == "last_modified_date" else "action_date"
    return period["start_date"] <= row[field][:10] <= period["end_date"]
