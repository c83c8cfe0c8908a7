"""The pages of the subjects: money, ordinances, reporting.

What belongs here: which pictures and which named queries a subject shows. What does not: the queries (queries/), one
place (places), the trackers' map (trackers).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from orchestration.reading import provenance, questions
from orchestration.site import front
from orchestration.site.pages import Pages, Picture, Row, counted, number


def write(pages: Pages) -> None:
    """Write a page for each subject, with the data of what it shows."""
    _page(
        pages, "money.html", "Money",
        "What federal policing grants the release holds, what part of all they are, and what the listed places hold.",
        [front.at_risk(pages), front.money(pages), budget(pages)],
        [answered(pages, "at_risk"), answered(pages, "programs"), answered(pages, "nation")],
    )  # fmt: skip
    _page(
        pages, "ordinances.html", "Ordinances",
        "What cities, counties and states decided on their part in immigration enforcement, what courts and states did"
        " to it, and which laws nobody has read yet.",
        [events(pages), front.agreements(pages)],
        [all_events(pages), unread_laws(pages)],
    )  # fmt: skip
    _page(
        pages, "reporting.html", "Reporting",
        "Do people still report crimes? What the survey, the police departments and the cities' own records say.",
        [front.reporting(pages), printed(pages), placebo(pages)],
        [answered(pages, "reporting_gap"),
         answered(pages, "printed_figures", as_printed=("hispanic_change_percent", "beside_it_percent")),
         answered(pages, "city_reporting"),
         answered(pages, "city_reporting", {"offense": "traffic_collision", "window": "three months"}),
         answered(pages, "agency_reporting")],
    )  # fmt: skip


def _page(
    pages: Pages, path: str, title: str, lead: str, pictures: Sequence[Picture], tables: Sequence[Picture]
) -> None:
    for picture in (*pictures, *tables):
        pages.write_data(picture)
    pages.write(path, "subject.html", title=title, lead=lead, pictures=pictures, tables=tables)


def answered(
    pages: Pages, name: str, given: Mapping[str, str] | None = None, as_printed: Collection[str] = ()
) -> Picture:
    """The answer of a named query, as a table with its caveats and its data. as_printed: as Picture's."""
    asked = questions.question(name)
    try:
        answer = questions.answer(pages.connection, asked, given or {})
    except questions.WrongParameter as unknown:  # the release holds no such place or tracker
        title, rows, empty, columns = asked.question, [], str(unknown), []
    else:
        found = answer.relation
        columns = list(found.columns)
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        title, empty = answer.title, answer.why_empty or ""
    options = "".join(f" --set {option}={value}" for option, value in (given or {}).items())
    return Picture(
        name="_".join([name, *(given or {}).values()]).replace(" ", "_"),
        chart="",
        finding=title,
        rows=rows,
        source=f"`clawback query {name}{options}`",
        caveats=asked.caveats,
        columns=_meanings(pages, asked, columns),
        empty=empty,
        as_printed=as_printed,
        reads=asked.sql,
    )


def _meanings(pages: Pages, asked: questions.Question, columns: Sequence[str]) -> dict[str, str]:
    """What each column means: as the question says, else as the dictionary says of the published column that it is."""
    published = provenance.of(pages.connection, asked.sql).columns
    said = {name: column.description for name, column in published.items() if column.description}
    said |= {name.lower(): column.meaning for name, column in asked.columns.items()}
    return {name: said.get(name.lower(), name.replace("_", " ")) for name in columns}


def budget(pages: Pages) -> Picture:
    """Budget authority and outlays of the COPS Office's account."""
    rows = pages.rows("""
        select fiscal_year, replace(measure, '_', ' ') as measure, budget_status as kind, sum(budget_amount) as usd,
            'FY' || max(budget_year) as budget
        from core.fct_budget_account_year
        where account_code = '0406' and is_newest
        group by all
        order by all
    """)
    actual = [row for row in rows if row["kind"] == "actual" and row["measure"] == "budget authority"]
    finding = "What may the COPS Office spend?"
    if actual:
        most = max(row["usd"] for row in actual)
        years = " and ".join(f"FY{row['fiscal_year']}" for row in actual if row["usd"] == most)
        finding = f"The COPS Office's budget authority was highest in {years}, at ${most / 1_000_000:,.0f} million."
    return Picture(
        name="cops_budget",
        chart="budget",
        finding=finding,
        rows=rows,
        source="Office of Management and Budget (core.fct_budget_account_year)",
        caveats=(
            *questions.question("cops_budget").caveats, "Solid lines are actual figures, dashed lines are estimates.",
        ),
        columns={
            "fiscal_year": "fiscal year", "measure": "what is counted", "kind": "actual or estimated", "usd": "dollars",
            "budget": "the budget that prints it",
        },
    )  # fmt: skip


def events(pages: Pages) -> Picture:
    """Legal events by year and by how good their source is."""
    rows = pages.rows(f"""
        select year(event_from) as year, source_status as source, count(*) as events,
            count(*) filter (where effects.sets is not null) as acts
        from {front.LEGAL_EVENTS}
        left join reference.policy_event_effects as effects using (event)
        where event_from is not null
        group by all order by all
    """)
    acts = sum(row.pop("acts") for row in rows)
    total = sum(row["events"] for row in rows)
    sourced = sum(row["events"] for row in rows if row["source"] in ("sourced", "council record"))
    (counts,) = pages.rows(f"""
        select count(*) as every, count(*) filter (where source_status = 'council record') as councils,
            count(*) filter (where source_status = 'unsourced') as unsourced
        from {front.LEGAL_EVENTS}
    """)
    finding = "Which legal events are known?"
    if rows:
        finding = (
            f"{number(total)} dated events are known: {number(acts)} put a policy in force, reaffirm,"
            f" change or end it. {number(sourced)} of the {number(total)} rest on a full source."
        )
    return Picture(
        name="legal_events_by_year",
        chart="events",
        finding=finding,
        rows=rows,
        source="Clawback's ledger of cited events, councils' records (core.fct_policy_event)",
        caveats=(
            f"In all {number(counts['every'])} events are known: {number(counts['every'] - counts['councils'])} of the"
            f" ledger and {number(counts['councils'])} of councils' own records. {number(counts['unsourced'])}"
            f" {'has' if counts['unsourced'] == 1 else 'have'} no"
            f" source, and {number(counts['every'] - total)} have no date and are not drawn.",
            "sourced: the source says all of it. partial: it says only a part, or says it of a list. council record:"
            " the council's own record. unsourced: nobody has found where it is printed.",
            "The events that change nothing by themselves are votes on the way, bills that died, positions, letters and"
            " what trackers listed.",
            "An event that both the ledger and a council's own record tell counts in both.",
            "The ledger has what somebody found and cited. More events in a year may be more finding, not more law.",
            "A city, county or state that is not in it is unknown. It does not mean that it has no law.",
        ),
        columns={"year": "year of the event, or of the first day it may have been", "source": "how good the source is",
                 "events": "events known"},
    )  # fmt: skip


def all_events(pages: Pages) -> Picture:
    """Every legal event, with who says so."""
    rows = pages.rows(f"""
        select jurisdiction_name as jurisdiction,
            case date_precision when 'year' then strftime(event_from, '%Y')
                when 'month' then strftime(event_from, '%Y-%m') else cast(event_from as varchar) end as since,
            replace(event, '_', ' ') as event, concat_ws(' ', instrument, instrument_number) as instrument,
            provisions as provision, source_status as source, source_citation as citation
        from {front.LEGAL_EVENTS} order by jurisdiction_name, event_from nulls last
    """)
    return Picture(
        name="legal_events",
        chart="",
        finding=f"Every legal event that is known ({number(len(rows))}), and who says so",
        rows=rows,
        source="Clawback's ledger of cited events, councils' records (core.fct_policy_event)",
        caveats=(
            # the query's first is on columns that only its answer has
            "Only events whose source is cited decide a status, and not all of these do. Before the first event that"
            " decides, nothing is known.",
            *questions.question("policies").caveats[1:],
        ),
        columns={
            "jurisdiction": "who decided",
            "since": "the day, month or year, as exactly as it is known; the first day that it may have been",
            "event": "what happened", "instrument": "by which instrument",
            "provision": "on which provisions", "source": "how good the source is", "citation": "where it is printed",
        },
    )  # fmt: skip


def placebo(pages: Pages) -> Picture:
    """Collisions in Los Angeles: the same comparison, where no effect is expected."""
    rows = pages.rows("""
        with windows as (
            select distinct month_start as month, round(hispanic_change_percent, 1) as hispanic,
                round(others_change_percent, 1) as others
            from analysis.mart_reporting_gap
            where offense_family = 'traffic_collision' and window_kind = 'three months'
                and hispanic_change_percent is not null
        )
        select month, 'Hispanic' as "group", hispanic as percent from windows
        union all select month, 'others', others from windows
        order by "group", month
    """)
    for n, row in enumerate(rows):
        before = rows[n - 1]
        follows = n > 0 and row["group"] == before["group"] and _month_no(row) == _month_no(before) + 1
        row["part"] = before["part"] + (not follows) if n else 1
    finding = "Would the same comparison find a gap where none is expected?"
    at = {(str(row["month"]), row["group"]): row["percent"] for row in rows}
    if ("2017-03-01", "Hispanic") in at:
        first, other = at["2017-03-01", "Hispanic"], at["2017-03-01", "others"]
        finding = (
            "A placebo: against a year before, collisions of January to March 2017 in Los Angeles changed by"
            f" {first:+.1f}% with Hispanic victims and by {other:+.1f}% with others."
        )
    return Picture(
        name="placebo",
        chart="placebo",
        finding=finding,
        rows=rows,
        source="Los Angeles Police Department, traffic collisions (analysis.mart_reporting_gap)",
        caveats=(
            "Collisions are reported for insurance, whoever the victim is. A gap between the lines here is not fear,"
            " and shows how far the lines part without it.",
            "Each point is the change of three months against the same months of the year before. The line stops where"
            " three months are not compared.",
        ),
        columns={"month": "last month of the three", "group": "the victims' group",
                 "percent": "change against the same months a year before, in percent",
                 "part": "the piece of the line"},
    )  # fmt: skip


def _month_no(row: Row) -> int:
    """The number of a row's month: neighbors differ by one."""
    return int(12 * row["month"].year + row["month"].month)


def unread_laws(pages: Pages) -> Picture:
    """Laws and resolutions of councils whose provisions nobody has read."""
    rows = pages.rows("""
        select
            jurisdiction_name as jurisdiction, law_on, concat_ws(' ', type_name, enactment_number) as law, title,
            address, instrument = 'resolution' as is_resolution
        from core.dim_council_matter where is_unread_law order by law_on
    """)
    resolutions = sum(row.pop("is_resolution") for row in rows)
    return Picture(
        name="unread_laws",
        chart="",
        finding=f"Of {counted(len(rows), 'act', 'acts')} of councils on immigration no reading of their provisions is"
        f" held (laws: {number(len(rows) - resolutions)}, resolutions: {number(resolutions)})",
        rows=rows,
        source="Councils' records (core.dim_council_matter)",
        caveats=(
            "An unread act decides no provision here. It may limit cooperation, or do something else.",
            "A resolution is no law. The ledger may have one under another number, as a position taken.",
        ),
        columns={"jurisdiction": "whose council",
                 "law_on": "day it became law; of a resolution, the day it was adopted", "law": "its kind and number",
                 "title": "its title",
                 "address": "where its text is"},
        empty="This release holds no unread act.",
    )  # fmt: skip


def printed(pages: Pages) -> Picture:
    """Changes that police departments printed for Hispanic victims, beside what they printed for others."""
    rows = pages.rows("""
        select
            entity || ', ' || replace(offense_group, '_', ' ') || ': ' || period_as_printed as figure_of,
            victim_group as "group", figure as percent, source_citation as citation
        from core.fct_published_statistic
        where subject = 'crime_reporting' and unit = 'percent' and measure = 'change'
        -- a figure and the one beside it may stand in two publications
        qualify count(distinct victim_group) over (partition by entity, offense_group, period_as_printed) > 1
        order by figure_of, "group"
    """)
    falls = {row["figure_of"]: row["percent"] for row in rows if row["group"] == "Hispanic"}
    beside = {row["figure_of"]: row["percent"] for row in rows if row["group"] != "Hispanic"}
    pairs = falls.keys() & beside.keys()
    more = sum(falls[pair] < beside[pair] for pair in pairs)
    finding = (
        f"In {number(more)} of {counted(len(pairs), 'printed comparison', 'printed comparisons')}, reports by Hispanic"
        " victims fell more, or rose less, than what is printed beside them: reports by other victims, or in"
        " the whole city."
    )
    return Picture(
        name="printed_changes",
        chart="printed",
        finding=finding if pairs else "What did the police print about reports by Hispanic victims?",
        rows=rows,
        source="Police departments, as printed (core.fct_published_statistic)",
        caveats=(
            *questions.question("printed_figures").caveats,
            "A department chose what to print. What it did not print is unknown.",
            "Several comparisons are of the same reports, over other months: they are not independent of each other.",
            "The whole city has Hispanic victims in it: beside it a difference looks smaller than beside the others.",
        ),
        columns={"figure_of": "who printed it, of what and when", "group": "the victims' group",
                 "percent": "printed change against the year before, in percent", "citation": "where it is printed"},
        as_printed=("percent",),
    )  # fmt: skip
