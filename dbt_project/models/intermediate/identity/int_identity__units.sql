-- Every state, county, place and town once: the captured estimates tell the people and the name in full, the gazetteer all
-- the rest, hand-kept changes what was and is no more.
with newest_estimates as (
    select
        geoid,
        state_fips,
        level,
        name,
        acs_year,
        population,
        hispanic_share,
        _capture_id,
        _payload_id,
        _kind,
        row_number() over (partition by geoid order by acs_year desc, _retrieved_at desc) as newest
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

-- where several sources name a unit, the first of this order does
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
    -- the estimates name county subdivisions that do not govern too: the gazetteer tells which do
    where newest = 1 and level <> 'town'
    union all
    select
        2 as choice,
        gazetteer.geoid,
        gazetteer.level,
        -- as the Bureau's own surveys name them: a township is told from its namesakes by its county
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
        -- a county subdivision is a unit where it governs: by its functional status, or by its legal word where the file
        -- has none; the rest are statistical divisions and the towns that a city is one with
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
),

merged as (
    select
        place_geoid,
        max(merger) as merger,
        case when count(*) = 1 then max(county_geoid) end as also_geoid
    from {{ ref('int_identity__merged') }}
    group by place_geoid
),

counties_of_cities as (
    select county_geoid from {{ ref('int_identity__merged') }} group by county_geoid
),

-- A tribe is a government of its own kind. No list of them is captured: it is a unit where awards or the register name it.
tribes as (
    select
        base,
        state_code,
        min(name) as name
    from {{ ref('int_identity__parsed') }}
    where kind = 'tribe'
    group by base, state_code
)

select
    {{ surrogate_key(["'tribe'", 'tribes.base', 'tribes.state_code']) }} as jurisdiction_key,
    cast(null as {{ dbt.type_string() }}) as geoid,
    cast(null as {{ dbt.type_string() }}) as also_geoid,
    'tribe' as level,
    cast(null as {{ dbt.type_string() }}) as merger,
    tribes.name,
    tribes.base as name_normalized,
    cast(null as {{ dbt.type_string() }}) as legal_word,
    cast(null as {{ dbt.type_string() }}) as within_county,
    cast(null as {{ dbt.type_string() }}) as second_within_county,
    true as is_general_government,
    tribes.state_code,
    states.fips as state_fips,
    cast(null as bigint) as population,
    cast(null as int) as population_year,
    cast(null as double) as hispanic_share,
    cast(null as date) as exists_from,
    cast(null as date) as exists_to,
    '-' as _capture_id,
    '-' as _payload_id,
    'transcribed' as _kind
from tribes
left join {{ ref('states') }} as states
    on tribes.state_code = states.postal
union all
select
    {{ surrogate_key(['ranked.geoid']) }} as jurisdiction_key,
    ranked.geoid,
    merged.also_geoid,
    case when merged.place_geoid is not null then 'consolidated' else ranked.level end as level,
    merged.merger,
    ranked.name,
    {{ census_base_name('ranked.unit_text') }} as name_normalized,
    {{ census_legal_word('ranked.unit_text') }} as legal_word,
    nullif({{ spelled_name(regexp_replace_all("coalesce(split_part(within.county_name, ';', 1), counties.name)", " (County|Parish|city|Planning Region)$", "")) }}, '') as within_county,
    nullif({{ spelled_name("split_part(within.county_name, ';', 2)") }}, '') as second_within_county,
    -- a census designated place has a name and a code, and no government; a zona urbana or a comunidad neither
    coalesce({{ census_legal_word('ranked.unit_text') }}, '') not in ('CDP', 'zona urbana', 'comunidad', 'Planning Region')
        as is_general_government,
    states.postal as state_code,
    states.fips as state_fips,
    estimates.population,
    estimates.acs_year as population_year,
    estimates.hispanic_share,
    changes.exists_from,
    changes.exists_to,
    ranked._capture_id,
    ranked._payload_id,
    ranked._kind
from ranked
inner join {{ ref('states') }} as states
    on substr(ranked.geoid, 1, 2) = states.fips
left join newest_estimates as estimates
    on ranked.geoid = estimates.geoid and estimates.newest = 1
left join merged
    on ranked.geoid = merged.place_geoid
left join counties_of_cities
    on ranked.geoid = counties_of_cities.county_geoid
left join {{ ref('unit_changes') }} as changes
    on ranked.geoid = changes.geoid
left join {{ ref('place_counties') }} as within
    on ranked.geoid = within.geoid
left join counties_of_towns as counties
    on ranked.level = 'town' and substr(ranked.geoid, 1, 5) = counties.geoid
where
    ranked.nth = 1
    and counties_of_cities.county_geoid is null
    -- the District is a state to the Census and one government in fact
    and ranked.geoid <> '11'
