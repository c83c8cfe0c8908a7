-- Every unit with crime data in every month of the range that the crime data cover.
with declared as (
    select
        min(month_start) as panel_from,
        max(month_start) as panel_to
    from {{ ref('int_crime__unit_months') }}
),

months as (
    select
        dates.date_key as month_date_key,
        dates.calendar_date as month_start,
        cast({{ dbt.dateadd('month', 1, 'dates.calendar_date') }} as date) as next_month,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'dates.calendar_date')) }} as date) as last_day,
        dates.calendar_year * 12 + dates.calendar_month as month_no,
        dates.fiscal_year,
        declared.panel_from,
        declared.panel_to
    from {{ ref('dim_date') }} as dates
    inner join declared
        on dates.calendar_date between declared.panel_from and declared.panel_to
    where extract(day from dates.calendar_date) = 1
)

select
    units.*,
    months.*
from {{ ref('int_crime__unit_agencies') }} as units
cross join months
