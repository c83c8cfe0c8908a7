-- On which day which tracker says something about which state, in the order of time: the captures of one day are one
-- snapshot (ICE replaces its file up to twice a day), and so is a list that is shown again after another. A list that its
-- publisher withdrew ends by the event that says so, as by a snapshot without a name; silence ends nothing.
with payloads as (
    select
        capture_id,
        max(payload_id) as payload_id
    from {{ source('raw', 'payload') }}
    group by capture_id
),

captures as (
    {% for tracker, dataset in declared_trackers().items() %}
    select
        '{{ tracker }}' as tracker_code,
        cast(taken.shown_at as date) as snapshot_on,
        captures.selection_values,
        captures.capture_id as _capture_id,
        payloads.payload_id as _payload_id,
        captures.kind as _kind
    from {{ source('raw', 'capture') }} as captures
    inner join (
        select capture_id, retrieved_at as shown_at from {{ source('raw', 'capture') }}
        union all
        select capture_id, shown_at from {{ source('raw', 'shown_again') }}
    ) as taken
        on captures.capture_id = taken.capture_id
    inner join payloads
        on captures.capture_id = payloads.capture_id
    where captures.is_serving and captures.dataset = '{{ dataset }}'
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

days as (
    select tracker_code, snapshot_on
    from captures
    group by tracker_code, snapshot_on
),

withdrawals as (
    select
        trackers.tracker_code,
        -- what a capture of that very day holds was still shown on it
        cast(case
            when days.snapshot_on is null then events.event_to else {{ dbt.dateadd('day', 1, 'events.event_to') }}
        end as date) as snapshot_on,
        events._capture_id,
        events._payload_id,
        events._kind
    from {{ ref('stg_ledger__policy_events') }} as events
    inner join {{ ref('trackers') }} as trackers
        on events.instrument = trackers.ledger_instrument
    left join days
        on trackers.tracker_code = days.tracker_code and events.event_to = days.snapshot_on
    where events.event = 'withdrawn' and events.source_status <> 'unsourced' and events.event_to is not null
),

-- a list that says of its own day only is known no more on the next one, whoever it named
closings as (
    select
        captures.tracker_code,
        cast({{ dbt.dateadd('day', 1, 'captures.snapshot_on') }} as date) as snapshot_on,
        captures.selection_values,
        captures._capture_id,
        captures._payload_id,
        captures._kind
    from captures
    inner join {{ ref('trackers') }} as trackers on captures.tracker_code = trackers.tracker_code
    where trackers.lasts = 'its day'
),

said as (
    select
        tracker_code, snapshot_on, selection_values, 'no longer on the list' as ends_by, _capture_id, _payload_id, _kind
    from captures
    union all
    select
        tracker_code, snapshot_on, selection_values, 'nothing known after' as ends_by, _capture_id, _payload_id, _kind
    from closings
    union all
    select
        tracker_code, snapshot_on, cast(null as {{ dbt.type_string() }}) as selection_values,
        'list withdrawn' as ends_by, _capture_id, _payload_id, _kind
    from withdrawals
),

places as (
    select postal, upper(name) as name from {{ ref('states') }}
    union all
    -- names that are printed without a state are covered by whole lists only
    select '??' as postal, '??' as name
),

covering as (
    select
        said.tracker_code,
        said.snapshot_on,
        places.postal as state_code,
        -- a list of the same day takes precedence over the end of the last one
        min(case said.ends_by when 'no longer on the list' then 1 when 'list withdrawn' then 2 else 3 end) as end_no,
        {{ provenance_of_one('said') }}
    from said
    inner join places
        on
            said.selection_values is null
            or position(concat('|', places.name, '|') in concat('|', upper(said.selection_values), '|')) > 0
    group by said.tracker_code, said.snapshot_on, places.postal
)

select
    tracker_code,
    state_code,
    snapshot_on,
    row_number() over (partition by tracker_code, state_code order by snapshot_on) as snapshot_no,
    lead(snapshot_on) over (partition by tracker_code, state_code order by snapshot_on) as next_snapshot_on,
    end_no = 2 as is_withdrawal,
    end_no = 3 as is_closing,
    case lead(end_no) over (partition by tracker_code, state_code order by snapshot_on)
        when 1 then 'no longer on the list'
        when 2 then 'list withdrawn'
        when 3 then 'nothing known after'
    end as next_ends_by,
    _capture_id,
    _payload_id,
    _kind
from covering
