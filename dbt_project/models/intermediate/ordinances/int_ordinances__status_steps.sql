-- Each instrument's steps into and out of force, from events that somebody can cite. A signature counts only where no
-- event of the instrument tells when it takes effect.
with events as (
    select
        events.jurisdiction_key,
        events.provision_code,
        concat(events.instrument, ' ', coalesce(events.instrument_number, '')) as instrument_id,
        events.event,
        events.event_from,
        events._record_no,
        effects.track,
        cast(effects.sets as int) as sets,
        max(case when events.event = 'effective' then 1 else 0 end) over (
            partition by events.jurisdiction_key, concat(events.instrument, ' ', coalesce(events.instrument_number, ''))
        ) as has_effective
    from {{ ref('fct_policy_event') }} as events
    inner join {{ ref('policy_event_effects') }} as effects
        on events.event = effects.event and effects.track <> 'none'
    where events.source_status <> 'unsourced' and events.event_from is not null
),

deciding as (
    select
        events.*,
        coalesce(lag(sets) over (
            partition by jurisdiction_key, provision_code, instrument_id, track
            order by event_from, _record_no
        ), 0) as was
    from events
    where not (event = 'signed' and has_effective = 1)
)

select
    jurisdiction_key,
    provision_code,
    event_from as step_on,
    sum(case when track = 'force' then sets - was else 0 end) as force_change,
    sum(case when track = 'injunction' then sets - was else 0 end) as injunction_change,
    max(_record_no) as last_record_no
from deciding
group by jurisdiction_key, provision_code, event_from
