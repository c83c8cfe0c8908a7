"""Publishers on loopback that behave as they do on the wire, their oddities included.

What belongs here: one class a publisher, answering over real HTTP from synthetic content. What does not: anything of
Clawback's. Names and figures are made up so that no one takes them for a publisher's ("Testville", FAIN TEST...).

Every class takes a pytest-httpserver and registers itself; `asked` holds the requests that came, in order; `faults`
are answered first, one a request, whatever was asked.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict, deque
from datetime import date, timedelta
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Json = dict[str, Any]


class Publisher:
    """What all of them share: a log, faults, and the routing of a path to a method."""

    base_path: str

    def __init__(self, server: HTTPServer) -> None:
        self.asked: list[Request] = []
        self.faults: deque[Response] = deque()
        server.expect_request(re.compile(f"^{self.base_path}/")).respond_with_handler(self._handle)
        self.url = server.url_for(self.base_path)

    def _handle(self, request: Request) -> Response:
        request.get_data()
        self.asked.append(request)
        if self.faults:
            return self.faults.popleft()
        return self.answer(request, request.path.removeprefix(self.base_path))

    def answer(self, request: Request, path: str) -> Response:
        raise NotImplementedError

    def asked_for(self, part: str) -> list[Request]:
        return [request for request in self.asked if part in request.path]


def as_json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")


def empty_503() -> Response:
    """USAspending's way of being busy: no body, sometimes for hours."""
    return Response(b"", status=503)


# --- USAspending ------------------------------------------------------------------------------------------------------

_GROUPS = {
    "grants": {"02", "03", "04", "05", "F001", "F002"},
    "direct_payments": {"06", "10", "F006", "F007"},
    "contracts": {"A", "B", "C", "D"},
}
_FILTERS = {"award_type_codes", "program_numbers", "time_period", "agencies", "keywords"}
_DATES = {
    "new_awards_only": "Base Obligation Date",
    "date_signed": "Base Obligation Date",
    "last_modified_date": "Last Modified Date",
}
# The message that comes with every answer, as it was recorded.
EARLIEST_DATE = (
    "For searches, time period start and end dates are currently limited to an earliest date of 2007-10-01.  For data "
    "going back to 2000-10-01, use either the Custom Award Download feature on the website."
)


def award(number: int, *, signed: str, listing: str = "16.710", type_code: str = "04", **more: Any) -> Json:
    """A synthetic award as the search returns it, with what the server needs to filter it by."""
    fain = f"TEST{number:06d}"
    return {
        "_type": type_code,
        "_listing": listing,
        "internal_id": 9_000_000 + number,
        "Award ID": fain,
        "Recipient Name": f"TESTVILLE {number}, CITY OF",
        "Recipient UEI": None,
        "Start Date": signed,
        "End Date": None,
        "Award Amount": 1000.5 + number,
        "Total Outlays": 0,
        "Last Modified Date": signed,
        "Base Obligation Date": signed,
        "Assistance Listings": [{"cfda_number": listing, "cfda_program_title": "SYNTHETIC LISTING"}],
        "CFDA Number": listing,
        "Awarding Agency": "Department of Tests",
        "def_codes": ["Q"],
        "Recipient Location": {"state_code": "ZZ", "city_name": "TESTVILLE", "county_code": "999", "zip5": "00000"},
        "Primary Place of Performance": None,
        "generated_internal_id": f"ASST_NON_{fain}_999",
        **more,
    }


class Usaspending(Publisher):
    """The search, its count and its spending by category, over a list of awards."""

    base_path = "/usaspending/api/v2"
    # Page numbers see this many hits only: hasNext turns false there.
    hits_seen_by_page_numbers = 10_000

    def __init__(self, server: HTTPServer, awards: list[Json]) -> None:
        super().__init__(server)
        self.awards = awards
        # Filters that this server does not know, as if the API had dropped them.
        self.unknown_filters: set[str] = set()
        # What the count says more than the search gives.
        self.count_off_by = 0
        # Above this many hits a page after the first begins with the award that ended the one before, and leaves
        # out one of its own; with `omits` it leaves one out and repeats none.
        self.unsteady_above: int | None = None
        self.omits = False

    def bodies(self, part: str) -> list[Json]:
        return [json.loads(request.get_data()) for request in self.asked_for(part)]

    def answer(self, request: Request, path: str) -> Response:
        if request.method != "POST":
            return as_json({"detail": f'Method "{request.method}" not allowed.'}, 405)
        body = json.loads(request.get_data())
        codes = set(body["filters"].get("award_type_codes", ()))
        if not any(codes <= group for group in _GROUPS.values()):
            return as_json({"detail": "'award_type_codes' must only contain types from one group."}, 422)
        if path == "/search/spending_by_award_count/":
            return self._count(body)
        if path == "/search/spending_by_award/":
            return self._search(body)
        if path == "/search/spending_by_category/cfda/":
            return self._by_listing(body)
        return as_json({"detail": "Not found."}, 404)

    def _matching(self, filters: Json) -> list[Json]:
        found = self.awards
        known = _FILTERS - self.unknown_filters
        if "award_type_codes" in known:
            found = [a for a in found if a["_type"] in filters["award_type_codes"]]
        if "program_numbers" in filters and "program_numbers" in known:
            found = [a for a in found if a["_listing"] in filters["program_numbers"]]
        if "time_period" in filters and "time_period" in known:
            found = [a for a in found if any(_within(a, period) for period in filters["time_period"])]
        return found

    def _messages(self, filters: Json) -> list[str]:
        unused = set(filters) - (_FILTERS - self.unknown_filters)
        told = f"The following filters from the request were not used: {unused}. See https://example.invalid/docs"
        return [EARLIEST_DATE, told] if unused else [EARLIEST_DATE]

    def _count(self, body: Json) -> Response:
        counts = dict.fromkeys(("grants", "loans", "contracts", "direct_payments", "other", "idvs"), 0)
        for found in self._matching(body["filters"]):
            counts[next(name for name, codes in _GROUPS.items() if found["_type"] in codes)] += 1
        group = next(name for name, codes in _GROUPS.items() if set(body["filters"]["award_type_codes"]) <= codes)
        counts[group] += self.count_off_by
        return as_json({"results": counts, "messages": self._messages(body["filters"])})

    def _search(self, body: Json) -> Response:
        limit, page = body.get("limit", 10), body.get("page", 1)
        if limit > 100:
            return as_json({"detail": f"Field 'limit' value '{limit}' is above max '100'"}, 422)
        halves = [body.get("last_record_unique_id"), body.get("last_record_sort_value")]
        if (halves[0] is None) != (halves[1] is None):
            return Response("<h1>Server Error (500)</h1>", status=500, content_type="text/html")
        if halves[0] is None and page * limit > 50_000:
            return as_json({"detail": f"Page #{page} with limit {limit} is over the maximum result limit 50000."}, 422)
        sort, backwards = body.get("sort", body["fields"][0]), body.get("order", "desc") == "desc"
        found = sorted(
            self._matching(body["filters"]), key=lambda a: (str(a[sort]), a["internal_id"]), reverse=backwards
        )
        if halves[0] is not None:
            after = (str(halves[1]), int(halves[0]))
            found = [
                a for a in found
                if ((str(a[sort]), a["internal_id"]) < after) == backwards and (str(a[sort]), a["internal_id"]) != after
            ]  # fmt: skip
            has_next = len(found) > limit
        else:
            seen = min(len(found), self.hits_seen_by_page_numbers)
            has_next = seen > page * limit
            found = found[(page - 1) * limit :]
        shown = found[:limit]
        last = shown[-1] if shown and has_next else None
        matching = self._matching(body["filters"])
        if self.unsteady_above is not None and len(matching) > self.unsteady_above and halves[0] is not None:
            before = [a for a in matching if a["internal_id"] == int(halves[0])]
            shown = shown[1:] if self.omits else before + shown[1:]
        return as_json(
            {
                "spending_level": "awards",
                "limit": limit,
                "results": [_shown(a, body["fields"]) for a in shown],
                "page_metadata": {
                    "page": page,
                    "hasNext": has_next,
                    "last_record_unique_id": last["internal_id"] if last else None,
                    # On the last page the sort value is the text "None".
                    "last_record_sort_value": str(last[sort] if last else None),
                },
                # The search wraps its messages in one more list than its contract says.
                "messages": [self._messages(body["filters"])],
            }
        )

    def _by_listing(self, body: Json) -> Response:
        amounts: dict[str, float] = defaultdict(float)
        for found in self._matching({**body["filters"], "time_period": []} | {"time_period": [
            {**period, "date_type": "date_signed"} for period in body["filters"]["time_period"]
        ]}):  # fmt: skip
            amounts[found["_listing"]] += found["Award Amount"]
        rows = [{"amount": amount, "code": code, "id": 1, "name": "SYNTHETIC LISTING", "total_outlays": 0}
                for code, amount in sorted(amounts.items(), key=lambda item: -item[1])]  # fmt: skip
        limit, page = body.get("limit", 10), body.get("page", 1)
        shown = rows[(page - 1) * limit : page * limit]
        metadata = {"page": page, "hasNext": page * limit < len(rows)}
        return as_json({"category": "cfda", "limit": limit, "page_metadata": metadata, "results": shown,
                        "messages": self._messages(body["filters"])})  # fmt: skip


def _within(found: Json, period: Json) -> bool:
    day = found[_DATES[period["date_type"]]]
    return bool(max(period["start_date"], "2007-10-01") <= day <= period["end_date"])


def _shown(found: Json, fields: list[str]) -> Json:
    always = ("internal_id", "generated_internal_id")
    return {name: found.get(name) for name in (*always, *fields)} | {"awarding_agency_id": 1, "agency_slug": None}


# --- FBI Crime Data Explorer ------------------------------------------------------------------------------------------

FBI_KEY = "synthetic-key-0123456789"


class Fbi(Publisher):
    """Agencies by state and an agency's months, the state's and the nation's series beside it."""

    base_path = "/crime/fbi/cde"

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        # ORI to name and state; ORI and offence to counts by month (None: the agency did not report).
        self.agencies: dict[str, tuple[str, str, str]] = {}
        self.counts: dict[tuple[str, str], dict[str, int | None]] = {}
        self.refreshed = "05/06/2026"
        # State or US to the same by offence; an area without any answers 400.
        self.areas: dict[tuple[str, str], dict[str, int | None]] = {}
        self.newest = "04/2026"
        # Requests that are left of the hour, told in a header while it lasts; None: no limit.
        self.left: int | None = None
        self.tells_what_is_left = False

    def add(self, ori: str, name: str, state: str, state_name: str, counts: dict[str, dict[str, int | None]]) -> None:
        self.agencies[ori] = (name, state, state_name)
        for offense, months in counts.items():
            self.counts[ori, offense] = months

    def answer(self, request: Request, path: str) -> Response:
        if request.headers.get("X-Api-Key") != FBI_KEY and request.args.get("API_KEY") != FBI_KEY:
            return as_json({"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}}, 403)
        if self.left is not None:
            if self.left == 0:
                return as_json({"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your limit."}}, 403)
            self.left -= 1
        answer = self._answer(request, path)
        if self.tells_what_is_left:
            answer.headers["X-Ratelimit-Remaining"] = str(self.left)
        return answer

    def _answer(self, request: Request, path: str) -> Response:
        if path == "/refresh-date":
            return as_json({"UCR": self.refreshed})
        if found := re.fullmatch("/agency/byStateAbbr/([A-Z]{2})", path):
            return self._agencies(found[1])
        if found := re.fullmatch("/summarized/agency/([A-Z0-9]{9})/([A-Z]+)", path):
            return self._months(found[1], found[2], request.args["from"], request.args["to"])
        if found := re.fullmatch("/summarized/(?:(national)|state/([A-Z]{2}))/([A-Z]+)", path):
            return self._area(found[2] or "US", found[3])
        return as_json({"message": "Not Found"}, 404)

    def _agencies(self, state: str) -> Response:
        here = [(ori, name) for ori, (name, of_state, _) in self.agencies.items() if of_state == state]
        one = [
            {"ori": ori, "agency_name": name, "agency_type_name": "City", "state_abbr": state, "state_name": "Testland",
             "counties": "NORTH TEST, SOUTH TEST", "is_nibrs": True, "nibrs_start_date": None, "latitude": 1.5,
             "longitude": -1.5}
            for ori, name in here
        ]  # fmt: skip
        # An agency of two counties stands under both.
        return as_json({"NORTH TEST": one, "SOUTH TEST": one})

    def _area(self, area: str, offense: str) -> Response:
        if (area, offense) not in self.areas:
            return as_json({"message": "No data found"}, 400)
        own = {"US": "United States", "CA": "California", "NV": "Nevada"}[area]
        months = self.areas[area, offense]
        of_nation = dict.fromkeys(months, 999_999)
        series = {"United States": of_nation, own: months}
        actuals = {f"{name} {kind}": counts for name, counts in series.items() for kind in ("Offenses", "Clearances")}
        return as_json(
            {
                "offenses": {"actuals": actuals},
                "populations": {"population": {name: dict.fromkeys(months, 7000) for name in series}},
                "cde_properties": {"max_data_date": {"UCR": self.newest}, "last_refresh_date": {"UCR": self.refreshed}},
            }
        )

    def _months(self, ori: str, offense: str, first: str, last: str) -> Response:
        if (ori, offense) not in self.counts:
            return as_json({"message": "No data found"}, 400)
        name, _, state_name = self.agencies[ori]
        months = {m: n for m, n in self.counts[ori, offense].items() if _ym(first) <= _ym(m) <= _ym(last)}
        of_state, of_nation = dict.fromkeys(months, 111_111), dict.fromkeys(months, 999_999)
        return as_json(
            {
                "offenses": {
                    "rates": {f"{name} Offenses": dict.fromkeys(months, 1.1)},
                    "actuals": {
                        f"{state_name} Offenses": of_state,
                        f"{state_name} Clearances": of_state,
                        "United States Offenses": of_nation,
                        "United States Clearances": of_nation,
                        f"{name} Offenses": months,
                        f"{name} Clearances": {m: None if n is None else 0 for m, n in months.items()},
                    },
                },
                "populations": {
                    "population": {"United States": of_nation, name: dict.fromkeys(months, 5000), state_name: of_state},
                    "participated_population": {name: dict.fromkeys(months, 4000), state_name: of_state},
                },
                "cde_properties": {"max_data_date": {"UCR": self.newest}, "last_refresh_date": {"UCR": self.refreshed}},
            }
        )


def _ym(month: str) -> str:
    return month[3:] + month[:2]


# --- BJS: NCVS over SODA ----------------------------------------------------------------------------------------------


class Ncvs(Publisher):
    """One SODA resource: silent default of 1,000 rows, pages that overlap where no order is given."""

    base_path = "/bjsdataset/v1"
    default_limit = 1000

    def __init__(self, server: HTTPServer, rows: list[dict[str, str]]) -> None:
        super().__init__(server)
        self.rows = rows
        self.count_off_by = 0

    def answer(self, request: Request, path: str) -> Response:
        if path != "/gcuy-rt5g.json":
            return as_json({"error": True, "message": "Not found"}, 404)
        ask = request.args
        rows = list(self.rows)
        if "$where" in ask:
            field, value = re.fullmatch(r"(\w+)='(\w+)'", ask["$where"]).groups()  # type: ignore[union-attr]
            rows = [row for row in rows if row.get(field) == value]
        if "$group" in ask:
            rows = self._grouped(rows, ask["$group"].split(","))
        elif "count(*)" in ask.get("$select", ""):
            rows = [{"n": str(len(rows) + self.count_off_by)}]
        offset, limit = int(ask.get("$offset", 0)), int(ask.get("$limit", self.default_limit))
        if "$order" in ask:
            names = ask["$order"].split(",")
            rows.sort(key=lambda row: tuple(row.get(name, "") for name in names))
        elif offset:
            # Without an order a page is not where the last one ended: a tenth comes twice.
            offset -= limit // 10
        return as_json(rows[offset : offset + limit])

    def _grouped(self, rows: list[dict[str, str]], names: list[str]) -> list[dict[str, str]]:
        counts: Counter[tuple[str, ...]] = Counter()
        weights: dict[tuple[str, ...], float] = defaultdict(float)
        for row in rows:
            key = tuple(row[name] for name in names)
            counts[key] += 1
            weights[key] += float(row["newwgt"])
        return [{**dict(zip(names, key, strict=True)), "n": str(n), "weight": str(weights[key])}
                for key, n in counts.items()]  # fmt: skip


# --- Census -----------------------------------------------------------------------------------------------------------

CENSUS_KEY = "synthetic-census-key"


class Census(Publisher):
    """The ACS endpoint: a header row and arrays of text, a page for people where the key is refused."""

    base_path = "/data"

    def __init__(self, server: HTTPServer, newest_year: int) -> None:
        super().__init__(server)
        self.newest_year = newest_year
        self.refuses_geography = False
        # Level and state to (name, population, Hispanic population, unit code).
        self.units: dict[tuple[str, str], list[tuple[str, str, str | None, str]]] = {}

    def answer(self, request: Request, path: str) -> Response:
        if request.args.get("key") != CENSUS_KEY:
            return Response("<html><head><title>Invalid Key</title></head></html>", content_type="text/html")
        found = re.fullmatch(r"/(\d{4})/acs/acs5", path)
        if not found or int(found[1]) > self.newest_year:
            return Response("<html><body>error: unknown dataset</body></html>", status=404, content_type="text/html")
        if self.refuses_geography:
            return Response(b"error: unknown/unsupported geography heirarchy", status=400, content_type="text/plain")
        level, _, wanted = request.args["for"].partition(":")
        state = wanted if level == "state" else request.args["in"].removeprefix("state:").removesuffix(" county:*")
        parts = {"state": ["state"], "county subdivision": ["state", "county", level]}.get(level, ["state", level])
        header = [*request.args["get"].split(","), *parts]
        rows = []
        for name, population, hispanic, code in self.units.get((level, state), []):
            rows.append([name, population, hispanic, state, *([] if level == "state" else code.split("/"))])
        if not rows:
            return Response(b"", status=204)
        return as_json([header, *rows])


def days(first: str, count: int) -> list[str]:
    """ISO dates, one a day."""
    start = date.fromisoformat(first)
    return [(start + timedelta(days=i)).isoformat() for i in range(count)]


# --- Socrata ----------------------------------------------------------------------------------------------------------

SOCRATA_TOKEN = "synthetic-app-token-0123456789"


class Socrata(Publisher):
    """The sets of several cities at one address: counts, groups and pages of the SoQL that Clawback asks."""

    base_path = "/socrata"

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        # Set to its rows, each with the publisher's column names; a column is one that some row has.
        self.sets: dict[str, list[dict[str, str | None]]] = {}
        self.columns: dict[str, list[str]] = {}
        self.default_limit, self.cap = 1000, 50_000
        # Ignores $limit, as it was seen to do, and sends this many rows at most; None: it obeys.
        self.page_whatever_is_asked: int | None = None
        # Ignores $order: every page after the first begins with rows of the one before.
        self.ignores_order = False
        # Columns that it leaves out of its answers without a word.
        self.omits: set[str] = set()
        self.count_off_by = 0

    def add(self, set_id: str, columns: tuple[str, ...], rows: list[dict[str, str | None]]) -> None:
        self.columns[set_id] = [*columns]
        self.sets[set_id] = [{":id": f"row-{set_id}-{n:06d}", **row} for n, row in enumerate(rows)]

    def drop_column(self, set_id: str, name: str) -> None:
        self.columns[set_id].remove(name)

    def answer(self, request: Request, path: str) -> Response:
        found = re.fullmatch(r"/resource/([a-z0-9]{4}-[a-z0-9]{4})\.(json|csv)", path)
        if not found or found[1] not in self.sets:
            return as_json({"error": True, "message": "You must be logged in to access this resource"}, 403)
        ask, known = request.args, {*self.columns[found[1]], ":id"}
        rows = [row for row in self.sets[found[1]] if _within_dates(row, ask.get("$where", ""))]
        names = [part.strip() for part in ask["$select"].split(",")]
        asked = {re.sub(r"^\w+\((.*)\)$", r"\1", part.partition(" as ")[0]) for part in names} - {"*"}
        if missing := sorted(asked - known):
            return as_json({
                "code": "query.soql.no-such-column", "error": True,
                "message": f"Query coordinator error: query.soql.no-such-column; No such column: {missing[0]}; "
                "position: Map(row -> 1, column -> 8)",
            }, 400)  # fmt: skip
        if "$group" in ask:
            shown = self._grouped(rows, names, ask["$group"].split(","))
        elif names == ["count(*) as n"]:
            return as_json([{"n": str(len(rows) + self.count_off_by)}])
        else:
            shown = [{name: row.get(name) for name in names if name not in self.omits} for row in rows]
        shown = [{name: value for name, value in row.items() if name not in self.omits} for row in shown]
        offset, limit = int(ask.get("$offset", 0)), min(int(ask.get("$limit", self.default_limit)), self.cap)
        if self.page_whatever_is_asked is not None:
            limit = min(limit, self.page_whatever_is_asked)
        if self.ignores_order and offset:
            offset -= limit // 10
        elif "$order" in ask:
            order = ask["$order"].split(",")
            shown.sort(key=lambda row: tuple(row.get(name) or "" for name in order))
        shown = shown[offset : offset + limit]
        if found[2] == "json":
            return as_json([{name: value for name, value in row.items() if value is not None} for row in shown])
        text = io.StringIO()
        writer = csv.DictWriter(
            text, [n for n in names if n not in self.omits], quoting=csv.QUOTE_ALL, lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(shown)
        return Response(text.getvalue(), content_type="text/csv; charset=utf-8")

    def _grouped(
        self, rows: list[dict[str, str | None]], names: list[str], groups: list[str]
    ) -> list[dict[str, str | None]]:
        dates = {part.partition(" as ")[2]: re.sub(r"^\w+\((.*)\)$", r"\1", part.partition(" as ")[0])
                 for part in names if part.startswith(("date_trunc_ym", "max"))}  # fmt: skip
        found: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
        for row in rows:
            day = row.get(dates["month"])
            month = f"{day[:7]}-01T00:00:00.000" if day else None
            found[tuple(month if name == "month" else row.get(name) for name in groups)].append(day or "")
        return [{**dict(zip(groups, key, strict=True)), "n": str(len(days)), "newest": max(days) or None}
                for key, days in found.items()]  # fmt: skip


def _within_dates(row: dict[str, str | None], where: str) -> bool:
    found = re.fullmatch(r"(\w+) >= '([^']+)' AND \w+ < '([^']+)'", where)
    assert found or not where, f"the server does not know {where}"
    return not found or found[2] <= (row.get(found[1]) or "") < found[3]


# --- FBI files behind signed links ------------------------------------------------------------------------------------


class FbiFiles(Publisher):
    """Links that live for so many requests, and the bucket they lead to, which knows them by their signature."""

    base_path = "/LATEST"

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.files: dict[str, bytes] = {}
        # The list of downloads, where it can be read.
        self.downloads: list[object] | None = None
        # Links made so far; those whose number is in `expired` are refused as old.
        self.links = 0
        self.expired: set[int] = set()
        # Links of these numbers answer with a body that breaks off, and are old when they are tried again.
        self.breaks_off: set[int] = set()
        self._tried: set[int] = set()

    def answer(self, request: Request, path: str) -> Response:
        if path == "/s3/signedurl":
            key = request.args["key"]
            if key not in self.files:
                return as_json({})
            self.links += 1
            link = f"{self.url}/bucket/{key}?X-Amz-Expires=900&X-Amz-Signature=SYNTHETIC%2F{self.links}&x-id=GetObject"
            return as_json({key: link})
        if path.endswith("/downloads.json"):
            return Response("gone", status=404) if self.downloads is None else as_json(self.downloads)
        number = int(re.search(r"X-Amz-Signature=SYNTHETIC%2F(\d+)&", request.query_string.decode())[1])  # type: ignore[index]
        if number in self.expired or number in self._tried:
            said = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            return Response(said, status=403, content_type="application/xml")
        body = self.files[path.removeprefix("/bucket/")]
        if number in self.breaks_off:
            self._tried.add(number)
            whole = Response(body[: len(body) // 2], content_type="application/zip")
            whole.headers["Content-Length"] = str(len(body))
            return whole
        return Response(body, content_type="application/zip")
