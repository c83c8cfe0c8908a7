-- Every unit stands in every month of the declared range, once, and the range is one.
with declared as (
    select
        min(panel_from) as panel_from,
        max(panel_to) as panel_to,
        count(distinct panel_from) + count(distinct panel_to) as ends,
        count(distinct jurisdiction_key) as units,
        count(*) as panel_rows,
        min(month_start) as first_month,
        max(month_start) as last_month
    from {{ ref('mart_policy_crime_panel') }}
),

expected as (
    select
        declared.*,
        {{ month_no('panel_to') }} - {{ month_no('panel_from') }} + 1 as months
    from declared
),

by_unit as (
    select
        jurisdiction_key,
        count(distinct month_start) as months
    from {{ ref('mart_policy_crime_panel') }}
    group by jurisdiction_key
)

select
    cast(null as {{ dbt.type_string() }}) as jurisdiction_key,
    panel_rows as found,
    units * months as wanted
from expected
where panel_rows > 0
    and (panel_rows <> units * months or ends <> 2 or first_month <> panel_from or last_month <> panel_to)
union all
select
    by_unit.jurisdiction_key,
    by_unit.months as found,
    expected.months as wanted
from by_unit
cross join expected
where by_unit.months <> expected.months
