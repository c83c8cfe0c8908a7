-- Events of which only a source of one date tells, such as a tracker's list, and on which nothing that is cited follows:
-- past that date nobody says whether the measure is still in force. docs/ordinances.md has the rule.
with acts as (
    select *
    from {{ ref('int_ordinances__event_provisions') }}
    where decides_status and event_to is not null and track = 'force'
),

-- a later event of the instrument by that date, or one before it whose source is bound to no date and that has not ended
followed as (
    select
        dated.policy_event_key,
        dated.provision_code
    from acts as dated
    inner join acts as others
        on
            dated.jurisdiction_key = others.jurisdiction_key
            and dated.provision_code = others.provision_code
            and dated.instrument_id = others.instrument_id
            and dated.policy_event_key <> others.policy_event_key
            and (
                (others.event_to > dated.event_to and others.event_to <= {{ dbt.dateadd('day', 1, 'dated.known_until') }})
                or (others.event_to <= dated.event_to and others.sets = 1 and others.known_until is null)
            )
    left join acts as ends
        on
            others.jurisdiction_key = ends.jurisdiction_key
            and others.provision_code = ends.provision_code
            and others.instrument_id = ends.instrument_id
            and ends.sets = 0
            and ends.event_to between others.event_to and dated.event_to
    where dated.known_until is not null and dated.sets = 1
    group by dated.policy_event_key, dated.provision_code, others.policy_event_key
    having count(ends.policy_event_key) = 0
)

select
    acts.policy_event_key,
    acts.jurisdiction_key,
    acts.provision_code,
    acts.instrument_id,
    cast({{ dbt.dateadd('day', 1, 'acts.known_until') }} as date) as unknown_from,
    concat('known until ', cast(acts.known_until as {{ dbt.type_string() }}), ' only:') as event,
    acts.source_status,
    acts.learned_on,
    acts._capture_id,
    acts._payload_id,
    acts._record_no,
    acts._kind
from acts
left join (select distinct policy_event_key, provision_code from followed) as followed
    on acts.policy_event_key = followed.policy_event_key and acts.provision_code = followed.provision_code
where acts.known_until is not null and acts.sets = 1 and followed.policy_event_key is null
