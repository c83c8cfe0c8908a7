with listed as (
    select
        tracker_code,
        state_code,
        cast(snapshot_at as date) as snapshot_on,
        count(distinct listing_id) as names_listed
    from {{ ref('int_ordinances__listed') }}
    group by tracker_code, state_code, cast(snapshot_at as date)
),

-- the day after a list that covers one day only is the end of its listings, and no snapshot
snapshots as (
    select
        tracker_code,
        state_code,
        snapshot_on,
        row_number() over (partition by tracker_code, state_code order by snapshot_on) as snapshot_no,
        lead(snapshot_on) over (partition by tracker_code, state_code order by snapshot_on) as next_snapshot_on,
        is_withdrawal,
        _capture_id,
        _payload_id,
        _kind
    from {{ ref('int_ordinances__snapshots') }}
    where not is_closing
)

select
    {{ surrogate_key(['snapshots.tracker_code', 'snapshots.state_code', 'snapshots.snapshot_on']) }}
        as tracker_snapshot_key,
    {{ surrogate_key(['snapshots.tracker_code']) }} as tracker_key,
    {{ date_key('snapshots.snapshot_on') }} as snapshot_date_key,
    nullif(snapshots.state_code, '??') as state_code,
    snapshots.snapshot_on,
    cast(snapshots.snapshot_no as bigint) as snapshot_no,
    snapshots.next_snapshot_on,
    snapshots.is_withdrawal,
    cast(coalesce(listed.names_listed, 0) as bigint) as names_listed,
    snapshots._capture_id,
    snapshots._payload_id,
    snapshots._kind
from snapshots
left join listed
    on
        snapshots.tracker_code = listed.tracker_code
        and snapshots.state_code = listed.state_code
        and snapshots.snapshot_on = listed.snapshot_on
