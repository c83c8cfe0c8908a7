select
    jurisdiction_name,
    level,
    geoid_text,
    geoid,
    instrument,
    instrument_number,
    event,
    date_precision,
    event_from,
    event_to,
    known_until,
    source_citation,
    source_status,
    note,
    coalesce(learned_on, cast(_retrieved_at as date)) as learned_on,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_ledger__policy_events') }}
where _fate = 'staged'
