"""The changes of a release as a feed that readers subscribe to: Atom (RFC 4287).

What belongs here: feed.atom, and one feed for each place that changed. What does not: what changed (changes), pages
(site).

The newest release comes first. Entries of earlier releases are kept up to a bound, so that who reads once a month
misses nothing. A change has the same id in every feed that has it, and another one if it happens again. Its place is a
category: the term is the GEOID.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from orchestration.release import citation
from orchestration.release.changes import Change
from orchestration.release.history import Release

FILE, PLACES = "feed.atom", "feeds"
ATOM = "http://www.w3.org/2005/Atom"
# The prefix of the elements: none.
_PREFIX: Any = {None: ATOM}
SCHEME = "https://www.census.gov/programs-surveys/geography/guidance/geo-identifiers.html"
# Entries that a feed keeps: this release's, then earlier ones'.
MOST = 1_000
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "clawback")


def write(folder: Path, release: Release, since: str | None, changes: Sequence[Change], earlier: Path | None) -> None:
    """Write the feeds of a release into its folder.

    since, earlier: the release that it is compared with, and its folder; None for a first one.
    """
    told = _of_two_places(_entry(release, since, change) for change in changes if change.is_notable)
    entries = [_summary(release, since, changes, len(told)), *told]
    entries = _distinct([*entries, *_kept(earlier)])[:MOST]
    title = f"{citation.NAME}: what changed, {release.edition} edition"
    _write(folder / FILE, release, title, entries, _id(release.edition, "feed"))
    by_place: dict[str, list[etree._Element]] = {}
    for entry in entries:
        for category in entry.findall(f"{{{ATOM}}}category"):
            by_place.setdefault(category.get("term", ""), []).append(entry)
    if by_place:
        (folder / PLACES).mkdir()
    for place, of_it in by_place.items():
        _write(
            folder / PLACES / f"{place}.atom", release, f"{title}, place {place}", of_it,
            _id(release.edition, "feed", place),
        )  # fmt: skip


def _id(*parts: str | None) -> str:
    return uuid.uuid5(_NAMESPACE, "\x1f".join(part or "" for part in parts)).urn


def _summary(release: Release, since: str | None, changes: Sequence[Change], notable: int) -> etree._Element:
    """The entry of the release itself. notable: how many changes are told one by one."""
    if since is None:
        title = f"Release {release.id} of the {release.edition} edition is compared with no other"
        text = "It is the first of its edition, or the one before it is damaged."
    else:
        title = f"Release {release.id}: {notable:,} notable {'change' if notable == 1 else 'changes'} since {since}"
        counted = [change.sentence for change in changes if not change.is_notable]
        text = "\n".join(counted) or "Nothing else changed."
    entry = _made(title, text, release, _id(release.edition, "release", release.id))
    return entry


def _entry(release: Release, since: str | None, change: Change) -> etree._Element:
    told = change.row("")
    # since: a value that goes and comes again is a change each time
    key = _id(
        release.edition, since, *change.table, change.kind, told["row_key"], change.column, told["value_before"],
        told["value_after"],
    )  # fmt: skip
    table = ".".join(change.table)
    text = f"{change.sentence}\nTable {table}, key {change.row_key}"
    entry = _made(change.sentence, text, release, key)
    if change.geoid:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=change.geoid, scheme=SCHEME)
    return entry


def _made(title: str, text: str, release: Release, key: str) -> etree._Element:
    entry = etree.Element(f"{{{ATOM}}}entry", nsmap=_PREFIX)
    for name, value in (("id", key), ("title", title), ("updated", release.built_at.isoformat()), ("content", text)):
        etree.SubElement(entry, f"{{{ATOM}}}{name}").text = _NOT_IN_XML.sub("\ufffd", value)
    return entry


def _kept(earlier: Path | None) -> list[etree._Element]:
    """The entries of the release before; none if it is of a version without a feed, or its feed cannot be read."""
    if earlier is None or not (earlier / FILE).is_file():
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.parse(str(earlier / FILE), parser).getroot().findall(f"{{{ATOM}}}entry")
    except etree.XMLSyntaxError:
        return []


def _of_two_places(entries: Iterable[etree._Element]) -> list[etree._Element]:
    """What moved from one unit to another is one entry, of both."""
    by_id: dict[str, etree._Element] = {}
    for entry in entries:
        key = entry.findtext(f"{{{ATOM}}}id") or ""
        if key in by_id:
            by_id[key].extend(entry.findall(f"{{{ATOM}}}category"))
        else:
            by_id[key] = entry
    return list(by_id.values())


def _distinct(entries: Iterable[etree._Element]) -> list[etree._Element]:
    by_id: dict[str, etree._Element] = {}
    for entry in entries:
        by_id.setdefault(entry.findtext(f"{{{ATOM}}}id") or "", entry)
    return list(by_id.values())


def _write(path: Path, release: Release, title: str, entries: Sequence[etree._Element], key: str) -> None:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=_PREFIX)
    for name, value in (("id", key), ("title", title), ("updated", release.built_at.isoformat())):
        etree.SubElement(feed, f"{{{ATOM}}}{name}").text = value
    author = etree.SubElement(feed, f"{{{ATOM}}}author")
    etree.SubElement(author, f"{{{ATOM}}}name").text = citation.AUTHOR
    etree.SubElement(feed, f"{{{ATOM}}}link", rel="self", href=path.name)
    feed.extend(copy.deepcopy(entry) for entry in entries)
    # the disk takes all files of a release at once (seal.make_sums)
    path.write_bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))
