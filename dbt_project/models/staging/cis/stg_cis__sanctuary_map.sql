-- The unit that a row is of, which for three rows is another than the printed one; a unit with two policies stands twice.
select
    state_code as state_as_printed,
    jurisdiction as listed_name,
    case level when 'consolidated' then case when printed_words like '%County%' then 'county' else 'place' end else level end as listed_level,
    case level when 'consolidated' then case when printed_words like '%County%' then 'county' else 'place' end else level end as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    printed_words,
    enacted_month,
    policy,
    condition,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_cis__sanctuary_map') }}
where _fate = 'staged'
