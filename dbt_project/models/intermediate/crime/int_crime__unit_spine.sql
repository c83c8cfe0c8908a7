-- Every unit with crime data in every month of its own range: from the first to the last month of which its agency's source
-- says anything, a hole included. Some sources reach back further than others, and no month is made up for the rest.
with declared as (
    select
        jurisdiction_key,
        min(month_start) as panel_from,
        max(month_start) as panel_to
    from {{ ref('int_crime__unit_months') }}
    group by jurisdiction_key
),

months as (
    select
        dates.date_key as month_date_key,
        dates.calendar_date as month_start,
        cast({{ dbt.dateadd('month', 1, 'dates.calendar_date') }} as date) as next_month,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'dates.calendar_date')) }} as date) as last_day,
        dates.calendar_year * 12 + dates.calendar_month as month_no,
        dates.calendar_year,
        dates.fiscal_year
    from {{ ref('dim_date') }} as dates
    where extract(day from dates.calendar_date) = 1
)

select
    units.*,
    people.population,
    people.population_year,
    people.hispanic_share,
    months.*,
    declared.panel_from,
    declared.panel_to
from {{ ref('int_crime__unit_agencies') }} as units
inner join declared
    on units.jurisdiction_key = declared.jurisdiction_key
inner join months
    on months.month_start between declared.panel_from and declared.panel_to
left join {{ ref('int_identity__people_spans') }} as people
    on
        units.jurisdiction_key = people.jurisdiction_key
        and months.calendar_year between people.from_year and people.to_year
