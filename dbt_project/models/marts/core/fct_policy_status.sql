-- Beside what a unit's own measures provide stand its state's measures of the same provision and the state's law that
-- preempts local policy, each by its own dates: a spell ends where any of the three changes, and none decides another.
with own as (
    select *
    from {{ ref('int_ordinances__status_spells') }}
),

units as (
    select
        jurisdictions.jurisdiction_key,
        max(states.jurisdiction_key) as state_key
    from {{ ref('dim_jurisdiction') }} as jurisdictions
    left join {{ ref('dim_jurisdiction') }} as states
        on
            jurisdictions.state_code = states.state_code
            and states.level = 'state'
            and jurisdictions.level in ('county', 'place', 'town', 'consolidated')
    where jurisdictions.is_resolved
    group by jurisdictions.jurisdiction_key
),

-- every unit of which some event is known, decisive or not
named as (
    select events.jurisdiction_key, units.state_key
    from {{ ref('int_ordinances__event_provisions') }} as events
    inner join units on events.jurisdiction_key = units.jurisdiction_key
    group by events.jurisdiction_key, units.state_key
),

pairs as (
    select named.jurisdiction_key, named.state_key, own.provision_code
    from named
    inner join own on named.jurisdiction_key = own.jurisdiction_key
    group by named.jurisdiction_key, named.state_key, own.provision_code
    union
    select named.jurisdiction_key, named.state_key, own.provision_code
    from named
    inner join own on named.state_key = own.jurisdiction_key and own.provision_code <> 'preemption'
    group by named.jurisdiction_key, named.state_key, own.provision_code
),

bounds as (
    select pairs.jurisdiction_key, pairs.state_key, pairs.provision_code, own.valid_from as bound_on
    from pairs
    inner join own on pairs.jurisdiction_key = own.jurisdiction_key and pairs.provision_code = own.provision_code
    union
    select pairs.jurisdiction_key, pairs.state_key, pairs.provision_code, own.valid_from as bound_on
    from pairs
    inner join own on pairs.state_key = own.jurisdiction_key and own.provision_code in (pairs.provision_code, 'preemption')
),

beside as (
    select
        parts.jurisdiction_key,
        parts.provision_code,
        parts.bound_on,
        coalesce(own.status, 'unknown') as status,
        case when own.status <> 'unknown' then own.valid_from end as status_since,
        case when own.status <> 'unknown' then own.valid_from_earliest end as status_since_earliest,
        own.decided_by,
        own.source_status,
        own.learned_on,
        overlays.status as state_overlay,
        overlays.decided_by as state_overlay_by,
        overlays.learned_on as state_overlay_learned_on,
        preemptions.status as preemption,
        case when preemptions.status = 'in force' then preemptions.decided_by end as preempted_by,
        preemptions.learned_on as preemption_learned_on,
        coalesce(own._capture_id, overlays._capture_id, preemptions._capture_id) as _capture_id,
        coalesce(own._payload_id, overlays._payload_id, preemptions._payload_id) as _payload_id,
        coalesce(own._record_no, overlays._record_no, preemptions._record_no) as _record_no,
        coalesce(own._kind, overlays._kind, preemptions._kind) as _kind,
        concat(
            coalesce(own.status, 'unknown'), '|', coalesce(overlays.status, ''), '|', coalesce(preemptions.status, '')
        ) as said
    from bounds as parts
    left join own
        on
            parts.jurisdiction_key = own.jurisdiction_key
            and parts.provision_code = own.provision_code
            and own.valid_from <= parts.bound_on
            and (own.valid_to is null or own.valid_to > parts.bound_on)
    left join own as overlays
        on
            parts.state_key = overlays.jurisdiction_key
            and parts.provision_code = overlays.provision_code
            and overlays.valid_from <= parts.bound_on
            and (overlays.valid_to is null or overlays.valid_to > parts.bound_on)
    left join own as preemptions
        on
            parts.state_key = preemptions.jurisdiction_key
            and preemptions.provision_code = 'preemption'
            and preemptions.valid_from <= parts.bound_on
            and (preemptions.valid_to is null or preemptions.valid_to > parts.bound_on)
),

changes as (
    select
        beside.*,
        lag(said) over (partition by jurisdiction_key, provision_code order by bound_on) as said_before
    from beside
),

spells as (
    select
        changes.*,
        lead(bound_on) over (partition by jurisdiction_key, provision_code order by bound_on) as valid_to
    from changes
    where said_before is null or said_before <> said
)

select
    {{ surrogate_key(['spells.jurisdiction_key', 'spells.provision_code', 'spells.bound_on']) }} as policy_status_key,
    spells.jurisdiction_key,
    {{ surrogate_key(['spells.provision_code']) }} as provision_key,
    {{ date_key('spells.bound_on') }} as valid_from_date_key,
    spells.provision_code,
    spells.status,
    spells.bound_on as valid_from,
    spells.valid_to,
    spells.status_since,
    spells.status_since_earliest,
    spells.decided_by,
    spells.source_status,
    spells.learned_on,
    spells.state_overlay,
    spells.state_overlay_by,
    spells.state_overlay_learned_on,
    spells.preemption,
    spells.preempted_by,
    spells.preemption_learned_on,
    spells._capture_id,
    spells._payload_id,
    spells._record_no,
    spells._kind
from spells
