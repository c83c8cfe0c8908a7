-- What fct_incident_month_total holds of a city's month is what the reports add up to: each family, in each victim group
-- and in the whole city.
with parts as (
    select city_code, series, month_start, 'all_reports' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    union all
    select city_code, series, month_start, 'sexual_assault' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    where is_sexual_assault
    union all
    select city_code, series, month_start, 'domestic_violence' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    where is_domestic_violence
    union all
    -- a series of its own, of which every record is one
    select city_code, series, month_start, 'traffic_collision' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    where series in (select series from {{ ref('dim_series') }} where counts_what like '%collision%')
),

incidents as (
    select
        totals.city_code,
        totals.series,
        totals.month_start,
        totals.offense_family,
        totals.victim_group,
        max(totals.reports) as total,
        sum(coalesce(parts.reports, 0)) as parts
    from {{ ref('fct_incident_month_total') }} as totals
    left join parts
        on
            totals.city_code = parts.city_code
            and totals.series = parts.series
            and totals.month_start = parts.month_start
            and totals.offense_family = parts.offense_family
            and (totals.victim_group = 'citywide' or totals.victim_group = parts.victim_group)
    group by totals.city_code, totals.series, totals.month_start, totals.offense_family, totals.victim_group
)

select
    city_code,
    series,
    month_start,
    offense_family,
    victim_group,
    total,
    parts
from incidents
where total <> parts
