-- Each legal event once for each provision of its instrument, as instrument_provisions cites them; an instrument of
-- which nobody says what it provides counts for what its event says, which is mostly `general`.
select
    events.policy_event_key,
    events.jurisdiction_key,
    coalesce(provisions.provision_code, events.provision_code) as provision_code,
    trim(concat(events.instrument, ' ', coalesce(events.instrument_number, ''))) as instrument_id,
    events.event,
    events.event_from,
    events.event_to,
    events.date_precision,
    effects.track,
    cast(effects.sets as int) as sets,
    events.source_status,
    -- a row of the ledger says since when it stands there; what a council's record holds, we learned by its capture
    coalesce(ledger.learned_on, cast(captures.retrieved_at as date)) as learned_on,
    events._capture_id,
    events._payload_id,
    events._record_no,
    events._kind
from {{ ref('fct_policy_event') }} as events
left join {{ ref('instrument_provisions') }} as provisions
    on
        events.jurisdiction_name = provisions.jurisdiction_name
        and events.instrument = provisions.instrument
        and coalesce(events.instrument_number, '') = coalesce(provisions.instrument_number, '')
left join {{ ref('policy_event_effects') }} as effects
    on events.event = effects.event
left join {{ ref('stg_ledger__policy_events') }} as ledger
    on events._capture_id = ledger._capture_id and events._record_no = ledger._record_no
left join {{ source('raw', 'capture') }} as captures
    on events._capture_id = captures.capture_id
where events.jurisdiction_key <> {{ unknown_key() }}
