-- Whether an agency's month is whole, by its own history: docs/crime.md has the rule in words, with what it was tested on.
-- The history is the twelve months on each side, of one source, those with a count alone. A quiet town is never judged:
-- below 30 offences a month chance alone gives such falls.
{%- set before = 'partition by source_kind, ori order by month_no range between 12 preceding and 1 preceding' %}
{%- set after = 'partition by source_kind, ori order by month_no range between 1 following and 12 following' %}
{%- set around = 'partition by source_kind, ori order by month_no range between 12 preceding and 12 following' %}

with months as (
    select
        source_kind,
        ori,
        month_start,
        {{ month_no('month_start') }} as month_no,
        cast(sum(abs(coalesce(offenses_as_printed, 0))) as bigint) as offenses,
        -- an adjustment of earlier returns, or a return of several months, is no month's count
        count(case
            when coverage not like 'not reported%' and coverage not like 'adjustment%'
                and coverage <> 'suspect: several months in one return' then offenses_as_printed
        end) as kinds_reported,
        max(population) as population
    from {{ ref('int_crime__month_tellings') }}
    group by source_kind, ori, month_start
),

sent as (
    select
        months.*,
        case when kinds_reported > 0 and offenses > 0 then offenses end as counted,
        -- a month that was sent and holds nothing of any kind
        case when kinds_reported > 0 and offenses = 0 then 1 else 0 end as is_empty
    from months
),

neighbours as (
    select
        sent.*,
        {{ median_over('counted', before) }} as median_before,
        count(counted) over ({{ before }}) as months_before,
        {{ median_over('counted', after) }} as median_after,
        count(counted) over ({{ after }}) as months_after,
        sum(is_empty) over (
            partition by source_kind, ori order by month_no range between 1 preceding and 1 preceding
        ) as empty_before,
        sum(is_empty) over (
            partition by source_kind, ori order by month_no range between 3 preceding and 1 preceding
        ) as empty_three_before,
        sum(is_empty) over (
            partition by source_kind, ori order by month_no range between 1 following and 1 following
        ) as empty_after
    from sent
),

lumped as (
    select
        neighbours.*,
        case
            -- the last month that counts anything may be the year's, though later ones stand there without a count
            when counted >= 30 and empty_before = 1 and (empty_after = 1 or months_after = 0 and empty_three_before = 3)
                then 1
            when
                counted > 3 * greatest(median_before, median_after)
                and greatest(median_before, median_after) >= 30
                and months_before >= 3
                then 1
            else 0
        end as is_lump
    from neighbours
),

whole as (
    select
        lumped.*,
        case when is_lump = 0 then counted end as typical
    from lumped
),

histories as (
    select
        whole.source_kind,
        whole.ori,
        whole.month_start,
        whole.month_no,
        whole.offenses,
        whole.kinds_reported,
        whole.population,
        whole.is_lump,
        {{ median_over('typical', before) }} as median_before,
        count(typical) over ({{ before }}) as months_before,
        {{ median_over('typical', after) }} as median_after,
        count(typical) over ({{ after }}) as months_after,
        {{ median_over('typical', before | replace('12', '6')) }} as median_six_before,
        {{ median_over('typical', around) }} as median_around,
        count(typical) over ({{ around }}) as months_around,
        max(typical) over (
            partition by source_kind, ori order by month_no range between 12 preceding and 12 preceding
        ) as year_before,
        max(is_lump) over (
            partition by source_kind, ori order by month_no range between 1 following and 11 following
        ) as lump_follows,
        -- the agency's own newest month with a count: others may have sent later ones
        max(case when counted is not null then month_no end) over (partition by source_kind, ori) as newest_month_no
    from whole
),

compared as (
    select
        histories.*,
        greatest(median_before, median_after) as higher_median,
        -- a level that half a year bears out on each side is a break of the series, and no missing half of a month; at
        -- the newest end of a series the last six months tell of a new level too
        case
            when months_before >= 6 and months_after >= 6 then least(median_before, median_after)
            when months_before >= 6 then least(median_before, median_six_before)
            when months_after >= 6 then median_after
            when months_before + months_after >= 6 then median_around
        end as lower_median
    from histories
)

select
    compared.source_kind,
    compared.ori,
    compared.month_start,
    compared.offenses as offenses_of_all_kinds,
    cast(compared.higher_median as double) as higher_median,
    cast(compared.lower_median as double) as lower_median,
    case
        when compared.kinds_reported = 0 then null
        when compared.is_lump = 1 then 'suspect: several months in one'
        when compared.offenses = 0 and compared.lump_follows = 1 then 'partial: in the count of a later month'
        when compared.higher_median >= 30 and compared.offenses < 0.1 * compared.higher_median
            then 'partial: far below its own months'
        when compared.lower_median >= 30 and compared.offenses < 0.3 * compared.lower_median
            then 'partial: far below its own months'
        when compared.lower_median >= 100 and compared.offenses < 0.5 * compared.lower_median
            then 'partial: far below its own months'
        -- half of the lowest rate of any city of this size in the FBI's annual tables of 2012 to 2023, but for one row
        when
            agencies.agency_type = 'City' and compared.population >= 50000 and compared.months_around >= 3
            and 12.0 * 100000 * compared.median_around / compared.population < 200
            then 'partial: far below any city of its people'
        when
            -- a fall that has lasted some months is in the six before; what the newest three lack is mostly still to come
            compared.month_no > compared.newest_month_no - 3 and compared.months_before >= 6
            and compared.lower_median >= 300 and compared.offenses < 0.75 * compared.lower_median
            and compared.offenses < 0.75 * compared.year_before
            then 'partial: one of the newest months, a quarter below the year before'
    end as judgement
from compared
left join {{ ref('stg_fbi__agencies') }} as agencies
    on compared.ori = agencies.ori
