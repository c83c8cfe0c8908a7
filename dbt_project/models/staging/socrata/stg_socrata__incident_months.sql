select
    set_id,
    report_month,
    code,
    is_domestic,
    is_supplement,
    victim_group_code,
    reports,
    newest_on,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_socrata__incident_months') }}
where _fate = 'staged'
