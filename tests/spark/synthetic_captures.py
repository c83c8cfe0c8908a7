"""What the recorded edition holds none of, as synthetic captures: so that no model is compared empty with empty.

What belongs here: one landing for each such dataset, its bytes made by the helpers of that source's own tests. What
does not: what becomes of them.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration import sources
from orchestration.declared import cities
from orchestration.landing.imports import import_files
from orchestration.landing.land import write
from orchestration.settings import Settings
from orchestration.sources.base import Slice
from orchestration.sources.usaspending_files import DELETE_INDICATOR
from orchestration.wire import Payload
from tests.ordinances import test_ilrc as county_map

sys.path.append(str(Path(__file__).parent.parent / "sources"))
import council_servers
import test_cops as announced
import test_fbi_files as fbi_files
import transaction_files as transactions

WHEN = datetime(2026, 11, 20, 6, tzinfo=UTC)
# An agency of the recorded register, so that its years of Return A have somebody to stand beside.
LOS_ANGELES = "CA01942"


def land(settings: Settings, folder: Path) -> None:
    """Everything below into the home's landing; folder: for the files that are imported."""
    _transactions(settings, folder)
    _outlays(settings)
    _announcements(settings, folder)
    _years_of_crime(settings, folder)
    _areas(settings)
    _chicago(settings)
    _incidents(settings)


def land_county_map(settings: Settings, folder: Path) -> None:
    """The county file of policies: real counties with synthetic marks, so only where engines are compared."""
    _import("ilrc/county_map", folder / "County_Imm_Map_ILRC.csv", county_map.table(*county_map.ROWS), settings)


def _import(dataset_id: str, path: Path, body: bytes, settings: Settings) -> None:
    path.write_bytes(body)
    (result,) = import_files(sources.get(dataset_id), [path], settings, retrieved_at=WHEN)
    assert result.ok, result.line()


def _write(dataset_id: str, slice_: Slice, answers: list[tuple[dict[str, str], Any]], settings: Settings) -> None:
    payloads = [
        Payload(
            body if isinstance(body, bytes) else json.dumps(body).encode(), f"https://example.invalid/{number}", WHEN,
            "text/csv" if isinstance(body, bytes) else "application/json", context=context,
        )
        for number, (context, body) in enumerate(answers)
    ]  # fmt: skip
    done = write(
        sources.get(dataset_id), slice_, payloads, landing_dir=settings.landing_dir, kind="fetched", edition="live"
    )
    assert done.status == "landed", done.message


def _transactions(settings: Settings, folder: Path) -> None:
    """Two years whole, and a delta that changes, moves, adds and deletes."""
    made = transactions.transaction
    outlays = "total_outlayed_amount_for_overall_award"
    first = [
        made(1, 0, on="2024-11-05", amount="100000.00", total_obligated_amount="97499.50", **{outlays: "40000.00"}),
        made(1, 1, on="2025-03-05", amount="-2500.50", total_obligated_amount="97499.50", **{outlays: "40000.00"}),
        made(2, 0, on="2025-09-30", amount="7.00", listing="16.738", awarding_sub_agency_code="1550"),
        made(3, 0, on="2025-02-01", amount="9.00", assistance_type_code="06", listing="16.606"),
        made(4, 0, on="2025-02-01", amount="125000.00", recipient_name="REDACTED DUE TO PII"),
        made(5, 0, on="2025-04-01", amount="50.00", award_id_fain="", award_id_uri="SYNURI", record_type_code="1",
             recipient_name="MULTIPLE RECIPIENTS"),
        made(6, 0, on="2025-05-01", amount="not a number"),
        made(7, 0, on="2025-05-01", amount="1250000.00", award_id_fain="15JCOPS25GG00007UHPX",
             recipient_name="COLUMBUS, CITY OF", recipient_city_name="COLUMBUS"),
    ]  # fmt: skip
    second = [made(2, 1, on="2025-10-30", amount="3.25", listing="16.738", awarding_sub_agency_code="1550")]
    delta = [
        made(1, 0, on="2024-11-05", amount="100000.00", listing="16.068", last_modified_date="2026-11-01"),
        {**made(2, 1, on="2025-10-30", amount="4.25", listing="16.738", awarding_sub_agency_code="1550",
                last_modified_date="2026-11-01"), DELETE_INDICATOR: "C"},
        {**made(3, 0, on="2025-02-01", amount="", listing="16.606"), DELETE_INDICATOR: "D"},
        made(8, 0, on="2026-06-01", amount="0.01", last_modified_date="2026-11-01"),
    ]  # fmt: skip
    files = {
        "FY2025_015_Assistance_Full_20261006": transactions.as_csv(first),
        "FY2026_015_Assistance_Full_20261006": transactions.as_csv(second),
        "FY(All)_015_Assistance_Delta_20261106": transactions.as_csv(
            delta, (DELETE_INDICATOR, *transactions.COLUMNS)
        ),
    }  # fmt: skip
    for name, body in files.items():
        zipped = transactions.as_zip((f"{name}_1.csv", body))
        _import("usaspending/transactions", folder / f"{name}.zip", zipped, settings)


def _outlays(settings: Settings) -> None:
    pages = [
        (award, outlay)
        for award, outlay in (("ASST_NON_SYNTH0001_015", 41000.25), ("ASST_NON_SYNTH0002_015", None))
    ]  # fmt: skip
    answers: list[tuple[dict[str, str], Any]] = [
        ({"award": award}, {
            "generated_unique_award_id": award, "fain": award.split("_")[2], "total_obligation": 97499.5,
            "total_outlay": outlay, "record_type": 2, "category": "grant",
            "awarding_agency": {"toptier_agency": {"name": "Department of Justice", "code": "015"}},
            "period_of_performance": {"end_date": "2030-09-30"}, "recipient": {"recipient_name": "SYNTHVILLE"},
        })
        for award, outlay in pages
    ]  # fmt: skip
    _write("usaspending/award_outlays", Slice("open"), answers, settings)


def _announcements(settings: Settings, folder: Path) -> None:
    """Of a year whose total is not known: the gate compares those of 2017 and 2020 with what was printed."""
    _import("cops/announcements", folder / "2019_chp_Award_List.pdf", announced.pdf(announced.ROWS), settings)


def _years_of_crime(settings: Settings, folder: Path) -> None:
    reta = fbi_files.reta(
        fbi_files.line({**fbi_files.JANUARY, **fbi_files.DECEMBER}),
        fbi_files.line(fbi_files.JANUARY, ori=LOS_ANGELES, year="19"),
    )
    _import("fbi/return_a", folder / "reta-2019.zip", reta, settings)
    rows = [*fbi_files.ROWS, ["CALIFORNIA", "Los Angeles", 4015546, 29400, 258, 2274, 9652, 17216, 95704, 13773,
                              66203, 15728, None]]  # fmt: skip
    _import("fbi/table8", folder / "Table_8_2019.xlsx", fbi_files.workbook(*rows), settings)


def _areas(settings: Settings) -> None:
    for area, level, name in (("CA", "state", "California"), ("US", "nation", "United States")):
        answers: list[tuple[dict[str, str], Any]] = [
            ({"level": level, "area": area, "offense_code": code}, {
                "offenses": {"actuals": {f"{name} Offenses": {"01-2025": 150, "02-2025": None},
                                         f"{name} Clearances": {"01-2025": 50}}},
                "populations": {"population": {name: {"01-2025": 1_000_000}}},
            })
            for code in ("HOM", "RPE")
        ]  # fmt: skip
        _write("fbi/area_months", Slice(area, {"level": level, "area": area}), answers, settings)


def _chicago(settings: Settings) -> None:
    titles = ("Amendment of Municipal Code regarding Welcoming City Ordinance", "Synthetic Chicago matter")
    made = [council_servers.record(number, title=title) for number, title in enumerate(titles)]
    answer = {"data": made, "meta": {"count": len(made)}}
    _write("elms/matters", Slice("chicago:all", {"client": "chicago"}), [({"client": "chicago"}, answer)], settings)


def _incidents(settings: Settings) -> None:
    """Rows of a month with their faults, counts of others, by victims' group and without, and a break of series."""
    stamp: Callable[[str], str] = lambda day: f"{day}T00:00:00.000"  # noqa: E731
    codes = (("121", "H"), ("820", "W"), ("626", "H"), ("236", None), ("626", "X"), ("510", "B"))
    january = [
        {":id": f"row-{n}", "dr_no": f"SYN{n}", "date_rptd": stamp("2021-01-05"), "date_occ": stamp("2021-01-04"),
         "crm_cd": code, "vict_descent": descent}
        for n, (code, descent) in enumerate(codes)
    ]  # fmt: skip
    faulty = [
        {**january[0], ":id": "again"},
        {**january[1], ":id": "later", "date_rptd": stamp("2021-01-07"), "crm_cd": "121"},
        {**january[2], ":id": "none", "dr_no": None},
    ]
    _write_incidents("2nrs-mtv8", "2021-01", [*january, *faulty], settings)
    # the gate lets a small capture lose one record to quarantine, no second
    february = [{**january[n], "dr_no": f"SYN9{n}", "date_rptd": stamp(day)}
                for n, day in enumerate(("2021-02-05", "1800-01-01"))]  # fmt: skip
    _write_incidents("2nrs-mtv8", "2021-02", february, settings)
    chicago = [
        {":id": f"row-{n}", "id": str(n), "date": "2021-01-03T10:00:00.000", "primary_type": kind, "domestic": flag}
        for n, (kind, flag) in enumerate((("CRIM SEXUAL ASSAULT", "true"), ("BATTERY", "true"), ("THEFT", "false")))
    ]
    _write_incidents("ijzp-q8t2", "2021-01", chicago, settings)
    counts: dict[str, list[dict[str, str]]] = {
        "63jg-8b9z": [
            {"month": stamp(f"{month}-01"), "n": str(n), "newest": stamp(f"{month}-27"), "crm_cd": code,
             "vict_descent": descent}
            for year, times in (("2016", 4), ("2017", 3))
            for month in (f"{year}-01", f"{year}-02", f"{year}-03")
            for code, descent, n in (("121", "H", 10 * times), ("121", "W", 25), ("626", "H", 100 * times))
        ],
        "qgea-i56i": [
            {"month": stamp("2021-01-01"), "n": str(n), "newest": stamp("2021-01-28"), "ofns_desc": "RAPE",
             "vic_race": race}
            for race, n in (("WHITE HISPANIC", 5), ("BLACK HISPANIC", 3), ("BLACK", 7), ("UNKNOWN", 2))
        ],
        "fdj4-gpfu": [
            {"month": stamp(f"2020-{month:02}-01"), "n": str(100 if month < 7 else 40),
             "newest": stamp(f"2020-{month:02}-28"), "category_description": "Theft", "family_violence": "N"}
            for month in range(1, 13)
        ],
    }  # fmt: skip
    for set_id, groups in counts.items():
        _write("socrata/incident_months", Slice(set_id, {"set": set_id}), [({"set": set_id}, groups)], settings)


def _write_incidents(set_id: str, month: str, rows: list[dict[str, Any]], settings: Settings) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, cities.BY_ID[set_id].columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    slice_ = Slice(f"{set_id} {month}", {"set": set_id, "month": month})
    _write("socrata/incidents", slice_, [({"set": set_id}, text.getvalue().encode())], settings)
