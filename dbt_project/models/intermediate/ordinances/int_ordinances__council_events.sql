-- Council records as legal events: the actions first; the matter's own dates only where no action tells.
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

-- what the actions of a matter tell, so that its dates are read for what they can still mean
told as (
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
        coalesce(told.has_introduction, 0) as has_introduction,
        coalesce(told.has_vote, 0) as has_vote,
        coalesce(told.has_law, 0) as has_law,
        coalesce(told.has_override, 0) as has_override,
        coalesce(told.has_failure, 0) as has_failure,
        coalesce(told.has_filing, 0) as has_filing,
        told.vetoed_on,
        told.failed_on,
        matters._capture_id,
        matters._payload_id,
        matters._record_no,
        matters._kind,
        matters._retrieved_at
    from {{ ref('int_ordinances__council_matters') }} as matters
    left join told
        on matters.council_matter_key = told.council_matter_key
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
        council_matter_key,
        event,
        event_on,
        said,
        cast(null as {{ dbt.type_string() }}) as action_id,
        false as is_undone,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from dated
),

-- the act by which a matter became law: the override, else signature or lapse of time; a resolution's is its vote
acts as (
    select
        recorded.*,
        row_number() over (
            partition by recorded.council_matter_key
            order by case recorded.event when 'overridden' then 1 when 'council_passed' then 3 else 2 end, recorded.event_on
        ) as choice
    from recorded
    inner join {{ ref('int_ordinances__council_matters') }} as matters
        on recorded.council_matter_key = matters.council_matter_key
    left join told
        on recorded.council_matter_key = told.council_matter_key
    where
        recorded.event_on is not null
        and (
            (recorded.event = 'overridden' and not recorded.is_undone)
            or (recorded.event in ('signed', 'enacted') and told.vetoed_on is null)
            or (recorded.event in ('signed', 'enacted') and recorded.event_on > told.vetoed_on)
            or (
                recorded.event = 'council_passed' and not recorded.is_undone
                and matters.instrument = 'resolution' and told.vetoed_on is null
            )
        )
),

-- what somebody read in a law's text: its day of effect, and what it does to a measure before it
effects as (
    select
        acts.council_matter_key,
        case readings.effect
            when 'establishes' then 'effective'
            when 'amends' then 'amended'
            when 'weakens' then 'weakened'
            when 'repeals' then 'repealed'
        end as event,
        coalesce(
            readings.effective_on,
            cast({{ dbt.dateadd('day', 'readings.effective_days', 'acts.event_on') }} as date),
            case when readings.effect <> 'establishes' then acts.event_on end
        ) as event_on,
        max(concat(acts.event, ' on ', cast(acts.event_on as {{ dbt.type_string() }}), '; read in ', readings.read_in)) as said,
        acts._capture_id,
        acts._payload_id,
        acts._record_no,
        acts._kind,
        acts._retrieved_at
    from acts
    inner join {{ ref('int_ordinances__council_matters') }} as matters
        on acts.council_matter_key = matters.council_matter_key
    inner join {{ ref('council_readings') }} as readings
        on matters.client = readings.client and matters.file_number = readings.file_number
    where acts.choice = 1
    group by
        acts.council_matter_key, readings.effect, readings.effective_on, readings.effective_days, acts.event_on,
        acts._capture_id, acts._payload_id, acts._record_no, acts._kind, acts._retrieved_at
),

everything as (
    select
        council_matter_key,
        event,
        event_on,
        said,
        action_id,
        false as is_read,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from recorded
    union all
    select
        council_matter_key,
        event,
        event_on,
        said,
        cast(null as {{ dbt.type_string() }}) as action_id,
        true as is_read,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from effects
    where event_on is not null
)

select
    everything.council_matter_key,
    everything.event,
    everything.event_on,
    case when everything.event_on is null then 'unknown' else 'day' end as date_precision,
    everything.said,
    everything.action_id,
    everything.is_read,
    laws.event_on as law_on,
    everything._capture_id,
    everything._payload_id,
    everything._record_no,
    everything._kind,
    everything._retrieved_at
from everything
left join acts as laws
    on everything.council_matter_key = laws.council_matter_key and laws.choice = 1
