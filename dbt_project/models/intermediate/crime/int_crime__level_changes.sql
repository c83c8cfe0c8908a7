-- Months from which an agency's counts of an offence lie far below or far above what they were, and stay there: the six
-- months with a count from there on against the six before them, a hole of up to a year and a half between.
{%- set offense_months = 'partition by ori, offense_code order by month_start' %}
{%- set six_before = offense_months ~ ' rows between 6 preceding and 1 preceding' %}
{%- set six_after = offense_months ~ ' rows between current row and 5 following' %}

with months as (
    select
        ori,
        offense_code,
        month_start,
        {{ month_no('month_start') }} as month_no,
        offenses
    from {{ ref('int_crime__months') }}
    -- an adjustment, or what is counted without a return, is no month's count
    where offenses is not null and coverage in ('reported', 'negative: earlier reports unfounded')
),

levels as (
    select
        months.*,
        avg(cast(offenses as double)) over ({{ six_before }}) as mean_before,
        avg(cast(offenses as double)) over ({{ six_after }}) as mean_after,
        {{ median_over('offenses', six_before) }} as median_before,
        {{ median_over('offenses', six_after) }} as median_after,
        lag(month_no, 6) over ({{ offense_months }}) as first_before,
        lead(month_no, 5) over ({{ offense_months }}) as last_after
    from months
),

compared as (
    select
        levels.*,
        case
            when first_before < month_no - 24 or last_after > month_no + 11 then null
            -- below 30 a month chance alone halves or doubles a count
            when last_after is null or greatest(mean_before, mean_after) < 30 or mean_before < 0 then null
            -- one odd month moves a mean and makes no level: the medians are apart, too, and two of 0 are not
            when greatest(median_before, median_after) <= 0 then null
            when mean_after <= 0.5 * mean_before and median_after <= 0.75 * median_before then 'falls'
            -- a rise from 0 among them
            when mean_after >= 2 * mean_before and median_before <= 0.75 * median_after then 'jumps'
        end as direction
    from levels
    where first_before is not null
),

runs as (
    select
        compared.*,
        case
            when direction = lag(direction) over ({{ offense_months }}) then 0
            else 1
        end as begins_run
    from compared
),

numbered as (
    select
        runs.*,
        sum(begins_run) over ({{ offense_months }} rows between unbounded preceding and current row) as run
    from runs
),

-- of the months around a change the one where it is steepest
ranked as (
    select
        numbered.*,
        row_number() over (
            partition by ori, offense_code, run
            order by
                case when direction = 'falls' then mean_after / mean_before else mean_before / mean_after end,
                -- of several rises from 0 the highest, of several falls to 0 the deepest
                greatest(mean_before, mean_after) desc, month_start
        ) as steepness
    from numbered
    where direction is not null
),

explained as (
    select
        ranked.ori,
        ranked.offense_code,
        ranked.month_start,
        count(*) as reasons
    from ranked
    inner join {{ ref('crime_series_breaks') }} as breaks
        on
            ranked.ori = breaks.ori
            and breaks.kind = 'level'
            and (breaks.offense_code is null or ranked.offense_code = breaks.offense_code)
            and ranked.month_start between breaks.first_month and breaks.last_month
    where ranked.steepness = 1
    group by ranked.ori, ranked.offense_code, ranked.month_start
)

select
    ranked.ori,
    ranked.offense_code,
    ranked.month_start,
    ranked.mean_before,
    ranked.mean_after,
    -- a rise from 0 has no percent
    100.0 * (ranked.mean_after - ranked.mean_before) / nullif(ranked.mean_before, 0) as level_change_percent,
    explained.ori is not null as is_explained
from ranked
left join explained
    on
        ranked.ori = explained.ori
        and ranked.offense_code = explained.offense_code
        and ranked.month_start = explained.month_start
where ranked.steepness = 1
