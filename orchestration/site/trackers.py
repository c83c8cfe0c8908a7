"""The page of the trackers: who lists whom on a chosen day, as a map and as a matrix.

What belongs here: the listings and the days on which each list is known, for the page's script. What does not: choosing
among them by day (static/trackers.js).
"""

from __future__ import annotations

from orchestration.reading import questions
from orchestration.site import words
from orchestration.site.pages import VENDOR_FOLDER, Pages, chart


def write(pages: Pages) -> None:
    """Write trackers.html, its data and the shapes of the states."""
    trackers = pages.rows("select * exclude (tracker_key) from core.dim_tracker where tracker_key <> '-1' order by all")
    listed = pages.rows("""
        select
            units.tracker_code, units.state_code, units.level, units.listed_name as name, units.listed_from as since,
            units.listed_to as until, places.geoid, coalesce(units.jurisdiction_key, '') as key, units.printed_lines,
            counties.geoids as counties
        from core.fct_listed_unit as units
        left join core.dim_jurisdiction as places
            on units.jurisdiction_key = places.jurisdiction_key and places.is_resolved
        left join (
            select jurisdiction_key, list(geoid order by geoid) as geoids
            from core.bridge_geoid_jurisdiction where length(geoid) = 5 group by jurisdiction_key
        ) as counties on units.jurisdiction_key = counties.jurisdiction_key
        order by all
    """)
    snapshots = pages.rows("""
        select
            trackers.tracker_code, state_code,
            list([cast(snapshot_on as varchar), cast(next_snapshot_on as varchar), cast(is_withdrawal as varchar),
                  cast(names_listed as varchar)] order by snapshot_on) as days
        from core.fct_tracker_snapshot as snapshots
        join core.dim_tracker as trackers using (tracker_key)
        group by all
        order by all
    """)
    days: dict[str, dict[str, list[list[str]]]] = {}
    for row in snapshots:
        days.setdefault(row["tracker_code"], {})[row["state_code"]] = row["days"]
    states = pages.rows(
        "select state_fips, state_code, max(name) filter (where level = 'state') as name from core.dim_jurisdiction"
        " where state_fips is not null and state_code is not null group by all order by all"
    )
    data = {
        "trackers": {one["tracker_code"]: one for one in trackers},
        "short": words.trackers(),
        "listed": [list(row.values()) for row in listed],
        "days": days,
        "states": [[row["state_fips"], row["state_code"], row["name"] or row["state_code"]] for row in states],
        "built": pages.last_day,
        "cite": pages.cite(),
    }
    pages.write_script("data/trackers.js", "clawback.trackers", data)
    for name in ("states", "counties"):
        shapes = (VENDOR_FOLDER / f"us-{name}-10m.json").read_text(encoding="utf-8").strip()
        (pages.site / f"{name}.js").write_text(f'clawback.shapes("{name}",{shapes});\n', encoding="utf-8")
    # the first is on a way to ask the command line
    caveats = questions.question("listed").caveats[1:]
    pages.write("trackers.html", "trackers.html", trackers=trackers, caveats=caveats,
                specs={name: chart(name) for name in ("states", "counties")})  # fmt: skip
