-- Every state, county, place and town once, and the tribes that awards or the register name. A city that is its county
-- is one unit.
with merged as (
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

-- A tribe is a government of its own kind. No list of tribes is captured: a tribe is a unit if awards or the register name it.
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
    {{ surrogate_key(['named.geoid']) }} as jurisdiction_key,
    named.geoid,
    merged.also_geoid,
    case when merged.place_geoid is not null then 'consolidated' else named.level end as level,
    merged.merger,
    named.name,
    {{ census_base_name('named.unit_text') }} as name_normalized,
    {{ census_legal_word('named.unit_text') }} as legal_word,
    nullif({{ spelled_name(regexp_replace_all("coalesce(split_part(within.county_name, ';', 1), named.county_name)", " (County|Parish|city|Planning Region)$", "")) }}, '') as within_county,
    nullif({{ spelled_name("split_part(within.county_name, ';', 2)") }}, '') as second_within_county,
    -- a census designated place has a name and a code but no government; nor has a zona urbana or a comunidad
    coalesce({{ census_legal_word('named.unit_text') }}, '') not in ('CDP', 'zona urbana', 'comunidad', 'Planning Region')
        as is_general_government,
    states.postal as state_code,
    states.fips as state_fips,
    -- the people of the county that a city also is, where no estimate of the city itself is captured
    case when named.estimate_year is null then counties.population else named.population end as population,
    coalesce(named.estimate_year, counties.estimate_year) as population_year,
    case when named.estimate_year is null then counties.hispanic_share else named.hispanic_share end as hispanic_share,
    changes.exists_from,
    changes.exists_to,
    named._capture_id,
    named._payload_id,
    named._kind
from {{ ref('int_identity__census_names') }} as named
inner join {{ ref('states') }} as states
    on substr(named.geoid, 1, 2) = states.fips
left join merged
    on named.geoid = merged.place_geoid
left join {{ ref('int_identity__census_names') }} as counties
    on merged.also_geoid = counties.geoid
left join counties_of_cities
    on named.geoid = counties_of_cities.county_geoid
left join {{ ref('unit_changes') }} as changes
    on named.geoid = changes.geoid
left join {{ ref('place_counties') }} as within
    on named.geoid = within.geoid
where
    counties_of_cities.county_geoid is null
    -- the District is a state to the Census and one government in fact
    and named.geoid <> '11'
