-- Every captured count or estimate of a unit's people; dim_jurisdiction has the newest. A city that is also a county has one row a
-- year: that of the city, or where none of the city is captured, that of the county.
with codes as (
    select
        jurisdiction_key,
        geoid,
        1 as precedence
    from {{ ref('int_identity__units') }}
    union all
    select
        jurisdiction_key,
        also_geoid as geoid,
        2 as precedence
    from {{ ref('int_identity__units') }}
    where also_geoid is not null
),

estimates as (
    select
        codes.jurisdiction_key,
        case codes.precedence when 1 then places.population_of else 'the county that the city also is' end as population_of,
        places.estimate_year,
        places.population_source,
        places.vintage,
        places.population,
        places.hispanic_population,
        places.hispanic_share,
        places._capture_id,
        places._payload_id,
        places._record_no,
        places._kind,
        row_number() over (
            partition by codes.jurisdiction_key, places.estimate_year
            order by codes.precedence, places._retrieved_at desc, places._payload_id
        ) as newest
    from {{ ref('int_identity__people') }} as places
    inner join codes
        on places.geoid = codes.geoid
    where places.estimate_year is not null
),

served as (
    select
        estimates.*,
        lag(population) over (partition by jurisdiction_key order by estimate_year) as people_before,
        lead(population) over (partition by jurisdiction_key order by estimate_year) as people_after
    from estimates
    where newest = 1
)

select
    {{ surrogate_key(['jurisdiction_key', 'estimate_year']) }} as population_year_key,
    jurisdiction_key,
    estimate_year as calendar_year,
    population_source,
    vintage,
    -- no unit of 10,000 loses a third of its people and has them again: the census of 2020 counts Louisville without most of
    -- its county
    case
        when
            people_before >= 10000 and people_after >= 10000
            and population < 0.7 * people_before and population < 0.7 * people_after then 'less than the unit'
        else population_of
    end as population_of,
    population,
    hispanic_population,
    cast(hispanic_share as double) as hispanic_share,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from served
