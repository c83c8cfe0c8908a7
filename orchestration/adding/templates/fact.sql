select
    {{ surrogate_key(['record_id']) }} as <<source>>_<<name>>_key,
    record_id,
    record_name,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from {{ ref('stg_<<raw>>') }}
