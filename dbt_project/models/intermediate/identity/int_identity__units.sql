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

census_units as (
    select
        newest_estimates.geoid,
        newest_estimates.level,
        newest_estimates.name,
        {{ census_base_name('newest_estimates.name') }} as name_normalized,
        newest_estimates.state_fips,
        newest_estimates.population,
        newest_estimates.acs_year as population_year,
        newest_estimates.hispanic_share,
        newest_estimates._capture_id,
        newest_estimates._payload_id,
        newest_estimates._kind
    from newest_estimates
    left join {{ ref('consolidated_cities') }} as merged
        on newest_estimates.geoid = merged.county_geoid
    where newest_estimates.newest = 1 and merged.county_geoid is null
),

state_units as (
    select
        states.fips as geoid,
        'state' as level,
        states.name,
        {{ normalize_name('states.name') }} as name_normalized,
        states.fips as state_fips,
        cast(null as bigint) as population,
        cast(null as int) as population_year,
        cast(null as double) as hispanic_share,
        '-' as _capture_id,
        '-' as _payload_id,
        'transcribed' as _kind
    from {{ ref('states') }} as states
    left join census_units on states.fips = census_units.geoid
    where census_units.geoid is null and states.postal <> 'DC'
),

-- units that the ledger names by GEOID although the captured estimates lack them
named as (
    select
        split_part(geoid_text, '/', 1) as geoid,
        jurisdiction_name as name,
        level,
        _capture_id,
        _payload_id,
        _kind,
        row_number() over (partition by split_part(geoid_text, '/', 1) order by _record_no) as first_mention
    from {{ ref('stg_ledger__policy_events') }}
    where geoid_text is not null and not (level = 'state' and geoid_text = '11')
),

named_units as (
    select
        named.geoid,
        case when named.level = 'consolidated' then 'place' else named.level end as level,
        named.name,
        {{ census_base_name('named.name') }} as name_normalized,
        substr(named.geoid, 1, 2) as state_fips,
        cast(null as bigint) as population,
        cast(null as int) as population_year,
        cast(null as double) as hispanic_share,
        named._capture_id,
        named._payload_id,
        named._kind
    from named
    left join census_units on named.geoid = census_units.geoid
    left join state_units on named.geoid = state_units.geoid
    where named.first_mention = 1 and census_units.geoid is null and state_units.geoid is null
),

-- units that a tracker names, hand-kept because neither the estimates nor the ledger hold them
extra as (
    select
        extra_units.geoid,
        extra_units.level,
        extra_units.name,
        {{ census_base_name('extra_units.name') }} as name_normalized,
        substr(extra_units.geoid, 1, 2) as state_fips,
        cast(null as bigint) as population,
        cast(null as int) as population_year,
        cast(null as double) as hispanic_share,
        '-' as _capture_id,
        '-' as _payload_id,
        'transcribed' as _kind
    from {{ ref('extra_units') }} as extra_units
    left join census_units on extra_units.geoid = census_units.geoid
    left join named_units on extra_units.geoid = named_units.geoid
    where census_units.geoid is null and named_units.geoid is null
),

every_unit as (
    {% for part in ['census_units', 'state_units', 'named_units', 'extra'] %}
    select
        geoid,
        level,
        name,
        name_normalized,
        state_fips,
        population,
        population_year,
        hispanic_share,
        _capture_id,
        _payload_id,
        _kind
    from {{ part }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    {{ surrogate_key(['every_unit.geoid']) }} as jurisdiction_key,
    every_unit.geoid,
    consolidated.county_geoid as also_geoid,
    case when consolidated.place_geoid is not null then 'consolidated' else every_unit.level end as level,
    every_unit.name,
    every_unit.name_normalized,
    states.postal as state_code,
    every_unit.state_fips,
    every_unit.population,
    every_unit.population_year,
    every_unit.hispanic_share,
    every_unit._capture_id,
    every_unit._payload_id,
    every_unit._kind
from every_unit
left join {{ ref('consolidated_cities') }} as consolidated
    on every_unit.geoid = consolidated.place_geoid
left join {{ ref('states') }} as states
    on every_unit.state_fips = states.fips
