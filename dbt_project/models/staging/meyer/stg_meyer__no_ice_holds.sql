-- The sheriff's county, under its own name: the list prints the bare word.
select
    state_code as state_as_printed,
    jurisdiction as listed_name,
    case level when 'consolidated' then 'county' else level end as listed_level,
    case level when 'consolidated' then 'county' else level end as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    printed_name as printed_words,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_meyer__no_ice_holds') }}
where _fate = 'staged'
