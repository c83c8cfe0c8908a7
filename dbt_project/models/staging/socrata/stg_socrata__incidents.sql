select
    set_id,
    incident_id,
    reported_on,
    occurred_on,
    counted_on,
    code,
    is_domestic,
    is_supplement,
    victim_group_code,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_socrata__incidents') }}
where _fate = 'staged'
