-- Each legal event once for each provision of its instrument, as instrument_provisions cites them; an instrument of
-- which nobody says what it provides counts for what its event says, which is mostly `general`.
with cited as (
    select
        geoids.jurisdiction_key,
        provisions.instrument,
        provisions.instrument_number,
        provisions.provision_code
    from {{ ref('instrument_provisions') }} as provisions
    inner join {{ ref('int_identity__geoids') }} as geoids
        on provisions.geoid = geoids.geoid
)

select
    events.policy_event_key,
    events.jurisdiction_key,
    coalesce(provisions.provision_code, events.provision_code) as provision_code,
    trim(concat(events.instrument, ' ', coalesce(events.instrument_number, ''))) as instrument_id,
    events.event,
    events.event_from,
    events.event_to,
    events.known_until,
    events.date_precision,
    effects.track,
    cast(effects.sets as int) as sets,
    events.source_status,
    -- a council's record whose provision nobody read decides nothing, unless the instrument's provisions are cited
    events.is_decisive
    or (events.origin = 'council' and provisions.provision_code is not null and events.event_from is not null)
        as decides_status,
    events.learned_on,
    events._capture_id,
    events._payload_id,
    events._record_no,
    events._kind
from {{ ref('fct_policy_event') }} as events
left join cited as provisions
    on
        events.jurisdiction_key = provisions.jurisdiction_key
        and events.instrument = provisions.instrument
        and coalesce(events.instrument_number, '') = coalesce(provisions.instrument_number, '')
left join {{ ref('policy_event_effects') }} as effects
    on events.event = effects.event
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on events.jurisdiction_key = jurisdictions.jurisdiction_key
where jurisdictions.is_resolved
