-- TODO: the levels that the list names: state, county, place or agency.
select
    state_as_printed,
    printed_name as listed_name,
    'place' as listed_level,
    'place' as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_<<raw>>') }}
where _fate = 'staged'
