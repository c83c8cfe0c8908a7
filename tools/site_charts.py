"""The site's charts, declared with Altair and written as Vega-Lite: orchestration/site/charts/*.json.

What belongs here: marks, scales and encodings. What does not: titles and rows (orchestration/site gives each chart
its own), colors of the light and the dark theme (orchestration/site/static/site.js).

    python -m tools.site_charts            writes the files
    python -m tools.site_charts --check    exits with 1 if a file is not what this module declares

Declared here and not at run time, a release needs neither Altair nor the second that it takes to start.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import altair as alt

from orchestration.settings import PROJECT_ROOT

CHARTS_FOLDER = PROJECT_ROOT / "orchestration" / "site" / "charts"
# Okabe and Ito's palette: told apart by people who do not see red and green alike.
BLUE, ORANGE, GREEN, YELLOW, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#8a8f98"
SKY, PALE = "#56B4E9", "#e9e4d4"
ROWS = alt.NamedData(name="rows")

# The pictures of a place stand below each other: their plots begin at the same distance from the left.
LEFT = alt.Axis(minExtent=96, maxExtent=96, labelLimit=90)
# Nobody counts half an offense.
COUNTS = alt.Axis(
    minExtent=96, maxExtent=96, labelLimit=90, format=",d", labelExpr="datum.value % 1 ? '' : datum.label"
)
# What is known of a month or a year (site/completeness, static/place.js).
KNOWN = alt.Scale(
    domain=["counted", "counted in part", "negative count", "suspect", "unknown"],
    range=[BLUE, YELLOW, GREEN, PURPLE, GREY],
)
YEARS = alt.Axis(format="%Y", tickCount="year", labelOverlap="greedy", labelSeparation=10, labelFlush=False)

Chart = alt.Chart | alt.LayerChart | alt.FacetChart


def reporting() -> Chart:
    """Percent of violent victimizations reported to the police, by group, with the 95% interval as a band."""
    base = alt.Chart(ROWS).encode(
        x=alt.X("last_year:Q", title="last year of three", axis=alt.Axis(format="d")),
        color=alt.Color(
            "group:N", title=None, scale=alt.Scale(domain=["Hispanic", "others"], range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="top", symbolOpacity=1),
        ),
    )  # fmt: skip
    percent = alt.Axis(title="% reported to the police")
    band = base.mark_area(opacity=0.18).encode(
        y=alt.Y("low:Q", axis=percent, scale=alt.Scale(zero=False)), y2="high:Q", detail="part:N"
    )
    line = base.mark_line(point=True).encode(
        y=alt.Y("percent:Q", axis=percent),
        detail="part:N",
        strokeDash=alt.StrokeDash("group:N", legend=None, scale=alt.Scale(range=[[1, 0], [5, 3]])),
        tooltip=["first_year:Q", "last_year:Q", "group:N", "percent:Q", "low:Q", "high:Q", "interviewed:Q", "note:N"],
    )
    return alt.layer(band, line).properties(height=260)


def agreements() -> Chart:
    """Agreements under section 287(g) on each snapshot, as a step: nothing is known between two snapshots."""
    return (
        alt.Chart(ROWS)
        .mark_area(interpolate="step-after", line=True, opacity=0.25, color=BLUE)
        .encode(
            x=alt.X("snapshot_on:T", title="day of the workbook", axis=alt.Axis(format="%Y", tickCount="year")),
            y=alt.Y("agreements:Q", title="agreements listed"),
            tooltip=["snapshot_on:T", "agreements:Q", "states:Q"],
        )
        .properties(height=260)
    )


def agreement() -> Chart:
    """What two lists share, level by level."""
    levels = ["states", "counties", "cities and towns", "tribes", "unresolved names"]
    legend = alt.Legend(orient="top", columns=1, labelLimit=500)
    return (
        alt.Chart(ROWS)
        .mark_bar()
        .encode(
            y=alt.Y("level:N", title=None, sort=levels),
            x=alt.X("jurisdictions:Q", title="names listed"),
            color=alt.Color(
                "listed_by:N", title=None, legend=legend, scale=alt.Scale(range=[GREEN, ORANGE, BLUE])
            ),
            order=alt.Order("place_in_bar:Q"),
            tooltip=["level:N", "listed_by:N", "jurisdictions:Q"],
        )
        .properties(height=150)
    )  # fmt: skip


def money() -> Chart:
    """What the captured awards are of the nation's obligations, by fiscal year."""
    bars = (
        alt.Chart(ROWS)
        .mark_bar(color=BLUE, size=26, orient="vertical")
        .encode(
            x=alt.X(
                "fiscal_year:Q",
                title="fiscal year",
                axis=alt.Axis(format="d", tickMinStep=1, labelFlush=False, labelOverlap="greedy", labelSeparation=8),
                scale=alt.Scale(zero=False, nice=False, padding=26),
            ),
            y=alt.Y("obligated_amount:Q", title="captured awards, dollars obligated", axis=alt.Axis(format="$,.2s")),
            tooltip=[
                "fiscal_year:Q",
                "awards:Q",
                alt.Tooltip("obligated_amount:Q", format="$,.0f"),
                "share_label:N",
                "note:N",
            ],
        )
    )
    text = (
        alt.Chart(ROWS).mark_text(dy=-7, fontSize=11)
        .encode(x="fiscal_year:Q", y="obligated_amount:Q", text="share_label:N")
    )  # fmt: skip
    return alt.layer(bars, text).properties(height=260)


def timeline() -> Chart:
    """A place's legal events, listings and awards, over the time axis of its offenses (site.js sets the span)."""
    axis = alt.X("from:T", title=None, axis=YEARS)
    tracks = ["laws, cases", "of the state", "lists", "awards"]
    rows = alt.Y("track:N", title=None, sort=tracks, axis=LEFT)
    kinds = alt.Color("track:N", legend=None, scale=alt.Scale(domain=tracks, range=[ORANGE, PURPLE, GREEN, BLUE]))
    tips = ["track:N", "label:N", "from:T", "until:N"]
    base = alt.Chart(ROWS).encode(x=axis, y=rows, color=kinds, tooltip=tips)
    spans = base.mark_bar(height=9, opacity=0.6, cornerRadius=3, clip=True).encode(x2="to:T")
    points = base.mark_point(filled=True, size=70, shape="diamond", clip=True, opacity=1)
    return alt.layer(
        spans.transform_filter("datum.is_span"), points.transform_filter("!datum.is_span")
    ).properties(height=130)  # fmt: skip


def crime() -> Chart:
    """Reported offenses: the line stops where a count is missing or the series breaks."""
    return (
        alt.Chart(ROWS)
        .mark_line(point=alt.OverlayMarkDef(size=22), color=BLUE, clip=True)
        .encode(
            x=alt.X("when:T", title=None, axis=YEARS),
            y=alt.Y("offenses:Q", title=None, axis=COUNTS),
            detail="part:N",
            tooltip=["label:N", "offenses:Q", "coverage:N", "series:N", "note:N"],
        )
        .properties(height=230)
    )


def coverage() -> Chart:
    """Below the offenses: what is known of each month or year."""
    return (
        alt.Chart(ROWS)
        .mark_rect(clip=True)
        .encode(
            x=alt.X("when:T", title=None, axis=YEARS),
            x2="until:T",
            y=alt.Y("strip:N", title=None, axis=LEFT),
            color=alt.Color(
                "known:N", title=None, legend=alt.Legend(orient="bottom", columns=2),
                scale=KNOWN,
            ),
            tooltip=["label:N", "coverage:N"],
        )
        .properties(height=18)
    )  # fmt: skip


def states() -> Chart:
    """How many names of each state a tracker lists on a day; a state of which no list is known is grey (site.js)."""
    shapes = alt.Data(name="shapes", format=alt.TopoDataFormat(feature="states", type="topojson"))
    known = alt.Color(
        "listed:Q",
        title="names listed",
        scale=alt.Scale(scheme="blues", type="symlog", domainMin=0),
        legend=alt.Legend(orient="bottom", gradientLength=180, tickCount=4),
    )
    return (
        alt.Chart(shapes)
        .mark_geoshape(stroke="#777777", strokeWidth=0.5, invalid=None)
        .transform_lookup(lookup="id", from_=alt.LookupData(ROWS, "fips", ["state", "listed", "says", "list_of"]))
        .encode(
            color=known,
            tooltip=["state:N", "listed:Q", "says:N", "list_of:N"],
        )
        .project("albersUsa")
        .properties(height=380)
    )


def counties() -> Chart:
    """The counties by what a tracker says of each on a day; a state of which no list is known is grey."""
    shapes = alt.Data(name="shapes", format=alt.TopoDataFormat(feature="counties", type="topojson"))
    says = ["listed", "its state is listed", "not on the list", "no list known"]
    return (
        alt.Chart(shapes)
        .mark_geoshape(stroke="#777777", strokeWidth=0.2)
        .transform_lookup(lookup="id", from_=alt.LookupData(ROWS, "fips", ["county", "says", "name", "list_of"]))
        .encode(
            color=alt.Color(
                "says:N", title=None, legend=alt.Legend(orient="bottom", columns=2),
                scale=alt.Scale(domain=says, range=[BLUE, SKY, PALE, GREY]),
            ),
            tooltip=["county:N", "says:N", "name:N", "list_of:N"],
        )
        .project("albersUsa")
        .properties(height=380)
    )  # fmt: skip


def county() -> Chart:
    """Where a county lies in its state (place.js leaves the state's counties alone)."""
    shapes = alt.Data(name="shapes", format=alt.TopoDataFormat(feature="counties", type="topojson"))
    return (
        alt.Chart(shapes)
        .mark_geoshape(stroke="#777777", strokeWidth=0.5)
        .encode(
            color=alt.Color("is_it:N", legend=None, scale=alt.Scale(domain=["yes", "no"], range=[BLUE, PALE])),
            tooltip=[alt.Tooltip("properties.name:N", title="county")],
        )
        .project("albersUsa")
        .properties(height=240)
    )


def budget() -> Chart:
    """Budget authority and outlays of the COPS Office's account, by fiscal year."""
    return (
        alt.Chart(ROWS)
        .mark_line(point=True)
        .encode(
            x=alt.X("fiscal_year:Q", title="fiscal year", axis=alt.Axis(format="d"), scale=alt.Scale(nice=False)),
            y=alt.Y(
                "usd:Q", title="dollars", axis=alt.Axis(format="$,.2s", labelExpr="replace(datum.label, 'G', 'B')")
            ),
            color=alt.Color(
                "measure:N", title=None, legend=alt.Legend(orient="top"), scale=alt.Scale(range=[BLUE, ORANGE])
            ),
            strokeDash=alt.StrokeDash(
                "kind:N", legend=None, scale=alt.Scale(domain=["actual", "estimate"], range=[[1, 0], [4, 3]])
            ),
            tooltip=["fiscal_year:Q", "measure:N", "kind:N", alt.Tooltip("usd:Q", format="$,.0f"), "budget:N"],
        )
        .properties(height=260)
    )


def printed() -> Chart:
    """A printed change of reports by Hispanic victims beside the one printed with it."""
    x = alt.X("percent:Q", title="printed change, %")
    two_lines = alt.Axis(labelExpr="split(datum.label, ': ')", labelLimit=210)
    y = alt.Y("figure_of:N", title=None, sort=None, axis=two_lines)
    line = alt.Chart(ROWS).mark_line(color=GREY).encode(x=x, y=y, detail="figure_of:N")
    points = alt.Chart(ROWS).mark_point(filled=True, size=80, opacity=1).encode(
        x=x, y=y,
        color=alt.Color(
            "group:N", title=None, legend=alt.Legend(orient="top", columns=1),
            scale=alt.Scale(range=[BLUE, ORANGE, GREEN]),
        ),
        shape=alt.Shape("group:N", title=None),
        tooltip=["figure_of:N", "group:N", "percent:Q"],
    )  # fmt: skip
    return alt.layer(line, points).properties(height=340)


def events() -> Chart:
    """Legal events by year, and what they were."""
    return (
        alt.Chart(ROWS)
        .mark_bar(size=7, orient="vertical")
        .encode(
            x=alt.X("year:Q", title="year of the event", axis=alt.Axis(format="d"), scale=alt.Scale(zero=False)),
            y=alt.Y("events:Q", title="events known", stack="zero"),
            color=alt.Color(
                "source:N", title="source", legend=alt.Legend(orient="top", columns=2),
                scale=alt.Scale(domain=["sourced", "council record", "partial", "unsourced"],
                                range=[BLUE, GREEN, YELLOW, GREY]),
            ),
            tooltip=["year:Q", "source:N", "events:Q"],
        )
        .properties(height=260)
    )  # fmt: skip


def calendar() -> Chart:
    """The share of the agencies' months that are counted, by state and month."""
    return (
        alt.Chart(ROWS)
        .mark_rect()
        .encode(
            x=alt.X("month:T", title=None, timeUnit="yearmonth", axis=YEARS),
            y=alt.Y("state:N", title=None),
            color=alt.Color(
                "counted_percent:Q", title="% of agency-months counted",
                # neither end is near the paper, light or dark: nothing held does not look like 0%
                scale=alt.Scale(range=[ORANGE, YELLOW, SKY, BLUE], domain=[0, 100]),
                legend=alt.Legend(orient="top", gradientLength=180, titleLimit=300),
            ),
            tooltip=["state:N", "month:T", "agencies:Q", "counted:Q", "counted_percent:Q"],
        )
        .properties(height=640)
    )  # fmt: skip


def agencies() -> Chart:
    """What is known of each month of each agency; where nothing is held, nothing is drawn."""
    # the code in brackets is in the tooltip
    short = "replace(split(datum.label, ' (')[0], 'Police Department', 'PD')"
    return (
        alt.Chart(ROWS)
        .mark_rect(height=12)
        .encode(
            x=alt.X("from:T", title=None, axis=YEARS, scale=alt.Scale(type="utc")),
            x2="to:T",
            y=alt.Y("agency:N", title=None, sort=None, axis=alt.Axis(labelLimit=200, labelExpr=short)),
            color=alt.Color(
                "known:N", title=None, legend=alt.Legend(orient="top", columns=2, labelLimit=110),
                scale=KNOWN,
            ),
            tooltip=["agency:N", alt.Tooltip("from:T", format="%Y-%m"), "until:N", "known:N"],
        )
    )  # fmt: skip


def at_risk() -> Chart:
    """What the listed places hold in captured awards, and what part of it is in open ones."""
    y = alt.Y("place:N", title=None, sort=None, axis=alt.Axis(labelExpr="split(datum.label, ',')[0]"))
    dollars = alt.Axis(format="$~s", tickCount=5)
    base = alt.Chart(ROWS).encode(
        y=y, tooltip=["place:N", "awards:Q", alt.Tooltip("obligated_usd:Q", format="$,.0f"),
                      alt.Tooltip("of_it_open_usd:Q", format="$,.0f")],
    )  # fmt: skip
    all_of_it = base.mark_bar(color=SKY).encode(x=alt.X("obligated_usd:Q", title="dollars obligated", axis=dollars))
    opened = base.mark_bar(color=BLUE, height=9).encode(x="of_it_open_usd:Q")
    return alt.layer(all_of_it, opened).properties(height=170)


def placebo() -> Chart:
    """Change of collisions with Hispanic victims and with others against the year before."""
    line = (
        alt.Chart(ROWS)
        .mark_line(point=alt.OverlayMarkDef(size=14))
        .encode(
            x=alt.X("month:T", title="last month of three", axis=YEARS),
            y=alt.Y("percent:Q", title="change against a year before, %"),
            color=alt.Color(
                "group:N", title=None, legend=alt.Legend(orient="top"),
                scale=alt.Scale(domain=["Hispanic", "others"], range=[ORANGE, BLUE]),
            ),
            strokeDash=alt.StrokeDash("group:N", legend=None, scale=alt.Scale(range=[[1, 0], [5, 3]])),
            detail="part:N",
            tooltip=["month:T", "group:N", "percent:Q"],
        )
    )  # fmt: skip
    return line.properties(height=260)


CHARTS: dict[str, Callable[[], Chart]] = {
    chart.__name__: chart
    for chart in (
        reporting,
        agreements,
        agreement,
        money,
        timeline,
        crime,
        coverage,
        states,
        counties,
        county,
        budget,
        printed,
        events,
        calendar,
        agencies,
        at_risk,
        placebo,
    )
}


def text(name: str) -> str:
    """A chart's Vega-Lite as it is stored: without the parts that change with Altair's version."""
    spec: dict[str, Any] = CHARTS[name]().properties(width="container").to_dict(validate=True)
    for changing in ("$schema", "config"):
        spec.pop(changing, None)
    return json.dumps(spec, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    expected = {CHARTS_FOLDER / f"{name}.json": text(name) for name in CHARTS}
    wrong = [path for path, wanted in expected.items() if not path.is_file() or path.read_text("utf-8") != wanted]
    wrong += sorted(set(CHARTS_FOLDER.glob("*.json")) - set(expected))
    if "--check" in arguments:
        for path in wrong:
            print(f"{path.relative_to(PROJECT_ROOT)}: not what tools/site_charts.py declares: make generate")
        return 1 if wrong else 0
    for path in wrong:
        path.unlink(missing_ok=True)
        if path in expected:
            path.write_text(expected[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
