-- The events that move an instrument into or out of force, of those that somebody can cite: docs/ordinances.md has the
-- rules. An act that names a later day of effect counts from that day.
with events as (
    select *
    from {{ ref('int_ordinances__event_provisions') }}
    where decides_status and event_to is not null and track in ('force', 'injunction')
),

effects as (
    select jurisdiction_key, provision_code, instrument_id, event_to as effective_on
    from events
    where event = 'effective'
    group by jurisdiction_key, provision_code, instrument_id, event_to
),

-- an act waits for the day of its effect, where an event of the instrument tells it within a year
waiting as (
    select events.policy_event_key, events.provision_code
    from events
    inner join effects
        on
            events.jurisdiction_key = effects.jurisdiction_key
            and events.provision_code = effects.provision_code
            and events.instrument_id = effects.instrument_id
            and effects.effective_on > events.event_to
            and effects.effective_on <= {{ dbt.dateadd('day', 366, 'events.event_to') }}
    where events.event in ('signed', 'enacted', 'issued', 'adopted', 'overridden')
    group by events.policy_event_key, events.provision_code
)

select
    events.*,
    row_number() over (
        partition by events.jurisdiction_key, events.provision_code, events.instrument_id, events.track, events.event_to
        order by events.event_from desc, events._record_no desc
    ) as last_of_the_day
from events
left join waiting
    on events.policy_event_key = waiting.policy_event_key and events.provision_code = waiting.provision_code
where waiting.policy_event_key is null
