"""The page of completeness: which months the police reported, by state and by agency.

What belongs here: the calendar of the states, and the months of each agency as one small file a state. What does not:
judging a month (core.fct_crime_month does), drawing the agencies (static/calendar.js).
"""

from __future__ import annotations

import json

from orchestration.reading import questions
from orchestration.site import subjects
from orchestration.site.pages import Pages, Picture, chart, number

# What is known of a month of an agency: the worst of its offenses.
_KNOWN = """
    case
        when bool_and(months.coverage = 'reported') then 'counted'
        when bool_or(months.coverage like 'suspect%') then 'suspect'
        when bool_and(months.coverage = 'reported' or months.coverage like 'negative%') then 'negative count'
        when bool_or(
            months.coverage = 'reported' or months.coverage like 'negative%' or months.coverage like 'partial%'
        ) then 'counted in part'
        else 'unknown'
    end
"""
_MONTHS = f"""
    select agencies.state_code as state, months.agency_key, any_value(agencies.agency_name) as agency,
        any_value(agencies.ori) as ori, date_diff('month', date '1970-01-01', months.month_start) as month_no,
        {_KNOWN} as known
    from core.fct_crime_month as months
    join core.dim_agency as agencies using (agency_key)
    where agencies.state_code is not null
    group by agencies.state_code, months.agency_key, months.month_start
"""


def write(pages: Pages) -> None:
    """Write completeness.html, its data, and the months of the agencies by state."""
    pictures = [calendar(pages)]
    tables = [subjects.answered(pages, "holdings"), subjects.answered(pages, "coverage")]
    for picture in (*pictures, *tables):
        pages.write_data(picture)
    pages.write(
        "completeness.html",
        "completeness.html",
        title="Completeness",
        lead="Which months the police reported, and what the release holds of each source.",
        pictures=pictures,
        tables=tables,
        states=_write_agencies(pages),
        agencies=chart("agencies"),
    )


def _write_agencies(pages: Pages) -> list[tuple[str, int, int]]:
    """A file for each state; each state with its agencies whose months are held, and those of the FBI's register.

    An agency that is in no captured register has its ORI for a name, or no ORI.
    """
    (pages.site / "data" / "calendar").mkdir(parents=True, exist_ok=True)
    registered = dict(pages.connection.execute(
        "select state_code, count(*) from core.dim_agency"
        " where state_code is not null and agency_name <> ori group by all"
    ).fetchall())  # fmt: skip
    written = []
    # runs of months of which the same is known: [name, ORI, [[first month, month after the last, what is known], ...]]
    for state, rows in pages.connection.execute(f"""
        with months as ({_MONTHS}),
        numbered as (
            select *, month_no - row_number() over (partition by agency_key, known order by month_no) as run from months
        ),
        runs as (
            select state, agency, ori, agency_key, known, min(month_no) as first, max(month_no) + 1 as after
            from numbered group by state, agency, ori, agency_key, known, run
        ),
        agencies as (
            select state, agency, ori, to_json([to_json(agency), to_json(ori),
                to_json(list([to_json(first), to_json(after), to_json(known)] order by first))]) as item
            from runs group by state, agency, ori, agency_key
        )
        select state, list(item order by agency, ori) from agencies group by state order by state
    """).fetchall():
        items = ",\n".join(rows)
        text = f"clawback.calendar({json.dumps(state)},[\n{items}\n]);\n"
        (pages.site / "data" / "calendar" / f"{state}.js").write_text(text, encoding="utf-8")
        written.append((state, len(rows), registered.get(state, 0)))
    return written


def calendar(pages: Pages) -> Picture:
    """What share of the agencies' months is counted, by state and month."""
    rows = pages.rows(f"""
        select state, make_date(cast(1970 + month_no // 12 as int), cast(1 + month_no % 12 as int), 1) as month,
            count(*) as agencies, count(*) filter (where known in ('counted', 'negative count')) as counted,
            round(100.0 * count(*) filter (where known in ('counted', 'negative count')) / count(*), 1)
                as counted_percent
        from ({_MONTHS}) group by all order by all
    """)
    held, counted = (sum(row[name] for row in rows) for name in ("agencies", "counted"))
    finding = "Which months did the police report?"
    if rows:
        finding = f"Of {number(held)} months of agencies that are held, {number(counted)} are counted in full."
    return Picture(
        name="calendar",
        chart="calendar",
        finding=finding,
        rows=rows,
        source="FBI, Crime Data Explorer (core.fct_crime_month)",
        caveats=(
            "A month counts if every offense of it that is held was reported. Else it is partial, suspect or unknown. A"
            " negative count (more earlier reports proved unfounded than new ones came) was reported, too.",
            "Only agencies whose months are held are in it: an empty cell is a state and month of which none is held."
            " A cell of 0% is a month that is held, of which nothing is counted in full.",
            # the query's second is on a column that only its answer has
            *questions.question("crime_months").caveats[:1],
            "Some agencies serve more than their city. A new series, or a break, is not a change of crime.",
        ),
        columns={
            "state": "state", "month": "month", "agencies": "agencies whose month is held",
            "counted": "of them counted in full", "counted_percent": "percent of them counted in full",
        },
    )  # fmt: skip
