select
    state_code as state_as_printed,
    jurisdiction as listed_name,
    case level when 'consolidated' then 'place' else level end as listed_level,
    case level when 'consolidated' then 'place' else level end as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    letter_what,
    cited,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_doj__compliance_letters') }}
where _fate = 'staged'
