-- The name of every state, county, place and town, from the first source of this order that has it: the estimates, the
-- gazetteer, the list of changes and the list of states.
with newest_estimates as (
    select
        geoid,
        state_fips,
        level,
        name,
        _capture_id,
        _payload_id,
        _kind,
        row_number() over (partition by geoid order by estimate_year desc, _retrieved_at desc) as newest,
        estimate_year = max(estimate_year) over (partition by state_fips, level) as is_of_last_year
    from {{ ref('stg_census__places') }}
),

counties_of_towns as (
    select geoid, name
    from {{ ref('stg_census__gazetteer') }}
    where level = 'county'
    union all
    select geoid, {{ regexp_replace_all("name", ", [^,]*$", "") }} as name
    from {{ ref('unit_changes') }}
    where geoid not in (select geoid from {{ ref('stg_census__gazetteer') }})
),

newest_people as (
    select
        geoid,
        estimate_year,
        population,
        hispanic_share,
        row_number() over (partition by geoid order by estimate_year desc, _retrieved_at desc) as newest
    from {{ ref('int_identity__people') }}
),

named as (
    select
        1 as choice,
        geoid,
        level,
        name,
        {{ regexp_replace_all("name", ", [^,]*$", "") }} as unit_text,
        _capture_id,
        _payload_id,
        _kind
    from newest_estimates
    -- the estimates also name county subdivisions that do not govern; the gazetteer shows which do
    where
        newest = 1 and level <> 'town'
        -- a place of earlier years alone was dissolved, or has another code since: its name would fit two units. Counties
        -- that ended are few, and what was printed of them is theirs
        and (level <> 'place' or is_of_last_year or geoid in (select geoid from {{ ref('stg_census__gazetteer') }}))
    union all
    select
        2 as choice,
        gazetteer.geoid,
        gazetteer.level,
        -- as the Bureau's own surveys name them: the county distinguishes townships of one name
        case
            when gazetteer.level = 'town' then concat(gazetteer.name, ', ', counties.name, ', ', states.name)
            else concat(gazetteer.name, ', ', states.name)
        end as name,
        gazetteer.name as unit_text,
        gazetteer._capture_id,
        gazetteer._payload_id,
        gazetteer._kind
    from {{ ref('stg_census__gazetteer') }} as gazetteer
    inner join {{ ref('states') }} as states
        on substr(gazetteer.geoid, 1, 2) = states.fips
    left join counties_of_towns as counties
        on substr(gazetteer.geoid, 1, 5) = counties.geoid
    where
        gazetteer.level <> 'town'
        -- a county subdivision is a unit if it governs: by its functional status, or by its legal word if the file has none.
        -- The rest are statistical divisions, and towns that are one with a city
        or gazetteer.functional_status in ('A', 'B')
        or (gazetteer.functional_status is null and {{ census_legal_word('gazetteer.name') }} in ('town', 'township', 'charter township', 'plantation'))
    union all
    select
        3 as choice,
        geoid,
        level,
        name,
        {{ regexp_replace_all("name", ", [^,]*$", "") }} as unit_text,
        '-' as _capture_id,
        '-' as _payload_id,
        'transcribed' as _kind
    from {{ ref('unit_changes') }}
    union all
    select
        3 as choice,
        fips as geoid,
        'state' as level,
        name,
        name as unit_text,
        '-' as _capture_id,
        '-' as _payload_id,
        'transcribed' as _kind
    from {{ ref('states') }}
),

ranked as (
    select
        named.*,
        row_number() over (partition by geoid order by choice, name, _payload_id) as nth
    from named
)

select
    ranked.geoid,
    ranked.level,
    ranked.name,
    ranked.unit_text,
    counties.name as county_name,
    estimates.estimate_year,
    estimates.population,
    estimates.hispanic_share,
    ranked._capture_id,
    ranked._payload_id,
    ranked._kind
from ranked
left join newest_people as estimates
    on ranked.geoid = estimates.geoid and estimates.newest = 1
left join counties_of_towns as counties
    on ranked.level = 'town' and substr(ranked.geoid, 1, 5) = counties.geoid
where ranked.nth = 1
