-- One row an agency, month and offence out of two sources that may both have it. They are two tellings of the same
-- reports and are never added: a month is taken whole from one of them.
{%- set whole = "case when judgement is null and offenses > 0 then offenses end" %}
{%- set offense_months = 'partition by source_kind, ori, offense_code order by ' ~ month_no('month_start') %}

with declared as (
    select
        ori,
        offense_code,
        first_month,
        last_month,
        kind,
        count_as_read,
        concat(kind, ': named in reference.crime_series_breaks') as judgement
    from {{ ref('crime_series_breaks') }}
    where kind in ('partial', 'suspect') and ori is not null
),

printed as (
    select
        ori,
        month_start,
        offense_code,
        offenses_as_printed,
        sum(offenses_as_printed) over (partition by ori, month_start) as month_printed
    from {{ ref('int_crime__month_tellings') }}
    where source_kind = 'Crime Data Explorer'
),

-- an agency's months that somebody names as no whole months, of all offences or of one; they are the Explorer's. What was
-- named is a count: one that was filled up since, or taken back, is judged like any other
named as (
    select
        printed.ori,
        printed.month_start,
        printed.offense_code,
        max(declared.judgement) as judgement,
        max(case when declared.offense_code is null then declared.judgement end) as month_judgement
    from printed
    inner join declared
        on
            printed.ori = declared.ori
            and printed.month_start between declared.first_month and declared.last_month
            and (declared.offense_code is null or printed.offense_code = declared.offense_code)
            and coalesce(
                case when declared.offense_code is null then printed.month_printed else printed.offenses_as_printed end
                * case declared.kind when 'partial' then 1 else -1 end
                <= declared.count_as_read * case declared.kind when 'partial' then 1.05 else -0.95 end,
                true
            )
    group by printed.ori, printed.month_start, printed.offense_code
),

judged as (
    select
        tellings.*,
        coalesce(named.judgement, judgements.judgement) as judgement,
        -- of the month as a whole: by it a month goes before another source's, all offences together
        coalesce(named.month_judgement, judgements.judgement) as month_judgement
    from {{ ref('int_crime__month_tellings') }} as tellings
    left join named
        on
            tellings.source_kind = 'Crime Data Explorer'
            and tellings.ori = named.ori
            and tellings.month_start = named.month_start
            and tellings.offense_code = named.offense_code
    left join {{ ref('int_crime__month_judgements') }} as judgements
        on
            tellings.source_kind = judgements.source_kind
            and tellings.ori = judgements.ori
            and tellings.month_start = judgements.month_start
),

compared as (
    select
        judged.*,
        greatest(
            {{ median_over(whole, offense_months ~ ' range between 12 preceding and 1 preceding') }},
            {{ median_over(whole, offense_months ~ ' range between 1 following and 12 following') }}
        ) as offense_median
    from judged
),

tellings as (
    select
        compared.*,
        case
            when coverage not in ('reported', 'negative: earlier reports unfounded') then coverage
            when judgement is not null then judgement
            when offense_median >= 30 and offenses < 0.1 * offense_median
                then 'partial: this offence far below its own months'
            else coverage
        end as judged_coverage,
        -- the explorer is revised with each refresh, so it goes first where it counts anything; then a return that
        -- came, its zeros included; then what is left of either. A month that is not whole yields to one that is.
        case
            when sent = 'counts' and source_kind = 'Crime Data Explorer' and month_judgement is null then 1
            when sent = 'a normal return' and month_judgement is null then 2
            when sent = 'counts' and source_kind = 'Crime Data Explorer' then 3
            when sent = 'a normal return' then 4
            when sent = 'counts' then 5
            when sent = 'zeros alone' then 6
            when source_kind = 'Crime Data Explorer' then 7
            else 8
        end as turn
    from compared
),

counted as (
    select
        tellings.*,
        case
            when judged_coverage like 'partial%' or judged_coverage like 'suspect: named in%' then null
            when judged_coverage = 'suspect: several months in one' then null
            else offenses
        end as whole_offenses
    from tellings
),

ordered as (
    select
        counted.*,
        row_number() over (partition by ori, month_start, offense_code order by turn, source_kind) as nth,
        max(case when source_kind = 'Crime Data Explorer' then offenses end)
            over (partition by ori, month_start, offense_code) as explorer_offenses,
        max(case when source_kind = 'Return A master file' then offenses end)
            over (partition by ori, month_start, offense_code) as return_a_offenses,
        -- Some agencies send no clearances, and 0 stands for each (New York in 2022, Chicago from 2017 to 2020), or none of an
        -- offence (St. Petersburg's 1,008 assaults of 2025): nobody who counts so many in a year clears none of them.
        sum(abs(cleared)) over (partition by source_kind, ori, extract(year from month_start)) = 0
        and sum(abs(offenses_as_printed)) over (partition by source_kind, ori, extract(year from month_start)) >= 100
        or sum(abs(cleared)) over (partition by source_kind, ori, offense_code, extract(year from month_start)) = 0
        and sum(abs(offenses_as_printed)) over (partition by source_kind, ori, offense_code, extract(year from month_start)) >= 150
            as sends_no_clearances
    from counted
)

select
    ori,
    offense_code,
    month_start,
    source_kind,
    offenses_as_printed,
    whole_offenses as offenses,
    case when not coalesce(sends_no_clearances, false) then cleared end as cleared,
    population,
    judged_coverage as coverage,
    case when source_kind = 'Crime Data Explorer' then return_a_offenses else explorer_offenses end
        as offenses_by_other_source,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from ordered
where nth = 1
