-- Each instrument's steps into and out of force, from events that somebody can cite: docs/ordinances.md has the rules.
-- A step counts from the last day on which it may have happened.
with instrument_days as (
    select
        jurisdiction_key,
        provision_code,
        instrument_id,
        event_to as step_on,
        max(case when track = 'force' and last_of_the_day = 1 then sets end) as force_set,
        max(case when track = 'injunction' and last_of_the_day = 1 then sets end) as injunction_set
    from {{ ref('int_ordinances__deciding_events') }}
    group by jurisdiction_key, provision_code, instrument_id, event_to
),

carried as (
    select
        instrument_days.*,
        {{ last_known('force_set', 'jurisdiction_key, provision_code, instrument_id', 'step_on') }} as last_force_set,
        {{ last_known('injunction_set', 'jurisdiction_key, provision_code, instrument_id', 'step_on') }} as last_injunction_set
    from instrument_days
),

standing as (
    select
        jurisdiction_key,
        provision_code,
        instrument_id,
        step_on,
        case when last_force_set = 1 and coalesce(last_injunction_set, 0) = 0 then 1 else 0 end as is_in_force,
        case when last_force_set = 1 and last_injunction_set = 1 then 1 else 0 end as is_enjoined,
        case when last_force_set = -1 then 1 else 0 end as is_unknown
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
        ), 0) as enjoined_change,
        is_unknown - coalesce(lag(is_unknown) over (
            partition by jurisdiction_key, provision_code, instrument_id order by step_on
        ), 0) as unknown_change
    from standing
),

days as (
    select
        jurisdiction_key,
        provision_code,
        step_on,
        sum(in_force_change) as in_force_change,
        sum(enjoined_change) as enjoined_change,
        sum(unknown_change) as unknown_change
    from changes
    group by jurisdiction_key, provision_code, step_on
),

decisions as (
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
    from {{ ref('int_ordinances__deciding_events') }}
    group by jurisdiction_key, provision_code, event_to
),

records as (
    select
        deciding.*,
        row_number() over (
            partition by jurisdiction_key, provision_code, event_to order by event_from desc, _record_no desc, _capture_id desc
        ) as last_first
    from {{ ref('int_ordinances__deciding_events') }} as deciding
)

select
    days.jurisdiction_key,
    days.provision_code,
    days.step_on,
    decisions.step_from,
    days.in_force_change,
    days.enjoined_change,
    days.unknown_change,
    decisions.weakens,
    decisions.decided_by,
    case when decisions.is_partly_sourced = 1 then 'partial' else 'sourced' end as source_status,
    decisions.learned_on,
    records._capture_id,
    records._payload_id,
    records._record_no,
    records._kind
from days
inner join decisions
    on
        days.jurisdiction_key = decisions.jurisdiction_key
        and days.provision_code = decisions.provision_code
        and days.step_on = decisions.step_on
inner join records
    on
        days.jurisdiction_key = records.jurisdiction_key
        and days.provision_code = records.provision_code
        and days.step_on = records.event_to
        and records.last_first = 1
