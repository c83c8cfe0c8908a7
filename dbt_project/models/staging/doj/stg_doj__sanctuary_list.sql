select
    heading,
    listed_name,
    state_as_printed,
    updated_on,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_doj__sanctuary_list') }}
where _fate = 'staged'
