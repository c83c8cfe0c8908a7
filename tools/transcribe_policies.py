"""Transcribe what the recorded edition knows of policies: ledger, provisions, trackers, a council's register.

What belongs here: which rows were taken of the facts that were gathered. What does not: what is corrected in them and
why (policy_corrections.py), money and crime (transcribe.py). Run once by hand; its output is committed and reviewed:

    python tools/transcribe_policies.py FOLDER_OF_REAL_FILES FOLDER_OF_FACTS

The files themselves stay out of the repository.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from policy_corrections import (
    ANOTHER_ACT,
    FOUND_SINCE,
    NO_POLICY,
    OTHER_DATE,
    REAFFIRMED,
    SOURCED,
    SPELLED,
    TOWN_OF_PLACE,
    TOWN_STATES,
    TOWNS,
)

from orchestration.recorded.build import TABLES
from orchestration.settings import DBT_PROJECT_DIR
from orchestration.sources.ice import Agreements287g, moment_of
from orchestration.wire import Payload, utc_now

PROVISIONS = DBT_PROJECT_DIR / "seeds" / "instrument_provisions.csv"
EVENT_COLUMNS = (
    "jurisdiction", "level", "geoid", "instrument", "number", "event", "event_date", "date_precision", "source",
    "source_status", "note", "learned_on", "known_until",
)  # fmt: skip
# The day on which the found rows and the upgrades were gathered.
GATHERED = "2026-11-28"
Row = dict[str, str]

# The one printing of the map that there is to cite.
CIS_MAP = (
    'CIS map "Sanctuary Cities, Counties and States" as stored at austinbrian/sheriffs@2e837a5:'
    "data/Copy of Map- Sanctuary Cities, Counties and States.csv"
)
# Of what date each list is that is the only one to tell of an event: nothing follows from it past that day.
DATED_LISTS = {
    'CIS map "Sanctuary Cities, Counties and States"': "2014-09-30",
    "https://themeyerlawoffice.com/ice-detainers/": "2014-06-24",
    "http://nationalpoliceassociation.com/enforcement.php": "2017-02-03",
}
# The condition that a list prints, in a few words of our own: the first whose marks all stand in it.
CONDITIONS = (
    ("where ICE pays for the detention", ("reimburs",)),
    ("where ICE pays for the detention", ("pays",)),
    ("for the convictions, charges or other grounds that it names", ("convict",)),
    ("for the convictions, charges or other grounds that it names", ("charge",)),
    ("for the convictions, charges or other grounds that it names", ("offense",)),
    ("for the convictions, charges or other grounds that it names", ("individual is",)),
    ("for the convictions, charges or other grounds that it names", ("legitimate law enforcement",)),
    ("for the convictions, charges or other grounds that it names", ("rare exception",)),
    ("with a warrant, a court's order or probable cause", ("warrant",)),
    ("with a warrant, a court's order or probable cause", ("wan",)),
    ("with a warrant, a court's order or probable cause", ("judge",)),
    ("with a warrant, a court's order or probable cause", ("judici",)),
    ("with a warrant, a court's order or probable cause", ("court",)),
    ("with a warrant, a court's order or probable cause", ("order",)),
    ("with a warrant, a court's order or probable cause", ("cause",)),
)


def main() -> None:
    real, facts = Path(sys.argv[1]), Path(sys.argv[2])
    ledger(facts)
    provisions(facts)
    trackers(real, facts)
    council(real)


def condition(printed: str) -> str:
    """What a list prints of when a detainer is honoured, in our words: not at all, or under which kind of condition."""
    text = printed.lower()
    kind = next((words for words, marks in CONDITIONS if all(mark in text for mark in marks)), None)
    return f"detainers are honoured only {kind}" if kind else "detainers are not honoured"


def ledger(facts: Path) -> None:
    """The first events, those that were found later, and what was learned of the first ones' sources and dates."""
    path = TABLES / "policy_events.csv"
    held = {_event(row): row for row in read(path)}
    events: dict[tuple[str, ...], Row] = {}
    for row in [
        *read(facts / "policy_events.csv"),
        *map(_found, read(facts / "ordinances" / "policy_events_found.csv")),
    ]:
        known = {**row, "known_until": row.get("known_until", "")}
        before = held.pop(_event(known), None)
        events[_event(known)] = {**known, "learned_on": before["learned_on"] if before else GATHERED}
    upgrades = [*read(facts / "ordinances" / "ledger_upgrades.csv"), *FOUND_SINCE]
    for other in _other_dates(list(events.values()), upgrades):
        held.pop(_event(other), None)
        events[_event(other)] = other
    events |= {key: {**row, "known_until": row.get("known_until", "")} for key, row in held.items()
               if not _was_upgraded(row, upgrades)}  # fmt: skip
    rows = {_event(row): row for row in (_reaffirming(_upgraded(row, upgrades)) for row in events.values())}
    write(path, EVENT_COLUMNS, rows.values())


def _other_dates(events: Sequence[Row], upgrades: Sequence[Row]) -> Iterator[Row]:
    """The same act on the date that a list has of it, beside the ledger's own: bound to the date of the list."""
    for row in events:
        for upgrade in upgrades:
            if _matches(row, upgrade) and upgrade["finding"] in OTHER_DATE:
                event, *found = ANOTHER_ACT.get((row["jurisdiction"], row["number"]), (row["event"],))
                note = f"{upgrade['precision']} by the tracker ({upgrade['source']}); {upgrade['remark']}"
                source = " ; ".join([*found[:1], CIS_MAP])
                yield {
                    **row, "event": event, "event_date": upgrade["date_in_source"],
                    "date_precision": upgrade["precision"], "source": source,
                    "source_status": "sourced" if found else "partial", "learned_on": GATHERED,
                    "known_until": known_until(source), "note": found[1] if found else note,
                }  # fmt: skip


def _reaffirming(row: Row) -> Row:
    """An act that says that an earlier policy stands is an event of that policy, and not a beginning."""
    names = (row["jurisdiction"], row["instrument"], row["number"], row["event_date"])
    if row["event"] != "adopted" or names not in REAFFIRMED:
        return row
    instrument, number = REAFFIRMED[names]
    by = "" if (instrument, number) == names[1:3] else f"by {row['instrument']} {row['number']}"
    note = "; ".join(filter(None, (by, row["note"], "adopted: reaffirms an earlier policy, begins none")))
    return {**row, "instrument": instrument, "number": number, "event": "reaffirmed", "note": note}


def _event(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("jurisdiction", "geoid", "instrument", "number", "event", "event_date"))


def _found(row: Row) -> Row:
    key = (row["jurisdiction"], row["instrument"], row["number"])
    acts = {"adopted", "issued", "signed"}
    event = NO_POLICY.get(key, row["event"]) if row["event"] in acts else row["event"]
    note = row["note"]
    before, mark, printed = note.partition("criteria: ")
    if mark:
        kept = printed[printed.index("; also on the Meyer") :] if "; also on the Meyer" in printed else ""
        note = f"{before}{condition(printed.removesuffix(kept))}{kept}"
    if event != row["event"]:
        note = "; ".join(filter(None, (note, f"{row['event']}; no policy of the unit's own is told of")))
    geoid = row["geoid"]
    if not geoid:
        state = next(state for mark, state in TOWN_STATES.items() if mark in row["source"])
        geoid = TOWNS[row["jurisdiction"], state]
    geoid = TOWN_OF_PLACE.get(geoid, geoid)
    return {
        **row, "geoid": geoid, "level": "town" if len(geoid) == len("3401343800") else row["level"], "event": event,
        "instrument": SPELLED.get(row["instrument"], row["instrument"]), "note": note,
        "known_until": known_until(row["source"]),
    }  # fmt: skip


def known_until(citation: str) -> str:
    """The date past which nothing follows from a citation: empty where it names more than lists of one date."""
    dates = [
        next((day for lead, day in DATED_LISTS.items() if one.startswith(lead)), "") for one in citation.split(" ; ")
    ]
    return max(dates) if all(dates) else ""


def _matches(row: Mapping[str, str], upgrade: Mapping[str, str]) -> bool:
    return (
        row["jurisdiction"] == upgrade["jurisdiction"]
        and row["event"] == upgrade["event"]
        and row["number"] == upgrade["number"]
        and row["event_date"] == upgrade["event_date_in_ledger"]
    )


def _was_upgraded(row: Mapping[str, str], upgrades: Sequence[Row]) -> bool:
    """Whether a held row is one of the first events as this program wrote it: its source or its date was found."""
    return any(
        u["finding"] in SOURCED and row["jurisdiction"] == u["jurisdiction"] and row["number"] == u["number"]
        and row["event"] == u["event"] for u in upgrades
    )  # fmt: skip


def _upgraded(row: Row, upgrades: Sequence[Row]) -> Row:
    """A source that was found takes the place of none; what another says otherwise is noted and decides nothing."""
    for upgrade in upgrades:
        if not _matches(row, upgrade):
            continue
        told = f"{upgrade['finding']}: {upgrade['date_in_source']} ({upgrade['precision']}) by {upgrade['source']}"
        if upgrade["finding"] in SOURCED:
            day = row["event_date"]
            row = {**row, "source": upgrade["source"], "source_status": SOURCED[upgrade["finding"]],
                   "event_date": upgrade["date_in_source"], "date_precision": upgrade["precision"],
                   "note": upgrade["remark"], "learned_on": GATHERED}  # fmt: skip
            told = "" if day == row["event_date"] else f"the day {day} stays unsourced"
        elif upgrade["finding"] == "number confirmed":  # what made the source a partial one
            row = {**row, "source_status": "sourced"}
        elif upgrade["finding"] == "number found":
            row = {**row, "number": f"{upgrade['remark'].rpartition(' ')[2]} {row['number']}"}
        row = {**row, "note": "; ".join(filter(None, (row["note"], told)))}
    return row


def provisions(facts: Path) -> None:
    """What each instrument provides, in few words: a list's own text is brought to its condition."""
    held = read(PROVISIONS)
    rows = {
        tuple(row[name] for name in ("geoid", "instrument", "instrument_number", "provision_code")): row for row in held
    }
    for row in read(facts / "ordinances" / "instrument_provisions_found.csv"):
        geoid = row["geoid"].partition("/")[0]
        geoid = TOWN_OF_PLACE.get(geoid, geoid)
        reason = condition(row["reason"]) if row["citation"].startswith("CIS map") else row["reason"]
        added = {**row, "geoid": geoid, "reason": reason}
        rows.setdefault((geoid, row["instrument"], row["instrument_number"], row["provision_code"]), added)
    write(PROVISIONS, tuple(held[0]), list(rows.values()))


def trackers(real: Path, facts: Path) -> None:
    """Lists of one date as printed, with what was corrected; ICE's agreements by snapshot; a program by county."""
    folder = facts / "ordinances"
    write(
        TABLES / "cis_sanctuary_map.csv",
        ("row", "location_as_printed", "date_as_printed", "designation", "jurisdiction", "state", "level",
         "geoid", "date_enacted", "policy", "condition", "correction", "source"),
        [{**row, "condition": condition(row["criteria_for_honoring_detainer"]), "source": "cis-map-2014-09"}
         for row in read(folder / "cis_sanctuary_map_2014.csv")],
    )  # fmt: skip
    write(
        TABLES / "doj_compliance_letters.csv",
        ("letter_date", "jurisdiction", "state", "level", "geoid", "what", "cited", "source"),
        [{**row, "cited": row["source"], "source": "doj-letters-2017-2018"}
         for row in read(folder / "doj_letters_2017_2018.csv")],
    )  # fmt: skip
    write(
        TABLES / "ice_declined_detainers.csv",
        ("report", "jurisdiction_as_printed", "area_of_responsibility", "date_enacted", "policy", "criteria", "source"),
        [{**row, "source": "ice-ddor-2017-02"} for row in read(folder / "ice_ddor_2017_visible_rows.csv")],
    )
    write(
        TABLES / "meyer_no_ice_holds.csv",
        ("as_of", "listed_name", "jurisdiction", "state", "level", "geoid", "source"),
        [{**row, "source": "meyer-2014-06-24"} for row in read(folder / "colorado_no_ice_holds_2014-06-24.csv")],
    )
    write(
        TABLES / "ice_secure_communities.csv",
        ("county_fips", "county_name", "state", "activated", "source"),
        [{**row, "activated": _month(row), "source": "ice-secure-communities"}
         for row in read(folder / "secure_communities_activation_by_county.csv")],
    )  # fmt: skip
    agreements(real)


def _month(row: Mapping[str, str]) -> str:
    if not row["activation_year"]:
        return ""
    return f"{int(float(row['activation_year'])):04}-{int(float(row['activation_month'])):02}"


AGREEMENT_FIELDS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED")


def workbooks(real: Path) -> Iterator[tuple[str, Path]]:
    """ICE's workbooks by the moment that each one's own name tells: the first of every month, and four more."""
    found: dict[str, Path] = {}
    for path in sorted([*(real / "trackers" / "ice_287g").glob("*.xlsx"),
                        *(real / "trackers" / "ice_287g_monthly").glob("*.xlsx")]):  # fmt: skip
        own = path.name.partition("_")[2] if path.name[:14].isdigit() else path.name
        moment = moment_of(own)
        assert moment is not None
        found.setdefault(f"{moment:%Y-%m-%dT%H:%M:%SZ}", path)
    yield from sorted(found.items())


def agreements(real: Path) -> None:
    """Every row of every workbook as printed, but for links: compressed, as 23,000 rows are read by no person."""
    dataset = Agreements287g()
    columns: dict[str, list[str | None]] = {"snapshot_at": [], **{name: [] for name in AGREEMENT_FIELDS}}
    for moment, path in workbooks(real):
        for record in dataset.cut(Payload(path.read_bytes(), path.name, utc_now())):
            columns["snapshot_at"].append(moment)
            for name in AGREEMENT_FIELDS:
                value = " ".join((record.get(name) or "").split()) or None
                columns[name].append(value.split(" ")[0] if value and name == "SIGNED" else value)
    path = TABLES / "ice_agreements_287g.parquet"
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=19, use_dictionary=True)
    print(f"{path.name}: {len(columns['snapshot_at'])} rows, {path.stat().st_size:,} bytes")


def council(real: Path) -> None:
    """New York's matters on immigration and their actions, in the register's words; summaries and texts stay out."""
    files = {json.loads(path.read_text(encoding="utf-8"))["File"]: path
             for folder in ("nyc_immigration", "nyc")
             for path in sorted((real / "legistar" / folder).glob("*.json"))}  # fmt: skip
    matters, actions = [], []
    for _, path in sorted(files.items()):
        matter = json.loads(path.read_text(encoding="utf-8"))
        matters += list(_figures("matters", matter["File"], "", _matter(matter)))
        for action in matter["History"] or ():
            figures = {
                "MatterHistoryActionName": action["Action"],
                "MatterHistoryActionBodyName": action["BodyName"],
                "MatterHistoryPassedFlagName": action.get("PassedFlagName") or "",
                "MatterHistoryMinutesSequence": str(action.get("MinutesSequence") or ""),
            }
            actions += list(_figures("histories", f"{matter['File']}|{action['ID']}", _day(action["Date"]), figures))
    columns = ("publisher", "table", "entity", "period", "measure", "value", "source")
    write(TABLES / "council_matters.csv", columns, matters)
    write(TABLES / "council_actions.csv", columns, actions)


def _matter(matter: Mapping[str, str]) -> dict[str, str]:
    return {
        "MatterId": str(matter["ID"]), "MatterName": matter.get("Name") or "", "MatterTitle": matter.get("Title") or "",
        "MatterTypeName": matter.get("TypeName") or "", "MatterStatusName": matter.get("StatusName") or "",
        "MatterBodyName": matter.get("BodyName") or "", "MatterIntroDate": _day(matter.get("IntroDate")),
        "MatterPassedDate": _day(matter.get("PassedDate")), "MatterEnactmentDate": _day(matter.get("EnactmentDate")),
        "MatterEnactmentNumber": matter.get("LocalLaw") or "",
        "MatterLastModifiedUtc": (matter.get("LastModified") or "").rstrip("Z"),
    }  # fmt: skip


def _day(moment: str | None) -> str:
    """The mirror writes the year 1 where the register has no date."""
    return "" if not moment or moment.startswith("0001-") else moment[:10]


def _figures(table: str, entity: str, period: str, figures: Mapping[str, str]) -> Iterator[Row]:
    for measure, value in figures.items():
        if value:
            yield {"publisher": "New York City Council", "table": table, "entity": entity, "period": period,
                   "measure": measure, "value": value, "source": "nyc-council"}  # fmt: skip


def read(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        count = sum(1 for row in rows if writer.writerow(row))
    print(f"{path.name}: {count} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
