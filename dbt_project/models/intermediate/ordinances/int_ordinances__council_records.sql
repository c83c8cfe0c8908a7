-- What a council's record says happened to a matter: its actions first; the matter's own dates only where no action says it.
with decided as (
    select
        actions.*,
        -- a vote stands only if no later action takes it back or is lost
        coalesce(max(case when event in ('failed', 'reconsidered') then 1 else 0 end) over (
            partition by council_matter_key order by action_no
            rows between 1 following and unbounded following
        ), 0) = 1 as is_undone
    from {{ ref('int_ordinances__council_actions') }} as actions
    where event is not null
),

acted as (
    select
        council_matter_key,
        event,
        action_on as event_on,
        case
            when body_kind = 'assumed' and event in ('council_passed', 'failed', 'overridden')
                then concat(action_name, ' (no body named: taken as the council)')
            else action_name
        end as said,
        action_id,
        is_undone,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at,
        row_number() over (
            partition by council_matter_key, event, action_on
            order by case when is_undone then 1 else 0 end, action_no
        ) as nth
    from decided
),

-- what the actions of a matter say, so that its dates are read for what they can still mean
summaries as (
    select
        council_matter_key,
        max(case when event = 'introduced' then 1 else 0 end) as has_introduction,
        max(case when event = 'council_passed' then 1 else 0 end) as has_vote,
        max(case when event in ('signed', 'enacted') then 1 else 0 end) as has_law,
        max(case when event = 'overridden' then 1 else 0 end) as has_override,
        max(case when event = 'failed' then 1 else 0 end) as has_failure,
        max(case when event = 'failed' then event_on end) as failed_on,
        max(case when event = 'filed_at_end_of_term' then 1 else 0 end) as has_filing,
        max(case when event = 'vetoed' then event_on end) as vetoed_on
    from acted
    group by council_matter_key
),

matters as (
    select
        matters.council_matter_key,
        matters.introduced_on,
        matters.passed_on,
        matters.enacted_on,
        matters.outcome_text,
        matters.outcome_on,
        standings.event as outcome_event,
        coalesce(summaries.has_introduction, 0) as has_introduction,
        coalesce(summaries.has_vote, 0) as has_vote,
        coalesce(summaries.has_law, 0) as has_law,
        coalesce(summaries.has_override, 0) as has_override,
        coalesce(summaries.has_failure, 0) as has_failure,
        coalesce(summaries.has_filing, 0) as has_filing,
        summaries.vetoed_on,
        summaries.failed_on,
        matters._capture_id,
        matters._payload_id,
        matters._record_no,
        matters._kind,
        matters._retrieved_at
    from {{ ref('int_ordinances__council_matters') }} as matters
    left join summaries
        on matters.council_matter_key = summaries.council_matter_key
    left join {{ ref('int_ordinances__council_wordings') }} as standings
        on standings.applies_to = 'outcome' and matters.outcome_text = standings.said
),

dated as (
    select
        matters.*,
        'introduced' as event,
        introduced_on as event_on,
        'date of introduction, from the matter' as said
    from matters
    where introduced_on is not null and has_introduction = 0
    union all
    -- Legistar's date of passing is the day of the final action, whatever that was. It dates what the standing of the
    -- matter says; by itself it says nothing.
    select
        matters.*,
        'overridden' as event,
        passed_on as event_on,
        concat('date of the final action, which lies after the veto; standing of the matter: ', outcome_text) as said
    from matters
    where
        vetoed_on is not null and has_override = 0 and passed_on > vetoed_on and outcome_event in ('overridden', 'enacted')
        and (failed_on is null or failed_on < passed_on)
    union all
    -- where the date of passing is that of enactment, it is the law's day and not the vote's (New York)
    select
        matters.*,
        'council_passed' as event,
        passed_on as event_on,
        case
            when outcome_event in ('council_passed', 'enacted')
                then concat('date of the final action; standing of the matter: ', outcome_text)
            else 'date of the final action, before the date of enactment; no action tells what it is the date of'
        end as said
    from matters
    where
        passed_on is not null and has_vote = 0 and has_law = 0 and has_override = 0 and has_failure = 0
        and has_filing = 0 and vetoed_on is null
        and (outcome_event in ('council_passed', 'enacted') or (outcome_event is null and enacted_on is not null))
        and (enacted_on is null or enacted_on <> passed_on)
    union all
    select
        matters.*,
        'enacted' as event,
        enacted_on as event_on,
        'date of enactment, from the matter' as said
    from matters
    where
        enacted_on is not null and has_law = 0 and has_override = 0
        and (vetoed_on is null or enacted_on > vetoed_on)
        and (failed_on is null or enacted_on > failed_on)
        and coalesce(outcome_event, 'none') not in ('failed', 'filed_at_end_of_term', 'vetoed')
    union all
    select
        matters.*,
        outcome_event as event,
        outcome_on as event_on,
        concat('standing of the matter: ', outcome_text) as said
    from matters
    where
        (outcome_event = 'failed' and has_failure = 0)
        or (outcome_event = 'filed_at_end_of_term' and has_filing = 0)
        or (outcome_event = 'council_passed' and has_vote = 0 and has_failure = 0 and outcome_on is not null)
),

recorded as (
    select
        council_matter_key,
        event,
        event_on,
        said,
        action_id,
        is_undone,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from acted
    where nth = 1
    union all
    select
        council_matter_key, event, event_on, said,
        cast(null as {{ dbt.type_string() }}) as action_id,
        false as is_undone,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from dated
)

select
    recorded.*,
    summaries.vetoed_on
from recorded
left join summaries
    on recorded.council_matter_key = summaries.council_matter_key
