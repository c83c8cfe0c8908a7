select
    {{ surrogate_key([
        'events.jurisdiction_name', 'events.instrument', 'events.instrument_number', 'events.event', 'events.event_from'
    ]) }} as policy_event_key,
    coalesce(geoids.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ surrogate_key(["case when events.note like '%preempts%' then 'preemption' else 'general' end"]) }} as provision_key,
    {{ date_key('events.event_from') }} as event_date_key,
    events.jurisdiction_name,
    events.level as jurisdiction_level,
    case when events.note like '%preempts%' then 'preemption' else 'general' end as provision_code,
    events.instrument,
    events.instrument_number,
    events.event,
    events.event_from,
    events.event_to,
    events.date_precision,
    coalesce(effects.track, 'none') as effect_track,
    events.source_citation,
    events.source_status,
    events.note,
    events._capture_id,
    events._payload_id,
    events._record_no,
    events._kind
from {{ ref('stg_ledger__policy_events') }} as events
left join {{ ref('int_identity__geoids') }} as geoids
    on split_part(events.geoid_text, '/', 1) = geoids.geoid
left join {{ ref('policy_event_effects') }} as effects
    on events.event = effects.event
