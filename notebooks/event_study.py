"""Event studies from the published warehouse: offences known to the police, around a listing and around a policy.

What belongs here: questions asked of the two panels, how they are answered, and whether the data can bear the answers.
What does not: figures that the warehouse does not publish, studies of many cohorts (staggered.py). Run it with `make
notebook`, or headless: `python notebooks/event_study.py` prints what it finds.
"""

import marimo

app = marimo.App(width="medium")

with app.setup:
    import altair as alt
    import marimo as mo
    import pandas as pd
    import pyfixest as pf
    import staggered

    from orchestration.reading.reader import Connection, connect
    from orchestration.settings import Settings

    # Offences whose sum is the outcome; months around the event; what a study needs at the least.
    FAMILIES = ("homicide", "rape", "robbery", "aggravated_assault")
    LONGEST = 12
    CITIES_NEEDED = 10
    MONTHS_BEFORE_NEEDED = 12
    MONTHS_AFTER_NEEDED = 6


@app.function
def read_panel(connection: Connection) -> pd.DataFrame:
    """The panel's rows of cities and towns with the outcome: offences of FAMILIES for 100,000 people.

    The rate is null where any of the offences is not reported.
    """
    counts = " + ".join(f"{family}_offenses" for family in FAMILIES)
    return connection.execute(
        f"""
        select
            jurisdiction_key, jurisdiction_name, month_start, month_no, crime_coverage, crime_series, series_segment,
            event_time_listing, first_listed_on, is_first_listing_censored, agency_covers,
            -- a list that says of one day only gives no first listing, and names its cities and states all the same
            jurisdiction_key in (
                select jurisdiction_key from core.fct_listed_unit where verdict = 'sanctuary'
            ) as is_ever_listed,
            state_code in (
                select state_code from core.fct_listed_unit where verdict = 'sanctuary' and level = 'state'
            ) as is_state_listed,
            -- the FBI tells the people of some years only: the Census's one estimate stands for all months
            case when population > 0 then 100000.0 * ({counts}) / population end as rate
        from analysis.mart_policy_crime_panel
        where level in ('place', 'town', 'consolidated')
        order by jurisdiction_key, month_start
        """
    ).df()


@app.function
def choose_sample(panel: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cities of one listing month beside cities that neither a tracker lists nor their state's listing covers.

    The largest cohort alone: cohorts of several months pooled by two-way fixed effects compare the later listed with
    the earlier listed. A city stands only where its police serve it and nobody else, so that the rate is of its people,
    and where every month of the window is reported in one series; how many fell out, and why, is the second value.
    """
    serves = panel["agency_covers"] == "its jurisdiction"
    others_served = int(panel.loc[~serves, "jurisdiction_key"].nunique())
    panel = panel[serves]
    state_listed = panel.groupby("jurisdiction_key")["is_state_listed"].transform(lambda x: x.eq(True).any())
    ever = panel["first_listed_on"].notna() | panel["is_ever_listed"]
    inside = ever & (panel["event_time_listing"] == 0)
    cohorts = panel[inside].groupby("month_no")["jurisdiction_key"].nunique()
    left_out = {
        "whose police serve others, too, or not all of it, or that is not known": others_served,
        "listed in another month, or on a list of one day": 0,
        "state listed, city not": 0,
        "not whole in the window": 0,
    }
    if cohorts.empty:
        return panel.iloc[0:0].assign(treated=pd.Series(dtype=bool), event_time=pd.Series(dtype=int)), left_out
    event_month = int(cohorts.idxmax())
    sample = panel.assign(event_time=panel["month_no"] - event_month)
    in_cohort = sample[inside & (sample["month_no"] == event_month)]["jurisdiction_key"]
    sample["treated"] = sample["jurisdiction_key"].isin(in_cohort)
    units = sample.groupby("jurisdiction_key")
    named = units["first_listed_on"].first().notna() | units["is_ever_listed"].first()
    listed_otherwise = named & ~units["treated"].first()
    left_out["listed in another month, or on a list of one day"] = int(listed_otherwise.sum())
    control = ~ever & ~state_listed
    left_out["state listed, city not"] = int(sample[~ever & state_listed]["jurisdiction_key"].nunique())
    sample = sample[(sample["treated"] | control) & sample["event_time"].between(-LONGEST, LONGEST)]
    whole = sample.groupby("jurisdiction_key").agg(
        missing=("rate", lambda rate: int(rate.isna().sum())),
        segments=("series_segment", "nunique"),
        months=("month_no", "nunique"),
    )
    # A city's months may begin later than another's: those that it lacks are no part of a whole window.
    every = sample["month_no"].nunique()
    kept = whole[(whole["missing"] == 0) & (whole["segments"] == 1) & (whole["months"] == every)].index
    left_out["not whole in the window"] = len(whole) - len(kept)
    return sample[sample["jurisdiction_key"].isin(kept)].reset_index(drop=True), left_out


@app.function
def why_it_cannot_bear(sample: pd.DataFrame) -> list[str]:
    """What is missing for an event study, in words; [] where nothing of the list is."""
    treated = sample[sample["treated"]] if len(sample) else sample
    cities = treated["jurisdiction_key"].nunique()
    controls = sample["jurisdiction_key"].nunique() - cities
    before = int(-treated["event_time"].min()) if len(treated) else 0
    after = int(treated["event_time"].max()) + 1 if len(treated) else 0
    reasons = []
    if cities < CITIES_NEEDED:
        reasons.append(f"{cities} listed cities with every month reported, and intervals by city need {CITIES_NEEDED}")
    if controls < CITIES_NEEDED:
        reasons.append(f"{controls} cities to compare with, and intervals by city need {CITIES_NEEDED}")
    if before < MONTHS_BEFORE_NEEDED:
        reasons.append(f"{before} months before the listing: season and trend need {MONTHS_BEFORE_NEEDED}")
    if after < MONTHS_AFTER_NEEDED:
        reasons.append(f"{after} months from the listing on, and {MONTHS_AFTER_NEEDED} are needed")
    if len(treated) and treated["is_first_listing_censored"].fillna(True).all():
        reasons.append("every listed city was on the first list that is captured: it may have been listed before")
    return reasons


@app.function
def event_study(sample: pd.DataFrame) -> pd.DataFrame:
    """Listed less other cities by month around the event, the month before it being 0: estimate, low and high.

    Two-way fixed effects of city and month (pyfixest); 95% intervals by city clusters (CR1, Student's t with one degree
    of freedom fewer than there are cities). Units: those of `rate`. Raises ValueError where there is no listed or no
    other city.
    """
    if not len(sample) or sample["treated"].all() or not sample["treated"].any():
        raise ValueError("an event study needs listed cities and others")
    # Every effect of a city and of a month counts as one that is estimated: the widest of the usual corrections.
    fit = pf.feols(
        "rate ~ i(event_time, treated, ref=-1) | jurisdiction_key + month_no",
        sample.assign(treated=sample["treated"].astype(int)),
        vcov={"CRV1": "jurisdiction_key"},
        ssc=pf.ssc(k_fixef="full"),
    )
    terms = fit.tidy()
    columns = {"Estimate": "estimate", "Std. Error": "error", "2.5%": "low", "97.5%": "high"}
    found = terms.rename(columns=columns)[list(columns.values())].reset_index(drop=True)
    found.insert(0, "event_time", terms.index.str.extract(r"::(-?\d+):", expand=False).astype(int))
    base = pd.DataFrame([{"event_time": -1} | dict.fromkeys(columns.values(), 0.0)])
    return pd.concat([found, base]).sort_values("event_time", ignore_index=True)


@app.function
def with_segments(months: pd.DataFrame) -> pd.DataFrame:
    """`segment` for each row of (line, month, value, series, broken): lines are drawn inside a segment only.

    A segment ends where the series changes, where a break begins or ends, and where a month is missing or null.
    """
    rows = months.dropna(subset=["value"]).sort_values(["line", "series", "month"], ignore_index=True)
    number = rows["month"].dt.year * 12 + rows["month"].dt.month
    starts = (
        (rows["line"] != rows["line"].shift())
        | (rows["series"] != rows["series"].shift())
        | (rows["broken"] != rows["broken"].shift())
        | (number != number.shift() + 1)
    )
    return rows.assign(segment=starts.cumsum())


@app.function
def line_chart(months: pd.DataFrame, unit: str) -> alt.LayerChart:
    """Lines by month of (line, month, value, series, broken), none through a break, a hole or a change of series."""
    rows = with_segments(months)
    shared = alt.Chart(rows).encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("value:Q", title=unit),
        color=alt.Color("line:N", title=None),
        detail="segment:N",
    )
    return alt.layer(shared.mark_line(), shared.mark_point(size=12, filled=True))


@app.cell
def _():
    mo.md(
        """
        # Offences known to the police, around a city's first listing

        **The question.** Did the offences that the police of listed cities got to know move otherwise, month by month,
        than in cities that nobody listed?

        **What it cannot say.** An offence known to the police is one that somebody reported and the police recorded.
        Fewer of them is not proof of fear, nor of less crime; the two cannot be told apart here. A listing is one
        publisher's verdict on policies that mostly are years old, and cities are not listed at random: what moves with
        the listing need not come from it. A first listing can end: Homeland Security's list of May 2025 stood for three
        days, and the months after it are counted from it all the same.
        """
    )
    return


@app.cell
def _():
    panel = read_panel(connect(Settings()))
    sample, left_out = choose_sample(panel)
    reasons = why_it_cannot_bear(sample)
    listed = int(sample.loc[sample["treated"], "jurisdiction_key"].nunique()) if len(sample) else 0
    others = int(sample["jurisdiction_key"].nunique()) - listed
    verdict = (
        "These data cannot bear an event study:\n\n" + "\n".join(f"- {reason}" for reason in reasons)
        if reasons
        else "Nothing on the list of what an event study needs is missing. The caveats above stand."
    )
    account = (
        f"{panel['jurisdiction_key'].nunique()} cities and towns in the panel; in the study {listed} listed in one "
        f"month and {others} that neither a tracker nor their state's listing names. Left out: "
        + "; ".join(f"{number} {why}" for why, number in left_out.items())
        + "."
    )
    print(verdict, account, sep="\n\n")
    mo.md(f"## Can the data bear it?\n\n{verdict}\n\n{account}")
    return left_out, listed, others, panel, reasons, sample


@app.cell
def _(listed, others, reasons, sample):
    if listed and others:
        found = event_study(sample)
        print(found.round(2).to_string(index=False))
        shared = alt.Chart(found).encode(x=alt.X("event_time:Q", title="months since the first listing"))
        low = alt.Y("low:Q", title="offences for 100,000 people, listed less others")
        intervals = shared.mark_rule().encode(y=low, y2="high:Q")
        estimates = shared.mark_point(filled=True).encode(y="estimate:Q")
        title = "What it would say, if the data could bear it" if reasons else "What it says"
        shown = [mo.md(f"## {title}"), alt.layer(intervals, estimates), mo.ui.table(found.round(2))]
    else:
        shown = [mo.md("There is nothing to compare: no listed city, or no other, has every month reported.")]
    mo.vstack(shown)
    return


@app.cell
def _(sample):
    if len(sample):
        means = sample.groupby(["treated", "month_start"], as_index=False)["rate"].mean()
        lines = pd.DataFrame(
            {
                "line": means["treated"].map({True: "listed", False: "others"}),
                "month": pd.to_datetime(means["month_start"]),
                "value": means["rate"],
                "series": "one series a city",
                "broken": False,
            }
        )
        rates = line_chart(lines, "offences for 100,000 people, mean of the cities")
    else:
        rates = mo.md("No rates to draw.")
    mo.vstack([mo.md("## The rates behind it"), rates])
    return


@app.cell
def _():
    mo.md(
        """
        ## Around a policy of the unit's own

        Policies began in many years. **Two-way fixed effects** compare the later ones with the earlier; **Sun and
        Abraham's** estimator and **two stages** (did2s) do not. The **placebo** pretends that each policy began some
        periods before it did: what it finds is no effect of a policy. A unit stands here only with every period whole.
        """
    )
    return


@app.cell
def _():
    studies = []
    for panel_of in (staggered.YEARS, staggered.MONTHS):
        of_policy, dropped = staggered.choose(staggered.read(connect(Settings()), panel_of), panel_of)
        with_policy = int(of_policy.loc[of_policy["cohort"] > 0, "unit"].nunique())
        without = int(of_policy["unit"].nunique()) - with_policy
        lacking = staggered.why_not(of_policy, panel_of)
        heading = f"Policies on {panel_of.name}: " + (
            "these data cannot bear an event study" if lacking else "nothing of the list is missing"
        )
        counted = f"{with_policy} units with a policy and {without} without. Left out: " + "; ".join(
            f"{number} {why}" for why, number in dropped.items()
        )
        print(heading, *(f"- {reason}" for reason in lacking), counted, sep="\n")
        studies.append(mo.md(f"### {heading}\n\n" + "\n".join(f"- {reason}" for reason in lacking) + f"\n\n{counted}."))
        if lacking:
            continue
        for what, rows_of in (("policy", of_policy), ("placebo", staggered.placebo(of_policy, panel_of))):
            answer = staggered.estimate(rows_of, panel_of)
            ends = (
                f"{panel_of.longest} and -{panel_of.longest} stand for all {panel_of.period}s as far or farther, "
                f"of Sun and Abraham's for that {panel_of.period} alone"
            )
            missing = "".join(
                f"; no answer by {method}: a cohort lacks a period that it averages over"
                for method in staggered.without_answer(answer)
            )
            print(f"{what}, by {panel_of.period} around it (offences of {', '.join(staggered.FAMILIES)} for 100,000)")
            print(f"{ends}{missing}")
            print(answer.round(2).to_string(index=False))
            studies += [mo.md(f"**{what}** ({ends}{missing})"), mo.ui.table(answer.round(2))]
    mo.vstack(studies)
    return


@app.cell
def _():
    reports = (
        connect(Settings())
        .execute(
            """
            select
                series || ', ' || victim_group as line,
                cast(month_start as timestamp) as month,
                reports as value,
                series,
                is_break as broken
            from core.fct_incident_month_total
            where offense_family = 'sexual_assault' and is_month_complete
                and victim_group in ('hispanic', 'non_hispanic', 'citywide')
            """
        )
        .df()
    )
    drawn_reports = (
        line_chart(reports, "reports of sexual assault a month")
        if len(reports)
        else mo.md("No city's reports of sexual assault are captured in this release: there is nothing to draw.")
    )
    if not len(reports):
        print("No city's reports of sexual assault are captured in this release.")
    mo.vstack(
        [
            mo.md(
                """
                ## Reports to the police of the cities, by victim group

                Each series by itself: a line ends where the way of counting breaks, and begins anew. Fewer reports is
                not fewer crimes.
                """
            ),
            drawn_reports,
        ]
    )
    return


if __name__ == "__main__":
    app.run()
