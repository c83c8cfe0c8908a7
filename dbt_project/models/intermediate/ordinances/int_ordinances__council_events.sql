-- Council records as legal events: the actions first; the matter's own dates only where no action tells.
with acted as (
    select
        council_matter_key,
        event,
        action_on as event_on,
        action_name as said,
        action_id,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at,
        row_number() over (
            partition by council_matter_key, event, action_on order by action_no
        ) as nth
    from {{ ref('int_ordinances__council_actions') }}
    where event is not null
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
        max(case when event = 'filed_at_end_of_term' then 1 else 0 end) as has_filing,
        max(case when event = 'vetoed' then event_on end) as vetoed_on
    from acted
    group by council_matter_key
),

outcomes_used as (
    select
        outcome_text,
        {{ council_lower(council_words('outcome_text')) }} as words
    from {{ ref('int_ordinances__council_matters') }}
    where outcome_text is not null
    group by outcome_text
),

outcomes as (
    select
        used.outcome_text,
        wordings.event,
        row_number() over (partition by used.outcome_text order by wordings.precedence, wordings.wording) as choice
    from outcomes_used as used
    inner join {{ ref('council_action_wordings') }} as wordings
        on wordings.applies_to = 'outcome'
        and {{ dbt.position(council_words('wordings.wording'), 'used.words') }} > 0
),

matters as (
    select
        matters.council_matter_key,
        matters.introduced_on,
        matters.passed_on,
        matters.enacted_on,
        matters.outcome_text,
        matters.outcome_on,
        outcomes.event as outcome_event,
        coalesce(told.has_introduction, 0) as has_introduction,
        coalesce(told.has_vote, 0) as has_vote,
        coalesce(told.has_law, 0) as has_law,
        coalesce(told.has_override, 0) as has_override,
        coalesce(told.has_failure, 0) as has_failure,
        coalesce(told.has_filing, 0) as has_filing,
        told.vetoed_on,
        matters._capture_id,
        matters._payload_id,
        matters._record_no,
        matters._kind,
        matters._retrieved_at
    from {{ ref('int_ordinances__council_matters') }} as matters
    left join told
        on matters.council_matter_key = told.council_matter_key
    left join outcomes
        on matters.outcome_text = outcomes.outcome_text and outcomes.choice = 1
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
    -- a veto is not the end: it can be overridden, and the date of passing then holds the override
    select
        matters.*,
        'overridden' as event,
        passed_on as event_on,
        'date of passing, from the matter, which lies after the veto' as said
    from matters
    where vetoed_on is not null and has_override = 0 and passed_on > vetoed_on
    union all
    -- where the date of passing is that of enactment, it is the law's day and not the vote's (New York)
    select
        matters.*,
        'council_passed' as event,
        passed_on as event_on,
        'date of passing, from the matter; no action tells what it is the date of' as said
    from matters
    where
        passed_on is not null and has_vote = 0 and has_law = 0 and has_override = 0 and vetoed_on is null
        and (enacted_on is null or enacted_on <> passed_on)
    union all
    select
        matters.*,
        'enacted' as event,
        enacted_on as event_on,
        'date of enactment, from the matter' as said
    from matters
    where enacted_on is not null and has_law = 0 and has_override = 0 and (vetoed_on is null or enacted_on > vetoed_on)
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
        or (outcome_event = 'council_passed' and has_vote = 0 and outcome_on is not null)
),

recorded as (
    select
        council_matter_key,
        event,
        event_on,
        said,
        action_id,
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
            recorded.event = 'overridden'
            or (recorded.event in ('signed', 'enacted') and told.vetoed_on is null)
            or (recorded.event in ('signed', 'enacted') and recorded.event_on > told.vetoed_on)
            or (recorded.event = 'council_passed' and matters.instrument = 'resolution' and told.vetoed_on is null)
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
