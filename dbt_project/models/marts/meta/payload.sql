select
    capture_id,
    payload_id,
    url,
    method,
    cast(status as int) as status,
    media_type,
    retrieved_at,
    sha256,
    cast(bytes as bigint) as bytes,
    cast(records as bigint) as records
from {{ source('raw', 'payload') }}
