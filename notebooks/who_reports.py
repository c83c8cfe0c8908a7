"""Hispanic and other victims of the same agency, around a policy, an agreement or a program.

What belongs here: which agencies a study is about, what it needs at the least, the estimate, and its placebos. What
does not: the panel (dbt: analysis.mart_reporting_panel), offenses known to the police (event_study.py). Run it with
`make notebook NOTEBOOK=who_reports`, or headless: `python notebooks/who_reports.py` prints what it finds.
"""

import marimo

app = marimo.App(width="medium")

with app.setup:
    import warnings

    import marimo as mo
    import numpy as np
    import pandas as pd
    import pyfixest as pf

    from orchestration.reading.reader import Connection, connect
    from orchestration.settings import Settings

    BEFORE, AFTER = 12, 6
    AGENCIES_NEEDED = 10
    KNOWN_NEEDED, KNOWN_MAY_MOVE = 0.8, 0.05
    OUTCOME, PLACEBO_OFFENSE = "all_offenses", "motor_vehicle_theft"
    # The month in which each began for an agency; null if it never did, or if that is not known.
    EVENTS = {
        "a policy of the unit": """
            case when first_policy_precision in ('day', 'month') then month_no - event_time_policy end
        """,
        "a 287(g) agreement": """
            case when min(case when not has_287g_agreement then month_no end) over of_agency
                < min(case when has_287g_agreement then month_no end) over of_agency
                then min(case when has_287g_agreement then month_no end) over of_agency end
        """,
        "Secure Communities in the county": "month_no - event_time_secure_communities",
    }
    # An agency of which the beginning is not known is no agency without one: its unit has a policy, or its state, or a
    # tracker of sanctuary jurisdictions ever listed it; or it has an agreement in the first month that is known.
    UNKNOWN = {
        "a policy of the unit": """
            event_time_policy is null and (first_policy_on is not null or policy_status <> 'not known'
                or state_policy_status = 'in force' or jurisdiction_key in (
                    select jurisdiction_key from core.fct_listed_unit where verdict = 'sanctuary'
                ))
        """,
        "a 287(g) agreement": "coalesce(has_287g_agreement, true)",
        "Secure Communities in the county": "secure_communities_from is null",
    }


@app.function
def read(connection: Connection, event: str) -> pd.DataFrame:
    """One row an agency and month: when the event began, whether that is unknown, and victims by group."""
    victims = ", ".join(
        f"{family}_{group}_victims as {family}_{group}"
        for family in (OUTCOME, PLACEBO_OFFENSE)
        for group in ("hispanic", "non_hispanic")
    )
    return connection.execute(
        f"""
        select ori, month_no, year_known_share, {EVENTS[event]} as began, {UNKNOWN[event]} as is_unknown, {victims}
        from analysis.mart_reporting_panel
        window of_agency as (partition by ori)
        order by ori, month_no
        """
    ).df()


@app.function
def stack(panel: pd.DataFrame, family: str = OUTCOME) -> tuple[pd.DataFrame, dict[str, int]]:
    """A study for each month in which the event began somewhere: agencies of that month beside those without it.

    An agency is in a study only with every month of the window sent, every count shown, and ethnicity known of enough
    victims, steadily. An agency to which the event comes later than the window ends is without it. A month in which
    nobody is without it is no study. Each row is a study's agency, month and group. The second value says how many
    agencies fell out, and why.
    """
    began = panel.groupby("ori")["began"].first()
    unknown = panel.groupby("ori")["is_unknown"].any() & began.isna()
    left_out = {"beginning not known": int(unknown.sum()), "before the archives or after them": 0, "not whole": 0}
    alone: set[str] = set()
    studies = []
    used: set[str] = set()
    for month in sorted(began.dropna().unique()):
        window = panel[panel["month_no"].between(month - BEFORE, month + AFTER - 1)]
        with_it = set(began.index[began == month])
        without = set(began.index[(began.isna() & ~unknown) | (began > month + AFTER - 1)])
        kept = whole_agencies(window[window["ori"].isin(with_it | without)], family)
        if not without & kept:
            alone |= with_it & kept
            continue
        if not with_it & kept:
            continue
        used |= with_it & kept
        rows = window[window["ori"].isin(kept)]
        studies.append(
            pd.concat(
                rows.assign(
                    study=int(month), group=group, victims=rows[f"{family}_{group}"].astype(float),
                    is_with=rows["ori"].isin(with_it), is_after=rows["month_no"] >= month,
                )
                for group in ("hispanic", "non_hispanic")
            )
        )  # fmt: skip
    reach = panel.groupby("ori")["month_no"].agg(["min", "max"])
    dated = began.dropna()
    outside = (dated - BEFORE < reach.loc[dated.index, "min"]) | (dated + AFTER - 1 > reach.loc[dated.index, "max"])
    left_out["before the archives or after them"] = int(outside.sum())
    left_out["not whole"] = int((~outside).sum()) - len(used) - len(alone)
    left_out["nobody without it beside them"] = len(alone)
    columns = ["ori", "month_no", "study", "group", "victims", "is_with", "is_after"]
    found = pd.concat(studies)[columns] if studies else pd.DataFrame(columns=columns)
    return found.reset_index(drop=True), left_out


@app.function
def whole_agencies(window: pd.DataFrame, family: str) -> set[str]:
    """Agencies with every month of the window, every count, and a share of known ethnicity that is high and stands."""
    counts = window[f"{family}_hispanic"].notna() & window[f"{family}_non_hispanic"].notna()
    agencies = window.assign(is_counted=counts).groupby("ori").agg(
        months=("is_counted", "sum"), least=("year_known_share", "min"), most=("year_known_share", "max"),
        hispanic=(f"{family}_hispanic", "sum"), others=(f"{family}_non_hispanic", "sum"),
    )  # fmt: skip
    fits = (
        (agencies["months"] == BEFORE + AFTER)
        & (agencies["least"] >= KNOWN_NEEDED)
        & (agencies["most"] - agencies["least"] <= KNOWN_MAY_MOVE)
        & (agencies["hispanic"] > 0)
        & (agencies["others"] > 0)
    )
    return set(agencies.index[fits])


@app.function
def why_not(stacked: pd.DataFrame) -> list[str]:
    """What is missing for a study, in words; [] if nothing is."""
    with_it = stacked.loc[stacked["is_with"].astype(bool), "ori"].nunique()
    without = stacked.loc[~stacked["is_with"].astype(bool), "ori"].nunique()
    window = f"{BEFORE} months before and {AFTER} from the beginning on, sent whole, with every count shown"
    reasons = []
    if with_it < AGENCIES_NEEDED:
        reasons.append(f"{with_it} agencies with the event have {window}; {AGENCIES_NEEDED} are needed")
    if without < AGENCIES_NEEDED:
        reasons.append(f"{without} agencies without it have the same; {AGENCIES_NEEDED} are needed")
    return reasons


@app.function
def estimate(stacked: pd.DataFrame) -> dict[str, float]:
    """The change of Hispanic beside other victims that came with the event, in percent, and its 95% interval.

    Poisson regression with effects of each study's agency and group, agency and month, group and month: what moves both
    groups of an agency, and what moves a group everywhere, is taken out. Clusters are agencies.
    """
    has_moved = stacked["is_with"].astype(bool) & stacked["is_after"].astype(bool) & (stacked["group"] == "hispanic")
    data = stacked.assign(
        moved=has_moved.astype(float),
        own_group=_joined(stacked, "study", "ori", "group"),
        own_month=_joined(stacked, "study", "ori", "month_no"),
        group_month=_joined(stacked, "study", "group", "month_no"),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = pf.fepois("victims ~ moved | own_group + own_month + group_month", data, vcov={"CRV1": "ori"})
    found = fitted.tidy().loc["moved"]
    return {
        name: 100.0 * float(np.expm1(found[column]))
        for name, column in (("percent", "Estimate"), ("low", "2.5%"), ("high", "97.5%"))
    }


@app.function
def _joined(rows: pd.DataFrame, *names: str) -> "pd.Series[str]":
    return rows[list(names)].astype(str).agg(" ".join, axis=1)


@app.function
def earlier(panel: pd.DataFrame) -> pd.DataFrame:
    """The placebo of dates: as if each event had begun a year earlier, without the months of the real one."""
    before = panel[panel["began"].isna() | (panel["month_no"] < panel["began"])]
    return before.assign(began=before["began"] - BEFORE)


@app.cell
def _():
    mo.md(
        """
        # Do Hispanic victims reach the files less often, where enforcement grows?

        **The question.** Did victims whom the police recorded as Hispanic move otherwise than other victims of the same
        agency, from the month on in which a policy, an agreement or a program began?

        **What it cannot say.** A victim is in the files if somebody reported, the police recorded an offense, and the
        agency sent it. Fewer victims are not fewer crimes and no proof of fear. The month is that of the incident. The
        groups are as the police write them down. Counts below the floor are left out, so small agencies and small
        groups are not in the study. Places choose their policies: what comes with a policy need not come from it.
        """
    )
    return


@app.cell
def _():
    shown = []
    for event in EVENTS:
        panel = read(connect(Settings()), event)
        stacked, dropped = stack(panel)
        lacking = why_not(stacked)
        heading = f"{event}: " + ("these data cannot bear the study" if lacking else "nothing of the list is missing")
        account = "Left out: " + "; ".join(f"{number} {why}" for why, number in dropped.items()) + "."
        print(heading, *(f"- {reason}" for reason in lacking), account, sep="\n")
        shown.append(mo.md(f"## {heading}\n\n" + "\n".join(f"- {reason}" for reason in lacking) + f"\n\n{account}"))
        if lacking:
            continue
        answers = []
        for what, rows in (
            ("the event", stacked),
            ("placebo offense: motor vehicle theft", stack(panel, PLACEBO_OFFENSE)[0]),
            ("placebo dates: a year earlier", stack(earlier(panel))[0]),
        ):
            refused = why_not(rows)
            answers.append({"what": what, **({"refused": "; ".join(refused)} if refused else estimate(rows))})
        table = pd.DataFrame(answers).round(1)
        print(table.to_string(index=False))
        shown.append(mo.ui.table(table))
    mo.vstack(shown)
    return


if __name__ == "__main__":
    app.run()
