select
    client,
    matter_id,
    action_id,
    action_on,
    action_name,
    action_text,
    body_name,
    vote_name,
    version_name,
    minutes_no,
    last_modified_at,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_legistar__histories') }}
where _fate = 'staged'
