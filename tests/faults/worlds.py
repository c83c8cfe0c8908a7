"""Each live dataset on loopback: a good first answer, news for the next one, and the rows of an answer by name.

What belongs here: how a dataset's publisher is set up, what may be spoilt in its answers, and what it holds. What does
not: the faults (faults.py), what must become of them (faults.toml).
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import council_servers
import nibrs_files
import servers
import test_bjs
import test_cops
import test_fbi_files
import test_socrata
import transaction_files as files
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.declared import cities
from orchestration.recorded.workbooks import workbook
from orchestration.sources import fbi
from orchestration.sources.states import BY_POSTAL
from orchestration.sources.usaspending import LISTINGS

Rows = list[dict[str, Any]]
MANY = 60
FIRST_NIGHT = datetime(2026, 11, 24, 6, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 12, 26, 6, tzinfo=UTC)


@dataclass
class World:
    """One dataset's publisher and what the fault table needs to know of it.

    slice: what is asked for; before: other datasets and slices that must have landed.
    hold, set: the rows that the publisher holds, and the way to give it others: its pages and counts follow.
    news: make the publisher hold something more than on the first night.
    rows, with_rows: the rows of one answer (None for an answer that holds none), and the answer with others.
    needed: a required field; text: a field of free text; day: a field that holds a date; amount: a field that holds a
    number whose size matters; code: a field that holds one of a few codes; each as the answer names it.
    amount_told: the amount's name in the capture, where that is another.
    """

    dataset: str
    slice: str
    publisher: servers.Publisher
    settings: dict[str, Any]
    news: Callable[[], None]
    hold: Callable[[], Rows] | None = None
    set: Callable[[Rows], None] | None = None
    rows: Callable[[Request, Response], Rows | None] | None = None
    with_rows: Callable[[Response, Rows], Response] | None = None
    needed: str = ""
    text: str = ""
    day: str = ""
    amount: str = ""
    amount_told: str = ""
    code: str = ""
    before: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


class Page(servers.Publisher):
    """One document, whatever is asked for under the path."""

    base_path = "/page"

    def __init__(self, server: HTTPServer, body: bytes, media_type: str) -> None:
        super().__init__(server)
        self.body, self.media_type = body, media_type

    def answer(self, request: Request, path: str) -> Response:
        return Response(self.body, content_type=self.media_type)


def _json_rows(key: str | None, marks: str | None = None) -> dict[str, Any]:
    """Rows in a JSON list, or under a key of a JSON object (which has the key `marks` where it is one of rows)."""

    def rows(request: Request, response: Response) -> Rows | None:
        if response.status_code != 200 or "json" not in (response.content_type or ""):
            return None
        answer = json.loads(response.get_data())
        if key is None:
            return answer if isinstance(answer, list) and answer and list(answer[0]) != ["n"] else None
        found = answer.get(key) if isinstance(answer, dict) else None
        return found if isinstance(found, list) and found and (marks is None or marks in answer) else None

    def with_rows(response: Response, changed: Rows) -> Response:
        answer = json.loads(response.get_data())
        return servers.as_json(changed if key is None else {**answer, key: changed})

    return {"rows": rows, "with_rows": with_rows}


def _table(rows: Rows, **form: Any) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n", **form)
    writer.writeheader()
    writer.writerows([{k: v if not isinstance(v, list) else json.dumps(v) for k, v in row.items()} for row in rows])
    return out.getvalue()


def awards(server: HTTPServer) -> World:
    days = servers.days("2019-10-01", MANY + 1)
    made = [servers.award(n, signed=day) for n, day in enumerate(days)]
    publisher = servers.Usaspending(server, made[:MANY])
    return World(
        "usaspending/awards", "grants:FY2020", publisher, {"usaspending_url": publisher.url},
        news=lambda: publisher.awards.append(made[MANY]),
        hold=lambda: publisher.awards, set=lambda rows: setattr(publisher, "awards", rows),
        **_json_rows("results", "spending_level"), needed="Award Amount", text="Recipient Name",
        day="Last Modified Date", amount="Award Amount", code="Awarding Agency",
    )  # fmt: skip


def listings(server: HTTPServer) -> World:
    made = [servers.award(n, signed="2019-11-01", listing=number) for n, number in enumerate(LISTINGS)]
    publisher = servers.Usaspending(server, made[:-1])
    return World(
        "usaspending/assistance_listings", "FY2020", publisher, {"usaspending_url": publisher.url},
        news=lambda: publisher.awards.append(made[-1]),
        hold=lambda: publisher.awards, set=lambda rows: setattr(publisher, "awards", rows),
        **_json_rows("results", "category"), needed="amount", text="name", amount="amount", amount_told="obligation",
    )  # fmt: skip


def _zip_rows(request: Request, response: Response) -> Rows | None:
    if response.content_type != "application/zip":
        return None
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as archive:
        (name,) = archive.namelist()
        return list(csv.DictReader(io.StringIO(archive.read(name).decode()))) or None


def _zip_with(response: Response, rows: Rows) -> Response:
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as archive:
        (name,) = archive.namelist()
    return Response(files.as_zip((name, _table(rows).encode())), content_type="application/zip")


def transactions(server: HTTPServer) -> World:
    days = servers.days("2019-10-01", MANY + 1)
    made = [files.transaction(n, on=day, amount=f"{n + 1}.50") for n, day in enumerate(days)]
    publisher = files.Files(server, made[:MANY])
    settings = {"usaspending_url": publisher.url, "usaspending_files_url": publisher.url, "download_poll": 0.01}
    return World(
        "usaspending/transactions", "FY2020", publisher, settings,
        news=lambda: publisher.rows.append(made[MANY]),
        hold=lambda: publisher.rows, set=lambda rows: setattr(publisher, "rows", rows),
        rows=_zip_rows, with_rows=_zip_with,
        needed="federal_action_obligation", text="recipient_name", day="last_modified_date",
        amount="federal_action_obligation", code="awarding_sub_agency_name",
    )  # fmt: skip


def outlays(server: HTTPServer) -> World:
    world = transactions(server)
    publisher, made = world.publisher, world.publisher.answer
    paid = {"usd": 1000.25}

    def answer(request: Request, path: str) -> Response:
        if "/awards/ASST" not in path:
            return made(request, path)
        award = path.rstrip("/").rsplit("/", 1)[-1]
        return servers.as_json({
            "generated_unique_award_id": award, "fain": award.split("_")[2], "total_obligation": 97499.5,
            "total_outlay": paid["usd"] + int(award.split("_")[2][5:]), "record_type": 2, "category": "grant",
            "description": f"Synthetic {award}",
            "awarding_agency": {"toptier_agency": {"name": "Department of Tests", "code": "015"}},
            "period_of_performance": {"end_date": "2030-09-30"}, "recipient": {"recipient_name": "SYNTHVILLE"},
        })  # fmt: skip

    publisher.answer = answer  # type: ignore[method-assign]

    def rows(request: Request, response: Response) -> Rows | None:
        return [json.loads(response.get_data())] if "/awards/ASST" in request.path else None

    return World(
        "usaspending/award_outlays", "open", publisher, world.settings, news=lambda: paid.update(usd=2000.5),
        rows=rows, with_rows=lambda response, changed: servers.as_json(changed[0] if changed else {}),
        needed="total_outlay", text="description", amount="total_outlay",
        before=[("usaspending/transactions", "FY2020")],
    )  # fmt: skip


def announcements(server: HTTPServer) -> World:
    lines = [["Ohio", f"Synthville {n:02} Police Department", "1", f"${n + 1},000"] for n in range(MANY + 1)]
    publisher = Page(server, test_cops.pdf(lines[:MANY]), "application/pdf")

    def hold(rows: Rows) -> None:
        publisher.body = test_cops.pdf([row["line"] for row in rows])

    return World(
        "cops/announcements", "chp:FY2020", publisher, {"cops_url": publisher.url},
        news=lambda: setattr(publisher, "body", test_cops.pdf(lines)),
        hold=lambda: [{"line": line} for line in lines], set=hold,
    )  # fmt: skip


def _doj_page(cities: int) -> bytes:
    items = "".join(f"<li>Sample {n:02}, OH</li>" for n in range(cities))
    return (
        "<html><head><title>Synthetic list</title></head><body><main><h1>Synthetic list</h1>"
        "<h3>STATES:</h3><ul><li>Ohio</li><li>Maine</li></ul><h3>COUNTIES:</h3><ul><li>Sample County, OH</li></ul>"
        f"<h3>CITIES:</h3><ul>{items}</ul></main></body></html>"
    ).encode()


def doj(server: HTTPServer) -> World:
    publisher = Page(server, _doj_page(MANY), "text/html; charset=utf-8")
    return World(
        "doj/sanctuary_list", "list", publisher, {"doj_list_url": f"{publisher.url}/list"},
        news=lambda: setattr(publisher, "body", _doj_page(MANY + 1)),
        hold=lambda: [{"city": n} for n in range(MANY + 1)],
        set=lambda rows: setattr(publisher, "body", _doj_page(len(rows))),
    )  # fmt: skip


_HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM"]


def _ice_rows(count: int) -> Rows:
    return [
        dict(zip(_HEADERS, [("OHIO", "MAINE")[n % 2], f"Synthetic {n:02} Police Department", "Municipality",
                            "Sample County", ("Task Force Model", "Jail Enforcement Model")[n % 2],
                            f"2025-{1 + n % 12:02}-02", "link", ""], strict=True))
        for n in range(count)
    ]  # fmt: skip


def _ice_book(rows: Rows) -> bytes:
    names = list(rows[0]) if rows else _HEADERS
    cells = [[v if isinstance(v, str) else json.dumps(v) if v else "" for v in row.values()] for row in rows]
    return workbook([names, *cells])


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def agreements(server: HTTPServer) -> World:
    publisher = Page(server, _ice_book(_ice_rows(MANY)), _XLSX)
    held = {"rows": _ice_rows(MANY)}

    def hold(rows: Rows) -> None:
        held["rows"] = rows
        publisher.body = _ice_book(rows)

    return World(
        "ice/agreements_287g", "participating", publisher, {"ice_287g_url": f"{publisher.url}/participating.xlsx"},
        news=lambda: hold(_ice_rows(MANY + 1)), hold=lambda: held["rows"], set=hold,
        rows=lambda request, response: [dict(row) for row in held["rows"]],
        with_rows=lambda response, rows: Response(_ice_book(rows), content_type=_XLSX),
        needed="STATE", text="LAW ENFORCEMENT AGENCY", day="SIGNED", code="SUPPORT TYPE",
    )  # fmt: skip


def matters(server: HTTPServer) -> World:
    days = servers.days("2026-09-01", MANY + 1)
    made = [council_servers.matter(n + 1, intro=day, title=f"Synthetic matter {n}") for n, day in enumerate(days)]
    publisher = council_servers.Legistar(server)
    publisher.matters["boston"] = made[:MANY]
    return World(
        "legistar/matters", "boston:all", publisher, {"legistar_url": publisher.url},
        news=lambda: publisher.matters["boston"].append(made[MANY]),
        hold=lambda: publisher.matters["boston"], set=lambda rows: publisher.matters.update(boston=rows),
        **_json_rows(None), needed="MatterTitle", text="MatterName", day="MatterLastModifiedUtc",
        code="MatterStatusName",
    )  # fmt: skip


def histories(server: HTTPServer) -> World:
    publisher = council_servers.Legistar(server)
    title = "An ordinance declaring Testville a sanctuary city"
    publisher.matters["boston"] = [
        council_servers.matter(n, intro=f"2026-09-{1 + n % 28:02}", title=f"{title} {n}") for n in range(1, 5)
    ]

    def act(matter: int, number: int) -> servers.Json:
        return council_servers.action(100 * matter + number, f"Synthetic step {number}", f"2026-09-{1 + number:02}")

    def hold(actions: int) -> None:
        for matter in range(1, 5):
            publisher.histories["boston", matter] = [act(matter, n) for n in range(actions)]

    hold(20)
    return World(
        "legistar/histories", "boston", publisher, {"legistar_url": publisher.url}, news=lambda: hold(21),
        rows=lambda request, response: json.loads(response.get_data()) if "histories" in request.path else None,
        with_rows=lambda response, rows: servers.as_json(rows),
        needed="MatterHistoryActionName", text="MatterHistoryActionText", day="MatterHistoryActionDate",
        code="MatterHistoryActionName",
        before=[("legistar/matters", "boston:all")],
    )  # fmt: skip


def elms(server: HTTPServer) -> World:
    days = servers.days("2026-09-01", MANY + 1)
    made = [council_servers.record(n, published=day, title=f"Synthetic matter {n}") for n, day in enumerate(days)]
    publisher = council_servers.Elms(server, made[:MANY])
    return World(
        "elms/matters", "chicago:all", publisher, {"chicago_elms_url": publisher.url},
        news=lambda: publisher.records.append(made[MANY]),
        hold=lambda: publisher.records, set=lambda rows: setattr(publisher, "records", rows),
        **_json_rows("data"), needed="title", text="type", day="lastPublicationDate", code="type",
    )  # fmt: skip


FIRST_ORI, STATE = fbi.study_agencies()[0]["ori"], fbi.study_agencies()[0]["state_abbr"]


def _fbi(server: HTTPServer) -> tuple[servers.Fbi, dict[str, Any]]:
    publisher = servers.Fbi(server)
    return publisher, {"fbi_cde_url": publisher.url, "data_gov_api_key": SecretStr(servers.FBI_KEY)}


def agencies(server: HTTPServer) -> World:
    publisher, settings = _fbi(server)
    for n in range(MANY):
        publisher.add(f"SY{n:05}00", f"Testville {n} Police Department", STATE, "Testland", {})

    def rows(request: Request, response: Response) -> Rows | None:
        return json.loads(response.get_data()).get("NORTH TEST") if "byStateAbbr" in request.path else None

    def set_rows(changed: Rows) -> None:
        publisher.agencies = {row["ori"]: (row["name"], STATE, "Testland") for row in changed}

    return World(
        "fbi/agencies", STATE, publisher, settings,
        news=lambda: publisher.add("SY9999900", "Newville Police Department", STATE, "Testland", {}),
        hold=lambda: [{"ori": ori, "name": name} for ori, (name, *_) in publisher.agencies.items()], set=set_rows,
        rows=rows, with_rows=lambda response, changed: servers.as_json({"NORTH TEST": changed}),
        needed="agency_name", text="agency_name", code="agency_type_name",
    )  # fmt: skip


def _months(count: int, first: int = 5) -> dict[str, int | None]:
    return {f"{1 + n % 12:02}-{2023 + n // 12}": first + n for n in range(count)}


def _series(name: str) -> dict[str, Any]:
    """The months of the series that was asked for, a row each; the state's and the nation's stay as they are."""

    def rows(request: Request, response: Response) -> Rows | None:
        if "/summarized/" not in request.path or response.status_code != 200:
            return None
        actuals = json.loads(response.get_data())["offenses"]["actuals"]
        return [{"month": month, "actual": n} for month, n in actuals[f"{name} Offenses"].items()]

    def with_rows(response: Response, changed: Rows) -> Response:
        answer = json.loads(response.get_data())
        actuals = answer["offenses"]["actuals"]
        del actuals[f"{name} Offenses"]
        measures = {key for row in changed for key in row if key != "month"} or ({"actual"} if not changed else set())
        for measure in measures:
            kind = measure.replace("actual", "Offenses")
            actuals[f"{name} {kind}"] = {row["month"]: row[measure] for row in changed}
        return servers.as_json(answer)

    return {"rows": rows, "with_rows": with_rows, "needed": "actual", "amount": "actual"}


def agency_months(server: HTTPServer) -> World:
    publisher, settings = _fbi(server)
    publisher.add(FIRST_ORI, "Testville Police Department", STATE, BY_POSTAL[STATE].name,
                  {offense: _months(38) for offense in fbi.OFFENSES})  # fmt: skip

    def news() -> None:
        publisher.refreshed = "12/20/2026"
        for offense in fbi.OFFENSES:
            publisher.counts[FIRST_ORI, offense] = _months(40)

    def hold(rows: Rows) -> None:
        publisher.refreshed = "12/20/2026"
        for offense in fbi.OFFENSES:
            publisher.counts[FIRST_ORI, offense] = {row["month"]: row["n"] for row in rows}

    return World(
        "fbi/agency_months", FIRST_ORI, publisher, settings, news=news,
        hold=lambda: [{"month": month, "n": n} for month, n in _months(40).items()], set=hold,
        **_series("Testville Police Department"),
    )  # fmt: skip


def area_months(server: HTTPServer) -> World:
    publisher, settings = _fbi(server)
    publisher.areas = {("CA", offense): _months(38) for offense in fbi.OFFENSES}

    def news() -> None:
        publisher.refreshed = "12/20/2026"
        publisher.areas = {("CA", offense): _months(40) for offense in fbi.OFFENSES}

    def hold(rows: Rows) -> None:
        publisher.refreshed = "12/20/2026"
        publisher.areas = {("CA", offense): {row["month"]: row["n"] for row in rows} for offense in fbi.OFFENSES}

    return World(
        "fbi/area_months", "CA", publisher, settings, news=news,
        hold=lambda: [{"month": month, "n": n} for month, n in _months(40).items()], set=hold, **_series("California"),
    )  # fmt: skip


def return_a(server: HTTPServer) -> World:
    publisher = servers.FbiFiles(server)

    def lines(count: int) -> bytes:
        both = {**test_fbi_files.JANUARY, **test_fbi_files.DECEMBER}
        return test_fbi_files.reta(*(test_fbi_files.line(both, ori=f"SY{n:05}") for n in range(count)))

    key = "master_files/reta/reta-2019.zip"
    publisher.files[key] = lines(5)
    return World(
        "fbi/return_a", "2019", publisher, {"fbi_files_url": publisher.url, "fbi_bucket_url": publisher.url},
        news=lambda: publisher.files.update({key: lines(6)}),
        hold=lambda: [{"line": n} for n in range(6)], set=lambda rows: publisher.files.update({key: lines(len(rows))}),
    )  # fmt: skip


def nibrs(server: HTTPServer) -> World:
    publisher = servers.FbiFiles(server)
    key = "nibrs/incident/2024/LA-2024.zip"

    def archive(count: int) -> bytes:
        return nibrs_files.Archive("from 2021", [nibrs_files.Incident() for _ in range(count)]).body()

    publisher.files[key] = archive(MANY)
    return World(
        "fbi/nibrs", "LA-2024", publisher, {"fbi_files_url": publisher.url, "fbi_bucket_url": publisher.url},
        news=lambda: publisher.files.update({key: archive(MANY + 1)}),
        hold=lambda: [{"incident": n} for n in range(MANY + 1)],
        set=lambda rows: publisher.files.update({key: archive(len(rows))}),
    )  # fmt: skip


def table8(server: HTTPServer) -> World:
    publisher = servers.FbiFiles(server)
    name = "CIUS_Table_8_Offenses_Known_to_Law_Enforcement_by_State_by_City_2019.xlsx"

    def made(count: int) -> Rows:
        return [
            dict(zip(test_fbi_files.HEADINGS, ["OHIO", f"Testville {chr(65 + n // 26)}{chr(97 + n % 26)}", 1234 + n, 12,
                                               1, 2, 3 + n % 9, 6, 30, 10, 15, 5, 0], strict=True))
            for n in range(count)
        ]  # fmt: skip

    def archive(rows: Rows) -> bytes:
        headings = list(rows[0]) if rows else test_fbi_files.HEADINGS
        cells = [[json.dumps(v) if isinstance(v, (list, dict)) else v for v in row.values()] for row in rows]
        return files.as_zip((name, test_fbi_files.workbook(*cells, headings=(headings,))))

    key = "cius/2019/offenses-known-to-le-2019.zip"
    held = {"rows": made(MANY)}
    publisher.files[key] = archive(held["rows"])

    def hold(rows: Rows) -> None:
        held["rows"] = rows
        publisher.files[key] = archive(rows)

    return World(
        "fbi/table8", "2019", publisher, {"fbi_files_url": publisher.url, "fbi_bucket_url": publisher.url},
        news=lambda: hold(made(MANY + 1)), hold=lambda: held["rows"], set=hold,
        # The archive itself, not the answer that says where it lies.
        rows=lambda request, response: (
            [dict(row) for row in held["rows"]] if response.get_data()[:2] == b"PK" else None
        ),
        with_rows=lambda response, rows: Response(archive(rows), content_type="application/zip"),
        needed=next(name for name in test_fbi_files.HEADINGS if name.startswith("Robbery")),
        amount=next(name for name in test_fbi_files.HEADINGS if name.startswith("Population")),
        text=next(name for name in test_fbi_files.HEADINGS if name.startswith("City")),
    )  # fmt: skip


_LAPD = cities.BY_ID["2nrs-mtv8"]


def _lapd(server: HTTPServer, count: int) -> tuple[servers.Socrata, dict[str, Any]]:
    publisher = servers.Socrata(server)
    publisher.add(_LAPD.id, _LAPD.columns, test_socrata.reports(count))
    return publisher, {"socrata_url": publisher.url, "download_poll": 0.01}


def _lapd_set(publisher: servers.Socrata) -> Callable[[Rows], None]:
    return lambda rows: publisher.sets.update({_LAPD.id: rows})


def incident_months(server: HTTPServer) -> World:
    publisher, settings = _lapd(server, 0)
    months = [f"202{y}-{m:02}" for y in range(3) for m in range(1, 13)]
    rows = [row for n, month in enumerate(months) for row in test_socrata.reports(8, month, 8 * n)]
    publisher.add(_LAPD.id, _LAPD.columns, rows[:-8])
    return World(
        "socrata/incident_months", _LAPD.id, publisher, settings,
        news=lambda: publisher.add(_LAPD.id, _LAPD.columns, rows),
        hold=lambda: publisher.sets[_LAPD.id], set=_lapd_set(publisher),
        **_json_rows(None), needed="crm_cd", text="vict_descent", day="newest", code="crm_cd",
    )  # fmt: skip


def incidents(server: HTTPServer) -> World:
    publisher, settings = _lapd(server, MANY)

    def rows(request: Request, response: Response) -> Rows | None:
        if "csv" not in (response.content_type or ""):
            return None
        return list(csv.DictReader(io.StringIO(response.get_data().decode()))) or None

    def with_rows(response: Response, changed: Rows) -> Response:
        return Response(_table(changed, quoting=csv.QUOTE_ALL), content_type="text/csv; charset=utf-8")

    return World(
        "socrata/incidents", f"{_LAPD.id} 2020-01", publisher, settings,
        news=lambda: publisher.add(_LAPD.id, _LAPD.columns, test_socrata.reports(MANY + 1)),
        hold=lambda: publisher.sets[_LAPD.id], set=_lapd_set(publisher),
        rows=rows, with_rows=with_rows, needed="crm_cd", text="location", day="date_rptd", code="crm_cd",
    )  # fmt: skip


def victimizations(server: HTTPServer) -> World:
    rows = [{**row, "newwgt": f"{1 + n}.5"} for n, row in enumerate(test_bjs.synthetic("2016", 301))]
    publisher = servers.Ncvs(server, rows[:300])
    return World(
        "bjs/victimizations", "2016", publisher, {"bjs_ncvs_url": publisher.url},
        news=lambda: setattr(publisher, "rows", rows),
        hold=lambda: publisher.rows, set=lambda changed: setattr(publisher, "rows", changed),
        **_json_rows(None), needed="weight", text="direl", amount="weight", code="newoff",
    )  # fmt: skip


def places(server: HTTPServer) -> World:
    publisher = servers.Census(server, newest_year=2024)
    units = [(f"Testville {n:02} city, Testland", f"{1000 + n}", "250", f"{n:05}") for n in range(MANY + 1)]
    publisher.units["place", "01"] = units[:MANY]

    def rows(request: Request, response: Response) -> Rows | None:
        if response.status_code != 200 or "json" not in (response.content_type or ""):
            return None
        header, *cells = json.loads(response.get_data())
        return [dict(zip(header, row, strict=True)) for row in cells]

    def with_rows(response: Response, changed: Rows) -> Response:
        header = list(changed[0]) if changed else json.loads(response.get_data())[0]
        return servers.as_json([header, *(list(row.values()) for row in changed)])

    def set_units(changed: Rows) -> None:
        publisher.units["place", "01"] = [row["unit"] for row in changed]

    key = {"census_url": publisher.url, "census_api_key": SecretStr(servers.CENSUS_KEY)}
    return World(
        "census/places", "place:01:2024", publisher, key,
        news=lambda: publisher.units.update({("place", "01"): units}),
        hold=lambda: [{"unit": unit} for unit in publisher.units["place", "01"]], set=set_units,
        rows=rows, with_rows=with_rows, needed="B01003_001E", text="NAME", amount="B01003_001E",
    )  # fmt: skip


def gazetteer(server: HTTPServer) -> World:
    names = ["USPS", "GEOID", "GEOIDFQ", "ANSICODE", "NAME", "LSAD", "FUNCSTAT", "INTPTLAT", "INTPTLONG"]

    def made(count: int) -> Rows:
        return [
            dict(zip(names, ["OH", f"39{n:05}", f"1600000US39{n:05}", f"{n:08}", f"Synthville {n:02} city", "25", "A",
                             "40.0", "-83.0"], strict=True))
            for n in range(count)
        ]  # fmt: skip

    def zipped(rows: Rows) -> bytes:
        header = list(rows[0]) if rows else names
        cells = [[v if isinstance(v, str) else json.dumps(v) if v else "" for v in row.values()] for row in rows]
        return files.as_zip(("2026_Gaz_place_national.txt", "\n".join("|".join(r) for r in [header, *cells]).encode()))

    held = {"rows": made(MANY)}
    publisher = Page(server, zipped(held["rows"]), "application/zip")

    def hold(rows: Rows) -> None:
        held["rows"] = rows
        publisher.body = zipped(rows)

    return World(
        "census/gazetteer", "places", publisher, {"census_files_url": publisher.url},
        news=lambda: hold(made(MANY + 1)), hold=lambda: held["rows"], set=hold,
        rows=lambda request, response: [dict(row) for row in held["rows"]],
        with_rows=lambda response, rows: Response(zipped(rows), content_type="application/zip"),
        needed="NAME", text="NAME", code="LSAD",
    )  # fmt: skip


WORLDS: dict[str, Callable[[HTTPServer], World]] = {
    "usaspending/awards": awards,
    "usaspending/assistance_listings": listings,
    "usaspending/transactions": transactions,
    "usaspending/award_outlays": outlays,
    "cops/announcements": announcements,
    "doj/sanctuary_list": doj,
    "ice/agreements_287g": agreements,
    "legistar/matters": matters,
    "legistar/histories": histories,
    "elms/matters": elms,
    "fbi/agencies": agencies,
    "fbi/agency_months": agency_months,
    "fbi/area_months": area_months,
    "fbi/return_a": return_a,
    "fbi/nibrs": nibrs,
    "fbi/table8": table8,
    "socrata/incident_months": incident_months,
    "socrata/incidents": incidents,
    "bjs/victimizations": victimizations,
    "census/places": places,
    "census/gazetteer": gazetteer,
}
