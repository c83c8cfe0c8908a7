-- Every agency has each month from its panel_from to its panel_to once, and the range is that of its archives.
with held as (
    select
        ori,
        min(month_start) as first_month,
        max(month_start) as last_month
    from {{ ref('fct_victim_month_total') }}
    group by ori
),

rows_of as (
    select
        ori,
        min(panel_from) as panel_from,
        max(panel_to) as panel_to,
        count(*) as months,
        count(distinct month_start) as different_months
    from {{ ref('mart_reporting_panel') }}
    group by ori
)

select
    held.ori,
    held.first_month,
    held.last_month,
    rows_of.months
from held
left join rows_of
    on held.ori = rows_of.ori
where
    rows_of.ori is null
    or rows_of.panel_from <> held.first_month
    or rows_of.panel_to <> held.last_month
    or rows_of.months <> rows_of.different_months
    or rows_of.months <> {{ month_no('held.last_month') }} - {{ month_no('held.first_month') }} + 1
