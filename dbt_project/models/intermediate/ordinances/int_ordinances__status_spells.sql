-- What each unit's own measures make of each provision, spell by spell; other governments' measures are not looked at.
with standing as (
    select
        steps.*,
        sum(in_force_change) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as in_force,
        sum(enjoined_change) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as enjoined,
        sum(unknown_change) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as not_known,
        max(case when unknown_change > 0 then step_on end) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as last_lapse_on,
        -- an end that somebody cites, of any measure
        max(case when in_force_change < 0 and coalesce(unknown_change, 0) <= 0 then step_on end) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as last_end_on,
        count(weakens) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as weakens_no
    from {{ ref('int_ordinances__status_steps') }} as steps
),

strengths as (
    select
        standing.*,
        coalesce(max(weakens) over (partition by jurisdiction_key, provision_code, weakens_no), 0) as is_weakened
    from standing
),

statuses as (
    select
        strengths.*,
        case
            when in_force > 0 and is_weakened = 1 then 'weakened'
            when in_force > 0 then 'in force'
            when enjoined > 0 then 'enjoined'
            when not_known > 0 and (last_end_on is null or last_end_on <= last_lapse_on) then 'unknown'
            else 'not in force'
        end as status
    from strengths
),

changes as (
    select
        statuses.*,
        lag(status) over (partition by jurisdiction_key, provision_code order by step_on) as status_before
    from statuses
)

select
    jurisdiction_key,
    provision_code,
    status,
    step_on as valid_from,
    step_from as valid_from_earliest,
    lead(step_on) over (partition by jurisdiction_key, provision_code order by step_on) as valid_to,
    decided_by,
    source_status,
    learned_on,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from changes
where status_before is null or status_before <> status
