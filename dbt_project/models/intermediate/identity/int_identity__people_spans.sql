-- The calendar years for which each estimate of a unit's people is used: from its own year to the year before the next
-- estimate's; the first estimate for all years before it too, the last for all years after it.
select
    jurisdiction_key,
    calendar_year as population_year,
    population,
    hispanic_share,
    case
        when lag(calendar_year) over (partition by jurisdiction_key order by calendar_year) is null then 0
        else calendar_year
    end as from_year,
    coalesce(lead(calendar_year) over (partition by jurisdiction_key order by calendar_year) - 1, 9999) as to_year
from {{ ref('fct_population_year') }}
where population is not null and population_of <> 'less than the unit'
