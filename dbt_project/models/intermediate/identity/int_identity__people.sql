-- The people of every unit in each captured year; of a state of which no estimate is captured, its counties added up.
with added_up as (
    select
        state_fips as geoid,
        estimate_year,
        population_source,
        vintage,
        _capture_id,
        _payload_id,
        _kind,
        _retrieved_at,
        sum(population) as population,
        count(*) as counties,
        count(population) as counties_with_people
    from {{ ref('stg_census__places') }}
    where level = 'county'
    group by state_fips, estimate_year, population_source, vintage, _capture_id, _payload_id, _kind, _retrieved_at
),

of_counties as (
    select
        geoid,
        estimate_year,
        population,
        population_source,
        vintage,
        _capture_id,
        _payload_id,
        _kind,
        _retrieved_at,
        count(*) over (partition by geoid, estimate_year) as answers
    from added_up
    where counties = counties_with_people
)

select
    geoid,
    'the unit' as population_of,
    estimate_year,
    population,
    population_source,
    vintage,
    hispanic_population,
    hispanic_share,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('stg_census__places') }}
union all
select
    geoid,
    'its counties, added up' as population_of,
    estimate_year,
    cast(population as bigint) as population,
    population_source,
    vintage,
    cast(null as bigint) as hispanic_population,
    cast(null as double) as hispanic_share,
    _capture_id,
    _payload_id,
    cast(null as bigint) as _record_no,
    _kind,
    _retrieved_at
from of_counties
where
    -- one answer has all counties of a state: of several, none need have them all
    answers = 1
    and not exists (
        select 1
        from {{ ref('stg_census__places') }} as states
        where states.level = 'state' and states.geoid = of_counties.geoid
    )
