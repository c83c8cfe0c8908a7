select
    events.event_id as policy_event_key,
    events.jurisdiction_key,
    {{ surrogate_key(['events.provision_code']) }} as provision_key,
    {{ calendar_key('events.event_from') }} as event_date_key,
    jurisdictions.name as jurisdiction_name,
    events.jurisdiction_level as level,
    events.provision_code,
    events.instrument,
    events.instrument_number,
    events.event,
    events.event_from,
    events.event_to,
    events.known_until,
    events.date_precision,
    coalesce(effects.track, 'none') as effect_track,
    events.source_citation,
    events.source_status,
    events.note,
    events.origin,
    events.learned_on,
    events.decides_status as is_decisive,
    events._capture_id,
    events._payload_id,
    events._record_no,
    events._kind
from {{ ref('int_ordinances__events') }} as events
left join {{ ref('policy_event_effects') }} as effects
    on events.event = effects.event
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on events.jurisdiction_key = jurisdictions.jurisdiction_key
