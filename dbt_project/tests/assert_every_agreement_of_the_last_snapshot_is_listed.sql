-- The open spells of a tracker are the names of its last snapshot, no more and no fewer.
with last_snapshots as (
    select tracker_code, state_code, max(snapshot_at) as snapshot_at
    from {{ ref('int_ordinances__snapshots') }}
    group by tracker_code, state_code
),

printed as (
    select listed.tracker_code, count(*) as names
    from {{ ref('int_ordinances__listed') }} as listed
    inner join last_snapshots
        on
            listed.tracker_code = last_snapshots.tracker_code
            and listed.state_code = last_snapshots.state_code
            and listed.snapshot_at = last_snapshots.snapshot_at
    group by listed.tracker_code
),

open_spells as (
    select tracker_code, count(*) as names
    from {{ ref('int_ordinances__spells') }}
    where listed_to is null
    group by tracker_code
)

select printed.tracker_code, printed.names as printed_names, open_spells.names as open_spells
from printed
left join open_spells on printed.tracker_code = open_spells.tracker_code
where printed.names <> coalesce(open_spells.names, 0)
