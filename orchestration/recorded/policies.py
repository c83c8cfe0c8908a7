"""Trackers' lists, agreements and programs: from the tables to the wire shapes that the sources' cut() reads.

What belongs here: one function a dataset. What does not: figures (tables/), the ledger, which is its own table (build).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from orchestration import sources
from orchestration.recorded.figures import batch, payload, table, when_of, wide
from orchestration.recorded.workbooks import XLSX, workbook
from orchestration.sources.base import Batch, Selection, Slice

AGREEMENT_FIELDS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED")


def _agreements() -> Iterator[Batch]:
    """A workbook a snapshot, every state: the names of the agencies, their models and their days, no links."""
    for moment, rows in groupby(wide("ice_agreements_287g"), key=lambda row: row["snapshot_at"]):
        cells = [[row[name] or "" for name in AGREEMENT_FIELDS] for row in rows]
        when = when_of(str(moment))
        one = payload(workbook([AGREEMENT_FIELDS, *cells]), "ice-287g", when=when, media_type=XLSX)
        yield batch(Slice("participating"), "ice-287g", [one], when=when)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _listed(
    dataset_id: str, name: str, code: str, day: Callable[[Mapping[str, str]], str], covers: tuple[str, ...] = ()
) -> Callable[[], Iterator[Batch]]:
    """A list of one date, or of a few: a capture a day, of the states that it covers where these are not all."""

    def build() -> Iterator[Batch]:
        columns = sources.get(dataset_id).fields
        days: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in table(name):
            days[day(row)].append(row)
        for on, rows in sorted(days.items()):
            when = when_of(on)
            one = payload(_csv(columns, rows), code, when=when, media_type="text/csv")
            selection = Selection("state", covers) if covers else None
            yield batch(Slice("list"), code, [one], when=when, selection=selection)

    return build


def _secure_communities() -> Iterator[Batch]:
    code = "ice-secure-communities"
    columns = sources.get("ice/secure_communities").fields
    body = _csv(columns, table("ice_secure_communities"))
    yield batch(Slice("all"), code, [payload(body, code, media_type="text/csv")])


BUILDERS: dict[str, Callable[[], Iterator[Batch]]] = {
    "ice/agreements_287g": _agreements,
    "ice/secure_communities": _secure_communities,
    "cis/sanctuary_map": _listed("cis/sanctuary_map", "cis_sanctuary_map", "cis-map-2014-09", lambda row: "2014-09-30"),
    "doj/compliance_letters": _listed(
        "doj/compliance_letters", "doj_compliance_letters", "doj-letters-2017-2018", lambda row: row["letter_date"]
    ),
    "ice/declined_detainers": _listed(
        "ice/declined_detainers", "ice_declined_detainers", "ice-ddor-2017-02", lambda row: "2017-02-03",
        ("COLORADO", "IOWA", "NEW YORK", "TEXAS"),
    ),
    "meyer/no_ice_holds": _listed(
        "meyer/no_ice_holds", "meyer_no_ice_holds", "meyer-2014-06-24", lambda row: row["as_of"], ("COLORADO",)
    ),
}  # fmt: skip
