-- The Bureau's register of agencies, each with the unit that the one resolver finds for its name.
select
    agencies.ori,
    agencies.state_code,
    agencies.agency_name,
    agencies.agency_type,
    agencies.counties,
    agencies.is_nibrs,
    agencies.nibrs_start_on,
    agencies.latitude,
    agencies.longitude,
    names.printed_id,
    coalesce(names.kind, 'unknown') as agency_kind,
    coalesce(names.is_police, false) as is_police,
    coalesce(names.is_sheriff, false) as is_sheriff,
    coalesce(names.is_resolved, false) as is_resolved,
    coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    coalesce(names.match_method, 'unresolved') as match_method,
    names.match_score,
    coalesce(names.match_evidence, 'no name in the record') as match_evidence,
    agencies._capture_id,
    agencies._payload_id,
    agencies._record_no,
    agencies._kind
from {{ ref('stg_fbi__agencies') }} as agencies
left join {{ ref('int_identity__resolved') }} as names
    on {{ printed_id("'fbi'", 'agencies.agency_name', 'agencies.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'agencies.counties', agency_type_hint('agencies.agency_type')) }} = names.printed_id
