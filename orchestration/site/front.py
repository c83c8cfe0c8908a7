"""The front page: the question, four answers as pictures, the ten claims, what the release holds of what.

What belongs here: which figures the front shows, and the findings in words. What does not: the claims' rules
(analysis.mart_claim_check), the whole list of sources (sources).
"""

from __future__ import annotations

from orchestration.reading import questions
from orchestration.site import releases, words
from orchestration.site.pages import Pages, Picture, Row, counted, number

ASKED = "Who stands to lose how much federal policing money, why, and do people still report crimes?"

# The table has a row per event and provision; an act of several provisions is one event, as the named queries have it.
LEGAL_EVENTS = """(
    select jurisdiction_key, jurisdiction_name, instrument, instrument_number, event, event_from, event_to,
        date_precision, source_status, source_citation,
        string_agg(replace(provision_code, '_', ' '), ', ' order by provision_code) as provisions
    from core.fct_policy_event group by all
)"""


def write(pages: Pages) -> None:
    """Write index.html and the data of its pictures."""
    pictures = [at_risk(pages), money(pages), agreement(pages), reporting(pages)]
    for picture in pictures:
        pages.write_data(picture)
    told, changes = releases.notable(pages, 8)
    claims = pages.rows("select * from analysis.mart_claim_check order by claim_id")
    pages.write(
        "index.html",
        "front.html",
        asked=ASKED,
        pictures=pictures,
        claims=[{**claim, **_figures(claim)} for claim in claims],
        verdicts=words.verdicts(),
        claims_caveats=questions.question("claims").caveats,
        holdings=pages.rows(_HOLDINGS),
        counted=told,
        changes=changes,
        facts=_facts(pages),
    )


# A claim's figure, by its unit; a claim in words has none.
_FORMS = {
    "usd": "${:,.0f}", "usd_at_least": "${:,.0f}", "count": "{:,.0f}", "count_at_least": "{:,.0f}",
    "count_per_week": "{:,.0f} a week", "percent": "{:+,.0f}%", "text": "",
}  # fmt: skip


def _figures(claim: Row) -> Row:
    """What was claimed, and what was computed or printed, as text; empty if there is no figure."""
    form, least = _FORMS[claim["unit"]], "at least " if claim["unit"].endswith("_at_least") else ""
    told = [
        f"{form.format(claim[name])} ({how})"
        for name, how in (("computed_value", "computed"), ("printed_value", "printed"))
        if claim[name] is not None
    ]
    claimed = claim["claimed_value"]
    return {"claimed": "" if claimed is None else least + form.format(claimed), "figures": "; ".join(told)}


_HOLDINGS = """
select holdings.*, sources.title
from meta.holdings
left join core.dim_source as sources using (dataset)
order by records_held = 0, dataset
"""


def _facts(pages: Pages) -> list[tuple[str, str]]:
    """What the release holds, in a few counts."""
    counts = pages.rows(f"""
        select 'awards, by their captures' as what, count(*) as n from core.fct_award
        union all select 'lines of lists, each with its days', count(*) from core.fct_tracker_listing
        union all
        select 'legal events, with a date or without', count(*) from {LEGAL_EVENTS}
        union all
        select format('months of an agency and an offense; {{:,}} have a count', count(offenses)), count(*)
        from core.fct_crime_month
        union all
        select format('printed years of a place and an offense; {{:,}} have a count', count(offenses)), count(*)
        from core.fct_crime_year_printed
        union all select 'figures that others printed', count(*) from core.fct_published_statistic
    """)
    return [(row["what"], number(row["n"])) for row in counts]


def reporting(pages: Pages) -> Picture:
    """Percent of violence reported to the police, Hispanic victims and others, with intervals."""
    asked = questions.question("reporting_gap")
    rows = pages.rows("""
        with windows as (
            select *, case when is_break then coalesce(break_reason, 'mixes two samples') end as note
            from analysis.mart_survey_reporting_gap
            where offense_family = 'all_violent' and window_kind = 'three years'
        )
        select first_year, last_year, 'Hispanic' as "group", round(hispanic_percent_reported, 1) as percent,
            round(hispanic_percent_low, 1) as low, round(hispanic_percent_high, 1) as high,
            hispanic_interviewed as interviewed, reading, note
        from windows
        union all
        select first_year, last_year, 'others', round(others_percent_reported, 1), round(others_percent_low, 1),
            round(others_percent_high, 1), others_interviewed, reading, note
        from windows
        order by "group", last_year
    """)
    _number_the_parts(rows)
    windows = [row for row in rows if row["group"] == "Hispanic"]
    alike = sum(row["reading"] == "cannot be told apart" for row in windows)
    finding = (
        f"In {alike} of {len(windows)} three-year windows the survey cannot tell whether Hispanic victims of violence"
        " reported to the police less or more often than others."
    )
    return Picture(
        name="reporting",
        chart="reporting",
        finding=finding if windows else "What part of violence is reported to the police?",
        rows=rows,
        source="Bureau of Justice Statistics, National Crime Victimization Survey (analysis.mart_survey_reporting_gap)",
        # the second is on a column that only the query's answer has
        caveats=(*asked.caveats[:1], *asked.caveats[2:],
                 "The line stops where windows mix years before and after a change of the survey (2006 and 2016), as"
                 " the note says. BJS calls the figures of 2006 not comparable with other years, and asks for caution"
                 " with 2016."),
        columns={
            "first_year": "first year of the window", "last_year": "last year of the window",
            "group": "the victims' group", "percent": "percent of victimizations reported to the police",
            "low": "lower end of the 95% interval", "high": "upper end of the 95% interval",
            "interviewed": "victimizations in the interviews", "reading": "what the interval of the gap allows to say",
            "note": "why the window is not compared with its neighbors; empty if it is",
            "part": "the piece of the line",
        },
    )  # fmt: skip


def _number_the_parts(rows: list[Row]) -> None:
    """Cut each group's line where windows begin or cease to mix samples."""
    part, before = 0, None
    for row in rows:
        here = (row["group"], row["note"])
        part += here != before
        row["part"], before = part, here


def at_risk(pages: Pages) -> Picture:
    """What the places on Justice's list hold in the captured awards."""
    asked = questions.question("at_risk")
    rows = pages.rows("""
        select
            -- two printed names that are matched to no place may be the same in two states
            case when count(*) over (partition by jurisdiction_name) = 1 then jurisdiction_name
                else concat_ws(', ', jurisdiction_name, any_value(state_code)) end as place,
            cast(sum(awards) as bigint) as awards,
            sum(obligated_amount) as obligated_usd, sum(obligated_amount_open) as of_it_open_usd
        from analysis.mart_grants_at_risk
        where tracker_code = 'doj' and tracker_verdict = 'sanctuary'
        group by jurisdiction_key, jurisdiction_name order by obligated_usd desc nulls last, place
    """)
    (last,) = pages.rows("select max(cast(retrieved_at as date)) as day from meta.capture")
    day = pages.release.as_of or last["day"] or pages.last_day
    which_day = "as of which the release is" if pages.release.as_of else "the day of the newest capture"
    finding = "How much do the listed places hold?"
    if known := [row for row in rows if row["obligated_usd"] is not None]:
        first, total = known[0], sum(row["obligated_usd"] for row in known)
        name = first["place"].partition(",")[0].removesuffix(" city")
        held = f"${total / 1_000_000:,.1f} million in captured awards"
        finding = (
            f"{number(len(known))} places on Justice's list hold {held},"
            f" the most of them {name}: ${first['obligated_usd'] / 1_000_000:,.1f} million."
            if len(known) > 1
            else f"One place on Justice's list, {name}, holds {held}."
        )
    return Picture(
        name="listed_places_money",
        chart="at_risk",
        finding=finding,
        rows=rows,
        source="USAspending.gov, US Department of Justice (analysis.mart_grants_at_risk)",
        caveats=(
            "What an award holds is not what is lost: an award that is paid out is not taken back by a listing. The"
            f" dark part of a bar is in awards that end on {day}, {which_day}, or later. Their ends are as last"
            " captured, and may have been moved since.",
            *asked.caveats[:1],
            *asked.caveats[4:],
        ),
        columns={
            "place": "place on the list", "awards": "captured awards", "obligated_usd": "dollars obligated by them",
            "of_it_open_usd": "of it, dollars of awards that have not ended",
        },
    )  # fmt: skip


def agreement(pages: Pages) -> Picture:
    """What Homeland Security's and the Justice Department's lists share."""
    reads = """
        select
            case level when 'state' then 'states' when 'county' then 'counties' when 'place' then 'cities and towns'
                when 'tribe' then 'tribes' else 'unresolved names' end as level,
            case listed_by when 'both' then 'both lists' when 'only a' then 'Homeland Security only'
                else 'Justice only' end as listed_by,
            case listed_by when 'both' then 1 when 'only a' then 2 else 3 end as place_in_bar,
            count(*) as jurisdictions
        from analysis.mart_tracker_agreement
        where tracker_a = 'dhs' and tracker_b = 'doj'
        group by all
        order by all
    """
    rows = pages.rows(reads)
    both = {row["level"]: row["jurisdictions"] for row in rows if row["place_in_bar"] == 1}
    first = sum(row["jurisdictions"] for row in rows if row["place_in_bar"] < 3)
    shared = sum(both.values())
    otherwise = [row["listed_name"] for row in pages.rows("""
        select listed_name from analysis.mart_tracker_agreement
        where tracker_a = 'dhs' and tracker_b = 'doj' and listed_by = 'only a' and other_lists_it_as is not null
        order by listed_name
    """)]  # fmt: skip
    (first_list,) = pages.rows("""
        select min(snapshot_on) as day from core.fct_tracker_snapshot
        join core.dim_tracker using (tracker_key) where tracker_code = 'doj'
    """)
    since = first_list["day"] or "the first"
    finding = (
        f"Under the same headings, Justice's list names {number(shared)} of the {number(first)} names on Homeland"
        " Security's list of May 2025."
    )
    return Picture(
        name="two_lists",
        chart="agreement",
        finding=finding if rows else "What do two federal lists of sanctuary jurisdictions share?",
        rows=rows,
        reads=reads,
        source="US Department of Homeland Security, US Department of Justice (analysis.mart_tracker_agreement)",
        caveats=(
            f"Homeland Security's list is of 2025-05-29. Justice's names are those of every list held since {since}.",
            *(f"On Justice's list under another heading, and counted here as on one list only: {name}."
              for name in otherwise),
            # the third is on columns that only the query's answer has
            *questions.question("tracker_agreement").caveats[:2],
            "A name that is matched to no place is compared by its spelling.",
        ),
        columns={
            "level": "kind of jurisdiction", "listed_by": "which list names it", "place_in_bar": "order in the bar",
            "jurisdictions": "names on the lists",
        },
    )  # fmt: skip


def agreements(pages: Pages) -> Picture:
    """Agreements under section 287(g) at each snapshot."""
    asked = questions.question("agreements")
    rows = pages.rows(
        "select snapshot_on, cast(sum(agreements) as bigint) as agreements, count(*) as states"
        f" from ({asked.sql}) group by snapshot_on order by snapshot_on"
    )
    finding = "How many agencies agreed to enforce immigration law with ICE?"
    if rows:
        first, last = rows[0], rows[-1]
        finding = (
            f"ICE listed {number(first['agreements'])} agreements with state and local agencies on"
            f" {first['snapshot_on']} and {number(last['agreements'])} on {last['snapshot_on']}."
        )
    return Picture(
        name="agreements_287g",
        chart="agreements",
        finding=finding,
        rows=rows,
        reads=asked.sql,
        source="US Immigration and Customs Enforcement, workbooks of 287(g) agreements (core.fct_tracker_listing)",
        caveats=asked.caveats,
        columns={
            "snapshot_on": "day of the workbook", "agreements": "agreements in it",
            "states": "states with an agreement",
        },
    )  # fmt: skip


def money(pages: Pages) -> Picture:
    """The captured awards by fiscal year, and what part of the nation's obligations they are."""
    reads = """
        select fiscal_year, awards, obligated_amount, share_of_nation_percent,
            case when share_of_nation_percent is null then 'unknown'
                else cast(round(share_of_nation_percent, 1) as varchar) || '%' end as share_label,
            share_note as note
        from analysis.mart_award_share
        where share_scope = 'fiscal year'
        order by fiscal_year
    """
    rows = pages.rows(reads)
    known = [row for row in rows if row["share_of_nation_percent"] is not None]
    without = sum(row["awards"] for row in rows if row["fiscal_year"] is None)
    finding = "How much policing money do the captured awards hold?"
    if rows:
        held = counted(sum(row["awards"] for row in rows), "award", "awards")
        finding = f"This release holds {held}; of how many is not known."
    if known:
        # not "a part": an edition may hold all that it asked for
        shares = dict.fromkeys(f"{f(row['share_of_nation_percent'] for row in known):.1f}%" for f in (min, max))
        finding = f"This release holds {held}: {' to '.join(shares)} of what the nation obligated in a year."
    return Picture(
        name="captured_awards",
        chart="money",
        finding=finding,
        rows=rows,
        reads=reads,
        source="USAspending.gov (analysis.mart_award_share)",
        caveats=(
            "Sums of captured awards are no ranking: awards that are not captured are not in them.",
            "A year without a bar is one of which no award is captured. It is not zero.",
            *([f"Not drawn: {counted(without, 'award', 'awards')} whose number does not show the fiscal year."]
              if without else []),
            "The percentage above a bar is of what the nation obligated under the same listings in the same year.",
            # the second is on a column that only the query's answer has
            *questions.question("nation").caveats[:1],
        ),
        columns={
            "fiscal_year": "the award's fiscal year", "awards": "captured awards",
            "obligated_amount": "dollars obligated by them",
            "share_of_nation_percent": "percent of the nation's obligations",
            "share_label": "the percentage as drawn", "note": "what the share covers, or why it is not known",
        },
    )  # fmt: skip
