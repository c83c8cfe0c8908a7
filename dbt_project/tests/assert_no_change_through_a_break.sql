-- No change of reports where a month from the first of the year before to the last of the window is marked as a break,
-- whatever the mart's own flag says.
with broken as (
    select distinct
        city_code,
        series,
        {{ month_no('month_start') }} as month_no
    from {{ ref('fct_incident_month_total') }}
    where is_break
)

select
    gap.city_code,
    gap.series,
    gap.month_start,
    gap.offense_family,
    gap.window_kind,
    gap.citywide_change_percent
from {{ ref('mart_reporting_gap') }} as gap
inner join broken
    on
        gap.city_code = broken.city_code
        and gap.series = broken.series
        and broken.month_no between {{ month_no('gap.window_from') }} - 12 and {{ month_no('gap.month_start') }}
where
    gap.citywide_change_percent is not null
    or gap.hispanic_change_percent is not null
    or gap.others_change_percent is not null
