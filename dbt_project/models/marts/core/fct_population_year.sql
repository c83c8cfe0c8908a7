-- Every captured estimate of a unit's people; dim_jurisdiction has the newest.
with estimates as (
    select
        units.jurisdiction_key,
        places.acs_year,
        places.population,
        places.hispanic_population,
        places.hispanic_share,
        places._capture_id,
        places._payload_id,
        places._record_no,
        places._kind,
        row_number() over (
            partition by units.jurisdiction_key, places.acs_year order by places._retrieved_at desc, places._payload_id
        ) as newest
    from {{ ref('stg_census__places') }} as places
    inner join {{ ref('int_identity__units') }} as units
        on places.geoid = units.geoid
    where places.acs_year is not null
)

select
    {{ surrogate_key(['jurisdiction_key', 'acs_year', "'ACS 5-year estimates'"]) }} as population_year_key,
    jurisdiction_key,
    acs_year as calendar_year,
    'ACS 5-year estimates' as population_source,
    population,
    hispanic_population,
    cast(hispanic_share as double) as hispanic_share,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from estimates
where newest = 1
