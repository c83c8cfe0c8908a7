-- One row an agency, month and offence out of two sources that may both have it. They are two tellings of the same
-- reports and are never added: a month is taken whole from one of them.
{%- set whole = "case when judgement is null and offenses > 0 then offenses end" %}
{%- set offense_months = 'partition by source_kind, ori, offense_code order by ' ~ month_no('month_start') %}

with judged as (
    select
        tellings.*,
        judgements.judgement
    from {{ ref('int_crime__month_tellings') }} as tellings
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
            when sent = 'counts' and source_kind = 'Crime Data Explorer' and judgement is null then 1
            when sent = 'a normal return' and judgement is null then 2
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
            when judged_coverage like 'partial%' or judged_coverage = 'suspect: several months in one' then null
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
            over (partition by ori, month_start, offense_code) as return_a_offenses
    from counted
)

select
    ori,
    offense_code,
    month_start,
    source_kind,
    offenses_as_printed,
    whole_offenses as offenses,
    cleared,
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
