"""Councils on loopback: Legistar's Web API and Chicago's eLMS, their oddities included.

What belongs here: the two publishers, over synthetic matters ("Testville"). What does not: anything of Clawback's.
"""

from __future__ import annotations

import re
from typing import Any

from pytest_httpserver import HTTPServer
from servers import Json, Publisher, as_json
from werkzeug import Request, Response

TOKEN = "synthetic-token/with+signs="


def matter(
    number: int, *, title: str = "Synthetic parking in Testville", intro: str = "2026-11-01", **more: Any
) -> Json:
    """A synthetic matter as the API writes it."""
    return {
        "MatterId": number,
        "MatterGuid": f"00000000-0000-0000-0000-{number:012d}",
        "MatterLastModifiedUtc": f"{intro}T10:00:00.{number % 1000}",
        "MatterRowVersion": "AAAAAAAAAA=",
        "MatterFile": f"SYN {number:04d}",
        "MatterName": None,
        "MatterTitle": title,
        "MatterTypeName": "Ordinance",
        "MatterStatusName": "Introduced",
        "MatterBodyName": "Synthetic Council",
        "MatterIntroDate": f"{intro}T00:00:00",
        "MatterAgendaDate": None,
        "MatterPassedDate": None,
        "MatterEnactmentDate": None,
        "MatterEnactmentNumber": None,
        "MatterRestrictViewViaWeb": False,
        "MatterReports": [],
        **more,
    }


def action(number: int, name: str | None, on: str | None, **more: Any) -> Json:
    """A synthetic action of a history."""
    return {
        "MatterHistoryId": number,
        "MatterHistoryGuid": f"00000000-0000-0000-1111-{number:012d}",
        "MatterHistoryLastModifiedUtc": "2026-11-02T00:00:00.5",
        "MatterHistoryActionDate": f"{on}T00:00:00" if on else None,
        "MatterHistoryActionName": name,
        "MatterHistoryActionText": None,
        "MatterHistoryActionBodyName": "Synthetic Council",
        "MatterHistoryPassedFlagName": None,
        "MatterHistoryMinutesSequence": number,
        **more,
    }


class Legistar(Publisher):
    """Clients by name; 1,000 rows an answer at most; an unknown client is a 500, a closed one a 403 without a body."""

    base_path = "/v1"
    most_rows = 1000

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.matters: dict[str, list[Json]] = {}
        # Client and matter to its history; a matter that is not here has none.
        self.histories: dict[tuple[str, int], list[Json]] = {}
        # Client to the token that it wants; a closed client wants one that nobody has.
        self.tokens: dict[str, str] = {}
        # Client and matter whose histories always fail, to the status.
        self.broken: dict[tuple[str, int], int] = {}
        self.ignores_skip = False

    def answer(self, request: Request, path: str) -> Response:
        client, _, rest = path.removeprefix("/").partition("/")
        if client in self.tokens and request.args.get("token") != self.tokens[client]:
            return Response(b"", status=403)
        if client not in self.matters:
            said = f"LegistarConnectionString setting is not set up in InSite for client: {client}"
            return as_json({"Message": "An error has occurred.", "ExceptionMessage": said}, 500)
        if rest == "matters":
            return self._matters(client, request)
        if found := re.fullmatch(r"matters/(\d+)/histories", rest):
            number = int(found[1])
            if status := self.broken.get((client, number)):
                return (
                    as_json({"Message": "An error has occurred."}, status) if status == 500 else Response(b"", status)
                )
            return as_json(self.histories.get((client, number), []))
        return as_json({"Message": "No HTTP resource was found"}, 404)

    def _matters(self, client: str, request: Request) -> Response:
        rows = list(self.matters[client])
        if asked := request.args.get("$filter"):
            found = re.fullmatch(r"MatterLastModifiedUtc gt datetime'([0-9T:-]{19})'", asked)
            if not found:
                return as_json({"Message": "The query specified in the URI is not valid."}, 400)
            rows = [row for row in rows if (row["MatterLastModifiedUtc"] or "") > found[1]]
        skip, top = int(request.args.get("$skip", 0)), int(request.args.get("$top", self.most_rows))
        if "$orderby" in request.args:
            rows.sort(key=lambda row: row[request.args["$orderby"]])
        elif skip:
            # Without an order the second page begins within the first.
            skip -= 10
        skip = 0 if self.ignores_skip else skip
        return as_json(rows[skip : skip + min(top, self.most_rows)])


def record(number: int, *, published: str = "2026-11-01", title: str = "Synthetic Chicago matter", **more: Any) -> Json:
    """A synthetic record as eLMS writes it."""
    return {
        "matterId": f"AAAA-{number:06d}",
        "recordNumber": f"SYNO2026-{number:07d}",
        "legacyRecordNumber": None,
        "title": title,
        "type": "Ordinance",
        "status": "Introduced",
        "subStatus": None,
        "introductionDate": f"{published}T00:00:00+00:00",
        "finalActionDate": None,
        "lastPublicationDate": f"{published}T01:02:03.4567+00:00",
        "controllingBody": "Synthetic City Council",
        **more,
    }


class Elms(Publisher):
    """`/matter`: 500 at most, the count of the question beside each page."""

    base_path = "/elms"

    def __init__(self, server: HTTPServer, records: list[Json]) -> None:
        super().__init__(server)
        self.records = records
        self.count_off_by = 0
        # The page after the first begins with the last of the one before: the order is by a day that many share.
        self.is_unsteady = False

    def answer(self, request: Request, path: str) -> Response:
        if path != "/matter":
            return as_json({"message": "not found"}, 404)
        found = re.fullmatch(r"lastPublicationDate gt ([0-9T:-]{19})Z", request.args["filter"])
        if not found:
            return as_json({"message": "bad filter"}, 400)
        rows = [r for r in self.records if r["lastPublicationDate"][:19] > found[1]]
        rows.sort(key=lambda r: r[request.args["sort"]])
        skip, top = int(request.args["skip"]), min(int(request.args["top"]), 500)
        first = skip - 1 if self.is_unsteady and skip else skip
        return as_json({"data": rows[first : first + top], "meta": {"count": len(rows) + self.count_off_by}})
