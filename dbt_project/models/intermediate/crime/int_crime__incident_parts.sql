-- Each report once, by victim group and by the families that it belongs to. A family that the series cannot tell is null.
with codes as (
    {{ incident_family_codes() }}
),

families as (
    select
        series,
        max(case when offense_family = 'sexual_assault' then 1 else 0 end) as tells_sexual_assault,
        max(case when offense_family = 'domestic_violence' then 1 else 0 end) as tells_domestic_violence
    from codes
    group by series
),

flagged as (
    select
        reports.series,
        reports.month_start,
        reports.code,
        reports.is_domestic,
        reports.victim_group,
        reports.reports,
        max(case when codes.offense_family = 'sexual_assault' then 1 else 0 end) as is_sexual_assault,
        max(case when codes.offense_family = 'domestic_violence' then 1 else 0 end) as is_domestic_violence
    from {{ ref('int_crime__incident_reports') }} as reports
    left join codes
        on {{ is_of_family('reports', 'codes') }}
    group by
        reports.series, reports.month_start, reports.code, reports.is_domestic, reports.victim_group, reports.reports
),

told as (
    select
        flagged.series,
        flagged.month_start,
        flagged.victim_group,
        flagged.reports,
        case when families.tells_sexual_assault = 1 then flagged.is_sexual_assault = 1 end as is_sexual_assault,
        case when families.tells_domestic_violence = 1 then flagged.is_domestic_violence = 1 end as is_domestic_violence
    from flagged
    left join families
        on flagged.series = families.series
)

select
    series,
    month_start,
    victim_group,
    is_sexual_assault,
    is_domestic_violence,
    cast(sum(reports) as bigint) as reports
from told
group by series, month_start, victim_group, is_sexual_assault, is_domestic_violence
