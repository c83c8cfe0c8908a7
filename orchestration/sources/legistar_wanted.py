"""Legistar: which council matters' histories are requested.

What belongs here: what earlier captures say of a matter (whether the finder finds it, when it changed, when its history
came), and the order that follows. What does not: the requests (legistar), which words make a matter relevant (finder).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from orchestration.councils import finder
from orchestration.sources.base import EarlierCaptures
from orchestration.wire import utc_now


def wanted_histories(
    known: EarlierCaptures, client: str, slice_keys: Sequence[str], again_after: timedelta, searched_in: Sequence[str]
) -> list[str]:
    """The relevant matters of a client to request: new ones first, then those changed since or requested long ago.

    Among these, the matter that changed last comes first. A matter that is hidden or has no history leaves no record
    that it was requested, and is wanted again in every run (see turns).
    slice_keys: those of the client's matters; again_after: how old a history is when it is requested again;
    searched_in: the fields that the finder searches.
    """
    asked = shown_histories(known, client)
    # Full texts come with files that bring their histories too; they would fill the memory here.
    searched = [name for name in searched_in if name != "MatterFullText"]
    fields = ("MatterId", "MatterLastModifiedUtc", "MatterRestrictViewViaWeb", *searched)
    newest: dict[str, tuple[str | None, ...]] = {}
    # The API gives no summary: a file's stands (see int_ordinances__council_matters).
    summary, summaries = fields.index("MatterSummary"), dict[str, tuple[str, str]]()
    for row in known.rows("legistar/matters", fields, slice_keys):
        matter_id = str(row[0])
        before = newest.get(matter_id)
        newest[matter_id] = row if before is None else max(before, row, key=lambda r: str(r[-1]))
        if told := row[summary]:
            summaries[matter_id] = max((str(row[-1]), told), summaries.get(matter_id, ("", "")))
    long_ago = (utc_now() - again_after).isoformat()
    wanted: list[tuple[str, str, str]] = []
    for matter_id, (_, saved, restricted, *texts, _) in newest.items():
        last = asked.get(matter_id, "")
        is_due = last < long_ago or (saved or "")[:19] > last[:19]
        if restricted == "true" or not is_due:
            continue
        told_of = {**dict(zip(searched, texts, strict=True)), "MatterSummary": summaries.get(matter_id, ("", None))[1]}
        if finder.find(told_of).is_relevant:
            wanted.append((last, saved or "", matter_id))
    newest_first = sorted(wanted, key=lambda w: w[1], reverse=True)
    return [matter_id for _, _, matter_id in sorted(newest_first, key=lambda w: w[0])]


def shown_histories(known: EarlierCaptures, client: str) -> dict[str, str]:
    """When the history of each matter came last, of those whose history ever came."""
    shown: dict[str, str] = {}
    for matter_id, retrieved in known.rows("legistar/histories", ("matter_id",), (client,)):
        shown[str(matter_id)] = max(str(retrieved), shown.get(str(matter_id), ""))
    return shown
