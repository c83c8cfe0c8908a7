-- How much of its unit an agency serves: the people that the FBI counts under it by those of the unit in the same year (of
-- the estimate used for that year). The seed speaks where the two numbers do not differ enough to tell.
with people as (
    select
        ori,
        population,
        month_start,
        row_number() over (partition by ori order by month_start desc, population desc) as nth
    from {{ ref('int_crime__months') }}
    where population is not null
),

shares as (
    select
        agencies.ori,
        people.population as served,
        cast(extract(year from people.month_start) as int) as served_year,
        residents.population as residents,
        residents.population_year as residents_year,
        units.name as unit_name,
        cast(people.population as double) / nullif(cast(residents.population as double), 0) as served_share
    from {{ ref('int_crime__agencies') }} as agencies
    left join people
        on agencies.ori = people.ori and people.nth = 1
    left join {{ ref('int_identity__units') }} as units
        on agencies.jurisdiction_key = units.jurisdiction_key
    left join {{ ref('int_identity__people_spans') }} as residents
        on
            agencies.jurisdiction_key = residents.jurisdiction_key
            and extract(year from people.month_start) between residents.from_year and residents.to_year
)

select
    shares.ori,
    shares.served_share,
    case
        when shares.served = 0 then 'no people of its own'
        when shares.served_share < 0.85 then 'less than its jurisdiction'
        when shares.served_share > 1.15 then 'more than its jurisdiction'
        when told.coverage is not null then told.coverage
        when shares.served_share is not null then 'its jurisdiction'
        else 'unknown'
    end as coverage,
    case
        when shares.served = 0 then 'the FBI counts its people under another agency'
        when shares.served_share < 0.85 or shares.served_share > 1.15
            then concat('the FBI counts ', cast(shares.served as {{ dbt.type_string() }}), ' people under it in ',
                cast(shares.served_year as {{ dbt.type_string() }}), ', the Census ',
                cast(shares.residents as {{ dbt.type_string() }}), ' in ', shares.unit_name, ' (',
                cast(shares.residents_year as {{ dbt.type_string() }}), ')')
        when told.coverage is not null then told.reason
    end as reason
from shares
left join {{ ref('agency_coverage') }} as told
    on shares.ori = told.ori
