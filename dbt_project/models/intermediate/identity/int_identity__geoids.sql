select
    geoid,
    jurisdiction_key,
    level
from {{ ref('int_identity__units') }}
where geoid is not null
union all
select
    merged.county_geoid as geoid,
    units.jurisdiction_key,
    units.level
from {{ ref('int_identity__merged') }} as merged
inner join {{ ref('int_identity__units') }} as units
    on merged.place_geoid = units.geoid
union all
-- Connecticut's towns keep the last five digits under its counties and, since 2022, its planning regions
select
    concat(counties.geoid, substr(towns.geoid, 6, 5)) as geoid,
    towns.jurisdiction_key,
    towns.level
from {{ ref('int_identity__units') }} as towns
inner join {{ ref('int_identity__units') }} as counties
    on towns.state_fips = counties.state_fips and counties.level = 'county' and substr(towns.geoid, 1, 5) <> counties.geoid
where towns.level = 'town' and towns.state_code = 'CT'
union all
-- the District is a state to the Census, and one government with its city
select
    states.fips as geoid,
    units.jurisdiction_key,
    units.level
from {{ ref('name_exceptions') }} as exceptions
inner join {{ ref('states') }} as states
    on exceptions.state_code = states.postal
inner join {{ ref('int_identity__units') }} as units
    on exceptions.geoid = units.geoid
where exceptions.level_group = 'state'
union all
select
    {{ nation_geoid() }} as geoid,
    {{ surrogate_key([nation_geoid()]) }} as jurisdiction_key,
    'nation' as level
