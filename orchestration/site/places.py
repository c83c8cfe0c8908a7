"""The places: their list, to be searched, and what the release holds of each, by state.

What belongs here: writing what is held of each place into small data files. What does not: what is held of a place
(held), drawing its page (static/place.js), finding a place for the command line (reading.places).

One page, place.html, shows every place: thirteen thousand files would make each release slow to write and to seal. Its
data are one file a state. Values that many rows share (series, coverages, reasons of breaks) are numbers, whose words
are in common.js.
"""

from __future__ import annotations

import json
from typing import Any

from orchestration import sources as publishers
from orchestration.declared import nicknames, seeds
from orchestration.reading import documents
from orchestration.release import citation
from orchestration.site.held import BESIDE, PARTS, PREPARED
from orchestration.site.pages import Pages, Row, chart

_SHARDS = "data/places"
# Wyoming's code; the codes of the territories follow it.
_LAST_STATE = "56"
_CHARTS = ("timeline", "crime", "coverage", "county")


def write(pages: Pages) -> None:
    """Write places.html, place.html and their data."""
    years = _years(pages)
    for name, sql in PREPARED.items():
        pages.connection.execute(f"create temp table {name} as {sql.replace('{counts}', _counts(years))}")
    places = pages.rows(
        "select id, name, shard, level, population, marks, coalesce(also_geoid, '') as also from shown"
        " order by population desc nulls last, name"
    )
    short = nicknames.of_states()
    states = {row["postal"]: f"{row['name']} {short.get(row['postal'], '')}".strip() for row in seeds.rows("states")}
    index = {"states": states, "nicknames": nicknames.of_places(), "rows": [list(place.values()) for place in places]}
    pages.write_script("data/places.js", "clawback.index", index)
    pages.write_script("data/common.js", "clawback.common", {**_common(pages), "first_year": years.start})
    _write_shards(pages)
    awarded = pages.rows("""
        select
            shown.id, shown.name, shown.state_code, shown.is_resolved, count(*) as awards,
            sum(awards.obligated_amount) as obligated_amount
        from core.fct_award as awards join shown using (jurisdiction_key) group by all order by name
    """)
    pages.write(
        "places.html",
        "places.html",
        places=sum(place["level"] != "unresolved" for place in places),
        names=sum(place["level"] == "unresolved" for place in places),
        awarded=[one for one in awarded if one["is_resolved"]],
        unmatched=[one for one in awarded if not one["is_resolved"]],
    )
    pages.write("place.html", "place.html", specs={name: chart(name) for name in _CHARTS})


def _years(pages: Pages) -> range:
    """The years of the FBI's annual tables, from the first to the last."""
    ((first, last),) = pages.connection.execute(
        "select min(calendar_year), max(calendar_year) from core.fct_crime_year_printed"
    ).fetchall()
    return range(first or 0, (last or -1) + 1)


def _counts(years: range) -> str:
    """SQL: the counts of a series, one place in the list for each year."""
    return f"[{', '.join(f'max(years.offenses) filter (where years.calendar_year = {year})' for year in years)}]"


def _common(pages: Pages) -> Row:
    """What the pages of all places share: words, trackers, offenses, provisions."""
    return {
        "words": [row["word"] for row in pages.rows("select word from place_words order by number")],
        "trackers": {
            row["tracker_code"]: row
            for row in pages.rows("select * exclude (tracker_key) from core.dim_tracker where tracker_key <> '-1'")
        },
        "sources": {
            row["dataset"]: [row["title"], row["homepage"], publishers.terms_of(row["dataset"]).title]
            for row in pages.rows("select dataset, title, homepage from core.dim_source where dataset <> 'unknown'")
        },
        "last_month": pages.rows("select max(month_start) as last from core.fct_crime_month")[0]["last"],
        "offenses": {
            row["fbi_code"]: row["fbi_name"].replace("_", " ").capitalize()
            for row in pages.rows("select fbi_code, fbi_name from reference.offenses where fbi_code is not null")
        },
        "provisions": {
            row["provision_code"]: [row["provision_name"], row["definition"]]
            for row in pages.rows("select * from core.dim_provision where provision_code <> 'unknown'")
        },
        "built": pages.last_day,
        "cite": pages.cite(),
        "release": pages.release.id,
        # a citation's words, and the hosts that nobody opens
        "kinds": citation.KINDS,
        "own_file": citation.OWN_FILE,
        "api": documents.API.pattern,
    }


def _write_shards(pages: Pages) -> None:
    """A file for each state: its places, its trackers' snapshots, the payloads that its rows came from."""
    shards: dict[str, dict[str, Any]] = {}
    for shard, id_, key, name, level, kind, geoid, population, year, share in pages.connection.execute(f"""
        select shard, id, jurisdiction_key, name, level,
            case when level = 'state' and geoid > '{_LAST_STATE}' then 'territory' else merger end,
            geoid, population, population_year, hispanic_share
        from shown order by shard, id
    """).fetchall():
        about = {"key": key, "name": name, "level": level, "kind": kind, "geoid": geoid, "population": population}
        about |= {"population_year": year, "hispanic_share": share}
        shards.setdefault(shard, {})[id_] = about
    texts: dict[str, dict[str, list[str]]] = {}
    for part, sql in PARTS.items():
        found = pages.connection.execute(
            f"select shown.shard, shown.id, to_json(list(part.item order by part.place_in_list))"
            f" from ({sql}) as part join shown using (jurisdiction_key) group by all"
        )
        for shard, id_, text in found.fetchall():
            texts.setdefault(shard, {}).setdefault(id_, []).append(f'"{part}":{text}')
    beside = {name: dict(pages.connection.execute(sql).fetchall()) for name, sql in BESIDE.items()}
    folder = pages.site / _SHARDS
    folder.mkdir(parents=True)
    for shard, of_shard in shards.items():
        # what DuckDB wrote as JSON is put together as text: reading and writing it again would double the time
        items = ",\n".join(
            f"{json.dumps(id_)}:{_opened(about)}{''.join(',' + text for text in texts.get(shard, {}).get(id_, []))}}}"
            for id_, about in of_shard.items()
        )
        more = ",".join(f'"{name}":{of_it.get(shard, "{}")}' for name, of_it in beside.items())
        text = f'clawback.shard({json.dumps(shard)},{{{more},"places":{{\n{items}\n}}}});\n'
        (folder / f"{shard}.js").write_text(text, encoding="utf-8")


def _opened(about: Row) -> str:
    """A JSON object to which members are added: without its last brace."""
    text = json.dumps({name: value for name, value in about.items() if value is not None}, ensure_ascii=False)
    return text.removesuffix("}")
