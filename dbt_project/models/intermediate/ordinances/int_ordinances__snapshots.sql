-- Which snapshot of which tracker says something about which state, in the order of time.
with captures as (
    select
        capture_id,
        case dataset when 'doj__sanctuary_list' then 'doj' when 'ice__agreements_287g' then 'ice_287g' end as tracker_code,
        retrieved_at as snapshot_at,
        selection_values
    from {{ source('raw', 'capture') }}
    where is_serving and dataset in ('doj__sanctuary_list', 'ice__agreements_287g')
),

places as (
    select postal, upper(name) as name from {{ ref('states') }}
    union all
    -- names that are printed without a state are covered by whole lists only
    select '??' as postal, '??' as name
),

covering as (
    select
        captures.tracker_code,
        captures.snapshot_at,
        places.postal as state_code
    from captures
    inner join places
        on
            captures.selection_values is null
            or position(concat('|', places.name, '|') in concat('|', upper(captures.selection_values), '|')) > 0
    group by captures.tracker_code, captures.snapshot_at, places.postal
)

select
    tracker_code,
    state_code,
    snapshot_at,
    cast(snapshot_at as date) as snapshot_on,
    row_number() over (partition by tracker_code, state_code order by snapshot_at) as snapshot_no,
    lead(cast(snapshot_at as date)) over (partition by tracker_code, state_code order by snapshot_at) as next_snapshot_on
from covering
