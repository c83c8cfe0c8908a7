select
    state_as_printed,
    listed_name,
    case heading when 'STATES' then 'state' when 'COUNTIES' then 'county' else 'place' end as listed_level,
    case heading when 'STATES' then 'state' when 'COUNTIES' then 'county' else 'place' end as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    updated_on,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_doj__sanctuary_list') }}
where _fate = 'staged'
