-- Every unit that the annual tables ever print, in every year that they cover, with its people of that year where the
-- Census gives them.
with printed as (
    select distinct jurisdiction_key
    from {{ ref('int_crime__years') }}
    where source_kind = 'annual table'
),

declared as (
    select
        min(calendar_year) as panel_from_year,
        max(calendar_year) as panel_to_year
    from {{ ref('int_crime__years') }}
    where source_kind = 'annual table'
),

years as (
    select distinct
        cast(dates.calendar_year as int) as calendar_year,
        declared.panel_from_year,
        declared.panel_to_year
    from {{ ref('dim_date') }} as dates
    inner join declared
        on dates.calendar_year between declared.panel_from_year and declared.panel_to_year
)

select
    units.jurisdiction_key,
    units.geoid,
    units.name,
    units.level,
    units.state_code,
    states.jurisdiction_key as state_jurisdiction_key,
    years.calendar_year,
    cast(concat(cast(years.calendar_year + 1 as {{ dbt.type_string() }}), '-01-01') as date) as next_year,
    cast(concat(cast(years.calendar_year as {{ dbt.type_string() }}), '-12-31') as date) as last_day,
    years.panel_from_year,
    years.panel_to_year,
    people.population,
    people.hispanic_share
from printed
inner join {{ ref('dim_jurisdiction') }} as units
    on printed.jurisdiction_key = units.jurisdiction_key and units.is_resolved
cross join years
left join {{ ref('dim_jurisdiction') }} as states
    on units.state_code = states.state_code and states.level = 'state'
left join {{ ref('fct_population_year') }} as people
    on
        units.jurisdiction_key = people.jurisdiction_key
        and years.calendar_year = people.calendar_year
        and people.population_of <> 'less than the unit'
