select
    jurisdiction_key,
    geoid,
    also_geoid,
    level,
    name,
    name_normalized,
    state_code,
    state_fips,
    population,
    population_year,
    hispanic_share,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('int_identity__units') }}
union all
select
    {{ unknown_key() }} as jurisdiction_key,
    cast(null as {{ dbt.type_string() }}) as geoid,
    cast(null as {{ dbt.type_string() }}) as also_geoid,
    'unknown' as level,
    'unknown' as name,
    'UNKNOWN' as name_normalized,
    cast(null as {{ dbt.type_string() }}) as state_code,
    cast(null as {{ dbt.type_string() }}) as state_fips,
    cast(null as bigint) as population,
    cast(null as int) as population_year,
    cast(null as double) as hispanic_share,
    '-' as _capture_id,
    '-' as _payload_id,
    'transcribed' as _kind
