"""From the recorded tables to the publishers' response formats: payloads that the live sources' cut() can parse.

What belongs here: one function for each dataset, from long-form figures to the bytes that the publisher would have
sent, the same bytes each time. What does not: figures (tables/), how a table is read
(figures), crime and the survey (crime), government units (reference), parsing (sources), writing captures (landing).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from orchestration import sources
from orchestration.recorded import crime, policies, reference
from orchestration.recorded.figures import TABLES, source, table
from orchestration.recorded.figures import as_json as _json
from orchestration.recorded.figures import batch as _batch
from orchestration.recorded.figures import by_entity as _by_entity
from orchestration.recorded.figures import number as _number
from orchestration.recorded.figures import payload as _payload
from orchestration.recorded.figures import when_of as _when
from orchestration.sources.base import Batch, Slice

__all__ = ["NOT_RECORDED", "TABLES", "batches", "source", "table"]
Figures = Mapping[str, Mapping[str, str]]


def batches(dataset_id: str) -> Iterator[Batch]:
    """The recorded captures of a dataset: none if nothing of it is transcribed. Raises KeyError for no dataset."""
    sources.get(dataset_id)
    if builder := _BUILDERS.get(dataset_id):
        yield from builder()


def _awards() -> Iterator[Batch]:
    """The awards as of the day on which they were downloaded: their amounts and outlays are of no later day."""
    results = [_award(fain, figures) for fain, figures in _by_entity("usaspending_awards").items()]
    body = {"spending_level": "awards", "limit": 100, "results": results, "messages": [],
            "page_metadata": {"page": 1, "hasNext": False, "last_record_unique_id": None,
                              "last_record_sort_value": "None"}}  # fmt: skip
    code, url = "usaspending-cops-83", "https://api.usaspending.gov/api/v2/search/spending_by_award/"
    when = _when(source(code)["as_of"])
    yield _batch(Slice("cops-83"), code, [_payload(_json(body), code, url=url, when=when)], when=when)


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


def _own_table(name: str, code: str) -> Callable[[], Iterator[Batch]]:
    def build() -> Iterator[Batch]:
        body = (TABLES / f"{name}.csv").read_bytes()
        yield _batch(Slice("all"), code, [_payload(body, code, media_type="text/csv")])

    return build


_BUILDERS: dict[str, Callable[[], Iterator[Batch]]] = {
    "usaspending/awards": _awards,
    "usaspending/assistance_listings": _listings,
    "omb/budget": _budget,
    "doj/sanctuary_list": _doj,
    "dhs/sanctuary_list": _dhs,
    "ledger/policy_events": _own_table("policy_events", "ledger"),
    "legistar/matters": _council_matters,
    "legistar/histories": _council_actions,
    "published/awards": _own_table("printed_awards", "printed-awards"),
    **crime.BUILDERS,
    **reference.BUILDERS,
    **policies.BUILDERS,
}
# Nobody's transcription of these is true to the single record: they come with the live edition or an import.
NOT_RECORDED = frozenset(sources.DATASETS) - frozenset(_BUILDERS)
