-- question: Which legal events of Chicago, Los Angeles, New York and Boston fall between two days?
-- title: Which legal events of Chicago, Los Angeles, New York and Boston fall between {from} and {to}?
-- about: policies
-- parameter: from=2016-11-08 (date)
-- parameter: to=2017-03-27 (date)
-- caveat: Only events in the ledger or in a captured council's record are listed. A mayor's statement is not a legal event, and the ledger is not complete.
-- caveat: affirms: an act with a source that puts a measure in force and does not weaken one. These rows check the claim (clawback query claims).
-- column: affirms: Whether the event lies between the two days, has a source, and brought a policy into force or back into it without weakening it. Null where an event's effect is not stated.
-- column: is_since_executive_order: Whether the event was on or after 2017-01-25, the day of Executive Order 13768. Null if its month or year allows both.
-- an act of several provisions is one event
select distinct
    jurisdictions.name,
    events.instrument,
    events.instrument_number,
    events.event,
    events.event_from,
    events.event_to,
    events.date_precision,
    events.event_from >= cast($from as date) and events.event_to <= cast($to as date)
        and events.source_status <> 'unsourced'
        and effects.track = 'force'
        and effects.sets = 1
        and events.event <> 'weakened' as affirms,
    case
        when events.event_from >= date '2017-01-25' then true
        when events.event_to < date '2017-01-25' then false
    end as is_since_executive_order,
    events.source_status,
    events.source_citation
from core.fct_policy_event as events
join core.dim_jurisdiction as jurisdictions using (jurisdiction_key)
join reference.article_claims as claims
    on claims.claim_kind = 'affirmed' and list_contains(string_split(claims.geoids, ';'), jurisdictions.geoid)
left join reference.policy_event_effects as effects on events.event = effects.event
where
    events.event_to >= cast($from as date) and events.event_from <= cast($to as date)
order by jurisdictions.name, events.event_from, events.instrument_number, events.event, events.source_citation;
