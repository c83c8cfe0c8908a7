select
    survey_year,
    hispanic_code,
    offense_code,
    relation_code,
    notify_code,
    interviewed,
    weight,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_bjs__victimizations') }}
where _fate = 'staged'
