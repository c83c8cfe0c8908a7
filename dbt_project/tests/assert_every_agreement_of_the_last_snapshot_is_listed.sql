-- The open spells of a tracker are the names of its last snapshot, no more and no fewer.
with last_snapshots as (
    select tracker_code, state_code, max(snapshot_on) as snapshot_on
    from {{ ref('int_ordinances__snapshots') }}
    group by tracker_code, state_code
),

printed as (
    select listed.tracker_code, count(distinct listed.listing_id) as names
    from {{ ref('int_ordinances__listed') }} as listed
    inner join last_snapshots
        on
            listed.tracker_code = last_snapshots.tracker_code
            and listed.state_code = last_snapshots.state_code
            and cast(listed.snapshot_at as date) = last_snapshots.snapshot_on
    group by listed.tracker_code
),

open_spells as (
    select tracker_code, count(*) as names
    from {{ ref('int_ordinances__spells') }}
    where listed_to is null
    group by tracker_code
)

select
    coalesce(printed.tracker_code, open_spells.tracker_code) as tracker_code,
    printed.names as printed_names,
    open_spells.names as open_spells
from printed
full outer join open_spells on printed.tracker_code = open_spells.tracker_code
where coalesce(printed.names, 0) <> coalesce(open_spells.names, 0)
