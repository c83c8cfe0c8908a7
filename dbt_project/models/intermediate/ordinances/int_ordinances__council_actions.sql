-- The newest answer's actions of each matter, in order, each with the event that its wording means.
with answers as (
    select
        client,
        matter_id,
        max(_retrieved_at) as newest_at
    from {{ ref('stg_legistar__histories') }}
    group by client, matter_id
),

newest as (
    select histories.*
    from {{ ref('stg_legistar__histories') }} as histories
    inner join answers
        on histories.client = answers.client
        and histories.matter_id = answers.matter_id
        and histories._retrieved_at = answers.newest_at
),

actions as (
    select
        {{ surrogate_key(["'legistar'", 'client', 'matter_id']) }} as council_matter_key,
        client,
        matter_id,
        action_id,
        action_on,
        action_name,
        action_text,
        body_name,
        {{ council_body_kind('body_name') }} as body_kind,
        vote_name,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at,
        row_number() over (
            partition by client, matter_id
            -- the minutes leave out what is no item of a meeting; numbers are given in the order of entry
            order by action_on nulls last, length(action_id), action_id
        ) as action_no,
        -- some systems write one act twice, under two ids
        row_number() over (
            partition by client, matter_id, action_on, action_name, body_name
            order by length(action_id), action_id
        ) as nth_of_act
    from newest
)

select
    actions.council_matter_key,
    actions.client,
    actions.matter_id,
    actions.action_id,
    actions.action_no,
    actions.action_on,
    actions.action_name,
    actions.action_text,
    actions.body_name,
    actions.body_kind,
    actions.vote_name,
    case
        -- a vote that was lost is none of what it was about
        when lower(actions.vote_name) = 'fail' and wordings.event in ('council_passed', 'overridden', 'first_vote') then 'failed'
        when lower(actions.vote_name) = 'fail' and wordings.event = 'reconsidered' then cast(null as {{ dbt.type_string() }})
        else wordings.event
    end as event,
    coalesce(wordings.reading = 'unread', false) as is_unread,
    actions.nth_of_act > 1 as is_repeat,
    actions._capture_id,
    actions._payload_id,
    actions._record_no,
    actions._kind,
    actions._retrieved_at
from actions
left join {{ ref('int_ordinances__council_wordings') }} as wordings
    on wordings.applies_to = 'action'
    and actions.action_name = wordings.said
    and actions.body_kind = wordings.body_kind
