-- What the agency that speaks for a unit reported in each month, and where its series changes so that the months before do
-- not compare.
{%- set offenses = panel_offenses() %}
with reported as (
    select
        units.jurisdiction_key,
        months.month_start,
        {% for code, family in offenses.items() %}
        max(case when months.fbi_offense_code = '{{ code }}' then months.offenses end) as {{ family }},
        {% endfor %}
        max(months.population) as fbi_population,
        count(months.offenses) as families_reported,
        -- a month of which somebody names one offense alone is no partial month: the others count
        greatest(
            max(case
                when months.coverage like 'partial%' and months.coverage not like 'partial: this offence%'
                    and months.coverage not like 'partial: named in%' then 1
                else 0
            end),
            case when count(months.offenses) = 0
                then max(case when months.coverage like 'partial: named in%' then 1 else 0 end) else 0 end
        ) as is_partial,
        greatest(
            max(case
                when months.coverage like 'adjustment%' then 1
                when months.coverage like 'suspect%' and months.coverage not like 'suspect: named in%' then 1
                else 0
            end),
            case when count(months.offenses) = 0
                then max(case when months.coverage like 'suspect: named in%' then 1 else 0 end) else 0 end
        ) as is_suspect,
        max(case when months.offenses < 0 then 1 else 0 end) as has_negative,
        max(case when months.fbi_offense_code <> 'RPE' then months.series end) as crime_series,
        max(case when months.fbi_offense_code = 'RPE' then months.series end) as rape_series,
        {{ joined_once('breaks.lasting_reason') }} as lasting_reason,
        {{ joined_once('breaks.start_reason') }} as start_reason,
        {{ joined("case when breaks.level_reason is not null "
            ~ "then concat(months.fbi_offense_code, ': ', breaks.level_reason) end") }} as level_reasons,
        {{ joined("case when months.level_change_percent is not null then concat("
            ~ "months.fbi_offense_code, ' ', case when months.level_change_percent > 0 then '+' else '' end, "
            ~ "cast(cast(round(months.level_change_percent, 0) as int) as " ~ dbt.type_string() ~ "), '%') "
            ~ "when months.is_level_change_explained is not null then concat(months.fbi_offense_code, ' from 0') end") }}
            as level_changes
    from {{ ref('int_crime__unit_agencies') }} as units
    inner join {{ ref('fct_crime_month') }} as months
        on units.ori = months.ori
    left join {{ ref('int_crime__month_breaks') }} as breaks
        on
            months.ori = breaks.ori
            and months.fbi_offense_code = breaks.offense_code
            and months.month_start = breaks.month_start
    where months.fbi_offense_code in ('{{ offenses.keys() | join("', '") }}')
    group by units.jurisdiction_key, months.month_start
),

-- every reason of every family: what holds for all of them once, a change of level with the family
reasoned as (
    select
        reported.*,
        nullif(concat_ws('; ', lasting_reason, start_reason, level_reasons), '') as break_reason
    from reported
),

changed as (
    select
        reasoned.*,
        case
            when
                level_changes is not null
                or coalesce(lag(crime_series) over (partition by jurisdiction_key order by month_start), crime_series)
                <> crime_series
                or coalesce(lag(rape_series) over (partition by jurisdiction_key order by month_start), rape_series)
                <> rape_series
                -- only a reason that lasts has an end: the month after another level is of the new one
                or (
                    start_reason is not null
                    or level_reasons is not null
                    or coalesce(lag(lasting_reason) over (partition by jurisdiction_key order by month_start), '-')
                    <> coalesce(lasting_reason, '-')
                ) and month_start > min(month_start) over (partition by jurisdiction_key)
                then 1
            else 0
        end as starts_segment
    from reasoned
)

select
    changed.*,
    sum(starts_segment) over (
        partition by jurisdiction_key order by month_start rows between unbounded preceding and current row
    ) as series_segment
from changed
