select
    client,
    matter_id,
    record_number,
    legacy_record_number,
    title,
    type_name,
    category_name,
    status_name,
    sub_status_name,
    body_name,
    introduced_on,
    final_on,
    last_modified_at,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_elms__matters') }}
where _fate = 'staged'
