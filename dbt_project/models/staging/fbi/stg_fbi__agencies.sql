select
    ori,
    state_code,
    agency_name,
    agency_type,
    counties,
    is_nibrs,
    nibrs_start_on,
    latitude,
    longitude,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_fbi__agencies') }}
where _fate = 'staged'
