-- Every unit stands in every month of its declared range, once, and its range is one.
with by_unit as (
    select
        jurisdiction_key,
        min(panel_from) as panel_from,
        max(panel_to) as panel_to,
        count(distinct panel_from) + count(distinct panel_to) as ends,
        count(*) as panel_rows,
        count(distinct month_start) as months,
        min(month_start) as first_month,
        max(month_start) as last_month
    from {{ ref('mart_policy_crime_panel') }}
    group by jurisdiction_key
)

select
    jurisdiction_key,
    panel_rows as found,
    {{ month_no('panel_to') }} - {{ month_no('panel_from') }} + 1 as wanted
from by_unit
where
    panel_rows <> {{ month_no('panel_to') }} - {{ month_no('panel_from') }} + 1
    or months <> panel_rows
    or ends <> 2
    or first_month <> panel_from
    or last_month <> panel_to
