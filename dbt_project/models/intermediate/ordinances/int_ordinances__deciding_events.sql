-- The events that move an instrument into or out of force, of those that somebody can cite: docs/ordinances.md has the
-- rules. An act that names a later day of effect counts from that day.
{%- set columns = ['policy_event_key', 'jurisdiction_key', 'provision_code', 'instrument_id', 'event', 'event_from',
    'event_to', 'track', 'sets', 'source_status', 'learned_on', '_capture_id', '_payload_id', '_record_no', '_kind'] %}
with events as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_ordinances__event_provisions') }}
    where decides_status and event_to is not null and track in ('force', 'injunction')
),

effects as (
    select jurisdiction_key, provision_code, instrument_id, event_to as effective_on
    from events
    where event = 'effective'
    group by jurisdiction_key, provision_code, instrument_id, event_to
),

-- an act waits for the day of its effect, where an event of the instrument tells it within a year
waiting as (
    select events.policy_event_key, events.provision_code
    from events
    inner join effects
        on
            events.jurisdiction_key = effects.jurisdiction_key
            and events.provision_code = effects.provision_code
            and events.instrument_id = effects.instrument_id
            and effects.effective_on > events.event_to
            and effects.effective_on <= {{ dbt.dateadd('day', 366, 'events.event_to') }}
    where events.event in ('signed', 'enacted', 'issued', 'adopted', 'overridden')
    group by events.policy_event_key, events.provision_code
),

-- the ends of what stood until then: a beginning before the end, and no other end between the two
ends_of_standing as (
    select distinct
        policy_event_key,
        provision_code
    from (
        select
            ends.policy_event_key,
            ends.provision_code
        from events as ends
        inner join events as earlier
            on
                ends.jurisdiction_key = earlier.jurisdiction_key
                and ends.provision_code = earlier.provision_code
                and ends.instrument_id = earlier.instrument_id
                and ends.track = earlier.track
                and earlier.sets = 1
                and earlier.event_to <= ends.event_to
        left join events as other_ends
            on
                ends.jurisdiction_key = other_ends.jurisdiction_key
                and ends.provision_code = other_ends.provision_code
                and ends.instrument_id = other_ends.instrument_id
                and ends.track = other_ends.track
                and other_ends.sets = 0
                and other_ends.event_to > earlier.event_to and other_ends.event_to < ends.event_to
        where ends.sets = 0
        group by ends.policy_event_key, ends.provision_code, earlier.policy_event_key
        having count(other_ends.policy_event_key) = 0
    ) as of_each_beginning
),

-- of a beginning only the month or the year is known, and an end lies within it. It came before that end: nothing of the
-- measure stood until then that could have ended, or it is no beginning of its own. What was restored comes after an end.
overtaken as (
    select distinct
        begins.policy_event_key,
        begins.provision_code
    from events as begins
    inner join events as ends
        on
            begins.jurisdiction_key = ends.jurisdiction_key
            and begins.provision_code = ends.provision_code
            and begins.instrument_id = ends.instrument_id
            and begins.track = ends.track
            and ends.sets = 0
            and ends.event_to >= begins.event_from and ends.event_to < begins.event_to
    left join ends_of_standing
        on ends.policy_event_key = ends_of_standing.policy_event_key and ends.provision_code = ends_of_standing.provision_code
    where
        begins.sets = 1 and begins.event not in ('restored', 'reaffirmed')
        and (ends_of_standing.policy_event_key is null or begins.event in ('effective', 'amended', 'weakened'))
),

-- a reaffirmation carries on what an earlier event of the measure put in force, and its beginning is that event's. What
-- has ended since is not carried on
unbroken as (
    select
        reaffirmations.policy_event_key,
        reaffirmations.provision_code,
        beginnings.policy_event_key as begun_by,
        min(beginnings.event_from) as begun_from
    from events as reaffirmations
    inner join events as beginnings
        on
            reaffirmations.jurisdiction_key = beginnings.jurisdiction_key
            and reaffirmations.provision_code = beginnings.provision_code
            and reaffirmations.instrument_id = beginnings.instrument_id
            and beginnings.event_to < reaffirmations.event_to
    left join events as ends
        on
            beginnings.jurisdiction_key = ends.jurisdiction_key
            and beginnings.provision_code = ends.provision_code
            and beginnings.instrument_id = ends.instrument_id
            and ends.track = 'force' and ends.sets = 0
            and ends.event_to > beginnings.event_to and ends.event_to < reaffirmations.event_to
    where
        reaffirmations.event = 'reaffirmed' and beginnings.event <> 'reaffirmed'
        and beginnings.track = 'force' and beginnings.sets = 1
    group by reaffirmations.policy_event_key, reaffirmations.provision_code, beginnings.policy_event_key
    having count(ends.policy_event_key) = 0
),

begun as (
    select
        policy_event_key,
        provision_code,
        min(begun_from) as begun_from
    from unbroken
    group by policy_event_key, provision_code
),

deciding as (
    select
        {% for column in columns -%}
        {{ 'coalesce(begun.begun_from, events.event_from) as event_from' if column == 'event_from' else 'events.' ~ column }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from events
    left join waiting
        on events.policy_event_key = waiting.policy_event_key and events.provision_code = waiting.provision_code
    left join begun
        on events.policy_event_key = begun.policy_event_key and events.provision_code = begun.provision_code
    left join overtaken
        on events.policy_event_key = overtaken.policy_event_key and events.provision_code = overtaken.provision_code
    where
        waiting.policy_event_key is null
        and overtaken.policy_event_key is null
        and (events.event <> 'reaffirmed' or begun.policy_event_key is not null)
    union all
    -- -1: past the date of the only source, neither in force nor ended
    select
        policy_event_key,
        jurisdiction_key,
        provision_code,
        instrument_id,
        event,
        unknown_from as event_from,
        unknown_from as event_to,
        'force' as track,
        -1 as sets,
        source_status,
        learned_on,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('int_ordinances__last_words') }}
)

select
    deciding.*,
    row_number() over (
        partition by jurisdiction_key, provision_code, instrument_id, track, event_to
        -- what somebody says of the day goes before what nobody says; of one record the day of its effect is the later step
        order by
            case when sets = -1 then 1 else 0 end, event_from desc, _record_no desc,
            case when event = 'effective' then 0 else 1 end, policy_event_key
    ) as last_of_the_day
from deciding
