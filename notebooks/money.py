"""Federal policing money of listed jurisdictions: what is captured of it, of what, and what the part allows to say.

What belongs here: sums of captured awards beside the nation's obligations, and the bounds that the rest leaves open.
What does not: figures that the warehouse does not publish, studies of offences (event_study.py). Run it with `make
notebook NOTEBOOK=money`, or headless: `python notebooks/money.py` prints what it finds.
"""

import marimo

app = marimo.App(width="medium")

with app.setup:
    import altair as alt
    import marimo as mo
    import pandas as pd

    from orchestration.reading.reader import Connection, connect
    from orchestration.settings import Settings

    # Below this percent of a year's obligations captured awards are no sample of the rest: nobody drew them by chance.
    ENOUGH_PERCENT = 90


@app.function
def read_years(connection: Connection, tracker: str) -> pd.DataFrame:
    """Each fiscal year with a national total: what the nation obligated, what is captured of it, and what part of that
    went to jurisdictions that the tracker lists now.

    Years in which the total of some captured award's listing is not known are left out: parts of two wholes do not add.
    """
    return connection.execute(
        """
        with listed as (
            select distinct jurisdiction_key from core.fct_listed_unit
            where tracker_code = ? and listed_to is null and is_resolved
        )
        select
            shares.fiscal_year,
            shares.nation_obligated_amount as nation,
            shares.compared_amount as captured,
            shares.awards,
            coalesce(sum(awards.obligated_amount) filter (where listed.jurisdiction_key is not null), 0) as listed
        from analysis.mart_award_share as shares
        join core.fct_award as awards using (fiscal_year)
        left join listed on awards.jurisdiction_key = listed.jurisdiction_key
        where shares.share_scope = 'fiscal year' and shares.awards = shares.awards_compared
            and shares.nation_obligated_amount > 0
        group by all
        order by shares.fiscal_year
        """,
        [tracker],
    ).df()


@app.function
def bounds(years: pd.DataFrame) -> pd.DataFrame:
    """The listed jurisdictions' percent of each year's obligations, at the least and at the most.

    At the least they have what is captured; at the most they also have all that is not. Nothing is assumed of who has
    what is not captured, but two things of its amount: that nobody's part of it is negative on balance, and that an
    award's money is obligated in the award's own year. Where more is captured than the nation obligated they do not
    hold, and there are no bounds.
    """
    rest = years["nation"] - years["captured"]
    least = years["listed"].where(rest >= 0)
    return years.assign(
        captured_percent=100 * years["captured"] / years["nation"],
        least_percent=100 * least / years["nation"],
        most_percent=100 * (least + rest) / years["nation"],
    )


@app.function
def read_places(connection: Connection, tracker: str) -> pd.DataFrame:
    """Each jurisdiction that the tracker lists now, with its captured awards; without one: 0 awards and no amount."""
    return connection.execute(
        """
        with listed as (
            select jurisdiction_key, any_value(listed_name) as listed_name, any_value(state_code) as state_code
            from core.fct_listed_unit
            where tracker_code = ? and listed_to is null and is_resolved
            group by jurisdiction_key
        )
        select
            listed.listed_name, listed.state_code, count(awards.award_key) as awards,
            sum(awards.obligated_amount) as obligated_usd, sum(awards.outlayed_amount) as outlayed_usd,
            count(awards.outlayed_amount) as awards_with_outlay
        from listed
        left join core.fct_award as awards on listed.jurisdiction_key = awards.jurisdiction_key
        group by all
        order by listed.listed_name
        """,
        [tracker],
    ).df()


@app.function
def why_it_cannot_rank(years: pd.DataFrame, places: pd.DataFrame) -> list[str]:
    """What stands against ranking jurisdictions by captured awards, in words; [] if nothing of the list does."""
    if not len(places):
        return ["the tracker lists no jurisdiction now: its list was withdrawn, or is of one day"]
    reasons = []
    without = int((places["awards"] == 0).sum())
    if without:
        reasons.append(
            f"{without} of {len(places)} listed jurisdictions have no captured award: that is unknown, not zero"
        )
    if not len(years):
        reasons.append("no year's national total is held with the captured awards of that year")
    elif (years["captured_percent"] > 100).any():
        reasons.append("more is captured of a year than the nation obligated in it: its awards are of other years, too")
    elif (least := years["captured_percent"].min()) < ENOUGH_PERCENT:
        most = years["captured_percent"].max()
        reasons.append(
            f"the captured awards are {least:.1f}% to {most:.1f}% of a year's obligations, and no sample of them"
        )
    known, awards = int(places["awards_with_outlay"].sum()), int(places["awards"].sum())
    if known < awards:
        reasons.append(
            f"what was paid out is known of {known} of their {awards} awards: the rest is not unpaid, but unknown"
        )
    return reasons


@app.cell
def _():
    mo.md(
        """
        # Federal policing money of listed jurisdictions

        **The question.** How much of the money under the assistance listings of the COPS Office went to jurisdictions
        that a tracker lists now, and what do they stand to lose?

        **What it cannot say.** A listing is one publisher's verdict. A sum of captured awards is a part of a whole.
        Courts decide what an award's conditions allow to take back. An award's fiscal year is its own, and an
        obligation counts in the year of its action.
        """
    )
    return


@app.cell
def _():
    trackers = ["doj", "dhs", "cis"]
    tracker = mo.ui.dropdown(trackers, value="doj", label="Tracker")
    mo.vstack([tracker])
    return (tracker,)


@app.cell
def _(tracker):
    with connect(Settings()) as warehouse:
        years = bounds(read_years(warehouse, tracker.value))
        places = read_places(warehouse, tracker.value)
    reasons = why_it_cannot_rank(years, places)
    verdict = (
        "These data cannot rank the listed jurisdictions:\n\n" + "\n".join(f"- {reason}" for reason in reasons)
        if reasons
        else "Nothing on the list of what a ranking needs is missing."
    )
    print(verdict)
    mo.md(f"## Can the data bear a ranking?\n\n{verdict}")
    return places, years


@app.cell
def _(places, years):
    shown = years[["fiscal_year", "nation", "captured", "listed", "least_percent", "most_percent"]].round(1)
    shown["fiscal_year"] = shown["fiscal_year"].astype(str)
    if len(places):
        print(shown.to_string(index=False))
    base = alt.Chart(years).encode(x=alt.X("fiscal_year:O", title="fiscal year"))
    percent = alt.Y("least_percent:Q", title="% of the nation's obligations", scale=alt.Scale(domain=[0, 100]))
    drawn = base.mark_bar(size=18, opacity=0.5).encode(
        y=percent,
        y2="most_percent:Q",
        tooltip=["fiscal_year", "nation", "captured", "listed", "least_percent", "most_percent"],
    )
    mo.vstack(
        [
            mo.md(
                """
                ## What the part allows to say

                At the least, the listed jurisdictions have what is captured of theirs. At the most, they also have
                everything that is not captured. Where the bar is long, little is known. It assumes that awards are
                obligated in their own year, and that what is not captured has no jurisdiction from which more was
                taken back than newly obligated: such amounts make the nation's total smaller, and the truth may then
                lie above the bar.
                """
            ),
            drawn.properties(width=480)
            if len(years) and len(places)
            else mo.md("Nothing to draw: no year's national total is held, or the tracker lists no jurisdiction now."),
            mo.ui.table(shown if len(places) else shown.iloc[0:0], selection=None),
        ]
    )
    return


@app.cell
def _(places):
    held = places[places["awards"] > 0].reset_index(drop=True)
    print(held.to_string(index=False))
    mo.vstack(
        [
            mo.md("## The captured awards of listed jurisdictions"),
            mo.ui.table(held, selection=None),
            mo.md(
                "By name, since by size would be a ranking. An award without a known outlay is not one without an"
                " outlay."
            ),
        ]
    )
    return


@app.cell
def _():
    with connect(Settings()) as opened:
        account = opened.execute(
            """
            select fiscal_year, replace(measure, '_', ' ') as measure, sum(budget_amount) as usd
            from core.fct_budget_account_year
            where account_code = '0406' and is_newest and budget_status = 'actual'
            group by all order by all
            """
        ).df()
    if len(account):
        authority = account[account["measure"] == "budget authority"]
        _high = authority[authority["usd"] == authority["usd"].max()]
        _years = " and ".join(f"FY{year}" for year in _high["fiscal_year"])
        print(f"The account's budget authority was highest in {_years}: {_high['usd'].iloc[0]:,.0f} USD.")
        lines = (
            alt.Chart(account)
            .mark_line(point=True)
            .encode(
                x=alt.X("fiscal_year:Q", axis=alt.Axis(format="d"), title="fiscal year"), y="usd:Q", color="measure:N"
            )
        )
    else:
        lines = mo.md("This release holds no budget.")
    mo.vstack([mo.md("## The account that the money comes from (COPS, actual figures of the budgets)"), lines])
    return


if __name__ == "__main__":
    app.run()
