with standing as (
    select
        jurisdiction_key,
        provision_code,
        step_on,
        last_record_no,
        sum(force_change) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as in_force,
        sum(injunction_change) over (
            partition by jurisdiction_key, provision_code order by step_on
            rows between unbounded preceding and current row
        ) as enjoined
    from {{ ref('int_ordinances__status_steps') }}
),

statuses as (
    select
        standing.*,
        case
            when in_force > 0 and enjoined > 0 then 'enjoined'
            when in_force > 0 then 'in force'
            else 'not in force'
        end as status
    from standing
),

changes as (
    select
        statuses.*,
        lag(status) over (partition by jurisdiction_key, provision_code order by step_on) as status_before
    from statuses
),

spells as (
    select
        jurisdiction_key,
        provision_code,
        status,
        step_on as valid_from,
        lead(step_on) over (partition by jurisdiction_key, provision_code order by step_on) as valid_to,
        last_record_no
    from changes
    where status_before is null or status_before <> status
)

select
    {{ surrogate_key(['spells.jurisdiction_key', 'spells.provision_code', 'spells.valid_from']) }} as policy_status_key,
    spells.jurisdiction_key,
    {{ surrogate_key(['spells.provision_code']) }} as provision_key,
    {{ date_key('spells.valid_from') }} as valid_from_date_key,
    spells.provision_code,
    spells.status,
    spells.valid_from,
    spells.valid_to,
    ledger._capture_id,
    ledger._payload_id,
    spells.last_record_no as _record_no,
    ledger._kind
from spells
inner join {{ ref('stg_ledger__policy_events') }} as ledger
    on spells.last_record_no = ledger._record_no
