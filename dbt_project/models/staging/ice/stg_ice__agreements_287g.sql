select
    state_name,
    agency_name,
    agency_type,
    county_name,
    support_type,
    signed_on,
    addendum,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_ice__agreements_287g') }}
where _fate = 'staged'
