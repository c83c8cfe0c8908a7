-- How many people the FBI counts under an agency in a year, from the latest capture that says so, serving or not: a later
-- one may count offences and say nothing of people.
with ranked as (
    select
        ori,
        cast(extract(year from month_start) as int) as population_year,
        population,
        row_number() over (
            partition by ori, extract(year from month_start)
            order by _retrieved_at desc, month_start desc, population desc
        ) as nth
    from {{ ref('base_fbi__agency_months') }}
    where _fate <> 'quarantined' and population is not null
)

select
    ori,
    population_year,
    population
from ranked
where nth = 1
