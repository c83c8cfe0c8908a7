"""One good file of every dataset that takes files, synthetic, small, and as its publisher writes it.

What belongs here: what is spoilt. What does not: how (kinds.py).
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sources"))

import council_servers
import nibrs_files
import openpyxl
import test_bjs
import test_cops
import test_fbi_files
import transaction_files

from orchestration import sources
from orchestration.declared import cities
from orchestration.sources import ilrc
from orchestration.sources.base import Dataset


@dataclass(frozen=True)
class Good:
    """A file that is taken: its name, its form, its bytes, and how many records it brings.

    form: json, csv, xlsx, html, pdf, zip or text.
    rows: where the rows lie in the JSON, by names; () where it is the list.
    """

    name: str
    form: str
    body: bytes
    rows: tuple[str, ...] = ()


def takes_files() -> dict[str, Dataset]:
    """Every dataset that has a way to read a user's file, by the register."""
    return {
        dataset.id: dataset for dataset in sources.DATASETS.values() if type(dataset).read_file is not Dataset.read_file
    }


def _json(name: str, value: object, rows: tuple[str, ...] = ()) -> Good:
    return Good(name, "json", json.dumps(value).encode(), rows)


def _ncvs() -> Good:
    rows = [{**row, "newwgt": f"{1 + n}.5"} for n, row in enumerate(test_bjs.synthetic("2016", 30))]
    return _json("NCVS_2016.json", rows)


def _gazetteer() -> Good:
    names = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|LSAD|FUNCSTAT|INTPTLAT|INTPTLONG   "
    rows = [f"OH|39{n:05}|1600000US39{n:05}|{n:08}|Synthville {n:02} city|25|A|40.0|-83.0" for n in range(30)]
    return Good("2026_Gaz_place_national.txt", "csv", "\n".join([names, *rows, ""]).encode())


def _dhs() -> Good:
    rows = [f"Ohio,county,Synthetic {n:02} County" for n in range(20)]
    text = "\n".join(["state,level_heading,jurisdiction_as_printed", *rows, ""])
    return Good("dhs_list.csv", "csv", text.encode())


def _ilrc() -> Good:
    dataset = sources.get("ilrc/county_map")
    columns = (*dataset.optional, *dataset.required)  # the code stands last, as in the true file
    rows = []
    for n in range(20):
        marks = dict.fromkeys(ilrc.PROVISIONS, "0") | {ilrc.PROVISIONS[n % 7]: "1"}
        cells = {
            "County": f"Synthetic {n:02}",
            "Jurisdiction": f"Jail {n:02}",
            "State": "OH",
            "GEOID - FIPS": str(39001 + 2 * n),
            "ILRC Total": "1",
        }
        rows.append(",".join({**dict.fromkeys(dataset.fields, ""), **cells, **marks}[name] for name in columns))
    return Good("county_map.csv", "csv", "\n".join([",".join(columns), *rows, ""]).encode())


def _doj() -> Good:
    items = "".join(f"<li>Sample {n:02}, OH</li>" for n in range(20))
    text = (
        "<html><head><title>Synthetic list</title></head><body><main><h1>Synthetic list</h1>"
        "<h3>STATES:</h3><ul><li>Ohio</li><li>Maine</li></ul><h3>COUNTIES:</h3><ul><li>Sample County, OH</li></ul>"
        f"<h3>CITIES:</h3><ul>{items}</ul></main></body></html>"
    )
    return Good("doj_list.html", "html", text.encode())


def _elms() -> Good:
    found = [council_servers.record(n) for n in range(1, 21)]
    return _json("elms_matters.json", {"data": found, "meta": {"count": len(found)}}, ("data",))


def _return_a() -> Good:
    both = {**test_fbi_files.JANUARY, **test_fbi_files.DECEMBER}
    lines = [test_fbi_files.line(both, ori=f"SY{n:05}") for n in range(3)]
    return Good("2019_RETA.txt", "text", "\n".join([*lines, ""]).encode())


def _nibrs() -> Good:
    made = nibrs_files.Archive("to 2015", [nibrs_files.Incident() for _ in range(20)])
    return Good(made.name, "zip", made.body())


def _table8() -> Good:
    rows = [["OHIO", f"Testville {chr(65 + n)}", 1234 + n, 12, 1, 2, 3 + n % 9, 6, 30, 10, 15, 5, 0] for n in range(20)]
    name = "Table_8_Offenses_Known_to_Law_Enforcement_by_State_by_City_2019.xlsx"
    return Good(name, "xlsx", test_fbi_files.workbook(*rows, headings=(test_fbi_files.HEADINGS,)))


def _table8_csv() -> Good:
    header = "year,state,city,population,murder,robbery,burglary,rape_legacy"
    rows = [f"{year},Ohio,Synthetic {n:02},{1000 + n},1,2,{n},4" for year in (2012, 2013) for n in range(10)]
    return Good("table8.csv", "csv", "\n".join([header, *rows, ""]).encode())


def _ice() -> Good:
    header = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM"]
    rows = [
        [("OHIO", "MAINE")[n % 2], f"Synthetic {n:02} Police Department", "Municipality", "Sample County",
         "Task Force Model", f"2025-{1 + n % 12:02}-02", "link", ""]
        for n in range(30)
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return Good("participatingAgencies05182026am.xlsx", "xlsx", _with_shared_texts(out.getvalue()))


def _with_shared_texts(body: bytes) -> bytes:
    """The same workbook with its texts in a list that the cells refer to, as Excel itself writes them."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        held = {info.filename: archive.read(info).decode() for info in archive.infolist()}
    texts: list[str] = []

    def refer(cell: re.Match[str]) -> str:
        texts.append(cell[2])
        return f'{cell[1]} t="s"><v>{len(texts) - 1}</v></c>'

    sheet, rels, types = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
    held[sheet] = re.sub(r'(<c [^>]*?) t="inlineStr"><is><t>([^<]*)</t></is></c>', refer, held[sheet])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    listed = "".join(f"<si><t>{text}</t></si>" for text in texts)
    held["xl/sharedStrings.xml"] = f'<?xml version="1.0"?><sst xmlns="{main}">{listed}</sst>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    link = f'<Relationship Id="rId99" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    held[rels] = held[rels].replace("</Relationships>", link)
    form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{form}"/></Types>'
    held[types] = held[types].replace("</Types>", part)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return out.getvalue()


def _matters() -> Good:
    return _json("seattle_matters.json", [council_servers.matter(n) for n in range(1, 21)])


def _histories() -> Good:
    actions = [council_servers.action(n, "Introduced", "2026-11-02") for n in range(1, 11)]
    return _json("seattle_7_histories.json", actions)


def _incidents() -> Good:
    city_set = cities.BY_ID["2nrs-mtv8"]
    values = {"dr_no": "9{n:08}", "date_rptd": "2020-01-08T00:00:00.000", "date_occ": "2020-01-07T00:00:00.000",
              "crm_cd": "624", "vict_descent": "H", "location": "Synthetic Street {n}"}  # fmt: skip
    names = [name for name in city_set.columns if name != cities.ROW_ID]
    rows = [",".join(values.get(name, "x").format(n=n) for name in names) for n in range(30)]
    return Good("2nrs-mtv8_synthetic.csv", "csv", "\n".join([",".join(names), *rows, ""]).encode())


def _transactions() -> Good:
    rows = [
        transaction_files.transaction(n, on="2026-01-02", amount=f"{n}.00", transaction_description=f"Synthetic {n}")
        for n in range(1, 21)
    ]
    return Good("synthetic_PrimeTransactions.csv", "csv", transaction_files.as_csv(rows))


def _listings() -> Good:
    years = [{"x": str(year), "usa_spending_actual": 5.0 + year} for year in (2022, 2023, 2024)]
    listing = {"id": "16.710", "name": "Synthetic", "obligations": years, "outlays": [{"x": "2022", "outlay": 3.0}]}
    return _json("16.710.json", listing, ("obligations",))


def _budget() -> Good:
    head = ["Treasury Agency Code", "Account Code", "Account Name", "Grant/non-grant split", "2024", "2025"]
    rows = [["15", "0406", f"Synthetic Policing {n}", f"Split {n}", f"{n + 1}000", f"{n + 2}000"] for n in range(20)]
    return Good("budauth_fy2028.csv", "csv", "\n".join([*map(",".join, [head, *rows]), ""]).encode())


# By dataset and, where a dataset takes files of several forms, the form.
GOOD: dict[str, Callable[[], Good]] = {
    "bjs/victimizations": _ncvs,
    "census/gazetteer": _gazetteer,
    "cops/announcements": lambda: Good(
        "2020_chp_Award_List.pdf",
        "pdf",
        test_cops.pdf([["Ohio", f"Synthville {n:02}", "1", f"${n + 1},000"] for n in range(20)]),
    ),
    "dhs/sanctuary_list": _dhs,
    "doj/sanctuary_list": _doj,
    "elms/matters": _elms,
    "fbi/nibrs": _nibrs,
    "fbi/return_a": _return_a,
    "fbi/table8": _table8,
    "fbi/table8 csv": _table8_csv,
    "ice/agreements_287g": _ice,
    "ilrc/county_map": _ilrc,
    "legistar/matters": _matters,
    "omb/budget": _budget,
    "legistar/histories": _histories,
    "socrata/incidents": _incidents,
    "usaspending/assistance_listings": _listings,
    "usaspending/transactions": _transactions,
}
