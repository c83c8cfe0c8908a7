with used as (
    select
        'legistar' as council_source,
        client as council_client,
        'action' as applies_to,
        action_name as said,
        body_kind,
        count(*) as times,
        count(distinct matter_id) as matters,
        max(action_on) as last_used_on
    from {{ ref('int_ordinances__council_actions') }}
    where action_name is not null
    group by client, action_name, body_kind
    union all
    select
        source as council_source,
        client as council_client,
        'outcome' as applies_to,
        outcome_text as said,
        'assumed' as body_kind,
        count(*) as times,
        count(*) as matters,
        max(outcome_on) as last_used_on
    from {{ ref('int_ordinances__council_matters') }}
    where outcome_text is not null
    group by source, client, outcome_text
)

select
    used.council_source,
    used.council_client,
    used.applies_to,
    used.said as wording,
    used.body_kind,
    wordings.reading,
    wordings.event,
    cast(used.times as bigint) as times,
    cast(used.matters as bigint) as matters,
    used.last_used_on
from used
inner join {{ ref('int_ordinances__council_wordings') }} as wordings
    on used.applies_to = wordings.applies_to
    and used.said = wordings.said
    and used.body_kind = wordings.body_kind
