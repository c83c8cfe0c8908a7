"""Event studies of policies that began in different periods, on the yearly and the monthly panel.

What belongs here: whom a study is about, what it needs at the least, three ways to estimate it, and a placebo. What
does not: the panels (dbt), how the answers are shown (event_study.py).

Two-way fixed effects compare the later treated with the earlier treated. Sun and Abraham's estimator and Gardner's
two stages (did2s) do not: where the three differ, two-way fixed effects are not to be believed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyfixest as pf

from orchestration.reading.reader import Connection

METHODS = ("two-way fixed effects", "Sun and Abraham", "two stages (did2s)")
# Rape is left out: its definition changes inside the panels.
FAMILIES = ("homicide", "robbery", "aggravated_assault")
UNITS_NEEDED = 10


@dataclass(frozen=True)
class Panel:
    """How a panel is asked for, and what a study of it needs: periods before and after, and how many are shown."""

    name: str
    period: str
    sql: str
    before_needed: int
    after_needed: int
    longest: int


_POLICIES = """
        policy_status <> 'not known' or first_policy_on is not null as has_policy,
        policy_status in ('in force', 'weakened', 'enjoined') as is_standing,
        jurisdiction_key in (
            select jurisdiction_key from core.fct_listed_unit where verdict = 'sanctuary'
        ) as is_listed,
        state_policy_status = 'in force' as has_state_policy"""
_COUNTS = " + ".join(f"{family}_offenses" for family in FAMILIES)
# 2021 was collected through NIBRS alone: it is left out for everyone.
YEARS = Panel(
    "the yearly panel of Table 8", "year",
    f"""
    select
        jurisdiction_key as unit, calendar_year as period, coalesce(population, population_as_printed) as people,
        100000.0 * ({_COUNTS}) / nullif(population_as_printed, 0) as rate,
        extract(year from first_policy_on) as cohort,
        level_changes is not null as is_broken,
        {_POLICIES}
    from analysis.mart_policy_crime_panel_year
    where calendar_year <> 2021
    """,
    before_needed=3, after_needed=2, longest=6,
)  # fmt: skip
# To the end of 2020: 2021 was collected through NIBRS alone, and lies as a hole in the months of most large cities.
MONTHS = Panel(
    "the monthly panel", "month",
    f"""
    select
        jurisdiction_key as unit, month_no as period, population as people,
        100000.0 * ({_COUNTS}) / nullif(population, 0) as rate,
        case
            when first_policy_precision in ('day', 'month')
                then 12 * extract(year from first_policy_on) + extract(month from first_policy_on)
        end as cohort,
        level_changes is not null as is_broken,
        {_POLICIES}
    from analysis.mart_policy_crime_panel
    where agency_covers = 'its jurisdiction' and month_start between date '2017-01-01' and date '2020-12-01'
    """,
    before_needed=12, after_needed=6, longest=12,
)  # fmt: skip


def read(connection: Connection, panel: Panel) -> pd.DataFrame:
    """One row a unit and period: its people, its rate (offences of FAMILIES for 100,000 people), its policies."""
    return connection.execute(panel.sql).df()


def choose(rows: pd.DataFrame, panel: Panel) -> tuple[pd.DataFrame, dict[str, int]]:
    """Units whose own policy began inside the panel, beside units that nothing of the kind is known of.

    A unit stands only where every period has a rate and no level changes. A treated one needs the period before its
    policy, with which everything is compared: the panel may leave that period out for everyone. One that is not treated
    stands only where it has as many people as the smallest that is, no policy, no policy of its state, and no tracker
    of sanctuary jurisdictions ever listed it, at whatever time. A treated unit's periods after its policy's beginning
    stand only as long as the policy is known to stand: where its status is not known any longer, or it was ended,
    nothing is assumed.
    The second value says how many fell out, and why.
    """
    first, last = rows["period"].min(), rows["period"].max()
    units = rows.groupby("unit").agg(
        cohort=("cohort", "first"), people=("people", "max"), missing=("rate", lambda r: int(r.isna().sum())),
        periods=("period", "nunique"), is_broken=("is_broken", "any"), has_policy=("has_policy", "any"),
        is_listed=("is_listed", "any"), has_state_policy=("has_state_policy", "any"),
    )  # fmt: skip
    begins = units["cohort"].notna()
    has_base = (units["cohort"] - 1).isin(rows["period"].unique())
    inside = begins & (units["cohort"] > first) & (units["cohort"] <= last) & has_base
    whole = (units["missing"] == 0) & (units["periods"] == rows["period"].nunique()) & ~units["is_broken"]
    treated = inside & whole
    nothing = ~begins & ~units["has_policy"] & ~units["is_listed"] & ~units["has_state_policy"]
    large = units["people"] >= (units.loc[treated, "people"].min() if treated.any() else 0)
    # periods from the first on in which a treated unit's policy is not known to stand
    begun = (rows["period"] >= rows["unit"].map(units["cohort"])).fillna(False).astype(bool)
    lapsed = rows[begun & ~rows["is_standing"]].groupby("unit")["period"].min()
    ends = rows["unit"].map(lapsed)
    is_past = begun & (rows["period"] >= ends).fillna(False).astype(bool)
    of_treated = rows["unit"].isin(units.index[treated])
    never_seen = treated & (units.index.to_series().map(lapsed) <= units["cohort"]).fillna(False).astype(bool)
    treated = treated & ~never_seen
    kept = treated | (nothing & whole & large)
    left_out = {
        "policy began before or after the panel, or just after a period that it leaves out": int(
            (begins & ~inside).sum()
        ),
        "not whole, or its level changes": int((~whole & (inside | nothing)).sum()),
        "policy, listing or state's policy of no known beginning": int((~begins & ~nothing).sum()),
        "smaller than any with a policy": int((nothing & whole & ~large).sum()),
        "policy not known to stand at the end of its first period": int(never_seen.sum()),
        f"{panel.period}s of units with a policy, after it ended or past the day to which it is known": int(
            (is_past & of_treated).sum()
        ),
    }
    sample = rows[rows["unit"].isin(units.index[kept]) & ~is_past].copy()
    sample["cohort"] = sample["cohort"].where(sample["unit"].isin(units.index[treated]), 0).astype(int)
    return sample.sort_values(["unit", "period"], ignore_index=True), left_out


def why_not(sample: pd.DataFrame, panel: Panel) -> list[str]:
    """What is missing for a study, in words; [] where nothing of the list is."""
    treated = sample[sample["cohort"] > 0]
    units, others = treated["unit"].nunique(), sample.loc[sample["cohort"] == 0, "unit"].nunique()
    event = treated["period"] - treated["cohort"]
    reasons = []
    if units < UNITS_NEEDED:
        reasons.append(f"{units} units with a policy and every {panel.period} whole, and {UNITS_NEEDED} are needed")
    if others < UNITS_NEEDED:
        reasons.append(f"{others} units to compare with, and {UNITS_NEEDED} are needed")
    for what, enough, needed in (
        (f"{panel.period}s before", event.groupby(treated["unit"]).min() <= -panel.before_needed, panel.before_needed),
        (f"{panel.period}s from it on", event.groupby(treated["unit"]).max() >= panel.after_needed - 1,
         panel.after_needed),
    ):  # fmt: skip
        if int(enough.sum()) < UNITS_NEEDED:
            reasons.append(f"{int(enough.sum())} units have {needed} {what}, and {UNITS_NEEDED} are needed")
    return reasons


def estimate(sample: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """By method and event time: estimate, low and high of 95% intervals by unit clusters, the period before being 0.

    Sun and Abraham's is left out where a cohort lacks a period that it averages over (`without_answer` says so). The
    first and the last event time stand for all periods that are as far or farther; Sun and Abraham's are averaged by
    exact period. Raises ValueError where nobody is treated, or nobody else is there.
    """
    treated = sample["cohort"] > 0
    if not treated.any() or treated.all():
        raise ValueError("an event study needs units with a policy and others")
    event = (sample["period"] - sample["cohort"]).clip(-panel.longest, panel.longest)
    # The never treated stand with the period that everything is compared with: they have no event time.
    data = sample.assign(
        event=np.where(treated, event, -1).astype(float), is_treated=treated & (sample["period"] >= sample["cohort"])
    )
    # A unit's own level is told by its periods before the policy: with fewer than two it is in no method.
    before = (~data["is_treated"]).groupby(data["unit"]).sum()
    data = data[data["unit"].map(before) >= 2].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twfe = pf.feols("rate ~ i(event, ref=-1.0) | unit + period", data, vcov={"CRV1": "unit"})
        two_stages = pf.did2s(
            data, yname="rate", first_stage="~ 0 | unit + period", second_stage="~ i(event, ref=-1.0)",
            treatment="is_treated", cluster="unit",
        )  # fmt: skip
        saturated = pf.event_study(
            data, yname="rate", idname="unit", tname="period", gname="cohort", estimator="saturated", cluster="unit"
        )
        try:
            sun_abraham = [_of_periods(METHODS[1], saturated.aggregate())]
        except KeyError:
            # a cohort has no estimate for a period that the average is over: the method has no answer here
            sun_abraham = []
    found = [_of_terms(METHODS[0], twfe.tidy()), *sun_abraham, _of_terms(METHODS[2], two_stages.tidy())]
    shown = pd.concat(found, ignore_index=True)
    return shown[shown["event"].between(-panel.longest, panel.longest)].reset_index(drop=True)


def without_answer(estimates: pd.DataFrame) -> list[str]:
    """The methods that have no estimate: a cohort lacks a period that they average over."""
    return [method for method in METHODS if method not in set(estimates["method"])]


def _of_terms(method: str, tidy: pd.DataFrame) -> pd.DataFrame:
    terms = tidy[tidy.index.str.startswith("event")]
    event = terms.index.str.extract(r"(-?\d+(?:\.\d+)?)(?!.*\d)")[0].astype(float)
    return pd.DataFrame({
        "method": method, "event": event.to_numpy(), "estimate": terms["Estimate"].to_numpy(dtype=float),
        "low": terms["2.5%"].to_numpy(dtype=float), "high": terms["97.5%"].to_numpy(dtype=float),
    })  # fmt: skip


def _of_periods(method: str, periods: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "method": method, "event": periods.index.astype(float), "estimate": periods["Estimate"].to_numpy(dtype=float),
        "low": periods["2.5%"].to_numpy(dtype=float), "high": periods["97.5%"].to_numpy(dtype=float),
    })  # fmt: skip


def placebo(sample: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """The same sample as if every policy had begun earlier by `after_needed`, without the periods of the real policy.

    An estimate from the pretended beginning on that is not about 0 says that what is found of the real one need not
    come from it.
    """
    before = sample[(sample["cohort"] == 0) | (sample["period"] < sample["cohort"])]
    pretended = before["cohort"].where(before["cohort"] == 0, before["cohort"] - panel.after_needed)
    moved = before.assign(cohort=pretended)
    seen = moved.groupby("unit").agg(last=("period", "max"), cohort=("cohort", "first"))
    # As for the real policy: the period before it is what everything is compared with.
    based = moved.loc[moved["period"] == moved["cohort"] - 1, "unit"]
    fits = seen.index[(seen["cohort"] == 0) | (seen.index.isin(based) & (seen["cohort"] <= seen["last"]))]
    return moved[moved["unit"].isin(fits)].reset_index(drop=True)
