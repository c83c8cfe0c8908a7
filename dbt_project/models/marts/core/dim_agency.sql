select
    {{ surrogate_key(['agencies.ori']) }} as agency_key,
    agencies.ori,
    agencies.agency_name,
    agencies.agency_type,
    agencies.state_code,
    agencies.counties,
    agencies.jurisdiction_key,
    agencies.match_method,
    agencies.match_score,
    agencies.match_evidence,
    coalesce(coverage.coverage, 'its jurisdiction') as coverage,
    coverage.reason as coverage_reason,
    agencies.is_nibrs,
    agencies.nibrs_start_on,
    agencies.latitude,
    agencies.longitude,
    agencies._capture_id,
    agencies._payload_id,
    agencies._kind
from {{ ref('int_crime__agencies') }} as agencies
left join {{ ref('agency_coverage') }} as coverage
    on agencies.ori = coverage.ori
union all
select
    {{ unknown_key() }} as agency_key,
    'unknown' as ori,
    'unknown' as agency_name,
    'unknown' as agency_type,
    cast(null as {{ dbt.type_string() }}) as state_code,
    cast(null as {{ dbt.type_string() }}) as counties,
    {{ unknown_key() }} as jurisdiction_key,
    'unresolved' as match_method,
    cast(null as double) as match_score,
    'the unknown member' as match_evidence,
    'unknown' as coverage,
    cast(null as {{ dbt.type_string() }}) as coverage_reason,
    cast(null as boolean) as is_nibrs,
    cast(null as date) as nibrs_start_on,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    '-' as _capture_id,
    '-' as _payload_id,
    'transcribed' as _kind
