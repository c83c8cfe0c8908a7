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
),

-- each wording of a body once: two million actions have some thousands of them
wordings_used as (
    select
        action_name,
        body_name,
        {{ council_lower(council_words("coalesce(action_name, '')")) }} as words,
        {{ council_lower(council_words("coalesce(body_name, '')")) }} as body_words
    from actions
    where action_name is not null
    group by action_name, body_name
),

matched as (
    select
        used.action_name,
        used.body_name,
        wordings.event,
        row_number() over (
            partition by used.action_name, used.body_name order by wordings.precedence, wordings.wording
        ) as choice
    from wordings_used as used
    inner join {{ ref('council_action_wordings') }} as wordings
        on wordings.applies_to = 'action'
        and case
            when wordings.match = 'whole' then used.words = {{ council_words('wordings.wording') }}
            else {{ dbt.position(council_words('wordings.wording'), 'used.words') }} > 0
        end
        and (
            wordings.body = 'any'
            -- a committee's vote is no council's, and a body that is not named is none
            or (
                used.body_name is not null
                and used.body_words not like '% committee %'
                and used.body_words not like '% subcommittee %'
                and used.body_words not like '% commission %'
                and used.body_words not like '% mayor %'
                and used.body_words not like '% staff %'
            )
        )
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
    actions.vote_name,
    case
        -- a vote that was lost is none of what it was about
        when lower(actions.vote_name) = 'fail' and matched.event in ('council_passed', 'overridden', 'first_vote') then 'failed'
        else nullif(matched.event, 'none')
    end as event,
    actions.nth_of_act > 1 as is_repeat,
    actions._capture_id,
    actions._payload_id,
    actions._record_no,
    actions._kind,
    actions._retrieved_at
from actions
left join matched
    on actions.action_name = matched.action_name
    and coalesce(actions.body_name, '') = coalesce(matched.body_name, '')
    and matched.choice = 1
