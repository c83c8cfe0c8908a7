-- An event that the vocabulary does not know would change nothing without anyone noticing.
select events.policy_event_key, events.event
from {{ ref('fct_policy_event') }} as events
left join {{ ref('policy_event_effects') }} as effects
    on events.event = effects.event
where effects.event is null
