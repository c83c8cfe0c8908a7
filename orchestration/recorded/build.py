"""From the tables to the publishers' wire shapes: batches of payloads that the live sources' cut() reads.

What belongs here: one function a dataset, from long-form figures to the bytes
that the publisher would have sent, the same bytes each time. What does not:
figures (tables/), cutting (sources/), writing captures (landing/).
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as xml_escape

from orchestration import sources
from orchestration.declared.fbi import OFFENSES
from orchestration.sources.base import Batch, Selection, Slice
from orchestration.sources.fbi import study_agencies
from orchestration.sources.states import BY_FIPS, BY_POSTAL
from orchestration.wire import Payload

TABLES = Path(__file__).with_name("tables")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Figures = Mapping[str, Mapping[str, str]]


def batches(dataset_id: str) -> Iterator[Batch]:
    """The recorded captures of a dataset: none if nothing of it is transcribed. Raises KeyError for no dataset."""
    sources.get(dataset_id)
    if builder := _BUILDERS.get(dataset_id):
        yield from builder()


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """A table's rows: publisher, table, entity, period, measure, value, source."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def source(code: str) -> dict[str, str]:
    """What tables/sources.csv says of a source's code."""
    with (TABLES / "sources.csv").open(encoding="utf-8", newline="") as stream:
        return {row["source"]: row for row in csv.DictReader(stream)}[code]


def _when(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _batch(
    slice_: Slice,
    code: str,
    payloads: Sequence[Payload],
    *,
    when: datetime | None = None,
    selection: Selection | None = None,
) -> Batch:
    publication = source(code)
    return Batch(
        slice_,
        payloads,
        when or _when(publication["transcribed_on"]),
        selection=selection,
        note=publication["note"] or None,
        publisher=publication["publisher"],
    )


def _payload(
    body: bytes, code: str, *, url: str = "", when: datetime | None = None, media_type: str = "application/json",
    context: Mapping[str, str] | None = None,
) -> Payload:  # fmt: skip
    publication = source(code)
    moment = when or _when(publication["transcribed_on"])
    return Payload(
        body, url or publication["where"], moment, media_type=media_type, method="FILE", context=context or {}
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _number(text: str) -> int | float | None:
    if text == "":
        return None
    return float(text) if "." in text or "e" in text.lower() else int(text)


def _by_entity(name: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in table(name):
        found[row["entity"]][row["measure"]] = row["value"]
    return found


def _awards() -> Iterator[Batch]:
    results = [_award(fain, figures) for fain, figures in _by_entity("usaspending_awards").items()]
    body = {"spending_level": "awards", "limit": 100, "results": results, "messages": [],
            "page_metadata": {"page": 1, "hasNext": False, "last_record_unique_id": None,
                              "last_record_sort_value": "None"}}  # fmt: skip
    code = "usaspending-cops-83"
    payload = _payload(_json(body), code, url="https://api.usaspending.gov/api/v2/search/spending_by_award/")
    yield _batch(Slice("cops-83"), code, [payload])


def _award(fain: str, figures: Mapping[str, str]) -> dict[str, Any]:
    award: dict[str, Any] = {
        "Award ID": fain,
        "Recipient Name": figures["recipient_name"],
        "Start Date": figures["start_date"],
        "End Date": figures.get("end_date"),
        "Award Amount": _number(figures["obligation"]),
        # The search shows 0 where nothing is known to have been drawn.
        "Total Outlays": _number(figures.get("outlay", "0")),
        "Description": figures["description"],
        "Awarding Agency": "Department of Justice",
        "generated_internal_id": figures["generated_internal_id"],
    }
    if state := figures.get("recipient_state"):
        award["Recipient Location"] = {"state_code": state}
    return award


def _listings() -> Iterator[Batch]:
    """One capture a day on which the inventory was seen, one page a listing."""
    days: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in table("usaspending_assistance_listings"):
        days[row["source"]][row["entity"]].append(row)
    for code, by_listing in sorted(days.items()):
        when = _when(source(code)["as_of"])
        payloads = [_payload(_json(_listing(listing, rows)), code, when=when) for listing, rows in by_listing.items()]
        yield _batch(Slice(f"inventory:{source(code)['as_of']}"), code, payloads, when=when)


def _listing(listing: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    years: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row["period"]:
            years[row["period"]][row["measure"]] = row["value"]
    spent = ("usa_spending_actual", "sam_actual", "sam_estimate")
    return {
        "id": listing,
        **{row["measure"]: row["value"] for row in rows if not row["period"]},
        "obligations": [
            {"x": year, **{m: _number(figures[m]) for m in spent if m in figures}} for year, figures in years.items()
        ],
        "outlays": [
            {"x": year, "outlay": _number(figures["outlay"])} for year, figures in years.items() if "outlay" in figures
        ],
    }


def _budget() -> Iterator[Batch]:
    """The two tables of each budget: an account a row, a fiscal year a column, in thousands."""
    tables: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in table("omb_budget"):
        tables[row["source"], row["measure"]][row["entity"]][row["period"]] = row["value"]
    for (code, measure), accounts in sorted(tables.items()):
        budget_year = code.removeprefix("omb-fy")
        years = sorted({year for figures in accounts.values() for year in figures})
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["Treasury Agency Code", "Account Code", "Account Name", "Grant/non-grant split", *years])
        for entity, figures in accounts.items():
            writer.writerow(["15", *entity.split("|"), *(figures.get(year, "") for year in years)])
        context = {"measure": measure, "budget_year": budget_year}
        payload = _payload(text.getvalue().encode(), code, media_type="text/csv", context=context)
        yield _batch(Slice(f"FY{budget_year}:{measure}"), code, [payload])


def _doj() -> Iterator[Batch]:
    days: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in table("doj_sanctuary_list"):
        days[row["period"]].append(row)
    for day, rows in sorted(days.items()):
        code, when = rows[0]["source"], _when(day)
        parts = []
        for heading in ("STATES", "COUNTIES", "CITIES"):
            names = "".join(f"<li>{escape(row['entity'])}</li>" for row in rows if row["value"] == heading)
            parts.append(f"<h3>{heading}</h3><ul>{names}</ul>")
        # The page's own date stays that of its first publication: the press reported the removal.
        html = f"<html><body><h1>U.S. Sanctuary Jurisdiction List</h1>{''.join(parts)}</body></html>"
        yield _batch(Slice("list"), code, [_payload(html.encode(), code, when=when, media_type="text/html")], when=when)


def _dhs() -> Iterator[Batch]:
    days: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in table("dhs_sanctuary_list"):
        days[row["period"]].append(row)
    for day, rows in sorted(days.items()):
        code, when = rows[0]["source"], _when(day)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["state", "level_heading", "jurisdiction_as_printed"])
        writer.writerows([row["entity"].split("|")[0], row["value"], row["entity"].split("|")[1]] for row in rows)
        payload = _payload(text.getvalue().encode(), code, when=when, media_type="text/csv")
        yield _batch(Slice("list"), code, [payload], when=when)


def _ice() -> Iterator[Batch]:
    moments: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in table("ice_agreements_287g"):
        moments[row["period"]].append(row)
    states = sorted({row["entity"].partition("|")[0].strip() for rows in moments.values() for row in rows})
    # States of the study without an agreement are covered, too: that they have none is a fact.
    covered = tuple(sorted({*states, *(BY_POSTAL[p].name.upper() for p in _study_states())}))
    headers = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED"]
    for moment, rows in sorted(moments.items()):
        cells = [[*row["entity"].split("|"), row["measure"], row["value"]] for row in rows]
        when = _when(moment)
        payload = _payload(workbook([headers, *cells]), "ice-287g", when=when, media_type=XLSX)
        yield _batch(Slice("participating"), "ice-287g", [payload], when=when, selection=Selection("STATE", covered))


def _study_states() -> set[str]:
    return {agency["state_abbr"] for agency in study_agencies()}


def _agencies() -> Iterator[Batch]:
    states: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for ori, figures in _by_entity("fbi_agencies").items():
        agency: dict[str, Any] = {"ori": ori, **figures}
        for name in ("latitude", "longitude"):
            if name in agency:
                agency[name] = _number(agency[name])
        if "is_nibrs" in agency:
            agency["is_nibrs"] = agency["is_nibrs"] == "true"
        states[figures["state_abbr"]][figures.get("counties", "NOT SPECIFIED")].append(agency)
    for state, counties in sorted(states.items()):
        code = "cde-agencies-2020"
        url = source(code)["where"].format(state=state)
        payload = _payload(_json(counties), code, url=url, context={"state_abbr": state})
        yield _batch(Slice(state, {"state": state}), code, [payload])


def _agency_months() -> Iterator[Batch]:
    code = "cde-months-2026-04"
    agencies = _by_entity("fbi_agencies")
    population: dict[tuple[str, str], int | float | None] = {
        (row["entity"], row["period"]): _number(row["value"]) for row in table("fbi_agency_population")
    }
    # A slice is an agency, as in the live edition: what is fetched of one takes the place of what was typed of it.
    by_agency: dict[str, list[Payload]] = defaultdict(list)
    for offense in (one.code for one in OFFENSES if one.return_a):
        series: dict[str, dict[str, dict[str, int | float | None]]] = defaultdict(lambda: {"actual": {}, "cleared": {}})
        for row in table(f"fbi_agency_months_{offense}"):
            year, month = row["period"].split("-")
            series[row["entity"]][row["measure"]][f"{month}-{year}"] = _number(row["value"])
        for ori, measures in series.items():
            name, state = agencies[ori]["agency_name"], agencies[ori]["state_abbr"]
            people = {month: population[ori, month[3:]] for month in measures["actual"]}
            body = {
                "offenses": {
                    "actuals": {f"{name} Offenses": measures["actual"], f"{name} Clearances": measures["cleared"]}
                },
                "populations": {"population": {name: people}},
                "cde_properties": {"max_data_date": {"UCR": "04/2026"}},
            }
            url = source(code)["where"].format(ori=ori, offense=offense)
            context = {"ori": ori, "offense_code": offense, "state_abbr": state}
            by_agency[ori].append(_payload(_json(body), code, url=url, context=context))
    for ori, payloads in sorted(by_agency.items()):
        yield _batch(Slice(ori, {"state": agencies[ori]["state_abbr"], "ori": ori}), code, payloads)


def _victimizations() -> Iterator[Batch]:
    code = "ncvs-gcuy-rt5g"
    years: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in table("bjs_victimizations"):
        years[row["period"]][row["entity"]][row["measure"]] = row["value"]
    for year, groups in sorted(years.items()):
        rows = [{"year": year, **dict(part.split("=") for part in group.split(";")), **figures}
                for group, figures in groups.items()]  # fmt: skip
        yield _batch(Slice(year, {"year": year}), code, [_payload(_json(rows), code)])


def _council_matters() -> Iterator[Batch]:
    code, client = "nyc-council", {"client": "nyc"}
    matters = [
        {"MatterFile": file, **{name: f"{value}T00:00:00" if name.endswith("Date") else value
                                for name, value in figures.items()}, "MatterRestrictViewViaWeb": False}
        for file, figures in _by_entity("council_matters").items()
    ]  # fmt: skip
    yield _batch(Slice("nyc", client), code, [_payload(_json(matters), code, context=client)])


def _council_actions() -> Iterator[Batch]:
    code, client = "nyc-council", {"client": "nyc"}
    ids = {file: figures["MatterId"] for file, figures in _by_entity("council_matters").items()}
    days = {row["entity"]: row["period"] for row in table("council_actions")}
    by_file: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entity, figures in _by_entity("council_actions").items():
        file, _, action = entity.partition("|")
        day = f"{days[entity]}T00:00:00"
        by_file[file].append({"MatterHistoryId": action, "MatterHistoryActionDate": day, **figures})
    payloads = [
        _payload(_json(actions), code, context={**client, "matter_id": ids[file]}) for file, actions in by_file.items()
    ]
    yield _batch(Slice("nyc", client), code, payloads)


def _places() -> Iterator[Batch]:
    code = "acs5-2023-urban"
    units: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in table("census_places"):
        level, state, unit, name = row["entity"].split("|")
        units[level, state][f"{unit}|{name}"][row["measure"]] = row["value"]
    for (level, state), figures in sorted(units.items()):
        rows = [["NAME", "B01003_001E", "HISPANIC_SHARE", "state", level]]
        for entity, measures in figures.items():
            unit, name = entity.split("|")
            rows.append([name, measures["B01003_001E"], measures.get("HISPANIC_SHARE"), state, unit])  # type: ignore[list-item]
        payload = _payload(_json(rows), code, context={"level": level, "year": "2023"})
        yield _batch(Slice(f"{level}:{state}", {"level": level, "fips": state}), code, [payload])


def _gazetteer() -> Iterator[Batch]:
    tables = {
        "places": (("places_1", "places_2", "places_3"), "census-codes"),
        "counties": (("counties",), "census-codes"),
        "cousubs": (("cousubs_1", "cousubs_2", "cousubs_3"), "census-cousubs"),
    }
    for level, (names, code) in tables.items():
        lines = ["USPS|GEOID|NAME"]
        for name in names:
            lines += [
                f"{BY_FIPS[row['geoid'][:2]].postal}|{row['geoid']}|{row['name']}"
                for row in table(f"census_gazetteer_{name}")
            ]
        body = "\n".join([*lines, ""]).encode()
        payload = _payload(body, code, media_type="text/plain", context={"level": level})
        yield _batch(Slice(level, {"level": level}), code, [payload])


def _own_table(name: str, code: str) -> Callable[[], Iterator[Batch]]:
    def build() -> Iterator[Batch]:
        body = (TABLES / f"{name}.csv").read_bytes()
        yield _batch(Slice("all"), code, [_payload(body, code, media_type="text/csv")])

    return build


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """A one-sheet XLSX of text cells, the same bytes each time (libraries stamp the hour into theirs)."""
    lines = []
    for row in rows:
        cells = "".join(
            f'<c t="inlineStr"><is><t xml:space="preserve">{xml_escape(cell)}</t></is></c>' if cell else "<c/>"
            for cell in row
        )
        lines.append(f"<row>{cells}</row>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), head + content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


_BUILDERS: dict[str, Callable[[], Iterator[Batch]]] = {
    "usaspending/awards": _awards,
    "usaspending/assistance_listings": _listings,
    "omb/budget": _budget,
    "doj/sanctuary_list": _doj,
    "dhs/sanctuary_list": _dhs,
    "ice/agreements_287g": _ice,
    "ledger/policy_events": _own_table("policy_events", "ledger"),
    "legistar/matters": _council_matters,
    "legistar/histories": _council_actions,
    "fbi/agencies": _agencies,
    "fbi/agency_months": _agency_months,
    "bjs/victimizations": _victimizations,
    "census/places": _places,
    "census/gazetteer": _gazetteer,
    "published/awards": _own_table("printed_awards", "printed-awards"),
    "published/statistics": _own_table("published_statistics", "published"),
}
# Nobody's transcription of these is true to the single record: they come with the live edition or an import.
NOT_RECORDED = frozenset(sources.DATASETS) - frozenset(_BUILDERS)
