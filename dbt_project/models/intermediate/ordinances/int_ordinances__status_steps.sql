-- Each instrument's steps into and out of force, from events that somebody can cite: docs/ordinances.md has the rules.
-- A step counts from the last day on which it may have happened.
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
),

deciding as (
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
),

instrument_days as (
    select
        jurisdiction_key,
        provision_code,
        instrument_id,
        event_to as step_on,
        max(case when track = 'force' and last_of_the_day = 1 then sets end) as force_set,
        max(case when track = 'injunction' and last_of_the_day = 1 then sets end) as injunction_set
    from deciding
    group by jurisdiction_key, provision_code, instrument_id, event_to
),

numbered as (
    select
        instrument_days.*,
        count(force_set) over (
            partition by jurisdiction_key, provision_code, instrument_id order by step_on
            rows between unbounded preceding and current row
        ) as force_no,
        count(injunction_set) over (
            partition by jurisdiction_key, provision_code, instrument_id order by step_on
            rows between unbounded preceding and current row
        ) as injunction_no
    from instrument_days
),

carried as (
    select
        numbered.*,
        coalesce(max(force_set) over (
            partition by jurisdiction_key, provision_code, instrument_id, force_no
        ), 0) as is_law,
        coalesce(max(injunction_set) over (
            partition by jurisdiction_key, provision_code, instrument_id, injunction_no
        ), 0) as is_suspended
    from numbered
),

standing as (
    select
        jurisdiction_key,
        provision_code,
        instrument_id,
        step_on,
        case when is_law = 1 and is_suspended = 0 then 1 else 0 end as is_in_force,
        case when is_law = 1 and is_suspended = 1 then 1 else 0 end as is_enjoined
    from carried
),

changes as (
    select
        jurisdiction_key,
        provision_code,
        step_on,
        is_in_force - coalesce(lag(is_in_force) over (
            partition by jurisdiction_key, provision_code, instrument_id order by step_on
        ), 0) as in_force_change,
        is_enjoined - coalesce(lag(is_enjoined) over (
            partition by jurisdiction_key, provision_code, instrument_id order by step_on
        ), 0) as enjoined_change
    from standing
),

days as (
    select
        jurisdiction_key,
        provision_code,
        step_on,
        sum(in_force_change) as in_force_change,
        sum(enjoined_change) as enjoined_change
    from changes
    group by jurisdiction_key, provision_code, step_on
),

said as (
    select
        jurisdiction_key,
        provision_code,
        event_to as step_on,
        min(event_from) as step_from,
        -- a later measure of full strength ends what an earlier one weakened; an amendment alone does not
        max(case
            when event = 'weakened' then 1
            when event in ('restored', 'enacted', 'effective', 'issued', 'adopted', 'signed', 'overridden') then 0
        end) as weakens,
        {{ joined("concat(event, ' ', instrument_id)") }} as decided_by,
        max(case when source_status = 'partial' then 1 else 0 end) as is_partly_sourced,
        max(learned_on) as learned_on
    from deciding
    group by jurisdiction_key, provision_code, event_to
),

records as (
    select
        deciding.*,
        row_number() over (
            partition by jurisdiction_key, provision_code, event_to order by event_from desc, _record_no desc, _capture_id desc
        ) as last_first
    from deciding
)

select
    days.jurisdiction_key,
    days.provision_code,
    days.step_on,
    said.step_from,
    days.in_force_change,
    days.enjoined_change,
    said.weakens,
    said.decided_by,
    case when said.is_partly_sourced = 1 then 'partial' else 'sourced' end as source_status,
    said.learned_on,
    records._capture_id,
    records._payload_id,
    records._record_no,
    records._kind
from days
inner join said
    on
        days.jurisdiction_key = said.jurisdiction_key
        and days.provision_code = said.provision_code
        and days.step_on = said.step_on
inner join records
    on
        days.jurisdiction_key = records.jurisdiction_key
        and days.provision_code = records.provision_code
        and days.step_on = records.event_to
        and records.last_first = 1
